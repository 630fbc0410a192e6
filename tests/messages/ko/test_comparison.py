"""Comparisons, overfitting, sequential looks and summaries in Korean: each thing they can say."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dure.analysis.comparison.pair import Pair, Verdict, verdict_cell
from dure.analysis.comparison.sequential import InterimLook, Rule, Sequential, SequentialPair
from dure.analysis.comparison.table import Comparison, cells, headlines, notes
from dure.analysis.overfitting.model import Overfitting, OverfittingRow
from dure.core.types import FirstNan, Status
from dure.messages import status_text
from dure.messages.ko import comparison, overfitting, study
from dure.messages.message import Message, has_words
from dure.messages.translate import translate
from dure.results import summary
from dure.stats.intervals import Interval
from helpers.comparison_runs import compared, run_of
from helpers.korean_checks import assert_korean, templates_of

NAMES = ("wide", "plain, tanh")
DIVERGED, FAILED, WAITING = Status("diverged", 3), Status("failed", None, "x"), Status("waiting")


def runs(rows: int, seeds: int, folds: int = 1, apart: float = 0.0, seed: int = 0) -> Any:
    """Values (variant, seed, fold), each variant worse than the one before by `apart`."""
    noise = np.random.default_rng(seed).normal(size=(rows, seeds, folds))
    return noise + apart * np.arange(rows)[:, None, None]


BASE = replace(compared(runs(2, 8, apart=9.0)).pairs[0], first=NAMES[0], second=NAMES[1])
"""Better, lower by 9 in a loss, 8 seeds."""
LOST: dict[str, Any] = {"trained": 5, "diverged": (1, 2)}
TURNED = {"difference": 0.2, "low": 0.1, "high": 0.3}


def pairs() -> Iterator[Pair]:
    """Each branch of what is said of two variants."""
    for verdict, mode, sign in product(("better", "worse"), ("min", "max"), (1, -1)):
        given = dict(
            zip(TURNED, np.array(list(TURNED.values()))[[0, *[1, 2][::sign]]], strict=True)
        )
        signed = {name: float(sign * value) for name, value in given.items()}
        yield replace(BASE, verdict=verdict, mode=mode, **signed)
        yield replace(BASE, verdict=verdict, mode=mode, **signed, **LOST, family=3)
    for verdict in ("better", "worse"):
        yield replace(BASE, verdict=verdict, trained=0, diverged=(8, 0))
    yield replace(BASE, rope=9.0, rows_low=-20.0, rows_high=2.0, superiority=0.999)
    same: dict[str, Any] = {"verdict": "equivalent", "rope": 0.5}
    yield replace(BASE, **same, difference=0.1, low=-0.1, high=0.3)
    yield replace(BASE, **same, **TURNED)
    open_: dict[str, Any] = {"verdict": "undecided", "difference": 0.1, "low": -0.1, "high": 0.3}
    for more in (None, 1, 12, 345):
        yield replace(BASE, **open_, more_seeds=more, visible=1234.5)
    yield replace(BASE, **{**open_, "low": 0.05, "p_adjusted": 0.09})
    for unit in ("seed", "fold"):
        yield replace(BASE, **{**open_, "difference": 0.0, "low": 0.0, "high": 0.0}, unit=unit)
        yield replace(BASE, **open_, unit=unit)
        for number, family in ((1, 1), (4, 1), (4, 3)):
            few: dict[str, Any] = {"pairs": number, "trained": number, "family": family}
            yield replace(BASE, verdict="too few", unit=unit, more_seeds=2, **few)
    yield replace(BASE, verdict="too few", unit="fold", more_seeds=None)


def comparisons() -> Iterator[Comparison]:
    """Tables with their headlines and notes: few and many pairs, with and without a baseline."""
    yield compared(runs(2, 8, 2, apart=9.0))
    yield compared(runs(2, 1, 5), mode="max")
    yield compared(runs(2, 1, 1))
    yield compared(runs(4, 3))
    yield compared(runs(5, 3), baseline="e")
    yield compared(runs(4, 16))
    yield compared(runs(4, 16, apart=9.0))
    values = runs(4, 16, seed=1)
    values[1] += 30
    yield compared(values)
    yield compared(runs(5, 16, seed=3), baseline="e")
    lost = np.zeros((2, 12, 1), bool)
    lost[0, :9] = True
    yield compared(runs(2, 12), lost)
    for groups in (
        ("better", "worse", "equivalent", "undecided"),
        ("better", "better", "worse", "worse"),
        ("equivalent", "equivalent", "equivalent", "too few"),
    ):
        whole = compared(runs(5, 16), baseline="e", rope=0.5)
        verdicts: tuple[Verdict, ...] = groups  # type: ignore[assignment]
        judged = zip(whole.pairs, verdicts, strict=True)
        yield replace(whole, pairs=tuple(replace(p, verdict=v, rope=0.5) for p, v in judged))


def told_of(found: Comparison) -> list[Message]:
    header, rows = cells(found)
    return [*headlines(found), *notes(found), *header, *(r[-1] for r in rows)]


def rows() -> Iterator[tuple[OverfittingRow, str]]:
    """Each branch of what is said of a variant's curves, with the loss's name."""
    few, some = Interval(0.3, 0.2, 0.4, 5, 7), Interval(-0.2, -0.3, -0.1, 5, 7)
    one, none = Interval(0.3, math.nan, math.nan, 1, 1), Interval(*(math.nan,) * 3, 0, 4)
    base = OverfittingRow(
        "v0", "overfits", few._replace(mean=6.2), few, few, few, few, some, 40, 12, None
    )
    yield base, "loss"
    yield base, "mse"
    yield replace(base, turning_epoch=one._replace(mean=1.0), given_away=one), "loss"
    yield replace(base, kind="converged"), "loss"
    yield replace(base, kind="still falling", given_away=few._replace(of=5)), "loss"
    yield replace(base, kind="still falling", more_epochs=30), "loss"
    yield replace(base, kind="cannot tell"), "loss"
    nothing = few._replace(mean=0.0, low=0.0, high=0.0)
    yield replace(base, kind="cannot tell", given_away=nothing, gap_at_end=none), "loss"
    yield replace(base, kind="cannot tell", lowest=none, given_away=none, gap_at_end=none), "loss"


def sequentials() -> Iterator[Sequential]:
    """Each way a study with added seeds may stand."""
    settled = SequentialPair("a", "b", -0.3, -0.4, -0.1, 1e-6, "better", 9)
    verdicts: tuple[SequentialPair, ...] = (
        settled,
        replace(settled, second="c", verdict="equivalent", p=0.03),
        replace(settled, second="d", verdict="equivalent", lost=(1, 2)),
        replace(settled, first="b", second="c", verdict="worse"),
        replace(settled, first="b", second="d", verdict="open", settled_at=None, p=0.2),
        replace(settled, first="c", second="d", verdict="open", settled_at=None, low=-math.inf),
    )
    given: dict[str, Any] = {"seeds": 6, "max_seeds": 50}
    rule = Rule.of(list("abcd"), "val_loss", "min", **given)
    against = Rule.of(list("abcd"), "val_loss", "min", baseline="d", **given)
    yield Sequential(rule)
    looks = [InterimLook(n, 0.02, "a", None, verdicts) for n in (6, 9)]
    yield Sequential(rule, tuple(looks))
    for end in ("decided", "hopeless", "max_seeds"):
        yield Sequential(rule, (looks[0], replace(looks[1], ended=end)))
    alone = replace(looks[1], ended="decided", pairs=verdicts[:1])
    yield Sequential(rule, (looks[0], alone))
    yield Sequential(against, (looks[0], alone))


def notes_of_runs(folder: Path) -> Iterator[Message]:
    """What must be known of runs: lanes not done, penalties, other data, rows, epochs, seeds."""
    grid = {"a": runs(1, 6, 2)[0], "b": runs(1, 6, 2, seed=1)[0]}
    ends = {("a", 1, 1): DIVERGED, ("a", 2, 1): WAITING}
    made = {
        "one": run_of(folder / "one", grid, penalised=["a"], name="one"),
        "two": run_of(folder / "two", grid, ends, fingerprint="x", epochs=7, name="two"),
        "three": run_of(folder / "three", grid, seeds=[4, 5, 6, 7, 8, 9], splits="y", name="three"),
    }
    for pair in (("one", "one"), ("two", "two"), ("one", "two"), ("one", "three")):
        first, other = (made[name] for name in pair)
        yield from notes(first.compare(other=None if first is other else other))
    sized = [run_of(folder / n, grid, name=n) for n in ("four", "five")]
    sized[0].manifest["study"]["batch_size"], sized[1].manifest["study"]["batch_size"] = 32, 128  # type: ignore[index]
    yield from sized[0].compare(other=sized[1]).notes


RUNS = ("one", "two", "three", "four", "five")


def summaries(folder: Path) -> Iterator[Message]:
    """Summaries of many lanes, of folds and of a lane a variant."""
    for number, (mode, values) in enumerate(
        product(("min", "max"), (runs(2, 3), runs(2, 1, 5), runs(2, 1)))
    ):
        metric = "val_loss" if mode == "min" else "val_accuracy"
        grid = {"wide": values[0], "plain, tanh": values[1]}
        result = run_of(folder / f"s{number}", grid, mode=mode, metric=metric)
        header, rows = summary.summary_cells(result)
        yield from (header[0], *header[-2:], *(row[-1] for row in rows))
        yield from summary.summary_notes(result)
        result.curves.attrs |= {"source": "MNIST", "excerpt": True}
        yield summary.source_of(result)


def statuses() -> Iterator[Status]:
    kinds = status_text.KINDS
    yield from (Status(kind) for kind in kinds)
    yield from (Status("stopped", 3), DIVERGED, FAILED, Status("diverged", 3, "loss became NaN"))
    for layer, what in (
        ("d (1)", "activation"),
        ("e", "gradient"),
        ("f", "weights"),
        (None, "loss"),
    ):
        yield Status("diverged", 3, FirstNan(3, 17, layer, what))


def everything(folder: Path) -> Iterator[Message]:
    for pair in pairs():
        yield from (pair.describe(), verdict_cell(pair))
    for found in comparisons():
        yield from told_of(found)
    for row, metric in rows():
        yield row.describe(metric=metric)
    yield from Overfitting(tuple(r for r, _ in rows()), "loss", 0.9, 0.01).notes()
    for looked in sequentials():
        yield from (looked.describe(), looked.note(), looked.caution(), looked.ending())
    yield from notes_of_runs(folder)
    yield from summaries(folder)
    yield from map(status_text.describe_status, statuses())
    yield status_text.tally([])
    yield status_text.tally([Status(kind) for kind in status_text.KINDS])


@pytest.mark.parametrize("pair", list(pairs()), ids=lambda p: p.verdict.replace(" ", "-"))
def test_pairs(pair: Pair) -> None:
    assert_korean(pair.describe(), allowed=NAMES)
    cell = verdict_cell(pair)
    assert_korean(cell)
    assert cell.startswith(pair.verdict)


@pytest.mark.parametrize("found", list(comparisons()))
def test_comparisons(found: Comparison) -> None:
    for said in told_of(found):
        if translate(said, "ko") not in ("p", "p (Holm)"):
            assert_korean(said, allowed="abcde")
    assert all(isinstance(cell, Message) for row in cells(found)[1] for cell in row)


@pytest.mark.parametrize(("row", "metric"), list(rows()))
def test_rows_of_overfitting(row: OverfittingRow, metric: str) -> None:
    assert_korean(row.describe(metric=metric), allowed=("v0", "mse"))


def test_overfitting_as_a_whole() -> None:
    whole = Overfitting(tuple(row for row, _ in rows()), "loss", 0.9, 0.01)
    assert_korean(whole.describe(), allowed=("v0",))
    assert len(translate(whole.describe(), "ko").splitlines()) == len(whole.rows) + 2


@pytest.mark.parametrize("looked", list(sequentials()))
def test_sequential_looks(looked: Sequential) -> None:
    assert_korean(looked.describe(), allowed="abcd")
    assert looked.describe().startswith(looked.ending())
    if looked.looks:
        assert_korean(looked.note(), allowed=("result.sequential", *"abcd"))


def test_notes_of_runs(tmp_path: Path) -> None:
    for said in notes_of_runs(tmp_path):
        assert_korean(said, allowed=(*RUNS, "a", "b"))


def test_a_sequential_study_is_said_in_the_notes(tmp_path: Path) -> None:
    *_, looked = sequentials()
    result = run_of(tmp_path / "one", {"a": runs(1, 6)[0], "b": runs(1, 6)[0]}, name="one")
    result.manifest["sequential"] = json.loads(json.dumps(looked.to_manifest()))  # type: ignore[index]
    note = result.compare().notes[0]
    assert note == f"one: {looked.note()}"
    assert_korean(note, allowed=("one", "result.sequential", *"abcd"))


def test_summaries(tmp_path: Path) -> None:
    for said in summaries(tmp_path):
        assert_korean(said, allowed=("MNIST", *NAMES))


@pytest.mark.parametrize("status", list(statuses()), ids=str)
def test_statuses(status: Status) -> None:
    said = status_text.describe_status(status)
    assert said == str(status)
    assert_korean(said, allowed=("'d (1)'", "'e'", "'f'", "x"))


def test_tallies() -> None:
    all_kinds = [Status(kind) for kind in status_text.KINDS] * 2
    assert translate(status_text.tally(all_kinds), "ko") == (
        "레인 12개: 완료 2개, 조기 종료 2개, 발산 2개, 실패 2개, 훈련 중 2개, 대기 2개"
    )
    assert translate(status_text.tally([]), "ko") == "레인 없음"


def test_nothing_that_can_be_said_was_left_out(tmp_path: Path) -> None:
    said = {t for text in everything(tmp_path) for t in templates_of(text) if has_words(t)}
    known = {*comparison.TEXTS, *overfitting.TEXTS, *study.TEXTS}
    assert sorted(known - said) == []
