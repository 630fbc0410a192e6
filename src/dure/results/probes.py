"""What was measured inside the lanes of a run, as named-axis arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from dure.core.lane_grid import find_places
from dure.core.types import DIMS, LANE_QUANTITIES, LAYER_QUANTITIES, FirstNan, LaneKey
from dure.storage.probes_db import Recorded


def layer_curves(
    recorded: Recorded,
    keys: Sequence[LaneKey],
    coords: Mapping[str, Sequence[Any]],
    attributes: Mapping[str, Any],
) -> xr.Dataset:
    """What `Result.layer_curves` says; `coords` are those of variant, seed and fold."""
    attributes = {**attributes, "not_measured": dict(recorded.unmeasured)}
    if not len(recorded.lane_rows):
        return xr.Dataset(attrs=attributes)
    names = [name for variant in coords["variant"] for name in recorded.names.get(variant, ())]
    layers = list(dict.fromkeys(names))
    epochs = np.unique(recorded.lane_rows[:, 1])
    axes = find_places(zip(*keys, strict=True), coords.values())
    at = _places(recorded.lane_rows, axes, epochs)
    shape = (*(len(axis) for axis in coords.values()), len(epochs))
    data: dict[str, Any] = {
        name: (DIMS, _filled(shape, at, recorded.lane_values[:, column]))
        for column, name in enumerate(LANE_QUANTITIES)
    }
    at = (*_places(recorded.layer_rows, axes, epochs), _layer_places(recorded, keys, layers))
    data = {
        name: ((*DIMS, "layer"), _filled((*shape, len(layers)), at, values))
        for name, values in zip(LAYER_QUANTITIES, recorded.layer_values.T, strict=True)
    } | data
    return xr.Dataset(data, {**coords, "epoch": epochs, "layer": layers}, attributes)


def _places(
    rows: NDArray[np.int64], axes: Sequence[NDArray[np.intp]], epochs: NDArray[np.int64]
) -> tuple[NDArray[np.intp], ...]:
    """Where rows of (lane, epoch, ...) stand along (variant, seed, fold, epoch)."""
    return (*(axis[rows[:, 0]] for axis in axes), np.searchsorted(epochs, rows[:, 1]))


def _layer_places(
    recorded: Recorded, keys: Sequence[LaneKey], layers: Sequence[str]
) -> NDArray[np.intp]:
    """Where each row's layer stands among all layers: each variant has an order of its own."""
    place = {name: i for i, name in enumerate(layers)}
    width = max(len(names) for names in recorded.names.values())
    by_variant = {
        variant: np.array([*(place[n] for n in names), *[0] * (width - len(names))], np.intp)
        for variant, names in recorded.names.items()
    }
    none = np.zeros(width, np.intp)
    table = np.stack([by_variant.get(key.variant, none) for key in keys])
    return np.asarray(table[recorded.layer_rows[:, 0], recorded.layer_rows[:, 2]], np.intp)


def _filled(
    shape: tuple[int, ...], at: tuple[NDArray[np.intp], ...], values: NDArray[np.float64]
) -> NDArray[np.float64]:
    cube = np.full(shape, np.nan)
    cube[at] = values
    return cube


def first_nan_frame(found: Mapping[int, FirstNan], keys: Sequence[LaneKey]) -> pd.DataFrame:
    """What `Result.first_nan` says."""
    rows = [(*keys[lane], *where) for lane, where in found.items()]
    return pd.DataFrame(rows, columns=[*DIMS[:3], *FirstNan._fields])
