"""Preparation of inputs: a transformer fitted on training rows, applied to all rows."""

from __future__ import annotations

import copy
import inspect
import sys
from typing import Any

import numpy as np

from dure.core.array_checks import check_finite
from dure.core.arrays import Array, Tree, is_nested
from dure.errors import Faults


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
        Raw text is shown as it is, shape [rows].
    train_rows
        Indices into `x`; no other row is seen by ``fit``.

    Returns
    -------
    Both as float32, or integers where the transformer makes integers; None stays None. The same
    on every call: what the transformer draws from NumPy's global random state is drawn from a
    fixed seed, and that state is put back.

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
        faults = Faults()
        outs = [
            None if part is None else _apply(fresh, part, name, faults)
            for name, part in (("x", x), ("test[0]", test_x))
        ]
    finally:
        np.random.set_state(state)
    faults.raise_if_any(f"the preparation by {type(prepare).__name__}")
    return outs[0], outs[1]


def _fresh(prepare: Any) -> Any:
    # Whoever passes a scikit-learn estimator has imported scikit-learn.
    base = sys.modules.get("sklearn.base")
    if base is not None and isinstance(prepare, base.BaseEstimator):
        return base.clone(prepare)
    return copy.deepcopy(prepare)


def _two_axes(array: Array) -> Array:
    return array if array.dtype.kind == "O" else array.reshape(len(array), -1)


def _apply(transformer: Any, array: Array, name: str, faults: Faults) -> Array | None:
    made = transformer.transform(_two_axes(array))
    made = made.toarray() if hasattr(made, "toarray") else made
    out = np.asarray(made)
    if out.dtype.kind not in "iu":
        out = out.astype(np.float32, copy=False)
    if out.ndim == 0 or out.shape[0] != array.shape[0]:
        faults.append(
            f"{type(transformer).__name__}.transform made shape {out.shape} of "
            f"{array.shape[0]} rows of {name}; it must keep the rows."
        )
        return None
    check_finite(out, f"{name} after {type(transformer).__name__}", faults)
    same_width = out.size == array.size and array.dtype.kind != "O"
    return out.reshape(array.shape) if same_width else _two_axes(out)
