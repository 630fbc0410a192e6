"""Differences between variants as intervals beside 0, one line a pair."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dure.analysis.comparison.pair import (
    Pair,
    confidence_text,
    difference_texts,
    verdict_cell,
)
from dure.analysis.comparison.table import Comparison
from dure.core.formatting import format_percent
from dure.core.palette import COLOURS
from dure.plots.style import (
    SMALL,
    TEXT,
    Sheet,
    drawing,
    dressed,
    inches,
    named_rows,
    plain,
    shortened,
)

# Blue and orange can be told apart by everyone; grey is for what is not known.
_COLOURS = {"better": COLOURS[0], "worse": COLOURS[1], "equivalent": COLOURS[2]}
_GREY, _PANEL, _NAME = "0.45", 4.2, 3.4
_MOST = 60  # pairs drawn; the table has them all


@drawing
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
    names = [shortened(f"{p.first} − {p.second}", _NAME, TEXT) for p in pairs]
    cells: list[list[str]] = [
        [*difference_texts(pairs)],
        [format_percent(p.superiority) for p in pairs],
        [verdict_cell(p) for p in pairs],
    ]
    heads = ("difference", "first wins", "verdict")
    widths = [
        max(inches(text, TEXT) for text in (head, *column)) + 0.2
        for head, column in zip(heads, cells, strict=True)
    ]
    left = max(inches(name, TEXT) for name in names) + 0.15
    height, below = 0.28 * len(pairs), 0.5
    page = Sheet(
        left + _PANEL + sum(widths) + 0.15, 0.25 + height + below, *_describe(found, len(pairs))
    )
    axes = dressed(page.axes(left, 0.25, _PANEL, height), "", grid="x")
    better = "right" if found.mode == "max" else "left"
    axes.set_xlabel(
        plain(f"{found.metric}, first minus second: {better} of 0, the first is better"),
        fontsize=TEXT,
    )
    named_rows(axes, names, _NAME, TEXT)
    if found.rope is not None:
        axes.axvspan(-found.rope, found.rope, color=COLOURS[2], alpha=0.13, linewidth=0)
    axes.axvline(0, color="0.2", linewidth=1)
    for place, pair in enumerate(pairs):
        _interval(axes, place, pair)
    at = left + _PANEL + 0.15
    for head, column, width in zip(heads, cells, widths, strict=True):
        page.text(at, 0.12, head, SMALL, color="0.35")
        for place, text in enumerate(column):
            page.text(at, 0.25 + 0.28 * (place + 0.5), text, TEXT)
        at += width
    return page.figure


def _interval(axes: Axes, place: int, pair: Pair) -> None:
    colour = _COLOURS.get(pair.verdict, _GREY)
    if math.isfinite(pair.low):
        axes.plot([pair.low, pair.high], [place, place], color=colour, linewidth=2)
    axes.plot(pair.difference, place, "o", color=colour, markersize=5)


def _describe(found: Comparison, shown: int) -> tuple[str, list[str]]:
    """The title, and the notes under it."""
    level, unit = confidence_text(found.confidence), found.pairs[0].unit
    title = f"{found.metric}: " + (
        f"each variant beside {found.baseline}" if found.baseline else "variants beside each other"
    )
    notes = [
        f"Mean differences over {unit}s with {level} intervals. Blue: the first is better; orange: "
        "worse, after correction for all comparisons; grey: not known."
    ]
    if found.rope is not None:
        notes.append(f"Green: practically the same, within the band of ±{found.rope:g}.")
    if any(any(p.diverged) for p in found.pairs):
        notes.append("Networks that diverged count in the verdict, but are in no difference.")
    if shown < len(found.pairs):
        notes.append(f"The first {shown} of {len(found.pairs)} pairs.")
    return title, notes
