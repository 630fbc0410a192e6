"""Tables from delimited text or from pandas, with what is wrong with them said in full."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

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


def read_frame(source: Any, layout: Layout, faults: Faults) -> Any:
    """A pandas DataFrame with unique names as str and rows numbered from 0; None after a fault.

    Every cell of a file is a str as it stands there, an empty one included; those of a DataFrame
    stay as they are.

    Parameters
    ----------
    source
        The path of a file with names in its first line (.gz: packed), or a DataFrame.
    """
    import pandas as pd

    if isinstance(source, pd.DataFrame):
        frame = source.set_axis([str(name) for name in source.columns], axis=1)
        sound = _check_names(frame.columns.tolist(), "the DataFrame", faults)
        sound = _check_rows(len(frame), "the DataFrame", faults) and sound
        return frame.reset_index(drop=True) if sound else None
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
    return _framed(text, path, sep or ("\t" if tabbed else ","), layout.quote, faults)


def name_of(source: Any) -> str:
    """What a source of a table is called in messages."""
    path = as_path(source)
    return "a DataFrame" if path is None else path.name


def _framed(text: str, path: Path, sep: str, quote: str | None, faults: Faults) -> Any:
    import pandas as pd

    head = Faults()
    records = read_records(text, sep, quote, path.name, head)
    whole = records is not None and len(records.rows[0]) > 1
    if not whole and not _check_width(text, path.name, sep, faults):
        return None
    faults += head
    if records is None:
        return None
    names = [name.strip() for name in records.rows[0]]
    sound = _check_names(names, path.name, faults)
    sound = _check_rows(len(records.rows) - 1, path.name, faults) and sound
    sound = _check_repeated(records, names, path.name, faults) and sound
    if not sound:
        return None
    columns = zip(*records.rows[1:], strict=True)
    return pd.DataFrame(dict(zip(names, columns, strict=True)), dtype=object)


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


def _check_names(names: list[str], file: str, faults: Faults) -> bool:
    counts = Counter(names)
    twice = sorted(name for name, count in counts.items() if count > 1 and name)
    if twice:
        faults.append(
            f"{file} has more than one column named {join_first([repr(name) for name in twice])}; "
            "give each its own name."
        )
    unnamed = [number for number, name in enumerate(names, 1) if not name]
    if unnamed:
        if len(unnamed) == len(names) - 1:
            remedy = "delete what stands above the line of names"
        else:
            remedy = "name them, or delete them (a numbering by pandas: save with index=False)"
        faults.append(
            f"{file} has columns without a name, at place {join_first(unnamed)} of {len(names)}; "
            f"{remedy}."
        )
    return not (twice or unnamed)


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
    wanted: list[Any], columns: list[str], file: str, argument: str, faults: Faults
) -> bool:
    """Append each wanted column that is not there, with a hint; whether all are."""
    for name in wanted:
        if name not in columns:
            faults.append(
                f"{argument} {name!r} is no column of {file}, which has "
                f"{join_first([repr(column) for column in columns])}."
                f"{did_you_mean(str(name), columns)}{_hint_at_head(str(name), columns)}"
            )
    return all(name in columns for name in wanted)


def _hint_at_head(name: str, columns: list[str]) -> str:
    """Whether the names look like values, or like several names each."""
    for mark, written in DELIMITERS.items():
        if any(mark in column and name in map(str.strip, column.split(mark)) for column in columns):
            return f" Pass sep={written} if that separates the columns."
    values = sum(bool(re.fullmatch(r"[-+]?\d*\.?\d+(e[-+]?\d+)?", column)) for column in columns)
    if 3 * values <= len(columns):
        return ""
    return (
        " The first line looks like values: put a line of names above it, or pass "
        "pandas.read_csv(path, header=None, names=[...])."
    )
