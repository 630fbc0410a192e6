"""Differences between variants as intervals beside 0, one line a pair."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, TypeAlias

from dure.analysis.comparison.pair import Pair, verdict_cell
from dure.analysis.comparison.sequential import Sequential
from dure.analysis.comparison.table import Comparison
from dure.blocks.charts import Intervals, Span
from dure.core.types import Mode
from dure.messages.message import Message, say

SpanTone: TypeAlias = Literal["good", "bad", "plain"]

TONES: Mapping[str, SpanTone] = {"better": "good", "worse": "bad"}
"""Whether the first of a pair is the better one; verdicts know the metric's direction."""


def build_differences(found: Comparison, pairs: Sequence[Pair]) -> Intervals:
    """Some of a comparison's pairs."""
    spans = (
        _span(p.first, p.second, (p.difference, p.low, p.high), p.verdict, verdict_cell(p))
        for p in pairs
    )
    return _intervals(found.metric, found.mode, found.rope, spans)


def build_last_look(sequential: Sequential) -> Intervals:
    """The pairs of a study that added seeds until it was decided; it must have looked once."""
    spans = (
        _span(p.first, p.second, (p.difference, p.low, p.high), p.verdict)
        for p in sequential.looks[-1].pairs
    )
    rule = sequential.rule
    return _intervals(rule.metric, rule.mode, rule.rope, spans)


def _span(
    first: str,
    second: str,
    numbers: tuple[float, float, float],
    verdict: str,
    note: Message | None = None,
) -> Span:
    label = say("{first} − {second}", first=first, second=second)
    # So few seeds may bound nothing: an infinite limit cannot be drawn.
    mean, low, high = (v if math.isfinite(v) else math.nan for v in numbers)
    return Span(label, mean, low, high, note, TONES.get(verdict, "plain"))


def _intervals(metric: str, mode: Mode, rope: float | None, spans: Iterable[Span]) -> Intervals:
    if mode == "max":
        axis = say("{metric}, first minus second (higher is better)", metric=metric)
    else:
        axis = say("{metric}, first minus second (lower is better)", metric=metric)
    return Intervals(
        label=say("Differences between variants in {metric}, with intervals", metric=metric),
        axis=axis,
        spans=tuple(spans),
        zero=True,
        rope=rope,
        alike=False,
    )
