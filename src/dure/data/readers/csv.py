"""Tables of people's own: from_csv."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from typing import Any, NamedTuple, Unpack, get_args

import numpy as np

from dure.core.arrays import Array
from dure.core.formatting import format_count, join_first
from dure.data.dataset import Data, Task, class_labels
from dure.data.readers.common import Missing, as_path, check_choice, check_fraction, hold_out
from dure.data.readers.tables.columns import features_of, settle_columns, target_of
from dure.data.readers.tables.csv_table import CsvTable, join_parts
from dure.data.readers.tables.delimited import InUse, check_columns, name_of, read_frame
from dure.data.readers.tables.grouping import find_changed
from dure.data.readers.tables.oddities import find_oddities
from dure.data.readers.tables.table_format import Layout, Notation, TableFormat, read_format
from dure.errors import Faults, StudyError


def from_csv(
    path: str | PathLike[str] | Any,
    target: str,
    *,
    features: str | Sequence[str] | None = None,
    drop: str | Sequence[str] = (),
    categories: str | Sequence[str] = (),
    test: float | str | PathLike[str] | Any = 0.0,
    task: Task | None = None,
    prepare: Any = None,
    missing: Missing = "error",
    shuffle: bool = True,
    **format: Unpack[TableFormat],
) -> Data:
    """A table with a line of names above its columns: a .csv or .tsv file, or a DataFrame.

    Columns of numbers and of true and false become one float32 feature each, those of text with up
    to 50 different values one of 0 and 1 for each value, such as ``"sex=male"``. A UserWarning
    tells what may be meant otherwise (leading zeros, -999).

    Parameters
    ----------
    path, format, target
        File (.gz: packed), written as `TableFormat` says, or a pandas DataFrame; and the column to
        predict. Text gives labels in sorted order (`class_names`); numbers stay.
    features, drop, categories
        Columns to predict from (None: all but `target`); columns not to predict from; columns of
        codes, which are text whatever they look like.
    test
        The fraction of the rows to hold out, classes in proportion; or a second file or frame,
        whose categories are features where the first holds them.
    task, prepare, missing
        As for `Data`. ``"error"``: refuse rows with holes; with a `prepare`, which gets NaN, only
        those in the target. ``"drop"``: leave them out, as `source` says.
    shuffle
        Rows come in a shuffled order, the same on every call, since Keras' `validation_split`
        takes the last rows. False keeps their order, and tests on the last: for order of time.

    Returns
    -------
    Data of kind "tabular": `x` float32 [rows, features], `y` [rows], `feature_names`, `source`.

    Raises
    ------
    StudyError
        Everything wrong at once, with column and first row (from 0): unreadable files, rows of
        other lengths, odd quotes, unknown names, holes, texts among numbers, too many texts.

    Examples
    --------
    >>> people = pd.DataFrame({"age": [30, 41, 25], "sex": ["f", "m", "m"], "pay": [9.5, 7.5, 5]})
    >>> dure.data.from_csv(people, target="pay").feature_names
    ('age', 'sex=f', 'sex=m')
    """
    choice = _Choice(str(target), _names(features), _names(drop) or [], _names(categories) or [])
    made, odd = _read_data(path, choice, _Use(test, task, prepare, missing, shuffle), format)
    if odd:
        warnings.warn(odd, UserWarning, stacklevel=2)
    return made


class _Choice(NamedTuple):
    """Names of columns, as they were asked for."""

    target: str
    features: list[str] | None
    drop: list[str]
    categories: list[str]

    @property
    def in_use(self) -> InUse:
        """The columns that count."""
        if self.features is None:
            return InUse(None, self.drop)
        return InUse([*self.features, self.target], self.drop)


class _Use(NamedTuple):
    """What is to become of the rows; see `from_csv`."""

    test: Any
    task: Task | None
    prepare: Any
    missing: Missing
    shuffle: bool


class _Columns(NamedTuple):
    """What a table's columns became, and notes on what became of its holes."""

    x: Array
    y: Array
    feature_names: list[str]
    class_names: list[str] | None
    notes: str


def _names(given: Any) -> list[str] | None:
    if given is None:
        return None
    alone = isinstance(given, str) or not isinstance(given, Iterable)
    return [str(given)] if alone else list(map(str, given))


def _read_data(path: Any, choice: _Choice, use: _Use, given: Mapping[str, Any]) -> tuple[Data, str]:
    """The data, and what may be meant otherwise in the table, or ''."""
    faults = Faults()
    check_choice("missing", use.missing, get_args(Missing), faults)
    layout, notation = read_format(given, faults)
    if layout is None:
        raise StudyError(faults, subject="this table")
    table, chosen, fraction = _read_columns(path, choice, use.test, layout, faults)
    settle_columns(table, [*chosen, choice.target], choice.categories, notation, faults)
    columns = _numbers(table, chosen, choice.target, use, faults)
    columns = columns._replace(notes=columns.notes + _note_on_thousands(table, notation))
    odd = find_oddities(table, choice.target, choice.categories, layout, notation, use.task)
    told = "\n  ".join([f"{table.name} may be meant otherwise:", *odd]) if odd else ""
    return _data_of(table, columns, fraction, use), told


