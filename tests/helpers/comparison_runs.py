"""Runs and lanes whose numbers are given, for the tests of comparisons."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from dure.analysis.comparison.compare import compare_lanes
from dure.analysis.comparison.pairing import Lanes
from dure.analysis.comparison.table import Comparison
from dure.core.types import LaneKey, Status
from dure.result import Result, load
from dure.storage.curves_db import LaneRound
from dure.storage.store import Store

FINISHED = Status("finished")


def run_of(
    folder: Path,
    values: Mapping[str, Any],
    ends: Mapping[tuple[str, int, int], Status] | None = None,
    seeds: list[int] | None = None,
    mode: str = "min",
    metric: str = "val_loss",
    name: str = "demo",
    **about: Any,
) -> Result:
    """A run folder in which each lane's metric, (seed, fold) a variant, is what is given.

    Two epochs a lane, the second worse by 1. `about` goes into the manifest: `fingerprint` of the
    data, `splits` and `epochs` of the study, the variants that are `penalised`.
    """
    grids = {v: np.atleast_2d(np.asarray(given, dtype=np.float64)) for v, given in values.items()}
    numbers = seeds or list(range(len(next(iter(grids.values())))))
    keys = [
        LaneKey(variant, seed, fold)
        for variant, grid in grids.items()
        for seed in numbers
        for fold in range(1, grid.shape[1] + 1)
    ]
    manifest = {
        "name": name,
        "study": {"epochs": about.get("epochs", 2), "splits": about.get("splits", "same")},
        "data": {"source": "invented", "fingerprint": about.get("fingerprint", "same")},
        "monitor": {"name": metric, "mode": mode},
        "metrics": [metric],
        "facts": {"models": {v: {"penalised": v in about.get("penalised", ())} for v in grids}},
    }
    worse = 1.0 if mode == "min" else -1.0
    with Store.create(folder, manifest, keys) as store:
        for lane, key in enumerate(keys):
            end = (ends or {}).get((key.variant, key.seed, key.fold), FINISHED)
            value = float(grids[key.variant][numbers.index(key.seed), key.fold - 1])
            if end.kind == "waiting":
                continue
            curve = np.array([value, value + worse])
            store.record_round([LaneRound(lane, 1, {metric: curve}, 0.1)])
            if end.done:
                arrays = {"w": np.zeros(1, np.float32)}
                store.finish_lane(
                    lane, end, best_epoch=1, weights=arrays, best_weights=None, test={}
                )
    return load(folder)


def lanes_of(values: Any, lost: Any = None, mode: str = "min") -> Lanes:
    """Lanes of variants a, b, c, ... with values (variant, seed) or (variant, seed, fold)."""
    array = np.array(values, dtype=np.float64)
    array = array[:, :, None] if array.ndim == 2 else array
    gone = np.zeros(array.shape, bool) if lost is None else np.reshape(lost, array.shape)
    return Lanes(
        metric="val_loss",
        mode=mode,  # type: ignore[arg-type]
        names=tuple("abcdefghij"[: len(array)]),
        seeds=tuple(range(array.shape[1])),
        values=np.where(gone, np.nan, array),
        sound=~gone,
        lost=gone,
        by_fold=array.shape[1] == 1 and array.shape[2] > 1,
        same_rows=True,
        notes=(),
    )


def compared(values: Any, lost: Any = None, mode: str = "min", **given: Any) -> Comparison:
    """The comparison of such lanes."""
    return compare_lanes(lanes_of(values, lost, mode), **given)
