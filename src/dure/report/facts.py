"""What a report knows of one study, and small questions to its numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias, TypeVar

from dure.analysis.comparison.table import Comparison
from dure.analysis.overfitting.model import Overfitting
from dure.core.types import trained
from dure.errors import DureError
from dure.messages.message import Message, as_is
from dure.results.run_result import RunResult

T = TypeVar("T")
ProgressListener: TypeAlias = Callable[[str, int, int], None]
"""Hears what comes next, how much is done, and how much there is."""


def ignore_progress(label: str, done: int, total: int) -> None:
    """Listens to nothing."""


class Ill(Protocol):
    """What the verdict quotes of a finding."""

    @property
    def kind(self) -> str: ...

    @property
    def sentence(self) -> Message: ...


@dataclass(frozen=True)
class StudyFacts:
    """A study and what its numbers say; a sentence stands where something cannot be told."""

    result: RunResult
    comparison: Comparison | Message
    remark: Message | None
    """Why it is not the monitor that is compared."""
    overfitting: Overfitting | Message
    findings: Sequence[Ill] | None
    """What ails its networks, the worst first; None where nothing could be looked for."""


def measure_or_explain(measure: Callable[[], T]) -> T | Message:
    """What was measured, or the error's own words."""
    try:
        return measure()
    except DureError as error:
        return as_is(str(error))


def any_trained(result: RunResult) -> bool:
    """Whether a lane has come to an end that a mean may rest on."""
    return any(trained(status) for status in result.statuses)
