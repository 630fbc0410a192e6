"""One trained network of a result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import xarray as xr
from numpy.typing import NDArray

from dure.core.types import Status
from dure.errors import DureError
from dure.storage.store import Store

Which = Literal["best", "final"]


@dataclass(frozen=True, eq=False)
class LaneResult:
    """What a run folder holds of one trained network."""

    folder: Path
    """The run folder."""
    name: str
    """Such as 'digits: units=8, seed 3', with the fold where there are several."""
    index: int
    """Its place among the lanes of the study."""
    variant: str
    seed: int
    fold: int
    """From 1."""
    status: Status
    """How training ended, or stands."""
    best_epoch: int | None
    """The epoch, from 1, with the best monitored value; None if it never was finite."""
    curves: xr.Dataset
    """Metrics over the epochs that this lane ran, dimension (epoch,)."""
    manifest: dict[str, Any]
    """What the run folder says of the study."""
    build: Callable[..., Any] | None
    """The study's build function where it is known."""

    def weights(self, which: Which = "best") -> dict[str, NDArray[Any]]:
        """The stored arrays by name: those of the best epoch, or of the end of training.

        "final" is what Keras' own fit would have left in the model: the last epoch's weights, or
        those an EarlyStopping callback restored.

        Raises
        ------
        DureError
            For another word than these two, or a lane that is not done.
        """
        if which not in ("best", "final"):
            raise DureError(f"which is {which!r}; expected 'best' or 'final'.")
        if not self.status.done:
            raise DureError(f"{self} is not done ({self.status}); its weights come with its end.")
        with Store.open(self.folder, read_only=True) as store:
            return store.weights(self.index, which)

    def __str__(self) -> str:
        return f"lane {self.index} ({self.variant}, seed {self.seed}, fold {self.fold})"
