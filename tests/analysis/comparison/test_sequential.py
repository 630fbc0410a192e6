"""Tests repeated as seeds are added: against a plain twin and simulation; and the decisions."""

from __future__ import annotations

import json
import math
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dure.analysis.comparison.interim import late_chance, pair_differences, review, rule_metric
from dure.analysis.comparison.sequential import ALPHA, InterimLook, Rule, Sequential
from dure.core.types import Monitor
from dure.stats.alpha_spending import FIRST, Paths, SpendingPlan, interval, make_plan, sign_rows

WHOLE = st.integers(-6, 6).map(float)
FLIPS = SpendingPlan((4, 6, 7), ("sign-flip",) * 3, (0.4, 0.35, 0.25))
STUDIES = 2000
# Binomial error of 2,000 studies, three standard deviations, as many cells are looked at.
MOST = ALPHA + 3 * math.sqrt(ALPHA * (1 - ALPHA) / STUDIES)

NOISE = {
    "normal": lambda r, s: r.normal(size=s),
    "log-normal": lambda r, s: r.lognormal(size=s),
    "t(3)": lambda r, s: r.standard_t(3, size=s),
    "ties": lambda r, s: np.round(r.normal(size=s)),
}


# -- the tests ---------------------------------------------------------------------------------


def plain_first_rejection(differences: list[float], plan: SpendingPlan, level: float) -> int:
    """The slow twin: lists of every choice of signs, the look's share of them rejected in turn."""
    n = len(differences)
    choices = [[1, *rest] for rest in product((1, -1), repeat=n - 1)]
    choices.append([1 if d >= 0 else -1 for d in differences])  # what was observed
    living = list(range(len(choices)))
    for look, seeds in enumerate(plan.looks):
        sums = {
            c: abs(sum(s * abs(d) for s, d in zip(choices[c][:seeds], differences, strict=False)))
            for c in living
        }
        allowed = int(level * plan.shares[look] * len(choices))
        gone = [c for c in living if sum(other >= sums[c] for other in sums.values()) <= allowed]
        if len(choices) - 1 in gone:
            return look
        living = [c for c in living if c not in gone]
    return len(plan.looks)


@settings(deadline=None, max_examples=100)
@given(st.lists(WHOLE, min_size=7, max_size=7), st.floats(0.03, 0.9))
def test_looks_agree_with_the_plain_twin(differences: list[float], level: float) -> None:
    got = Paths([differences], FLIPS, rows=2**6).first_rejection(level)
    assert got.tolist() == [plain_first_rejection(differences, FLIPS, level)]


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(0, 5), min_size=9, max_size=9), st.floats(0.05, 0.9))
def test_whatever_the_sizes_no_more_signs_are_rejected_than_allowed(
    sizes: list[int], level: float
) -> None:
    plan = SpendingPlan((5, 7, 9), ("sign-flip",) * 3, (0.5, 0.2, 0.3))
    every = np.array(list(product((-1, 1), repeat=9))) * sizes
    first = Paths(every, plan, rows=2**8).first_rejection(level)
    # The observed choice is counted twice among 2^8 + 1.
    assert (first < 3).mean() <= level * (1 + 2**-8)


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.floats(-5, 5), min_size=8, max_size=8),
    st.floats(0.01, 1),
    st.floats(0.01, 1),
    st.booleans(),
)
def test_what_is_rejected_is_rejected_at_every_larger_level(
    differences: list[float], one: float, other: float, one_sided: bool
) -> None:
    plan = SpendingPlan((6, 7, 8), ("t", "sign-flip", "sign-flip"), (0.1, 0.5, 0.4))
    paths = Paths([differences], plan, one_sided, rows=2**7)
    small, large = sorted((one, other))
    assert paths.first_rejection(large)[0] <= paths.first_rejection(small)[0]


def test_p_is_the_smallest_level_that_rejects() -> None:
    rng = np.random.default_rng(0)
    plan = make_plan(6, 20, ALPHA)
    for shift in (0.3, 0.8, 2.0):
        paths = Paths(rng.normal(shift, 1, (1, 20)), plan, rows=2**10)
        p = paths.p_value()
        if p < 1:
            assert paths.first_rejection(1.002 * p)[0] < len(plan.looks)
        assert paths.first_rejection(0.99 * p)[0] == len(plan.looks)


def test_signs_hold_every_choice_equally_often() -> None:
    signs = sign_rows(12, 2**10)
    assert (signs[:, 0] == 1).all()
    assert {tuple(row) for row in signs[:, :11]} == set(product([1.0], *[(1.0, -1.0)] * 10))
    assert set(np.unique(signs)) == {-1.0, 1.0}


