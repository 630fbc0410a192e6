"""How Dure's numbers are compared with Keras' own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np

from oracles.networks.case import BATCH, ROWS, Case


class Deviation(NamedTuple):
    """Worst relative deviations of Dure from Keras: weights after a step, after epochs, curves."""

    one_step: float
    epochs: float
    curves: float


ALLOWED = Deviation(one_step=2e-6, epochs=1e-4, curves=1e-4)
"""Twins sum in another order, and each release of JAX in its own: 0.12 comes to 1.04e-6."""


def rows_of(case: Case, count: int) -> tuple[Any, Any, dict[str, Any]]:
    """The first rows of a case's data, and its other arguments for as many."""

    def cut(part: Any) -> Any:
        return {k: v[:count] for k, v in part.items()} if isinstance(part, dict) else part[:count]

    fit = {k: v[:count] if k == "sample_weight" else v for k, v in case.fit.items()}
    return cut(case.x), cut(case.y), fit


def relative(ours: list[Any], theirs: list[Any]) -> float:
    """The worst norm of a difference against the norm of what it differs from."""

    def one(a: Any, b: Any) -> float:
        a, b = np.asarray(a, "float64"), np.asarray(b, "float64")
        if a.shape != b.shape or not np.array_equal(np.isnan(a), np.isnan(b)):
            return float("inf")
        a, b = np.nan_to_num(a), np.nan_to_num(b)
        return float(np.linalg.norm(a - b) / max(np.linalg.norm(b), 1e-3))

    return max((one(a, b) for a, b in zip(ours, theirs, strict=True)), default=0.0)


def compare(case: Case, fit: Callable[..., Any], seed: int = 7) -> Deviation:
    """Train the same network by Keras' `fit` and by another of the same arguments."""
    weights: dict[str, list[Any]] = {}
    curves: dict[str, dict[str, list[float]]] = {}
    for name, train in (("keras", keras.Model.fit), ("ours", fit)):
        for rows, epochs in ((BATCH, 1), (ROWS, 3)):
            keras.utils.set_random_seed(seed)
            model = case.model()
            x, y, more = rows_of(case, rows)
            # Validation rows are the training rows: only the same arithmetic is wanted of them.
            validation = {"validation_data": (x, y)} if epochs > 1 else {}
            options = {"batch_size": BATCH, "epochs": epochs, "shuffle": False, "verbose": 0}
            history = train(model, x, y, **options, **validation, **more)
            weights[f"{name} {epochs}"] = [
                np.asarray(v.value, "float64")
                for v in (*model.weights, *model.optimizer.variables)
                if "seed_generator" not in v.path
            ]
            curves[name] = history.history
    assert set(curves["ours"]) == set(curves["keras"])
    return Deviation(
        relative(weights["ours 1"], weights["keras 1"]),
        relative(weights["ours 3"], weights["keras 3"]),
        relative(
            [curves["ours"][n] for n in sorted(curves["keras"])],
            [curves["keras"][n] for n in sorted(curves["keras"])],
        ),
    )
