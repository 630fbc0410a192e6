"""TODO."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np

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


def number(value: float, digits: int = 3) -> str:
    """A number for reading: '0.0123', '1.2e-06', '12,345'."""
    value = float(value)
    if not np.isfinite(value):
        return "none"
    if value == int(value) and abs(value) < 1e7:
        return f"{int(value):,}"
    if abs(value) >= 1e5 or (value and abs(value) < 1e-3):
        return f"{value:.{digits - 2}e}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.{digits}g}"


def percent(share: float) -> str:
    """'12 %', '0.4 %'; 'none' for NaN."""
    value = 100 * float(share)
    if not np.isfinite(value):
        return "none"
    return f"{value:.0f} %" if value >= 10 or value == round(value) else f"{value:.1f} %"
