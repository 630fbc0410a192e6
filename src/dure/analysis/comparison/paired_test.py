"""Is one better than the other? The one rule for it, whoever asks: of paired differences.

Comparisons of variants, cures against the network as it is, and studies whose seeds are added all
come to their verdicts here; the last bring a test of their own, which pays for its many looks.

What decides
------------
* *better*, *worse*: the sign-flip test, after Holm's correction over all pairs compared, gives p of
  at most alpha, and the interval of the mean difference lies on one side of 0. Both must agree.
  Where lanes were lost the test is of ranks, with a lost lane worse than any number, and decides
  alone: the interval can speak only of the seeds in which both trained.
* *equivalent*: two one-sided tests (Schuirmann 1987, "A comparison of the two one-sided tests
  procedure and the power approach", Journal of Pharmacokinetics and Biopharmaceutics 15): the
  interval of confidence ``1 - 2 alpha / m`` (90 % for one pair at 95 %) lies inside the region of
  practical equivalence (Kruschke 2018, "Rejecting or accepting parameter values in Bayesian
  estimation", AMPPS 1), and no lane was lost. It goes before better and worse: a difference may be
  real and too small to matter.
* *too few*: not even the clearest outcome of so many pairs could reach p of alpha.
* *undecided*: neither, yet.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from dure.analysis.comparison.pair import Verdict
from dure.core.types import Floats
from dure.stats import permutation, power
from dure.stats.bootstrap import bootstrap_t
from dure.stats.intervals import mean_interval


class PairedTest(Protocol):
    """What the rule asks of the differences of one pair."""

    @property
    def p(self) -> float:
        """Two-sided p of "first and second are the same"; NaN where they cannot be tested."""

    @property
    def least(self) -> float:
        """The smallest p that such a test could have given."""

    @property
    def direction(self) -> float:
        """Above 0 where the first is better, whatever p."""

    def leaves_out_zero(self, level: float) -> bool:
        """Whether what else has to agree with a p below the level does."""

    def p_equivalent(self, rope: float, share: float) -> float:
        """P of "they are further apart than the rope"; `share` is the pair's part of alpha."""


class Judgement(NamedTuple):
    """What the rule says of one pair.

    Attributes
    ----------
    p, p_adjusted
        Before and after Holm's correction; NaN where so few pairs can tell nothing.
    factor
        By how much the correction raises this p.
    """

    verdict: Verdict
    p: float
    p_adjusted: float
    factor: int


def judge(tests: Sequence[PairedTest], alpha: float, rope: float | None = None) -> list[Judgement]:
    """Verdicts on a family of pairs, corrected for one another."""
    feasible = permutation.holm([test.least for test in tests]) <= alpha * (1 + 1e-9)
    p = np.where(feasible, [test.p for test in tests], np.nan)
    equivalent = np.ones(len(tests))
    if rope is not None:
        share = alpha / len(tests)
        equivalent = permutation.holm([test.p_equivalent(rope, share) for test in tests])
    rows = zip(tests, p, permutation.holm(p), permutation.holm_factors(p), equivalent, strict=True)
    return [
        Judgement(_verdict(test, adjusted, same, alpha), float(raw), float(adjusted), int(factor))
        for test, raw, adjusted, factor, same in rows
    ]


def _verdict(test: PairedTest, adjusted: float, equivalent: float, alpha: float) -> Verdict:
    if math.isnan(adjusted):
        return "too few"
    if equivalent <= alpha:
        return "equivalent"
    if adjusted > alpha or not test.leaves_out_zero(alpha):
        return "undecided"
    return "better" if test.direction > 0 else "worse"


def mean_difference(differences: Floats, confidence: float = 0.95) -> tuple[float, float, float]:
    """The mean of paired differences (seed, fold) with the interval that comparisons have.

    Folds of a seed are averaged; seeds with a value that is not finite are left out.
    """
    by_fold = differences.shape[0] == 1 < differences.shape[1]
    pairs = differences[0] if by_fold else differences.mean(axis=1)
    known = pairs[np.isfinite(pairs)]
    return FixedTest(pairs, known, by_fold).interval(confidence)


