"""The section of cures: what `verdict.json` of a real search says, in both languages, no Keras."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import dure
from dure.blocks.charts import Curves, Intervals
from dure.blocks.content import Bullets, Code, Document, Prose, Section, Table, blocks_of
from dure.messages.message import Message
from dure.messages.translate import translate
from dure.plots.charts.texts import write_spans
from dure.remedies.search import cure_study
from dure.report import search_document
from dure.report.sections import remedies
from dure.training.run import run_study


def build(units: int = 8) -> keras.Model:
    """A network that cannot stand inputs of hundreds."""
    stack = [layers.Input((30,)), layers.Dense(units, "relu"), layers.Dense(1, "sigmoid")]
    model = keras.Sequential(stack)
    model.compile(keras.optimizers.SGD(1e-2), "binary_crossentropy", metrics=["accuracy"])
    return model


def study(**changes: Any) -> dure.Study:
    options = {"build": build, "data": dure.data.breast_cancer(), "epochs": 3, **changes}
    return dure.Study(options.pop("build"), options.pop("data"), validation_split=0.3, **options)


@pytest.fixture(scope="module", autouse=True)
def without_pictures() -> Iterator[None]:
    """They take a third of the time here, and other tests look at them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dure.plots.curves.save_all", lambda *given, **options: [])
        patch.setattr("dure.plots.remedies.save_all", lambda *given, **options: [])
        yield


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A search that found something to mend, and mended it."""
    folder = tmp_path_factory.mktemp("runs") / "search"
    cure_study(study(name="cells"), folder, progress=False, run=run_study, seeds=3, max_trials=1)
    return folder


@pytest.fixture(scope="module")
def run(found: Path) -> dure.Result:
    """A run of the study that was cured, beside the search."""
    return study(name="cells").run(found.parent / "run", progress=False)


def account(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / remedies.VERDICT).read_text("utf-8"))
    return document


def texts(value: Any) -> Iterator[Message]:
    """Every text in a section or a document."""
    if isinstance(value, Message):
        yield value
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from texts(item)
    elif is_dataclass(value):
        for field in fields(value):
            yield from texts(getattr(value, field.name))


def stored(value: Any) -> Iterator[Message]:
    """Every text in what `verdict.json` keeps to be said."""
    if isinstance(value, dict) and set(value) == {"say", "with"}:
        yield Message.from_json(value)
    elif isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from stored(item)


def english_words(text: str) -> set[str]:
    return set(text.replace("(", " ").replace("'", " ").replace(".", " ").split()) & {
        "the",
        "network",
        "is",
        "better",
        "worse",
        "of",
        "validation",
        "seeds",
        "inputs",
        "with",
        "rate",
        "units",
        "epoch",
        "at",
        "loss",
        "difference",
    }


def of_kind(section: Section, kind: type) -> list[Any]:
    return [block for block in blocks_of(section.blocks) if isinstance(block, kind)]


def test_verdict_comes_first_and_is_that_of_the_search(found: Path) -> None:
    section = remedies.section(found)
    assert section.key == "cures" and section.title == "Cures"
    first = section.blocks[0]
    assert isinstance(first, Prose) and first.tone == "verdict"
    assert first.text == account(found)["verdict"] == remedies.verdict(found)
    assert (found / "told.txt").read_text("utf-8").startswith(first.text)
    (ails, *_) = of_kind(section, Bullets)
    assert list(ails.items) == [f["sentence"] for f in account(found)["findings"]]


def test_spans_and_cells_are_the_numbers_stored(found: Path) -> None:
    section, rounds = remedies.section(found), account(found)["rounds"]
    drawn, tables = of_kind(section, Intervals), of_kind(section, Table)
    assert len(drawn) == len(rounds) >= 2 and len(tables) == len(rounds) + 1
    for chart, table, rows in zip(drawn, tables, rounds.values(), strict=False):
        assert chart.zero and "left is better" in chart.axis
        assert chart.label == table.caption
        assert [span.label for span in chart.spans] == [row["cure"] for row in rows]
        every = zip(chart.spans, write_spans(chart), table.rows, rows, strict=True)
        for span, written, cells, row in every:
            assert (span.mean, span.low, span.high) == (row["difference"], row["low"], row["high"])
            assert cells[1] == written and cells[0] == row["cure"]
            assert span.note is not None and span.note.startswith(row["verdict"])
            assert cells[-1] == f"{row['parameters']:,}"
            assert span.tone == {"better": "good", "worse": "bad"}.get(row["verdict"], "plain")
        assert f"({rows[0]['seeds']} seeds)" in table.caption
    told_in_full = (found / "told.txt").read_text("utf-8")
    assert all(cell in told_in_full for table in tables[:-1] for r in table.rows for cell in r)
    held = account(found)["test"]
    assert len(tables[-1].rows) == len(held) and f"{held[0]['rows']}" in tables[-1].caption
    best = tables[-1].rows[0][3].mean
    assert best == pytest.approx(held[0]["winner"][0], abs=0.01)


def test_everything_is_said_in_korean(found: Path) -> None:
    kept = list(stored(account(found)["said"]))
    for text in [*kept, *texts(remedies.section(found))]:
        korean = translate(text, "ko")  # raises where a translation is missing
        assert translate(text, "en") == text
        assert not english_words(korean), korean
    verdict = translate(remedies.verdict(found), "ko")
    assert "처방이 효과가 있습니다" in verdict and "입력 스케일 맞추기" in verdict


def test_code_names_the_trained_network(found: Path) -> None:
    paste, load = (block.text for block in of_kind(remedies.section(found), Code))
    assert paste.startswith("from cured import build")
    space: dict[str, Any] = {}
    exec(load, space)
    best = account(found)["best"]
    lane = dure.load(found / best["run"]).lane(best["variant"], best["seed"], best["fold"])
    for here, there in zip(space["model"].weights, lane.weights("best").values(), strict=True):
        np.testing.assert_array_equal(here, there)


def test_a_document_has_the_curves_of_the_last_round(found: Path) -> None:
    document = search_document.document_of(found)
    assert isinstance(document, Document) and document.title == "search"
    assert len(document.verdict) > 2 and " ".join(document.verdict) == remedies.verdict(found)
    assert document.verdict[0] == "'scaled inputs' helps."
    assert document.section("cures").blocks == remedies.section(found).blocks[1:]
    curves = [s for s in document.sections if s.key.startswith("curves")]
    drawn = [b for s in curves for b in blocks_of(s.blocks) if isinstance(b, Curves)]
    runs = [dure.load(run) for run in sorted((found / "check").iterdir())]
    assert [d.variants for d in drawn] == [tuple(run.variants) for run in runs]
    assert [sum(d.lanes) for d in drawn] == [len(run.lanes) for run in runs]
    assert len({s.key for s in document.sections}) == len(document.sections) == 1 + len(runs)
    assert "처방 1개 시도" in translate(document.subtitle, "ko")


def test_neither_jax_nor_keras_is_loaded(found: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from dure.report.sections import remedies; "
        "from dure.report import search_document; "
        f"folder = Path({str(found)!r}); remedies.section(folder); "
        "search_document.document_of(folder); "
        "sys.exit(str({'jax', 'keras'} & set(sys.modules)) if {'jax', 'keras'} & set(sys.modules) "
        "else 0)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8"
    )
    assert ended.returncode == 0, ended.stderr


def _copy(found: Path, name: str, later: int, **changes: Any) -> Path:
    """The two files of a search that say what it was of, in a folder of their own."""
    folder = found.parent / name
    folder.mkdir(parents=True)
    request = json.loads((found / remedies.REQUEST).read_text("utf-8")) | changes
    (folder / remedies.REQUEST).write_text(json.dumps(request), "utf-8")
    shutil.copy(found / remedies.VERDICT, folder)
    when = (found / remedies.VERDICT).stat().st_mtime + later
    os.utime(folder / remedies.VERDICT, (when, when))
    return folder


def test_the_newest_search_of_the_same_study_is_found(found: Path, run: dure.Result) -> None:
    assert remedies.find_search(run) == found
    data = {**json.loads((found / remedies.REQUEST).read_text("utf-8"))["data"]}
    foreign = [
        _copy(found, "data", 5, data={**data, "fingerprint": "0"}),
        _copy(found, "build", 5, build={"name": "build", "sha256": "0"}),
        _copy(found, "unread", 5, build={"name": "build", "sha256": None}),
        _copy(found, "variant", 5, variants={"default": {"units": 9}}),
        _copy(found, "stopped", 5),
        _copy(found, "damaged", 5),
    ]
    (foreign[-2] / remedies.VERDICT).unlink()
    (foreign[-1] / remedies.VERDICT).write_text("{", "utf-8")
    assert remedies.find_search(run) == found
    beside = _copy(found, "newer", 5)
    assert remedies.find_search(run) == beside
    inside = _copy(found, "run/cure", 9)
    assert remedies.find_search(run) == inside
    for folder in (*foreign, beside, inside):
        shutil.rmtree(folder)
    other = study(name="other", data=replace(dure.data.breast_cancer(), test=None), epochs=1)
    assert remedies.find_search(other.run(found.parent / "other", progress=False)) is None


def test_nothing_tried_is_told_without_rounds(tmp_path: Path) -> None:
    folder = tmp_path / "search"
    nothing = {"diagnose": lambda result, variant: []}
    cure_study(study(), folder, progress=False, run=run_study, seeds=2, **nothing)
    document = search_document.document_of(folder)
    section = document.section("cures")
    assert not of_kind(section, Intervals) and not of_kind(section, Table)
    assert "아무것도 시도하지 않았습니다" in translate(remedies.verdict(folder), "ko")
    assert [s.key for s in document.sections] == ["cures", "curves"]
    for text in texts(section):
        assert not english_words(translate(text, "ko"))


def test_folders_without_a_finished_search_say_how_to_go_on(found: Path, tmp_path: Path) -> None:
    with pytest.raises(dure.RunFolderError, match="--resume"):
        remedies.section(tmp_path)
    older = account(found)
    del older["said"]
    (tmp_path / remedies.VERDICT).write_text(json.dumps(older), "utf-8")
    with pytest.raises(dure.RunFolderError, match="nothing is trained again"):
        remedies.verdict(tmp_path)


def test_words_of_another_dure_are_told_in_english(found: Path, tmp_path: Path) -> None:
    document = account(found)
    document["said"]["verdict"] = [{"say": "{name} was said so once.", "with": {"name": "relu"}}]
    (tmp_path / remedies.VERDICT).write_text(json.dumps(document), "utf-8")
    assert translate(remedies.verdict(tmp_path), "ko") == "relu was said so once."
