"""Is the best variant settled? Asked again as seeds are added, without more false alarms.

Pairs of variants are tested by the repeated tests of `spending`, with Holm's correction over pairs;
both together keep the probability that any pair without a difference is ever called different at
5 % or less. With a region of practical equivalence (rope), a pair is called equivalent where both
"second is better by the rope or more" and "first is" are rejected by the same tests, one-sided
(Schuirmann 1987, "A comparison of the two one-sided tests procedure", J. Pharmacokin. Biopharm.
15); any pair further apart than the rope is called that in 5 % of studies at most, too. The two
kinds of error have a budget each. What was decided stays decided.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from dure._intervals import interval_texts
from dure._modes import mode_of
from dure._types import Mode
from dure.evidence.significance import holm
from dure.evidence.spending import FIRST, Paths, Plan, interval, make_plan

if TYPE_CHECKING:
    from dure.result import Result

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Verdict = Literal["better", "worse", "equivalent", "open"]
Ended = Literal["decided", "hopeless", "max_seeds"]

ALPHA = 0.05
"""Probability, at most, that any pair without a difference is ever called different."""
HOPELESS = 0.2
"""A study ends early where seeds still to come would settle its pairs less likely than this."""


@dataclass(frozen=True)
class Rule:
    """How a study is decided; fixed before its first seed and kept in its run folder.

    Attributes
    ----------
    variants, baseline
        Names; with a baseline all others are compared with it only, else all with each other.
    metric, mode
        What is compared, and whether low or high is better.
    plan
        When is looked.
    rope
        Differences up to this, in the metric's unit, count as none; None: no pair is equivalent.
    """

    variants: tuple[str, ...]
    metric: str
    mode: Mode
    plan: Plan
    baseline: str | None = None
    rope: float | None = None

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Who is compared with whom; a baseline comes second."""
        if self.baseline is None:
            return list(combinations(self.variants, 2))
        return [(name, self.baseline) for name in self.variants if name != self.baseline]

    @classmethod
    def of(
        cls,
        variants: Sequence[str],
        metric: str,
        mode: Mode,
        *,
        seeds: int,
        max_seeds: int,
        baseline: str | None = None,
        rope: float | None = None,
    ) -> Rule:
        """The rule for a study that begins with so many seeds (`FIRST` at least)."""
        others = len(variants) - 1
        pairs = others if baseline is not None else others * len(variants) // 2
        plan = make_plan(max(FIRST, seeds), max_seeds, ALPHA / pairs)
        return cls(tuple(variants), metric, mode, plan, baseline, rope)


@dataclass(frozen=True)
class SequentialPair:
    """What is known of two variants at a look.

    Attributes
    ----------
    first, second
        The variants.
    difference, low, high
        Mean over seeds of first - second in the metric's unit, with its repeated confidence
        interval: those of all pairs at all looks hold the truth with 95 %. With several pairs it is
        without Holm's steps, so it may just reach over 0 where p settles the pair. Infinite where
        so few seeds cannot bound it.
    p
        Of the sequential rule, Holm's correction included: to be compared with 0.05 as it is.
    verdict
        "better": first is better than second.
    settled_at
        Seeds at the look that settled it; None while it is open.
    lost
        Seeds in which the first (the second) diverged or failed, and the other did not; they
        count as the largest difference seen until then, against it.
    """

    first: str
    second: str
    difference: float
    low: float
    high: float
    p: float
    verdict: Verdict
    settled_at: int | None
    lost: tuple[int, int] = (0, 0)

    def told(self, metric: str, mode: Mode) -> str:
        """One sentence."""
        shown = interval_texts([(self.difference, self.low, self.high)])[0]
        bounded = math.isfinite(self.low) and math.isfinite(self.high)
        size = shown if bounded else f"{self.difference:.4g}"
        known = f"{metric} differs by {size}, p {_p_text(self.p)}"
        if any(self.lost):
            known += f", runs lost {self.lost[0]} and {self.lost[1]}"
        if self.verdict == "open":
            bound = max(abs(self.low), abs(self.high))
            most = f"; the difference is at most {bound:.2g}" if math.isfinite(bound) else ""
            return f"{self.first} against {self.second}: cannot tell ({known}{most})"
        word = {"equivalent": "as good as"}.get(self.verdict, f"{self.verdict} than")
        return f"{self.first} is {word} {self.second} ({known}; after {self.settled_at} seeds)"


