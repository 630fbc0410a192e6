"""`dure gallery`: lists the rows, runs one, says its verdict."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dure.cli import app
from dure.cli.study_source import find_study
from dure.errors import RunFolderError
from dure.gallery.index import ROWS
from dure.messages.translate import read_message, translate
from dure.storage.run_folder import read_manifest

RUN = CliRunner()


def test_every_row_is_listed() -> None:
    shown = RUN.invoke(app, ["gallery"])
    assert shown.exit_code == 0
    assert all(row.id in shown.output and row.name in shown.output for row in ROWS)
    told = json.loads(RUN.invoke(app, ["gallery", "--json"]).output)
    assert [row["id"] for row in told] == [row.id for row in ROWS]


def test_an_unknown_row_is_an_error() -> None:
    ended = RUN.invoke(app, ["gallery", "lstn"])
    assert ended.exit_code == 1
    assert "Did you mean 'lstm'" in ended.output


@pytest.mark.parametrize("form", ["text", "korean", "json", "quiet"])
def test_a_row_runs_and_says_its_verdict(form: str, tmp_path: Path) -> None:
    flags = {"json": ["--json"], "quiet": ["--quiet"], "korean": ["--lang", "ko"]}.get(form, [])
    folder = tmp_path / "row"
    shown = RUN.invoke(app, ["gallery", "a11", "--quick", "--out", str(folder), *flags])
    assert shown.exit_code == 0, shown.output
    verdict = json.loads((folder / "verdict.json").read_text(encoding="utf-8"))
    assert verdict["id"] == "A11" and verdict["quick"] and verdict["pictures"]
    assert all((folder / name).is_file() for name in verdict["pictures"])
    page = folder / ("report.ko.html" if form == "korean" else "report.html")
    assert page.is_file()
    if form == "json":
        assert json.loads(shown.stdout) == {**verdict, "report": str(page)}
    elif form == "quiet":
        assert not shown.output
    elif form == "korean":
        lines = [translate(read_message(line), "ko") for line in verdict["said"]["lines"]]
        assert all("".join(line.split()) in "".join(shown.output.split()) for line in lines)
        assert f"Page {page}" in shown.output
    else:
        assert "convolution" in shown.output and f"Page {page}" in shown.output


def test_runs_of_a_row_know_their_study(tmp_path: Path) -> None:
    """A9 has two studies, and the second comes after the first has run."""
    folder = tmp_path / "row"
    shown = RUN.invoke(
        app,
        ["gallery", "a9", "--quick", "--seeds=1", "--epochs=2", "--quiet", "--out", str(folder)],
    )
    assert shown.exit_code == 0, shown.output
    runs = sorted(path.parent for path in folder.glob("*/manifest.json"))
    assert len(runs) == 2
    for run in runs:
        manifest = read_manifest(run)
        study = find_study(manifest["source"])
        assert study.name == run.name and study.epochs == 2
        assert json.loads(json.dumps(study.to_manifest()["study"])) == manifest["study"]
        again = RUN.invoke(app, ["resume", str(run), "--quiet"])
        assert again.exit_code == 0, again.output
    source = read_manifest(runs[0])["source"]
    with pytest.raises(RunFolderError, match="no study named 'lost'"):
        find_study({**source, "name": "lost"})
