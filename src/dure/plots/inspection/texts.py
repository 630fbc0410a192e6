"""Words: a text coloured by what counts in it, a map of an embedding, neighbours of a word."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from dure.core.formatting import format_number, format_percent
from dure.core.palette import COLOURS, DIVERGING
from dure.measurements.labels import (
    each_lane,
    lane_count,
    lane_names,
    lanes_note,
    need,
    row_names,
    rows_note,
    some,
    title_of,
)
from dure.plots.style import (
    SMALL,
    TEXT,
    Sheet,
    drawing,
    dressed,
    inches,
    named_rows,
    plain,
    shortened,
)

_MOST_WORDS = 160
_LINE, _BLANK = 0.2, 0.05
_WIDTH = 10.5


@drawing
def coloured_texts(
    maps: xr.DataArray, texts: Sequence[Sequence[str]], what: str = "Saliency"
) -> Figure:
    """Texts as running words, each on the colour of its saliency.

    Parameters
    ----------
    maps
        (row, step), NaN or left out by an empty word where there is padding; with `lane` in front
        the texts stand below each other for each lane. Signed values are red and blue.
    texts
        The word at each step of each row; "" for padding, which is not drawn. Of a text longer
        than 160 words the last ones are shown.
    what
        Begins the title.
    """
    need(maps, "row", "step")
    signed = bool(np.nanmin(maps.values) < 0)
    colours = mpl.colormaps[DIVERGING if signed else "Oranges"]
    blocks = _blocks(maps, texts, colours, signed)
    notes = [rows_note(maps, _rows_shown(maps))]
    notes += [lanes_note(maps, shown=8), str(maps.attrs.get("told", ""))]
    notes.append("Red raises the score, blue lowers it;" if signed else "Dark counts much;")
    notes[-1] += " each text in its own scale, from its largest value down."
    height = sum(0.3 + _LINE * len(lines) + 0.12 for _, lines, _ in blocks)
    page = Sheet(_WIDTH + 0.95, max(height, 1.6), title_of(maps, what), notes)
    top = 0.0
    for name, lines, cut in blocks:
        told = f"{name}, the last {_MOST_WORDS} of {cut} words" if cut else name
        page.heading(0, top + 0.1, told, _WIDTH)
        for number_, line in enumerate(lines):
            for left, word, colour in line:
                page.text(
                    left,
                    top + 0.33 + _LINE * number_,
                    word,
                    TEXT,
                    color=_readable(colour),
                    bbox={"facecolor": colour, "edgecolor": "none", "pad": 1.2},
                )
        top += 0.3 + _LINE * len(lines) + 0.12
    scale = ScalarMappable(Normalize(-1 if signed else 0, 1), colours)
    page.colour_bar(scale, _WIDTH + 0.25, 0.1, 1.4, "share of the largest in the text")
    return page.figure


def _readable(colour: Sequence[float]) -> str:
    """Black or white, whichever shows on this colour (luminance of ITU-R BT.601)."""
    return "white" if 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2] < 0.5 else "black"


_Line = list[tuple[float, str, Any]]


def _blocks(
    maps: xr.DataArray, texts: Sequence[Sequence[str]], colours: Any, signed: bool
) -> list[tuple[str, list[_Line], int]]:
    """For each text: its name, its lines of (place, word, colour), its words if some are cut."""
    several = lane_count(maps) > 1
    names = row_names(maps if not several else each_lane(maps)[0])
    blocks = []
    for row in range(_rows_shown(maps)):
        for lane, one in zip(lane_names(maps)[:8], each_lane(maps), strict=False):
            values = one.isel(row=row).values
            words = [(w, v) for w, v in zip(texts[row], values, strict=True) if w]
            cut = len(words) if len(words) > _MOST_WORDS else 0
            words = words[-_MOST_WORDS:]
            top = max((abs(v) for _, v in words if np.isfinite(v)), default=0.0) or 1.0
            shares = [(w, float(np.nan_to_num(v)) / top) for w, v in words]
            coloured = [(w, colours((s + 1) / 2 if signed else 0.85 * s)) for w, s in shares]
            name = ", ".join(filter(None, (names[row].split(":")[0] if lane else names[row], lane)))
            blocks.append((name, _lines(coloured), cut))
    return blocks


def _rows_shown(maps: xr.DataArray) -> int:
    return min(maps.sizes["row"], 2 if lane_count(maps) > 1 else 8)


def _lines(words: Sequence[tuple[str, Any]]) -> list[_Line]:
    lines: list[_Line] = [[]]
    left = 0.0
    for word, colour in words:
        word = shortened(word, _WIDTH / 2)
        width = inches(word) + 0.04
        if left + width > _WIDTH:
            lines.append([])
            left = 0.0
        lines[-1].append((left + 0.02, word, colour))
        left += width + _BLANK
    return lines


@drawing
def embedding_map(measured: xr.DataArray) -> Figure:
    """Words as points in the plane of their first two principal components.

    Parameters
    ----------
    measured
        (word, axis) with the attribute `explained`, shares of the variance. Words are written
        where they do not run into each other, those given first before the others; the notes say
        how many are. With `lane` in front, the first lane only, for each network has axes of its
        own.
    """
    need(measured, "word", "axis")
    one = each_lane(measured)[0]
    words = [str(word) for word in one["word"].values]
    page_size = 8.5
    note = "Axes of different networks cannot be compared: only the first of "
    notes = [f"{note}{lane_count(measured)} networks is shown." if "lane" in measured.dims else ""]
    explained = [float(share) for share in np.atleast_1d(measured.attrs.get("explained", []))]
    shares = [f" ({format_percent(share)} of the variance)" for share in explained] + ["", ""]
    probe = _map_axes(Sheet(page_size, 6.6, "x"), one.values)
    named = _apart(probe, one.values, words)
    notes.insert(0, f"{len(named)} of {len(words)} words are written: those with room.")
    page = Sheet(page_size, 6.6, title_of(measured, "Embedding"), notes)
    axes = _map_axes(page, one.values)
    dressed(axes, f"first component{shares[0]}", f"second component{shares[1]}")
    for place, side in named:
        axes.annotate(
            plain(words[place]),
            one.values[place],
            side,
            textcoords="offset points",
            fontsize=SMALL + 0.5,
            ha="left" if side[0] > 0 else "right",
            va="bottom" if side[1] > 0 else "top",
        )
    return page.figure


def _map_axes(page: Sheet, points: npt.NDArray[Any]) -> Axes:
    axes = page.axes(0.7, 0.05, 7.7, 6.0)
    axes.plot(points[:, 0], points[:, 1], ".", color=COLOURS[0], markersize=4, alpha=0.7)
    axes.margins(0.07, 0.04)
    axes.autoscale_view()
    return axes


_Side = tuple[float, float]
_SIDES: tuple[_Side, ...] = ((4, 2), (-4, 2), (4, -2), (-4, -2))
"""Where a word may stand beside its point: right or left of it, above or below, in points."""


def _apart(axes: Axes, points: npt.NDArray[Any], words: Sequence[str]) -> list[tuple[int, _Side]]:
    """Words that can stand beside their points: over no other word or point, and inside."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    dots, inch = axes.transData.transform(points), figure.dpi
    frame = axes.get_window_extent()
    boxes: list[Bbox] = []
    kept = []
    for place, word in enumerate(words):
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