@dataclass(frozen=True)
class Look:
    """All pairs after so many seeds, and whether that is the end.

    Attributes
    ----------
    spent
        False alarms spent by now, of 0.05.
    leader
        The variant with the best mean.
    ended
        "decided": each other variant is worse than the best, or equivalent (with a baseline: every
        pair is settled). "hopeless": the seeds still allowed would hardly settle what is open.
        None: seeds are to be added.
    """

    seeds: int
    spent: float
    leader: str
    ended: Ended | None
    pairs: tuple[SequentialPair, ...]


@dataclass(frozen=True)
class Sequential:
    """A study's rule and the looks made so far; `Result.sequential`."""

    rule: Rule
    looks: tuple[Look, ...] = field(default=())

    @property
    def ended(self) -> Ended | None:
        """Why no more seeds are added; None while they are."""
        return self.looks[-1].ended if self.looks else None

    def frame(self) -> pd.DataFrame:
        """One row a pair and look: seeds, first, second, difference, low, high, p, verdict, ..."""
        rows = [{"seeds": look.seeds, **asdict(pair)} for look in self.looks for pair in look.pairs]
        return pd.DataFrame(rows)

    def told(self) -> str:
        """What was decided, and by what rule."""
        if not self.looks:
            return "No look has been made yet."
        last, rule = self.looks[-1], self.rule
        lines = [_ending(last, rule)]
        lines += [f"  {pair.told(rule.metric, rule.mode)}" for pair in last.pairs]
        return "\n".join([*lines, self.caution()])

    __str__ = told

    def caution(self) -> str:
        """What must be known before such a study is compared in any other way."""
        looks = ", ".join(str(look.seeds) for look in self.looks)
        return (
            f"Seeds were added until decided (looks after {looks}): these p values and intervals "
            "are those of the sequential rule (5 % false alarms over all pairs and looks). A test "
            "for a fixed number of seeds is wrong here: its p is too small."
        )

    def note(self) -> str:
        """The same for whoever reads a comparison for a fixed number of seeds."""
        looks = ", ".join(str(look.seeds) for look in self.looks)
        return (
            f"its seeds were added until decided (looks after {looks}), so the p values above, of "
            "tests for a fixed number of seeds, are too small and the intervals too narrow. The "
            f"sequential rule says: {_ending(self.looks[-1], self.rule)} Its p values and "
            "intervals, which count: result.sequential."
        )

    def to_manifest(self) -> dict[str, Any]:
        """JSON-able account for the run folder."""
        account = asdict(self)
        for look in account["looks"]:
            for pair in look["pairs"]:  # JSON has no infinity
                pair |= {n: None for n in ("low", "high") if not math.isfinite(pair[n])}
        return account

    @classmethod
    def of_manifest(cls, manifest: Mapping[str, Any]) -> Sequential | None:
        """What :meth:`to_manifest` said, out of a whole manifest; None for other studies."""
        found = manifest.get("sequential")
        if not found:
            return None
        rule = dict(found["rule"])
        plan = Plan(**{name: tuple(values) for name, values in rule.pop("plan").items()})
        rule["variants"] = tuple(rule["variants"])
        looks = [
            Look(**{**look, "pairs": tuple(_pair_of(pair) for pair in look["pairs"])})
            for look in found["looks"]
        ]
        return cls(Rule(plan=plan, **rule), tuple(looks))


def _pair_of(saved: Mapping[str, Any]) -> SequentialPair:
    limits = {
        "low": -math.inf if saved["low"] is None else saved["low"],
        "high": math.inf if saved["high"] is None else saved["high"],
    }
    return SequentialPair(**{**saved, **limits, "lost": tuple(saved["lost"])})