def test_a_seed_that_is_missing_changes_nothing() -> None:
    rng = np.random.default_rng(1)
    plan = SpendingPlan((8,), ("sign-flip",), (1.0,))
    fewer = SpendingPlan((7,), ("sign-flip",), (1.0,))
    for row in rng.normal(0.7, 1, (20, 7)):
        holed = np.insert(row, 3, np.nan)
        assert Paths([holed], plan, rows=2**9).p_value() == pytest.approx(
            Paths([row], fewer, rows=2**9).p_value(), abs=0.01
        )


@settings(deadline=None)
@given(st.integers(FIRST, 12), st.integers(0, 80), st.integers(1, 45))
def test_plans_are_sound(first: int, more: int, pairs: int) -> None:
    level = ALPHA / pairs
    plan = make_plan(first, first + more, level)
    assert plan.looks[0] == first and plan.looks[-1] == first + more
    assert list(plan.looks) == sorted(set(plan.looks))
    assert len(plan.looks) == len(plan.tests) == len(plan.shares)
    assert sum(plan.shares) == pytest.approx(1) and min(plan.shares) > 0
    for n, test, share in zip(plan.looks, plan.tests, plan.shares, strict=True):
        if test == "sign-flip":  # the first can reject at all
            assert 2.0 ** (1 - n) <= level * share
            break


def test_a_plan_needs_enough_seeds() -> None:
    with pytest.raises(ValueError, match="seeds 3 to 50"):
        make_plan(3, 50, ALPHA)


# -- simulation --------------------------------------------------------------------------------


def false_alarms(values: np.ndarray, rows: int) -> float:
    """Share of studies (study, variant, seed) in which any pair is ever called different."""
    pairs = list(combinations(range(values.shape[1]), 2))
    plan = make_plan(FIRST, values.shape[2], ALPHA / len(pairs))
    alarm = np.zeros(len(values), bool)
    for a, b in pairs:
        for start in range(0, len(values), 250):
            part = values[start : start + 250]
            first = Paths(part[:, a] - part[:, b], plan, rows=rows).first_rejection(
                ALPHA / len(pairs)
            )
            alarm[start : start + 250] |= first < len(plan.looks)
    return float(alarm.mean())


@pytest.mark.parametrize(
    ("noise", "variants", "rows"),
    [*((noise, 2, 2**9) for noise in NOISE), ("log-normal", 3, 2**10), ("ties", 3, 2**10)],
)
def test_false_alarms_are_as_rare_as_said(noise: str, variants: int, rows: int) -> None:
    rng = np.random.default_rng(variants)
    alarms = false_alarms(NOISE[noise](rng, (STUDIES, variants, 50)), rows)
    assert alarms <= MOST
    assert alarms > 0.005  # the allowance is used


def test_false_alarms_among_five_variants() -> None:
    values = NOISE["normal"](np.random.default_rng(5), (STUDIES, 5, 15))
    assert false_alarms(values, 2**11) <= MOST


def test_false_alarms_of_equivalence() -> None:
    """Two variants exactly as far apart as the rope: the worst there is."""
    rng, plan = np.random.default_rng(7), make_plan(FIRST, 50, ALPHA)
    differences = rng.normal(1.0, 1.0, (STUDIES, 50))
    called = np.zeros(STUDIES, bool)
    for start in range(0, STUDIES, 250):
        paths = Paths(1.0 - differences[start : start + 250], plan, True, rows=2**9)
        called[start : start + 250] = paths.first_rejection(ALPHA) < len(plan.looks)
    assert called.mean() <= MOST


def test_a_difference_of_one_deviation_is_found_and_large_ones_at_once() -> None:
    rng, plan = np.random.default_rng(8), make_plan(FIRST, 50, ALPHA)
    found = Paths(rng.normal(1, 1, (300, 50)), plan, rows=2**9).first_rejection(ALPHA)
    assert (found < len(plan.looks)).mean() > 0.99
    assert np.array([*plan.looks, 50])[found].mean() < 18
    found = Paths(rng.normal(5, 1, (300, 50)), plan, rows=2**9).first_rejection(ALPHA)
    assert (found == 0).mean() > 0.9


# -- intervals ---------------------------------------------------------------------------------


def test_the_interval_holds_what_the_latest_look_does_not_reject() -> None:
    rng, plan = np.random.default_rng(2), make_plan(FIRST, 50, ALPHA)
    for n in (6, 8, 18):
        found = rng.normal(0.3, 1, n)
        low, high = interval(found, plan, ALPHA)
        assert low < found.mean() < high
        step = (high - low) / 100
        for inside, outside in ((low + step, low - step), (high - step, high + step)):
            assert not Paths([found - inside], plan, rows=2**13).rejects_now(ALPHA)[0]
            assert Paths([found - outside], plan, rows=2**13).rejects_now(ALPHA)[0]


