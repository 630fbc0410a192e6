"""All that a report needs to know of one study, measured once; what cannot be told says why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from dure.analysis.comparison.compare import Comparison, compare
from dure.analysis.comparison.pairing import penalised
from dure.analysis.comparison.sequential import Sequential
from dure.analysis.diagnostics import health
from dure.analysis.diagnostics.health import Health
from dure.analysis.overfitting.overfitting import Overfitting
from dure.analysis.overfitting.overfitting import measure as measure_overfitting
from dure.core.types import trained
from dure.errors import DureError
from dure.messages.message import Message, as_is, say
from dure.messages.phrases import join_list
from dure.results.run_result import RunResult

T = TypeVar("T")
Tell: TypeAlias = Callable[[str, int, int], None]
"""Hears what comes next, how much is done, and how much there is."""

STEPS = 4
"""What a report of one study takes: overfitting, comparison, findings, and the pages' blocks."""


def silent(label: str, done: int, total: int) -> None:
    """Tells nobody."""


@dataclass(frozen=True)
class Known:
    """A study and what its numbers say; a sentence stands where something cannot be told."""

    result: RunResult
    comparison: Comparison | Message
    remark: Message | None
    """Why it is not the monitor that is compared."""
    overfitting: Overfitting | Message
    health: Health | Message

    @classmethod
    def of(
        cls,
        result: RunResult,
        baseline: str | None = None,
        metric: str | None = None,
        rope: float | None = None,
        tell: Tell = silent,
    ) -> Known:
        """Measure a study; arguments are those of `Result.compare`, and `document`'s `tell`."""
        tell("overfitting", 0, STEPS)
        turns = _overfitting(result)
        rows = turns if isinstance(turns, Overfitting) else None
        metric, remark = fair_metric([result], metric)
        baseline = baseline or unchanged(result)
        tell("comparison", 1, STEPS)
        compared = _comparison(result, baseline, metric, rope)
        tell("findings", 2, STEPS)
        return cls(result, compared, remark, turns, or_why(lambda: health.measure(result, rows)))


def or_why(measure: Callable[[], T]) -> T | Message:
    """What was measured, or the error's own words."""
    try:
        return measure()
    except DureError as error:
        return as_is(str(error))


def any_trained(result: RunResult) -> bool:
    """Whether a lane has come to an end that a mean may rest on."""
    return any(trained(status) for status in result.statuses)


def lanes_each(result: RunResult) -> int:
    """Lanes of each variant."""
    return result.curves.sizes["seed"] * result.curves.sizes["fold"]


def unchanged(result: RunResult) -> str | None:
    """The variant that is `build` without any argument: what the others are to be compared with.

    Fewer comparisons need fewer seeds. None where there is no such variant, or only two in all.
    """
    variants = (result.manifest.get("study") or {}).get("variants") or {}
    plain = [name for name, arguments in variants.items() if not arguments]
    there = [name for name in plain if name in result.variants]
    return there[0] if len(there) == 1 and len(result.variants) > 2 else None


def fair_metric(
    results: Sequence[RunResult], metric: str | None
) -> tuple[str | None, Message | None]:
    """What to compare the variants of these results by, and why where it is not the monitor.

    Keras counts L1 and L2 penalties into the loss. Where some variants have them and others not,
    the monitored loss would call the penalty itself a fault; another monitored metric is free of
    it. A metric that was asked for stays.
    """
    loss = results[0].monitor.name
    prefix, _, base = loss.rpartition("_")
    if (
        metric is not None
        or base != "loss"
        or any(Sequential.of_manifest(r.manifest) is not None for r in results)
    ):
        return metric, None
    names = [as_is(name) for name in dict.fromkeys(penalised(results))]
    start = f"{prefix}_" if prefix else ""
    others = [
        name
        for name in map(str, results[0].curves)
        if name.startswith(start)
        and name != loss
        and all(name in r.curves for r in results)
        and (start or not name.startswith("val_"))
    ]
    if not others or not names:
        return None, None
    return others[0], say(
        "Compared by {metric}, since {loss} of {names} holds an L1 or L2 penalty and that of the "
        "others does not.",
        metric=others[0],
        loss=loss,
        names=join_list(names),
    )


def _comparison(
    result: RunResult, baseline: str | None, metric: str | None, rope: float | None
) -> Comparison | Message:
    if len(result.variants) < 2:
        return say(
            "There is one variant only, and nothing to compare it with: give the study variants, "
            "or compare it with a second run."
        )
    if not any_trained(result):
        return say("No lane has come to its end, so there is nothing to compare yet.")
    return or_why(lambda: compare(result, metric, baseline, None, rope=rope))


def _overfitting(result: RunResult) -> Overfitting | Message:
    if not any_trained(result):
        return say("No lane has come to its end, so where it overfits cannot be told yet.")
    if not any(str(name).startswith("val_") for name in result.curves):
        return say(
            "This run held no rows for validation, so overfitting cannot be seen: give the study "
            "validation_split=0.2, folds=5 or validation_data."
        )
    return or_why(lambda: measure_overfitting(result))
