"""What can be said of a study's arrays before anything trains: sizes, spreads, classes, chance.

Plain numbers for the run folder's manifest. Read in blocks, so that no second copy of the data
ever exists, and from at most `MOST_VALUES` values of each array.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from dure.core.arrays import Array, Tree, is_nested, leaves
from dure.core.types import Floats
from dure.data.dataset import class_labels

MOST_VALUES = 1 << 25
"""Values of an array that are looked at; of larger ones rows evenly spaced over all of them."""

_BLOCK = 1 << 20
_MOST_JUDGED = 1 << 22
_MOST_CLASSES = 10_000
_FIGURES = (
    "min",
    "max",
    "mean",
    "std",
    "feature_std_min",
    "feature_std_max",
    "feature_size_min",
    "feature_size_max",
    "constant_features",
)

Facts = dict[str, Any]

RowsOf = tuple[Tree | None, npt.ArrayLike]
"""Arrays, and the indices of the rows among them that are meant."""


def describe_inputs(x: Tree, rows: npt.ArrayLike) -> list[Facts]:
    """Figures of each input array over the given rows.

    Parameters
    ----------
    x
        One array, or a tree of them; first axis rows.
    rows
        Indices of the rows to look at: those that train.

    Returns
    -------
    For each array: `name` (such as "x" or "x['left']"), `dtype`, `shape` (of one row), `rows`
    (looked at), `integers` (whether every value is a whole number), `min`, `max`, `mean`, `std`;
    of its features (places on the last axis; one where a row is a single value), leaving out those
    that are constant: `feature_std_min`, `feature_std_max`, `feature_size_min` and
    `feature_size_max` (a feature's size is its largest absolute value), and `constant_features`,
    how many are. Where every feature is constant the four are None. Rows (or steps) with NaN or
    infinite values are left out; where none is left, every figure is None.
    """
    index = np.asarray(rows)
    return [{"name": name, **_describe_array(leaf, index)} for name, leaf in leaves(x, "x")]


def describe_shapes(x: Tree) -> list[Facts]:
    """As `describe_inputs` where only shapes and types are known; every figure is None.

    Parameters
    ----------
    x
        A tree of anything with `shape` (rows first) and `dtype`.
    """
    return [
        {
            "name": name,
            "dtype": str(leaf.dtype),
            "shape": [int(n) for n in leaf.shape[1:]],
            "rows": 0,
            "integers": np.dtype(leaf.dtype).kind in "iub",
            **dict.fromkeys(_FIGURES),
        }
        for name, leaf in leaves(x, "x")
    ]


def _describe_array(array: Array, rows: npt.NDArray[Any]) -> Facts:
    width = array.shape[-1] if array.ndim > 1 else 1
    per_row = max(1, int(np.prod(array.shape[1:], dtype=np.int64)))
    rows = _evenly(rows, max(1, MOST_VALUES // per_row))
    figures = _Figures(width)
    step = max(1, _BLOCK // per_row)
    for start in range(0, len(rows), step):
        figures.add(array[rows[start : start + step]].reshape(-1, width))
    return {
        "dtype": str(array.dtype),
        "shape": [int(n) for n in array.shape[1:]],
        "rows": len(rows),
        **figures.describe(),
    }


def _evenly(rows: npt.NDArray[Any], most: int) -> npt.NDArray[Any]:
    """At most so many of the rows, evenly spaced."""
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).astype(np.intp)]


class _Figures:
    """Means and spreads of features, joined block by block.

    Chan, Golub & LeVeque (1979), "Updating formulae and a pairwise algorithm for computing sample
    variances": sums of squares about each block's own mean lose no digits.
    """

    def __init__(self, width: int) -> None:
        self.count = 0
        self.mean: Floats = np.zeros(width)
        self.squares: Floats = np.zeros(width)
        self.low: Floats = np.full(width, np.inf)
        self.high: Floats = np.full(width, -np.inf)
        self.integers = True

    def add(self, block: Array) -> None:
        values = block.astype(np.float64)
        finite = np.isfinite(values).all(axis=1)
        if not finite.all():
            block, values = block[finite], values[finite]
        if not len(values):
            return
        count, mean = len(values), values.mean(axis=0)
        apart, together = mean - self.mean, self.count + count
        self.squares += ((values - mean) ** 2).sum(axis=0)
        self.squares += apart**2 * (self.count * count / together)
        self.mean += apart * (count / together)
        self.count = together
        self.low = np.minimum(self.low, values.min(axis=0))
        self.high = np.maximum(self.high, values.max(axis=0))
        whole = block.dtype.kind in "iub" or bool(np.all(values == np.round(values)))
        self.integers = self.integers and whole

    def describe(self) -> Facts:
        if not self.count:
            return {"integers": False, **dict.fromkeys(_FIGURES)}
        varied = self.high > self.low
        spread = np.sqrt(self.squares / self.count)
        mean = float(self.mean.mean())
        variance = float((spread**2).mean() + ((self.mean - mean) ** 2).mean())
        size = np.maximum(np.abs(self.low), np.abs(self.high))
        known = bool(varied.any())
        return {
            "integers": self.integers,
            "min": float(self.low.min()),
            "max": float(self.high.max()),
            "mean": mean,
            "std": float(np.sqrt(variance)),
            "feature_std_min": float(spread[varied].min()) if known else None,
            "feature_std_max": float(spread[varied].max()) if known else None,
            "feature_size_min": float(size[varied].min()) if known else None,
            "feature_size_max": float(size[varied].max()) if known else None,
            "constant_features": int(np.count_nonzero(~varied)),
        }


def describe_targets(y: Tree | None, rows: npt.ArrayLike, classes: bool) -> Facts:
    """Figures of the targets over the given rows.

    Parameters
    ----------
    y
        Targets; None and nested ones (several outputs) are told by their kind only.
    rows
        Indices of the rows to look at: those that train.
    classes
        Whether they are classes (`Data.task`).

    Returns
    -------
    `kind`: "classes" (a label a row), "one-hot", "numbers", "several" (nested) or "none";
    `labels` and `counts` of classes, in ascending order of labels (one-hot: every column);
    `mean`, `std`, `min`, `max` of numbers and labels, `columns` of a row.
    """
    blank = dict.fromkeys(("labels", "counts", "mean", "std", "min", "max", "columns"))
    if y is None or is_nested(y):
        return {"kind": "none" if y is None else "several", **blank}
    index = np.asarray(rows)
    labels = class_labels(y, declared=True) if classes else None
    hot = y.ndim == 2 and y.shape[1] > 1 and labels is not None
    part = _describe_array(y, index)
    facts: Facts = {"kind": "one-hot" if hot else "numbers" if labels is None else "classes"}
    facts |= {**blank, **{key: part[key] for key in ("mean", "std", "min", "max")}}
    facts["columns"] = int(np.prod(y.shape[1:], dtype=np.int64))
    if labels is not None:
        present, counts = np.unique(labels[index], return_counts=True)
        if hot:
            counts = np.bincount(labels[index], minlength=y.shape[1])
            present = np.arange(y.shape[1])
        if len(present) <= _MOST_CLASSES:
            facts |= {"labels": present.tolist(), "counts": counts.tolist()}
    return facts


def chance(train: RowsOf, judged: RowsOf, classes: bool) -> Facts:
    """What one gets who never looks at the inputs: the best constant answer of the training rows.

    Parameters
    ----------
    train, judged
        Targets, and the indices of the rows among them: those the constant is chosen on, and those
        it is judged on.
    classes
        Whether targets are classes.

    Returns
    -------
    `accuracy` of always saying the commonest class (None where targets are no classes), and
    `loss` by Keras' names of losses. Cross-entropies are those of the class frequencies (for
    binary ones of one-hot targets the mean over columns); a class of the judged rows that never
    trains counts with a probability of 1e-7, Keras' own limit. Squared and absolute error are
    those of the mean and the median of each column. Empty where targets are nested, missing, or of
    different widths; rows whose targets are NaN or infinite are left out.
    """
    (y, rows), (other, other_rows) = train, judged
    nothing: Facts = {"accuracy": None, "loss": {}}
    if y is None or other is None or is_nested(y) or is_nested(other):
        return nothing
    columns, others = (targets.reshape(len(targets), -1) for targets in (y, other))
    most = max(1, _MOST_JUDGED // max(columns.shape[1], others.shape[1]))
    at = _finite_rows(columns, _evenly(np.asarray(rows), most))
    on = _finite_rows(others, _evenly(np.asarray(other_rows), most))
    if not len(at) or not len(on) or columns.shape[1] != others.shape[1]:
        return nothing
    first, second = columns[at].astype(np.float64), others[on].astype(np.float64)
    loss = {
        "mean_squared_error": float(np.mean((second - first.mean(axis=0)) ** 2)),
        "mean_absolute_error": float(np.mean(np.abs(second - np.median(first, axis=0)))),
    }
    labels, held_out = (class_labels(t, declared=True) if classes else None for t in (y, other))
    if labels is None or held_out is None:
        return {"accuracy": None, "loss": loss}
    width = y.ndim > 1 and y.shape[1]
    return {
        "accuracy": float(np.mean(held_out[on] == _commonest(labels[at]))),
        "loss": {**loss, **_cross_entropies(labels[at], held_out[on], width)},
    }


def _finite_rows(columns: Array, rows: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if columns.dtype.kind != "f":
        return rows
    finite: npt.NDArray[np.bool_] = np.isfinite(columns[rows]).all(axis=1)
    return rows[finite]


def _commonest(labels: npt.NDArray[np.int64]) -> int:
    present, counts = np.unique(labels, return_counts=True)
    return int(present[counts.argmax()])


def _cross_entropies(
    first: npt.NDArray[np.int64], second: npt.NDArray[np.int64], columns: int
) -> Mapping[str, float]:
    present, counts = np.unique(first, return_counts=True)
    share = dict(zip(present.tolist(), (counts / counts.sum()).tolist(), strict=True))
    judged, times = np.unique(second, return_counts=True)
    found = np.array([share.get(label, 0.0) for label in judged.tolist()])
    value = float(-(times / times.sum()) @ np.log(np.maximum(found, 1e-7)))
    out = {"sparse_categorical_crossentropy": value, "categorical_crossentropy": value}
    if columns and columns > 1:
        p = np.clip([share.get(k, 0.0) for k in range(columns)], 1e-7, 1 - 1e-7)
        q = np.bincount(second, minlength=columns) / len(second)
        each = q * np.log(p) + (1 - q) * np.log1p(-p)
        out["binary_crossentropy"] = float(-np.mean(each))
    elif set(share) | set(judged.tolist()) <= {0, 1}:
        out["binary_crossentropy"] = value
    return out
