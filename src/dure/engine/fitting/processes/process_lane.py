"""A lane that Keras' own ``fit`` trains in a process of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dure.core.types import LaneKey, Status
from dure.engine.fitting.processes.worker import WorkerGoneError, Workers
from dure.engine.fitting.shared_steps import OwnSteps
from dure.engine.lanes.events import DistantProbe, LaneDone, RoundDone


class _StoppedError(Exception):
    """The lane is not to be trained any further."""


@dataclass
class ProcessLane:
    """One lane on its way through ``fit`` in another process.

    Attributes
    ----------
    rows
        Pickled; what it is trained on.
    """

    index: int
    key: LaneKey
    program: OwnSteps
    probe: DistantProbe | None
    rows: bytes
    workers: Workers

    def stacks_with(self, other: Any) -> bool:
        """Never: each has a process of its own."""
        return False

    def train(self, report: Callable[[Any], None], stop: threading.Event) -> None:
        """Train to the end, and report every epoch."""
        try:
            with self.workers.lend() as worker:
                for kind, content in worker.train(self.index, self.rows, stop):
                    if kind == "round":
                        report(self._round(*content))
                    elif kind == "done":
                        report(content)
                    else:
                        self.workers.hear(kind, content)
                if stop.is_set():
                    raise _StoppedError
        except _StoppedError:
            return
        except WorkerGoneError as error:
            report(LaneDone(self.index, Status("failed", reason=str(error)[:500]), None))

    def _round(self, done: dict[str, Any], probe: DistantProbe | None) -> RoundDone:
        if probe is not None:
            self.probe = probe
        return RoundDone(self, **done)
