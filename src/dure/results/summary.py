"""A result as lines of plain text, and the cells that prettier tables are made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dure.core.metrics import without_many_parts
from dure.core.terminal import align_columns
from dure.core.types import DIMS, trained
from dure.messages.message import Message, as_is, joined, say
from dure.messages.phrases import count
from dure.messages.status_text import tally
from dure.stats.intervals import interval_texts

if TYPE_CHECKING:
    from dure.results.run_result import RunResult


def source_of(result: RunResult) -> Message:
    """Where the data came from, with the word 'excerpt' where it is one; may be ''."""
    source, is_excerpt = (result.curves.attrs[name] for name in ("source", "excerpt"))
    marked = is_excerpt and "excerpt" not in source
    return joined((as_is(source), *([say("excerpt")] if marked else [])), ", ")


def lines_of(result: RunResult) -> Iterable[str]:
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


def summary_cells(result: RunResult) -> tuple[list[Message], list[list[Message]]]:
    """The summary as text, for whoever lays it out: a header, and one row of cells a variant.

    Columns: variant, one per metric ('0.912 [0.905, 0.919]'; single values of a metric with up to
    three only), best epoch (median), lanes the means
    rest on ('4 of 5'). The monitor's lowest (highest) mean carries a '*', if there are two or more.
    """
    table = result.summary()
    metrics = without_many_parts(dict.fromkeys(table["metric"]), 3, result.monitor.name)
    leader = _leader(table, result)
    columns = []
    for name in metrics:
        part = table[table["metric"] == name]
        texts = interval_texts(list(part[["mean", "low", "high"]].itertuples(index=False)))
        if name == result.monitor.name and leader is not None:
            texts = [text + ("*" if i == leader else " ") for i, text in enumerate(texts)]
        columns.append(texts)
    rows = []
    for number, variant in enumerate(result.variants):
        mine = result.lanes[result.lanes["variant"] == variant]
        sound = [trained(result.statuses[i]) for i in mine.index]
        median = mine["best_epoch"][sound].median()
        epoch = "-" if pd.isna(median) else f"{median:g}"
        resting = table["lanes"][table["variant"] == variant].min() if metrics else 0
        lanes = say("{number} of {all}", number=str(resting), all=str(len(mine)))
        cells = (variant, *(column[number] for column in columns), epoch, lanes)
        rows.append([as_is(cell) for cell in cells])
    header = (say("variant"), *map(as_is, metrics), say("best epoch"), say("lanes"))
    return list(header), rows


def _leader(table: pd.DataFrame, result: RunResult) -> int | None:
    """The place of the variant with the monitor's best mean; None with fewer than two means."""
    means = table["mean"][table["metric"] == result.monitor.name].to_numpy(np.float64)
    if (~np.isnan(means)).sum() < 2:
        return None
    return int(np.nanargmin(means) if result.monitor.mode == "min" else np.nanargmax(means))


def summary_notes(result: RunResult) -> list[Message]:
    """What one must know to read :func:`summary_cells`, a sentence a line."""
    lowest, metric = result.monitor.mode == "min", result.monitor.name
    seeds, folds = result.curves.sizes["seed"], result.curves.sizes["fold"]
    where = (
        say("at each lane's own best epoch, that of its lowest {metric}", metric=metric)
        if lowest
        else say("at each lane's own best epoch, that of its highest {metric}", metric=metric)
    )
    if seeds * folds > 1:
        over = count(seeds, "seed")
        if seeds == 1:
            over = say("{folds} of one seed", folds=count(folds, "fold"))
        notes = [say("mean [95 % interval over {over}] {where}", over=over, where=where)]
    else:
        alone = say("one lane a variant: how much of this is chance cannot be known; add seeds")
        notes = [where, alone]
    if _leader(result.summary(), result) is not None:
        notes.append(
            say("* lowest mean, which alone does not say that it is better")
            if lowest
            else say("* highest mean, which alone does not say that it is better")
        )
    return notes


def _summary_lines(result: RunResult) -> Iterable[str]:
    header, rows = summary_cells(result)
    yield from align_columns(header, rows)
    yield ""
    yield from summary_notes(result)
