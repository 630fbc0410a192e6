"""One look at a study whose seeds are added: which pairs are settled now, and whether to go on."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from dure.analysis.comparison.paired_test import judge
from dure.analysis.comparison.sequential import (
    ALPHA,
    Ended,
    InterimLook,
    Rule,
    SequentialPair,
    SequentialVerdict,
)
from dure.core.metrics import choose_monitor
from dure.core.types import Bools, Floats, Mode, Monitor
from dure.stats.alpha_spending import FIRST, Paths, interval

if TYPE_CHECKING:
    from dure.results.run_result import RunResult


HOPELESS = 0.2
"""A study ends early where seeds still to come would settle its pairs less likely than this."""


def review(
    rule: Rule,
    values: ArrayLike,
    lost: ArrayLike | None = None,
    before: Sequence[InterimLook] = (),
) -> InterimLook:
    """Look at a study after as many seeds as `values` has.

    Parameters
    ----------
    rule
        The number of seeds must be one of its plan's.
    values
        The metric, shape (variant, seed), seeds in the order in which they were added. NaN where
        there is none.
    lost
        Whether a variant diverged or failed in a seed, same shape; default nowhere.
    before
        The looks made so far.

    Raises
    ------
    ValueError
        For a number of seeds at which the rule does not look.
    """
    table = np.asarray(values, dtype=np.float64)
    gone = np.zeros(table.shape, bool) if lost is None else np.asarray(lost, dtype=bool)
    seeds = table.shape[1]
    if seeds not in rule.plan.looks:
        raise ValueError(f"{seeds} seeds; this rule looks after {rule.plan.looks} only.")
    known = {(p.first, p.second): p for p in before[-1].pairs} if before else {}
    place = {name: i for i, name in enumerate(rule.variants)}
    tests = []
    for first, second in rule.pairs:
        i, j = place[first], place[second]
        tests.append(
            _RepeatedTest(*pair_differences(table[i], table[j], gone[i], gone[j], rule), rule)
        )
    pairs = []
    judged = judge(tests, ALPHA, rule.rope)
    for (first, second), test, now in zip(rule.pairs, tests, judged, strict=True):
        verdict: SequentialVerdict = "open"
        settled: int | None = None
        if (old := known.get((first, second))) is not None and old.verdict != "open":
            verdict, settled = old.verdict, old.settled_at
        elif now.verdict in ("better", "worse", "equivalent"):
            verdict, settled = now.verdict, seeds
        low, high = test.interval(ALPHA / len(tests))
        settled_pair = verdict, settled, test.lost
        pairs.append(
            SequentialPair(first, second, test.mean, low, high, now.p_adjusted, *settled_pair)
        )
    leader = _leader(table, gone, rule)
    spent = ALPHA * sum(rule.plan.shares[: rule.plan.looks.index(seeds) + 1])
    ended = _ended(rule, pairs, leader, tests, seeds)
    return InterimLook(seeds, spent, leader, ended, tuple(pairs))


def pair_differences(
    first: Floats, second: Floats, first_lost: Bools, second_lost: Bools, rule: Rule
) -> tuple[Floats, tuple[int, int]]:
    """First - second, seed by seed, and how often one of the two alone was lost.

    A seed that only one was lost in counts against it as the largest difference seen up to the
    look it came with: a size that the signs of the others have no part in, and that never changes.
    """
    found: Floats = np.where(first_lost & second_lost, 0.0, first - second)
    worse = 1.0 if rule.mode == "min" else -1.0
    sides = (first_lost & ~second_lost, second_lost & ~first_lost)
    found = np.where(sides[0] | sides[1], np.nan, found)
    filled, before = found.copy(), 0
    for n in rule.plan.looks:
        sizes = np.abs(found[:n])
        largest = float(np.nanmax(sizes)) if np.isfinite(sizes).any() else 0.0
        for side, sign in zip(sides, (worse, -worse), strict=True):
            filled[before:n][side[before:n]] = sign * (largest or 1.0)
        before = n
    return filled, (int(sides[0].sum()), int(sides[1].sum()))


class _RepeatedTest:
    """One pair's differences and what the repeated tests say of them: a `PairedTest`."""

    least = 0.0

    def __init__(self, differences: Floats, lost: tuple[int, int], rule: Rule) -> None:
        self.differences, self.lost, self._rule = differences, lost, rule
        known = differences[np.isfinite(differences)]
        self.n = len(known)
        self.mean = float(known.mean()) if self.n else math.nan
        self.spread = float(known.std(ddof=1)) if self.n > 1 else math.nan
        self.direction = self.mean if rule.mode == "max" else -self.mean
        self.p = Paths(differences[None], rule.plan).p_value()

    def leaves_out_zero(self, level: float) -> bool:
        """The looks' share of the level is in p already: nothing else has to agree."""
        return True

    def p_equivalent(self, rope: float, share: float) -> float:
        """The larger p of two one-sided repeated tests; 1 where networks were lost."""
        if any(self.lost):
            return 1.0
        below, above = rope - self.differences, self.differences + rope
        return max(Paths(side[None], self._rule.plan, True).p_value() for side in (below, above))

    def interval(self, level: float) -> tuple[float, float]:
        """The repeated confidence interval."""
        return interval(self.differences, self._rule.plan, level)


