"""Tables from delimited text or from pandas, with what is wrong with them said in full."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from dure.core.formatting import format_count, join_first
from dure.data.readers.common import as_path
from dure.data.readers.tables.records import DELIMITERS, Records, read_records
from dure.data.readers.tables.table_format import Layout
from dure.data.readers.text_files import read_text
from dure.errors import Faults, did_you_mean

_TABBED = (".tsv", ".tab")
_OTHERS = {
    r"\s*<(?:!doctype html|html|head)\b": "is a web page, no table; download the file itself",
    r"version https://git-lfs": "only points at a file of Git LFS; fetch that (git lfs pull)",
}
_SEP_LINE = re.compile(r"\"?sep=(.)\"?(?=\r|\n)")
"""What Excel writes and reads above the names."""


class InUse(NamedTuple):
    """Which columns of a table count; the others need no name of their own."""

    names: Collection[str] | None = None
    """None: all that are not dropped."""
    drop: Collection[str] = ()

    def holds(self, name: str) -> bool:
        """Whether a column of this name counts."""
        return name not in self.drop and (self.names is None or name in self.names)


_EVERY_COLUMN = InUse()


def read_frame(
    source: Any,
    layout: Layout,
    faults: Faults,
    in_use: InUse = _EVERY_COLUMN,
    notes: list[str] | None = None,
) -> Any:
    """A pandas DataFrame with unique names as str and rows numbered from 0; None after a fault.

    Every cell of a file is a str as it stands there, an empty one included; those of a DataFrame
    stay as they are.

    Parameters
    ----------
    source
        The path of a file with names in its first line (.gz: packed), or a DataFrame.
    notes
        Gets what was left out though it may count: a first column that numbers the rows.
    """
    import pandas as pd

    if isinstance(source, pd.DataFrame):
        names = [str(name) for name in source.columns]
        columns = [source.iloc[:, place] for place in range(len(names))]
        kept = _named(names, columns, in_use, "the DataFrame", faults, notes)
        sound = _check_rows(len(source), "the DataFrame", faults) and kept is not None
        if not sound or kept is None:
            return None
        frame = source.set_axis(names, axis=1)
        frame = frame if len(kept) == len(names) else frame.iloc[:, kept]
        return frame.reset_index(drop=True)
    path = as_path(source)
    if path is None:
        faults.append(
            f"the table is of type {type(source).__name__}; pass the path of a .csv or .tsv file, "
            "or a pandas DataFrame."
        )
        return None
    text = read_text(path, faults, layout.encoding)
    if text is None:
        return None
    for form, told in _OTHERS.items():
        if re.match(form, text, re.IGNORECASE):
            faults.append(f"{path.name} {told}.")
            return None
    sep = layout.sep
    if found := _SEP_LINE.match(text):
        sep, text = sep or found[1], text[found.end() :]
    tabbed = any(suffix.lower() in _TABBED for suffix in path.suffixes)
    sep = sep or ("\t" if tabbed else ",")
    records = _read_records(text, path, sep, layout.quote, faults)
    return None if records is None else _framed(records, path, in_use, faults, notes)


def name_of(source: Any) -> str:
    """What a source of a table is called in messages."""
    path = as_path(source)
    return "a DataFrame" if path is None else path.name


def _read_records(
    text: str, path: Path, sep: str, quote: str | None, faults: Faults
) -> Records | None:
    head = Faults()
    records = read_records(text, sep, quote, path.name, head)
    whole = records is not None and len(records.rows[0]) > 1
    if not whole and not _check_width(text, path.name, sep, faults):
        return None
    faults += head
    return records


def _framed(
    records: Records, path: Path, in_use: InUse, faults: Faults, notes: list[str] | None
) -> Any:
    import pandas as pd

    names = [name.strip() for name in records.rows[0]]
    columns = list(zip(*records.rows[1:], strict=True)) or [()] * len(names)
    kept = _named(names, columns, in_use, path.name, faults, notes)
    sound = _check_rows(len(records.rows) - 1, path.name, faults)
    if not sound or kept is None or not _check_repeated(records, names, path.name, faults):
        return None
    return pd.DataFrame({names[place]: columns[place] for place in kept}, dtype=object)


def _named(
    names: list[str],
    columns: Sequence[Sequence[Any]],
    in_use: InUse,
    file: str,
    faults: Faults,
    notes: list[str] | None,
) -> list[int] | None:
    """Places of the columns with a name of their own; None after a fault of those in use.

    A first column without a name whose cells all differ numbers or names the rows, as pandas and R
    write them; columns without name or cells are what Excel leaves behind.
    """
    places: dict[str, int] = {}
    twice, unnamed = [], []
    for place, name in enumerate(names):
        cells = columns[place]
        if not place and in_use.names is None and in_use.holds(name) and _are_names(name, cells):
            if notes is not None:
                notes.append(f"first column ({name or 'unnamed'}) left out")
        elif not name:
            empty = all(isinstance(cell, str) and not cell.strip() for cell in cells)
            unnamed += [place + 1] if not empty else []
        elif name in places:
            twice += [name] if in_use.holds(name) else []
        else:
            places[name] = place
    titled = len(names) > 2 and len(unnamed) == len(names) - 1
    unnamed = unnamed if titled or in_use.holds("") else []
    if twice:
        _tell_twice(sorted(set(twice)), names, columns, file, faults)
    if unnamed:
        remedy = "name them, or leave them out (drop='')"
        if titled:
            remedy = "delete what stands above the line of names"
        faults.append(
            f"{file} has columns without a name, at place {join_first(unnamed)} of {len(names)}; "
            f"{remedy}."
        )
    return None if twice or unnamed else list(places.values())


def _are_names(name: str, cells: Sequence[Any]) -> bool:
    """Whether a first column numbers or names the rows."""
    if name == "Unnamed: 0":  # as pandas calls a column without a name
        numbers = [str(cell).strip() for cell in cells]
        return any(numbers == [str(at + one) for at in range(len(numbers))] for one in (0, 1))
    return not name and len({str(cell).strip() for cell in cells} - {""}) == len(cells)


def _tell_twice(
    twice: list[str],
    names: list[str],
    columns: Sequence[Sequence[Any]],
    file: str,
    faults: Faults,
) -> None:
    remedy = _hint_at_head(names, columns) or " Give each its own name."
    faults.append(
        f"{file} has more than one column named {join_first([repr(name) for name in twice])}."
        f"{remedy}"
    )


def _check_width(text: str, file: str, sep: str, faults: Faults) -> bool:
    first = next(line for line in text.splitlines() if line.strip()).strip()
    if sep in first or (sep == "\t" and sep in text):
        return True
    counts = {mark: first.count(mark) for mark in DELIMITERS if mark != sep}
    likeliest = max(counts, key=lambda mark: counts[mark])
    rest = text.strip().partition("\n")[2]
    if first.startswith("#") or (sep in rest and not rest.count(likeliest)):
        remedy = "Delete what stands above the line of names."
    elif counts[likeliest]:
        remedy = f"Pass sep={DELIMITERS[likeliest]}."
    else:
        remedy = (
            "Pass sep=... if another one separates them (pandas.read_csv(path, sep=r'\\s+') takes "
            "blanks of any number); two columns are the least."
        )
    shown = first if len(first) <= 60 else f"{first[:57]}..."
    faults.append(f"{file} has one column only, {shown!r}, with {sep!r} between columns. {remedy}")
    return False


def _check_rows(rows: int, file: str, faults: Faults) -> bool:
    if not rows:
        faults.append(f"{file} has names of columns but no rows below them.")
    return rows > 0


def _check_repeated(records: Records, names: list[str], file: str, faults: Faults) -> bool:
    """Files put together line by line bring their lines of names along."""
    again = [
        place
        for place, row in enumerate(records.rows)
        if place and row[0].strip() == names[0] and [cell.strip() for cell in row] == names
    ]
    if again:
        faults.append(
            f"{file} repeats the names of its columns in {format_count(len(again), 'row')}: "
            f"{join_first([records.where(place) for place in again], 3)}. Delete these lines."
        )
    return not again


def check_columns(
    wanted: list[Any],
    columns: list[str],
    file: str,
    argument: str,
    faults: Faults,
    frame: Any = None,
) -> bool:
    """Append each wanted column that is not there, with a hint; whether all are.

    With the frame they are of, names that come again below themselves look like values.
    """
    cells = [] if frame is None else [frame.iloc[:, at].tolist() for at in range(frame.shape[1])]
    for name in wanted:
        if name not in columns:
            faults.append(
                f"{argument} {name!r} is no column of {file}, which has "
                f"{join_first([repr(column) for column in columns])}."
                f"{did_you_mean(str(name), columns)}"
                f"{_hint_at_delimiter(str(name), columns) or _hint_at_head(columns, cells)}"
            )
    return all(name in columns for name in wanted)


def _hint_at_delimiter(name: str, columns: list[str]) -> str:
    """Whether the names look like several each."""
    for mark, written in DELIMITERS.items():
        if any(mark in column and name in map(str.strip, column.split(mark)) for column in columns):
            return f" Pass sep={written} if that separates the columns."
    for mark in ("'", '"', "`"):
        if f"{mark}{name}{mark}" in columns:
            return f" Pass quote={mark!r} if that stands round the cells."
    return ""


def _hint_at_head(columns: list[str], cells: Sequence[Sequence[Any]] = ()) -> str:
    """Whether the names look like values: numbers, or what comes again in their columns."""
    number = r"[-+]?\d*\.?\d+(e[-+]?\d+)?"
    again = [name for name, below in zip(columns, cells, strict=False) if name in below]
    values = sum(bool(re.fullmatch(number, name)) or name in again for name in columns)
    if 3 * values <= len(columns):
        return ""
    return (
        " The first line looks like values: put a line of names above it, or pass "
        "pandas.read_csv(path, header=None, names=[...])."
    )
