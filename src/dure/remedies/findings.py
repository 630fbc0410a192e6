"""What ails a study's baseline, from the two that know: `health()` and `overfitting()`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dure.analysis.diagnostics.case import Finding
from dure.analysis.diagnostics.health import measure as measure_health
from dure.analysis.overfitting.overfitting import measure as measure_overfitting
from dure.errors import DureError
from dure.messages.message import Message, say
from dure.stats.intervals import interval_texts

if TYPE_CHECKING:
    from dure.analysis.overfitting.model import OverfittingRow
    from dure.results.run_result import RunResult

__all__ = ["Finding", "findings_of", "turn_of"]

BY_HEART = 0.5
"""Share of the validation loss by which training may be ahead before cures are tried."""


def findings_of(result: RunResult, variant: str) -> list[Finding]:
    """Findings of one variant and of its data, worst first.

    `health()` speaks of overfitting where a network is ill with it. Cures are worth trying before:
    where validation turns at all, or training is far ahead of it.
    """
    found = [f for f in measure_health(result).findings if f.variant in (None, variant)]
    kinds = {finding.kind for finding in found}
    row = turn_of(result, variant)
    if row is None or kinds & {"overfitting", "not_beating_chance", "nan"}:
        return found
    ahead = _ahead(row, variant)
    return found if ahead is None else [*found, ahead]


def _ahead(row: OverfittingRow, variant: str) -> Finding | None:
    """A finding where training is ahead of validation; None where it is not."""
    gap, away = row.gap_at_turn, row.given_away
    far = math.isfinite(gap.low) and gap.low > BY_HEART * abs(row.lowest.mean) > 0
    if row.kind != "overfits" and not far:
        return None
    numbers = {"gap": gap.mean, "given_away": away.mean, "lowest": row.lowest.mean}
    sentence = _describe_ahead(row, far)
    return Finding("overfitting", variant, None, gap.n, gap.of, sentence, numbers)


def _describe_ahead(row: OverfittingRow, far: bool) -> Message:
    gap, away = row.gap_at_turn, row.given_away
    ahead, up = interval_texts([(gap.mean, gap.low, gap.high), (away.mean, away.low, away.high)])
    lowest, turn, end = f"{row.lowest.mean:.3g}", f"{row.turning_epoch.mean:.0f}", f"{row.end}"
    if row.kind != "overfits":
        return say(
            "Training is ahead of validation by {ahead} at a validation loss of {lowest}, so much "
            "is learnt by heart.",
            ahead=ahead,
            lowest=lowest,
        )
    if not far:
        return say(
            "Validation loss turns about epoch {turn} and is up by {up} at epoch {end}.",
            turn=turn,
            up=up,
            end=end,
        )
    return say(
        "Training is ahead of validation by {ahead} at a validation loss of {lowest}, so much is "
        "learnt by heart; validation loss turns about epoch {turn} and is up by {up} at epoch "
        "{end}.",
        ahead=ahead,
        lowest=lowest,
        turn=turn,
        up=up,
        end=end,
    )


def turn_of(result: RunResult, variant: str) -> OverfittingRow | None:
    """Where a variant's validation loss turns; None where that cannot be said at all."""
    try:
        rows = measure_overfitting(result).rows
    except DureError:  # nothing was held for validation, or there are too few epochs
        return None
    return next((row for row in rows if row.variant == variant), None)
