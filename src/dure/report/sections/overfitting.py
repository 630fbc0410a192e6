"""The section on overfitting: where validation loss turns, and what training on gives away."""

from __future__ import annotations

import math
from typing import Literal

from dure.analysis.overfitting.model import Kind, Overfitting, OverfittingRow
from dure.blocks.charts import Intervals, Span
from dure.blocks.content import Block, Bullets, Folded, Prose, Section, Table
from dure.messages.message import Message, as_is, say
from dure.stats.intervals import interval_texts

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
    rows = found.rows
    turns = interval_texts([row.turning_epoch[:3] for row in rows])
    given = interval_texts([row.given_away[:3] for row in rows])
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
                as_is(turn),
                as_is(away),
                as_is("-" if row.recommended_epochs is None else f"{row.recommended_epochs:,}"),
                say("{number} of {all}", number=str(row.lanes), all=str(row.given_away.of)),
            )
            for row, turn, away in zip(rows, turns, given, strict=True)
        ),
        numeric=(False, False, True, True, True, True),
        strong=tuple(place for place, row in enumerate(rows) if row.kind == "overfits"),
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
    told = interval_texts([row.given_away[:3] for row in rows])
    return Intervals(
        label=say("What each variant gives away of its validation loss"),
        axis=say("validation loss at the end minus at its lowest"),
        spans=tuple(_span(row, as_is(text)) for row, text in zip(rows, told, strict=True)),
        zero=True,
    )


def _span(row: OverfittingRow, told: Message) -> Span:
    mean, low, high = row.given_away[:3]
    tone: Literal["bad", "plain"] = "bad" if row.kind == "overfits" else "plain"
    return Span(as_is(row.variant), mean, low, high, told, describe_kind(row.kind), tone)
