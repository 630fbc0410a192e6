"""Data: the arrays of a study, converted and checked once."""

from __future__ import annotations

import copy
import inspect
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from dure._arrays import (
    Array,
    Part,
    Tree,
    check_finite,
    fingerprint,
    is_nested,
    leaves,
    make_evaluation_part,
    make_part,
    row_count,
    take_rows,
)
from dure._errors import StudyError, did_you_mean

Task = Literal["classification", "regression"]


@dataclass(frozen=True, eq=False, repr=False)
class Data:
    """Inputs and targets, and what belongs to them.

    Every array is converted as Keras' `fit` would (floats to float32; integers and booleans
    stay) and is not copied where nothing changes. Lists, tuples and dicts of arrays are several
    inputs or outputs, as in Keras.

    Parameters
    ----------
    x
        Inputs, first axis rows.
    y
        Targets with as many rows. None for models that need none.
    test
        ``(x, y)`` or ``(x, y, sample_weight)`` never trained on; kept as a `Part`.
    sample_weight
        One weight a row, or what else Keras' `fit` takes; kept as float32.
    prepare
        A transformer in scikit-learn's manner (``fit`` and ``transform``), fitted afresh on the
        training rows of each fold and applied to all rows. For a single input. With one, `x` may
        hold missing values as long as what comes out holds none.
    class_names
        A name for each class, in the order of the labels.
    word_index
        For texts: the integer of each word.
    task
        ``"classification"`` or ``"regression"``; read from `y` if None. Whole numbers in an
        integer array are labels unless there are more than half as many as rows; so are one-hot
        rows and floats that are all 0 or 1 (or all -1 or 1). For classification folds are
        stratified.
    source
        Where the data come from, one line.
    excerpt
        Whether they are only part of what `source` names.

    Raises
    ------
    StudyError
        Everything that is wrong at once: wrong types, rows that disagree, values that are NaN
        or infinite, empty arrays, a test part of other shapes, weights that do not fit, a
        `prepare` without ``fit`` and ``transform``, names that do not match the classes.
    """

    x: Tree
    y: Tree | None = None
    test: Any = None
    sample_weight: Tree | None = None
    prepare: Any = None
    class_names: Sequence[str] | None = None
    word_index: Mapping[str, int] | None = None
    task: Task | None = None
    source: str | None = None
    excerpt: bool = False

    def __post_init__(self) -> None:
        faults: list[str] = []
        named = {"x": self.x, "y": self.y, "sample_weight": self.sample_weight}
        finite_x = self.prepare is None
        train = make_part(named, faults, finite_x=finite_x)
        test = self.test
        if test is not None:
            test = make_evaluation_part(test, "test", train, faults, finite_x=finite_x)
        self._check_prepare(train is not None, faults)
        if train is not None:
            self._set(x=train.x, y=train.y, sample_weight=train.weight, test=test)
            self._settle_kind(faults)
        if faults:
            raise StudyError(faults, subject="this data")

    def _set(self, **values: Any) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def _check_prepare(self, sound: bool, faults: list[str]) -> None:
        if self.prepare is None:
            return
        if isinstance(self.prepare, type):
            name = self.prepare.__name__
            faults.append(f"prepare is the class {name}; pass an instance: {name}().")
        elif not (hasattr(self.prepare, "fit") and hasattr(self.prepare, "transform")):
            faults.append(
                f"prepare is of type {type(self.prepare).__name__} and has not both fit and "
                "transform; pass a transformer such as sklearn.preprocessing.StandardScaler()."
            )
        if sound and is_nested(self.x):
            faults.append(
                "prepare works on a single input and x has several; prepare them beforehand, "
                "or inside the model (keras.layers.Normalization)."
            )

    def _settle_kind(self, faults: list[str]) -> None:
        if self.task is not None and self.task not in get_args(Task):
            faults.append(
                f"task is {self.task!r}; pass one of {list(get_args(Task))} or None."
                f"{did_you_mean(str(self.task), get_args(Task))}"
            )
            return
        labels = self.labels
        if self.task == "classification" and labels is None:
            faults.append(
                "task is 'classification', but y is not one label a row (whole numbers, or "
                "one-hot rows). Pass such a y, or leave task out."
            )
        if self.task is None and self.y is not None and not is_nested(self.y):
            self._set(task="regression" if labels is None else "classification")
        if self.class_names is not None:
            self._set(class_names=tuple(self.class_names))
            self._check_class_names(labels, faults)

    def _check_class_names(self, labels: npt.NDArray[np.int64] | None, faults: list[str]) -> None:
        names = tuple(self.class_names or ())
        if labels is None:
            faults.append("class_names are given, but y holds no labels; leave them out.")
            return
        width = self.y.shape[-1] if self.y is not None and self.y.ndim == 2 else 1
        if width > 1 and len(names) != width:
            faults.append(f"{len(names)} class_names came, y has {width} classes; pass {width}.")
        elif width == 1 and not 0 <= int(labels.min()) <= int(labels.max()) < len(names):
            faults.append(
                f"{len(names)} class_names came, y holds labels from {labels.min()} to "
                f"{labels.max()}; pass a name for each label from 0 on."
            )

    @cached_property
    def labels(self) -> npt.NDArray[np.int64] | None:
        """The class of each row, shape [rows]; None where `y` holds no classes."""
        if self.y is None or is_nested(self.y) or self.task == "regression":
            return None
        return class_labels(self.y, declared=self.task == "classification")

    @property
    def rows(self) -> int:
        """Rows to train and validate on; those of `test` come on top."""
        return row_count(self.x)

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays, those of `test` included."""
        trees = [tree for tree in self._trees().values() if tree is not None]
        return sum(leaf.nbytes for tree in trees for _, leaf in leaves(tree, ""))

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 (hexadecimal) over every array's place, type, shape and bytes."""
        return fingerprint(self._trees())

    def _trees(self) -> dict[str, Tree | None]:
        named = {"x": self.x, "y": self.y, "sample_weight": self.sample_weight}
        test = self.test or (None, None, None)
        return {**named, **{f"test[{i}]": tree for i, tree in enumerate(test)}}

    def take(self, rows: Any) -> Data:
        """The same data with only these rows (integers, booleans or a slice); `test` is kept."""
        return replace(
            self,
            x=take_rows(self.x, rows),
            y=take_rows(self.y, rows),
            sample_weight=take_rows(self.sample_weight, rows),
        )

    def prepared(self, train_rows: npt.ArrayLike) -> tuple[Tree, Tree | None]:
        """`x` and the test inputs, transformed by `prepare` fitted on these rows only.

        Without a `prepare` both come back as they are. See `transformed` for shapes.
        """
        part: Part | None = self.test
        test_x = None if part is None else part.x
        if self.prepare is None:
            return self.x, test_x
        return transformed(self.prepare, self.x, self.y, np.asarray(train_rows), test_x)

    def __repr__(self) -> str:
        shown = [f"{path}={leaf.dtype}{list(leaf.shape)}" for path, leaf in leaves(self.x, "x")]
        if self.y is not None:
            shown += [
                f"{path}={leaf.dtype}{list(leaf.shape)}" for path, leaf in leaves(self.y, "y")
            ]
        if self.test is not None:
            shown.append(f"test={row_count(self.test.x)} rows")
        if self.task is not None:
            shown.append(self.task)
        if self.source is not None:
            shown.append(self.source)
        return f"Data({', '.join(shown)})"


