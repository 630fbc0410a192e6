"""One lane: a network in training, and what it hands to its program round by round."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from dure.core.arrays import Arrays
from dure.core.backend import jax
from dure.core.types import NAN_LOSS, FirstNan, LaneKey, Monitor, Status
from dure.engine.probes.probe import Probe, ProbeReading
from dure.engine.probes.schedule import NO_PROBES, ProbeSchedule
from dure.engine.program.batch_order import BatchOrder
from dure.engine.program.program import Program
from dure.engine.program.round_data import DIVERGED, STOPPED, Carry, Orders, read_lane

IntArray = npt.NDArray[np.int32]


@dataclass
class TrainingLane:
    """A lane on its way: its program, its rows and where it stands.

    Attributes
    ----------
    carry
        NumPy leaves without lane axis; the state the lane starts (or goes on) from. Emptied once
        a worker has taken it over.
    epochs
        Epoch at which training ends, as in Keras' ``fit`` (not how many are left).
    validate
        Whether an epoch (from 0) is validated.
    model
        The lane's own Keras model, only where host callbacks need one.
    alone
        Opened around host callbacks: the lane's own global generators.
    monitor
        What decides the best epoch where host callbacks have a say in the logs; else the program
        knows.
    keep
        Whatever must stay alive as long as the lane.
    probe, probe_schedule, sample
        What measures its layers, at which epochs, and on which rows; None for nothing.
    readings
        What was measured and not reported yet.
    """

    index: int
    key: LaneKey
    program: Program
    rows: Arrays
    order: BatchOrder
    validation: IntArray
    epochs: int
    validate: npt.NDArray[np.bool_]
    carry: Carry | None
    epoch: int = 0
    schedulers: tuple[Any, ...] = ()
    callbacks: tuple[Any, ...] = ()
    model: Any = None
    alone: AbstractContextManager[Any] = field(default_factory=nullcontext)
    monitor: Monitor | None = None
    test_rows: Arrays | None = None
    seconds: float = 0.0
    keep: Any = None
    probe: Probe | None = None
    probe_schedule: ProbeSchedule = NO_PROBES
    sample: IntArray | None = None
    readings: list[ProbeReading] = field(default_factory=list)

    def stacks_with(self, other: Any) -> bool:
        """Whether one call can train both."""
        return self.program is other.program and self.rows is other.rows

    def epochs_to_measure(self) -> int | None:
        """Epochs until the lane is measured again; None: never."""
        following = self.probe_schedule.next_after(self.epoch)
        return None if following is None else following - self.epoch

    def round_epochs(self, target_seconds: float, most: int | None = None) -> int:
        """How many epochs the next round should run: `target_seconds` worth, but not over `most`.

        A lane that is to be measured in the middle of a round could not be.
        """
        left = self.epochs - self.epoch
        if most is not None:
            left = min(left, most)
        known = self.program.seconds_per_epoch
        if self.callbacks or known is None or self._rates_depend_on_results():
            return min(1, left)
        wanted = int(target_seconds / max(known, 1e-9))
        return max(0, min(left, self.program.shape.round_epochs, max(1, wanted)))

    def _rates_depend_on_results(self) -> bool:
        """A schedule sees the present rate, which a plateau inside the round may change."""
        return bool(self.schedulers) and bool(self.program.controllers)

    def orders(self, count: int, rate: float | None) -> Orders:
        """Inputs of the next round of `count` epochs; `rate` is the present learning rate.

        With 0 epochs nothing of the lane advances: what an empty slot beside it is given.
        """
        room = self.program.shape.round_epochs
        rates = np.full(room, np.nan, np.float32)
        for epoch in range(count if self.schedulers else 0):
            for scheduler in self.schedulers:
                rate = scheduled_rate(scheduler, self.epoch + epoch, rate)
            rates[epoch] = rate
        validate = np.zeros(room, np.bool_)
        validate[:count] = self.validate[self.epoch : self.epoch + count]
        order = self.order.epochs(count, room)
        return Orders(order, self.validation, rates, validate, np.int32(count))

    def status(self, carry_status: int, lost: FirstNan | None = None) -> Status:
        """The lane's status after a round; `lost` says where its numbers were, if it is known."""
        if carry_status == STOPPED:
            return Status("stopped", self.epoch)
        if carry_status == DIVERGED:
            return Status("diverged", self.epoch, lost or NAN_LOSS)
        return Status("finished") if self.epoch >= self.epochs else Status("running")


def scheduled_rate(scheduler: Any, epoch: int, rate: float | None) -> float:
    """What a Keras LearningRateScheduler sets for an epoch (from 0) at the present rate."""
    try:
        value = scheduler.schedule(epoch, rate)
    except TypeError:  # Keras accepts schedules of the epoch alone, too
        value = scheduler.schedule(epoch)
    if not isinstance(value, (float, np.floating)):
        raise ValueError(
            f"LearningRateScheduler's schedule returned {value!r} for epoch {epoch}; "
            "Keras expects a float."
        )
    return float(value)


def snapshot(carry: Carry, slot: int) -> list[npt.NDArray[Any]]:
    """One lane's leaves out of a stacked carry, as NumPy arrays."""
    return jax.tree.leaves(read_lane(carry, slot))


def with_leaves(carry: Carry, leaves: list[npt.NDArray[Any]]) -> Carry:
    """A carry of the same structure with other leaves."""
    return jax.tree.unflatten(jax.tree.structure(carry), leaves)  # type: ignore[no-any-return]
