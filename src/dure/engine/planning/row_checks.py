"""What a study's rows ask of each of its models, looked for before anything trains."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from dure.core.arrays import Array, Arrays, Rows, Samples, Tree, leaves, take_rows
from dure.core.backend import jax, keras
from dure.keras_bridge.functional import Lowered, state_of
from dure.keras_bridge.misfits import explain_misfit
from dure.keras_bridge.model_state import Batch
from dure.keras_bridge.target_faults import find_target_faults

_BLOCK = 1 << 22


def first_batch(rows: Arrays, batch_size: int) -> Batch:
    """Shapes of a training batch."""

    def cut(shape: Any) -> Any:
        size = min(batch_size, shape.shape[0])
        return jax.ShapeDtypeStruct((size, *shape.shape[1:]), shape.dtype)

    x, y, weight = (jax.tree.map(cut, p) for p in (rows.x, rows.y, rows.train_weight))
    return x, y, weight


class RowChecks:
    """The rows of a study that its models are tried on.

    Parameters
    ----------
    arrays
        All its rows, as given.
    rows
        Their shapes, as programs see them.
    test
        Its test part.
    train
        The rows that train.
    prepared
        Whether a preparation comes first: it leaves no NaN, and gives test rows the shape of
        training rows.
    sizes
        Rows of a batch in training and in evaluation.

    Attributes
    ----------
    batch
        Shapes of a training batch.
    targets
        All targets a model will be judged by, by what faults of them begin with.
    """

    def __init__(
        self,
        arrays: Arrays,
        rows: Arrays,
        test: Samples | None,
        train: Rows,
        prepared: bool,
        sizes: tuple[int, int],
    ) -> None:
        self.batch = first_batch(rows, sizes[0])
        given = {"validation_data: ": arrays.apart, "test: ": test}
        self.targets: dict[str, Tree] = {
            "": arrays.y,
            **{lead: part.y for lead, part in given.items() if part is not None},
        }
        self._evaluated = {"validation_data: ": rows.apart, "test: ": None if prepared else test}
        self._arrays, self._evaluation_size = arrays, sizes[1]
        self._with_nan = train[:0] if prepared else find_rows_with_nan(arrays.x, train, sizes[0])

    def find_target_faults(self, model: keras.Model) -> list[str]:
        """Targets that no output of a model made ready can stand for, one sentence each."""
        return [
            lead + fault
            for lead, y in self.targets.items()
            for fault in find_target_faults(model, y)
        ]

    def find_faults(self, lowered: Lowered) -> list[str]:
        """Why a model cannot be trained or evaluated on these rows, one sentence each."""
        found = [
            lead + fault
            for lead, part in self._evaluated.items()
            if part is not None
            for fault in find_evaluation_faults(
                lowered, self.batch, tuple(part), self._evaluation_size
            )
        ]
        if len(self._with_nan):
            batch = (self._arrays.x, self._arrays.y, self._arrays.train_weight)
            found += find_nan_faults(lowered, batch, self._with_nan)
        return found


def find_evaluation_faults(lowered: Lowered, trained: Batch, other: Batch, size: int) -> list[str]:
    """Why rows that are not like the training rows cannot be evaluated; empty where they can.

    Rows of another length, another kind of number or nesting may be just what a network takes:
    Keras' own evaluation is traced for them, and nothing computed.

    Parameters
    ----------
    trained
        A training batch, or its shapes.
    other
        Inputs, targets and weights to be evaluated, or their shapes.
    size
        Rows of a batch.
    """
    batch = jax.tree.map(lambda leaf: _shape(leaf, min(size, leaf.shape[0])), other)
    if _kinds(batch) == _kinds(trained):
        return []
    state, metrics = state_of(lowered.model), lowered.initial_metrics
    try:
        jax.eval_shape(lambda rows: lowered.test_step(state, metrics, rows), batch)
    except Exception as error:
        return [explain_misfit(lowered.model, batch[0], batch[1], error)]
    return []


def _shape(leaf: Any, rows: int) -> Any:
    dtype = jax.dtypes.canonicalize_dtype(leaf.dtype)
    return jax.ShapeDtypeStruct((rows, *leaf.shape[1:]), dtype)


def _kinds(batch: Batch) -> Any:
    """Nesting, row shapes and types of a batch's inputs and targets."""
    flat, nesting = jax.tree.flatten(tuple(batch)[:2])
    return [(leaf.shape[1:], np.dtype(leaf.dtype)) for leaf in flat], nesting


def find_nan_faults(lowered: Lowered, rows: Batch, places: Rows) -> list[str]:
    """That the network hands NaN of its inputs on, so that training could only lose itself.

    The loss of rows with NaN is computed once, with the first weights: a layer or loss that leaves
    them out is fine.

    Parameters
    ----------
    rows
        Inputs, targets and weights as NumPy arrays.
    places
        Rows whose inputs hold NaN, from :func:`find_rows_with_nan`.
    """
    batch = tuple(take_rows(tree, places) for tree in rows)
    state, step = state_of(lowered.model), jax.jit(lowered.test_step)
    try:
        _, metrics = step(state, lowered.initial_metrics, batch)
    except Exception:  # a model with a train_step of its own need have nothing to be evaluated by
        return []
    if not np.isnan(np.asarray(lowered.results(metrics, testing=True).get("loss", 0))):
        return []
    path = next(path for path, leaf in leaves(batch[0], "x") if _holds_nan(leaf).any())
    return [
        f"{path} holds NaN, first in row {int(places[0])} (counted from 0), and the loss of such "
        "rows is NaN, so that every weight would be NaN after their first step. Fill them "
        "(Data(..., prepare=sklearn.impute.SimpleImputer())) or drop such rows; a network that is "
        "to take NaN needs a layer that replaces them, such as "
        "keras.layers.Lambda(keras.ops.nan_to_num)."
    ]


def find_rows_with_nan(x: Tree, rows: Rows, most: int) -> Rows:
    """The first of these rows whose inputs hold NaN, at most so many; in blocks, without a copy."""
    found: list[Rows] = [rows[:0]]
    for _, leaf in leaves(x, "x"):
        step = max(1, _BLOCK * len(leaf) // leaf.size)
        floats = leaf.dtype.kind == "f"
        for start in range(0, len(rows) if floats else 0, step):
            block = rows[start : start + step]
            found.append(block[_holds_nan(leaf[block])])
            if sum(map(len, found)) >= most:
                return np.unique(np.concatenate(found))[:most]
    return np.unique(np.concatenate(found))


def _holds_nan(leaf: Array) -> npt.NDArray[np.bool_]:
    """Which rows hold NaN."""
    if leaf.dtype.kind != "f":
        return np.zeros(len(leaf), bool)
    return np.asarray(np.isnan(leaf).reshape(len(leaf), -1).any(axis=1))
