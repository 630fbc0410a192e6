"""Pictures of a result's curves: training as dots, validation as a line, its interval as a band."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import repeat
from os import PathLike
from pathlib import Path
from textwrap import fill
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from dure.blocks.charts import Along, Curves, Metric
from dure.blocks.palette import COLOURS
from dure.core.file_names import name_files
from dure.core.types import Ints, Mode
from dure.errors import DureError, did_you_mean
from dure.plots.charts.curves import NamedResult, build_curves
from dure.plots.style import as_png, fonts, plain
from dure.results.run_result import RunResult
from dure.results.series import limits, metrics_of
from dure.results.summary import source_of
from dure.stats.intervals import Band

_MOST_PANELS = 24
_NAME = 26  # letters of a variant's name that a panel has room for


class _Variant(NamedTuple):
    """What is drawn of one variant; None where there is nothing."""

    name: str
    colour: str
    epochs: Ints
    training: Along | None
    validation: Along | None
    judged: Along | None
    lanes: int
    lost: int


def curves(result: RunResult, metric: str = "loss") -> Figure:
    """One metric along the epochs, for every variant.

    One panel shows the validation means of all variants together, then each variant has a panel of
    its own with training (dots), validation (line) and the 95 % interval of the validation mean
    (band); the other variants stay in grey behind it. With more than ten variants, whose colours
    could not be told apart, only the small panels remain; beyond 24, those of the 24 variants with
    the best mean. Lanes that diverged or failed are left out and counted in the panel. Once lanes
    have stopped the line is thin, and it ends where fewer than half of them remain.

    Parameters
    ----------
    result
        A result; may be half-way through training.
    metric
        A metric's name with or without ``val_``. Default "loss".

    Returns
    -------
    Figure
        Belongs to nobody: pyplot does not know of it. ``figure.savefig(path)`` writes it.

    Raises
    ------
    DureError
        For a metric the result does not have.
    """
    base, known = metric.removeprefix("val_"), metrics_of(result)
    block = build_curves([NamedResult.of(result)], 0)
    if block is None or base not in known:
        raise DureError(
            f"There is no metric {metric!r} to draw; there is {', '.join(known) or 'none'}."
            + did_you_mean(base, known)
        )
    return _draw(result, block, next(one for one in block.metrics if one.name == base))


def save_all(result: RunResult, folder: str | PathLike[str] | None = None) -> list[Path]:
    """Write the curves of every metric as PNG files and return their paths, the loss first.

    Parameters
    ----------
    result
        A result; nothing is written for one without a single epoch.
    folder
        A run folder: the files go to ``pictures/`` in it, which is made. Default: the result's own.
    """
    block = build_curves([NamedResult.of(result)], 0)
    if block is None:
        return []
    pictures = Path(result.folder if folder is None else folder) / "pictures"
    paths = []
    metrics = sorted(block.metrics, key=lambda one: one.name != "loss")
    names = name_files(metric.name for metric in metrics)
    for metric in metrics:
        pictures.mkdir(parents=True, exist_ok=True)
        path = pictures / f"{names[metric.name]}.png"
        path.write_bytes(as_png(_draw(result, block, metric)))
        paths.append(path)
    return paths


def _draw(result: RunResult, block: Curves, metric: Metric) -> Figure:
    with fonts():
        every = list(_variants(block, metric))
        shown = _pick_best(result, every)
        figure, overlay, panels = _layout(len(shown))
        bands = [b for one in shown for b in (one.training, one.validation) if b is not None]
        ends = [shown[0].epochs[np.isfinite(band.mean)].max(initial=1) for band in bands]
        last = int(max(ends, default=1))
        for axes, one in zip(panels, shown, strict=True):
            _panel(axes, one, shown)
            _dress(axes, metric.name, last, _limits(bands, metric.mode))
        if overlay is not None:
            _overlay(overlay, shown)
            judged = [one.judged for one in shown if one.judged is not None]
            _dress(overlay, metric.name, last, _limits(judged, metric.mode))
        _frame(figure, result, metric.name, shown, len(every))
    return figure


def _variants(block: Curves, metric: Metric) -> Iterator[_Variant]:
    colours = COLOURS if len(block.variants) <= len(COLOURS) else repeat(COLOURS[0])
    bands = zip(metric.training, metric.validation, metric.judged, strict=True)
    counts = zip(block.lanes, block.lost, strict=True)
    for name, colour, three, two in zip(block.variants, colours, bands, counts, strict=False):
        yield _Variant(name, colour, block.epochs, *three, *two)


def _limits(bands: Sequence[Along], mode: Mode) -> tuple[float, float] | None:
    return limits([Band(b.mean, b.low, b.high, b.lanes, 0) for b in bands], mode)


def _pick_best(result: RunResult, series: list[_Variant]) -> list[_Variant]:
    """All series, or the 24 with the best mean monitor, in the study's order."""
    if len(series) <= _MOST_PANELS:
        return series
    means = result.summary(result.monitor.name)["mean"].to_numpy()
    order = np.argsort(means if result.monitor.mode == "min" else -means, kind="stable")
    return [series[i] for i in sorted(order[:_MOST_PANELS])]


