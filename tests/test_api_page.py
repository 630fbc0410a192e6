"""docs/api.md is what the docstrings say now, and nothing public is missing from it."""

from __future__ import annotations

import inspect
import re

import pytest

import dure
from helpers.api_entries import ENTRIES, api_page, class_of

PUBLIC = {
    **{f"dure.{name}": getattr(dure, name) for name in dure.__all__},
    **{f"dure.data.{name}": getattr(dure.data, name) for name in dure.data.__all__},
    **{f"dure.layers.{name}": getattr(dure.layers, name) for name in dure.layers.__all__},
}


def test_the_page_is_made_from_the_docstrings_of_now() -> None:
    assert api_page.PAGE.read_text("utf-8") == api_page.page(), "run: sh scripts/api"


def test_every_public_name_is_on_the_page() -> None:
    headings = set(re.findall(r"^#+ (\S+)", api_page.PAGE.read_text("utf-8"), re.MULTILINE))
    missing = set(PUBLIC) - headings - {"dure.__version__", "dure.data", "dure.layers"}
    assert not missing, missing


def test_what_methods_return_is_on_the_page() -> None:
    headings = set(re.findall(r"^### (\S+)", api_page.PAGE.read_text("utf-8"), re.MULTILINE))
    asked = ("Comparison", "Overfitting", "Health", "Sequential", "Plan", "LearningCurve", "Lane")
    assert {
        *asked,
        "Capacity",
        "CureOutcome",
        "Lane",
        "Look",
        "Drawings",
        "PreparedModel",
    } <= headings


@pytest.mark.parametrize("name", ENTRIES)
def test_every_docstring_has_an_example(name: str) -> None:
    """Of its own; small methods may be shown in the example of their class."""
    examples = _examples(name)
    if not examples and ENTRIES[name].kind in ("method", "property"):
        called = rf"\.{name.rpartition('.')[2]}\b"
        assert re.search(called, _examples(class_of(name))), f"{name} has no example"
    elif ">>> " not in examples:
        pytest.fail(f"{name} has no example")


def _examples(name: str) -> str:
    docstring = ENTRIES[name].thing.__doc__
    assert docstring, f"{name} has no docstring"
    return str(api_page.parts_of(docstring).get("Examples", ""))


def _text(name: str) -> str:
    """A docstring without its examples."""
    parts = api_page.parts_of(ENTRIES[name].thing.__doc__)
    return "\n".join(f"{title}\n{body}" for title, body in parts.items() if title != "Examples")


@pytest.mark.parametrize("name", [n for n, e in ENTRIES.items() if e.kind != "property"])
def test_every_parameter_is_explained(name: str) -> None:
    """By name, in a section of its own or in the text; of a method perhaps in its class's."""
    entry = ENTRIES[name]
    if entry.kind == "class" and "Parameters" not in api_page.parts_of(entry.thing.__doc__):
        return  # nobody calls it: it is what a method returns
    text = _text(name) + (_text(class_of(name)) if entry.kind == "method" else "")
    silent = [
        parameter.name
        for parameter in inspect.signature(entry.thing).parameters.values()
        if parameter.name not in ("self", "cls")
        if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        if not re.search(rf"\b{parameter.name}\b", text)
    ]
    assert not silent, f"{name} says nothing of {', '.join(silent)}"


def test_the_readme_leads_to_the_page() -> None:
    root = api_page.PAGE.parents[1]
    assert "](docs/api.md)" in (root / "README.md").read_text("utf-8")
