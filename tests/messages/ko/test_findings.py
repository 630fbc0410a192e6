"""What ails a network, said in Korean: every sentence, reason and number that there is."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

import dure
from dure.analysis.diagnostics.case import Finding
from dure.analysis.diagnostics.findings import fit_quality
from dure.analysis.diagnostics.health import (
    KINDS,
    Health,
    describe_found,
    describe_left_out,
    describe_missing,
    describe_nothing,
    describe_numbers,
    describe_single,
    title_of,
)
from dure.analysis.diagnostics.number_names import LIMITS, NAMES, NAMES_OF_KIND, WORDS, number_cells
from dure.messages.message import Message, has_words
from dure.messages.translate import translate
from helpers import every_finding as every
from helpers.korean_checks import assert_korean, templates_of

FINDINGS = Path(dure.__file__).parent / "analysis" / "diagnostics"
SPEAKING = [*FINDINGS.rglob("*.py")]
NAMED = [*FINDINGS.rglob("*.py"), FINDINGS.parent.parent / "remedies" / "candidates.py"]
METRICS = {*fit_quality._ACCURACIES, *fit_quality._ERRORS, "loss"}

FOUND = every.findings()
HEALTH = Health(tuple(FOUND), tuple(every.silenced()), tuple(every.missing()), 6, 2)

# Of Keras and mathematics: the same in every language.
OURS = {
    "NaN",
    "He",
    "Keras",
    "relu",
    "leaky_relu",
    "softmax",
    "sigmoid",
    "softplus",
    "exponential",
    "clipnorm",
    "from_logits",
    "True",
    "False",
    "activation",
    "Dense",
    "class_weight",
    "health",
    "binary_crossentropy",
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
    "EarlyStopping",
    "Rescaling",
    "Normalization",
    "Data",
    "prepare",
    "StandardScaler",
}


def said() -> list[Message]:
    """Everything that is said, but for the names of numbers, which stand by themselves."""
    one = replace(HEALTH, findings=(), missing=(), lanes=2)
    bare = [replace(finding, variant=None) for finding in FOUND]
    several = [s._replace(finding=replace(s.finding, variant=None)) for s in HEALTH.silenced]
    named = [s._replace(finding=replace(s.finding, layer="dense")) for s in HEALTH.silenced]
    single = describe_single(one)
    assert single is not None and describe_single(replace(one, lanes=3)) is None
    return [
        *KINDS.values(),
        *(finding.sentence for finding in FOUND),
        *(title_of(finding) for finding in (*FOUND, *bare)),
        *(describe_left_out(s) for s in (*HEALTH.silenced, *several, *named)),
        *(describe_left_out(s._replace(finding=replace(s.finding, variant=None))) for s in named),
        *chain.from_iterable(describe_missing([one]) for one in HEALTH.missing),
        *describe_missing(HEALTH.missing),
        describe_found(HEALTH),
        describe_nothing(one),
        describe_nothing(replace(one, lanes=0)),
        single,
    ]


def in_numbers() -> list[tuple[Message, Message]]:
    return list(dict.fromkeys(pair for finding in FOUND for pair in number_cells(finding)))


def values_in(text: Message) -> set[str]:
    """What is put in as it is: names, and numbers as text."""
    inside = text.values.values()
    deeper = [values_in(value) for value in inside if isinstance(value, Message)]
    return {str(value) for value in inside if not isinstance(value, Message)}.union(*deeper)


def words(text: str) -> set[str]:
    return set(re.findall(r"[A-Za-z_]+", text))


def numbers(text: str) -> Counter[str]:
    """Numbers, without fractions in words: "a tenth" is 10분의 1."""
    text = re.sub(r"\d+분의 1", "", text)
    return Counter(re.findall(r"\d+(?:[.,]\d+)*(?:e[-+]?\d+)?", text))


@pytest.mark.parametrize("text", dict.fromkeys(said()))
def test_each_is_said_in_korean_with_the_same_numbers(text: Message) -> None:
    korean = assert_korean(text, allowed=OURS | values_in(text), numbers=False)
    assert numbers(korean) == numbers(text)


@pytest.mark.parametrize("pair", in_numbers())
def test_each_number_is_named_in_korean(pair: tuple[Message, Message]) -> None:
    name, value = pair
    assert words(translate(name, "ko")) <= METRICS | {"from_logits"}
    assert words(translate(value, "ko")) <= words(" ".join({*OURS, *values_in(value)}))
    assert numbers(translate(value, "ko")) == numbers(value)


def test_no_kind_reason_or_sentence_is_left_out_here() -> None:
    """The tests above see every template that the findings have."""
    tables = (NAMES, NAMES_OF_KIND, WORDS)
    shown = [*said(), *(text for table in tables for text in table.values())]
    shown += [text for pair in in_numbers() for text in pair]
    seen = {template for text in shown for template in templates_of(text)}
    spoken = {
        call.args[0].value
        for path in SPEAKING
        for call in calls(path, "say")
        if isinstance(call.args[0], ast.Constant)
    }
    assert not {t for t in spoken - seen if has_words(t)}
    assert {finding.kind for finding in FOUND} == set(KINDS)
    assert {kind for kind, _ in HEALTH.missing} == set(KINDS)


def calls(path: Path, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
            yield node


def number_names(path: Path) -> set[str]:
    """Keys of dictionaries called `numbers`, and of what a function `_numbers` returns."""
    found: list[Any] = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Subscript) and _is_numbers(target.value):
                    found.append(target.slice)
                elif _is_numbers(target) and isinstance(node.value, ast.Dict):
                    found += node.value.keys
        elif isinstance(node, ast.FunctionDef) and node.name == "_numbers":
            found += [k for n in ast.walk(node) if isinstance(n, ast.Dict) for k in n.keys]
    return {key.value for key in found if isinstance(key, ast.Constant)}


def _is_numbers(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "numbers"


def test_every_number_that_a_finding_can_have_has_a_name() -> None:
    limits = set(chain.from_iterable(LIMITS.values()))
    known = {*NAMES, *limits, *(name for _, name in NAMES_OF_KIND)}
    written = set().union(*map(number_names, NAMED))
    seen = {name for finding in FOUND for name in finding.numbers}
    assert len(written) > 60
    assert written == known and seen <= known | METRICS
    for finding in FOUND:
        for name in finding.numbers:
            assert name in {*NAMES, *limits, *METRICS} or (finding.kind, name) in NAMES_OF_KIND


def test_limits_stand_behind_their_number() -> None:
    numbers = {"share": 0.5, "low": 0.25, "high": 0.75, "layer": "dense"}
    made = Finding("dead_units", "net", "dense", 6, 6, FOUND[0].sentence, numbers)
    assert number_cells(made) == (
        ("share of dead units", "0.5 [0.25, 0.75]"),
        ("layer", "dense"),
    )
    assert describe_numbers(made) == "share 0.5, low 0.25, high 0.75, layer dense"
    nan = float("nan")
    alone = replace(made, numbers={"share": 0.5, "low": nan, "high": nan})
    assert number_cells(alone) == (("share of dead units", "0.5"),)


def test_what_is_not_finite_is_unknown() -> None:
    made = replace(FOUND[0], numbers={"ratio": float("nan")})
    assert describe_numbers(made) == "ratio unknown"
    assert translate(number_cells(made)[0][1], "ko") == "알 수 없음"


def test_lines_are_those_of_the_english_account() -> None:
    lines = list(HEALTH.lines())
    assert "\n".join(lines) == HEALTH.describe()
    assert lines[0] == f"{len(FOUND)} findings in 6 lanes of 2 variants, worst first."
    assert (
        "Left out: layers that do not learn in dense of net, since the gradient"
        in HEALTH.describe()
    )
    assert "Left out: overfitting of net, since validation is at chance" in HEALTH.describe()
    assert all(isinstance(line, Message) for line in lines)
    assert translate(lines[2], "ko").startswith("1. net: ")
