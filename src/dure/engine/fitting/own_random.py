"""The global generators of Python, NumPy and Keras, for each of many trainings in one process."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Any

import numpy as np

from dure.data.random_state import read_generators, write_generators
from dure.keras_bridge.functional import read_thread_state, write_thread_state

HOST_LOCK = threading.RLock()
"""Held while people's own code runs (callbacks, sources of batches): lanes share one process."""


class OwnRandom:
    """The global generators of one training, as they are now; while open they are the process's.

    So code that draws from ``random``, ``numpy.random`` or ``keras.random`` finds what it would
    find if the training were alone in its process, and Keras' dtype policy. One thread at a time,
    with `HOST_LOCK` held; it may be opened again inside.
    """

    def __init__(self) -> None:
        self._state = _read()
        self._outside: Any = None
        self._depth = 0

    def __enter__(self) -> OwnRandom:
        HOST_LOCK.acquire()
        self._depth += 1
        if self._depth == 1:
            self._outside = _read()
            _write(self._state)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._depth -= 1
        if not self._depth:
            self._state = _read()
            _write(self._outside)
        HOST_LOCK.release()

    def permutation(self, count: int) -> Any:
        """As ``numpy.random.permutation``, drawn from these."""
        with self:
            return np.random.permutation(count)

    def get_state(self, legacy: bool = True) -> Any:
        """As ``numpy.random.get_state``, of these; always in its old form."""
        return self._state[1]


def _read() -> tuple[Any, Any, Any]:
    return *read_generators(), read_thread_state()


def _write(state: tuple[Any, Any, Any]) -> None:
    write_generators(state[:2])
    write_thread_state(state[2])
