"""Checks of arrays that belong together: finite, of as many rows, nested alike.

Every function that checks adds sentences to the faults it is given, so that all of them can be
reported at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from dure.core.arrays import Tree, is_nested, leaves, outline, same_nesting
from dure.core.formatting import join_first
from dure.errors import Faults

_BLOCK = 1 << 22


def check_finite(
    tree: Tree, name: str, faults: Faults, remedy: str = "Drop or fill such rows."
) -> None:
    """Append where NaN or infinite values are, and what to do."""
    faults += [f"{told} {remedy}" for told in describe_not_finite(tree, name)]


def describe_not_finite(tree: Tree, name: str) -> list[str]:
    """Where NaN or infinite values are, a sentence for each array: how many, the first row."""
    found = []
    for path, leaf in leaves(tree, name):
        if leaf.dtype.kind != "f":
            continue
        if hasattr(leaf, "sample_places"):  # it stays on disk: some of its rows are read
            found += _describe_sample(path, leaf)
            continue
        bad, first = 0, -1
        step = max(1, _BLOCK * leaf.shape[0] // leaf.size)
        for start in range(0, leaf.shape[0], step):
            finite = np.isfinite(leaf[start : start + step])
            if finite.all():
                continue
            rows = ~finite.reshape(len(finite), -1).all(axis=1)
            first = start + int(np.argmax(rows)) if first < 0 else first
            bad += int(finite.size - np.count_nonzero(finite))
        if bad:
            plural = "values that are" if bad > 1 else "value that is"
            found.append(
                f"{path} holds {bad} {plural} NaN or infinite as float32, the first in row "
                f"{first} (counted from 0)."
            )
    return found


def _describe_sample(path: str, leaf: Any) -> list[str]:
    places = leaf.sample_places()
    finite = np.isfinite(leaf[places].reshape(len(places), -1)).all(axis=1)
    if finite.all():
        return []
    return [
        f"{path} holds values that are NaN or infinite as float32, in "
        f"{int(np.count_nonzero(~finite))} of {len(places)} rows that were read, the first of them "
        f"row {int(places[np.argmin(finite)])} (counted from 0)."
    ]


def check_rows(named: Mapping[str, Tree | None], faults: Faults) -> None:
    """Append one sentence if the leaves of these trees differ in rows."""
    counts = {
        path: leaf.shape[0]
        for name, tree in named.items()
        if tree is not None
        for path, leaf in leaves(tree, name)
    }
    if len(set(counts.values())) > 1:
        if lists := _lists_of_rows(named):
            faults += lists
            return
        told = join_first([f"{path} has {count}" for path, count in counts.items()])
        faults.append(f"The rows disagree: {told}. Every array needs the same number of rows.")


def _lists_of_rows(named: Mapping[str, Tree | None]) -> list[str]:
    """Lists of as many like arrays as there are rows elsewhere, a sentence each."""
    lengths = {
        name: len(tree) if is_nested(tree) else tree.shape[0]
        for name, tree in named.items()
        if tree is not None
    }
    found = []
    for name, tree in named.items():
        if not isinstance(tree, (list, tuple)) or len(tree) < 2 or any(map(is_nested, tree)):
            continue
        shapes = {() if leaf is None else leaf.shape for leaf in tree}
        others = [length for other, length in lengths.items() if other != name]
        if len(shapes) == 1 and len(tree) in others:
            found.append(
                f"{name} is a {type(tree).__name__} of {len(tree)} arrays of shape "
                f"{shapes.pop()}, which is read as {len(tree)} inputs, as in Keras. If they are "
                f"the rows, pass np.stack({name})."
            )
    return found


def nests_alike(prepare: Any, x: Tree) -> bool:
    """Whether a preparation has a part, or None, for each of these inputs."""
    return (not is_nested(prepare) and not is_nested(x)) or same_nesting(prepare, x)


def check_weight(weight: Tree, y: Tree, name: str, of: str, faults: Faults) -> None:
    """Append if sample weights do not fit the targets, by Keras' rules.

    One array of shape [rows] or [rows, 1] always does; a single output also takes weights of
    its leading axes (such as one a time step), several outputs a tree of the same nesting.
    """
    if is_nested(weight):
        if not same_nesting(weight, y):
            faults.append(
                f"{name} is nested as {outline(weight)}, {of} as {outline(y)}; pass one array, "
                "or one for each output in the same nesting."
            )
            return
        targets = dict(leaves(y, of))
        named = [(path, leaf, path.replace(name, of, 1)) for path, leaf in leaves(weight, name)]
        pairs = [((path, leaf), (at, targets[at])) for path, leaf, at in named if at in targets]
    else:
        pairs = [((name, weight), target) for target in leaves(y, of)]
    for (path, leaf), (target, values) in pairs:
        shapes = {leaf.shape[:1], (*leaf.shape[:1], 1)}
        if not is_nested(y) or is_nested(weight):
            shapes.add(values.shape[: leaf.ndim])
        if leaf.shape not in shapes:
            faults.append(
                f"{path} has shape {leaf.shape}, {target} {values.shape}; pass one weight a row, "
                f"of shape ({values.shape[0]},)."
            )
