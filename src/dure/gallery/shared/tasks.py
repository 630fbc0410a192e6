"""Data of rows: parts of known sets, and tasks made up so that their right answer is known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

import dure
from dure.core.types import Floats

STEPS = 50
WEIGHTS, BIAS, SPREAD = (2.0, -1.0, 0.5, 0.0), 3.0, 0.5
PERIOD, SWING, STAYS, NOISE = 24, 1.0, 0.8, 0.3


def line(rows: int) -> dure.Data:
    """Numbers on a plane of known slopes, with noise of known size."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, len(WEIGHTS)))
    y = x @ WEIGHTS + BIAS + rng.normal(0, SPREAD, rows)
    return dure.Data(x, y, source="a plane with noise, generated")


def halves(rows: int) -> dure.Data:
    """Whether a number from the left and one from the right sum to more than 0.

    Both numbers are normal with the same spread, so the sign of one of them is the sign of the sum
    in three of four cases, and nothing else in one input helps.
    """
    rng = np.random.default_rng(1)
    left, right = (rng.normal(size=(rows, width)) for width in (64, 128))
    y = (left.sum(1) / 8 + right.sum(1) / np.sqrt(128) > 0).astype(np.int64)
    return dure.Data([left, right], y, source="a class told by two inputs together, generated")


def means(rows: int) -> dure.Data:
    """The mean of 50 normal numbers, times the root of 50: its variance is 1."""
    x = np.random.default_rng(2).normal(size=(rows, STEPS, 1))
    return dure.Data(x, x.sum((1, 2)) / np.sqrt(STEPS), kind="series", source="means, generated")


class SeasonalSeries(NamedTuple):
    """A series, and what one who knows the law would say of each step the step before."""

    values: Floats
    """Shape [time, features]."""
    foreseen: Floats
    """Shape [time, features]; `values` less what is new at that step."""


def law(time: int, features: int) -> SeasonalSeries:
    """A season of 24 steps and noise of which 0.8 stays; each feature feels the one before it.

    The new noise of a step has a deviation of 0.3 and is nowhere foreseen: no forecast has a mean
    squared error below 0.09. Of the noise of feature j, 0.8 stays in j; with several features a
    half of that is handed to feature j + 1 instead, so that one feature tells of another.
    """
    rng = np.random.default_rng(7)
    new = rng.normal(0, NOISE, (time, features))
    itself = np.eye(features)
    stays = itself if features == 1 else (itself + np.roll(itself, 1, axis=1)) / 2
    phase = np.arange(features) / max(features, 3)
    season = SWING * np.sin(2 * np.pi * (np.arange(time)[:, None] / PERIOD + phase))
    noise, stayed = np.zeros(features), np.zeros((time, features))
    for step in range(time):
        stayed[step] = noise @ (STAYS * stays)
        noise = stayed[step] + new[step]
    return SeasonalSeries(season + stayed + new, season + stayed)


def few_rows(data: dure.Data, rows: int, test_rows: int = 200) -> dure.Data:
    """The first rows only, for quick runs; whatever is shown of them says "excerpt"."""
    assert data.test is not None
    x, y = (np.asarray(part)[:test_rows] for part in data.test[:2])
    source = f"{data.source}; the first {rows} rows and {len(x)} test rows"
    return replace(data.take(slice(rows)), test=(x, y), source=source, excerpt=True)


def flat_digits(**changes: Any) -> dure.Data:
    """scikit-learn's digits as rows of 64 numbers; `changes` are other attributes."""
    digits = dure.data.digits()
    assert digits.test is not None
    flat, test = (np.reshape(x, (-1, 64)) for x in (digits.x, digits.test[0]))
    made: dict[str, Any] = {"x": flat, "test": (test, digits.test[1]), "kind": "tabular"}
    return replace(digits, **made, **changes)
