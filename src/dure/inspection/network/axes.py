"""Names of axes, classes and attributes, the same in every measurement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from dure.core.arrays import Array
from dure.errors import DureError
from dure.inspection.network.network import Network

_MAPS = {
    1: ("row",),
    2: ("row", "unit"),
    3: ("row", "step", "unit"),
    4: ("row", "height", "width", "channel"),
}
_INPUTS = {2: ("row", "feature"), 3: ("row", "step", "feature")}


def attributes(
    network: Network, kind: str, layer: str | None = None, **more: Any
) -> dict[str, Any]:
    """Attributes of a measurement; all of them strings or numbers, so that any file holds them."""
    place = {} if layer is None else {"layer": layer}
    return {"kind": kind, "model": network.model.name, **place, **more}


def rows_first(
    values: Array, names: tuple[str, ...], attrs: dict[str, Any], name: str
) -> xr.DataArray:
    """An array whose first axis is rows of `x`, with their numbers as coordinate `row`."""
    rows = {"row": np.arange(len(values))}
    return xr.DataArray(values, dims=names, coords=rows, attrs=attrs, name=name)


def map_axes(rank: int) -> tuple[str, ...]:
    """Names of the axes of a layer's output, rows included."""
    return _MAPS.get(rank) or ("row", *(f"axis_{i}" for i in range(1, rank)))


def input_axes(rank: int) -> tuple[str, ...]:
    """Names of the axes of a model's input, rows included."""
    return _INPUTS.get(rank) or map_axes(rank)


def channels_last(values: Array, layer: Any) -> Array:
    """Maps of shape [rows, channels, height, width] as [rows, height, width, channels]."""
    if getattr(layer, "data_format", None) == "channels_first" and values.ndim > 2:
        return np.moveaxis(values, 1, -1)
    return values


def class_labels(class_names: Sequence[str] | None, classes: int) -> Array:
    """Coordinate of a class axis: the names, or 0, 1, ... where there are none.

    Raises
    ------
    DureError
        If the names are not as many as the classes.
    """
    if class_names is None:
        return np.arange(classes)
    if len(class_names) != classes:
        raise DureError(
            f"{len(class_names)} class_names came, the model tells {classes} classes apart; pass "
            f"{classes}, or none."
        )
    return np.array([str(name) for name in class_names])
