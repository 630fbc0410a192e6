"""Run folders with invented curves, of any size and with any mishap."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dure.core.types import LaneKey, Status
from dure.result import Result, load
from dure.storage.curves_db import LaneRound
from dure.storage.store import Store

Make = Callable[..., Result]


@pytest.fixture
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """make(variants, seeds=5, folds=1, epochs=30, ends={lane: Status}, ...) -> Result."""

    def made(*args: Any, **given: Any) -> Result:
        return invent(tmp_path_factory.mktemp("run") / "demo-1", *args, **given)

    return made


def invent(
    folder: Path,
    variants: Sequence[str],
    seeds: int = 5,
    folds: int = 1,
    epochs: int = 30,
    ends: Mapping[int, Status] | None = None,
    validation: bool = True,
    excerpt: bool = False,
    source: str = "digits (scikit-learn)",
) -> Result:
    """A run folder of an overfitting classifier; lanes not in `ends` are finished."""
    keys = [LaneKey(v, s, f) for v in variants for s in range(seeds) for f in range(1, folds + 1)]
    names = ["accuracy", "loss"]
    names += [f"val_{name}" for name in names] if validation else []
    manifest = {
        "name": "demo",
        "study": {"epochs": epochs},
        "data": {"source": source, "excerpt": excerpt},
        "monitor": {"name": "val_loss" if validation else "loss", "mode": "min"},
        "metrics": names,
    }
    with Store.create(folder, manifest, keys) as store:
        for lane, key in enumerate(keys):
            end = (ends or {}).get(lane, Status("finished"))
            if end.kind == "waiting":
                continue
            ran = end.epoch or epochs
            drawn = invented_curves(variants.index(key.variant), key.seed * 31 + key.fold, epochs)
            metrics = {name: drawn[name][:ran].copy() for name in names}
            if end.kind == "diverged":
                for values in metrics.values():
                    values[-1] = np.nan
            store.record_round([LaneRound(lane, 1, metrics, 0.1 * ran)])
            if end.done:
                judged = metrics["val_loss" if validation else "loss"]
                best = int(np.nanargmin(judged)) + 1 if np.isfinite(judged).any() else None
                arrays = {"kernel": np.full((2, 2), lane, np.float32)}
                test = {"loss": 0.3 + lane / 100, "accuracy": 0.9 - lane / 100}
                store.finish_lane(
                    lane, end, best_epoch=best, weights=arrays, best_weights=None, test=test
                )
    return load(folder)


def invented_curves(variant: int, seed: int, epochs: int) -> dict[str, np.ndarray]:
    """Loss and accuracy that fall, and a validation loss that turns, later for later variants."""
    rng = np.random.default_rng([variant, seed])
    t = np.arange(epochs) / 5
    pace = 1 + 0.15 * rng.normal()
    loss = 1.9 * np.exp(-t * pace * (1.1 - 0.07 * variant)) + 0.03
    over = 0.05 * np.maximum(0, t - 1.5) * max(0.1, 1 - 0.3 * variant)
    noise = 0.012 * rng.normal(size=(4, epochs))
    return {
        "loss": loss * np.exp(noise[0]),
        "val_loss": (loss + 0.18 + 0.02 * rng.normal() + over) * np.exp(2 * noise[1]),
        "accuracy": 1 - 0.45 * loss / 2 + noise[2] / 5,
        "val_accuracy": 0.96 - 0.45 * loss / 2 - over / 8 + noise[3] / 3,
    }
