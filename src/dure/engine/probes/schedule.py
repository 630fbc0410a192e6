"""When lanes are measured, and on which rows: decided from a plan's numbers, never by a clock.

So the same study always measures the same epochs on the same rows, and measuring stays a small
part of training.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

SHARE = 0.07
"""Part of the estimated time of a lane's training that its measurements may take."""

MOST_ROWS, LEAST_ROWS = 256, 64
"""Rows of a measurement, where there are as many and they fit in memory."""

LEAST_EPOCHS = 4
"""Epochs measured at least, however short a training is."""

PROBE_BYTES = 256_000_000
"""Memory a measurement should keep to."""

# Measured on one core: a measurement of a network with hardly any weights; how much longer a row
# takes in a measurement (two gradients and the statistics) than in a training step; a training
# step with hardly any weights, and what more weights add.
_PROBE_SECONDS, _ROW_FACTOR = 4e-4, 4.0
_STEP_SECONDS, _FLOPS = 1e-7, 2e10


@dataclass(frozen=True)
class ProbeSchedule:
    """What is measured of every lane of a study.

    Attributes
    ----------
    epochs
        Rising, 0 (before training) first and the study's last epoch last; () for nothing.
    rows
        How many of a fold's training rows.
    """

    epochs: tuple[int, ...] = ()
    rows: int = 0

    def next_after(self, epoch: int) -> int | None:
        """The first of these epochs after this one."""
        return next((e for e in self.epochs if e > epoch), None)


NO_PROBES = ProbeSchedule()
"""No measurement at all."""


@dataclass(frozen=True)
class Work:
    """The numbers of a plan that decide; of several programs the least of each.

    Attributes
    ----------
    memory_bytes
        Of one call of the largest program.
    """

    epochs: int
    train_rows: int
    batch_size: int
    parameters: int
    memory_bytes: int

    @property
    def step_seconds(self) -> float:
        """At least what a training step takes: six operations a weight and row."""
        return _STEP_SECONDS + 6 * self.parameters * self._batch / _FLOPS

    @property
    def train_seconds(self) -> float:
        """At least what a lane takes."""
        return self.epochs * -(-self.train_rows // self._batch) * self.step_seconds

    def probe_seconds(self, rows: int) -> float:
        """What a measurement takes beside such steps."""
        return _PROBE_SECONDS + _ROW_FACTOR * self.step_seconds * rows / self._batch

    @property
    def _batch(self) -> int:
        return min(self.batch_size, self.train_rows)


def schedule_probes(work: Work) -> ProbeSchedule:
    """Which epochs, on how many rows: spaced geometrically, thinned where they cost too much."""
    fits = int(PROBE_BYTES * work.batch_size / max(work.memory_bytes, 1))
    most = min(MOST_ROWS, work.train_rows, max(LEAST_ROWS // 2, fits))
    least = min(LEAST_ROWS, most)
    epochs = fibonacci_epochs(work.epochs)
    budget = SHARE * work.train_seconds
    fitting = (n for n in range(most, least, -1) if len(epochs) * work.probe_seconds(n) <= budget)
    rows = next(fitting, least)
    affordable = int(budget / work.probe_seconds(rows))
    return ProbeSchedule(_thinned(epochs, max(LEAST_EPOCHS, affordable)), rows)


def fibonacci_epochs(last: int) -> tuple[int, ...]:
    """0, 1, 2, 3, 5, 8, 13, ... and `last`: Fibonacci's numbers grow by the golden ratio."""
    found = [0, 1, 2]
    while found[-1] < last:
        found.append(found[-1] + found[-2])
    return (*(e for e in found if e < last), last)


def _thinned(epochs: tuple[int, ...], most: int) -> tuple[int, ...]:
    """At most so many, the first and the last among them."""
    if len(epochs) <= most:
        return epochs
    places = np.unique(np.linspace(0, len(epochs) - 1, most).astype(int))
    return tuple(epochs[place] for place in places)


@lru_cache(maxsize=64)
def _places(train_rows: int, count: int) -> npt.NDArray[np.int64]:
    return np.sort(np.random.default_rng(0).choice(train_rows, count, replace=False))


def sample_rows(train: npt.NDArray[np.int32], count: int) -> npt.NDArray[np.int32]:
    """The rows on which a fold's lanes are measured, int32 [count]: always the same ones."""
    return np.asarray(train[_places(len(train), count)], np.int32)
