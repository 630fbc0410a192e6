"""Whatever `csv` or pandas writes is read back row for row, or refused with the row named."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dure.data.readers.tables.delimited import read_frame
from dure.data.readers.tables.table_format import Layout
from dure.errors import Faults

NAMES = ["n", "text", "label"]
DELIMITERS = (",", ";", "\t", "|")

# Short texts of what dialects trip over.
odd = st.lists(
    st.sampled_from(
        [
            *(
                "a",
                "b c",
                "1",
                '"',
                '""',
                "'",
                "\\",
                "\n",
                "\r\n",
                "\r",
                ",",
                ";",
                "\t",
                "|",
                "#",
                " ",
            ),
            *("좋다", "é", "\u2028", "NA", "%", "~", ",p\n3,", "\tq\n4\t"),
        ]
    ),
    max_size=7,
).map("".join)
tables = st.lists(
    st.tuples(st.integers(0, 99).map(str), odd, st.sampled_from(["p", "q"])),
    min_size=1,
    max_size=8,
)
layouts = st.fixed_dictionaries(
    {
        "delimiter": st.sampled_from(DELIMITERS),
        "quotechar": st.sampled_from(['"', '"', '"', "'", "~", None]),
        "quoting": st.sampled_from(
            [csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC, csv.QUOTE_NONE]
        ),
        "doublequote": st.booleans(),
        "escapechar": st.sampled_from([None, None, "\\"]),
        "lineterminator": st.sampled_from(["\n", "\r\n", "\r"]),
    }
)
encodings = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"])


def read_back(
    text: str, dialect: dict[str, Any], encoding: str, folder: Path
) -> list[list[str]] | str:
    """The rows as they are read without a word about quotes, or why they are not."""
    path = folder / "t.csv"
    path.write_bytes(text.encode(encoding))
    faults = Faults()
    frame = read_frame(path, Layout(sep=dialect["delimiter"]), faults)
    return "\n".join(faults) if frame is None else [frame.columns.tolist(), *frame.values.tolist()]


def check(got: list[list[str]] | str, rows: list[list[str]], dialect: dict[str, Any]) -> None:
    if isinstance(got, str):
        assert re.search(r"\b(row|line) \d|line of names", got), got
        return
    assert len(got) == len(rows), got
    plain = dialect["quotechar"] == '"' and dialect["doublequote"] and not dialect["escapechar"]
    # Line ends of another kind than between rows `csv` leaves without quotes; one behind a
    # backslash is then kept in its cell, and the backslash is not.
    plain = plain and not re.search(r"\\[\r\n]", "".join(cell for row in rows for cell in row))
    if plain and dialect["quoting"] != csv.QUOTE_NONE and dialect["lineterminator"] != "\r":
        assert got == rows
    else:  # quotes of another kind, and what they escape, may be left in a cell
        assert bare(got) == bare(rows)


def bare(rows: list[list[str]]) -> list[list[str]]:
    return [[re.sub(r"""[\\"'~\s]""", "", cell) for cell in row] for row in rows]


@settings(max_examples=250, deadline=None)
@given(rows=tables, dialect=layouts, encoding=encodings)
def test_what_csv_writes(
    rows: list[tuple[str, ...]], dialect: dict[str, Any], encoding: str, tmp_path_factory: Any
) -> None:
    file = io.StringIO(newline="")
    try:
        csv.writer(file, **dialect).writerows([NAMES, *rows])
    except (csv.Error, TypeError):
        assume(False)  # what cannot be written needs no reading
    folder = tmp_path_factory.mktemp("dialects")
    got = read_back(file.getvalue(), dialect, encoding, folder)
    check(got, [NAMES, *map(list, rows)], dialect)


@settings(max_examples=120, deadline=None)
@given(rows=tables, dialect=layouts, encoding=encodings)
def test_what_pandas_writes(
    rows: list[tuple[str, ...]], dialect: dict[str, Any], encoding: str, tmp_path_factory: Any
) -> None:
    given = {**dialect, "sep": dialect["delimiter"]}
    del given["delimiter"]
    if given["quotechar"] is None:
        given["quotechar"] = dialect["quotechar"] = '"'
    try:
        text = pd.DataFrame(rows, columns=NAMES).to_csv(index=False, **given)
    except (csv.Error, TypeError):
        assume(False)
    folder = tmp_path_factory.mktemp("dialects")
    got = read_back(text, dialect, encoding, folder)
    check(got, [NAMES, *map(list, rows)], dialect)


@pytest.mark.parametrize("delimiter", DELIMITERS)
@settings(max_examples=40, deadline=None)
@given(rows=tables)
def test_the_commonest_dialects_are_read_and_not_refused(
    delimiter: str, rows: list[tuple[str, ...]], tmp_path_factory: Any
) -> None:
    """With quotes where they are needed; only a cell that looks like rows may be asked about."""
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter).writerows([NAMES, *rows])
    dialect = {"delimiter": delimiter}
    got = read_back(file.getvalue(), dialect, "utf-8", tmp_path_factory.mktemp("common"))
    asked = ("looks like a row of its own", "stands round its cells", "a backslash keeps")
    assert got == [NAMES, *map(list, rows)] or any(reason in got for reason in asked)
