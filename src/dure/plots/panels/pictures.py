"""Pictures, matrices, words and tables of blocks as parts of a sheet."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize

from dure.blocks.charts import Matrix
from dure.blocks.content import Table, Word, Words
from dure.blocks.palette import DIVERGING, SEQUENTIAL
from dure.blocks.pictures import HeatMap, Photograph, Tile, Tiles
from dure.core.formatting import format_number
from dure.plots.charts.texts import write_rows
from dure.plots.style import (
    SMALL,
    TEXT,
    Panel,
    Sheet,
    inches,
    plain,
    shortened,
    show_picture,
    whole_numbers,
    widest,
)

BAR = 0.95
"""Inches that a scale of colours takes at the right of what it explains."""

_GAP, _NAME, _HEAD = 0.06, 0.16, 0.27
_OVER = "inferno"
_LINE, _BLANK = 0.2, 0.05


# Tiles.


def tiles_panel(block: Tiles, wide: float) -> Panel:
    """Small pictures in lines, the name of each above it."""
    count = max(len(block.tiles), 1)
    columns = min(block.columns or _columns(block, wide), count)
    size = min(1.0 if count > 6 else 1.45, (wide - 0.25) / columns - _GAP)
    across, down = _sizes(block, size, wide / columns - 0.6)
    label = any(tile.caption for tile in block.tiles)
    room = [0.45, 0.4] if _has_axes(block) else [_GAP, _GAP]
    step = across + room[0], down + room[1] + _NAME * label
    lines = math.ceil(len(block.tiles) / columns)

    def draw(sheet: Sheet, left: float, top: float) -> None:
        sheet.heading(left, top + 0.1, block.title, columns * step[0])
        for place, tile in enumerate(block.tiles):
            x = left + place % columns * step[0] + room[0] - _GAP
            y = top + _HEAD + place // columns * step[1]
            if tile.caption:
                name = shortened(tile.caption, step[0], SMALL)
                sheet.text(x, y + _NAME / 2, name, SMALL, color="0.35")
            _tile(sheet, tile, (x, y + _NAME * label), (across, down), block.smooth)

    return Panel(columns * step[0] + 0.2, _HEAD + lines * step[1] + 0.1, draw)


def _has_axes(block: Tiles) -> bool:
    return any(isinstance(t.image, HeatMap) and t.image.down for t in block.tiles)


def _columns(block: Tiles, wide: float) -> int:
    """As many as can be seen: a few long lines rather than many short ones."""
    count = len(block.tiles)
    if _has_axes(block):
        return 1 if count == 1 else 2
    return count if count <= 17 and wide > 6 else 8 if count <= 32 or wide < 6 else 12


def _sizes(block: Tiles, size: float, most: float) -> tuple[float, float]:
    """Width and height of a tile; what is no picture is as large as its numbers ask."""
    image = block.tiles[-1].image if block.tiles else b""
    if not (isinstance(image, HeatMap) and image.down):
        return size, size
    lines, columns = image.values.shape
    return min(max(1.8, 0.12 * columns), most), min(max(1.2, 0.14 * lines), 3.5)


def _tile(
    sheet: Sheet, tile: Tile, at: tuple[float, float], size: tuple[float, float], smooth: bool
) -> None:
    image = tile.image
    if isinstance(image, HeatMap) and image.down:
        axes = sheet.axes(*at, *size)
        axes.set_ylabel(plain(image.down), fontsize=SMALL)
        axes.set_xlabel(plain(image.across or ""), fontsize=SMALL)
        _heat(axes, image, smooth)
        whole_numbers(axes)
        return
    axes = sheet.picture(*at, *size)
    if isinstance(image, Photograph):
        show_picture(axes, image.values)
    elif isinstance(image, HeatMap):
        _heat(axes, image, smooth)


def _heat(axes: Axes, image: HeatMap, smooth: bool) -> None:
    """A map by itself; laid over a picture it shows only where it is strong."""
    given: dict[str, Any] = {}
    if image.over is not None:
        show_picture(axes, image.over.values, darkest=0.45)
        high, wide = image.over.values.shape[:2]
        given["alpha"] = 0.85 * np.abs(image.values) / (image.high or 1.0)
        given["extent"] = (-0.5, wide - 0.5, high - 0.5, -0.5)
    if smooth and image.values.shape[0] < 16:
        given["interpolation"] = "bilinear"
    axes.imshow(image.values, aspect="auto", cmap=_colours(image), norm=_norm(image), **given)


def _colours(image: HeatMap) -> str:
    if image.signed:
        return DIVERGING
    return SEQUENTIAL if image.over is None else _OVER


def _norm(image: HeatMap) -> Normalize:
    return Normalize(image.low, image.high)


def tiles_scale(block: Tiles) -> tuple[ScalarMappable, str] | None:
    """The scale of all tiles and what its numbers are; None where each tile has its own."""
    heats = [tile.image for tile in block.tiles if isinstance(tile.image, HeatMap)]
    if block.unit is None or not heats:
        return None
    return ScalarMappable(_norm(heats[0]), _colours(heats[0])), block.unit


# Matrices.


def matrix_panel(block: Matrix, wide: float) -> Panel:
    """Coloured squares with their numbers, half the width of an interval below them."""
    count = max(len(block.rows), len(block.columns))
    cell = 0.62 if count <= 10 else 0.36 if count <= 24 else 0.27
    size = max(cell * len(block.columns), 1.6), max(cell * len(block.rows), 1.6)
    if not block.written:
        size = max(4.0, 0.3 * len(block.columns)), max(1.2, 0.22 * len(block.rows))
    side = min(widest(block.rows, SMALL + 0.5) + 0.55, 3.4)
    under = min(widest(block.columns, SMALL + 0.5) + 0.55, 2.0)
    head = _HEAD if block.caption else 0.1

    def draw(sheet: Sheet, left: float, top: float) -> None:
        if block.caption:
            sheet.heading(left, top + 0.1, block.caption, side + size[0] + BAR)
        axes = sheet.axes(left + side, top + head, *size)
        norm = Normalize(-1 if block.signed else 0, 1)
        colours = DIVERGING if block.signed else "Blues"
        image = axes.imshow(block.shades, cmap=colours, norm=norm, aspect="auto")
        if block.written:
            _numbers(axes, block)
        _names(axes, block, side - 0.45, under - 0.45, size[0])
        at = left + side + size[0] + 0.12
        sheet.colour_bar(image, at, top + head, min(size[1], 2.2), block.unit)

    return Panel(side + size[0] + BAR, head + size[1] + under + 0.1, draw)


def _numbers(axes: Axes, block: Matrix) -> None:
    few = max(block.values.shape) <= 10
    for row, column in np.argwhere(block.values != 0):
        text = format_number(round(float(block.values[row, column]), 1))
        if few and block.low is not None and block.high is not None:
            half = float(block.high[row, column] - block.low[row, column]) / 2
            text += f"\n±{format_number(half, 2)}" if math.isfinite(half) else ""
        colour = "white" if abs(block.shades[row, column]) > 0.6 else "black"
        axes.text(column, row, text, ha="center", va="center", fontsize=SMALL, color=colour)


def _names(axes: Axes, block: Matrix, side: float, under: float, wide: float) -> None:
    size = SMALL + 0.5
    axes.set_yticks(
        range(len(block.rows)),
        [plain(shortened(name, side, size)) for name in block.rows],
        fontsize=size,
    )
    step = max(1, math.ceil(len(block.columns) * 0.16 / wide))
    labels = [plain(shortened(name, under, size)) for name in block.columns[::step]]
    flat = max(map(len, labels), default=0) <= 2
    turned = 0 if flat else 90
    axes.set_xticks(range(0, len(block.columns), step), labels, fontsize=size, rotation=turned)
    axes.tick_params(length=0)
    axes.set_ylabel(plain(block.down), fontsize=TEXT)
    axes.set_xlabel(plain(block.across), fontsize=TEXT)


# Words and tables.


def words_panel(block: Words, wide: float) -> Panel:
    """Texts as running words, each on the colour of its weight."""
    colours = _word_colours(block)
    texts = [(name, _flow(words, wide)) for name, words in block.texts]
    heights = [0.3 + _LINE * len(lines) + 0.12 for _, lines in texts]

    def draw(sheet: Sheet, left: float, top: float) -> None:
        for (name, lines), height in zip(texts, heights, strict=True):
            sheet.heading(left, top + 0.1, name, wide)
            for place, line in enumerate(lines):
                for at, word, weight in line:
                    share = (weight + 1) / 2 if block.signed else 0.85 * weight
                    colour = colours(share)
                    sheet.text(
                        left + at,
                        top + 0.33 + _LINE * place,
                        word,
                        TEXT,
                        color=_readable(colour),
                        bbox={"facecolor": colour, "edgecolor": "none", "pad": 1.2},
                    )
            top += height

    return Panel(wide, max(sum(heights), 1.6), draw)


def _word_colours(block: Words) -> Any:
    return mpl.colormaps[DIVERGING if block.signed else "Oranges"]


def words_scale(block: Words) -> tuple[ScalarMappable, str]:
    """The scale of the words' colours, with what it is."""
    norm = Normalize(-1 if block.signed else 0, 1)
    return ScalarMappable(norm, _word_colours(block)), "share of the largest in the text"


