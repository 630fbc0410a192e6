"""What a lane leaves behind when it ends: final and best weights, and the test metrics."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from dure.engine.fitting.own_random import HOST_LOCK
from dure.engine.lanes.lane import TrainingLane
from dure.engine.lanes.outcome import BestSoFar, LaneOutcome, settle_outcome
from dure.engine.program.callbacks import EarlyStopping
from dure.engine.program.round_data import Carry


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
    test: dict[str, float] = {}
    if lane.test_rows is not None:
        state = lowered.with_weights(carry.model, weights if best is None else best)
        test = lane.program.test(state, lane.test_rows)
    return settle_outcome(epoch, value, weights, best, test)


def final_weights(lane: TrainingLane, carry: Carry) -> list[npt.NDArray[Any]]:
    """The weights Keras' ``fit`` would end with."""
    lowered = lane.program.lowered
    if lane.model is not None:  # its callbacks have seen, and may have changed, the last weights
        weights = lane.model.get_weights()
    elif lowered.needs_finalizing:
        with HOST_LOCK:
            weights = lowered.weights(lowered.finalize(carry.model))
    else:
        weights = lowered.weights(carry.model)
    for controller, memory in zip(lane.program.controllers, carry.controllers, strict=True):
        if isinstance(controller, EarlyStopping) and controller.restore_best_weights:
            weights = memory["weights"] if memory["found"] else weights
    return [np.asarray(weight) for weight in weights]
