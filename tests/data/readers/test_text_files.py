"""Text files: encodings are read or named, and what is no text is refused."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from dure.data.readers.text_files import read_text
from dure.errors import Faults


def read(content: bytes, folder: Path, encoding: str | None = None, name: str = "t.csv") -> str:
    """The text, or the fault."""
    path = folder / name
    path.write_bytes(content)
    faults = Faults()
    text = read_text(path, faults, encoding)
    assert (text is None) == (len(faults) == 1)
    return faults[0] if text is None else text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_what_a_byte_order_mark_says_is_read(encoding: str, tmp_path: Path) -> None:
    assert read("나이,é\r\n1".encode(encoding), tmp_path) == "나이,é\r\n1"
    assert read("\ufeff나이".encode("utf-16-le"), tmp_path) == "나이"
    assert read("\ufeff나이".encode("utf-16-be"), tmp_path, "utf-16") == "나이"


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp949", "나이,성별\n31,남\n"),
        ("cp949", "이름,문장\n가,정말 재미있는 영화였다. (별 다섯)\n"),
        ("gb18030", "年龄,性别\n31,男人的工作是什么\n"),
        ("cp932", "名前,ねんれい\nさくら,サンプル\n"),
        ("cp1251", "возраст,пол\n31,мужской\n"),
        ("cp1252", "Größe,Straße\nÄpfel,für\n"),
        ("cp1252", "âge,prénom\n31,José – “ça va”\n"),
        ("cp1252", "naïve café\n"),
    ],
)
def test_the_encoding_is_named_and_how_the_line_reads(
    encoding: str, text: str, tmp_path: Path
) -> None:
    fault = read(text.encode(encoding), tmp_path)
    assert f"pass encoding={encoding!r} if line " in fault
    assert f"then reads right: {text.splitlines()[0]!r}" in fault
    assert read(text.encode(encoding), tmp_path, encoding) == text


def test_another_encoding_than_was_said(tmp_path: Path) -> None:
    fault = read("a\n나".encode("cp949"), tmp_path, "utf-8")
    assert fault.startswith("t.csv is not in utf-8: byte 2 (counted from 0; in line 2) is 0xb3.")
    assert "Did you mean 'cp949'?" in read(b"a", tmp_path, "cp94")
    assert "encoding is 949; pass a name" in read(b"a", tmp_path, 949)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"PK\x03\x04", "a zip archive or an Excel workbook"),
        (b"\xd0\xcf\x11\xe0", "an Excel workbook"),
        (gzip.compress(b"a,b", mtime=0), "packed by gzip (name it .gz)"),
        (b"PAR1", "a Parquet file"),
        ("a,b\n1,2\n".encode("utf-16-le"), "pass encoding='utf-16-le'"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "binary, no text"),
        (b"a,b\n1,\x002" + b"\n1,2" * 20, "holds 1 zero byte, the first in line 2"),
        (b" \n\n", "is empty"),
    ],
)
def test_what_is_no_text(content: bytes, told: str, tmp_path: Path) -> None:
    assert told in read(content, tmp_path)


def test_utf_16_without_a_mark_is_read_when_said(tmp_path: Path) -> None:
    assert read("a,나\n".encode("utf-16-le"), tmp_path, "utf-16-le") == "a,나\n"
