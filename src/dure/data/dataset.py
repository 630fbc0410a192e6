"""Data: the arrays of a study, converted and checked once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from dure.core.arrays import (
    Array,
    Samples,
    Tree,
    fingerprint,
    is_nested,
    leaf_bytes,
    leaves,
    row_count,
    take_rows,
    whole,
)
from dure.core.conversion.columns import column_names
from dure.core.conversion.samples import make_evaluation_samples, make_samples
from dure.data.class_names import encode_targets, list_class_names
from dure.data.feature_names import settle_feature_names
from dure.data.preprocessing import apply_preparation, check_preparation, fit_preparation
from dure.data.tables import name_columns
from dure.data.text.tokenizer import PADDING, UNKNOWN
from dure.errors import DureError, Faults, did_you_mean

Task = Literal["classification", "regression"]
Kind = Literal["image", "text", "tabular", "series"]


@dataclass(frozen=True, eq=False, repr=False)
class Data:
    """Inputs and targets, and what belongs to them.

    Every array is converted as Keras' `fit` would (floats to float32; integers and booleans stay)
    and is not copied where nothing changes; what a `prepare` sees first stays float64 if it is.
    Lists, tuples and dicts of arrays are several inputs or outputs, as in Keras.

    Arrays on disk (``np.memmap``, h5py, zarr) of more than a quarter of the free memory stay there;
    before training 64 MB of their rows are read, evenly spaced: for checks and the fingerprint.

    Parameters
    ----------
    x
        Inputs, first axis rows.
    y
        Targets with as many rows. None for models that need none. Names of classes (one text a
        row) become labels from 0 on, int64 [rows], in the order of `class_names`. Digits as texts
        are names where pandas' categories, `class_names` or ``task="classification"`` say so.
    test
        ``(x, y)`` or ``(x, y, sample_weight)`` never trained on; kept as a `Samples`. Made like
        the training part: columns of DataFrames by name, numbers of its types where no value
        changes.
    sample_weight
        One weight a row, or what else Keras' `fit` takes; kept as float32.
    prepare
        A transformer in scikit-learn's manner (``fit`` and ``transform``), fitted afresh on the
        training rows of each fold and applied to all rows. For several inputs a list, tuple or
        dict of them, nested as `x` is, None for an input that needs none. With one, `x` may hold
        missing values as long as what comes out holds none, or be raw text: one str a row, for a
        transformer such as `dure.data.TextToSequences`. A table with columns of text, or one
        whose columns a ``ColumnTransformer`` names, is shown to it as the DataFrame it is. It
        stays with the trained models: they take raw rows (`Lane.model`).
    class_names
        A name for each class in the order of the labels, or a dict from label to name or from
        name to label; whole numbers in `y` then are labels. None where `y` holds names: those, as
        sorted texts (pandas' categories in their order, numbers by size); where `y` is a one-hot
        DataFrame: those of its columns.
    feature_names
        A name for each place on the last axis of `x`; for several inputs nested as `x` is. None:
        those of the columns of DataFrames. By these names columns of DataFrames given later (a
        test part, validation data, rows for a trained model with a `prepare`) are found.
    word_index
        For texts in integers: the integer of each word as it stands in `x`. The marks "<pad>",
        "<start>" and "<unknown>" are in it where the coding has them.
    kind
        ``"image"``, ``"text"``, ``"tabular"`` or ``"series"``. None: text for raw text or with a
        `word_index`, else by the axes of `x`: four an image, three a series, otherwise tabular;
        stays None with several inputs.
    task
        ``"classification"`` or ``"regression"``; read from `y` if None. Whole numbers in an
        integer array are labels unless there are more than half as many as rows; so are one-hot
        rows and floats that are all 0 or 1 (or all -1 or 1). For classification folds are
        stratified.
    source
        Where the data come from, one line.
    excerpt
        Whether they are only part of what `source` names.
    time_gap
        For rows in order of time, such as windows over a series: how many rows on either side of
        a row may share values with it. Validation then always comes after training in time, with
        so many rows left out between them. None: rows are independent.

    Raises
    ------
    StudyError
        Everything that is wrong at once: wrong types, rows that disagree, values that are NaN
        or infinite, empty arrays, a test part of other shapes, weights that do not fit, a
        `prepare` without ``fit`` and ``transform``, text without a `prepare`, names that do not
        match the classes or features.

    Examples
    --------
    >>> x, y = np.zeros((6, 2)), np.array([0, 1, 0, 1, 0, 1])
    >>> small = dure.Data(x, y, class_names=["no", "yes"], source="made up")
    >>> small
    Data(x=float32[6, 2], y=int64[6], classification, made up)
    """

    x: Tree
    y: Tree | None = None
    test: Any = None
    sample_weight: Tree | None = None
    prepare: Any = None
    class_names: Any = None
    feature_names: Any = None
    word_index: Mapping[str, int] | None = None
    kind: Kind | None = None
    task: Task | None = None
    source: str | None = None
    excerpt: bool = False
    time_gap: int | None = None

    def __post_init__(self) -> None:
        faults = Faults()
        columns = (column_names(self.x), column_names(self.y))
        class_names = list_class_names(self.class_names, faults)
        targets = encode_targets(self.y, self.test, class_names, self.task, faults)
        self._set(class_names=targets.class_names)
        self._set(prepare=name_columns(self.prepare, self.x))
        named = {"x": self.x, "y": targets.y, "sample_weight": self.sample_weight}
        train = make_samples(named, faults, prepare=self.prepare)
        test = targets.test
        if test is not None:
            test = make_evaluation_samples(
                test, "test", train, faults, prepare=self.prepare, columns=columns
            )
        check_preparation(self.prepare, None if train is None else train.x, faults)
        self._check_choice("kind", Kind, faults)
        if self.time_gap is not None and (whole(self.time_gap) is None or self.time_gap < 0):
            faults.append(
                f"time_gap is {self.time_gap!r}; pass a number of rows from 0 on, or None."
            )
        if train is not None:
            self._set(x=train.x, y=train.y, sample_weight=train.weight, test=test)
            self._name_classes(columns[1])
            self._settle_task(faults)
            self._settle_kind(faults)
            names = settle_feature_names(self.feature_names, columns[0], train.x, faults)
            self._set(feature_names=names)
        faults.raise_if_any("this data")

    def _set(self, **values: Any) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def _check_choice(self, name: str, choices: Any, faults: Faults) -> bool:
        given, known = getattr(self, name), get_args(choices)
        if given is None or given in known:
            return True
        faults.append(
            f"{name} is {given!r}; pass one of {list(known)} or None."
            f"{did_you_mean(str(given), known)}"
        )
        return False

    def _settle_kind(self, faults: Faults) -> None:
        if is_nested(self.x):
            return
        if self.kind is None:
            by_axes = {4: "image", 3: "series"}
            is_text = (self.x.dtype.kind == "O" and self.x.ndim == 1) or self.word_index is not None
            self._set(kind="text" if is_text else by_axes.get(self.x.ndim, "tabular"))

    def _name_classes(self, columns: Any) -> None:
        """Names of one-hot columns are those of the classes, where no others are given."""
        if self.class_names is not None or columns is None or is_nested(self.y):
            return
        one_hot = self.labels is not None and self.y is not None and self.y.ndim == 2
        if one_hot and len(columns) > 1:
            self._set(class_names=columns)

    def _settle_task(self, faults: Faults) -> None:
        if not self._check_choice("task", Task, faults):
            return
        labels = self.labels
        if labels is None and self.class_names is not None and self.task is None:
            y = None if is_nested(self.y) else self.y
            labels = None if y is None else class_labels(y, declared=True)
            if labels is not None:
                self._set(task="classification", labels=labels)
        if self.task == "classification" and labels is None:
            faults.append(
                "task is 'classification', but y is not one label a row (whole numbers, or "
                "one-hot rows). Pass such a y, or leave task out."
            )
        if self.task is None and self.y is not None and not is_nested(self.y):
            self._set(task="regression" if labels is None else "classification")
        if self.class_names is not None:
            self._check_class_names(labels, faults)

    def _check_class_names(self, labels: npt.NDArray[np.int64] | None, faults: Faults) -> None:
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
        """The class of each row, shape [rows]; None where `y` holds no classes.

        Examples
        --------
        >>> small.labels
        array([0, 1, 0, 1, 0, 1])
        """
        if self.y is None or is_nested(self.y) or self.task == "regression":
            return None
        return class_labels(self.y, declared=self.task == "classification")

    @property
    def rows(self) -> int:
        """Rows to train and validate on; those of `test` come on top.

        Examples
        --------
        >>> small.rows
        6
        """
        return row_count(self.x)

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays, those of `test` included.

        Examples
        --------
        >>> small.nbytes
        96
        """
        trees = [tree for tree in self._trees().values() if tree is not None]
        return sum(leaf_bytes(leaf) for tree in trees for _, leaf in leaves(tree, ""))

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 (hexadecimal) over every array's place, type, shape and bytes.

        Examples
        --------
        >>> len(small.fingerprint)
        64
        """
        return fingerprint(self._trees())

    def _trees(self) -> dict[str, Tree | None]:
        named = {"x": self.x, "y": self.y, "sample_weight": self.sample_weight}
        test = self.test or (None, None, None)
        return {**named, **{f"test[{i}]": tree for i, tree in enumerate(test)}}

    def take(self, rows: Any) -> Data:
        """The same data with only these rows (integers, booleans or a slice); `test` is kept.

        Examples
        --------
        >>> small.take([0, 2]).y
        array([0, 0])
        """
        return replace(
            self,
            x=take_rows(self.x, rows),
            y=take_rows(self.y, rows),
            sample_weight=take_rows(self.sample_weight, rows),
        )

    def decode(self, tokens: npt.ArrayLike) -> str:
        """A text in integers as words again, joined by blanks.

        Parameters
        ----------
        tokens
            Integers, shape [length], such as a row of `x`. Padding is left out; an integer that
            stands for no word becomes ``"<unknown>"``.

        Raises
        ------
        DureError
            If the data have no `word_index`.

        Examples
        --------
        >>> index = {"<pad>": 0, "good": 1, "film": 2}
        >>> words = dure.Data(np.array([[1, 2, 0]]), np.array([1.0]), word_index=index)
        >>> words.decode(words.x[0])
        'good film'
        """
        if self.word_index is None:
            raise DureError(
                "these data have no word_index, so integers cannot be turned into words: "
                f"{self!r}. Raw text (dure.data.from_texts) needs no decoding."
            )
        words = self._words
        pad = self.word_index.get(PADDING)
        flat = np.asarray(tokens).reshape(-1).tolist()
        return " ".join(words.get(token, UNKNOWN) for token in flat if token != pad)

    @cached_property
    def _words(self) -> dict[int, str]:
        return {number: word for word, number in (self.word_index or {}).items()}

    def prepared(self, train_rows: npt.ArrayLike) -> tuple[Tree, Tree | None]:
        """`x` and the test inputs, transformed by `prepare` fitted on `train_rows` only.

        Without a `prepare` both come back as they are. Transformers see two axes: further ones
        are flattened before, and restored after when the width did not change; otherwise the
        result stays [rows, width]. Results are float32, or integers where the transformer makes
        integers.

        Raises
        ------
        StudyError
            If a transformer changes the number of rows or leaves values that are NaN or infinite.

        Examples
        --------
        >>> from sklearn.preprocessing import StandardScaler
        >>> scaled = dure.Data(np.eye(4), np.zeros(4), prepare=StandardScaler())
        >>> x, test_x = scaled.prepared([0, 1, 2])
        >>> x.shape, test_x
        ((4, 4), None)
        """
        part: Samples | None = self.test
        test_x = None if part is None else part.x
        if self.prepare is None:
            return self.x, test_x
        fitted = fit_preparation(self.prepare, self.x, self.y, np.asarray(train_rows))
        x = apply_preparation(fitted, self.x, "x")
        return x, None if test_x is None else apply_preparation(fitted, test_x, "test[0]")

    def __repr__(self) -> str:
        shown = [
            f"{path}={_name_of_kind(leaf)}{list(leaf.shape)}" for path, leaf in leaves(self.x, "x")
        ]
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


def _name_of_kind(leaf: Array) -> str:
    return str(leaf.dtype) if leaf.dtype.kind != "O" else "text" if leaf.ndim == 1 else "table"


def class_labels(y: Array, *, declared: bool = False) -> npt.NDArray[np.int64] | None:
    """The class of each row, or None where targets are no classes.

    Classes are: booleans; integers of which there are at most half as many as rows; one-hot
    rows; floats that are all 0 or 1, or all -1 or 1. With `declared`, any whole numbers.
    """
    if not isinstance(y, np.ndarray):  # it stays on disk
        return None
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