def test_two_values_cannot_be_bounded() -> None:
    holed = [1.0, np.nan, 2.0, np.nan, np.nan, np.nan]
    assert interval(holed, make_plan(6, 50, ALPHA), ALPHA) == (-math.inf, math.inf)


# -- decisions ---------------------------------------------------------------------------------


def rule(variants: int = 2, **more: object) -> Rule:
    names = ["plain", "dropout", "wide"][:variants]
    options = {"metric": "val_loss", "mode": "min", "seeds": 1, "max_seeds": 20, **more}
    return Rule.of(names, **options)  # type: ignore[arg-type]


def draws(*means: float, seeds: int = 20, spread: float = 0.1) -> np.ndarray:
    rng = np.random.default_rng(3)
    return np.array(means)[:, None] + spread * rng.normal(size=(len(means), seeds))


@pytest.mark.parametrize(
    ("mode", "verdict", "leader"), [("min", "better", "plain"), ("max", "worse", "dropout")]
)
def test_better_is_better_in_the_metrics_direction(mode: str, verdict: str, leader: str) -> None:
    look = review(rule(mode=mode), draws(1.0, 2.0, seeds=6))
    (pair,) = look.pairs
    assert (pair.verdict, pair.settled_at, look.leader) == (verdict, 6, leader)
    assert pair.difference == pytest.approx(-1.0, abs=0.2) and pair.high < 0
    assert look.ended == "decided" and pair.p <= ALPHA


def test_with_a_baseline_only_it_is_compared() -> None:
    made = rule(3, baseline="dropout")
    assert made.pairs == [("plain", "dropout"), ("wide", "dropout")]
    look = review(made, draws(1.0, 2.0, 3.0, seeds=6))
    assert [p.verdict for p in look.pairs] == ["better", "worse"] and look.ended == "decided"


def test_the_rest_need_not_be_settled_among_themselves() -> None:
    look = review(rule(3), draws(1.0, 3.0, 3.0, seeds=6))
    assert [p.verdict for p in look.pairs] == ["better", "better", "open"]
    assert look.ended == "decided" and look.leader == "plain"
    told = Sequential(rule(3), (look,)).describe()
    note = Sequential(rule(3), (look,)).note()
    assert "too small" in note and "Decided after 6 seeds: plain is best." in note
    assert "plain is best" in told and "cannot tell" in told and "fixed number of seeds" in told


def test_equal_variants_are_equivalent_within_a_rope_only() -> None:
    values, made = draws(1.0, 1.0, seeds=12), rule(rope=0.5)
    looks: list[InterimLook] = []
    for n in [n for n in made.plan.looks if n <= 12]:
        looks.append(review(made, values[:, :n], before=looks))
    assert looks[-1].pairs[0].verdict == "equivalent" and looks[-1].ended == "decided"
    assert review(rule(), values[:, :6]).pairs[0].verdict == "open"
    assert "as good" in Sequential(made, tuple(looks)).describe()


def test_a_difference_as_large_as_the_rope_is_not_equivalent() -> None:
    look = review(rule(rope=0.4), draws(1.0, 1.5, seeds=6, spread=0.02))
    assert look.pairs[0].verdict == "better"


def test_a_network_lost_counts_against_its_variant() -> None:
    values = draws(1.0, 1.0, seeds=6, spread=0.3)
    lost = np.zeros(values.shape, bool)
    lost[1, [1, 4]] = lost[:, 2] = True
    values[lost] = np.nan
    differences, counts = pair_differences(values[0], values[1], lost[0], lost[1], rule())
    known = np.nanmax(np.abs(values[0] - values[1]))
    assert differences[[1, 4]] == pytest.approx([-known, -known])
    assert differences[2] == 0 and counts == (0, 2)
    look = review(rule(rope=100.0), values, lost)
    assert look.leader == "plain" and look.pairs[0].lost == (0, 2)
    assert look.pairs[0].verdict != "equivalent"
    assert "runs lost 0 and 2" in look.pairs[0].describe("val_loss", "min")


def test_what_a_lost_network_counts_does_not_change_later() -> None:
    values = draws(1.0, 1.0, seeds=8, spread=0.3)
    values[0, 7] = 50.0
    lost = np.zeros(values.shape, bool)
    lost[0, 2] = True
    early, _ = pair_differences(values[0, :6], values[1, :6], lost[0, :6], lost[1, :6], rule())
    late, _ = pair_differences(*values, *lost, rule())
    assert late[2] == early[2] > 0


