"""Blocks as a figure: the third renderer, beside those of the page and of the terminal.

    draw("Gradients · digits", [Lines(...), Bars(...)], ["5 of 5,000 rows."])

Charts stand side by side where there are several of them. Prose and legends go under the title.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure

from dure.blocks.charts import Bars, Intervals, Lines, Matrix, Points
from dure.blocks.content import Block, Bullets, Prose, Table, Words, blocks_of
from dure.blocks.pictures import Photograph, Tiles
from dure.plots.panels.charts import bars_panel, intervals_panel, named_points, points_panel
from dure.plots.panels.lines import lines_panel, side_legend
from dure.plots.panels.pictures import (
    BAR,
    matrix_panel,
    table_panel,
    tiles_panel,
    tiles_scale,
    words_panel,
    words_scale,
)
from dure.plots.style import SMALL, Panel, Sheet, drawing, widest

WIDTH = 10.8
"""Inches of a sheet's body at most."""

_LEAST = 6.0
_CHARTS = {1: (8.2, 3.5), 2: (5.3, 3.0), 3: (3.55, 2.1), 4: (2.68, 1.35)}
"""Width and height of a chart where so many stand side by side."""


@drawing
def draw(
    title: str,
    blocks: Sequence[Block],
    notes: Sequence[str] = (),
    columns: int | None = None,
    legend: bool = False,
) -> Figure:
    """Blocks below and beside each other on one sheet.

    Parameters
    ----------
    notes
        Sentences under the title that say what is shown and how to read it; prose and legends of
        the blocks come after them.
    columns
        How many charts stand side by side; default: by how many there are.
    legend
        Whether there is one for all charts of lines at the right, for their lines are the same.

    Returns
    -------
    A figure that belongs to nobody (pyplot does not know of it).
    """
    whole = list(blocks_of(blocks))
    panels = [
        panel for block in whole if (panel := _panel(block, whole, columns, legend)) is not None
    ]
    scales = _scales(whole)
    lines = _in_lines(panels)
    body = max((sum(panel.width for panel in line) for line in lines), default=0.0)
    charts = [block for block in whole if isinstance(block, Lines)] if legend else []
    side = _side(charts)
    sheet = Sheet(
        max(body + max(BAR * bool(scales), side), _LEAST),
        sum(_height(line) for line in lines) or 0.3,
        title,
        [*notes, *_sentences(whole, columns)],
    )
    top = 0.0
    for line in lines:
        left = 0.0
        for panel in line:
            panel.draw(sheet, left, top)
            left += panel.width
        top += _height(line)
    for image, unit in scales[:1]:
        sheet.colour_bar(image, body + 0.05, 0.27, min(2.2, sheet.height - 0.4), unit)
    if side:
        side_legend(sheet, sheet.width - side + 0.1, charts)
    return sheet.figure


def _side(charts: Sequence[Lines]) -> float:
    """Inches that a legend of these takes; none for a single line."""
    names = list(dict.fromkeys(line.name for chart in charts for line in chart.lines))
    return min(2.4, widest(names, SMALL) + 0.45) if len(names) > 1 else 0.0


def _in_lines(panels: Iterable[Panel]) -> list[list[Panel]]:
    """Panels side by side as long as the sheet is wide enough."""
    lines: list[list[Panel]] = []
    for panel in panels:
        used = sum(other.width for other in lines[-1]) if lines else WIDTH
        if used + panel.width <= WIDTH + 0.05:
            lines[-1].append(panel)
        else:
            lines.append([panel])
    return lines


def _height(line: Sequence[Panel]) -> float:
    return max(panel.height for panel in line)


def _panel(block: Block, whole: Sequence[Block], columns: int | None, legend: bool) -> Panel | None:
    """How a block is drawn; None for what is prose, or only holds others."""
    wide, high = _chart_size(whole, columns)
    match block:
        case Lines():
            return lines_panel(block, wide, high, not legend)
        case Bars():
            return bars_panel(block, wide)
        case Intervals():
            every = [other for other in whole if isinstance(other, Intervals)]
            return intervals_panel(block, wide if wide > 5 else WIDTH, every)
        case Points():
            return points_panel(block, wide, 6.0 if wide > 6 else high)
        case Tiles():
            return tiles_panel(block, (WIDTH - BAR) / (2 if _is_half(block, whole) else 1))
        case Matrix():
            return matrix_panel(block, WIDTH)
        case Words():
            return words_panel(block, WIDTH - 0.3)
        case Table():
            return table_panel(block, WIDTH)
        case _:
            return None


def _is_half(block: Tiles, whole: Sequence[Block]) -> bool:
    """Whether two of these stand side by side; long lines behind a picture do not."""
    if sum(isinstance(other, Tiles) for other in whole) < 2:
        return False
    behind = block.tiles and isinstance(block.tiles[0].image, Photograph)
    return block.columns <= 8 if block.columns else not behind


def _chart_size(whole: Sequence[Block], columns: int | None) -> tuple[float, float]:
    charts = [block for block in whole if isinstance(block, (Lines, Bars, Intervals, Points))]
    if columns is None:
        columns = len(charts) if len(charts) < 4 else 2 if len(charts) == 4 else 3
        columns = 4 if len(charts) > 6 and all(isinstance(c, Lines) for c in charts) else columns
    if any(isinstance(chart, Bars) and isinstance(chart.about, str) for chart in charts):
        columns = min(columns, 2)
    return _CHARTS[max(1, min(columns, 4))]


def _sentences(whole: Sequence[Block], columns: int | None) -> list[str]:
    """Prose and legends, each once."""
    told: list[str] = []
    for block in whole:
        match block:
            case Prose():
                told.append(block.text)
            case Bullets():
                told += block.items
            case Tiles() | Words():
                told.append(block.legend)
            case Points():
                wide, high = _chart_size(whole, columns)
                named = named_points(block, wide, 6.0 if wide > 6 else high)
                told.append(f"{named} of {len(block.names)} words are written: those with room.")
    return list(dict.fromkeys(filter(None, told)))


def _scales(whole: Sequence[Block]) -> list[tuple[ScalarMappable, str]]:
    """Scales of colours that hold for all blocks of a kind."""
    found = [tiles_scale(block) for block in whole if isinstance(block, Tiles)]
    return [scale for scale in found if scale is not None] + [
        words_scale(block) for block in whole if isinstance(block, Words)
    ]
