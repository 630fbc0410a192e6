"""Windows over a time series, split by time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from dure.core.array_checks import check_finite
from dure.core.arrays import Array, whole
from dure.core.formatting import join_first
from dure.data.dataset import Data
from dure.data.readers.common import check_fraction
from dure.data.splits import hold_out_last
from dure.errors import Faults, StudyError, did_you_mean


class _Series(NamedTuple):
    values: Array
    """float32 [time, features]"""
    names: tuple[str, ...] | None
    flat: bool
    """Whether it came with one axis."""


def windows(
    series: Any,
    length: int,
    *,
    target: str | int | Sequence[str | int] | None = None,
    horizon: int = 1,
    stride: int = 1,
    test: float = 0.2,
) -> Data:
    """Windows over a time series, each with the value that comes after it.

    Window ``i`` holds the values from time ``i * stride`` on; its target is the value `horizon`
    steps after its last one, at time ``i * stride + length - 1 + horizon``.

    Parameters
    ----------
    series
        Values in order of time, shape [time] or [time, features]: an array, a list, or a pandas
        Series or DataFrame, whose column names become `feature_names`. Nothing is scaled; see
        `Data.prepare`.
    length
        Steps in a window.
    target
        What to predict: the name or number of one feature, or a list of them. None: all features.
    horizon
        How many steps after the window's end the target lies; 1 is the next value.
    stride
        Steps from the start of one window to the start of the next.
    test
        The last fraction of the time, kept as the test part; 0 for none. It begins at time
        ``floor(time * (1 - test))``. No training window and no training target reaches it, and no
        test window starts before it.

    Returns
    -------
    Rows in order of time: `x` float32 [rows, length, features]; `y` float32 [rows, targets], or
    [rows] where `target` is one name or number, or `series` has one axis and `target` is None.
    n values give ``floor((n - length - horizon) / stride) + 1`` rows.

    Its `time_gap` is ``ceil((length + horizon) / stride) - 1``: row ``i`` reads no value after time
    ``i * stride + length + horizon - 1``, so a later row ``j`` shares none with it or any row
    before it once ``(j - i) * stride >= length + horizon``, and between the two lie
    ``j - i - 1`` rows. With strides up to `length` no smaller number will do.

    Raises
    ------
    StudyError
        Everything that is wrong at once: a series that is too short (with how many values are
        needed), holds holes or no numbers, or is not in order of time; an unknown target.

    Examples
    --------
    >>> weather = dure.data.windows(np.arange(10.0), length=3, test=0)
    >>> weather.x.shape, weather.x[0].ravel(), weather.y[0], weather.time_gap
    ((7, 3, 1), array([0., 1., 2.], dtype=float32), np.float32(3.0), 3)
    """
    read, chosen, fraction = _read_checked(series, length, target, horizon, stride, test)
    return _data_of(read, chosen, fraction, length, horizon, stride)


def _data_of(
    read: _Series, chosen: list[int] | int, fraction: float, length: int, horizon: int, stride: int
) -> Data:
    first_test = hold_out_last(len(read.values), fraction)
    train, held_out = read.values[:first_test], read.values[first_test:]
    x, y = _cut(train, length, horizon, stride, chosen)
    return Data(
        x,
        y,
        test=_cut(held_out, length, horizon, stride, chosen) if fraction else None,
        feature_names=read.names,
        kind="series",
        task="regression",
        time_gap=-(-(length + horizon) // stride) - 1,
        source=f"windows of {length} steps over a series of {len(read.values):,}",
    )


def _cut(
    values: Array, length: int, horizon: int, stride: int, chosen: list[int] | int
) -> tuple[Array, Array]:
    """Windows over the values, and the chosen features after each."""
    starts = np.arange(0, len(values) - length - horizon + 1, stride)
    views = np.lib.stride_tricks.sliding_window_view(values, length, axis=0)
    x = np.ascontiguousarray(views[starts].swapaxes(1, 2))
    return x, values[starts + length - 1 + horizon][:, chosen]


def _read_checked(
    series: Any, length: Any, target: Any, horizon: Any, stride: Any, test: Any
) -> tuple[_Series, list[int] | int, float]:
    """The values, the features to predict and the fraction to hold out."""
    faults = Faults(
        f"{name} is {value!r}; pass a whole number of steps, 1 or more."
        for name, value in (("length", length), ("horizon", horizon), ("stride", stride))
        if (whole(value) or 0) < 1
    )
    fraction = check_fraction(test, faults)
    sound_steps = not faults
    read = _read(series, faults)
    chosen = None if read is None else _targets(read, target, faults)
    if read is not None and fraction is not None and sound_steps:
        _check_lengths(len(read.values), length + horizon, fraction, faults)
    if read is None or chosen is None or fraction is None or faults:
        raise StudyError(faults, subject="these windows")
    return read, chosen, fraction


def _check_lengths(time: int, needed: int, test: float, faults: Faults) -> None:
    """Append where the training or the test part is too short for one window and its target."""
    first_test = hold_out_last(time, test)
    parts = [("training", first_test), ("the test part", time - first_test)][: 2 if test else 1]
    for part, left in parts:
        if left < needed:
            share = f", {left} of them for {part} (test={test:g})" if test else ""
            faults.append(
                f"series has {time} steps{share}; a window with its target takes length + horizon "
                f"= {needed}, so {part} needs {needed} steps or more. Pass a longer series, a "
                "smaller length or horizon, or another test."
            )


def _read(series: Any, faults: Faults) -> _Series | None:
    """The values with two axes; None after appending faults."""
    import pandas as pd

    names = None
    flat = getattr(series, "ndim", 2) == 1
    if isinstance(series, pd.Series):
        series = series.to_frame("series" if series.name is None else series.name)
    if isinstance(series, pd.DataFrame):
        names = tuple(map(str, series.columns))
        values = _from_frame(series, names, faults)
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
    check_finite(values, "series", faults)
    return _Series(values, names, flat)


def _from_array(series: Any, faults: Faults) -> Array | None:
    try:
        values = np.asarray(series)
    except ValueError as error:  # rows of different lengths
        faults.append(f"series cannot be made an array ({error}); pass [time, features].")
        return None
    if values.dtype.kind in "fiub":
        return values
    faults.append(
        f"series has dtype {values.dtype}; pass numbers. Turn other values into numbers, or leave "
        "them out."
    )
    return None


def _from_frame(frame: Any, names: Sequence[str], faults: Faults) -> Array | None:
    import pandas as pd

    dated = isinstance(frame.index, (pd.DatetimeIndex, pd.PeriodIndex))
    if dated and not frame.index.is_monotonic_increasing:
        faults.append("series is not in order of time; pass series.sort_index().")
    wrong = [
        f"{name!r} ({dtype})"
        for name, dtype in zip(names, frame.dtypes, strict=True)
        if not pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_complex_dtype(dtype)
    ]
    if wrong:
        faults.append(
            f"series holds columns that are no numbers: {join_first(wrong)}. Turn them into "
            "numbers, or leave them out (dates as the index: series.set_index(...))."
        )
        return None
    values: Array = frame.to_numpy(dtype=np.float64, na_value=np.nan)
    return values


def _targets(series: _Series, target: Any, faults: Faults) -> list[int] | int | None:
    """What to take from the features' axis: an int drops it; None after appending faults."""
    features = series.values.shape[1]
    if target is None:
        return 0 if series.flat else list(range(features))
    if isinstance(target, (list, tuple)):
        if not target:
            faults.append("target is empty; name what to predict, or leave target out.")
            return None
        places = [_one_target(series, item, faults) for item in target]
        known = [place for place in places if place is not None]
        return known if len(known) == len(places) else None
    return _one_target(series, target, faults)


def _one_target(series: _Series, target: Any, faults: Faults) -> int | None:
    features = series.values.shape[1]
    number = whole(target)
    if number is not None and 0 <= number < features:
        return number
    if isinstance(target, str) and series.names is not None and target in series.names:
        return series.names.index(target)
    if series.names is None:
        known = f"a number from 0 to {features - 1} (only a DataFrame has names)"
    else:
        known = f"one of {join_first([repr(name) for name in series.names])}"
    hint = did_you_mean(str(target), series.names or ())
    faults.append(f"target {target!r} is no feature of series; pass {known}.{hint}")
    return None
