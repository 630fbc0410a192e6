"""Rows of text and label out of files, folders, DataFrames and pairs."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dure.core.formatting import format_count, join_first
from dure.data.readers.common import (
    MOST_NAMED,
    as_path,
    class_folders,
    count_kinds,
    with_progress,
)
from dure.data.readers.tables.delimited import InUse, check_columns, name_of, read_frame
from dure.data.readers.tables.table_format import Layout
from dure.data.readers.text_files import describe_address, neighbour, read_text
from dure.errors import Faults

_TABLES = (".csv", ".tsv", ".tab")
_FORMATS = ".csv, .tsv, .jsonl or .json (.gz: packed)"
_PERHAPS_TEXTS = frozenset(
    {"", ".text", ".md", ".rst", ".log", ".htm", ".html", ".xml", ".rtf", ".eml"}
    | {".doc", ".docx", ".odt", ".pdf", ".hwp", ".hwpx"}
)


class TextRows(NamedTuple):
    """Texts and labels as they came; holes are None."""

    texts: list[Any]
    labels: list[Any]
    name: str
    where: Callable[[int], str]
    """The place of a row as the reader knows it."""
    passed_over: str = ""
    """What was told of files that may hold texts and were not read."""


class Fields(NamedTuple):
    """Names of the columns or keys."""

    text: str
    label: str


def read_rows(source: Any, fields: Fields, layout: Layout, faults: Faults) -> TextRows | None:
    """The rows of a source; None after a fault."""
    import pandas as pd

    if isinstance(source, pd.DataFrame):
        return _from_frame(source, fields, layout, faults)
    path = as_path(source)
    if path is not None:
        return _from_path(path, fields, layout, faults)
    if isinstance(source, (tuple, list)) and len(source) == 2 and not isinstance(source[0], str):
        return _from_pair(source[0], source[1], faults)
    faults.append(
        f"texts came as {type(source).__name__}; pass a {_FORMATS} file, a folder of a folder per "
        "class, a DataFrame, or a pair (texts, labels)."
    )
    return None


def _from_pair(texts: Any, labels: Any, faults: Faults) -> TextRows | None:
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
    return TextRows(texts, labels, "texts and labels", "row {}".format)


def _from_frame(source: Any, fields: Fields, layout: Layout, faults: Faults) -> TextRows | None:
    name, keys = name_of(source), [fields.text, fields.label]
    frame = read_frame(source, layout, faults, InUse(keys))
    if frame is None or not check_columns(keys, list(frame), name, "column", faults, frame):
        return None
    columns = [[_plain(cell) for cell in frame[key]] for key in keys]
    return TextRows(columns[0], columns[1], name, "row {}".format)


def _from_path(path: Path, fields: Fields, layout: Layout, faults: Faults) -> TextRows | None:
    if path.is_dir():
        return _from_folder(path, layout.encoding, faults)
    suffixes = [suffix.lower() for suffix in path.suffixes]
    kind = ([suffix for suffix in suffixes if suffix != ".gz"] or [""])[-1]
    is_named = kind in (".json", ".jsonl")
    if kind in _TABLES or (layout.sep is not None and not is_named and path.exists()):
        return _from_frame(path, fields, layout, faults)
    if not is_named:
        faults.append(_describe_unknown(path))
        return None
    content = read_text(path, faults, layout.encoding)
    if content is None:
        return None
    read = _objects_by_line if kind == ".jsonl" else _objects_in_list
    objects = read(content, path.name, faults)
    return None if objects is None else _from_objects(objects, path.name, fields, faults)


def _describe_unknown(path: Path) -> str:
    known = f"pass a {_FORMATS} file, or a folder of folders"
    if not path.exists():
        told = f"{str(path)!r} is no file or folder; {known}.{neighbour(path)}"
        return describe_address(path) or told
    return (
        f"{str(path)!r} is of no known kind; {known}. If it is a table, say what stands between "
        "its columns: sep='\\t' or sep=','."
    )


def _from_folder(root: Path, encoding: str | None, faults: Faults) -> TextRows | None:
    folders = class_folders(root, {".txt"}, "texts", faults)
    if folders is None:
        return None
    files = [file for file, _ in folders.files]
    unread = Faults()
    texts = [
        read_text(file, unread, encoding, may_be_empty=True)
        for file in with_progress(files, len(files), "reading texts")
    ]
    faults += unread[:MOST_NAMED]
    if len(unread) > MOST_NAMED:
        faults.append(f"{len(unread) - MOST_NAMED:,} more files like these.")
    whole = [row for row, text in enumerate(texts) if text is not None]
    labels = [folders.names[folders.files[row][1]] for row in whole]
    shown = [str(files[row].relative_to(root)) for row in whole]
    name = f"texts in {root.resolve().name}"
    told = ""
    if folders.others:
        name += f" ({count_kinds(folders.others)} passed over)"
        told = _describe_others(folders.others)
    return TextRows([texts[row] for row in whole], labels, name, shown.__getitem__, told)


def _describe_others(others: Sequence[Path]) -> str:
    perhaps = [file for file in others if file.suffix.lower() in _PERHAPS_TEXTS]
    if not perhaps:
        return ""
    return (
        f"only .txt files are read as texts, so {count_kinds(perhaps)} passed over: "
        f"{join_first([file.name for file in perhaps], 3)}. If they are texts, save them as .txt."
    )


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
    objects: dict[str, Any], file: str, fields: Fields, faults: Faults
) -> TextRows | None:
    text, label = fields.text, fields.label
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
    return TextRows(columns[0], columns[1], file, list(objects).__getitem__)


def _plain(cell: Any) -> Any:
    """A cell as Python's own type; None for what stands for a hole."""
    import pandas as pd

    cell = cell.item() if isinstance(cell, np.generic) else cell
    return None if pd.api.types.is_scalar(cell) and pd.isna(cell) else cell
