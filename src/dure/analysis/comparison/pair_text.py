"""The verdict on a pair of variants in sentences."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from dure.analysis.comparison.table_text import confidence_text, difference_texts, p_text, roughly
from dure.core.formatting import format_percent
from dure.messages.message import Message, as_is, joined, say
from dure.messages.phrases import count, join_list
from dure.stats.intervals import interval_texts

if TYPE_CHECKING:
    from dure.analysis.comparison.compare import Pair


def sentence(pair: Pair) -> Message:
    """The verdict on a pair with its numbers."""
    told = {
        "better": _apart,
        "worse": _apart,
        "equivalent": _equivalent,
        "undecided": _undecided,
        "too few": _too_few,
    }[pair.verdict](pair)
    return joined((*told, *_lost(pair)))


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
    names = {"first": pair.first, "second": pair.second}
    if not pair.trained:
        p = _p(pair)
        yield (
            say(
                "{first} is better than {second}: no seed trained in both ({p}, by ranks).",
                p=p,
                **names,
            )
            if better
            else say(
                "{first} is worse than {second}: no seed trained in both ({p}, by ranks).",
                p=p,
                **names,
            )
        )
        return
    amount, higher = _sides(pair)
    agrees = better == (higher == (pair.mode == "max"))
    yield (_by_mean if agrees else _by_losses)(pair, better, higher, amount)
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


def _by_mean(pair: Pair, better: bool, higher: bool, amount: str) -> Message:
    given = {"first": pair.first, "second": pair.second, "metric": pair.metric}
    given |= {"amount": amount, "basis": _basis(pair)}
    if better and higher:
        return say(
            "{first} is better than {second}: {metric} is higher by {amount} on average ({basis}).",
            **given,
        )
    if better:
        return say(
            "{first} is better than {second}: {metric} is lower by {amount} on average ({basis}).",
            **given,
        )
    if higher:
        return say(
            "{first} is worse than {second}: {metric} is higher by {amount} on average ({basis}).",
            **given,
        )
    return say(
        "{first} is worse than {second}: {metric} is lower by {amount} on average ({basis}).",
        **given,
    )


def _by_losses(pair: Pair, better: bool, higher: bool, amount: str) -> Message:
    """The mean speaks for the other: networks lost decide."""
    given = {"first": pair.first, "second": pair.second, "metric": pair.metric}
    given |= {"amount": amount, "basis": _basis(pair)}
    if better and higher:
        return say(
            "{first} is better than {second}, for the networks that {second} lost, although "
            "{metric} is higher by {amount} where both trained ({basis}).",
            **given,
        )
    if better:
        return say(
            "{first} is better than {second}, for the networks that {second} lost, although "
            "{metric} is lower by {amount} where both trained ({basis}).",
            **given,
        )
    if higher:
        return say(
            "{first} is worse than {second}, for the networks that {first} lost, although "
            "{metric} is higher by {amount} where both trained ({basis}).",
            **given,
        )
    return say(
        "{first} is worse than {second}, for the networks that {first} lost, although "
        "{metric} is lower by {amount} where both trained ({basis}).",
        **given,
    )


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
    given = {"first": pair.first, "second": pair.second, "metric": pair.metric}
    given["number"] = str(pair.pairs)
    if pair.unit == "fold":
        return say(
            "{first} and {second} have exactly the same {metric} with every fold ({number}): "
            "perhaps what differs between them has no effect.",
            **given,
        )
    return say(
        "{first} and {second} have exactly the same {metric} with every seed ({number}): perhaps "
        "what differs between them has no effect.",
        **given,
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
    given |= {"seeds": count(pair.pairs, "seed"), "level": confidence_text(1 - pair.confidence)}
    if pair.family == 1:
        return say(
            "{first} or {second}: too few seeds; whatever they showed, no test on {seeds} can "
            "reach {level}.",
            **given,
        )
    return say(
        "{first} or {second}: too few seeds; whatever they showed, no test on {seeds} can reach "
        "{level} with {number} comparisons.",
        number=str(pair.family),
        **given,
    )


def _rounded(value: float) -> str:
    return f"{value:.2g}" if value < 100 else f"{value:,.0f}"
