"""Runs a lane's host callbacks around its epochs, with the lane's own Keras model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy.typing as npt

from dure.core.backend import keras
from dure.core.formatting import join_first
from dure.engine.lanes.epoch_record import EpochRecord
from dure.engine.lanes.lane import TrainingLane
from dure.engine.lanes.outcome import BestSoFar
from dure.engine.program.round_data import Carry, gather_logs, lane_of, stack_lanes
from dure.errors import StudyError
from dure.keras_bridge.functional import state_of, write_state
from dure.keras_bridge.own_steps import read_settings


def refuse_changes(known: Mapping[str, Any], model: keras.Model) -> None:
    """Raise where callbacks set in Python, before the first batch, what compiled rounds hold.

    Raises
    ------
    StudyError
        With what was set, and how the study trains as Keras does.
    """
    changed = [n.partition(" ")[2] for n, v in read_settings(model).items() if known.get(n) != v]
    if changed:
        raise StudyError(
            f"a callback sets {join_first(changed, 3)} before the first batch, and whole epochs "
            "were compiled before it did. Give that callback a method for batches (def "
            "on_train_batch_begin(self, batch, logs=None): pass), and batches come one by one, as "
            "in Keras."
        )


class CallbackRunner:
    """Keras' CallbackList of one lane.

    Before each call the model holds the lane's state, and what a callback changes in it (weights,
    learning rate) goes back into the lane, as it would under Keras' ``fit``.
    """

    def __init__(self, lane: TrainingLane) -> None:
        self.model = lane.model
        self.epoch = lane.epoch
        assert lane.monitor is not None
        tested = lane.program.columns if lane.test_rows is not None else ()
        self._record = EpochRecord(lane.monitor, lane.validate, tested)
        self._program, self._alone = lane.program, lane.alone
        self._validated = lane.validate
        self._list = keras.callbacks.CallbackList(
            list(lane.callbacks),
            add_history=True,
            model=self.model,
            epochs=lane.epochs,
            steps=lane.program.shape.steps,
            verbose=0,
        )
        self._logs: dict[str, Any] = {}
        self._settings: dict[str, Any] | None = None

    @property
    def best(self) -> BestSoFar:
        """The best epoch so far, and its weights."""
        return self._record.best

    @property
    def stopped(self) -> bool:
        """Whether a callback asked to stop."""
        return bool(self.model.stop_training)

    def train_begin(self, carry: Carry) -> Carry:
        """Before the first epoch."""
        with self._alone:
            self._settings = read_settings(self.model)
            self.model.stop_training = False
            write_state(self.model, lane_of(carry.model))
            self._list.on_train_begin()
            return self._read_back(carry)

    def epoch_begin(self, carry: Carry) -> Carry:
        """Before an epoch."""
        with self._alone:
            self._list.on_epoch_begin(self.epoch)
            if self._settings is not None:
                refuse_changes(self._settings, self.model)
                self._settings = None
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
        with self._alone:
            write_state(self.model, lane_of(carry.model))
            values = {name: column[-1] for name, column in metrics.items()}
            # Keras leaves val_ metrics out of the logs of an epoch that was not validated.
            self._logs = {
                name: value if value.ndim else float(value)
                for name, value in gather_logs(values, self._program.metric_shapes).items()
                if self._validated[self.epoch] or not name.startswith("val_")
            }
            curves = self._record.see(self.epoch, self._logs, values, self._list, self.model)
            self.epoch += 1
            return self._read_back(carry), curves

    def train_end(self) -> None:
        """After the last epoch: Keras first takes moving averages, then asks the callbacks."""
        with self._alone:
            self.model.optimizer.finalize_variable_values(self.model.trainable_weights)
            self._list.on_train_end(self._logs)
        self._record.end()

    def _read_back(self, carry: Carry) -> Carry:
        return carry._replace(model=stack_lanes(state_of(self.model)))
