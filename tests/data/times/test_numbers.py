"""Columns of numbers that say when a row was are its time; features that go up are not."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from dure.data import windows
from helpers.series_faults import fault_of, remedies_in

RANDOM = np.random.default_rng(0)
DAYS = pd.date_range("2024-01-20", periods=80)
LOST = [40, 41, 42]
EPOCHS = 1_700_000_000 + 3600 * np.arange(80)


def frame_of(name: str, numbers: Any) -> pd.DataFrame:
    return pd.DataFrame({name: numbers, "close": np.arange(len(numbers)) / 7})


TIMES = [
    ("timestamp", EPOCHS),
    ("timestamp", EPOCHS.astype(np.float64) + 0.25),
    ("open_time", EPOCHS * 1000),
    ("unix", EPOCHS * 10**9),
    ("DATE", DAYS.strftime("%Y%m%d").astype(int)),
    ("basDt", DAYS.strftime("%Y%m%d").astype(int)),
    ("basDt", DAYS.strftime("%Y%m%d").astype(float)),
    ("ym", pd.date_range("2017", periods=80, freq="MS").strftime("%Y%m").astype(int)),
    ("날짜", DAYS.strftime("%y%m%d").astype(int)),
    ("at", pd.date_range("2024", periods=80, freq="h").strftime("%Y%m%d%H%M").astype(int)),
    ("Time (s)", np.arange(80) * 0.1),
    ("time", np.arange(80) * 0.1 + RANDOM.uniform(-0.02, 0.02, 80)),
    ("Date", 45_000 + np.arange(80)),  # as spreadsheets count days
    ("Year", 1940 + np.arange(80)),
    ("t", np.arange(80)),
]


@pytest.mark.parametrize(("name", "numbers"), TIMES)
def test_numbers_that_say_when_are_the_time(name: str, numbers: Any) -> None:
    series = frame_of(name, numbers)
    data = windows(series, 3, test=0)
    assert data.feature_names == ("close",)
    assert f"times from the column '{name}'" in str(data.source)
    assert "runs backwards" in fault_of(series[::-1])
    broken = series.drop(index=LOST)  # its index holds the numbers pandas gave the rows
    for frame in (broken, broken.reset_index(drop=True)):
        fault = fault_of(frame)
        assert "after row 39" in fault and "so 3 steps" in fault, fault
        assert windows(frame, 3, test=0, gaps="split").rows == 80 - 3 - 2 * 3
        codes = remedies_in(fault)
        assert len(codes) >= 2
        for code in codes:
            mended = windows(eval(code, {"pd": pd, "series": frame}), 3, test=0)
            assert (name in mended.feature_names) == ("timedelta" in code), code


def test_times_out_of_order_double_or_absent_are_told() -> None:
    series = frame_of("time", EPOCHS)
    assert "not in order of time" in fault_of(series.iloc[RANDOM.permutation(80)])
    assert "another row has" in fault_of(series.iloc[[*range(50), *range(49, 80)]])
    holes = frame_of("DATE", np.where(np.arange(80) == 7, np.nan, TIMES[6][1]))
    assert "its column 'DATE' holds nothing in row 7" in fault_of(holes)
    uneven = frame_of("time", np.cumsum(RANDOM.integers(1, 900, 80)))
    fault = fault_of(uneven)
    assert "is uneven in time" in fault and "If 'time' is a feature and no time" in fault
    for code in remedies_in(fault):
        windows(eval(code, {"pd": pd, "series": uneven}), 3, test=0)


FEATURES = [
    ("count", np.arange(80)),
    ("id", 100 + np.delete(np.arange(90), range(10))),
    ("odometer", np.cumsum(RANDOM.integers(1, 90, 80))),
    ("bytes", 1_700_000_000 + np.cumsum(RANDOM.integers(1, 90_000, 80))),
    ("population", 20_240_100 + np.arange(80)),
    ("price", 201_503 + np.cumsum(RANDOM.integers(-9, 9, 80))),
    ("time", RANDOM.integers(1, 900, 80)),
    ("run_time", RANDOM.random(80)),
    ("time", [*range(8)] * 10),
    ("hour", [*range(8)] * 10),
    ("year", np.repeat([2020, 2021], 40)),
    ("T", np.arange(80) / 8),
    ("promo_date", np.repeat([20240101, 20240301, 20240501, 20240701], 20)),
    ("date", np.zeros(80)),
    ("days", np.arange(80)[::-1]),  # that are left
    ("temps", np.arange(80) / 8),
    ("sales", RANDOM.integers(200_000, 209_999, 80)),
    ("hours", RANDOM.integers(20, 60, 80)),
    ("dt", RANDOM.integers(1, 4, 80)),
    ("level", -np.arange(80)),
    ("charge", np.arange(80) * 1e15),
    ("time", [True, False] * 40),
]


@pytest.mark.parametrize(("name", "numbers"), FEATURES)
def test_features_that_go_up_or_sound_like_times_stay_features(name: str, numbers: Any) -> None:
    data = windows(frame_of(name, numbers), 3, test=0)
    assert data.feature_names == (name, "close")
    assert data.rows == 77


def test_days_as_spreadsheets_count_them_know_weekends() -> None:
    weekdays = [day for day in range(45_000, 45_140) if day % 7 > 1]
    series = frame_of("Date", weekdays)
    assert windows(series, 3, test=0).feature_names == ("close",)
    assert "8 steps of 1 day are missing" in fault_of(series.drop(index=range(40, 48)))


def test_numbers_alone_are_values() -> None:
    assert windows(pd.Series(EPOCHS / 1e9, name="time"), 3, test=0).rows == 77
    assert windows(frame_of("time", EPOCHS)[["time"]], 3, test=0).feature_names == ("time",)


def test_an_index_that_was_set_counts_before_numbers_in_columns() -> None:
    series = frame_of("timestamp", EPOCHS).set_axis(DAYS)
    assert windows(series, 3, test=0).feature_names == ("timestamp", "close")
    assert "close" in fault_of(frame_of("timestamp", EPOCHS).assign(close="a").set_axis(DAYS))
    named = frame_of("timestamp", EPOCHS).rename_axis("step").drop(index=[7])
    assert "by its index" in fault_of(named.iloc[[0, 5, 1, *range(7, 60)]])


def test_the_same_time_in_two_columns_is_one_time() -> None:
    binance = frame_of("open_time", EPOCHS * 1000).assign(close_time=EPOCHS * 1000 + 3_599_999)
    assert windows(binance, 3, test=0).feature_names == ("close",)
    both = frame_of("unix", EPOCHS).assign(date=pd.to_datetime(EPOCHS, unit="s").astype(str))
    data = windows(both, 3, test=0)
    assert data.feature_names == ("close",)
    assert "times from the columns 'date', 'unix'" in str(data.source)
    for code in remedies_in(fault_of(both.drop(index=LOST))):
        assert windows(eval(code, {"pd": pd, "series": both}), 3, test=0).feature_names == (
            "close",
        )
    differing = frame_of("start_time", EPOCHS).assign(end_time=EPOCHS + RANDOM.integers(1, 9, 80))
    fault = fault_of(differing)
    assert "several columns of dates: 'start_time', 'end_time'" in fault
    (code,) = remedies_in(fault)
    assert windows(eval(code, {"series": differing}), 3, test=0).feature_names == ("close",)


def test_numbers_that_only_go_up_as_times_do_are_asked_about() -> None:
    series = frame_of("x", 1_700_000_000 + 60 * np.arange(80))
    fault = fault_of(series)
    assert "from 2023-11-14 22:13:20" in fault
    kept = [
        windows(eval(code, {"pd": pd, "series": series}), 3, test=0).feature_names
        for code in remedies_in(fault)
    ]
    assert kept == [("close",), ("x", "close")]


def test_digits_as_text_are_dates_only_where_something_says_so() -> None:
    years = [str(1900 + 2 * step) for step in range(60)]
    told = "columns that are no numbers: 'power'"
    for index in (None, pd.date_range("2024", periods=60)):
        for cells in (years, [*years[:-1], "n/a"], [*years[:-1], None]):
            assert told in fault_of(
                pd.DataFrame({"power": cells, "close": np.arange(60.0)}, index=index)
            )
    for name, cells in (
        ("Year", years),
        ("date", years),
        ("basDt", [*DAYS[:60].strftime("%Y%m%d")]),
    ):
        assert windows(frame_of(name, cells), 3, test=0).feature_names == ("close",)
