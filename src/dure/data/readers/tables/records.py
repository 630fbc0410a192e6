"""Delimited text as rows of cells: which quoting it is in, and where it is in none."""

from __future__ import annotations

import csv
import io
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from dure.core.formatting import format_count, join_first, shorten
from dure.data.readers.tables.stray_quotes import find_swallowed, is_unquoted
from dure.errors import Faults

DELIMITERS = {";": "';'", "\t": "'\\t'", "|": "'|'", ",": "','"}
"""What separates columns in most files, and how to write it."""

_QUOTES = "'`~|^$%*!&/"
"""What else some programs put round cells."""

_LONGEST_CELL = 2**31 - 1
_field_size = threading.Lock()


class Records(NamedTuple):
    """Rows of cells, that of names first, and the line (from 1) in which each begins."""

    rows: list[list[str]]
    lines: list[int]

    def ragged(self) -> list[int]:
        """Places of the rows with another number of cells than the first."""
        width = len(self.rows[0]) if self.rows else 0
        return [place for place, row in enumerate(self.rows) if len(row) != width]

    def where(self, place: int) -> str:
        """A row as the reader knows it: counted from 0 below the names."""
        return f"row {place - 1} (line {self.lines[place]:,})" if place else "the line of names"


class Broken(NamedTuple):
    """Quotes that do not come out even: the lines the row begins and fails in, and why."""

    first: int
    last: int
    reason: str


def read_records(
    text: str, sep: str, quote: str | None, file: str, faults: Faults
) -> Records | None:
    """The rows of a text that holds something; None after a fault.

    Parameters
    ----------
    sep, quote
        The characters between and round cells; quote "" for none. None: the double quote, doubled
        or behind a backslash inside a cell; where a text in tabs cannot be so, none.
    """
    lines = io.StringIO(text, newline="").readlines()
    if quote is not None:
        reading = _parse(lines, sep, quote)
        return _checked(reading, lines, sep, file, faults)
    reading = _with_quotes(text, lines, sep)
    if not _is_sound(reading) and sep in "\t|" and '"' in text:
        bare = _parse(lines, sep, "")
        if isinstance(bare, Records) and _is_sound(bare) and is_unquoted(bare.rows):
            reading = bare
    if isinstance(reading, Broken) or not _is_sound(reading):
        return _checked(reading, lines, sep, file, faults)
    checks = (
        _check_swallowed(reading, lines, sep, file, faults),
        _check_other_quotes(text, lines, sep, reading, file, faults),
        _check_escapes(text, lines, sep, reading, file, faults),
        _check_line_ends(lines, reading, file, faults),
    )
    return reading if all(checks) else None


def _with_quotes(text: str, lines: list[str], sep: str) -> Records | Broken:
    """The soundest reading in double quotes."""
    plain = _parse(lines, sep, '"')
    if '"' not in text:
        return plain
    readings = [plain]
    mark = re.escape(sep)
    if re.search(rf'(?:^|{mark})[ \t]+"|"[ \t]+(?:{mark}|$)', text, re.MULTILINE):
        trimmed = io.StringIO(_trim_round_quotes(text, sep), newline="").readlines()
        readings.insert(0, _parse(trimmed, sep, '"'))
    if "\\" in text:
        readings.append(_parse(lines, sep, '"', escape="\\"))
    return next(filter(_is_sound, readings), plain)


def _trim_round_quotes(text: str, sep: str) -> str:
    """Without the blanks between a quoted cell and the delimiters round it."""
    blank = r"[ \t]" if sep != "\t" else " "
    mark = re.escape(sep)
    field = re.compile(
        rf'{blank}*("(?:[^"]|"")*"){blank}*(?=[{mark}\r\n]|\Z)|[^{mark}\r\n]+', re.DOTALL
    )
    return field.sub(lambda found: found[1] or found[0], text)


def _parse(
    lines: Sequence[str], sep: str, quote: str, escape: str | None = None
) -> Records | Broken:
    reader = csv.reader(
        lines,
        delimiter=sep,
        quotechar=quote or None,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
        escapechar=escape,
        strict=True,
    )
    rows, begins, before = [], [], 0
    with _any_length():
        try:
            for row in reader:
                if len(row) > 1 or (row and row[0].strip()):
                    rows.append(row)
                    begins.append(before + 1)
                before = reader.line_num
        except csv.Error as error:
            return Broken(before + 1, reader.line_num, str(error))
    return _without_last_delimiters(Records(rows, begins))


