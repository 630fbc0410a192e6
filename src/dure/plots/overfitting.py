"""Training and validation loss along the epochs, with the turn and its interval as a band."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from matplotlib.figure import Figure

from dure.analysis.overfitting.model import Overfitting, OverfittingRow
from dure.blocks.charts import Line, Lines
from dure.core.formatting import format_number
from dure.core.types import Floats, trained
from dure.messages.message import as_is
from dure.plots.render import draw
from dure.results.run_result import RunResult, lane_grid
from dure.results.summary import source_of
from dure.stats.intervals import band

_MOST = 12


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
    title = " · ".join(filter(None, (f"{result.name}: overfitting", source_of(result))))
    notes = [
        "Lines: means over lanes; the bands round them are 95 % intervals of the mean.",
        "Dashed: where the validation loss turns, with its interval.",
        f"The {len(rows)} of {len(found.rows)} variants that give away most."
        if len(rows) < len(found.rows)
        else "",
    ]
    return draw(
        title,
        [_panel(result, found, row) for row in rows],
        notes,
        columns=min(len(rows), 3),
        legend=True,
    )


def _panel(result: RunResult, found: Overfitting, row: OverfittingRow) -> Lines:
    lines = list(_lines(result, found, row))
    turn, turned = row.turning_epoch, row.kind == "overfits"
    return Lines(
        label=as_is(row.variant),
        title=as_is(row.variant),
        x_axis=as_is("epoch"),
        y_axis=as_is(found.metric),
        lines=tuple(lines),
        marks=(turn.mean,) if turned else (),
        ribbons=((turn.low, turn.high),) if turned and np.isfinite(turn.low) else (),
        view=_view([line.y for line in lines]) if lines else None,
        notes=tuple(map(as_is, _notes(row))),
    )


def _notes(row: OverfittingRow) -> Iterator[str]:
    if row.kind == "overfits":
        turn = row.turning_epoch
        limits = f" [{turn.low:.1f}, {turn.high:.1f}]" if np.isfinite(turn.low) else ""
        up = 100 * row.given_away.mean / abs(row.lowest.mean)
        yield f"turns at epoch {turn.mean:.1f}{limits}, up {up:.0f} % at the end"
    else:
        yield row.kind
    if np.isfinite(row.gap_at_end.mean):
        yield f"gap to training at the end: {format_number(row.gap_at_end.mean, 2)}"


def _lines(result: RunResult, found: Overfitting, row: OverfittingRow) -> Iterator[Line]:
    for label, name in (("training", found.metric), ("validation", f"val_{found.metric}")):
        values = _lanes(result, row, name)
        known = np.isfinite(values).any(axis=(0, 1)) & (np.arange(values.shape[-1]) < row.end)
        if known.any():
            mean, low, high = band(values[..., known])[:3]
            yield Line(as_is(label), np.flatnonzero(known).astype(np.float64) + 1, mean, low, high)


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


def _view(drawn: list[Floats]) -> tuple[float, float]:
    """All of the means but the steep first tenth of the epochs, which would flatten the rest."""
    later = np.concatenate([mean[len(mean) // 10 :] for mean in drawn])
    low, high = float(later.min()), float(later.max())
    room = 0.12 * (high - low) or 0.1 * abs(high) or 0.5
    return (max(0.0, low - room) if low >= 0 else low - room), high + room