@dataclass(frozen=True)
class FixedTest:
    """The test of a study whose number of seeds was fixed before.

    Attributes
    ----------
    gains
        By how much the first is better, a pair (seed, or fold of one seed) each: plus infinity
        where only the second was lost, minus infinity where only the first was, 0 where both were.
    trained
        The finite gains of pairs in which both trained.
    by_fold
        Whether pairs are the folds of one seed.
    """

    gains: Floats
    trained: Floats
    by_fold: bool

    @property
    def lost(self) -> bool:
        """Whether any network was."""
        return len(self.trained) < len(self.gains)

    @property
    def scores(self) -> Floats:
        """What is summed: gains, or their signed ranks where networks were lost."""
        return permutation.scores_of(self.gains)

    @property
    def name(self) -> str:
        """Of the test; "none" where nothing can be tested."""
        if not len(self.gains) or (self.by_fold and (self.lost or len(self.gains) < 2)):
            return "none"
        if self.by_fold:
            return "corrected resampled t"
        return "sign-flip of ranks" if self.lost else "sign-flip"

    @property
    def p(self) -> float:
        """Sign-flip test over seeds, of ranks where any was lost; corrected t over folds."""
        if self.name == "none":
            return math.nan
        if self.by_fold:
            return permutation.corrected_t(self.gains)
        return float(permutation.sign_flip(self.scores))

    @property
    def least(self) -> float:
        """The smallest p that so many pairs could give."""
        if self.name == "none":
            return 1.0
        return 0.0 if self.by_fold else permutation.least_p(len(self.gains))

    @property
    def direction(self) -> float:
        """The sum of the scores."""
        return float(self.scores.sum())

    def interval(self, confidence: float) -> tuple[float, float, float]:
        """The mean gain with its interval, over the pairs in which both trained."""
        if not len(self.trained):
            return (math.nan,) * 3
        if self.by_fold:
            return mean_interval(self.trained[None, :], confidence)[:3]
        mean, low, high = bootstrap_t(self.trained, confidence)
        return float(mean), float(low), float(high)

    def leaves_out_zero(self, level: float) -> bool:
        """Whether the interval does; networks lost decide without it."""
        _, low, high = self.interval(1 - level)
        return self.lost or not low <= 0 <= high

    def p_equivalent(self, rope: float, share: float) -> float:
        """0 where the interval of two one-sided tests lies within the rope, else 1."""
        if self.lost:
            return 1.0
        _, low, high = self.interval(1 - 2 * share)
        return 0.0 if -rope < low and high < rope else 1.0

    def more_pairs(
        self, judged: Judgement, alpha: float, rope: float | None, family: int
    ) -> int | None:
        """About how many more would settle it; None where that cannot be said, or is too many."""
        if self.by_fold:
            return None
        n = len(self.gains)
        least = permutation.least_pairs(alpha, family)
        if judged.verdict == "too few":
            return max(1, least - n)
        if judged.verdict != "undecided":
            return None
        scores = self.scores
        mean, spread = float(scores.mean()), float(scores.std(ddof=1))
        if spread <= 1e-13 * float(np.abs(scores).max(initial=1e-300)):
            return None
        wanted = [power.pairs_for_difference(mean / spread, alpha / judged.factor)]
        if rope is not None and not self.lost:
            wanted.append(power.pairs_for_equivalence(mean, spread, rope, alpha / family))
        more = min((max(pairs, least) - n for pairs in wanted if pairs is not None), default=None)
        return None if more is None or more > power.MOST_SEEDS else max(1, more)

    def visible(self, level: float) -> float:
        """The difference that so many seeds would have found with a chance of 80 %."""
        n = len(self.trained)
        if self.by_fold or n < 2:
            return math.nan
        return power.smallest_difference(float(self.trained.std(ddof=1)), n, level)
