"""Variants compared in pairs: what one would quote of it, a table, and how to read that."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from textwrap import wrap

import numpy as np
import pandas as pd

from dure.analysis.comparison.pair import (
    Pair,
    confidence_text,
    difference_texts,
    p_text,
    verdict_cell,
)
from dure.core.formatting import format_percent
from dure.core.terminal import align_columns
from dure.core.types import Mode
from dure.messages.message import Message, as_is, joined, say
from dure.messages.phrases import count, join_list
from dure.stats.intervals import interval_texts
from dure.stats.permutation import least_pairs

_PAGE = 100  # columns of text
_MOST_SENTENCES = 3  # pairs that have a sentence each where there is no baseline


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

    Examples
    --------
    >>> comparison = result.compare()
    >>> comparison.metric, comparison.mode, comparison.pairs[0].verdict
    ('val_loss', 'min', 'too few')
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
        """The variant whose runs beat those of the others most often; not yet for that better.

        Examples
        --------
        >>> comparison.leader in result.variants
        True
        """
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
        """One row a pair, a column for each attribute of :class:`Pair`.

        Examples
        --------
        >>> comparison.frame()[["first", "second", "verdict"]].values.tolist()
        [['rate=0.001', 'rate=0.1', 'too few']]
        """
        rows = [asdict(pair) for pair in self.pairs]
        for row in rows:
            row["first_diverged"], row["second_diverged"] = row.pop("diverged")
            for name in ("metric", "mode", "confidence", "rope", "family"):
                del row[name]
        table = pd.DataFrame(rows)
        table["more_seeds"] = table["more_seeds"].astype("Int64")
        return table.astype({"p": "float64", "p_adjusted": "float64"})

    def describe(self) -> str:
        """The verdict first, then a table of all pairs, then what must be known to read it.

        Examples
        --------
        >>> comparison.describe()[:38]
        'rate=0.001 or rate=0.1: too few seeds;'
        """
        return "\n".join(lines(self))

    __str__ = describe


# -- all pairs -------------------------------------------------------------------------------------


def lines(found: Comparison) -> Iterator[str]:
    """Verdict, table and notes of a comparison, line by line."""
    for text in headlines(found):
        yield from _wrapped(text)
    yield from ("", *align_columns(*cells(found)), "")
    for text in notes(found):
        yield from _wrapped(text)


def _wrapped(text: str) -> list[str]:
    return wrap(text, _PAGE, subsequent_indent="  ", break_on_hyphens=False)


def headlines(found: Comparison) -> list[Message]:
    """What a person would quote: of every pair, or in short where there are many."""
    pairs = found.pairs
    if found.baseline is None:
        pairs = tuple(p.turned() if p.verdict == "worse" else p for p in pairs)
    if len(pairs) <= _MOST_SENTENCES:
        return [pair.describe() for pair in pairs]
    if all(pair.verdict == "too few" and pair.unit == "seed" for pair in pairs):
        return [_all_too_few(found)]
    if found.baseline is not None:
        return [_beside(found.baseline, pairs), *(pair.describe() for pair in pairs)]
    leader = found.leader
    against = [p if p.first == leader else p.turned() for p in pairs if leader in _names(p)]
    return [_led(leader, against), *(pair.describe() for pair in against)]


def _all_too_few(found: Comparison) -> Message:
    pairs = found.pairs
    needed = str(max(pair.pairs + (pair.more_seeds or 0) for pair in pairs))
    told = say(
        "Too few seeds: whatever they showed, no test on {seeds} can reach {level} with {number} "
        "comparisons.",
        seeds=count(max(pair.pairs for pair in pairs), "seed"),
        level=confidence_text(1 - found.confidence),
        number=str(len(pairs)),
    )
    if found.baseline is None:
        others = len({name for pair in pairs for name in _names(pair)}) - 1
        least = say(
            "At least {number} are needed, or {fewer} if every variant is compared with a baseline "
            "only.",
            number=needed,
            fewer=str(least_pairs(1 - found.confidence, others)),
        )
    else:
        least = say("At least {number} are needed.", number=needed)
    return joined((told, least, say("So far {leader} is ahead.", leader=found.leader)))


def _names(pair: Pair) -> tuple[str, str]:
    return pair.first, pair.second


def _led(leader: str, against: Sequence[Pair]) -> Message:
    beaten = [p.second for p in against if p.verdict == "better"]
    rest = len(against) - len(beaten)
    if not beaten:
        return say(
            "{leader} is ahead, but not shown to be better than any of the {number} others.",
            leader=leader,
            number=str(rest),
        )
    if not rest:
        number = str(len(beaten))
        return say("{leader} is better than all {number} others.", leader=leader, number=number)
    return say(
        "{leader} is ahead: better than {beaten}; not shown to be better than the other {number}.",
        leader=leader,
        beaten=join_list(beaten),
        number=str(rest),
    )


def _beside(baseline: str, pairs: Sequence[Pair]) -> Message:
    verdicts = ("better", "worse", "equivalent")
    groups = {v: [p.first for p in pairs if p.verdict == v] for v in verdicts}
    parts = [_group(verdict, names, baseline) for verdict, names in groups.items() if names]
    if not parts:
        return say(
            "None of {number} variants is shown to be better or worse than {baseline}.",
            number=str(len(pairs)),
            baseline=baseline,
        )
    rest = sum(p.verdict not in verdicts for p in pairs)
    if rest:
        parts.append(say("of {number} nothing can be told yet", number=str(rest)))
    return joined(parts, "; ") + "."


def _group(verdict: str, names: Sequence[str], baseline: str) -> Message:
    given = {"names": join_list(names), "baseline": baseline}
    given["plural"] = "is" if len(names) == 1 else "are"
    if verdict == "better":
        return say("{names} {plural} better than {baseline}", **given)
    if verdict == "worse":
        return say("{names} {plural} worse than {baseline}", **given)
    return say("{names} {plural} practically the same as {baseline}", **given)


def cells(found: Comparison) -> tuple[list[Message], list[list[Message]]]:
    """The table as text: a header, and a row a pair."""
    pairs = found.pairs
    # One column, for a table too wide goes on below with the first column repeated.
    columns: list[tuple[Message, Iterable[str]]] = [
        (say("first - second"), [f"{p.first} - {p.second}" for p in pairs]),
        (
            say("difference [{level}]", level=confidence_text(found.confidence)),
            difference_texts(pairs),
        ),
        (as_is("p" if len(pairs) == 1 else "p (Holm)"), [p_text(p.p_adjusted) for p in pairs]),
        (say("first wins"), [format_percent(p.superiority, 0, "-") for p in pairs]),
        (say("folds") if pairs[0].unit == "fold" else say("seeds"), [str(p.pairs) for p in pairs]),
    ]
    if any(any(p.diverged) for p in pairs):
        columns.append((say("lost"), [f"{p.diverged[0]}, {p.diverged[1]}" for p in pairs]))
    columns.append((say("verdict"), [verdict_cell(p) for p in pairs]))
    rows = zip(*(texts for _, texts in columns), strict=True)
    return [name for name, _ in columns], [[as_is(text) for text in row] for row in rows]


# -- notes -----------------------------------------------------------------------------------------


def notes(found: Comparison) -> Iterable[Message]:
    """What one must know to read the table, a sentence or two a line."""
    pairs = found.pairs
    yield joined((_direction(found), _what_differs(found)))
    if pairs[0].unit == "seed":
        yield say("It speaks of training again with other seeds on these rows, not of other rows.")
    if any(math.isfinite(p.rows_low) for p in pairs) and len(pairs) <= _MOST_SENTENCES:
        yield say(
            "For other rows of the same kind, over folds that share rows: {differences}.",
            differences=_by_rows(pairs),
        )
    yield joined((_what_p_is(pairs), _what_better_is(found)))
    yield say("first wins: probability that a new run of first beats a new run of second.")
    if any(any(p.diverged) for p in pairs):
        yield say(
            "lost: networks that diverged or failed, of first and of second. In the test they are "
            "worse than any number; the difference is of seeds in which both trained."
        )
    yield from found.notes


def _direction(found: Comparison) -> Message:
    higher = say("higher") if found.mode == "max" else say("lower")
    return say("{metric}, {higher} is better.", metric=found.metric, higher=higher)


def _what_differs(found: Comparison) -> Message:
    by_fold = found.pairs[0].unit == "fold"
    return say(
        "Difference: mean of first minus second, {pair} by {pair}, with its {level} interval.",
        pair=say("fold") if by_fold else say("seed"),
        level=confidence_text(found.confidence),
    )


def _by_rows(pairs: Sequence[Pair]) -> Message:
    texts = interval_texts([(p.difference, p.rows_low, p.rows_high) for p in pairs])
    return joined(
        (
            say("{first} minus {second} {amount}", first=p.first, second=p.second, amount=text)
            for p, text in zip(pairs, texts, strict=True)
        ),
        "; ",
    )


_TESTS: dict[str, Message] = {
    "sign-flip": say("sign-flip"),
    "sign-flip of ranks": say("sign-flip of ranks"),
    "corrected resampled t": say("corrected resampled t"),
}


def _what_p_is(pairs: Sequence[Pair]) -> Message:
    named = joined((_TESTS[t] for t in dict.fromkeys(p.test for p in pairs) if t in _TESTS), ", ")
    tests = named or say("not tested")
    if len(pairs) == 1:
        return say(
            "p ({tests}): chance of at least so clear a difference if the two were the same.",
            tests=tests,
        )
    return say(
        "p ({tests}): chance of at least so clear a difference if the two were the same, corrected "
        "for {number} comparisons.",
        tests=tests,
        number=str(len(pairs)),
    )


def _what_better_is(found: Comparison) -> Message:
    return say(
        "better, worse: p is at most {alpha} and the interval leaves out 0.",
        alpha=f"{np.round(1 - found.confidence, 6):g}",
    )
