"""What workers tell of the lanes they train."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from dure.core.types import LaneKey, Status
from dure.engine.lanes.outcome import LaneOutcome
from dure.engine.probes.probe import ProbeReading
from dure.engine.program.round_data import Carry


class AnyProbe(Protocol):
    """What is known of whatever measures a lane."""

    @property
    def names(self) -> tuple[str, ...]:
        """Layers in the order of what is measured; empty before the first time."""
        ...

    @property
    def fault(self) -> str | None:
        """Why the lane cannot be measured, if so."""
        ...


@dataclass(frozen=True)
class DistantProbe:
    """The probe of a lane that another process trains."""

    names: tuple[str, ...] = ()
    fault: str | None = None


class AnyLane(Protocol):
    """A lane in training, whatever trains it."""

    index: int
    key: LaneKey
    program: Any

    @property
    def probe(self) -> AnyProbe | None:
        """What measures it; None for nothing."""
        ...

    def stacks_with(self, other: Any) -> bool:
        """Whether one call can train both."""
        ...


class FittingLane(AnyLane, Protocol):
    """A lane that trains itself, without a pool's rounds."""

    def train(self, report: Callable[[Any], None], stop: threading.Event) -> None:
        """Train to the end, and report every epoch; return early when told to stop."""
        ...


@dataclass(frozen=True)
class RoundDone:
    """One lane ran some epochs; `carry` and `slot` say where its state is, if anywhere."""

    lane: AnyLane
    first_epoch: int  # from 1
    metrics: Mapping[str, npt.NDArray[np.float32]]  # each [epochs run]
    seconds: float
    lane_seconds: float  # of all its rounds so far
    carry: Carry | None  # None where the lane cannot go on from it
    slot: int
    order: Mapping[str, Any]
    readings: tuple[ProbeReading, ...] = ()

    @property
    def epochs(self) -> int:
        """Epochs this round ran for the lane."""
        return len(next(iter(self.metrics.values())))


@dataclass(frozen=True)
class LaneDone:
    """A lane will not train any further."""

    index: int
    status: Status
    outcome: LaneOutcome | None


@dataclass(frozen=True)
class CompilationChange:
    """Compilation of a program began (`change` 1) or is over (-1)."""

    change: int


def describe_failure(error: Exception) -> Status:
    """The status of a lane that an error ended: its words, and the line of people's own code."""
    text = str(error).strip().splitlines()
    place = _place_of(error)
    words = f"{type(error).__name__}: {text[0] if text else ''}"[:400]
    return Status("failed", reason=f"{words} ({place})" if place else words)


def _place_of(error: Exception) -> str:
    """The innermost line of an error that is no package's: file, line and function."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if "site-packages" not in f.filename and not _is_ours(f.filename)]
    if not own:
        return ""
    return f"{Path(own[-1].filename).name}, line {own[-1].lineno}, in {own[-1].name}"


def _is_ours(filename: str) -> bool:
    return Path(__file__).parents[2] in Path(filename).parents or filename.startswith("<frozen")