@contextmanager
def _any_length() -> Iterator[None]:
    """Texts may be longer than the 131,072 characters that `csv` takes for a cell."""
    with _field_size:
        limit = csv.field_size_limit(_LONGEST_CELL)
        try:
            yield
        finally:
            csv.field_size_limit(limit)


def _without_last_delimiters(records: Records) -> Records:
    """Some programs end every row with delimiters: what stands behind these is no column."""
    rows = records.rows
    names = rows[0] if rows else []
    width = max((at for at, name in enumerate(names, 1) if name.strip()), default=0)
    full = len(rows[1]) if len(rows) > 1 else 0
    if width < 2 or full <= width or full < len(names):
        return records
    if any(len(row) != full or any(map(str.strip, row[width:])) for row in rows[1:]):
        return records
    return Records([row[:width] for row in rows], records.lines)


def _is_sound(reading: Records | Broken) -> bool:
    return isinstance(reading, Records) and bool(reading.rows) and not reading.ragged()


def _check_swallowed(
    reading: Records, lines: list[str], sep: str, file: str, faults: Faults
) -> bool:
    place = find_swallowed(reading.rows, reading.lines, lines, sep)
    if place is None:
        return True
    end = reading.lines[place + 1] if place + 1 < len(reading.lines) else len(lines) + 1
    first = reading.lines[place]
    faults.append(
        f"{file} has a quoted cell over {format_count(end - first, 'line')} in "
        f"{reading.where(place)}, each of which looks like a row of its own, such as "
        f"{shorten(lines[first].strip())!r}: a lone quote may have swallowed them. If quotes mean "
        "nothing in this file, pass quote=''; if the cell does hold these lines, pass quote='\"'."
    )
    return False


def _other_quotes(text: str, lines: list[str], sep: str) -> Iterator[tuple[str, Records]]:
    """Other characters that stand at both ends of cells, with a sound reading in them."""
    ends = (sep, "\n", "\r")
    for quote in (mark for mark in _QUOTES.replace(sep, "") if mark in text):
        begins = text.startswith(quote) or any(end + quote in text for end in ends)
        if begins and any(quote + end in text for end in ends):
            for escape in (None, "\\") if "\\" in text else (None,):
                reading = _parse(lines, sep, quote, escape)
                if isinstance(reading, Records) and _is_sound(reading):
                    yield quote, reading


def _check_other_quotes(
    text: str, lines: list[str], sep: str, reading: Records, file: str, faults: Faults
) -> bool:
    for quote, other in _other_quotes(text, lines, sep):
        if len(other.rows) != len(reading.rows):
            faults.append(
                f"{file} holds {len(reading.rows) - 1:,} rows, or {len(other.rows) - 1:,} if "
                f"{quote!r} stands round its cells, as it may from "
                f"{other.where(_first_difference(reading, other))} on. Pass quote={quote!r}, or "
                "quote='\"' if it does not."
            )
            return False
    return True


def _check_escapes(
    text: str, lines: list[str], sep: str, reading: Records, file: str, faults: Faults
) -> bool:
    """Append if a backslash may keep the delimiter or line end behind it inside a cell."""
    if not any("\\" + mark in text for mark in (sep, '"', "\n", "\r")):
        return True
    for quote in ('"', ""):
        other = _parse(lines, sep, quote, escape="\\")
        if isinstance(other, Broken) or other.ragged():
            continue
        fewer = len(other.rows) < len(reading.rows)
        if not (fewer or (quote and len(other.rows) > len(reading.rows))):
            continue
        faults.append(
            f"{file} holds {len(reading.rows) - 1:,} rows, or {len(other.rows) - 1:,} if a "
            "backslash keeps what follows it inside a cell, as it may from "
            f"{other.where(_first_difference(reading, other))} on. Pass pandas.read_csv(path, "
            "escapechar='\\\\') if it does, quote='\"' if not."
        )
        return False
    return True


