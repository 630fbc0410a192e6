"""`dure cure`: thin, but every option arrives."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dure.cli import app

STUDY = """
import dure, keras, numpy as np
x = np.random.default_rng(0).normal(size=(60, 3)).astype("float32")
data = dure.Data(x, (x[:, 0] > 0).astype("int64"), test=(x[:9], (x[:9, 0] > 0).astype("int64")))

def build(units=2):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(units, "relu"),
                              keras.layers.Dense(1, "sigmoid")])
    model.compile("sgd", "binary_crossentropy")
    return model

print("the file speaks")
study = dure.Study(build, data, {"units": [2, 4]}, validation_split=0.3, epochs=30)
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    path = tmp_path / f"curable_{tmp_path.name.replace('-', '_')}.py"
    path.write_text(STUDY, encoding="utf-8")
    return path


def test_options_arrive_and_json_is_one_document(file: Path, tmp_path: Path) -> None:
    arguments = [
        "cure",
        f"{file}:study",
        "--out",
        str(tmp_path / "out"),
        "--seeds",
        "2",
        "--epochs",
        "1",
        "--set",
        "units=3",
        "--max-trials",
        "1",
        "--anyway",
        "--json",
    ]
    ended = CliRunner().invoke(app, arguments)
    assert ended.exit_code == 0, ended.stderr
    document = json.loads(ended.stdout)
    assert document["variant"] == "units=3" and document["best"]["epoch"] == 1
    assert document == json.loads((tmp_path / "out" / "verdict.json").read_text(encoding="utf-8"))
    tried = [row for rows in document["rounds"].values() for row in rows]
    assert {row["seeds"] for row in tried} <= {2, 4}
    shown = CliRunner().invoke(app, [*arguments[:-1], "--resume"])
    assert shown.exit_code == 0, shown.stderr
    assert str(tmp_path / "out") in " ".join(shown.stdout.split())


def test_errors_are_said_in_words(file: Path) -> None:
    ended = CliRunner().invoke(
        app, ["cure", str(file), "--max-trials", "0", "--variant", "units=5"]
    )
    assert ended.exit_code == 1
    said = " ".join(ended.stderr.split())
    assert "2 things are wrong with this search for cures" in said
    assert "max_trials is 0" in said and "this study has units=2, units=4" in said