def _layout(count: int) -> tuple[Figure, Axes | None, list[Axes]]:
    """The figure, its panel for all variants together where it has one, and one panel a variant."""
    together = 1 < count <= len(COLOURS)
    columns = 1 if count == 1 else math.ceil(math.sqrt(count)) if together else 4
    rows = math.ceil(count / columns)
    lead = 2 if together else 0
    width = {1: 7.5, 2: 12.0, 3: 14.0}.get(columns, 14.0)
    height = 5.0 if count == 1 else max(5.2, 2.3 * rows + 1.2)
    figure = Figure(figsize=(width, height), layout=ConstrainedLayoutEngine(rect=(0, 0, 0.99, 1)))
    grid = GridSpec(rows, lead + columns, figure=figure)
    overlay = figure.add_subplot(grid[:, :lead]) if together else None
    panels: list[Axes] = []
    for number in range(count):
        row, column = divmod(number, columns)
        axes = figure.add_subplot(grid[row, lead + column])
        lowest = number + columns >= count
        axes.tick_params(labelbottom=lowest, labelleft=column == 0)
        # Below the last of an unfinished row there is nothing that its labels could run into.
        axes.xaxis.set_in_layout(not lowest or row == rows - 1)
        panels.append(axes)
    return figure, overlay, panels


def _panel(axes: Axes, one: _Variant, others: Sequence[_Variant]) -> None:
    for other in others:
        if other is not one and other.judged is not None:
            axes.plot(one.epochs, other.judged.mean, color="0.8", linewidth=0.8, zorder=1)
    names = [_short(one.name)] if len(others) > 1 else []
    if one.lost:
        names.append(f"{one.lanes - one.lost} of {one.lanes} lanes")
    axes.set_title("\n".join(names), color=one.colour, fontweight="bold", fontsize=10)
    if one.training is not None:
        # Beyond so many dots they run into a line.
        step = math.ceil(len(one.epochs) / (30 if len(others) > 1 else 60))
        axes.plot(
            one.epochs[::step],
            one.training.mean[::step],
            ".",
            color=one.colour,
            markersize=4.5,
            alpha=0.75,
            zorder=3,
        )
    if one.validation is not None:
        _line(axes, one, one.validation)
    _spread(axes, one, 0.22)


def _overlay(axes: Axes, shown: Sequence[_Variant]) -> None:
    held = any(one.validation is not None for one in shown)
    axes.set_title(f"{'Validation' if held else 'Training'}, all variants", fontsize=10)
    for one in shown:
        if one.judged is not None:
            _line(axes, one, one.judged)
        _spread(axes, one, 0.13)


def _line(axes: Axes, one: _Variant, band: Along) -> None:
    """The mean: full while all lanes run, thin from there on."""
    everyone = np.where(band.lanes == band.lanes.max(initial=0), band.mean, np.nan)
    axes.plot(one.epochs, band.mean, color=one.colour, linewidth=0.9, zorder=4)
    axes.plot(one.epochs, everyone, color=one.colour, linewidth=2.0, zorder=4)


