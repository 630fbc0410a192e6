"""Run folders whose curves are invented, of any size: what the report is made of, untrained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from dure.core.types import LANE_QUANTITIES, LAYER_QUANTITIES, LaneKey, Status
from dure.storage.curves_db import LaneRound
from dure.storage.probes_db import LaneHealth
from dure.storage.store import Store

Floats = npt.NDArray[np.float64]
FINISHED = Status("finished")
LAYERS = ("conv2d", "dense", "dense_1")
_ROUNDS = 500  # lanes written at a time
_LIKE = dict(zip(LAYER_QUANTITIES, (0.1, 4.0, 1e-3, 1e-3, 0.05, 0.02, 0.3, 0.8), strict=True))


def big_run(folder: Path, variants: int, seeds: int, folds: int, epochs: int) -> Path:
    """A finished classification run with layers, tests and validation; curves that overfit.

    Variants differ in their level by far less than seeds do for the first few, and more for the
    later ones.
    """
    names = [f"units={8 * (place + 1)}" for place in range(variants)]
    return made_run(folder, names, range(seeds), folds=folds, epochs=epochs)


def made_run(
    folder: Path,
    variants: Sequence[str] = ("plain", "dropout"),
    seeds: Sequence[int] = range(6),
    *,
    folds: int = 1,
    epochs: int = 12,
    ends: Mapping[int, Status] | None = None,
    reached: Mapping[int, int] | None = None,
    validation: bool = True,
    test: bool = True,
    classes: bool = True,
    layers: Sequence[str] = LAYERS,
    manifest: Mapping[str, Any] | None = None,
    name: str = "made",
    spread: float = 0.02,
    step: float = 0.03,
) -> Path:
    """A run folder with invented curves.

    Parameters
    ----------
    ends
        By lane how it ends; the others finish. One that is waiting has no epochs, one that is
        running is left where it is.
    reached
        By lane how many epochs it has; the others have all.
    layers
        Names of layers with weights; none: nothing is recorded of them.
    manifest
        Put over what the manifest says otherwise.
    spread, step
        How far chance moves a lane, and how much worse each variant is than the one before.
    """
    keys = [LaneKey(v, s, f + 1) for v in variants for s in seeds for f in range(folds)]
    rng = np.random.default_rng(0)
    levels = {variant: 0.3 + step * place for place, variant in enumerate(variants)}
    account = _manifest(
        name,
        variants,
        seeds,
        folds,
        epochs,
        validation=validation,
        test=test,
        classes=classes,
        layers=layers,
    )
    with Store.create(folder, {**account, **(manifest or {})}, keys) as store:
        for start in range(0, len(keys), _ROUNDS):
            rounds = []
            for lane in range(start, min(start + _ROUNDS, len(keys))):
                end = (ends or {}).get(lane, FINISHED)
                count = (reached or {}).get(lane, epochs)
                if end.kind != "waiting" and count:
                    level = levels[keys[lane].variant] + spread * rng.normal()
                    curves = _curves(rng, count, level, validation, classes)
                    if end.kind == "diverged":
                        curves = {n: np.append(v[:-1], np.nan) for n, v in curves.items()}
                    health = _health(rng, layers, count)
                    rounds.append(LaneRound(lane, 1, curves, 0.01 * count, health))
            store.record_round(rounds)
        for lane in range(len(keys)):
            end = (ends or {}).get(lane, FINISHED)
            if end.done:
                trained = end.kind in ("finished", "stopped")
                store.finish_lane(
                    lane,
                    end,
                    best_epoch=None,
                    weights={},
                    best_weights=None,
                    test=_tests(rng, levels[keys[lane].variant], classes)
                    if test and trained
                    else {},
                )
    return folder


def _curves(
    rng: np.random.Generator, epochs: int, level: float, validation: bool, classes: bool
) -> dict[str, Floats]:
    """Losses that fall, validation turning at a third of twelve epochs' pace; and accuracies."""
    place = np.arange(epochs) / max(epochs, 2)
    fall = np.exp(-12 * place)
    loss = 0.05 + 0.6 * fall + 0.003 * rng.normal(size=epochs)
    held = level + 0.5 * fall + 0.15 * np.maximum(place - 0.3, 0) + 0.003 * rng.normal(size=epochs)
    curves = {"loss": np.abs(loss)}
    other = "accuracy" if classes else "mae"
    curves[other] = 1 - curves["loss"] / 2 if classes else np.sqrt(curves["loss"])
    if validation:
        curves["val_loss"] = held
        curves[f"val_{other}"] = 1 - held / 2 if classes else np.sqrt(np.abs(held))
    return curves


def _tests(rng: np.random.Generator, level: float, classes: bool) -> dict[str, float]:
    loss = level + 0.02 + 0.02 * float(rng.normal())
    return {"loss": loss, **({"accuracy": 1 - loss / 2} if classes else {"mae": loss**0.5})}


