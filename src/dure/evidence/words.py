"""A comparison as plain English: a sentence a pair, a table of all."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np

from dure._intervals import interval_texts
from dure._text import aligned, count, listed
from dure.evidence.significance import least_pairs

if TYPE_CHECKING:
    from dure.evidence.comparison import Comparison, Pair

_PAGE = 100  # columns of text
_MOST_SENTENCES = 3  # pairs told in a sentence each where there is no baseline


def sentence(pair: Pair) -> str:
    """The verdict on a pair with its numbers."""
    told = {
        "better": _apart,
        "worse": _apart,
        "equivalent": _equivalent,
        "undecided": _undecided,
        "too few": _too_few,
    }[pair.verdict](pair)
    return " ".join(filter(None, (told, _lost(pair))))


def verdict_cell(pair: Pair) -> str:
    """The verdict in a few words, for tables."""
    if pair.verdict in ("undecided", "too few") and pair.more_seeds:
        plural = "" if pair.more_seeds == 1 else "s"
        return f"{pair.verdict} (+{_about(pair.more_seeds)} seed{plural})"
    return pair.verdict


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


def percent(share: float) -> str:
    """'87 %', '>99 %' short of all; '-' for NaN."""
    if math.isnan(share):
        return "-"
    if 0 < share < 0.005 or 0.995 <= share < 1:
        return "<1 %" if share < 0.5 else ">99 %"
    return f"{100 * share:.0f} %"


def confidence_text(confidence: float) -> str:
    """'95 %'."""
    return f"{100 * confidence:.4g} %"


# -- sentences -------------------------------------------------------------------------------------


def _sides(pair: Pair) -> tuple[str, str]:
    """The mean difference without its sign, and the word for its direction."""
    mean, low, high = pair.difference, pair.low, pair.high
    word = "higher"
    if mean < 0:
        mean, low, high, word = -mean, -high, -low, "lower"
    return interval_texts([(mean, low, high)])[0], word


def _over(pair: Pair) -> str:
    if pair.trained < pair.pairs:
        return f"{pair.trained} of {count(pair.pairs, pair.unit)}, in which both trained"
    return count(pair.pairs, pair.unit) + (" of one seed" if pair.unit == "fold" else "")


def _p(pair: Pair) -> str:
    relation = p_text(pair.p_adjusted)
    relation = f"p {relation}" if relation.startswith("<") else f"p = {relation}"
    corrected = f" after correction for {pair.family} comparisons" if pair.family > 1 else ""
    return f"{relation}{corrected}"


def _apart(pair: Pair) -> str:
    head = f"{pair.first} is {pair.verdict} than {pair.second}"
    if not pair.trained:
        return f"{head}: no seed trained in both ({_p(pair)}, by ranks)."
    amount, word = _sides(pair)
    ranks = "" if pair.trained == pair.pairs else ", by ranks, a lost network coming last"
    basis = f"{_over(pair)}, {_p(pair)}{ranks}"
    told = f"{head}: {pair.metric} is {word} by {amount} on average ({basis})."
    if (pair.verdict == "better") != (word == ("higher" if pair.mode == "max" else "lower")):
        loser = pair.first if pair.verdict == "worse" else pair.second
        told = (
            f"{head}, for the networks that {loser} lost, although {pair.metric} is {word} by "
            f"{amount} where both trained ({basis})."
        )
    win, (one, two) = pair.superiority, (pair.first, pair.second)
    if pair.verdict == "worse":
        win, one, two = 1 - win, two, one
    told += (
        f" A new run of {one} would beat a new run of {two} with a probability of {percent(win)}."
    )
    rope = pair.rope
    if rope is not None and pair.low < rope and pair.high > -rope:
        told += f" Whether by more than {rope:g}, the difference that matters, is open."
    if pair.unit == "seed" and pair.rows_low <= 0 <= pair.rows_high:
        told += " On other rows of the same kind it may be otherwise: folds differ too much."
    return told


def _equivalent(pair: Pair) -> str:
    amount = difference_texts([pair])[0]
    told = (
        f"{pair.first} and {pair.second} are practically the same: {pair.metric} differs by "
        f"{amount} ({_over(pair)}), within the ±{pair.rope:g} that make no difference."
    )
    if pair.low > 0 or pair.high < 0:
        told += " There probably is a difference, but too small a one to matter."
    return told


def _so_far(pair: Pair) -> str:
    if not pair.trained:
        return ""
    amount = difference_texts([pair])[0]
    found = f"{pair.first} minus {pair.second} is {amount} in {pair.metric}"
    return f"So far {found} ({_over(pair)})."


def _undecided(pair: Pair) -> str:
    if pair.trained and pair.low == pair.high == 0:
        return (
            f"{pair.first} and {pair.second} have exactly the same {pair.metric} with every "
            f"{pair.unit} ({pair.pairs}): perhaps what differs between them has no effect."
        )
    parts = [f"{pair.first} or {pair.second}: cannot tell yet.", _so_far(pair)]
    if pair.trained == pair.pairs and (pair.low > 0 or pair.high < 0) and pair.p_adjusted:
        parts.append(f"The interval leaves out 0, but the test does not agree ({_p(pair)}).")
    if pair.unit == "fold":
        parts.append("More seeds would tell what is chance in training; folds alone cannot.")
    elif pair.more_seeds:
        parts.append(
            f"About {_about(pair.more_seeds)} more {'seed' if pair.more_seeds == 1 else 'seeds'} "
            "would settle it, if the difference is what it seems."
        )
    else:
        parts.append(
            "More than 1,000 more seeds would be needed: if there is a difference, it is small "
            "beside chance."
        )
    if math.isfinite(pair.visible) and pair.trained == pair.pairs:
        parts.append(
            f"A difference of {_rounded(pair.visible)} or more would probably have been seen."
        )
    if pair.rope is None and not pair.more_seeds and pair.unit == "seed":
        parts.append("Say how small a difference does not matter (rope) to have it tested.")
    return " ".join(filter(None, parts))


def _too_few(pair: Pair) -> str:
    if pair.unit == "fold":
        why = "one seed, and folds that lost a network or are too few, cannot be tested: add seeds."
        return f"{pair.first} or {pair.second}: {why} {_so_far(pair)}".strip()
    level = confidence_text(1 - pair.confidence)
    needed = pair.pairs + (pair.more_seeds or 0)
    family = f" with {pair.family} comparisons" if pair.family > 1 else ""
    here = f"whatever they showed, no test on {count(pair.pairs, 'seed')} can reach {level}{family}"
    if pair.pairs == 1:
        here = "one run of each says nothing about chance"
    return " ".join(
        filter(
            None,
            (
                f"{pair.first} or {pair.second}: too few seeds; {here}.",
                f"At least {needed} are needed.",
                _so_far(pair),
            ),
        )
    )


def _lost(pair: Pair) -> str:
    named = [
        f"{count(lost, 'network')} of {name}"
        for name, lost in zip((pair.first, pair.second), pair.diverged, strict=True)
        if lost
    ]
    if not named:
        return ""
    return f"Lost, by diverging or failing: {' and '.join(named)}; this counts against them."


def _about(more: int | None) -> str:
    """A number of seeds to two figures: it is an estimate."""
    if more is None:
        return "many"
    return str(more) if more < 100 else f"{round(more, -1 if more < 1000 else -2):,}"


def _rounded(value: float) -> str:
    return f"{value:.2g}" if value < 100 else f"{value:,.0f}"


# -- all pairs -------------------------------------------------------------------------------------


def lines(found: Comparison) -> Iterator[str]:
    """Verdict, table and notes of a comparison, line by line."""
    for told in (*headlines(found), None, *notes(found)):
        if told is None:
            yield ""
            yield from aligned(*cells(found))
            yield ""
        else:
            yield from wrap(told, _PAGE, subsequent_indent="  ", break_on_hyphens=False)


def headlines(found: Comparison) -> list[str]:
    """What a person would quote: of every pair, or in short where there are many."""
    pairs = found.pairs
    if found.baseline is None:
        pairs = tuple(p.turned() if p.verdict == "worse" else p for p in pairs)
    if len(pairs) <= _MOST_SENTENCES:
        return [pair.told() for pair in pairs]
    if all(pair.verdict == "too few" and pair.unit == "seed" for pair in pairs):
        return [_all_too_few(found)]
    if found.baseline is not None:
        return [_beside(found.baseline, pairs), *(pair.told() for pair in pairs)]
    leader = found.leader
    against = [p if p.first == leader else p.turned() for p in pairs if leader in _names(p)]
    return [_led(leader, against), *(pair.told() for pair in against)]


def _all_too_few(found: Comparison) -> str:
    pairs, level = found.pairs, confidence_text(1 - found.confidence)
    seeds = max(pair.pairs for pair in pairs)
    needed = max(pair.pairs + (pair.more_seeds or 0) for pair in pairs)
    told = (
        f"Too few seeds: whatever they showed, no test on {count(seeds, 'seed')} can reach {level} "
        f"with {len(pairs)} comparisons. At least {needed} are needed"
    )
    if found.baseline is None:
        others = len({name for pair in pairs for name in _names(pair)}) - 1
        fewer = least_pairs(1 - found.confidence, others)
        told += f", or {fewer} if every variant is compared with a baseline only"
    return f"{told}. So far {found.leader} is ahead."


def _names(pair: Pair) -> tuple[str, str]:
    return pair.first, pair.second


def _led(leader: str, against: Sequence[Pair]) -> str:
    beaten = [p.second for p in against if p.verdict == "better"]
    rest = len(against) - len(beaten)
    if not beaten:
        return f"{leader} is ahead, but not shown to be better than any of the {rest} others."
    if not rest:
        return f"{leader} is better than all {len(beaten)} others."
    return (
        f"{leader} is ahead: better than {listed(beaten)}; "
        f"not shown to be better than the other {rest}."
    )


def _beside(baseline: str, pairs: Sequence[Pair]) -> str:
    groups = (
        ("better than", [p.first for p in pairs if p.verdict == "better"]),
        ("worse than", [p.first for p in pairs if p.verdict == "worse"]),
        ("practically the same as", [p.first for p in pairs if p.verdict == "equivalent"]),
    )
    parts = [f"{listed(names)} {'is' if len(names) == 1 else 'are'} {what} {baseline}"
             for what, names in groups if names]  # fmt: skip
    rest = sum(p.verdict in ("undecided", "too few") for p in pairs)
    if not parts:
        return f"None of {len(pairs)} variants is shown to be better or worse than {baseline}."
    closing = f"; of {rest} nothing can be told yet" if rest else ""
    return f"{'; '.join(parts)}{closing}."


def cells(found: Comparison) -> tuple[list[str], list[list[str]]]:
    """The table as text: a header, and a row a pair."""
    pairs = found.pairs
    level = confidence_text(found.confidence)
    unit = pairs[0].unit
    # One column, for a table too wide goes on below with the first column repeated.
    columns: dict[str, list[str]] = {
        "first - second": [f"{p.first} - {p.second}" for p in pairs],
        f"difference [{level}]": difference_texts(pairs),
        "p" if len(pairs) == 1 else "p (Holm)": [p_text(p.p_adjusted) for p in pairs],
        "first wins": [percent(p.superiority) for p in pairs],
        f"{unit}s": [str(p.pairs) for p in pairs],
    }
    if any(any(p.diverged) for p in pairs):
        columns["lost"] = [f"{p.diverged[0]}, {p.diverged[1]}" for p in pairs]
    columns["verdict"] = [verdict_cell(p) for p in pairs]
    header = list(columns)
    rows = [list(row) for row in zip(*columns.values(), strict=True)]
    return header, rows


def notes(found: Comparison) -> Iterable[str]:
    """What one must know to read the table, a sentence or two a line."""
    pairs = found.pairs
    better = "higher" if found.mode == "max" else "lower"
    level = confidence_text(found.confidence)
    by_fold = pairs[0].unit == "fold"
    matched_by = "fold by fold" if by_fold else "seed by seed"
    yield (
        f"{found.metric}, {better} is better. Difference: mean of first minus second, {matched_by},"
        f" with its {level} interval."
    )
    if not by_fold:
        yield "It speaks of training again with other seeds on these rows, not of other rows."
    if any(math.isfinite(p.rows_low) for p in pairs):
        texts = interval_texts([(p.difference, p.rows_low, p.rows_high) for p in pairs])
        told = "; ".join(
            f"{p.first} minus {p.second} {text}" for p, text in zip(pairs, texts, strict=True)
        )
        if len(pairs) <= _MOST_SENTENCES:
            yield f"For other rows of the same kind, over folds that share rows: {told}."
    alpha = np.round(1 - found.confidence, 6)
    family = f", corrected for {len(pairs)} comparisons" if len(pairs) > 1 else ""
    tests = ", ".join(dict.fromkeys(p.test for p in pairs if p.test != "none")) or "not tested"
    yield (
        f"p ({tests}): chance of at least so clear a difference if the two were the same{family}. "
        f"better, worse: p is at most {alpha:g} and the interval leaves out 0."
    )
    yield "first wins: probability that a new run of first beats a new run of second."
    if any(any(p.diverged) for p in pairs):
        yield (
            "lost: networks that diverged or failed, of first and of second. In the test they are "
            "worse than any number; the difference is of seeds in which both trained."
        )
    yield from found.notes
