"""One lane trained by Keras' own ``fit``, epoch by epoch told to whoever keeps its curves."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from dure.core.arrays import Arrays, row_count
from dure.core.backend import jax, jnp, keras
from dure.core.metrics import find_losses
from dure.core.types import NAN_LOSS, FirstNan, Monitor, Status
from dure.engine.fitting.lane_batches import LaneBatches
from dure.engine.fitting.lane_callbacks import LaneCallbacks
from dure.engine.fitting.own_random import OwnRandom
from dure.engine.lanes.epoch_record import EpochRecord
from dure.engine.lanes.outcome import LaneOutcome, settle_outcome
from dure.engine.probes.gradients import FiniteSteps
from dure.engine.probes.probe import ProbeReading
from dure.engine.program.callback_logs import read_logs
from dure.engine.program.round_data import flatten_logs
from dure.keras_bridge.building import draws_to_build
from dure.keras_bridge.functional import state_of
from dure.keras_bridge.model_state import ModelState


class FitInterruptedError(Exception):
    """The run was told to stop in the middle of a lane."""


@dataclass(frozen=True)
class EpochDone:
    """What one epoch of a lane gave."""

    epoch: int  # from 1
    metrics: Mapping[str, npt.NDArray[Any]]  # each [1]
    seconds: float
    readings: tuple[ProbeReading, ...] = ()


class Measure(Protocol):
    """Looks into the layers of a lane's model."""

    steps: FiniteSteps

    def __call__(self, model: Any) -> ProbeReading | None:
        """What is measured in the model now; None where it cannot be."""
        ...


@dataclass(frozen=True)
class FitTerms:
    """How a lane is trained; the same for all lanes of a variant.

    Attributes
    ----------
    validate
        Whether an epoch (from 0) is validated.
    monitor
        What decides the best epoch.
    metrics
        Names of the curves, as far as they are known.
    measured
        Epochs after which layers are measured; 0 is before training.
    draws_to_build
        Whether Keras would draw a batch to build a model as `build` leaves it.
    """

    epochs: int
    validation_freq: int | list[int]
    steps_per_epoch: int | None
    validation_steps: int | None
    validate: npt.NDArray[np.bool_]
    monitor: Monitor
    metrics: tuple[str, ...]
    measured: frozenset[int] = frozenset()
    draws_to_build: bool = False


