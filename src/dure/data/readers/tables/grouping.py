"""Marks between thousands or before decimals: which it may be, and what reading it so changes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from dure.core.formatting import join_first
from dure.data.readers.tables.cells import are_marks, read_numbers
from dure.data.readers.tables.table_format import Layout, Notation

_FEWEST = 3  # different cells that make a way of writing
_MOST_SHOWN = 3  # columns that would change


class Changed(NamedTuple):
    """A column of numbers that another notation reads otherwise."""

    name: str
    cell: str
    value: float | None
    """What the other notation makes of the cell; None: no number."""


def find_changed(
    frame: Any, names: Iterable[str], before: Notation, after: Notation
) -> list[Changed]:
    """The columns of str that are numbers as `before` says, but others as `after` says."""
    import pandas as pd

    changed = []
    for name in names:
        written = {cell.strip() for cell in frame[name].tolist() if isinstance(cell, str)} - {""}
        texts = pd.Series(sorted(written), dtype=object)
        texts = texts[~are_marks(texts)]
        one, two = read_numbers(texts, before), read_numbers(texts, after)
        if not len(texts) or one.isna().any():
            continue
        other = texts[one != two]
        if len(other):
            value = two[other.index[0]]
            changed.append(Changed(name, other.iloc[0], None if pd.isna(value) else float(value)))
    return changed


def describe_changed(changed: Sequence[Changed], remedy: str) -> str:
    """What an argument would do to other columns, and what to do instead; '' if nothing."""
    if not changed:
        return ""
    told = [
        f"{name!r} ({cell!r} is then {'no number' if value is None else f'{value:.15g}'})"
        for name, cell, value in changed
    ]
    return (
        f" That counts for every column, and changes {join_first(told, _MOST_SHOWN)}; if it must "
        f"not, {remedy}"
    )


def convert_column(name: str, code: str) -> str:
    """How to make numbers of one column of a file, the others staying as they are."""
    return (
        f"read the file by pandas.read_csv(..., dtype={{{name!r}: str}}), set frame[{name!r}] = "
        f"{code}, and pass the DataFrame."
    )


def seems_grouped(written: Sequence[Any], layout: Layout, notation: Notation) -> bool:
    """Whether what is read as decimals may be thousands: `1.200` beside `950`, or no other cells.

    Of numbers with three decimals some would have other whole parts than one to three digits, and
    those without decimals would end in zeros too, or none would. A table in semicolons often comes
    from where a comma stands before decimals; there no whole number is needed.
    """
    if notation.thousands is not None:
        return False
    form = re.compile(rf"[-+]?[1-9][0-9]{{0,2}}{re.escape(notation.decimal)}[0-9]{{3}}")
    grouped: set[str] = set()
    whole: set[str] = set()
    for cell in (cell.strip() for cell in written if isinstance(cell, str)):
        if form.fullmatch(cell):
            grouped.add(cell)
        elif re.fullmatch(r"[-+]?[0-9]{1,3}", cell):
            whole.add(cell)
        elif cell:
            return False
    if len(grouped) + len(whole) < _FEWEST or len(grouped) < 2:
        return False
    german = layout.sep == ";" and notation.decimal == "."
    return german or bool(whole and any(cell.endswith("0") for cell in grouped))
