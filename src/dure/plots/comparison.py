"""Differences between variants as intervals beside 0, one line a pair."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from matplotlib.figure import Figure

from dure.analysis.comparison.pair import confidence_text
from dure.analysis.comparison.table import Comparison
from dure.core.formatting import format_percent
from dure.messages.message import as_is
from dure.plots.charts.comparison import build_differences
from dure.plots.render import draw

_MOST = 60  # pairs drawn; the table has them all


def differences(found: Comparison) -> Figure:
    """Every pair's mean difference with its interval, 0 as a line, the rope as a band.

    Parameters
    ----------
    found
        Where it has more than 60 pairs, the first 60 are drawn.

    Returns
    -------
    A figure that belongs to nobody (pyplot does not know of it).
    """
    pairs = found.pairs[:_MOST]
    block = build_differences(found, pairs)
    spans = (
        replace(span, cells=(as_is(format_percent(pair.superiority)),))
        for span, pair in zip(block.spans, pairs, strict=True)
    )
    block = replace(block, spans=tuple(spans), heads=(as_is("first wins"),))
    title = f"{found.metric}: " + (
        f"each variant beside {found.baseline}" if found.baseline else "variants beside each other"
    )
    return draw(title, [block], list(_notes(found, len(pairs))))


def _notes(found: Comparison, drawn: int) -> Iterator[str]:
    level, unit = confidence_text(found.confidence), found.pairs[0].unit
    better = "right" if found.mode == "max" else "left"
    yield f"Mean differences over {unit}s with {level} intervals."
    yield f"Where it is {better} of 0, the first is better."
    yield "Blue: the first is better; orange: worse, after correction for all comparisons."
    yield "Grey: neither of both is shown."
    if found.rope is not None:
        yield f"Green: practically the same, within the band of ±{found.rope:g}."
    if any(any(pair.diverged) for pair in found.pairs):
        yield "Networks that diverged count in the verdict, but are in no difference."
    if drawn < len(found.pairs):
        yield f"The first {drawn} of {len(found.pairs)} pairs."