def _check_line_ends(lines: list[str], reading: Records, file: str, faults: Faults) -> bool:
    """Append if rows end by a carriage return here and a line feed there: one may be in a cell."""
    if not any(line.endswith("\r") for line in lines):
        return True
    last = [begin - 1 for begin in reading.lines[1:]]
    ends = ["\r" if lines[line - 1].endswith("\r") else "\n" for line in last]
    other = [place for place, end in enumerate(ends) if end != ends[0]]
    if other:
        faults.append(
            f"{file} ends its lines by carriage returns as well as line feeds, the first change "
            f"behind {reading.where(other[0])}, so one of them may belong to a cell. Write the "
            "file with one kind of line end, or cells that hold one in double quotes."
        )
    return not other


def _first_difference(reading: Records, other: Records) -> int:
    """Place of the row of the other reading that goes on where this one begins a new row."""
    pairs = enumerate(zip(reading.lines, other.lines, strict=False))
    after = next((at for at, (one, two) in pairs if one != two), len(other.lines))
    return after - 1


def _checked(
    reading: Records | Broken, lines: list[str], sep: str, file: str, faults: Faults
) -> Records | None:
    """The reading, if it is sound; else what is wrong with it is appended."""
    if isinstance(reading, Records):
        ragged = reading.ragged()
        if ragged:
            _tell_ragged(reading, ragged, lines, sep, file, faults)
        return None if ragged else reading
    opened = lines[reading.first - 1].strip()
    end = f" (it failed in line {reading.last:,})" if reading.last > reading.first else ""
    faults.append(
        f"{file} has a quoted cell that is not closed, or goes on behind its quote, in the row "
        f"that begins in line {reading.first:,}{end}: {shorten(opened)!r}. Double the quotes "
        "inside a quoted cell; or if quotes mean nothing in this file, pass quote=''."
        f"{_hint_at_quote(lines, sep)}"
    )
    return None


def _tell_ragged(
    reading: Records, ragged: list[int], lines: list[str], sep: str, file: str, faults: Faults
) -> None:
    width = len(reading.rows[0])
    told = [
        f"{reading.where(place)} has {len(reading.rows[place])}: "
        f"{shorten(lines[reading.lines[place] - 1].strip())!r}"
        for place in ragged
    ]
    lengths = {len(reading.rows[place]) for place in ragged}
    longer = max(lengths) > width
    if all(reading.rows[place][0].lstrip().startswith("#") for place in ragged):
        remedy = "Delete these lines if they are remarks."
    elif len(ragged) == len(reading.rows) - 1 and lengths == {width + 1}:
        remedy = (
            "Give every column a name, also one that only numbers the rows (R: write.table(..., "
            "row.names=FALSE) leaves it out)."
        )
    elif longer:
        remedy = "Put cells that hold the delimiter into double quotes, and name every column."
    else:
        remedy = (
            "Write every cell, also an empty one; a line break inside a cell needs double quotes "
            "round it."
        )
    hints = (_hint_at_delimiter, _hint_at_quote, _hint_at_escape)
    other = next(filter(None, (hint(lines, sep) for hint in hints)), "")
    faults.append(
        f"{file} has {width} names with {sep!r} between them, but "
        f"{format_count(len(ragged), 'row')} of other lengths: {join_first(told, 3)}. "
        f"{remedy}{other}"
    )


def _hint_at_delimiter(lines: list[str], sep: str) -> str:
    for other, written in DELIMITERS.items():
        if other != sep and other in lines[0]:
            reading = _parse(lines, other, '"')
            if isinstance(reading, Records) and _is_sound(reading):
                return f" With sep={written} all rows are of one length."
    return ""


def _hint_at_quote(lines: list[str], sep: str) -> str:
    for quote, _ in _other_quotes("".join(lines), lines, sep):
        return f" With quote={quote!r} all rows are of one length."
    return ""


def _hint_at_escape(lines: list[str], sep: str) -> str:
    for quote in ('"', "") if any("\\" in line for line in lines) else ():
        reading = _parse(lines, sep, quote, escape="\\")
        if isinstance(reading, Records) and _is_sound(reading):
            return (
                " If a backslash keeps what follows it inside a cell, pass the DataFrame that "
                f"pandas.read_csv(path, sep={sep!r}, escapechar='\\\\') gives."
            )
    return ""
