"""Texts of people's own, with a label each: from_texts."""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Collection, Sequence
from typing import Any, get_args

import numpy as np

from dure.core.arrays import Array
from dure.core.formatting import format_count, join_first
from dure.data.dataset import Data
from dure.data.readers.common import Missing, check_choice, check_fraction, hold_out
from dure.data.readers.tables.table_format import Layout, read_format
from dure.data.readers.text_rows import Fields, TextRows, read_rows
from dure.data.text.sequences import TextToSequences
from dure.errors import Faults, StudyError, did_you_mean

_FORMAT = ("sep", "quote", "encoding", "na_values")
_OWN = ("text", "label", "test", "missing")
_FEW_CLASSES = 20
_NUMBER = re.compile(r"[-+]?[0-9]+(?:\.[0-9]+)?")

_HOLES = frozenset(
    {"NaN", "nan", "<NA>", "#N/A", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"}
)
"""What programs leave where a text or label was missing, or could not be worked out."""


def from_texts(
    source: Any,
    *,
    text: str = "text",
    label: str = "label",
    num_words: int | None = 10_000,
    maxlen: int = 100,
    test: float | Any = 0.0,
    missing: Missing = "error",
    **options: Any,
) -> Data:
    """Texts with a label each, kept as raw text; words become integers inside each fold.

    Parameters
    ----------
    source
        One of: a .csv or .tsv file with a line of names (any other with `sep`); a .jsonl file
        with one object a line, or a .json file with a list of objects (all packed where .gz
        follows); a folder of a folder per class with .txt files, as Keras'
        `text_dataset_from_directory` takes them; a pandas DataFrame; a pair ``(texts, labels)``.
    text, label
        Names of the columns or keys.
    num_words, maxlen, options
        For `TextToSequences`: how many of the commonest words are kept (None: all), the length
        texts are cut or padded to, and its other arguments; and `sep`, `quote`, `encoding`,
        `na_values`, as `TableFormat` says.
    test
        The fraction of the rows to hold out, every class in proportion; or a second source.
    missing
        ``"error"``: refuse rows without a text or label. ``"drop"``: leave them out, as `source`
        says.

    Returns
    -------
    Data of kind "text": `x` raw texts, shape [rows] (str), with
    ``prepare=TextToSequences(...)``; `y` int64 labels in the order of the sorted names (numbers by
    size), which are `class_names`. Rows come in a shuffled order, the same on every call, as
    Keras' `validation_split` takes the last rows and files are often sorted.

    Raises
    ------
    StudyError
        Everything that is wrong at once, with the rows it shows in (from 0; lines of a .jsonl file
        from 1): a source that cannot be read, rows and quotes as for `from_csv`, unknown names,
        texts or labels that are missing, a single label, nearly as many labels as texts.

    Examples
    --------
    >>> reviews = ["good film", "a bad film", "so good", "very bad", "good", "bad"]
    >>> film = dure.data.from_texts((reviews, ["+", "-"] * 3), maxlen=3)
    >>> film.rows, film.class_names, film.prepare.maxlen
    (6, ('+', '-'), 3)
    """
    options.update(num_words=num_words, maxlen=maxlen)
    made, passed_over = _read_data(source, Fields(text, label), test, missing, options)
    for told in passed_over:
        warnings.warn(told, UserWarning, stacklevel=2)
    return made


def _read_data(
    source: Any, fields: Fields, test: Any, missing: str, options: Any
) -> tuple[Data, list[str]]:
    faults = Faults()
    given = {name: options.pop(name) for name in _FORMAT if name in options}
    layout, notation = read_format(given, faults)
    prepare = TextToSequences()
    known = inspect.signature(TextToSequences).parameters
    for name in [name for name in options if name not in known]:
        del options[name]
        faults.append(
            f"{name!r} is no argument of from_texts, which takes those of TextToSequences and "
            f"{', '.join(_FORMAT)}.{did_you_mean(name, [*known, *_FORMAT, *_OWN])}"
        )
    with faults.collect():
        prepare = TextToSequences(**options)
    check_choice("missing", missing, get_args(Missing), faults)
    if layout is None:
        raise StudyError(faults, subject="these texts")
    parts, fraction = _read_sources(source, test, fields, layout, faults)
    holes = _HOLES if notation.holes is None else frozenset(notation.holes)
    parts = [_without_holes(part, holes, missing, faults) for part in parts]
    faults.raise_if_any("these texts")
    passed_over = [part.passed_over for part in parts if part.passed_over]
    return _data_of(parts, fraction, prepare), passed_over


def _data_of(parts: Sequence[TextRows], fraction: float, prepare: TextToSequences) -> Data:
    faults = Faults()
    names = _class_names(parts, faults)
    faults.raise_if_any("these texts")
    numbers = {name: number for number, name in enumerate(names)}
    arrays = [_arrays(part, numbers) for part in parts]
    x, y = arrays[0]
    train, held_out = hold_out(len(y), fraction, y, faults, names=names)
    faults.raise_if_any("these texts")
    last = (x[held_out], y[held_out]) if len(held_out) else None
    return Data(
        x[train],
        y[train],
        test=arrays[1] if len(arrays) == 2 else last,
        prepare=prepare,
        class_names=names,
        kind="text",
        task="classification",
        source=", tested on ".join(part.name for part in parts),
    )


def _read_sources(
    source: Any, test: Any, fields: Fields, layout: Layout, faults: Faults
) -> tuple[list[TextRows], float]:
    """The rows of the source, and of the second one if `test` is one; the fraction to hold out."""
    parts = [read_rows(source, fields, layout, faults)]
    fraction = 0.0
    if isinstance(test, (int, float, np.number)):
        fraction = check_fraction(test, faults) or 0.0
    else:
        parts.append(read_rows(test, fields, layout, faults))
    return [part for part in parts if part is not None], fraction


def _without_holes(
    part: TextRows, holes: Collection[str], missing: str, faults: Faults
) -> TextRows:
    """Without the rows that lack a text or label, or those appended; and rows of other types."""
    kinds: dict[str, tuple[list[Any], tuple[type, ...]]] = {
        "text": (part.texts, (str,)),
        "label": (part.labels, (str, bool, int, float)),
    }
    if not part.texts:
        faults.append(f"{part.name} holds no rows.")
    lacking: set[int] = set()
    for noun, (cells, types) in kinds.items():
        empty = [row for row, cell in enumerate(cells) if _is_hole(cell, holes)]
        if empty and missing != "drop":
            _tell_empty(part, noun, cells, empty, faults)
        lacking.update(empty)
        wrong = [
            row
            for row, cell in enumerate(cells)
            if cell is not None and not isinstance(cell, types)
        ]
        if wrong:
            faults.append(
                f"{format_count(len(wrong), 'row')} of {part.name} whose {noun} is of another "
                f"type: {part.where(wrong[0])} holds {cells[wrong[0]]!r}. Texts are str, labels "
                "str or whole numbers."
            )
    if missing != "drop" or not lacking:
        return part
    kept = [row for row in range(len(part.texts)) if row not in lacking]
    if not kept:
        faults.append(
            f"every row of {part.name} lacks a text or label; missing='drop' leaves none."
        )
    return part._replace(
        texts=[part.texts[row] for row in kept],
        labels=[part.labels[row] for row in kept],
        name=f"{part.name} ({format_count(len(lacking), 'row')} without text or label left out)",
        where=lambda row: part.where(kept[row]),
    )


def _is_hole(cell: Any, holes: Collection[str]) -> bool:
    return cell is None or (isinstance(cell, str) and (not cell.strip() or cell.strip() in holes))


def _tell_empty(
    part: TextRows, noun: str, cells: Sequence[Any], empty: Sequence[int], faults: Faults
) -> None:
    marks = list(
        dict.fromkeys(
            cells[row].strip()
            for row in empty
            if str(cells[row]).strip() and cells[row] is not None
        )
    )
    written = f" (written {join_first([repr(mark) for mark in marks], 3)})" if marks else ""
    keep = ", or na_values=[] if they are no holes" if marks else ""
    faults.append(
        f"{format_count(len(empty), 'row')} of {part.name} without a {noun}{written}: "
        f"{join_first([part.where(row) for row in empty])}. Pass missing='drop' to leave them "
        f"out{keep}."
    )


def _class_names(parts: Sequence[TextRows], faults: Faults) -> list[str]:
    """The sorted names of the classes; worth nothing where faults were appended."""
    for part in parts:
        broken = [
            row
            for row, label in enumerate(part.labels)
            if isinstance(label, float) and not label.is_integer()
        ]
        if broken:
            faults.append(
                f"{format_count(len(broken), 'label')} of {part.name} are no whole numbers, such "
                f"as {part.labels[broken[0]]!r} in {part.where(broken[0])}. from_texts takes "
                "classes; for other targets pass dure.Data(x, y, "
                "prepare=dure.data.TextToSequences())."
            )
    if faults:
        return []
    known = {_class_of(label) for label in parts[0].labels}
    for part in parts[1:]:
        new = [row for row, label in enumerate(part.labels) if _class_of(label) not in known]
        if new:
            faults.append(
                f"{part.name} holds labels that {parts[0].name} never shows, such as "
                f"{part.labels[new[0]]!r} in {part.where(new[0])}; a network cannot learn them."
            )
    rows = len(parts[0].labels)
    if len(known) == 1:
        faults.append(
            f"{parts[0].name} holds one label only, {next(iter(known))!r}; a network needs two or "
            "more."
        )
    elif len(known) > max(_FEW_CLASSES, rows // 2):
        faults.append(
            f"{parts[0].name} holds {len(known):,} different labels in "
            f"{format_count(rows, 'row')}, such as {min(known)!r}; classes come more than once. "
            "Perhaps text and label are exchanged?"
        )
    if all(_NUMBER.fullmatch(name) for name in known):
        return sorted(known, key=lambda name: (float(name), name))
    return sorted(known)


def _class_of(label: Any) -> str:
    return str(int(label) if isinstance(label, float) else label).strip()


def _arrays(part: TextRows, numbers: dict[str, int]) -> tuple[Array, Array]:
    texts = np.empty(len(part.texts), dtype=object)
    texts[:] = part.texts
    labels = [numbers[_class_of(label)] for label in part.labels]
    return texts, np.array(labels, np.int64)
