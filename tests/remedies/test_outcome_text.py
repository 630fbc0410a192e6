"""What cures are called, why, what they did, and the verdict: English as ever, all in Korean."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import pytest
from keras import layers

import dure
from dure.analysis.diagnostics.case import Finding
from dure.messages.message import Message, as_is
from dure.messages.translate import translate
from dure.remedies import outcome_text as words
from dure.remedies.candidates import _describe_ahead, choose
from dure.remedies.catalog import ANSWERS, GENERAL, CatalogFacts, all_cures
from dure.remedies.model import Candidates, Effect, Held, Refused, Stopping
from dure.remedies.outcome import CureOutcome
from dure.remedies.remedy import (
    Cure,
    combine,
    describe_name,
    metric_in_words,
    metric_on_test_rows,
)
from dure.remedies.surgery.model_config import Blueprint, CannotEdit
from dure.stats.intervals import Interval
from helpers.remedy_networks import EDITS, pictures, sequence

NAN = math.nan
KERAS_OWN = {"relu", "leaky relu", "LSTM", "GRU", "L1 0.0001", "L1 0.001", "L1 0.01"} | {
    "L2 0.0001",
    "L2 0.001",
    "L2 0.01",
}
"""Names that are the same in every language."""


def korean(text: str) -> str:
    """A text in Korean, with Hangul in it; fails where it lost its template."""
    assert isinstance(text, Message), f"{text!r} is no longer Message"
    shown = translate(text, "ko")
    assert any("가" <= char <= "힣" for char in shown), shown
    assert translate(Message.from_json(json.loads(json.dumps(text.to_json()))), "ko") == shown
    return shown


def cures() -> list[Cure]:
    data = (dure.data.digits(), dure.data.breast_cancer(), dure.data.diabetes())
    return [
        c for d in data for units in (1, 10) for c in all_cures(CatalogFacts(d, 9, units)).values()
    ]


def test_every_cure_has_a_name_and_a_reason() -> None:
    known = {cure.name for cure in cures()}
    assert known == {*itertools.chain(*ANSWERS.values()), *GENERAL}
    for name in known:
        assert describe_name(name) == name
        assert (translate(describe_name(name), "ko") == name) == (name in KERAS_OWN)
    for cure in cures():
        korean(cure.why)
        for change in cure.side.describe:
            korean(change)
    several = combine(cures()[:3])
    assert describe_name(several.name) == several.name
    assert translate(describe_name("dropout 0.5 + L2 0.01 + rate x3"), "ko") == (
        "드롭아웃 0.5 + L2 0.01 + 학습률 3배"
    )
    korean(several.why)


def test_metrics_have_words() -> None:
    for name, ours in (("data_loss", "loss (penalties not counted)"), ("accuracy", "accuracy")):
        assert metric_in_words(f"val_{name}") == f"validation {ours}"
        assert metric_on_test_rows(name) == f"test {ours}"
        korean(metric_in_words(f"val_{name}"))
        korean(metric_on_test_rows(name))
    assert metric_in_words("val_mae") == metric_on_test_rows("mae") == "val_mae"


def small() -> keras.Model:
    model = keras.Sequential([layers.Input((8, 8, 1)), layers.Flatten(), layers.Dense(10)])
    model.compile("adam", "mse")
    return model


class Own(keras.Model):
    """A model that is a class of its own."""

    def call(self, x: Any) -> Any:
        return keras.ops.reshape(x, (-1, 64))


def own() -> keras.Model:
    model = Own()
    model.compile("sgd", "mse")
    return model


def scheduled() -> keras.Model:
    flat = layers.Lambda(lambda x: keras.ops.reshape(x, (-1, 64)), output_shape=(64,))
    model = keras.Sequential([layers.Input((8, 8, 1)), flat, layers.Dense(10, "softmax")])
    steps = keras.optimizers.schedules.PiecewiseConstantDecay([1], [0.1, 0.2])
    model.compile(keras.optimizers.Adam(steps, clipnorm=1.0), "sparse_categorical_crossentropy")
    return model


def said_of_edits(build: Callable[[], keras.Model]) -> list[Message]:
    """What every edit says it did to a network, or why it cannot."""
    model, told_all = build(), []
    for edit in EDITS:
        try:
            if edit.stage == "compile":
                told_all.append(edit.compile({"optimizer": model.optimizer}))
            else:
                told_all.append(edit.apply(Blueprint.of(model)))
        except CannotEdit as refused:
            told_all.append(refused.reason)
    return told_all


@pytest.mark.parametrize("build", [pictures, sequence, small, own, scheduled])
def test_what_edits_do_or_refuse_is_said_in_korean(build: Callable[[], keras.Model]) -> None:
    assert len({korean(phrase) for phrase in said_of_edits(build)}) >= 2


def test_refused_cures_have_their_reasons_in_korean() -> None:
    kinds = [Finding(kind, "a", None, 1, 1, as_is("."), {}) for kind in ("overfitting", "nan")]
    study = dure.Study(small, dure.data.digits(), validation_split=0.3, epochs=2)
    reasons = {korean(refused.reason) for refused in choose(kinds, study, {}, 3).refused}
    assert "은닉층이 없습니다" in reasons


class Turn:
    """What a finding reads of a row of `result.overfitting()`."""

    gap_at_turn = Interval(0.3, 0.2, 0.4, 5, 5)
    given_away = Interval(0.1, 0.05, 0.15, 5, 5)
    lowest = turning_epoch = Interval(12.0, 11.0, 13.0, 5, 5)
    end = 40

    def __init__(self, kind: str) -> None:
        self.kind = kind


def test_training_ahead_is_told_whole() -> None:
    both = _describe_ahead(Turn("overfits"), far=True)  # type: ignore[arg-type]
    assert both == (
        "Training is ahead of validation by 0.30 [0.20, 0.40] at a validation loss of 12, so much "
        "is learnt by heart; validation loss turns about epoch 12 and is up by 0.10 [0.05, 0.15] "
        "at epoch 40."
    )
    turns = _describe_ahead(Turn("overfits"), far=False)  # type: ignore[arg-type]
    assert turns == "V" + both.partition("; v")[2]
    ahead = _describe_ahead(Turn("still"), far=True)  # type: ignore[arg-type]
    assert ahead == both.partition(";")[0] + "."
    for sentence in (both, turns, ahead):
        assert "12" in korean(sentence)


def effect(verdict: Any = "better", cure: str = "dropout 0.5", **changes: Any) -> Effect:
    known: dict[str, Any] = {
        **{"round": "round-1", "seeds": 5, "difference": -0.1, "low": -0.2, "high": -0.05},
        **{"end": (-0.1, -0.2, 0.1), "p": 0.01, "p_adjusted": 0.04, "wins": 0.9, "diverged": 0},
        **{"baseline_diverged": 0, "of": 5, "seconds": 1.23, "parameters": 1234},
        **{"more_seeds": None, **changes},
    }
    return Effect(cure=cure, verdict=verdict, **known)


def cured(**changes: Any) -> CureOutcome:
    known: dict[str, Any] = {
        **{"folder": Path("runs/x"), "original": None, "variant": "a", "metric": "val_loss"},
        **{"mode": "min", "findings": (), "candidates": Candidates([], [], []), "effects": {}},
        **{"winner": None, "helps": False, "test": (), "stopping": None, "turn": None},
        **{"best": None, "build": None, "source": "", **changes},
    }
    return CureOutcome(**known)


LOST = {"difference": NAN, "low": NAN, "high": NAN}
FINDING = Finding("overfitting", "a", None, 1, 1, as_is("It overfits."), {})
WINNER = Cure("dropout 0.5", "dropout")
STOP = Stopping(5, Interval(-0.02, -0.03, -0.01, 5, 5), 0.52, True)
T = (0.3, 0.2, 0.4)
HELD = Held("loss", 1500, T, T, T, (-0.1, -0.2, -0.05), T)
REFUSED = Candidates([], [Refused("noise", "x", as_is("no"))], ["noise"])


def checked(verdict: Any, helps: bool = False, **changes: Any) -> dict[str, Any]:
    row = effect(verdict, round="check", **changes)
    return {"effects": {"round-1": (row,), "check": (row,)}, "winner": WINNER, "helps": helps}


@pytest.mark.parametrize(
    ("found", "english"),
    [
        ({}, "Nothing was tried: nothing is known to ail this network."),
        ({"findings": (FINDING,)}, "Nothing was tried: there is no cure known for what was found."),
        (
            {"findings": (FINDING,), "candidates": REFUSED},
            "Nothing was tried: no cure suits this network (noise: no).",
        ),
        (
            {"effects": {"round-1": (effect("undecided", more_seeds=1), effect())}},
            "None of 2 cures is better than the network as it is, on 5 seeds; the best, "
            "'dropout 0.5', differs by -0.10 [-0.20, -0.05] in validation loss: about 1 more seed "
            "would settle it.",
        ),
        (
            {"effects": {"round-1": (effect("undecided", more_seeds=1234),)}},
            "The 1 cure that was tried is not better than the network as it is, on 5 seeds; the "
            "best, 'dropout 0.5', differs by -0.10 [-0.20, -0.05] in validation loss: about 1234 "
            "more seeds would settle it.",
        ),
        (
            {"effects": {"round-1": (effect("worse", **LOST, diverged=5, baseline_diverged=4),)}},
            "The 1 cure that was tried is not better than the network as it is, on 5 seeds: of 5 "
            "networks 4 are lost as it is, and 5 with the best, 'dropout 0.5'; too few sound "
            "networks to tell more.",
        ),
        (
            checked("undecided"),
            "No cure holds. 'dropout 0.5' came best out of the rounds, but on 5 seeds that chose "
            "nothing its validation loss differs from that of the network as it is by -0.10 "
            "[-0.20, -0.05]: so small a difference that no sensible number of seeds would tell it "
            "from none.",
        ),
        (
            {**checked("too few"), "stopping": STOP},
            "too few sound networks to tell. Stopping early does help: EarlyStopping(patience=5, "
            "restore_best_weights=True) changes the validation loss of what fit leaves behind by "
            "-0.020 [-0.030, -0.010], in 52% of the epochs.",
        ),
        (
            {**checked("better", True, baseline_diverged=3), "done_to": (as_is("a"), as_is("b"))},
            "'dropout 0.5' helps. Of 5 networks 3 are lost as it is, 0 with it. On 5 seeds that "
            "chose nothing it changes the validation loss by -0.10 [-0.20, -0.05], better in 90% "
            "of the pairs; an epoch takes 1.2x the time. What was done: a; b.",
        ),
        (
            {**checked("better", True), "test": (HELD,)},
            "On 1,500 test rows, looked at only now: test loss 0.30 [0.20, 0.40], not 0.30 [0.20, "
            "0.40]: -0.10 [-0.20, -0.05]; as fit leaves the network at its last epoch it is 0.30 "
            "[0.20, 0.40].",
        ),
    ],
)
def test_verdict_in_both_languages(found: dict[str, Any], english: str) -> None:
    verdict = words.describe_verdict(cured(**found))
    assert english in verdict and translate(verdict, "en") == verdict
    shown = korean(verdict)
    for number in ("-0.10 [-0.20, -0.05]", "1234", "1,500", "52%", "90%"):
        assert (number in shown) == (number in verdict), shown


def test_all_paragraphs_are_said_in_korean() -> None:
    row = effect("undecided", diverged=2, p_adjusted=None, parameters=None, seconds=NAN)
    found = cured(
        **{**checked("better", True), "stopping": STOP, "candidates": REFUSED},
        findings=(FINDING,),
    )
    for text in (
        words.describe_findings(found),
        words.describe_reading(found),
        words.describe_left_out(found),
        words.describe_stopping(found),
        words.describe_files(found),
        words.NOT_TRIED,
        *words.describe_refusals(found),
        *words.HEAD,
        *words.ROUNDS.values(),
        *words.VERDICTS.values(),
        words.describe_round("check", [row]),
    ):
        korean(text)
    (cells,) = words.describe_rows([row])
    assert cells == (
        "dropout 0.5",
        "-0.10 [-0.20, -0.05]",
        "-0.10 [-0.20, 0.10]",
        "90%",
        "-",
        "undecided, 2 of 5 lost",
        "-",
        "-",
    )
    assert korean(cells[5]).endswith("5개 중 2개 탈락")
    whole = words.describe(found)
    assert "With the cure, stop early all the same" in whole
    assert "Beyond the number of trials allowed: noise." in whole
    assert "  - noise: no." in whole
