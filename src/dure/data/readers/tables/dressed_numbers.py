"""Numbers with something round or in them, and by which arguments they can be read."""

from __future__ import annotations

from typing import Any

from dure.core.formatting import join_first
from dure.data.readers.tables.cells import are_marks, read_numbers
from dure.data.readers.tables.cleaning import NOTATIONS, find_cleaning
from dure.data.readers.tables.grouping import convert_column, describe_changed, find_changed
from dure.data.readers.tables.table_format import Notation

# What people write round and into numbers: thousands, currencies, percent.
_ROUND_NUMBERS = r"[,\s'’$€£¥₩%_]"

# Points between thousands: two of them can be nothing else.
_GROUPS = r"[-+−]?[1-9]\d{0,2}(?:\.\d{3})+(?:,\d+)?"
_SEVERAL_GROUPS = r"[-+−]?[1-9]\d{0,2}(?:\.\d{3}){2,}(?:,\d+)?"

_NEGATIVE = r"^(?=\(.*\)$|.*-$)\(?(\d+(?:\.\d+)?)[)-]$"
"""As book-keepers write it, in brackets or with the minus behind."""

_MOST_OFFERED = 3  # different texts among numbers that are offered as na_values


def count_dressed(present: Any) -> int:
    """How many texts are numbers once what is written round them is left out."""
    if present.str.fullmatch(_SEVERAL_GROUPS).any():
        grouped = present.str.fullmatch(_GROUPS)
        present = present.mask(grouped, present.str.replace(".", "", regex=False))
    bare = present.str.replace(_ROUND_NUMBERS, "", regex=True)
    bare = bare.str.replace(_NEGATIVE, r"-\1", regex=True)
    return int(read_numbers(bare, Notation()).notna().sum())


def describe_remedy(frame: Any, name: str, present: Any, notation: Notation) -> tuple[Any, str]:
    """The texts that are no numbers (none of them a mark of a hole), and what to do.

    Parameters
    ----------
    frame, name
        The table as it came, and the column the texts are of.
    """
    wrong = present[read_numbers(present, notation).isna()]
    wrong = wrong[~are_marks(wrong)]
    offered: list[Notation] = []
    for other in NOTATIONS:
        needless = any(one.decimal == other.decimal and one.thousands is None for one in offered)
        if not needless and _fits(present, other):
            offered.append(other)
    if notation.decimal != ".":  # as it was given
        same = [other for other in offered if other.decimal == notation.decimal]
        offered = same or offered
    if offered:
        ways = [_as_arguments(other, wrong.iloc[0]) for other in offered]
        return (
            wrong,
            f"Pass {' or '.join(ways)}.{_describe_others(frame, name, present, notation, offered)}",
        )
    if cleaning := find_cleaning(name, present):
        return wrong, f"Make numbers of them with pandas, {cleaning}, and pass the DataFrame."
    texts = list(dict.fromkeys(wrong))
    holes = ""
    if len(texts) <= _MOST_OFFERED and not any(letter.isdigit() for letter in "".join(texts)):
        holes = f" (or pass na_values=[{join_first([repr(text) for text in texts])}])"
    return wrong, (
        "Write numbers as 1234.5, without units or thousands separators; leave a cell empty where "
        f"the value is not known{holes}."
    )


def _describe_others(
    frame: Any, name: str, present: Any, notation: Notation, offered: list[Notation]
) -> str:
    """What reading this column by the arguments offered would do to others."""
    cleaning = find_cleaning(name, present)
    others = [column for column in frame if column != name]
    for after in offered:
        changed = find_changed(frame, others, notation, after)
        if changed and cleaning:
            return describe_changed(changed, convert_column(name, cleaning.code))
    return ""


def _fits(present: Any, notation: Notation) -> bool:
    other = present[read_numbers(present, notation).isna()]
    return bool(are_marks(other).all())


def _as_arguments(notation: Notation, text: str) -> str:
    given = {"decimal": notation.decimal if notation.decimal != "." else None}
    given["thousands"] = notation.thousands
    written = ", ".join(f"{name}={mark!r}" for name, mark in given.items() if mark is not None)
    import pandas as pd

    value = read_numbers(pd.Series([text], dtype=object), notation).iloc[0]
    return f"{written} ({text!r} is then {value:g})" if value < 1e6 else written
