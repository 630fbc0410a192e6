"""What goes on in each layer while it trains: against the epoch, and from input to output.

Drawn from `Result.layer_curves`; lines are means over lanes (geometric ones on logarithmic axes)
with their 95 % interval.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from dure.blocks.charts import Line, Lines
from dure.core.types import Bools, Floats
from dure.errors import DureError, did_you_mean
from dure.messages.message import as_is
from dure.plots.charts.layers import average_lanes
from dure.plots.render import draw
from dure.plots.style import as_png
from dure.results.layer_order import order_layers
from dure.results.run_result import RunResult

_MOST_PANELS = 12
_MOST_LAYERS = 30


class _Quantity(NamedTuple):
    title: str
    axis: str
    log: bool


QUANTITIES = {
    "gradient_norm": _Quantity("Gradients by the weights", "norm of the gradient", True),
    "activation_gradient": _Quantity(
        "Gradients by the outputs", "gradient of a value (root mean square)", True
    ),
    "weight_norm": _Quantity("Weights", "norm of the weights", True),
    "update_ratio": _Quantity("Steps", "change in one step / norm of the weights", True),
    "dead": _Quantity("Dead units", "share of the units", False),
    "saturated": _Quantity("Saturated outputs", "share of the outputs", False),
    "activation_mean": _Quantity("Outputs", "mean of the outputs", False),
    "activation_std": _Quantity("Outputs", "deviation of the outputs", True),
}
"""What can be drawn against the epoch."""

_WRITTEN = ("gradient_norm", "update_ratio", "dead", "saturated", "activation_std")


def against_epoch(layers: xr.Dataset, quantity: str) -> Figure:
    """One quantity of every layer against the epoch, a panel for each variant.

    Parameters
    ----------
    layers
        As `Result.layer_curves`.
    quantity
        One of `QUANTITIES`. Layers that have none (NaN in every lane) are left out.

    Raises
    ------
    DureError
        For another quantity, or where nothing was recorded.
    """
    if quantity not in QUANTITIES:
        raise DureError(
            f"there is no quantity {quantity!r}; there is {', '.join(QUANTITIES)}."
            + did_you_mean(quantity, QUANTITIES)
        )
    values, about = _of(layers, quantity), QUANTITIES[quantity]
    names, variants = _named(values)
    shown = values.sel(layer=names).transpose("variant", "layer", "seed", "fold", "epoch")
    view, epochs = _view(shown.values, about.log), shown["epoch"].values.astype(np.float64)
    blocks = [
        Lines(
            label=as_is(variant),
            title=as_is(variant),
            x_axis=as_is("epoch (0: before training)"),
            y_axis=as_is(about.axis),
            lines=tuple(
                _line(name, epochs, lanes, about.log)
                for name, lanes in zip(names, shown.sel(variant=variant).values, strict=True)
            ),
            logarithmic=about.log,
            view=view,
        )
        for variant in variants
    ]
    return draw(
        about.title,
        blocks,
        list(_notes(values, names, about.log)),
        columns=min(len(blocks), 3),
        legend=True,
    )


def against_depth(layers: xr.Dataset, quantity: str = "activation_gradient") -> Figure:
    """A quantity from the first layer to the last, before training and at the end.

    Parameters
    ----------
    layers
        As `Result.layer_curves`.
    quantity
        One of `QUANTITIES`; of the layers that have weights.

    Raises
    ------
    DureError
        As :func:`against_epoch`.
    """
    values, about = _of(layers, quantity), QUANTITIES[quantity]
    values = values.sel(layer=layers["layer"].values[_known(layers["gradient_norm"])])
    names, variants = _named(values)
    shown = values.sel(layer=names).transpose("variant", "epoch", "seed", "fold", "layer")
    view, first = _view(shown.values, about.log), values["epoch"].values[0]
    ends = ("before training" if first == 0 else f"epoch {first}", "at the end")
    blocks = []
    for variant in variants:
        one = shown.sel(variant=variant).values
        measured = np.flatnonzero(np.isfinite(one).any(axis=(1, 2, 3)))
        both = one[measured[[0, -1]]] if measured.size else ()
        lines = (
            _line(name, np.arange(float(len(names))), lanes, about.log)
            for name, lanes in zip(ends, both, strict=False)
        )
        blocks.append(
            Lines(
                label=as_is(variant),
                title=as_is(variant),
                x_axis=as_is("layer, from input to output"),
                y_axis=as_is(about.axis),
                lines=tuple(lines),
                ticks=tuple(map(as_is, names)),
                logarithmic=about.log,
                one_axis=True,
                view=view,
            )
        )
    notes = [*_notes(values, names, about.log), "From input (top) to output."]
    return draw(
        f"{about.title}, layer by layer", blocks, notes, columns=min(len(blocks), 3), legend=True
    )


def save_all(result: RunResult, folder: str | PathLike[str] | None = None) -> list[Path]:
    """Write the pictures as PNG files; nothing where nothing was recorded of the layers.

    Parameters
    ----------
    folder
        A run folder: the files go to ``pictures/`` in it, which is made. Default: the result's own.
    """
    layers = order_layers(result)
    if not layers.data_vars or not _known(layers["gradient_norm"]).any():
        return []
    figures = {"depth": against_depth(layers)}
    for quantity in _WRITTEN:
        if quantity in layers and _known(layers[quantity]).any():
            figures[quantity.replace("_", "-")] = against_epoch(layers, quantity)
    pictures = Path(result.folder if folder is None else folder) / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, figure in figures.items():
        path = pictures / f"health-{name}.png"
        path.write_bytes(as_png(figure))
        paths.append(path)
    return paths


def _of(layers: xr.Dataset, quantity: str) -> xr.DataArray:
    """A quantity without the layers that have none.

    Raises
    ------
    DureError
        Where nothing was recorded.
    """
    if quantity not in layers or not np.isfinite(layers[quantity].values).any():
        raise DureError(
            f"there is no {quantity} to draw: nothing was recorded of the layers. Run the study "
            "with health=True."
        )
    values = layers[quantity]
    return values.isel(layer=np.flatnonzero(_known(values)))


def _known(values: xr.DataArray) -> Bools:
    """Which layers have a value anywhere."""
    finite = np.isfinite(values.transpose("layer", ...).values)
    return np.asarray(finite.reshape(len(finite), -1).any(axis=1))


def _named(values: xr.DataArray) -> tuple[list[str], list[str]]:
    """The layers and the variants that are drawn."""
    layers = [str(name) for name in values["layer"].values[:_MOST_LAYERS]]
    return layers, [str(name) for name in values["variant"].values[:_MOST_PANELS]]


def _notes(values: xr.DataArray, names: Sequence[str], log: bool) -> Iterator[str]:
    lanes = values.sizes["seed"] * values.sizes["fold"]
    kind = "Geometric means" if log else "Means"
    yield f"{kind} over {lanes} lanes a variant with 95 % interval." if lanes > 1 else "1 lane."
    for shown, dim in ((len(names), "layer"), (_MOST_PANELS, "variant")):
        if shown < values.sizes[dim]:
            yield f"The first {shown} of {values.sizes[dim]} {dim}s."


def _line(name: str, x: Floats, lanes: Floats, log: bool) -> Line:
    """The mean over [seed, fold, place], where there is one."""
    mean, low, high = average_lanes(lanes, log)
    seen = np.isfinite(mean)
    return Line(as_is(name), x[seen], mean[seen], low[seen], high[seen])


def _view(values: Floats, log: bool) -> tuple[float, float]:
    if not log:
        known = values[np.isfinite(values)]
        low, high = min(0.0, float(known.min())), max(float(known.max()), 1e-3)
        spare = 0.03 * (max(high, 1.0) - low)  # a line at 0 is no axis
        return (low - spare, max(high, 1.0) + spare) if low == 0 else (1.05 * low, 1.05 * high)
    known = values[np.isfinite(values) & (values > 0)]
    if not known.size:
        return 1e-3, 1.0
    low, high = float(known.min()), float(known.max())
    # A few lanes far below all others would press the rest into a line.
    low = max(low, float(np.quantile(known, 0.01)) / 10, high * 1e-20)
    spare = max(1.5, math.sqrt(10 * low / high))  # a decade at least, or there is no scale to see
    return low / spare, high * spare
