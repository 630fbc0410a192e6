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
_QUARTER = r"\d{4}[- ]?Q[1-4]|[1-4]Q\d{4}"
_QUARTER_FIRST = r"Q[1-4][ /-]?\d{4}"
_KOREAN_QUARTER = r"\d{4}년 ?[1-4]분기"
_SEASON = r"\d{4}[/-]\d{2}"  # 2020/21, from one year into the next
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
_SHORT_YEARS = ("%y-%m-%d", "%y/%m/%d", "%y.%m.%d", "%d.%m.%y")
_FORMATS = (
    "%YM%m",
    "%Y-M%m",
    "%Y년 %m월",
    "%Y년%m월",
    "%Y년",
    "%b-%y",
    "%b %y",
    "%Y-%m-%d %p %I:%M",
    "%Y-%m-%d %p %I:%M:%S",
    *(f"{day}{clock}" for day in _SHORT_YEARS for clock in ("", " %H:%M", " %H:%M:%S")),
    *_DAYS,
    *(f"{day} {clock}" for day in _DAYS for clock in (*_CLOCKS, *_LATER)),
)
_WEEKS = (
    *(f"%G{mark}%V-%u" for mark in ("-W", "W", " W", "-w", "-KW", "KW", " KW")),
    *(f"%G년{gap}%V{mark}-%u" for gap in (" ", "") for mark in ("주", "주차")),
    *(f"{mark}%V{gap}%G-%u" for mark in ("W", "KW", "KW ") for gap in (" ", "-", "/")),
)
"""Numbers of weeks, to which the day in the week is added, its Monday."""
_DIGITS = {
    4: ("%Y",),
    6: ("%Y%m", "%y%m%d"),
    8: ("%Y%m%d", "%d%m%Y", "%m%d%Y"),
    10: ("%Y%m%d%H",),
    12: ("%Y%m%d%H%M",),
    14: ("%Y%m%d%H%M%S",),
}
"""By how many there are: a format must not read one digit where two are meant."""
_DAY_ENDS = (" 24:", "T24:", " 24시")
"""How the end of a day is written, where hours are named after their ends."""
_EARLIEST, _LATEST = 1700, 2200
"""Years between which texts and numbers are taken for dates."""


class DateReading(NamedTuple):
    """Texts as dates, and how pandas is told to read them so."""

    dates: Any
    """``pandas.DatetimeIndex``; NaT where a text is no date"""
    code: str
    """Source code that makes them of the texts, ``{}`` wherever these stand in it"""

    def code_of(self, source: str) -> str:
        """The code with the source code of the texts in it."""
        return self.code.replace("{}", source)


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
    if present.str.fullmatch(r"\d+").all():
        if lengths.nunique() > 1 or (digits and lengths[0] == 4):
            return []
        return _sensible(_of_digits(cells, code, int(lengths[0])))
    if present.str.fullmatch(_KOREAN_QUARTER).all():
        for left_out, kept in (("년", "Q"), (" ", ""), ("분기", "")):
            cells, code = _replaced(cells, code, left_out, kept)
        present = cells[cells.notna()]
    if present.str.fullmatch(_QUARTER_FIRST).all():
        cells, code = cells.str[-4:] + cells.str[:2], f"{code}.str[-4:] + {code}.str[:2]"
        present = cells[cells.notna()]
    if present.str.fullmatch(_QUARTER).all():
        quarters = pd.PeriodIndex(cells, freq="Q")
        return [DateReading(quarters.to_timestamp(), f"pd.PeriodIndex({code}, freq='Q')")]
    if _are_seasons(present):
        return _sensible(_of_digits(cells.str[:4], f"{code}.str[:4]", 4))
    return (
        _sensible(_readings(cells, code))
        or _sensible(_ending_days(cells, code))
        or _sensible(_of_weeks(cells, code))
        or _mostly_dates(cells, code)
    )


def _sensible(readings: Iterator[DateReading]) -> list[DateReading]:
    return [reading for reading in readings if _are_years(reading.dates)]


def _of_digits(cells: Any, code: str, count: int) -> Iterator[DateReading]:
    import pandas as pd

    for form in _DIGITS.get(count, ()):
        dates = _parse(cells, {"format": form})
        if dates is not None:
            yield DateReading(dates, _to_datetime(code, {"format": form}))
    if count in (10, 12) and (cells.str[8:10].dropna() == "24").any():
        dates = _parse(cells.str[:8], {"format": "%Y%m%d"})
        spans, told = [], []
        for start, most, unit in ((8, 24, "h"), (10, 59, "min"))[: count // 2 - 4]:
            amounts = pd.to_numeric(cells.str[start : start + 2])
            if (amounts > most).any():
                return
            spans.append(pd.to_timedelta(amounts, unit=unit))
            part = f"pd.to_numeric({code}.str[{start}:{start + 2}])"
            told.append(f"pd.to_timedelta({part}, unit={unit!r})")
        if dates is not None:
            day = _to_datetime(f"{code}.str[:8]", {"format": "%Y%m%d"})
            yield DateReading(sum(spans, start=dates), " + ".join([day, *told]))


def _ending_days(cells: Any, code: str) -> Iterator[DateReading]:
    """Dates of which some are 24 o'clock, which is the next day's first moment."""
    import pandas as pd

    for mark in _DAY_ENDS:
        ends = cells.str.contains(mark, regex=False, na=False)
        if not ends.any():
            continue
        later = pd.to_timedelta(ends.astype(int), unit="D")
        told = f"{code}.str.contains({mark!r}, regex=False, na=False).astype(int)"
        replaced = _replaced(cells, code, mark, mark.replace("24", "00"))
        for reading in _readings(*replaced):
            made = f"{reading.code} + pd.to_timedelta({told}, unit='D')"
            yield DateReading(reading.dates + later, made)


def _of_weeks(cells: Any, code: str) -> Iterator[DateReading]:
    for form in _WEEKS:
        dates = _parse(cells + "-1", {"format": form})
        if dates is not None:
            yield DateReading(dates, _to_datetime(f"{code} + '-1'", {"format": form}))


def _are_seasons(present: Any) -> bool:
    """Whether the texts are as 2020/21, and not months, of which not all can follow their year."""
    if not present.str.fullmatch(_SEASON).all() or present.nunique() < 2:
        return False
    first, second = present.str[2:4].astype(int), present.str[5:].astype(int)
    return bool(((first + 1) % 100 == second).all())


def _replaced(cells: Any, code: str, old: str, new: str) -> tuple[Any, str]:
    told = f"{code}.str.replace({old!r}, {new!r}, regex=False)"
    return cells.str.replace(old, new, regex=False), told


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
