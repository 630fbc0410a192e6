"""Times in several columns are put together, and what only sounds like a part is left alone."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from dure.data import windows
from helpers.series_faults import fault_of, remedies_in

HOURS = pd.date_range("2024-02-25", periods=240, freq="h")


def frame_of(**columns: Any) -> pd.DataFrame:
    count = len(next(iter(columns.values())))
    return pd.DataFrame({**columns, "value": np.arange(count) % 97 / 7})


DATES = HOURS.strftime("%Y-%m-%d")
WHOLE = [
    frame_of(year=HOURS.year, month=HOURS.month, day=HOURS.day, hour=HOURS.hour),
    frame_of(YEAR=HOURS.year, MO=HOURS.month, DY=HOURS.day, HR=HOURS.hour),
    frame_of(dteday=DATES, hr=HOURS.hour),
    frame_of(dteday=HOURS.normalize(), hr=HOURS.hour),
    frame_of(dteday=HOURS.strftime("%Y%m%d").astype(int), hr=HOURS.hour),
    frame_of(date=HOURS.strftime("%Y%m%d").astype(int), hour=HOURS.hour),
    frame_of(date=DATES, hour=HOURS.hour + 1),  # named after its end, 1 to 24
    frame_of(Date=HOURS.strftime("%d/%m/%Y"), Time=HOURS.strftime("%H:%M:%S")),
    frame_of(Date=DATES, clock=HOURS.strftime("%H:%M")),
    frame_of(Date=DATES, clock=HOURS.time),
    frame_of(Date=DATES, clock=HOURS.strftime("%I:%M %p")),
    frame_of(Date=DATES, clock=HOURS.strftime("%I:%M:%S%p")),
    frame_of(Date=DATES, Time=HOURS.hour * 100),
]


@pytest.mark.parametrize("series", WHOLE, ids=range(len(WHOLE)))
def test_hours_of_dates_are_one_time(series: pd.DataFrame) -> None:
    data = windows(series, 3, test=0)
    assert data.feature_names == ("value",)
    assert data.rows == 237
    broken = series.drop(index=[30, 31]).reset_index(drop=True)
    fault = fault_of(broken)
    assert "so 2 steps of 1 hour are missing" in fault, fault
    numbers = series.dtypes.map(pd.api.types.is_numeric_dtype).all()
    assert ("timedelta_range" in fault) == numbers
    for code in remedies_in(fault):
        windows(eval(code, {"pd": pd, "series": broken}), 3, test=0)
    assert "runs backwards" in fault_of(series[::-1])


def test_minutes_are_found_beside_hours() -> None:
    times = pd.date_range("2024-03-01", periods=480, freq="10min")
    series = frame_of(date=times.strftime("%Y-%m-%d"), hour=times.hour, minute=times.minute)
    assert windows(series, 3, test=0).feature_names == ("value",)
    assert "step of 10 minutes" in fault_of(series.drop(index=100))


def test_years_and_months_are_months() -> None:
    months = pd.date_range("2020", periods=40, freq="MS")
    series = frame_of(year=months.year, month=months.month)
    assert windows(series, 3, test=0).feature_names == ("value",)
    fault = fault_of(series.drop(index=7))
    assert "1 step of a month is missing" in fault
    for code in remedies_in(fault):
        windows(eval(code, {"pd": pd, "series": series}), 3, test=0)


@pytest.mark.parametrize(
    "series",
    [
        frame_of(year=HOURS.year, month=HOURS.month, day=HOURS.day),  # which hour, nothing says
        frame_of(month=HOURS.month, hour=HOURS.hour),
        frame_of(year=HOURS.year, month=HOURS.day_of_week + 1, hour=HOURS.hour),
        frame_of(year=HOURS.year, month=HOURS.month, day=HOURS.day_of_week + 1, hour=HOURS.hour),
        frame_of(yr=np.zeros(240), mnth=HOURS.month, hr=HOURS.hour),
        frame_of(year=HOURS.year, month=HOURS.month, day=HOURS.hour, hour=HOURS.day).set_axis(
            HOURS
        ),
    ],
    ids=range(6),
)
def test_parts_that_make_no_time_stay_features(series: pd.DataFrame) -> None:
    assert windows(series, 3, test=0).feature_names == tuple(series.columns)


def test_hours_of_several_stations_are_several_series() -> None:
    two = pd.concat([WHOLE[0].assign(station=4), WHOLE[0].assign(station=7)], ignore_index=True)
    three = pd.concat([WHOLE[2].assign(station=place) for place in (4, 5, 7)], ignore_index=True)
    for series in (two, three, three.sort_values(["dteday", "hr", "station"])):
        fault = fault_of(series)
        assert "one for each value of its column 'station'" in fault
        code = remedies_in(fault)[0]
        assert windows(eval(code, {"series": series}), 3, test=0).rows == 237


def test_daily_dates_with_an_hour_beside_them_stay_days() -> None:
    days = pd.date_range("2024-03-01", periods=60).strftime("%Y-%m-%d")
    series = frame_of(date=days, hour=np.arange(60) * 7 % 24)  # such as the hour of the peak
    assert windows(series, 3, test=0).feature_names == ("hour", "value")