def _readable(colour: Sequence[float]) -> str:
    """Black or white, whichever shows on this colour (luminance of ITU-R BT.601)."""
    return "white" if 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2] < 0.5 else "black"


def _flow(words: Sequence[Word], wide: float) -> list[list[tuple[float, str, float]]]:
    """Lines of (place, word, weight)."""
    lines: list[list[tuple[float, str, float]]] = [[]]
    left = 0.0
    for word in words:
        text = shortened(word.text, wide / 2)
        width = inches(text) + 0.04
        if left + width > wide:
            lines.append([])
            left = 0.0
        lines[-1].append((left + 0.02, text, word.weight))
        left += width + _BLANK
    return lines


def table_panel(block: Table, wide: float) -> Panel:
    """Rows of short texts; where they are wider than the sheet the widest column is cut."""
    grid = [list(block.header), *write_rows(block.rows, block.alike)]
    numeric = block.numeric or (False, *[True] * (len(block.header) - 1))
    widths = [widest(column, TEXT) + 0.3 for column in zip(*grid, strict=True)]
    if sum(widths) > wide:
        place = widths.index(max(widths))
        widths[place] = max(widths[place] - (sum(widths) - wide), 1.0)

    def draw(sheet: Sheet, left: float, top: float) -> None:
        sheet.heading(left, top + 0.1, block.caption, wide)
        for line, row in enumerate(grid):
            at, y = left, top + 0.34 + _LINE * line
            for text, width, right in zip(row, widths, numeric, strict=True):
                given: dict[str, Any] = {"color": "0.35"} if line == 0 else {}
                place = at + width - 0.3 if right else at
                cut = shortened(text, width - 0.25)
                sheet.text(place, y, cut, ha="right" if right else "left", **given)
                at += width

    return Panel(sum(widths), 0.34 + _LINE * len(grid) + 0.15, draw)
