"""Quotes that stand for themselves: rows they have swallowed, and files that quote nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from dure.data.readers.tables.hole_marks import is_mark

_FEW = 50
"""Different texts up to which a column is one of classes; a new one then is no class."""

_ENOUGH = 20
"""Cells from which on a column is taken to hold numbers, or those texts, only."""

_NOT_IN_PROSE = "\t|"


def find_swallowed(
    rows: Sequence[Sequence[str]], begins: Sequence[int], lines: Sequence[str], sep: str
) -> int | None:
    """The first row over several lines, each of which could be a row of its own; None without.

    A quoted cell may hold line breaks. But a lone quote that begins a cell makes one cell of all
    lines up to the next quote. So a row is suspicious if its lines, cut without regard to quotes,
    have as many cells as there are names. Prose holds no tabs or bars, so between these that is
    enough. Between others at least half of the lines must also fit what the other rows say of the
    columns: numbers where these hold numbers, known texts where these hold few, no blank where
    none leads. A break in prose rarely makes such lines.

    Parameters
    ----------
    rows, begins
        Cells, those of the names first; the line (from 1) in which each row begins.
    lines
        The text, with its line ends.
    """
    suspicious = []
    for place in _over_several_lines(begins, len(lines)):
        end = begins[place + 1] - 1 if place + 1 < len(begins) else len(lines)
        cut = [line.rstrip("\r\n").split(sep) for line in lines[begins[place] - 1 : end]]
        cut = [
            _without_last(cells, len(rows[0]))
            for cells in cut
            if len(cells) > 1 or cells[0].strip()
        ]
        if len(cut) > 1 and all(len(cells) == len(rows[0]) for cells in cut):
            if sep in _NOT_IN_PROSE:
                return place
            suspicious.append((place, cut))
    if not suspicious:
        return None
    apart = {place for place, _ in suspicious}
    others = [row for place, row in enumerate(rows) if place and place not in apart]
    known = [_Expected([row[at] for row in others]) for at in range(len(rows[0]))]
    return next((place for place, cut in suspicious if _are_rows(cut, known)), None)


def _over_several_lines(begins: Sequence[int], count: int) -> list[int]:
    ends = [*begins[1:], count + 1]
    return [place for place, end in enumerate(ends) if place and end - begins[place] > 1]


def _without_last(cells: list[str], width: int) -> list[str]:
    """Without what follows the delimiters that some programs put behind every row."""
    return cells if any(cell.strip() for cell in cells[width:]) else cells[:width]


def _are_rows(cut: Sequence[Sequence[str]], known: Sequence[_Expected]) -> bool:
    """Whether at least half of the lines fit the columns.

    Before the quote that opens the cell and behind that which closes it stand cells of the table
    in either case; these say nothing, nor do the two pieces the quotes stand at.
    """
    opened = max((at for at, cell in enumerate(cut[0]) if _is_opened(cell.strip())), default=0)
    every = range(len(known))
    spans = [every[opened + 1 :], *[every] * (len(cut) - 2), every[:opened]]
    again = [Counter(cells[at].strip() for cells in cut[1:-1]) for at in every]
    fitting = [
        not any(known[at].is_indented(cell) for at, cell in enumerate(cells))
        and all(known[at].fits(cells[at], again[at]) for at in span)
        for cells, span in zip(cut, spans, strict=True)
        if span
    ]
    return 2 * sum(fitting) >= len(fitting)


def _is_opened(cell: str) -> bool:
    return cell.startswith('"') and (len(cell) == 1 or not cell.endswith('"'))


class _Expected:
    """What a column's cells are like: numbers, some of few texts, or any text."""

    def __init__(self, cells: Sequence[str]) -> None:
        self._indented = any(cell[:1].isspace() for cell in cells)
        counts = Counter(cell.strip() for cell in cells)
        counts.pop("", None)
        total = sum(counts.values())
        numbers = sum(counts[cell] for cell in counts if not is_mark(cell))
        self._numbers = numbers >= _ENOUGH and all(map(_is_number, counts))
        few = total >= _ENOUGH and len(counts) <= min(_FEW, total // 2)
        self._texts = set(counts) if few else None

    def is_indented(self, cell: str) -> bool:
        """Whether it begins with a blank, as behind a comma in prose, and no other cell does."""
        return cell[:1].isspace() and bool(cell.strip()) and not self._indented

    def fits(self, cell: str, again: Counter[str]) -> bool:
        """Whether the column may hold it; `again` counts the cells beside it in these lines.

        What comes twice there is a class of its own, as where rows are sorted by class.
        """
        cell = cell.strip().strip('"').strip()
        if self._numbers:
            return not cell or _is_number(cell)
        return self._texts is None or not cell or cell in self._texts or again[cell] > 1


def _is_number(text: str) -> bool:
    if is_mark(text):
        return True
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False
    return True


def is_unquoted(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the quotes in these cells, cut without regard to them, seem to stand for themselves.

    They do not where a column is mostly wrapped in them, where a wrapped cell doubles those
    inside, or where a cell opens what a later one of its row closes.
    """
    wrapped: Counter[int] = Counter()
    filled: Counter[int] = Counter()
    for row in rows:
        opened = False
        for at, cell in enumerate(map(str.strip, row)):
            filled[at] += bool(cell)
            begins, ends = cell.startswith('"'), cell.endswith('"')
            if begins and ends and len(cell) > 1:
                wrapped[at] += 1
                if '""' in cell[1:-1]:
                    return False
            elif ends and opened:
                return False
            opened = opened or (begins and not ends)
    return all(2 * count <= filled[at] for at, count in wrapped.items())
