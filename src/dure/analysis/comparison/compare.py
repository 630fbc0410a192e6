"""Is one variant better than another? Paired differences, tests, and a verdict in words.

The quantity compared is what the next network of a variant will reach on average, on these rows.
Pairs are seeds: two lanes of a seed share the shuffling and, where shapes agree, the first weights,
so that part of chance falls out of their difference. Folds of a seed are averaged first.

What decides
------------
* *better*, *worse*: the sign-flip test, after Holm's correction over all pairs compared, gives p of
  at most ``1 - confidence``, and the interval of the mean difference lies on one side of 0. Both
  must agree. Where lanes were lost the test is of ranks, with a lost lane worse than any number,
  and decides alone: the interval can speak only of the seeds in which both trained.
* *equivalent*: two one-sided tests (Schuirmann 1987, "A comparison of the two one-sided tests
  procedure and the power approach", Journal of Pharmacokinetics and Biopharmaceutics 15): the
  interval of confidence ``1 - 2 alpha / m`` (90 % for one pair at 95 %) lies inside the region of
  practical equivalence (Kruschke 2018, "Rejecting or accepting parameter values in Bayesian
  estimation", AMPPS 1), and no lane was lost. It goes before better and worse: a difference may be
  real and too small to matter.
* *too few*: not even the clearest outcome of so many pairs could reach p of ``1 - confidence``.
* *undecided*: neither, yet.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from dure.analysis.comparison import pair_text, table_text
from dure.analysis.comparison.pairing import Lanes, Matched, lanes_of, matched
from dure.core.types import Mode
from dure.errors import DureError, did_you_mean
from dure.messages.message import Message
from dure.stats import permutation, power
from dure.stats.bootstrap import bootstrap_t
from dure.stats.intervals import mean_interval

if TYPE_CHECKING:
    from dure.results.run_result import RunResult

Verdict = Literal["better", "worse", "equivalent", "undecided", "too few"]


@dataclass(frozen=True)
class Pair:
    """Two variants compared; "first is better" is always in the metric's own direction.

    Attributes
    ----------
    first, second
        Variants; with a baseline, second is the baseline.
    difference, low, high
        Mean of first minus second in the metric's unit with its interval, over the pairs in which
        both trained (``trained`` of ``pairs``). The interval is of this pair alone.
    p, p_adjusted, test
        Two-sided p of the named test, and after Holm's correction; None where not tested.
    superiority
        Probability that a new run of first beats a new run of second; ties count half, a lost run
        loses. Computed over runs of different seeds.
    pairs, unit
        How many seeds (folds, where the study has one seed) are compared.
    diverged
        Lanes of first and of second that diverged or failed.
    verdict
        Of the first: see `dure.analysis.comparison.compare`.
    more_seeds
        Undecided only: about how many more seeds would settle it, with a chance of 80 %, if the
        difference found so far is the true one. None where that cannot be said, or is beyond
        1,000. "too few": how many more a test needs at least.
    visible
        The difference that so many seeds would have found with a chance of 80 %.
    rows_low, rows_high
        With several seeds and several folds: the interval for other rows of the same kind, wider,
        by the corrected variance of Nadeau & Bengio (2003) over folds. NaN otherwise.
    """

    first: str
    second: str
    difference: float
    low: float
    high: float
    p: float | None
    p_adjusted: float | None
    test: str
    superiority: float
    pairs: int
    diverged: tuple[int, int]
    verdict: Verdict
    more_seeds: int | None
    unit: Literal["seed", "fold"]
    trained: int
    visible: float
    rows_low: float
    rows_high: float
    metric: str
    mode: Mode
    confidence: float
    rope: float | None
    family: int

    def describe(self) -> Message:
        """The verdict with its numbers, in one or two sentences."""
        return pair_text.sentence(self)

    __str__ = describe

    def turned(self) -> Pair:
        """The same with first and second exchanged."""
        verdicts: dict[Verdict, Verdict] = {"better": "worse", "worse": "better"}
        return Pair(
            **{
                **{name: getattr(self, name) for name in self.__dataclass_fields__},
                "first": self.second,
                "second": self.first,
                "difference": -self.difference,
                "low": -self.high,
                "high": -self.low,
                "superiority": 1 - self.superiority,
                "diverged": self.diverged[::-1],
                "verdict": verdicts.get(self.verdict, self.verdict),
                "rows_low": -self.rows_high,
                "rows_high": -self.rows_low,
            }
        )


@dataclass(frozen=True)
class Comparison:
    """Variants compared in pairs: ``result.compare()``.

    Attributes
    ----------
    metric, mode, confidence, rope
        What was compared, which direction is better, and what was asked for.
    pairs
        One a pair of variants; against the baseline only, if there is one.
    baseline
        The variant all others are compared with, or None: every pair.
    notes
        Sentences that must be known to read the numbers: lanes not done, other data, and so on.
    """

    metric: str
    mode: Mode
    confidence: float
    rope: float | None
    pairs: tuple[Pair, ...]
    baseline: str | None = None
    notes: tuple[Message, ...] = ()

    @property
    def leader(self) -> str:
        """The variant whose runs beat those of the others most often; not yet for that better."""
        wins: dict[str, list[float]] = {}
        for pair in self.pairs:
            won = self._won(pair)
            wins.setdefault(pair.first, []).append(won)
            wins.setdefault(pair.second, []).append(1 - won)
        means = [float(np.mean(won)) for won in wins.values()]
        return list(wins)[int(np.argmax(np.nan_to_num(means, nan=-1.0)))]

    def _won(self, pair: Pair) -> float:
        """How often the first beats the second; of one run each, whether it did."""
        if not math.isnan(pair.superiority) or math.isnan(pair.difference):
            return pair.superiority
        higher = 0.5 * (1 + np.sign(pair.difference))
        return float(higher if self.mode == "max" else 1 - higher)

    def frame(self) -> pd.DataFrame:
        """One row a pair, a column for each attribute of :class:`Pair`."""
        rows = [asdict(pair) for pair in self.pairs]
        for row in rows:
            row["first_diverged"], row["second_diverged"] = row.pop("diverged")
            for name in ("metric", "mode", "confidence", "rope", "family"):
                del row[name]
        table = pd.DataFrame(rows)
        table["more_seeds"] = table["more_seeds"].astype("Int64")
        return table.astype({"p": "float64", "p_adjusted": "float64"})

    def describe(self) -> str:
        """The verdict first, then a table of all pairs, then what must be known to read it."""
        return "\n".join(table_text.lines(self))

    __str__ = describe


def compare(
    result: RunResult,
    metric: str | None = None,
    baseline: str | None = None,
    other: RunResult | None = None,
    confidence: float = 0.95,
    rope: float | None = None,
) -> Comparison:
    """Compare the variants of a result, or of two; see :meth:`dure.Result.compare`."""
    _refuse(confidence, rope)
    return compare_lanes(lanes_of(result, other, metric), baseline, confidence, rope)


def compare_lanes(
    lanes: Lanes,
    baseline: str | None = None,
    confidence: float = 0.95,
    rope: float | None = None,
) -> Comparison:
    """The comparison of lanes already read; see :meth:`dure.Result.compare`."""
    rows = [
        (lanes.names[first], lanes.names[second], matched(lanes, first, second))
        for first, second in _pairs(lanes, baseline)
    ]
    judged = _judged(lanes, rows, confidence, rope)
    return Comparison(lanes.metric, lanes.mode, confidence, rope, judged, baseline, lanes.notes)


def _refuse(confidence: float, rope: float | None) -> None:
    faults = []
    if not 0.5 <= confidence < 1:
        faults.append(
            f"confidence is {confidence}; expected a number from 0.5 to below 1, as 0.95."
        )
    if rope is not None and not (rope > 0 and math.isfinite(rope)):
        faults.append(
            f"rope is {rope}; expected a number above 0: the largest difference, in the metric's "
            "unit, that makes no difference to you."
        )
    if faults:
        raise DureError("\n".join(faults))


def _pairs(lanes: Lanes, baseline: str | None) -> list[tuple[int, int]]:
    names = lanes.names
    if baseline is not None and baseline not in names:
        raise DureError(
            f"baseline is {baseline!r}; expected one of the variants: {', '.join(names)}."
            + did_you_mean(baseline, names)
        )
    if len(names) < 2:
        raise DureError(
            f"There is one variant only ({names[0]}), and nothing to compare it with: name a "
            "second run, or give the study variants."
        )
    if baseline is None:
        return list(combinations(range(len(names)), 2))
    place = names.index(baseline)
    return [(index, place) for index in range(len(names)) if index != place]


def _judged(
    lanes: Lanes,
    rows: Sequence[tuple[str, str, Matched]],
    confidence: float,
    rope: float | None,
) -> tuple[Pair, ...]:
    """All pairs with their tests corrected for one another."""
    alpha = 1 - confidence
    tests = [_tested(lanes.by_fold, m) for *_, m in rows]
    least = permutation.holm([t.least for t in tests])
    feasible = least <= alpha * (1 + 1e-9)
    p = np.where(feasible, [t.p for t in tests], np.nan)
    adjusted, factors = permutation.holm(p), permutation.holm_factors(p)
    judges = (_Judge(lanes, confidence, rope, len(rows), int(factor)) for factor in factors)
    return tuple(
        judge.pair(first, second, m, test.name, float(raw), float(corrected))
        for judge, (first, second, m), test, raw, corrected in zip(
            judges, rows, tests, p, adjusted, strict=True
        )
    )


@dataclass(frozen=True)
class _Tested:
    name: str
    p: float
    least: float
    """The smallest p that such a test could have given."""


def _tested(by_fold: bool, found: Matched) -> _Tested:
    n = len(found.gains)
    lost = not np.isfinite(found.gains).all() or len(found.trained) < n
    if by_fold:
        if lost or n < 2:
            return _Tested("none", math.nan, 1.0)
        return _Tested("corrected resampled t", permutation.corrected_t(found.gains), 0.0)
    if n == 0:
        return _Tested("none", math.nan, 1.0)
    name = "sign-flip of ranks" if lost else "sign-flip"
    scores = permutation.scores_of(found.gains)
    return _Tested(name, float(permutation.sign_flip(scores)), permutation.least_p(n))


@dataclass(frozen=True)
class _Judge:
    """Comes to a verdict on one pair of variants."""

    lanes: Lanes
    confidence: float
    rope: float | None
    family: int
    factor: int
    """By how much Holm's correction raises this pair's p."""

    def pair(
        self, first: str, second: str, found: Matched, test: str, p: float, adjusted: float
    ) -> Pair:
        """The verdict with all its numbers."""
        tested = not math.isnan(p)
        difference, low, high = self._signed(self._interval(found, self.confidence))
        verdict = self._verdict(found, adjusted) if tested else "too few"
        _, rows_low, rows_high = self._signed(
            mean_interval(found.by_rows[None, :], self.confidence)[:3]
            if len(found.by_rows) > 1
            else (math.nan,) * 3
        )
        return Pair(
            first=first,
            second=second,
            difference=difference,
            low=low,
            high=high,
            p=p if tested else None,
            p_adjusted=adjusted if tested else None,
            test=test if tested else "none",
            superiority=found.superiority,
            pairs=len(found.gains),
            diverged=found.lost,
            verdict=verdict,
            more_seeds=self._more(found, verdict),
            unit="fold" if self.lanes.by_fold else "seed",
            trained=len(found.trained),
            visible=self._visible(found),
            rows_low=rows_low,
            rows_high=rows_high,
            metric=self.lanes.metric,
            mode=self.lanes.mode,
            confidence=self.confidence,
            rope=self.rope,
            family=self.family,
        )

    def _signed(self, gain: tuple[float, float, float]) -> tuple[float, float, float]:
        """A gain with its limits as first minus second in the metric's unit."""
        if self.lanes.sign > 0:
            return gain
        mean, low, high = gain
        return (0.0 - mean, 0.0 - high, 0.0 - low)  # 0.0 - 0.0 has no minus sign

    def _interval(self, found: Matched, confidence: float) -> tuple[float, float, float]:
        values = found.trained
        if not len(values):
            return (math.nan,) * 3
        if self.lanes.by_fold:
            return mean_interval(values[None, :], confidence)[:3]
        mean, low, high = bootstrap_t(values, confidence)
        return float(mean), float(low), float(high)

    def _verdict(self, found: Matched, adjusted: float) -> Verdict:
        lost = len(found.trained) < len(found.gains)
        alpha = 1 - self.confidence
        if self.rope is not None and not lost:
            # Two one-sided tests at alpha, each pair of the family at its share of it.
            _, low, high = self._interval(found, 1 - 2 * alpha / self.family)
            if -self.rope < low and high < self.rope:
                return "equivalent"
        if adjusted > alpha:
            return "undecided"
        direction = float(permutation.scores_of(found.gains).sum())
        _, low, high = self._interval(found, self.confidence)
        if not lost and low <= 0 <= high:
            return "undecided"
        return "better" if direction > 0 else "worse"

    def _more(self, found: Matched, verdict: Verdict) -> int | None:
        if self.lanes.by_fold:
            return None
        n, alpha = len(found.gains), 1 - self.confidence
        least = permutation.least_pairs(alpha, self.family)
        if verdict == "too few":
            return max(1, least - n)
        if verdict != "undecided":
            return None
        scores = permutation.scores_of(found.gains)
        mean, spread = float(scores.mean()), float(scores.std(ddof=1))
        if spread <= 1e-13 * float(np.abs(scores).max(initial=1e-300)):
            return None
        wanted = [power.pairs_for_difference(mean / spread, alpha / self.factor)]
        if self.rope is not None and len(found.trained) == n:
            level = alpha / self.family
            wanted.append(power.pairs_for_equivalence(mean, spread, self.rope, level))
        known = [max(pairs, least) for pairs in wanted if pairs is not None]
        more = min(known) - n if known else power.MOST_SEEDS + 1
        return max(1, more) if more <= power.MOST_SEEDS else None

    def _visible(self, found: Matched) -> float:
        n = len(found.trained)
        if self.lanes.by_fold or n < 2:
            return math.nan
        spread = float(found.trained.std(ddof=1))
        return power.smallest_difference(spread, n, (1 - self.confidence) / self.factor)
