"""Early stopping, read off curves that are there: it changes nothing of training but its end."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dure.core.types import Mode
from dure.stats.intervals import Interval, mean_interval

if TYPE_CHECKING:
    from dure.results.run_result import RunResult


@dataclass(frozen=True)
class Stopping:
    """What ``EarlyStopping(patience=..., restore_best_weights=True)`` would have done.

    Attributes
    ----------
    patience
        Epochs without improvement that are waited for.
    gain
        Metric of the restored epoch minus that of the last epoch, with its interval over lanes.
    epochs
        Mean share of the epochs that would have run.
    better
        Whether the interval says that the restored epoch is better than the last.
    """

    patience: int
    gain: Interval
    epochs: float
    better: bool

    def account(self) -> dict[str, Any]:
        """JSON-able."""
        return {**asdict(self), "gain": dict(self.gain._asdict())}


def simulated(
    result: RunResult, variant: str, metric: str, mode: Mode, patience: int | None = None
) -> Stopping | None:
    """Early stopping on the curves of a variant; None where no lane ran to its last epoch.

    Callbacks that only stop cannot change an epoch that ran before, so nothing is trained.

    Parameters
    ----------
    patience
        Default: a tenth of the epochs, at least 3.
    """
    curves = np.asarray(result.curves[metric].sel(variant=variant).values, dtype=np.float64)
    length = curves.shape[-1]
    patience = patience or max(3, math.ceil(length / 10))
    gains = np.full(curves.shape[:2], np.nan)
    shares = []
    for lane in np.ndindex(*gains.shape):
        if not np.isfinite(curves[lane]).all():
            continue
        restored, ran = stopped(curves[lane], mode, patience)
        gains[lane] = curves[lane][restored] - curves[lane][-1]
        shares.append(ran / length)
    if not shares:
        return None
    gain = mean_interval(gains)
    better = gain.high < 0 if mode == "min" else gain.low > 0
    return Stopping(patience, gain, float(np.mean(shares)), bool(better))


def stopped(curve: npt.NDArray[np.float64], mode: Mode, patience: int) -> tuple[int, int]:
    """The epoch (from 0) that would be restored, and how many would run; curve [epoch], finite."""
    values = curve if mode == "min" else -curve
    best, at = math.inf, 0
    for epoch, value in enumerate(values):
        if value < best:
            best, at = float(value), epoch
        elif epoch - at >= patience:
            return at, epoch + 1
    return at, len(values)
