"""The rules of the findings on curves out of thin air, where every number is known."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

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
from dure.analysis.diagnostics.health import KINDS, Health
from dure.analysis.diagnostics.suppression import settle
from dure.core.types import Status
from helpers.diagnostic_cases import EPOCHS, case, fall
from helpers.made_layer_curves import layer_curves


def every(made: Case) -> list[Finding]:
    families = (divergence, loss_mismatch, fit_quality, gradients, dead_units, learning_rate, seeds)
    return [finding for family in families for finding in family.find(made)]


def kinds(made: Case) -> set[str]:
    return {finding.kind for finding in every(made)}


def test_the_healthy_one_has_none() -> None:
    assert not every(case()), [f.sentence for f in every(case())]


# -- gradients and units ---------------------------------------------------------------------------

GRADIENTS = np.array([1e-6, 1e-3, 1.0, 1.0])


def test_vanishing_begins_at_the_layer_nearest_the_output_that_is_below() -> None:
    recorded = layer_curves(changed={"activation_gradient": GRADIENTS})
    (found,) = gradients.find(case(recorded))
    assert (found.kind, found.layer, found.lanes, found.of) == (
        "vanishing_gradient",
        "dense_1",
        6,
        6,
    )
    assert float(found.numbers["ratio"]) == pytest.approx(1e-6, rel=0.2)
    assert float(found.numbers["per_layer"]) == pytest.approx(1e-3, rel=0.2)


def test_exploding_is_told_unless_clipping_holds_it() -> None:
    recorded = layer_curves(changed={"activation_gradient": [1e5, 300.0, 1.0, 1.0]})
    (found,) = gradients.find(case(recorded))
    assert (found.kind, found.layer) == ("exploding_gradient", "dense_1")
    assert not list(gradients.find(case(recorded, model={"clipnorm": 1.0})))


def test_a_recurrent_layer_explodes_by_its_weights() -> None:
    recorded = layer_curves(("rnn", "end"), changed={"gradient_norm": [1e4, 1.0]})
    (found,) = gradients.find(case(recorded))
    assert found.kind == "exploding_gradient" and found.numbers["of"] == "weights"


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_single_starved_layer_neither_vanishes_nor_explodes(place: int) -> None:
    factor = np.ones(4)
    factor[place] = 1e-7
    changed = dict.fromkeys(("activation_gradient", "gradient_norm", "update_ratio"), factor)
    found = list(gradients.find(case(layer_curves(changed=changed))))
    assert [(f.kind, f.layer) for f in found] == [
        ("layer_not_learning", f"dense_{place}" if place else "dense")
    ]


@pytest.mark.parametrize(("lanes", "told"), [(2, False), (3, True)])
def test_half_of_the_lanes_must_show_it(lanes: int, told: bool) -> None:
    factor = np.ones((1, 6, 1, 1, 4))
    factor[:, :lanes, ..., 1] = 18.0  # 0.05 becomes 0.9
    found = list(dead_units.find(case(layer_curves(changed={"dead": factor}))))
    assert bool(found) is told
    if told:
        assert (found[0].kind, found[0].lanes, found[0].of) == ("dead_units", 3, 6)


def test_only_layers_that_can_die_do() -> None:
    recorded = layer_curves(changed={"dead": 19.0})
    made = case(recorded)
    linear = [{**each, "activation": "linear"} for each in made.model["layers"]]
    assert len(list(dead_units.find(made))) == 4
    assert not list(dead_units.find(replace(made, model={**made.model, "layers": linear})))


def test_an_output_may_be_sure_of_itself_once_it_has_learned() -> None:
    late = np.ones((1, 1, 1, 5, 4))
    late[:, :, :, 1:, 3] = 45.0
    assert not list(dead_units.find(case(layer_curves(changed={"saturated": late}))))
    before = late.copy()
    before[:, :, :, 0, 3] = 45.0
    (found,) = dead_units.find(case(layer_curves(changed={"saturated": before})))
    assert (found.kind, found.layer) == ("saturated_units", "dense_3")


# -- rate ------------------------------------------------------------------------------------------


def test_jumps_and_a_worse_end_are_a_rate_too_high() -> None:
    jumping = fall(6)
    jumping[:, 5::3] += 0.4
    (found,) = learning_rate.find(case(loss=jumping))
    assert found.kind == "rate_too_high" and found.numbers["jumping"] == 6
    worse = 0.7 + np.linspace(0, 3, EPOCHS) * np.ones((6, 1))
    (found,) = learning_rate.find(case(loss=worse))
    assert found.numbers["worse"] == 6 and float(found.numbers["loss_after"]) > 3


def test_a_straight_line_with_tiny_steps_is_a_rate_too_low() -> None:
    straight = 0.7 - np.linspace(0, 0.1, EPOCHS) * np.ones((6, 1))
    small = layer_curves(changed={"update_ratio": 0.01})
    (found,) = learning_rate.find(case(small, loss=straight))
    assert found.kind == "rate_too_low"
    assert float(found.numbers["late_against_early"]) == pytest.approx(1.0, abs=0.2)
    assert not list(learning_rate.find(case(loss=straight)))  # steps of the usual size
    assert not list(learning_rate.find(case(small)))  # it learns all the same
    still = layer_curves(changed={"update_ratio": 0.0})
    assert not list(learning_rate.find(case(still, loss=straight)))  # no gradient: not the rate


def test_without_layers_a_straight_line_near_its_start_is_enough() -> None:
    bare: dict[str, Any] = {"layers": (), "layered": {}, "whole": {}}
    straight = np.linspace(0, 1, EPOCHS) * np.ones((6, 1))
    (found,) = learning_rate.find(replace(case(loss=0.7 - 0.1 * straight), **bare))
    assert found.kind == "rate_too_low"
    assert not list(learning_rate.find(replace(case(loss=0.7 - 0.5 * straight), **bare)))


# -- NaN -------------------------------------------------------------------------------------------


def diverged(lanes: int = 3) -> Case:
    ends = (Status("diverged", 4),) * lanes + (Status("finished"),) * (6 - lanes)
    loss = fall(6)
    loss[:lanes, 3:] = np.nan
    rows = [[4, 17, "dense_1", "gradient"], [4, 19, "dense_1", "gradient"], [4, 2, "dense", "loss"]]
    return case(
        loss=loss,
        statuses=ends,
        ran=np.array([4] * lanes + [EPOCHS] * (6 - lanes)),
        first_nan=pd.DataFrame(rows[:lanes], columns=["epoch", "step", "layer", "what"]),
    )


def test_nan_is_told_of_a_single_lane_with_its_place() -> None:
    (found,) = divergence.find(diverged(1))
    assert (found.layer, found.lanes, found.of) == ("dense_1", 1, 6)
    assert found.numbers["step"] == 17 and "in the gradient of dense_1" in found.sentence
    (found,) = divergence.find(diverged(3))
    assert found.numbers["step"] == 18 and "(2 of 3 examined)" in found.sentence


def test_a_loss_that_grew_before_it_broke_is_a_rate_too_high() -> None:
    made = diverged(3)
    made.curves["loss"][:3, :3] = [0.7, 5.0, 80.0]
    (found,) = divergence.find(made)
    assert float(found.numbers["grew_by"]) == pytest.approx(114, rel=0.02)
    (found,) = learning_rate.find(made)
    assert found.kind == "rate_too_high" and found.numbers["diverged"] == 3


def test_what_a_nan_did_is_left_out_with_the_reason() -> None:
    recorded = layer_curves(changed={"dead": 18.0, "activation_gradient": GRADIENTS})
    made = replace(diverged(3), layered=case(recorded).layered)
    kept, silenced = settle(every(made), [made])
    assert [f.kind for f in kept] == ["nan"]
    assert {s.finding.kind for s in silenced} >= {"dead_units", "vanishing_gradient"}
    assert all("NaN stopped 3 of 6 lanes" in s.reason for s in silenced)


# -- seeds -----------------------------------------------------------------------------------------


def test_one_far_value_is_odd_and_four_seeds_are_too_few() -> None:
    loss = fall(8) * np.exp(0.05 * np.random.default_rng(1).normal(size=(8, 1)))
    loss[3] = 0.7
    (found,) = seeds.find(case(loss=loss, lanes=8))
    assert (found.numbers["seeds"], found.lanes, found.of) == ("3", 1, 8)
    assert not list(seeds.find(case(loss=loss[:4], lanes=4)))
    assert not list(seeds.find(case(loss=np.delete(loss, 3, axis=0), lanes=7)))


def test_a_curve_apart_from_the_others_is_odd_although_it_ends_with_them() -> None:
    loss = fall(8) * np.exp(0.05 * np.random.default_rng(1).normal(size=(8, 1)))
    loss[5, :-1] = 0.7
    (found,) = seeds.find(case(loss=loss, lanes=8))
    assert (found.numbers["seeds"], found.numbers["by"]) == ("5", "course")


def test_false_alarms_of_the_outlier_rule_are_what_it_claims() -> None:
    rng = np.random.default_rng(0)
    for count in (5, 7):  # one outlier at most: the rule is exact
        found = [bool(seeds.outliers(x, 0.05)) for x in rng.normal(size=(4000, count))]
        assert 0.04 < np.mean(found) < 0.06
    for count in (10, 20):
        found = [bool(seeds.outliers(x, 0.05)) for x in rng.normal(size=(2000, count))]
        assert np.mean(found) < 0.075


def test_two_outliers_do_not_hide_each_other() -> None:
    values = np.concatenate([np.random.default_rng(0).normal(size=10), [30.0, 31.0]])
    assert set(seeds.outliers(values)) == {10, 11}


@settings(deadline=None, max_examples=50)
@given(st.integers(5, 7), st.integers(0, 10_000))
def test_a_single_outlier_is_that_of_grubbs(count: int, seed: int) -> None:
    """The slow twin: Grubbs (1950) with scipy's quantile."""
    values = np.random.default_rng(seed).standard_t(2, size=count)
    away = np.abs(values - values.mean()) / values.std(ddof=1)
    t = stats.t.isf(0.05 / (2 * count), count - 2)
    limit = (count - 1) / np.sqrt(count) * np.sqrt(t**2 / (count - 2 + t**2))
    want = [int(away.argmax())] if away.max() > limit else []
    assert seeds.outliers(values, 0.05) == want


