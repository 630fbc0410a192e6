"""Text files in whatever encoding: read, or refused with what they seem to be."""

from __future__ import annotations

import codecs
import gzip
import re
import zlib
from collections.abc import Iterable
from pathlib import Path

from dure.core.formatting import format_count
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
_MOST = 0.9  # the share of letters that makes a guess of an encoding
_FEW_ZEROS = 20  # one byte in so many being zero makes a file binary
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
    zeros = 0 if marked or wide else content.count(0)
    if kind or _FEW_ZEROS * zeros > len(content):
        faults.append(
            f"{path.name} is {kind or 'binary'}, no text; pass a text file (export it as .csv)."
            + ("" if kind else " If it is text in UTF-16, pass encoding='utf-16-le'.")
        )
        return None
    if zeros:
        line = content.count(b"\n", 0, content.index(0)) + 1
        faults.append(
            f"{path.name} holds {format_count(zeros, 'zero byte')}, the first in line {line:,}, "
            "which no text does; delete them, or fetch the file anew."
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
    for name in dict.fromkeys([_guessed(content), "cp1252"]):
        try:
            lines = re.split("\r?\n|\r", content.decode(name))
        except UnicodeDecodeError:
            continue
        shown = lines[min(line, len(lines)) - 1].strip()
        shown = shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN - 3]}..."
        return f"encoding={name!r} if line {line:,} then reads right: {shown!r}"
    return "the encoding it is in (encoding='cp949' for many Korean files, 'cp1252' for Western)"


def _guessed(content: bytes) -> str:
    """By what bytes beyond ASCII stand together: pairs as in Korean or Chinese, words, or single.

    The commonest characters of KS X 1001 and GB 2312 are pairs that begin with 0xB0 to 0xC8 and
    0xB0 to 0xD7; kana in Shift JIS begin with 0x82 and 0x83; Cyrillic letters are 0xC0 to 0xFF.
    """
    runs = re.findall(rb"[\x80-\xff]+", content)
    pairs = [run[at : at + 2] for run in runs for at in range(0, len(run) - 1, 2)]
    if pairs and all(len(run) % 2 == 0 for run in runs):
        korean, chinese = (_share(0xB0 <= pair[0] <= end for pair in pairs) for end in (0xC8, 0xD7))
        if korean >= _MOST:
            return "cp949"
        if chinese >= _MOST:
            return "gb18030"
    kana = re.findall(rb"\x82[\x9f-\xf1]|\x83[\x40-\x96]", content)
    if len(kana) >= 0.2 * max(len(pairs), 1):
        return "cp932"
    letters = b"".join(runs)
    is_words = len(letters) >= 3 * len(runs)
    cyrillic = _share(byte >= 0xC0 or byte in (0xA8, 0xB8) for byte in letters)
    return "cp1251" if is_words and cyrillic >= _MOST else "cp1252"


def _share(marks: Iterable[bool]) -> float:
    each = list(marks)
    return sum(each) / len(each)


def _read_bytes(path: Path, faults: Faults) -> bytes | None:
    try:
        if path.suffix.lower() == ".gz":
            with gzip.open(path) as file:
                return file.read()
        return path.read_bytes()
    except FileNotFoundError:
        told = f"There is no file {str(path)!r}.{neighbour(path)}"
        faults.append(describe_address(path) or told)
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


def describe_address(path: Path) -> str:
    """What to do with a path that is an address on the network; '' if it is none."""
    address = re.match(r"(https?|ftp|s3|gs):[/\\]", str(path), re.IGNORECASE)
    if address is None:
        return ""
    return (
        f"{address[1]}://... is an address on the network, and files are read from disk: download "
        "it first, or pass the DataFrame that pandas.read_csv(address) gives."
    )


def neighbour(path: Path) -> str:
    """A hint at a name beside this one that is spelt nearly so, or ''."""
    known = [item.name for item in path.parent.iterdir()] if path.parent.is_dir() else []
    return did_you_mean(path.name, known)
