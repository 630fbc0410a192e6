"""A lane that Keras' ``fit`` trains in a worker's thread, by compiled steps that lanes share."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

from dure.core.arrays import Arrays
from dure.core.types import LaneKey
from dure.engine.fitting.fit_run import EpochDone, FitInterruptedError, FitRun
from dure.engine.fitting.shared_steps import OwnSteps, SharedSteps
from dure.engine.lanes.events import CompilationChange, LaneDone, RoundDone, describe_failure
from dure.engine.probes.probe import Probe, ProbeReading
from dure.engine.program.round_data import stack_lanes
from dure.errors import StudyError
from dure.keras_bridge.functional import state_of


@dataclass
class FitLane:
    """One lane on its way through ``fit``.

    Attributes
    ----------
    run
        Makes its training, of what hears of each epoch and of what tells whether to stop.
    """

    index: int
    key: LaneKey
    program: SharedSteps | OwnSteps
    probe: Probe | None
    run: Callable[[Callable[[EpochDone], None], Callable[[], bool]], FitRun]
    seconds: float = 0.0

    def stacks_with(self, other: Any) -> bool:
        """Never: each has its own batches."""
        return False

    def train(self, report: Callable[[Any], None], stop: threading.Event) -> None:
        """Train to the end, and report every epoch."""

        def hear(done: EpochDone) -> None:
            self.seconds += done.seconds
            at = (done.epoch, done.metrics, done.seconds, self.seconds)
            report(RoundDone(self, *at, carry=None, slot=0, order={}, readings=done.readings))

        try:
            run = self.run(hear, stop.is_set)
            self.program.install(run.model, lambda change: report(CompilationChange(change)))
            # Keras' own steps may run the model's Python for every batch.
            own = isinstance(self.program, OwnSteps)
            with run.random if own else nullcontext():
                status, outcome = run.run()
        except FitInterruptedError:
            return
        except StudyError:  # true of every lane: none is to be trained any further
            raise
        except Exception as error:
            report(LaneDone(self.index, describe_failure(error), None))
        else:
            report(LaneDone(self.index, status, outcome))


class ModelProbe:
    """Measures the layers of a model between two epochs of ``fit``.

    Parameters
    ----------
    rows
        The rows on which it is measured, and no others.
    """

    def __init__(self, probe: Probe, rows: Arrays, count: int) -> None:
        self._probe, self._rows, self._count = probe, rows, count
        self.steps = probe.steps

    def __call__(self, model: Any) -> ProbeReading | None:
        """What is measured now; None where it cannot be."""
        probe, state = self._probe, state_of(model)
        probe.compile(state, self._rows, self._count)
        if probe.fault is not None:
            return None
        places = np.arange(self._count, dtype=np.int32)[None]
        try:
            layers, lane = probe.measure(stack_lanes(state), places, self._rows)
        except Exception as error:  # out of memory, say: training goes on without
            probe.fail(error)
            return None
        return ProbeReading(0, layers[0], lane[0])
