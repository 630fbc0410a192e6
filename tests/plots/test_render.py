"""Charts of weights, activations, gradients, memory, words, predictions and agreement."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import xarray as xr
from matplotlib.colors import same_color, to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from dure.blocks.palette import COLOURS
from dure.core.formatting import format_number, format_percent
from dure.measurements import layers
from dure.measurements.labels import over_lanes
from dure.measurements.stored import measurement_of
from dure.plots.render import draw
from dure.stats.intervals import mean_interval
from helpers.made_measurements import (
    LANES,
    activations,
    array,
    attributes,
    confusion,
    coords,
    dataset,
    gradients,
    matched,
    memory,
    predictions,
)
from helpers.picture_checks import drawn, faults, said, texts

PICTURES = np.random.default_rng(1).random((12, 28, 28, 1))
WORDS = ["이", "film", "is", "truly", "wonderful", "and", "terrible", "<unknown>", "$x$", "acting"]
TEXTS = [["", "", *WORDS * 4]] * 3
LONG = [" ".join(TEXTS[0] * 8)] * 3


def weights(lanes: bool = False) -> Any:
    kernel, bias = array(lanes, source=2, a=3, b=20), array(lanes, source=2, c=20) * 0
    variables = {"kernel": kernel.variable, "bias": bias.variable}
    return dataset(variables, lanes, {"source": ["trained", "untrained"]}, twin="seed 0")


def embedding(count: int, lanes: bool = False) -> Any:
    found = array(lanes, word=count, axis=2).assign_attrs(explained=[0.31, 0.12])
    return found.assign_coords(word=[f"단어{place}" for place in range(count)])


def neighbours(lanes: bool = False) -> Any:
    shape = (LANES, 5, 10) if lanes else (5, 10)
    dims = ("lane", "word", "rank") if lanes else ("word", "rank")
    names = np.random.default_rng(0).choice([f"neighbour{n}" for n in range(30)], shape)
    close = np.sort(np.random.default_rng(0).random(shape))[..., ::-1]
    named = {"word": ["good", "bad", "두레", "$x$", "a" * 60]}
    variables = {"neighbour": (dims, names), "similarity": (dims, close)}
    return dataset(variables, lanes, named, kind="neighbours")


def regression(lanes: bool = False) -> Any:
    rng = np.random.default_rng(0)
    lead, dims = ((LANES,), ("lane", "row")) if lanes else ((), ("row",))
    true = np.broadcast_to(rng.normal(size=60), (*lead, 60))
    value = true + rng.normal(size=(*lead, 60))
    variables = {"value": (dims, value), "true": (dims, true), "error": (dims, value - true)}
    return dataset(variables, lanes, {"row": np.arange(60)}, kind="predictions")


def votes() -> Any:
    share = np.sort(np.random.default_rng(0).choice([0.5, 0.75, 1.0], 90))
    variables = {
        "share": ("row", share),
        "majority": ("row", np.zeros(90, int)),
        "true": ("row", np.ones(90, int)),
        "votes": (("row", "class"), np.zeros((90, 2))),
    }
    named = {"row": np.arange(90), "class": ["a very long name of a class", "두레"]}
    return dataset(variables, False, named).assign_attrs(lanes=LANES)


def long_names(measured: Any) -> Any:
    names = [
        f"{place} of many classes with quite a long name" for place in measured["class"].values
    ]
    return measured.assign_coords({"class": names})


def memories(others: Any) -> Figure:
    """The memory of several networks in one chart."""
    first = measurement_of(memory().assign_attrs(kind="memory"))
    return draw(f"Memory · {attributes()['source']}", layers.memory(first, others))


STEPS = array(row=3, step=42)


@pytest.mark.parametrize(
    ("figure", "axes"),
    [
        (lambda: drawn(weights(), "weights"), 2),
        (lambda: drawn(weights(True), "weights"), 2),
        (lambda: drawn(activations(7), "activations"), 7),
        (lambda: drawn(activations(3, True), "activations"), 3),
        (lambda: drawn(activations(30), "activations"), 24),
        (lambda: drawn(gradients(), "gradients"), 2),
        (lambda: drawn(gradients(50, True), "gradients"), 2),
        (lambda: drawn(memory(), "memory"), 1),
        (lambda: drawn(memory(lanes=True), "memory"), 1),
        (lambda: memories([("LSTM", memory(np.inf)), ("GRU", memory(9))]), 1),
        (lambda: drawn(STEPS, "saliency", TEXTS), 1),
        (lambda: drawn(abs(array(True, row=3, step=42)), "saliency", TEXTS), 1),
        (lambda: drawn(embedding(200), "embedding_map"), 1),
        (lambda: drawn(embedding(30, True), "embedding_map"), 1),
        (lambda: drawn(neighbours(), "neighbours"), 5),
        (lambda: drawn(neighbours(True), "neighbours"), 5),
        (lambda: drawn(predictions(10), "predictions", PICTURES), 24),
        (lambda: drawn(predictions(10, True), "predictions", PICTURES), 24),
        (lambda: drawn(predictions(2), "predictions", LONG), 3),
        (lambda: drawn(predictions(46), "predictions", LONG), 3),
        (lambda: drawn(predictions(3, True), "predictions"), 12),
        (lambda: drawn(long_names(predictions(3)), "predictions", PICTURES), 24),
        (lambda: drawn(regression(), "predictions"), 2),
        (lambda: drawn(regression(True), "predictions"), 2),
        (lambda: drawn(regression().drop_vars(["true", "error"]), "predictions"), 1),
        (lambda: drawn(confusion(2), "confusion"), 2),
        (lambda: drawn(confusion(10, True), "confusion"), 2),
        (lambda: drawn(confusion(20), "confusion"), 2),
        (lambda: drawn(matched(), "matched_filters"), 2),
        (lambda: drawn(votes(), "agreement_of_predictions"), 2),
    ],
)
def test_axes_are_as_many_as_wanted_and_nothing_overlaps(figure: Any, axes: int) -> None:
    made = figure()
    assert len(made.axes) == axes
    assert faults(made) == []
    assert "MNIST" in made.get_suptitle() and "excerpt" in made.get_suptitle()


def test_mean_over_lanes_is_that_of_the_intervals() -> None:
    grid = np.random.default_rng(0).normal(size=(4, 3))
    measured = xr.DataArray(grid, coords(True, folds=2), ("lane", "layer"))
    mean, low, high = over_lanes(measured)
    for place in range(3):
        want = mean_interval(grid[:, place].reshape(2, 2))  # two seeds, two folds each
        assert (mean[place], low[place], high[place]) == pytest.approx(want[:3])
    alone, none, _ = over_lanes(measured.isel(lane=1, drop=True))
    assert alone == pytest.approx(grid[1]) and np.isnan(none).all()


def test_weights_say_mean_and_deviation_of_both() -> None:
    measured = weights()
    figure = drawn(measured, "weights")
    trained = measured["kernel"].sel(source="trained").values
    words = said(figure)
    assert "weight shape networks mean deviation" in words
    assert (
        f"kernel 3 x 20 trained {format_number(trained.mean())} {format_number(trained.std())}"
        in words
    )
    assert "bias 20 untrained 0 0" in words
    assert "Values of kernel" in words and "Line: untrained, seed 0" in words
    assert [axes.get_xlabel() for axes in figure.axes] == ["weight"] * 2


def test_over_lanes_the_numbers_have_intervals() -> None:
    measured = weights(True)
    stds = measured["kernel"].sel(source="trained").values.std(axis=(1, 2))
    want = mean_interval(stds[:, None])
    figure = drawn(measured, "weights")
    assert f"{want.mean:.2f} [{want.low:.2f}, {want.high:.2f}]" in said(figure)


def test_activations_are_shares_and_say_which_units_are_dead() -> None:
    measured = activations(2)
    figure = drawn(measured, "activations")
    (line,) = figure.axes[0].lines
    assert np.asarray(line.get_ydata()).sum() == pytest.approx(1)
    assert figure.axes[0].get_yscale() == "log"
    assert "zeros, % dead units, % saturated values, %" in said(figure)
    zeros, dead = (format_number(100 * measured[name][0]) for name in ("zero", "dead"))
    assert f"{zeros} {dead} - layer_1" in said(figure)  # NaN: it cannot saturate
    assert len(drawn(activations(2, True), "activations").axes[0].lines) == LANES


def test_gradients_are_bars_on_a_logarithmic_axis_the_input_on_top() -> None:
    measured = gradients()
    left, right = drawn(measured, "gradients").axes
    assert left.get_xscale() == right.get_xscale() == "log"
    assert left.get_yticklabels()[0].get_text() == "simple_rnn_0"
    assert left.yaxis_inverted()
    bars = [patch for patch in left.patches if isinstance(patch, Rectangle)]
    ends = [bar.get_x() + bar.get_width() for bar in bars]
    assert ends == pytest.approx(measured["gradient"].values[[0, 1, 3, 4]])
    assert "0" in [text.get_text() for text in left.texts]  # the third has no gradient at all
    assert left.get_xlabel() == "norm of the gradient"
    assert right.get_xlabel() == "norm of the gradient / norm of the weights"
    assert "Gradient of the loss over 64 rows, from input to output" in said(
        drawn(measured, "gradients")
    )


def test_memory_marks_its_horizon_and_names_it() -> None:
    figure = drawn(memory(37.0), "memory")
    (axes,) = figure.axes
    assert axes.get_yscale() == "log"
    assert [line.get_xdata()[0] for line in axes.lines if line.get_linestyle() == "--"] == [37.0]
    assert (
        "Dashed: the horizon. The horizon is 37 steps: a step that far back or further moves the "
        "output less than 1 % as much as the strongest one."
    ) in said(figure)
    assert "20 of 5,000 rows" in said(
        figure
    ) and "The band holds the middle nine tenths of the rows" in said(figure)
    none = drawn(memory(np.inf), "memory")
    assert "There is no horizon within the 60 steps" in said(none)
    assert not [line for line in none.axes[0].lines if line.get_linestyle() == "--"]


def test_memory_over_lanes_counts_horizons_and_has_the_interval_for_a_band() -> None:
    measured = memory([30.0, 40.0, np.inf, 35.0], lanes=True)
    figure = drawn(measured, "memory")
    assert "The horizon, the median of the networks' own, is 40 steps" in said(figure)
    assert "Memory goes further back than 60 steps in 1 of 4 networks." in said(figure)
    most = drawn(memory([30.0, np.inf, np.inf, np.inf], lanes=True), "memory")
    assert "There is no horizon" in said(most)
    assert "Memory goes further back than 60 steps in 3 of 4 networks." in said(most)
    assert "change of the score" not in figure.axes[0].get_ylabel()
    exchanged = drawn(measured.assign_attrs(method="exchange"), "memory")
    assert "change of the score" in exchanged.axes[0].get_ylabel()
    line = next(line for line in figure.axes[0].lines if line.get_linestyle() == "-")
    logs = np.log10(measured["mean"].values[:, 3])
    assert np.asarray(line.get_ydata())[3] == pytest.approx(10 ** logs.mean())


def test_words_have_the_colour_of_their_share() -> None:
    signed = STEPS.copy()
    signed[0, 2:] = 0.1
    signed[0, 5], signed[0, 7] = 2.0, -2.0
    figure = drawn(signed, "saliency", TEXTS)
    boxes = [text for text, _ in texts(figure) if text.get_bbox_patch() is not None]
    mine = boxes[:40]
    assert all(text.get_text() for text in figure.texts)
    assert [text.get_text() for text in mine[:4]] == ["이", "film", "is", "truly"]  # no padding
    reddest, bluest = (mine[place].get_bbox_patch() for place in (3, 5))
    assert reddest is not None and bluest is not None
    assert to_rgba(reddest.get_facecolor())[0] > to_rgba(reddest.get_facecolor())[2]
    assert to_rgba(bluest.get_facecolor())[2] > to_rgba(bluest.get_facecolor())[0]
    assert "share of the largest in the text" in said(figure)


def test_a_long_text_loses_its_beginning_and_says_so() -> None:
    many = [[f"w{place}" for place in range(300)]]
    figure = drawn(array(row=1, step=300), "saliency", many)
    assert "row 0, the last 160 of 300 words" in said(figure)
    assert "w140" in said(figure) and "w139" not in said(figure).split()


def test_the_map_says_how_many_words_it_names() -> None:
    figure = drawn(embedding(200), "embedding_map")
    named = len(figure.axes[0].texts)
    assert 20 < named < 200
    assert f"{named} of 200 words are written" in said(figure)
    assert figure.axes[0].get_xlabel() == "first component (31 % of the variance)"
    assert len(drawn(embedding(3), "embedding_map").axes[0].texts) == 3


def test_neighbours_over_lanes_are_counted() -> None:
    measured = neighbours(True)
    name = str(measured["neighbour"].values[0, 0, 0])
    among = sum(name in lane for lane in measured["neighbour"].values[:, 0])
    first = drawn(measured, "neighbours").axes[0].get_yticklabels()[0].get_text()
    assert first == f"{name} ({among})"


def test_cards_show_truth_and_mistake_in_colours() -> None:
    measured = predictions(4)
    figure = drawn(measured, "predictions", PICTURES)
    one = measured.isel(row=0)
    true, predicted = int(one["true"]), int(one["predicted"])
    bars = [patch for patch in figure.axes[1].patches if isinstance(patch, Rectangle)]
    assert [bar.get_width() for bar in bars] == pytest.approx(one["probability"].values)
    assert same_color(bars[true].get_facecolor(), COLOURS[2])
    if true != predicted:
        assert same_color(bars[predicted].get_facecolor(), COLOURS[1])
    share = format_percent(float(one["probability"].max()))
    assert f"row {int(one['row']):,}: is class {true}, said class {predicted} ({share})" in (
        said(figure)
    )
    assert "12 of 5,000 rows" in said(figure)


def test_of_many_classes_the_likeliest_and_the_true_one_are_shown() -> None:
    measured = predictions(46)
    figure = drawn(measured, "predictions")
    for place, axes in enumerate(figure.axes):
        shown = [label.get_text() for label in axes.get_yticklabels()]
        assert len(shown) == 10
        assert f"class {int(measured['true'][place])}" in shown


def test_cards_over_lanes_say_how_many_are_right() -> None:
    measured = predictions(3, True)
    one = measured.isel(row=0)
    right = int((one["predicted"] == one["true"]).sum())
    figure = drawn(measured, "predictions")
    assert f"is class {int(one['true'][0])}, right in {right} of {LANES}" in said(figure)


def test_confusion_has_counts_and_the_shares_of_rows_for_colours() -> None:
    counts = confusion(3)
    figure = drawn(counts, "confusion")
    axes = figure.axes[0]
    shares = counts.values / counts.values.sum(axis=1, keepdims=True)
    assert np.asarray(axes.images[0].get_array()) == pytest.approx(shares)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("said", "true class")
    written = {tuple(map(int, text.get_position())): text.get_text() for text in axes.texts}
    assert written[1, 1] == str(int(counts[1, 1]))
    assert all(format_number(counts.values[y, x]) == text for (x, y), text in written.items())
    several = drawn(confusion(3, True), "confusion").axes[0].texts
    assert all("±" in text.get_text() for text in several)


def test_agreement_stands_beside_chance() -> None:
    measured = matched()
    figure = drawn(measured, "matched_filters")
    bars = [patch for patch in figure.axes[0].patches if isinstance(patch, Rectangle)]
    found = [int((measured["found_in"] == place).sum()) for place in range(1, LANES + 1)]
    assert [bar.get_width() for bar in bars[:LANES]] == found[::-1]
    assert sum(bar.get_width() for bar in bars[LANES:]) == measured.sizes["filter"]
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels[0] == "in 4 of 4" and "trained" in said(figure) and "untrained" in said(figure)
    assert f"{found[-1]} of 32 are found in all 4" in said(figure)


def test_rows_in_dispute_are_named() -> None:
    figure = drawn(votes(), "agreement_of_predictions")
    assert "row 0: most say a very long" in said(figure)
    assert "of 90 rows are predicted alike by all 4 networks" in said(figure)


def test_regression_shows_predicted_against_true() -> None:
    measured = regression()
    left, right = drawn(measured, "predictions").axes
    assert (left.get_xlabel(), left.get_ylabel()) == ("true value", "predicted value")
    assert np.asarray(left.lines[1].get_xdata()) == pytest.approx(measured["true"].values)
    worst = int(np.abs(measured["error"].values).argmax())
    assert right.get_yticklabels()[0].get_text() == f"row {worst}"


def test_overlaps_would_be_found() -> None:
    figure = Figure(figsize=(4, 2))
    for place in (0.5, 0.52):
        figure.text(place, 0.5, "two texts here", fontsize=9)
    figure.text(0.9, 0.1, "runs out of the page", fontsize=6)
    assert len(faults(figure)) == 3


def test_drawings_need_neither_pyplot_nor_keras() -> None:
    code = (
        "import sys\n"
        "import dure.plots.render, dure.measurements.figures\n"
        "assert not {'matplotlib.pyplot', 'keras', 'jax'} & {*sys.modules}\n"
        "assert 'dure.inspection.network' not in sys.modules"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, encoding="utf-8"
    )
    assert run.returncode == 0, run.stderr


def test_attributes_alone_make_the_title() -> None:
    assert attributes()["source"] in drawn(gradients(), "gradients").get_suptitle().replace(
        "\n", " "
    )
