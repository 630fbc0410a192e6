"""All that a report needs to know of one study, measured once; what cannot be told says why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from dure._errors import DureError
from dure._said import Said, as_is, say
from dure._tables import trained
from dure.evidence import health
from dure.evidence.comparison import Comparison
from dure.evidence.health import Health
from dure.evidence.overfitting import Overfitting
from dure.result import Result

T = TypeVar("T")


@dataclass(frozen=True)
class Known:
    """A study and what its numbers say; a sentence stands where something cannot be told."""

    result: Result
    comparison: Comparison | Said
    overfitting: Overfitting | Said
    health: Health | Said

    @classmethod
    def of(
        cls,
        result: Result,
        baseline: str | None = None,
        metric: str | None = None,
        rope: float | None = None,
    ) -> Known:
        """Measure a study; arguments are those of `Result.compare`."""
        turns = _overfitting(result)
        rows = turns if isinstance(turns, Overfitting) else None
        compared = _comparison(result, baseline, metric, rope)
        return cls(result, compared, turns, or_why(lambda: health.measure(result, rows)))


def or_why(measure: Callable[[], T]) -> T | Said:
    """What was measured, or the error's own words."""
    try:
        return measure()
    except DureError as error:
        return as_is(str(error))


def any_trained(result: Result) -> bool:
    """Whether a lane has come to an end that a mean may rest on."""
    return any(trained(status) for status in result.statuses)


def _comparison(
    result: Result, baseline: str | None, metric: str | None, rope: float | None
) -> Comparison | Said:
    if len(result.variants) < 2:
        return say(
            "There is one variant only, and nothing to compare it with: give the study variants, "
            "or compare it with a second run."
        )
    if not any_trained(result):
        return say("No lane has come to its end, so there is nothing to compare yet.")
    return or_why(lambda: result.compare(metric, baseline, None, rope=rope))


def _overfitting(result: Result) -> Overfitting | Said:
    if not any_trained(result):
        return say("No lane has come to its end, so where it overfits cannot be told yet.")
    if not any(str(name).startswith("val_") for name in result.curves):
        return say(
            "This run held no rows for validation, so overfitting cannot be seen: give the study "
            "validation_split=0.2, folds=5 or validation_data."
        )
    return or_why(result.overfitting)
