"""Everything a row says can be said in another language: no f-string reaches a page."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import dure.gallery
from dure.gallery.index import ROWS, find_row
from dure.gallery.page import VERDICT, NoteFigure, RowPage
from dure.messages.message import Message, say

SOURCE = Path(dure.gallery.__file__).parent
FILES = sorted(path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py"))


def _words_given(tree: ast.AST) -> Iterator[ast.expr]:
    """The first argument of every question that says it, and of `NoteFigure`.

    A literal handed to `page.say` is a template, which tests/messages find.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args:
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else ""
            on = called.value if isinstance(called, ast.Attribute) else None
            of_page = isinstance(on, ast.Name) and on.id in ("page", "self")
            made = isinstance(called, ast.Name) and called.id == "NoteFigure"
            template = name == "say" and isinstance(node.args[0], ast.Constant)
            if made or (of_page and name in ("say", "note", "beside", "tell") and not template):
                yield node.args[0]


def _plain(node: ast.expr) -> bool:
    """Whether a text was put together in a way that loses its template."""
    if isinstance(node, ast.IfExp):
        return _plain(node.body) or _plain(node.orelse)
    if isinstance(node, ast.BinOp):
        return not isinstance(node.op, ast.Add) or _plain(node.left) or _plain(node.right)
    if isinstance(node, ast.Call):
        called = node.func
        return isinstance(called, ast.Attribute) and called.attr in ("join", "format")
    return isinstance(node, ast.JoinedStr | ast.Constant)


@pytest.mark.parametrize("name", FILES)
def test_no_row_says_what_cannot_be_translated(name: str) -> None:
    tree = ast.parse((SOURCE / name).read_text("utf-8"))
    lost = [node.lineno for node in _words_given(tree) if _plain(node)]
    assert not lost, f"{name}, lines {lost}: use dure.messages.message.say"


def test_titles_can_be_translated() -> None:
    assert all(type(row.title) is Message for row in ROWS)


def test_a_verdict_keeps_templates_beside_the_english_lines(tmp_path: Path) -> None:
    page = RowPage(tmp_path, quick=True, progress=False)
    page.say(say("{seeds} seeds, mean {mean:.2f}.", seeds=3, mean=1 / 3))
    page.comparisons.append(NoteFigure(say("test loss"), 0.5, 0.4, 0.3, 0.5, 3))
    row = find_row("A1")
    page.close(row)
    kept = json.loads((tmp_path / VERDICT).read_text(encoding="utf-8"))
    assert kept["title"] == row.title and kept["lines"] == ["3 seeds, mean 0.33."]
    assert kept["comparisons"][0]["what"] == "test loss"
    assert kept["said"]["lines"][0]["say"] == "{seeds} seeds, mean {mean:.2f}."
    for part in ("lines", "comparisons"):
        english = [one if part == "lines" else one["what"] for one in kept[part]]
        assert [Message.from_json(one) for one in kept["said"][part]] == english
    assert Message.from_json(kept["said"]["title"]) == row.title
