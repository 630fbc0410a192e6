"""How a table is written: delimiters, quotes, encoding, numbers, holes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypedDict

from dure.core.arrays import is_number
from dure.errors import Faults, did_you_mean


class TableFormat(TypedDict, total=False):
    """How a file of people's own is written, as keywords of `from_csv` and `from_texts`.

    Each may be left out. For a DataFrame the last three count, for texts the first three and
    `na_values`.

    Examples
    --------
    >>> _ = (folder / "preise.csv").write_text("Größe;Preis\\n1,5;1.200\\n2;2.400\\n?;90", "cp1252")
    >>> german = dure.data.TableFormat(sep=";", decimal=",", thousands=".", encoding="cp1252")
    >>> dure.data.from_csv(folder / "preise.csv", "Preis", missing="drop", **german).rows
    2
    """

    sep: str | None
    """The character between columns. None: a tab where the name ends in .tsv, else a comma."""
    quote: str | None
    """The character round cells; "" if quotes mean nothing. None: double quotes, those inside a
    cell doubled or behind a backslash; a table in tabs whose quotes cannot be so has none. Quotes
    round lines that look like rows of their own are then refused."""
    encoding: str | None
    """As Python calls it, such as "cp949". None: UTF-8, or what a byte order mark says."""
    decimal: str
    """The character before decimals, "." if left out."""
    thousands: str | None
    """The character between groups of digits. None: there is none."""
    na_values: str | float | Iterable[str | float] | None
    """What stands for a hole besides empty cells. None: ?, NaN, N/A, null, 결측 and Excel's errors;
    among numbers also NA, None, -, ., unknown and the like, while NA and None among texts are
    asked about. If given, nothing else among texts is a hole: with [] all of them are categories.
    In texts to learn from and their labels None stands for NaN, <NA> and Excel's errors."""


class Layout(NamedTuple):
    """What stands round the cells of a file; each None: as it shows."""

    sep: str | None = None
    quote: str | None = None
    encoding: str | None = None


class Notation(NamedTuple):
    """How numbers and holes are written."""

    decimal: str = "."
    thousands: str | None = None
    holes: tuple[Any, ...] | None = None
    """What else stands for one; in texts, if given, nothing but these and empty cells."""


def read_format(given: Mapping[str, Any], faults: Faults) -> tuple[Layout | None, Notation]:
    """The keywords, checked; no layout after a fault of its own."""
    known = TableFormat.__annotations__
    for name in given:
        if name not in known:
            faults.append(
                f"{name!r} is no argument; a file is described by {', '.join(known)}."
                f"{did_you_mean(name, known)}"
            )
    layout = Layout(given.get("sep"), given.get("quote"), given.get("encoding"))
    notation = _read_notation(
        given.get("decimal", "."), given.get("thousands"), given.get("na_values"), faults
    )
    return (layout if _check_layout(layout, faults) else None), notation


def _check_layout(layout: Layout, faults: Faults) -> bool:
    sep, quote, _ = layout
    before = len(faults)
    if sep is not None and not (_is_mark(sep) and sep not in "\"'"):
        several = isinstance(sep, str) and len(sep) > 1 and not any(mark in sep for mark in "\r\n")
        given = f"{sep!r}, engine='python'" if several and not sep.isspace() else "r'\\s+'"
        what = "several characters" if several and not sep.isspace() else "blanks of any number"
        faults.append(
            f"sep is {sep!r}; pass the one character between columns, or None. Where {what} "
            f"separate them, pass the DataFrame that pandas.read_csv(path, sep={given}) gives."
        )
    if quote is not None and quote != "" and not _is_mark(quote):
        faults.append(
            f"quote is {quote!r}; pass the one character round cells, '' for none, or None."
        )
    if quote and quote == sep:
        faults.append(f"sep and quote are both {sep!r}; pass two characters.")
    return len(faults) == before


def _is_mark(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 1 and value not in "\r\n"


def _read_notation(decimal: Any, thousands: Any, holes: Any, faults: Faults) -> Notation:
    if not _is_mark(decimal) or decimal.isalnum():
        faults.append(f"decimal is {decimal!r}; pass the one character before decimals.")
        decimal = "."
    if thousands is not None and (not _is_mark(thousands) or thousands.isalnum()):
        faults.append(f"thousands is {thousands!r}; pass the one character between them, or None.")
        thousands = None
    if thousands == decimal:
        faults.append(f"decimal and thousands are both {decimal!r}; pass two characters.")
    if holes is None:
        return Notation(decimal, thousands)
    if isinstance(holes, Mapping):
        faults.append(
            f"na_values is {holes!r}, one for each column; pass a list that counts for all, or "
            "read the file with pandas.read_csv(path, na_values={...}) and pass the DataFrame."
        )
        return Notation(decimal, thousands)
    holes = [holes] if isinstance(holes, str) or not isinstance(holes, Iterable) else [*holes]
    if not all(isinstance(mark, str) or is_number(mark) for mark in holes):
        faults.append(f"na_values is {holes!r}; pass texts or numbers, such as ['?', -999].")
        holes = []
    return Notation(decimal, thousands, tuple(holes))
