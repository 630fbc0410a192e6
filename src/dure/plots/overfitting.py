"""Training and validation loss along the epochs, with the turn as a band and the gap at the end."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from dure.analysis.overfitting.model import Overfitting, OverfittingRow
from dure.core.formatting import format_number
from dure.core.palette import COLOURS
from dure.core.types import Floats, trained
from dure.plots.lines import mean_line
from dure.plots.style import SMALL, TEXT, Sheet, drawing, dressed, plain, shortened
from dure.results.run_result import RunResult, lane_grid
from dure.results.summary import source_of

TRAINING, VALIDATION, TURN = COLOURS[0], COLOURS[1], COLOURS[2]
_MOST = 12
_WIDE, _HIGH = 3.6, 2.9  # inches of a panel, with what stands round it


@drawing
def overfitting(result: RunResult, found: Overfitting) -> Figure:
    """A panel for each variant, at most twelve: those that give away most come first.

    Parameters
    ----------
    result
        What `found` was measured on.
    """
    rows = list(found.rows)
    if len(rows) > _MOST:
        rows = sorted(rows, key=lambda row: -np.nan_to_num(row.given_away.mean, nan=-1.0))[:_MOST]
    columns = min(len(rows), 3)
    high = math.ceil(len(rows) / columns) * _HIGH + 0.3
    width = max(columns * _WIDE, 6.5)
    title = " · ".join(filter(None, (f"{result.name}: overfitting", source_of(result))))
    page = Sheet(width, high, title, _notes(found, len(rows)))
    each = width / columns
    for place, row in enumerate(rows):
        left, top = place % columns * each, place // columns * _HIGH + 0.3
        page.heading(left + 0.6, top + 0.1, row.variant, each - 0.8)
        page.text(left + 0.6, top + 0.28, shortened(_head(row), each - 0.7, SMALL), SMALL)
        axes = page.axes(left + 0.6, top + 0.42, each - 0.8, _HIGH - 1.0)
        _panel(axes, result, found, row)
    _legend(page)
    return page.figure


def _notes(found: Overfitting, shown: int) -> list[str]:
    notes = [
        "Lines: means over lanes; the bands round them are 95 % intervals of the mean.",
        "Grey bar: the gap to training at the end.",
    ]
    if shown < len(found.rows):
        notes.append(f"The {shown} of {len(found.rows)} variants that give away most.")
    return notes


def _head(row: OverfittingRow) -> str:
    if row.kind != "overfits":
        return row.kind
    turn = row.turning_epoch
    limits = f" [{turn.low:.1f}, {turn.high:.1f}]" if np.isfinite(turn.low) else ""
    up = 100 * row.given_away.mean / abs(row.lowest.mean)
    return f"turns at epoch {turn.mean:.1f}{limits}, up {up:.0f} % at the end"


def _panel(axes: Axes, result: RunResult, found: Overfitting, row: OverfittingRow) -> None:
    curves = {name: _lanes(result, row, name) for name in (found.metric, f"val_{found.metric}")}
    drawn = []
    for (name, values), colour in zip(curves.items(), (TRAINING, VALIDATION), strict=True):
        known = np.isfinite(values).any(axis=(0, 1)) & (np.arange(values.shape[-1]) < row.end)
        if known.any():
            epochs = np.flatnonzero(known) + 1
            mean_line(axes, epochs, values[..., known], colour, name, linewidth=1.6)
            drawn.append(np.nanmean(values[..., known], axis=(0, 1)))
    if row.kind == "overfits":
        turn = row.turning_epoch
        if np.isfinite(turn.low):
            axes.axvspan(turn.low, turn.high, color=TURN, alpha=0.2, linewidth=0, zorder=0)
        axes.axvline(turn.mean, color=TURN, linewidth=1.4, zorder=1)
    if len(drawn) == 2:
        ends = (row.end, row.end), (float(drawn[0][-1]), float(drawn[1][-1]))
        axes.plot(*ends, color="0.45", linewidth=3, solid_capstyle="butt", zorder=5)
        if np.isfinite(row.gap_at_end.mean):
            axes.annotate(
                format_number(row.gap_at_end.mean, 2),
                (row.end, float(np.mean(ends[1]))),
                (-5, 0),
                textcoords="offset points",
                ha="right",
                va="center",
                fontsize=SMALL,
                color="0.3",
            )
    dressed(axes, "epoch", plain(found.metric))
    axes.set_xlim(0.5, max(row.end, 1) + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6, min_n_ticks=1))
    if drawn:
        axes.set_ylim(*_limits(drawn))


def _lanes(result: RunResult, row: OverfittingRow, name: str) -> Floats:
    """Curves [seed, fold, epoch] of the lanes that came to their end; NaN for no such metric."""
    sizes = [result.curves.sizes[d] for d in ("seed", "fold", "epoch")]
    if name not in result.curves:
        return np.full(sizes, np.nan)
    one = result.curves[name].sel(variant=row.variant).transpose("seed", "fold", "epoch")
    values: Floats = one.values.astype(np.float64)
    ended = lane_grid(result, [trained(status) for status in result.statuses])
    values[~ended[result.variants.index(row.variant)]] = np.nan
    return values


def _limits(drawn: list[Floats]) -> tuple[float, float]:
    """All of the means but the steep first tenth of the epochs, which would flatten the rest."""
    later = np.concatenate([mean[len(mean) // 10 :] for mean in drawn])
    low, high = float(later.min()), float(later.max())
    room = 0.12 * (high - low) or 0.1 * abs(high) or 0.5
    return (max(0.0, low - room) if low >= 0 else low - room), high + room


def _legend(page: Sheet) -> None:
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=TRAINING, linewidth=1.6, label="training"),
        Line2D([], [], color=VALIDATION, linewidth=1.6, label="validation"),
        Patch(color=TURN, alpha=0.35, linewidth=0, label="turn, with its interval"),
    ]
    axes = page.axes(0, 0, page.width, 0.25)
    axes.axis("off")
    axes.legend(handles=handles, loc="center left", ncols=3, frameon=False, fontsize=TEXT)
