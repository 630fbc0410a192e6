"""What layers give for rows of data: feature maps, and figures about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from dure.core.arrays import Array, Tree
from dure.core.backend import keras
from dure.errors import DureError
from dure.inspection.network.axes import attributes, channels_last, map_axes, rows_first
from dure.inspection.network.batching import activation_name
from dure.inspection.network.network import LayerLike, Network

BINS = 50
"""Bins of a histogram."""

_SHARE = 0.01
_RANGES = {
    "sigmoid": (0.0, 1.0),
    "hard_sigmoid": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "hard_tanh": (-1.0, 1.0),
    "softsign": (-1.0, 1.0),
}
"""Asymptotes of the activations that saturate."""


def feature_maps(network: Network, layer: LayerLike, x: Tree) -> xr.DataArray:
    """What one layer gives for each row, in inference.

    Parameters
    ----------
    layer
        Any layer, also of an inner model ("inner/name"). Of a layer called several times in one
        pass the first call (attribute `calls` says how many there are), of one with several
        outputs the first.
    x
        Inputs, first axis rows.

    Returns
    -------
    Dims (row, height, width, channel), (row, step, unit) or (row, unit); of any other rank
    (row, axis_1, axis_2, ...). Channels come last also where the layer keeps them first.

    Raises
    ------
    DureError
        If there is no such layer, it is not called on the way from input to output, or the
        model does not take such inputs.
    """
    x = network.inputs(x)
    name = network.find(layer)
    values = channels_last(network.outputs([name], x)[name], network.layers[name])
    calls = next(call.calls for call in network.calls(x) if call.name == name)
    attrs = attributes(network, "feature_maps", name, calls=calls)
    return rows_first(values, map_axes(values.ndim), attrs, "feature_maps")


def activations(network: Network, x: Tree, layers: Sequence[LayerLike] | None = None) -> xr.Dataset:
    """How layers answer to all rows: spread, and shares of values that carry nothing on.

    Parameters
    ----------
    x
        Inputs, first axis rows.
    layers
        Which layers; None: those with weights or an activation, in the order they are called.

    Returns
    -------
    Over `layer`, with coordinate `activation`: `mean`, `std`, `units` (places on the last axis);
    `zero`, share of values that are exactly 0; `dead`, share of units that are 0 for every row
    and at every place (NaN where the activation cannot die: only relu and its kin can);
    `saturated`, share of values within 1 % of the activation's range from one of its asymptotes
    (sigmoid below 0.01 or above 0.99, tanh beyond 0.98 either way; recurrent layers by their
    output; NaN for activations without two asymptotes). `histogram` (layer, bin) counts values
    between `edges` (layer, edge), equally wide from the smallest to the largest value.

    Raises
    ------
    DureError
        If there is no such layer, it is not called, or the model does not take such inputs.
    """
    x = network.inputs(x)
    called = [call.name for call in network.calls(x)]
    if layers is None:
        names = [name for name in called if _acts(network.layers[name])] or called
    else:
        names = [network.find(layer) for layer in layers]
    if not names:
        raise DureError(f"{network.model.name!r} calls no layers, so there is nothing to see.")
    kinds = {name: activation_name(network.layers[name]) for name in names}
    counts = {
        name: _Counts(_RANGES.get(kinds[name]), channel_axis(network.layers[name]))
        for name in names
    }
    for part in network.stream(names, x):
        for name in names:
            counts[name].add(part[name].astype(np.float64))
    edges = {name: counts[name].edges() for name in names}
    histogram = {name: np.zeros(BINS, np.int64) for name in names}
    for part in network.stream(names, x):
        for name in names:
            histogram[name] += np.histogram(part[name].astype(np.float64), edges[name])[0]
    figures = [counts[name].figures(can_die(network.layers[name])) for name in names]
    return xr.Dataset(
        {
            **{key: ("layer", [each[key] for each in figures]) for key in figures[0]},
            "histogram": (("layer", "bin"), [histogram[name] for name in names]),
            "edges": (("layer", "edge"), [edges[name] for name in names]),
        },
        coords={"layer": names, "activation": ("layer", [kinds[name] for name in names])},
        attrs=attributes(network, "activations", rows=len(np.asarray(_leaf(x)))),
    )


class _Counts:
    """Running figures over batches of one layer's values."""

    def __init__(self, span: tuple[float, float] | None, axis: int) -> None:
        self.span, self.axis = span, axis
        self.size = self.total = self.squares = self.zeros = self.near = 0.0
        self.low, self.high = np.inf, -np.inf
        self.alive: Any = False

    def add(self, values: Array) -> None:
        self.size += values.size
        self.total += float(values.sum())
        self.squares += float(np.square(values).sum())
        self.zeros += int(np.count_nonzero(values == 0))
        self.low, self.high = min(self.low, values.min()), max(self.high, values.max())
        units = np.moveaxis(values, self.axis, -1) if values.ndim > 1 else values[:, None]
        self.alive = self.alive | np.any(units != 0, axis=tuple(range(units.ndim - 1)))
        if self.span is not None:
            low, high = self.span
            margin = _SHARE * (high - low)
            self.near += int(np.count_nonzero((values < low + margin) | (values > high - margin)))

    def edges(self) -> Array:
        if not np.isfinite(self.low) or not np.isfinite(self.high):
            return np.linspace(0.0, 1.0, BINS + 1)
        spread = self.high > self.low
        high = self.high if spread else self.low + 1.0
        return np.linspace(self.low, high, BINS + 1)

    def figures(self, can_die: bool) -> dict[str, Any]:
        mean = self.total / self.size
        return {
            "mean": mean,
            "std": float(np.sqrt(max(0.0, self.squares / self.size - mean**2))),
            "zero": self.zeros / self.size,
            "dead": float(np.mean(~self.alive)) if can_die else np.nan,
            "saturated": self.near / self.size if self.span is not None else np.nan,
            "units": len(self.alive),
        }


def can_die(layer: keras.Layer) -> bool:
    """Whether the layer's activation gives exactly 0, with no gradient, on half of its range."""
    activation = getattr(layer, "activation", None)
    layer = activation if isinstance(activation, keras.Layer) else layer
    if isinstance(layer, keras.layers.ReLU):
        return not layer.negative_slope
    return activation_name(layer) in ("relu", "relu6")


def channel_axis(layer: keras.Layer) -> int:
    """The axis of a layer's output that tells its units apart."""
    return 1 if getattr(layer, "data_format", None) == "channels_first" else -1


def _acts(layer: keras.Layer) -> bool:
    inner = isinstance(layer, keras.Model)
    return not inner and bool(layer.weights or activation_name(layer))


def _leaf(x: Tree) -> Any:
    while isinstance(x, (list, tuple, dict)):
        x = next(iter(x.values())) if isinstance(x, dict) else x[0]
    return x
