"""The order of layers that several variants share."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

import xarray as xr

from dure.results.run_result import RunResult


def order_layers(result: RunResult) -> xr.Dataset:
    """`Result.layer_curves`, its layers in an order that keeps to that of every variant's model.

    There they stand in order of first appearance, so that what a deeper variant has more comes
    behind the first one's output. Where two variants call the same layers in opposite orders,
    nothing is changed.
    """
    layers = result.layer_curves
    facts = (result.manifest.get("facts") or {}).get("models") or {}
    if not layers.data_vars:
        return layers
    known = set(layers["layer"].values.tolist())
    sorter: TopologicalSorter[str] = TopologicalSorter(dict.fromkeys(sorted(known), ()))
    for model in facts.values():
        called = [each["name"] for each in model["layers"] if each["name"] in known]
        for before, after in pairwise(called):
            sorter.add(after, before)
    try:
        order = list(sorter.static_order())
    except CycleError:
        return layers
    return layers.sel(layer=order)
