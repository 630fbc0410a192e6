"""Times in several columns: year, month, day and hour, or dates and the hours beside them."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from dure.data.times.axis import TimeAxis, axis_of_ticks
from dure.data.times.names import PARTS, names_times, part_of_time
from dure.data.times.numbers import mostly_differ

_LIMITS = {
    "year": (1700, 2200),
    "month": (1, 12),
    "day": (1, 31),
    "hour": (0, 24),
    "minute": (0, 59),
    "second": (0, 59),
}
_UNITS = {"hour": "h", "minute": "min", "second": "s"}
_HALVES = r"^\d{1,2}[\d:]* ?[AaPp][Mm]$"
_CLOCK = r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?"


class _Clock(NamedTuple):
    """A column that says where in the day, or in the hour, each row was."""

    name: Any
    spans: Any
    """``pandas.TimedeltaIndex``, shape [time]"""
    code: str


def read_parts(frame: Any) -> list[TimeAxis]:
    """The times whose years, months and so on stand in columns of their own; [] where none are."""
    import pandas as pd

    named = _part_columns(frame)
    held = []
    for part in PARTS:
        if part in named:
            held.append(part)
        elif part != "day":
            break
    if held[:2] != ["year", "month"] or (len(held) > 2 and "day" not in held):
        return []
    columns: dict[str, Any] = {part: frame.iloc[:, named[part]] for part in held}
    names = {part: frame.columns[named[part]] for part in held}
    told = {part: f"series[{names[part]!r}]" for part in held}
    if "day" not in held:
        columns["day"], told["day"] = 1, "1"
    dates = pd.DatetimeIndex(pd.to_datetime(columns, errors="coerce"))
    if 2 * int(dates.notna().sum()) <= len(dates):
        return []
    # Times that come again after later ones are those of another series, or days of the week.
    again = bool((np.diff(dates.asi8) < 0).any())
    weekdays = again and "day" in held and columns["day"].max() <= 7
    if weekdays or not (again or mostly_differ(dates.asi8)):
        return []
    options = ", errors='coerce'" if dates.hasnans else ""
    code = ", ".join(f"{part!r}: {source}" for part, source in told.items())
    return [_of(dates, tuple(names.values()), f"pd.to_datetime({{{code}}}{options})")]


def add_clock(frame: Any, axis: TimeAxis) -> TimeAxis:
    """The times where the hour of each date stands in a column of its own, else the same axis."""
    while axis.is_dates and not mostly_differ(axis.values) and not axis.missing.all():
        known = len(np.unique(axis.values))
        for clock in _clocks(frame, axis):
            cells = axis.cells + clock.spans
            if len(np.unique(cells.asi8)) > 1.5 * known:
                source = f"{axis.source} + {clock.code}"
                made = _of(cells, (*axis.columns, clock.name), source)
                axis = replace(made, may_be_feature=axis.may_be_feature)
                break
        else:
            break
    return axis


def _of(dates: Any, columns: tuple[Any, ...], source: str) -> TimeAxis:
    told = ", ".join(repr(str(name)) for name in columns)
    axis = axis_of_ticks(dates, f"its columns {told}", columns, source)
    return replace(axis, may_be_feature=True)


def _part_columns(frame: Any) -> dict[str, int]:
    """Where the parts of a time stand: the first column of each name that holds nothing else."""
    import pandas as pd

    found: dict[str, int] = {}
    for place, name in enumerate(frame.columns):
        part, column = part_of_time(name), frame.iloc[:, place]
        if part is None or part in found or not pd.api.types.is_numeric_dtype(column.dtype):
            continue
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        least, most = _LIMITS[part]
        if ((values >= least) & (values <= most) & (values == np.floor(values))).all():
            found[part] = place
    return found


def _clocks(frame: Any, axis: TimeAxis) -> list[_Clock]:
    """The columns that may say when in the day, or in the hour, each row was, likely ones first."""
    import pandas as pd

    found = []
    parts = {place: part for part, place in _part_columns(frame).items() if part in _UNITS}
    for place, name in enumerate(frame.columns):
        column, source = frame.iloc[:, place], f"series[{name!r}]"
        if name in axis.columns:
            continue
        if place in parts:
            unit = _UNITS[parts[place]]
            spans = pd.to_timedelta(column, unit=unit)
            found.append(_Clock(name, spans, f"pd.to_timedelta({source}, unit={unit!r})"))
        elif not pd.api.types.is_numeric_dtype(column.dtype):
            clock = _of_texts(name, column.astype(str))
            found += [] if clock is None else [clock]
        elif names_times(name) and _is_hhmm(column):
            minutes = column // 100 * 60 + column % 100
            code = f"pd.to_timedelta({source} // 100 * 60 + {source} % 100, unit='min')"
            found.append(_Clock(name, pd.to_timedelta(minutes, unit="min"), code))
    return [
        clock._replace(spans=pd.TimedeltaIndex(clock.spans))
        for clock in found
        if not clock.spans.isna().any()
    ]


def _of_texts(name: Any, texts: Any) -> _Clock | None:
    """A clock of texts such as 13:30, 13:30:05 or 1:30 PM."""
    import pandas as pd

    source = f"series[{name!r}].astype(str)"
    if texts.str.fullmatch(_CLOCK).all():
        short = not texts.str.fullmatch(r"\d+:\d+:.*").all()
        spans = pd.to_timedelta(texts + ":00" if short else texts, errors="coerce")
        ending = " + ':00'" if short else ""
        return _Clock(name, spans, f"pd.to_timedelta({source}{ending})")
    if not texts.str.contains(_HALVES).all():
        return None
    for clock, gap in itertools.product(("%I:%M", "%I:%M:%S", "%I"), (" ", "")):
        form = f"{clock}{gap}%p"
        moments = pd.to_datetime(texts, format=form, errors="coerce")
        if moments.notna().all():
            code = f"(pd.to_datetime({source}, format={form!r}) - pd.Timestamp('1900'))"
            return _Clock(name, moments - pd.Timestamp("1900"), code)
    return None


def _is_hhmm(column: Any) -> bool:
    """Whether the numbers are such as 1330 for half past one."""
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    inside = (values >= 0) & (values <= 2400) & (values % 100 < 60) & (values == np.floor(values))
    return bool(inside.all() and values.max() > 24)
