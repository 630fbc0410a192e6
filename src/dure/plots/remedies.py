"""Cures drawn: what each changed, with its interval, and what it costs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dure.core.formatting import format_count, format_number
from dure.core.palette import COLOURS
from dure.plots.style import (
    SMALL,
    TEXT,
    Sheet,
    as_png,
    drawing,
    dressed,
    named_rows,
    shortened,
    widest,
)
from dure.stats.intervals import interval_texts

ROUNDS = {
    "round-1": "Round 1: each cure by itself",
    "round-2": "Round 2, new seeds: the best and their combinations",
    "check": "Check, new seeds that chose nothing",
}
VERDICTS = {
    "better": COLOURS[2],
    "undecided": "0.45",
    "worse": COLOURS[1],
    "too few": COLOURS[3],
}
_WIDTH, _STEP, _NAMES = 4.2, 0.26, 3.4  # inches


def save_all(account: Mapping[str, Any], folder: Path) -> list[Path]:
    """Draw what `verdict.json` says into `folder`; the files, none where nothing was tried."""
    if not any(account["rounds"].values()):
        return []
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "cures.png"
    path.write_bytes(as_png(effects(account)))
    return [path]


@drawing
def effects(account: Mapping[str, Any]) -> Figure:
    """A block a round, a row a cure: the paired difference with its 95 % interval, and its cost.

    Parameters
    ----------
    account
        The content of a `verdict.json`.
    """
    rounds = {label: rows for label, rows in account["rounds"].items() if rows}
    rows = [row for found in rounds.values() for row in found]
    texts = {label: _texts(found) for label, found in rounds.items()}
    left = min(_NAMES, widest([row["cure"] for row in rows], TEXT)) + 0.15
    right = widest([t for found in texts.values() for t in found], SMALL + 0.5) + 0.25
    heights = [_STEP * len(found) for found in rounds.values()]
    title = _title(account)
    page = Sheet(
        left + _WIDTH + right + 1.35,
        sum(heights) + 0.32 * len(rounds) + 0.12 * (len(rounds) - 1) + 0.72,
        title,
        _notes(account),
    )
    limits = _limits(rows, account["mode"])
    top = 0.0
    for place, (label, found) in enumerate(rounds.items()):
        seeds = format_count(found[0]["seeds"], "seed")
        page.heading(0, top + 0.12, f"{ROUNDS.get(label, label)} ({seeds})", left + _WIDTH)
        top += 0.32
        last = place == len(rounds) - 1
        axes = dressed(
            page.axes(left, top, _WIDTH, heights[place]), _axis(account) if last else "", grid="x"
        )
        axes.tick_params(labelbottom=last)
        _rows(axes, found, texts[label], limits, left)
        _costs(page, found, left + _WIDTH + right, top, first=place == 0)
        top += heights[place] + 0.12
    _legend(page.figure, rows)
    return page.figure


def _title(account: Mapping[str, Any]) -> str:
    winner = account["winner"]
    if account["helps"]:
        return f"{winner['name']} helps"
    if (account.get("early_stopping") or {}).get("better"):
        return "No change of the network is better than stopping it early"
    return "No cure is better than the network as it is"


def _notes(account: Mapping[str, Any]) -> Sequence[str]:
    return (
        f"Change of the {account['metric_in_words']} at each network's best epoch, against the "
        "network as it is on the same seeds and folds: mean and 95 % interval.",
        "What comes first in a round looks better there than it is: the check counts.",
    )


def _axis(account: Mapping[str, Any]) -> str:
    side = "left is better" if account["mode"] == "min" else "right is better"
    return f"difference in {account['metric_in_words']} ({side})"


def _value(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _triple(row: Mapping[str, Any]) -> tuple[float, float, float]:
    return _value(row["difference"]), _value(row["low"]), _value(row["high"])


def _texts(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    told = interval_texts([_triple(row) for row in rows])
    lost = [f"  ({r['diverged']} of {r['of']} lost)" if r["diverged"] else "" for r in rows]
    return [text + add for text, add in zip(told, lost, strict=True)]


def _limits(rows: Sequence[Mapping[str, Any]], mode: str) -> tuple[float, float]:
    """Room for all that is not much worse than the best is better: the rest is at the edge."""
    sign = 1 if mode == "min" else -1
    bounds = [sign * v for row in rows for v in _triple(row) if math.isfinite(v)] or [0.0]
    good = max(0.0, -min(bounds))
    fair = [sign * v for row in rows if row["verdict"] != "worse" for v in _triple(row)]
    scale = max([good, *(abs(v) for v in fair if math.isfinite(v))]) or max(map(abs, bounds)) or 1.0
    low, high = -1.08 * max(good, 0.15 * scale), 1.08 * min(max(*bounds, 0.15 * scale), 1.5 * scale)
    return (low, high) if sign > 0 else (-high, -low)


def _rows(
    axes: Axes,
    rows: Sequence[Mapping[str, Any]],
    texts: Sequence[str],
    limits: tuple[float, float],
    left: float,
) -> None:
    named_rows(axes, [shortened(row["cure"], left - 0.15, TEXT) for row in rows], left, TEXT)
    axes.set_xlim(*limits)
    axes.axvline(0, color="0.3", linewidth=1)
    for place, row in enumerate(rows):
        if place % 2:
            axes.axhspan(place - 0.5, place + 0.5, color="0.965", linewidth=0, zorder=0)
        mean, low, high = _triple(row)
        colour = VERDICTS[row["verdict"]]
        axes.plot([low, high], [place, place], color=colour, linewidth=1.8)
        outside = mean > limits[1] or mean < limits[0]
        at = min(max(mean, limits[0]), limits[1]) if math.isfinite(mean) else mean
        mark = (">" if mean > 0 else "<") if outside else "o"
        axes.plot(at, place, mark, color=colour, markersize=5, clip_on=False)
        axes.annotate(
            texts[place],
            (1.02, place),
            xycoords=("axes fraction", "data"),
            va="center",
            fontsize=SMALL + 0.5,
        )


def _costs(
    page: Sheet, rows: Sequence[Mapping[str, Any]], left: float, top: float, first: bool
) -> None:
    """Two columns at the right: time of an epoch against the baseline's, and weights."""
    if first:
        for place, name in ((0.5, "time"), (1.3, "weights")):
            page.text(left + place, top - 0.14, name, SMALL + 0.5, ha="right", color="0.35")
    for place, row in enumerate(rows):
        height = top + (place + 0.5) * _STEP
        seconds = _value(row["seconds"])
        time = f"{seconds:.1f}x" if math.isfinite(seconds) else "-"
        weights = "-" if row["parameters"] is None else format_number(row["parameters"])
        page.text(left + 0.5, height, time, SMALL + 0.5, ha="right")
        page.text(left + 1.3, height, weights, SMALL + 0.5, ha="right")


def _legend(figure: Figure, rows: Sequence[Mapping[str, Any]]) -> None:
    present = {row["verdict"] for row in rows}
    shown = [(name, colour) for name, colour in VERDICTS.items() if name in present]
    handles = [figure.axes[0].plot([], [], "o-", color=c, markersize=5)[0] for _, c in shown]
    figure.legend(
        handles,
        [name for name, _ in shown],
        loc="lower left",
        ncol=len(shown),
        fontsize=SMALL + 0.5,
        frameon=False,
    )
