"""Validation against the number of training rows, and against the size of the network."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from dure.analysis.overfitting.capacity import Capacity, CapacityRow
from dure.analysis.overfitting.learning_curve import LearningCurve, LearningRow
from dure.core.formatting import format_number
from dure.core.palette import COLOURS
from dure.plots.style import SMALL, Sheet, drawing, dressed, plain, shortened
from dure.results.summary import source_of
from dure.stats.intervals import Interval

TRAINING, VALIDATION, ENOUGH = COLOURS[0], COLOURS[1], COLOURS[2]
_MOST = 12
_WIDE, _HIGH = 4.2, 3.25


@drawing
def learning_curve(curve: LearningCurve) -> Figure:
    """The metric against the number of training rows, a line for each variant, at most ten.

    Where a law could be defended, its expectation for twice the rows is drawn dashed.
    """
    rows = curve.rows[: len(COLOURS)]
    last = curve.results[max(curve.results)]
    title = " · ".join(filter(None, (f"{last.name}: more rows", source_of(last))))
    notes = [
        f"{curve.metric} at each lane's best epoch; bars are 95 % intervals over lanes.",
        "Dashed, hollow: what twice the rows are expected to bring, with its 95 % interval."
        if any(row.doubling for row in rows)
        else "",
        f"The first {len(rows)} of {len(curve.rows)} variants." if rows != curve.rows else "",
    ]
    page = Sheet(8.2, 4.4, title, notes)
    axes = page.axes(0.75, 0.1, 5.2, 3.7)
    for place, (row, colour) in enumerate(zip(rows, COLOURS, strict=False)):
        # Side by side, so that the bars of different variants do not cover each other.
        _growth(axes, row, colour, 1.03 ** (place - (len(rows) - 1) / 2))
    dressed(axes, "training rows", plain(curve.metric))
    sizes = list(curve.results)
    known = any(row.doubling for row in rows)
    _sizes_axis(axes, [*sizes, *([2 * sizes[-1]] if known else [])])
    if len(rows) > 1:
        axes.legend(frameon=False, fontsize=SMALL + 0.5, loc="upper left", bbox_to_anchor=(1.02, 1))
    return page.figure


def _growth(axes: Axes, row: LearningRow, colour: str, shift: float) -> None:
    sizes = np.array(list(row.values)) * shift
    _line(axes, sizes, list(row.values.values()), colour, shortened(row.variant, 1.7))
    twice = row.doubling
    end = list(row.values.values())[-1].mean
    if twice is None or not math.isfinite(end):
        return
    bars = np.array([[twice.mean - twice.low], [twice.high - twice.mean]])
    x, y = 2 * sizes[-1], end + twice.mean
    axes.plot([sizes[-1], x], [end, y], color=colour, linestyle="--", linewidth=1.2)
    axes.errorbar([x], [y], bars, color=colour, fmt="o", mfc="white", markersize=6, capsize=3)


def _line(
    axes: Axes,
    at: Sequence[float] | np.ndarray,
    values: Sequence[Interval],
    colour: str,
    label: str,
) -> None:
    means = np.array([value.mean for value in values])
    bars = np.nan_to_num([[v.mean - v.low for v in values], [v.high - v.mean for v in values]])
    axes.errorbar(
        at,
        means,
        bars,
        color=colour,
        fmt="o-",
        markersize=5,
        linewidth=1.6,
        capsize=3,
        label=plain(label),
    )


def _sizes_axis(axes: Axes, sizes: Sequence[int], more: Mapping[int, str] | None = None) -> None:
    """A logarithmic axis with a number under each size, but none that would touch another.

    `more` is what stands under the numbers.
    """
    axes.set_xscale("log")
    shown: list[int] = []
    span = math.log(max(sizes) / min(sizes)) or 1.0
    for size in sorted(set(sizes), reverse=True):
        if not shown or math.log(shown[-1] / size) > 0.07 * span:
            shown.append(size)
    names = [format_number(size) + (f"\n{plain(more[size])}" if more else "") for size in shown]
    axes.set_xticks(shown, names)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlim(min(sizes) / math.exp(0.06 * span), max(sizes) * math.exp(0.06 * span))


@drawing
def capacity(found: Capacity) -> Figure:
    """Training and validation against the number of parameters, a panel for each variant."""
    rows = found.rows[:_MOST]
    columns = min(len(rows), 3)
    width = max(columns * _WIDE, 6.5)
    each = width / columns
    title = " · ".join(
        filter(None, (f"{found.result.name}: size of the network", source_of(found.result)))
    )
    notes = [
        f"{found.metric} at each lane's best epoch; bars are 95 % intervals over lanes.",
        f"Under the parameters: {found.argument}. Green line: the smallest size that is not shown "
        "to be worse than the best (ring).",
        f"The first {len(rows)} of {len(found.rows)} variants." if rows != found.rows else "",
    ]
    page = Sheet(width, math.ceil(len(rows) / columns) * _HIGH, title, notes)
    for place, row in enumerate(rows):
        left, top = place % columns * each, place // columns * _HIGH
        page.heading(left + 0.7, top + 0.1, row.variant, each - 0.9)
        axes = page.axes(left + 0.7, top + 0.3, each - 0.95, _HIGH - 1.05)
        _capacity(axes, row, found)
        if place == 0:
            axes.legend(frameon=False, fontsize=SMALL)
    return page.figure


def _capacity(axes: Axes, row: CapacityRow, found: Capacity) -> None:
    at = [size.parameters for size in row.sizes]
    _line(axes, at, [s.training for s in row.sizes], TRAINING, "training")
    _line(axes, at, [s.validation for s in row.sizes], VALIDATION, "validation")
    if row.best is not None:
        axes.plot(
            row.best.parameters,
            row.best.validation.mean,
            "o",
            markersize=11,
            mfc="none",
            mec=VALIDATION,
            mew=1.4,
        )
    if row.enough is not None:
        axes.axvline(row.enough.parameters, color=ENOUGH, linewidth=1.4, zorder=1)
    dressed(axes, plain(f"parameters, {found.argument}"), plain(found.metric.removeprefix("val_")))
    values = {size.parameters: shortened(size.value, 0.6, SMALL) for size in row.sizes}
    _sizes_axis(axes, at, values)
