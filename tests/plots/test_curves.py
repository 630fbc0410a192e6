"""Pictures: what is drawn where, and that nothing written in them runs into anything else."""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cbook import is_math_text
from matplotlib.collections import PolyCollection
from matplotlib.colors import same_color
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from dure.core.types import Status
from dure.errors import DureError
from dure.plots.curves import COLOURS, curves, save_all
from dure.result import Result
from dure.stats.intervals import mean_interval

Make = Callable[..., Result]
FIVE = ["none", "dropout", "L2", "batch norm", "fewer filters"]
NAN_AT_4 = Status("diverged", 4, "loss became NaN")


def panel(figure: Figure, title: str) -> Axes:
    return next(axes for axes in figure.axes if axes.get_title().startswith(title))


def drawn(axes: Axes, colour: str, marker: str = "None") -> list[np.ndarray]:
    """Vertical values of each line of a colour, thick before thin."""
    lines = [
        x for x in axes.lines if same_color(x.get_color(), colour) and x.get_marker() == marker
    ]
    lines.sort(key=lambda line: -line.get_linewidth())
    return [np.asarray(line.get_ydata()) for line in lines]


def texts(figure: Figure) -> list[tuple[str, Bbox]]:
    """Everything written in a figure, with the box it fills."""
    FigureCanvasAgg(figure).draw()
    unseen = set()  # labels of ticks outside the limits are there, but not drawn
    for axes in figure.axes:
        for axis, (low, high) in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
            ticks = [tick for tick in axis.get_major_ticks() if not low <= tick.get_loc() <= high]
            unseen |= {label for tick in ticks for label in (tick.label1, tick.label2)}
    return [
        (text.get_text(), text.get_window_extent())
        for text in figure.findobj(Text)
        if text.get_visible() and text.get_text().strip() and text not in unseen
    ]


def inside(box: Bbox, page: Bbox) -> bool:
    return bool(np.all(page.min <= box.min) and np.all(box.max <= page.max))


def collisions(figure: Figure) -> list[tuple[str, str]]:
    """Texts that overlap by more than a pixel or two, or leave the figure."""
    boxes = texts(figure)
    page = figure.bbox.padded(1)
    out = [(name, "the edge") for name, box in boxes if not inside(box, page)]
    shrunk = [(name, box.padded(-1.5)) for name, box in boxes]
    return out + [(a, b) for (a, p), (b, q) in combinations(shrunk, 2) if p.overlaps(q)]


@pytest.mark.parametrize(
    ("variants", "given"),
    [
        (["LSTM"], {"seeds": 1}),
        (["LSTM"], {"seeds": 3, "source": "a name as long as some sources have " * 4}),
        (["a", "b"], {"seeds": 3, "epochs": 1}),
        (["cell=LSTM, learning_rate=0.0001", "x" * 90], {"seeds": 2, "excerpt": True}),
        (FIVE, {"ends": {**dict.fromkeys(range(20, 25), NAN_AT_4), 3: NAN_AT_4}}),
        ([f"variant {n}" for n in range(10)], {"seeds": 2, "epochs": 100}),
        ([f"cell=LSTM, units={2**n}" for n in range(12)], {"seeds": 2}),
        ([f"v{n}" for n in range(30)], {"seeds": 2, "epochs": 5}),
    ],
)
def test_nothing_written_overlaps_or_is_cut_off(
    make: Make, variants: list[str], given: dict
) -> None:
    assert collisions(curves(make(variants, **given))) == []


def test_line_is_the_validation_mean_and_dots_the_training_mean(make: Make) -> None:
    result = make(["a", "b"], seeds=4, folds=2, epochs=12)
    figure = curves(result, "val_accuracy")
    values = result.curves.sel(variant="b")
    axes = panel(figure, "b")
    line = drawn(axes, COLOURS[1])[0]
    assert line == pytest.approx(values["val_accuracy"].mean(["seed", "fold"]).values)
    dots = drawn(axes, COLOURS[1], ".")[0]
    assert dots == pytest.approx(values["accuracy"].mean(["seed", "fold"]).values)
    together = panel(figure, "Validation, all variants")
    assert drawn(together, COLOURS[1])[0] == pytest.approx(line)
    assert drawn(together, COLOURS[0])


