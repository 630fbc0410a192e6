"""The callbacks of a lane that Keras' ``fit`` trains, one list for Keras and for us."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from dure.core.backend import jax, keras
from dure.engine.fitting.own_random import OwnRandom
from dure.engine.program.host_callbacks import wants_batches

MOST_AHEAD = 4
"""Calls about batches that may have been made while the device still computes the first."""


class _Run(Protocol):
    model: Any

    def begin(self) -> None: ...
    def begin_epoch(self) -> None: ...
    def heed_stop(self) -> None: ...
    def see_epoch(self, logs: Mapping[str, Any], callbacks: Any) -> Mapping[str, Any]: ...
    def end_epoch(self, curves: Mapping[str, Any]) -> None: ...


class LaneCallbacks(keras.callbacks.CallbackList):  # type: ignore[misc]
    """Keras' list, whose callbacks run one lane at a time and find the lane's own generators.

    Parameters
    ----------
    steps
        Batches an epoch; None where nobody knows.
    """

    def __init__(
        self, run: _Run, callbacks: list[Any], alone: OwnRandom, epochs: int, steps: int | None
    ) -> None:
        super().__init__(
            callbacks, add_history=True, model=run.model, epochs=epochs, steps=steps, verbose=0
        )
        # No thread of its own for a lane's callbacks: they run one lane at a time.
        self._async_train = self._async_test = self._async_predict = False
        self._run, self._alone = run, alone
        self._ahead: deque[Any] = deque()
        self._hears_batches = any(map(wants_batches, callbacks))

    def on_train_begin(self, logs: Any = None) -> None:
        """As in Keras."""
        with self._alone:
            super().on_train_begin(logs)
        self._run.begin()

    def on_train_end(self, logs: Any = None) -> None:
        """As in Keras."""
        with self._alone:
            super().on_train_end(logs)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """As in Keras."""
        with self._alone:
            super().on_epoch_begin(epoch, logs)
        self._run.begin_epoch()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Handed on: what callbacks put into the logs becomes curves."""
        with self._alone:
            curves = self._run.see_epoch(logs or {}, self)
        self._run.end_epoch(curves)

    def _hear_batch(self, hook: Callable[..., None], batch: int, logs: Any) -> None:
        self._run.heed_stop()
        # Else batches would be made as long as there is memory, far ahead of the device.
        self._ahead.append(logs)
        if len(self._ahead) > MOST_AHEAD:
            jax.block_until_ready(self._ahead.popleft())
        if self._hears_batches:
            with self._alone:
                hook(batch, logs)

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """As in Keras, where any callback hears of batches."""
        self._hear_batch(super().on_train_batch_begin, batch, logs)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """As in Keras, where any callback hears of batches."""
        self._hear_batch(super().on_train_batch_end, batch, logs)

    def on_test_begin(self, logs: Any = None) -> None:
        """As in Keras."""
        with self._alone:
            super().on_test_begin(logs)

    def on_test_end(self, logs: Any = None) -> None:
        """As in Keras."""
        with self._alone:
            super().on_test_end(logs)

    def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
        """As in Keras, where any callback hears of batches."""
        self._hear_batch(super().on_test_batch_begin, batch, logs)

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        """As in Keras, where any callback hears of batches."""
        self._hear_batch(super().on_test_batch_end, batch, logs)
