"""A round of a search for cures: what each changed, with its interval."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from dure.blocks.charts import Intervals, Span
from dure.messages.message import Message
from dure.plots.charts.comparison import TONES

Row = Mapping[str, Any]
"""A cure in a round, as `verdict.json` holds it."""


def build_round(
    title: Message, axis: Message, rows: Iterable[tuple[Row, Message, Message]]
) -> Intervals:
    """The paired differences of a round, each row with the cure's name and a note."""
    spans = (
        Span(name, *read_difference(row), note, TONES.get(row["verdict"], "plain"))
        for row, name, note in rows
    )
    return Intervals(title, axis, tuple(spans), zero=True)


def read_difference(row: Row) -> tuple[float, float, float]:
    """A cure's mean difference and its limits; NaN where no pair is sound."""
    mean, low, high = (read_number(row[key]) for key in ("difference", "low", "high"))
    return mean, low, high


def read_number(value: float | None) -> float:
    """A number as JSON holds it, which knows no NaN."""
    return math.nan if value is None else float(value)
