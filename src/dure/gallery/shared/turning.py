"""Where validation loss is least, beside the note's epoch, also in updates of the weights."""

from __future__ import annotations

import math

import numpy as np

import dure
from dure.gallery.page import RowPage, interval_of, interval_text
from dure.messages.message import as_is, say
from dure.stats.intervals import Interval


def tell_turning(
    page: RowPage, result: dure.Result, asked: dure.Study, note: float, note_rows: int
) -> Interval:
    """The best epoch over lanes beside the note's, then what `Result.overfitting` says.

    Parameters
    ----------
    note, note_rows
        The note's epoch, and the rows it trained on: an excerpt has fewer updates in an epoch, so
        that more epochs are needed.
    """
    updates, theirs = (math.ceil(n / asked.batch_size) for n in (asked.data.rows, note_rows))
    epochs = result.lanes["best_epoch"].to_numpy(np.float64, na_value=np.nan)
    found = interval_of(epochs)
    page.fact("turning_epochs", epochs)
    page.fact("updates_per_epoch", updates)
    page.beside(say("epoch with the least validation loss"), note, found)
    page.beside(say("updates until the least validation loss"), note * theirs, found, updates)
    page.say(
        "Validation loss is least at epoch {epoch} ({lanes} lanes, from {first:.0f} to "
        "{last:.0f}), that is after {updates:,.0f} updates; the note's one run: about epoch "
        "{note:g}, after {note_updates:,.0f}{more}.",
        epoch=interval_text(found),
        lanes=len(epochs),
        first=epochs.min(),
        last=epochs.max(),
        updates=updates * found.mean,
        note=note,
        note_updates=note * theirs,
        more=say(" ({here} updates an epoch here, {there} there)", here=updates, there=theirs)
        if updates != theirs
        else as_is(""),
    )
    page.overfitting(result)
    return found
