"""Lone quotes that swallow rows are found whatever stands between them; breaks in prose are not."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from dure.data.readers.tables.records import read_records
from dure.errors import Faults

Cells = list[str]


def read(lines: Sequence[str], sep: str) -> list[list[str]] | str:
    faults = Faults()
    records = read_records("\n".join(lines) + "\n", sep, None, "t.csv", faults)
    return "\n".join(faults) if records is None else records.rows[1:]


def table(sep: str, mend: Callable[[list[Cells]], None]) -> list[str]:
    """100 rows; a quote opens the name in row 10, and one closes that in row 30."""
    rows = [[str(row), f"{1.5 * row}", f"film {row % 7}", "ab"[row % 2]] for row in range(100)]
    rows[10][2], rows[30][2] = '"film 3', 'film 2"'
    mend(rows)
    return [sep.join(row) for row in [["id", "score", "name", "y"], *rows]]


def change(place: int, at: int, cell: str) -> Callable[[list[Cells]], None]:
    def mend(rows: list[Cells]) -> None:
        rows[place][at] = cell

    return mend


def sort_by_class(rows: list[Cells]) -> None:
    for place, row in enumerate(rows):
        row[3] = "inside" if 10 < place < 30 else "outside"


ODD: dict[str, Callable[[list[Cells]], None]] = {
    "nothing": lambda rows: None,
    "a blank leads": change(20, 2, " film 2"),
    "a hole": change(20, 1, "NA"),
    "a hole in words": change(20, 1, "unknown"),
    "an empty cell": change(20, 1, ""),
    "a class that is only inside": change(20, 3, "c"),
    "a new text is opened": change(10, 2, '"something else'),
    "a text among numbers": change(20, 0, "x"),
    "rows sorted by class": sort_by_class,
}


@pytest.mark.parametrize("sep", [",", ";", "\t", "|"])
@pytest.mark.parametrize("odd", ODD)
def test_one_odd_line_does_not_clear_the_others(odd: str, sep: str) -> None:
    told = read(table(sep, ODD[odd]), sep)
    assert "a quoted cell over 21 lines in row 10 (line 12)" in told


@pytest.mark.parametrize("sep", ["\t", "|"])
def test_between_tabs_two_lines_are_enough(sep: str) -> None:
    lines = [f"{'ab'[row % 2]}{sep}some text {row}" for row in range(40)]
    lines[5], lines[6] = f'new{sep}"Hi there', f'newer{sep} bye "'
    assert "over 2 lines in row 5" in read(["label" + sep + "text", *lines], sep)


@pytest.mark.parametrize("sep", [",", ";"])
def test_a_delimiter_behind_every_row_hides_nothing(sep: str) -> None:
    lines = [line + sep for line in table(sep, ODD["nothing"])]
    assert "a quoted cell over 21 lines" in read(lines, sep)
    assert "a quoted cell over 21 lines" in read([lines[0].rstrip(sep), *lines[1:]], sep)


HEALTHY = {
    "label first": 'ham,"Hello {0}\nbuddy, how are you"',
    "label first, all quoted": '"ham","Hello {0}\nbuddy, how are you"',
    "label last": '"Hello, you {0}\nbye",ham',
    "a list": 'ham,"Things {0}:\nmilk, eggs\nbread, salt\nrice, tea"',
    "no blank behind the comma": 'ham,"Hello {0}\nbuddy,how are you"',
}


@pytest.mark.parametrize("name", HEALTHY)
def test_breaks_in_prose_are_cells(name: str) -> None:
    lines = [
        HEALTHY[name].format(row).replace("ham", ("ham", "spam")[row % 2]) for row in range(40)
    ]
    plain = [f"well {row},ham" if "last" in name else f"ham,well {row}" for row in range(30)]
    names = "text,label" if "last" in name else "label,text"
    assert len(read([names, *plain, *lines], ",")) == 70


def test_breaks_between_tabs_are_cells() -> None:
    lines = [f'{row}\t"line one\n\nline {row} two"\t{"ab"[row % 2]}' for row in range(30)]
    assert len(read(["id\ttext\ty", *lines], "\t")) == 30
