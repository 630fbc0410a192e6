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

_STAND_INS = [sign * value for value in (99, 999, 9999, 99999, 999999) for sign in (-1, 1)] + [-9]
"""What programs write that have no sign for a missing value."""

_EXACT = 2**24
"""Up to here float32 holds every whole number."""

_LOST = 0.1
"""Share of different values that float32 may make equal before it is told."""

_CODE = re.compile(r"0[0-9]{2,}")
_GROUPED = re.compile(r"[-+]?[1-9][0-9]{0,2}\.[0-9]{3}")
_WITH_UNIT = re.compile(r"([-+]?[0-9]+(?:[.,][0-9]+)?)(\s*[^\s0-9.,:;/+-][^0-9]*)")
_FEWEST = 3  # different cells that make a way of writing


def find_oddities(
    table: CsvTable, target: str, categories: Collection[str], sep: str | None
) -> list[str]:
    """A sentence for each oddity of the columns of numbers in use, or of numbers with a unit."""
    told: list[str] = []
    for name, column in table.columns.items():
        if column.kind == "number":
            told += _oddities(table, name, column.cells, name == target, sep)
        elif name not in categories and (unit := _unit_of(column)):
            told.append(
                f"column {name!r} is read as categories, since {unit!r} stands behind its numbers. "
                f"If that is right, pass categories=[{name!r}]; if they count, take it out with "
                f"pandas: frame[{name!r}].str.removesuffix({unit!r}).astype(float)."
            )
    return told


def _oddities(
    table: CsvTable, name: str, cells: Any, is_target: bool, sep: str | None
) -> Iterator[str]:
    import pandas as pd

    leave = f"categories=[{name!r}], or leave it out (drop=[{name!r}])"
    written = [cell.strip() if isinstance(cell, str) else "" for cell in table.frame[name].tolist()]
    codes = np.array([cell[:1] == "0" and bool(_CODE.fullmatch(cell)) for cell in written])
    if codes.any():
        cell = written[int(codes.argmax())]
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
    if sep == ";" and _is_grouped(written):
        yield (
            f"column {name!r} is read with decimal points, such as {written[0]!r}. If its "
            "points stand between thousands, pass decimal=',', thousands='.'."
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


def _is_grouped(written: Sequence[str]) -> bool:
    cells = {cell for cell in written if cell}
    return len(cells) >= _FEWEST and all(map(_GROUPED.fullmatch, cells))
