"""What comes out of a network: predictions as cards, worst mistakes first, and the confusion."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dure.core.formatting import format_number, format_percent
from dure.core.palette import COLOURS
from dure.measurements.labels import (
    LANE,
    class_names,
    lane_count,
    lanes_note,
    need,
    over_lanes,
    rows_note,
    title_of,
)
from dure.plots.style import (
    SMALL,
    TEXT,
    Sheet,
    drawing,
    dressed,
    named_rows,
    plain,
    shortened,
    show_picture,
    widest,
    wrapped,
)

TRUE, SAID, OTHER = COLOURS[2], COLOURS[1], "0.72"
_MOST_CLASSES = 10
_BAR = 0.145


@drawing
def predictions(
    measured: xr.Dataset,
    pictures: npt.NDArray[Any] | None = None,
    texts: Sequence[str] | None = None,
) -> Figure:
    """Cards: the picture or text beside the probabilities of the classes, worst mistakes first.

    Parameters
    ----------
    measured
        probability (row, class), predicted (row), and with targets true, loss, correct (row);
        for regression value and error (row) instead. In the order in which the rows are to be
        shown. With `lane` in front bars are means over lanes with their 95 % interval.
    pictures, texts
        What went in for the first rows of `measured`, in its order: as many cards are drawn as
        there are pictures or texts, or twelve.
    """
    need(measured, "row")
    if "probability" not in measured:
        return _regression(measured)
    given = pictures if pictures is not None else texts
    cards = min(measured.sizes["row"], 12 if given is None else min(len(given), 12))
    names = class_names(measured["probability"])
    columns = min(cards, 2 if texts is not None else 3)
    lead = 3.5 if texts is not None else 1.45 if pictures is not None else 0.0
    side = min(widest(names, SMALL) + 0.12, 1.3)
    wide = max(lead + side + 1.75, 3.6)
    bars = min(len(names), _MOST_CLASSES)
    lines = [_cut_lines(text, lead - 0.25) for text in (texts or ())]
    beside = max((0.14 * len(each) for each in lines), default=1.3 if lead else 0.0)
    high = max(_BAR * bars, beside) + 0.6
    notes = _card_notes(measured, cards, len(names))
    body = math.ceil(cards / columns) * high
    page = Sheet(max(columns * wide, 6.0), body, title_of(measured, "Predictions"), notes)
    for place in range(cards):
        left, top = place % columns * wide, place // columns * high
        one = measured.isel(row=place)
        header, wrong = _header(one, names)
        page.heading(left, top + 0.1, header, wide - 0.2, color=SAID if wrong else "0")
        if pictures is not None:
            show_picture(page.picture(left, top + 0.25, 1.3, 1.3), pictures[place])
        elif texts is not None:
            shown = "\n".join(lines[place])
            page.text(left, top + 0.24, shown, SMALL, va="top", linespacing=1.15)
        axes = page.axes(left + lead + side, top + 0.25, wide - lead - side - 0.45, _BAR * bars)
        _probabilities(axes, one, names, side)
    return page.figure


def _cut_lines(text: str, width: float) -> list[str]:
    """At most ten lines of a text."""
    lines = wrapped(text, width, SMALL)
    return [*lines[:9], "…"] if len(lines) > 10 else lines


def _card_notes(measured: xr.Dataset, cards: int, classes: int) -> list[str]:
    notes = [rows_note(measured, cards), "Bars: probability of each class."]
    if "correct" in measured:
        share = float(measured["correct"].mean())
        notes += [f"{format_percent(share)} of {measured.sizes['row']:,} rows are predicted right."]
        notes += ["Worst mistakes first. Green: the true class; orange: predicted instead of it."]
    if classes > _MOST_CLASSES:
        notes.append(f"The {_MOST_CLASSES} likeliest of {classes} classes.")
    if LANE in measured.dims:
        notes.append(lanes_note(measured, ", bars are means with the 95 % interval"))
    return notes


def _name(value: Any, names: Sequence[str]) -> str:
    """A class by name, whether the array holds its name or its number."""
    item = value.item() if hasattr(value, "item") else value
    return names[int(item)] if not isinstance(item, str) else item


def _header(one: xr.Dataset, names: Sequence[str]) -> tuple[str, bool]:
    """'row 12: predicted 7 (98 %), is 2', and whether it is wrong."""
    probability, _, _ = over_lanes(one["probability"])
    said = names[int(np.argmax(probability))]
    text = f"row {int(one['row']):,}: predicted {said} ({format_percent(float(probability.max()))})"
    if "true" not in one:
        return text, False
    true = _name(one["true"].values.flat[0], names)
    if LANE in one.dims:
        votes = [_name(value, names) for value in one["predicted"].values]
        right = sum(vote == true for vote in votes)
        return f"row {int(one['row']):,}: is {true}, right in {right} of {len(votes)}", said != true
    return f"{text}, is {true}", said != true


def _probabilities(axes: Axes, one: xr.Dataset, names: Sequence[str], side: float) -> None:
    mean, low, high = over_lanes(one["probability"])
    true = _name(one["true"].values.flat[0], names) if "true" in one else None
    shown = list(range(len(names)))
    if len(names) > _MOST_CLASSES:
        shown = list(np.argsort(-mean, kind="stable")[:_MOST_CLASSES])
        if true is not None and true not in [names[place] for place in shown]:
            shown[-1] = names.index(true)
    said = names[int(np.argmax(mean))]
    for line, place in enumerate(shown):
        name = names[place]
        colour = (
            TRUE
            if name == true
            else SAID
            if name == said and true
            else (COLOURS[0] if name == said else OTHER)
        )
        axes.barh(line, mean[place], height=0.72, color=colour)
        if np.isfinite(low[place]):
            span = np.clip([low[place], high[place]], 0, 1)
            axes.plot(span, [line, line], color="0.1", linewidth=1)
    axes.set_xlim(0, 1)
    axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"], fontsize=SMALL)
    named_rows(axes, [names[place] for place in shown], side - 0.1, SMALL)
    axes.tick_params(axis="x", length=2, pad=1.5)
    axes.spines[["top", "right"]].set_visible(False)


def _regression(measured: xr.Dataset) -> Figure:
    """Predicted against true values, and the rows furthest off; or the values alone."""
    value, low, high = over_lanes(measured["value"])
    value, low, high = value.ravel(), low.ravel(), high.ravel()
    rows = [f"row {int(row):,}" for row in measured["row"].values]
    if (outputs := measured.sizes.get("output", 1)) > 1:
        rows = [f"{row}, {place}" for row in rows for place in range(outputs)]
    notes = [rows_note(measured, measured.sizes["row"]), lanes_note(measured)]
    if "true" not in measured:
        shown = min(len(rows), 24)
        page = Sheet(7.0, 0.22 * shown + 0.6, title_of(measured, "Predictions"), notes)
        axes = page.axes(1.0, 0.05, 5.9, 0.22 * shown)
        axes.plot(value[:shown], range(shown), "o", color=SAID, markersize=4)
        named_rows(dressed(axes, "predicted"), rows[:shown], 0.9)
        return page.figure
    true = np.asarray(measured["true"].values, dtype=np.float64)
    true = (true if LANE not in measured["true"].dims else true[0]).ravel()
    off = np.abs(value - true)
    notes.append(f"Mean distance from the true value: {format_number(float(off.mean()))}.")
    page = Sheet(11.0, 4.9, title_of(measured, "Predictions"), notes)
    axes = page.axes(0.75, 0.3, 4.2, 4.0)
    ends = [float(min(value.min(), true.min())), float(max(value.max(), true.max()))]
    axes.plot(ends, ends, color="0.6", linewidth=1)
    axes.plot(true, value, ".", color=COLOURS[0], alpha=0.5, markersize=5)
    axes.set_title("grey line: predicted = true", fontsize=TEXT, loc="left")
    dressed(axes, "true value", "predicted value")
    worst = np.argsort(-off, kind="stable")[:15]
    axes = page.axes(6.3, 0.3, 4.5, 4.0)
    for line, place in enumerate(worst):
        axes.plot([true[place], value[place]], [line, line], color="0.7", linewidth=2, zorder=1)
        if np.isfinite(low[place]):
            axes.plot([low[place], high[place]], [line, line], color=SAID, linewidth=1, zorder=2)
    axes.plot(true[worst], range(len(worst)), "o", color=TRUE, label="true")
    axes.plot(value[worst], range(len(worst)), "o", color=SAID, label="predicted")
    axes.set_title("furthest off", fontsize=TEXT, loc="left")
    axes.legend(fontsize=SMALL, ncols=2, frameon=False, loc="lower right", bbox_to_anchor=(1, 1))
    named_rows(dressed(axes, "value"), [rows[place] for place in worst], 0.9)
    return page.figure


@drawing
def confusion(counts: xr.DataArray) -> Figure:
    """How often each true class (down) was predicted as each class (across).

    Parameters
    ----------
    counts
        (true, predicted) with the classes' names, with `lane` in front or without. The colour is
        the share of the true class; the number is the count, over lanes the mean count and, up
        to ten classes, half the width of its 95 % interval.
    """
    need(counts, "true", "predicted")
    names = class_names(counts, "true")
    mean, low, high = over_lanes(counts)
    total = mean.sum(axis=1, keepdims=True)
    shares = np.divide(mean, total, out=np.zeros_like(mean), where=total > 0)
    several = lane_count(counts) > 1
    cell = 0.62 if len(names) <= 10 else 0.36 if len(names) <= 24 else 0.27
    side = min(widest(names, SMALL + 0.5) + 0.45, 2.0)
    size = max(cell * len(names), 1.6)
    right = float(np.trace(mean) / max(mean.sum(), 1e-30))
    notes = [
        f"{format_percent(right)} of {mean.sum():,.0f} rows on the diagonal.",
        lanes_note(counts),
    ]
    notes.append("Number: rows" + (", mean over networks." if several else "."))
    page = Sheet(
        max(side + size + 0.95, 5.0), size + side + 0.1, title_of(counts, "Confusion"), notes
    )
    axes = page.axes(side, 0, size, size)
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for row, column in np.argwhere(mean > 0):
        text = format_number(round(float(mean[row, column]), 1))
        half = (high - low)[row, column] / 2
        if several and len(names) <= 10 and np.isfinite(half):
            text += f"\n±{format_number(float(half), 2)}"
        axes.text(
            column,
            row,
            text,
            ha="center",
            va="center",
            fontsize=SMALL,
            color="white" if shares[row, column] > 0.6 else "black",
        )
    labels = [plain(shortened(name, side - 0.45, SMALL + 0.5)) for name in names]
    axes.set_yticks(range(len(names)), labels, fontsize=SMALL + 0.5)
    flat = len(max(labels, key=len)) <= 2
    axes.set_xticks(range(len(names)), labels, fontsize=SMALL + 0.5, rotation=0 if flat else 90)
    axes.tick_params(length=0)
    axes.set_ylabel("true class", fontsize=TEXT)
    axes.set_xlabel("predicted class", fontsize=TEXT)
    page.colour_bar(image, side + size + 0.12, 0, min(size, 2.2), "share of the true class")
    return page.figure