@dataclass
class FitRun:
    """One lane in training by ``fit``.

    Attributes
    ----------
    model
        As `build` left it.
    random
        The global generators as `build` left them.
    batches
        What it is trained, validated and tested on.
    callbacks
        The lane's own copies.
    measure
        Measures the layers of the model; None for nothing.
    epoch_done
        Called after every epoch.
    stop
        Asked between batches whether to stop where the lane stands.
    """

    model: Any
    random: OwnRandom
    batches: LaneBatches
    callbacks: Sequence[Any]
    terms: FitTerms
    measure: Measure | None
    epoch_done: Callable[[EpochDone], None]
    stop: Callable[[], bool]
    epoch: int = 0
    readings: list[ProbeReading] = field(default_factory=list)

    def __post_init__(self) -> None:
        terms = self.terms
        tested = terms.metrics if self.batches.test is not None else ()
        self.record = EpochRecord(terms.monitor, terms.validate, tested)
        self._diverged = False
        self._before: ModelState | None = None
        self._began = time.perf_counter()

    def run(self) -> tuple[Status, LaneOutcome]:
        """Train to the end.

        Raises
        ------
        FitInterruptedError
            If told to stop before.
        """
        terms, batches = self.terms, self.batches
        steps = terms.steps_per_epoch or batches.train.num_batches
        if terms.draws_to_build and not draws_to_build(self.model):
            batches.skip_first()  # what is built by now, Keras would have drawn a batch for
        callbacks = LaneCallbacks(self, list(self.callbacks), self.random, terms.epochs, steps)
        self._began = time.perf_counter()
        self.model.fit(
            batches.train,
            epochs=terms.epochs,
            verbose=0,
            callbacks=callbacks,
            validation_data=batches.validation,
            steps_per_epoch=terms.steps_per_epoch,
            validation_steps=terms.validation_steps,
            validation_freq=terms.validation_freq,
        )
        self.record.end()
        return self._status(), self._outcome()

    def begin(self) -> None:
        """Before the first epoch."""
        self._measure()

    def begin_epoch(self) -> None:
        """Keep the state that an epoch begins with, to look for what is lost in it."""
        if self.measure is not None:
            self._before = jax.tree.map(jnp.copy, state_of(self.model))

    def heed_stop(self) -> None:
        """Leave ``fit`` where the run was told to stop."""
        if self.stop():
            raise FitInterruptedError

    def see_epoch(self, logs: Mapping[str, Any], callbacks: Any) -> Mapping[str, Any]:
        """Ask the callbacks after an epoch; its curves, each [1]."""
        shaped = read_logs(logs)
        numbers = flat_numbers(shaped)
        curves = self.record.see(self.epoch, shaped, numbers, callbacks, self.model)
        on_nan = any(isinstance(c, keras.callbacks.TerminateOnNaN) for c in self.callbacks)
        losses = [numbers[name] for name in find_losses(n for n in numbers if n[:4] != "val_")]
        if any(np.isnan(loss) or (on_nan and np.isinf(loss)) for loss in losses):
            self._diverged = self.model.stop_training = True
        unknown = dict.fromkeys(self.terms.metrics, np.full(1, np.nan))
        return {**unknown, **curves}

    def end_epoch(self, curves: Mapping[str, Any]) -> None:
        """Measure, and tell that an epoch is over."""
        self.epoch += 1
        if not self._diverged:
            self._measure()
        now = time.perf_counter()
        seconds, self._began = now - self._began, now
        readings, self.readings = tuple(self.readings), []
        self.epoch_done(EpochDone(self.epoch, curves, seconds, readings))
        self.heed_stop()

    def _measure(self) -> None:
        if self.measure is not None and self.epoch in self.terms.measured:
            reading = self.measure(self.model)
            if reading is not None:
                self.readings.append(reading._replace(epoch=self.epoch))

    def _status(self) -> Status:
        if self._diverged:
            return Status("diverged", self.epoch, self._find_first_nan() or NAN_LOSS)
        return (
            Status("finished") if self.epoch >= self.terms.epochs else Status("stopped", self.epoch)
        )

    def _find_first_nan(self) -> FirstNan | None:
        batches = self.batches.train.repeat_epoch()
        counted = self.terms.steps_per_epoch is not None
        if self.measure is None or self._before is None or batches is None or counted:
            return None
        try:
            return find_lost_step(self.measure.steps, self._before, batches, self.epoch)
        except Exception:  # of the model's own code, or memory: the lane has diverged all the same
            return None

    def _outcome(self) -> LaneOutcome:
        weights, best = self.model.get_weights(), self.record.best
        chosen = weights if best.weights is None else best.weights
        test: dict[str, float] = {}
        if self.batches.test is not None:
            self.model.set_weights(chosen)
            # A source that does not say how long it is may have no end.
            endless = self.batches.test.num_batches is None
            steps = self.terms.validation_steps if endless else None
            found = self.model.evaluate(self.batches.test, steps=steps, verbose=0, return_dict=True)
            test = flat_numbers(read_logs(found))
        return settle_outcome(best.epoch, best.value, weights, best.weights, test)


def find_lost_step(
    steps: FiniteSteps, state: ModelState, batches: Iterable[Any], epoch: int
) -> FirstNan | None:
    """Where an epoch's numbers were first not finite: its batches again, one by one.

    Parameters
    ----------
    state
        Before the epoch.
    """
    for number, batch in enumerate(batches, 1):
        x, y, weight = keras.utils.unpack_x_y_sample_weight(batch)
        rows = Arrays(x, y, weight, None)
        state, finite = steps(state, np.arange(row_count(rows.x), dtype=np.int32), rows)
        if not finite.all:
            return FirstNan(epoch, number, *steps.origin(finite))
    return None


def flat_numbers(logs: Mapping[str, Any]) -> dict[str, float]:
    """Logs that `read_logs` gave, as single numbers by name."""
    arrays = {name: np.asarray(value) for name, value in logs.items()}
    return {name: float(value) for name, value in flatten_logs(arrays).items()}
