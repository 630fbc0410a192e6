"""`dure compare`: what it prints, draws, and refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from dure.cli import app
from dure.result import load
from helpers.comparison_runs import run_of


def cli(*arguments: Any) -> tuple[int, str, str]:
    ended = CliRunner().invoke(app, ["compare", *map(str, arguments)])
    if ended.exception is not None and not isinstance(ended.exception, SystemExit):
        raise ended.exception
    return ended.exit_code, ended.stdout, ended.stderr


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(0)
    values = {"plain": rng.normal(2, 0.1, (8, 1)), "dropout": rng.normal(1, 0.1, (8, 1))}
    return run_of(tmp_path_factory.mktemp("runs") / "one", values).folder


def test_it_prints_what_python_says(run: Path) -> None:
    code, out, _ = cli(run, "--baseline", "plain", "--rope", 0.01)
    assert code == 0
    assert out == load(run).compare(baseline="plain", rope=0.01).describe() + "\n"
    assert out.startswith("dropout is better than plain: val_loss is lower by 1.1")


def test_json_is_one_document_with_every_number(run: Path) -> None:
    code, out, _ = cli(run, "--confidence", 0.9, "--json")
    document, found = json.loads(out), load(run).compare(confidence=0.9)
    assert code == 0 and document["confidence"] == 0.9 and document["leader"] == "dropout"
    (pair,) = document["pairs"]
    assert pair["low"] == pytest.approx(found.pairs[0].low) and pair["p"] == found.pairs[0].p
    assert pair["verdict"] == "worse" and pair["rows_low"] is None and pair["more_seeds"] is None
    assert pair["told"] == found.pairs[0].describe()


def test_out_draws_a_picture(run: Path, tmp_path: Path) -> None:
    code, out, _ = cli(run, "--out", tmp_path / "pictures")
    assert code == 0 and out.endswith("compare-val_loss.png\n")
    assert (tmp_path / "pictures" / "compare-val_loss.png").read_bytes()[1:4] == b"PNG"
    cli(run, "--out", tmp_path / "mine.png", "--json")
    assert (tmp_path / "mine.png").is_file()
    code, _, said = cli(run, "--out", tmp_path / "mine.pdf")
    assert code == 1 and "expected a .png file or a folder" in " ".join(said.split())


def test_two_runs(run: Path, tmp_path: Path) -> None:
    second = run_of(tmp_path / "two", {"l2": np.full((8, 1), 1.5)}).folder
    code, out, _ = cli(run, second)
    assert code == 0 and "plain" in out and "l2" in out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--baseline", "plan"], "Did you mean 'plain'?"),
        (["--metric", "val_accuracy"], "There is no metric 'val_accuracy'"),
        (["nowhere"], "there is no run folder 'nowhere'"),
        (["--rope", "-1"], "rope is -1.0"),
    ],
)
def test_mistakes_are_said_in_words(run: Path, arguments: list[str], says: str) -> None:
    code, out, said = cli(run, *arguments)
    assert code == 1 and not out and says in " ".join(said.split())


@pytest.mark.parametrize(
    ("penalised", "metric", "told"),
    [(("a",), "val_loss", True), (("a", "b"), "val_loss", False), (("a",), "val_mae", False)],
)
def test_a_penalty_in_one_loss_alone_is_said(
    tmp_path: Path, penalised: tuple[str, ...], metric: str, told: bool
) -> None:
    values = {name: np.arange(6.0).reshape(6, 1) for name in ("a", "b")}
    found = run_of(tmp_path / "run", values, metric=metric, penalised=penalised).compare()
    said = [note for note in found.notes if "L1 and L2 penalties" in note]
    assert len(said) == told and all("val_loss of a holds them" in note for note in said)
