"""Every text that Dure can say is in every catalogue, and nothing else is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

import dure
from dure.messages.ko import KOREAN, parts
from dure.messages.korean_particles import _FORMS
from dure.messages.message import has_words

SOURCE = Path(dure.__file__).parent


def _calls(name: str) -> Iterator[tuple[str, ast.Call]]:
    for path in sorted(SOURCE.rglob("*.py")):
        if path == SOURCE / "messages" / "message.py":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and _is_call_of(node, name):
                yield f"{path.relative_to(SOURCE)}:{node.lineno}", node


def _is_call_of(node: ast.Call, name: str) -> bool:
    """`say(...)`, and `page.say("a template", ...)`, which makes a message of its template."""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr == name and bool(node.args) and _literal(node.args[0]) is not None
    return isinstance(node.func, ast.Name) and node.func.id == name


def _literal(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _templates() -> dict[str, str]:
    """Every template with the place that says it."""
    found = {}
    for place, call in _calls("say"):
        template = _literal(call.args[0])
        assert template is not None, f"{place}: write the template out as a literal"
        found[template] = place
    for place, call in _calls("count"):
        noun = _literal(call.args[1]) if len(call.args) > 1 else None
        if noun is not None:
            found |= {f"{{number}} {noun}": place}
            found |= {f"{{number}} {noun}{'es' if noun.endswith('s') else 's'}": place}
    return {template: place for template, place in found.items() if has_words(template)}


def _fields(template: str) -> set[str]:
    return {field for _, field, *_ in Formatter().parse(template) if field is not None}


TEMPLATES = _templates()


def test_every_text_has_a_translation() -> None:
    missing = [f"{place}: {t!r}" for t, place in TEMPLATES.items() if t not in KOREAN]
    assert not missing, "\n".join(missing)


def test_no_translation_is_left_over() -> None:
    counts = {t for t in KOREAN if t.startswith("{number} ")}  # nouns may come from variables
    assert not sorted(set(KOREAN) - set(TEMPLATES) - counts)


def test_no_text_has_two_translations() -> None:
    twice = [
        f"{part}: {template!r}"
        for part, texts in parts().items()
        for template, text in texts.items()
        if KOREAN[template] != text
    ]
    assert not twice, "\n".join(twice)


@pytest.mark.parametrize("template", sorted(KOREAN))
def test_fields_are_those_of_the_english_text(template: str) -> None:
    korean = KOREAN[template]
    assert _fields(korean) <= _fields(template)
    assert _fields(template) - _fields(korean) <= {"s", "plural"}, korean
    for _, _, form, _ in Formatter().parse(korean):
        if form and "가" <= form[0] <= "힣":
            assert form in _FORMS, f"{form} is not the form after a consonant"


def _given(call: ast.Call) -> set[str] | None:
    """The fields that a call fills; None where they cannot be read off it."""
    given: set[str] = set()
    for word in call.keywords:
        if word.arg is not None:
            given.add(word.arg)
        elif isinstance(word.value, ast.Dict):
            keys = [None if key is None else _literal(key) for key in word.value.keys]
            if None in keys:
                return None
            given |= {key for key in keys if key is not None}
        else:
            return None
    return given


def test_every_call_gives_the_fields_it_names() -> None:
    wrong = []
    for place, call in _calls("say"):
        template, given = _literal(call.args[0]) or "", _given(call)
        if given is not None and _fields(template) != given:
            wrong.append(f"{place}: {template!r} is given {sorted(given)}")
    assert not wrong, "\n".join(wrong)


def test_korean_is_korean() -> None:
    """Hangul wherever there are letters, so that no English text stands in for a Korean one."""
    wrong = [
        template
        for template, korean in KOREAN.items()
        if has_words(korean) and not any("가" <= char <= "힣" for char in korean)
    ]
    assert not wrong
