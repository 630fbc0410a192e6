from __future__ import annotations

import math
import shlex
import sys

import pytest

from dure.core.formatting import (
    format_bytes,
    format_command,
    format_count,
    format_duration,
    format_number,
    format_percent,
    join_first,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.01234, "0.0123"),
        (1e-6, "1.0e-06"),
        (12345, "12,345"),
        (float("nan"), "none"),
        (0, "0"),
        (1234.5, "1,234"),
        (-0.5, "-0.5"),
        (3e9, "3.0e+09"),
        (99.96, "100"),
    ],
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert format_number(value) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.5, "50 %"), (0.004, "0.4 %"), (1, "100 %"), (0, "0 %"), (math.nan, "none")],
)
def test_shares_are_percentages(share: float, text: str) -> None:
    assert format_percent(share) == text


def test_nearly_always_is_not_always() -> None:
    shares = [0.0, 0.004, 0.25, 0.9999, 1.0, math.nan]
    texts = [format_percent(share, 0, "-") for share in shares]
    assert texts == ["0 %", "<1 %", "25 %", ">99 %", "100 %", "-"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "0 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (185, "3 min 5 s"), (7800, "2 h 10 min")],
)
def test_durations(seconds: float, text: str) -> None:
    assert format_duration(seconds, 0) == text


def test_short_times_have_a_decimal() -> None:
    texts = [format_duration(seconds) for seconds in (0.42, 42, 185, 4320)]
    assert texts == ["0.4 s", "42 s", "3 min 5 s", "1 h 12 min"]


@pytest.mark.parametrize(
    ("size", "text"), [(47_300, "47 kB"), (1e5, "0.1 MB"), (1.5e6, "1.5 MB"), (1e13, "10,000.0 GB")]
)
def test_sizes(size: float, text: str) -> None:
    assert format_bytes(size) == text


def test_counts_have_a_plural() -> None:
    assert format_count(1, "row") == "1 row" and format_count(2_000, "row") == "2,000 rows"
    assert format_count(2, "loss") == "2 losses"


def test_long_lists_name_the_first() -> None:
    assert join_first("abc", 3) == "a, b, c" and join_first("abcd", 2) == "a, b and 2 more"


@pytest.mark.parametrize("words", [["dure", "show", "runs\\a b"], ["dure", "--set", 'x=[1, "é"]']])
def test_commands_are_as_the_shell_of_the_system_takes_them(
    words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    assert shlex.split(format_command(words)) == words
    monkeypatch.setattr(sys, "platform", "win32")
    told = format_command(words)
    assert "'" not in told and told.startswith("dure ") and '"' in told
