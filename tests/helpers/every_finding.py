"""Every finding in every wording, and what is left out or not looked for, on invented curves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd

from dure.analysis.diagnostics.case import Case, Finding
from dure.analysis.diagnostics.findings import (
    dead_units,
    divergence,
    fit_quality,
    gradients,
    learning_rate,
    loss_mismatch,
    seeds,
)
from dure.analysis.diagnostics.findings import inputs as arrays
from dure.analysis.diagnostics.health import _missing
from dure.analysis.diagnostics.suppression import Silenced, settle
from dure.analysis.overfitting.model import OverfittingRow
from dure.core.types import Status
from dure.messages.message import Message, as_is
from dure.stats.intervals import Interval
from helpers.diagnostic_cases import EPOCHS, case, fall
from helpers.made_layer_curves import layer_curves

Found = Iterator[Finding]

LANES = 6
VANISHING = np.array([1e-6, 1e-3, 1.0, 1.0])
WHATS = ("activation", "gradient", "weights", "loss")


def findings() -> list[Finding]:
    """All of them, several of each kind: a finding for every sentence that can be said."""
    parts = (_gradients, _units, _high, _low, _losses, _nans, _chance, _fits, _seeds, _arrays)
    return [finding for part in parts for finding in part()]


def _bare(made: Case) -> Case:
    """Without anything recorded of its layers, nor facts of its model."""
    return replace(made, layers=(), layered={}, whole={}, model={})


def _gradients() -> Found:
    yield from gradients.find(case(layer_curves(changed={"activation_gradient": VANISHING})))
    one = layer_curves(seeds=1, changed={"activation_gradient": VANISHING})
    yield from gradients.find(case(one, lanes=1))
    exploding = layer_curves(changed={"activation_gradient": [1e5, 300.0, 1.0, 1.0]})
    yield from gradients.find(case(exploding))
    recurrent = layer_curves(("rnn", "end"), changed={"gradient_norm": [1e4, 1.0]})
    yield from gradients.find(case(recurrent))
    for starved in (1e-7, 0.0):
        factor = np.array([1.0, starved, 1.0, 1.0])
        yield from gradients.find(case(layer_curves(changed={"update_ratio": factor})))


def _units() -> Found:
    late = np.ones((1, 1, 1, 5, 4))
    late[:, :, :, 1:] = 18.0
    some = np.ones((1, LANES, 1, 1, 4))
    some[:, :4] = 18.0
    for factor in (late, some, np.array(19.0)):
        changed = {"dead": factor[..., :2] if factor.ndim else factor}
        yield from dead_units.find(case(layer_curves(("dense", "end"), changed=changed)))
    unknown = case(layer_curves(("dense", "end"), changed={"dead": late[..., :2]}))
    yield from dead_units.find(replace(unknown, model={}))
    for factor in (45.0, late[..., :2] * 2.5):
        made = case(layer_curves(("dense", "end"), changed={"saturated": factor}))
        yield from dead_units.find(made)
        yield from dead_units.find(replace(made, model={}))


def _high() -> Found:
    """One to four signs, with and without a known rate and steps that are too large."""
    worse = 0.7 + np.linspace(0, 3, EPOCHS) * np.ones((LANES, 1))
    jumping = fall(LANES)
    jumping[:, 5::3] += 0.4
    both = np.array(worse)
    both[:, 5::3] += 4.0
    large = layer_curves(
        changed={"update_ratio": 300.0}, whole={"step_gain": -40.0, "curvature": 9.0}
    )
    plain = {"optimizer": "SGD", "learning_rate": 0.5}
    for loss in (worse, jumping, both):
        yield from learning_rate.find(case(loss=loss))
        yield from learning_rate.find(_bare(case(loss=loss)))
    yield from learning_rate.find(case(large, model=plain))
    yield from learning_rate.find(case(large, model=plain, loss=both))
    yield from learning_rate.find(case(large, model=plain, loss=jumping))
    yield from learning_rate.find(_grown(3, case(large, model=plain, loss=both)))
    yield from learning_rate.find(_bare(_grown(3, case())))


def _low() -> Found:
    straight = 0.7 - np.linspace(0, 0.1, EPOCHS) * np.ones((LANES, 1))
    small = layer_curves(changed={"update_ratio": 0.01})
    yield from learning_rate.find(case(small, loss=straight))
    yield from learning_rate.find(_bare(case(loss=straight)))
    level = 0.7 - 0.1 * np.minimum(1, np.arange(EPOCHS) / 3) * np.ones((LANES, 1))
    yield from learning_rate.find(case(small, loss=level))
    one = layer_curves(seeds=1, changed={"update_ratio": 0.01})
    yield from learning_rate.find(case(one, lanes=1, loss=level[:1]))


def _losses() -> Found:
    """Every rule for a pair of loss and last activation, in every wording."""
    one_hot, classes, numbers = "one-hot", "classes", "numbers"
    cross, sparse = "categorical_crossentropy", "sparse_categorical_crossentropy"
    pairs = [
        (cross, "softmax", 1, False, one_hot, 2),
        (sparse, "sigmoid", 1, False, classes, 2),
        (cross, "softmax", 3, True, one_hot, 3),
        ("binary_crossentropy", "sigmoid", 1, True, classes, 2),
        ("binary_crossentropy", "linear", 1, False, classes, 2),
        (cross, "relu", 3, False, one_hot, 3),
        (cross, "sigmoid", 3, False, one_hot, 3),
        ("binary_crossentropy", "softmax", 3, False, one_hot, 3),
        ("mean_squared_error", "sigmoid", 1, False, classes, 2),
        ("mean_squared_error", "softmax", 3, False, one_hot, 3),
        ("mean_squared_error", "softmax", 3, False, classes, 3),
        ("mean_squared_error", "linear", 1, False, classes, 2),
        ("mean_squared_error", "sigmoid", 1, False, classes, 10),
        ("mean_squared_error", "relu", 1, False, numbers, 0),
        ("mean_squared_error", "sigmoid", 1, False, numbers, 0),
        ("hinge", "sigmoid", 1, False, classes, 2),
        ("poisson", "linear", 1, False, numbers, 0),
    ]
    for loss, activation, count, logits, kind, labels in pairs:
        output = {
            "name": "end",
            "loss": loss,
            "activation": activation,
            "units": count,
            "from_logits": logits,
            "own": False,
        }
        targets = {
            "kind": kind,
            "labels": list(range(labels)),
            "max": 346.0,
            "min": -25.0 if kind == numbers else 0.0,
        }
        made = case(model={"outputs": [output]}, data={"targets": targets})
        yield from loss_mismatch.find(made)
    several = [{**output, "name": "price"}, {**output, "name": "rooms"}]
    yield from loss_mismatch.find(case(model={"outputs": several}, data={"targets": {}}))


def _diverged(lanes: int, rows: list[list[Any]]) -> Case:
    ends = (Status("diverged", 4),) * lanes + (Status("finished"),) * (LANES - lanes)
    loss = fall(LANES)
    loss[:lanes, 3:] = np.nan
    return case(
        loss=loss,
        statuses=ends,
        ran=np.array([4] * lanes + [EPOCHS] * (LANES - lanes)),
        first_nan=pd.DataFrame(rows, columns=["epoch", "step", "layer", "what"]),
    )


def _grown(lanes: int, made: Case) -> Case:
    """The same with lanes whose loss grew until it was NaN."""
    ends = (Status("diverged", 4),) * lanes + (Status("finished"),) * (LANES - lanes)
    loss = np.array(made.curves["loss"])
    loss[:lanes, :3], loss[:lanes, 3:] = [0.7, 5.0, 80.0], np.nan
    ran = np.array([4] * lanes + [EPOCHS] * (LANES - lanes))
    return replace(made, statuses=ends, ran=ran, curves={**made.curves, "loss": loss})


def _nans() -> Found:
    for what in WHATS:
        layer = None if what == "loss" else "dense_1"
        yield from divergence.find(_diverged(1, [[4, 17, layer, what]]))
        yield from divergence.find(_diverged(2, [[4, 17, layer, what], [4, 19, layer, what]]))
    yield from divergence.find(_diverged(2, [[4, 17, None, "gradient"]]))
    yield from divergence.find(_diverged(LANES, []))
    for lanes in (1, 3):
        yield from divergence.find(
            _grown(lanes, _diverged(lanes, [[4, 17, "dense_1", "gradient"]]))
        )


def _chance() -> Found:
    for training in (0.99, 0.7, 0.6):
        made = _judged(training)
        yield from fit_quality.find(made)
        unseen = {**made.data, "targets": {"unseen": 20}}
        yield from fit_quality.find(replace(made, data=unseen))
        yield from fit_quality.find(replace(made, data={**made.data, "rows": {"train": 400}}))
    made = _judged(0.6)
    alone = {"loss": made.curves["loss"] + 0.6, "accuracy": made.curves["accuracy"]}
    yield from fit_quality.find(replace(made, curves=alone))
    curves = {"loss": made.curves["loss"] + 0.6, "val_loss": made.curves["val_loss"]}
    single = {"outputs": [{}], "loss": "binary_crossentropy"}
    yield from fit_quality.find(replace(made, curves=curves, model=single))


def _judged(training: float) -> Case:
    """Validation at chance, training as accurate as that."""
    made = case()
    curves = {
        "loss": made.curves["loss"],
        "val_loss": np.full((LANES, EPOCHS), 0.68),
        "accuracy": np.full((LANES, EPOCHS), training),
        "val_accuracy": np.full((LANES, EPOCHS), 0.6),
    }
    return replace(made, curves=curves)


def row(kind: Any, more: int | None = None) -> OverfittingRow:
    """A row of `Result.overfitting`, with a last quarter that matters."""
    amount = Interval(0.2, 0.15, 0.25, LANES, LANES)
    return OverfittingRow(
        variant="net",
        kind=kind,
        turning_epoch=Interval(12.0, 10.0, 14.0, LANES, LANES),
        gap_at_turn=amount,
        gap_at_end=amount,
        given_away=amount,
        lowest=Interval(0.4, 0.38, 0.42, LANES, LANES),
        last_change=Interval(-0.2, -0.25, -0.15, LANES, LANES),
        end=EPOCHS,
        recommended_epochs=None if more is None else 12,
        more_epochs=more,
    )


def _fits() -> Found:
    yield from fit_quality.find_turn(case(), row("overfits", 1))
    yield from fit_quality.find_turn(case(), row("still falling", 30))
    yield from fit_quality.find_turn(case(), row("still falling"))


def _seeds() -> Found:
    loss = fall(12) * np.exp(0.05 * np.random.default_rng(1).normal(size=(12, 1)))
    recorded = layer_curves(seeds=12)
    for odd in ([3], [3, 7]):
        high, apart = loss.copy(), loss.copy()
        high[odd] = 0.7
        apart[odd, :-1] = 0.7
        yield from seeds.find(case(recorded, loss=high, lanes=12))
        yield from seeds.find(case(recorded, loss=apart, lanes=12))


_INPUT = {
    "name": "x",
    "shape": [3],
    "integers": False,
    "min": -3.0,
    "max": 3.0,
    "mean": 0.0,
    "std": 1e-4,
    "feature_std_max": 1e-4,
    "feature_size_min": 2.0,
    "feature_size_max": 3.0,
}
_INPUTS = (
    _INPUT,
    {
        **_INPUT,
        "shape": [28, 28, 1],
        "min": 0.0,
        "max": 255.0,
        "std": 78.0,
        "feature_std_max": 78.0,
        "feature_size_min": 255.0,
        "feature_size_max": 255.0,
    },
    {**_INPUT, "feature_size_min": 0.02, "feature_size_max": 4000.0},
)


def _arrays() -> Found:
    plain = {"layers": [{"class": "Dense", "parameters": 1}]}
    scaled = {"layers": [{"class": "Rescaling", "parameters": 0}]}
    for facts in _INPUTS:
        for inputs in ([facts], [facts, {**facts, "name": "second"}]):
            made = case(data={"inputs": inputs}, model=plain)
            other = replace(made, variant="other", model={**made.model, **scaled})
            yield from chain(arrays.find_all([made]), arrays.find_all([made, other]))
    targets = {"counts": [1260, 12], "labels": ["3", "toxic"]}
    yield from arrays.find_all([case(data={"targets": targets})])


# -- what is not told ------------------------------------------------------------------------------


def _of(kind: str, layer: str | None = None, **numbers: Any) -> Finding:
    return Finding(kind, "net", layer, LANES, LANES, as_is(f"net: {kind}."), numbers)


def silenced() -> list[Silenced]:
    """A finding left out for every reason there is."""
    pairs = [
        (_of("rate_too_low"), _of("rate_too_high")),
        (_of("overfitting"), _of("not_beating_chance")),
        (_of("underfitting"), _of("not_beating_chance")),
        (_of("underfitting"), _of("rate_too_low")),
        (_of("underfitting"), _of("rate_too_high")),
        (_of("odd_seed"), _of("rate_too_high")),
        (_of("odd_seed"), _of("nan")),
        (_of("rate_too_low"), _of("loss_mismatch", constant=1)),
        (_of("rate_too_low"), _of("not_beating_chance", learned="by heart")),
        (_of("not_beating_chance"), _of("rate_too_low")),
        (_of("vanishing_gradient", "dense_1"), _of("dead_units", "dense_2", share=1.0)),
        (_of("layer_not_learning", "dense"), _of("vanishing_gradient", "dense_1")),
    ]
    return [one for effect, cause in pairs for one in settle([effect, cause], [case()])[1]]


def missing() -> list[tuple[str, Message]]:
    """What cannot be looked for, for every reason there is."""
    made = case()
    shallow = case(layer_curves(("dense", "end")))
    cases: list[list[Case]] = [
        [],
        [replace(made, curves={"loss": made.curves["loss"]})],
        [replace(made, curves={f"{name}_loss": made.curves["loss"] for name in ("d", "g")})],
        [_bare(made)],
        [shallow],
        [made],
        [replace(made, data={})],
        [case(lanes=3, layers=layer_curves(seeds=3))],
    ]
    return [one for known in cases for one in _missing(known)]
