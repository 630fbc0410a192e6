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
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import reduce
from itertools import combinations
from typing import Any, Literal

import pandas as pd

from dure.core.types import Mode
from dure.messages.message import Message, as_is, joined, say
from dure.messages.phrases import count, join_list
from dure.stats.alpha_spending import FIRST, SpendingPlan, make_plan
from dure.stats.intervals import interval_texts

SequentialVerdict = Literal["better", "worse", "equivalent", "open"]
Ended = Literal["decided", "hopeless", "max_seeds"]

ALPHA = 0.05
"""Probability, at most, that any pair without a difference is ever called different."""


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
    plan: SpendingPlan
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
    verdict: SequentialVerdict
    settled_at: int | None
    lost: tuple[int, int] = (0, 0)

    def describe(self, metric: str, mode: Mode) -> Message:
        """One sentence."""
        names, known = {"first": self.first, "second": self.second}, self._known(metric)
        if self.verdict == "open":
            bound = max(abs(self.low), abs(self.high))
            if not math.isfinite(bound):
                return say("{first} against {second}: cannot tell ({known})", known=known, **names)
            return say(
                "{first} against {second}: cannot tell ({known}; the difference is at most "
                "{bound})",
                known=known,
                bound=f"{bound:.2g}",
                **names,
            )
        given = {**names, "known": known, "seeds": count(self.settled_at or 0, "seed")}
        return {
            "better": say("{first} is better than {second} ({known}; after {seeds})", **given),
            "worse": say("{first} is worse than {second} ({known}; after {seeds})", **given),
            "equivalent": say("{first} is as good as {second} ({known}; after {seeds})", **given),
        }[self.verdict]

    def _known(self, metric: str) -> Message:
        shown = interval_texts([(self.difference, self.low, self.high)])[0]
        bounded = math.isfinite(self.low) and math.isfinite(self.high)
        amount = shown if bounded else f"{self.difference:.4g}"
        given = {"metric": metric, "amount": amount, "p": _p_text(self.p)}
        if not any(self.lost):
            return say("{metric} differs by {amount}, p {p}", **given)
        first, second = map(str, self.lost)
        return say(
            "{metric} differs by {amount}, p {p}, runs lost {first_lost} and {second_lost}",
            first_lost=first,
            second_lost=second,
            **given,
        )


@dataclass(frozen=True)
class InterimLook:
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
    """A study's rule and the looks made so far; `Result.sequential`.

    Examples
    --------
    >>> sequential = study.run(folder / "decided", False, until="decided", max_seeds=6).sequential
    >>> [look.seeds for look in sequential.looks], sequential.ended, str(sequential.ending())
    ([6], 'max_seeds', 'Cannot tell after 6 seeds.')
    >>> sequential.frame().columns.tolist()[:3]
    ['seeds', 'first', 'second']
    >>> print(sequential.describe().splitlines()[0])
    Cannot tell after 6 seeds.
    >>> print(sequential.caution()[:46], sequential.note()[:29], sep="; ")
    Seeds were added until decided (looks after 6); its seeds were added until de
    >>> type(sequential).of_manifest({"sequential": sequential.to_manifest()}) == sequential
    True
    """

    rule: Rule
    looks: tuple[InterimLook, ...] = field(default=())

    @property
    def ended(self) -> Ended | None:
        """Why no more seeds are added; None while they are."""
        return self.looks[-1].ended if self.looks else None

    def frame(self) -> pd.DataFrame:
        """One row a pair and look: seeds, first, second, difference, low, high, p, verdict, ..."""
        rows = [{"seeds": look.seeds, **asdict(pair)} for look in self.looks for pair in look.pairs]
        return pd.DataFrame(rows)

    def describe(self) -> Message:
        """What was decided, and by what rule."""
        if not self.looks:
            return self.ending()
        rule = self.rule
        pairs = (pair.describe(rule.metric, rule.mode) for pair in self.looks[-1].pairs)
        return joined((joined((self.ending(), *pairs), "\n  "), self.caution()), "\n")

    __str__ = describe

    def ending(self) -> Message:
        """What was decided by the last look, in a sentence."""
        return (
            _ending(self.looks[-1], self.rule) if self.looks else say("No look has been made yet.")
        )

    def caution(self) -> Message:
        """What must be known before such a study is compared in any other way."""
        return say(
            "Seeds were added until decided (looks after {looks}): these p values and intervals "
            "are those of the sequential rule (5 % false alarms over all pairs and looks). A test "
            "for a fixed number of seeds is wrong here: its p is too small.",
            looks=self._looked(),
        )

    def note(self) -> Message:
        """The same for whoever reads a comparison for a fixed number of seeds."""
        return say(
            "its seeds were added until decided (looks after {looks}), so the p values above, of "
            "tests for a fixed number of seeds, are too small and the intervals too narrow. The "
            "sequential rule says: {ending} Its p values and intervals, which count: "
            "result.sequential.",
            looks=self._looked(),
            ending=self.ending(),
        )

    def _looked(self) -> str:
        return ", ".join(str(look.seeds) for look in self.looks)

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
        plan = SpendingPlan(**{name: tuple(values) for name, values in rule.pop("plan").items()})
        rule["variants"] = tuple(rule["variants"])
        looks = [
            InterimLook(**{**look, "pairs": tuple(_pair_of(pair) for pair in look["pairs"])})
            for look in found["looks"]
        ]
        return cls(Rule(plan=plan, **rule), tuple(looks))


def _pair_of(saved: Mapping[str, Any]) -> SequentialPair:
    limits = {
        "low": -math.inf if saved["low"] is None else saved["low"],
        "high": math.inf if saved["high"] is None else saved["high"],
    }
    return SequentialPair(**{**saved, **limits, "lost": tuple(saved["lost"])})


def _p_text(p: float) -> Message:
    return say("below 0.0001") if p < 1e-4 else as_is(f"{p:.2g}")


def _ending(last: InterimLook, rule: Rule) -> Message:
    seeds, leader = count(last.seeds, "seed"), last.leader
    if last.ended == "decided":
        if rule.baseline is not None:
            return say(
                "Decided after {seeds}: every variant against {baseline}.",
                seeds=seeds,
                baseline=rule.baseline,
            )
        equal = [_other(p, leader) for p in last.pairs if _equals(p, leader)]
        if not equal:
            return say("Decided after {seeds}: {leader} is best.", seeds=seeds, leader=leader)
        return say(
            "Decided after {seeds}: {leader} is best, with {names} as good.",
            seeds=seeds,
            leader=leader,
            names=reduce(lambda most, name: join_list((most, name)), equal),
        )
    if last.ended == "hopeless":
        return say(
            "Cannot tell after {seeds}: even {limit} would hardly decide it.",
            seeds=seeds,
            limit=str(rule.plan.looks[-1]),
        )
    if last.ended == "max_seeds":
        return say("Cannot tell after {seeds}.", seeds=seeds)
    return say("Not decided after {seeds}; more are to be added.", seeds=seeds)


def _other(pair: SequentialPair, name: str) -> str:
    return pair.second if pair.first == name else pair.first


def _equals(pair: SequentialPair, name: str) -> bool:
    return pair.verdict == "equivalent" and name in (pair.first, pair.second)
