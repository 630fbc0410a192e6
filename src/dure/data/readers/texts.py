"""Texts of people's own, with a label each: from_texts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dure.core.arrays import Array
from dure.core.formatting import format_count, join_first
from dure.data.dataset import Data
from dure.data.readers.common import (
    MOST_NAMED,
    as_path,
    check_fraction,
    class_folders,
    hold_out,
    read_text,
    with_progress,
)
from dure.data.readers.delimited import check_columns, name_of, read_frame
from dure.data.text.sequences import TextToSequences
from dure.errors import Faults

_TABLES = (".csv", ".tsv")
_FORMATS = ".csv, .tsv, .jsonl or .json (.gz: packed)"
_FEW_CLASSES = 20
_WHOLE = re.compile(r"[-+]?[0-9]+")


class _Texts(NamedTuple):
    texts: list[Any]
    labels: list[Any]
    name: str
    where: Callable[[int], str]
    """The place of a row as the reader knows it."""


def from_texts(
    source: Any,
    *,
    text: str = "text",
    label: str = "label",
    num_words: int | None = 10_000,
    maxlen: int = 100,
    test: float | Any = 0.0,
    **options: Any,
) -> Data:
    """Texts with a label each, kept as raw text; words become integers inside each fold.

    Parameters
    ----------
    source
        One of: a .csv or .tsv file with a line of names; a .jsonl file with one object a line, or
        a .json file with a list of objects (all four in UTF-8, and packed where .gz follows); a
        folder of a folder per class with .txt files, as Keras' `text_dataset_from_directory` takes
        them; a pandas DataFrame; a pair ``(texts, labels)``.
    text, label
        Names of the columns or keys.
    num_words, maxlen, options
        For `TextToSequences`: how many of the commonest words are kept (None: all), the length
        texts are cut or padded to, and its other arguments.
    test
        The fraction of the rows to hold out, every class in proportion; or a second source.

    Returns
    -------
    Data of kind "text": `x` raw texts, shape [rows] (str), with
    ``prepare=TextToSequences(...)``; `y` int64 labels in the order of the sorted names (numbers by
    size), which are `class_names`. Rows come in a shuffled order, the same on every call, as
    Keras' `validation_split` takes the last rows and files are often sorted.

    Raises
    ------
    StudyError
        Everything that is wrong at once, with the rows it shows in (counted from 0; in a .jsonl
        file lines from 1): a source that cannot be read, is empty or not in UTF-8 (with the first
        such byte), lines that are no JSON, unknown names, texts or labels that are missing or
        empty, a single label, nearly as many labels as texts.

    Examples
    --------
    >>> reviews = ["good film", "a bad film", "so good", "very bad", "good", "bad"]
    >>> film = dure.data.from_texts((reviews, ["+", "-"] * 3), maxlen=3)
    >>> film.rows, film.class_names, film.prepare.maxlen
    (6, ('+', '-'), 3)
    """
    faults = Faults()
    with faults.collect():
        prepare = TextToSequences(num_words=num_words, maxlen=maxlen, **options)
    parts, fraction = _read_sources(source, test, text, label, faults)
    faults.raise_if_any("these texts")
    return _data_of(parts, fraction, prepare)


def _data_of(parts: Sequence[_Texts], fraction: float, prepare: TextToSequences) -> Data:
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
    source: Any, test: Any, text: str, label: str, faults: Faults
) -> tuple[list[_Texts], float]:
    """The rows of the source, and of the second one if `test` is one; the fraction to hold out."""
    parts = [_read(source, text, label, faults)]
    fraction = 0.0
    if isinstance(test, (int, float, np.number)):
        fraction = check_fraction(test, faults) or 0.0
    else:
        parts.append(_read(test, text, label, faults))
    found = [part for part in parts if part is not None]
    for part in found:
        _check_rows(part, faults)
    return found, fraction


def _read(source: Any, text: str, label: str, faults: Faults) -> _Texts | None:
    import pandas as pd

    if isinstance(source, pd.DataFrame):
        return _from_frame(source, text, label, faults)
    path = as_path(source)
    if path is not None:
        return _from_path(path, text, label, faults)
    if isinstance(source, (tuple, list)) and len(source) == 2 and not isinstance(source[0], str):
        return _from_pair(source[0], source[1], faults)
    faults.append(
        f"texts came as {type(source).__name__}; pass a {_FORMATS} file, a folder of a folder per "
        "class, a DataFrame, or a pair (texts, labels)."
    )
    return None


def _from_pair(texts: Any, labels: Any, faults: Faults) -> _Texts | None:
    try:
        texts, labels = [_plain(item) for item in texts], [_plain(item) for item in labels]
    except TypeError:
        faults.append("a pair (texts, labels) needs a list or array of each.")
        return None
    if len(texts) != len(labels):
        faults.append(
            f"{format_count(len(texts), 'text')} and {format_count(len(labels), 'label')} came; "
            "pass one label a text."
        )
        return None
    return _Texts(texts, labels, "texts and labels", "row {}".format)


def _from_frame(source: Any, text: str, label: str, faults: Faults) -> _Texts | None:
    frame = read_frame(source, None, faults, as_text=True)
    name = name_of(source)
    if frame is None or not check_columns([text, label], list(frame), name, "column", faults):
        return None
    columns = [[_plain(cell) for cell in frame[key]] for key in (text, label)]
    return _Texts(columns[0], columns[1], name, "row {}".format)


def _from_path(path: Path, text: str, label: str, faults: Faults) -> _Texts | None:
    if path.is_dir():
        return _from_folder(path, faults)
    suffixes = [suffix.lower() for suffix in path.suffixes]
    kind = ([suffix for suffix in suffixes if suffix != ".gz"] or [""])[-1]
    if kind in _TABLES:
        return _from_frame(path, text, label, faults)
    if kind not in (".json", ".jsonl"):
        there = "is of no known kind" if path.exists() else "is no file or folder"
        faults.append(f"{str(path)!r} {there}; pass a {_FORMATS} file, or a folder of folders.")
        return None
    content = read_text(path, faults)
    if content is None:
        return None
    read = _objects_by_line if kind == ".jsonl" else _objects_in_list
    objects = read(content, path.name, faults)
    return None if objects is None else _from_objects(objects, path.name, text, label, faults)


def _from_folder(root: Path, faults: Faults) -> _Texts | None:
    folders = class_folders(root, {".txt"}, "texts", faults)
    if folders is None:
        return None
    files = [file for file, _ in folders.files]
    unread = Faults()
    texts = [read_text(file, unread) for file in with_progress(files, len(files), "reading texts")]
    faults += unread[:MOST_NAMED]
    if len(unread) > MOST_NAMED:
        faults.append(f"{len(unread) - MOST_NAMED:,} more files like these.")
    if unread:
        return None
    labels = [folders.names[label] for _, label in folders.files]
    shown = [str(file.relative_to(root)) for file in files]
    return _Texts(texts, labels, f"texts in {root.resolve().name}", shown.__getitem__)


def _objects_by_line(content: str, file: str, faults: Faults) -> dict[str, Any] | None:
    """What each line that is not empty holds, by its place."""
    objects: dict[str, Any] = {}
    wrong = []
    for number, line in enumerate(content.split("\n"), 1):
        if line.strip():
            try:
                objects[f"line {number}"] = json.loads(line)
            except ValueError as error:
                wrong.append(f"line {number}: {error}")
    if not wrong:
        return objects
    faults.append(
        f"{format_count(len(wrong), 'line')} of {file} cannot be read as JSON, one object a line: "
        f"{join_first(wrong, 3)}."
    )
    return None


def _objects_in_list(content: str, file: str, faults: Faults) -> dict[str, Any] | None:
    try:
        items = json.loads(content)
    except ValueError as error:
        faults.append(
            f"{file} cannot be read as JSON: {error}. If it has one object a line, name it .jsonl."
        )
        return None
    if isinstance(items, list) and items:
        return {f"item {number}": item for number, item in enumerate(items)}
    faults.append(f"{file} holds no list of objects; write [{{...}}, {{...}}], or use .jsonl.")
    return None


def _from_objects(
    objects: dict[str, Any], file: str, text: str, label: str, faults: Faults
) -> _Texts | None:
    wrong = [place for place, item in objects.items() if not isinstance(item, dict)]
    if wrong:
        faults.append(
            f"{file} needs objects such as {{{text!r}: ..., {label!r}: ...}}, but holds something "
            f"else in {join_first(wrong)}."
        )
        return None
    keys = list(dict.fromkeys(key for item in objects.values() for key in item))
    if not check_columns([text, label], keys, file, "key", faults):
        return None
    columns = [[_plain(item.get(key)) for item in objects.values()] for key in (text, label)]
    return _Texts(columns[0], columns[1], file, list(objects).__getitem__)


def _plain(cell: Any) -> Any:
    """A cell as Python's own type; None for what stands for a hole."""
    import pandas as pd

    cell = cell.item() if isinstance(cell, np.generic) else cell
    return None if pd.api.types.is_scalar(cell) and pd.isna(cell) else cell


