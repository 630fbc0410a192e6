"""What a measurement says of itself: titles, rows and lanes in words, means over lanes."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TypeAlias

import numpy as np
import xarray as xr

from dure.core.formatting import format_count
from dure.core.lane_grid import spread_lanes
from dure.core.types import Floats
from dure.errors import DureError
from dure.stats.intervals import mean_interval

Measure: TypeAlias = "xr.DataArray | xr.Dataset"
LANE = "lane"


def lane_count(measure: Measure) -> int:
    """How many lanes are stacked in a measurement; 1 for a single model's."""
    return int(measure.sizes.get(LANE, 1))


def lanes_note(measure: Measure, told: str = "", shown: int | None = None) -> str:
    """A sentence on the lanes a measurement is of; '' for a single network.

    Parameters
    ----------
    told
        Ends the sentence.
    shown
        How many of them are drawn, where that may be fewer.
    """
    if LANE not in measure.dims:
        return ""
    count = lane_count(measure)
    some_of = f", the first {shown} shown" if shown is not None and shown < count else ""
    return f"{format_count(count, 'network')} of variant {_variant(measure)}{some_of}{told}."


def _variant(measure: Measure) -> str:
    if "variant" not in measure.coords:
        return "unknown"
    return ", ".join(dict.fromkeys(map(str, np.atleast_1d(measure["variant"].values))))


def lane_names(measure: Measure) -> list[str]:
    """'seed 3' or 'seed 3, fold 2' for each lane; [''] for a single network."""
    if LANE not in measure.dims:
        return [""]
    names = []
    folds = set(np.atleast_1d(measure["fold"].values).tolist()) if "fold" in measure.coords else {1}
    for place in range(lane_count(measure)):
        one = measure.isel(lane=place)
        seed = int(one["seed"]) if "seed" in one.coords else place
        names.append(f"seed {seed}" + (f", fold {int(one['fold'])}" if len(folds) > 1 else ""))
    return names


def each_lane(measure: xr.DataArray) -> list[xr.DataArray]:
    """The measurement of each lane, or the one there is."""
    if LANE not in measure.dims:
        return [measure]
    return [measure.isel(lane=place) for place in range(lane_count(measure))]


def over_lanes(values: xr.DataArray) -> tuple[Floats, Floats, Floats]:
    """Mean over lanes and its 95 % interval, each in the shape of one lane's values.

    A single network's values are the mean, with limits NaN. The interval is that of
    `dure.stats.intervals`: over seeds where there are several, else over folds.
    """
    if LANE not in values.dims:
        mean = np.asarray(values.values, dtype=np.float64)
        return mean, np.full(mean.shape, np.nan), np.full(mean.shape, np.nan)
    whole = values.transpose(LANE, ...)
    grid = _by_seed_and_fold(whole)
    shape = whole.shape[1:]
    flat = grid.reshape(*grid.shape[:2], -1)
    found = [mean_interval(flat[:, :, place])[:3] for place in range(flat.shape[2])]
    columns = np.asarray(found, dtype=np.float64).reshape(-1, 3)
    return (
        columns[:, 0].reshape(shape),
        columns[:, 1].reshape(shape),
        columns[:, 2].reshape(shape),
    )


def _by_seed_and_fold(whole: xr.DataArray) -> Floats:
    """Values as (seed, fold, ...); lanes that are not there are NaN."""
    count = whole.sizes[LANE]
    seeds, folds = (
        np.atleast_1d(whole[name].values) if name in whole.coords else fill
        for name, fill in (("seed", np.arange(count)), ("fold", np.ones(count)))
    )
    return spread_lanes(whole.values, (seeds.tolist(), folds.tolist()))


def rows_note(measure: Measure, shown: int) -> str:
    """'5 of 5,000 rows.'; how many there are is the attribute `rows_of`."""
    there = int(measure.attrs.get("rows_of", measure.sizes.get("row", shown)))
    rows = format_count(there, "row")
    return f"{shown} of {rows}." if shown < there else f"All {rows}."


def class_names(values: xr.DataArray, dim: Hashable = "class") -> list[str]:
    """The names of the classes along a dimension."""
    if dim not in values.coords:
        return [str(place) for place in range(values.sizes[dim])]
    return [str(name) for name in values[dim].values]


def some(shown: int, of: int, noun: str) -> str:
    """'All 32 filters.' or 'The first 32 of 64 filters.'."""
    return f"All {of:,} {noun}s." if shown >= of else f"The first {shown:,} of {of:,} {noun}s."


def need(measure: Measure, *dims: str) -> None:
    """Refuse a measurement without these dimensions.

    Raises
    ------
    DureError
        If one is missing.
    """
    if missing := [dim for dim in dims if dim not in measure.dims]:
        raise DureError(
            f"there is nothing to draw: the array has dimensions {tuple(measure.dims)} and not "
            f"{', '.join(missing)}. Pass what the method of the same name returned."
        )


def median_horizon(measured: xr.Dataset) -> float:
    """The horizon; over networks their median, which may be infinite. NaN where none is known."""
    horizons = np.atleast_1d(measured["horizon"].values)
    known = horizons[~np.isnan(horizons)]
    return float(np.quantile(known, 0.5, method="higher")) if known.size else np.nan
