"""Text for a terminal, cleaned, wrapped and aligned by the columns it takes there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rich.cells import cell_len, chop_cells
from rich.text import Text

from dure.messages.message import Message
from dure.messages.translate import translate

PROSE = 100
"""Columns of prose at most: longer lines are hard to read."""
GAP = 3
"""Columns between those of a table."""


@dataclass(frozen=True)
class Paper:
    """What is written on: so many columns, in a language, about these run folders."""

    width: int
    language: str
    source: tuple[str, ...] = ()

    def describe(self, text: Message) -> str:
        """A text in the language; line breaks of our own words stay, all others are gone."""
        return translate(text, self.language, value=clean)

    def label(self, text: Message) -> str:
        """A text that stays in one line."""
        return " ".join(self.describe(text).split("\n"))

    def within(self, columns: int) -> Paper:
        """The same with a margin at the left."""
        return replace(self, width=max(20, self.width - columns))


def clean(text: str) -> str:
    """Text that cannot move the cursor, turn the line round or break it, whatever a name holds."""
    return "".join(c if c.isprintable() else "·" for c in text)


def wrapped(text: str, width: int) -> list[str]:
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
    lines = wrapped(text, max(10, min(width, PROSE) - margin))
    leads = [first, *[" " * margin] * (len(lines) - 1)]
    return [Text(f"{lead}{line}".rstrip(), style) for lead, line in zip(leads, lines, strict=True)]


def indented(lines: Sequence[Text], by: int) -> list[Text]:
    """Lines with a margin at the left."""
    return [Text.assemble(" " * by, line) if line else line for line in lines]


def padded(text: str, width: int, right: bool = False) -> str:
    """Text filled up with spaces to so many columns."""
    space = " " * max(0, width - cell_len(text))
    return space + text if right else text + space


def pairs(items: Sequence[tuple[str, str]], width: int) -> list[Text]:
    """Names and, in a column beside them, their values."""
    most = max((cell_len(name) for name, _ in items), default=0)
    column = min(most, width // 3)
    lines = []
    for name, value in items:
        names = wrapped(name, max(10, column))
        values = wrapped(value, max(10, min(width, PROSE) - column - 2))
        for place in range(max(len(names), len(values))):
            left = names[place] if place < len(names) else ""
            right = values[place] if place < len(values) else ""
            lines.append(Text(f"{padded(left, column)}  {right}".rstrip()))
    return lines


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
    marks = ["  ", *("› " if place in strong else "  " for place in range(len(rows)))]
    if not strong:
        marks = [""] * len(marks)
    width -= len(marks[0])
    grid = [list(header), *map(list, rows)]
    right = list(numeric) or [False] + [True] * (len(header) - 1)
    wanted = [max(1, *map(cell_len, column)) for column in zip(*grid, strict=True)]
    widths = list(wanted)
    if sum(widths) + GAP * (len(widths) - 1) > width:
        widths = _narrowed(widths, right, width)
    lines: list[Text] = []
    for number, block in enumerate(_blocks(widths, width)):
        lines += [Text("")] if number else []
        spare = width - sum(widths[c] + GAP for c in block) + GAP
        for column in block[1:]:
            more = max(0, min(spare, wanted[column] - widths[column]))
            widths[column] += more
            spare -= more
        for place, (mark, row) in enumerate(zip(marks, grid, strict=True)):
            style = "bold" if place == 0 or place - 1 in strong else ""
            cells = [row[c] for c in block]
            shown = _row(cells, [widths[c] for c in block], [right[c] for c in block])
            leads = [mark, *["  " if mark else ""] * (len(shown) - 1)]
            lines += [Text(f"{a}{b}".rstrip(), style) for a, b in zip(leads, shown, strict=True)]
            if place == 0:
                columns = sum(widths[c] for c in block) + GAP * (len(block) - 1)
                lines.append(Text("─" * (columns + len(mark))))
    return lines


def _narrowed(widths: Sequence[int], right: Sequence[bool], width: int) -> list[int]:
    """Columns of words, which may be wrapped, made narrower; numbers only if they must."""
    first = min(widths[0], max(12, width // 3))
    most = max(8, width - first - GAP)
    words = min(most, max(24, width // 3))
    kept = (min(w, most if r else words) for w, r in zip(widths[1:], right[1:], strict=True))
    return [first, *kept]


def _blocks(widths: Sequence[int], width: int) -> list[list[int]]:
    blocks: list[list[int]] = [[0]]
    for column in range(1, len(widths)):
        used = sum(widths[c] + GAP for c in blocks[-1])
        if len(blocks[-1]) > 1 and used + widths[column] > width:
            blocks.append([0])
        blocks[-1].append(column)
    return blocks


def _row(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> list[str]:
    parts = [wrapped(cell, width) for cell, width in zip(cells, widths, strict=True)]
    lines = []
    for place in range(max(map(len, parts))):
        shown = (part[place] if place < len(part) else "" for part in parts)
        lines.append((" " * GAP).join(map(padded, shown, widths, right)))
    return lines
