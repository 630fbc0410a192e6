"""Plain text that lines up, and counts in words."""

from __future__ import annotations

from collections.abc import Sequence

from dure.messages.message import Message, as_is, joined, say


def count(number: int, noun: str) -> Message:
    """'1 lane', '2 lanes'."""
    nouns = noun if number == 1 else f"{noun}es" if noun.endswith("s") else f"{noun}s"
    return Message(f"{{number}} {nouns}", {"number": f"{number:,}"})


def listed(words: Sequence[str]) -> Message:
    """'a', 'a and b', 'a, b and c'; '' for none."""
    if len(words) < 2:
        return as_is("".join(words) if not words else words[0])
    most = joined(words[:-1], ", ")
    return say("{most} and {last}", most=most, last=words[-1])
