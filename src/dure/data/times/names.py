"""Names of columns that say when a row was, in the languages people name them in."""

from __future__ import annotations

import re
from typing import Any

_MOMENTS_TOLD = (
    "time times timestamp timestamps datetime date dates dt ts epoch unix unixtime posix utc gmt "
    "yyyymmdd ymd yyyymm yearmonth "
    "zeit zeitpunkt zeitstempel datum fecha tiempo horodatage "
    "시간 시각 일시 날짜 일자 연월일 년월일 연월 년월 日付 日時 時刻 日期 时间 時間"
)
_MOMENTS = frozenset(_MOMENTS_TOLD.split())
_COUNTED_TOLD = (
    "t year years yr month months week weeks day days hour hours minute minutes second seconds "
    "timestep timesteps elapsed millis jahr jahre monat monate woche wochen tag tage "
    "stunde stunden annee année año ano 연도 년도 年 월 주 일"
)
_COUNTED = frozenset(_COUNTED_TOLD.split())
"""What else a row may be counted by; told from a quantity by the even steps it goes up in."""
_NEVER_DOWN = frozenset(("t", "year", "yr", "jahr", "연도", "년도", "年"))
_DATES = frozenset(("date", "dates", "datetime", "datum", "fecha", "日付", "日期", "日時"))
_BESIDE_TOLD = (
    "s sec secs ms us ns min h d local of the in at since start step decimal serial "
    "julian number no num index id stamp code iso"
)
_BESIDE = frozenset(_BESIDE_TOLD.split())
"""What a name of times may hold beside them, as units."""
_ENDINGS = ("일시", "일자", "날짜", "시각", "연월", "년월", "연월일", "년월일", "연도", "년도")
_PARTS = {
    "year": "year years yr yyyy yy jahr annee année año ano 연도 년도 연 년 年",
    "month": "month months mon mnth mo mm monat mois mes 월 月",
    "day": "day days dy dd dom mday dayofmonth tag jour dia día 일 日",
    "hour": "hour hours hr hrs hh hh24 stunde stunden heure hora 시 시간 時",
    "minute": "minute minutes mi mn minuten 분 分",
    "second": "second seconds sec ss sekunde sekunden 초 秒",
}
PARTS = tuple(_PARTS)
"""What a time is made of, the coarsest first, by pandas' names."""


def names_times(name: Any) -> bool:
    """Whether the name says that a column holds times and nothing else, as "Date" or "time (s)"."""
    words = _words(name)
    return any(map(_is_moment, words)) and all(
        _is_moment(word) or word in _COUNTED or word in _BESIDE for word in words
    )


def names_counted(name: Any) -> bool:
    """Whether the name is a unit rows may be counted by, as "year" or "day", or a bare t."""
    words = _words(name)
    return any(word in _COUNTED for word in words) and all(
        word in _COUNTED or word in _BESIDE for word in words
    )


def counts_down(name: Any) -> bool:
    """Whether what the name says may be counted down, as days that are left, and no years."""
    return not set(_words(name)) & _NEVER_DOWN


def names_dates(name: Any) -> bool:
    """Whether the name says that a column holds days, as "Date", which seconds are none of."""
    return names_times(name) and any(
        word in _DATES or word.endswith(_ENDINGS) for word in _words(name)
    )


def mentions_times(name: Any) -> bool:
    """Whether a word of the name says time, as in "open_time", which "run_time" does, too."""
    return any(map(_is_moment, _words(name)))


def part_of_time(name: Any) -> str | None:
    """Which of `PARTS` the name says a column holds."""
    plain = re.sub(r"[\W_]", "", str(name)).lower()
    return next((part for part, names in _PARTS.items() if plain in names.split()), None)


def _words(name: Any) -> list[str]:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", str(name))
    parts = re.findall(r"[^\W\d_]+", spaced)
    return ["T" if part == "T" else part.lower() for part in parts]  # T is a temperature


def _is_moment(word: str) -> bool:
    return word in _MOMENTS or word.endswith(_ENDINGS)