# -- together --------------------------------------------------------------------------------------


def finding(kind: str, layer: str | None = None, **numbers: Any) -> Finding:
    return Finding(kind, "net", layer, 6, 6, f"net: {kind}.", numbers)


@pytest.mark.parametrize(
    ("told", "silent"),
    [
        (("vanishing_gradient", "dense_1"), ("layer_not_learning", "dense")),
        (("rate_too_high", None), ("rate_too_low", None)),
        (("not_beating_chance", None), ("overfitting", None)),
        (("rate_too_low", None), ("underfitting", None)),
        (("rate_too_low", None), ("not_beating_chance", None)),
    ],
)
def test_no_finding_beside_its_cause(
    told: tuple[str, str | None], silent: tuple[str, str | None]
) -> None:
    kept, silenced = settle([finding(*silent), finding(*told)], [case()])
    assert [f.kind for f in kept] == [told[0]]
    assert [s.finding.kind for s in silenced] == [silent[0]] and silenced[0].reason


def test_dead_units_explain_a_gradient_that_ends_at_them() -> None:
    dead = finding("dead_units", "dense_2", share=1.0)
    kept, _ = settle([finding("vanishing_gradient", "dense_1"), dead], [case()])
    assert kept == [dead]
    partly = finding("dead_units", "dense_2", share=0.5)
    assert len(settle([finding("vanishing_gradient", "dense_1"), partly], [case()])[0]) == 2


def test_other_variants_are_not_silenced() -> None:
    other = replace(finding("rate_too_low"), variant="other")
    kept, _ = settle([finding("rate_too_high"), other], [case()])
    assert len(kept) == 2


def test_told_names_findings_numbers_what_was_left_out_and_what_could_not_be_seen() -> None:
    found = finding("dead_units", "dense", share=0.875, before_training=0)
    health = Health((found,), (), (("odd_seed", "it takes 5 seeds"),), 6, 1)
    told = health.describe()
    assert "1. net: dead_units.\n   share 0.875, before training 0" in told
    assert "Not looked for: a seed unlike the others, since it takes 5 seeds." in told
    none = Health((), (), (), 6, 2).describe()
    assert none.startswith("No finding:") and all(words in none for words in KINDS.values())
    assert json.dumps(health.to_json()) and len(health.frame()) == 1
