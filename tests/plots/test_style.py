"""Lines of text in figures."""

from __future__ import annotations

from dure.plots.style import inches, shortened, wrapped


def test_lines_are_no_wider_than_wanted() -> None:
    long = "word " * 30 + "x" * 200 + " 두레 $a_1$"
    for width in (0.5, 2.0, 6.0):
        assert all(inches(line) <= width for line in wrapped(long, width))
        assert "".join(wrapped(long, width)).replace(" ", "") == long.replace(" ", "")
        assert inches(shortened(long, width)) <= width
    assert shortened("short", 5) == "short" and wrapped("", 1) == [""]
