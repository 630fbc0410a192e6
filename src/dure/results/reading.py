"""A run folder's tables as named-axis arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from dure.core.lane_grid import find_axes, find_places
from dure.core.types import DIMS, LaneKey, Monitor
from dure.storage.curves_db import LaneRow

LANE_DIMS = DIMS[:3]
TEST = "test_"
"""Begins the names of test metrics where they stand beside others."""


class LanePlaces:
    """Where each lane stands on the axes (variant, seed, fold).

    Attributes
    ----------
    columns
        By axis the lanes' values, in lane order.
    coords
        By axis its values, in order of first appearance.
    where
        By axis the lanes' places on it, int [lanes] each.
    """

    def __init__(self, keys: Sequence[LaneKey]) -> None:
        columns = list(zip(*keys, strict=True)) or [(), (), ()]
        axes = find_axes(columns)
        self.columns = dict(zip(LANE_DIMS, columns, strict=True))
        self.coords: dict[str, list[Any]] = dict(zip(LANE_DIMS, axes, strict=True))
        self.where = find_places(columns, axes)

    def __len__(self) -> int:
        return len(self.where[0])

    def grid(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Values in lane order, as (variant, seed, fold)."""
        grid = np.full([len(axis) for axis in self.coords.values()], np.nan)
        grid[self.where] = values
        return grid


def read_curves(
    table: tuple[NDArray[np.int64], NDArray[np.int64], Mapping[str, NDArray[np.float64]]],
    manifest: Mapping[str, Any],
    places: LanePlaces,
    attributes: Mapping[str, Any],
) -> tuple[xr.Dataset, NDArray[np.int64]]:
    """The curves, as `Store.curves_table` gives them, and how many epochs each lane ran."""
    lane, epoch, metrics = table
    length = max(int(manifest["study"]["epochs"]), int(epoch.max(initial=0)))
    shape = (*(len(axis) for axis in places.coords.values()), length)
    at = (*(where[lane] for where in places.where), epoch - 1)
    known = [name for name in manifest.get("metrics", ()) if name in metrics]
    # A monitor that callbacks log may never have come: then it is a curve of NaN.
    lost = [attributes["monitor"]] if metrics else []
    data = {}
    for name in dict.fromkeys((*known, *metrics, *lost)):
        cube = np.full(shape, np.nan)
        cube[at] = metrics.get(name, np.nan)
        data[name] = (DIMS, cube)
    epochs = np.zeros(len(places), dtype=np.int64)
    np.maximum.at(epochs, lane, epoch)
    coords = {**places.coords, "epoch": np.arange(1, length + 1)}
    return xr.Dataset(data, coords, attributes), epochs


def read_test(
    tests: Mapping[int, Mapping[str, float]], places: LanePlaces, attributes: Mapping[Any, Any]
) -> xr.Dataset:
    """The test metrics, by lane as `Store.tests` gives them; dimensions (variant, seed, fold)."""
    columns: dict[str, NDArray[np.float64]] = {}
    for lane, metrics in tests.items():
        for name, value in metrics.items():
            columns.setdefault(name, np.full(len(places), np.nan))[lane] = value
    grids = {name.removeprefix(TEST): (LANE_DIMS, places.grid(v)) for name, v in columns.items()}
    return xr.Dataset(grids, places.coords, attributes)


def lanes_frame(
    rows: Sequence[LaneRow],
    places: LanePlaces,
    epochs: NDArray[np.int64],
    curves: xr.Dataset,
    monitor: Monitor,
) -> pd.DataFrame:
    """One row a lane, as `Result.lanes` has it."""
    found = _best_epochs(curves, places, monitor)
    best = [row.best_epoch or found[row.lane] or None for row in rows]
    return pd.DataFrame(
        {
            **places.columns,
            "status": [str(row.status) for row in rows],
            "epochs": epochs,
            "best_epoch": pd.array(best, dtype="Int64"),
            "seconds": [row.seconds for row in rows],
        },
        index=pd.RangeIndex(len(rows), name="lane"),
    )


def _best_epochs(curves: xr.Dataset, places: LanePlaces, monitor: Monitor) -> list[int]:
    """Each lane's best epoch by the monitor, the first of equals; 0 where it has none."""
    if monitor.name not in curves:
        return [0] * len(places)
    values = curves[monitor.name].values[places.where]
    worst = np.inf if monitor.mode == "min" else -np.inf
    filled = np.where(np.isfinite(values), values, worst)
    best = filled.argmin(1) if monitor.mode == "min" else filled.argmax(1)
    return [int(b) for b in np.where(np.isfinite(values).any(axis=1), best + 1, 0)]
