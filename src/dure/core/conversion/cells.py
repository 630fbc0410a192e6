"""What stands in the cells of arrays and pandas' columns: texts, objects, numbers in any guise."""

from __future__ import annotations

from collections import Counter
from numbers import Real
from typing import Any

import numpy as np

from dure.core.arrays import Array
from dure.core.formatting import join_first
from dure.errors import Faults

_CATEGORIES = (
    "Categories and texts become numbers by pd.get_dummies(..., dtype='float32'), or, kept with "
    "the trained models, by prepare=sklearn.preprocessing.OneHotEncoder(handle_unknown='ignore') "
    "(for some columns in a ColumnTransformer)."
)


def is_text(value: Any) -> bool:
    """Whether this is one str a row: a list, tuple, array or pandas series that begins with one."""
    if isinstance(value, (list, tuple)):
        return bool(value) and isinstance(value[0], str)
    dtype = getattr(value, "dtype", None)
    if dtype is None or not hasattr(value, "__array__"):
        return False
    if getattr(dtype, "kind", "O") not in "OUT":
        return False
    array = np.asarray(value, dtype=object)
    return array.size in (len(array), 0) and array.size > 0 and isinstance(array.flat[0], str)


def convert_texts(value: Any, name: str, faults: Faults) -> Array | None:
    """One str a row as an array of objects, shape [rows]; None after appending a fault."""
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


def number_type(texts: Any) -> str | None:
    """The type all these texts are numbers of, "int64" or "float32"; None where one is none."""
    flat = np.asarray(texts).reshape(-1).astype(np.str_)
    for dtype in ("int64", "float32"):
        try:
            flat.astype(dtype)
        except (ValueError, OverflowError):
            continue
        return dtype
    return None


def refuse_text(texts: Any, name: str, faults: Faults) -> None:
    """Append that texts, or bytes, stand where numbers should."""
    flat = np.asarray(texts).reshape(-1)
    if isinstance(flat[0], bytes):
        faults.append(
            f"{name} holds bytes, such as {bytes(flat[0])!r}. Make them texts "
            f"(np.char.decode({name}, 'utf-8')), or numbers."
        )
    elif dtype := number_type(flat):
        names = ", or give dure.Data task='classification' if they name classes"
        faults.append(
            f"{name} holds numbers written as text, such as {str(flat[0])!r}; pass "
            f"np.asarray({name}).astype({dtype!r}){names if name == 'y' else ''}."
        )
    elif name.startswith("x"):
        faults.append(
            f"{name} holds text, such as {_shorten(str(flat[0]))}. Pass "
            "prepare=dure.data.TextToSequences() to learn from texts, or turn categories into "
            f"numbers: pd.get_dummies({name})."
        )
    else:
        faults.append(
            f"{name} holds text, such as {_shorten(str(flat[0]))}; pass numbers. Names of classes "
            f"become labels by labels, names = pd.factorize({name}, sort=True)."
        )


def _shorten(text: str, most: int = 40) -> str:
    return repr(text if len(text) <= most else f"{text[:most]}...")


def from_objects(array: Array, name: str, faults: Faults) -> Array | None:
    """What an object array holds, as numbers; None after appending a fault.

    None and pandas' NA become NaN. Rows that are arrays or lists of one shape are stacked.
    """
    cells = array.reshape(-1)
    holes = np.fromiter((_is_hole(cell) for cell in cells), bool, len(cells))
    present = cells[~holes]
    if all(_is_real(cell) for cell in present):
        return _numbers(cells, holes).reshape(array.shape)
    if all(isinstance(cell, (list, tuple, np.ndarray)) for cell in cells):
        return _stacked(cells, array.shape, name, faults)
    if all(isinstance(cell, (str, bytes)) for cell in present):
        _refuse_texts(cells, holes, name, faults)
        return None
    kinds = Counter(
        "nothing" if hole else _kind(cell) for cell, hole in zip(cells, holes, strict=True)
    )
    told = join_first([f"{kind} ({count:,} values)" for kind, count in kinds.most_common()])
    odd = next(row for row, cell in enumerate(cells) if not _is_real(cell) and not holes[row])
    row = odd // max(1, cells.size // len(array))
    faults.append(
        f"{name} holds Python objects that are not all numbers: {told}, the first in row {row} "
        f"(counted from 0): {_shown(cells[odd])}. Turn them into numbers, or leave them out."
    )
    return None


