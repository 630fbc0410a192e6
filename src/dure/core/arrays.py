"""Trees of NumPy arrays: one array, or tuples, lists and dicts of them, as Keras takes them.

Walking and counting them, without Keras or JAX.
"""

from __future__ import annotations

import hashlib
import operator
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Tree: TypeAlias = Any
"""One NumPy array, or tuples, lists and dicts of trees; the first axis of all is rows.

In a tuple, list or dict None may stand for an array that is left out, such as the target of an
output without a loss.
"""

Array: TypeAlias = npt.NDArray[Any]
Rows: TypeAlias = npt.NDArray[np.int32]


class Samples(NamedTuple):
    """Inputs, targets and weights that belong together; `y` and `weight` may be None.

    Attributes
    ----------
    x, y, weight
        First axis rows; `weight` float32.

    Examples
    --------
    >>> x, y, weight = data.test
    >>> x.shape, weight is None
    ((114, 30), True)
    """

    x: Tree
    y: Tree | None
    weight: Tree | None


class Arrays(NamedTuple):
    """What the engine reads rows from; every leaf has the same number of rows.

    Attributes
    ----------
    x, y
        Inputs and targets; `y` is None where the study has none.
    train_weight
        Weights of the rows in training, float32, in the structure of `y`; None: all 1.
    validation_weight
        The same for evaluation. Class weights are never in here, as in Keras.
    apart
        Rows of `validation_data`, which validate in place of rows of `x`. They keep shapes, types
        and nesting of their own, as Keras evaluates them as they were given. None: validation rows
        are among those of `x`.

    Examples
    --------
    >>> arrays = study.arrays()
    >>> arrays.x.shape, arrays.train_weight is None
    ((455, 30), True)
    """

    x: Tree
    y: Tree | None
    train_weight: Tree | None
    validation_weight: Tree | None
    apart: Samples | None = None

    @property
    def evaluated(self) -> Samples:
        """Where validation rows are, with their weights.

        Examples
        --------
        >>> study.arrays().evaluated.x.shape  # of which split.validation names the rows
        (455, 30)
        """
        return self.apart or Samples(self.x, self.y, self.validation_weight)


def whole(value: Any) -> int | None:
    """The value as an int if it is a whole number (no boolean, no float), else None."""
    if isinstance(value, (bool, np.bool_)):
        return None
    try:
        return operator.index(value)
    except TypeError:
        return None


def is_number(value: Any) -> bool:
    """Whether this is a real number, and no boolean."""
    kinds = (int, float, np.integer, np.floating)
    return isinstance(value, kinds) and not isinstance(value, bool)


def leaves(tree: Tree, path: str) -> Iterator[tuple[str, Any]]:
    """The arrays of a tree with their places, such as ``x['left'][0]``; dicts by sorted key."""
    if isinstance(tree, Mapping):
        for key in sorted(tree, key=str):
            yield from leaves(tree[key], f"{path}[{key!r}]")
    elif isinstance(tree, (tuple, list)):
        for index, item in enumerate(tree):
            yield from leaves(item, f"{path}[{index}]")
    elif tree is not None:
        yield path, tree


def map_leaves(function: Callable[..., Any], tree: Tree, *others: Tree) -> Tree:
    """A tree of the same structure, each array replaced by `function` of it (and its twins)."""
    if isinstance(tree, Mapping):
        return {k: map_leaves(function, tree[k], *(o[k] for o in others)) for k in tree}
    if isinstance(tree, (tuple, list)):
        items = [map_leaves(function, item, *(o[i] for o in others)) for i, item in enumerate(tree)]
        return items if isinstance(tree, list) else tuple(items)
    return None if tree is None else function(tree, *others)


def is_nested(tree: Tree) -> bool:
    """Whether a tree is more than one array."""
    return isinstance(tree, (Mapping, tuple, list))


def outline(tree: Tree) -> Any:
    """The nesting of a tree without its arrays; lists and tuples count as the same."""
    if isinstance(tree, Mapping):
        return {key: outline(item) for key, item in tree.items()}
    if isinstance(tree, (tuple, list)):
        return tuple(outline(item) for item in tree)
    return "array"


def same_nesting(one: Tree, other: Tree) -> bool:
    """Whether two trees differ in nothing but their arrays."""
    return bool(outline(one) == outline(other))


def is_plain(value: Any) -> bool:
    """Whether a list holds numbers or texts rather than arrays; looks at its first item only.

    None, which may stand for an array left out, counts only where there is nothing else.
    """
    while isinstance(value, (list, tuple)) and value:
        value = next((item for item in value if item is not None), None)
    return value is None or isinstance(value, (bool, int, float, complex, str, bytes, np.generic))


def part_of(prepare: Any, place: Any) -> Any:
    """What of a preparation is for one input; a single one may be meant for each."""
    if isinstance(prepare, Mapping):
        return prepare.get(place)
    if isinstance(prepare, (list, tuple)):
        return prepare[place] if place in range(len(prepare)) else None
    return prepare


def row_count(tree: Tree) -> int:
    """Rows of a tree whose leaves agree."""
    return int(next(leaves(tree, ""))[1].shape[0])


def fingerprint(named: Mapping[str, Tree | None]) -> str:
    """SHA-256 (hexadecimal) over every array's place, type, shape and bytes.

    Of arrays that stay where they are stored only rows evenly spaced over all are read.
    """
    digest = hashlib.sha256()
    for name, tree in named.items():
        for path, leaf in () if tree is None else leaves(tree, name):
            digest.update(f"{path}|{leaf.dtype.str}|{leaf.shape}\n".encode())
            leaf = _take_sample(leaf)
            if leaf.dtype.kind == "O":
                for cell in leaf.reshape(-1):
                    text = str(cell)
                    digest.update(f"{len(text)}|{text}".encode("utf-8", "surrogatepass"))
            else:
                digest.update(np.ascontiguousarray(leaf).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def leaf_bytes(array: Array) -> int:
    """Bytes of an array; of raw text, about those of its letters."""
    return sum(map(sys.getsizeof, array.reshape(-1))) if array.dtype.kind == "O" else array.nbytes


def take_rows(tree: Tree, rows: Any) -> Tree:
    """The chosen rows of every array; None stays None."""
    return map_leaves(lambda leaf: leaf[rows], tree)


def take_samples(tree: Tree) -> Tree:
    """A tree whose arrays that stay on disk are some of their rows; the others are as they were."""
    return map_leaves(_take_sample, tree)


def _take_sample(leaf: Any) -> Any:
    return leaf[leaf.sample_places()] if hasattr(leaf, "sample_places") else leaf
