"""The section of curves: every metric along the epochs, the summary, and lanes that were lost."""

from __future__ import annotations

from collections.abc import Iterator

from dure.analysis.overfitting.model import Overfitting
from dure.blocks.content import Block, Bullets, Folded, Prose, Section, Table
from dure.messages.message import Message, as_is, say
from dure.messages.phrases import count
from dure.messages.status_text import describe_status
from dure.plots.charts.curves import NamedResult, build_curves
from dure.results.run_result import RunResult
from dure.results.summary import summary_cells, summary_notes

_MOST_LOST = 500  # lanes listed with their reasons


def section(result: RunResult, overfitting: Overfitting | Message | None = None) -> Section:
    """Curves, the summary table with what one must know to read it, and lost lanes."""
    nothing = Prose(say("No lane has ended an epoch yet, so there are no curves."))
    drawn = build_curves([NamedResult.of(result, overfitting)]) or nothing
    return Section("curves", say("Curves"), (drawn, *summary(result)))


def summary(result: RunResult) -> list[Block]:
    """The summary table, its notes, and the lanes that are not in its means."""
    header, rows = summary_cells(result)
    table = Table(
        say("Each network at its own best epoch"),
        tuple(header),
        tuple(map(tuple, rows)),
    )
    notes = Bullets(tuple(summary_notes(result)), "note")
    return [table, notes, *_lost(result)]


def _lost(result: RunResult) -> Iterator[Block]:
    """Lanes that diverged or failed, and how."""
    lost = [i for i, s in enumerate(result.statuses) if s.kind in ("diverged", "failed")]
    if not lost:
        return
    lanes = result.lanes
    rows = tuple(
        (
            as_is(str(lanes.at[lane, "variant"])),
            as_is(str(lanes.at[lane, "seed"])),
            int(lanes.at[lane, "fold"]),
            describe_status(result.statuses[lane]),
        )
        for lane in lost[:_MOST_LOST]
    )
    header = (say("variant"), say("seed"), say("fold"), say("how it ended"))
    blocks: list[Block] = [Table(say("Lanes lost"), header, rows, (False, True, True, False))]
    if len(lost) > _MOST_LOST:
        told = say("And {more} more.", more=f"{len(lost) - _MOST_LOST:,}")
        blocks.append(Prose(told, "note"))
    number = count(len(lost), "lane")
    title = say("Lanes that diverged or failed: {number}", number=number)
    yield Folded(title, tuple(blocks))