def test_when_all_of_one_variant_are_lost_the_other_is_better() -> None:
    values, lost = draws(1.0, 1.0, seeds=6), np.zeros((2, 6), bool)
    lost[0], values[0] = True, np.nan
    look = review(rule(), values, lost)
    assert look.pairs[0].verdict == "worse" and look.leader == "dropout"


def test_p_is_raised_for_the_number_of_pairs() -> None:
    values, made = draws(1.0, 1.04, 1.12, seeds=9), rule(3, max_seeds=50)
    assert made.plan.looks[1] == 9
    alone = [
        Paths([values[a] - values[b]], made.plan).p_value() for a, b in ((0, 1), (0, 2), (1, 2))
    ]
    got = [pair.p for pair in review(made, values).pairs]
    for rank, place in enumerate(np.argsort(alone)):
        assert got[place] >= min(1, alone[place] * (3 - rank)) - 1e-12
    assert min(got) == pytest.approx(min(1, 3 * min(alone)))


def test_what_decides_is_measured_on_validation_rows() -> None:
    metrics = ("loss", "accuracy", "val_loss", "val_accuracy")
    held_out = Monitor("val_accuracy", "max")
    assert rule_metric(held_out, metrics, {}) == held_out
    assert rule_metric(Monitor("accuracy", "max"), metrics, {}) == Monitor("val_loss", "min")
    # What a training step of one's own logs need not be called "loss".
    judged = rule_metric(Monitor("d_loss", "min"), ("d_loss", "val_realness"), {"realness": "max"})
    assert judged == Monitor("val_realness", "max")


def test_what_was_settled_stays_settled() -> None:
    values, made = draws(1.0, 2.0, 1.1), rule(3)
    values[1, 6:] = 0.0
    first = review(made, values[:, :6])
    later = review(made, values[:, : made.plan.looks[1]], before=[first])
    assert first.pairs[0].verdict == later.pairs[0].verdict == "better"
    assert later.pairs[0].settled_at == 6


def test_without_a_verdict_the_last_look_is_the_end() -> None:
    values, made = draws(1.0, 1.0, seeds=8), rule(max_seeds=8)
    assert made.plan.looks == (6, 8)
    look = review(made, values)
    assert look.ended == "max_seeds" and look.spent == pytest.approx(ALPHA)
    told = Sequential(made, (look,)).describe()
    assert "Cannot tell after 8 seeds" in told and "at most" in told


def test_what_can_hardly_be_settled_is_given_up_but_not_with_a_rope() -> None:
    base = draws(1.0, seeds=18)[0]
    values = np.stack([base, base + np.tile([0.1, -0.1], 9)])
    made = rule(max_seeds=50)
    assert review(made, values[:, :8]).ended is None
    hopeless = review(made, values)
    assert hopeless.ended == "hopeless"
    assert "even 50 would hardly decide it" in Sequential(made, (hopeless,)).describe()
    assert review(rule(max_seeds=50, rope=1e-3), values).ended is None


def test_chances_of_late_seeds() -> None:
    assert late_chance(0.0, 1.0, 6, 50, ALPHA) > 0.5
    assert late_chance(0.0, 1.0, 41, 50, ALPHA) < 0.01
    assert late_chance(1.0, 1.0, 27, 50, ALPHA) > 0.999
    assert late_chance(1.0, 1.0, 50, 50, ALPHA) == 0
    assert late_chance([1.0, 0.0], [0.0, 0.0], 6, 50, ALPHA).tolist() == [1, 0]


def test_looks_only_where_the_rule_says() -> None:
    with pytest.raises(ValueError, match="9 seeds; this rule looks after"):
        review(rule(), draws(1.0, 2.0, seeds=9))


def test_the_account_comes_back_from_json() -> None:
    made = rule(3, rope=0.2, baseline="wide")
    look = review(made, draws(1.0, 1.0, 3.0, seeds=6))
    account = Sequential(made, (look,))
    assert Sequential.of_manifest(
        json.loads(json.dumps({"sequential": account.to_manifest()}))
    ) == (account)
    assert Sequential.of_manifest({}) is None
    assert list(account.frame()["seeds"]) == [6, 6]
    infinite = review(rule(), np.where([[1], [0]], np.nan, draws(1.0, 1.0, seeds=6)))
    again = Sequential(rule(), (infinite,)).to_manifest()
    assert again["looks"][0]["pairs"][0]["high"] is None
    json.dumps(again, allow_nan=True)