def _check_rows(part: _Texts, faults: Faults) -> None:
    """Append the rows without a text or label, and those of other types."""
    kinds: dict[str, tuple[list[Any], tuple[type, ...]]] = {
        "text": (part.texts, (str,)),
        "label": (part.labels, (str, bool, int, float)),
    }
    if not part.texts:
        faults.append(f"{part.name} holds no rows.")
    for noun, (cells, types) in kinds.items():
        empty = [
            row
            for row, cell in enumerate(cells)
            if cell is None or (isinstance(cell, str) and not cell.strip())
        ]
        if empty:
            faults.append(
                f"{format_count(len(empty), 'row')} of {part.name} without a {noun}: "
                f"{join_first([part.where(row) for row in empty])}. Fill them or leave them out."
            )
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


def _class_names(parts: Sequence[_Texts], faults: Faults) -> list[str]:
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
    numbers = all(_WHOLE.fullmatch(name) for name in known)
    return sorted(known, key=int) if numbers else sorted(known)


def _class_of(label: Any) -> str:
    return str(int(label) if isinstance(label, float) else label).strip()


def _arrays(part: _Texts, numbers: dict[str, int]) -> tuple[Array, Array]:
    texts = np.empty(len(part.texts), dtype=object)
    texts[:] = part.texts
    labels = [numbers[_class_of(label)] for label in part.labels]
    return texts, np.array(labels, np.int64)