def _spread(axes: Axes, one: _Variant, alpha: float) -> None:
    if one.judged is None:
        return
    axes.fill_between(
        one.epochs,
        one.judged.low,
        one.judged.high,
        where=np.isfinite(one.judged.low).tolist(),
        color=one.colour,
        alpha=alpha,
        linewidth=0,
        zorder=2,
    )


def _dress(axes: Axes, base: str, last: int, limits: tuple[float, float] | None) -> None:
    axes.set_xlim(0.5, last + 0.5)
    if limits is not None:
        axes.set_ylim(*limits)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6, min_n_ticks=1))
    axes.grid(color="0.92", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    subplot = axes.get_subplotspec()
    if axes.xaxis.get_tick_params()["labelbottom"]:
        axes.set_xlabel("epoch")
    if subplot is not None and subplot.is_first_col():
        axes.set_ylabel(plain(base))


def _frame(
    figure: Figure, result: RunResult, base: str, shown: Sequence[_Variant], of: int
) -> None:
    """Title above, legend and a caption in plain words below."""
    bottom, top = figure.axes[0].get_ylim()
    judged = [one.judged for one in shown if one.judged is not None]
    starts = np.concatenate([np.empty(0), *(b.mean[: len(b.mean) // 10] for b in judged)])
    beyond = bool(((starts < bottom) | (starts > top)).any())
    title = " · ".join(filter(None, (f"{result.name}: {base}", source_of(result))))
    inches = figure.get_figwidth()
    title = plain(fill(title, int(inches * 8)))
    figure.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight="bold")
    figure.legend(
        handles=_legend(shown),
        loc="outside lower left",
        ncols=3,
        frameon=False,
        title=fill(_caption(result, shown, of, beyond), int(inches * 13)),
        title_fontsize=9,
        alignment="left",
    )


def _legend(shown: Sequence[_Variant]) -> list[Line2D | Patch]:
    colour = shown[0].colour if len(shown) == 1 else "0.3"
    handles: list[Line2D | Patch] = []
    if any(one.training is not None for one in shown):
        handles.append(Line2D([], [], color=colour, marker=".", linestyle="", label="training"))
    if any(one.validation is not None for one in shown):
        handles.append(Line2D([], [], color=colour, linewidth=2, label="validation"))
    if any(one.judged is not None and np.isfinite(one.judged.low).any() for one in shown):
        handles.append(Patch(color=colour, alpha=0.22, linewidth=0, label="95 % interval"))
    return handles


def _caption(result: RunResult, shown: Sequence[_Variant], of: int, beyond: bool) -> str:
    seeds, folds = result.curves.sizes["seed"], result.curves.sizes["fold"]
    over = " and ".join(f"{n} {noun}s" for n, noun in ((seeds, "seed"), (folds, "fold")) if n > 1)
    parts = ["One network a variant: how far chance moved these curves cannot be seen."]
    if over:
        parts = [f"Means over {over}; the band is the 95 % interval of the mean at each epoch."]
    numbers = [one.judged.lanes for one in shown if one.judged is not None]
    if any((lanes < lanes.max(initial=0)).any() for lanes in numbers):
        parts.append("Thin line: some networks have stopped, the mean is of the others.")
    if beyond:
        parts.append("The steep first epochs are not in view.")
    if lost := sum(one.lost for one in shown):
        parts.append(f"Not drawn: networks that diverged or failed ({lost}).")
    if len(shown) < of:
        best = f"with the best mean {result.monitor.name}"
        parts.append(f"Only the {len(shown)} of {of} variants {best} are shown.")
    elif len(shown) > 1:
        parts.append("Grey: the other variants.")
    return " ".join(parts)


def _short(name: str) -> str:
    """A name on at most two lines; too long a one loses its middle."""
    if len(name) > 2 * _NAME:
        name = f"{name[:_NAME]}…{name[1 - _NAME :]}"
    return plain(fill(name, _NAME))
