"""The book's neurons in plain NumPy: one sample at a time, weights and bias start at 1.0."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def line(x: Any, y: Any, rate: float, orders: Iterable[Any]) -> Floats:
    """Squared error: every sample moves the weight by rate * x * (y - a). Weights, bias last."""
    w, b = np.ones(np.shape(x)[1]), 1.0
    for order in orders:
        for i in order:
            miss = float(y[i]) - (float(np.dot(w, x[i])) + b)
            w = w + rate * miss * np.asarray(x[i], float)
            b = b + rate * miss
    return np.array([*w, b])


def perceptron(x: Any, t: Any, rate: float, orders: Iterable[Any]) -> Floats:
    """A step at 0; a sample on the wrong side moves the weights by rate * t * x."""
    w, b = np.ones(np.shape(x)[1]), 1.0
    for order in orders:
        for i in order:
            said = 1 if float(np.dot(w, x[i])) + b > 0 else -1
            if said != t[i]:
                w = w + rate * float(t[i]) * np.asarray(x[i], float)
                b = b + rate * float(t[i])
    return np.array([*w, b])


def logistic(x: Any, y: Any, rate: float, orders: Iterable[Any], batch: int = 1) -> Floats:
    """A sigmoid; every batch moves the weights by rate times the mean of (y - a) * x."""
    w, b = np.ones(np.shape(x)[1]), 1.0
    for order in orders:
        for start in range(0, len(order), batch):
            turn_w, turn_b = np.zeros_like(w), 0.0
            part = order[start : start + batch]
            for i in part:
                z = float(np.dot(w, x[i])) + b
                a = 1 / (1 + np.exp(-np.clip(z, -100, None)))
                turn_w += (float(y[i]) - a) * np.asarray(x[i], float)
                turn_b += float(y[i]) - a
            w = w + rate * turn_w / len(part)
            b = b + rate * turn_b / len(part)
    return np.array([*w, b])