def test_band_is_the_interval_of_each_epoch(make: Make) -> None:
    result = make(["a"], seeds=5, epochs=6)
    (axes,) = curves(result).axes
    (shape,) = axes.findobj(PolyCollection)
    corners = shape.get_paths()[0].vertices  # type: ignore[attr-defined]
    for epoch in range(1, 7):
        here = corners[corners[:, 0] == epoch, 1]
        want = mean_interval(result.curves["val_loss"].sel(variant="a", epoch=epoch).values)
        assert (here.min(), here.max()) == pytest.approx((want.low, want.high))


def test_axes_are_named_and_epochs_whole(make: Make) -> None:
    figure = curves(make(["a"], seeds=2, epochs=3, excerpt=True))
    (axes,) = figure.axes
    FigureCanvasAgg(figure).draw()
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("epoch", "loss")
    assert all(tick == round(tick) for tick in axes.get_xticks())
    title = figure.get_suptitle()
    assert "demo: loss" in title and "digits (scikit-learn), excerpt" in title


def test_every_variant_has_its_colour(make: Make) -> None:
    figure = curves(make(FIVE, seeds=2, epochs=4))
    colours = [panel(figure, name).title.get_color() for name in FIVE]
    assert len(set(map(str, colours))) == 5
    assert len(figure.axes) == 6


def test_more_variants_than_colours_are_panels_only(make: Make) -> None:
    names = [f"v{number:02d}" for number in range(30)]
    figure = curves(make(names, seeds=2, epochs=5))
    assert len(figure.axes) == 24
    assert "Only the 24 of 30 variants" in figure.legends[0].get_title().get_text()


def test_line_turns_thin_where_lanes_stop_and_ends_at_half(make: Make) -> None:
    ends = {lane: Status("stopped", 2 + lane) for lane in range(6)}  # after 2, 3, ... 7 epochs
    (axes,) = curves(make(["a"], seeds=6, epochs=10, ends=ends)).axes
    thick, thin = drawn(axes, COLOURS[0])
    assert np.isfinite(thick).sum() == 2
    assert axes.get_xlim() == (0.5, 5.5)
    assert np.isfinite(thin).sum() == 5  # six lanes, of which three ran the fifth epoch


def test_lost_lanes_are_not_drawn_and_said(make: Make) -> None:
    result = make(["a", "b"], seeds=3, epochs=8, ends={0: NAN_AT_4, 5: NAN_AT_4})
    figure = curves(result)
    assert "2 of 3 lanes" in panel(figure, "a").get_title()
    want = result.curves["val_loss"].sel(variant="a", seed=[1, 2]).mean(["seed", "fold"]).values
    assert drawn(panel(figure, "a"), COLOURS[0])[0] == pytest.approx(want)
    assert "diverged or failed (2)" in figure.legends[0].get_title().get_text()


def test_a_wild_lane_does_not_flatten_the_rest(make: Make) -> None:
    result = make(["a", "b"], seeds=3, epochs=40)
    result.curves["val_loss"].loc[{"variant": "b", "epoch": 1}] = 1e6
    low, high = panel(curves(result), "a").get_ylim()
    assert high < 20 and low > -1


def test_limits_hold_wide_bands_but_no_single_spike(make: Make) -> None:
    result = make(["a"], seeds=3, epochs=20)
    for seed, value in enumerate((4.0, 5.0, 6.0)):
        result.curves["val_loss"].loc[{"seed": seed}] = value
        result.curves["loss"].loc[{"seed": seed}] = 5.0
    result.curves["val_loss"].loc[{"epoch": 7, "seed": 0}] = 0.0
    result.curves["val_loss"].loc[{"epoch": 7, "seed": 2}] = 10.0
    want = mean_interval([[4.0], [5.0], [6.0]])
    low, high = curves(result).axes[0].get_ylim()
    assert want.low - 0.5 < low < want.low and want.high < high < want.high + 0.5


