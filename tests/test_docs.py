"""What the documents say is so: their code runs, what they name is there."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
import typer

import dure
from dure.cli import app

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "docs/*.md", "benchmarks/*.md")
    for path in ROOT.glob(pattern)
)
# As in pyproject.toml: Keras' Variable has not learnt NumPy 2's copy argument yet.
KERAS_COPIES = "ignore:__array__ implementation:DeprecationWarning"
PYTHON = [
    block
    for page in PAGES
    for block in re.findall(
        r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL
    )
]


def code(page: str) -> list[str]:
    """Whatever a page shows as code: blocks, indented lines and words in backticks."""
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = re.findall(r"```\w*\n(.*?)```", text, re.DOTALL)
    text = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    return [*blocks, *re.findall(r"^ {4}.*$", text, re.MULTILINE), *re.findall(r"`([^`]+)`", text)]


def test_the_pages_are_those_expected() -> None:
    assert {"README.md", "CONTRIBUTING.md", "CHANGELOG.md"} < set(PAGES)
    assert PYTHON and any("dure.Study(" in block for block in PYTHON)


@pytest.mark.parametrize("block", PYTHON)
def test_python_in_the_pages_runs(block: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-W", KERAS_COPIES, "-c", block],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    if '.save("best.keras")' in block:
        assert (tmp_path / "best.keras").is_file()
        assert "20 of 20 lanes done" in done.stderr
        assert len(list((tmp_path / "runs").iterdir())) == 1


@pytest.mark.parametrize("page", PAGES)
def test_commands_and_their_options_are_there(page: str) -> None:
    known = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    for text in code(page):
        for name, rest in re.findall(r"^\s*dure ([a-z][\w-]*)(.*)", text, re.MULTILINE):
            assert name in known, f"{page}: dure {name}"
            options = {option for p in known[name].params for option in p.opts}
            wanted = set(re.findall(r"(?<!\S)--[a-z-]+", rest))
            assert wanted <= options, f"{page}: dure {name}{rest}"


@pytest.mark.parametrize("page", PAGES)
def test_scripts_named_are_there(page: str) -> None:
    for text in code(page):
        for path in re.findall(r"(?<![\w/.])((?:scripts|benchmarks|tests|docs)/[\w./-]+)", text):
            assert (ROOT / path.rstrip(".")).exists(), f"{page}: {path}"


@pytest.mark.parametrize("page", PAGES)
def test_modules_named_are_there(page: str) -> None:
    """Paths in backticks that begin with a room of the source, and dotted names of `dure`."""
    text = (ROOT / page).read_text(encoding="utf-8")
    rooms = "|".join(p.name for p in (ROOT / "src" / "dure").iterdir() if p.is_dir())
    for path in re.findall(rf"`((?:src/dure/)?(?:{rooms})/[\w/.]*)`", text):
        places = [ROOT / path, ROOT / "src" / "dure" / path]
        assert any(p.exists() or p.with_suffix(".py").exists() for p in places), f"{page}: {path}"
    assert not (wrong := unknown_names(text)), f"{page}: {wrong}"


@pytest.mark.parametrize("folder", ["src", "tests", "benchmarks", "examples"])
def test_names_in_docstrings_are_there(folder: str) -> None:
    wrong = {
        path.relative_to(ROOT).as_posix(): names
        for path in sorted((ROOT / folder).rglob("*.py"))
        if (names := unknown_names(path.read_text("utf-8")))
    }
    assert not wrong, wrong


def unknown_names(text: str) -> list[str]:
    """Dotted names of `dure` in backticks that stand for nothing."""
    return sorted(n for n in set(re.findall(r"`(dure(?:\.\w+)+)`", text)) if not is_there(n))


@cache
def is_there(name: str) -> bool:
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            thing: object = import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for part in parts[cut:]:
            if not hasattr(thing, part):
                return part in getattr(thing, "__annotations__", {})
            thing = getattr(thing, part)
        return True
    return False


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    text = re.sub(r"```.*?```", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not re.match(r"[a-z]+:|#", target):
            path = (ROOT / page).parent / target.partition("#")[0]
            assert path.exists(), f"{page}: {target}"


def test_the_picture_is_small_enough_to_load_at_once() -> None:
    assert (ROOT / "docs" / "report.png").stat().st_size < 300_000


@pytest.mark.parametrize("name", dure.__all__)
def test_public_names_are_explained(name: str) -> None:
    thing = getattr(dure, name)
    if name == "__version__":
        return
    assert inspect.getdoc(thing), name
    if inspect.isclass(thing):
        own = {n: m for n, m in vars(thing).items() if not n.startswith("_")}
        methods = {n: m for n, m in own.items() if inspect.isfunction(m) or isinstance(m, property)}
        assert not [n for n, method in methods.items() if not inspect.getdoc(method)], name


def test_every_data_set_is_named_in_the_changelog() -> None:
    assert all(
        name in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8") for name in dure.data.__all__
    )
