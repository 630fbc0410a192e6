"""The section on what ails the networks, with what was recorded inside them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from dure.blocks.charts import Line, Lines
from dure.blocks.content import Block, Prose, Section
from dure.core.types import DIMS, Floats
from dure.messages.message import Message, as_is, say
from dure.plots.charts.layers import average_lanes
from dure.results.layer_order import order_layers
from dure.results.run_result import RunResult
from dure.results.series import lost_places


def section(result: RunResult, found: Sequence[Block]) -> Section:
    """What was found, and what was recorded of the layers."""
    return Section("findings", say("Findings"), (*found, *chart_layers(result)))


# -- inside the layers -----------------------------------------------------------------------------


def chart_layers(result: RunResult) -> list[Block]:
    """Gradients and dead units by layer, a line a variant; nothing where none were recorded."""
    layers = order_layers(result)
    blocks: list[Block] = []
    gradients, dead = (_late(result, layers, name) for name in ("gradient_norm", "dead"))
    if gradients is not None:
        label = say("Norm of the gradient in each layer, by variant")
        title = say("Gradients by layer, late in training")
        blocks.append(_chart(gradients, label, title, say("norm of the gradient"), True))
    if dead is not None and (dead.values[np.isfinite(dead.values)] > 0).any():
        label = say("Share of dead units in each layer, by variant")
        title = say("Dead units by layer, late in training")
        blocks.append(_chart(dead, label, title, say("share of the units"), False))
    if blocks:
        note = say(
            "Means over lanes with their 95 % interval, from the second half of each lane's "
            "epochs; lanes that diverged or failed are left out."
        )
        blocks.append(Prose(note, "note"))
    return blocks


def _chart(
    array: xr.DataArray, label: Message, title: Message, y_axis: Message, logarithmic: bool
) -> Lines:
    """Means over lanes by layer with their intervals, a line a variant."""
    lines = []
    for variant, lanes in zip(array["variant"].values, array.values, strict=True):
        mean, low, high = average_lanes(lanes, logarithmic)
        at = np.flatnonzero(np.isfinite(mean))
        if at.size:
            bounds = (low[at], high[at]) if np.isfinite(low[at]).any() else (None, None)
            lines.append(Line(as_is(str(variant)), at.astype(np.float64), mean[at], *bounds))
    ticks = tuple(as_is(str(name)) for name in array["layer"].values)
    x_axis = say("layer, from input to output")
    return Lines(label, title, x_axis, y_axis, tuple(lines), ticks, logarithmic)


def _late(result: RunResult, layers: xr.Dataset, name: str) -> xr.DataArray | None:
    """A quantity's mean over the second half of each lane, (variant, seed, fold, layer).

    Layers that have none are left out; None where no layer has any.
    """
    if name not in layers:
        return None
    array = layers[name].transpose(*DIMS, "layer")
    values = np.where(lost_places(result)[..., None, None], np.nan, array.values)
    epochs = array["epoch"].values
    there = np.isfinite(values).any(axis=-1)
    last = np.where(there, epochs, 0).max(axis=-1, keepdims=True)
    late = there & (epochs > 0) & (epochs >= last / 2)
    kept = np.where(late[..., None] & np.isfinite(values), values, np.nan)
    mean = _mean_over_epochs(kept)
    known = np.isfinite(mean).any(axis=(0, 1, 2))
    if not known.any():
        return None
    first = array.isel(epoch=0, drop=True).isel(layer=np.flatnonzero(known))
    return first.copy(data=mean[..., known])


def _mean_over_epochs(values: Floats) -> Floats:
    """Over the axis before the last, without NaN; NaN where nothing is known."""
    known = np.isfinite(values)
    number = known.sum(axis=-2)
    total = np.where(known, values, 0.0).sum(axis=-2)
    mean: Floats = np.where(number > 0, total / np.maximum(number, 1), np.nan)
    return mean
