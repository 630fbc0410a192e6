"""Rows of delimited text: read row for row, or refused with the row, and healthy look-alikes."""

from __future__ import annotations

import pytest

from dure.data.readers.tables.records import Records, read_records
from dure.errors import Faults


def read(text: str, sep: str = ",", quote: str | None = None) -> Records | str:
    faults = Faults()
    records = read_records(text, sep, quote, "t.csv", faults)
    assert (records is None) == bool(faults)
    return records or "\n".join(faults)


def rows_of(text: str, sep: str = ",", quote: str | None = None) -> list[list[str]]:
    records = read(text, sep, quote)
    assert isinstance(records, Records), records
    return records.rows[1:]


def fault_of(text: str, sep: str = ",", quote: str | None = None) -> str:
    told = read(text, sep, quote)
    assert isinstance(told, str), told
    return told


def labelled(opening: str, closing: str, sep: str) -> str:
    """56 rows of a text and a label; row 5 begins with one string and row 49 ends with another."""
    lines = [f"text{sep}label"]
    for row in range(56):
        begins, ends = opening if row == 5 else "", closing if row == 49 else ""
        lines.append(f"{begins}some text {row} here{ends}{sep}{'ab'[row % 2]}")
    return "\n".join(lines) + "\n"


# Lone quotes


@pytest.mark.parametrize("sep", [",", ";", "\t", "|"])
def test_a_lone_quote_never_swallows_rows(sep: str) -> None:
    fault = fault_of(labelled('"', '"', sep), sep)
    assert "a quoted cell over 45 lines in row 5 (line 7)" in fault
    assert f"such as 'some text 6 here{sep}a'".replace("\t", "\\t") in fault
    assert len(rows_of(labelled('"', '"', sep), sep, "")) == 56
    assert len(rows_of(labelled('"', '"', sep), sep, '"')) == 12


def test_a_quote_that_is_never_closed_is_refused_in_commas_and_literal_in_tabs() -> None:
    fault = fault_of(labelled('"', "", ","))
    assert "in the row that begins in line 7" in fault and "quote=''" in fault
    rows = rows_of(labelled('"', "", "\t"), "\t")
    assert len(rows) == 56 and rows[5] == ['"some text 5 here', "b"]


def test_a_file_whose_quotes_are_meant_is_not_taken_for_one_without() -> None:
    lines = ["a\ttext\ty", '1\t"one"\tp', '2\t"two ""2"""\tq', '3\t"th"ree"\tp']
    assert "in the row that begins in line 4" in fault_of("\n".join(lines), "\t")


@pytest.mark.parametrize(
    "text",
    [
        'text,label\n"Hello, you\nbye now, friend",good\nso what,bad\nwell,good\n',
        'text,label\n"a ""quoted"", long\ntext",bad\nx,good\ny,bad\n',
        'n,text,label\n1,"one\ntwo\n\nthree",a\n2,x,b\n',
        'text,label\n"1, 2,\n3, 4",a\nx,b\n',
    ],
)
def test_texts_of_several_lines_are_texts(text: str) -> None:
    rows = rows_of(text)
    assert any("\n" in cell for row in rows for cell in row)
    assert all(row[-1] in ("good", "bad", "a", "b") for row in rows)


def test_in_a_long_table_a_line_break_in_prose_is_known_by_the_other_rows() -> None:
    lines = [f'"Hello,you {row}\nbye,friend",{"ab"[row % 2]}' for row in range(30)]
    assert len(rows_of("\n".join(["text,label", *lines]))) == 30


def test_quotes_inside_cells_stand_for_themselves() -> None:
    assert rows_of('a,b\n5" pipe,6"\nsay "hi",x\n') == [['5" pipe', '6"'], ['say "hi"', "x"]]
    assert rows_of('a,b\n"5"" pipe",x\n') == [['5" pipe', "x"]]
    assert rows_of('a,b\n"say \\"hi\\", you",x\n') == [['say "hi", you', "x"]]
    assert rows_of("a,b\n'tis,it's\n'twas,x\n") == [["'tis", "it's"], ["'twas", "x"]]
    assert rows_of("a,b\nC:\\dir\\,x\n") == [["C:\\dir\\", "x"]]


