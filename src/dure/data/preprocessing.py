"""Preparation of inputs: a transformer fitted on training rows, applied to all rows."""

from __future__ import annotations

import copy
import inspect
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from dure.core.array_checks import check_finite, nests_alike
from dure.core.arrays import Array, Tree, is_nested, leaves, map_leaves
from dure.core.conversion.stored import find_stored
from dure.core.formatting import format_bytes
from dure.errors import Faults


def check_preparation(prepare: Any, x: Tree | None, faults: Faults) -> None:
    """Append what cannot be a transformer, or is not nested as the inputs; None is none.

    `x` is None where the inputs are not sound.
    """
    if prepare is None:
        return
    for path, part in leaves(prepare, "prepare"):
        if isinstance(part, type):
            name = part.__name__
            faults.append(f"{path} is the class {name}; pass an instance: {name}().")
        elif part is not None and not (hasattr(part, "fit") and hasattr(part, "transform")):
            faults.append(
                f"{path} is of type {type(part).__name__} and has not both fit and transform; "
                "pass a transformer such as sklearn.preprocessing.StandardScaler()."
            )
    for path, array in find_stored({"x": x}).items():
        faults.append(
            f"{path} ({format_bytes(array.nbytes)}) stays where it is stored, since it would take "
            "too much of the memory, and prepare is fitted on rows in memory. Begin the network "
            "with keras.layers.Normalization(mean=..., variance=...), or store transformed rows."
        )
    if x is not None and not nests_alike(prepare, x):
        whole = "prepare is a single transformer and x has several inputs"
        faults.append(
            (whole if not is_nested(prepare) else "prepare is not nested as x is")
            + "; pass a list, tuple or dict with one transformer for each input, None where an "
            "input needs none."
        )


def fit_preparation(prepare: Any, x: Tree, y: Tree | None, train_rows: Array) -> Any:
    """Fresh copies of the transformers in `prepare`, fitted on the training rows; nested alike.

    Parameters
    ----------
    prepare
        A transformer, or a list, tuple or dict of them nested as `x`, None where there is none.
        A scikit-learn estimator is cloned, anything else copied deeply. ``fit`` is given the
        targets of the training rows too if it has an argument `y`.
    x
        Shape [rows, ...]. Transformers see two axes, raw text as it is, shape [rows].
    train_rows
        Indices into `x`; no other row is seen by ``fit``.

    Returns
    -------
    The same on every call: what a transformer draws from NumPy's global random state is drawn
    from a fixed seed, and that state is put back.
    """
    target = None
    if y is not None and not is_nested(y):
        target = y[train_rows]
        target = target.reshape(-1) if y.ndim == 2 and y.shape[1] == 1 else target

    def fit(one: Any, array: Array) -> Any:
        if one is None:
            return None
        fresh = _fresh(one)
        takes_y = target is not None and "y" in inspect.signature(fresh.fit).parameters
        fresh.fit(_two_axes(array[train_rows]), *([target] if takes_y else []))
        return fresh

    with _fixed_random_state():
        return map_leaves(fit, prepare, x)


def apply_preparation(fitted: Any, x: Tree, name: str) -> Tree:
    """Inputs transformed by what `fit_preparation` made.

    Parameters
    ----------
    x
        Nested as `fitted`, each leaf [rows, ...]. Axes after the second are flattened before, and
        restored after when the width did not change; otherwise the result stays [rows, width].
    name
        Of the inputs, for messages.

    Returns
    -------
    float32, or integers where the transformer makes integers.

    Raises
    ------
    StudyError
        If ``transform`` changes the number of rows or leaves values that are NaN or infinite.
    """
    faults = Faults()
    with _fixed_random_state():
        made = _apply_nested(fitted, x, name, faults)
    names = [type(part).__name__ for _, part in leaves(fitted, "") if part is not None]
    faults.raise_if_any(f"the preparation by {' and '.join(dict.fromkeys(names))}")
    return made


def _apply_nested(fitted: Any, x: Tree, name: str, faults: Faults) -> Tree:
    if isinstance(fitted, Mapping):
        return {k: _apply_nested(fitted[k], x[k], f"{name}[{k!r}]", faults) for k in x}
    if isinstance(fitted, (list, tuple)):
        parts = zip(fitted, x, strict=True)
        items = [_apply_nested(f, p, f"{name}[{i}]", faults) for i, (f, p) in enumerate(parts)]
        return items if isinstance(x, list) else tuple(items)
    return x if fitted is None else _apply(fitted, x, name, faults)


@contextmanager
def _fixed_random_state() -> Iterator[None]:
    state = np.random.get_state()
    np.random.seed(0)
    try:
        yield
    finally:
        np.random.set_state(state)


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
    if out.size == 0:
        faults.append(
            f"{type(transformer).__name__}.transform leaves no column of {name}: shape {out.shape}."
        )
        return None
    check_finite(out, f"{name} after {type(transformer).__name__}", faults)
    same_width = out.size == array.size and array.dtype.kind != "O"
    return out.reshape(array.shape) if same_width else _two_axes(out)
