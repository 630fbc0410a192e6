"""`dure report`, `dure show --full` and the pages that `dure demo` and `dure gallery` end with."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import webbrowser
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from typer.testing import CliRunner

import dure
from dure.blocks.charts import Curves
from dure.blocks.content import Bullets, blocks_of
from dure.cli import app, pages
from dure.cli.study_source import find_study
from dure.core.types import Status
from dure.errors import DureError
from dure.gallery import report_page
from dure.report import document as documents
from dure.report import html as html_pages
from dure.report.document import document
from dure.training.run import run_study
from helpers.comparison_runs import run_of

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
study = dure.Study(build, data, variants={"units": [2, 3]}, seeds=2, epochs=2, name="tiny")
print("the file speaks")
"""
LOSSES = {  # of four seeds
    "plain": [[0.5], [0.6], [0.55], [0.52]],
    "dropout": [[0.3], [0.35], [0.31], [0.33]],
}


class Ended(NamedTuple):
    code: int
    out: str
    err: str


def cli(*arguments: Any) -> Ended:
    ended = CliRunner().invoke(app, list(map(str, arguments)), env={"COLUMNS": "100"})
    if ended.exception is not None and not isinstance(ended.exception, SystemExit):
        raise ended.exception
    return Ended(ended.exit_code, ended.stdout, ended.stderr)


def refused(*arguments: Any) -> str:
    """The one error a command ends with, as one line of words."""
    ended = cli(*arguments)
    assert ended.code == 1, ended
    assert re.findall("^Error: ", ended.err, re.MULTILINE) == ["Error: "], ended
    return " ".join(ended.err.split())


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder of its own, Python's path as it was, and no browser."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(webbrowser, "open", lambda url: pytest.fail(f"opened {url}"))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a study file and its run, inside which nothing was measured yet."""
    folder = tmp_path_factory.mktemp("report")
    (folder / "tiny.py").write_text(STUDY, encoding="utf-8")
    source = {"file": str(folder / "tiny.py"), "name": None}
    before = list(sys.path)
    run_study(find_study(source), folder / "run", progress=False, source=source)
    sys.path[:] = before
    return folder


@pytest.fixture(scope="module")
def seen(place: Path) -> tuple[Path, Ended]:
    """A run that was measured inside by its first report."""
    folder = shutil.copytree(place / "run", place / "seen")
    return folder, cli("report", folder)


@pytest.fixture
def given(tmp_path: Path) -> Path:
    """A finished run of two variants, made up, whose models nobody has."""
    return run_of(tmp_path / "given", LOSSES).folder


# One run.


def test_a_report_measures_what_is_missing_and_writes_one_page(seen: tuple[Path, Ended]) -> None:
    folder, ended = seen
    assert ended.code == 0, ended
    page = folder / "report.html"
    assert re.fullmatch(rf"Page {re.escape(str(page))} \([\d.]+ [kM]B\)\n", ended.out)
    assert "the file speaks" in ended.err  # it is no part of the answer
    assert any((folder / "lens").glob("predictions*.nc"))
    html = page.read_text("utf-8")
    assert html.startswith("<!DOCTYPE html>") and "tiny" in html and "units=2" in html
    assert not list(folder.glob("*.tmp"))


