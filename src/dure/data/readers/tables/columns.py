"""Columns of a table: what each holds, and that as numbers: features and targets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from dure.core.arrays import Array
from dure.core.formatting import format_count, join_first, shorten
from dure.data.readers.tables.cells import DATE, Column, settle_texts
from dure.data.readers.tables.csv_table import CsvTable
from dure.data.readers.tables.dressed_numbers import count_dressed, describe_remedy
from dure.data.readers.tables.hole_marks import UNCLEAR
from dure.data.readers.tables.table_format import Notation
from dure.errors import Faults

MOST_CATEGORIES = 50
"""Different texts a column may hold to become one feature for each."""

_NUMBERS = ("boolean", "integer", "floating", "mixed-integer-float", "decimal", "empty")


def settle_columns(
    table: CsvTable,
    names: Sequence[str],
    categories: Collection[str],
    notation: Notation,
    faults: Faults,
) -> None:
    """Find what these columns of the table hold; append what cannot be told or used."""
    for name in names:
        own = Faults()
        column = _settle(table, table.frame[name], name in categories, notation, own)
        if table.test_name and name not in categories:
            column = _settle_parts(table, column, name, notation, own)
        table.columns[name] = column
        faults += own
    if table.from_file and notation.holes is None:
        _ask_about_holes(table, [name for name in names if name not in categories], faults)


def _settle_parts(
    table: CsvTable, whole: Column, name: str, notation: Notation, faults: Faults
) -> Column:
    """The column of two files as it is, or what becomes of it where they write it otherwise.

    `faults` holds those of the whole column.
    """
    import pandas as pd

    cells = table.frame[name]
    train, test = (
        _settle(table, cells[rows], False, notation, Faults())
        for rows in (~table.is_test, table.is_test)
    )
    is_truth = [
        pd.api.types.infer_dtype(part.cells, skipna=True) == "boolean" for part in (train, test)
    ]
    if train.kind == test.kind == "number" and any(is_truth) and not all(is_truth):
        parts = [pd.to_numeric(part.cells.astype(object)) for part in (train, test)]
        numbers = pd.concat([part.astype("Float64") for part in parts]).convert_dtypes()
        faults.clear()
        return Column("number", numbers, train.marks + test.marks)
    if whole.kind != "text" or train.kind != "number" or not train.cells.notna().any():
        return whole
    new = table.new_in_test(whole.cells)
    written = "true and false" if is_truth[0] else "numbers"
    faults.append(
        f"column {name!r} holds {written} in {table.name}, but "
        f"{_describe_cell(whole.cells[new].iloc[0])} in {table.first(new)}. Write both parts "
        f"alike, leave the column out (drop=[{name!r}]) or read it as categories "
        f"(categories=[{name!r}])."
    )
    return whole._replace(kind="faulty")


def _settle(
    table: CsvTable, cells: Any, as_text: bool, notation: Notation, faults: Faults
) -> Column:
    import pandas as pd

    name = cells.name
    if isinstance(cells.dtype, pd.CategoricalDtype):
        return Column("category", cells, Counter())
    inferred = pd.api.types.infer_dtype(cells, skipna=True)
    is_numeric = (_is(cells, "bool") or _is(cells, "numeric")) and not _is(cells, "complex")
    if is_numeric or inferred in _NUMBERS:
        if as_text:
            cells = pd.to_numeric(cells).convert_dtypes().astype(object)
            return settle_texts(cells, notation, as_text=True)
        return Column("number", _without(cells, notation), Counter())
    present = cells.dropna()
    if (_is(cells, "object") or _is(cells, "string")) and (
        inferred == "string"
        or all(isinstance(cell, (str, int, float, np.number)) for cell in present)
    ):
        column = settle_texts(cells.astype(object), notation, as_text=as_text)
        sound = True
        if column.kind == "text" and not as_text:
            sound = _check_dressed(table, name, column.cells, notation, faults)
        return column if sound else column._replace(kind="faulty")
    faults.append(
        f"column {name!r} holds {cells.dtype if inferred == 'mixed' else inferred} values, such "
        f"as {_describe_cell(present.iloc[0])}; turn them into numbers or text, or leave the "
        f"column out (drop=[{name!r}])."
    )
    return Column("faulty", cells, Counter())


def _without(cells: Any, notation: Notation) -> Any:
    """Numbers without those said to be holes."""
    import pandas as pd

    numbers = [mark for mark in notation.holes or () if not isinstance(mark, str)]
    return cells.mask(pd.to_numeric(cells).isin(numbers)) if numbers else cells


def _check_dressed(
    table: CsvTable, name: str, cells: Any, notation: Notation, faults: Faults
) -> bool:
    """Append if texts are mostly numbers but for some, or but for what is written round them."""
    present = cells.dropna()
    if 2 * count_dressed(present) <= len(present):
        return True
    wrong, remedy = describe_remedy(table.frame, name, present, notation)
    marked = cells.index.isin(wrong.index)
    leave = f"leave the column out (drop=[{name!r}])"
    if present.nunique() <= MOST_CATEGORIES:
        leave += f" or read it as categories (categories=[{name!r}])"
    faults.append(
        f"column {name!r} is mostly numbers, but {format_count(len(wrong), 'cell')} cannot "
        f"be read as one, the first {_describe_cell(wrong.iloc[0])} in {table.first(marked)}. "
        f"{remedy} If they are names or codes, {leave}."
    )
    return False


def _ask_about_holes(table: CsvTable, names: Sequence[str], faults: Faults) -> None:
    """Append the columns of text whose cells may be holes or a category as well."""
    told, marks = [], set()
    for name in names:
        kind, cells, _ = table.columns[name]
        marked = cells.isin(UNCLEAR).to_numpy() if kind == "text" else np.zeros(0, bool)
        if marked.any():
            marks |= set(cells[marked])
            told.append(
                f"{name!r} ({format_count(int(marked.sum()), 'cell')}, the first in "
                f"{table.first(marked)})"
            )
    if told:
        written = join_first([repr(mark) for mark in sorted(marks)])
        faults.append(
            f"{format_count(len(told), 'column')} of text with {written}, which may be a hole or a "
            f"category: {join_first(told)}. Pass na_values={sorted(marks)} if they are holes, "
            "na_values=[] if they are categories."
        )


def features_of(table: CsvTable, name: str, faults: Faults) -> tuple[list[str], Array]:
    """A column as features: their names, and float32 [rows, features]; holes are NaN.

    Where faults were appended the features are none.
    """
    kind, cells, _ = table.columns[name]
    if kind == "number":
        return [name], _finite(table, name, cells, faults)[:, np.newaxis]
    if kind == "faulty":
        return [], np.empty((len(cells), 0), np.float32)
    new = table.new_in_test(cells)
    if new.any() and (new | ~table.is_test | cells.isna().to_numpy()).all():
        faults.append(
            f"column {name!r} holds {_describe_cell(cells[new].iloc[0])} in {table.first(new)}, "
            f"and no value there is one of {table.name}. Write both parts alike, or leave the "
            f"column out (drop=[{name!r}])."
        )
    # What only the test part holds would be a feature that is never trained on.
    codes, categories = _codes(cells.mask(new))
    if kind == "text" and len(categories) > MOST_CATEGORIES:
        _tell_many(name, cells[cells.notna()], len(categories), faults)
        return [], np.empty((len(cells), 0), np.float32)
    hot = (codes[:, np.newaxis] == np.arange(len(categories))).astype(np.float32)
    hot[cells.isna().to_numpy()] = np.nan
    return [f"{name}={category}" for category in categories], hot


def _tell_many(name: str, present: Any, categories: int, faults: Faults) -> None:
    remedy = "If it is what to learn from, use dure.data.from_texts"
    if present.astype(str).str.fullmatch(DATE).mean() > 0.5:
        remedy = (
            "To learn from dates or times, turn them into numbers with pandas (pandas.to_datetime, "
            "then .dt.year, .dt.dayofyear, .dt.hour, ...) and pass the DataFrame"
        )
    faults.append(
        f"column {name!r} holds text with {categories:,} different values, such as "
        f"{_describe_cell(present.iloc[0])}; up to {MOST_CATEGORIES} become features. Leave it out "
        f"(drop=[{name!r}]). {remedy}."
    )


def target_of(
    table: CsvTable, name: str, task: str | None, faults: Faults
) -> tuple[Array, list[str] | None]:
    """A column without holes as targets, shape [rows], and the names of its classes, if texts.

    Worth nothing where faults were appended.
    """
    kind, cells, _ = table.columns[name]
    if kind == "faulty":
        return np.zeros(0), None
    if kind == "number":
        values, names = _finite(table, name, cells, faults), None
        if _is(cells, "bool"):
            values, names = cells.astype(bool).to_numpy().astype(np.int64), ["False", "True"]
        elif _is(cells, "integer"):
            whole = cells.to_numpy(dtype=np.int64)
            # Beyond int32, which is what JAX takes, they are amounts and no labels.
            values = whole if not len(whole) or _is_int32(whole) else values
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


def _is_int32(values: Array) -> bool:
    limits = np.iinfo(np.int32)
    return bool(limits.min <= values.min() and values.max() <= limits.max)


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
    return shorten(repr(cell.item() if isinstance(cell, np.generic) else cell))
