"""What a row of the gallery left, as a section of a report."""

import json
import shutil
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dure.blocks.content import Bullets, Folded, Pairs, Prose, Section, Table, blocks_of
from dure.blocks.pictures import Tiles
from dure.errors import RunFolderError
from dure.gallery import report_section
from dure.gallery.index import find_row
from dure.gallery.page import VERDICT, NoteFigure, RowPage
from dure.gallery.report_section import section, verdict
from dure.messages.message import say
from dure.messages.translate import translate


@pytest.fixture(scope="module")
def row(tmp_path_factory) -> Path:
    """Row A2, run in quick mode, with a comparison more."""
    folder = tmp_path_factory.mktemp("row")
    found = find_row("A2")
    page = RowPage(folder, quick=True, progress=False, row=found)
    import_module(found.module).show(page)
    what = say("validation accuracy")
    page.comparisons.append(NoteFigure(what, 0.9917, 0.98, 0.97, 0.99, 20))
    page.close(found)
    return folder


@pytest.fixture
def left(row, tmp_path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(row, tmp_path / "copy"))


def _only(made: Section, kind: type):
    (block,) = (block for block in blocks_of(made.blocks) if isinstance(block, kind))
    return block


def _change(folder: Path, **changes) -> None:
    path = folder / VERDICT
    whole = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**whole, **changes}), encoding="utf-8")


def test_a_row_is_told_in_english_as_it_was_said(row) -> None:
    made = section(row)
    lines = json.loads((row / VERDICT).read_text(encoding="utf-8"))["lines"]
    assert made.key == "row"
    title = "A2: a step, targets -1 and 1, an update only on a mistake"
    assert list(verdict(row)) == [title, *lines]
    assert not [block for block in made.blocks if isinstance(block, Bullets)]
    assert _only(made, Table).rows == (
        ("validation accuracy", "0.9917", "0.980 [0.970, 0.990]", "20"),
    )
    facts = dict(_only(made, Pairs).items)
    assert facts["parameters"] == "31" and "share at rest" in facts


def test_a_row_is_told_in_korean_though_it_ran_in_english(row) -> None:
    made = section(row)
    title, *lines = [translate(line, "ko") for line in verdict(row)]
    assert title == "A2: 계단 함수, 타깃 -1과 1, 틀릴 때만 업데이트"
    assert lines[0].startswith("신경망 20개의")
    assert all("(folds)" not in line and "폴드" in line for line in lines[1:])
    table = _only(made, Table)
    assert translate(table.rows[0][0], "ko") == "검증 정확도"
    assert translate(table.caption, "ko") == "노트의 수치와 Dure의 수치"


def test_of_many_sentences_the_later_are_in_the_section(left) -> None:
    lines = [f"Sentence {number}." for number in range(9)]
    _change(left, said={}, lines=lines)
    _, *first = verdict(left)
    assert [*first, *_only(section(left), Bullets).items] == lines and len(first) == 6


def test_the_notice_of_a_quick_run(row, left) -> None:
    assert "quick run" in _only(section(row), Prose).text
    _change(left, quick=False)
    assert not [block for block in section(left).blocks if isinstance(block, Prose)]


def test_pictures_are_there_and_small(row) -> None:
    tiles = _only(section(row), Tiles)
    names = json.loads((row / VERDICT).read_text(encoding="utf-8"))["pictures"]
    assert [f"{tile.caption}.png" for tile in tiles.tiles] == names and tiles.smooth
    for name, tile in zip(names, tiles.tiles, strict=True):
        assert tile.image.startswith(b"\x89PNG") and len(tile.image) < (row / name).stat().st_size
        assert translate(tile.alt, "ko").startswith("이 항목의 그림")


def test_wide_pictures_are_made_smaller_and_the_budget_holds(left, monkeypatch) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (400, 1600, 3), dtype=np.uint8)
    names = ["noise-1.png", "noise-2.png", "accuracy.png"]
    for name in names[:2]:
        Image.fromarray(noise).save(left / name)
    _change(left, pictures=names)
    monkeypatch.setattr(report_section, "_BUDGET", 450_000)
    made = section(left)
    tiles = _only(made, Tiles).tiles
    assert [tile.caption for tile in tiles] == ["noise 1", "accuracy"]
    assert sum(4 * len(tile.image) / 3 for tile in tiles) <= 450_000
    assert int.from_bytes(tiles[0].image[16:20], "big") == 1000  # the width of a PNG
    last = [block.text for block in made.blocks if isinstance(block, Prose)][-1]
    assert last == "Not shown here, for the page would grow too large: noise-2.png."


def test_pictures_that_are_lost_are_named(left) -> None:
    (left / "accuracy.png").unlink()
    (left / "broken.png").write_bytes(b"no picture")
    _change(left, pictures=["accuracy.png", "broken.png"])
    made = section(left)
    assert not [block for block in made.blocks if isinstance(block, Tiles)]
    last = [block.text for block in made.blocks if isinstance(block, Prose)][-1]
    assert last == "No longer in the folder: accuracy.png, broken.png."


def test_nothing_outside_the_folder_is_shown(left) -> None:
    Image.new("RGB", (9, 9)).save(left.parent / "secret.png")
    _change(left, pictures=["../secret.png"])
    assert not [block for block in section(left).blocks if isinstance(block, Tiles)]


def test_a_verdict_without_said_is_told_as_it_stands(left) -> None:
    path = left / VERDICT
    whole = json.loads(path.read_text(encoding="utf-8"))
    del whole["said"]
    path.write_text(json.dumps(whole), encoding="utf-8")
    title, *lines = [translate(line, "ko") for line in verdict(left)]
    assert title == f"A2: {whole['title']}" and lines == whole["lines"]
    assert _only(section(left), Table).rows[0][0] == "validation accuracy"


def test_a_sentence_of_another_dure_is_told_in_english(left) -> None:
    whole = json.loads((left / VERDICT).read_text(encoding="utf-8"))["said"]
    other = {"say": "No longer said: {x}.", "with": {"x": "1"}}
    _change(left, said={**whole, "lines": [other]})
    _, line = verdict(left)
    assert translate(line, "ko") == line == "No longer said: 1."


def test_only_short_facts_are_shown(left) -> None:
    long = {"many": list(range(100)), "nested": [[1, 2]], "none": None, "empty": []}
    _change(left, facts={"loss_at_end": 0.123456, "epochs": 12000, "names": ["a", "b"], **long})
    facts = _only(section(left), Pairs)
    assert facts.items == (("loss at end", "0.1235"), ("epochs", "12,000"), ("names", "a, b"))
    _change(left, facts=long)
    assert not [block for block in section(left).blocks if isinstance(block, Folded)]


def test_a_folder_that_is_no_row(tmp_path, left) -> None:
    with pytest.raises(RunFolderError, match="dure gallery ROW"):
        section(tmp_path / "nothing")
    (left / VERDICT).write_text("{", encoding="utf-8")
    with pytest.raises(RunFolderError, match="could not read"):
        section(left)
    (left / VERDICT).write_text('{"variant": "baseline"}', encoding="utf-8")
    with pytest.raises(RunFolderError, match="not the verdict of a gallery row"):
        section(left)
