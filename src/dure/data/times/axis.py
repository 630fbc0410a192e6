"""The time of each step of a series: in its index, or in the one column that holds dates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dure.core.arrays import Array
from dure.core.formatting import join_first
from dure.data.times.dates import read_dates
from dure.errors import Faults

# One for each rule by which clocks are changed; data in local time without a zone are even in one.
_ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Europe/London",
    "Europe/Athens",
    "Australia/Sydney",
    "Pacific/Auckland",
    "America/Santiago",
    "America/Sao_Paulo",
    "Asia/Jerusalem",
)


@dataclass(frozen=True)
class TimeAxis:
    """When each step was, in one way of reading it."""

    values: Array
    """Numbers that grow with time, shape [time]: int64 or float64"""
    cells: Any
    """The same as pandas shows it, an Index: DatetimeIndex, PeriodIndex, TimedeltaIndex, numbers"""
    place: str
    """What the reader calls it, such as "its index" or "its column 'at'" """
    column: Any
    """The name of the column; None: the index"""
    source: str
    """Source code that makes `cells` of `series`"""
    raw: Any
    """The cells as they came, an Index"""
    nanoseconds: int
    """How many of them 1 in `values` is; 0 where these are no dates and no time spans"""

    @property
    def is_dates(self) -> bool:
        """Whether steps stand at dates of a calendar, and not at numbers or spans of time."""
        import pandas as pd

        return isinstance(self.cells, pd.DatetimeIndex)

    @property
    def missing(self) -> Array:
        """Which steps have no time, shape [time]."""
        marked: Array = np.asarray(self.cells.isna())
        return marked

    @property
    def wall_clock(self) -> Array:
        """Dates as clocks on the spot show them, in seconds, int64 [time]."""
        local = self.cells if self.cells.tz is None else self.cells.tz_localize(None)
        seconds: Array = local.as_unit("s").asi8
        return seconds

    def show(self, row: int) -> str:
        """The time of a step as the reader knows it."""
        cell = self.cells[row]
        text = f"{cell:g}" if isinstance(cell, (float, np.floating)) else str(cell)
        return re.sub(r"[ T]00:00:00(?![.\d])", "", text) if self.nanoseconds else text

    @property
    def indexed(self) -> str:
        """Source code of the series with its times as a true index."""
        if self.column is None:
            return "series" if self.source == "series.index" else f"series.set_axis({self.source})"
        if self.source == f"series[{self.column!r}]":
            return f"series.set_index({self.column!r})"
        return f"series.drop(columns={self.column!r}).set_axis({self.source})"

    @property
    def unindexed(self) -> str:
        """Source code of the series where only the order of its rows counts."""
        if self.column is not None:
            return f"series.drop(columns={self.column!r}).reset_index(drop=True)"
        return "series.reset_index(drop=True)"

    def in_local_time(self) -> Iterator[TimeAxis]:
        """What dates without a zone are where clocks are put forward in spring and back again."""
        if not self.is_dates or self.cells.tz is not None:
            return
        for zone in _ZONES:
            try:
                cells = self.cells.tz_localize(zone, ambiguous="infer", nonexistent="raise")
            except ValueError:  # no such hour there, or it is not seen twice
                continue
            naive = self.source if self.column is None else f"pd.DatetimeIndex({self.source})"
            source = f"{naive}.tz_localize({zone!r}, ambiguous='infer')"
            yield replace(self, values=cells.asi8, cells=cells, source=source)


def read_times(frame: Any, faults: Faults) -> tuple[Any, list[TimeAxis]]:
    """The columns that are no times, and every way to read when each row was.

    Times are the dates in the index where it holds any, else those in the only column of dates,
    else the numbers in the index, unless pandas counted the rows there. []: only the order of the
    rows counts.

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
    readings = [] if counted else _axes(index, "its index", None, "series.index")
    if columns and all(pd.api.types.is_numeric_dtype(axis.cells.dtype) for axis in readings):
        readings = _of_column(columns, faults)
    return frame.drop(columns=list(columns)) if readings or faults else frame, readings


def _of_column(columns: dict[Any, list[TimeAxis]], faults: Faults) -> list[TimeAxis]:
    if len(columns) > 1:
        told = join_first([repr(str(name)) for name in columns])
        first = str(next(iter(columns)))
        faults.append(
            f"series holds several columns of dates: {told}. Make the one that says when each row "
            f"was the index, such as series.set_index({first!r}), and drop the others."
        )
        return []
    return next(iter(columns.values()), [])


def _date_columns(frame: Any) -> dict[Any, list[TimeAxis]]:
    import pandas as pd

    found = {}
    for place, name in enumerate(frame.columns):
        column = frame.iloc[:, place]
        if not pd.api.types.is_numeric_dtype(column.dtype):
            axes = _axes(pd.Index(column), f"its column {str(name)!r}", name, f"series[{name!r}]")
            if axes:
                found[name] = axes
    return found


def _of_levels(frame: Any, faults: Faults) -> list[TimeAxis]:
    """The times of an index of several levels, if the other levels never change."""
    index = frame.index
    dated = {
        level: axes
        for level in range(index.nlevels)
        if (axes := _axes(_level(index, level), "its index", None, _level_code(level)))
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


def _axes(cells: Any, place: str, column: Any, source: str) -> list[TimeAxis]:
    """Every way to read these cells as times; [] where they are none."""
    import pandas as pd

    if isinstance(cells, pd.PeriodIndex):
        # Ordinals of periods are even where months and business days are not.
        return [TimeAxis(cells.asi8, cells, place, column, source, cells, 0)]
    if isinstance(cells, (pd.DatetimeIndex, pd.TimedeltaIndex)):
        return [_of_ticks(cells, place, column, source)]
    if isinstance(cells, pd.CategoricalIndex):
        cells = pd.Index(np.asarray(cells))
    if pd.api.types.is_bool_dtype(cells.dtype) or pd.api.types.is_complex_dtype(cells.dtype):
        return []
    whole = pd.api.types.is_integer_dtype(cells.dtype)
    numbers = whole or pd.api.types.is_float_dtype(cells.dtype)
    read = [] if numbers and not whole else read_dates(cells)
    found = [
        replace(
            _of_ticks(reading.dates, place, column, reading.code.format(source)),
            raw=cells,
        )
        for reading in read
    ]
    if numbers and column is None:
        plain = cells.to_numpy(dtype=np.float64, na_value=np.nan)
        found.append(TimeAxis(plain, cells, place, column, source, cells, 0))
    return found


def _of_ticks(cells: Any, place: str, column: Any, source: str) -> TimeAxis:
    ticks = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1000, "ns": 1}[cells.unit]
    return TimeAxis(cells.asi8, cells, place, column, source, cells, ticks)
