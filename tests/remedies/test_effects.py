"""Effects of cures: against slow, plain statistics on grids made by hand."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from dure.analysis.comparison.paired_test import mean_difference
from dure.remedies.effects import effects, gains, stop_early
from dure.remedies.surgery.rebuild import BASELINE
from dure.stats.bootstrap import bootstrap_t

NAN = math.nan
NUMBERS = st.integers(-50, 50).map(lambda n: n / 10)


class Grids:
    """What a round gives a ranking, without any training."""

    def __init__(self, mode: str, **grids: Any) -> None:
        self.label, self.metric, self.mode = "round-1", "val_loss", mode
        self.grids = {k: np.asarray(v, np.float64) for k, v in grids.items()}
        self.grids = {k: v[:, None] if v.ndim == 1 else v for k, v in self.grids.items()}
        self.cures = dict.fromkeys(name for name in grids if name != BASELINE)
        self.seeds = tuple(range(len(self.grids[BASELINE])))

    def values(self, name: str) -> Any:
        return self.grids[name]

    ends = values

    def seconds(self, name: str) -> float:
        return 1.0 if name == BASELINE else 2.0

    def parameters(self, name: str) -> int:
        return 5


def rank(mode: str = "min", **grids: Any) -> list[Any]:
    return effects(Grids(mode, **grids))  # type: ignore[arg-type]


def plain_holm(p: list[float]) -> list[float]:
    """Holm's procedure written as its inventor did: step down."""
    order = sorted(range(len(p)), key=lambda i: p[i])
    out, worst = [0.0] * len(p), 0.0
    for rank_, i in enumerate(order):
        worst = max(worst, min(1.0, (len(p) - rank_) * p[i]))
        out[i] = worst
    return out


def plain_sign_flip(d: list[float]) -> float:
    seen = abs(sum(d)) - 1e-9
    flips = list(itertools.product([1, -1], repeat=len(d)))
    return sum(abs(sum(s * x for s, x in zip(f, d, strict=True))) >= seen for f in flips) / len(
        flips
    )


@settings(deadline=None, max_examples=40)
@given(hnp.arrays(np.float64, (3, 7), elements=NUMBERS, unique=True))
def test_effects_are_paired_statistics(grid: np.ndarray) -> None:
    rows = {row.cure: row for row in rank(baseline=grid[0], a=grid[1], b=grid[2])}
    raw, expected = {}, {}
    for name, values in (("a", grid[1]), ("b", grid[2])):
        d = values - grid[0]
        row = rows[name]
        _, low, high = map(float, bootstrap_t(d, 0.95))
        assert (row.difference, row.low, row.high) == pytest.approx((d.mean(), low, high))
        assert row.wins == pytest.approx(np.mean((d < 0) + 0.5 * (d == 0)))
        raw[name] = plain_sign_flip(d.tolist())
        assert row.p == pytest.approx(raw[name])
        expected[name] = None if low <= 0 <= high else "better" if d.mean() < 0 else "worse"
        assert row.promising == (mean_difference(d[:, None], 0.9)[2] < 0)
    adjusted = plain_holm([raw["a"], raw["b"]])
    assert [rows["a"].p_adjusted, rows["b"].p_adjusted] == pytest.approx(adjusted)
    for name, p in zip("ab", adjusted, strict=True):
        assert rows[name].verdict == ((p <= 0.05 and expected[name]) or "undecided")


def test_the_best_mean_comes_first_in_the_metrics_direction() -> None:
    short = {"baseline": [3, 3.1, 3.2], "a": [2, 2.2, 2.1], "b": [1, 1.1, 1.3], "c": [4, 4.3, 4.1]}
    grids = {name: 3 * values for name, values in short.items()}
    assert [row.cure for row in rank(**grids)] == ["b", "a", "c"]
    assert [row.cure for row in rank("max", **grids)] == ["c", "a", "b"]
    assert [row.verdict for row in rank("max", **grids)] == ["better", "worse", "worse"]


