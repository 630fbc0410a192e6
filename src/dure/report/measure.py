"""Measures all that a report needs to know of one study, once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dure.analysis.comparison.compare import compare
from dure.analysis.comparison.pairing import find_penalised
from dure.analysis.comparison.sequential import Sequential
from dure.analysis.comparison.table import Comparison
from dure.analysis.diagnostics import health
from dure.analysis.diagnostics.health import Health
from dure.analysis.overfitting.model import Overfitting
from dure.analysis.overfitting.overfitting import measure as measure_overfitting
from dure.messages.message import Message, as_is, say
from dure.messages.phrases import join_list
from dure.report.facts import (
    ProgressListener,
    StudyFacts,
    any_trained,
    measure_or_explain,
)
from dure.results.run_result import RunResult

STEPS = 4
"""What a report of one study takes: overfitting, comparison, findings, and the pages' blocks."""


@dataclass(frozen=True)
class MeasuredStudy(StudyFacts):
    """A study with all that was looked for in its networks."""

    health: Health | Message


def measure_study(
    result: RunResult,
    baseline: str | None,
    metric: str | None,
    rope: float | None,
    progress: ProgressListener,
) -> MeasuredStudy:
    """Measure a study; arguments are those of `Result.compare`, and `progress` of `document`."""
    progress("overfitting", 0, STEPS)
    turns = _overfitting(result)
    rows = turns if isinstance(turns, Overfitting) else None
    metric, remark = fair_metric([result], metric)
    progress("comparison", 1, STEPS)
    compared = _comparison(result, baseline or _plain_variant(result), metric, rope)
    progress("findings", 2, STEPS)
    ills = measure_or_explain(lambda: health.measure(result, rows))
    found = ills.findings if isinstance(ills, Health) and ills.lanes else None
    return MeasuredStudy(result, compared, remark, turns, found, ills)


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
    names = [as_is(name) for name in dict.fromkeys(find_penalised(results))]
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


def _plain_variant(result: RunResult) -> str | None:
    """The variant that is `build` without any argument: what the others are to be compared with.

    Fewer comparisons need fewer seeds. None where there is no such variant, or only two in all.
    """
    variants = (result.manifest.get("study") or {}).get("variants") or {}
    plain = [name for name, arguments in variants.items() if not arguments]
    there = [name for name in plain if name in result.variants]
    return there[0] if len(there) == 1 and len(result.variants) > 2 else None


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
    return measure_or_explain(lambda: compare(result, metric, baseline, None, rope=rope))


def _overfitting(result: RunResult) -> Overfitting | Message:
    if not any_trained(result):
        return say("No lane has come to its end, so where it overfits cannot be told yet.")
    if not any(str(name).startswith("val_") for name in result.curves):
        return say(
            "This run held no rows for validation, so overfitting cannot be seen: give the study "
            "validation_split=0.2, folds=5 or validation_data."
        )
    return measure_or_explain(lambda: measure_overfitting(result))
