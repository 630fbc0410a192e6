"""Even steps: calendars, closed times and clocks put forward are; holes are not."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from dure.data.times.axis import TimeAxis
from dure.data.times.reading import read_times
from dure.data.times.spacing import Spacing, measure_spacing
from dure.errors import Faults

RANDOM = np.random.default_rng(0)
HOURS = pd.date_range("2024-01-01", periods=24 * 70, freq="h")
DAYS = pd.date_range("2024-01-01", periods=250)
OPEN = HOURS[(HOURS.day_of_week < 5) & (HOURS.hour >= 9) & (HOURS.hour <= 15)]


def axes_of(index: Any) -> list[TimeAxis]:
    frame = pd.DataFrame({"value": np.zeros(len(index))}, index=index)
    return read_times(frame, Faults())[1]


def spacing_of(index: Any) -> Spacing:
    return measure_spacing(axes_of(index)[0])


EVERY = ["h", "D", "B", "MS", "ME", "BMS", "BME", "QS", "QE", "YS", "W", "SME", "2h", "15min"]
EVERY += ["s", "ms", "36h", "2D", "3B", "7D"]


@pytest.mark.parametrize("frequency", EVERY)
def test_every_frequency_of_pandas_is_even(frequency: str) -> None:
    assert spacing_of(pd.date_range("2020-01-01", periods=100, freq=frequency)).is_even


@pytest.mark.parametrize("frequency", ["h", "D", "B", "MS"])
def test_a_zone_with_summer_time_is_even(frequency: str) -> None:
    index = pd.date_range("2023-01-01", periods=500, freq=frequency, tz="Europe/Berlin")
    assert spacing_of(index).is_even


def trading_minutes() -> pd.DatetimeIndex:
    index = pd.date_range("2024-01-01", periods=1440 * 30, freq="min")
    minutes = index.hour * 60 + index.minute
    return index[(index.day_of_week < 5) & (minutes >= 570) & (minutes < 960)]


def foreign_exchange() -> pd.DatetimeIndex:
    """Open from Sunday evening to Friday evening."""
    day, hour = HOURS.day_of_week, HOURS.hour
    closed = (day == 5) | ((day == 6) & (hour < 22)) | ((day == 4) & (hour >= 22))
    return HOURS[~closed]


@pytest.mark.parametrize(
    "index",
    [
        OPEN,
        trading_minutes(),
        foreign_exchange(),
        HOURS[(HOURS.hour >= 6) & (HOURS.hour <= 18)],
        HOURS[HOURS.hour.isin([9, 15])],
        DAYS[~DAYS.day_of_week.isin([4, 5])],
        DAYS[DAYS.day_of_week.isin([0, 2, 4])],
        pd.date_range("2024-01-04", periods=8, freq="B"),
        HOURS[:300] + pd.to_timedelta(RANDOM.uniform(-300, 300, 300), unit="s"),
        pd.period_range("2020-01", periods=30, freq="M"),
        pd.timedelta_range("0s", periods=20, freq="5s"),
        pd.Index(np.arange(50) * 0.5),
        pd.Index([*range(1990, 2020)]),
        pd.Index(DAYS.strftime("%Y%m%d").astype(int)),
        pd.Index([d.date() for d in DAYS], dtype=object),
        pd.CategoricalIndex(DAYS.strftime("%Y-%m-%d")),
    ],
    ids=lambda index: f"{type(index).__name__}-{len(index)}",
)
def test_closed_times_calendars_and_jitter_are_even(index: Any) -> None:
    assert all(spacing_of(index)[1:3][at].size == 0 for at in (0, 1))


def test_holidays_between_weekdays_are_counted_and_no_hole() -> None:
    weekdays = pd.date_range("2024-01-01", periods=250, freq="B")
    spacing = spacing_of(weekdays.delete([5, 40, 41, 42, 43, 100, 150]))
    assert spacing.is_even
    assert spacing.holidays == 7
    early = np.flatnonzero((OPEN.day == 24) & (OPEN.hour > 12))
    assert spacing_of(OPEN.delete(early)).is_even


@pytest.mark.parametrize(
    ("index", "lost"),
    [
        (HOURS.delete(slice(500, 530)), [30]),
        (HOURS[:30].delete(slice(12, 15)), [3]),
        (HOURS.delete([7, 90, 91]), [1, 2]),
        (DAYS.delete([50]), [1]),
        (DAYS.delete(slice(20, 60)), [40]),
        (DAYS[:9].delete([2, 3, 4]), [3]),
        (OPEN.delete([30]), [1]),
        (pd.date_range("2024-01-01", periods=250, freq="B").delete(slice(100, 110)), [10]),
        (pd.date_range("2020-01-01", periods=30, freq="MS").delete(10), [1]),
        (pd.period_range("2020-01", periods=30, freq="M").delete([4, 5]), [2]),
        (pd.Index([0, 1, 2, 5, 6, 7]), [2]),
        (pd.date_range("2024-03-01", periods=90, tz="Europe/Berlin").delete(70), [1]),
    ],
    ids=range(12),
)
def test_holes_are_found_with_what_they_lost(index: Any, lost: list[int]) -> None:
    spacing = spacing_of(index)
    assert list(spacing.lost) == lost
    after = np.diff(axes_of(index)[0].values)[spacing.holes]
    assert (after > 1.5 * spacing.step).all()


def test_a_step_between_is_short() -> None:
    spacing = spacing_of(HOURS.insert(50, HOURS[49] + pd.Timedelta("30min")))
    assert len(spacing.short) == 2
    assert not len(spacing.holes)


def test_the_hour_that_comes_twice_is_even_in_local_time() -> None:
    zone = pd.date_range("2024-01-01", periods=24 * 320, freq="h", tz="America/New_York")
    (naive,) = axes_of(zone.tz_localize(None))
    assert any(measure_spacing(axis).is_even for axis in naive.in_local_time())
    (aware,) = axes_of(zone)
    assert not list(aware.in_local_time())
