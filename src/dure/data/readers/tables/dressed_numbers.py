"""Numbers with something round or in them, and by which arguments they can be read."""

from __future__ import annotations

from typing import Any

from dure.core.formatting import join_first
from dure.data.readers.tables.cells import are_marks, read_numbers
from dure.data.readers.tables.table_format import Notation

# What people write round and into numbers: thousands, currencies, percent.
_ROUND_NUMBERS = r"[,\s'’$€£¥₩%_]"

_SIGNS = "%$€£¥₩"

_NOTATIONS = (
    Notation(".", ","),
    Notation(",", None),
    Notation(",", "."),
    Notation(".", " "),
    Notation(",", " "),
    Notation(".", "'"),
)
_MOST_OFFERED = 3  # different texts among numbers that are offered as na_values


def count_dressed(present: Any) -> int:
    """How many texts are numbers once what is written round them is left out."""
    bare = present.str.replace(_ROUND_NUMBERS, "", regex=True)
    return int(read_numbers(bare, Notation()).notna().sum())


def describe_remedy(name: str, present: Any, notation: Notation) -> tuple[Any, str]:
    """The texts that are no numbers (none of them a mark of a hole), and what to do."""
    wrong = present[read_numbers(present, notation).isna()]
    wrong = wrong[~are_marks(wrong)]
    offered: list[Notation] = []
    for other in _NOTATIONS:
        needless = any(one.decimal == other.decimal and one.thousands is None for one in offered)
        if not needless and _fits(present, other):
            offered.append(other)
    if offered:
        ways = [_as_arguments(other, wrong.iloc[0]) for other in offered]
        return wrong, f"Pass {' or '.join(ways)}."
    signs = sorted(set("".join(wrong)) & set(_SIGNS))
    if (
        signs
        and read_numbers(wrong.str.replace(f"[{_SIGNS}]", "", regex=True), notation).notna().all()
    ):
        sign = "".join(signs)
        return wrong, (
            f"Take {sign} out with pandas (frame[{name!r}].str.strip({sign!r}).astype(float)) and "
            "pass the DataFrame."
        )
    texts = list(dict.fromkeys(wrong))
    holes = ""
    if len(texts) <= _MOST_OFFERED and not any(letter.isdigit() for letter in "".join(texts)):
        holes = f" (or pass na_values=[{join_first([repr(text) for text in texts])}])"
    return wrong, (
        "Write numbers as 1234.5, without units or thousands separators; leave a cell empty where "
        f"the value is not known{holes}."
    )


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