def late_chance(
    mean: ArrayLike, spread: ArrayLike, seeds: int, end: int, level: float
) -> NDArray[np.float64]:
    """Roughly the probability that the seeds still to come make pairs differ.

    Conditional power (Lan, Simon & Halperin 1982, "Stochastically curtailed tests in long-term
    clinical trials", Sequential Analysis 1) with differences one standard error larger than they
    look, and a last look that may spend all: rather too hopeful than too little.

    Parameters
    ----------
    mean, spread
        Of the differences so far: their mean and standard deviation, of any one shape.
    seeds, end
        How many there are, and how many there may be.
    level
        Of a pair, two-sided.
    """
    sizes, spreads = np.abs(np.asarray(mean, float)), np.asarray(spread, float)
    if end <= seeds:
        return np.zeros(sizes.shape)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = sizes / spreads
    hoped = found + 1 / math.sqrt(seeds)
    rest = end - seeds
    reached = found * seeds + hoped * rest + ndtri(level / 2) * math.sqrt(end)
    chance = ndtr(reached / math.sqrt(rest))
    # Without spread there is nothing to go by: a difference, or none at all.
    return np.where(spreads > 0, chance, np.where(sizes > 0, 1.0, 0.0))


def _leader(values: Floats, lost: Bools, rule: Rule) -> str:
    """The best mean, of variants lost least often."""
    losses = lost.sum(axis=1)
    sums = np.where(lost, 0.0, np.nan_to_num(values)).sum(axis=1)
    counts = (np.isfinite(values) & ~lost).sum(axis=1)
    means = np.where(counts > 0, sums / np.maximum(counts, 1), np.inf)
    means = means if rule.mode == "min" else np.where(counts > 0, -means, np.inf)
    return rule.variants[int(np.lexsort((means, losses))[0])]


def _ended(
    rule: Rule,
    pairs: Sequence[SequentialPair],
    leader: str,
    tested: Sequence[_RepeatedTest],
    seeds: int,
) -> Ended | None:
    needed = [
        (pair, one)
        for pair, one in zip(pairs, tested, strict=True)
        if rule.baseline is not None or leader in (pair.first, pair.second)
    ]
    still = [(pair, one) for pair, one in needed if not _settles(pair, leader, rule)]
    if not still:
        return "decided"
    if seeds == rule.plan.looks[-1]:
        return "max_seeds"
    # Ending without a verdict raises no alarm. With a rope, seeds may still show equivalence.
    if rule.rope is None and _hopeless([one for _, one in still], rule, ALPHA / len(pairs)):
        return "hopeless"
    return None


def _hopeless(open_pairs: Sequence[_RepeatedTest], rule: Rule, level: float) -> bool:
    end = rule.plan.looks[-1]
    # A pair of too few known differences is not given up.
    chances = [
        float(late_chance(one.mean, one.spread, one.n, end, level)) if one.n >= FIRST else 1.0
        for one in open_pairs
    ]
    return max(chances) < HOPELESS


def _settles(pair: SequentialPair, leader: str, rule: Rule) -> bool:
    if rule.baseline is not None or pair.verdict in ("equivalent", "open"):
        return pair.verdict != "open"
    return pair.verdict == ("better" if pair.first == leader else "worse")


def values_of(result: RunResult, metric: str, seeds: Iterable[int]) -> tuple[Floats, Bools]:
    """A result's metric at each lane's best epoch, folds averaged, shape (variant, seed).

    Returns
    -------
    values, lost
        `lost` where any fold of a variant and seed diverged or failed; the value is NaN there.
    """
    wanted = list(seeds)
    grid = result.at_best(metric).sel(seed=wanted).values
    known = [status.kind in ("diverged", "failed") for status in result.statuses]
    keys = result.lanes[known]
    lost = np.zeros(grid.shape[:2], dtype=bool)
    rows = {name: i for i, name in enumerate(result.variants)}
    columns = {seed: i for i, seed in enumerate(wanted)}
    for variant, seed in zip(keys["variant"], keys["seed"], strict=True):
        if seed in columns:
            lost[rows[variant], columns[seed]] = True
    return grid.mean(axis=2), lost


def rule_metric(monitor: Monitor, metrics: Iterable[str], known: Mapping[str, Mode]) -> Monitor:
    """What decides: the monitor where it validates, else the validation loss, or what is like it.

    Parameters
    ----------
    metrics
        Everything that an epoch measures.
    known
        Modes by name without "val_".
    """
    held_out = [name for name in metrics if name.startswith("val_")]
    return monitor if monitor.name.startswith("val_") else choose_monitor(held_out, known)
