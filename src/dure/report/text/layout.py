"""Text for a terminal, cleaned, wrapped and aligned by the columns it takes there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import StringIO
from typing import Literal

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len, chop_cells
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dure.core.formatting import clean_text
from dure.core.terminal import GAP, free_end, keep_end, split_columns
from dure.messages.message import Message
from dure.messages.translate import translate

PROSE = 100
"""Columns of prose at most: longer lines are hard to read."""
_PAPER = Console(file=StringIO(), width=10_000)


@dataclass(frozen=True)
class Paper:
    """What is written on: so many columns, in a language, about these run folders."""

    width: int
    language: str
    source: tuple[str, ...] = ()

    def describe(self, text: Message) -> str:
        """A text in the language; line breaks of our own words stay, all others are gone."""
        return translate(text, self.language, value=clean_text)

    def label(self, text: Message) -> str:
        """A text that stays in one line."""
        return " ".join(self.describe(text).split("\n"))

    def within(self, columns: int) -> Paper:
        """The same with a margin at the left."""
        return replace(self, width=max(20, self.width - columns))


def wrap(text: str, width: int) -> list[str]:
    """Lines of at most `width` columns, broken at spaces; longer words are broken anywhere."""
    lines = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            if line and cell_len(line) + 1 + cell_len(word) <= width:
                line = f"{line} {word}"
                continue
            if line:
                lines.append(line)
            *whole, line = chop_cells(word, width) or [""]
            lines += whole
        lines.append(line)
    return lines


def prose(text: str, width: int, first: str = "", style: str = "") -> list[Text]:
    """A paragraph, with something such as a bullet before its first line."""
    margin = cell_len(first)
    lines = wrap(text, max(10, min(width, PROSE) - margin))
    leads = [first, *[" " * margin] * (len(lines) - 1)]
    return [Text(f"{lead}{line}".rstrip(), style) for lead, line in zip(leads, lines, strict=True)]


def indent(lines: Sequence[Text], by: int) -> list[Text]:
    """Lines with a margin at the left."""
    return [Text.assemble(" " * by, line) if line else line for line in lines]


def pad(text: str, width: int, right: bool = False) -> str:
    """Text filled up with spaces to so many columns."""
    space = " " * max(0, width - cell_len(text))
    return space + text if right else text + space


def pairs(items: Sequence[tuple[str, str]], width: int) -> list[Text]:
    """Names and, in a column beside them, their values."""
    most = max((cell_len(name) for name, _ in items), default=0)
    column = min(most, max(10, width // 3))
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(width=column, overflow="fold")
    grid.add_column(max_width=max(10, min(width, PROSE) - column - 2), overflow="fold")
    for item in items:
        grid.add_row(*map(Text, item))
    return _as_lines(grid)


def table(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    width: int,
    numeric: Sequence[bool] = (),
    strong: Sequence[int] = (),
) -> list[Text]:
    """Rows under their header; what is too wide goes on below, the first column repeated.

    Strong rows are bold and begin with '›', for where nothing can be bold.
    """
    grid = [list(header), *map(list, rows)]
    right = list(numeric) or [False] + [True] * (len(header) - 1)
    room = width - (2 if strong else 0)
    wanted = [max(1, *map(cell_len, column)) for column in zip(*grid, strict=True)]
    widths = list(wanted)
    if sum(widths) + GAP * (len(widths) - 1) > room:
        widths = _narrowed(widths, right, room)
    if strong:
        for place, row in enumerate(grid):
            mark = "› " if place - 1 in strong else "  "
            row[0] = mark + "\n  ".join(wrap(row[0], widths[0]))
        widths[0], wanted[0] = widths[0] + 2, wanted[0] + 2
    lines: list[Text] = []
    for number, block in enumerate(split_columns(widths, width)):
        spare = width - sum(widths[c] + GAP for c in block) + GAP
        for column in block[1:]:
            more = max(0, min(spare, wanted[column] - widths[column]))
            widths[column] += more
            spare -= more
        part = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, GAP - 1, 0, 0))
        for c in block:
            justify: Literal["left", "right"] = "right" if right[c] else "left"
            part.add_column(Text(grid[0][c]), width=widths[c], justify=justify, overflow="fold")
        for place, row in enumerate(grid[1:]):
            style = "bold" if place in strong else ""
            part.add_row(*(keep_end(row[column]) for column in block), style=style)
        lines += [*([Text("")] if number else []), *_as_lines(part)]
    return lines


def _as_lines(table: Table) -> list[Text]:
    lines = []
    for segments in _PAPER.render_lines(table, pad=False):
        line = Text.assemble(*((free_end(part.text), part.style or "") for part in segments))
        line.rstrip()
        lines.append(line)
    return lines


def _narrowed(widths: Sequence[int], right: Sequence[bool], width: int) -> list[int]:
    """Columns of words, which may be wrapped, made narrower; numbers only if they must."""
    first = min(widths[0], max(12, width // 3))
    most = max(8, width - first - GAP)
    words = min(most, max(24, width // 3))
    kept = (min(w, most if r else words) for w, r in zip(widths[1:], right[1:], strict=True))
    return [first, *kept]
