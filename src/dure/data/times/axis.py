"""When each step of a series was, in one way of reading its index or its columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dure.core.arrays import Array

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
    columns: tuple[Any, ...]
    """The names of the columns it is read from; (): the index"""
    source: str
    """Source code that makes `cells` of `series`"""
    raw: Any
    """The cells as they came, an Index"""
    nanoseconds: int
    """How many of them 1 in `values` is; 0 where these are no dates and no time spans"""
    may_be_feature: bool = False
    """Whether the columns hold numbers, which could be a feature of each step"""

    @property
    def is_dates(self) -> bool:
        """Whether steps stand at dates of a calendar, and not at numbers or spans of time."""
        import pandas as pd

        return isinstance(self.cells, pd.DatetimeIndex)

    @property
    def starts_months(self) -> bool:
        """Whether every step stands at the first of a month."""
        return self.is_dates and bool((self.cells.day == 1).all())

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
        if not self.columns:
            return "series" if self.source == "series.index" else f"series.set_axis({self.source})"
        if (self.source,) == tuple(f"series[{name!r}]" for name in self.columns):
            return f"series.set_index({self.columns[0]!r})"
        return f"series.{self._dropping}.set_axis({self.source})"

    @property
    def unindexed(self) -> str:
        """Source code of the series where only the order of its rows counts."""
        if self.columns:
            return f"series.{self._dropping}.reset_index(drop=True)"
        return "series.reset_index(drop=True)"

    @property
    def as_feature(self) -> str:
        """Source code of the series where its columns are features, its steps even."""
        return "series.set_axis(pd.timedelta_range('0s', periods=len(series), freq='s'))"

    @property
    def _dropping(self) -> str:
        one = self.columns[0] if len(self.columns) == 1 else list(self.columns)
        return f"drop(columns={one!r})"

    def in_local_time(self) -> Iterator[TimeAxis]:
        """What dates without a zone are where clocks are put forward in spring and back again."""
        if not self.is_dates or self.cells.tz is not None:
            return
        for zone in _ZONES:
            try:
                cells = self.cells.tz_localize(zone, ambiguous="infer", nonexistent="raise")
            except ValueError:  # no such hour there, or it is not seen twice
                continue
            naive = self.source if not self.columns else f"pd.DatetimeIndex({self.source})"
            source = f"{naive}.tz_localize({zone!r}, ambiguous='infer')"
            yield replace(self, values=cells.asi8, cells=cells, source=source)


def axis_of_ticks(cells: Any, place: str, columns: tuple[Any, ...], source: str) -> TimeAxis:
    """Dates or spans of time, such as a ``pandas.DatetimeIndex``, as the times of the steps."""
    ticks = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1000, "ns": 1}[cells.unit]
    return TimeAxis(cells.asi8, cells, place, columns, source, cells, ticks)
