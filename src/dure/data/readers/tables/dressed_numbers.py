"""Numbers with something round or in them: the arguments, or the pandas code, that read them."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from dure.core.formatting import join_first
from dure.data.readers.tables.cells import are_marks, read_numbers
from dure.data.readers.tables.grouping import convert_column, describe_changed, find_changed
from dure.data.readers.tables.table_format import Notation

_NOTATIONS = (
    Notation(".", ","),
    Notation(",", None),
    Notation(",", "."),
    Notation(".", " "),
    Notation(",", " "),
    Notation(".", "'"),
)
"""How people write numbers otherwise than as 1234.5, the likeliest first."""

_CODES = (
    "AUD|BRL|CAD|CHF|CLP|CNY|CZK|DKK|EUR|GBP|HKD|HUF|IDR|ILS|INR|JPY|KRW|MXN|MYR|NOK|NZD|PHP|PLN|"
    "RMB|RON|RUB|SAR|SEK|SGD|THB|TRY|TWD|UAH|USD|VND|ZAR"
)
CURRENCY = rf"(?:[A-Z]{{0,2}}[$\u20a0-\u20cf£¥]|(?:{_CODES})\b|Rs\.?|Fr\.?|kr)"
"""What stands before an amount of money; other letters before a number make a code of it."""

_FORM = re.compile(
    rf"[-+−]?(?P<before>(?:(?:{CURRENCY}|[%~≈])\s*)?)[-+−]?[.,]?"
    r"\d(?:[\d.,'’ \u00a0\u2009\u202f]*\d)?[.,]?(?P<behind>\D*)"
)
_MOST_AFFIXES = 3  # different texts round the numbers of one column
_GROUP_MARKS = {" ": r"\s", "'": "['’]"}

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
    counts = present.value_counts()
    texts = counts.index.to_series().astype(object)
    if texts.str.fullmatch(_SEVERAL_GROUPS).any():
        grouped = texts.str.fullmatch(_GROUPS).astype(bool)
        texts = texts.mask(grouped, texts.str.replace(".", "", regex=False))
    bare = texts.str.replace(_ROUND_NUMBERS, "", regex=True)
    bare = bare.str.replace(_NEGATIVE, r"-\1", regex=True)
    return int(counts[read_numbers(bare, Notation()).notna()].sum())


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
    for other in _NOTATIONS:
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


class _Step(NamedTuple):
    """A replacement in every text."""

    old: str
    new: str
    is_pattern: bool = False

    def apply(self, texts: Any) -> Any:
        return texts.str.replace(self.old, self.new, regex=self.is_pattern)

    def as_code(self) -> str:
        regex = ", regex=True" if self.is_pattern else ""
        return f".str.replace({self.old!r}, {self.new!r}{regex})"


_BRACKETS = _Step(r"^\((.*)\)$", r"-\1", True)
_MINUS_BEHIND = _Step(r"^(.*\d)-$", r"-\1", True)


class Cleaning(NamedTuple):
    """Code that makes numbers of a column, and what it makes of one of its cells."""

    code: str
    cell: str
    value: float

    def __str__(self) -> str:
        return f"{self.code} ({self.cell!r} is then {self.value:.15g})"


def find_cleaning(name: str, present: Any) -> Cleaning | None:
    """How each of these texts (Series; marks of holes aside) becomes a number; None if they do not.

    Where they may be read in several ways it is the likeliest: `3,000원` is 3000.
    """
    import pandas as pd

    marked = are_marks(present)
    texts = present[~marked]
    steps = [step for step in (_BRACKETS, _MINUS_BEHIND) if (step.apply(texts) != texts).any()]
    bare = texts
    for step in steps:
        bare = step.apply(bare)
    affixes = _affixes(bare.unique().tolist())
    if affixes is None or not len(texts):
        return None
    for step in affixes:
        bare = step.apply(bare)
    notation = next(
        (one for one in (Notation(), *_NOTATIONS) if read_numbers(bare, one).notna().all()), None
    )
    if notation is None:
        return None
    marks = _mark_steps(notation)
    for step in marks:
        bare = step.apply(bare)
    steps += [*affixes, *marks]
    values = pd.to_numeric(bare, errors="coerce")
    if values.isna().any():
        return None
    code = f"frame[{name!r}]" + "".join(step.as_code() for step in steps)
    code = (
        f"pandas.to_numeric({code}, errors='coerce')" if marked.any() else f"{code}.astype(float)"
    )
    changed = read_numbers(texts, Notation()).isna()
    place = int(changed.to_numpy().argmax())
    return Cleaning(code, str(texts.iloc[place]), float(values.iloc[place]))


def _mark_steps(notation: Notation) -> list[_Step]:
    """What takes out the marks between thousands, and makes a point of that before decimals."""
    steps = []
    if notation.thousands is not None:
        mark = _GROUP_MARKS.get(notation.thousands)
        steps.append(_Step(mark or notation.thousands, "", mark is not None))
    if notation.decimal != ".":
        steps.append(_Step(notation.decimal, "."))
    return steps


def _affixes(texts: list[str]) -> list[_Step] | None:
    """What takes out the texts round the numbers; None where there are many, or no numbers."""
    found = [_FORM.fullmatch(text) for text in texts]
    if not all(found):
        return None
    different = {match[group] for match in found if match for group in ("before", "behind")} - {""}
    if len(different) > _MOST_AFFIXES:
        return None
    return [_Step(affix, "") for affix in sorted(different, key=lambda text: (-len(text), text))]
