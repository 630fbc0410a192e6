"""What several rows on texts say of their lanes: turning points and differences, with intervals."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike

from dure.gallery.page import Comparison, Page
from dure.gallery.plots import compared
from dure.messages.message import Message, as_is, joined, say
from dure.result import Result
from dure.stats.intervals import Interval, interval_texts, mean_interval


def turning(page: Page, result: Result, note: float, updates: int, note_updates: int) -> Interval:
    """Where validation loss is least: its epoch over lanes, said beside the note's, and in updates.

    Parameters
    ----------
    note
        The note's epoch.
    updates, note_updates
        Updates in an epoch, here and in the note. An excerpt has fewer, so that its epochs are
        shorter and more of them are needed.
    """
    epochs = result.lanes["best_epoch"].to_numpy(np.float64, na_value=np.nan)
    last, lanes = int(result.curves["epoch"].values[-1]), len(epochs)
    found = mean_interval(epochs[:, None])
    page.fact("turning_epochs", epochs)
    page.fact("updates_per_epoch", updates)
    for what, factor, theirs in (
        (say("epoch with the least validation loss"), 1, note),
        (say("updates until the least validation loss"), updates, note * note_updates),
    ):
        mean, low, high = (factor * value for value in found[:3])
        page.comparisons.append(Comparison(what, theirs, mean, low, high, lanes))
    later = int((epochs == last).sum())
    line = say(
        "Validation loss is least at epoch {epoch} ({lanes} lanes, from {first:.0f} to "
        "{last:.0f}), that is after {updates:,.0f} updates; the note's one run: about epoch "
        "{note:g}, after {note_updates:,.0f}.",
        **{"epoch": told(found), "lanes": lanes, "first": epochs.min(), "last": epochs.max()},
        **{"updates": updates * found.mean, "note": note, "note_updates": note * note_updates},
    )
    page.say(joined((line, *_besides(updates, note_updates, later))))
    rise = result.curves["val_loss"].isel(epoch=-1) / result.at_best("val_loss") - 1
    page.say(
        say(
            "By epoch {epoch} validation loss is up by {percent:.0f} % of its least, while "
            "training accuracy is {accuracy:.3f}.",
            **{"epoch": last, "percent": 100 * float(rise.mean())},
            accuracy=float(result.curves["accuracy"].isel(epoch=-1).mean()),
        )
    )
    return found


def _besides(updates: int, note_updates: int, falling: int) -> Iterator[Message]:
    """How long an epoch is, if not as in the note; how many lanes were `falling` at the end."""
    if updates != note_updates:
        each = {"here": updates, "there": note_updates}
        yield say("An epoch has {here} updates here, {there} there.", **each)
    if falling:
        yield say("In {lanes} of the lanes it was still falling at the end.", lanes=falling)


def told(interval: Interval) -> Message:
    """'0.912 [0.905, 0.919]'; '10 in each' where all lanes say the same."""
    if interval.n > 1 and interval.low == interval.high:
        return say("{value:g} in each", value=interval.mean)
    return as_is(interval_texts([interval[:3]])[0])


def over_lanes(values: ArrayLike) -> Interval:
    """The interval over independent lanes (seeds) of one number each."""
    return mean_interval(np.asarray(values, np.float64).reshape(-1, 1))


def difference(first: ArrayLike, second: ArrayLike) -> tuple[Interval, Message]:
    """`first` minus `second` seed by seed, and the verdict: '+0.01 [..]: real', 'cannot tell'."""
    found = compared.difference(np.ravel(first), np.ravel(second))
    known = {"difference": interval_texts([found[:3]])[0], "seeds": found.n}
    if not math.isfinite(found.low) or found.low <= 0 <= found.high:
        return found, say("{difference}, over {seeds} seeds in pairs: cannot tell", **known)
    if found.mean > 0:
        return found, say("{difference}, over {seeds} seeds in pairs: higher", **known)
    return found, say("{difference}, over {seeds} seeds in pairs: lower", **known)
