"""Seeds that a comparison needs, against simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from dure.stats.bootstrap import bootstrap_t
from dure.stats.permutation import sign_flip
from dure.stats.power import (
    pairs_for_difference,
    pairs_for_equivalence,
    power_of,
    smallest_difference,
)

STUDIES = 2000


@pytest.mark.parametrize(("effect", "pairs"), [(1.0, 10), (0.6, 15)])
def test_power_is_that_of_simulated_t_tests(effect: float, pairs: int) -> None:
    studies = np.random.default_rng(pairs).normal(effect, 1, (STUDIES, pairs))
    found = np.mean(stats.ttest_1samp(studies, 0, axis=1).pvalue <= 0.05)
    assert float(power_of(effect, [pairs], 0.05)[0]) == pytest.approx(found, abs=0.03)
    # The sign-flip test, which is what is done, comes close.
    assert np.mean(sign_flip(studies) <= 0.05) == pytest.approx(found, abs=0.04)


def test_that_many_pairs_settle_it_eight_times_in_ten() -> None:
    pairs = pairs_for_difference(0.9, 0.05)
    assert pairs is not None
    studies = np.random.default_rng(1).normal(0.9, 1, (STUDIES, pairs))
    assert 0.75 <= np.mean(sign_flip(studies) <= 0.05) <= 0.88
    assert power_of(0.9, [pairs - 1], 0.05)[0] < 0.8 <= power_of(0.9, [pairs], 0.05)[0]


@pytest.mark.parametrize("mean", [0.0, 0.2])
def test_that_many_pairs_show_equivalence_eight_times_in_ten(mean: float) -> None:
    pairs = pairs_for_equivalence(mean, 1.0, 0.9, 0.05)
    assert pairs is not None
    found = bootstrap_t(np.random.default_rng(2).normal(mean, 1, (STUDIES, pairs)), 0.9)
    assert 0.72 <= np.mean((found.low > -0.9) & (found.high < 0.9)) <= 0.9


def test_the_smallest_visible_difference_is_seen_eight_times_in_ten() -> None:
    seen = smallest_difference(2.0, 12, 0.05)
    studies = np.random.default_rng(3).normal(seen, 2.0, (STUDIES, 12))
    assert np.mean(stats.ttest_1samp(studies, 0, axis=1).pvalue <= 0.05) == pytest.approx(
        0.8, abs=0.03
    )


@pytest.mark.parametrize("alpha", [0.05, 0.001])
@pytest.mark.parametrize("effect", [3.0, 1.0, 0.3, 0.1])
def test_no_fewer_pairs_would_do(effect: float, alpha: float) -> None:
    pairs = pairs_for_difference(effect, alpha)
    every = np.arange(2, 3000)
    enough = every[power_of(effect, every, alpha) >= 0.8][0]
    assert pairs == enough
    seen = smallest_difference(1.0, int(enough), alpha)
    assert power_of(seen, [enough], alpha)[0] == pytest.approx(0.8, abs=1e-3)


def test_absurd_numbers_of_seeds_are_not_said() -> None:
    assert pairs_for_difference(0.0, 0.05) is None
    assert pairs_for_difference(0.01, 0.05) is None
    assert pairs_for_difference(math.nan, 0.05) is None
    assert pairs_for_equivalence(0.5, 1.0, 0.5, 0.05) is None
    assert pairs_for_equivalence(0.4999, 1.0, 0.5, 0.05) is None
    assert math.isnan(smallest_difference(1.0, 1, 0.05))
    assert pairs_for_difference(1e9, 0.05) is not None
