"""Counts, numbers and lists within sentences, which can be translated."""

from __future__ import annotations

import math
from collections.abc import Sequence

from dure.core.formatting import format_number, pluralize
from dure.messages.message import Message, as_is, joined, say


def count(number: int, noun: str) -> Message:
    """'1 lane', '2 lanes'."""
    return Message(f"{{number}} {pluralize(number, noun)}", {"number": f"{number:,}"})


def describe_number(value: float) -> Message:
    """'0.0123', '4e-06', '1,250'; 'unknown' for what is not finite."""
    return as_is(format_number(value)) if math.isfinite(value) else say("unknown")


def join_list(words: Sequence[str], most: int | None = None) -> Message:
    """'a', 'a and b', 'a, b and c'; of more than `most` 'a, b and 7 more'; '' for none."""
    if most is not None and len(words) > most:
        first, more = joined(words[:most], ", "), f"{len(words) - most:,}"
        return say("{names} and {more} more", names=first, more=more)
    if len(words) < 2:
        return as_is("".join(words) if not words else words[0])
    return say("{most} and {last}", most=joined(words[:-1], ", "), last=words[-1])
