"""The index: every row has its module, every module its row."""

from importlib.util import find_spec
from pathlib import Path

import pytest

import dure.gallery
from dure.errors import DureError
from dure.gallery.index import ROWS, find_row

SUBJECTS = ("neurons", "dense_text", "convolution", "recurrent", "training", "keras_tour")


def test_ids_and_names_are_single() -> None:
    words = [word.lower() for row in ROWS for word in (row.id, row.name)]
    assert len(set(words)) == len(words)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_every_row_has_its_module(row) -> None:
    assert find_spec(row.module) is not None


def test_every_module_is_a_row() -> None:
    folder = Path(dure.gallery.__file__).parent
    files = {f"{s}.{path.stem}" for s in SUBJECTS for path in (folder / s).glob("[!_]*.py")}
    assert files == {row.module.removeprefix("dure.gallery.") for row in ROWS}


def test_rows_are_found_by_id_and_name() -> None:
    assert find_row("d2") is find_row("one-hot-rnn")
    with pytest.raises(DureError, match="Did you mean 'D2'"):
        find_row("D22")


def test_rows_are_short() -> None:
    files = {row.id: Path(str(find_spec(row.module).origin)) for row in ROWS}
    lines = {row: file.read_text("utf-8").count("\n") for row, file in files.items()}
    assert max(lines.values()) <= 120, lines
