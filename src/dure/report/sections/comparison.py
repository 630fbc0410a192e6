"""The section that says whether one variant is better than another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from dure.analysis.comparison.pair import Pair
from dure.analysis.comparison.sequential import Sequential
from dure.analysis.comparison.table import Comparison, cells, headlines, notes
from dure.blocks.charts import Intervals, Span
from dure.blocks.content import Block, Bullets, Folded, Prose, Section, Table
from dure.core.metrics import find_mode
from dure.messages.message import Message, as_is, say
from dure.messages.phrases import count
from dure.plots.charts.comparison import build_differences, build_last_look
from dure.results.run_result import RunResult, known_modes

MOST_PAIRS = 30
"""Pairs shown at once; of more only those with the leader, the others folded away."""
_MOST_TOLD = 8  # pairs told in words before the rest is folded away


def section(
    result: RunResult, found: Comparison | Message, remark: Message | None = None
) -> Section:
    """The comparison of a result's variants, or the sentence why there is none.

    `remark` says by what they are compared where that is not the monitor.
    """
    blocks = describe_comparison(found, remark)
    sequential = Sequential.of_manifest(result.manifest)
    if sequential is not None and sequential.looks:
        title = say("As if the number of seeds had been fixed: these p values are too small")
        blocks = [*last_look(sequential), Folded(title, tuple(blocks))]
    metric = None if isinstance(found, Message) else found.metric
    return Section("comparison", say("Comparison"), (*blocks, *means(result, metric)))


def last_look(sequential: Sequential) -> list[Block]:
    """What a study that added seeds until it was decided says of its pairs."""
    rule, pairs = sequential.rule, sequential.looks[-1].pairs
    sentences = tuple(pair.describe(rule.metric, rule.mode) for pair in pairs)
    return [
        Prose(sequential.ending(), "verdict"),
        build_last_look(sequential),
        *_in_words(sentences),
        Prose(sequential.caution(), "note"),
    ]


def _in_words(sentences: tuple[Message, ...]) -> list[Block]:
    """A sentence a pair; of many folded away."""
    if not sentences:
        return []
    words = Bullets(sentences)
    if len(sentences) <= _MOST_TOLD:
        return [words]
    return [Folded(say("The same pair by pair, in words"), (words,))]


def describe_comparison(found: Comparison | Message, remark: Message | None = None) -> list[Block]:
    """Headlines, differences with their intervals, the table of all pairs, and the notes."""
    if isinstance(found, Message):
        return [Prose(found)]
    first, *rest = headlines(found)
    blocks: list[Block] = [Prose(first, "verdict")]
    if remark is not None:
        blocks.append(Prose(remark, "note"))
    blocks += _in_words(tuple(rest))
    shown, others = _split_pairs(found)
    blocks += _pairs(found, shown)
    if others:
        title = say("The other {pairs}", pairs=count(len(others), "pair"))
        blocks.append(Folded(title, tuple(_pairs(found, others))))
    blocks += [Prose(told, "note") for told in notes(found)]
    return blocks


def _split_pairs(found: Comparison) -> tuple[tuple[Pair, ...], tuple[Pair, ...]]:
    """Pairs to be seen at once, and the others."""
    if len(found.pairs) <= MOST_PAIRS or found.baseline is not None:
        return found.pairs, ()
    leader = found.leader
    shown = tuple(pair for pair in found.pairs if leader in (pair.first, pair.second))
    return shown, tuple(pair for pair in found.pairs if pair not in shown)


def _pairs(found: Comparison, pairs: Sequence[Pair]) -> list[Block]:
    """Some of the pairs as a picture and as a table."""
    header, rows = cells(replace(found, pairs=tuple(pairs)))
    table = Table(say("Pairs of variants"), tuple(header), tuple(map(tuple, rows)))
    return [build_differences(found, pairs), table]


def means(result: RunResult, metric: str | None = None) -> list[Block]:
    """Each variant's own mean with its interval: of `metric`, the monitor and the test metrics."""
    known = [name for name in (metric, result.monitor.name) if name in result.curves]
    wanted = [str(name) for name in known]
    wanted += [f"test_{name}" for name in result.test]
    return [
        picture
        for name in dict.fromkeys(wanted)
        if (picture := _means(result, name, result.summary(name))) is not None
    ]


def _means(result: RunResult, metric: str, summary: pd.DataFrame) -> Intervals | None:
    known = summary[summary["mean"].notna()]
    if known.empty:
        return None
    rows = known[["variant", "mean", "low", "high"]].itertuples(index=False)
    spans = tuple(Span(as_is(variant), *numbers) for variant, *numbers in rows)
    name = as_is(metric)
    axis: Message = name
    match find_mode(metric, result.monitor, known_modes(result)):
        case "max":
            axis = say("{metric} (higher is better)", metric=name)
        case "min":
            axis = say("{metric} (lower is better)", metric=name)
    if known["low"].isna().all():
        label = say("{metric} of each variant, one network each", metric=name)
    else:
        label = say("Mean {metric} of each variant, with its 95 % interval", metric=name)
    return Intervals(label, axis, spans)
