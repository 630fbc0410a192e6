"""Inputs, targets and weights out of whatever people pass, converted leaf by leaf and checked."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import psutil

from dure.core.array_checks import check_finite, check_rows, check_weight, describe_not_finite
from dure.core.arrays import Array, Samples, Tree, is_nested, is_plain, map_leaves, part_of
from dure.core.conversion.alignment import align_inputs
from dure.core.conversion.cells import (
    convert_texts,
    from_objects,
    from_pandas,
    is_pandas,
    is_text,
    refuse_text,
)
from dure.core.conversion.columns import Names, find_orders, order_columns
from dure.core.conversion.stored import StoredArray, fits_into_memory, is_stored
from dure.core.formatting import format_bytes
from dure.errors import Faults

# JAX holds integers in 32 bits unless told otherwise, and would wrap larger ones silently.
_INT32, _UINT32 = np.iinfo(np.int32), np.iinfo(np.uint32)
_FLOAT32 = np.dtype(np.float32)
_DENSE_SHARE = 0.5
"""Share of the free memory up to which a sparse matrix is made dense."""

_AS_KERAS = (
    "They are taken as they are, as in Keras: the loss becomes NaN unless a layer or the loss "
    "leaves them out. Otherwise drop or fill such rows (prepare=sklearn.impute.SimpleImputer() "
    "fills NaN of inputs)."
)

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
    None among several inputs or targets stays: an output without a loss needs no targets.

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
            key: _convert_item(item, f"{name}[{key!r}]", faults, missing)
            for key, item in tree.items()
        }
    if isinstance(tree, (list, tuple)):
        if is_plain(tree):
            _refuse_plain(tree, name, faults)
            return None
        items = [
            _convert_item(item, f"{name}[{place}]", faults, missing)
            for place, item in enumerate(tree)
        ]
        return items if isinstance(tree, list) else tuple(items)
    return _convert_leaf(tree, name, faults, missing)


def _convert_item(item: Any, name: str, faults: Faults, missing: bool) -> Tree:
    """As `convert`; None among several stands for an array that is left out."""
    return None if item is None else convert(item, name, faults, missing=missing)


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


def _convert_leaf(value: Any, name: str, faults: Faults, missing: bool) -> Any:
    if isinstance(value, StoredArray) or (is_stored(value) and not fits_into_memory(value)):
        return _keep_stored(value, name, faults)
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


def _keep_stored(value: Any, name: str, faults: Faults) -> Any:
    """Some of its rows are read, to see that they can be."""
    stored = value if isinstance(value, StoredArray) else StoredArray(value)
    try:
        stored[stored.sample_places()]
    except Exception as error:  # whatever the library of this array raises
        faults.append(f"{name} cannot be read: {error}")
    return stored


def _as_array(value: Any, name: str, faults: Faults, missing: bool) -> Array | None:
    """The value as an array of whatever type; None after appending a fault."""
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    if kind.startswith(("scipy.sparse", "jax.experimental.sparse")):
        return _dense(value, name, faults)
    if is_pandas(value):
        return from_pandas(value, name, faults)
    if isinstance(value, range):
        return np.asarray(value)
    if not hasattr(value, "__array__"):
        faults.append(
            f"{name} is of type {kind.removeprefix('builtins.')}; Dure takes NumPy arrays (or "
            "tuples, lists and dicts of them). Sources of batches (generators, loaders) go into "
            "dure.Batches."
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
    """A sparse matrix of SciPy or JAX as an array: its products are the same numbers."""
    kept = _FLOAT32 if matrix.dtype.kind == "f" else np.dtype(matrix.dtype)
    size = int(np.prod(matrix.shape, dtype=np.int64)) * kept.itemsize
    free = int(psutil.virtual_memory().available)
    if size > _DENSE_SHARE * free:
        faults.append(
            f"{name} is a sparse matrix that would take {format_bytes(size)} as an array, of "
            f"{format_bytes(free)} that are free; make it narrower (fewer words or features: "
            "max_features, min_df, TruncatedSVD), or pass fewer rows."
        )
        return None
    if hasattr(matrix, "todense") and not hasattr(matrix, "toarray"):
        return np.asarray(matrix.todense())
    dense: Array = matrix.astype(kept).toarray()
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
    dtype = array.dtype.newbyteorder("=")
    if array.dtype.itemsize < 4:
        return array.astype(dtype, copy=False)
    low, high = int(array.min()), int(array.max())
    known = _UINT32 if array.dtype.kind == "u" else _INT32
    if low < known.min or high > known.max:
        faults.append(
            f"{name} holds integers from {low} to {high}; JAX keeps integers in 32 bits "
            f"({known.min} to {known.max}), where larger ones would become others. Identifiers "
            f"become codes from 0 on by np.unique({name}, return_inverse=True)[1] (of all parts "
            f"together, so that one stays one); quantities are floats: {name}.astype('float32')."
        )
        return None
    # Of 64 bits none is needed; what only fits without a sign keeps the type Keras gives it.
    if dtype.itemsize == 8:
        dtype = np.dtype(np.uint32 if high > _INT32.max else np.int64)
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


def _describe_inputs_not_finite(tree: Tree, name: str, prepare: Any) -> list[str]:
    """As `describe_not_finite`, but not where a preparation comes first."""
    if prepare is None:
        return describe_not_finite(tree, name)
    if not is_nested(tree):
        return []
    keys: Any = list(tree) if isinstance(tree, Mapping) else range(len(tree))
    return [
        told
        for key in keys
        for told in _describe_inputs_not_finite(
            tree[key], f"{name}[{key!r}]", part_of(prepare, key)
        )
    ]


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
            lambda leaf: leaf[:].astype(_FLOAT32, copy=False), sound[weight_name]
        )
    check_rows(sound, faults)
    weighed = sound.get(weight_name) is not None and y_name in sound
    if weighed and sound[y_name] is not None:
        check_weight(sound[weight_name], sound[y_name], weight_name, y_name, faults)
        check_finite(sound[weight_name], weight_name, faults)
    if len(faults) > before:
        return None
    if weighed and sound[y_name] is None:
        warnings.warn(
            f"{weight_name} came without {y_name}; weights weigh losses of targets, so that these "
            "count nothing, as in Keras.",
            stacklevel=2,
        )
        sound[weight_name] = None
    told = _describe_inputs_not_finite(sound[x_name], x_name, prepare)
    for sentence in (*told, *describe_not_finite(sound[y_name], y_name)):
        warnings.warn(f"{sentence} {_AS_KERAS}", stacklevel=2)
    return Samples(*sound.values())


def unpack_part(value: Any, name: str, faults: Faults) -> dict[str, Any]:
    """Inputs, targets and weights of a part, by what they are called; as Keras takes it apart.

    A list or tuple is ``(x,)``, ``(x, y)`` or ``(x, y, sample_weight)``, anything else the inputs
    alone.
    """
    if not isinstance(value, (tuple, list)):
        return {name: value, f"{name}[1]": None, f"{name}[2]": None}
    if not 1 <= len(value) <= 3:
        faults.append(
            f"{name} is a {type(value).__name__} of {len(value)}; pass x, (x, y) or "
            "(x, y, sample_weight)."
        )
    parts = (*value, None, None, None)[:3]
    return {f"{name}[{place}]": part for place, part in enumerate(parts)}


def make_evaluation_samples(
    value: Any,
    name: str,
    train: Samples | None,
    faults: Faults,
    *,
    prepare: Any = None,
    columns: tuple[Names, Names] = (None, None),
) -> Samples | None:
    """A test or validation part: x alone, ``(x, y)`` or ``(x, y, sample_weight)``.

    Kept as it is given, as Keras evaluates it: rows of another length, another kind of number or
    nesting, with or without targets. Only columns of tables are put in the training part's order,
    by name, and what a preparation will see is made like the training part.

    Parameters
    ----------
    columns
        Names of the columns of the training part's x and y, where they are known.
    """
    before = len(faults)
    named = unpack_part(value, name, faults)
    if len(faults) > before:
        return None
    (x_name, x), (y_name, y), _ = named.items()
    x_orders = find_orders(x, columns[0], x_name, "x", faults, prepare=prepare)
    y_orders = find_orders(y, columns[1], y_name, "y", faults, renamed=True)
    part = make_samples(named, faults, prepare=prepare)
    if part is None or train is None or len(faults) > before:
        return None
    x = align_inputs(train.x, order_columns(part.x, x_orders), x_name, "x", faults, prepare)
    y = order_columns(part.y, y_orders)
    return Samples(x, y, part.weight) if len(faults) == before else None
