"""Text files in whatever encoding: read, or refused with what they seem to be."""

from __future__ import annotations

import codecs
import gzip
import re
import zlib
from pathlib import Path

from dure.errors import Faults, did_you_mean

_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""Byte order marks; that of UTF-16 begins that of UTF-32, so order counts."""

_BINARY = {
    b"PK": "a zip archive or an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an Excel workbook or another file of old Office",
    b"\x1f\x8b": "packed by gzip (name it .gz)",
    b"PAR1": "a Parquet file",
    b"%PDF": "a PDF",
    b"SQLite": "an SQLite database",
}
# How much of what is not ASCII has to be of these letters for the guess to be told.
_SCRIPTS = {"cp949": "[가-힣]", "cp932": "[ぁ-んァ-ヶ一-龥ー]", "gb18030": "[一-龥]"}
_LIKELY = 0.6
_SHOWN = 40  # characters of a line in a message


def read_text(
    path: Path, faults: Faults, encoding: str | None = None, *, may_be_empty: bool = False
) -> str | None:
    """A text file, packed by gzip where its name ends in .gz; None after a fault.

    Parameters
    ----------
    encoding
        None: UTF-8, or what a byte order mark says.
    may_be_empty
        A file of nothing but blanks is no fault.
    """
    content = _read_bytes(path, faults)
    if content is None or (encoding is not None and not _check_encoding(encoding, faults)):
        return None
    marked = next((name for mark, name in _MARKS.items() if content.startswith(mark)), None)
    kind = next((what for magic, what in _BINARY.items() if content.startswith(magic)), None)
    wide = encoding is not None and _is_wide(encoding)
    if kind or (b"\0" in content and not marked and not wide):
        faults.append(
            f"{path.name} is {kind or 'binary'}, no text; pass a text file (export it as .csv)."
            + ("" if kind else " If it is text in UTF-16, pass encoding='utf-16-le'.")
        )
        return None
    text = _decoded(content, path, encoding or marked, faults)
    if text is None or text.strip() or may_be_empty:
        return text
    faults.append(f"{path.name} is empty.")
    return None


def _check_encoding(encoding: object, faults: Faults) -> bool:
    try:
        codecs.lookup(encoding)  # type: ignore[arg-type]
        "".encode(encoding)  # type: ignore[arg-type]
    except (LookupError, TypeError):
        known = ["utf-8", "utf-16", "cp949", "euc-kr", "cp1252", "latin-1", "cp932", "gb18030"]
        faults.append(
            f"encoding is {encoding!r}; pass a name that Python knows, such as "
            f"{', '.join(map(repr, known))}.{did_you_mean(str(encoding), known)}"
        )
        return False
    return True


def _is_wide(encoding: str) -> bool:
    return codecs.lookup(encoding).name.startswith(("utf-16", "utf-32"))


def _decoded(content: bytes, path: Path, encoding: str | None, faults: Faults) -> str | None:
    try:
        return content.decode(encoding or "utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = (
            f"byte {error.start:,} (counted from 0; in line {line:,}) is "
            f"0x{content[error.start]:02x}"
        )
    if encoding is not None:
        faults.append(f"{path.name} is not in {encoding}: {byte}. Pass another encoding=...")
        return None
    faults.append(
        f"{path.name} is not in UTF-8: {byte}. Save it as UTF-8, or pass {_offered(content, line)}."
    )
    return None


def _offered(content: bytes, line: int) -> str:
    """An encoding that the content seems to be in, and how a line then reads."""
    for name, letters in {**_SCRIPTS, "cp1251": "[а-яА-ЯёЁ]{3}", "cp1252": "."}.items():
        try:
            text = content.decode(name)
        except UnicodeDecodeError:
            continue
        beyond = re.sub(r"[\0-\x7f]", "", text)
        fitting = sum(len(run) for run in re.findall(letters, text if "{" in letters else beyond))
        if beyond and fitting >= _LIKELY * len(beyond):
            shown = re.split("\r?\n|\r", text)[line - 1].strip()
            shown = shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN - 3]}..."
            return f"encoding={name!r} if line {line:,} then reads right: {shown!r}"
    return "the encoding it is in (encoding='cp949' for many Korean files, 'cp1252' for Western)"


def _read_bytes(path: Path, faults: Faults) -> bytes | None:
    try:
        if path.suffix.lower() == ".gz":
            with gzip.open(path) as file:
                return file.read()
        return path.read_bytes()
    except FileNotFoundError:
        faults.append(f"There is no file {str(path)!r}.{neighbour(path)}")
    except IsADirectoryError:
        faults.append(_FOLDER.format(str(path)))
    except (OSError, EOFError, zlib.error) as error:
        # Windows refuses to open a folder instead of saying that it is one.
        told = f"{path.name} cannot be read ({error})."
        faults.append(_FOLDER.format(str(path)) if path.is_dir() else told)
    return None


_FOLDER = (
    "{!r} is a folder; pass a file, or use dure.data.from_folder (pictures) or "
    "dure.data.from_texts (texts in a folder per class)."
)


def neighbour(path: Path) -> str:
    """A hint at a name beside this one that is spelt nearly so, or ''."""
    known = [item.name for item in path.parent.iterdir()] if path.parent.is_dir() else []
    return did_you_mean(path.name, known)
