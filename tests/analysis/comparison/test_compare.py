"""Comparisons: what is paired, what decides, what is said."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from dure.analysis.comparison.pairing import match_pairs
from dure.core.types import Status
from dure.errors import DureError
from dure.stats.bootstrap import bootstrap_t
from helpers.comparison_runs import compared, lanes_of, run_of

DIVERGED = Status("diverged", 1, "loss became NaN")
WAITING = Status("waiting")
ALPHA_ERROR = 2 * math.sqrt(0.05 * 0.95 / 400)


def runs(rng: Any, variants: int, seeds: int, spread: float = 1.0) -> np.ndarray:
    return 5 + spread * rng.normal(size=(variants, seeds))


# What is computed.


def test_pairs_are_seeds_with_their_folds_averaged() -> None:
    values = np.random.default_rng(0).normal(1, 0.1, (2, 8, 3))
    pair = compared(values).pairs[0]
    by_seed = (values[0] - values[1]).mean(axis=1)
    want = bootstrap_t(by_seed, 0.95)
    assert (pair.difference, pair.low, pair.high) == pytest.approx(
        (float(by_seed.mean()), float(want.low), float(want.high))
    )
    found = stats.permutation_test(
        (by_seed,), lambda x, axis: x.mean(axis), permutation_type="samples", n_resamples=np.inf
    )
    assert pair.p == pair.p_adjusted == pytest.approx(found.pvalue)
    assert (pair.pairs, pair.trained, pair.unit, pair.test) == (8, 8, "seed", "sign-flip")


def test_first_minus_second_is_in_the_metrics_unit_and_better_in_its_direction() -> None:
    values = np.array([[1.0, 1.1, 1.2, 1.05, 1.15, 1.0, 1.1], [2.0, 2.2, 2.1, 2.3, 2.1, 2.0, 2.2]])
    low, high = compared(values).pairs[0], compared(values, mode="max").pairs[0]
    assert low.difference == high.difference == pytest.approx(values[0].mean() - values[1].mean())
    assert (low.low, low.high) == pytest.approx((high.low, high.high))
    assert low.low <= low.difference <= low.high < 0
    assert (low.verdict, high.verdict) == ("better", "worse")
    assert (low.superiority, high.superiority) == (1.0, 0.0)


@settings(deadline=None, max_examples=40)
@given(
    hnp.arrays(
        np.float64, st.tuples(st.just(2), st.integers(6, 9)), elements=st.integers(0, 9).map(float)
    )
)
def test_exchanging_the_two_turns_everything_round(values: np.ndarray) -> None:
    one, two = compared(values).pairs[0], compared(values[::-1]).pairs[0].turned()
    assert (one.difference, one.low, one.high) == pytest.approx((two.difference, two.low, two.high))
    assert (one.p, one.verdict, one.more_seeds) == (two.p, two.verdict, two.more_seeds)
    assert one.superiority == pytest.approx(two.superiority)


@settings(deadline=None, max_examples=40)
@given(
    hnp.arrays(np.float64, (2, 4, 2), elements=st.integers(0, 3).map(float)),
    hnp.arrays(np.bool_, (2, 4, 2)),
)
def test_superiority_is_counted_over_runs_of_other_seeds(
    values: np.ndarray, lost: np.ndarray
) -> None:
    wins, count = 0.0, 0
    for a in range(4):
        for b in range(4):
            for fold in range(2):
                if a == b:
                    continue
                first = math.inf if lost[0, a, fold] else values[0, a, fold]
                second = math.inf if lost[1, b, fold] else values[1, b, fold]
                wins += 1.0 if first < second else 0.5 if first == second else 0.0
                count += 1
    assert compared(values, lost).pairs[0].superiority == pytest.approx(wins / count)


def test_folds_of_one_seed_are_judged_by_the_corrected_t() -> None:
    values = np.array([[[0.5, 0.6, 0.55, 0.52, 0.58]], [[0.7, 0.75, 0.78, 0.7, 0.74]]])
    pair = compared(values).pairs[0]
    x = values[0, 0] - values[1, 0]
    error = math.sqrt(x.var(ddof=1) * (1 / 5 + 1 / 4))
    half = stats.t.ppf(0.975, 4) * error
    assert (pair.low, pair.high) == pytest.approx((x.mean() - half, x.mean() + half))
    assert pair.p == pytest.approx(2 * stats.t.sf(abs(x.mean()) / error, 4))
    assert (pair.verdict, pair.unit, pair.pairs) == ("better", "fold", 5)
    assert "5 folds of one seed" in pair.describe()


def test_other_rows_have_a_wider_interval_by_the_corrected_variance() -> None:
    rng = np.random.default_rng(2)
    values = 1 + 0.1 * rng.normal(size=(2, 8, 1)) + 0.3 * rng.normal(size=(2, 1, 4))
    pair = compared(values).pairs[0]
    by_fold = (values[0] - values[1]).mean(axis=0)
    half = stats.t.ppf(0.975, 3) * math.sqrt(by_fold.var(ddof=1) * (1 / 4 + 1 / 3))
    assert (pair.rows_low, pair.rows_high) == pytest.approx(
        (by_fold.mean() - half, by_fold.mean() + half)
    )
    assert pair.rows_high - pair.rows_low > pair.high - pair.low
    assert math.isnan(compared(values[:, :, :1]).pairs[0].rows_low)


def test_each_interval_speaks_of_what_it_says() -> None:
    """Seeds: training again on these rows. Folds, corrected: other rows too."""
    rng = np.random.default_rng(12)
    seeds, folds, studies = 6, 5, 400
    here, elsewhere = [], []
    for _ in range(studies):
        # The difference on these rows, and what each fold of them makes of it (sharing rows).
        shared, own = math.sqrt(0.2) * rng.normal(), math.sqrt(0.8) * rng.normal(size=folds)
        difference = shared + own + 0.5 * rng.normal(size=(seeds, folds))
        pair = compared(np.stack([difference, np.zeros((seeds, folds))])).pairs[0]
        here.append(pair.low <= shared + own.mean() <= pair.high)
        elsewhere.append(pair.rows_low <= 0 <= pair.rows_high)
    assert 0.92 <= np.mean(here) <= 0.98
    assert 0.92 <= np.mean(elsewhere) <= 0.98


# What decides.


def test_false_verdicts_in_families_of_pairs_are_at_most_5_percent() -> None:
    rng = np.random.default_rng(1)
    wrong = [
        any(pair.verdict in ("better", "worse") for pair in compared(runs(rng, 3, 8)).pairs)
        for _ in range(400)
    ]
    assert np.mean(wrong) <= 0.05 + ALPHA_ERROR


def test_false_equivalence_is_at_most_5_percent() -> None:
    rng = np.random.default_rng(3)
    shifted = np.array([[0.0], [1.0]])  # by exactly the rope: at the edge of what is not the same
    verdicts = [
        compared(runs(rng, 2, 20, 0.5) + shifted, rope=1.0).pairs[0].verdict for _ in range(400)
    ]
    assert np.mean([v == "equivalent" for v in verdicts]) <= 0.05 + ALPHA_ERROR


def test_a_variant_that_diverges_in_half_of_its_seeds_is_never_better_for_it() -> None:
    """Where it trains it is far better, and where it does not, that is not forgotten."""
    rng = np.random.default_rng(4)
    for trial in range(100):
        seeds = int(rng.integers(6, 16))
        values = runs(rng, 2, seeds)
        values[0] -= 20
        lost = np.zeros((2, seeds), bool)
        lost[0, rng.permutation(seeds)[: math.ceil(seeds / 2)]] = True
        pair = compared(values, lost).pairs[0]
        assert pair.verdict != "better" and pair.superiority <= 0.5, trial
        assert pair.diverged == (math.ceil(seeds / 2), 0)
        assert pair.difference < -15  # the mean rests on the seeds that trained, and says so
        assert f"{seeds // 2} of {seeds} seeds, in which both trained" in pair.describe()


def test_a_variant_that_nearly_always_diverges_is_worse() -> None:
    values = runs(np.random.default_rng(5), 2, 10)
    lost = np.zeros((2, 10), bool)
    lost[0, 1:] = True
    pair = compared(values, lost).pairs[0]
    assert (pair.verdict, pair.test, pair.trained) == ("worse", "sign-flip of ranks", 1)
    assert "Lost, by diverging or failing: 9 networks of a" in pair.describe()
    values[0, 0] = values[1, 0] - 3
    told = compared(values, lost).pairs[0].describe()
    assert "for the networks that a lost, although val_loss is lower by 3" in told
    both = compared(values, np.ones((2, 10), bool)).pairs[0]
    assert both.verdict == "undecided" and math.isnan(both.difference) and both.superiority == 0.5
    none = compared(values, np.stack([np.ones(10, bool), np.zeros(10, bool)])).pairs[0]
    assert none.verdict == "worse" and "no seed trained in both" in none.describe()


def test_lost_lanes_are_never_practically_the_same() -> None:
    values = runs(np.random.default_rng(5), 2, 10, 1e-4)
    lost = np.zeros((2, 10), bool)
    assert compared(values, lost, rope=1.0).pairs[0].verdict == "equivalent"
    lost[1, 3] = True
    assert compared(values, lost, rope=1.0).pairs[0].verdict == "undecided"


@pytest.mark.parametrize(("variants", "seeds", "needed"), [(2, 5, 1), (3, 6, 1), (10, 8, 3)])
def test_too_few_seeds_are_said_instead_of_tested(variants: int, seeds: int, needed: int) -> None:
    values = 10.0 * np.arange(variants)[:, None] + runs(
        np.random.default_rng(6), variants, seeds, 0.01
    )
    found = compared(values)
    for pair in found.pairs:
        assert (pair.verdict, pair.p, pair.p_adjusted, pair.test) == ("too few", None, None, "none")
        assert pair.more_seeds == needed
        assert f"At least {seeds + needed} are needed" in pair.describe()
    more = np.concatenate([values, values[:, :needed] + 0.001], axis=1)
    assert {pair.verdict for pair in compared(more).pairs} == {"better"}


def test_a_baseline_makes_fewer_comparisons_and_comes_second() -> None:
    values = runs(np.random.default_rng(7), 4, 8)
    found = compared(values, baseline="b")
    assert [(p.first, p.second) for p in found.pairs] == [("a", "b"), ("c", "b"), ("d", "b")]
    assert all(pair.family == 3 for pair in found.pairs)
    assert [p.p for p in found.pairs] == [
        pytest.approx(compared(values[[i, 1]]).pairs[0].p) for i in (0, 2, 3)
    ]


def test_test_and_interval_must_agree() -> None:
    values = np.array([[-1.0, -1, -1, -1, -1, -1, -30], [0.0] * 7])
    pair = compared(values).pairs[0]
    assert pair.p is not None and pair.p <= 0.05 and pair.low < 0 < pair.high
    assert pair.verdict == "undecided"


def test_within_the_rope_is_equivalent_even_where_a_difference_is_sure() -> None:
    rng = np.random.default_rng(8)
    values = np.stack([5 + 0.01 * rng.normal(size=12), 5.05 + 0.01 * rng.normal(size=12)])
    assert compared(values).pairs[0].verdict == "better"
    pair = compared(values, rope=0.1).pairs[0]
    assert pair.verdict == "equivalent" and "too small a one to matter" in pair.describe()
    assert compared(values, rope=0.04).pairs[0].verdict == "better"


def test_equivalence_is_corrected_for_the_number_of_pairs() -> None:
    values = runs(np.random.default_rng(13), 2, 10)
    _, low, high = bootstrap_t(values[1] - values[0], 0.9)
    rope = 1.001 * float(max(-low, high))
    assert compared(values, rope=rope).pairs[0].verdict == "equivalent"
    three = np.concatenate([values, values[:1] + 50])
    assert compared(three, rope=rope).pairs[0].verdict == "undecided"


def test_seeds_that_would_settle_it_do_so_most_of_the_time() -> None:
    """Where the difference found is the true one."""
    rng = np.random.default_rng(9)
    spread = 1 / math.sqrt(2)
    base = runs(rng, 2, 12, spread)
    base[1] += 0.5 - (base[1] - base[0]).mean()
    base[1] = base[0] + 0.5 + (base[1] - base[0] - 0.5) / np.std(base[1] - base[0], ddof=1)
    pair = compared(base).pairs[0]
    assert pair.verdict == "undecided" and pair.more_seeds is not None
    assert f"About {pair.more_seeds} more seeds would settle it" in pair.describe()
    later = [runs(rng, 2, 12 + pair.more_seeds, spread) for _ in range(100)]
    shift = np.array([[0.0], [0.5]])
    settled = np.mean([compared(v + shift).pairs[0].verdict == "better" for v in later])
    assert 0.68 <= settled <= 0.92


def test_a_rope_lets_a_small_difference_be_settled_with_fewer_seeds() -> None:
    values = runs(np.random.default_rng(10), 2, 10)
    values[1] += 0.02 - (values[1] - values[0]).mean()
    without, pair = compared(values).pairs[0], compared(values, rope=0.5).pairs[0]
    assert without.more_seeds is None and "More than 1,000 more seeds" in without.describe()
    assert "rope" in without.describe() and without.visible > 0.5
    assert pair.more_seeds is not None and pair.more_seeds < 100


def test_variants_that_are_the_same_network_are_said_to_be() -> None:
    values = runs(np.random.default_rng(11), 1, 8)
    pair = compared(np.concatenate([values, values])).pairs[0]
    assert (pair.verdict, pair.p, pair.more_seeds) == ("undecided", 1.0, None)
    assert "exactly the same val_loss with every seed" in pair.describe()
    same = compared(np.concatenate([values, values]), rope=0.1).pairs[0]
    assert same.verdict == "equivalent"


def test_one_run_of_each_says_nothing() -> None:
    pair = compared(np.array([[1.0], [2.0]])).pairs[0]
    assert pair.verdict == "too few" and math.isnan(pair.low) and math.isnan(pair.superiority)
    assert "one run of each says nothing about chance" in pair.describe()
    folds = np.array([[[1.0, 2.0, 3.0]], [[2.0, 2.5, 4.0]]])
    lost = np.zeros((2, 1, 3), bool)
    lost[0, 0, 1] = True
    assert "add seeds" in compared(folds, lost).pairs[0].describe()


# All pairs together.


def test_all_of_45_pairs_are_in_the_table_and_the_leader_in_sentences() -> None:
    values = runs(np.random.default_rng(14), 10, 14, 0.1) + np.arange(10)[:, None] / 20
    found = compared(values)
    lines = found.describe().splitlines()
    assert max(map(len, lines)) <= 100
    assert lines[0].startswith(f"{found.leader} is ahead: better than ")
    assert sum(line.startswith(f"{found.leader} ") for line in lines if " or " in line) <= 9
    table = lines[lines.index("") + 1 :]
    assert len(table[: table.index("")]) == 46
    assert str(found) == found.describe()


def test_told_begins_with_what_a_person_would_quote() -> None:
    rng = np.random.default_rng(15)
    values = runs(rng, 5, 10, 0.1) + np.array([0, 1, 1, 1.01, 3.0])[:, None]
    text = compared(values, baseline="b", rope=0.5).describe()
    assert text.startswith(
        "a is better than b; e is worse than b; c and d are practically the same as b."
    )
    assert (
        compared(runs(rng, 5, 10)).describe().startswith(("a is", "b is", "c is", "d is", "e is"))
    )
    assert (
        compared(values[:2]).describe().startswith("a is better than b: val_loss is lower by 1.0")
    )
    assert compared(values[[1, 0]]).describe().startswith("b is better than a")
    few = compared(runs(rng, 5, 7)).describe()
    assert few.startswith("Too few seeds: whatever they showed, no test on 7 seeds can reach 5 %")
    assert "At least 9" in " ".join(few.split()) and "or 8 if" in " ".join(few.split())


def test_frame_has_one_row_a_pair() -> None:
    table = compared(runs(np.random.default_rng(16), 3, 5)).frame()
    assert table[["first", "second"]].to_numpy().tolist() == [["a", "b"], ["a", "c"], ["b", "c"]]
    assert table["p"].isna().all() and table["p"].dtype == "float64"
    assert set(table.columns) >= {"difference", "low", "high", "p_adjusted", "superiority"}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"confidence": 95}, "confidence is 95"),
        ({"rope": -1.0, "confidence": 0.2}, "confidence is 0.2.*\n.*rope is -1.0"),
        ({"baseline": "aa"}, "baseline is 'aa'.*a, b"),
        ({"metric": "val_los"}, "no metric 'val_los'.*Did you mean 'val_loss'"),
    ],
)
def test_faults_are_named(tmp_path: Path, given: dict[str, Any], says: str) -> None:
    result = run_of(tmp_path / "run", {"a": [[1.0], [2.0]], "b": [[1.5], [2.5]]})
    with pytest.raises(DureError, match=says):
        result.compare(**given)


def test_one_variant_has_nothing_to_be_compared_with(tmp_path: Path) -> None:
    with pytest.raises(DureError, match="one variant only"):
        run_of(tmp_path / "run", {"a": [[1.0], [2.0]]}).compare()


# Reading runs.


def test_a_result_is_compared_at_best_epochs_with_lost_and_waiting_lanes(tmp_path: Path) -> None:
    values = {v: runs(np.random.default_rng(i), 9, 2) for i, v in enumerate(("a", "b"))}
    ends = {("a", 3, 1): DIVERGED, ("b", 4, 2): WAITING, ("b", 3, 2): Status("failed", None, "x")}
    result = run_of(tmp_path / "run", values, ends)
    found = result.compare()
    pair = found.pairs[0]
    kept = [s for s in range(9) if s not in (3, 4)]
    want = (values["a"] - values["b"])[kept].mean()
    assert pair.difference == pytest.approx(want)
    assert (pair.pairs, pair.trained, pair.diverged) == (8, 7, (1, 1))
    assert any("1 of 36 lanes not done" in note for note in found.notes)
    assert any("flattering" in note for note in found.notes)


def test_a_monitor_that_is_better_high_is_read_so(tmp_path: Path) -> None:
    values = {"a": np.full((6, 1), 0.9), "b": np.full((6, 1), 0.5)}
    result = run_of(tmp_path / "run", values, mode="max", metric="val_accuracy")
    assert result.compare().mode == "max" and result.compare().pairs[0].verdict == "better"


def test_two_runs_are_paired_by_the_seeds_both_have(tmp_path: Path) -> None:
    first = run_of(tmp_path / "one", {"a": [[1.0], [2.0], [3.0]]}, seeds=[1, 2, 3], name="one")
    values = {"a": [[9.0], [2.5], [4.0]], "b": [[9.0], [1.5], [1.0]]}
    second = run_of(tmp_path / "two", values, seeds=[7, 2, 3], name="two")
    found = first.compare(other=second)
    assert [(p.first, p.second) for p in found.pairs] == [
        ("one: a", "two: a"),
        ("one: a", "b"),
        ("two: a", "b"),
    ]
    assert [p.pairs for p in found.pairs] == [2, 2, 2]
    assert found.pairs[0].difference == pytest.approx(-0.75)
    assert any("Only the 2 seeds that both runs have" in note for note in found.notes)


def test_what_differs_between_two_runs_is_said(tmp_path: Path) -> None:
    one, two = [[1.0, 1.2], [2.0, 2.2]], [[1.1, 2.0, 3.0], [1.3, 2.0, 3.0]]
    first = run_of(tmp_path / "one", {"a": one}, name="one")
    data = run_of(tmp_path / "data", {"b": one}, fingerprint="other", epochs=7, name="data")
    notes = " ".join(first.compare(other=data).notes)
    assert "different data" in notes and "differ in epochs: 2 and 7" in notes
    rows = run_of(tmp_path / "rows", {"b": two}, splits="other", name="rows")
    found = first.compare(other=rows)
    assert "different training and validation rows" in " ".join(found.notes)
    # Folds of other rows: each seed's mean is over its own folds.
    assert found.pairs[0].difference == pytest.approx(np.mean([1.1 - 6.1 / 3, 2.1 - 6.3 / 3]))
    assert math.isnan(found.pairs[0].rows_low)


def test_runs_that_cannot_be_paired_are_refused(tmp_path: Path) -> None:
    first = run_of(tmp_path / "one", {"a": [[1.0, 2.0]]}, seeds=[1], name="one")
    other = run_of(tmp_path / "two", {"a": [[1.0, 2.0]]}, seeds=[2], name="two")
    with pytest.raises(DureError, match="no seed in common"):
        first.compare(other=other)
    with pytest.raises(DureError, match="name two"):
        first.compare(other=first)
    rows = run_of(tmp_path / "three", {"a": [[1.0, 2.0]]}, seeds=[1], splits="other")
    with pytest.raises(DureError, match="folds hold other rows"):
        first.compare(other=rows)
    lacking = run_of(tmp_path / "four", {"a": [[1.0, 2.0]]}, seeds=[1], metric="val_accuracy")
    with pytest.raises(DureError, match="no metric 'val_loss' in .*four"):
        first.compare(other=lacking)
    turned = run_of(tmp_path / "five", {"a": [[1.0, 2.0]]}, seeds=[1], mode="max")
    with pytest.raises(DureError, match="do not agree which val_loss is better"):
        first.compare(other=turned)


def test_a_variant_without_the_metric_is_named(tmp_path: Path) -> None:
    result = run_of(tmp_path / "run", {"a": [[1.0], [2.0]], "b": [[math.nan], [math.nan]]})
    with pytest.raises(DureError, match="'b' of .* trained without any val_loss"):
        result.compare()


def test_the_same_run_says_the_same_words(tmp_path: Path) -> None:
    rng = np.random.default_rng(20)
    values = {v: runs(rng, 7, 2) for v in ("a", "b", "c")}
    first, second = (run_of(tmp_path / name, values).compare().describe() for name in "xy")
    assert first == second


def test_matched_gains_are_in_the_direction_of_better() -> None:
    values = np.array([[1.0, 2.0, 3.0, 4.0], [2.0, 1.0, 1.0, 1.0]])
    lost = np.array([[False, False, True, True], [False, True, False, True]])
    found = match_pairs(lanes_of(values, lost), 0, 1)
    assert found.gains.tolist() == [1.0, math.inf, -math.inf, 0.0]
    assert found.trained.tolist() == [1.0] and found.lost == (2, 2)
