"""What is odd about columns that can be read, and may be meant otherwise."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np

from dure.core.arrays import Array
from dure.core.formatting import format_count, join_first
from dure.data.readers.tables.cells import DATE, read_numbers
from dure.data.readers.tables.csv_table import CsvTable
from dure.data.readers.tables.dressed_numbers import CURRENCY, find_cleaning
from dure.data.readers.tables.grouping import (
    convert_column,
    describe_changed,
    find_changed,
    seems_grouped,
)
from dure.data.readers.tables.table_format import Layout, Notation

_STAND_INS = [sign * value for value in (99, 999, 9999, 99999, 999999) for sign in (-1, 1)] + [-9]
"""What programs write that have no sign for a missing value."""

_EXACT = 2**24
"""Up to here float32 holds every whole number."""

_LOST = 0.1
"""Share of different values that float32 may make equal before it is told."""

_NUMBER = r"[-+−]?[0-9]+(?:[.,'’ \u00a0\u202f][0-9]+)*"
_WITH_UNIT = re.compile(rf"{_NUMBER}(?P<affix>\s*[^\s0-9.,:;/+-][^0-9]*)")
_WITH_CURRENCY = re.compile(rf"[-+−]?(?P<affix>{CURRENCY}\s*){_NUMBER}")
_SEVERAL = 8  # different numbers or dates from which on categories are odd
_MANY = 20  # different texts from which on nearly as many as rows are odd
_MOST = 0.9
_SOME = 0.3
_FEWEST = 3  # different cells that make a way of writing


def find_oddities(
    table: CsvTable,
    target: str,
    categories: Collection[str],
    layout: Layout,
    notation: Notation,
    task: str | None,
) -> list[str]:
    """A sentence for each oddity of the columns of numbers in use, or of numbers with a unit."""
    told: list[str] = []
    for name, column in table.columns.items():
        if column.kind == "number":
            told += _oddities(table, name, column.cells, name == target)
            is_whole = str(column.cells.dtype) in ("Int64", "int64")
            if name == target and task is None and is_whole:
                told += _describe_many_classes(name, column.cells.dropna().to_numpy(np.int64))
            if seems_grouped(table.frame[name].tolist(), layout, notation):
                told.append(_describe_grouped(table, name, notation))
        elif name != target and (new := table.new_in_test(column.cells)).any():
            told.append(_describe_new(table, name, column.cells[new], new))
        elif column.kind == "text" and name not in categories:
            told += _oddities_of_texts(name, column.cells.dropna(), notation)
    return told


def _oddities(table: CsvTable, name: str, cells: Any, is_target: bool) -> Iterator[str]:
    import pandas as pd

    leave = f"categories=[{name!r}], or leave it out (drop=[{name!r}])"
    written = [cell.strip() if isinstance(cell, str) else "" for cell in table.frame[name]]
    codes = np.array([_is_code(cell) for cell in written])
    if str(cells.dtype) != "Int64":
        present = [cell for cell in written if cell]
        codes = np.array([cell[:1] == "0" for cell in written]) & all(map(_is_day, present))
    if codes.any():
        place = int(codes.argmax())
        yield (
            f"column {name!r} is read as numbers, so {written[place]!r} in {table.first(codes)} is "
            f"{float(cells.iloc[place]):g}. If they are codes or days, pass {leave}."
        )
    values = pd.to_numeric(cells).to_numpy(dtype=np.float64, na_value=np.nan)
    values = values[np.isfinite(values)]
    lost = 0 if is_target else _lost(values)
    if lost:
        yield (
            f"column {name!r} goes up to {np.abs(values).max():,.0f}, where float32 makes "
            f"{format_count(lost, 'different number')} equal to another. Subtract their smallest "
            f"with pandas; if they number the rows or are codes, pass {leave}."
        )
    stand_in = _stand_in(values)
    if stand_in is not None:
        marked = pd.to_numeric(cells).eq(stand_in).fillna(False).to_numpy(bool)
        yield (
            f"column {name!r} is {stand_in} in {format_count(int(marked.sum()), 'row')}, the first "
            f"{table.first(marked)}, far from all other values. If it stands for a hole, pass "
            f"na_values=[{stand_in}]."
        )


def _describe_many_classes(name: str, values: Array) -> list[str]:
    """Whether whole numbers that pass for labels are many, and do not count classes from 0 or 1."""
    different = np.unique(values)
    counted = (
        len(different) > 0 and different[0] in (0, 1) and np.ptp(different) + 1 == len(different)
    )
    if counted or not _MANY < len(different) <= len(values) // 2:
        return []
    return [
        f"the target {name!r} holds {len(different)} different whole numbers from {different[0]} "
        f"to {different[-1]}, which are taken for classes. If it is a number to predict (a price, "
        "a count, an age), pass task='regression'; if they are classes, task='classification'."
    ]


def _describe_new(table: CsvTable, name: str, cells: Any, new: Array) -> str:
    values = [repr(value) for value in dict.fromkeys(cells.tolist())]
    return (
        f"column {name!r} holds {join_first(values, 3)} in {format_count(int(new.sum()), 'row')}, "
        f"the first {table.first(new)}, which {table.name} never holds: all its features are 0 "
        "there. If one value is written in two ways, write it alike."
    )


def _oddities_of_texts(name: str, present: Any, notation: Notation) -> Iterator[str]:
    texts = present.drop_duplicates()
    right = f"If that is right, pass categories=[{name!r}]"
    leave = f"else leave it out (drop=[{name!r}])"
    numbers = read_numbers(texts, notation).notna()
    dates = texts.str.fullmatch(DATE).astype(bool) & ~numbers
    if len(texts) >= _SEVERAL and dates.mean() >= _MOST:
        yield (
            f"column {name!r} holds dates or times, and each of its {len(texts)} becomes a feature "
            f"of 0 and 1. {right}; else make numbers of them with pandas (pandas.to_datetime, then "
            f".dt.year, .dt.dayofyear, .dt.hour, ...), or leave it out (drop=[{name!r}])."
        )
    elif numbers.sum() >= _SEVERAL and present.isin(texts[numbers]).mean() >= _SOME:
        others = [repr(text) for text in texts[~numbers]]
        holes = ""
        if len(others) <= _FEWEST:
            holes = f"if the texts stand for holes, pass na_values=[{', '.join(others)}]; "
        yield (
            f"column {name!r} holds {format_count(int(numbers.sum()), 'different number')} beside "
            f"texts ({join_first(others, 3)}), and each becomes a feature of 0 and 1. "
            f"{right}; {holes}{leave}."
        )
    elif (affix := _affix_of(texts.tolist())) and (cleaning := find_cleaning(name, texts)):
        yield (
            f"column {name!r} is read as categories, since {affix!r} stands at its numbers. "
            f"{right}; if they count, make numbers of them with pandas: {cleaning}."
        )
    elif len(texts) >= _MANY and len(texts) >= _MOST * len(present):
        yield (
            f"column {name!r} holds {len(texts)} different texts in "
            f"{format_count(len(present), 'row')}, such as {texts.iloc[0]!r}, and each becomes a "
            f"feature of 0 and 1, as names and numbers of rows should not. {right}; {leave}."
        )


def _affix_of(texts: Sequence[str]) -> str | None:
    """The unit behind each of several numbers, or the currency before it, with the blanks."""
    if len(texts) < _FEWEST:
        return None
    for form in (_WITH_UNIT, _WITH_CURRENCY):
        found = [form.fullmatch(text) for text in texts]
        affixes = {match["affix"] if match else "" for match in found}
        if len(affixes) == 1 and (affix := affixes.pop()):
            return affix
    return None


def _lost(values: Array) -> int:
    if not len(values) or np.abs(values).max() <= _EXACT or np.abs(values).max() > 1e38:
        return 0
    different = len(np.unique(values))
    lost = different - len(np.unique(values.astype(np.float32)))
    return lost if lost > _LOST * different else 0


def _stand_in(values: Array) -> int | None:
    """A number that comes at least twice and is farther from the others than they are wide."""
    if not len(values):
        return None
    for extreme, others_end in ((values.min(), np.min), (values.max(), np.max)):
        others = values[values != extreme]
        if extreme in _STAND_INS and len(values) - len(others) > 1 and len(np.unique(others)) > 2:
            width = others.max() - others.min()
            if abs(extreme - others_end(others)) > width:
                return int(extreme)
    return None


def _is_day(cell: str) -> bool:
    """Whether it may be a day and a month with a point between."""
    found = re.fullmatch(r"(\d\d)[.,](\d\d)\.?", cell)
    return found is not None and 1 <= int(found[1]) <= 31 and 1 <= int(found[2]) <= 12


def _is_code(cell: str) -> bool:
    return len(cell) > 2 and cell[0] == "0" and cell.isdigit()


def _describe_grouped(table: CsvTable, name: str, notation: Notation) -> str:
    mark, other = notation.decimal, "," if notation.decimal == "." else "."
    changed = find_changed(
        table.frame, [one for one in table.frame if one != name], notation, Notation(other, mark)
    )
    code = f"frame[{name!r}].str.replace({mark!r}, '').astype(float)"
    cells = table.frame[name].astype(str).str.strip()
    cell = cells[cells.str.contains(mark, regex=False)].iloc[0]
    ways = f"thousands={mark!r}" if other == "." else f"decimal={other!r}, thousands={mark!r}"
    return (
        f"column {name!r} is read with {mark!r} before decimals, such as {cell!r}. If it stands "
        f"between thousands, pass {ways}.{describe_changed(changed, convert_column(name, code))}"
    )
