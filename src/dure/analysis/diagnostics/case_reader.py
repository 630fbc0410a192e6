"""Cases for diagnosis out of a result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from dure.core.lane_grid import find_places
from dure.core.types import DIMS, Floats

if TYPE_CHECKING:
    import xarray as xr

    from dure.results.run_result import RunResult
from dure.analysis.diagnostics.case import Case

_LANE_DIMS = DIMS[:3]


def read_cases(result: RunResult) -> list[Case]:
    """Every variant of a result that has a lane that ran."""
    layers = getattr(result, "layer_curves", None)
    first_nan = getattr(result, "first_nan", None)
    made = (_case(result, variant, layers, first_nan) for variant in result.variants)
    return [case for case in made if case.of]


def _case(
    result: RunResult, variant: str, layers: xr.Dataset | None, first_nan: pd.DataFrame | None
) -> Case:
    table = result.lanes[result.lanes["variant"] == variant]
    failed = [result.statuses[lane].kind == "failed" for lane in table.index]
    table = table[(table["epochs"] > 0) & ~np.array(failed, bool)]
    where = _Where(variant, table["seed"].tolist(), table["fold"].tolist())
    facts = result.manifest.get("facts") or {}
    model = (facts.get("models") or {}).get(variant) or {}
    called = [each["name"] for each in model.get("layers", ())]
    names, epochs, layered, whole = _measured(layers, where, called)
    nans = pd.DataFrame(columns=["variant", "seed", "fold", "epoch", "step", "layer", "what"])
    if first_nan is not None and len(first_nan):
        nans = first_nan[first_nan["variant"] == variant]
    return Case(
        variant=variant,
        monitor=result.monitor,
        seeds=np.asarray(where.seeds),
        folds=np.asarray(where.folds),
        statuses=tuple(result.statuses[i] for i in table.index),
        ran=table["epochs"].to_numpy(dtype=np.int64),
        curves={str(name): where.take(values) for name, values in result.curves.items()},
        epochs=epochs,
        layers=names,
        layered=layered,
        whole=whole,
        first_nan=nans,
        model=model,
        data=facts.get("data") or {},
        study=result.manifest.get("study") or {},
    )


@dataclass(frozen=True)
class _Where:
    """The places of a variant's lanes in arrays over (variant, seed, fold, ...)."""

    variant: str
    seeds: Sequence[int]
    folds: Sequence[int]

    def take(self, values: xr.DataArray) -> Floats:
        """Values as [lane, ...]."""
        array = values.transpose(*_LANE_DIMS, ...)
        columns = [self.variant] * len(self.seeds), self.seeds, self.folds
        at = find_places(columns, [array[dim].values.tolist() for dim in _LANE_DIMS])
        return np.asarray(array.values[at], dtype=np.float64)


def _measured(
    layers: xr.Dataset | None, where: _Where, called: Sequence[str]
) -> tuple[tuple[str, ...], npt.NDArray[np.int64], dict[str, Floats], dict[str, Floats]]:
    """Names, epochs and quantities of this variant's layers, those without any value left out.

    `layer` joins the layers of all variants: the order of this one's is that in which its own model
    calls them.
    """
    nothing = np.empty(0, np.int64)
    if layers is None or not layers.data_vars or where.variant not in layers["variant"].values:
        return (), nothing, {}, {}
    arrays = {str(name): values for name, values in layers.items()}
    whole = {name: where.take(v) for name, v in arrays.items() if "layer" not in v.dims}
    layered = {
        name: where.take(v.transpose(*_LANE_DIMS, "epoch", "layer"))
        for name, v in arrays.items()
        if "layer" in v.dims
    }
    if not layered:
        return (), nothing, {}, whole
    present = np.zeros(layers.sizes["layer"], dtype=bool)
    for values in layered.values():
        present |= np.isfinite(values).any(axis=(0, 1))
    names = [str(name) for name in layers["layer"].values]
    order = {name: place for place, name in enumerate(called)}
    places = sorted(np.flatnonzero(present), key=lambda place: order.get(names[place], len(order)))
    return (
        tuple(names[place] for place in places),
        layers["epoch"].values.astype(np.int64),
        {name: values[:, :, places] for name, values in layered.items()},
        whole,
    )
