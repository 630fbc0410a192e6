"""Rows of intervals: what is drawn, and whether it can be read."""

import numpy as np

from dure.gallery.plots.rows import interval_rows
from dure.stats.intervals import mean_interval
from helpers.picture_checks import faults, said

RNG = np.random.default_rng(0)


def test_rows_name_every_value_and_its_interval() -> None:
    values = {"first pair": [0.9, 0.92, 0.91], "second pair": [0.5, np.nan, 0.52]}
    figure = interval_rows(
        values,
        "Pairs",
        "accuracy",
        groups={"right": ["first pair"], "wrong": ["second pair"]},
        reference=(0.75, "most there is"),
    )
    assert not faults(figure)
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == list(values)
    assert axes.get_xlabel() == "accuracy"
    told = [text.get_text() for text in axes.texts]
    assert any(text.startswith("0.91") for text in told) and "most there is" in told
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["right", "wrong"]


def test_effects_can_be_read_and_tell_their_intervals() -> None:
    values = {
        "stopping in time": {"at the end": RNG.normal(-1, 0.1, 10)},
        "Dropout of 0.5": {"at the end": RNG.normal(0, 1, 10), "at best": RNG.normal(0, 0.1, 10)},
    }
    figure = interval_rows(
        values, "Cures", "difference", ["Left of 0 the cure is better."], reference=(0, "baseline")
    )
    assert not faults(figure)
    written = said(figure)
    for word in ("at the end", "at best", "difference", *values):
        assert word in written
    drawn = {tuple(np.round(line.get_xdata(), 9)) for line in figure.axes[0].get_lines()}
    for one in values.values():
        for seeds in one.values():
            mean, low, high = np.round(mean_interval(seeds[:, None])[:3], 9)
            assert {(mean,), (low, high)} <= drawn
    assert (0, 0) in drawn


def test_every_seed_is_a_dot() -> None:
    (axes,) = interval_rows({"a": [0.1, 0.2], "b": [0.3, 0.5]}, "Codings", "accuracy").axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b"]
    dots = [line.get_xdata() for line in axes.lines if line.get_marker() == "."]
    assert np.array_equal(dots, [[0.1, 0.2], [0.3, 0.5]])