def _health(rng: np.random.Generator, layers: Sequence[str], epochs: int) -> LaneHealth:
    """Measured before training, early and at the end."""
    if not layers:
        return LaneHealth()
    at = sorted({0, min(3, epochs), epochs})
    likely = np.array([_LIKE[name] for name in LAYER_QUANTITIES])
    values = likely * np.exp(0.05 * rng.normal(size=(len(at), len(layers), len(likely))))
    whole = np.exp(0.05 * rng.normal(size=(len(at), len(LANE_QUANTITIES)))) * [0.4, 0.5, -0.02]
    return LaneHealth(tuple(layers), at, values, whole)


def _manifest(
    name: str,
    variants: Sequence[str],
    seeds: Sequence[int],
    folds: int,
    epochs: int,
    *,
    validation: bool,
    test: bool,
    classes: bool,
    layers: Sequence[str],
) -> dict[str, Any]:
    loss = "sparse_categorical_crossentropy" if classes else "mean_squared_error"
    other = "accuracy" if classes else "mae"
    metrics = ["loss", other, *(["val_loss", f"val_{other}"] if validation else [])]
    model = {
        "layers": [
            {
                "name": layer,
                "class": "Dense",
                "activation": "relu",
                "units": 16,
                "parameters": 272,
                "trainable": True,
                "output_shape": [16],
            }
            for layer in layers
        ],
        "outputs": [
            {
                "name": "",
                "loss": loss,
                "own": False,
                "from_logits": False,
                "activation": "softmax" if classes else "linear",
                "units": 10,
            }
        ],
        "loss": loss,
        "from_logits": False,
        "output_activation": "softmax" if classes else "linear",
        "output_units": 10,
        "optimizer": "Adam",
        "learning_rate": 1e-3,
        "schedule": None,
        "momentum": 0.0,
        "clipnorm": None,
        "clipvalue": None,
        "parameters": 272 * len(layers),
        "penalised": False,
    }
    rows = {"train": 800, "validation": 200 if validation else 0, "test": 100 if test else 0}
    return {
        "name": name,
        "created": "2024-05-06T07:08:09+00:00",
        "command": ["dure", "run", "made.py"],
        "source": {"file": "made.py", "name": "study"},
        "versions": {"dure": "0.1.0", "python": "3.11", "keras": "3.15", "jax": "0.10"},
        "study": {
            "build": {"name": "build", "sha256": "0" * 64},
            "variants": {v: {} for v in variants},
            "seeds": list(seeds),
            "folds": folds,
            "validation_split": 0.2 if validation and folds == 1 else 0.0,
            "splits": "same",
            "epochs": epochs,
            "batch_size": 32,
            "callbacks": [],
            "shuffle": True,
            "class_weight": None,
            "validation_freq": 1,
            "validation_batch_size": None,
        },
        "data": {
            "fingerprint": "same",
            "rows": 1000,
            "kind": "image" if classes else "table",
            "task": "classification" if classes else "regression",
            "source": "invented",
            "excerpt": False,
            "class_names": None,
            "prepare": None,
        },
        "facts": {
            "models": dict.fromkeys(variants, model),
            "data": {
                "inputs": [_INPUTS],
                "targets": _CLASSES if classes else _NUMBERS,
                "chance": _CHANCE
                if classes
                else {
                    "accuracy": None,
                    "loss": {"mean_squared_error": 1.2},
                    "validation": {"accuracy": None, "loss": {"mean_squared_error": 1.3}},
                },
                "rows": rows,
            },
        },
        "monitor": {"name": "val_loss" if validation else "loss", "mode": "min"},
        "metrics": metrics,
    }


_INPUTS = {
    "name": "x",
    "dtype": "float32",
    "shape": [8, 8, 1],
    "rows": 800,
    "integers": False,
    "min": 0.0,
    "max": 1.0,
    "mean": 0.3,
    "std": 0.4,
    "feature_std_min": 0.4,
    "feature_std_max": 0.4,
    "feature_size_min": 1.0,
    "feature_size_max": 1.0,
    "constant_features": 0,
}
_CLASSES = {
    "kind": "classes",
    "labels": list(range(10)),
    "counts": [80] * 10,
    "mean": 4.5,
    "std": 2.9,
    "min": 0.0,
    "max": 9.0,
    "columns": 1,
    "unseen": 0,
}
_NUMBERS = {
    "kind": "numbers",
    "labels": None,
    "counts": None,
    "mean": 22.5,
    "std": 9.2,
    "min": 5.0,
    "max": 50.0,
    "columns": 1,
    "unseen": 0,
}
_CHANCE = {
    "accuracy": 0.1,
    "loss": {"sparse_categorical_crossentropy": 2.3},
    "validation": {"accuracy": 0.1, "loss": {"sparse_categorical_crossentropy": 2.31}},
}
