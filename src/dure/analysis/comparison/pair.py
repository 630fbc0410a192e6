"""Two variants compared: the numbers, and the verdict in sentences."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from dure.core.formatting import format_percent
from dure.core.types import Mode
from dure.messages.message import Message, as_is, joined, say
from dure.messages.phrases import count, join_list
from dure.stats.intervals import interval_texts

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
        of the first: see `dure.analysis.comparison.paired_test`.
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
        return joined((*_SENTENCES[self.verdict](self), *_lost(self)))

    __str__ = describe

    def turned(self) -> Pair:
        """The same with first and second exchanged."""
        verdicts: dict[Verdict, Verdict] = {"better": "worse", "worse": "better"}
        return replace(
            self,
            first=self.second,
            second=self.first,
            difference=-self.difference,
            low=-self.high,
            high=-self.low,
            superiority=1 - self.superiority,
            diverged=self.diverged[::-1],
            verdict=verdicts.get(self.verdict, self.verdict),
            rows_low=-self.rows_high,
            rows_high=-self.rows_low,
        )


VERDICTS: Mapping[Verdict, Message] = {
    "better": say("better"),
    "worse": say("worse"),
    "equivalent": say("equivalent"),
    "undecided": say("undecided"),
    "too few": say("too few"),
}


def verdict_cell(pair: Pair) -> Message:
    """The verdict in a few words, for tables."""
    verdict, more = VERDICTS[pair.verdict], pair.more_seeds
    if pair.verdict not in ("undecided", "too few") or not more:
        return verdict
    return say("{verdict} (+{seeds})", verdict=verdict, seeds=count(roughly(more), "seed"))


def difference_texts(pairs: Sequence[Pair]) -> list[str]:
    """The mean difference of each pair with its interval, '-0.012 [-0.019, -0.005]'.

    Each with decimals of its own: a small difference between two must not be rounded to 0 because
    others are large.
    """
    return [interval_texts([(p.difference, p.low, p.high)])[0] for p in pairs]


def p_text(p: float | None) -> str:
    """'0.031', '<0.001'; '-' where nothing was tested."""
    if p is None:
        return "-"
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def confidence_text(confidence: float) -> str:
    """'95 %'."""
    return f"{100 * confidence:.4g} %"


def roughly(seeds: int) -> int:
    """An estimated number of seeds to two figures."""
    if seeds < 100:
        return seeds
    return round(seeds, -1 if seeds < 1000 else -2)


# -- what the numbers rest on ----------------------------------------------------------------------


def _over(pair: Pair) -> Message:
    pairs = count(pair.pairs, pair.unit)
    if pair.trained < pair.pairs:
        number = str(pair.trained)
        return say("{number} of {pairs}, in which both trained", number=number, pairs=pairs)
    return say("{folds} of one seed", folds=pairs) if pair.unit == "fold" else pairs


def _p(pair: Pair) -> Message:
    text = p_text(pair.p_adjusted)
    told = as_is(f"p {text}" if text.startswith("<") else f"p = {text}")
    if pair.family == 1:
        return told
    number = str(pair.family)
    return say("{p} after correction for {number} comparisons", p=told, number=number)


def _basis(pair: Pair) -> Message:
    over, p = _over(pair), _p(pair)
    if pair.trained == pair.pairs:
        return joined((over, p), ", ")
    return say("{over}, {p}, by ranks, a lost network coming last", over=over, p=p)


def _sides(pair: Pair) -> tuple[str, bool]:
    """The mean difference without its sign, and whether the first is higher."""
    mean, low, high = pair.difference, pair.low, pair.high
    higher = not mean < 0
    if not higher:
        mean, low, high = -mean, -high, -low
    return interval_texts([(mean, low, high)])[0], higher


def _so_far(pair: Pair) -> Iterator[Message]:
    if pair.trained:
        yield say(
            "So far {first} minus {second} is {amount} in {metric} ({over}).",
            first=pair.first,
            second=pair.second,
            amount=difference_texts([pair])[0],
            metric=pair.metric,
            over=_over(pair),
        )


# -- better, worse ---------------------------------------------------------------------------------


def _apart(pair: Pair) -> Iterator[Message]:
    better = pair.verdict == "better"
    given = {"first": pair.first, "second": pair.second}
    given["than"] = say("better than") if better else say("worse than")
    if not pair.trained:
        yield say(
            "{first} is {than} {second}: no seed trained in both ({p}, by ranks).",
            p=_p(pair),
            **given,
        )
        return
    amount, higher = _sides(pair)
    given |= {"metric": pair.metric, "amount": amount, "basis": _basis(pair)}
    given["by"] = say("higher by") if higher else say("lower by")
    if better == (higher == (pair.mode == "max")):
        yield say(
            "{first} is {than} {second}: {metric} is {by} {amount} on average ({basis}).", **given
        )
    else:  # the mean speaks for the other: networks lost decide
        yield say(
            "{first} is {than} {second}, for the networks that {loser} lost, although {metric} is "
            "{by} {amount} where both trained ({basis}).",
            loser=pair.second if better else pair.first,
            **given,
        )
    win, (one, two) = pair.superiority, (pair.first, pair.second)
    if not better:
        win, one, two = 1 - win, two, one
    yield say(
        "A new run of {one} would beat a new run of {two} with a probability of {share}.",
        one=one,
        two=two,
        share=format_percent(win, 0, "-"),
    )
    rope = pair.rope
    if rope is not None and pair.low < rope and pair.high > -rope:
        yield say(
            "Whether by more than {rope}, the difference that matters, is open.", rope=f"{rope:g}"
        )
    if pair.unit == "seed" and pair.rows_low <= 0 <= pair.rows_high:
        yield say("On other rows of the same kind it may be otherwise: folds differ too much.")


def _lost(pair: Pair) -> Iterator[Message]:
    named = [
        say("{networks} of {name}", networks=count(lost, "network"), name=name)
        for name, lost in zip((pair.first, pair.second), pair.diverged, strict=True)
        if lost
    ]
    if named:
        yield say(
            "Lost, by diverging or failing: {networks}; this counts against them.",
            networks=join_list(named),
        )


# -- equivalent, undecided, too few ----------------------------------------------------------------


def _equivalent(pair: Pair) -> Iterator[Message]:
    yield say(
        "{first} and {second} are practically the same: {metric} differs by {amount} ({over}), "
        "within the ±{rope} that make no difference.",
        first=pair.first,
        second=pair.second,
        metric=pair.metric,
        amount=difference_texts([pair])[0],
        over=_over(pair),
        rope=f"{pair.rope:g}",
    )
    if pair.low > 0 or pair.high < 0:
        yield say("There probably is a difference, but too small a one to matter.")


def _undecided(pair: Pair) -> Iterator[Message]:
    if pair.trained and pair.low == pair.high == 0:
        yield _identical(pair)
        return
    yield say("{first} or {second}: cannot tell yet.", first=pair.first, second=pair.second)
    yield from _so_far(pair)
    if pair.trained == pair.pairs and (pair.low > 0 or pair.high < 0) and pair.p_adjusted:
        yield say("The interval leaves out 0, but the test does not agree ({p}).", p=_p(pair))
    yield _what_would_settle_it(pair)
    if math.isfinite(pair.visible) and pair.trained == pair.pairs:
        yield say(
            "A difference of {amount} or more would probably have been seen.",
            amount=_rounded(pair.visible),
        )
    if pair.rope is None and not pair.more_seeds and pair.unit == "seed":
        yield say("Say how small a difference does not matter (rope) to have it tested.")


def _identical(pair: Pair) -> Message:
    return say(
        "{first} and {second} have exactly the same {metric} with every {unit} ({number}): perhaps "
        "what differs between them has no effect.",
        first=pair.first,
        second=pair.second,
        metric=pair.metric,
        unit=say("fold") if pair.unit == "fold" else say("seed"),
        number=str(pair.pairs),
    )


def _what_would_settle_it(pair: Pair) -> Message:
    if pair.unit == "fold":
        return say("More seeds would tell what is chance in training; folds alone cannot.")
    if pair.more_seeds == 1:
        return say("About 1 more seed would settle it, if the difference is what it seems.")
    if pair.more_seeds:
        return say(
            "About {number} more seeds would settle it, if the difference is what it seems.",
            number=f"{roughly(pair.more_seeds):,}",
        )
    return say(
        "More than 1,000 more seeds would be needed: if there is a difference, it is small beside "
        "chance."
    )


def _too_few(pair: Pair) -> Iterator[Message]:
    names = {"first": pair.first, "second": pair.second}
    if pair.unit == "fold":
        yield say(
            "{first} or {second}: one seed, and folds that lost a network or are too few, cannot "
            "be tested: add seeds.",
            **names,
        )
    else:
        yield _too_few_seeds(pair)
        needed = pair.pairs + (pair.more_seeds or 0)
        yield say("At least {number} are needed.", number=str(needed))
    yield from _so_far(pair)


def _too_few_seeds(pair: Pair) -> Message:
    given = {"first": pair.first, "second": pair.second}
    if pair.pairs == 1:
        return say(
            "{first} or {second}: too few seeds; one run of each says nothing about chance.",
            **given,
        )
    family = as_is("")
    if pair.family > 1:
        family = say(" with {number} comparisons", number=str(pair.family))
    return say(
        "{first} or {second}: too few seeds; whatever they showed, no test on {seeds} can reach "
        "{level}{family}.",
        seeds=count(pair.pairs, "seed"),
        level=confidence_text(1 - pair.confidence),
        family=family,
        **given,
    )


def _rounded(value: float) -> str:
    return f"{value:.2g}" if value < 100 else f"{value:,.0f}"


_SENTENCES: Mapping[Verdict, Callable[[Pair], Iterator[Message]]] = {
    "better": _apart,
    "worse": _apart,
    "equivalent": _equivalent,
    "undecided": _undecided,
    "too few": _too_few,
}
