"""What a variant's curves say of overfitting: the numbers, and the sentences that hold them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from dure.errors import DureError, did_you_mean
from dure.messages.message import Message, as_is, joined, say
from dure.messages.phrases import count
from dure.stats.intervals import Interval, interval_texts
from dure.stats.smoothing import FEWEST

Kind = Literal["overfits", "still falling", "converged", "cannot tell"]

TOLERANCE = 0.01
"""Share of the value that is too small a change to count."""


@dataclass(frozen=True)
class OverfittingRow:
    """What one variant's curves say. Losses are in the loss's own unit.

    Attributes
    ----------
    kind
        "overfits": the loss at the end is surely higher than at the turn, by more than the
        tolerance. "still falling": over the last quarter of the epochs it surely fell by more than
        the tolerance. "converged": neither, and both changes are surely less than the tolerance.
        "cannot tell": the interval leaves several of these open.
    turning_epoch
        The epoch at which the mean validation loss is lowest. NaN unless the variant overfits.
    gap_at_turn, gap_at_end
        Validation minus training loss, there and at the end; the end itself unless it overfits.
    given_away
        Validation loss at the end minus at the turn.
    lowest
        Mean validation loss at its lowest epoch.
    last_change
        Change of the validation loss over the last quarter of the epochs.
    end
        The last epoch that is judged: the last that at least half of the lanes reached.
    recommended_epochs
        The turn as a whole number where the variant overfits; where it converged, the first epoch
        from which the mean loss stays within the tolerance of its lowest; otherwise None.
    more_epochs
        Still falling: about how many more until a quarter's fall is below the tolerance, if
        the falls shrink by a steady factor; None where they do not or where it is further away
        than the run was long.

    Examples
    --------
    >>> row = result.overfitting().row("rate=0.1")
    >>> row.kind, row.lanes, row.describe()[:22]
    ('cannot tell', 3, 'rate=0.1: cannot tell:')
    """

    variant: str
    kind: Kind
    turning_epoch: Interval
    gap_at_turn: Interval
    gap_at_end: Interval
    given_away: Interval
    lowest: Interval
    last_change: Interval
    end: int
    recommended_epochs: int | None
    more_epochs: int | None

    @property
    def lanes(self) -> int:
        """How many lanes this rests on."""
        return self.given_away.n

    def describe(self, tolerance: float = TOLERANCE, metric: str = "loss") -> Message:
        """A sentence or two, of the `metric` and with the `tolerance` that rows were made with."""
        return joined((as_is(f"{self.variant}:"), *sentences(self, tolerance, metric)))


@dataclass(frozen=True)
class Overfitting:
    """What `Result.overfitting` found: a row for each variant, in the study's order.

    Attributes
    ----------
    metric
        The loss that was followed, such as "loss" (its validation twin is "val_loss").

    Examples
    --------
    >>> overfitting = result.overfitting()
    >>> overfitting.metric, overfitting.rows[0].end, overfitting.notes()[0][:30]
    ('loss', 2, '[...]: 95 % interval over lane')
    >>> print(overfitting.describe()[:25])
    rate=0.001: cannot tell:
    """

    rows: tuple[OverfittingRow, ...]
    metric: str
    confidence: float
    tolerance: float

    def row(self, variant: str) -> OverfittingRow:
        """The row of a variant.

        Raises
        ------
        DureError
            For a variant that is not there.

        Examples
        --------
        >>> overfitting.row("rate=0.1").variant
        'rate=0.1'
        """
        for row in self.rows:
            if row.variant == variant:
                return row
        known = [row.variant for row in self.rows]
        raise DureError(
            f"There is no variant {variant!r}; there is {', '.join(known)}."
            + did_you_mean(str(variant), known)
        )

    def frame(self) -> pd.DataFrame:
        """One row a variant; each interval as three columns, such as given_away, _low, _high.

        Examples
        --------
        >>> overfitting.frame()[["variant", "end"]].values.tolist()
        [['rate=0.001', 2], ['rate=0.1', 2]]
        """
        intervals = (
            "turning_epoch",
            "gap_at_turn",
            "gap_at_end",
            "given_away",
            "lowest",
            "last_change",
        )
        rows = []
        for row in self.rows:
            told: dict[str, object] = {"variant": row.variant, "kind": row.kind}
            for name in intervals:
                value: Interval = getattr(row, name)
                told |= {name: value.mean, f"{name}_low": value.low, f"{name}_high": value.high}
            told |= {"end": row.end, "recommended_epochs": row.recommended_epochs}
            rows.append(
                {
                    **told,
                    "more_epochs": row.more_epochs,
                    "lanes": row.lanes,
                    "of": row.given_away.of,
                }
            )
        whole = {"recommended_epochs": "Int64", "more_epochs": "Int64"}
        return pd.DataFrame(rows).astype(whole)

    def describe(self) -> Message:
        """A line for each variant, then what one must know to read them."""
        lines = [row.describe(self.tolerance, self.metric) for row in self.rows]
        return joined([*lines, *self.notes()], "\n")

    def notes(self) -> list[Message]:
        """What one must know to read the rows, a sentence a line."""
        notes = [
            say(
                "[...]: {level} % interval over lanes. Gap: validation minus training, the latter "
                "as the mean of this epoch's and the next one's, since Keras averages it while the "
                "weights move; with dropout it is still too high, the gap too small.",
                level=f"{100 * self.confidence:g}",
            )
        ]
        if any(row.given_away.n == 1 for row in self.rows):
            notes.append(
                say("One lane has no interval: how much of this is chance cannot be known.")
            )
        return notes

    def __str__(self) -> str:
        return self.describe()


def sentences(row: OverfittingRow, tolerance: float, metric: str) -> Iterator[Message]:
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


def _overfits(row: OverfittingRow, what: Message) -> Message:
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


def _still_falling(row: OverfittingRow, what: Message, tolerance: str) -> Message:
    given = {"what": what, "lanes": _resting(row), "end": str(row.end)}
    given["fell"] = _percent(row.last_change, row.lowest.mean)
    given["quarter"] = count(max(1, round(row.end / 4)), "epoch")
    given["forecast"] = as_is("")
    if row.more_epochs is not None:
        given["forecast"] = say(
            ": if it goes on so, {quarter} bring less than {tolerance} % after about {more} more",
            quarter=given["quarter"],
            tolerance=tolerance,
            more=str(row.more_epochs),
        )
    return say(
        "{what} still falls at the end, by {fell} over the last {quarter} of {end} ({lanes}); "
        "train longer{forecast}.",
        **given,
    )


def _converged(row: OverfittingRow, what: Message, tolerance: str) -> Message:
    return say(
        "{what} neither turns nor falls on by more than {tolerance} % ({lanes}); from epoch "
        "{epoch} on it stays at its lowest, more epochs change nothing.",
        what=what,
        tolerance=tolerance,
        lanes=_resting(row),
        epoch=str(row.recommended_epochs),
    )


def _cannot_tell(row: OverfittingRow, what: Message) -> Message:
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


def _gaps(row: OverfittingRow) -> Message:
    if row.kind != "overfits":
        (end,) = interval_texts([row.gap_at_end[:3]])
        return say("Gap to training: {end} at the end.", end=end)
    turn, end = interval_texts([row.gap_at_turn[:3], row.gap_at_end[:3]])
    return say("Gap to training: {turn} at the turn, {end} at the end.", turn=turn, end=end)


def _resting(row: OverfittingRow) -> Message:
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
