"""The best epoch of a lane, and what a lane leaves behind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dure.core.types import Monitor


@dataclass
class BestSoFar:
    """The first epoch with the best value of the monitor, and the weights after it.

    Attributes
    ----------
    epoch
        From 1; None while the monitor was never a number.
    """

    monitor: Monitor
    epoch: int | None = None
    value: float = np.nan
    weights: list[npt.NDArray[Any]] | None = None

    def see(self, epoch: int, value: float, model: Any) -> None:
        """Compare an epoch (from 1); NaN is never better."""
        better = value < self.value if self.monitor.mode == "min" else value > self.value
        if better or (self.epoch is None and not np.isnan(value)):
            self.epoch, self.value, self.weights = epoch, value, model.get_weights()


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


def settle_outcome(
    epoch: int | None,
    value: float,
    weights: list[npt.NDArray[Any]],
    best: Sequence[Any] | None,
    test: dict[str, float],
) -> LaneOutcome:
    """What a lane leaves behind: its best epoch, if any, final weights, the best epoch's."""
    best = weights if best is None else best
    same = all(np.array_equal(a, b, equal_nan=True) for a, b in zip(best, weights, strict=True))
    found = None if epoch is None else value
    return LaneOutcome(epoch, found, weights, None if same else list(best), test)
