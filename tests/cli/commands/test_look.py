"""`dure look`: what it finds, writes and prints, and what it says of mistakes."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image
from typer.testing import CliRunner

from dure.cli import app, look_request
from dure.cli.data_source import NetworkInput, find_data
from dure.cli.study_source import find_study
from dure.data import TextToSequences
from dure.errors import DureError
from dure.training.run import run_study
from helpers.prepared_models import put_text_before

STUDY = """
import keras
import dure

def build(units=3):
    model = keras.Sequential([keras.layers.Input((30,)), keras.layers.Dense(units, "relu"),
                              keras.layers.Dense(1, "sigmoid")])
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    return model

cancer = dure.data.breast_cancer()
data = dure.Data(cancer.x[:60] / 100, cancer.y[:60], test=(cancer.x[60:80] / 100, cancer.y[60:80]),
                 class_names=["malignant", "benign"], source="cancer")
study = dure.Study(build, data, variants={"units": [2, 3]}, seeds=2, epochs=1, name="tiny")
print("the file speaks")
"""


class Ended(NamedTuple):
    code: int
    out: str
    err: str


def look(*arguments: Any) -> Ended:
    ended = CliRunner().invoke(app, ["look", *map(str, arguments)], env={"COLUMNS": "200"})
    if ended.exception is not None and not isinstance(ended.exception, SystemExit):
        raise ended.exception
    return Ended(ended.exit_code, ended.stdout, ended.stderr)


def refused(*arguments: Any) -> str:
    ended = look(*arguments)
    assert ended.code == 1, ended
    assert re.findall("^Error: ", ended.err, re.MULTILINE) == ["Error: "]
    return " ".join(ended.err.split())


@pytest.fixture(autouse=True)
def leave_the_path_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a study, its run, a network of pictures, one of text, and data for them."""
    folder = tmp_path_factory.mktemp("look")
    (folder / "tiny.py").write_text(STUDY, encoding="utf-8")
    source = {"file": str(folder / "tiny.py"), "name": None}
    run_study(find_study(source), folder / "run", progress=False, source=source)
    keras.utils.set_random_seed(0)
    network = keras.Sequential(
        [
            layers.Input((8, 8, 1)),
            layers.Conv2D(2, 3, name="edges"),
            layers.Flatten(),
            layers.Dense(2, "softmax", name="said"),
        ]
    )
    network.compile("sgd", "sparse_categorical_crossentropy")
    network.save(folder / "net.keras")
    rng = np.random.default_rng(0)
    np.savez(folder / "rows.npz", x=rng.random((9, 8, 8, 1)), y=rng.integers(0, 2, 9))
    for name in ("cats", "dogs"):
        (folder / "pictures" / name).mkdir(parents=True)
        for number in range(3):
            picture = Image.fromarray(rng.integers(0, 255, (12, 10, 3), np.uint8))
            picture.save(folder / "pictures" / name / f"{number}.png")
    lines = ["a wonderful film", "a terrible 영화"] * 5
    text = TextToSequences(20, 4).fit(lines)
    reader = keras.Sequential(
        [
            layers.Input((4,), dtype="int32"),
            layers.Embedding(20, 3),
            layers.SimpleRNN(2),
            layers.Dense(1, "sigmoid"),
        ]
    )
    reader.compile("sgd", "binary_crossentropy")
    put_text_before(reader, text).save(folder / "reader.keras")
    (folder / "lines.txt").write_text("\n".join(lines), encoding="utf-8")
    (folder / "lines.csv").write_text(
        "\n".join(
            ["text,tone", *(f"{line},{'bad' if '영' in line else 'good'}" for line in lines)]
        ),
        encoding="utf-8",
    )
    return folder


