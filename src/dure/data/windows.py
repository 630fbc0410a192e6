"""Windows over a time series, split by time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np

from dure.core.arrays import Array, whole
from dure.core.formatting import format_count, join_first
from dure.data.dataset import Data
from dure.data.readers.common import check_choice, check_fraction
from dure.data.splits import hold_out_last
from dure.data.times.series import TimeSeries, read_series
from dure.errors import Faults, StudyError, did_you_mean

Gaps = Literal["error", "split"]


def windows(
    series: Any,
    length: int,
    *,
    target: str | int | Sequence[str | int] | None = None,
    horizon: int = 1,
    stride: int = 1,
    test: float = 0.2,
    gaps: Gaps = "error",
) -> Data:
    """Windows over a time series, each with the value that comes after it.

    Window ``i`` holds the values from time ``i * stride`` on; its target is the value `horizon`
    steps after its last one, at time ``i * stride + length - 1 + horizon``.

    Parameters
    ----------
    series
        Values in order of time, shape [time] or [time, features], not scaled here: an array, a
        list, or a pandas Series or DataFrame, whose column names become `feature_names`. Times in
        its index (dates, also as text, periods, numbers) or in columns (dates, hours, year and
        month, numbers named as times), which `source` tells and are no features, go up evenly.
    length, stride
        Steps in a window; steps from the start of one window to the start of the next.
    target
        What to predict: the name or number of one feature, or a list of them. None: all features.
    horizon
        How many steps after the window's end the target lies; 1 is the next value.
    test
        The last fraction of the time, kept as the test part; 0 for none. It begins at time
        ``floor(time * (1 - test))``; nothing of training reaches it, and no test window starts
        before it.
    gaps
        Where steps or values are missing: ``"error"`` refuses; ``"split"`` leaves out windows that
        would run over one (each unbroken piece is cut by itself; `source` says how many). No gaps
        are months, nights, weekends, up to 7 holidays in a row, clocks put forward or back.

    Returns
    -------
    Rows in order of time: `x` float32 [rows, length, features]; `y` float32 [rows, targets], or
    [rows] where `target` is one name or number, or `series` has one axis and `target` is None.
    n unbroken values give ``floor((n - length - horizon) / stride) + 1`` rows. Row ``i`` reads no
    value after time ``i * stride + length + horizon - 1``, so `time_gap` is ``ceil((length +
    horizon) / stride) - 1``; with strides up to `length` no smaller one keeps rows apart.

    Raises
    ------
    StudyError
        Everything that is wrong at once, with rows and times: a series too short, with holes or
        no numbers, out of order, with a time twice, uneven steps or gaps; several series in one
        frame; an unknown target.

    Examples
    --------
    >>> weather = dure.data.windows(np.arange(10.0), length=3, test=0)
    >>> weather.x.shape, weather.x[0].ravel(), weather.y[0], weather.time_gap
    ((7, 3, 1), array([0., 1., 2.], dtype=float32), np.float32(3.0), 3)
    """
    read, chosen, fraction = _read_checked(series, length, target, horizon, stride, test, gaps)
    return _data_of(read, chosen, fraction, length, horizon, stride)


def _data_of(
    read: TimeSeries,
    chosen: list[int] | int,
    fraction: float,
    length: int,
    horizon: int,
    stride: int,
) -> Data:
    first_test = hold_out_last(len(read.values), fraction)
    parts = [slice(None, first_test), slice(first_test, None)]
    (x, y), *held_out = (
        _cut(read.values[part], read.run[part], length, horizon, stride, chosen)
        for part in parts[: 2 if fraction else 1]
    )
    rows = len(y) + sum(len(targets) for _, targets in held_out)
    return Data(
        x,
        y,
        test=held_out[0] if held_out else None,
        feature_names=read.names,
        kind="series",
        task="regression",
        time_gap=-(-(length + horizon) // stride) - 1,
        source=_describe(read, length, rows),
    )


def _describe(read: TimeSeries, length: int, rows: int) -> str:
    told = f"windows of {length} steps over a series of {len(read.values):,}"
    pieces = len(np.unique(read.run[read.run >= 0]))
    if pieces > 1 or (read.run < 0).any():
        told += f" in {format_count(pieces, 'unbroken piece')}, {rows:,} windows in all"
    if read.times:
        named = ", ".join(map(repr, read.times))
        told += f"; times from the column{'' if len(read.times) == 1 else 's'} {named}"
    if read.holidays:
        told += f"; {format_count(read.holidays, 'open day')} without values taken for holidays"
    return told


def _starts(run: Array, needed: int, stride: int) -> Array:
    """The first step of each window, such that its `needed` steps are in one unbroken run."""
    edges = np.flatnonzero(np.diff(run)) + 1
    begins, ends = np.r_[0, edges], np.r_[edges, len(run)]
    return np.concatenate(
        [
            np.arange(begin, end - needed + 1, stride)
            for begin, end in zip(begins, ends, strict=True)
            if run[begin] >= 0
        ]
        or [np.zeros(0, np.int64)]
    )


def _cut(
    values: Array, run: Array, length: int, horizon: int, stride: int, chosen: list[int] | int
) -> tuple[Array, Array]:
    """Windows over the values, and the chosen features after each."""
    starts = _starts(run, length + horizon, stride)
    views = np.lib.stride_tricks.sliding_window_view(values, length, axis=0)
    x = np.ascontiguousarray(views[starts].swapaxes(1, 2))
    return x, values[starts + length - 1 + horizon][:, chosen]


def _read_checked(
    series: Any, length: Any, target: Any, horizon: Any, stride: Any, test: Any, gaps: Any
) -> tuple[TimeSeries, list[int] | int, float]:
    """The values, the features to predict and the fraction to hold out."""
    faults = Faults(
        f"{name} is {value!r}; pass a whole number of steps, 1 or more."
        for name, value in (("length", length), ("horizon", horizon), ("stride", stride))
        if (whole(value) or 0) < 1
    )
    fraction = check_fraction(test, faults)
    sound_steps = not faults
    check_choice("gaps", gaps, get_args(Gaps), faults)
    read = read_series(series, faults, split=gaps == "split")
    chosen = None if read is None else _targets(read, target, faults)
    if read is not None and fraction is not None and sound_steps:
        _check_lengths(read.run, length + horizon, fraction, faults)
    if read is None or chosen is None or fraction is None or faults:
        raise StudyError(faults, subject="these windows")
    return read, chosen, fraction


def _check_lengths(run: Array, needed: int, test: float, faults: Faults) -> None:
    """Append where the training or the test part is too short for one window and its target."""
    time = len(run)
    first_test = hold_out_last(time, test)
    parts = [("training", run[:first_test]), ("the test part", run[first_test:])]
    for part, left in parts[: 2 if test else 1]:
        if len(left) < needed:
            share = f", {len(left)} of them for {part} (test={test:g})" if test else ""
            faults.append(
                f"series has {time} steps{share}; a window with its target takes length + horizon "
                f"= {needed}, so {part} needs {needed} steps or more. Pass a longer series, a "
                "smaller length or horizon, or another test."
            )
        elif not len(_starts(left, needed, 1)):
            longest = int(np.bincount(left[left >= 0]).max()) if (left >= 0).any() else 0
            faults.append(
                f"a window with its target takes length + horizon = {needed} steps without a gap; "
                f"the longest unbroken piece for {part} has {longest}. Fill the gaps, or pass a "
                "smaller length or horizon."
            )


def _targets(series: TimeSeries, target: Any, faults: Faults) -> list[int] | int | None:
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


def _one_target(series: TimeSeries, target: Any, faults: Faults) -> int | None:
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
