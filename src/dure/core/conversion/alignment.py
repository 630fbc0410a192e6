"""Arrays of a test or validation part beside those of the training part.

Keras evaluates such a part as it was given, whatever rows train; so does Dure. Only a preparation,
which is fitted on the training part, asks for arrays like those it knows.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from dure.core.arrays import Array, Tree, is_nested, outline, part_of, same_nesting, take_samples
from dure.errors import Faults

_EXACT = 2**24
"""Up to here every whole number is one of float32, too."""
_FAR = 8
"""Whole numbers so many times the size of training's fractions are not on their scale."""


def align_inputs(
    train: Tree, other: Tree, name: str, of: str, faults: Faults, prepare: Any
) -> Tree:
    """`other` as the inputs of a part whose training inputs are `train`.

    Inputs that a preparation will see become of the shapes and kinds of number of `train`; appends
    where they cannot. All others stay as they are; a warning tells of those that are on another
    scale, such as pixels that were not divided by 255.
    """
    if same_nesting(train, other):
        return _align(train, other, name, of, faults, prepare)
    if prepare is not None:
        faults.append(
            f"{name} is nested as {outline(other)}, {of} as {outline(train)}; with a prepare pass "
            "the same."
        )
    return other


def _align(train: Tree, other: Tree, name: str, of: str, faults: Faults, prepare: Any) -> Tree:
    if not is_nested(train):
        return _align_leaf(train, other, name, of, faults, prepare is not None)
    keys: Any = list(train) if isinstance(train, Mapping) else range(len(train))
    made = {
        key: _align(
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
    return list(made.values()) if isinstance(other, list) else tuple(made.values())


def _align_leaf(
    model: Array | None, leaf: Array | None, name: str, of: str, faults: Faults, prepared: bool
) -> Array | None:
    if model is None or leaf is None:
        return leaf
    if prepared:
        return _as_prepared(model, leaf, name, of, faults)
    known, other = take_samples(model), take_samples(leaf)
    if _is_on_another_scale(known, other):
        warnings.warn(
            f"{name} holds whole numbers up to {np.abs(other).max():g} ({leaf.dtype}), {of} "
            f"fractions up to {np.abs(known).max():g} ({model.dtype}). It is evaluated as it is, "
            "as in Keras; if training was scaled, scale both alike.",
            stacklevel=2,
        )
    return leaf


def _as_prepared(model: Array, leaf: Array, name: str, of: str, faults: Faults) -> Array:
    """The array in the row shape and type of the one its transformer is fitted on."""
    row, wanted = leaf.shape[1:], model.shape[1:]
    if row != wanted:
        if (*row, 1) != wanted and row != (*wanted, 1):
            faults.append(
                f"{name} has rows of shape {row}, {of} of shape {wanted}; the preparation takes "
                "the same shape."
            )
        else:
            leaf = leaf.reshape(len(leaf), *wanted)
    if _family(leaf) == _family(model):
        return leaf
    same = _as_type_of(model, leaf)
    if same is None and _as_type_of(model, leaf[_without_holes(leaf)]) is not None:
        return leaf  # what fills the holes does not ask for types
    if same is None:
        faults.append(
            f"{name} is {leaf.dtype}, {of} is {model.dtype}; the preparation takes the same kind "
            "of number."
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
    if model.dtype.kind != "f" or leaf.dtype.kind not in "iu":
        return False
    if np.array_equal(model, np.round(model)):
        return False
    return bool(np.abs(leaf).max() > _FAR * np.abs(model).max())
