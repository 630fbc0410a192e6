"""Names shared by every part of Dure; imports nothing of ours.

Epochs and folds count from 1 wherever a person or a file sees them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

DIMS = ("variant", "seed", "fold", "epoch")

StatusKind = Literal["waiting", "running", "finished", "stopped", "diverged", "failed"]
Mode = Literal["min", "max"]


class LaneKey(NamedTuple):
    """One network in training: which variant, which seed, which fold (from 1)."""

    variant: str
    seed: int
    fold: int


@dataclass(frozen=True)
class Status:
    """How a lane stands; a failure is a value with a reason, not an exception."""

    kind: StatusKind
    epoch: int | None = None
    reason: str | None = None

    def __str__(self) -> str:
        text: str = self.kind
        if self.epoch is not None and self.kind in ("stopped", "diverged"):
            text += f" at epoch {self.epoch}"
        return f"{text}: {self.reason}" if self.reason else text

    @property
    def done(self) -> bool:
        """Whether the lane will not train any further."""
        return self.kind not in ("waiting", "running")


@dataclass(frozen=True)
class Monitor:
    """The metric that decides a lane's best epoch, and in which direction it is better."""

    name: str
    mode: Mode
