"""The plan in a run folder: as `Study.plan` says, and no obstacle to going on with old folders."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import dure
from dure.blocks.content import Folded, Pairs, Prose, Table, blocks_of
from dure.core.backend import keras
from dure.report.document import document
from helpers.small_study import study

FEW = {"seeds": [0], "epochs": 2, "callbacks": []}


def _plan_said(result: dure.Result) -> list[str]:
    blocks = blocks_of(document(result).section("study").blocks)
    folded = [b for b in blocks if isinstance(b, Folded) and b.title.startswith("The plan")]
    return [
        value
        for fold in folded
        for block in fold.blocks
        if isinstance(block, Pairs)
        for _, value in block.items
    ]


def test_the_plan_is_in_the_manifest_and_said(tmp_path: Path) -> None:
    result = study(**FEW).run(tmp_path / "run", progress=False)
    kept, planned = dict(result.manifest["facts"]["plan"]), asdict(study(**FEW).plan())
    assert kept.pop("available_bytes") > 0 and planned.pop("available_bytes") > 0
    assert kept == planned
    assert _plan_said(result)[0] == "2 lanes of up to 2 epochs in 1 program"


def test_a_folder_without_a_plan_goes_on_and_is_told(tmp_path: Path) -> None:
    folder = study(**FEW).run(tmp_path / "run", progress=False).folder
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    del manifest["facts"]["plan"]
    path.write_text(json.dumps(manifest), "utf-8")
    more = study(**{**FEW, "seeds": [0, 1]}).run(folder, progress=False, resume=True)
    assert len(more.lanes) == 4 and _plan_said(more) == []


def test_the_plan_stays_that_of_the_first_start(tmp_path: Path) -> None:
    folder = study(**FEW).run(tmp_path / "run", progress=False).folder
    more = study(**{**FEW, "seeds": [0, 1]}).run(folder, progress=False, resume=True)
    assert len(more.lanes) == 4 and more.manifest["facts"]["plan"]["lanes"] == 2


def test_the_route_of_each_program_is_said(tmp_path: Path) -> None:
    watched = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None)
    result = study(**{**FEW, "callbacks": [watched]}).run(tmp_path / "run", progress=False)
    (fold,) = [
        block
        for block in blocks_of(document(result).section("study").blocks)
        if isinstance(block, Folded) and block.title.startswith("The plan")
    ]
    _, table, note = fold.blocks
    assert isinstance(table, Table) and [row[-1] for row in table.rows] == ["stepped"]
    assert isinstance(note, Prose) and "one compiled step a batch" in note.text
