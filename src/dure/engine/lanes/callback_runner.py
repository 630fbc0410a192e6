"""Runs a lane's host callbacks around its epochs, with the lane's own Keras model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dure.core.backend import keras
from dure.engine.lanes.lane import TrainingLane
from dure.engine.program.host_callbacks import CALLBACK_LOCK
from dure.engine.program.round_data import Carry, lane_of, stack_lanes
from dure.keras_bridge.functional import state_of, write_state


class CallbackRunner:
    """Keras' CallbackList of one lane.

    Before each call the model holds the lane's state, and what a callback changes in it (weights,
    learning rate) goes back into the lane, as it would under Keras' ``fit``.
    """

    def __init__(self, lane: TrainingLane) -> None:
        self.model = lane.model
        self.epoch = lane.epoch
        self._validated = lane.validate
        self._list = keras.callbacks.CallbackList(
            list(lane.callbacks),
            model=self.model,
            epochs=lane.epochs,
            steps=lane.program.shape.steps,
            verbose=0,
        )
        self._logs: dict[str, float] = {}

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

    def epoch_end(self, carry: Carry, metrics: Mapping[str, Any]) -> Carry:
        """After an epoch; `metrics` hold that one epoch's values."""
        if not any(len(values) for values in metrics.values()):
            return carry
        with CALLBACK_LOCK:
            write_state(self.model, lane_of(carry.model))
            values = {name: float(column[-1]) for name, column in metrics.items()}
            # Keras leaves val_ metrics out of the logs of an epoch that was not validated.
            self._logs = {
                name: value
                for name, value in values.items()
                if self._validated[self.epoch] or not name.startswith("val_")
            }
            self._list.on_epoch_end(self.epoch, self._logs)
            self.epoch += 1
            return self._read_back(carry)

    def train_end(self) -> None:
        """After the last epoch: Keras first takes moving averages, then asks the callbacks."""
        with CALLBACK_LOCK:
            self.model.optimizer.finalize_variable_values(self.model.trainable_weights)
            self._list.on_train_end(self._logs)

    def _read_back(self, carry: Carry) -> Carry:
        return carry._replace(model=stack_lanes(state_of(self.model)))
