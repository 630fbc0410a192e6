"""Runs a lane's host callbacks around its epochs, with the lane's own Keras model."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

import numpy as np
import numpy.typing as npt

from dure.core.backend import keras
from dure.core.types import Monitor
from dure.engine.lanes.lane import BestSoFar, TrainingLane
from dure.engine.program.callback_logs import EpochLogs, end_epoch, own_curves
from dure.engine.program.host_callbacks import CALLBACK_LOCK, watches_by_itself
from dure.engine.program.round_data import Carry, gather_logs, lane_of, stack_lanes
from dure.errors import StudyError
from dure.keras_bridge.functional import state_of, write_state


def _meant(monitor: str, known: Iterable[str], made: Iterable[str]) -> list[str]:
    """The name that a monitor nobody made may stand for, if any."""
    names = list(known)
    close = get_close_matches(monitor, names, n=1, cutoff=0.85)
    held_out = [name for name in names if name == f"val_{monitor}"]
    bare = monitor.removeprefix("val_")
    longer = [name for name in made if name.removeprefix("val_").startswith(f"{bare}_")]
    return (close or held_out or longer)[:1]


class CallbackRunner:
    """Keras' CallbackList of one lane.

    Before each call the model holds the lane's state, and what a callback changes in it (weights,
    learning rate) goes back into the lane, as it would under Keras' ``fit``.
    """

    def __init__(self, lane: TrainingLane) -> None:
        self.model = lane.model
        self.epoch = lane.epoch
        assert lane.monitor is not None
        self.best = BestSoFar(lane.monitor)
        # Where no callback ever makes what is watched.
        loss = "val_loss" if any(lane.validate) else "loss"
        self._best_by_loss = BestSoFar(Monitor(loss, "min"))
        self._program = lane.program
        self._validated = lane.validate
        self._list = keras.callbacks.CallbackList(
            list(lane.callbacks),
            add_history=True,
            model=self.model,
            epochs=lane.epochs,
            steps=lane.program.shape.steps,
            verbose=0,
        )
        tested = lane.program.columns if lane.test_rows is not None else ()
        self._taken = {f"test_{name}" for name in tested}
        self._told: set[str] = set()
        self._met: set[str] = set()
        self._logs: dict[str, Any] = {}

    @property
    def stopped(self) -> bool:
        """Whether a callback asked to stop."""
        return bool(self.model.stop_training)

    def train_begin(self, carry: Carry) -> Carry:
        """Before the first epoch."""
        with CALLBACK_LOCK:
            self.model.stop_training = False
            write_state(self.model, lane_of(carry.model))
            self._list.on_train_begin()
            return self._read_back(carry)

    def epoch_begin(self, carry: Carry) -> Carry:
        """Before an epoch."""
        with CALLBACK_LOCK:
            self._list.on_epoch_begin(self.epoch)
            return self._read_back(carry)

    def epoch_end(
        self, carry: Carry, metrics: Mapping[str, Any]
    ) -> tuple[Carry, dict[str, npt.NDArray[Any]]]:
        """After an epoch; `metrics` hold that one epoch's values.

        Returns
        -------
        The carry as callbacks left it, and the epoch's curves, each [1]: the metrics, and what
        callbacks made of the logs.

        Raises
        ------
        StudyError
            If a callback watches what cannot come.
        """
        if not any(len(values) for values in metrics.values()):
            return carry, dict(metrics)
        with CALLBACK_LOCK:
            write_state(self.model, lane_of(carry.model))
            values = {name: column[-1] for name, column in metrics.items()}
            # Keras leaves val_ metrics out of the logs of an epoch that was not validated.
            self._logs = {
                name: value if value.ndim else float(value)
                for name, value in gather_logs(values, self._program.metric_shapes).items()
                if self._validated[self.epoch] or not name.startswith("val_")
            }
            found = end_epoch(self._list, self.epoch, self._logs)
            own = own_curves(found, self._taken, self._told)
            self._refuse_lost_monitors(found, {**values, **own})
            curves = {**metrics, **{name: np.asarray([value]) for name, value in own.items()}}
            self.epoch += 1
            for best in (self.best, self._best_by_loss):
                watched = curves.get(best.monitor.name)
                if watched is not None:
                    best.see(self.epoch, float(watched[-1]), self.model)
                    break
            return self._read_back(carry), curves

    def train_end(self) -> None:
        """After the last epoch: Keras first takes moving averages, then asks the callbacks."""
        with CALLBACK_LOCK:
            self.model.optimizer.finalize_variable_values(self.model.trainable_weights)
            self._list.on_train_end(self._logs)
        monitor, loss = self.best.monitor.name, self._best_by_loss
        if monitor not in self._met and loss.epoch is not None:
            warnings.warn(
                f"{monitor!r} is watched, and no callback put it into the logs at any epoch: the "
                f"best epoch is the one with the lowest {loss.monitor.name}.",
                UserWarning,
                stacklevel=2,
            )
            self.best = BestSoFar(self.best.monitor, loss.epoch, np.nan, loss.weights)

    def _refuse_lost_monitors(self, found: EpochLogs, known: Mapping[str, Any]) -> None:
        """Raise where a callback watches what surely never comes; Keras warns of what may not."""
        for callback in found.absent:
            monitor = str(callback.monitor)
            late = monitor.startswith("val_") and not self._validated[self.epoch]
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
                    f"{name}: at the end of epoch {self.epoch + 1} it was not in the logs (they "
                    f"hold {', '.join(map(str, sorted(found.logs)))}).{hint} A callback that puts "
                    "it there at some epochs only should put None there at the others."
                )
        self._met |= found.logs.keys() | known.keys()

    def _read_back(self, carry: Carry) -> Carry:
        return carry._replace(model=stack_lanes(state_of(self.model)))
