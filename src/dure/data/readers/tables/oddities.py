"""What is odd about columns that can be read, and may be meant otherwise."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np

from dure.core.arrays import Array
from dure.core.formatting import format_count
from dure.data.readers.tables.cells import Column
from dure.data.readers.tables.columns import CsvTable
from dure.data.readers.tables.table_format import Layout, Notation

_STAND_INS = [sign * value for value in (99, 999, 9999, 99999, 999999) for sign in (-1, 1)] + [-9]
"""What programs write that have no sign for a missing value."""

_EXACT = 2**24
"""Up to here float32 holds every whole number."""

_LOST = 0.1
"""Share of different values that float32 may make equal before it is told."""

_GROUPED = re.compile(r"[-+]?[1-9][0-9]{0,2}\.[0-9]{3}")
_WITH_UNIT = re.compile(r"([-+]?[0-9]+(?:[.,][0-9]+)?)(\s*[^\s0-9.,:;/+-][^0-9]*)")
_GROUPED_TOLD = (
    "column {!r} is read with decimal points, such as {!r}. If its points stand between thousands, "
    "pass decimal=',', thousands='.'."
)
_FEWEST = 3  # different cells that make a way of writing


def find_oddities(
    table: CsvTable,
    target: str,
    categories: Collection[str],
    layout: Layout,
    notation: Notation,
) -> list[str]:
    """A sentence for each oddity of the columns of numbers in use, or of numbers with a unit."""
    told: list[str] = []
    german = layout.sep == ";" and notation[:2] == (".", None)
    for name, column in table.columns.items():
        if column.kind == "number":
            told += _oddities(table, name, column.cells, name == target)
            if german and _is_grouped(table.frame[name].tolist()):
                told.append(_GROUPED_TOLD.format(name, table.frame[name].iloc[0]))
        elif name not in categories and (unit := _unit_of(column)):
            told.append(
                f"column {name!r} is read as categories, since {unit!r} stands behind its numbers. "
                f"If that is right, pass categories=[{name!r}]; if they count, take it out with "
                f"pandas: frame[{name!r}].str.removesuffix({unit!r}).astype(float)."
            )
    return told


def _oddities(table: CsvTable, name: str, cells: Any, is_target: bool) -> Iterator[str]:
    import pandas as pd

    leave = f"categories=[{name!r}], or leave it out (drop=[{name!r}])"
    if str(cells.dtype) == "Int64":
        written = table.frame[name].tolist()
        codes = np.array([isinstance(cell, str) and _is_code(cell.strip()) for cell in written])
        if codes.any():
            cell = written[int(codes.argmax())].strip()
            yield (
                f"column {name!r} is read as numbers, so {cell!r} in {table.first(codes)} is "
                f"{int(cell)}. If they are codes, pass {leave}."
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


def _unit_of(column: Column) -> str | None:
    """What stands behind each of several numbers, with the blanks before it."""
    if column.kind != "text":
        return None
    found = [_WITH_UNIT.fullmatch(str(cell)) for cell in column.cells.dropna().unique()]
    units = {match[2] if match else "" for match in found}
    return units.pop() if len(found) >= _FEWEST and len(units) == 1 else None


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


def _is_code(cell: str) -> bool:
    return len(cell) > 2 and cell[0] == "0" and cell.isdigit()


def _is_grouped(written: Sequence[Any]) -> bool:
    cells = {cell.strip() for cell in written if isinstance(cell, str)} - {""}
    return len(cells) >= _FEWEST and all(map(_GROUPED.fullmatch, cells))
