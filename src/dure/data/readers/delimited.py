"""Tables from delimited text or from pandas, with what is wrong with them said in full."""

from __future__ import annotations

import warnings
from io import BytesIO
from pathlib import Path
from typing import Any

from dure.core.formatting import join_first
from dure.data.readers.common import as_path, read_text
from dure.errors import Faults, did_you_mean

_DELIMITERS = {";": "';'", "\t": "'\\t'", "|": "'|'", ",": "','"}


def read_frame(source: Any, sep: str | None, faults: Faults, *, as_text: bool = False) -> Any:
    """A pandas DataFrame with unique names as str and rows numbered from 0; None after a fault.

    Parameters
    ----------
    source
        The path of a file in UTF-8 with names in its first line (.gz: packed), or a DataFrame.
    sep
        What separates its columns. None: a tab where the name ends in .tsv, else a comma.
    as_text
        Every cell of a file stays a str, an empty one included. Otherwise columns get pandas'
        nullable types, holes being NA.
    """
    import pandas as pd

    if isinstance(source, pd.DataFrame):
        frame = source.set_axis([str(name) for name in source.columns], axis=1)
        sound = _check_names(frame.columns.tolist(), "the DataFrame", faults)
        sound = _check_rows(len(frame), "the DataFrame", faults) and sound
        return frame.reset_index(drop=True) if sound else None
    if sep is not None and (not isinstance(sep, str) or len(sep) != 1):
        faults.append(f"sep is {sep!r}; pass the one character between columns, or None.")
        return None
    path = as_path(source)
    if path is None:
        faults.append(
            f"the table is of type {type(source).__name__}; pass the path of a .csv or .tsv file, "
            "or a pandas DataFrame."
        )
        return None
    text = read_text(path, faults)
    if text is None:
        return None
    tabbed = ".tsv" in [suffix.lower() for suffix in path.suffixes]
    return _parsed(text, path, sep or ("\t" if tabbed else ","), faults, as_text=as_text)


def name_of(source: Any) -> str:
    """What a source of a table is called in messages."""
    path = as_path(source)
    return "a DataFrame" if path is None else path.name


def _parsed(text: str, path: Path, sep: str, faults: Faults, *, as_text: bool) -> Any:
    import pandas as pd

    content = text.encode()
    typed: dict[str, Any] = {"dtype_backend": "numpy_nullable", "skipinitialspace": True}
    if as_text:
        typed = {"dtype": object, "keep_default_na": False}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            head = pd.read_csv(
                BytesIO(content),
                sep=sep,
                header=None,
                nrows=1,
                dtype=str,
                keep_default_na=False,
                skipinitialspace=True,
            )
            names = [str(name).strip() for name in head.iloc[0]]
            if not _check_width(names, path.name, sep, faults):
                return None
            if not _check_names(names, path.name, faults):
                return None
            # Without index_col=False a row too long would make an index of the first column.
            frame = pd.read_csv(
                BytesIO(content), sep=sep, index_col=False, low_memory=False, **typed
            )
    except pd.errors.ParserWarning:
        faults.append(
            f"the first row of {path.name} has more cells than the {len(names)} names above it; "
            "name every column, and quote cells that hold the delimiter."
        )
    except (pd.errors.ParserError, ValueError) as error:
        told = str(error).strip().removeprefix("Error tokenizing data. C error: ")
        faults.append(
            f"{path.name} is no table with {sep!r} between its columns: {told}. Quote cells that "
            "hold the delimiter, or pass sep=... with another one."
        )
    else:
        return frame.set_axis(names, axis=1) if _check_rows(len(frame), path.name, faults) else None
    return None


def _check_width(names: list[str], file: str, sep: str, faults: Faults) -> bool:
    if len(names) > 1:
        return True
    counts = {mark: names[0].count(mark) for mark in _DELIMITERS if mark != sep}
    likeliest = max(counts, key=lambda mark: counts[mark])
    if counts[likeliest]:
        remedy = f"Pass sep={_DELIMITERS[likeliest]}."
    else:
        remedy = "Pass sep=... if another one separates them; two columns are the least."
    shown = names[0] if len(names[0]) <= 60 else f"{names[0][:57]}..."
    faults.append(f"{file} has one column only, {shown!r}, with {sep!r} between columns. {remedy}")
    return False


def _check_names(names: list[str], file: str, faults: Faults) -> bool:
    twice = sorted({name for name in names if names.count(name) > 1 and name})
    if twice:
        faults.append(
            f"{file} has more than one column named {join_first([repr(name) for name in twice])}; "
            "give each its own name."
        )
    unnamed = [number for number, name in enumerate(names, 1) if not name]
    if unnamed:
        faults.append(
            f"{file} has columns without a name, at place {join_first(unnamed)} of {len(names)}; "
            "name them, or delete them (a numbering written by pandas: save with index=False)."
        )
    return not (twice or unnamed)


def _check_rows(rows: int, file: str, faults: Faults) -> bool:
    if not rows:
        faults.append(f"{file} has names of columns but no rows below them.")
    return rows > 0


def check_columns(
    wanted: list[Any], columns: list[str], file: str, argument: str, faults: Faults
) -> bool:
    """Append each wanted column that is not there, with a hint; whether all are."""
    for name in wanted:
        if name not in columns:
            faults.append(
                f"{argument} {name!r} is no column of {file}, which has "
                f"{join_first([repr(column) for column in columns])}."
                f"{did_you_mean(str(name), columns)}{_headless(columns)}"
            )
    return all(name in columns for name in wanted)


def _headless(columns: list[str]) -> str:
    numbers = sum(column.replace(".", "").replace("-", "").isdigit() for column in columns)
    if 2 * numbers <= len(columns):
        return ""
    return " The first line looks like values: put a line of names above it."
