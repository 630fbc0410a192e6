"""Intervals against scipy, against simulation, and against plain properties."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from dure.stats.intervals import band, mean_interval

SANE = st.floats(-1e3, 1e3, allow_nan=False, width=32)
WHOLE = st.integers(-1000, 1000).map(float)  # unlike SANE, differences never underflow
GRID = hnp.arrays(np.float64, hnp.array_shapes(min_dims=2, max_dims=2, max_side=6), elements=SANE)
HOLED = hnp.arrays(
    np.float64,
    hnp.array_shapes(min_dims=3, max_dims=3, max_side=5),
    elements=st.one_of(SANE, st.just(math.nan)),
)


def plain(values: np.ndarray) -> tuple[float, float, float, int]:
    """The slow twin: lists, the statistics written out, scipy.stats for the quantile."""
    rows = [[v for v in row if math.isfinite(v)] for row in values.tolist()]
    n = sum(map(len, rows))
    if len(rows) == 1 and values.shape[1] > 1:
        draws, share = rows[0], 1 / (values.shape[1] - 1)
    else:
        draws, share = [sum(r) / len(r) for r in rows if r], 0.0
    if not draws:
        return math.nan, math.nan, math.nan, n
    mean = sum(draws) / len(draws)
    k = len(draws)
    if k < 2:
        return mean, math.nan, math.nan, n
    variance = sum((d - mean) ** 2 for d in draws) / (k - 1)
    half = float(stats.t.ppf(0.975, k - 1)) * math.sqrt(variance * (1 / k + share))
    return mean, mean - half, mean + half, n


@settings(deadline=None)
@given(hnp.arrays(np.float64, st.integers(2, 12), elements=SANE), st.floats(0.5, 0.999))
def test_seeds_alone_are_the_t_interval_of_scipy(draws: np.ndarray, confidence: float) -> None:
    got = mean_interval(draws[:, None], confidence)
    spread = float(stats.sem(draws))
    if spread > 1e-12:
        low, high = stats.t.interval(confidence, len(draws) - 1, draws.mean(), spread)
        assert got.low == pytest.approx(low, rel=1e-9, abs=1e-7)
        assert got.high == pytest.approx(high, rel=1e-9, abs=1e-7)
    assert got.mean == pytest.approx(draws.mean(), abs=1e-9)
    assert (got.n, got.of) == (len(draws), len(draws))


@settings(deadline=None)
@given(HOLED)
def test_band_and_interval_agree_with_the_plain_twin(curves: np.ndarray) -> None:
    got = band(curves)
    for epoch in range(curves.shape[2]):
        want = plain(curves[:, :, epoch])
        one = mean_interval(curves[:, :, epoch])
        here = (got.mean[epoch], got.low[epoch], got.high[epoch], got.n[epoch])
        assert one[:4] == pytest.approx(here, nan_ok=True)
        assert here == pytest.approx(want, nan_ok=True, rel=1e-9, abs=1e-6)
    assert got.of == curves.shape[0] * curves.shape[1]


@settings(deadline=None)
@given(GRID, st.floats(-100, 100), st.floats(0.01, 100))
def test_shift_and_scale_carry_over(values: np.ndarray, shift: float, scale: float) -> None:
    base, moved = mean_interval(values), mean_interval(values * scale + shift)
    want = [x * scale + shift for x in base[:3]]
    assert list(moved[:3]) == pytest.approx(want, nan_ok=True, rel=1e-6, abs=1e-4)


@settings(deadline=None)
@given(GRID, st.randoms(use_true_random=False))
def test_order_of_seeds_and_folds_is_nothing(values: np.ndarray, random: object) -> None:
    seeds = random.sample(range(values.shape[0]), values.shape[0])  # type: ignore[attr-defined]
    folds = random.sample(range(values.shape[1]), values.shape[1])  # type: ignore[attr-defined]
    shuffled = mean_interval(values[seeds][:, folds])
    assert list(shuffled[:3]) == pytest.approx(
        list(mean_interval(values)[:3]), nan_ok=True, rel=1e-9, abs=1e-6
    )


@settings(deadline=None)
@given(hnp.arrays(np.float64, st.integers(2, 8), elements=WHOLE, unique=True), st.integers(2, 4))
def test_more_of_the_same_narrows_the_interval(draws: np.ndarray, times: int) -> None:
    once = mean_interval(draws[:, None])
    more = mean_interval(np.tile(draws, times)[:, None])
    assert more.high - more.low < once.high - once.low


@settings(deadline=None)
@given(GRID)
def test_more_confidence_is_wider_and_holds_the_mean(values: np.ndarray) -> None:
    narrow, wide = mean_interval(values, 0.8), mean_interval(values, 0.99)
    if math.isnan(narrow.low):
        assert values.shape == (1, 1) or values.shape[0] == 1
        return
    assert wide.low <= narrow.low <= narrow.mean <= narrow.high <= wide.high


def coverage(studies: np.ndarray, truth: float) -> float:
    """Share of studies[study, seed, fold] whose interval holds the truth."""
    inside = [i.low <= truth <= i.high for i in map(mean_interval, studies)]
    return float(np.mean(inside))


def test_coverage_over_seeds() -> None:
    rng = np.random.default_rng(1)
    # Folds differ among themselves in the same way for every seed: no error of the seeds' mean.
    fold = np.array([-0.5, 0.2, 0.3])
    studies = 0.7 + rng.normal(size=(2000, 5, 1)) + fold + 0.3 * rng.normal(size=(2000, 5, 3))
    assert 0.93 <= coverage(studies, 0.7) <= 0.97


def test_coverage_over_folds_that_share_rows() -> None:
    rng = np.random.default_rng(2)
    k, rho = 5, 1 / 5  # Nadeau & Bengio take the correlation to be n_validation / n
    shared = math.sqrt(rho) * rng.normal(size=(2000, 1, 1))
    studies = 0.7 + shared + math.sqrt(1 - rho) * rng.normal(size=(2000, 1, k))
    assert 0.93 <= coverage(studies, 0.7) <= 0.97
    plain_t = [stats.ttest_1samp(s[0], 0.7).pvalue > 0.05 for s in studies]
    assert np.mean(plain_t) < 0.9  # what the correction is for


def test_train_fraction_is_the_ratio_of_rows() -> None:
    values = np.array([[1.0, 2.0, 4.0]])
    got = mean_interval(values, train_fraction=0.9)
    half = stats.t.ppf(0.975, 2) * values.std(ddof=1) * math.sqrt(1 / 3 + 0.1 / 0.9)
    assert got.high - got.mean == pytest.approx(half)
    assert mean_interval(values) == pytest.approx(mean_interval(values, train_fraction=2 / 3))


def test_one_lane_has_no_interval() -> None:
    got = mean_interval([[0.5]])
    assert got.mean == 0.5
    assert math.isnan(got.low) and math.isnan(got.high)


def test_diverged_lanes_are_left_out_and_counted() -> None:
    got = mean_interval([[1.0, np.nan], [3.0, np.inf], [np.nan, np.nan]])
    assert (got.mean, got.n, got.of) == (2.0, 2, 6)
    assert math.isfinite(got.low)


def test_only_diverged_lanes_have_no_mean() -> None:
    got = mean_interval([[np.nan], [np.nan]])
    assert math.isnan(got.mean) and got.n == 0


def test_a_study_of_seeds_stays_one_when_a_single_seed_survives() -> None:
    got = mean_interval([[1.0, 2.0], [np.nan, np.nan]])
    assert got.mean == 1.5 and math.isnan(got.low)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: mean_interval([1.0, 2.0]), r"shape \(2,\).*\(seed, fold\)"),
        (lambda: mean_interval([[1.0]], confidence=95), "confidence is 95"),
        (lambda: mean_interval([[1.0, 2.0]], train_fraction=1.0), "train_fraction is 1.0"),
        (lambda: band([1.0, 2.0]), r"shape \(2,\).*\(lane, epoch\)"),
    ],
)
def test_faults_are_named(call: object, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        call()  # type: ignore[operator]
