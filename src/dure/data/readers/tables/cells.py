"""Cells of a column as numbers, truth values or texts, and what among them stands for a hole."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any, Literal, NamedTuple

from dure.core.arrays import is_number
from dure.data.readers.tables.hole_marks import HOLES, is_mark
from dure.data.readers.tables.table_format import Notation

Kind = Literal["number", "category", "text", "faulty"]

_TRUTH = ("True", "TRUE", "true", "False", "FALSE", "false")
_WIDE = str.maketrans("０１２３４５６７８９．－＋−", "0123456789.-+-")
_UNSEEN = "\ufeff\u200b\u200e\u200f\u2060"  # marks of byte order and direction, empty blanks
_BLANKS = "[ \u00a0\u2009\u202f]"
_APOSTROPHES = "['’]"


DATE = r"\d{1,4}[-/.]\d{1,2}([-/.]\d{1,4})?([ T]\d{1,2}:\d\d.*)?|\d{1,2}:\d\d(:\d\d.*)?"
"""Dates and times as most people write them."""


class Column(NamedTuple):
    """A column's cells, holes being NA."""

    kind: Kind
    cells: Any
    marks: Counter[str]
    """What was taken for a hole besides empty cells, and how often."""


def settle_texts(cells: Any, notation: Notation, *, as_text: bool = False) -> Column:
    """The kind of a column of str and numbers (Series of dtype object), its cells as that kind.

    With `as_text` every cell is a category, and only `notation.holes` and empty cells are holes.
    """
    import pandas as pd

    if not as_text and notation == Notation():
        numbers = _plain_numbers(cells)
        if numbers is not None:
            return Column("number", numbers, Counter())
    stripped = [_stripped(cell, notation.decimal) for cell in cells.tolist()]
    cells = pd.Series(stripped, index=cells.index, dtype=object)
    if not as_text:
        cells = _without_single_quotes(cells, notation)
    present = cells.dropna()
    declared = _declared(present, notation)
    present = present[~declared]
    if not as_text:
        truth = present.isin(_TRUTH)
        if truth.any() and are_marks(present[~truth]).all():
            values = present[truth].isin(_TRUTH[:3]).reindex(cells.index)
            return Column("number", values.astype("boolean"), Counter(present[~truth].tolist()))
        numbers, marks = _numbers_and_marks(present, notation)
        if numbers is not None:
            return Column("number", numbers.reindex(cells.index), marks)
    known = HOLES if notation.holes is None and not as_text else frozenset()
    marked = present.isin(known)
    texts = present[~marked].reindex(cells.index).astype(object)
    return Column("text", texts, Counter(present[marked].tolist()))


def _plain_numbers(cells: Any) -> Any:
    """The cells as numbers if all of them are, without a closer look; else None."""
    import pandas as pd

    if pd.api.types.infer_dtype(cells, skipna=False) != "string":
        return None
    numbers = pd.to_numeric(cells, errors="coerce")
    return None if numbers.isna().any() else _with_own_type(numbers)


def _with_own_type(numbers: Any) -> Any:
    """Whole numbers in a type that knows holes, those beyond int64 as floats."""
    own = {"uint64": "float64", "int64": "Int64"}.get(str(numbers.dtype))
    return numbers.astype(own) if own else numbers


def _stripped(cell: Any, decimal: str) -> str | None:
    """A cell as text; None if there is nothing in it."""
    import pandas as pd

    if isinstance(cell, str):
        cell = cell.strip()
        if cell and (cell[0] in _UNSEEN or cell[-1] in _UNSEEN):
            cell = cell.strip(_UNSEEN).strip()
        return cell or None
    return None if pd.isna(cell) else str(cell).replace(".", decimal)


def _declared(present: Any, notation: Notation) -> Any:
    """Which cells are holes because they were said to be."""
    declared = present.isin([mark for mark in notation.holes or () if isinstance(mark, str)])
    numbers = [mark for mark in notation.holes or () if is_number(mark)]
    return declared | read_numbers(present, notation).isin(numbers) if numbers else declared


def _numbers_and_marks(present: Any, notation: Notation) -> tuple[Any, Counter[str]]:
    """Numbers where all cells but marks of holes are some, else None; and these marks."""
    numbers = read_numbers(present, notation)
    other = present[numbers.isna()]
    is_column = len(other) < len(present) or not len(present)
    if not is_column or not are_marks(other).all():
        return None, Counter()
    if len(other):
        numbers = read_numbers(present.drop(other.index), notation)
    return _with_own_type(numbers), Counter(other.tolist())


def are_marks(texts: Any) -> Any:
    """Which texts would stand for a hole in a column of numbers."""
    return texts.map({text: is_mark(text) for text in texts.unique()}).astype(bool)


def _without_single_quotes(cells: Any, notation: Notation) -> Any:
    """Without the quotes round each cell, where all but holes and numbers have them."""
    import pandas as pd

    present = cells.dropna()
    marked = [len(cell) > 1 and cell[0] == cell[-1] == "'" for cell in present.tolist()]
    if not any(marked):
        return cells
    wrapped = pd.Series(marked, index=present.index)
    rest = present[~wrapped]
    if not (are_marks(rest) | read_numbers(rest, notation).notna()).all():
        return cells
    bare = present.mask(wrapped, present.str[1:-1].str.strip())
    return bare.mask(bare == "").reindex(cells.index)


def read_numbers(texts: Any, notation: Notation) -> Any:
    """Texts as numbers, NaN where they are none; int64 where all are whole."""
    import pandas as pd

    plain, (decimal, thousands, _) = texts, notation
    if not (decimal == "." and thousands is None):
        mark = re.escape(decimal)
        group = {" ": _BLANKS, "'": _APOSTROPHES, None: "(?!)"}.get(
            thousands, re.escape(thousands or "")
        )
        # Groups of three, or as in India of two before the last; no first group begins with 0.
        form = (
            rf"[-+−]?(?:(?!0)\d{{1,3}}(?:{group}\d{{3}})+"
            rf"|(?!0)\d{{1,2}}(?:{group}\d\d)*{group}\d{{3}}|\d*)"
        )
        fits = texts.str.fullmatch(rf"{form}(?:{mark}\d*)?(?:[eE][-+]?\d+)?").astype(bool)
        plain = texts.where(fits).str.replace(group, "", regex=True)
        plain = plain.str.replace(decimal, ".", regex=False)
    numbers = pd.to_numeric(plain, errors="coerce")
    if numbers.isna().any():
        wide = plain.map(lambda text: text.translate(_WIDE), na_action="ignore")
        numbers = pd.to_numeric(wide, errors="coerce")
    return numbers
