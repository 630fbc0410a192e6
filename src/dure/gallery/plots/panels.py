"""Means over seeds as lines in panels side by side: against epochs, layers, rates, depths."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from dure.blocks.palette import COLOURS
from dure.plots.style import TEXT, Sheet, drawing, dressed, logarithmic, plain, widest
from dure.stats.intervals import band

Log = Literal["", "x", "y", "xy"]
_MARKS = "os^Dvph*"
_DASHED, _DOTTED = (0.0, (4.0, 2.0)), (0.0, (1.0, 1.5))


@dataclass(frozen=True, eq=False)
class PanelLine:
    """One line of a panel.

    Attributes
    ----------
    x
        Shape [points].
    values
        Shape [seeds, points]; NaN where a seed has no value.
    theory
        What is expected instead, shape [points]: a dashed line over it.
    """

    x: npt.ArrayLike
    values: npt.ArrayLike
    theory: npt.ArrayLike | None = None
    each: bool = False
    """Whether every seed is a line, for values of which a mean would say little."""


@dataclass(frozen=True)
class PanelScale:
    """How the panels' axes run, the same for all.

    Attributes
    ----------
    x, y
        Their names.
    log
        Which are logarithmic. On a logarithmic vertical axis means are geometric, and what is not
        above zero is left out.
    limits
        Of the vertical axis; None: what the data need.
    reference
        A value marked by a dotted line, and what it is.
    whole
        Whether the horizontal axis counts (layers, epochs).
    """

    x: str
    y: str
    log: Log = ""
    limits: tuple[float, float] | None = None
    reference: tuple[float, str] | None = None
    whole: bool = False
    marks: bool = field(default=True)
    """Whether points are marked."""


@drawing
def panels(
    lines: Mapping[str, Mapping[str, PanelLine]],
    scale: PanelScale,
    title: str,
    notes: Sequence[str] = (),
    columns: int = 3,
) -> Figure:
    """Panels with shared axes; in each a few lines: means over seeds, with their 95 % band.

    Parameters
    ----------
    lines
        By the panel's heading its lines by name. A name has one colour in all panels.
    scale
        Of the axes.
    title, notes
        Of the page.
    columns
        Panels side by side, at most.
    """
    names = list(dict.fromkeys(name for one in lines.values() for name in one))
    columns = min(columns, len(lines))
    rows = math.ceil(len(lines) / columns)
    wide, high = {1: (7.0, 3.4), 2: (4.3, 3.0)}.get(columns, (3.1, 2.35))
    theory = any(line.theory is not None for one in lines.values() for line in one.values())
    extra = {"theory": _DASHED} if theory else {}
    extra |= {scale.reference[1]: _DOTTED} if scale.reference else {}
    per_line = max(
        1, int((columns * (wide + 0.25) - 0.3) / (widest([*names, *extra], TEXT) + 0.55))
    )
    lines_of_legend = math.ceil(len([*names, *extra]) / per_line)
    below = rows * (high + 0.62) + 0.1 + 0.2 * lines_of_legend
    page = Sheet(columns * (wide + 0.25) + 0.55, below, title, notes)
    limits = scale.limits or _limits(lines, scale)
    for place, (heading, one) in enumerate(lines.items()):
        column, row = place % columns, place // columns
        left, top = 0.75 + column * (wide + 0.25), row * (high + 0.62) + 0.25
        page.heading(left, top - 0.12, heading, wide)
        axes = page.axes(left, top, wide, high)
        for name, line in one.items():
            _draw(axes, line, names.index(name), len(names), scale)
        is_low = place + columns >= len(lines)
        dressed(axes, scale.x if is_low else "", scale.y if column == 0 else "")
        _scaled(axes, scale, limits)
        axes.tick_params(labelleft=column == 0)
        axes.yaxis.set_label_coords(-0.6 / wide, 0.5)
        if scale.reference:
            axes.axhline(scale.reference[0], color="0.3", linestyle=_DOTTED, linewidth=1.1)
    _legend(page, names, extra, per_line)
    return page.figure


def _look(place: int, of: int, marks: bool) -> dict[str, Any]:
    """The first line is the widest, so that one that others lie on is still seen."""
    look = {"color": COLOURS[place % len(COLOURS)], "linewidth": 1.3 + 0.4 * (of - 1 - place)}
    if not marks:
        return look
    return look | {"marker": _MARKS[place % len(_MARKS)], "markersize": 3 + 0.8 * (of - 1 - place)}


def _draw(axes: Axes, line: PanelLine, place: int, of: int, scale: PanelScale) -> None:
    x, values = np.asarray(line.x, np.float64), np.atleast_2d(np.asarray(line.values, np.float64))
    if line.each:
        axes.plot(x, values.T, color=COLOURS[place % len(COLOURS)], linewidth=1, alpha=0.7)
        return
    logs = "y" in scale.log
    if logs:
        values = np.log10(np.where(values > 0, values, np.nan))
    known = band(values)
    mean, low, high = (10.0**a if logs else a for a in (known.mean, known.low, known.high))
    axes.plot(x, mean, **_look(place, of, scale.marks), zorder=3)
    seen = np.isfinite(low)
    if seen.any():
        colour = COLOURS[place % len(COLOURS)]
        axes.fill_between(x, low, high, where=seen.tolist(), color=colour, alpha=0.2, linewidth=0)
    if line.theory is not None:
        axes.plot(x, line.theory, color="0.1", linestyle=_DASHED, linewidth=0.9, zorder=4)


def _limits(lines: Mapping[str, Mapping[str, PanelLine]], scale: PanelScale) -> tuple[float, float]:
    """Least and largest of all seeds and theories, with a little room."""
    parts = [
        np.ravel(part)
        for one in lines.values()
        for line in one.values()
        for part in (line.values, line.theory)
        if part is not None
    ]
    found = np.concatenate([np.asarray(part, np.float64) for part in parts])
    found = found[np.isfinite(found) & ((found > 0) | ("y" not in scale.log))]
    if not found.size:
        return (0.1, 1.0)
    low, high = float(found.min()), float(found.max())
    if "y" in scale.log:
        low, high = low / 1.3, high * 1.3
        return 10.0 ** np.floor(np.log10(low)), 10.0 ** np.ceil(np.log10(high))
    room = 0.05 * ((high - low) or 1.0)
    return low - room, high + room


def _scaled(axes: Axes, scale: PanelScale, limits: tuple[float, float]) -> None:
    axes.set_ylim(*limits)
    if "y" in scale.log:
        logarithmic(axes, "y", 8)
    if "x" in scale.log:
        logarithmic(axes, "x", 7)
    elif scale.whole:
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True, min_n_ticks=1))


def _legend(page: Sheet, names: Sequence[str], extra: Mapping[str, Any], per_line: int) -> None:
    """The names with their lines, below the panels."""
    keys = [Line2D([], [], **_look(at, len(names), True)) for at in range(len(names))]
    keys += [Line2D([], [], color="0.3", linestyle=style) for style in extra.values()]
    page.figure.legend(
        keys,
        [plain(name) for name in (*names, *extra)],
        loc="lower left",
        ncol=per_line,
        fontsize=TEXT,
        frameon=False,
        borderpad=0.2,
        labelspacing=0.35,
    )
