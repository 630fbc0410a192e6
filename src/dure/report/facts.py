"""What a report knows of one study, and small questions to its numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from dure.analysis.comparison.pairing import penalised
from dure.analysis.comparison.sequential import Sequential
from dure.analysis.comparison.table import Comparison
from dure.analysis.diagnostics.health import Health
from dure.analysis.overfitting.model import Overfitting
from dure.core.types import trained
from dure.errors import DureError
from dure.messages.message import Message, as_is, say
from dure.messages.phrases import join_list
from dure.results.run_result import RunResult

T = TypeVar("T")
ProgressListener: TypeAlias = Callable[[str, int, int], None]
"""Hears what comes next, how much is done, and how much there is."""


def ignore_progress(label: str, done: int, total: int) -> None:
    """Listens to nothing."""


@dataclass(frozen=True)
class StudyFacts:
    """A study and what its numbers say; a sentence stands where something cannot be told."""

    result: RunResult
    comparison: Comparison | Message
    remark: Message | None
    """Why it is not the monitor that is compared."""
    overfitting: Overfitting | Message
    health: Health | Message


def measure_or_explain(measure: Callable[[], T]) -> T | Message:
    """What was measured, or the error's own words."""
    try:
        return measure()
    except DureError as error:
        return as_is(str(error))


def any_trained(result: RunResult) -> bool:
    """Whether a lane has come to an end that a mean may rest on."""
    return any(trained(status) for status in result.statuses)


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
