"""What a row of `overfitting` says in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from dure.messages.message import Message, say
from dure.messages.phrases import count
from dure.stats.intervals import Interval, interval_texts
from dure.stats.smoothing import FEWEST

if TYPE_CHECKING:
    from dure.analysis.overfitting.overfitting import Row


def sentences(row: Row, tolerance: float, metric: str) -> Iterator[Message]:
    """What a row says, a sentence or two; `tolerance` as a share of the loss."""
    if not np.isfinite(row.lowest.mean):
        yield say(
            "cannot tell: no lane came to its end with {fewest} validated epochs ({number} of "
            "{all} lanes).",
            fewest=str(FEWEST),
            number=str(row.lanes),
            all=str(row.given_away.of),
        )
    elif row.kind == "overfits":
        yield _overfits(row, _what(metric))
    elif row.kind == "still falling":
        yield _still_falling(row, _what(metric), f"{100 * tolerance:g}")
    elif row.kind == "converged":
        yield _converged(row, _what(metric), f"{100 * tolerance:g}")
    else:
        yield _cannot_tell(row, _what(metric))
    if np.isfinite(row.gap_at_end.mean):
        yield _gaps(row)


def _what(metric: str) -> Message:
    """The metric, as a noun: most often it is the loss, which has a name in every language."""
    return say("validation loss") if metric == "loss" else say("validation {metric}", metric=metric)


def _overfits(row: Row, what: Message) -> Message:
    given = {"what": what, "lanes": _resting(row), "end": str(row.end)}
    given["up"] = _percent(row.given_away, row.lowest.mean)
    if row.turning_epoch.mean <= 1:
        return say(
            "{what} rises from the first epoch on ({lanes}) and is up {up} at the end (epoch "
            "{end}); train 1 epoch, or change the network.",
            **given,
        )
    assert row.recommended_epochs is not None
    return say(
        "{what} turns at epoch {epoch} ({lanes}) and is up {up} at the end (epoch {end}); train "
        "{epochs}.",
        epoch=interval_texts([row.turning_epoch[:3]])[0],
        epochs=count(row.recommended_epochs, "epoch"),
        **given,
    )


def _still_falling(row: Row, what: Message, tolerance: str) -> Message:
    given = {"what": what, "lanes": _resting(row), "end": str(row.end)}
    given["fell"] = _percent(row.last_change, row.lowest.mean)
    given["quarter"] = count(max(1, round(row.end / 4)), "epoch")
    if row.more_epochs is None:
        return say(
            "{what} still falls at the end, by {fell} over the last {quarter} of {end} ({lanes}); "
            "train longer.",
            **given,
        )
    return say(
        "{what} still falls at the end, by {fell} over the last {quarter} of {end} ({lanes}); "
        "train longer: if it goes on so, {quarter} bring less than {tolerance} % after about "
        "{more} more.",
        more=str(row.more_epochs),
        tolerance=tolerance,
        **given,
    )


def _converged(row: Row, what: Message, tolerance: str) -> Message:
    return say(
        "{what} neither turns nor falls on by more than {tolerance} % ({lanes}); from epoch "
        "{epoch} on it stays at its lowest, more epochs change nothing.",
        what=what,
        tolerance=tolerance,
        lanes=_resting(row),
        epoch=str(row.recommended_epochs),
    )


def _cannot_tell(row: Row, what: Message) -> Message:
    given = {"what": what, "lanes": _resting(row), "end": str(row.end)}
    if row.given_away.low == row.given_away.high == 0:
        return say(
            "cannot tell: {what} is lowest at the end (epoch {end}), and whether it still falls is "
            "open: over the last quarter of the epochs it changes by {change} ({lanes}); more "
            "seeds, or more epochs, would tell.",
            change=interval_texts([row.last_change[:3]])[0],
            **given,
        )
    return say(
        "cannot tell: from its lowest to the end (epoch {end}) {what} changes by {change} "
        "({lanes}); more seeds would narrow this.",
        change=interval_texts([row.given_away[:3]])[0],
        **given,
    )


def _gaps(row: Row) -> Message:
    if row.kind != "overfits":
        (end,) = interval_texts([row.gap_at_end[:3]])
        return say("Gap to training: {end} at the end.", end=end)
    turn, end = interval_texts([row.gap_at_turn[:3], row.gap_at_end[:3]])
    return say("Gap to training: {turn} at the turn, {end} at the end.", turn=turn, end=end)


def _resting(row: Row) -> Message:
    """The lanes that a row rests on."""
    if row.lanes == 1:
        return say("1 lane: no interval")
    lanes, gone = count(row.lanes, "lane"), row.given_away.of - row.lanes
    if not gone:
        return lanes
    return say("{lanes}, {number} did not come to their end", lanes=lanes, number=str(gone))


def _percent(change: Interval, level: float) -> str:
    """'38 % [30, 46]', without a sign."""
    share = [100 * value / abs(level) for value in change[:3]]
    if share[0] < 0:
        share = [-share[0], -share[2], -share[1]]
    (text,) = interval_texts([(share[0], share[1], share[2])])
    mean, _, limits = text.partition(" ")
    return " ".join(filter(None, (mean, "%", limits)))
