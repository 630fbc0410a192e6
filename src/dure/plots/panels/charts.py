"""Charts of blocks as parts of a sheet: bars, intervals and points."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import Bbox

from dure.blocks.charts import Bar, Bars, Intervals, Points
from dure.blocks.palette import COLOURS
from dure.blocks.pictures import Photograph
from dure.core.types import Floats
from dure.plots.charts.texts import write_bars, write_spans
from dure.plots.style import (
    HEAD,
    SMALL,
    TEXT,
    Panel,
    Sheet,
    dressed,
    inches,
    named_rows,
    plain,
    shortened,
    show_picture,
    widest,
    wrapped,
)

_LEFT, _ROW = 0.68, 0.21
_TONES = {"plain": COLOURS[0], "good": COLOURS[2], "bad": COLOURS[1], "faint": "0.72"}
# Of intervals blue is good, for green is the band of what is practically the same.
_SPANS = {"good": COLOURS[0], "bad": COLOURS[1], "plain": "0.35"}


# Bars.


def bars_panel(block: Bars, wide: float) -> Panel:
    """Bars from the left with their names, their values as text at the right."""
    names = [bar.name for bar in block.bars]
    lead = 0.0 if block.about is None else 1.45 if isinstance(block.about, Photograph) else 3.3
    side = min(widest(names, SMALL + 0.5) + 0.12, 0.45 * (wide - lead))
    numbers = write_bars(block)
    told = widest(numbers, SMALL) + 0.1
    told = told if told > 0.11 else 0.12
    text = [] if isinstance(block.about, Photograph) else _cut_lines(block.about or "", lead - 0.25)
    step = _ROW if block.compared is None else 0.3
    high = max(step * len(names), 0.3)
    beside = 1.3 if isinstance(block.about, Photograph) else 0.14 * len(text)

    def draw(sheet: Sheet, left: float, top: float) -> None:
        bad = any(bar.tone == "bad" for bar in block.bars)
        sheet.heading(left, top + 0.1, block.title, wide - 0.2, color=COLOURS[1] if bad else "0")
        if isinstance(block.about, Photograph):
            show_picture(sheet.picture(left, top + HEAD, 1.3, 1.3), block.about.values)
        elif text:
            sheet.text(left, top + HEAD, "\n".join(text), SMALL, va="top", linespacing=1.15)
        inner = wide - lead - side - told - 0.2
        axes = sheet.axes(left + lead + side, top + HEAD, inner, high)
        _bars(axes, block)
        dressed(axes, shortened(block.axis, wide - lead), "", "x")
        named_rows(axes, names, side - 0.1)
        for place, number in enumerate(numbers):
            middle = top + HEAD + high * (place + 0.5) / len(names)
            sheet.text(left + wide - told - 0.12, middle, number, SMALL)
        if block.compared is not None:
            key(sheet, left + lead + side, top + HEAD + high + 0.5, block.compared)

    below = (0.45 if block.axis else 0.28) + (0.2 if block.compared is not None else 0)
    return Panel(wide, HEAD + max(high + below, beside) + 0.12, draw)


def _cut_lines(text: str, width: float) -> list[str]:
    """At most ten lines of a text."""
    lines = wrapped(text, width, SMALL) if text else []
    return [*lines[:9], "…"] if len(lines) > 10 else lines


def _bars(axes: Axes, block: Bars) -> None:
    two = block.compared is not None
    for place, bar in enumerate(block.bars):
        at, thick = (place - 0.2, 0.38) if two else (place, 0.72)
        colour = _TONES[bar.tone]
        axes.barh(at, bar.value, height=thick, color=colour)
        if math.isfinite(bar.low):
            span = np.clip([bar.low, bar.high], -math.inf, block.most or math.inf)
            axes.plot(span, [at, at], color="0.1", linewidth=1)
    if two:
        others = [bar.other for bar in block.bars]
        places = [place + 0.2 for place in range(len(others))]
        axes.barh(places, others, height=0.38, color=COLOURS[1])
    least = min([0.0, *(bar.value for bar in block.bars if math.isfinite(bar.value))])
    axes.set_xlim(least, block.most or _longest(block.bars))
    inner = axes.get_window_extent().width / axes.figure.dpi
    axes.xaxis.set_major_locator(MaxNLocator(max(2, min(6, round(2 * inner)))))


def _longest(bars: Sequence[Bar]) -> float:
    ends = [v for bar in bars for v in (bar.value, bar.high, bar.other) if math.isfinite(v)]
    return 1.05 * max(ends, default=0.0) or 1.0


def key(sheet: Sheet, left: float, top: float, names: Sequence[str]) -> None:
    """What the first colours stand for, on one line."""
    for name, colour in zip(names, COLOURS, strict=False):
        sheet.text(left, top, "■", SMALL, color=colour)
        sheet.text(left + 0.15, top, name, SMALL)
        left += inches(name, SMALL) + 0.4


# Intervals.


def _columns(block: Intervals) -> list[list[str]]:
    """What stands beside the intervals, each column under its head; numbers and notes have none."""
    columns = [["", *write_spans(block)], ["", *(span.note or "" for span in block.spans)]]
    columns = [column for column in columns if any(column)]
    for place, head in enumerate(block.heads):
        columns.append([head, *(str(span.cells[place]) for span in block.spans)])
    return columns


def intervals_panel(block: Intervals, wide: float, every: Sequence[Intervals]) -> Panel:
    """Means with their intervals below each other, numbers and notes at the right.

    Those of `every` that have as many columns stand exactly below each other.
    """
    columns = _columns(block)
    alike = [other for other in every if len(_columns(other)) == len(columns)]
    names = [span.label for span in block.spans]
    side = min(widest([s.label for other in alike for s in other.spans], TEXT) + 0.15, 3.5)
    widths = [
        max(widest(column, TEXT) for column in same) + 0.2
        for same in zip(*map(_columns, alike), strict=True)
    ]
    track = max(wide - side - sum(widths), 2.2)
    high = 0.28 * max(len(names), 1)

    def draw(sheet: Sheet, left: float, top: float) -> None:
        written = sum(widths[len(widths) - len(block.heads) :])
        sheet.heading(left, top + 0.1, block.label, side + track + sum(widths) - written)
        axes = dressed(sheet.axes(left + side, top + HEAD, track, high), block.axis, grid="x")
        named_rows(axes, names, side - 0.1, TEXT)
        if block.rope is not None:
            axes.axvspan(-block.rope, block.rope, color=COLOURS[2], alpha=0.13, linewidth=0)
        if block.zero:
            axes.axvline(0, color="0.2", linewidth=1)
        _spans(axes, block)
        at = left + side + track + 0.15
        for (head, *column), width in zip(columns, widths, strict=True):
            sheet.text(at, top + 0.1, head, SMALL, color="0.35")
            for place, text in enumerate(column):
                sheet.text(at, top + HEAD + 0.28 * (place + 0.5), text, TEXT)
            at += width
        if block.compared is not None:
            key(sheet, left + side, top + HEAD + high + 0.5, block.compared)

    below = 0.5 + (0.2 if block.compared is not None else 0)
    return Panel(side + track + sum(widths), HEAD + high + below, draw)


def _spans(axes: Axes, block: Intervals) -> None:
    for place, span in enumerate(block.spans):
        colour = COLOURS[0] if block.compared is not None else _SPANS[span.tone]
        if math.isfinite(span.other):
            axes.plot([span.other, span.mean], [place] * 2, color="0.7", linewidth=2, zorder=1)
            axes.plot(span.other, place, "o", color=COLOURS[1], markersize=5)
        if math.isfinite(span.low):
            axes.plot([span.low, span.high], [place] * 2, color=colour, linewidth=2, zorder=2)
        at, mark = span.mean, "o"
        if block.view is not None and not block.view[0] <= at <= block.view[1]:
            mark = ">" if at > block.view[1] else "<"
            at = min(max(at, block.view[0]), block.view[1])
        axes.plot(at, place, mark, color=colour, markersize=5, clip_on=False)
    if block.view is not None:
        axes.set_xlim(*block.view)


# Points.


def points_panel(block: Points, wide: float, high: float) -> Panel:
    """Names as points; those that have room are written, `named_points` says how many."""

    def draw(sheet: Sheet, left: float, top: float) -> None:
        axes = _points_axes(sheet, block, left, top, wide, high)
        dressed(axes, block.x_axis, block.y_axis)
        for place, side in _apart(axes, block):
            axes.annotate(
                plain(block.names[place]),
                (block.x[place], block.y[place]),
                side,
                textcoords="offset points",
                fontsize=SMALL + 0.5,
                ha="left" if side[0] > 0 else "right",
                va="bottom" if side[1] > 0 else "top",
            )

    return Panel(wide, high + 0.6, draw)


def named_points(block: Points, wide: float, high: float) -> int:
    """How many names have room beside their points."""
    return len(_apart(_points_axes(Sheet(wide, high + 0.6, "x"), block, 0, 0, wide, high), block))


def _points_axes(
    sheet: Sheet, block: Points, left: float, top: float, wide: float, high: float
) -> Axes:
    axes = sheet.axes(left + _LEFT, top + 0.05, wide - _LEFT - 0.1, high)
    axes.plot(block.x, block.y, ".", color=COLOURS[0], markersize=4, alpha=0.7)
    axes.margins(0.07, 0.04)
    axes.autoscale_view()
    return axes


_Side = tuple[float, float]
_SIDES: tuple[_Side, ...] = ((4, 2), (-4, 2), (4, -2), (-4, -2))
"""Where a word may stand beside its point: right or left of it, above or below, in points."""


def _apart(axes: Axes, block: Points) -> list[tuple[int, _Side]]:
    """Names that can stand beside their points: over no other name or point, and inside."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    points: Floats = np.stack([block.x, block.y], axis=1)
    dots, inch = axes.transData.transform(points), figure.dpi
    frame = axes.get_window_extent()
    boxes: list[Bbox] = []
    kept = []
    for place, word in enumerate(block.names):
        size = np.array([inches(word, SMALL + 0.5), 0.155]) * inch
        for side in _SIDES:
            x, y = dots[place] + np.array(side) * inch / 72 - size * (np.array(side) < 0)
            box = Bbox.from_bounds(x, y, *size)
            inside = frame.x0 <= box.x0 and box.x1 <= frame.x1
            crowded = box.count_contains(dots) or any(box.overlaps(other) for other in boxes)
            if inside and not crowded:
                boxes.append(box)
                kept.append((place, side))
                break
    return kept
