"""What goes on in each layer while it trains: against the epoch, and from input to output.

Drawn from `Result.layer_curves`; lines are means over lanes (geometric ones on logarithmic axes)
with their 95 % interval.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from dure.core.palette import COLOURS
from dure.core.types import Floats
from dure.errors import DureError, did_you_mean
from dure.plots.style import (
    SMALL,
    Sheet,
    as_png,
    drawing,
    dressed,
    logarithmic,
    named_rows,
    shortened,
    widest,
)
from dure.results.layer_order import order_layers
from dure.results.run_result import RunResult
from dure.stats.intervals import band

_MOST_PANELS = 12
_MOST_LAYERS = 30


class _Look(NamedTuple):
    title: str
    axis: str
    log: bool


QUANTITIES = {
    "gradient_norm": _Look("Gradients by the weights", "norm of the gradient", True),
    "activation_gradient": _Look(
        "Gradients by the outputs", "gradient of a value (root mean square)", True
    ),
    "weight_norm": _Look("Weights", "norm of the weights", True),
    "update_ratio": _Look("Steps", "change in one step / norm of the weights", True),
    "dead": _Look("Dead units", "share of the units", False),
    "saturated": _Look("Saturated outputs", "share of the outputs", False),
    "activation_mean": _Look("Outputs", "mean of the outputs", False),
    "activation_std": _Look("Outputs", "deviation of the outputs", True),
}
"""What can be drawn against the epoch."""

_WRITTEN = ("gradient_norm", "update_ratio", "dead", "saturated", "activation_std")


@drawing
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
    values = _of(layers, quantity)
    look, names = QUANTITIES[quantity], _named(values)
    variants = [str(v) for v in values["variant"].values][:_MOST_PANELS]
    side = min(2.4, widest(names, SMALL) + 0.4)
    high = {1: 3.2, 2: 2.8}.get(len(variants), 2.3)
    notes = _notes(values, names, look.log)
    page, places = _page(variants, side, look.title, notes, 0.85, high)
    shown = values.sel(layer=names)
    limits = _limits(shown.values, look.log)
    for place, (axes, variant) in enumerate(zip(places, variants, strict=True)):
        _lines(axes, shown.sel(variant=variant), look.log)
        axes.set_ylim(*limits)
        if look.log:
            logarithmic(axes, "y", 6)
        first_column = place % _columns(variants) == 0
        dressed(axes, "epoch (0: before training)", look.axis if first_column else "")
        axes.tick_params(labelleft=first_column)
    _legend(page, names, side)
    return page.figure


@drawing
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
    values, look = _of(layers, quantity), QUANTITIES[quantity]
    values = values.sel(layer=layers["layer"].values[_known(layers["gradient_norm"])])
    names = _named(values)
    variants = [str(v) for v in values["variant"].values][:_MOST_PANELS]
    notes = [*_notes(values, names, look.log), "From input (top) to output."]
    side = min(2.2, widest(names, SMALL + 0.5) + 0.15)
    high = max(1.2, 0.2 * len(names) + 0.2)
    page, places = _page(variants, 1.35, f"{look.title}, layer by layer", notes, side, high)
    shown = values.sel(layer=names)
    limits = _limits(shown.values, look.log)
    for place, (axes, variant) in enumerate(zip(places, variants, strict=True)):
        one = shown.sel(variant=variant).transpose("epoch", "seed", "fold", "layer").values
        measured = np.flatnonzero(np.isfinite(one).any(axis=(1, 2, 3)))
        for at, colour in zip(measured[[0, -1]] if measured.size else (), COLOURS, strict=False):
            _rows(axes, one[at], colour, look.log)
        axes.set_xlim(*limits)
        if look.log:
            logarithmic(axes, "x", 5)
        dressed(axes, look.axis, "", "x")
        first_column = place % _columns(variants) == 0
        named_rows(axes, names if first_column else [""] * len(names), side - 0.1)
    epochs = values["epoch"].values
    labels = ["before training" if epochs[0] == 0 else f"epoch {epochs[0]}", "at the end"]
    for line, (label, colour) in enumerate(zip(labels, COLOURS, strict=False)):
        _key(page, page.width - 1.15, 0.3 + 0.2 * line, label, colour)
    return page.figure


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


def _known(values: xr.DataArray) -> npt.NDArray[np.bool_]:
    """Which layers have a value anywhere."""
    finite = np.isfinite(values.transpose("layer", ...).values)
    return np.asarray(finite.reshape(len(finite), -1).any(axis=1))


def _named(values: xr.DataArray) -> list[str]:
    return [str(name) for name in values["layer"].values[:_MOST_LAYERS]]


def _notes(values: xr.DataArray, names: Sequence[str], log: bool) -> list[str]:
    lanes = values.sizes["seed"] * values.sizes["fold"]
    kind = "Geometric means" if log else "Means"
    notes = [f"{kind} over {lanes} lanes a variant with 95 % interval." if lanes > 1 else "1 lane."]
    for shown, dim, noun in (
        (len(names), "layer", "layers"),
        (_MOST_PANELS, "variant", "variants"),
    ):
        if shown < values.sizes[dim]:
            notes.append(f"The first {shown} of {values.sizes[dim]} {noun}.")
    return notes


def _columns(variants: Sequence[str]) -> int:
    return min(len(variants), 3)


def _page(
    variants: Sequence[str],
    side: float,
    title: str,
    notes: Sequence[str],
    left: float,
    high: float,
) -> tuple[Sheet, list[Axes]]:
    """A page with a panel for each variant, names at its left and a legend at its right."""
    columns = _columns(variants)
    rows = math.ceil(len(variants) / columns)
    wide = {1: 6.0, 2: 4.2}.get(columns, 3.2)
    step = high + 0.85
    page = Sheet(left + columns * (wide + 0.25) + side, rows * step, title, notes)
    places = []
    for place, variant in enumerate(variants):
        at, top = left + place % columns * (wide + 0.25), place // columns * step + 0.25
        page.heading(at, top - 0.12, variant, wide)
        places.append(page.axes(at, top, wide, high))
    return page, places


def _colour(number: int, of: int) -> Any:
    """Told apart by hue where layers are few, by the place from input to output where many."""
    if of <= 7:
        return COLOURS[number]
    return mpl.colormaps["viridis"](0.95 * number / max(of - 1, 1))


def _interval(lanes: Floats, log: bool) -> tuple[Floats, Floats, Floats]:
    """Mean and limits over [seed, fold, place], by place."""
    with np.errstate(invalid="ignore", divide="ignore"):
        values = np.log10(np.where(lanes > 0, lanes, np.nan)) if log else lanes
    known = band(values)
    mean, low, high = (10.0**a if log else a for a in (known.mean, known.low, known.high))
    return mean, low, high


def _lines(axes: Axes, values: xr.DataArray, log: bool) -> None:
    """A line for each layer against the epoch."""
    values = values.transpose("layer", "seed", "fold", "epoch")
    epochs, count = values["epoch"].values, len(values)
    for number, lanes in enumerate(values.values):
        # What is drawn first is widest, so that it is seen behind a line that lies on it.
        wide = 1.3 + 1.8 * (count - 1 - number) / max(count - 1, 1)
        _line(axes, epochs, lanes, _colour(number, count), log, wide)
    last = float(epochs[-1]) or 1.0
    axes.set_xlim(-0.03 * last, 1.03 * last)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))


def _line(
    axes: Axes, epochs: npt.ArrayLike, lanes: Floats, colour: Any, log: bool, wide: float
) -> None:
    mean, low, high = _interval(lanes, log)
    seen = np.isfinite(mean)
    x = np.asarray(epochs)
    axes.plot(x[seen], mean[seen], color=colour, linewidth=wide, marker=".", markersize=4)
    axes.fill_between(x[seen], low[seen], high[seen], color=colour, alpha=0.18, linewidth=0)


def _rows(axes: Axes, lanes: Floats, colour: str, log: bool) -> None:
    """A point for each layer with its interval, the first on top."""
    mean, low, high = _interval(lanes, log)
    y, known = np.arange(len(mean)), np.isfinite(low)
    seen = np.isfinite(mean)
    axes.plot(mean[seen], y[seen], color=colour, linewidth=1.2, marker="o", markersize=4)
    axes.hlines(y[known], low[known], high[known], color=colour, linewidth=2.4, alpha=0.55)


def _limits(values: Floats, log: bool) -> tuple[float, float]:
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


def _legend(page: Sheet, names: Sequence[str], side: float) -> None:
    """The layers' names from input (top) to output at the right edge."""
    left = page.width - side + 0.1
    step = min(0.19, max(0.12, (page.height - 0.3) / max(len(names), 1)))
    fits = max(1, int((page.height - 0.2) / step))
    for line, name in enumerate(names[:fits]):
        text = shortened(name, side - 0.4, SMALL)
        _key(page, left, 0.3 + step * line, text, _colour(line, len(names)))
    if fits < len(names):
        page.text(left, 0.3 + step * fits, "...", SMALL)


def _key(page: Sheet, left: float, top: float, text: str, colour: Any) -> None:
    page.text(left, top, "\u2014", SMALL + 1, color=colour, fontweight="bold")
    page.text(left + 0.2, top, text, SMALL)
