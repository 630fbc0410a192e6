"""What several rows on texts say of their lanes: turning points and differences, with intervals."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from dure._intervals import Interval, interval_texts, mean_interval
from dure.gallery.page import Comparison, Page
from dure.result import Result
from dure.view import compared


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
        ("epoch with the least validation loss", 1, note),
        ("updates until the least validation loss", updates, note * note_updates),
    ):
        mean, low, high = (factor * value for value in found[:3])
        page.comparisons.append(Comparison(what, theirs, mean, low, high, lanes))
    later = int((epochs == last).sum())
    page.say(
        f"Validation loss is least at epoch {told(found)} ({lanes} lanes, from {epochs.min():.0f} "
        f"to {epochs.max():.0f}), that is after {updates * found.mean:,.0f} updates; the note's "
        f"one run: about epoch {note:g}, after {note * note_updates:,.0f}."
        + (
            f" An epoch has {updates} updates here, {note_updates} there."
            * (updates != note_updates)
        )
        + (f" In {later} of the lanes it was still falling at the end." if later else "")
    )
    rise = result.curves["val_loss"].isel(epoch=-1) / result.at_best("val_loss") - 1
    page.say(
        f"By epoch {last} validation loss is up by {100 * float(rise.mean()):.0f} % of its least, "
        f"while training accuracy is {float(result.curves['accuracy'].isel(epoch=-1).mean()):.3f}."
    )
    return found


def told(interval: Interval) -> str:
    """'0.912 [0.905, 0.919]'; '10 in each' where all lanes say the same."""
    if interval.n > 1 and interval.low == interval.high:
        return f"{interval.mean:g} in each"
    return interval_texts([interval[:3]])[0]


def over_lanes(values: ArrayLike) -> Interval:
    """The interval over independent lanes (seeds) of one number each."""
    return mean_interval(np.asarray(values, np.float64).reshape(-1, 1))


def difference(first: ArrayLike, second: ArrayLike) -> tuple[Interval, str]:
    """`first` minus `second` seed by seed, and the verdict: '+0.01 [..]: real', 'cannot tell'."""
    found = compared.difference(np.ravel(first), np.ravel(second))
    text = interval_texts([found[:3]])[0]
    if not math.isfinite(found.low) or found.low <= 0 <= found.high:
        return found, f"{text}, over {found.n} seeds in pairs: cannot tell"
    return (
        found,
        f"{text}, over {found.n} seeds in pairs: {'higher' if found.mean > 0 else 'lower'}",
    )
