"""Charts that stand still: intervals, lines, bars, points and coloured words."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from dure.blocks.charts import Bars, Intervals, Line, Lines, Points
from dure.blocks.content import Words
from dure.blocks.pictures import Tiles
from dure.core.types import Floats
from dure.messages.message import as_is
from dure.plots.charts.texts import write_bars, write_spans
from dure.report.html.axes import (
    Scale,
    Tick,
    across,
    band_path,
    down,
    line_path,
    pick_evenly,
    scale_over,
    whisker_path,
    with_room,
)
from dure.report.html.curves import look_of
from dure.report.html.pixels import png_of
from dure.report.html.point_names import place_names
from dure.report.html.voice import Voice
from dure.report.html.words import chart_name
from dure.stats.intervals import interval_texts

_TABLE_ROWS = 12
_NAMED_TICKS = 24
_PHONE_LETTERS, _DESKTOP_LETTERS = 36, 92  # that find place below a chart
_UPRIGHT = {True: "upright roomy", False: "upright"}
_WIDEST = 4.0  # intervals are drawn up to so many median half widths from their mean
_WORDS_IN_TABLE = 20


def intervals_view(block: Intervals, voice: Voice) -> dict[str, Any]:
    """Rows of a table whose middle column is drawn; places in percent of its width."""
    ends = [(span.mean, *_drawn_limits(block, i)) for i, span in enumerate(block.spans)]
    marks = [0.0] if block.zero or block.rope is not None else []
    marks += [-block.rope, block.rope] if block.rope is not None else []
    scale = scale_over([*ends, marks])
    rows = []
    for span, (mean, low, high), told in zip(block.spans, ends, write_spans(block), strict=True):
        at, left, right = 100 * scale.shares([mean, low, high])
        rows.append(
            {
                "span": span,
                "told": as_is(told),
                "at": _percent(at),
                "left": _percent(left),
                "width": _percent(right - left),
                "cut_left": bool(low > span.low),
                "cut_right": bool(high < span.high),
            }
        )
    rope = 100 * scale.shares([-block.rope, block.rope]) if block.rope is not None else None
    return {
        "label": block.label,
        "axis": block.axis,
        "rows": rows,
        "ticks": scale.ticks(4),
        "zero": _percent(100 * scale.shares([0.0])[0]) if marks else None,
        "rope": None if rope is None else (_percent(rope[0]), _percent(rope[1] - rope[0])),
        "told_rope": voice.word("band").replace("{rope}", f"±{block.rope:.4g}")
        if block.rope is not None
        else None,
        "has_notes": any(span.note for span in block.spans),
    }


def _drawn_limits(block: Intervals, place: int) -> tuple[float, float]:
    """An interval that is far wider than the others is cut, lest it makes points of them."""
    halves = np.array([(span.high - span.low) / 2 for span in block.spans])
    halves = halves[np.isfinite(halves)]
    span = block.spans[place]
    if not halves.size or not np.median(halves) > 0:
        return span.low, span.high
    most = _WIDEST * float(np.median(halves))
    return max(span.low, span.mean - most), min(span.high, span.mean + most)


def _percent(value: float) -> float | None:
    return round(float(value), 2) if np.isfinite(value) else None


def lines_view(block: Lines, voice: Voice) -> dict[str, Any]:
    """Paths, ticks, legend and table of a chart of lines."""
    along, scale = _lines_scales(block)
    x_ticks = along.ticks(6) if block.ticks is None else _named_ticks(block.ticks, along, voice)
    return {
        "label": voice.text(chart_name(block.label)),
        "block": block,
        "x_ticks": x_ticks,
        "turned": "" if block.ticks is None else _turned(x_ticks),
        "letters": max((len(tick.text) for tick in x_ticks), default=0),
        "y_ticks": scale.ticks(5, downwards=True),
        "zero": _percent(100 * (1 - scale.shares([0.0])[0]))
        if not block.logarithmic and scale.low < 0 < scale.high
        else None,
        "paths": _line_paths(block, along, scale),
        "legend": [(line.name, look_of(i), line.dashed) for i, line in enumerate(block.lines)],
        "has_band": any(line.low is not None for line in block.lines),
        "table": _lines_table(block, voice),
    }


def _lines_scales(block: Lines) -> tuple[Scale, Scale]:
    heights = [v for line in block.lines for v in (line.y, line.low, line.high) if v is not None]
    scale = scale_over(heights, block.logarithmic)
    if block.ticks is not None:
        return Scale(-0.5, max(len(block.ticks), 1) - 0.5), scale
    places = np.concatenate([line.x for line in block.lines] or [np.zeros(0)])
    places = places[np.isfinite(places)]
    ends = (float(places.min()), float(places.max())) if places.size else (0.0, 1.0)
    return with_room(*ends, 0.015), scale


def _named_ticks(names: Sequence[Any], along: Scale, voice: Voice) -> list[Tick]:
    places = list(range(len(names)))[:: -(-len(names) // _NAMED_TICKS)]
    shares = 100 * along.shares(places)
    return [
        Tick(round(float(at), 3), voice.text(names[i]))
        for i, at in zip(places, shares, strict=True)
    ]


def _turned(ticks: Sequence[Tick]) -> str:
    """Whether names stand upright: on a phone ("roomy"), everywhere, or nowhere."""
    letters = len(ticks) * max((len(tick.text) + 2 for tick in ticks), default=0)
    return "" if letters <= _PHONE_LETTERS else _UPRIGHT[letters <= _DESKTOP_LETTERS]


def _line_paths(block: Lines, along: Scale, scale: Scale) -> list[tuple[str, Markup]]:
    bands, marks = [], []
    for place, line in enumerate(block.lines):
        look, x = look_of(place), across(along, line.x)
        if line.low is not None and line.high is not None:
            low, high = down(scale, line.low), down(scale, line.high)
            bands.append((f"band {look}", band_path(x, low, high)))
            bands.append((f"whisker {look}", whisker_path(x, low, high)))
        kind = "line reference" if line.dashed else "line"
        marks.append((f"{kind} {look}", line_path(x, down(scale, line.y))))
        if block.ticks is not None:
            dots = (line_path(x[i : i + 1], down(scale, line.y[i : i + 1])) for i in range(len(x)))
            marks.append((f"dot {look}", "".join(dots)))
    return [(kind, Markup(path)) for kind, path in (*bands, *marks) if path]


def _lines_table(block: Lines, voice: Voice) -> dict[str, Any]:
    """Names or numbers down, lines across."""
    if block.ticks is not None:
        heads = [voice.html(tick) for tick in block.ticks]
        places = [float(i) for i in range(len(heads))]
    else:
        every = sorted({float(x) for line in block.lines for x in line.x if np.isfinite(x)})
        places = [every[i] for i in pick_evenly(range(len(every)), _TABLE_ROWS)]
        heads = [Markup(f"{place:,.6g}") for place in places]
    columns = [_column(line, places) for line in block.lines]
    return {
        "heads": heads,
        "rows": [[column[r] for column in columns] for r in range(len(places))],
    }


def _column(line: Line, places: Sequence[float]) -> list[str]:
    at = {float(x): i for i, x in enumerate(line.x)}
    found = [at.get(place) for place in places]
    low = line.low if line.low is not None else np.full(len(line.y), np.nan)
    high = line.high if line.high is not None else np.full(len(line.y), np.nan)
    if line.low is None:
        return [_number(line.y, i) for i in found]
    nothing = (np.nan, np.nan, np.nan)
    return interval_texts([nothing if i is None else (line.y[i], low[i], high[i]) for i in found])


def _number(values: Floats, place: int | None) -> str:
    if place is None or not np.isfinite(values[place]):
        return "–"
    return f"{values[place]:.4g}"


def bars_view(block: Bars) -> dict[str, Any]:
    """Bars as shares of the longest."""
    values = [bar.value for bar in block.bars if np.isfinite(bar.value)]
    longest = max((abs(value) for value in values), default=0.0) or 1.0
    rows = [
        (bar.name, _percent(100 * abs(bar.value) / longest) or 0.0, told)
        for bar, told in zip(block.bars, write_bars(block), strict=True)
    ]
    return {"block": block, "rows": rows}


def points_view(block: Points, voice: Voice) -> dict[str, Any]:
    """Points with the places of their names, and ticks of both axes."""
    along, scale = (scale_over([values]) for values in (block.x, block.y))
    left, top = 100 * along.shares(block.x), 100 * (1 - scale.shares(block.y))
    known = np.isfinite(left) & np.isfinite(top)
    names = [name for name, here in zip(block.names, known, strict=True) if here]
    left, top = left[known], top[known]
    points = [
        (name, round(float(x), 2), round(float(y), 2), f"w{wide} n{narrow}")
        for name, x, y, wide, narrow in zip(
            names,
            left,
            top,
            place_names(names, left, top, 640),
            place_names(names, left, top, 240),
            strict=True,
        )
    ]
    return {
        "label": voice.text(chart_name(block.label)),
        "block": block,
        "points": points,
        "x_ticks": along.ticks(5),
        "y_ticks": scale.ticks(5, downwards=True),
        "rows": [
            (name, f"{x:.3g}", f"{y:.3g}")
            for name, x, y in zip(block.names, block.x, block.y, strict=True)
        ],
    }


def tiles_view(block: Tiles, voice: Voice) -> tuple[Tiles, float]:
    """The tiles, and the width of one in em: few pixels need little, words below need more.

    Over 24 em a tile is a picture to be read, which gets a line of its own.
    """
    pixels = max((size_of(png_of(tile.image))[0] for tile in block.tiles), default=1)
    letters = [len(voice.text(tile.caption)) for tile in block.tiles if tile.caption is not None]
    wide = 6.6 if block.smooth or pixels > 16 else 5.4 if pixels > 8 else 3.4
    wide = max(wide, 7.4) if max(letters, default=0) > 12 else wide
    return block, max(wide, round(pixels / 12, 1))


def size_of(png: bytes) -> tuple[int, int]:
    """Width and height of a PNG file."""
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def words_view(block: Words) -> dict[str, Any]:
    """Texts with a share from 0 to 1 and a side for every word, and the heaviest as a table."""
    texts = [
        (
            said,
            [(w.text, "pos" if w.weight > 0 else "neg", _weight(w.weight)) for w in words],
            sorted(words, key=lambda word: -_weight(word.weight))[:_WORDS_IN_TABLE],
        )
        for said, words in block.texts
    ]
    return {"block": block, "texts": texts}


def _weight(weight: float) -> float:
    return round(min(abs(weight), 1.0), 2) if np.isfinite(weight) else 0.0
