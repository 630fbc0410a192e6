"""Charts of lines as parts of a sheet."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, NullLocator

from dure.blocks.charts import Line, Lines
from dure.blocks.palette import COLOURS
from dure.plots.style import (
    HEAD,
    SMALL,
    TEXT,
    Panel,
    Sheet,
    dressed,
    logarithmic,
    named_rows,
    plain,
    shortened,
    widest,
)

_LEFT, _BELOW, _NOTE = 0.68, 0.58, 0.165
_MOST_LINES = 10


def line_colours(block: Lines) -> dict[str, Any]:
    """By name; many are told apart by their place from first to last."""
    names = list(dict.fromkeys(line.name for line in block.lines))
    if len(names) <= len(COLOURS):
        return dict(zip(names, COLOURS, strict=False))
    scale = colormaps["viridis"]
    return {name: scale(0.95 * place / (len(names) - 1)) for place, name in enumerate(names)}


def lines_panel(block: Lines, wide: float, high: float, legend: bool = True) -> Panel:
    """Lines with their bands in one chart; over named places bars, a chart for each line."""
    if block.ticks is not None:
        return _rows(block, block.ticks, wide) if block.one_axis else _ranked(block, block.ticks)
    colours, low = line_colours(block), _BELOW + 0.15 * any("\n" in n for _, n in block.x_names)
    inner, looks = wide - _LEFT - 0.15, {line.look for line in block.lines}

    def draw(sheet: Sheet, left: float, top: float) -> None:
        axes = sheet.axes(left + _LEFT, top + HEAD, inner, high)
        _title(axes, block.title, inner)
        for line in block.lines:
            guide = line.dashed and line.look == "line" and "points" in looks
            _line(axes, line, "0.6" if guide else colours[line.name], "o" if block.x_names else "")
        for ends in block.ribbons:
            axes.axvspan(*ends, color="0.3", alpha=0.15, linewidth=0, zorder=0)
        for at in block.marks:
            axes.axvline(at, color="0.3", linewidth=1, linestyle="--")
        _scales(axes, block, high)
        dressed(axes, shortened(block.x_axis, inner), shortened(block.y_axis, high + 0.3))
        if legend and len(block.lines) > 1 and any(line.name for line in block.lines[:_MOST_LINES]):
            axes.legend(fontsize=SMALL + 0.5, frameon=False)
        for number, note in enumerate(block.notes):
            below = top + HEAD + high + low + _NOTE * number
            sheet.text(left + _LEFT, below, shortened(note, inner + 0.1, SMALL), SMALL)

    return Panel(wide, HEAD + high + low + _NOTE * len(block.notes) + 0.1, draw)


def _title(axes: Axes, title: str, width: float) -> None:
    axes.set_title(plain(shortened(title, width)), fontsize=TEXT, loc="left")


def _line(axes: Axes, line: Line, colour: Any, marker: str) -> None:
    label = plain(line.name)
    if line.look == "points":
        axes.plot(line.x, line.y, ".", color=colour, alpha=0.5, markersize=5, label=label)
        return
    style = "--" if line.dashed and line.look == "line" else "-"
    step = "steps-mid" if line.look == "area" else "default"
    look: dict[str, Any] = {"linewidth": 1.5, "drawstyle": step, "marker": marker, "markersize": 4}
    axes.plot(line.x, line.y, style, color=colour, label=label, **look)
    if line.look == "area" and not line.dashed:
        floor = np.zeros(len(line.y))
        axes.fill_between(line.x, floor, line.y, step="mid", color=colour, alpha=0.4, linewidth=0)
    elif line.low is not None and line.high is not None:
        known = np.isfinite(line.low) & np.isfinite(line.high)
        axes.fill_between(
            line.x, line.low, line.high, where=known.tolist(), color=colour, alpha=0.2, linewidth=0
        )
        around = np.pad(known, 1)
        lone = known & ~around[:-2] & ~around[2:]  # has no neighbour that makes a band of it
        axes.vlines(line.x[lone], line.low[lone], line.high[lone], color=colour, linewidth=1.5)


def _scales(axes: Axes, block: Lines, high: float) -> None:
    if block.view is not None:
        axes.set_ylim(*block.view)
    if block.logarithmic:
        axes.set_yscale("log")
        logarithmic(axes, "y", max(3, round(2.3 * high)))
    if block.logarithmic_x:
        axes.set_xscale("log")
        if block.x_names:
            _name_places(axes, block)
        else:
            logarithmic(axes, "x", 6)
        return
    whole = all(np.equal(np.mod(line.x[np.isfinite(line.x)], 1), 0).all() for line in block.lines)
    axes.xaxis.set_major_locator(MaxNLocator(6 if high > 2 else 5, integer=whole))


def _name_places(axes: Axes, block: Lines) -> None:
    """Names under places of a logarithmic axis, but none that would touch another."""
    low, high = (end(at for at, _ in block.x_names) for end in (min, max))
    span, kept = math.log(high / low) or 1.0, dict[float, str]()
    for at, name in sorted(block.x_names, reverse=True):
        if not kept or math.log(min(kept) / at) > 0.07 * span:
            kept[at] = plain(name)
    axes.set_xticks(list(kept), list(kept.values()))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlim(low / math.exp(0.06 * span), high * math.exp(0.06 * span))


def _rows(block: Lines, ticks: Sequence[str], wide: float) -> Panel:
    """Named places below each other, the first on top, each line a point with its interval."""
    side = min(widest(ticks, SMALL + 0.5) + 0.15, 0.45 * wide)
    inner, high = wide - side - 0.2, max(1.2, 0.2 * len(ticks) + 0.2)

    def draw(sheet: Sheet, left: float, top: float) -> None:
        sheet.heading(left + side, top + 0.12, block.title, inner)
        axes = sheet.axes(left + side, top + HEAD, inner, high)
        for name, line in zip(line_colours(block).values(), block.lines, strict=False):
            axes.plot(line.y, line.x, "o-", color=name, linewidth=1.2, markersize=4)
            if line.low is not None and line.high is not None:
                known = np.isfinite(line.low)
                ends = line.x[known], line.low[known], line.high[known]
                axes.hlines(*ends, color=name, linewidth=2.4, alpha=0.55)
        if block.view is not None:
            axes.set_xlim(*block.view)
        if block.logarithmic:
            logarithmic(axes, "x", 5)
        dressed(axes, shortened(block.y_axis, inner), "", "x")
        named_rows(axes, ticks, side - 0.1)

    return Panel(wide, HEAD + high + _BELOW, draw)


def side_legend(sheet: Sheet, left: float, charts: Sequence[Lines]) -> None:
    """What the lines of all charts are, at the right edge, the first on top."""
    colours = {name: colour for chart in charts for name, colour in line_colours(chart).items()}
    step = min(0.19, max(0.12, (sheet.height - 0.3) / max(len(colours), 1)))
    fits = max(1, int((sheet.height - 0.2) / step))
    for place, (name, colour) in enumerate(list(colours.items())[:fits]):
        sheet.text(left, 0.3 + step * place, "\u2014", SMALL + 1, color=colour, fontweight="bold")
        text = shortened(name, sheet.width - left - 0.2, SMALL)
        sheet.text(left + 0.2, 0.3 + step * place, text, SMALL)
    if fits < len(colours):
        sheet.text(left, 0.3 + step * fits, "...", SMALL)


def _ranked(block: Lines, ticks: Sequence[str]) -> Panel:
    """Named places below each other, the first on top; each line has its own axis beside."""
    side = min(widest(ticks, SMALL + 0.5) + 0.15, 2.6)
    wide, high = min(4.0, 9.0 / len(block.lines)), max(1.4, 0.3 * len(ticks))

    def draw(sheet: Sheet, left: float, top: float) -> None:
        for place, line in enumerate(block.lines):
            at = left + side + place * (wide + 0.35)
            axes = sheet.axes(at, top + HEAD, wide, high)
            if place == 0:
                sheet.heading(left, top + 0.1, block.title, len(block.lines) * (wide + 0.3))
            _sideways(axes, line, len(ticks), block.logarithmic)
            dressed(axes, shortened(line.name or block.y_axis, wide), "", "x")
            named_rows(axes, ticks if place == 0 else [""] * len(ticks), side - 0.1)

    return Panel(side + len(block.lines) * (wide + 0.35), HEAD + high + _BELOW, draw)


def _sideways(axes: Axes, line: Line, count: int, log: bool) -> None:
    """Bars from the left; a place without a value says so, for no logarithm has a 0."""
    known = line.y[np.isfinite(line.y) & ((line.y > 0) | (not log))]
    ends = [line.high[np.isfinite(line.high)]] if line.high is not None else []
    every = np.concatenate([known, *ends])
    floor, top = 0.0, float(every.max(initial=0.0)) * 1.05 or 1.0
    if log:
        floor = 10.0 ** math.floor(math.log10(float(known.min())) - 0.3) if known.size else 0.1
        top = 10.0 ** math.ceil(math.log10(top) + 0.2) if known.size else 1.0
    at = {float(x): i for i, x in enumerate(line.x)}
    for place in range(count):
        i = at.get(float(place))
        if i is None or not np.isfinite(line.y[i]) or (log and line.y[i] <= 0):
            axes.text(floor * 1.2 if log else 0, place, "0", va="center", fontsize=SMALL)
            continue
        width = line.y[i] - floor
        axes.barh(place, width, left=floor, height=0.6, color=COLOURS[0], alpha=0.75)
        if line.low is not None and line.high is not None and line.low[i] < line.high[i]:
            span = [max(line.low[i], floor), line.high[i]]
            axes.plot(span, [place, place], color="0.1", linewidth=1.5)
    if log:
        axes.set_xscale("log")
    axes.set_xlim(floor, top)
    if log:
        logarithmic(axes, "x", 6)
