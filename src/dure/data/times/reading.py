"""Where the times of a series are: in its index, in columns of dates, in columns of numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from dure.core.formatting import join_first
from dure.data.times.axis import TimeAxis, axis_of_ticks
from dure.data.times.dates import read_dates
from dure.data.times.names import names_counted, names_times
from dure.data.times.numbers import (
    SAMPLE,
    Evidence,
    NumberTimes,
    are_dates_in_digits,
    mostly_differ,
    number_columns,
)
from dure.data.times.parts import add_clock, read_parts
from dure.errors import Faults


def read_times(frame: Any, faults: Faults) -> tuple[Any, list[TimeAxis]]:
    """The columns that are no times, and every way to read when each row was.

    Times are the dates in the index where it holds any, else those in the only column of dates,
    else those that columns of numbers say (see `numbers` and `parts`), else the numbers in the
    index, unless pandas counted the rows there. []: only the order of the rows counts.

    Parameters
    ----------
    frame
        ``pandas.DataFrame``, a row a step.
    faults
        Are appended where it cannot be told which times count.
    """
    import pandas as pd

    index = frame.index
    if isinstance(index, pd.MultiIndex):
        return frame, _of_levels(frame, faults)
    columns = _date_columns(frame)
    counted = isinstance(index, pd.RangeIndex)
    readings = [] if counted else _axes(index, "its index", (), "series.index")
    if all(pd.api.types.is_numeric_dtype(axis.cells.dtype) for axis in readings):
        # Numbers without a name in the index are pandas' own, left by a filter.
        in_numbers = [] if index.name is not None else _in_numbers(frame, columns, faults)
        readings = in_numbers or _of_column(frame, columns, faults) or readings
    else:
        return frame.drop(columns=list(columns)), readings
    taken = {name for axis in readings for name in axis.columns}
    return frame.drop(columns=list(taken | set(columns))), readings


def _in_numbers(frame: Any, columns: dict[Any, list[TimeAxis]], faults: Faults) -> list[TimeAxis]:
    """Times in columns of numbers; those that are dates for sure join the columns of dates."""
    found = dict(number_columns(frame))
    for name, one in found.items():
        if _says_when(frame, name, one) and not _joined(name, one, columns):
            columns[name] = one.axes
    if columns:
        return []
    in_parts = read_parts(frame)
    if in_parts:
        return in_parts
    named = {name: one.axes for name, one in found.items() if one.evidence is Evidence.COUNTED}
    if named:
        return _of_column(frame, named, faults)
    faults += [
        _ask(name, one.axes[0]) for name, one in found.items() if one.evidence is Evidence.DOUBTFUL
    ]
    return []


def _says_when(frame: Any, name: Any, one: NumberTimes) -> bool:
    """Whether these are dates of the rows themselves, not of something that many rows share."""
    if one.evidence is not Evidence.DATED:
        return False
    axis = one.axes[0]
    own = names_times(name) or mostly_differ(axis.values)
    return own or add_clock(frame, axis) is not axis


def _joined(name: Any, one: NumberTimes, columns: dict[Any, list[TimeAxis]]) -> bool:
    """Whether the numbers say the same as the one column of dates, whose axes take the name in.

    As the end of each hour says the same as its start.
    """
    if len(columns) != 1:
        return False
    ((known, axes),) = columns.items()
    of_numbers = one.axes[0]
    for axis in axes:
        apart = axis.values * axis.nanoseconds - of_numbers.values * of_numbers.nanoseconds
        if len(apart) and (apart == apart[0]).all() and not axis.missing.any():
            columns[known] = [replace(each, columns=(*each.columns, name)) for each in axes]
            return True
    return False


def _ask(name: Any, axis: TimeAxis) -> str:
    last = len(axis.values) - 1
    return (
        f"series holds the numbers {axis.raw[0]} to {axis.raw[last]} in its column {str(name)!r}, "
        f"which go up as times do (from {axis.show(0)} to {axis.show(last)}). If it says when each "
        f"row was, pass {axis.indexed}; if it is a feature, pass {axis.as_feature}."
    )


def _of_column(frame: Any, columns: dict[Any, list[TimeAxis]], faults: Faults) -> list[TimeAxis]:
    if len(columns) > 1:
        told = join_first([repr(str(name)) for name in columns])
        first, *others = columns
        faults.append(
            f"series holds several columns of dates: {told}. Make the one that says when each row "
            f"was the index, and drop the others, such as series.set_index({first!r})"
            f".drop(columns={others!r})."
        )
        return []
    return [add_clock(frame, axis) for axis in next(iter(columns.values()), [])]


def _date_columns(frame: Any) -> dict[Any, list[TimeAxis]]:
    """The columns of dates, as such or as text."""
    import pandas as pd

    found = {}
    for place, name in enumerate(frame.columns):
        column = frame.iloc[:, place]
        if not pd.api.types.is_numeric_dtype(column.dtype) and not _are_numbers(column, name):
            axes = _axes(
                pd.Index(column), f"its column {str(name)!r}", (name,), f"series[{name!r}]"
            )
            if axes:
                found[name] = axes
    return found


def _are_numbers(column: Any, name: Any) -> bool:
    """Whether these are texts of digits that nothing says are dates, such as '1950'."""
    import pandas as pd

    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return False
    present = column.dropna()
    for cells in (present[:SAMPLE], present):
        texts = cells.map(str).str.strip()
        digits = texts[texts.str.fullmatch(r"\d+")]
        if 2 * len(digits) <= len(texts):
            return False
    numbers = digits.astype(np.float64).to_numpy()
    return not (names_counted(name) or are_dates_in_digits(numbers, name))


def _of_levels(frame: Any, faults: Faults) -> list[TimeAxis]:
    """The times of an index of several levels, if the other levels never change."""
    index = frame.index
    dated = {
        level: axes
        for level in range(index.nlevels)
        if (axes := _axes(_level(index, level), "its index", (), _level_code(level)))
        and axes[0].nanoseconds
    }
    for level in range(index.nlevels):
        different = index.get_level_values(level).unique()
        if dated and level not in dated and len(different) > 1:
            faults.append(
                f"series holds {len(different)} series, one for each value of the level "
                f"{_level_name(index, level)!r} of its index. Pass one at a time: "
                f"series.xs({different[0]!r}, level={level})."
            )
            return []
    return next(iter(dated.values()), [])


def _level(index: Any, level: int) -> Any:
    return index.get_level_values(level)


def _level_code(level: int) -> str:
    return f"series.index.get_level_values({level})"


def _level_name(index: Any, level: int) -> Any:
    name = index.names[level]
    return level if name is None else str(name)


def _axes(cells: Any, place: str, columns: tuple[Any, ...], source: str) -> list[TimeAxis]:
    """Every way to read these cells as times; [] where they are none."""
    import pandas as pd

    if isinstance(cells, pd.PeriodIndex):
        # Ordinals of periods are even where months and business days are not.
        return [TimeAxis(cells.asi8, cells, place, columns, source, cells, 0)]
    if isinstance(cells, (pd.DatetimeIndex, pd.TimedeltaIndex)):
        return [axis_of_ticks(cells, place, columns, source)]
    if isinstance(cells, pd.CategoricalIndex):
        cells = pd.Index(np.asarray(cells))
    if pd.api.types.is_bool_dtype(cells.dtype) or pd.api.types.is_complex_dtype(cells.dtype):
        return []
    whole = pd.api.types.is_integer_dtype(cells.dtype)
    numbers = whole or pd.api.types.is_float_dtype(cells.dtype)
    read = [] if numbers and not whole else read_dates(cells)
    found = [
        replace(
            axis_of_ticks(reading.dates, place, columns, reading.code_of(source)),
            raw=cells,
        )
        for reading in read
    ]
    if numbers and not columns:
        plain = cells.to_numpy(dtype=np.float64, na_value=np.nan)
        found.append(TimeAxis(plain, cells, place, columns, source, cells, 0))
    return found