def _note_on_thousands(table: CsvTable, notation: Notation) -> str:
    """Which columns would be other numbers without the argument `thousands`."""
    if notation.thousands is None:
        return ""
    changed = find_changed(table.frame, table.columns, Notation(), notation)
    told = [f"{cell!r} in {name!r} as {value:.15g}" for name, cell, value in changed if value]
    return (
        f", read with {notation.thousands!r} between thousands: {join_first(told, 3)}"
        if told
        else ""
    )


def _data_of(table: CsvTable, columns: _Columns, fraction: float, use: _Use) -> Data:
    faults = Faults()
    x, y = columns.x, columns.y
    train, held_out = _split(table, y, columns.class_names, fraction, use, faults)
    faults.raise_if_any(f"the table {table.name}")
    names = f"{table.name}, tested on {table.test_name}" if table.test_name else table.name
    return Data(
        x[train],
        y[train],
        test=(x[held_out], y[held_out]) if len(held_out) else None,
        prepare=use.prepare,
        class_names=columns.class_names,
        feature_names=columns.feature_names,
        kind="tabular",
        task=use.task or (None if columns.class_names is None else "classification"),
        source=", ".join([names, *table.notes]) + columns.notes,
    )


def _read_columns(
    path: Any, choice: _Choice, test: Any, layout: Layout, faults: Faults
) -> tuple[CsvTable, list[str], float]:
    """The table, the columns to predict from, and the fraction to hold out."""
    table, fraction = _read(path, test, layout, choice, faults)
    chosen = None if table is None else _columns(table, choice, faults)
    if table is None or chosen is None or faults:
        raise StudyError(faults, subject="this table")
    return table, chosen, fraction


def _read(
    source: Any, test: Any, layout: Layout, choice: _Choice, faults: Faults
) -> tuple[CsvTable | None, float]:
    """The table, and the fraction to hold out; a second file needs the columns in use."""
    import pandas as pd

    notes: list[str] = []
    frame = read_frame(source, layout, faults, choice.in_use, notes)
    name, from_file = name_of(source), as_path(source) is not None
    if as_path(test) is None and not isinstance(test, pd.DataFrame):
        fraction = check_fraction(test, faults) or 0.0
        table = None if frame is None else CsvTable(frame, name, None, len(frame), from_file, notes)
        return table, fraction
    other = read_frame(test, layout, faults, choice.in_use)
    if frame is None or other is None:
        return None, 0.0
    test_name = name_of(test)
    if test_name == name:
        test_name = f"the second {name.removeprefix('a ')}"
    wanted = list(frame) if choice.features is None else [*choice.features, choice.target]
    needed = [column for column in frame if column in wanted and column not in choice.drop]
    check_columns(needed, list(other), test_name, "column", faults)
    return CsvTable(join_parts(frame, other), name, test_name, len(frame), from_file, notes), 0.0


def _columns(table: CsvTable, choice: _Choice, faults: Faults) -> list[str] | None:
    """The columns to predict from; None after appending faults. Leaves the others out."""
    every, target = list(table.frame), choice.target
    check_columns([target], every, table.name, "target", faults, table.frame)
    wanted = every if choice.features is None else choice.features
    chosen = [name for name in wanted if name not in choice.drop]
    if choice.features is None:
        chosen = [name for name in chosen if name != target]
    else:
        check_columns(wanted, every, table.name, "feature", faults)
    check_columns([name for name in choice.drop if name], every, table.name, "drop", faults)
    check_columns(choice.categories, every, table.name, "category", faults)
    if not chosen:
        faults.append(f"{table.name} is left with no column to predict from; pass features=[...].")
    if target in chosen:
        faults.append(f"features hold the target {target!r}; leave it out of them.")
    if target in choice.drop:
        faults.append(f"drop holds the target {target!r}; leave it out of drop.")
    if len(set(chosen)) < len(chosen):
        faults.append(f"features name a column twice: {join_first(chosen)}.")
    if faults:
        return None
    table.frame = table.frame[[*chosen, target]]
    return chosen


