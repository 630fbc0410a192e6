"""What is kept of a lane whose callbacks run on the host: curves, and the best epoch."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np
import numpy.typing as npt

from dure.core.backend import keras
from dure.core.types import Monitor
from dure.engine.lanes.outcome import BestSoFar
from dure.engine.program.callback_logs import EpochLogs, end_epoch, own_curves
from dure.engine.program.host_callbacks import watches_by_itself
from dure.errors import StudyError


class EpochRecord:
    """The curves and the best epoch of one lane.

    Parameters
    ----------
    monitor
        What decides the best epoch.
    validated
        Whether an epoch (from 0) is validated.
    tested
        Names of the metrics on test data.
    """

    def __init__(
        self, monitor: Monitor, validated: npt.NDArray[np.bool_], tested: Sequence[str]
    ) -> None:
        self.best = BestSoFar(monitor)
        # Where no callback ever makes what is watched.
        loss = "val_loss" if any(validated) else "loss"
        self._best_by_loss = BestSoFar(Monitor(loss, "min"))
        self._validated = validated
        self._taken = {f"test_{name}" for name in tested}
        self._told: set[str] = set()
        self._met: set[str] = set()

    def see(
        self,
        epoch: int,
        logs: Mapping[str, Any],
        numbers: Mapping[str, float],
        callbacks: keras.callbacks.CallbackList,
        model: Any,
    ) -> dict[str, npt.NDArray[Any]]:
        """Ask the callbacks after an epoch (from 0), and keep what came of it.

        Parameters
        ----------
        logs
            The epoch's metrics by Keras' names.
        numbers
            The same as single numbers.
        model
            Holds the weights of the epoch.

        Returns
        -------
        The epoch's curves, each [1]: `numbers`, and what callbacks made of the logs.

        Raises
        ------
        StudyError
            If a callback watches what cannot come.
        """
        found = end_epoch(callbacks, epoch, logs)
        own = own_curves(found, self._taken, self._told)
        self._refuse_lost_monitors(epoch, found, {**numbers, **own})
        curves = {name: np.asarray([value]) for name, value in {**numbers, **own}.items()}
        for best in (self.best, self._best_by_loss):
            watched = curves.get(best.monitor.name)
            if watched is not None:
                best.see(epoch + 1, float(watched[-1]), model)
                break
        return curves

    def end(self) -> None:
        """After the last epoch: settle what the best one is judged by."""
        monitor, loss = self.best.monitor.name, self._best_by_loss
        if monitor not in self._met and loss.epoch is not None:
            warnings.warn(
                f"{monitor!r} is watched, and no callback put it into the logs at any epoch: the "
                f"best epoch is the one with the lowest {loss.monitor.name}.",
                UserWarning,
                stacklevel=2,
            )
            self.best = BestSoFar(self.best.monitor, loss.epoch, np.nan, loss.weights)

    def _refuse_lost_monitors(self, epoch: int, found: EpochLogs, known: Mapping[str, Any]) -> None:
        """Raise where a callback watches what surely never comes; Keras warns of what may not."""
        for callback in found.absent:
            monitor = str(callback.monitor)
            late = monitor.startswith("val_") and not self._validated[epoch]
            if late or monitor in self._met or not watches_by_itself(callback):
                continue
            name = f"{type(callback).__name__}(monitor={monitor!r})"
            if monitor in found.authors:
                raise StudyError(
                    f"{name} comes before {found.authors[monitor]}, which puts that into the "
                    "logs, so it never sees it; list it after that callback."
                )
            close = _meant(monitor, known, found.authors)
            if close or monitor.removeprefix("val_") in known:
                hint = f" Did you mean {close[0]!r}?" if close else ""
                raise StudyError(
                    f"{name}: at the end of epoch {epoch + 1} it was not in the logs (they "
                    f"hold {', '.join(map(str, sorted(found.logs)))}).{hint} A callback that puts "
                    "it there at some epochs only should put None there at the others."
                )
        self._met |= found.logs.keys() | known.keys()


def _meant(monitor: str, known: Iterable[str], made: Iterable[str]) -> list[str]:
    """The name that a monitor nobody made may stand for, if any."""
    names = list(known)
    close = get_close_matches(monitor, names, n=1, cutoff=0.85)
    held_out = [name for name in names if name == f"val_{monitor}"]
    bare = monitor.removeprefix("val_")
    longer = [name for name in made if name.removeprefix("val_").startswith(f"{bare}_")]
    return (close or held_out or longer)[:1]
