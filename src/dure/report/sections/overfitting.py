"""The section on overfitting: where validation loss turns, and what training on gives away."""

from __future__ import annotations

import math
from typing import Literal

from dure.analysis.overfitting.model import Kind, Overfitting, OverfittingRow
from dure.blocks.cells import Estimate
from dure.blocks.charts import Intervals, Span
from dure.blocks.content import Block, Bullets, Folded, Prose, Section, Table
from dure.messages.message import Message, as_is, say

_MOST_TOLD = 12  # variants with a sentence each before the sentences are folded away


def section(found: Overfitting | Message) -> Section:
    """What was found of each variant, or the sentence why nothing can be said."""
    blocks = [Prose(found)] if isinstance(found, Message) else overfitting(found)
    return Section("overfitting", say("Overfitting"), tuple(blocks))


def overfitting(found: Overfitting) -> list[Block]:
    """A sentence a variant, the table, what is given away as a picture, and the notes."""
    told = Bullets(tuple(row.describe(found.tolerance, found.metric) for row in found.rows))
    blocks: list[Block] = [told]
    if len(found.rows) > _MOST_TOLD:
        blocks = [Folded(say("Each variant in words"), (told,))]
    blocks = [_table(found), *blocks]
    if (picture := _given_away(found)) is not None:
        blocks.append(picture)
    return [*blocks, *(Prose(note, "note") for note in found.notes())]


def _table(found: Overfitting) -> Table:
    return Table(
        caption=say("Where the validation loss turns"),
        header=(
            say("variant"),
            say("finding"),
            say("turns at epoch"),
            say("given away by the end"),
            say("epochs to train"),
            say("lanes"),
        ),
        rows=tuple(
            (
                as_is(row.variant),
                describe_kind(row.kind),
                Estimate(*row.turning_epoch[:3]),
                Estimate(*row.given_away[:3]),
                row.recommended_epochs,
                say("{number} of {all}", number=str(row.lanes), all=str(row.given_away.of)),
            )
            for row in found.rows
        ),
        numeric=(False, False, True, True, True, True),
        strong=tuple(place for place, row in enumerate(found.rows) if row.kind == "overfits"),
    )


def describe_kind(kind: Kind) -> Message:
    """A kind of course in a word or two."""
    if kind == "overfits":
        return say("overfits")
    if kind == "still falling":
        return say("still falling")
    return say("converged") if kind == "converged" else say("cannot tell")


def _given_away(found: Overfitting) -> Intervals | None:
    """Validation loss at the end minus at its lowest, of the variants where both are known."""
    rows = [row for row in found.rows if math.isfinite(row.given_away.mean)]
    if not rows:
        return None
    return Intervals(
        label=say("What each variant gives away of its validation loss"),
        axis=say("validation loss at the end minus at its lowest"),
        spans=tuple(map(_span, rows)),
        zero=True,
    )


def _span(row: OverfittingRow) -> Span:
    tone: Literal["bad", "plain"] = "bad" if row.kind == "overfits" else "plain"
    return Span(as_is(row.variant), *row.given_away[:3], describe_kind(row.kind), tone)
