"""Arrays of a test or validation part, made like those of the training part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from dure.core.arrays import Array, Tree, is_nested, outline, part_of, same_nesting
from dure.errors import Faults

_EXACT = 2**24
"""Up to here every whole number is one of float32, too."""
_FAR = 8
"""Whole numbers so many times the size of training's fractions are not on their scale."""


def make_alike(
    train: Tree, other: Tree, name: str, of: str, faults: Faults, *, prepare: Any = None
) -> Tree:
    """`other` with the row shapes and kinds of number of `train`.

    Appends where it has not its nesting, or where values would have to change.
    """
    if same_nesting(train, other):
        return _fit_to(train, other, name, of, faults, prepare)
    faults.append(f"{name} is nested as {outline(other)}, {of} as {outline(train)}; pass the same.")
    return other


def _fit_to(train: Tree, other: Tree, name: str, of: str, faults: Faults, prepare: Any) -> Tree:
    if not is_nested(train):
        return _fit_leaf(train, other, name, of, faults, prepare is not None)
    keys: Any = list(train) if isinstance(train, Mapping) else range(len(train))
    made = {
        key: _fit_to(
            train[key],
            other[key],
            f"{name}[{key!r}]",
            f"{of}[{key!r}]",
            faults,
            part_of(prepare, key),
        )
        for key in keys
    }
    if isinstance(train, Mapping):
        return made
    return list(made.values()) if isinstance(train, list) else tuple(made.values())


def _fit_leaf(
    model: Array, leaf: Array, name: str, of: str, faults: Faults, prepared: bool
) -> Array:
    row, wanted = leaf.shape[1:], model.shape[1:]
    if row != wanted:
        if (*row, 1) != wanted and row != (*wanted, 1):
            faults.append(
                f"{name} has rows of shape {row}, {of} of shape {wanted}; pass the same shape."
            )
        else:
            leaf = leaf.reshape(len(leaf), *wanted)
    if _family(leaf) == _family(model):
        return leaf
    same = _as_type_of(model, leaf)
    if same is None and prepared and _as_type_of(model, leaf[_without_holes(leaf)]) is not None:
        return leaf  # what fills the holes does not ask for types
    if same is None:
        faults.append(
            f"{name} is {leaf.dtype}, {of} is {model.dtype}; pass the same kind of number."
        )
    elif of.startswith("x") and _is_on_another_scale(model, leaf):
        faults.append(
            f"{name} holds whole numbers up to {np.abs(leaf).max():g} ({leaf.dtype}), {of} "
            f"fractions up to {np.abs(model).max():g} ({model.dtype}); scale both alike."
        )
    return leaf if same is None else same


def _family(array: Array) -> str:
    return "i" if array.dtype.kind == "u" else array.dtype.kind


def _as_type_of(model: Array, leaf: Array) -> Array | None:
    """The same values in the type of another array; None where one would change."""
    if "O" in (model.dtype.kind, leaf.dtype.kind):
        return None
    if model.dtype.kind == "f":
        return leaf.astype(model.dtype)
    if leaf.dtype.kind == "f" and not (np.abs(leaf) <= _EXACT).all():
        return None
    made: Array = leaf.astype(model.dtype)
    return made if np.array_equal(made.astype(leaf.dtype), leaf) else None


def _without_holes(leaf: Array) -> Array:
    """The rows that miss nothing; of what cannot miss any, all."""
    holes: Array = np.zeros(leaf.shape, bool)
    if leaf.dtype.kind == "f":
        holes = np.asarray(np.isnan(leaf))
    return np.asarray(~holes.reshape(len(leaf), -1).any(axis=1))


def _is_on_another_scale(model: Array, leaf: Array) -> bool:
    """Whether training holds fractions and this far larger whole numbers, such as raw pixels."""
    if model.dtype.kind != "f" or np.array_equal(model, np.round(model)):
        return False
    return bool(np.abs(leaf).max() > _FAR * np.abs(model).max())
