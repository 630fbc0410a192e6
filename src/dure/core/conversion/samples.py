"""Inputs, targets and weights out of whatever people pass, converted leaf by leaf and checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from dure.core.array_checks import check_finite, check_rows, check_weight
from dure.core.arrays import Array, Samples, Tree, is_plain, map_leaves, part_of
from dure.core.conversion.alignment import make_alike
from dure.core.conversion.cells import (
    convert_texts,
    from_objects,
    from_pandas,
    is_pandas,
    is_text,
    refuse_text,
)
from dure.core.conversion.columns import Names, find_orders, order_columns
from dure.core.formatting import format_bytes
from dure.errors import Faults

# JAX holds integers as int32 unless told otherwise, and would wrap larger ones silently.
_INT32 = np.iinfo(np.int32)
_FLOAT32 = np.dtype(np.float32)
_MOST_DENSE = 1 << 30
"""Bytes up to which a sparse matrix is made dense."""

_REFUSED = {
    "M": "holds dates. Turn them into numbers first, such as ({0} - {0}.min()) / "
    "np.timedelta64(1, 'D')",
    "m": "holds time spans. Turn them into numbers first: {0} / np.timedelta64(1, 's')",
    "c": "holds complex numbers. Pass real and imaginary parts as two features",
    "V": "has named fields. Pass numpy.lib.recfunctions.structured_to_unstructured({0}), its texts "
    "left out",
}


def convert(tree: Tree, name: str, faults: Faults, *, missing: bool = False) -> Tree:
    """A tree's arrays as Keras' `fit` would see them; worth nothing if faults were appended.

    Floats of every width become float32 (Keras' default `floatx`), integers and booleans keep
    their type. Anything with ``__array__`` is taken: NumPy, JAX, pandas (a series as a column).
    Numbers in the guise of objects (Decimal, None, NA, lists of one length) become plain ones.

    Parameters
    ----------
    missing
        Whether values may be missing, because a preparation comes first: masked ones become NaN
        then, and float64 and integers of every size stay.
    """
    if isinstance(tree, (list, tuple, Mapping)) and not tree:
        faults.append(f"{name} is an empty {type(tree).__name__}; pass an array.")
        return None
    if isinstance(tree, Mapping):
        return {
            key: convert(item, f"{name}[{key!r}]", faults, missing=missing)
            for key, item in tree.items()
        }
    if isinstance(tree, (list, tuple)):
        if is_plain(tree):
            _refuse_plain(tree, name, faults)
            return None
        items = [
            convert(item, f"{name}[{place}]", faults, missing=missing)
            for place, item in enumerate(tree)
        ]
        return items if isinstance(tree, list) else tuple(items)
    return _convert_leaf(tree, name, faults, missing)


def _refuse_plain(values: Any, name: str, faults: Faults) -> None:
    if isinstance(values[0], (str, bytes)):
        refuse_text(values, name, faults)
        return
    kind = type(values).__name__
    told = f"{name} is a plain {kind} of values; a list or tuple is read as several inputs, as in "
    try:
        shape = np.shape(values)
    except ValueError:
        faults.append(
            f"{told}Keras. Its rows have different lengths: pass one array of them padded "
            f"(keras.utils.pad_sequences({name}) for integers)."
        )
    else:
        faults.append(f"{told}Keras. Pass one array: np.asarray({name}), of shape {shape}.")


def _convert_leaf(value: Any, name: str, faults: Faults, missing: bool) -> Array | None:
    array = _as_array(value, name, faults, missing)
    if array is None:
        return None
    if array.ndim == 0:
        faults.append(f"{name} is a single value; its first axis must be rows.")
    elif array.shape[0] == 0:
        faults.append(f"{name} has no rows (shape {array.shape}); pass at least one.")
    elif array.size == 0:
        faults.append(f"{name} has rows without a single value (shape {array.shape}).")
    elif array.dtype.kind == "O":
        plain = from_objects(array, name, faults)
        return None if plain is None else _convert_leaf(plain, name, faults, missing)
    elif array.dtype.kind in "UST":
        refuse_text(array, name, faults)
    elif array.dtype.kind in _REFUSED and array.dtype.name != "bfloat16":
        faults.append(f"{name} {_REFUSED[array.dtype.kind].format(name)}.")
    elif array.dtype.kind == "f" or array.dtype.name == "bfloat16":
        if missing and array.dtype == np.float64:  # a preparation computes with all of it
            return array
        # A float64 beyond float32 becomes infinite here and is reported with the NaNs.
        with np.errstate(over="ignore"):
            return array.astype(_FLOAT32, copy=False)
    elif array.dtype.kind == "b":
        return array
    elif array.dtype.kind in "iu":
        return array if missing else _convert_integers(array, name, faults)
    else:
        faults.append(f"{name} has dtype {array.dtype}; pass numbers or booleans.")
    return None


def _as_array(value: Any, name: str, faults: Faults, missing: bool) -> Array | None:
    """The value as an array of whatever type; None after appending a fault."""
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    if kind.startswith("scipy.sparse"):
        return _dense(value, name, faults)
    if is_pandas(value):
        return from_pandas(value, name, faults)
    if isinstance(value, range):
        return np.asarray(value)
    if not hasattr(value, "__array__"):
        faults.append(
            f"{name} is of type {kind.removeprefix('builtins.')}; Dure takes NumPy arrays (or "
            "tuples, lists and dicts of them). Read generators and data sets into arrays first."
        )
        return None
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        return _unmasked(value, name, faults, missing)
    try:
        return np.asarray(value)
    except Exception as error:  # whatever the library of this array raises
        faults.append(
            f"{name} is of type {kind} and cannot be made a NumPy array ({error}). Pass an array "
            f"in main memory; of a tensor of PyTorch {name}.detach().cpu().numpy()."
        )
        return None


def _dense(matrix: Any, name: str, faults: Faults) -> Array | None:
    size = int(np.prod(matrix.shape, dtype=np.int64)) * 4
    if size > _MOST_DENSE:
        faults.append(
            f"{name} is a sparse matrix that would take {format_bytes(size)} as an array; make it "
            "narrower (fewer words or features) and pass an array."
        )
        return None
    if matrix.dtype.kind == "f":
        matrix = matrix.astype(_FLOAT32)
    dense: Array = matrix.toarray()
    return dense


def _unmasked(value: Any, name: str, faults: Faults, missing: bool) -> Array | None:
    """What is masked as NaN, where values may be missing."""
    if missing and value.dtype.kind in "fiub":
        return np.asarray(np.ma.filled(value.astype(np.float64), np.nan))
    mask = np.ma.getmaskarray(value)
    row = int(np.argmax(mask.reshape(len(mask), -1).any(axis=1)))
    faults.append(
        f"{name} is a masked array with {int(mask.sum())} of its values masked, the first in row "
        f"{row} (counted from 0); Keras would train on what lies under the mask. Leave such rows "
        f"out, or fill them ({name}.filled(...))."
    )
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


def _convert_inputs(value: Any, name: str, prepare: Any, faults: Faults) -> Tree:
    """As `convert`; where a preparation comes first inputs may be missing, or one text a row."""
    if prepare is None:
        return convert(value, name, faults)
    if hasattr(prepare, "make_rows"):  # it knows what its tables hold
        return prepare.make_rows(value, name, faults)
    if isinstance(value, Mapping) and value:
        return {
            key: _convert_inputs(item, f"{name}[{key!r}]", part_of(prepare, key), faults)
            for key, item in value.items()
        }
    flat = value.reshape(-1) if isinstance(value, np.ndarray) else value
    if is_text(flat) and not isinstance(prepare, (list, tuple)):
        return convert_texts(value, name, faults)
    several = isinstance(prepare, (list, tuple)) or not is_plain(value)
    if isinstance(value, (list, tuple)) and value and several:
        items = [
            _convert_inputs(item, f"{name}[{i}]", part_of(prepare, i), faults)
            for i, item in enumerate(value)
        ]
        return items if isinstance(value, list) else tuple(items)
    return convert(value, name, faults, missing=True)


def _check_inputs_finite(tree: Tree, name: str, prepare: Any, faults: Faults) -> None:
    """As `check_finite`, but not where a preparation comes first."""
    if prepare is None:
        check_finite(tree, name, faults)
    elif isinstance(tree, Mapping):
        for key, item in tree.items():
            _check_inputs_finite(item, f"{name}[{key!r}]", part_of(prepare, key), faults)
    elif isinstance(tree, (list, tuple)):
        for i, item in enumerate(tree):
            _check_inputs_finite(item, f"{name}[{i}]", part_of(prepare, i), faults)


def make_samples(
    named: Mapping[str, Any], faults: Faults, *, prepare: Any = None
) -> Samples | None:
    """Convert and check inputs, targets and weights, given in this order with their names.

    Returns None after appending faults. Inputs may be missing or text where a preparation comes
    first: `prepare` is one for all, or nested as the inputs are, None where there is none.
    """
    before = len(faults)
    sound: dict[str, Tree | None] = {}
    x_name, y_name, weight_name = named
    for name, given in named.items():
        count = len(faults)
        if given is None and not sound and count == before:
            faults.append(f"{name} is None; pass the inputs.")
        own = prepare if name == x_name else None
        tree = None if given is None else _convert_inputs(given, name, own, faults)
        if len(faults) == count:
            sound[name] = tree
    if sound.get(weight_name) is not None:
        sound[weight_name] = map_leaves(
            lambda leaf: leaf.astype(_FLOAT32, copy=False), sound[weight_name]
        )
    check_rows(sound, faults)
    for name, tree in sound.items():
        if tree is not None:
            _check_inputs_finite(tree, name, prepare if name == x_name else None, faults)
    if sound.get(weight_name) is not None and y_name in sound:
        check_weight(sound[weight_name], sound[y_name], weight_name, y_name, faults)
    return Samples(*sound.values()) if len(faults) == before else None


def make_evaluation_samples(
    value: Any,
    name: str,
    train: Samples | None,
    faults: Faults,
    *,
    prepare: Any = None,
    columns: tuple[Names, Names] = (None, None),
) -> Samples | None:
    """A test or validation part from a tuple (x, y) or (x, y, sample_weight).

    Made like the training part, and checked against it, where that one is sound: columns of
    tables by name, a last axis of one place given or left out, numbers of its type where none
    changes.

    Parameters
    ----------
    columns
        Names of the columns of the training part's x and y, where they are known.
    """
    if not isinstance(value, (tuple, list)) or not 1 <= len(value) <= 3:
        faults.append(
            f"{name} is of type {type(value).__name__}; pass a tuple (x, y) or "
            "(x, y, sample_weight)."
        )
        return None
    before = len(faults)
    x, y, weight = (*value, None, None)[:3]
    x_orders = find_orders(x, columns[0], f"{name}[0]", "x", faults, prepare=prepare)
    y_orders = find_orders(y, columns[1], f"{name}[1]", "y", faults, renamed=True)
    named = {f"{name}[0]": x, f"{name}[1]": y, f"{name}[2]": weight}
    part = make_samples(named, faults, prepare=prepare)
    if part is None or train is None or len(faults) > before:
        return None
    x = order_columns(part.x, x_orders)
    x = make_alike(train.x, x, f"{name}[0]", "x", faults, prepare=prepare)
    y = part.y
    if (part.y is None) != (train.y is None):
        has, lacks = ("x", name) if part.y is None else (name, "x")
        faults.append(f"{has} comes with targets, {lacks} without; give both or neither.")
    elif part.y is not None:
        y = make_alike(train.y, order_columns(part.y, y_orders), f"{name}[1]", "y", faults)
    return Samples(x, y, part.weight) if len(faults) == before else None
