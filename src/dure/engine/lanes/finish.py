"""What a lane leaves behind when it ends: final and best weights, and the test metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dure.engine.lanes.lane import BestSoFar, TrainingLane
from dure.engine.program.callbacks import EarlyStopping
from dure.engine.program.host_callbacks import CALLBACK_LOCK
from dure.engine.program.round_data import Carry


@dataclass(frozen=True)
class LaneOutcome:
    """Weights in the order of ``model.get_weights()``.

    Attributes
    ----------
    best_epoch
        From 1; None if the monitored metric was never a number.
    best_value
        The monitored metric at that epoch.
    weights
        What Keras' ``fit`` would leave in the model: averaged or restored weights included.
    best_weights
        Those of the best epoch by the study's monitor; None where they equal `weights`.
    test
        Test metrics of the best weights; empty without test data.
    """

    best_epoch: int | None
    best_value: float | None
    weights: list[npt.NDArray[Any]]
    best_weights: list[npt.NDArray[Any]] | None
    test: dict[str, float]


def finish_lane(lane: TrainingLane, carry: Carry, host: BestSoFar | None) -> LaneOutcome:
    """Settle a lane that has ended.

    Parameters
    ----------
    carry
        Its own, without lane axis, NumPy leaves.
    host
        Its best epoch where host callbacks had a say in it; else the carry holds it.
    """
    lowered = lane.program.lowered
    if host is not None:
        epoch, value, best = host.epoch, host.value, host.weights
    elif carry.best["found"]:
        epoch, value = int(carry.best["epoch"]) + 1, float(carry.best["value"])
        best = carry.best["weights"]
    else:
        epoch, value, best = None, np.nan, None
    weights = final_weights(lane, carry)
    best = weights if best is None else best
    test: dict[str, float] = {}
    if lane.test_rows is not None:
        state = lowered.with_weights(carry.model, best)
        test = lane.program.test(state, lane.test_rows)
    same = all(np.array_equal(a, b, equal_nan=True) for a, b in zip(best, weights, strict=True))
    found = None if epoch is None else value
    return LaneOutcome(epoch, found, weights, None if same else list(best), test)


def final_weights(lane: TrainingLane, carry: Carry) -> list[npt.NDArray[Any]]:
    """The weights Keras' ``fit`` would end with."""
    lowered = lane.program.lowered
    if lane.model is not None:  # its callbacks have seen, and may have changed, the last weights
        weights = lane.model.get_weights()
    elif lowered.needs_finalizing:
        with CALLBACK_LOCK:
            weights = lowered.weights(lowered.finalize(carry.model))
    else:
        weights = lowered.weights(carry.model)
    for controller, memory in zip(lane.program.controllers, carry.controllers, strict=True):
        if isinstance(controller, EarlyStopping) and controller.restore_best_weights:
            weights = memory["weights"] if memory["found"] else weights
    return [np.asarray(weight) for weight in weights]