def _numbers(
    table: CsvTable,
    chosen: list[str],
    target: str,
    use: _Use,
    faults: Faults,
) -> _Columns:
    """The settled columns as arrays; raises everything that is wrong with them."""
    blocks: list[tuple[list[str], Array]] = []
    y, class_names = np.zeros(0), None
    notes = _holes(table, chosen, target, use, faults)
    if len(table.frame):
        blocks = [features_of(table, name, faults) for name in chosen]
        if not table.columns[target].cells.isna().any():
            y, class_names = target_of(table, target, use.task, faults)
    faults.raise_if_any(f"the table {table.name}")
    x = np.concatenate([block for _, block in blocks], axis=1)
    feature_names = [name for found, _ in blocks for name in found]
    return _Columns(x, y, feature_names, class_names, notes)


def _holes(table: CsvTable, chosen: list[str], target: str, use: _Use, faults: Faults) -> str:
    """Drop rows with holes, or append where holes are; a note on what became of them."""
    holes = {name: column.cells.isna().to_numpy() for name, column in table.columns.items()}
    marks = sum((column.marks for column in table.columns.values()), Counter[str]())
    note = ""
    if marks:
        told = join_first([f"{mark!r} {count:,}" for mark, count in marks.most_common()])
        note = f", {format_count(marks.total(), 'cell')} taken for holes ({told})"
    trained = ~table.is_test
    if empty := [name for name in holes if trained.any() and holes[name][trained].all()]:
        _tell_empty(table.name, empty, target, faults)
        return note
    if use.missing == "drop":
        rows = np.any(list(holes.values()), axis=0)
        for name, part in ((table.name, ~table.is_test), (table.test_name, table.is_test)):
            if name is not None and rows[part].all():
                _tell_none_left(name, {one: holes[one][part] for one in holes}, faults)
        table.keep(~rows)
        left_out = f", {format_count(int(rows.sum()), 'row')} with holes left out"
        return note + left_out if rows.any() else note
    filled = use.prepare is not None
    _tell_holes(table, [target] if filled else [*chosen, target], holes, faults)
    return note


def _tell_empty(file: str, empty: list[str], target: str, faults: Faults) -> None:
    """Append which columns hold nothing that could be trained on."""
    if target in empty:
        faults.append(f"the target {target!r} holds no value in {file}; predict another column.")
    if others := [name for name in empty if name != target]:
        faults.append(
            f"{format_count(len(others), 'column')} of {file} without a value in any row: "
            f"{join_first([repr(name) for name in others])}. Pass drop={others}."
        )


def _tell_none_left(name: str, holes: dict[str, Array], faults: Faults) -> None:
    """Append that `missing="drop"` leaves no row, and where the holes are."""
    counts = {one: int(marked.sum()) for one, marked in holes.items() if marked.any()}
    told = [
        f"{one!r} ({format_count(counts[one], 'hole')})"
        for one in sorted(counts, key=lambda one: -counts[one])
    ]
    faults.append(
        f"every row of {name} has holes, so missing='drop' leaves none: {join_first(told, 5)}. "
        "Leave out the columns with the most (drop=[...])."
    )


def _tell_holes(
    table: CsvTable, wanted: list[str], holes: dict[str, Array], faults: Faults
) -> None:
    """Append which of the columns have holes; the last of them is the target."""
    told = []
    for name in wanted:
        if (marked := holes[name]).any():
            marks = [repr(mark) for mark, _ in table.columns[name].marks.most_common()]
            written = f", written {join_first(marks, 3)}" if marks else ""
            told.append(
                f"{name!r} ({format_count(int(marked.sum()), 'hole')}{written}, the first in "
                f"{table.first(marked)})"
            )
    if not told:
        return
    rows = int(np.any([holes[name] for name in wanted], axis=0).sum())
    fill = ""
    if any(holes[name].any() for name in wanted[:-1]):
        fill = (
            ", or fill them inside the folds (prepare=sklearn.impute.SimpleImputer(), in a "
            "pipeline with a scaler)"
        )
    empty = np.all(list(holes.values()), axis=0)
    nothing = ""
    if empty.any():
        nothing = (
            f" {format_count(int(empty.sum()), 'row')} of them hold nothing at all, the first "
            f"{table.first(empty)}."
        )
    faults.append(
        f"{format_count(len(told), 'column')} with holes: {', '.join(told)}. Pass "
        f"missing='drop' to leave out {format_count(rows, 'row')}{fill}.{nothing}"
    )


def _split(
    table: CsvTable,
    y: Array,
    names: list[str] | None,
    fraction: float,
    use: _Use,
    faults: Faults,
) -> tuple[Array, Array]:
    """Places of the training rows and of the test rows in what is left of the table."""
    of_test = np.flatnonzero(table.is_test)
    rows = len(y) - len(of_test)
    labels, numbers = None, use.task is None and names is None
    if fraction and use.task != "regression":
        labels = class_labels(y, declared=use.task == "classification")
    train, held_out = hold_out(
        rows, fraction, labels, faults, names=names, shuffle=use.shuffle, may_be_numbers=numbers
    )
    return train, of_test if len(of_test) else held_out