def test_a_steep_start_is_cut_off_long_runs_and_said(make: Make) -> None:
    for epochs, cut in ((40, True), (12, False)):
        result = make(["a"], seeds=3, epochs=epochs)
        for name in ("loss", "val_loss"):
            result.curves[name][:] = result.curves[name] * 0.01 + 0.5
            result.curves[name].loc[{"epoch": [1]}] = 0.9
        figure = curves(result)
        assert bool(figure.axes[0].get_ylim()[1] < 0.9) is cut
        said = figure.legends[0].get_title().get_text()
        assert ("steep first epochs are not in view" in " ".join(said.split())) is cut


def test_limits_hold_no_impossible_values(make: Make) -> None:
    result = make(["a"], seeds=2, epochs=20)
    for name, apart in (("val_accuracy", (0.99, 0.7)), ("val_loss", (0.05, 0.6))):
        for seed, value in enumerate(apart):  # an interval from below 0 to above 1
            result.curves[name].loc[{"seed": seed}] = value
    assert curves(result, "accuracy").axes[0].get_ylim()[1] < 1.05
    assert curves(result, "loss").axes[0].get_ylim()[0] > -0.2


def test_without_validation_the_band_is_of_training(make: Make) -> None:
    figure = curves(make(["a", "b"], seeds=3, epochs=6, validation=False))
    assert panel(figure, "Training, all variants").findobj(PolyCollection)
    assert drawn(panel(figure, "a"), COLOURS[0], ".")
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["training", "95 % interval"]


def test_unknown_metric_is_named(make: Make) -> None:
    with pytest.raises(DureError, match=r"'accurcy'.*Did you mean 'accuracy'"):
        curves(make(["a"], seeds=1, epochs=2), "accurcy")


def test_all_metrics_are_written_loss_first(make: Make) -> None:
    result = make(["a", "b"], seeds=2, epochs=4)
    paths = save_all(result)
    assert paths == [result.folder / "pictures" / name for name in ("loss.png", "accuracy.png")]
    assert all(imread(path).shape[1] > 900 for path in paths)


def test_nothing_is_written_before_the_first_epoch(make: Make) -> None:
    result = make(["a"], seeds=2, ends=dict.fromkeys(range(2), Status("waiting")))
    assert save_all(result) == []
    assert not (result.folder / "pictures").exists()


def test_a_study_half_way_is_drawn(make: Make) -> None:
    ends = {1: Status("running", 2), **dict.fromkeys(range(3, 6), Status("waiting"))}
    result = make(["a", "b"], seeds=3, epochs=6, ends=ends)
    assert len(save_all(result)) == 2
    assert save_all(make(["a"], seeds=2, epochs=6, ends=dict.fromkeys(range(2), NAN_AT_4)))


@pytest.mark.parametrize(
    "name", ["$x_1$", "$", "_hidden", "[red]", "두레", "a\nb", "\\frac", "", "%s {0}", "🙂"]
)
def test_any_name_can_be_drawn(make: Make, name: str, tmp_path: Path) -> None:
    result = make([name, "other"], seeds=2, epochs=2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(save_all(result, tmp_path)) == 2
    assert (tmp_path / "pictures" / "loss.png").is_file()


def test_dollars_are_not_mathematics(make: Make) -> None:
    figure = curves(make(["$x_1$", "other"], seeds=2, epochs=2))
    assert not any(is_math_text(axes.get_title()) for axes in figure.axes)


def test_pyplot_is_left_alone(make: Make) -> None:
    folder = make(["a"], seeds=2, epochs=2).folder
    code = (
        "import sys; from dure.result import load;"
        "from dure.plots.curves import save_all\n"
        f"save_all(load({str(folder)!r}))\n"
        "assert 'matplotlib.pyplot' not in sys.modules and 'jax' not in sys.modules"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, encoding="utf-8"
    )
    assert run.returncode == 0, run.stderr
