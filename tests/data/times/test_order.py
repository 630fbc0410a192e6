"""What is odd about a series' times is told with its place, and what is told to mend it does."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from dure.data import windows
from helpers.series_faults import fault_of, remedies_in

HOURS = pd.date_range("2024-03-01", periods=200, freq="h")
LOCAL = pd.date_range("2024-01-01", periods=24 * 320, freq="h", tz="Europe/Berlin").tz_localize(
    None
)
DAYS = pd.date_range("2024-02-25", periods=10)
SHUFFLED = np.random.default_rng(0).permutation(200)


def series_at(index: Any) -> pd.Series:
    return pd.Series(np.arange(len(index), dtype=np.float64), index=index)


def frame_at(times: Any, name: str = "at") -> pd.DataFrame:
    return pd.DataFrame({name: times, "value": np.arange(len(times), dtype=np.float64)})


GAPS = [
    (series_at(HOURS.delete(slice(50, 80))), "after row 49 (2024-03-03 01:00:00)", "30 steps"),
    (series_at(HOURS.delete([5, 6, 50])), "2 gaps in time, 3 steps in all", "2 steps of 1 hour"),
    (series_at(HOURS.strftime("%d.%m.%Y %H:%M").delete([7])), "comes 2024-03-01 08:00", "1 hour"),
    (
        series_at(HOURS[::24].strftime("%Y년 %m월 %d일").delete([3])),
        "1 step of 1 day",
        "after row 2",
    ),
    (frame_at(HOURS.delete([7])), "after row 6", "1 step of 1 hour"),
    (frame_at(HOURS.strftime("%Y/%m/%d %H:%M").delete([7]), "it's at"), "after row 6", "1 step"),
    (series_at(LOCAL.delete(slice(100, 130))), "30 steps of 1 hour", "2024-01-06 10:00:00+01:00"),
    (series_at(pd.date_range("2020", periods=30, freq="MS").delete(9)), "step of a month", "row 8"),
    (series_at(pd.date_range("2020", periods=30, freq="ME").delete(9)), "step of a month", "row 8"),
    (series_at(pd.date_range("2020", periods=30, freq="QS").delete(9)), "a quarter", "row 8"),
    (series_at(pd.period_range("2020-01", periods=30, freq="M").delete(4)), "2020-06", "1 step"),
    (series_at(pd.timedelta_range("0s", periods=20, freq="5s").delete(5)), "5 seconds", "row 4"),
    (series_at(pd.Index([0, 1, 2, 5, 6, 7])), "after row 2 (2) comes 5, so 2 steps", "missing"),
    (series_at(pd.Index([0, 0.5, 1, 1.5, 4, 4.5, 5])), "after row 3 (1.5) comes 4", "4 steps"),
    (
        series_at(pd.date_range("2024-01-01", periods=250, freq="B").delete(slice(100, 110))),
        "10 steps of 1 day are missing",
        "asfreq('B')",
    ),
]
ORDER = [
    (series_at(HOURS[::-1]), "runs backwards in time", "from 2024-03-09 07:00:00 (row 0)"),
    (series_at(HOURS.strftime("%d.%m.%Y %H:%M")[::-1]), "runs backwards", "dayfirst=True"),
    (series_at(HOURS[SHUFFLED]), "103 rows come before the row above", "the first in row 1"),
    (frame_at(HOURS[SHUFFLED]), "by its column 'at' 103 rows", "set_index('at').sort_index()"),
    (series_at(HOURS.insert(50, HOURS[50])), "1 row with a time that another", "rows 50 and 51"),
    (
        series_at(LOCAL.insert(9, LOCAL[9])),  # in a winter night no clock is put back
        "1 row with a time that another row has",
        "rows 9 and 10",
    ),
    (series_at(pd.Index([*range(5)] * 2)), "the first in row 5 (0, after 4)", "several series"),
    (series_at(pd.Index([3, 1, 2, 5, 4])), "2 rows come before the row above", "sort_index()"),
    (series_at(HOURS[:9].insert(3, pd.NaT)), "holds nothing in row 3", "series.index.notna()"),
    (
        series_at(
            HOURS[:9].strftime("%Y-%m-%d %H:%M").insert(0, "2024-02-29 23:00").insert(5, "?")
        ),
        "its index holds '?' in row 5",
        "errors='coerce'",
    ),
]


@pytest.mark.parametrize(("series", "first", "second"), GAPS)
def test_gaps_are_told_and_filled_or_split(series: Any, first: str, second: str) -> None:
    fault = fault_of(series)
    assert first in fault and second in fault
    codes = remedies_in(fault)
    assert codes
    for code in codes:
        assert windows(eval(code, {"np": np, "pd": pd, "series": series}), 3, test=0).rows > 0, code
    split = windows(series, 2, test=0, gaps="split")
    assert "unbroken pieces" in str(split.source)
    steps = split.y.reshape(split.rows, -1)[:, 0] - split.x[:, 0, 0]
    assert (steps == 2).all()


@pytest.mark.parametrize(("series", "first", "second"), ORDER)
def test_order_and_doubles_are_told_and_mended(series: Any, first: str, second: str) -> None:
    fault = fault_of(series)
    assert first in fault and second in fault
    assert fault_of(series, gaps="split") == fault
    for code in remedies_in(fault):
        mended = eval(code, {"np": np, "pd": pd, "series": series})
        if "notna()" not in code:  # rows left out may leave a gap, which is told in turn
            windows(mended, 3, test=0)


def test_uneven_steps_are_told_and_mended() -> None:
    seconds = np.sort(np.random.default_rng(1).integers(0, 10**7, 300))
    for series in (
        series_at(pd.to_datetime(seconds, unit="s")),
        series_at(HOURS.insert(50, HOURS[49] + pd.Timedelta("30min"))),
    ):
        fault = fault_of(series)
        assert "series is uneven in time" in fault and "the usual one is" in fault
        codes = remedies_in(fault)
        assert len(codes) == 2
        for code in codes:
            windows(eval(code, {"np": np, "pd": pd, "series": series}), 3, test=0)


def panel(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame({**columns, "value": np.random.default_rng(2).random(150)})


@pytest.mark.parametrize(
    "series",
    [
        panel(at=[*HOURS[:50]] * 3, station=np.repeat([7, 8, 9], 50)),
        panel(at=np.repeat(HOURS[:50], 3), station=[7, 8, 9] * 50),
        panel(at=[*HOURS[:150]][::-1], station=np.repeat([7, 8, 9], 50)).iloc[
            np.r_[49:-1:-1, 99:49:-1, 149:99:-1]
        ],
        panel().set_index(
            pd.MultiIndex.from_product([[7, 8, 9], HOURS[:50]], names=["station", "at"])
        ),
    ],
)
def test_several_series_in_one_frame_are_told(series: pd.DataFrame) -> None:
    fault = fault_of(series)
    assert "series holds 3 series, one for each value of" in fault and "'station'" in fault
    (code,) = remedies_in(fault)
    assert windows(eval(code, {"np": np, "pd": pd, "series": series}), 3, test=0).rows == 47


def test_a_repeated_time_is_not_taken_for_several_series() -> None:
    series = frame_at(HOURS.insert(50, HOURS[50]))
    series["rains"] = (np.arange(201) // 3) % 2
    assert "rows 50 and 51" in fault_of(series)


@pytest.mark.parametrize(
    "series",
    [
        series_at(LOCAL),
        series_at(LOCAL.strftime("%Y-%m-%d %H:%M")),
        series_at(pd.date_range("2024-01-01", periods=4000, freq="h", tz="Asia/Seoul")),
        series_at(pd.Index([f"row {n}" for n in range(9)])),
        series_at(pd.Index(["seoul"] * 9)),
        series_at(pd.MultiIndex.from_product([[2020, 2021], range(1, 13)])),
        series_at(pd.RangeIndex(0, 60, 3)),
        series_at(pd.Index(["12:00", "18:00", "00:00", "06:00", "12:00", "18:00"])),
    ],
)
def test_healthy_series_are_taken(series: pd.Series) -> None:
    assert windows(series, 3, test=0).rows == len(series) - 3


def test_of_two_readings_firsts_of_months_are_more_likely() -> None:
    months = pd.date_range("2024", periods=11, freq="MS").delete(4).strftime("%d/%m/%Y")
    fault = fault_of(frame_at(months))
    assert "1 step of a month is missing" in fault and "dayfirst=True" in fault
    days = pd.date_range("2024-01-05", periods=10).delete(4).strftime("%m/%d/%Y")
    assert "1 step of 1 day is missing" in fault_of(frame_at(days))


ENDS = [f"{day:%Y-%m-%d} {hour:02d}:00" for day in DAYS for hour in range(1, 25)]


def test_hours_named_after_their_ends_are_even() -> None:
    for times in (ENDS, [int(f"{end[:4]}{end[5:7]}{end[8:10]}{end[11:13]}") for end in ENDS]):
        series = frame_at(times)
        data = windows(series, 3, test=0)
        assert (data.rows, data.feature_names) == (len(ENDS) - 3, ("value",))
        fault = fault_of(series.drop(index=[23, 24]))
        assert "2 steps of 1 hour are missing" in fault
        for code in remedies_in(fault):
            made = windows(eval(code, {"pd": pd, "series": series}), 3, test=0)
            assert made.rows == len(ENDS) - 3


@pytest.mark.parametrize(
    "texts",
    [
        pd.date_range("2024-01-01", periods=60).strftime("%y-%m-%d"),
        pd.date_range("2024-01-01", periods=60).strftime("%y/%m/%d"),
        pd.date_range("2024-01-01", periods=60).strftime("%y%m%d"),
        [f"2024-W{week:02d}" for week in range(1, 53)],
        [f"2024년 {week}주" for week in range(1, 53)],
        [f"{2000 + month // 12}M{month % 12 + 1:02d}" for month in range(60)],
        [f"{year}/{(year + 1) % 100:02d}" for year in range(1980, 2024)],
        [f"{year}-{(year + 1) % 100:02d}" for year in range(1980, 2024)],
    ],
    ids=range(8),
)
def test_dates_in_many_ways_are_even_and_their_gaps_are_told(texts: Any) -> None:
    for series in (series_at(pd.Index(texts)), frame_at(texts)):
        assert windows(series, 3, test=0).rows == len(texts) - 3
        broken = series.drop(index=series.index[[30, 31]])
        fault = fault_of(broken)
        assert "so 2 steps of" in fault
        for code in remedies_in(fault):
            assert windows(eval(code, {"pd": pd, "series": broken}), 3, test=0).rows


def test_a_column_of_dates_is_the_time_and_no_feature() -> None:
    data = windows(frame_at(HOURS), 3, target="value", test=0)
    assert data.feature_names == ("value",)
    rows = frame_at(HOURS).iloc[
        20:
    ]  # what a filter leaves of pandas' own numbers counts for nothing
    assert windows(rows, 3, test=0).rows == 177
    fault = fault_of(pd.DataFrame({"a": HOURS, "b": HOURS, "value": np.zeros(200)}))
    assert "several columns of dates: 'a', 'b'" in fault
    assert "no column but its times" in fault_of(pd.DataFrame({"at": HOURS}))
    across = pd.DataFrame(np.zeros((3, 5)), columns=HOURS[:5])
    assert "pass series.T" in fault_of(across)


def test_values_missing_are_split_too() -> None:
    series = series_at(HOURS)
    series.iloc[[3, 100]] = np.nan
    assert "2 values that are NaN" in fault_of(series)
    assert "gaps='split'" in fault_of(series)
    data = windows(series, 3, test=0.5, gaps="split")
    assert np.isfinite(data.x).all() and np.isfinite(data.test.x).all()
    assert data.rows == (100 - 4) - 3 and len(data.test.y) == 99 - 3
    assert "in 3 unbroken pieces, 189 windows in all" in str(data.source)
    assert "inf" in fault_of(series.where(series != 7, np.inf), gaps="split")


def test_pieces_too_short_are_told() -> None:
    series = series_at(HOURS).where(HOURS.hour % 3 > 0)
    assert "the longest unbroken piece for training has 2" in fault_of(series, gaps="split")
    assert "gaps is 'cut'" in fault_of(series_at(HOURS), gaps="cut")


def test_holidays_are_counted_in_the_source() -> None:
    weekdays = pd.date_range("2024-01-01", periods=250, freq="B").delete([5, 40, 41])
    assert "3 open days without values" in str(windows(series_at(weekdays), 5).source)


def test_masks_and_named_arrays_keep_what_they_know() -> None:
    import xarray as xr

    masked = np.ma.masked_equal(np.arange(9), 4)
    assert "1 value that is NaN" in fault_of(masked)
    named = xr.DataArray(np.arange(9.0), coords={"time": HOURS[:9][::-1]}, dims="time")
    assert "runs backwards" in fault_of(named)
