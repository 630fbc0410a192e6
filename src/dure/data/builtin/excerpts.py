"""Excerpts of real sets, in a folder that an environment variable names."""

from __future__ import annotations

import gzip
import json
import os
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from dure.errors import DureError

VARIABLE = "DURE_DATA"
"""Environment variable naming a folder of excerpts, used instead of downloads."""

# What broken or foreign files raise somewhere on the way to arrays. BadGzipFile is an OSError.
_UNREADABLE = (
    OSError,
    EOFError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    zlib.error,
    zipfile.BadZipFile,
)


def excerpt_file(name: str) -> Path | None:
    """The excerpt of this name; None where no folder of excerpts is named (or '').

    Raises
    ------
    DureError
        If the folder that `DURE_DATA` names does not hold the file.
    """
    folder = os.environ.get(VARIABLE)
    if not folder:
        return None
    path = Path(folder).expanduser() / name
    if not path.is_file():
        raise DureError(
            f"{VARIABLE} names the folder {folder!r}, which holds no {name}. Put the file there, "
            f"or unset {VARIABLE} to download the full set."
        )
    return path


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn whatever goes wrong while an excerpt is read into one DureError that names it."""
    try:
        yield
    except _UNREADABLE as error:
        raise DureError(
            f"the excerpt {path} cannot be read ({type(error).__name__}: {error}). Put a whole "
            f"copy there, or unset {VARIABLE} to download the full set."
        ) from error


def read_arrays(path: Path, names: Sequence[str]) -> list[Any]:
    """The named arrays of an npz file. Call inside `reading`."""
    # Given a path, NumPy leaves the file open where it is no archive.
    with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        return [arrays[name] for name in names]


def read_records(path: Path) -> list[dict[str, Any]]:
    """The objects of a gzipped file with one JSON object a line. Call inside `reading`."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
