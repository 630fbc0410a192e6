"""What a row of `overfitting` says in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from dure._intervals import Interval, interval_texts
from dure._text import count
from dure.evidence.turning import FEWEST

if TYPE_CHECKING:
    from dure.evidence.overfitting import Row


def sentences(row: Row, tolerance: float, metric: str) -> Iterator[str]:
    """What a row says, a sentence or two; `tolerance` as a share of the loss."""
    what, lanes = f"validation {metric}", f"({_lanes_told(row)})"
    if not np.isfinite(row.lowest.mean):
        yield (
            f"cannot tell: no lane came to its end with {FEWEST} validated epochs "
            f"({row.lanes} of {row.given_away.of} lanes)."
        )
    elif row.kind == "overfits":
        yield from _overfits(row, what, lanes)
    elif row.kind == "still falling":
        quarter = count(max(1, round(row.end / 4)), "epoch")
        fell = _percent(row.last_change, row.lowest.mean)
        more = ""
        if row.more_epochs is not None:
            less = f"{quarter} bring less than {100 * tolerance:g} %"
            more = f": if it goes on so, {less} after about {row.more_epochs} more"
        yield (
            f"{what} still falls at the end, by {fell} over the last {quarter} of {row.end} "
            f"{lanes}; train longer{more}."
        )
    elif row.kind == "converged":
        yield (
            f"{what} neither turns nor falls on by more than {100 * tolerance:g} % {lanes}; from "
            f"epoch {row.recommended_epochs} on it stays at its lowest, more epochs change nothing."
        )
    elif row.given_away.low == row.given_away.high == 0:
        (change,) = interval_texts([row.last_change[:3]])
        yield (
            f"cannot tell: {what} is lowest at the end (epoch {row.end}), and whether it still "
            f"falls is open: over the last quarter of the epochs it changes by {change} {lanes}; "
            "more seeds, or more epochs, would tell."
        )
    else:
        (change,) = interval_texts([row.given_away[:3]])
        yield (
            f"cannot tell: from its lowest to the end (epoch {row.end}) {what} changes by {change} "
            f"{lanes}; more seeds would narrow this."
        )
    gaps = [row.gap_at_turn, row.gap_at_end] if row.kind == "overfits" else [row.gap_at_end]
    if np.isfinite(row.gap_at_end.mean):
        told = interval_texts([gap[:3] for gap in gaps])
        places = (" at the turn", " at the end") if len(told) > 1 else (" at the end",)
        yield f"Gap to training: {', '.join(map(''.join, zip(told, places, strict=True)))}."


def _overfits(row: Row, what: str, lanes: str) -> Iterator[str]:
    up = _percent(row.given_away, row.lowest.mean)
    rest = f"{lanes} and is up {up} at the end (epoch {row.end}); train "
    if row.turning_epoch.mean <= 1:
        yield f"{what} rises from the first epoch on {rest}1 epoch, or change the network."
        return
    (epoch,) = interval_texts([row.turning_epoch[:3]])
    assert row.recommended_epochs is not None
    yield f"{what} turns at epoch {epoch} {rest}{count(row.recommended_epochs, 'epoch')}."


def _lanes_told(row: Row) -> str:
    if row.lanes == 1:
        return "1 lane: no interval"
    gone = row.given_away.of - row.lanes
    return f"{row.lanes} lanes" + (f", {gone} did not come to their end" if gone else "")


def _percent(change: Interval, level: float) -> str:
    """'38 % [30, 46]', without a sign."""
    share = [100 * value / abs(level) for value in change[:3]]
    if share[0] < 0:
        share = [-share[0], -share[2], -share[1]]
    (text,) = interval_texts([(share[0], share[1], share[2])])
    mean, _, limits = text.partition(" ")
    return " ".join(filter(None, (mean, "%", limits)))
