"""Tables of people's own: from_csv."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import Any, Literal, get_args

import numpy as np

from dure.core.arrays import Array
from dure.core.formatting import format_count, join_first
from dure.data.dataset import Data, Task, class_labels
from dure.data.readers.columns import CsvTable, features_of, target_of
from dure.data.readers.common import as_path, check_choice, check_fraction, hold_out
from dure.data.readers.delimited import check_columns, name_of, read_frame
from dure.errors import Faults, StudyError

Missing = Literal["error", "drop"]


def from_csv(
    path: str | PathLike[str] | Any,
    target: str,
    *,
    features: Sequence[str] | None = None,
    test: float | str | PathLike[str] | Any = 0.0,
    task: Task | None = None,
    prepare: Any = None,
    missing: Missing = "error",
    sep: str | None = None,
    shuffle: bool = True,
) -> Data:
    """A table with a line of names above its columns: a .csv or .tsv file, or a DataFrame.

    Columns of numbers and of true and false become one float32 feature each; those of text with up
    to 50 different values (and pandas' categories) one of 0 and 1 for each value in any row, also
    of the test part, named such as ``"sex=male"``.

    Parameters
    ----------
    path
        File in UTF-8 (.gz: packed), or a pandas DataFrame.
    target
        Column to predict. Text gives labels in sorted order (`class_names`); numbers stay.
    features
        Columns to predict from. None: all but `target`.
    test
        The fraction of the rows to hold out, classes in proportion; or a second file or frame.
    task, prepare
        As for `Data`.
    missing
        What to do with rows with holes (empty cells, NA, NaN, null, ... as pandas reads them).
        ``"error"``: refuse, unless `prepare` is given, which then gets NaN (in all columns of a
        text cell); in the target refuse. ``"drop"``: leave them out; `source` says how many.
    sep
        What separates columns. None: a tab where the name ends in .tsv, else a comma.
    shuffle
        Rows come in a shuffled order, the same on every call, since Keras' `validation_split`
        takes the last rows. False keeps their order, and tests on the last: for order of time.

    Returns
    -------
    Data of kind "tabular": `x` float32 [rows, features], `y` [rows], `feature_names`, `source`.

    Raises
    ------
    StudyError
        Everything that is wrong at once, with the first column, cell or row it shows in (rows
        counted from 0 below the names): a file that cannot be read, is empty or not in UTF-8;
        names missing, unknown or there twice; holes; infinite numbers; numbers written as text
        in a column of numbers; text with too many values; a target that never changes.

    Examples
    --------
    >>> people = pd.DataFrame({"age": [30, 41, 25], "sex": ["f", "m", "m"], "pay": [9.5, 7.5, 5]})
    >>> dure.data.from_csv(people, target="pay").feature_names
    ('age', 'sex=f', 'sex=m')
    """
    table, chosen, fraction = _read_columns(path, str(target), features, test, sep, missing)
    return _data_of(table, chosen, str(target), fraction, task, prepare, missing, shuffle)


def _data_of(
    table: CsvTable,
    chosen: list[str],
    target: str,
    fraction: float,
    task: Task | None,
    prepare: Any,
    missing: Missing,
    shuffle: bool,
) -> Data:
    faults = Faults()
    x, y, feature_names, class_names, dropped = _numbers(
        table, chosen, target, task, prepare is not None, missing
    )
    train, held_out = _split(table, y, class_names, fraction, task, shuffle, faults)
    faults.raise_if_any(f"the table {table.name}")
    names = f"{table.name}, tested on {table.test_name}" if table.test_name else table.name
    note = f", {format_count(dropped, 'row')} with holes left out" if dropped else ""
    return Data(
        x[train],
        y[train],
        test=(x[held_out], y[held_out]) if len(held_out) else None,
        prepare=prepare,
        class_names=class_names,
        feature_names=feature_names,
        kind="tabular",
        task=task,
        source=names + note,
    )


def _read_columns(
    path: Any, target: str, features: Any, test: Any, sep: str | None, missing: str
) -> tuple[CsvTable, list[str], float]:
    """The table, the columns to predict from, and the fraction to hold out."""
    faults = Faults()
    check_choice("missing", missing, get_args(Missing), faults)
    wanted = None
    if features is not None:
        wanted = [features] if isinstance(features, str) else list(map(str, features))
    table, fraction = _read(path, test, sep, None if wanted is None else [*wanted, target], faults)
    chosen = None if table is None else _columns(table, target, wanted, faults)
    if table is None or chosen is None or faults:
        raise StudyError(faults, subject="this table")
    return table, chosen, fraction


def _read(
    source: Any, test: Any, sep: str | None, needed: list[str] | None, faults: Faults
) -> tuple[CsvTable | None, float]:
    """The table, and the fraction to hold out; a second file needs these columns (None: all)."""
    import pandas as pd

    frame = read_frame(source, sep, faults)
    name = name_of(source)
    if as_path(test) is None and not isinstance(test, pd.DataFrame):
        fraction = check_fraction(test, faults) or 0.0
        return None if frame is None else CsvTable(frame, name, None, len(frame)), fraction
    other = read_frame(test, sep, faults)
    if frame is None or other is None:
        return None, 0.0
    test_name = name_of(test)
    if test_name == name:
        test_name = f"the second {name.removeprefix('a ')}"
    columns = [column for column in frame if needed is None or column in needed]
    check_columns(columns, list(other), test_name, "column", faults)
    both = pd.concat([frame, other.reindex(columns=list(frame))], ignore_index=True)
    return CsvTable(both, name, test_name, len(frame)), 0.0


def _columns(
    table: CsvTable, target: str, wanted: list[str] | None, faults: Faults
) -> list[str] | None:
    """The columns to predict from; None after appending faults. Leaves the others out."""
    every = list(table.frame)
    check_columns([target], every, table.name, "target", faults)
    chosen = [name for name in every if name != target] if wanted is None else wanted
    if wanted is not None:
        check_columns(chosen, every, table.name, "feature", faults)
    if not chosen:
        faults.append(f"{table.name} is left with no column to predict from; pass features=[...].")
    if target in chosen:
        faults.append(f"features hold the target {target!r}; leave it out of them.")
    if len(set(chosen)) < len(chosen):
        faults.append(f"features name a column twice: {join_first(chosen)}.")
    if faults:
        return None
    table.frame = table.frame[[*chosen, target]]
    return chosen


def _numbers(
    table: CsvTable, chosen: list[str], target: str, task: str | None, filled: bool, missing: str
) -> tuple[Array, Array, list[str], list[str] | None, int]:
    """Inputs, targets, names of features and classes, and how many rows were left out."""
    faults = Faults()
    dropped = _holes(table, chosen, target, filled, missing, faults)
    if len(table.frame):
        blocks = [features_of(table, name, faults) for name in chosen]
        has_holes = table.frame[target].isna().any()
        y, class_names = (
            (np.zeros(0), None) if has_holes else target_of(table, target, task, faults)
        )
    faults.raise_if_any(f"the table {table.name}")
    x = np.concatenate([block for _, block in blocks], axis=1)
    return x, y, [name for found, _ in blocks for name in found], class_names, dropped


def _holes(
    table: CsvTable, chosen: list[str], target: str, filled: bool, missing: str, faults: Faults
) -> int:
    """Drop rows with holes and count them, or append where holes are."""
    holes = table.frame.isna()
    if missing == "drop":
        whole_rows = ~holes.any(axis=1)
        table.frame = table.frame[whole_rows]
        for name, left in ((table.name, ~table.is_test), (table.test_name, table.is_test)):
            if name is not None and not left.any():
                faults.append(f"every row of {name} has holes, so missing='drop' leaves none.")
        return int((~whole_rows).sum())
    wanted = [target] if filled else [*chosen, target]
    told = [
        f"{name!r} ({format_count(int(marked.sum()), 'hole')}, the first in {table.first(marked)})"
        for name in wanted
        if (marked := holes[name].to_numpy()).any()
    ]
    if told:
        fill = (
            ", or fill them inside the folds (prepare=sklearn.impute.SimpleImputer(), in a "
            "pipeline with a scaler)"
        )
        rows = int(holes[wanted].any(axis=1).sum())
        faults.append(
            f"{format_count(len(told), 'column')} with holes: {', '.join(told)}. Pass "
            f"missing='drop' to leave out {format_count(rows, 'row')}{'' if filled else fill}."
        )
    return 0


def _split(
    table: CsvTable,
    y: Array,
    names: list[str] | None,
    fraction: float,
    task: str | None,
    shuffle: bool,
    faults: Faults,
) -> tuple[Array, Array]:
    """Places of the training rows and of the test rows in what is left of the table."""
    of_test = np.flatnonzero(table.is_test)
    rows = len(y) - len(of_test)
    labels = None
    if fraction and task != "regression":
        labels = class_labels(y, declared=task == "classification")
    train, held_out = hold_out(rows, fraction, labels, faults, names=names, shuffle=shuffle)
    return train, of_test if len(of_test) else held_out