def _is_hole(cell: Any) -> bool:
    missing = cell is None or type(cell).__name__ in ("NAType", "NaTType")
    return missing or (isinstance(cell, (float, np.floating)) and bool(np.isnan(cell)))


def _is_real(cell: Any) -> bool:
    # Decimal is no Real, but has a float.
    return isinstance(cell, (Real, np.bool_)) or type(cell).__name__ == "Decimal"


def _kind(cell: Any) -> str:
    return "number" if _is_real(cell) else type(cell).__name__


def _shown(cell: Any) -> str:
    text = repr(cell)
    return text if len(text) <= 40 else f"{text[:40]}..."


def _numbers(cells: Array, holes: Array) -> Array:
    if holes.any():
        return np.array(
            [np.nan if hole else float(c) for c, hole in zip(cells, holes, strict=True)]
        )
    if all(isinstance(cell, (bool, np.bool_)) for cell in cells):
        return cells.astype(bool)
    if all(isinstance(cell, (int, np.integer, np.bool_)) for cell in cells):
        try:
            return cells.astype(np.int64)
        except OverflowError:
            pass
    return np.array([float(cell) for cell in cells])


def _stacked(cells: Array, shape: tuple[int, ...], name: str, faults: Faults) -> Array | None:
    shapes = [_shape(cell) for cell in cells]
    odd = next((row for row, one in enumerate(shapes) if one is None or one != shapes[0]), None)
    if odd is not None:
        told = f"row 0 has shape {shapes[0]}, row {odd} {shapes[odd]}"
        if shapes[odd] is None:
            told = f"row {odd} holds lists of different lengths itself"
        lengths = [one[0] if one else 0 for one in shapes]
        faults.append(
            f"{name} holds rows of different lengths, {min(lengths)} to {max(lengths)}: {told}. "
            f"Pad them to one length (keras.utils.pad_sequences({name}) for sequences of integers)."
        )
        return None
    stacked = np.stack([np.asarray(cell) for cell in cells])
    kept = shape[:-1] if len(shape) > 1 and shape[-1] == 1 else shape  # a column of a frame
    stacked = stacked.reshape(*kept, *stacked.shape[1:])
    return from_objects(stacked, name, faults) if stacked.dtype.kind == "O" else stacked


def _shape(cell: Any) -> tuple[int, ...] | None:
    try:
        return tuple(np.shape(cell))
    except ValueError:  # ragged within
        return None


def _refuse_texts(cells: Array, holes: Array, name: str, faults: Faults) -> None:
    if holes.any():
        faults.append(
            f"{name} holds text, and nothing in {int(holes.sum())} places, the first in row "
            f"{int(np.argmax(holes))} (counted from 0). Leave such rows out, and turn the texts "
            "into numbers."
        )
    else:
        refuse_text(cells, name, faults)


def is_pandas(value: Any) -> bool:
    """Whether this is a pandas frame, series, index or array; without importing pandas."""
    return type(value).__module__.partition(".")[0] == "pandas" and hasattr(value, "__array__")


def from_pandas(value: Any, name: str, faults: Faults) -> Array | None:
    """The values as `fit` takes them: a frame [rows, columns], a series [rows, 1], others [rows].

    True and false beside numbers become 0 and 1, NA becomes NaN, sparse columns become dense.
    None after appending a fault that names the columns.
    """
    import pandas as pd

    if isinstance(value, pd.DataFrame):
        return _from_frame(value, name, faults)
    series = value if isinstance(value, pd.Series) else pd.Series(value)
    column = _column(series, name, faults)
    if column is None or column.ndim > 1 or not isinstance(value, pd.Series):
        return column
    return column[:, None]


