"""Whatever the output's code page is, printing fails for nothing, and JSON stays itself."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import dure
from dure.cli import streams
from dure.cli.app import print_json
from helpers.invented_results import invent

EVERYTHING = "a − b → c ± 1 × 2 … · • 정확도 é 🙂 ▁▂▇█ ▏▉ ─│├┤┼═ ░●■▾› ≤ \ud800 \x9f"


def piped(monkeypatch: pytest.MonkeyPatch, encoding: str, show: Callable[[], None]) -> str:
    """What is printed where the standard output is a pipe of an encoding."""
    raw = io.BytesIO()
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))
        streams.tolerate_encodings()
        show()
        sys.stdout.flush()
        return raw.getvalue().decode(encoding)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp949", "cp437", "utf-8"])
def test_nothing_that_is_printed_fails(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    told = piped(monkeypatch, encoding, lambda: print(EVERYTHING))
    assert told.startswith("a ") and " b " in told
    if encoding == "utf-8":
        assert told == EVERYTHING.replace("\ud800", "\\ud800") + os.linesep
    if encoding == "ascii":
        assert told.startswith("a - b -> c +/- 1 x 2 ... - * \\uc815\\ud655\\ub3c4 \\xe9 ")
        assert " _.%# .# -|+++= :o#v> <= " in told
    if encoding == "cp949":
        assert "정확도" in told


@pytest.mark.parametrize("encoding", ["ascii", "cp949", "utf-8"])
def test_json_is_the_same_document(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    document = {"이름": "a − b → c ± 🙂", "x": [1.5, None]}
    told = piped(monkeypatch, encoding, lambda: print_json(document))
    assert json.loads(told) == document
    assert ("이름" in told) == (encoding == "utf-8")


def test_a_stream_of_a_notebook_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    monkeypatch.setattr(sys, "stderr", None)  # as under pythonw
    streams.tolerate_encodings()
    print(EVERYTHING)
    assert streams.takes_every_letter()


def test_an_error_of_reading_is_none_of_its_business() -> None:
    with pytest.raises(UnicodeDecodeError):
        streams.replace_unprintable(UnicodeDecodeError("ascii", b"\xff", 0, 1, "no"))


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_report_goes_into_a_pipe_of_windows(tmp_path: Path, encoding: str) -> None:
    invent(tmp_path / "runs" / "한글", ["plain", "넓은"], source="그림 → 숫자")
    source = Path(dure.__file__).parents[1]
    for arguments in (["--full"], ["--full", "--lang", "ko"], ["--json"]):
        done = subprocess.run(
            [sys.executable, "-m", "dure", "show", "한글", *arguments],
            cwd=tmp_path,
            env={
                **os.environ,
                "PYTHONPATH": str(source),
                "PYTHONIOENCODING": encoding,
                "NO_COLOR": "1",
                "TERM": "dumb",
            },
            capture_output=True,
            check=False,
        )
        told = (done.stdout + done.stderr).decode(encoding)
        assert done.returncode == 0, told
        assert "Traceback" not in told and "plain" in told
