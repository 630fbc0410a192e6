"""Cures drawn: what each changed, with its interval, and what it costs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from dure.blocks.charts import Intervals
from dure.core.formatting import format_count, format_number
from dure.messages.message import as_is
from dure.plots.charts.remedies import Row, build_round, read_difference, read_number
from dure.plots.render import draw
from dure.plots.style import as_png

ROUNDS = {
    "round-1": "Round 1: each cure by itself",
    "round-2": "Round 2, new seeds: the best and their combinations",
    "check": "Check, new seeds that chose nothing",
}


def save_all(account: Mapping[str, Any], folder: Path) -> list[Path]:
    """Draw what `verdict.json` says into `folder`; the files, none where nothing was tried."""
    if not any(account["rounds"].values()):
        return []
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "cures.png"
    path.write_bytes(as_png(effects(account)))
    return [path]


def effects(account: Mapping[str, Any]) -> Figure:
    """A chart a round, a row a cure: the paired difference with its 95 % interval, and its cost.

    Parameters
    ----------
    account
        The content of a `verdict.json`.
    """
    rounds = {label: rows for label, rows in account["rounds"].items() if rows}
    view = _view([row for rows in rounds.values() for row in rows], account["mode"])
    blocks = [_round(account, label, rows, view) for label, rows in rounds.items()]
    notes = (
        f"Change of the {account['metric_in_words']} at each network's best epoch, against the "
        "network as it is on the same seeds and folds: mean and 95 % interval.",
        "What comes first in a round looks better there than it is: the check counts.",
        "Time: of an epoch, beside the network as it is.",
    )
    return draw(_title(account), blocks, notes, columns=1)


def _title(account: Mapping[str, Any]) -> str:
    winner = account["winner"]
    if account["helps"]:
        return f"{winner['name']} helps"
    if (account.get("early_stopping") or {}).get("better"):
        return "No change of the network is better than stopping it early"
    return "No cure is better than the network as it is"


def _round(
    account: Mapping[str, Any], label: str, rows: Sequence[Row], view: tuple[float, float]
) -> Intervals:
    seeds = format_count(rows[0]["seeds"], "seed")
    side = "left is better" if account["mode"] == "min" else "right is better"
    block = build_round(
        as_is(f"{ROUNDS.get(label, label)} ({seeds})"),
        as_is(f"difference in {account['metric_in_words']} ({side})"),
        [(row, as_is(row["cure"]), as_is(_verdict(row))) for row in rows],
    )
    spans = (
        replace(span, cells=(as_is(_time(row)), as_is(_weights(row))))
        for span, row in zip(block.spans, rows, strict=True)
    )
    heads = (as_is("time"), as_is("weights"))
    return replace(block, spans=tuple(spans), heads=heads, view=view)


def _verdict(row: Row) -> str:
    lost = f" ({row['diverged']} of {row['of']} lost)" if row["diverged"] else ""
    return f"{row['verdict']}{lost}"


def _time(row: Row) -> str:
    seconds = read_number(row["seconds"])
    return f"{seconds:.1f}x" if math.isfinite(seconds) else "-"


def _weights(row: Row) -> str:
    return "-" if row["parameters"] is None else format_number(row["parameters"])


def _view(rows: Sequence[Row], mode: str) -> tuple[float, float]:
    """Room for all that is not much worse than the best is better: the rest is at the edge."""
    sign = 1 if mode == "min" else -1
    bounds = [sign * v for row in rows for v in read_difference(row) if math.isfinite(v)] or [0.0]
    good = max(0.0, -min(bounds))
    fair = [sign * v for row in rows if row["verdict"] != "worse" for v in read_difference(row)]
    scale = max([good, *(abs(v) for v in fair if math.isfinite(v))]) or max(map(abs, bounds)) or 1.0
    low, high = -1.08 * max(good, 0.15 * scale), 1.08 * min(max(*bounds, 0.15 * scale), 1.5 * scale)
    return (low, high) if sign > 0 else (-high, -low)