def _p_text(p: float) -> str:
    return "below 0.0001" if p < 1e-4 else f"{p:.2g}"


def _ending(last: Look, rule: Rule) -> str:
    seeds, limit = f"{last.seeds} seeds", rule.plan.looks[-1]
    if last.ended == "decided":
        if rule.baseline is not None:
            return f"Decided after {seeds}: every variant against {rule.baseline}."
        equal = [_other(p, last.leader) for p in last.pairs if _equals(p, last.leader)]
        beside = f", with {' and '.join(equal)} as good" if equal else ""
        return f"Decided after {seeds}: {last.leader} is best{beside}."
    if last.ended == "hopeless":
        return f"Cannot tell after {seeds}: even {limit} would hardly decide it."
    if last.ended == "max_seeds":
        return f"Cannot tell after {seeds}."
    return f"Not decided after {seeds}; more are to be added."


def _other(pair: SequentialPair, name: str) -> str:
    return pair.second if pair.first == name else pair.first


def _equals(pair: SequentialPair, name: str) -> bool:
    return pair.verdict == "equivalent" and name in (pair.first, pair.second)


# -- looking -------------------------------------------------------------------------------------


def review(
    rule: Rule,
    values: ArrayLike,
    lost: ArrayLike | None = None,
    before: Sequence[Look] = (),
) -> Look:
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
    sign = -1 if rule.mode == "min" else 1
    place = {name: i for i, name in enumerate(rule.variants)}
    tested = []
    for first, second in rule.pairs:
        i, j = place[first], place[second]
        tested.append(_Tested(*paired(table[i], table[j], gone[i], gone[j], rule), rule))
    adjusted = holm([t.p for t in tested]).tolist()
    equal = holm([t.p_equivalent for t in tested]).tolist()
    pairs = []
    for (first, second), one, p, p_equal in zip(rule.pairs, tested, adjusted, equal, strict=True):
        verdict: Verdict = "open"
        settled: int | None = None
        if (old := known.get((first, second))) is not None and old.verdict != "open":
            verdict, settled = old.verdict, old.settled_at
        elif p_equal <= ALPHA:
            verdict, settled = "equivalent", seeds
        elif p <= ALPHA:
            verdict, settled = ("better" if sign * one.mean > 0 else "worse"), seeds
        low, high = one.interval(ALPHA / len(tested))
        pairs.append(
            SequentialPair(first, second, one.mean, low, high, p, verdict, settled, one.lost)
        )
    leader = _leader(table, gone, rule)
    spent = ALPHA * sum(rule.plan.shares[: rule.plan.looks.index(seeds) + 1])
    ended = _ended(rule, pairs, leader, tested, seeds)
    return Look(seeds, spent, leader, ended, tuple(pairs))


def paired(
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


class _Tested:
    """One pair's differences and what the tests say of them."""

    def __init__(self, differences: Floats, lost: tuple[int, int], rule: Rule) -> None:
        self.differences, self.lost, self._rule = differences, lost, rule
        known = differences[np.isfinite(differences)]
        self.n = len(known)
        self.mean = float(known.mean()) if self.n else math.nan
        self.spread = float(known.std(ddof=1)) if self.n > 1 else math.nan
        self._paths = Paths(differences[None], rule.plan)
        self.p = self._paths.p_value()
        self.p_equivalent = self._p_equivalent()

    def _p_equivalent(self) -> float:
        rope = self._rule.rope
        if rope is None or any(self.lost):
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
    tested: Sequence[_Tested],
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


def _hopeless(open_pairs: Sequence[_Tested], rule: Rule, level: float) -> bool:
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


# -- from a result -------------------------------------------------------------------------------


def values_of(result: Result, metric: str, seeds: Iterable[int]) -> tuple[Floats, Bools]:
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


def rule_metric(result_monitor: str, mode: Mode) -> tuple[str, Mode]:
    """What decides: the monitor where it validates, else the validation loss."""
    if result_monitor.startswith("val_"):
        return result_monitor, mode
    return "val_loss", mode_of("val_loss")