def test_what_was_measured_is_not_measured_again(
    seen: tuple[Path, Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = seen
    monkeypatch.setattr(
        "dure.cli.look_request.look_inside", lambda *given: pytest.fail("measured again")
    )
    ended = cli("report", folder, "--json", "--out", "again.html")
    assert ended.code == 0, ended
    size = Path("again.html").stat().st_size
    told = {"report": "again.html", "bytes": size, "language": "en", "not_measured": None}
    assert json.loads(ended.out) == told and ended.err == ""


@pytest.mark.parametrize("since", ["trained on", "killed"])
def test_what_is_out_of_date_is_measured_again(
    seen: tuple[Path, Ended], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, since: str
) -> None:
    folder = Path(shutil.copytree(seen[0], tmp_path / "run"))
    if since == "killed":
        (folder / pages.UNFINISHED).touch()
    else:
        newest = max((folder / "lens").glob("*.nc"), key=lambda path: path.stat().st_mtime)
        weights = next((folder / "lanes").glob("*.safetensors"))
        os.utime(weights, (newest.stat().st_mtime + 3600,) * 2)
    asked = []
    monkeypatch.setattr(
        "dure.cli.look_request.look_inside", lambda request, *_: asked.append(request.target)
    )
    assert cli("report", folder).code == 0
    assert asked == [str(folder)]
    assert not (folder / pages.UNFINISHED).exists()


def test_a_page_of_a_measured_run_needs_no_jax_and_no_keras(seen: tuple[Path, Ended]) -> None:
    code = (
        "import sys\nfrom typer.testing import CliRunner\nfrom dure.cli import app\n"
        f"for asked in (['report', {str(seen[0])!r}, '--out', 'page.html'],\n"
        f"              ['show', {str(seen[0])!r}, '--full']):\n"
        "    ended = CliRunner().invoke(app, asked)\n"
        "    assert ended.exit_code == 0, ended.output\n"
        f"import dure\ndure.load({str(seen[0])!r})._repr_html_()\n"
        "print(sorted({'jax', 'keras', 'tensorflow'} & set(sys.modules)))"
    )
    source = str(Path(dure.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {source!r})\n{code}"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
    assert Path("page.html").is_file()


def test_without_model_or_data_the_page_says_why_and_is_there(given: Path) -> None:
    ended = cli("report", given)
    assert ended.code == 0, ended
    assert "Nothing inside the networks was measured: " in ended.out
    assert (given / "report.html").is_file() and not (given / "lens").exists()
    told = json.loads(cli("report", given, "--json").out)
    assert told["not_measured"] and told["report"] == str(given / "report.html")


def test_code_of_a_study_that_raises_costs_no_page(
    given: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise KeyError("lost")

    monkeypatch.setattr("dure.cli.look_request.look_inside", broken)
    ended = cli("report", given)
    assert ended.code == 0 and "was measured: KeyError: 'lost'" in ended.out


def test_a_half_way_run_has_a_page_and_is_not_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dure.cli.look_request.look_inside", lambda *given: pytest.fail("measured"))
    waiting = {("dropout", seed, 1): Status("waiting") for seed in (2, 3)}
    folder = run_of(tmp_path / "half", LOSSES, waiting).folder
    ended = cli("report", folder)
    assert ended.code == 0 and "measured" not in ended.out
    assert "Training is not over" in (folder / "report.html").read_text("utf-8")


def test_korean_has_a_page_of_its_own(given: Path) -> None:
    assert cli("report", given, "--lang", "ko").code == 0
    html = (given / "report.ko.html").read_text("utf-8")
    assert 'lang="ko"' in html and "변형" in html
    assert not (given / "report.html").exists()


def test_what_is_asked_for_is_in_the_page(given: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {}

    def describe(result: Any, other: Any, **given: Any) -> Any:
        asked.update(given)
        return document(result, other, **given)

    document = documents.document
    monkeypatch.setattr(documents, "document", describe)
    ended = cli("report", given, "--baseline", "plain", "--metric", "val_loss", "--rope", 0.01)
    assert ended.code == 0, ended
    assert asked.pop("tell")
    assert asked == {"baseline": "plain", "metric": "val_loss", "rope": 0.01, "cure": None}


# Two runs, searches for cures, rows of the gallery.


def test_two_runs_have_a_page_together(given: Path, tmp_path: Path) -> None:
    other = run_of(tmp_path / "other", {"wide": LOSSES["plain"]}, name="second").folder
    ended = cli("report", given, other)
    assert ended.code == 0, ended
    page = given / "report-and-other.html"
    assert f"Page {page}" in ended.out and not (given / "report.html").exists()
    html = page.read_text("utf-8")
    assert "second" in html and "wide" in html and "dropout" in html
    assert "given: " in ended.out and "other: " in ended.out  # what was not measured, of each


def test_a_search_that_is_not_over_says_how_to_go_on(tmp_path: Path) -> None:
    folder = tmp_path / "search"
    folder.mkdir()
    (folder / "cure.json").write_text("{}", encoding="utf-8")
    assert "is not over: go on with it by `dure cure" in refused("report", folder)


def verdict(folder: Path) -> Path:
    """The verdict of a row of the gallery, which says one thing."""
    folder.mkdir()
    line = {"say": "A sentence of an older Dure.", "with": {}}
    about = {"id": "A2", "name": "perceptron", "title": "steps", "quick": True, "facts": {}}
    document = {
        **about,
        "lines": [str(line["say"])],
        "comparisons": [],
        "pictures": [],
        "lanes": 8,
        "seconds": 1.0,
    }
    (folder / "verdict.json").write_text(json.dumps(document), encoding="utf-8")
    return folder


def test_a_row_of_one_study_is_followed_by_its_report(tmp_path: Path) -> None:
    folder = verdict(tmp_path / "A2-perceptron")
    run_of(folder / "one", LOSSES)
    made = report_page.document_of(folder)
    assert [section.key for section in made.sections][:3] == ["row", "curves", "comparison"]
    assert made.title == "A2-perceptron" and made.source == (str(folder),)
    assert made.verdict == ("A2: steps", "A sentence of an older Dure.")
    own = document(dure.load(folder / "one"))
    assert made.section("curves").blocks[0] == Bullets(own.verdict)
    ended = cli("report", folder)
    assert ended.code == 0, ended
    assert "A sentence of an older Dure." in (folder / "report.html").read_text("utf-8")


def test_a_row_of_several_studies_has_a_section_for_each(tmp_path: Path) -> None:
    folder = verdict(tmp_path / "row")
    for name in ("one", "two"):
        run_of(folder / name, LOSSES, name=name)
    (folder / "one" / "curves.sqlite").write_bytes(b"damaged")
    made = report_page.document_of(folder)
    assert [section.key for section in made.sections] == ["row", "run-1", "run-2"]
    groups = {str(section.title): list(blocks_of(section.blocks)) for section in made.sections[1:]}
    assert not any(isinstance(block, Curves) for block in groups["one"])  # it cannot be read
    assert any(isinstance(block, Curves) for block in groups["two"])
    assert any(isinstance(block, Curves) for block in made.section("run-2").blocks)  # not folded
    assert cli("report", folder, "--lang", "ko").code == 0
    assert "RUN2, --baseline, --metric and --rope are of runs" in refused(
        "report", folder, "--rope", 0.1
    )


def test_a_row_without_studies_is_what_it_says(tmp_path: Path) -> None:
    made = report_page.document_of(verdict(tmp_path / "row"))
    assert [section.key for section in made.sections] == ["row"]


# What is wrong is said before anything takes long, and nothing half is left.


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--lang", "kor"), "language is 'kor'; expected en (English), ko (한국어)"),
        (("--metric", "val_los"), "Did you mean 'val_loss'?"),
        (("--baseline", "plian"), "Did you mean 'plain'?"),
        (("--out", "page.pdf"), "--out is 'page.pdf'; expected a file that ends in .html."),
        (("--out", "."), "expected a file that ends in .html"),
        (("nowhere",), "there is no run folder 'nowhere'"),
    ],
)
def test_mistakes_are_one_error(
    given: Path, arguments: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dure.cli.look_request.look_inside", lambda *given: pytest.fail("measured"))
    before = sorted(given.iterdir())
    assert said in refused("report", given, *arguments)
    assert sorted(given.iterdir()) == before


def test_a_folder_that_is_none() -> None:
    assert "there is no run folder 'lost'" in refused("report", "lost")
    assert "there are no runs in runs" in refused("report", "latest")


def test_where_nothing_can_be_written_nothing_half_is_left(given: Path) -> None:
    (given / "report.html").mkdir()
    (given / "report.html" / "kept").touch()
    said = refused("report", given)
    assert "could not write the page" in said and "--out FILE.html" in said
    assert [path.name for path in given.glob("report*")] == ["report.html"]
    Path("file").write_text("no folder", encoding="utf-8")
    assert "is a file, not a folder" in refused("report", given, "--out", "file/page.html")
    assert cli("report", given, "--out", "new/folder/page.html").code == 0
    assert Path("new/folder/page.html").is_file()


# The browser.


def test_a_page_opens_where_there_is_a_screen(given: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    assert cli("report", given).code == 0 and not opened  # no terminal, no screen
    monkeypatch.setattr(pages, "has_screen", lambda: True)
    cli("report", given, "--no-open")
    cli("report", given, "--json")
    assert not opened
    cli("report", given)
    assert opened == [(given / "report.html").resolve().as_uri()]

    def missing(url: str) -> None:
        raise webbrowser.Error("there is no browser")

    monkeypatch.setattr(webbrowser, "open", missing)
    assert cli("report", given).code == 0


@pytest.mark.parametrize(
    ("platform", "terminal", "variables", "screen"),
    [
        ("linux", True, {"DISPLAY": ":0"}, True),
        ("linux", True, {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("linux", True, {}, False),
        ("linux", False, {"DISPLAY": ":0"}, False),
        ("darwin", True, {}, True),
        ("win32", True, {}, True),
        ("win32", True, {"CI": "true"}, False),
        ("linux", True, {"DISPLAY": ":0", "CI": "1"}, False),
    ],
)
def test_what_a_screen_is(
    platform: str,
    terminal: bool,
    variables: dict[str, str],
    screen: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "CI"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    assert pages.has_screen() is screen


# The same on the terminal and in a notebook.


def test_show_full_says_what_the_page_says(given: Path) -> None:
    ended = cli("show", given, "--full", "--lanes")
    assert ended.code == 0, ended
    order = ("demo", "Curves\n══════", "Comparison\n══════════", "finished")
    places = [ended.out.index(part) for part in order]
    assert places == sorted(places)
    commands = [line for line in ended.out.splitlines() if line.startswith("    ")]
    assert max(map(len, set(ended.out.splitlines()) - set(commands))) <= 100
    assert "변형" in cli("show", given, "--full", "--lang", "ko").out
    assert "is text" in refused("show", given, "--full", "--json")
    assert "--lang is of --full" in refused("show", given, "--lang", "ko")
    assert "expected en (English)" in refused("show", given, "--full", "--lang", "kor")


def test_a_result_shows_itself_in_a_notebook(given: Path) -> None:
    html = dure.load(given)._repr_html_()
    assert "dropout" in html and "<script" not in html and "<html" not in html


def test_a_large_result_shows_its_curves_and_means_only(
    given: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = dure.load(given)
    monkeypatch.setattr(documents, "MOST", 8 * 2)  # lanes x epochs that it has
    whole = result._repr_html_()
    monkeypatch.setattr(documents, "MOST", 8 * 2 - 1)
    monkeypatch.setattr(dure.Result, "health", lambda self: pytest.fail("took its time"))
    brief = result._repr_html_()
    assert "Findings" in whole and "Findings" not in brief
    assert "Curves" in brief
    assert "the whole report takes a while" in brief and "takes a while" not in whole


@pytest.mark.parametrize("error", [DureError("<b>lost</b>"), ValueError("<b>lost</b>")])
def test_a_notebook_never_sees_a_traceback(
    given: Path, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*given: Any, **options: Any) -> Any:
        raise error

    result = dure.load(given)
    text = str(result)
    monkeypatch.setattr(html_pages, "fragment", broken)
    html = result._repr_html_()
    assert f"({type(error).__name__}: &lt;b&gt;lost&lt;/b&gt;)" in html
    assert f"<pre>{text.splitlines()[0]}" in html
    monkeypatch.setattr("dure.result.lines_of", broken)
    assert "dure.result.Result object" in result._repr_html_()


# Pages that end other commands.


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ended]:
    """The demonstration, of one seed and one epoch, and of two small variants."""
    from dure.gallery import demo

    folder = tmp_path_factory.mktemp("demo") / "run"
    few = {"baseline": {"filters": 2}, "dropout 0.5": {"filters": 2, "dropout": 0.5}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo, "study", replace(demo.study, variants=few))
        asked = ("--seeds=1", "--epochs=1", "--json", "--lang=ko")
        return folder, cli("demo", "--out", folder, *asked)


def test_the_demonstration_ends_with_its_page(demo: tuple[Path, Ended]) -> None:
    folder, ended = demo
    assert ended.code == 0, ended
    document = json.loads(ended.out)
    assert document["report"] == str(folder / "report.ko.html")
    assert Path(document["report"]).is_file() and document["summary"]
    measured = {path.stem.partition("-")[0] for path in (folder / "lens").glob("*.nc")}
    assert {"kernels", "feature_maps", "predictions", "confusion", "saliency"} == measured
    assert "baseline" in dure.load(folder).variants


def test_a_language_nobody_speaks_is_refused_before_training(tmp_path: Path) -> None:
    assert "expected en" in refused("demo", "--lang", "kor", "--out", tmp_path / "run")
    assert "expected en" in refused("gallery", "a11", "--lang", "kor", "--out", tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_page_that_fails_costs_no_run(
    given: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def after(**options: Any) -> Any:
        return pages.make_page_or_explain(given, "en", what=None, **options)

    made = after(silent=True, opened=True)
    assert made is not None and made.path.is_file()
    assert capsys.readouterr() == ("", "")
    assert after(silent=False, opened=False).describe() in capsys.readouterr().out
    for error, said in (
        (DureError("the disk is full."), "the disk is full"),
        (MemoryError("no room"), "MemoryError: no room"),
    ):

        def broken(*given: Any, error: BaseException = error) -> Any:
            raise error

        monkeypatch.setattr(pages, "write_page", broken)
        assert after(silent=True, opened=True) is None
        told = f"The page could not be made: {said}. What was trained is kept; make it with"
        assert told in " ".join(capsys.readouterr().err.split())

    def stopped(*given: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(pages, "write_page", stopped)
    with pytest.raises(KeyboardInterrupt):
        after(silent=True, opened=True)
    assert "Stopped before the page was made." in capsys.readouterr().err