def test_lost_networks_count_against_a_cure_and_for_it() -> None:
    rows = rank(baseline=[3, 3, 3, 3.1], a=[1, 1, NAN, 1.1], b=[2.9, 3, 3.1, 3])
    assert [row.cure for row in rows] == ["b", "a"]  # though a's mean is the best
    assert rows[1].diverged == 1 and not any(row.promising for row in rows)
    (row,) = rank(baseline=[3.0] * 8, a=[1.0, *[NAN] * 7])
    assert row.verdict == "worse" and row.diverged == 7 and not row.promising
    (row,) = rank(baseline=[NAN, NAN, NAN, 3] * 2, a=[1, 1.2, 1, 1.1] * 2)
    assert row.verdict == "better" and row.baseline_diverged == 6
    assert row.wins == 1.0
    (row,) = rank(baseline=[NAN] * 6, a=[1, 2] * 3)
    assert row.verdict == "better" and math.isnan(row.difference)
    (row,) = rank(baseline=[NAN, NAN], a=[1, 2])
    assert row.verdict == "too few" and row.promising


def test_too_few_seeds_are_not_tested() -> None:
    (row,) = rank(baseline=[3, 3.1, 3.2, 3, 3.1], a=[2, 2.1, 2.2, 2, 2.1])
    assert row.p is None and row.p_adjusted is None and row.verdict == "too few"
    assert row.promising and row.more_seeds == 1
    (row,) = rank(baseline=[3], a=[2])
    assert row.verdict == "too few" and math.isnan(row.low)


def test_one_seed_with_folds_is_corrected() -> None:
    base = np.array([[3.0, 3.1, 2.9, 3.2, 3.0]])
    (row,) = rank(baseline=base, a=base - [[0.2, 0.1, 0.25, 0.2, 0.15]])
    d = np.array([-0.2, -0.1, -0.25, -0.2, -0.15])
    error = math.sqrt(d.var(ddof=1) * (1 / 5 + 1 / 4))
    assert row.p == pytest.approx(2 * stats.t.cdf(d.mean() / error, 4))


def test_undecided_says_how_many_seeds_more() -> None:
    base = np.arange(8.0)
    (row,) = rank(baseline=base, a=base + np.array([-0.9, 0.3, -0.4, 0.5, -0.6, -0.2, -0.5, 0.1]))
    assert row.verdict == "undecided" and row.more_seeds is not None and 20 < row.more_seeds < 50
    (row,) = rank(baseline=base, a=base)
    assert row.verdict == "undecided" and row.more_seeds is None


@settings(deadline=None)
@given(
    hnp.arrays(np.float64, (2, 4, 1), elements=st.one_of(NUMBERS, st.just(NAN))),
    st.sampled_from(["min", "max"]),
)
def test_gains_are_finite_but_where_one_was_lost(grids: np.ndarray, mode: str) -> None:
    got = gains(grids[0], grids[1], mode)  # type: ignore[arg-type]
    for value, base, gain in zip(*(g.ravel() for g in (*grids, got)), strict=True):
        if math.isfinite(value) and math.isfinite(base):
            assert gain == pytest.approx(base - value if mode == "min" else value - base)
        else:
            assert (
                gain
                == {(False, False): 0, (True, False): math.inf, (False, True): -math.inf}[
                    (math.isfinite(value), math.isfinite(base))
                ]
            )


def plain_stop(curve: list[float], patience: int) -> tuple[int, int]:
    """Keras' EarlyStopping (min_delta 0), written as its documentation says."""
    best, at, wait = math.inf, 0, 0
    for epoch, value in enumerate(curve):
        if value < best:
            best, at, wait = value, epoch, 0
        else:
            wait += 1
            if wait >= patience:
                return at, epoch + 1
    return at, len(curve)


@settings(deadline=None)
@given(hnp.arrays(np.float64, st.integers(1, 15), elements=NUMBERS), st.integers(1, 5))
def test_early_stopping_is_that_of_keras(curve: np.ndarray, patience: int) -> None:
    assert stop_early(curve, "min", patience) == plain_stop(curve.tolist(), patience)
    assert stop_early(-curve, "max", patience) == plain_stop(curve.tolist(), patience)
