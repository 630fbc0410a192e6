"""Names shared by every part of Dure; imports nothing of ours.

Epochs and folds count from 1 wherever a person or a file sees them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]
Bools: TypeAlias = npt.NDArray[np.bool_]

DIMS = ("variant", "seed", "fold", "epoch")

LAYER_QUANTITIES = (
    "gradient_norm",
    "weight_norm",
    "update_ratio",
    "activation_gradient",
    "dead",
    "saturated",
    "activation_mean",
    "activation_std",
)
"""What is recorded of each layer at chosen epochs; `Result.layer_curves` says what they are."""

LANE_QUANTITIES = ("probe_loss", "curvature", "step_gain")
"""What is recorded with them of the whole network."""

StatusKind = Literal["waiting", "running", "finished", "stopped", "diverged", "failed"]
Mode = Literal["min", "max"]
GivenMode = Literal["auto", "min", "max"]

NAN_LOSS = "loss became NaN"
"""The reason of a diverged lane whose first number that is not finite was not found."""


class LaneKey(NamedTuple):
    """One network in training: which variant, which seed, which fold (from 1).

    Examples
    --------
    >>> key = study.lanes[0]
    >>> key.variant, key.seed, key.fold
    ('rate=0.001', 0, 1)
    """

    variant: str
    seed: int
    fold: int


class FirstNan(NamedTuple):
    """Where a lane's numbers were first not finite.

    Attributes
    ----------
    epoch, step
        From 1; the step within its epoch.
    layer
        The first called that gave a value that is not finite ("activation"). Where there is none,
        the one nearest the output whose gradient was not finite ("loss", if that was not either, or
        "gradient"), or whose weights were not after the step ("weights").
    what
        "activation", "loss", "gradient" or "weights".
    """

    epoch: int
    step: int
    layer: str | None
    what: str

    def __str__(self) -> str:
        if self.what == "loss":
            place = "in the loss itself"
        else:
            place = f"in layer {self.layer!r} ({self.what})"
        return f"epoch {self.epoch}, step {self.step}: first {place}"


@dataclass(frozen=True)
class Status:
    """How a lane stands; a failure is a value with a reason, not an exception.

    Examples
    --------
    >>> status = result.statuses[0]
    >>> status.kind, status.done, status.cause
    ('finished', True, '')
    """

    kind: StatusKind
    epoch: int | None = None
    reason: str | FirstNan | None = None
    """An error's own text; of a diverged lane where its numbers were lost, if that was found."""

    @property
    def cause(self) -> str:
        """The reason as text; '' without one."""
        if isinstance(self.reason, FirstNan):
            return f"{NAN_LOSS} at {self.reason}"
        return self.reason or ""

    def __str__(self) -> str:
        text: str = self.kind
        if self.epoch is not None and self.kind in ("stopped", "diverged"):
            text += f" at epoch {self.epoch}"
        return f"{text}: {self.cause}" if self.reason else text

    @property
    def done(self) -> bool:
        """Whether the lane will not train any further."""
        return self.kind not in ("waiting", "running")


@dataclass(frozen=True)
class Monitor:
    """The metric that decides a lane's best epoch, and in which direction it is better."""

    name: str
    mode: Mode


def trained(status: Status) -> bool:
    """Whether a lane came to an end that a mean may rest on: not diverged, not failed, done."""
    return status.kind in ("finished", "stopped")
