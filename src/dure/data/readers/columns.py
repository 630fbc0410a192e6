"""Columns of a table as numbers: features and targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from dure.core.arrays import Array
from dure.core.formatting import format_count
from dure.errors import Faults

MOST_CATEGORIES = 50
"""Different texts a column may hold to become one feature for each."""

# What people write round and into numbers: thousands, currencies, percent.
_ROUND_NUMBERS = r"[,\s'$€£¥₩%]"
_NUMBERS = ("boolean", "integer", "floating", "mixed-integer-float", "decimal", "empty")
_LONGEST = 40  # characters of a cell in a message


@dataclass
class CsvTable:
    """One or two files read as one table; its index numbers their rows through."""

    frame: Any
    name: str
    test_name: str | None
    first_test: int
    """The row at which the second file begins; one past the last row without it."""

    @property
    def is_test(self) -> Array:
        """Which rows are of the second file, shape [rows]."""
        marked: Array = self.frame.index.to_numpy() >= self.first_test
        return marked

    def first(self, marked: Array) -> str:
        """The first marked row as the reader knows it."""
        row = int(self.frame.index[int(np.argmax(marked))])
        if row >= self.first_test:
            return f"row {row - self.first_test} of {self.test_name}"
        return f"row {row}" + (f" of {self.name}" if self.test_name else "")


def features_of(table: CsvTable, name: str, faults: Faults) -> tuple[list[str], Array]:
    """A column as features: their names, and float32 [rows, features]; holes are NaN.

    Where faults were appended the features are none.
    """
    column = table.frame[name]
    kind, cells = _kind(table, name, faults)
    if kind == "number":
        return [name], _finite(table, name, cells, faults)[:, np.newaxis]
    if kind is None:
        return [], np.empty((len(column), 0), np.float32)
    codes, categories = _codes(cells)
    if kind == "text" and len(categories) > MOST_CATEGORIES:
        example = _describe_cell(cells[cells.notna()].iloc[0])
        faults.append(
            f"column {name!r} holds text with {len(categories):,} different values, such as "
            f"{example}; up to {MOST_CATEGORIES} become features. Leave it out (features=...), or "
            "if it is what to learn from, use dure.data.from_texts."
        )
        return [], np.empty((len(column), 0), np.float32)
    hot = (codes[:, np.newaxis] == np.arange(len(categories))).astype(np.float32)
    hot[codes < 0] = np.nan
    return [f"{name}={category}" for category in categories], hot


def target_of(
    table: CsvTable, name: str, task: str | None, faults: Faults
) -> tuple[Array, list[str] | None]:
    """A column without holes as targets, shape [rows], and the names of its classes, if texts.

    Worth nothing where faults were appended.
    """
    kind, cells = _kind(table, name, faults)
    if kind is None:
        return np.zeros(0), None
    if kind == "number":
        values, names = _finite(table, name, cells, faults), None
        if _is(cells, "bool"):
            values, names = cells.astype(bool).to_numpy().astype(np.int64), ["False", "True"]
        elif _is(cells, "integer"):
            values = cells.to_numpy(dtype=np.int64)
    else:
        values, names = _codes(cells)
        if task == "regression":
            faults.append(
                f"task is 'regression', but the target {name!r} holds text, such as "
                f"{_describe_cell(cells.iloc[0])}; predict a column of numbers, or leave task out."
            )
        if len(names) > max(2, len(cells) // 2):
            faults.append(
                f"the target {name!r} holds {format_count(len(names), 'different text')} in "
                f"{format_count(len(cells), 'row')}; classes come more than once. Predict another "
                "column."
            )
    _check_spread(table, name, values, cells, faults)
    return values, names


def _check_spread(table: CsvTable, name: str, values: Array, cells: Any, faults: Faults) -> None:
    """Append if there is nothing to learn, or if labels are tested that were never trained on."""
    known = np.unique(values[~table.is_test])
    if len(known) == 1:
        only = _describe_cell(cells.iloc[0])
        faults.append(f"the target {name!r} is {only} in every row; there is nothing to learn.")
    new = table.is_test & ~np.isin(values, known)
    if new.any() and values.dtype.kind == "i" and not _is(cells, "integer"):
        first = _describe_cell(cells.iloc[int(np.argmax(new))])
        faults.append(
            f"the target {name!r} is {first} in {table.first(new)}, which {table.name} never "
            "shows; a network cannot learn it. Add such rows, or leave these out."
        )


def _kind(
    table: CsvTable, name: str, faults: Faults
) -> tuple[Literal["number", "category", "text"] | None, Any]:
    """What a column holds, and its cells as such; None after appending a fault."""
    import pandas as pd

    column = table.frame[name]
    if isinstance(column.dtype, pd.CategoricalDtype):
        return "category", column
    if (_is(column, "bool") or _is(column, "numeric")) and not _is(column, "complex"):
        return "number", column
    inferred = pd.api.types.infer_dtype(column, skipna=True)
    if inferred in _NUMBERS:
        return "number", column
    present = column.dropna()
    if (_is(column, "object") or _is(column, "string")) and all(
        isinstance(cell, (str, int, float, np.number)) for cell in present
    ):
        return _text_or_numbers(table, name, faults)
    faults.append(
        f"column {name!r} holds {column.dtype if inferred == 'mixed' else inferred} values, such "
        f"as {_describe_cell(present.iloc[0])}; turn them into numbers or text, or leave the "
        "column out (features=...)."
    )
    return None, column


def _text_or_numbers(
    table: CsvTable, name: str, faults: Faults
) -> tuple[Literal["number", "text"] | None, Any]:
    import pandas as pd

    cells = table.frame[name].map(lambda cell: str(cell).strip(), na_action="ignore")
    cells = cells.astype(object)
    present = cells.dropna()
    plain = pd.to_numeric(present, errors="coerce")
    if plain.notna().all():
        return "number", plain.reindex(cells.index)
    bare = pd.to_numeric(present.str.replace(_ROUND_NUMBERS, "", regex=True), errors="coerce")
    if 2 * bare.notna().sum() <= len(present):
        return "text", cells
    wrong = cells.notna().to_numpy() & plain.reindex(cells.index).isna().to_numpy()
    faults.append(
        f"column {name!r} is mostly numbers, but {format_count(int(wrong.sum()), 'cell')} cannot "
        f"be read as one, the first {_describe_cell(cells.iloc[int(np.argmax(wrong))])} in "
        f"{table.first(wrong)}. Write numbers as 1234.5, without units or thousands separators; "
        "leave a cell empty where the value is not known."
    )
    return None, cells


def _finite(table: CsvTable, name: str, cells: Any, faults: Faults) -> Array:
    """Numbers as float32 [rows], holes as NaN; appends where they are infinite."""
    import pandas as pd

    with np.errstate(over="ignore"):
        wide = pd.to_numeric(cells).to_numpy(dtype=np.float64, na_value=np.nan)
        values: Array = wide.astype(np.float32)
    infinite = np.isinf(values)
    if infinite.any():
        faults.append(
            f"column {name!r} holds {format_count(int(infinite.sum()), 'number')} infinite as "
            f"float32, the first {wide[int(np.argmax(infinite))]} in {table.first(infinite)}. Mend "
            "or leave out such rows."
        )
    return values


def _codes(cells: Any) -> tuple[Array, list[str]]:
    """The place of each cell among the sorted values (categories: in their order), -1 a hole."""
    import pandas as pd

    if isinstance(cells.dtype, pd.CategoricalDtype):
        cells = cells.cat.remove_unused_categories()
        return cells.cat.codes.to_numpy().astype(np.int64), [str(c) for c in cells.cat.categories]
    codes, categories = pd.factorize(cells, sort=True)
    return codes.astype(np.int64), [str(category) for category in categories]


def _is(column: Any, what: str) -> bool:
    """Whether pandas calls it so; never a category of that kind."""
    import pandas as pd

    return bool(getattr(pd.api.types, f"is_{what}_dtype")(column.dtype))


def _describe_cell(cell: Any) -> str:
    text = repr(cell.item() if isinstance(cell, np.generic) else cell)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
