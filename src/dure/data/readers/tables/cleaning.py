"""Pandas code that makes numbers of texts with signs, units, brackets or thousands in them."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from dure.data.readers.tables.cells import are_marks, read_numbers
from dure.data.readers.tables.table_format import Notation

NOTATIONS = (
    Notation(".", ","),
    Notation(",", None),
    Notation(",", "."),
    Notation(".", " "),
    Notation(",", " "),
    Notation(".", "'"),
)
"""How people write numbers otherwise than as 1234.5, the likeliest first."""

_FORM = re.compile(
    r"[-+−]?(?P<before>\D*?)[-+−]?[.,]?\d(?:[\d.,'’ \u00a0\u2009\u202f]*\d)?[.,]?(?P<behind>\D*)"
)
_MOST_AFFIXES = 3  # different texts round the numbers of one column
_GROUP_MARKS = {" ": r"\s", "'": "['’]"}


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
    notation = next((one for one in (Notation(), *NOTATIONS) if _fits(bare, one)), None)
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


def _fits(texts: Any, notation: Notation) -> bool:
    return bool(read_numbers(texts, notation).notna().all())


def _affixes(texts: list[str]) -> list[_Step] | None:
    """What takes out the texts round the numbers; None where there are many, or no numbers."""
    found = [_FORM.fullmatch(text) for text in texts]
    if not all(found):
        return None
    different = {match[group] for match in found if match for group in ("before", "behind")} - {""}
    if len(different) > _MOST_AFFIXES:
        return None
    return [_Step(affix, "") for affix in sorted(different, key=lambda text: (-len(text), text))]