def test_a_file_and_arrays(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ended = look(place / "net.keras", "--data", place / "rows.npz")
    assert ended.code == 0, ended
    assert "feature_maps" in ended.out and "Left out" in ended.out
    assert re.search(r"gradients\s+smallest \S+ in \S+, \S+ times below the largest", ended.out)
    assert re.search(r"\d+ pictures, and their arrays \(.nc\), in look-net", ended.out)
    folder = tmp_path / "look-net"
    assert {"kernels-edges.png", "kernels-edges.nc", "saliency.png"} <= {
        path.name for path in folder.iterdir()
    }


def test_json_is_one_document_and_choices_are_kept(place: Path, tmp_path: Path) -> None:
    ended = look(
        place / "net.keras",
        "--data",
        place / "rows.npz",
        "--out",
        tmp_path / "out",
        "--json",
        "--what",
        "kernels",
        "--what",
        "feature_maps",
        "--layer",
        "edges",
        "--rows",
        "2",
    )
    document = json.loads(ended.out)
    assert ended.err == "" and document["left_out"] == []
    written = [(one["name"], one["layer"]) for one in document["written"]]
    assert written == [("kernels", "edges"), ("feature_maps", "edges")]
    assert all(Path(one["picture"]).is_file() and one["says"] for one in document["written"])
    assert document["folder"] == str(tmp_path / "out")


def test_a_run_finds_its_own_data(place: Path) -> None:
    names = ("predictions", "agreement_of_predictions", "gradients")
    wanted = [part for name in names for part in ("--what", name)]
    ended = look(place / "run", "--variant", "units=3", "--json", *wanted)
    assert ended.code == 0 and ended.err == "the file speaks\n"
    document = json.loads(ended.out)
    assert document["folder"] == str(place / "run" / "lens")
    says = {one["name"]: one["says"] for one in document["written"]}
    assert "of 20 rows right" in says["predictions"] and "[" in says["predictions"]
    assert "agreement_of_predictions" in says


def test_one_lane_of_a_run(place: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ended = look(place / "run", "--lane", "units=2/1", "--what", "kernels", "--out", out)
    assert ended.code == 0 and "tiny: units=2, seed 1" in ended.out
    assert look_request._read_lane("a/b/3/2") == ("a/b", 3, 2)
    assert look_request._read_lane("a/3") == ("a", 3, 1)


def test_a_run_whose_study_is_gone_needs_data(place: Path, tmp_path: Path) -> None:
    import shutil

    run = shutil.copytree(place / "run", tmp_path / "run")
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    for source, reason in (
        ({"file": "/not/there.py", "name": None}, "their study in /not/there.py cannot be loaded"),
        (None, "the run was made from Python"),
    ):
        (run / "manifest.json").write_text(
            json.dumps({**manifest, "source": source}), encoding="utf-8"
        )
        message = refused(run, "--variant", "units=2")
        assert f"the run's own data cannot be found ({reason}); give them with --data" in message
    assert look(run, "--variant", "units=2", "--what", "weights", "--quiet") == (0, "", "")
    manifest["data"]["fingerprint"] = "other"
    (run / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert "now makes other data than it was trained on" in refused(run, "--variant", "units=2")


def test_pictures_come_at_the_networks_size(place: Path, tmp_path: Path) -> None:
    ended = look(
        place / "net.keras",
        "--data",
        place / "pictures",
        "--what",
        "predictions",
        "--out",
        tmp_path,
        "--json",
    )
    assert ended.code == 0, ended
    given = find_data(str(place / "pictures"), NetworkInput((8, 8, 1)))
    assert given.data is not None and given.data.x.shape == (6, 8, 8, 1)


def test_text_comes_as_lines_or_with_labels(place: Path, tmp_path: Path) -> None:
    arguments = (place / "reader.keras", "--out", tmp_path, "--json")
    plain = look(*arguments, "--data", place / "lines.txt", "--what", "saliency")
    assert plain.code == 0, plain
    chosen = ("--target", "tone", "--what", "predictions", "--what", "neighbours")
    table = look(*arguments, "--data", place / "lines.csv", *chosen)
    assert table.code == 0, table
    says = {one["name"]: one["says"] for one in json.loads(table.out)["written"]}
    assert "of 10 rows right" in says["predictions"] and "neighbours" in says


def test_sets_come_at_the_networks_length(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    part = {"tokens": np.arange(1, 61, dtype=np.int16), "offsets": np.array([0, 20, 60])}
    parts = {f"{name}_{key}": value for name in ("train", "test") for key, value in part.items()}
    np.savez(tmp_path / "imdb-6k.npz", **parts, y_train=np.arange(2), y_test=np.arange(2))
    monkeypatch.setenv("DURE_DATA", str(tmp_path))
    given = find_data("imdb", NetworkInput((7,), vocabulary=50))
    assert given.data is not None and given.data.x.shape[1] == 7 and given.data.x.max() < 50
    digits = find_data("digits", NetworkInput()).data
    assert digits is not None and digits.kind == "image"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("rows.npz", None, "cannot be read as an .npz file"),
        ("table.csv", "a,b\n1,2\n", "say which column is predicted, --target COLUMN"),
        ("empty.txt", "\n\n", "holds no text"),
        ("latin.txt", b"caf\xe9", "is not text in UTF-8 (byte 3)"),
        ("model.pdf", "x", "ends in .pdf; give one of .npz, .txt, .csv"),
    ],
)
def test_data_that_are_none(
    place: Path, tmp_path: Path, name: str, content: Any, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else (content or "no zip").encode())
    assert message in refused(place / "net.keras", "--data", path)


def test_arrays_without_x(place: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "odd.npz", pixels=np.zeros(3))
    assert "holds pixels; expected arrays x and y" in refused(
        place / "net.keras", "--data", tmp_path / "odd.npz"
    )


def test_all_faults_come_at_once(place: Path) -> None:
    message = refused(
        place / "net.keras",
        "--data",
        "mnst",
        "--layer",
        "edgs",
        "--what",
        "kernel",
        "--rows",
        "0",
    )
    assert "4 things are wrong with this look" in message
    for meant in ("'kernels'", "'edges'", "'mnist'"):
        assert f"Did you mean {meant}?" in message
    assert "--rows is 0" in message


def test_models_and_runs_that_are_none(place: Path, tmp_path: Path) -> None:
    assert "Did you mean 'net.keras'" in refused(place / "nte.keras")
    assert "there is no run folder" in refused(tmp_path / "none")
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "saved_model.pb").touch()
    assert "is no run folder. It holds a TensorFlow SavedModel" in refused(tmp_path / "saved")
    (tmp_path / "words.keras").write_text("words", encoding="utf-8")
    assert "is not a Keras model" in refused(tmp_path / "words.keras")
    assert "choose networks of a run" in refused(place / "net.keras", "--lane", "a/1")
    assert "is not VARIANT/SEED" in refused(place / "run", "--lane", "units=2")
    assert "There is no lane" in refused(place / "run", "--lane", "units=2/9")
    assert "Did you mean 'units=3'" in refused(place / "run", "--variant", "unit=3")
    both = refused(place / "run", "--variant", "units=3", "--lane", "units=3/0")
    assert "--lane and --variant came together" in both


def test_nothing_that_fits_is_an_error(place: Path, tmp_path: Path) -> None:
    message = refused(
        place / "net.keras",
        "--data",
        place / "rows.npz",
        "--what",
        "memory",
        "--out",
        tmp_path,
    )
    assert "memory is of sequences" in message


def test_help_has_an_example() -> None:
    helped = look("--help")
    assert helped.code == 0 and re.search(r"Example:\s+dure look \S+\.keras", helped.out)


def test_pictures_of_another_size_are_one_error(place: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "wide.npz", x=np.zeros((4, 9, 9, 1), np.float32))
    message = refused(
        place / "net.keras", "--data", tmp_path / "wide.npz", "--out", tmp_path / "inside"
    )
    assert "It takes rows of shape (8, 8, 1)" in " ".join(message.split())
    assert message.count("does not take these inputs") == 1
    assert not (tmp_path / "inside").exists()


def test_files_are_read_as_told(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_bytes("이름;a;b;y\n가;1,5;?;p\n나;2,5;3;q\n다;3,5;4;p\n".encode("cp949"))
    settings = ("sep=;", "encoding=cp949", "decimal=,", "missing=drop", "drop=이름", "drop=b")
    given = find_data(str(table), NetworkInput(), "y", settings).data
    assert given is not None and sorted(given.x[:, 0]) == [1.5, 2.5, 3.5]
    tabs = tmp_path / "texts.csv"
    tabs.write_text('text\tlabel\n"a\tp\nb"\tq\n', "utf-8")
    read = find_data(str(tabs), NetworkInput(raw_text=True), None, ("sep=\\t", "quote=")).data
    assert read is not None and sorted(read.x) == ['"a', 'b"']
    with pytest.raises(DureError, match="--read 'seb=;' is not NAME=VALUE.* Did you mean 'sep'"):
        find_data(str(table), NetworkInput(), "y", ("seb=;",))
    with pytest.raises(DureError, match="pictures are read; digits is none"):
        find_data("digits", NetworkInput(), None, ("sep=;",))
    with pytest.raises(DureError, match="--read image_size=.* says nothing of such data"):
        find_data(str(table), NetworkInput(), "y", ("image_size=3,3",))
