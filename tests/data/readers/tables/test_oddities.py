"""What is read but may be meant otherwise is told, and its healthy look-alikes are not."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import dure
from dure.data import from_csv


def told_of(cells: Sequence[Any], folder: Path, sep: str = ",", **options: Any) -> str:
    path = folder / "t.csv"
    point = options.get("decimal", ".")
    rows = [f'"{cell}"{sep}{row}{point}5' for row, cell in enumerate(cells)]
    path.write_text("\n".join([f"a{sep}y", *rows]), "utf-8")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        from_csv(path, "y", sep=sep, missing="drop", **options)
    assert all(one.filename == __file__ for one in caught)
    return "\n".join(str(one.message) for one in caught)


ODD: dict[str, tuple[Sequence[Any], str]] = {
    "zip codes": (["90210", "00501", "02134"], "'00501' in row 1 is 501. If they are codes"),
    "codes with holes": (["", "007", "12"], "'007' in row 1 is 7"),
    "stand-in": ([-999, 3, 4, 5, -999], "-999 in 2 rows, the first row 0, far from all other"),
    "large stand-in": ([999, 3, 4, 5, 999], "is 999 in 2 rows"),
    "numbers of rows": (range(2**53, 2**53 + 90), "different numbers equal to another"),
    "seconds": (range(1_600_000_000, 1_600_000_900, 10), "goes up to 1,600,000,890"),
    "days": (["01.02", "13.02", "28.11"], "'01.02' in row 0 is 1.02. If they are codes or days"),
    "dates": ([f"2024-{month:02}-01" for month in range(1, 13)] * 2, "each of its 12 becomes"),
    "times": ([f"{hour:02}:30" for hour in range(24)] * 5, "holds dates or times"),
    "names": ([f"person {row}" for row in range(40)], "40 different texts in 40 rows"),
    "detection limits": (
        [*(f"{row}.5" for row in range(20)), *["<0.5"] * 12, *["BDL"] * 9],
        "20 different numbers beside texts ('<0.5', 'BDL')",
    ),
    "unit": (["12 kg", "13 kg", "14.5 kg"], "since ' kg' stands at its numbers"),
    "unit and thousands": (["3,000원", "13,000원", "900원"], "('3,000원' is then 3000)"),
    "currency": (["R$ 1.234,50", "R$ 12,00", "R$ 9,99"], "('R$ 1.234,50' is then 1234.5)"),
    "code of a currency": (["USD 12", "USD 13", "USD 7"], "since 'USD ' stands at its numbers"),
    "points between thousands": (
        ["1.200", "950", "2.400", "700"],
        "pass decimal=',', thousands='.'",
    ),
}


@pytest.mark.parametrize("name", ODD)
def test_oddities_are_told(name: str, tmp_path: Path) -> None:
    cells, told = ODD[name]
    assert told_of(cells, tmp_path).startswith("t.csv may be meant otherwise:\n  column 'a'")
    assert told in told_of(cells, tmp_path)


HEALTHY: dict[str, Sequence[Any]] = {
    "months": ["01", "02", "12"],
    "fractions": ["0.123", "0.5", "0"],
    "zeros": ["0", "00", "1"],
    "low values": [-999, -500, 400, 5, -999],
    "a single -999": [-999, 3, 4, 5],
    "few values": [1, 999, 1, 999],
    "prices": range(100_000_000, 190_000_000, 1_000_000),
    "doors": ["2door", "4door", "2door"],
    "streets": ["1a", "1b", "2a"],
    "days": ["2020-01-01", "2020-01-02", "2020-01-03"],
    "ranges": ["10-20", "20-30", "30-40"],
    "numbered names": ["film 1", "film 2", "film 3"],
    "numbered codes": ["BUS 1", "BUS 2", "BUS 3"],
    "quarters": ["Q1", "Q2", "Q3"],
    "towns": [f"town {row % 19}" for row in range(40)],
    "many towns": [f"town {row % 30}" for row in range(60)],
    "names of a small table": [f"person {row}" for row in range(15)],
    "few dates": ["2024-01-01", "2024-02-01"] * 20,
    "sizes": ["S", "M", "L", "38", "40", "42"] * 5,
    "censored ages": ["<18", "18-65", ">65"] * 9,
    "numbers with two places": ["10.25", "03.50", "99.75"],
    "prices with two places": ["10.12", "31.01", "22.05"],
    "decimals beside whole numbers": ["1.234", "2", "3.517", "4.5"],
    "three decimals": ["1.200", "0.950", "2.400"],
}


@pytest.mark.parametrize("name", HEALTHY)
def test_healthy_columns_are_not(name: str, tmp_path: Path) -> None:
    assert told_of(HEALTHY[name], tmp_path) == ""


def test_what_was_told_can_be_settled(tmp_path: Path) -> None:
    assert told_of(["90210", "00501"] * 3, tmp_path, categories="a") == ""
    assert told_of(["12 kg", "13 kg", "14.5 kg"], tmp_path, categories=["a"]) == ""
    assert told_of([-999, 3, 4, 5, -999], tmp_path, na_values=-999) == ""


def test_points_between_thousands_in_a_table_of_semicolons(tmp_path: Path) -> None:
    grouped = ["1.234", "2.500", "12.000"]
    assert "If it stands between thousands" in told_of(grouped, tmp_path, ";")
    assert told_of(grouped, tmp_path) == ""
    assert told_of(["1.234", "0.500", "12.000"], tmp_path, ";") == ""


def test_what_a_remedy_would_do_to_other_columns_is_told(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    rows = ["48.137;1.200;1", "52.520;950;2", "50.110;2.400;3"]
    path.write_text("\n".join(["lat;pop;y", *rows]), "utf-8")
    with pytest.warns(UserWarning, match=r"changes 'lat' \('48.137' is then 48137\)") as caught:
        from_csv(path, "y", sep=";")
    assert "dtype={'pop': str}" in str(caught[0].message)
    path.write_text(
        "\n".join(["lat;pop;y", *[row.replace(".400", ".400.100") for row in rows]]), "utf-8"
    )
    with pytest.raises(dure.StudyError, match=r"changes 'lat' \('48.137' is then 48137\)"):
        from_csv(path, "y", sep=";")


def test_thousands_read_as_decimals_by_an_argument(tmp_path: Path) -> None:
    assert "pass thousands=','" in told_of(["1,200", "950", "2,400"], tmp_path, ";", decimal=",")
    assert told_of(["1,2", "950", "2,4"], tmp_path, ";", decimal=",") == ""


def test_what_an_argument_made_of_numbers_is_in_the_source(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("lat;pop;y\n48.137;1.488.202;1\n52.520;763.380;2\n50.110;900;3\n", "utf-8")
    data = from_csv(path, "y", sep=";", decimal=",", thousands=".")
    assert data.source == "t.csv, read with '.' between thousands: '48.137' in 'lat' as 48137"
