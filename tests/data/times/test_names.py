"""Names that say when a row was, and names that only sound so."""

import pytest

from dure.data.times.names import (
    counts_down,
    mentions_times,
    names_counted,
    names_dates,
    names_times,
    part_of_time,
)


@pytest.mark.parametrize(
    "name",
    [
        "timestamp",
        "DATE",
        "Date Time",
        "datetime",
        "time (s)",
        "time_ms",
        "Unix Timestamp",
        "unixTime",
        "epoch_ms",
        "ts",
        "일시",
        "측정일시",
        "날짜",
        "Datum",
        "fecha",
    ],
)
def test_names_of_times(name: str) -> None:
    assert names_times(name)


@pytest.mark.parametrize("name", ["open_time", "created date", "run_time", "unixReviewTime"])
def test_names_that_mention_times_may_be_spans(name: str) -> None:
    assert mentions_times(name) and not names_times(name)


@pytest.mark.parametrize("name", ["close", "T", "value", "update", "runtime", "id", "근무", 3, "s"])
def test_other_names_say_nothing(name: object) -> None:
    assert not (mentions_times(name) or names_times(name) or names_counted(name))


def test_units_that_rows_are_counted_by_and_parts_of_times() -> None:
    assert names_counted("Year") and names_counted("t") and names_counted("day_index")
    assert not names_counted("number")
    assert counts_down("days") and not counts_down("Year")
    assert names_dates("Date") and names_dates("기준일자") and not names_dates("time")
    parts = {"YEAR": "year", "mnth": "month", "DY": "day", "hr": "hour", "시": "hour", "min": None}
    assert {name: part_of_time(name) for name in parts} == parts
