"""The bootstrap interval: coverage by simulation, a plain twin, symmetries."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from dure.stats import bootstrap
from dure.stats.bootstrap import bootstrap_t
from dure.stats.intervals import mean_interval

STUDIES = 2000
Draw = Callable[[np.random.Generator, tuple[int, int]], np.ndarray]
KINDS: dict[str, Draw] = {
    "normal": lambda rng, shape: rng.normal(size=shape),
    "log-normal": lambda rng, shape: rng.lognormal(0, 0.5, shape) - math.exp(0.125),
    "heavy tails": lambda rng, shape: rng.standard_t(3, shape),
}
VALUES = hnp.arrays(np.float64, st.integers(2, 9), elements=st.integers(-50, 50).map(float))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seeds", [5, 10, 30])
def test_a_95_percent_interval_holds_the_truth_in_93_to_97_percent(seeds: int, kind: str) -> None:
    rng = np.random.default_rng([seeds, len(kind)])
    found = bootstrap_t(KINDS[kind](rng, (STUDIES, seeds)), 0.95)
    held = np.mean((found.low <= 0) & (found.high >= 0))
    # Five seeds with heavy tails: Student's t itself holds the truth in more than 97 %.
    assert 0.93 <= held <= (0.98 if (kind, seeds) == ("heavy tails", 5) else 0.97)


def test_a_90_percent_interval_holds_the_truth_in_88_to_92_percent() -> None:
    found = bootstrap_t(np.random.default_rng(4).normal(size=(STUDIES, 8)), 0.9)
    assert 0.88 <= np.mean((found.low <= 0) & (found.high >= 0)) <= 0.92


def plain(values: list[float], confidence: float, draws: int, rng: np.random.Generator) -> list:
    """The slow twin: seeds drawn one by one, noise added to each, t written out."""
    n, mean = len(values), float(np.mean(values))
    spread = float(np.std(values, ddof=1))
    found = []
    for _ in range(draws):
        drawn = [values[rng.integers(n)] + bootstrap.NOISE * spread * rng.normal() for _ in values]
        error = np.std(drawn, ddof=1) / math.sqrt(n)
        found.append((np.mean(drawn) - mean) / error)
    student = stats.t.ppf((1 + confidence) / 2, n - 1)
    low, high = np.quantile(found, [(1 - confidence) / 2, (1 + confidence) / 2])
    low, high = min(low, -student), max(high, student)
    error = spread / math.sqrt(n)
    return [mean - high * error, mean - low * error]


def test_it_is_the_smoothed_bootstrap_t() -> None:
    values = [0.1, 0.2, 0.25, 0.3, 0.9, 0.35, 0.15]
    want = plain(values, 0.9, 10_000, np.random.default_rng(0))
    got = bootstrap_t(np.array(values), 0.9)
    assert [float(got.low), float(got.high)] == pytest.approx(want, abs=0.02)
    # Skewed values have a skewed interval: longer on the side of the long tail.
    assert got.high - got.mean > 1.1 * (got.mean - got.low)


@settings(deadline=None, max_examples=30)
@given(VALUES, st.randoms(use_true_random=False), st.floats(0.01, 100))
def test_order_sign_and_scale_carry_over(values: np.ndarray, random: object, by: float) -> None:
    found = np.array(bootstrap_t(values, 0.95))
    order = random.sample(range(len(values)), len(values))  # type: ignore[attr-defined]
    assert np.array(bootstrap_t(values[order], 0.95)) == pytest.approx(found, abs=1e-9)
    turned = np.array(bootstrap_t(-values, 0.95))
    assert turned == pytest.approx(-found[[0, 2, 1]], abs=1e-9)
    moved = np.array(bootstrap_t(values * by + 3, 0.95))
    assert moved == pytest.approx(found * by + 3, rel=1e-6, abs=1e-6)


@settings(deadline=None, max_examples=30)
@given(VALUES, st.floats(0.6, 0.99))
def test_it_is_never_narrower_than_students(values: np.ndarray, confidence: float) -> None:
    found, student = bootstrap_t(values, confidence), mean_interval(values[:, None], confidence)
    assert found.low <= student.low + 1e-9 and found.high >= student.high - 1e-9


def test_rows_are_studies_of_their_own() -> None:
    rows = np.random.default_rng(1).normal(size=(3, 40, 6))
    found = bootstrap_t(rows, 0.95)
    assert found.low.shape == (3, 40)
    alone = bootstrap_t(rows[1, 7], 0.95)
    assert float(alone.high) == pytest.approx(float(found.high[1, 7]), abs=1e-12)


def test_one_value_has_no_interval_and_equal_values_one_of_no_width() -> None:
    one = bootstrap_t(np.array([0.5]), 0.95)
    assert one.mean == 0.5 and math.isnan(one.low) and math.isnan(one.high)
    same = bootstrap_t(np.full(6, 0.1), 0.95)
    assert same.low == same.mean == same.high
