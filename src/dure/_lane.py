"""One trained network of a result."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from dure._errors import DureError
from dure._types import Status
from dure.store import Store

if TYPE_CHECKING:
    from dure._backend import keras
    from dure.result import Result

Which = Literal["best", "final"]


@dataclass(frozen=True, eq=False)
class Lane:
    """One trained network of a result: ``result.best()`` or ``result.lane(...)``."""

    result: Result
    index: int

    @property
    def variant(self) -> str:
        """Name of the variant."""
        return str(self.result.lanes["variant"][self.index])

    @property
    def seed(self) -> int:
        """The random seed."""
        return int(self.result.lanes["seed"][self.index])

    @property
    def fold(self) -> int:
        """The fold, from 1."""
        return int(self.result.lanes["fold"][self.index])

    @property
    def status(self) -> Status:
        """How training ended, or stands."""
        return self.result.statuses[self.index]

    @property
    def best_epoch(self) -> int | None:
        """The epoch, from 1, with the best monitored value; None if it never was finite."""
        epoch = self.result.lanes["best_epoch"][self.index]
        return None if pd.isna(epoch) else int(epoch)

    @property
    def curves(self) -> xr.Dataset:
        """Metrics over the epochs that this lane ran, dimension (epoch,)."""
        one = self.result.curves.sel(variant=self.variant, seed=self.seed, fold=self.fold)
        return one.isel(epoch=slice(int(self.result.lanes["epochs"][self.index])))

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
        with Store.open(self.result.folder, read_only=True) as store:
            return store.weights(self.index, which)

    def model(self, which: Which = "best") -> keras.Model:
        """The trained Keras model, compiled as the study's was; loads Keras.

        Where the study's data were raw text with a `dure.data.TextToSequences`, it is a
        `dure.text_model.TextModel` that takes raw text, with the words of this lane's fold; its
        `network` is the model that was trained.

        Parameters
        ----------
        which
            "best": weights of the best epoch by the monitor. "final": those at the end of training.

        Raises
        ------
        DureError
            As :meth:`weights`; or if the model can be rebuilt from the run folder only with the
            study's build function, and that is not known here.
        """
        from dure.models import load_model

        weights, result = self.weights(which), self.result
        return load_model(result.folder, self.variant, weights, result.build, self.fold)

    def save(self, path: str | PathLike[str], which: Which = "best") -> Path:
        """Write the model of :meth:`model` as a ``.keras`` file and return where it is.

        ``keras.models.load_model`` reads it; ``import dure`` first where it takes raw text.

        Raises
        ------
        DureError
            As :meth:`model`, or if the path does not end in ``.keras``.
        """
        path = Path(path)
        if path.suffix != ".keras":
            raise DureError(f"{str(path)!r} does not end in '.keras', the only kind written here.")
        self.model(which).save(path)
        return path

    def __str__(self) -> str:
        return f"lane {self.index} ({self.variant}, seed {self.seed}, fold {self.fold})"