def test_blanks_round_quotes_do_not_count() -> None:
    assert rows_of('a, b ,c\n1, "u, v" ,2\n') == [["1", "u, v", "2"]]
    assert rows_of('a,b\n"x, ""y"" ,z", "q"\n') == [['x, "y" ,z', "q"]]


def test_other_quotes_are_offered() -> None:
    text = "a,b,y\n1,'x, y',p\n2,'z',q\n"
    assert "row 0 (line 2) has 4" in fault_of(text)
    assert fault_of(text).endswith('With quote="\'" all rows are of one length.')
    assert rows_of(text, quote="'") == [["1", "x, y", "p"], ["2", "z", "q"]]
    text = "a,b\n~x,p\ny,q~\n"  # two rows, or one of two cells
    assert "if '~' stands round its cells" not in fault_of(f"{text}~x\n")
    assert "1 if '~' stands round its cells, as it may from row 0" in fault_of("a,b\n1,~x\n2,y~\n")


def test_backslashes_that_may_keep_a_delimiter_are_asked_about() -> None:
    fault = fault_of("n,text,y\n0,\\,p\\\n3\\,,q\n")
    assert "2 rows, or 1 if a backslash keeps what follows it" in fault
    assert "escapechar=" in fault


def test_rows_that_only_backslashes_mend_say_so() -> None:
    fault = fault_of("a\tb\ty\n1\tu\t0\n2\tv\\\nw\t1\n3\tu\\\tx\t1\n", "\t")
    assert fault.endswith("pandas.read_csv(path, sep='\\t', escapechar='\\\\') gives.")
    assert "backslash" not in fault_of("a,b,c\n1,2,3\n4,C:\\d\n")


# Lines


def test_rows_of_other_lengths_are_named() -> None:
    fault = fault_of("a,b,c\n1,2,3\n4,5\n6,7,8,9\n")
    assert "row 1 (line 3) has 2: '4,5', row 2 (line 4) has 4: '6,7,8,9'" in fault
    assert "Write every cell" in fault_of("a,b\n1,2\n3\n")
    assert "Delete these lines if they are remarks" in fault_of("a,b,c\n1,2,3\n# so,\n4,5,6\n")
    assert "row.names=FALSE" in fault_of('"a","b"\n"1",2,3\n"2",4,5\n')
    assert "row 0 (line 2) has 4: 'Smith, John,5,'" in fault_of("a,b,c\nSmith, John,5,\nX,1,2\n")
    fault = fault_of("a,b;y\n1,5;2\n2;3\n")
    assert fault.endswith("With sep=';' all rows are of one length.")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_blank_lines_and_last_delimiters(end: str) -> None:
    whole = [["1", "2"], ["3", "4"]]
    for lines in (
        ["a,b", "1,2", "3,4"],
        ["", "a,b", "1,2", "", "  ", "3,4", "", ""],
        ["a,b,", "1,2,", "3,4,"],
        ["a,b", "1,2,", "3,4,"],
    ):
        assert rows_of(end.join(lines) + end) == whole
        assert rows_of(end.join(lines)) == whole
    assert "has 3" in fault_of(end.join(["a,b", "1,2,", "3,4"]))


def test_line_ends_of_two_kinds() -> None:
    assert len(rows_of("a,b\r\n1,2\n3,4\r\n")) == 2
    assert "the first change behind row 0 (line 2)" in fault_of("a,b\n1,2\r3,4\n")


def test_only_line_ends_end_lines() -> None:
    assert rows_of("a,b\nx\u2028y\x0b\x0c\x85,2\n") == [["x\u2028y\x0b\x0c\x85", "2"]]


def test_texts_of_any_length() -> None:
    long = "word " * 50_000
    assert rows_of(f'a,b\n"{long}",1\n') == [[long, "1"]]
