"""Tests of differences: against scipy, against plain enumeration, and by simulation."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from dure.stats import permutation
from dure.stats.permutation import (
    corrected_t,
    holm,
    holm_factors,
    least_p,
    least_pairs,
    scores_of,
    sign_flip,
    signed_ranks,
)

STUDIES = 2000
ERROR = 2 * math.sqrt(0.05 * 0.95 / STUDIES)
SCORES = hnp.arrays(np.float64, st.integers(1, 8), elements=st.integers(-4, 4).map(float))


def enumerated(scores: np.ndarray) -> float:
    """The slow twin: every choice of signs, one by one."""
    observed = abs(math.fsum(scores))
    sums = [
        abs(math.fsum(s * v for s, v in zip(signs, scores, strict=True)))
        for signs in itertools.product((-1, 1), repeat=len(scores))
    ]
    return sum(value >= observed - 1e-9 for value in sums) / len(sums)


@settings(deadline=None)
@given(SCORES)
def test_sign_flip_is_the_share_of_all_signs(scores: np.ndarray) -> None:
    assert float(sign_flip(scores)) == pytest.approx(enumerated(scores), abs=1e-12)


@pytest.mark.parametrize("n", [3, 6, 9, 11])
def test_sign_flip_is_scipys_permutation_test(n: int) -> None:
    scores = np.random.default_rng(n).normal(0.4, 1, n)
    found = stats.permutation_test(
        (scores,), lambda x, axis: x.mean(axis), permutation_type="samples", n_resamples=np.inf
    )
    assert float(sign_flip(scores)) == pytest.approx(found.pvalue, abs=1e-12)


@pytest.mark.parametrize("n", [4, 8, 12])
def test_sign_flip_of_ranks_is_scipys_wilcoxon(n: int) -> None:
    gains = np.random.default_rng(n).normal(0.4, 1, n)
    found = stats.wilcoxon(gains, method="exact").pvalue
    assert float(sign_flip(signed_ranks(gains))) == pytest.approx(found, abs=1e-12)


def test_drawn_signs_come_close_to_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    scores = np.random.default_rng(8).normal(0.5, 1, (5, 14))
    exact = sign_flip(scores)
    monkeypatch.setattr(permutation, "EXACT", 4)
    assert sign_flip(scores) == pytest.approx(exact, abs=0.006)
    assert sign_flip(scores).tolist() == sign_flip(scores).tolist()
    assert float(sign_flip(np.ones(30))) == 1 / 100_000 == least_p(30)


def test_more_rows_than_fit_at_once_are_tested_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    scores = np.random.default_rng(2).normal(size=(7, 3, 6))
    want = sign_flip(scores)
    monkeypatch.setattr(permutation, "_MOST_SUMS", 64)
    assert want.shape == (7, 3) and sign_flip(scores).tolist() == want.tolist()


@pytest.mark.parametrize("kind", ["normal", "heavy tails", "log-normal runs"])
@pytest.mark.parametrize("n", [6, 10, 15])
def test_false_alarms_of_sign_flip_are_at_most_5_percent(n: int, kind: str) -> None:
    rng = np.random.default_rng([n, len(kind)])
    runs = {
        "normal": lambda: rng.normal(size=(2, STUDIES, n)),
        "heavy tails": lambda: rng.standard_t(2, (2, STUDIES, n)),
        "log-normal runs": lambda: rng.lognormal(0, 1, (2, STUDIES, n)),
    }[kind]()
    assert np.mean(sign_flip(runs[0] - runs[1]) <= 0.05) <= 0.05 + ERROR


def test_false_alarms_with_lost_lanes_are_at_most_5_percent() -> None:
    rng = np.random.default_rng(9)
    runs = np.where(rng.random((2, STUDIES, 10)) < 0.2, np.inf, rng.normal(size=(2, STUDIES, 10)))
    with np.errstate(invalid="ignore"):
        gains = np.nan_to_num(runs[1] - runs[0], nan=0.0, posinf=np.inf, neginf=-np.inf)
    assert np.isinf(gains).any(axis=1).mean() > 0.9
    assert np.mean(sign_flip(scores_of(gains)) <= 0.05) <= 0.05 + ERROR


def test_with_holm_at_most_5_percent_of_families_err() -> None:
    rng = np.random.default_rng(3)
    runs = rng.normal(size=(STUDIES, 4, 10))
    pairs = list(itertools.combinations(range(4), 2))
    gains = np.stack([runs[:, a] - runs[:, b] for a, b in pairs], axis=1)
    p = sign_flip(gains)
    assert np.mean((p <= 0.05).any(axis=1)) > 0.1  # what the correction is for
    assert np.mean((holm(p) <= 0.05).any(axis=1)) <= 0.05 + ERROR


def test_holm_errs_no_more_where_some_differences_are_real() -> None:
    rng = np.random.default_rng(5)
    gains = rng.normal(size=(STUDIES, 4, 12)) + np.array([2.0, 2.0, 0.0, 0.0])[:, None]
    adjusted = holm(sign_flip(gains))
    assert np.mean((adjusted[:, 2:] <= 0.05).any(axis=1)) <= 0.05 + ERROR
    assert np.mean(adjusted[:, 0] <= 0.05) > 0.9


def one_by_one(p: list[float]) -> list[float]:
    """The slow twin of Holm's correction."""
    out, highest = dict[int, float](), 0.0
    for place, (value, index) in enumerate(sorted((v, i) for i, v in enumerate(p))):
        highest = max(highest, min(1.0, value * (len(p) - place)))
        out[index] = highest
    return [out[i] for i in range(len(p))]


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_is_done_step_by_step(p: list[float]) -> None:
    assert holm(p).tolist() == pytest.approx(one_by_one(p))


