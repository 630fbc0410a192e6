from __future__ import annotations

from io import StringIO

from rich.console import Console

from dure.core.terminal import align_columns, make_table


def test_columns_line_up_and_go_on_below() -> None:
    lines = align_columns(("가나", "b"), [("a", "1"), ("bc", "22")])
    assert lines == ["가나    b", "a       1", "bc     22"]
    marked = align_columns(("n", "value"), [("a", "1.5*"), ("b", "20 ")])
    assert marked == ["n   value", "a    1.5*", "b     20"]
    below = align_columns(("name", "one", "two"), [("[/x]", "1", "2")], page=12)
    assert below == ["name   one", "[/x]     1", "", "name   two", "[/x]     2"]


def test_names_are_no_markup_and_move_no_cursor() -> None:
    written = StringIO()
    table = make_table(("name", "[b]n[/b]"), [("[red]a", "1\x1b[2J")], title="[i]t")
    Console(file=written, width=60).print(table)
    assert "[i]t" in written.getvalue() and "[red]a" in written.getvalue()
    assert "[b]n[/b]" in written.getvalue() and "\x1b" not in written.getvalue()
