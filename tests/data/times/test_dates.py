"""Dates as people write them: read as what they are, and nothing else taken for one."""

from typing import Any

import pandas as pd
import pytest

from dure.data.times.dates import read_dates


def is_ordered(dates: pd.DatetimeIndex) -> bool:
    return bool(dates.dropna().is_monotonic_increasing)


@pytest.mark.parametrize(
    ("texts", "second"),
    [
        (["2024-03-01", "2024-03-02"], "2024-03-02"),
        (["2024/03/01 13:00", "2024/03/01 14:00"], "2024-03-01 14:00"),
        (["2024-03-01", "2024-03-01 13:00"], "2024-03-01 13:00"),
        (["31.03.2024", "01.04.2024"], "2024-04-01"),
        (["03/31/2024", "04/01/2024"], "2024-04-01"),
        (["31.3.2024 13:00", "1.4.2024 14:00"], "2024-04-01 14:00"),
        (["1 Mar 2024", "2 Mar 2024"], "2024-03-02"),
        (["Mar-24", "Apr-24"], "2024-04-01"),
        (["2024Q1", "2024Q2"], "2024-04-01"),
        (["2024. 3. 1.", "2024. 3. 2."], "2024-03-02"),
        (["2024년 3월 1일", "2024년 3월 12일"], "2024-03-12"),
        (["2024년 3월", "2024년 11월"], "2024-11-01"),
        (["2024년 3월 1일 9시", "2024년 3월 1일 10시"], "2024-03-01 10:00"),
        (["2024년 3월 1일 오전 9시 30분", "2024년 3월 1일 오후 1시 30분"], "2024-03-01 13:30"),
        (["2024-03-01 오전 9:30", "2024-03-01 오후 1:30"], "2024-03-01 13:30"),
        ([" 2024-03-01", "2024-03-02 "], "2024-03-02"),
        (["20240301", "20240302"], "2024-03-02"),
        ([20240301, 20240302], "2024-03-02"),
        ([202403, 202404], "2024-04-01"),
        (["24-01-30", "24-01-31", "24-02-01"], "2024-01-31"),
        (["24/01/30 13:00", "24/01/31 13:00", "24/02/01 13:00"], "2024-01-31 13:00"),
        (["240130", "240131"], "2024-01-31"),
        ([240130, 240131], "2024-01-31"),
        (["30012024", "31012024"], "2024-01-31"),
        (["2024010123", "2024010124"], "2024-01-02"),
        ([2024010123, 2024010124], "2024-01-02"),
        (["202401012330", "202401012400"], "2024-01-02"),
        (["20240101233000", "20240101233015"], "2024-01-01 23:30:15"),
        (["2024-01-31 23:00", "2024-01-31 24:00"], "2024-02-01"),
        (["2024-01-31T23:00:00", "2024-01-31T24:00:00"], "2024-02-01"),
        (["30.01.2024 01:00", "31.01.2024 24:00"], "2024-02-01"),
        (["2024년 1월 31일 23시", "2024년 1월 31일 24시"], "2024-02-01"),
        (["2024-W05", "2024-W06"], "2024-02-05"),
        (["2024W5", "2024W6"], "2024-02-05"),
        (["KW 5/2024", "KW 6/2024"], "2024-02-05"),
        (["2024년 5주", "2024년 6주"], "2024-02-05"),
        (["2024년 05주차", "2024년 06주차"], "2024-02-05"),
        (["2024M01", "2024M02"], "2024-02-01"),
        (["2024년 1분기", "2024년 2분기"], "2024-04-01"),
        (["1Q2024", "2Q2024"], "2024-04-01"),
        (["Q1 2024", "Q2 2024"], "2024-04-01"),
        (["2010/11", "2011/12", "2012/13"], "2011-01-01"),
        (["2000-01", "2001-02", "2002-03"], "2001-01-01"),  # each a year after its first
        (["2011-11", "2011-12", "2012-01"], "2011-12-01"),
        (["2024-03-01T00:00+01:00", "2024-04-01T00:00+02:00"], "2024-03-31 22:00+00:00"),
        ([pd.Timestamp("2024-03-01").date(), pd.Timestamp("2024-03-02").date()], "2024-03-02"),
    ],
)
def test_dates_are_read(texts: list[Any], second: str) -> None:
    for holes in ([], [] if isinstance(texts[0], int) else [None]):
        reading = next(one for one in read_dates([*texts, *holes]) if is_ordered(one.dates))
        assert reading.dates[1] == pd.Timestamp(second)
        cells = pd.Index([*texts, *holes])
        for source in (cells, pd.Series(cells)):
            made = eval(reading.code_of("texts"), {"pd": pd, "texts": source})
            made = made.to_timestamp() if isinstance(made, pd.PeriodIndex) else made
            assert made[1] == pd.Timestamp(second), reading.code


def test_day_and_month_are_read_both_ways_where_both_may_be() -> None:
    first, second = read_dates(["01.02.2024", "02.02.2024"])
    assert (first.dates[0], second.dates[0]) == (
        pd.Timestamp("2024-01-02"),
        pd.Timestamp("2024-02-01"),
    )
    assert second.code == "pd.to_datetime({}, dayfirst=True)"
    assert len(read_dates(["2024-02-01", "2024-02-02"])) == 1


@pytest.mark.parametrize(
    "texts",
    [
        ["a", "b"],
        ["1", "2"],
        ["0.5", "1.5"],
        ["row 1", "row 2"],
        ["A1", "A2"],
        ["sensor-1-2", "sensor-1-3"],
        ["12:00", "13:00"],  # times of a day, which begin anew
        [1, 2],
        [100001, 100002],
        [1950, 1952],
        ["20240131", "202402"],
        ["2024-24", "2024-25"],
        ["A 24:1", "B 24:2"],
        ["week 5", "week 6"],
        [99999999, 99999998],
        [None, None],
        [],
    ],
)
def test_other_texts_and_numbers_are_none(texts: list[Any]) -> None:
    assert read_dates(texts) == []


def test_holes_and_cells_that_are_no_dates_stay_holes() -> None:
    (reading,) = read_dates(["2024-03-01", None, "2024-03-03"])
    assert list(reading.dates.isna()) == [False, True, False]
    (reading,) = read_dates(["2024-03-01", "??", "2024-03-03"])
    assert list(reading.dates.isna()) == [False, True, False]
    assert read_dates(["2024-03-01", "seoul", "busan"]) == []