def test_what_cannot_be_tested_counts_in_the_family() -> None:
    found = holm([0.01, math.nan, 0.04])
    assert found[[0, 2]].tolist() == pytest.approx([0.03, 0.08]) and math.isnan(found[1])
    assert holm_factors([0.04, math.nan, 0.01]).tolist() == [2, 1, 3]


def test_a_lost_lane_is_worse_than_any_number() -> None:
    gains = [math.inf, 5.0, -math.inf, 0.0, -1.0]
    assert signed_ranks(gains).tolist() == [3.5, 2.0, -3.5, 0.0, -1.0]
    assert scores_of(gains).tolist() == signed_ranks(gains).tolist()
    assert scores_of([[3.0, -1.0], [math.inf, -1.0]]).tolist() == [[3.0, -1.0], [2.0, -1.0]]


@pytest.mark.parametrize("n", [1, 2, 5, 6, 9])
def test_the_least_p_is_that_of_the_clearest_outcome(n: int) -> None:
    assert least_p(n) == float(sign_flip(np.ones(n)))


@pytest.mark.parametrize(("comparisons", "seeds"), [(1, 6), (2, 7), (4, 8), (45, 11)])
def test_the_seeds_a_test_needs(comparisons: int, seeds: int) -> None:
    assert least_pairs(0.05, comparisons) == seeds
    assert comparisons * least_p(seeds) <= 0.05 < comparisons * least_p(seeds - 1)


def test_corrected_t_is_nadeau_and_bengios() -> None:
    x = np.array([0.01, 0.03, 0.02, 0.05, -0.01])
    error = math.sqrt(x.var(ddof=1) * (1 / 5 + 1 / 4))
    want = 2 * stats.t.sf(x.mean() / error, 4)
    assert corrected_t(x) == pytest.approx(want)
    assert corrected_t(x, 0.5) > corrected_t(x)
    assert math.isnan(corrected_t([0.3]))
    assert (corrected_t([0.0, 0.0]), corrected_t([0.1, 0.1])) == (1.0, 0.0)


def test_false_alarms_over_folds_that_share_rows_are_at_most_5_percent() -> None:
    rng = np.random.default_rng(6)
    k, rho = 5, 1 / 5
    shared = math.sqrt(rho) * rng.normal(size=(STUDIES, 1))
    folds = shared + math.sqrt(1 - rho) * rng.normal(size=(STUDIES, k))
    assert np.mean([corrected_t(study) <= 0.05 for study in folds]) <= 0.05 + ERROR
    assert np.mean(stats.ttest_1samp(folds, 0, axis=1).pvalue <= 0.05) > 0.1
