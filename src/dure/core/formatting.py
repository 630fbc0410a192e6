"""Numbers, shares, times, sizes and lists as plain English text."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from typing import Any

_PAGE = 100  # columns of text; wider tables go on below


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


def format_number(value: float, digits: int = 3) -> str:
    """A number for reading: '0.0123', '1.2e-06', '12,345'; 'none' for what is not finite."""
    value = float(value)
    if not math.isfinite(value):
        return "none"
    if value == int(value) and abs(value) < 1e7:
        return f"{int(value):,}"
    if abs(value) >= 1e5 or abs(value) < 1e-3:
        return f"{value:.{digits - 2}e}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.{digits}g}"


def format_percent(share: float, digits: int = 1, missing: str = "none") -> str:
    """'12 %', '0.4 %'; without digits '<1 %' and '>99 %' for shares short of none and of all."""
    value = 100 * float(share)
    if not math.isfinite(value):
        return missing
    if not digits and (0 < value < 0.5 or 99.5 <= value < 100):
        return "<1 %" if value < 50 else ">99 %"
    decimals = 0 if value >= 10 or value == round(value) else digits
    return f"{value:.{decimals}f} %"


def format_duration(seconds: float, digits: int = 1) -> str:
    """'1 h 12 min', '3 min 5 s', '42 s', '0.4 s'; digits are of less than ten seconds."""
    if round(seconds) < 60:
        return f"{seconds:.{digits if seconds < 10 else 0}f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,} h {minutes} min"


def format_bytes(count: float) -> str:
    """'11.2 GB', '1.5 MB', '47 kB'."""
    if count < 1e5:
        return f"{count / 1e3:.0f} kB"
    return f"{count / 1e9:,.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def format_count(number: int, noun: str) -> str:
    """'1 row', '2,000 rows'."""
    return f"{number:,} {pluralize(number, noun)}"


def pluralize(number: int, noun: str) -> str:
    """'row', 'rows', 'losses'."""
    return noun if number == 1 else f"{noun}es" if noun.endswith("s") else f"{noun}s"


def join_first(items: Sequence[Any], most: int = 10) -> str:
    """The first items with commas between, and how many more there are: 'a, b and 3 more'."""
    more = f" and {len(items) - most:,} more" if len(items) > most else ""
    return ", ".join(map(str, items[:most])) + more
