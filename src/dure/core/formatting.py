"""Numbers, shares, times, sizes, lists and commands as plain English text."""

from __future__ import annotations

import math
import shlex
import sys
from collections.abc import Iterable, Sequence
from typing import Any


def clean_text(text: str) -> str:
    """Text that cannot move the cursor, turn the line round or break it, whatever a name holds."""
    return "".join(c if c.isprintable() else "·" for c in text)


def format_number(value: float, digits: int = 3) -> str:
    """A number for reading: '0.0123', '1.2e-06', '12,345'; 'none' for what is not finite."""
    value = float(value)
    if not math.isfinite(value):
        return "none"
    if value == int(value) and abs(value) < 1e7:
        return f"{int(value):,}"
    if abs(value) >= 1e5 or abs(value) < 1e-3:
        return f"{value:.{digits - 2}e}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.{digits}g}"


def format_percent(share: float, digits: int = 1, missing: str = "none") -> str:
    """'12 %', '0.4 %'; without digits '<1 %' and '>99 %' for shares short of none and of all."""
    value = 100 * float(share)
    if not math.isfinite(value):
        return missing
    if not digits and (0 < value < 0.5 or 99.5 <= value < 100):
        return "<1 %" if value < 50 else ">99 %"
    decimals = 0 if value >= 10 or value == round(value) else digits
    return f"{value:.{decimals}f} %"


def format_duration(seconds: float, digits: int = 1) -> str:
    """'1 h 12 min', '3 min 5 s', '42 s', '0.4 s'; digits are of less than ten seconds."""
    if round(seconds) < 60:
        return f"{seconds:.{digits if seconds < 10 else 0}f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,} h {minutes} min"


def format_bytes(count: float) -> str:
    """'11.2 GB', '1.5 MB', '47 kB'."""
    if count < 1e5:
        return f"{count / 1e3:.0f} kB"
    return f"{count / 1e9:,.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def format_count(number: int, noun: str) -> str:
    """'1 row', '2,000 rows'."""
    return f"{number:,} {pluralize(number, noun)}"


def pluralize(number: int, noun: str) -> str:
    """'row', 'rows', 'losses'."""
    return noun if number == 1 else f"{noun}es" if noun.endswith("s") else f"{noun}s"


def shorten(text: str, most: int = 40) -> str:
    """The text, or its beginning with three dots, in at most so many characters."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


def join_first(items: Sequence[Any], most: int = 10) -> str:
    """The first items with commas between, and how many more there are: 'a, b and 3 more'."""
    more = f" and {len(items) - most:,} more" if len(items) > most else ""
    return ", ".join(map(str, items[:most])) + more


def format_command(words: Iterable[str]) -> str:
    """Words of a command as the shell of this system takes them."""
    if sys.platform == "win32":
        from subprocess import list2cmdline

        return list2cmdline(words)
    return shlex.join(words)
