"""Plain text that lines up, and counts in words."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from dure._said import Said, as_is, joined, say

_PAGE = 100  # columns of text; wider tables go on below


def count(number: int, noun: str) -> Said:
    """'1 lane', '2 lanes'."""
    nouns = noun if number == 1 else f"{noun}es" if noun.endswith("s") else f"{noun}s"
    return Said(f"{{number}} {nouns}", {"number": f"{number:,}"})


def listed(words: Sequence[str]) -> Said:
    """'a', 'a and b', 'a, b and c'; '' for none."""
    if len(words) < 2:
        return as_is("".join(words) if not words else words[0])
    most = joined(words[:-1], ", ")
    return say("{most} and {last}", most=most, last=words[-1])


def aligned(header: Sequence[str], rows: Sequence[Sequence[str]], page: int = _PAGE) -> list[str]:
    """Columns of text under their header, the first at the left edge, the others at their right.

    A table wider than the page (default 100 characters) goes on below, its first column repeated.
    """
    grid = [list(header), *map(list, rows)]
    widths = [max(map(_cells, column)) for column in zip(*grid, strict=True)]
    blocks: list[list[int]] = [[]]
    for column in range(1, len(widths)):
        used = widths[0] + sum(widths[c] + 3 for c in blocks[-1])
        if blocks[-1] and used + widths[column] + 3 > page:
            blocks.append([])
        blocks[-1].append(column)
    lines: list[str] = []
    for number, block in enumerate(blocks):
        lines += [""] if number else []
        for row in grid:
            first = row[0] + " " * (widths[0] - _cells(row[0]))
            rest = (" " * (widths[c] - _cells(row[c])) + row[c] for c in block)
            lines.append("   ".join((first, *rest)).rstrip())
    return lines


def _cells(text: str) -> int:
    """Columns a terminal gives a text: two for the wide letters of East Asia."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )
