"""A time series as people hand it over: its values, names, and where it is broken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from dure.core.array_checks import check_finite
from dure.core.arrays import Array
from dure.core.conversion.cells import from_objects
from dure.core.formatting import join_first
from dure.data.times.order import check_times
from dure.data.times.reading import read_times
from dure.errors import Faults


class TimeSeries(NamedTuple):
    """Values in order of time.

    Attributes
    ----------
    values
        float32 [time, features]; NaN only where the step is in no run.
    names
        Of the features; None where they have none.
    flat
        Whether it came with one axis.
    run
        The number of the unbroken run each step is in, int64 [time]; -1 where a value is missing.
    holidays
        Open days without a step that count as closed.
    times
        The columns that say when each step was, and are no features.
    """

    values: Array
    names: tuple[str, ...] | None
    flat: bool
    run: Array
    holidays: int
    times: tuple[str, ...]


def read_series(series: Any, faults: Faults, *, split: bool) -> TimeSeries | None:
    """The values with two axes; None after appending faults.

    Parameters
    ----------
    split
        Whether the series may be broken by missing steps and values.
    """
    import pandas as pd

    flat = getattr(series, "ndim", 2) == 1
    if type(series).__module__.startswith("xarray."):
        series = series.to_pandas()
    if isinstance(series, pd.Series):
        series = series.to_frame("series" if series.name is None else series.name)
    holes, holidays, names = np.zeros(0, np.int64), 0, None
    times: tuple[str, ...] = ()
    before = len(faults)
    if isinstance(series, pd.DataFrame):
        series = _with_plain_numbers(series)
        frame, readings = read_times(series, faults)
        found = Faults()
        if len(faults) == before:
            holes, holidays = check_times(series, readings, found, split=split)
        faults += found
        names = tuple(map(str, frame.columns))
        times = tuple(map(str, readings[0].columns)) if readings else ()
        values = _from_frame(frame, names, faults)
    else:
        values = _from_array(series, faults)
        flat = values is not None and values.ndim == 1
    if values is None:
        return None
    if values.ndim not in (1, 2) or 0 in values.shape:
        faults.append(
            f"series has shape {values.shape}; pass [time] or [time, features], one series in "
            "order of time."
        )
        return None
    with np.errstate(over="ignore"):
        values = values.astype(np.float32, copy=False).reshape(len(values), -1)
    run = _runs(values, holes, split)
    remedy = "Fill such values (series.interpolate()), or pass gaps='split' for windows over none."
    check_finite(
        np.where(np.isnan(values), 0, values) if split else values, "series", faults, remedy
    )
    return TimeSeries(values, names, flat, run, holidays, times)


def _runs(values: Array, holes: Array, split: bool) -> Array:
    begins = np.zeros(len(values), np.int64)
    begins[holes + 1] = 1
    if not split:
        return np.cumsum(begins)
    absent = np.asarray(np.isnan(values).any(axis=1))
    begins[1:] |= absent[:-1]
    return np.where(absent, -1, np.cumsum(begins))


def _with_plain_numbers(frame: Any) -> Any:
    """The frame with numbers where its columns hold them as objects, such as Decimal."""
    import pandas as pd

    frame = frame.copy(deep=False)
    for place, dtype in enumerate(frame.dtypes):
        if dtype == np.dtype(object) and len(frame):
            cells = frame.iloc[:, place]
            plain = from_objects(cells.to_numpy(), "series", Faults())
            if plain is not None and plain.ndim == 1 and cells.notna().any():
                frame.isetitem(place, pd.Series(plain, index=frame.index))
    return frame


def _from_array(series: Any, faults: Faults) -> Array | None:
    if isinstance(series, np.ma.MaskedArray) and series.dtype.kind in "fiub":
        return np.asarray(np.ma.filled(series.astype(np.float64), np.nan))
    try:
        values = np.asarray(series)
    except ValueError as error:  # rows of different lengths
        faults.append(f"series cannot be made an array ({error}); pass [time, features].")
        return None
    if values.dtype.kind == "O" and values.ndim == 0:
        faults.append(
            f"series is of type {type(series).__name__}; pass an array, a list, or pandas' Series "
            "or DataFrame (of a generator list(series), of a dict pd.DataFrame(series))."
        )
        return None
    if values.dtype.kind == "O" and values.size:
        return from_objects(values, "series", faults)
    if values.dtype.kind in "fiub":
        return values
    faults.append(
        f"series has dtype {values.dtype}; pass numbers. Turn other values into numbers, or leave "
        "them out."
    )
    return None


def _from_frame(frame: Any, names: Sequence[str], faults: Faults) -> Array | None:
    import pandas as pd

    if isinstance(frame.columns, (pd.DatetimeIndex, pd.PeriodIndex)) and len(names) > 1:
        faults.append("series has its times in its columns; pass series.T, a row a step.")
        return None
    wrong = [
        f"{name!r} ({dtype})"
        for name, dtype in zip(names, frame.dtypes, strict=True)
        if not pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_complex_dtype(dtype)
    ]
    if wrong:
        faults.append(
            f"series holds columns that are no numbers: {join_first(wrong)}. Turn them into "
            "numbers, or leave them out (series.drop(columns=...))."
        )
        return None
    if not len(names):
        faults.append("series holds no column but its times; pass values, too.")
        return None
    values: Array = frame.to_numpy(dtype=np.float64, na_value=np.nan)
    return values
