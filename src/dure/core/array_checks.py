"""Arrays that people pass, converted as Keras' `fit` would see them, and checked.

Every function that checks adds sentences to the faults it is given, so that all of them can be
reported at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from dure.core.arrays import Array, Samples, Tree, is_nested, leaves, map_leaves
from dure.errors import Faults

# JAX holds integers as int32 unless told otherwise, and would wrap larger ones silently.
_INT32 = np.iinfo(np.int32)
_BLOCK = 1 << 22
_FLOAT32 = np.dtype(np.float32)

_DTYPE_REMEDY = {
    "O": "has dtype object: its rows have different lengths or mixed types. Pad sequences to one "
    "length (keras.utils.pad_sequences) and turn texts and categories into numbers",
    "U": "holds text. Turn it into numbers first, or pass prepare=dure.data.TextToSequences()",
    "S": "holds text. Turn it into numbers first",
    "M": "holds dates. Turn them into numbers first",
    "m": "holds time spans. Turn them into numbers first",
    "c": "holds complex numbers. Pass real and imaginary parts as two features",
}


def _is_plain(value: Any) -> bool:
    """Whether a list holds numbers or texts rather than arrays; looks at its first item only."""
    while isinstance(value, (list, tuple)) and value:
        value = value[0]
    return isinstance(value, (bool, int, float, complex, str, bytes, np.generic))


def convert(tree: Tree, name: str, faults: Faults) -> Tree:
    """A tree's arrays as Keras' `fit` would see them; worth nothing if faults were appended.

    Floats of every width become float32 (Keras' default `floatx`), integers and booleans keep
    their type. Anything with ``__array__`` is taken: NumPy, JAX, pandas (a series as a column).
    """
    if isinstance(tree, (list, tuple, Mapping)) and not tree:
        faults.append(f"{name} is an empty {type(tree).__name__}; pass an array.")
        return None
    if isinstance(tree, Mapping):
        return {key: convert(item, f"{name}[{key!r}]", faults) for key, item in tree.items()}
    if isinstance(tree, (list, tuple)):
        if _is_plain(tree):
            faults.append(
                f"{name} is a plain {type(tree).__name__} of values; a list or tuple is read as "
                f"several inputs, as in Keras. For one array pass np.asarray({name}), rows of "
                "different lengths padded first (keras.utils.pad_sequences)."
            )
            return None
        items = [convert(item, f"{name}[{i}]", faults) for i, item in enumerate(tree)]
        return items if isinstance(tree, list) else tuple(items)
    return _convert_leaf(tree, name, faults)


def _convert_leaf(value: Any, name: str, faults: Faults) -> Array | None:
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    if kind.startswith("scipy.sparse"):
        faults.append(f"{name} is a sparse matrix; pass {name}.toarray().")
        return None
    if not hasattr(value, "__array__"):
        faults.append(
            f"{name} is of type {kind.removeprefix('builtins.')}; Dure takes NumPy arrays (or "
            "tuples, lists and dicts of them). Read generators and data sets into arrays first."
        )
        return None
    array = np.asarray(value)
    if kind in ("pandas.Series", "pandas.core.series.Series"):
        array = array[:, None]  # as Keras' fit takes it
    if array.ndim == 0:
        faults.append(f"{name} is a single value; its first axis must be rows.")
    elif array.shape[0] == 0:
        faults.append(f"{name} has no rows (shape {array.shape}); pass at least one.")
    elif array.size == 0:
        faults.append(f"{name} has rows without a single value (shape {array.shape}).")
    elif array.dtype.kind in _DTYPE_REMEDY:
        faults.append(f"{name} {_DTYPE_REMEDY[array.dtype.kind]}.")
    elif array.dtype.kind == "f" or array.dtype.name == "bfloat16":
        # A float64 beyond float32 becomes infinite here and is reported with the NaNs.
        with np.errstate(over="ignore"):
            return array.astype(_FLOAT32, copy=False)
    elif array.dtype.kind == "b":
        return array
    elif array.dtype.kind in "iu":
        return _convert_integers(array, name, faults)
    else:
        faults.append(f"{name} has dtype {array.dtype}; pass numbers or booleans.")
    return None


def _convert_integers(array: Array, name: str, faults: Faults) -> Array | None:
    if array.dtype.itemsize >= 4:
        low, high = int(array.min()), int(array.max())
        if low < _INT32.min or high > _INT32.max:
            faults.append(
                f"{name} holds integers from {low} to {high}; JAX keeps them as int32 "
                f"({_INT32.min} to {_INT32.max}). Renumber them or pass floats."
            )
            return None
    # With uint64 out of the way, joining any two integer arrays gives integers.
    dtype = np.dtype(np.int64) if array.dtype.itemsize == 8 else array.dtype.newbyteorder("=")
    return array.astype(dtype, copy=False)


def is_text(value: Any) -> bool:
    """Whether this is one str a row: a list, tuple, array or pandas series that begins with one."""
    if isinstance(value, (list, tuple)):
        return bool(value) and isinstance(value[0], str)
    dtype = getattr(value, "dtype", None)
    if dtype is None or not hasattr(value, "__array__"):
        return False
    if getattr(dtype, "kind", "O") not in "OUT":
        return False
    flat = np.asarray(value, dtype=object).reshape(-1)
    return flat.size > 0 and isinstance(flat[0], str)


def _convert_texts(value: Any, name: str, faults: Faults) -> Array | None:
    array = np.asarray(value, dtype=object)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        faults.append(f"{name} holds text in shape {array.shape}; pass one text a row.")
        return None
    wrong = [row for row, text in enumerate(array) if not isinstance(text, str)]
    if wrong:
        told = f"row {wrong[0]} (counted from 0) holds {array[wrong[0]]!r}"
        faults.append(
            f"{name} holds texts, but {len(wrong)} of {len(array)} rows are none: {told}. Drop "
            "such rows, or make them texts."
        )
        return None
    out = np.empty(len(array), dtype=object)
    out[:] = [str(text) for text in array]
    return out


def check_finite(
    tree: Tree, name: str, faults: Faults, remedy: str = "Drop or fill such rows."
) -> None:
    """Append where NaN or infinite values are: the array, how many, the first row (from 0)."""
    for path, leaf in leaves(tree, name):
        if leaf.dtype.kind != "f":
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
            faults.append(
                f"{path} holds {bad} {plural} NaN or infinite as float32, the first in row "
                f"{first} (counted from 0). {remedy}"
            )


def check_rows(named: Mapping[str, Tree | None], faults: Faults) -> None:
    """Append one sentence if the leaves of these trees differ in rows."""
    counts = {
        path: leaf.shape[0]
        for name, tree in named.items()
        if tree is not None
        for path, leaf in leaves(tree, name)
    }
    if len(set(counts.values())) > 1:
        told = ", ".join(f"{path} has {count}" for path, count in counts.items())
        faults.append(f"The rows disagree: {told}. Every array needs the same number of rows.")


def _outline(tree: Tree) -> Any:
    """The nesting of a tree without its arrays; lists and tuples count as the same."""
    if isinstance(tree, Mapping):
        return {key: _outline(item) for key, item in tree.items()}
    if isinstance(tree, (tuple, list)):
        return tuple(_outline(item) for item in tree)
    return "array"


def same_nesting(one: Tree, other: Tree) -> bool:
    """Whether two trees differ in nothing but their arrays."""
    return bool(_outline(one) == _outline(other))


def check_alike(train: Tree, other: Tree, name: str, of: str, faults: Faults) -> None:
    """Append where `other` has not the nesting, row shapes or kinds of number of `train`."""
    if not same_nesting(train, other):
        faults.append(
            f"{name} is nested as {_outline(other)}, {of} as {_outline(train)}; pass the same."
        )
        return
    for (path, leaf), (trained, model) in zip(leaves(other, name), leaves(train, of), strict=True):
        if leaf.shape[1:] != model.shape[1:]:
            faults.append(
                f"{path} has rows of shape {leaf.shape[1:]}, {trained} of shape "
                f"{model.shape[1:]}; pass the same shape."
            )
        if _family(leaf) != _family(model):
            faults.append(
                f"{path} is {leaf.dtype}, {trained} is {model.dtype}; pass the same kind of number."
            )


def _family(array: Array) -> str:
    return "i" if array.dtype.kind == "u" else array.dtype.kind


def check_weight(weight: Tree, y: Tree | None, name: str, of: str, faults: Faults) -> None:
    """Append if sample weights do not fit the targets, by Keras' rules.

    One array of shape [rows] or [rows, 1] always does; a single output also takes weights of
    its leading axes (such as one a time step), several outputs a tree of the same nesting.
    """
    if y is None:
        faults.append(f"{name} is given without {of}; weights belong to targets.")
        return
    if is_nested(weight):
        if not same_nesting(weight, y):
            faults.append(
                f"{name} is nested as {_outline(weight)}, {of} as {_outline(y)}; pass one array, "
                "or one for each output in the same nesting."
            )
            return
        pairs = list(zip(leaves(weight, name), leaves(y, of), strict=True))
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


def make_samples(
    named: Mapping[str, Any], faults: Faults, *, raw_x: bool = False
) -> Samples | None:
    """Convert and check inputs, targets and weights, given in this order with their names.

    Returns None after appending faults. `raw_x` says that inputs may be missing or text because
    a preparation comes first.
    """
    before = len(faults)
    sound: dict[str, Tree | None] = {}
    x_name, y_name, weight_name = named
    for name, given in named.items():
        count = len(faults)
        if given is None and not sound and count == before:
            faults.append(f"{name} is None; pass the inputs.")
        if raw_x and name == x_name and is_text(given):
            tree: Tree | None = _convert_texts(given, name, faults)
        else:
            tree = None if given is None else convert(given, name, faults)
        if len(faults) == count:
            sound[name] = tree
    if sound.get(weight_name) is not None:
        sound[weight_name] = map_leaves(
            lambda leaf: leaf.astype(_FLOAT32, copy=False), sound[weight_name]
        )
    check_rows(sound, faults)
    for name, tree in sound.items():
        if tree is not None and (name != x_name or not raw_x):
            check_finite(tree, name, faults)
    if sound.get(weight_name) is not None and y_name in sound:
        check_weight(sound[weight_name], sound[y_name], weight_name, y_name, faults)
    return Samples(*sound.values()) if len(faults) == before else None


def make_evaluation_samples(
    value: Any, name: str, train: Samples | None, faults: Faults, *, raw_x: bool = False
) -> Samples | None:
    """A test or validation part from a tuple (x, y) or (x, y, sample_weight).

    Checked against the training part where that one is sound.
    """
    if not isinstance(value, (tuple, list)) or not 1 <= len(value) <= 3:
        faults.append(
            f"{name} is of type {type(value).__name__}; pass a tuple (x, y) or "
            "(x, y, sample_weight)."
        )
        return None
    x, y, weight = (*value, None, None)[:3]
    named = {f"{name}[0]": x, f"{name}[1]": y, f"{name}[2]": weight}
    part = make_samples(named, faults, raw_x=raw_x)
    if part is None or train is None:
        return None
    before = len(faults)
    check_alike(train.x, part.x, f"{name}[0]", "x", faults)
    if (part.y is None) != (train.y is None):
        has, lacks = ("x", name) if part.y is None else (name, "x")
        faults.append(f"{has} comes with targets, {lacks} without; give both or neither.")
    elif part.y is not None:
        check_alike(train.y, part.y, f"{name}[1]", "y", faults)
    return part if len(faults) == before else None
