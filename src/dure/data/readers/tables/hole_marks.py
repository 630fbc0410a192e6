"""What people and programs write where a value is missing."""

from __future__ import annotations

HOLES = frozenset(
    {
        "?",
        "NaN",
        "nan",
        "-NaN",
        "-nan",
        "<NA>",
        "N/A",
        "n/a",
        "NULL",
        "null",
        "\\N",
        "결측",
        "결측치",
    }
    | {"#N/A", "#N/A N/A", "#NA", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"}
    | {"#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"}
)
"""What stands for a missing value in any column."""

UNCLEAR = frozenset({"NA", "None"})
"""What pandas takes for a hole, and what among texts may be a name: Namibia, no treatment."""

_HOLES_AMONG_NUMBERS = frozenset(mark.casefold() for mark in HOLES | UNCLEAR) | frozenset(
    {"-", "--", "---", "–", "—", ".", "..", "...", "*", "na", "n.a.", "n. a.", "nd", "n.d."}
    | {"k.a.", "k. a.", "nil", "missing", "unknown", "not available", "not applicable", "none"}
    | {"없음", "미상", "해당없음", "모름", "unbekannt", "inconnu", "desconocido", "不明"}
)
"""As it stands in small letters where all other cells are numbers; it can be nothing else there."""


def is_mark(text: str) -> bool:
    """Whether a text would stand for a hole in a column of numbers."""
    return text.casefold() in _HOLES_AMONG_NUMBERS
