"""Dates written as text or digits, in the formats people write them in."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from dure.core.arrays import Array

# Two groups of digits with something between (2024-03, 13:00, 2024년 3월), a name of a month or
# quarter beside digits (Mar 2024, 2024Q1), or digits alone (20240301).
_LIKE_A_DATE = re.compile(r"\d.*[^\d].*\d|[^\W\d]{3,}.*\d|\d.*[^\W\d]{3,}|^\d{4}Q\d$|^\d{4,14}$")

_CLOCK_ONLY = re.compile(r"\d{1,2}:\d{2}")  # begins anew every day
_QUARTER = r"\d{4}[- ]?Q[1-4]"
_DAY_FIRST = "dayfirst=False (the default) was specified"
_YEAR_FIRST = re.compile(r"\d{4}")

_GUESSED: tuple[dict[str, Any], ...] = (
    {},
    {"dayfirst": True},
    {"format": "ISO8601"},
    {"utc": True},  # offsets that change with summer time
    {"utc": True, "dayfirst": True},
)
_DAYS = ("%Y년 %m월 %d일", "%Y년%m월%d일", "%Y. %m. %d.", "%Y. %m. %d")
_CLOCKS = ("%H시", "%H시 %M분", "%H시 %M분 %S초", "%H:%M", "%H:%M:%S", "%p %I:%M", "%p %I:%M:%S")
_LATER = ("%p %I시", "%p %I시 %M분")
_FORMATS = (
    "%Y%m",
    "%Y%m%d%H",
    "%Y%m%d%H%M",
    "%y.%m.%d",
    "%d.%m.%y",
    "%Y년 %m월",
    "%Y년%m월",
    "%Y년",
    "%b-%y",
    "%b %y",
    "%Y-%m-%d %p %I:%M",
    "%Y-%m-%d %p %I:%M:%S",
    *_DAYS,
    *(f"{day} {clock}" for day in _DAYS for clock in (*_CLOCKS, *_LATER)),
)
_EARLIEST, _LATEST = 1700, 2200
"""Years between which texts and numbers are taken for dates."""


class DateReading(NamedTuple):
    """Texts as dates, and how pandas is told to read them so."""

    dates: Any
    """``pandas.DatetimeIndex``; NaT where a text is no date"""
    code: str
    """Source code that makes them, with ``{}`` for the texts"""


def read_dates(texts: Any) -> list[DateReading]:
    """Every way in which the texts are dates, the usual ones first; [] where they are none.

    Parameters
    ----------
    texts
        Text, or whole numbers such as 20240301 or 202403; anything pandas makes an Index of.
        Holes stay holes.
    """
    import pandas as pd

    cells = pd.Index(texts)
    digits = pd.api.types.is_integer_dtype(cells.dtype)
    cells, code = (cells.astype("str"), "{}.astype(str)") if digits else _plain(cells)
    present = cells[cells.notna()]
    first = "" if not len(present) else str(present[0])
    if not _LIKE_A_DATE.search(first) or _CLOCK_ONLY.match(first):
        return []
    lengths = present.str.len()
    if digits and not (lengths.nunique() == 1 and lengths[0] in (6, 8, 10, 12)):
        return []
    if present.str.fullmatch(_QUARTER).all():
        quarters = pd.PeriodIndex(cells, freq="Q")
        return [DateReading(quarters.to_timestamp(), f"pd.PeriodIndex({code}, freq='Q')")]
    found = [reading for reading in _readings(cells, code) if _are_years(reading.dates)]
    return found or ([] if digits else _mostly_dates(cells, code))


def _plain(cells: Any) -> tuple[Any, str]:
    """Without blanks round them and with AM and PM where Korean says it; how to make them so."""
    code = "{}"
    plain = cells.map(str, na_action="ignore").astype(object)
    for change, made in (
        (".str.strip()", lambda cell: cell.strip()),
        (".str.replace('오전', 'AM')", lambda cell: cell.replace("오전", "AM")),
        (".str.replace('오후', 'PM')", lambda cell: cell.replace("오후", "PM")),
    ):
        changed = plain.map(made, na_action="ignore")
        if not changed.equals(plain):
            plain, code = changed, code + change
    return plain, code


def _readings(cells: Any, code: str) -> Iterator[DateReading]:
    seen: list[Array] = []
    year_first = _YEAR_FIRST.match(str(cells[cells.notna()][0]))
    for options in (*_GUESSED, *({"format": one} for one in _FORMATS)):
        if year_first and "dayfirst" in options:
            continue
        dates = _parse(cells, options)
        if dates is None or any(np.array_equal(dates.asi8, other) for other in seen):
            continue
        seen.append(dates.asi8)
        yield DateReading(dates, _to_datetime(code, options))


def _to_datetime(code: str, options: dict[str, Any]) -> str:
    told = "".join(f", {key}={value!r}" for key, value in options.items())
    return f"pd.to_datetime({code}{told})"


def _mostly_dates(cells: Any, code: str) -> list[DateReading]:
    """Dates among which some are written otherwise, or are none."""
    best = None
    for options in _GUESSED[:2]:
        coerced = {**options, "format": "mixed", "errors": "coerce"}
        dates = _parse(cells, coerced)
        if dates is not None and (best is None or dates.notna().sum() > best[0].notna().sum()):
            best = DateReading(dates, _to_datetime(code, coerced))
    enough = best is not None and 2 * best.dates.notna().sum() > cells.notna().sum()
    return [best] if best is not None and enough and _are_years(best.dates) else []


def _parse(cells: Any, options: dict[str, Any]) -> Any:
    """The dates, or None where one of the texts is none in this format, or pandas has doubts."""
    import pandas as pd

    with warnings.catch_warnings(record=True) as doubts:
        warnings.simplefilter("always")
        try:
            dates = pd.DatetimeIndex(pd.to_datetime(cells, **options))
        except (ValueError, TypeError, OverflowError):
            return None
    return None if any(_DAY_FIRST in str(doubt.message) for doubt in doubts) else dates


def _are_years(dates: Any) -> bool:
    years = dates[dates.notna()].year
    return bool(len(years)) and bool(((years >= _EARLIEST) & (years <= _LATEST)).all())
