"""Cells as numbers, truth or texts: what is a hole where, and how numbers are written."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from dure.data.readers.tables.cells import Column, settle_texts
from dure.data.readers.tables.table_format import Notation, read_format
from dure.errors import Faults


def settle(cells: list[Any], *, as_text: bool = False, **notation: Any) -> Column:
    return settle_texts(pd.Series(cells, dtype=object), Notation(**notation), as_text=as_text)


def values_of(column: Column) -> list[Any]:
    return [None if pd.isna(cell) else cell for cell in column.cells.tolist()]


MARKS = ["?", "NA", "N/A", "-", "--", ".", "null", "none", "None", "nan", "NaN", "missing", "결측"]


@pytest.mark.parametrize("mark", [*MARKS, "#N/A", "#DIV/0!", "k.A.", "UNKNOWN", "<NA>", "미상"])
def test_marks_of_holes_among_numbers(mark: str) -> None:
    column = settle(["1", f" {mark} ", "", "2.5"])
    assert (column.kind, values_of(column)) == ("number", [1, None, None, 2.5])
    assert column.marks == {mark: 1}


@pytest.mark.parametrize("mark", ["?", "N/A", "null", "nan", "NaN", "<NA>", "#N/A", "결측"])
def test_marks_that_are_holes_among_texts(mark: str) -> None:
    column = settle(["red", mark, "blue"])
    assert (column.kind, values_of(column)) == ("text", ["red", None, "blue"])
    assert column.marks == {mark: 1}


@pytest.mark.parametrize("cell", ["NA", "None", "none", "-", "--", ".", "missing", "unknown"])
def test_texts_that_may_be_categories(cell: str) -> None:
    column = settle(["red", cell, "blue"])
    assert (column.kind, values_of(column)) == ("text", ["red", cell, "blue"])
    assert not column.marks


def test_holes_as_declared() -> None:
    assert values_of(settle(["DE", "NA", "?"], holes=())) == ["DE", "NA", "?"]
    assert values_of(settle(["DE", "NA", "?"], holes=("NA",))) == ["DE", None, "?"]
    assert values_of(settle(["1", "NA", "x", "3"], holes=("x",))) == [1, None, None, 3]
    assert values_of(settle(["1", "-999", "-999.0", "3"], holes=(-999,))) == [1, None, None, 3]
    assert values_of(settle(["1", "-999", "3"])) == [1, -999, 3]


def test_truth() -> None:
    column = settle(["True", "FALSE", "true", ""])
    assert (column.kind, values_of(column)) == ("number", [True, False, True, None])
    assert values_of(settle(["TRUE", "NA", "false"])) == [True, None, False]
    assert settle(["true", "maybe"]).kind == "text"
    assert settle(["Y", "N"]).kind == "text"


def test_whole_numbers_stay_whole_and_large_ones_exact() -> None:
    assert str(settle(["1", "2"]).cells.dtype) == str(settle(["1", "?"]).cells.dtype) == "Int64"
    assert values_of(settle(["9007199254740993", ""])) == [9007199254740993, None]
    assert str(settle(["1", "2.0"]).cells.dtype) == "float64"
    assert values_of(settle(["−5", "＋３", "1e3"])) == [-5, 3, 1000]


@pytest.mark.parametrize("cell", ["1_000", "0x1F", "1 000", "1,5", "12 kg", "10²", "1/2", "--5"])
def test_what_is_no_number(cell: str) -> None:
    assert settle(["1", "2", cell]).kind == "text"


@pytest.mark.parametrize(
    ("decimal", "thousands", "cells", "values"),
    [
        (",", None, ["1,5", "2", "-3,25e2"], [1.5, 2, -325]),
        (",", ".", ["1.234,5", "12.000", "7"], [1234.5, 12000, 7]),
        (".", ",", ["1,234.5", "12,34,567", ".5"], [1234.5, 1234567, 0.5]),
        (",", " ", ["1\u00a0234,5", "1\u202f000", "1 000"], [1234.5, 1000, 1000]),
        (".", "'", ["1'234", "1’234.5", "2"], [1234, 1234.5, 2]),
    ],
)
def test_decimals_and_thousands(
    decimal: str, thousands: str | None, cells: list[str], values: list[float]
) -> None:
    column = settle(cells, decimal=decimal, thousands=thousands)
    assert (column.kind, values_of(column)) == ("number", values)


@pytest.mark.parametrize("cell", ["1,5", "12,34", "1,2345", ",123", "1,,234", "1,234,5"])
def test_thousands_that_are_none_are_not_guessed(cell: str) -> None:
    assert settle(["1", cell], thousands=",").kind == "text"


def test_with_a_decimal_comma_a_point_is_no_decimal() -> None:
    assert settle(["1,5", "1.234"], decimal=",").kind == "text"
    assert values_of(settle([1.5, "2,5"], decimal=",")) == [1.5, 2.5]


def test_single_quotes() -> None:
    assert values_of(settle(["'12'", "'3.5'", "?", ""])) == [12, 3.5, None, None]
    assert values_of(settle(["'red'", "'blue'", "''"])) == ["red", "blue", None]
    assert values_of(settle(["'tis'", "so"])) == ["'tis'", "so"]


def test_codes_stay_as_they_are_written() -> None:
    column = settle(["007", "NA", "", "1"], as_text=True)
    assert (column.kind, values_of(column)) == ("text", ["007", "NA", None, "1"])
    assert values_of(settle(["007", "NA"], as_text=True, holes=("NA",))) == ["007", None]


def test_an_empty_column_is_all_holes() -> None:
    assert (settle(["", " "]).kind, values_of(settle(["", " "]))) == ("number", [None, None])


def test_bad_formats_all_at_once() -> None:
    faults = Faults()
    given = {"sepp": ";", "decimal": "comma", "thousands": "00", "na_values": [None], "quote": "''"}
    layout, notation = read_format({**given, "sep": "\n"}, faults)
    assert layout is None and notation == Notation(holes=())
    assert [fault.split(" is ")[0] for fault in faults] == [
        "'sepp'",
        "decimal",
        "thousands",
        "na_values",
        "sep",
        "quote",
    ]
    assert faults[0].endswith("Did you mean 'sep'?")
    read_format({"decimal": ",", "thousands": ",", "sep": "|", "quote": "|"}, faults)
    assert "are both ','" in faults[-2] and "are both '|'" in faults[-1]
