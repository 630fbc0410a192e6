"""Source code that puts a series on even steps, and steps in words."""

from __future__ import annotations

import numpy as np

from dure.core.formatting import format_number
from dure.data.times.axis import TimeAxis

_UNITS = (("day", 86_400.0), ("hour", 3600.0), ("minute", 60.0), ("second", 1.0))
_CALENDAR = ((27, 32, "a month"), (88, 93, "a quarter"), (364, 367, "a year"))
_ROUND = ("1s", "10s", "1min", "5min", "15min", "30min", "1h", "3h", "6h", "12h", "1D", "7D", "MS")
_ROUND_S = (1, 10, 60, 300, 900, 1800, 3600, 10_800, 21_600, 43_200, 86_400, 604_800, 2_592_000)


def describe_step(axis: TimeAxis, step: float) -> str:
    """A step in words, such as "1 hour"."""
    if not axis.nanoseconds:
        return f"{step:g}"
    seconds = step * axis.nanoseconds / 1e9
    for least, most, name in _CALENDAR:
        if axis.is_dates and least <= seconds / 86_400 <= most:
            return name
    unit, size = next(((u, s) for u, s in _UNITS if seconds >= s), ("second", 1.0))
    count = seconds / size
    return f"{format_number(count)} {unit}{'' if count == 1 else 's'}"


def even_steps(axis: TimeAxis, step: float) -> str:
    """How to put an uneven series on even steps, as a sentence; "" where pandas has no word."""
    if not axis.nanoseconds:
        return ""
    seconds = step * axis.nanoseconds / 1e9
    fitting = [name for name, size in zip(_ROUND, _ROUND_S, strict=True) if size <= seconds * 1.5]
    frequency = fitting[-1] if fitting else "1s"
    frequency = "1D" if frequency == "MS" and not axis.is_dates else frequency
    code = f"{axis.indexed}.resample({frequency!r}).mean().interpolate()"
    return f"Put it on even steps, such as {code}. "


def filled(axis: TimeAxis, step: float, has_closed: bool) -> str:
    """How to fill gaps, the rest of a sentence; "" where filling would fill nights, too."""
    import pandas as pd

    if isinstance(axis.cells, pd.PeriodIndex):
        every = "pd.period_range(series.index[0], series.index[-1], freq=series.index.freq)"
        return f", or fill it: {axis.indexed}.reindex({every}).interpolate()"
    if not axis.nanoseconds:
        known = f", or if the rows follow each other as they are, pass {axis.unindexed}"
        whole = pd.api.types.is_integer_dtype(axis.cells.dtype)
        on_grid = not ((axis.values - axis.values[0]) % step).any()
        if whole and on_grid:
            first, last = int(axis.values[0]), int(axis.values[-1])
            every = f"range({first}, {last + 1}, {int(step)})"
            return f", or fill it: {axis.indexed}.reindex({every}).interpolate(){known}"
        return known
    frequency, exact = _frequency(axis, step, has_closed)
    if frequency is None:
        return ""
    onto = f"asfreq({frequency!r})" if exact else f"resample({frequency!r}).mean()"
    return f", or fill it: {axis.indexed}.{onto}.interpolate()"


def _frequency(axis: TimeAxis, step: float, has_closed: bool) -> tuple[str | None, bool]:
    """Pandas' name of the frequency, and whether every time stands exactly where it says."""
    import pandas as pd

    seconds = step * axis.nanoseconds / 1e9
    if not axis.is_dates:  # pandas' asfreq takes no spans of time
        return pd.tseries.frequencies.to_offset(pd.Timedelta(seconds, "s")).freqstr, False
    days = seconds / 86_400
    if has_closed:
        return ("B", True) if days == 1 and (axis.cells.day_of_week < 5).all() else (None, False)
    if days > 26:
        return _of_calendar(axis, days)
    clock = axis.wall_clock
    rounded = pd.Timedelta(round(seconds) if seconds >= 1 else seconds, "s")
    on_grid = not ((clock - clock[0]) % max(1, round(seconds))).any() and seconds >= 1
    day_length = np.isclose(days, 1, atol=0.05)
    name = "D" if day_length else pd.tseries.frequencies.to_offset(rounded).freqstr
    return name, bool(on_grid)


def _of_calendar(axis: TimeAxis, days: float) -> tuple[str | None, bool]:
    ends = bool(axis.cells.is_month_end.all())
    starts = bool((axis.cells.day == 1).all())
    for least, most, start, end in (
        (26, 32, "MS", "ME"),
        (88, 93, "QS", "QE"),
        (364, 367, "YS", "YE"),
    ):
        if least <= days <= most:
            name = end if ends else start
            # Quarters and years begin in any month; only months stand where pandas says.
            return name, (starts or ends) and name in ("MS", "ME")
    return None, False
