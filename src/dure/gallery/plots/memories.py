"""How far back several kinds of cells remember, side by side for each way of measuring it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from dure.core.palette import COLOURS
from dure.measurements.labels import median_horizon
from dure.plots.style import SMALL, TEXT, Sheet, drawing, dressed, logarithmic, plain
from dure.stats.intervals import band

_LOWEST = 1e-4
_SHARE = 0.01
_WIDE, _HIGH = 4.6, 3.4


@drawing
def memories(
    panels: Mapping[str, Mapping[str, xr.Dataset]], title: str, notes: list[str]
) -> Figure:
    """Influence of each earlier step as a share of its peak; geometric mean and its 95 % interval.

    Parameters
    ----------
    panels
        By the panel's title: by the cell's name what `Look.memory` gives of several networks,
        with mean (lane, distance) and horizon (lane). A cell has the same colour in all panels.
    title, notes
        Of the page.
    """
    how = "Each curve is a share of its network's own peak. Band: 95 % interval of the geometric "
    how += "mean. Dotted: 1 %. Dashed: the median horizon, where it is finite."
    notes = [*notes, how]
    page = Sheet(len(panels) * (_WIDE + 0.35) + 0.4, _HIGH + 0.85, title, notes)
    cells = list(dict.fromkeys(cell for panel in panels.values() for cell in panel))
    for place, (name, panel) in enumerate(panels.items()):
        left = 0.7 + place * (_WIDE + 0.35)
        axes = page.axes(left, 0.25, _WIDE, _HIGH)
        axes.set_title(plain(name), fontsize=TEXT, loc="left")
        for cell, measured in panel.items():
            _line(axes, measured, COLOURS[cells.index(cell)], cell)
        axes.axhline(_SHARE, color="0.4", linewidth=1, linestyle=":")
        axes.set_ylim(_LOWEST, 2)
        logarithmic(axes, "y", 6)
        dressed(axes, "steps before the last", "share of the peak" if place == 0 else "")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        if place:
            axes.tick_params(labelleft=False)
        else:
            axes.legend(frameon=False, fontsize=SMALL + 0.5, loc="lower left")
    return page.figure


def _line(axes: Axes, measured: xr.Dataset, colour: str, cell: str) -> None:
    mean = measured["mean"].transpose("lane", "distance").values
    peaks = np.nanmax(mean, axis=1, keepdims=True)
    shares = np.maximum(mean / np.where(peaks > 0, peaks, np.nan), _LOWEST / 10)
    known = band(np.log10(shares))
    at = measured["distance"].values
    axes.plot(at, 10**known.mean, color=colour, linewidth=1.8, label=plain(cell))
    axes.fill_between(at, 10**known.low, 10**known.high, color=colour, alpha=0.2, linewidth=0)
    horizon = median_horizon(measured)
    if np.isfinite(horizon):
        axes.axvline(horizon, color=colour, linewidth=1, linestyle="--")
