"""Differences over seeds in words, and rows of intervals."""

import numpy as np
from scipy.stats import ttest_1samp

from dure.gallery.plots.compared import difference, interval_rows, told_difference


def test_the_difference_is_taken_seed_by_seed() -> None:
    rng = np.random.default_rng(0)
    common = rng.normal(0, 5, 8)
    first, second = common + rng.normal(1, 0.1, 8), common
    wanted = ttest_1samp(first - second, 0).confidence_interval(0.95)
    found = difference(first, second)
    assert np.allclose([found.low, found.high], [wanted.low, wanted.high])


def test_differences_are_told_as_they_are() -> None:
    assert told_difference(difference([3.0, 3.1, 2.9], [1, 1, 1])).endswith("] higher")
    assert told_difference(difference([1, 1, 1], [3.0, 3.1, 2.9])).startswith("2.")
    assert told_difference(difference([1, 1, 1], [3.0, 3.1, 2.9])).endswith("] lower")
    assert "no difference that these seeds can tell" in told_difference(
        difference([1, 5, 3], [2, 2, 3])
    )
    assert "no difference" in told_difference(difference([1.0], [3.0]))  # no interval
    assert told_difference(difference([1, 2], [1, 2])) == "exactly the same with every seed"


def test_rows_name_every_value_and_its_interval() -> None:
    values = {"first pair": [0.9, 0.92, 0.91], "second pair": [0.5, np.nan, 0.52]}
    figure = interval_rows(
        values,
        "Pairs",
        "accuracy",
        {"right": ["first pair"], "wrong": ["second pair"]},
        reference=(0.75, "most there is"),
    )
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == list(values)
    assert axes.get_xlabel() == "accuracy"
    told = [text.get_text() for text in axes.texts]
    assert any(text.startswith("0.91") for text in told) and "most there is" in told
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["right", "wrong"]
