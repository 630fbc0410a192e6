"""Where a diverged lane's numbers were first not finite: its last round again, step by step."""

from __future__ import annotations

from typing import Any

import numpy as np

from dure.core.arrays import Arrays
from dure.core.metrics import find_losses
from dure.core.types import FirstNan
from dure.engine.lanes.lane import TrainingLane
from dure.engine.probes.gradients import FiniteSteps
from dure.engine.program.program import Program
from dure.engine.program.round_data import Carry, Orders, read_lane, split_batches
from dure.keras_bridge.model_state import ModelState


def find_first_nan(
    lane: TrainingLane, before: Carry, orders: Orders, slot: int, curves: Any
) -> FirstNan | None:
    """Where the numbers of a lane that diverged in its last round were first not finite.

    Parameters
    ----------
    lane
        After that round.
    before, orders
        What the round was given, with a lane axis.
    slot
        The lane's place on it.
    curves
        What the round gave for the lane, [epochs run, metrics].

    Returns
    -------
    None if no single step shows it (their sums are added up in another order than the round's),
    the model cannot be taken apart, or nothing of the lane was to be measured.
    """
    if lane.probe is None:
        return None
    try:
        return _search(lane, lane.probe.steps, before, orders, slot, curves)
    except Exception:  # of the user's own code, or memory: the lane has diverged all the same
        return None


def _search(
    lane: TrainingLane, steps: FiniteSteps, before: Carry, orders: Orders, slot: int, curves: Any
) -> FirstNan | None:
    program, rows = lane.program, lane.rows
    trained = {n: v for n, v in program.metrics(curves).items() if not n.startswith("val_")}
    losses = [trained[name] for name in find_losses(trained) or trained]
    whole = int(np.argmin(np.isfinite(losses).all(axis=0)))
    state = _state_after(program, before, orders, slot, whole, rows)
    for epoch in range(whole, len(curves)):
        rate = np.asarray(orders.rates)[slot, epoch]
        if program.shape.sets_rate and not np.isnan(rate):
            state = program.lowered.with_learning_rate(state, rate)
        batches = split_batches(np.asarray(orders.train)[slot, epoch], program.shape.batch_size)
        for step, batch in enumerate(batches, 1):
            state, finite = steps(state, batch, rows)
            if not finite.all:
                number = lane.epoch - len(curves) + epoch + 1
                return FirstNan(number, step, *steps.origin(finite))
    return None


def _state_after(
    program: Program, before: Carry, orders: Orders, slot: int, epochs: int, rows: Arrays
) -> ModelState:
    """The lane's state some epochs into the round, by the very program that ran it."""
    carry = before
    if epochs:
        count = np.zeros(program.width, np.int32)
        count[slot] = epochs
        carry, *_ = program(before, orders._replace(count=count), rows)
    state: ModelState = read_lane(carry.model, slot)
    return state
