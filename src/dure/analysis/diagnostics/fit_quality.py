"""Overfitting and underfitting, as `Result.overfitting` finds them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dure.analysis.diagnostics.case import Case, Finding, Number, describe_interval
from dure.core.formatting import format_percent
from dure.messages.message import say
from dure.messages.phrases import describe_number

if TYPE_CHECKING:
    from dure.analysis.overfitting.overfitting import Row

GIVEN_AWAY = 0.05
"""Share of the lowest validation loss that training on must give away to be worth a finding.

`Result.overfitting` says it from 1 % on; but a run that ends a few epochs late is not ill.
"""

STILL = 0.1
"""Share of the lowest validation loss that the last quarter of the epochs must still bring."""


def find(case: Case, row: Row | None) -> Iterator[Finding]:
    """At most one finding, from the row of this variant."""
    if row is None:
        return
    if row.kind == "overfits":
        yield from _overfits(case, row)
    elif row.kind == "still falling":
        yield from _falling(case, row)


def _overfits(case: Case, row: Row) -> Iterator[Finding]:
    share = row.given_away.mean / abs(row.lowest.mean) if row.lowest.mean else float("inf")
    if not share >= GIVEN_AWAY or _restores(case):
        return
    numbers: dict[str, Number] = {
        "turning_epoch": row.turning_epoch.mean,
        "turning_epoch_low": row.turning_epoch.low,
        "turning_epoch_high": row.turning_epoch.high,
        "given_away": row.given_away.mean,
        "given_away_low": row.given_away.low,
        "given_away_high": row.given_away.high,
        "share": share,
        "gap_at_end": row.gap_at_end.mean,
        "recommended_epochs": _whole(row.recommended_epochs),
    }
    told = say(
        "{variant}: it overfits: validation loss is lowest at epoch {turn}, and training on to "
        "epoch {end} gives away {given_away} of it ({share}); stop there (EarlyStopping), or try "
        "Dropout, more data, or a smaller network.",
        variant=case.variant,
        turn=describe_interval(row.turning_epoch),
        end=row.end,
        given_away=describe_interval(row.given_away),
        share=format_percent(share),
    )
    yield Finding(
        "overfitting", case.variant, None, row.given_away.n, row.given_away.of, told, numbers
    )


def _restores(case: Case) -> bool:
    """Whether EarlyStopping brings the best weights back: then nothing was given away."""
    callbacks = case.study.get("callbacks") or ()
    return any(
        callback.get("class") == "EarlyStopping"
        and (callback.get("config") or {}).get("restore_best_weights")
        for callback in callbacks
        if isinstance(callback, dict)
    )


def _falling(case: Case, row: Row) -> Iterator[Finding]:
    share = -row.last_change.mean / abs(row.lowest.mean) if row.lowest.mean else float("inf")
    if not share >= STILL:
        return
    numbers: dict[str, Number] = {
        "last_change": row.last_change.mean,
        "last_change_low": row.last_change.low,
        "last_change_high": row.last_change.high,
        "share": share,
        "end": row.end,
        "more_epochs": _whole(row.more_epochs),
    }
    remedy = say("give it many more epochs, or a higher rate.")
    if row.more_epochs:
        more = describe_number(row.more_epochs)
        remedy = say("give it about {more} more epochs, or a higher rate.", more=more)
    told = say(
        "{variant}: it underfits: validation loss still falls at the end, by {change} ({share}) "
        "over the last quarter of {end} epochs; {remedy}",
        variant=case.variant,
        change=describe_interval(row.last_change),
        share=format_percent(share),
        end=row.end,
        remedy=remedy,
    )
    n, of = row.last_change.n, row.last_change.of
    yield Finding("underfitting", case.variant, None, n, of, told, numbers)


def _whole(value: Any) -> Number:
    return "unknown" if value is None else int(value)
