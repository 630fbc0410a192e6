"""A healthy binary classifier as the findings see it, and what is changed in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from dure.analysis.diagnostics.case import Case
from dure.core.types import Monitor, Status
from helpers.made_layer_curves import LAYERED, layer_curves

EPOCHS = 20
CHANCE = {
    "accuracy": 0.6,
    "loss": {"binary_crossentropy": 0.67},
    "validation": {"accuracy": 0.6, "loss": {"binary_crossentropy": 0.67}},
}


def fall(lanes: int, end: float = 0.1, tau: float = 4.0, epochs: int = EPOCHS) -> np.ndarray:
    noise = np.random.default_rng(0).normal(size=(lanes, epochs))
    return (0.7 - end) * np.exp(-np.arange(epochs) / tau) + end + 0.002 * noise


def case(
    layers: Any = None, lanes: int = 6, model: dict[str, Any] | None = None, **given: Any
) -> Case:
    """A healthy binary classifier, and what is changed in it."""
    recorded = layer_curves(seeds=lanes) if layers is None else layers
    names = tuple(str(name) for name in recorded["layer"].values)
    facts = {
        "layers": [
            {
                "name": name,
                "class": "Dense",
                "activation": "relu",
                "units": 8,
                "parameters": 72,
                "output_shape": [8],
            }
            for name in names
        ],
        "outputs": [{}],
        "loss": "binary_crossentropy",
        "optimizer": "Adam",
        "learning_rate": 1e-3,
    }
    loss = given.pop("loss", fall(lanes))
    curves = {
        "loss": loss,
        "val_loss": loss + 0.02,
        "accuracy": 1 - loss / 2,
        "val_accuracy": 0.98 - loss / 2,
    }
    whole = ("probe_loss", "curvature", "step_gain")
    made = Case(
        variant="net",
        monitor=Monitor("val_loss", "min"),
        seeds=np.arange(lanes),
        folds=np.ones(lanes, int),
        statuses=(Status("finished"),) * lanes,
        ran=np.full(lanes, loss.shape[1]),
        curves=curves,
        epochs=recorded["epoch"].values,
        layers=names,
        layered={name: recorded[name].values[0, :, 0] for name in LAYERED},
        whole={name: recorded[name].values[0, :, 0] for name in whole},
        first_nan=pd.DataFrame(columns=["epoch", "step", "layer", "what"]),
        model={**facts, **(model or {})},
        data={"chance": CHANCE, "rows": {"train": 400, "validation": 100}, "targets": {}},
        study={},
    )
    return replace(made, **given)
