"""The index: every row has its module, every module its row."""

from importlib.util import find_spec
from pathlib import Path

import pytest

import dure.gallery
from dure._errors import DureError
from dure.gallery.index import ROWS, find_row

OWN = {"__init__", "demo", "finding", "index", "page", "steps"}


def test_ids_and_names_are_single() -> None:
    words = [word.lower() for row in ROWS for word in (row.id, row.name)]
    assert len(set(words)) == len(words)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_every_row_has_its_module(row) -> None:
    assert find_spec(row.module) is not None


def test_every_module_is_a_row() -> None:
    files = {path.stem for path in Path(dure.gallery.__file__).parent.glob("[!_]*.py")} - OWN
    assert files == {row.module.rsplit(".", 1)[1] for row in ROWS}


def test_rows_are_found_by_id_and_name() -> None:
    assert find_row("d2") is find_row("one-hot-rnn")
    with pytest.raises(DureError, match="Did you mean 'D2'"):
        find_row("D22")