def class_labels(y: Array, *, declared: bool = False) -> npt.NDArray[np.int64] | None:
    """The class of each row, or None where targets are no classes.

    Classes are: booleans; integers of which there are at most half as many as rows; one-hot
    rows; floats that are all 0 or 1, or all -1 or 1. With `declared`, any whole numbers.
    """
    if y.ndim == 2 and y.shape[1] > 1:
        hot = (y == 1).sum(axis=1) == 1
        zeros = (y == 0).sum(axis=1) == y.shape[1] - 1
        return y.argmax(axis=1).astype(np.int64) if bool(np.all(hot & zeros)) else None
    if y.ndim > 2:
        return None
    values = y.reshape(-1)
    if values.dtype.kind == "f" and not np.array_equal(values, np.round(values)):
        return None
    labels = values.astype(np.int64)
    if declared or values.dtype.kind == "b":
        return labels
    present = np.unique(labels)
    if values.dtype.kind == "f":
        are_classes = bool(np.isin(present, (0, 1)).all() or np.isin(present, (-1, 1)).all())
    else:
        are_classes = present.size <= max(2, len(labels) // 2)
    return labels if are_classes else None


def transformed(
    prepare: Any, x: Array, y: Tree | None, train_rows: Array, test_x: Array | None
) -> tuple[Tree, Tree | None]:
    """`x` and `test_x` transformed by a fresh copy of `prepare` fitted on the training rows.

    Parameters
    ----------
    prepare
        Has ``fit`` and ``transform``. A scikit-learn estimator is cloned, anything else copied
        deeply. ``fit`` is given the targets of the training rows too if it has an argument `y`.
    x, test_x
        Shape [rows, ...]. Transformers see two axes: further ones are flattened before, and
        restored after when the width did not change; otherwise the result stays [rows, width].
    train_rows
        Indices into `x`; no other row is seen by ``fit``.

    Returns
    -------
    Both as float32; None stays None. The same on every call: what the transformer draws from
    NumPy's global random state is drawn from a fixed seed, and that state is put back.

    Raises
    ------
    StudyError
        If ``transform`` changes the number of rows or leaves values that are NaN or infinite.
    """
    fresh = _fresh(prepare)
    arguments = [_two_axes(x[train_rows])]
    if y is not None and not is_nested(y) and "y" in inspect.signature(fresh.fit).parameters:
        arguments.append(
            y[train_rows].reshape(-1) if y.ndim == 2 and y.shape[1] == 1 else y[train_rows]
        )
    state = np.random.get_state()
    np.random.seed(0)
    try:
        fresh.fit(*arguments)
        faults: list[str] = []
        outs = [
            None if part is None else _apply(fresh, part, name, faults)
            for name, part in (("x", x), ("test[0]", test_x))
        ]
    finally:
        np.random.set_state(state)
    if faults:
        raise StudyError(faults, subject=f"the preparation by {type(prepare).__name__}")
    return outs[0], outs[1]


def _fresh(prepare: Any) -> Any:
    # Whoever passes a scikit-learn estimator has imported scikit-learn.
    base = sys.modules.get("sklearn.base")
    if base is not None and isinstance(prepare, base.BaseEstimator):
        return base.clone(prepare)
    return copy.deepcopy(prepare)


def _two_axes(array: Array) -> Array:
    return array.reshape(len(array), -1)


def _apply(transformer: Any, array: Array, name: str, faults: list[str]) -> Array | None:
    made = transformer.transform(_two_axes(array))
    made = made.toarray() if hasattr(made, "toarray") else made
    out = np.asarray(made).astype(np.float32, copy=False)
    if out.ndim == 0 or out.shape[0] != array.shape[0]:
        faults.append(
            f"{type(transformer).__name__}.transform made shape {out.shape} of "
            f"{array.shape[0]} rows of {name}; it must keep the rows."
        )
        return None
    check_finite(out, f"{name} after {type(transformer).__name__}", faults)
    same_width = out.size == array.size
    return out.reshape(array.shape) if same_width else _two_axes(out)
