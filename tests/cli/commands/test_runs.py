"""The command line: what it prints where, how it ends, and what it says of mistakes."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from typer.testing import CliRunner

import dure
from dure.cli import app
from dure.cli import study_source as sources

STUDY = """
import keras
import dure

def build(units=4, rate=0.01):
    model = keras.Sequential([keras.layers.Dense(units, "relu"), keras.layers.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.SGD(rate), "binary_crossentropy", metrics=["accuracy"])
    return model

cancer = dure.data.breast_cancer()
data = dure.Data(cancer.x / 100, cancer.y, test=(cancer.test.x / 100, cancer.test.y))
print("the file speaks")
"""
GRID = """
study = dure.Study(build, data, variants={"rate": [0.01, 0.1]}, seeds=2, epochs=2,
                   validation_split=0.2, name="tiny")
"""
NAMED = """
other = dure.Study(build, data, variants={"slow": {"rate": 0.01}, "fast": {"rate": 0.1}}, epochs=2)
third = dure.Study(build, data)
"""
COMMANDS = [
    "demo",
    "run",
    "resume",
    "list",
    "show",
    "report",
    "look",
    "gallery",
    "health",
    "cure",
    "compare",
    "overfitting",
    "learning-curve",
    "capacity",
]
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(Path(dure.__file__).parents[1]),
    "COLUMNS": "100",
    "XLA_FLAGS": "",
    # What these processes write is compared to the letter, so nothing of a shared cache may speak.
    "JAX_ENABLE_COMPILATION_CACHE": "false",
}


class Ended(NamedTuple):
    """A process that came to its end."""

    code: int
    out: str
    err: str


def command(*arguments: Any, cwd: Path) -> list[str]:
    return [sys.executable, "-m", "dure", *map(str, arguments)]


def cli(*arguments: Any, cwd: Path) -> Ended:
    """Run `dure` as a process of its own, without a terminal."""
    done = subprocess.run(
        command(*arguments, cwd=cwd),
        cwd=cwd,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        encoding="utf-8",
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def inside(*arguments: Any) -> Ended:
    """Run `dure` in this process: quick, for whatever trains nothing."""
    ended = CliRunner().invoke(app, list(map(str, arguments)))
    if ended.exception is not None and not isinstance(ended.exception, SystemExit):
        raise ended.exception
    return Ended(ended.exit_code, ended.stdout, ended.stderr)


@pytest.fixture(autouse=True)
def leave_the_path_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A study's folder goes onto Python's path; here only until the test ends."""
    monkeypatch.setattr(sys, "path", list(sys.path))


def refused(ended: Ended) -> str:
    """The one error a command ended with, as one line of words."""
    assert ended.code == 1, ended
    assert re.findall("^Error: ", ended.err, re.MULTILINE) == ["Error: "], ended
    assert "Traceback" not in ended.err + ended.out
    return " ".join(ended.err.split())


def file(folder: Path, name: str, *parts: str) -> Path:
    path = folder / f"{name}.py"
    path.write_text("".join(parts), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a study file, in which one run was made."""
    folder = tmp_path_factory.mktemp("cli")
    file(folder, "tiny", STUDY, GRID)
    return folder


@pytest.fixture(scope="module")
def trained(place: Path) -> Ended:
    return cli("run", "tiny.py", "--seeds", 3, "--epochs", 4, "--out", "runs/one", cwd=place)


# Where something is printed, and how it ends.


def test_a_run_shows_plan_progress_and_summary_without_a_terminal(
    trained: Ended, place: Path
) -> None:
    assert trained.code == 0, trained.err
    assert "\x1b" not in trained.out + trained.err and "\r" not in trained.out + trained.err
    assert trained.out.index("6 lanes of up to 4 epochs") < trained.out.index("tiny")
    assert "training 6 lanes, up to 24 epochs in all" in trained.err
    assert "6 of 6 lanes done" in trained.err and "lanes done" not in trained.out
    assert "Run folder runs/one (2 pictures in pictures/)" in trained.out
    assert sorted(p.name for p in (place / "runs/one/pictures").iterdir()) == [
        "accuracy.png",
        "loss.png",
    ]
    result = dure.load(place / "runs/one")
    assert dict(result.curves.sizes) == {"variant": 2, "seed": 3, "fold": 1, "epoch": 4}


def test_the_manifest_remembers_what_the_command_line_changed(trained: Ended, place: Path) -> None:
    manifest = json.loads((place / "runs/one/manifest.json").read_text(encoding="utf-8"))
    source = {"file": str(place / "tiny.py"), "name": None, "seeds": 3, "epochs": 4}
    assert manifest["source"] == source


def test_resuming_a_finished_run_trains_nothing_and_keeps_the_overrides(
    trained: Ended, place: Path
) -> None:
    copy = shutil.copytree(place / "runs/one", place / "copy")
    before = dure.load(copy).frame()
    ended = cli("resume", "copy", "--quiet", cwd=place)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == "the file speaks\n"
    assert dure.load(copy).frame().equals(before)


def test_a_study_that_changed_is_not_resumed(trained: Ended, place: Path) -> None:
    copy = shutil.copytree(place / "runs/one", place / "other")
    manifest = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))
    manifest["source"]["epochs"] = 5
    (copy / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    said = refused(cli("resume", "other", cwd=place))
    assert "study.epochs: was 4, is 5" in said


def test_json_is_one_document_and_nothing_else(place: Path) -> None:
    ended = cli("run", "tiny.py", "--seeds=1", "--epochs=2", "--json", cwd=place)
    assert ended.code == 0, ended.err
    document = json.loads(ended.out)
    assert set(document) == {"folder", "summary", "lanes"}
    assert [lane["status"] for lane in document["lanes"]] == ["finished"] * 2
    assert {row["metric"] for row in document["summary"]} == {
        "val_loss",
        "val_accuracy",
        "test_loss",
        "test_accuracy",
    }
    assert (place / document["folder"] / "manifest.json").is_file()
    assert ended.err == "the file speaks\n"


def test_failed_lanes_have_an_exit_code_of_their_own(tmp_path: Path) -> None:
    callback = (
        "class Bad(keras.callbacks.Callback):\n"
        "    def on_epoch_end(self, epoch, logs=None):\n"
        "        raise ValueError('this cannot be')\n"
        "study = dure.Study(build, data, epochs=2, callbacks=[Bad()])\n"
    )
    file(tmp_path, "failing", STUDY, callback)
    ended = cli("run", "failing.py", "--out", "run", cwd=tmp_path)
    assert ended.code == 3, ended
    assert "this cannot be" in ended.err and "0 of 1" in ended.out
    assert "Traceback" not in ended.err


@pytest.mark.skipif(sys.platform == "win32", reason="no process can send another Ctrl-C")
def test_ctrl_c_ends_the_round_and_says_how_to_go_on(tmp_path: Path) -> None:
    file(tmp_path, "long", STUDY, GRID)
    arguments = ("run", "long.py", "--epochs", 3000, "--set", "units=8", "--out", "run")
    with subprocess.Popen(
        command(*arguments, cwd=tmp_path),
        cwd=tmp_path,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        encoding="utf-8",
    ) as process:
        try:
            wait_for_an_epoch(tmp_path / "run", process)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=120)
        finally:
            process.kill()
    assert process.returncode == 130, err
    assert err.index("Stopping at the end of the round") < err.index("Stopped; all is stored")
    assert "Go on with: dure resume run" in err and "Traceback" not in err
    assert any(lane == "running" for lane in dure.load(tmp_path / "run").lanes["status"])
    ended = cli("resume", "run", "--json", cwd=tmp_path)
    assert ended.code == 0, ended.err
    lanes = json.loads(ended.out)["lanes"]
    assert [(lane["status"], lane["epochs"]) for lane in lanes] == [("finished", 3000)] * 4


def wait_for_an_epoch(folder: Path, process: subprocess.Popen[str]) -> None:
    """Return once a running study has stored an epoch."""
    until = time.monotonic() + 120
    while time.monotonic() < until and process.poll() is None:
        if (folder / "manifest.json").is_file() and dure.load(folder).lanes["epochs"].any():
            return
        time.sleep(0.05)
    raise AssertionError(f"no epoch was stored: {process.communicate()}")


# Which study, and what is changed in it.


@pytest.mark.parametrize(
    ("name", "content", "target", "said"),
    [
        ("broken", "x = 1\nstudy = = 2\n", "", "broken.py, line 2 raised SyntaxError"),
        ("raising", "import dure\n\n1 / 0\n", "", "raising.py, line 3 raised ZeroDivisionError"),
        ("leaving", "import sys\nsys.exit(4)\n", "", "leaving.py, line 2 raised SystemExit: 4"),
        ("lacking", "import no_such_thing_at_all\n", "", "line 1 raised ModuleNotFoundError"),
        ("without", "x = 1\n", "", "without.py has no study; write `study = dure.Study(...)`"),
        ("several", STUDY + NAMED, "", "has 2 studies (other, third); say which: "),
        ("misspelt", STUDY + NAMED, ":othr", "no study named 'othr' (studies there: other, third"),
        ("misspelt2", STUDY + NAMED, ":othr", "Did you mean 'other'?"),
        ("faulty", STUDY + "dure.Study(build, data, epochs=0, seeds=-1)", "", "2 things are wrong"),
        ("faulty2", STUDY + "dure.Study(build, data, epochs=0)", "", "faulty2.py, line 13: epochs"),
        ("numpy", "", "", "numpy.py has the name of the module 'numpy'"),
    ],
)
def test_files_without_the_study_are_refused_in_words(
    tmp_path: Path, name: str, content: str, target: str, said: str
) -> None:
    path = file(tmp_path, name, content)
    assert said in refused(inside("run", f"{path}{target}", "--out", tmp_path / "run"))
    assert not (tmp_path / "run").exists()


def test_two_studies_in_files_of_one_name(tmp_path: Path) -> None:
    for folder, name in (("first", "here"), ("second", "there")):
        (tmp_path / folder).mkdir()
        path = file(tmp_path / folder, "alike", STUDY, f"{name} = dure.Study(build, data)")
        found = sources.find_study({"file": str(path), "name": None})
        assert found is vars(sys.modules["alike"])[name]


def test_files_that_are_none(tmp_path: Path) -> None:
    assert "there is no file" in refused(inside("run", tmp_path / "missing.py"))
    assert "there is no file" in refused(inside("run", tmp_path))
    (tmp_path / "notes.txt").write_text("study", encoding="utf-8")
    assert "is not a Python file" in refused(inside("run", tmp_path / "notes.txt"))


def test_an_error_in_build_is_shown_with_file_and_line(tmp_path: Path) -> None:
    raising = "\ndef build(units=4):\n    raise KeyError('lost')\nstudy = dure.Study(build, data)\n"
    path = file(tmp_path, "building", STUDY, raising)
    said = refused(inside("run", path, "--out", tmp_path / "run"))
    assert "KeyError" in said and "lost" in said
    line = path.read_text(encoding="utf-8").splitlines().index("    raise KeyError('lost')") + 1
    assert f"building.py, line {line}" in said


@pytest.mark.parametrize(
    ("studies", "arguments", "variants"),
    [
        (GRID, ["units=8"], ["rate=0.01, units=8", "rate=0.1, units=8"]),
        (GRID, ["rate=0.5"], ["rate=0.5"]),
        (GRID, ["rate=[0.2, 0.3]"], ["rate=0.2", "rate=0.3"]),
        (NAMED + "study = other\n", ["units=8"], ["slow", "fast"]),
        ("study = dure.Study(build, data)\n", ["units=[2, 3]"], ["units=2", "units=3"]),
    ],
)
def test_set_fixes_arguments(
    tmp_path: Path, studies: str, arguments: list[str], variants: list[str]
) -> None:
    from dure.cli.study_source import find_study, read_overrides

    path = file(tmp_path, tmp_path.name, STUDY, studies)
    source = {"file": str(path), "name": None, **read_overrides(3, 7, arguments)}
    study = find_study(json.loads(json.dumps(source)))
    assert [variant.name for variant in study.variant_list] == variants
    assert (len(study.seed_list), study.epochs) == (3, 7)
    if arguments == ["units=8"]:
        assert all(variant.arguments["units"] == 8 for variant in study.variant_list)


def test_settings_that_cannot_be(tmp_path: Path) -> None:
    path = file(tmp_path, "settings", STUDY, GRID)
    said = refused(inside("run", path, "--set", "units", "--set", "=3"))
    assert "2 things are wrong with --set" in said
    assert "'units' is not ARGUMENT=VALUE" in said and "'=3' is not" in said
    said = refused(inside("run", path, "--set", "unit=3"))
    assert "Did you mean 'units'?" in said
    assert "epochs" in refused(inside("run", path, "--epochs", "0"))
    assert "seeds" in refused(inside("run", path, "--seeds", "-1"))


def test_words_stay_words_and_literals_become_values() -> None:
    from dure.cli.study_source import read_overrides

    given = read_overrides(
        None, None, ["cell=LSTM", "rate=1e-3", "deep=True", "path=a=b", "none=None"]
    )
    assert given == {
        "set": {"cell": "LSTM", "rate": 1e-3, "deep": True, "path": "a=b", "none": None}
    }
    assert read_overrides(None, None, []) == {}


# Run folders.


def test_list_and_show(trained: Ended, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = place / "listing"
    shutil.copytree(place / "runs/one", folder / "good")
    shutil.copytree(place / "runs/one", folder / "damaged")
    (folder / "damaged" / "manifest.json").write_text("{", encoding="utf-8")
    (folder / "nothing").mkdir()
    listed = inside("list", folder)
    assert listed.code == 0 and "6 of 6" in listed.out
    assert "is damaged" in " ".join(listed.out.split())
    runs = {
        Path(run["folder"]).name: run for run in json.loads(inside("list", folder, "--json").out)
    }
    assert set(runs) == {"good", "damaged"}
    assert runs["good"]["problem"] is None and "damaged" in runs["damaged"]["problem"]

    monkeypatch.chdir(place)
    whole = inside("show", "latest", "--lanes")
    assert whole.code == 0 and "val_accuracy" in whole.out and "finished" in whole.out
    for name in ("one", "runs/one", place / "runs/one"):
        one = inside("show", name, "--metric", "val_loss")
        assert one.code == 0 and "val_loss" in one.out and "accuracy" not in one.out
    document = json.loads(inside("show", "one", "--metric", "val_loss", "--json").out)
    assert {row["metric"] for row in document["summary"]} == {"val_loss"}
    assert "Did you mean 'val_loss'?" in refused(inside("show", "one", "--metric", "val_los"))
    assert "Did you mean 'one'?" in refused(inside("show", "onee"))
    assert "there is no run folder 'onee'" in refused(inside("resume", "onee"))
    assert "is damaged" in refused(inside("show", folder / "damaged"))
    said = refused(inside("run", "tiny.py", "--out", "runs/one"))
    assert "runs/one already holds a run: go on with it by `dure resume runs/one`" in said


def test_no_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert inside("list") == (0, "No runs in runs. Start one with: dure demo\n", "")
    assert json.loads(inside("list", "--json").out) == []
    assert "there are no runs in runs" in refused(inside("show", "latest"))


def test_a_run_from_python_is_resumed_from_python(trained: Ended, place: Path) -> None:
    copy = shutil.copytree(place / "runs/one", place / "from-python")
    manifest = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))
    manifest["source"] = None
    (copy / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    said = refused(inside("resume", copy))
    assert "was started from Python" in said and "resume=True" in said


# Help.


@pytest.mark.parametrize("name", COMMANDS)
def test_every_help_has_an_example(name: str) -> None:
    helped = inside(name, "--help")
    assert helped.code == 0
    assert re.search(rf"Example:\s+dure {name}\b", helped.out)


def test_help_version_and_wrong_usage() -> None:
    assert inside("--version") == (0, f"dure {dure.__version__}\n", "")
    helped = inside("--help").out
    assert "Exit codes" in helped and all(name in helped for name in COMMANDS)
    assert inside("trian").code == 2
    assert inside("run").code == 2
    assert inside("run", "x.py", "--epochs", "many").code == 2
