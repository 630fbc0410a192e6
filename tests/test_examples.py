"""The examples: plain Keras code in which only `fit` became `dure.fit`; each in its own process."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
needs_excerpts = pytest.mark.skipif(
    not Path(os.environ.get("DURE_DATA") or "/nowhere").is_dir(),
    reason="needs the excerpts in DURE_DATA",
)
NUMBER = r"\d+\.\d+"


def run(name: str, folder: Path, *arguments: str) -> str:
    """What an example prints; warnings of Python end it as errors."""
    done = subprocess.run(
        [
            sys.executable,
            "-W",
            "error",
            "-W",
            "ignore:__array__ implementation:DeprecationWarning",
            EXAMPLES / f"{name}.py",
            *arguments,
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_example_is_run_here() -> None:
    names = {path.stem for path in EXAMPLES.glob("*.py")}
    assert names == {"a_neurons", "b_text", "c_pictures", "d_reviews", "e_tour"}


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_fit_is_the_only_thing_of_keras_that_changed(path: Path) -> None:
    text = path.read_text("utf-8")
    assert "dure.fit(" in text and not re.search(
        r"\.fit\((?!scaler)", text.replace("dure.fit(", "").replace("StandardScaler().fit(", "")
    )
    assert "dure.Study" not in text
    assert f"python examples/{path.name}" in text.split('"""')[1]


def test_neurons(tmp_path: Path) -> None:
    printed = run("a_neurons", tmp_path, "--epochs", "5", "--rows", "300")
    before, after = map(int, re.search(r"squared error: (\d+) -> (\d+)", printed).groups())
    assert after < before
    assert float(re.search(rf"test accuracy: ({NUMBER})", printed)[1]) > 0.9


@needs_excerpts
def test_text(tmp_path: Path) -> None:
    printed = run("b_text", tmp_path, "--epochs", "1", "--rows", "300")
    assert "160,305" in printed
    assert "validation loss is least after epoch 1" in printed
    assert re.search(rf"test loss {NUMBER}, accuracy {NUMBER}", printed)


@needs_excerpts
def test_pictures(tmp_path: Path) -> None:
    printed = run("c_pictures", tmp_path, "--epochs", "1", "--rows", "300")
    assert "first kernels (3, 3, 1, 64)" in printed
    assert re.search(r"first five test digits: \[\d \d \d \d \d\]", printed)
    assert (tmp_path / "best-digits.keras").is_file()


@needs_excerpts
def test_reviews(tmp_path: Path) -> None:
    printed = run("d_reviews", tmp_path, "--epochs", "1", "--rows", "300")
    assert "one-hot: 2,481 parameters" in printed and "embedding: 5,009 parameters" in printed
    assert {path.name for path in tmp_path.iterdir()} == {
        "best-one-hot.keras",
        "best-embedding.keras",
    }


def test_tour(tmp_path: Path) -> None:
    printed = run("e_tour", tmp_path, "--epochs", "1", "--rows", "300")
    assert "History has accuracy, loss, val_accuracy, val_loss, learning_rate" in printed
    assert "loaded, it predicts the same: True" in printed
    assert re.search(rf"error {NUMBER}; the last value again: {NUMBER}", printed)