def _from_frame(frame: Any, name: str, faults: Faults) -> Array | None:
    if not frame.shape[0] or not frame.shape[1]:
        return np.zeros(frame.shape)
    wrong: list[str] = []
    remedies: dict[str, None] = {}
    columns = []
    for place, label in enumerate(frame.columns):
        series = frame.iloc[:, place]
        remedy = _remedy(series, f"{name}[{label!r}]")
        if remedy is None:
            found = Faults()
            column = _column(series, f"{name}[{label!r}]", found)
            columns += [] if column is None else [column]
            faults += found
            continue
        wrong.append(f"{label!r} ({series.dtype}, such as {series.dropna().iloc[0]!r})")
        remedies[remedy] = None
    if wrong:
        faults.append(
            f"{name} holds columns that are no numbers: {join_first(wrong, 5)}. "
            f"{' '.join(list(remedies)[:3])}"
        )
    if wrong or len(columns) < frame.shape[1]:
        return None
    if len(columns) == 1 and columns[0].ndim > 1:
        return columns[0]
    deep = [str(label) for label, column in zip(frame, columns, strict=True) if column.ndim > 1]
    if deep:
        faults.append(
            f"{name} holds columns of arrays beside others: {join_first(deep, 5)}. Pass them as "
            f"inputs of their own, such as np.stack({name}[{deep[0]!r}])."
        )
        return None
    kept = np.result_type(*(column.dtype for column in columns))
    return np.stack([column.astype(kept, copy=False) for column in columns], axis=1)


def _column(series: Any, name: str, faults: Faults) -> Array | None:
    """One column's values, shape [rows, ...]; dates, texts and the like as an array of them."""
    import pandas as pd

    dtype = series.dtype
    if isinstance(dtype, pd.SparseDtype):
        series = series.sparse.to_dense()
        dtype = series.dtype
    if isinstance(dtype, np.dtype) and dtype.kind != "O":
        return np.asarray(series)
    numeric = pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_bool_dtype(dtype)
    if numeric and not isinstance(dtype, np.dtype) and not isinstance(dtype, pd.CategoricalDtype):
        if not series.isna().any():
            return np.asarray(series.to_numpy(dtype=_plain_dtype(dtype)))
        return np.asarray(series.to_numpy(dtype=np.float64, na_value=np.nan))
    array = np.asarray(series)
    return from_objects(array, name, faults) if array.dtype.kind == "O" else array


def _plain_dtype(dtype: Any) -> Any:
    """NumPy's type for pandas' own, Arrow's included."""
    import pandas as pd

    if pd.api.types.is_bool_dtype(dtype):
        return np.bool_
    known = getattr(dtype, "numpy_dtype", np.dtype(np.float64))
    return known if known.kind in "iuf" else np.dtype(np.float64)  # Arrow's decimals


def _remedy(series: Any, code: str) -> str | None:
    """How to make a column numbers, as a sentence; None where it holds numbers already."""
    import pandas as pd

    dtype, types = series.dtype, pd.api.types
    if isinstance(dtype, pd.CategoricalDtype):
        if types.is_numeric_dtype(dtype.categories.dtype):
            return None
        return _CATEGORIES
    if types.is_datetime64_any_dtype(dtype) or isinstance(dtype, pd.PeriodDtype):
        return (
            f"Of dates take what matters, such as {code}.dt.month or {code}.dt.dayofyear, or "
            "leave them out."
        )
    if types.is_timedelta64_dtype(dtype):
        return f"Spans of time become numbers by {code}.dt.total_seconds()."
    if isinstance(dtype, pd.IntervalDtype):
        return f"Intervals become numbers by pd.IntervalIndex({code}).mid."
    present = series.dropna()
    texts = types.is_string_dtype(dtype) or types.is_object_dtype(dtype)
    if not len(present) or not (texts and all(isinstance(cell, str) for cell in present)):
        return None
    if dtype := number_type(present):
        dtype = dtype if len(present) == len(series) else "float32"
        return f"Numbers written as text become numbers by {code}.astype({dtype!r})."
    return _CATEGORIES