@drawing
def neighbours(measured: xr.Dataset) -> Figure:
    """The nearest words of each word by cosine, as bars, a panel a word.

    Parameters
    ----------
    measured
        neighbour and similarity, both (word, rank). With `lane` in front the first lane's
        neighbours, and in brackets how many of the lanes have them among theirs.
    """
    need(measured, "word", "rank")
    words = [str(word) for word in measured["word"].values]
    shown, ranks = min(len(words), 12), measured.sizes["rank"]
    columns = min(shown, 3)
    lines = math.ceil(shown / columns)
    wide, high = 3.5, 0.17 * ranks + 0.1
    notes = [some(shown, len(words), "word"), lanes_note(measured)]
    if "lane" in measured.dims:
        notes.append("Neighbours in the first network; in brackets: networks that have them too.")
    page = Sheet(columns * wide, lines * (high + 0.85), title_of(measured, "Neighbours"), notes)
    for place in range(shown):
        names, values = _neighbours_of(measured.isel(word=place))
        left, top = place % columns * wide + 1.3, place // columns * (high + 0.85)
        axes = page.axes(left, top + 0.25, wide - 1.75, high)
        page.heading(left, top + 0.13, words[place], wide - 1.4)
        axes.barh(range(ranks), values, color=COLOURS[0], alpha=0.75, height=0.7)
        axes.set_xlim(min(0.0, float(np.nanmin(values))), 1.0)
        dressed(axes, "cosine" if place + columns >= shown else "", "", "x")
        named_rows(axes, names, 1.2)
        for rank, value in enumerate(values):
            text = format_number(value, 2)
            axes.annotate(
                text,
                (max(value, 0), rank),
                (3, 0),
                textcoords="offset points",
                va="center",
                fontsize=SMALL,
                annotation_clip=False,
            )
    return page.figure


def _neighbours_of(one: xr.Dataset) -> tuple[list[str], npt.NDArray[Any]]:
    lanes = [[str(word) for word in lane.values] for lane in each_lane(one["neighbour"])]
    similarity = each_lane(one["similarity"])[0].values
    if "lane" not in one.dims:
        return lanes[0], similarity
    return [f"{w} ({sum(w in lane for lane in lanes)})" for w in lanes[0]], similarity
