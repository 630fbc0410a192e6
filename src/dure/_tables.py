"""A result as lines of plain text, and the cells that prettier tables are made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dure._intervals import interval_texts
from dure._text import aligned, count
from dure._types import DIMS, Status

if TYPE_CHECKING:
    from dure.result import Result

KINDS = ("finished", "stopped", "diverged", "failed", "running", "waiting")


def tally(statuses: Sequence[Status]) -> str:
    """'25 lanes: 24 finished, 1 diverged'."""
    kinds: Counter[str] = Counter(status.kind for status in statuses)
    parts = ", ".join(f"{kinds[kind]} {kind}" for kind in KINDS if kinds[kind])
    return f"{count(len(statuses), 'lane')}: {parts}" if parts else "no lanes"


def source_of(result: Result) -> str:
    """Where the data came from, with the word 'excerpt' where it is one; may be ''."""
    source, is_excerpt = (result.curves.attrs[name] for name in ("source", "excerpt"))
    marked = "excerpt" if is_excerpt and "excerpt" not in source else ""
    return ", ".join(filter(None, (source, marked)))


def trained(status: Status) -> bool:
    """Whether a lane came to an end that a mean may rest on: not diverged, not failed, done."""
    return status.kind in ("finished", "stopped")


def lines_of(result: Result) -> Iterable[str]:
    """The lines of ``print(result)``."""
    yield " · ".join(filter(None, (result.name, source_of(result), str(result.folder))))
    sizes = (count(result.curves.sizes[dim], dim) for dim in DIMS)
    yield f"{tally(result.statuses)} · {' x '.join(sizes)}"
    yield ""
    yield from _summary_lines(result)
    troubled = [i for i, s in enumerate(result.statuses) if s.kind in ("diverged", "failed")]
    for index in troubled[:5]:
        lane = result.lanes.loc[index]
        where = f"{lane['variant']}, seed {lane['seed']}, fold {lane['fold']}"
        yield f"lane {index} ({where}) {lane['status']}"
    if len(troubled) > 5:
        yield f"... and {len(troubled) - 5} more: see result.lanes"


def summary_cells(result: Result) -> tuple[list[str], list[list[str]]]:
    """The summary as text, for whoever lays it out: a header, and one row of cells a variant.

    Columns: variant, one per metric ('0.912 [0.905, 0.919]'), best epoch (median), lanes the means
    rest on ('4 of 5'). The monitor's lowest (highest) mean carries a '*', if there are two or more.
    """
    table = result.summary()
    metrics = list(dict.fromkeys(table["metric"]))
    columns = []
    for name in metrics:
        part = table[table["metric"] == name]
        texts = interval_texts(list(part[["mean", "low", "high"]].itertuples(index=False)))
        if name == result.monitor.name and part["mean"].notna().sum() > 1:
            lowest = result.monitor.mode == "min"
            means = part["mean"].to_numpy()
            leader = int(np.nanargmin(means) if lowest else np.nanargmax(means))
            texts = [text + ("*" if i == leader else " ") for i, text in enumerate(texts)]
        columns.append(texts)
    rows = []
    for number, variant in enumerate(result.variants):
        mine = result.lanes[result.lanes["variant"] == variant]
        sound = [trained(result.statuses[i]) for i in mine.index]
        median = mine["best_epoch"][sound].median()
        epoch = "-" if pd.isna(median) else f"{median:g}"
        resting = table["lanes"][table["variant"] == variant].min() if metrics else 0
        lanes = f"{resting} of {len(mine)}"
        rows.append([variant, *(column[number] for column in columns), epoch, lanes])
    return ["variant", *metrics, "best epoch", "lanes"], rows


def summary_notes(result: Result) -> list[str]:
    """What one must know to read :func:`summary_cells`, a sentence a line."""
    word = "lowest" if result.monitor.mode == "min" else "highest"
    seeds, folds = result.curves.sizes["seed"], result.curves.sizes["fold"]
    over = f"{seeds} seeds" if seeds > 1 else f"{folds} folds of one seed"
    notes = [f"at each lane's own best epoch, that of its {word} {result.monitor.name}"]
    if seeds * folds > 1:
        notes[0] = f"mean [95 % interval over {over}] {notes[0]}"
    else:
        notes.append("one lane a variant: how much of this is chance cannot be known; add seeds")
    if any("*" in cell for row in summary_cells(result)[1] for cell in row[1:]):
        notes.append(f"* {word} mean, which alone does not say that it is better")
    return notes


def _summary_lines(result: Result) -> Iterable[str]:
    header, rows = summary_cells(result)
    yield from aligned(header, rows)
    yield ""
    yield from summary_notes(result)
