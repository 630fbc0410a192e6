"""Numbers that are no metric of a result are compared as `dure.Result.compare` compares."""

import numpy as np
from scipy.stats import ttest_1samp

from dure.gallery.page import interval_of, interval_text
from dure.gallery.shared.values import compare_values
from helpers.comparison_runs import compared

RNG = np.random.default_rng(0)


def test_the_difference_is_taken_seed_by_seed() -> None:
    common = RNG.normal(0, 5, 8)
    first, second = common + RNG.normal(1, 0.1, 8), common
    (pair,) = compare_values("loss", "min", {"a": first, "b": second}, "b").pairs
    wanted = ttest_1samp(first - second, 0).confidence_interval(0.95)
    assert np.isclose(pair.difference, np.mean(first - second))
    # The bootstrap's limits are never closer than those of Student's t.
    assert pair.low <= wanted.low + 1e-12 and pair.high >= wanted.high - 1e-12
    assert pair.verdict == "worse"
    (wanted_pair,) = compared([first, second]).pairs
    assert (pair.low, pair.high, pair.p) == (wanted_pair.low, wanted_pair.high, wanted_pair.p)
    (pair,) = compare_values("accuracy", "max", {"a": first, "b": second}, "b").pairs
    assert pair.verdict == "better"


def test_few_seeds_and_no_difference_are_told_as_such() -> None:
    (few,) = compare_values("loss", "min", {"a": [1.0, 2.0], "b": [3.0, 4.0]}, "b").pairs
    assert few.verdict == "too few" and np.isclose(few.difference, -2)
    same = RNG.normal(size=8)
    (pair,) = compare_values("loss", "min", {"a": same, "b": same}, "b").pairs
    assert pair.verdict == "undecided" and "exactly the same" in pair.describe()
    (pair,) = compare_values("loss", "min", {"a": same, "b": RNG.normal(size=8)}, "b").pairs
    assert pair.verdict == "undecided" and "cannot tell" in pair.describe()


def test_a_network_that_was_lost_counts_against_its_own() -> None:
    values = RNG.normal(size=8)
    lost = np.where(np.arange(8) < 7, np.nan, values)
    (pair,) = compare_values("loss", "min", {"a": values, "b": lost}, "b").pairs
    assert pair.verdict == "better" and pair.diverged == (0, 7)


def test_intervals_in_words() -> None:
    assert interval_text(interval_of([10.0, 10.0])) == "10 in each"
    assert interval_text(interval_of([0.03, 0.032, 0.031])).startswith("0.031 [")
