"""Columns of numbers that say when each row was: dates in digits, seconds since 1970, counts.

A feature that merely goes up (a sum, an odometer) is none of these. What counts is the name, what
the numbers can be read as, and how evenly they go up; where the name says nothing, they are
doubtful at best.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np

from dure.core.arrays import Array
from dure.data.times.axis import TimeAxis, axis_of_ticks
from dure.data.times.dates import read_dates
from dure.data.times.names import (
    counts_down,
    mentions_times,
    names_counted,
    names_dates,
    names_times,
)

_EPOCHS_S = (631_152_000, 4_102_444_800)  # the years 1990 to 2100
_EPOCHS = (("s", 1), ("ms", 10**3), ("us", 10**6), ("ns", 10**9))
_SPREADSHEET, _SPREADSHEET_DAYS = "1899-12-30", (32_874, 73_415)  # the years 1990 to 2100
_FEWEST = 4
"""Different dates in digits that are no chance."""
_MOSTLY_EVEN = 0.75
SAMPLE = 1000
"""Cells that show whether the others are worth a look."""


class Evidence(IntEnum):
    """How far a column of numbers is to be taken for the times of its rows."""

    DOUBTFUL = 1
    """It goes up evenly as times do; its name does not say so."""
    COUNTED = 2
    """The name says so of plain numbers that go up."""
    DATED = 3
    """The numbers are dates or moments, and nothing else."""


class NumberTimes(NamedTuple):
    """A column of numbers as times, and how sure that is."""

    axes: list[TimeAxis]
    evidence: Evidence


def read_number_column(column: Any, name: Any) -> NumberTimes | None:
    """Every way in which the numbers of a column are times; None where they are features.

    Parameters
    ----------
    column
        ``pandas.Series`` of a real dtype, shape [time].
    """
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    present = values[~np.isnan(values)]
    if len(present) < 3 or 2 * len(present) < len(values) or np.isinf(present).any():
        return None
    return (
        _in_digits(column, name, present)
        or _since_1970(column, name, present)
        or _of_spreadsheet(column, name, present)
        or _counted(column, name, present)
    )


def are_dates_in_digits(numbers: Array, name: Any) -> bool:
    """Whether whole numbers that can be read as dates are more than numbers.

    Parameters
    ----------
    numbers
        Such as 20240301 or 202403, shape [time].
    """
    if names_times(name) or mentions_times(name):
        return True
    # Without a name: many different ones, which go over from one month (year, day) to the next,
    # where numbers would soon stand at a month 13 or a day 32.
    return (
        len(np.unique(numbers)) >= _FEWEST
        and len(np.unique(numbers // 100)) >= 2
        and numbers.min() >= 10**5
    )


def mostly_differ(values: Array) -> bool:
    """Whether more than half of the values are different ones."""
    return 2 * len(np.unique(values)) > len(values)


def go_evenly(values: Array) -> bool:
    """Whether different values, once in order, stand mostly one usual step apart."""
    steps = np.diff(np.unique(values))
    if len(steps) < 2:
        return False
    usual = np.quantile(steps, 0.5, method="lower")
    return bool(((steps > 0.5 * usual) & (steps <= 1.5 * usual)).mean() >= _MOSTLY_EVEN)


def _in_digits(column: Any, name: Any, present: Array) -> NumberTimes | None:
    import pandas as pd

    if (present != np.floor(present)).any() or np.abs(present).max() >= 10**15:
        return None
    if not read_dates(present[:SAMPLE].astype(np.int64)) or not are_dates_in_digits(present, name):
        return None
    source, cells = f"series[{name!r}]", pd.Index(column.astype("Int64"))
    readings = read_dates(cells)
    if not pd.api.types.is_integer_dtype(column.dtype):
        source += ".astype('Int64')"
    axes = [
        _of_column(reading.dates, column, name, reading.code_of(source)) for reading in readings
    ]
    return NumberTimes(axes, Evidence.DATED) if axes else None


def _since_1970(column: Any, name: Any, present: Array) -> NumberTimes | None:
    import pandas as pd

    first, last = _EPOCHS_S
    for unit, size in _EPOCHS:
        if first * size <= present.min() and present.max() <= last * size:
            dates = pd.DatetimeIndex(pd.to_datetime(pd.Series(column), unit=unit))
            source = f"pd.to_datetime(series[{name!r}], unit={unit!r})"
            axes = [_of_column(dates, column, name, source)]
            if mentions_times(name) and (mostly_differ(present) or go_evenly(present)):
                return NumberTimes(axes, Evidence.DATED)
            steps = np.diff(present) / size
            seconds = float(np.quantile(steps, 0.5, method="lower"))
            steady = (steps > 0).all() and go_evenly(present) and len(steps) > _FEWEST
            regular = seconds >= 1 and seconds == round(seconds)
            return NumberTimes(axes, Evidence.DOUBTFUL) if steady and regular else None
    return None


def _of_spreadsheet(column: Any, name: Any, present: Array) -> NumberTimes | None:
    """Days since the end of 1899, as spreadsheets count them."""
    import pandas as pd

    first, last = _SPREADSHEET_DAYS
    held = first <= present.min() and present.max() <= last
    if not (held and names_dates(name) and mostly_differ(present)):
        return None
    dates = pd.DatetimeIndex(pd.to_datetime(pd.Series(column), unit="D", origin=_SPREADSHEET))
    source = f"pd.to_datetime(series[{name!r}], unit='D', origin={_SPREADSHEET!r})"
    return NumberTimes([_of_column(dates, column, name, source)], Evidence.DATED)


def _counted(column: Any, name: Any, present: Array) -> NumberTimes | None:
    import pandas as pd

    if not (names_times(name) or names_counted(name)):
        return None
    steps = np.diff(present)
    ordered = bool((steps >= 0).all() or (steps <= 0).all())
    named = names_times(name) and (ordered or (go_evenly(present) and steps.any()))
    onward = ordered and (steps[0] >= 0 or not counts_down(name))
    counted = names_counted(name) and onward and go_evenly(present)
    if not (named or counted) or not mostly_differ(present):
        return None
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    cells, source = pd.Index(column), f"series[{name!r}]"
    axis = TimeAxis(values, cells, _place(name), (name,), source, cells, 0, may_be_feature=True)
    return NumberTimes([axis], Evidence.COUNTED)


def _of_column(dates: Any, column: Any, name: Any, source: str) -> TimeAxis:
    import pandas as pd

    axis = axis_of_ticks(dates, _place(name), (name,), source)
    return replace(axis, raw=pd.Index(column), may_be_feature=True)


def _place(name: Any) -> str:
    return f"its column {str(name)!r}"


def number_columns(frame: Any) -> Iterator[tuple[Any, NumberTimes]]:
    """The columns of numbers that may be times, with their names."""
    import pandas as pd

    if len(frame.columns) < 2:  # the only values there are
        return
    for place, name in enumerate(frame.columns):
        column = frame.iloc[:, place]
        kind = column.dtype
        if pd.api.types.is_numeric_dtype(kind) and not (
            pd.api.types.is_bool_dtype(kind) or pd.api.types.is_complex_dtype(kind)
        ):
            found = read_number_column(column, name)
            if found is not None:
                yield name, found
