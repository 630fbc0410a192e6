"""Charts and tables of what goes on inside networks: weights, activations, gradients, memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from dure.blocks.cells import Cell, estimate_of
from dure.blocks.charts import Bar, Bars, Line, Lines, Matrix
from dure.blocks.content import Block, Prose, Table
from dure.core.formatting import format_number
from dure.core.types import Floats
from dure.measurements.labels import (
    LANE,
    each_lane,
    lane_names,
    median_horizon,
    need,
    over_lanes,
)
from dure.measurements.stored import Measurement, describe_rows
from dure.messages.message import Message, as_is, joined, say

Interval = tuple[Floats, Floats, Floats]
"""Means with their limits, each of one shape."""

_BINS, _MOST_FEATURES = 40, 15


def weights(found: Measurement) -> list[Block]:
    """A table of means and deviations, then a histogram of each weight, trained and untrained."""
    measured = found.measured
    names = [str(name) for name in measured.data_vars]
    return [_weights_table(measured, names), *(_histogram(measured[name]) for name in names)]


def _weights_table(measured: xr.Dataset, names: Sequence[str]) -> Table:
    rows = []
    for name in names:
        one = measured[name]
        shape = " x ".join(str(n) for d, n in one.sizes.items() if d not in (LANE, "source"))
        for source in one["source"].values:
            own = one.sel(source=source, drop=True)
            inner = [dim for dim in own.dims if dim != LANE]
            told = say("trained") if str(source) == "trained" else say("untrained")
            numbers = (_figure(each) for each in (own.mean(inner), own.std(inner)))
            rows.append((as_is(name), as_is(shape), told, *numbers))
    header = (say("weight"), say("shape"), say("networks"), say("mean"), say("deviation"))
    return Table(
        say("Weights"), header, tuple(rows), (False, False, False, True, True), alike=False
    )


def _figure(values: xr.DataArray) -> Cell:
    """A number of each network: mean with interval over lanes, or that of the one there is."""
    return estimate_of(*_interval(over_lanes(values), ()))


def _interval(whole: Interval, at: tuple[int, ...]) -> tuple[float, float, float]:
    mean, low, high = (float(side[at]) for side in whole)
    return mean, low, high


def _histogram(values: xr.DataArray) -> Lines:
    finite = values.values[np.isfinite(values.values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    edges = np.linspace(low, high if high > low else low + 1e-3, min(_BINS, 8 + finite.size // 8))
    middle = (edges[:-1] + edges[1:]) / 2
    lines = []
    for source in values["source"].values:
        own = values.sel(source=source, drop=True)
        shares = [
            np.histogram(one.values.ravel(), edges)[0] / max(one.size, 1) for one in each_lane(own)
        ]
        trained = str(source) == "trained"
        name = say("trained") if trained else say("untrained")
        spread = _of_shares(_stacked(own, shares))
        lines.append(replace(_line(name, middle, spread, dashed=not trained), look="area"))
    return Lines(
        say("How the values of {weight} are spread", weight=str(values.name)),
        say("Values of {weight}", weight=str(values.name)),
        say("weight"),
        say("share of weights"),
        tuple(lines),
    )


def _stacked(like: xr.DataArray, rows: Sequence[npt.NDArray[Any]]) -> xr.DataArray:
    """A row for each lane of `like`, with its coordinates; the row itself of a single network."""
    if LANE not in like.dims:
        return xr.DataArray(rows[0], dims="at")
    coords = {name: like[name] for name in ("seed", "fold") if name in like.coords}
    return xr.DataArray(np.stack(rows), coords, (LANE, "at"))


def _of_shares(values: xr.DataArray, whole: float = 1.0) -> Interval:
    """Means over lanes with limits that are shares too, none below 0 or above the whole."""
    mean, low, high = over_lanes(values)
    return mean, np.maximum(low, 0), np.minimum(high, whole)


def _line(name: Message, x: npt.NDArray[Any], values: Interval, *, dashed: bool = False) -> Line:
    """A line where its mean is known; where only its limits are not, they lie on it."""
    mean, low, high = values
    known = np.isfinite(mean)
    at, y = np.asarray(x, np.float64)[known], mean[known]
    limits = [np.where(np.isfinite(side[known]), side[known], y) for side in (low, high)]
    if not np.isfinite(low[known]).any():
        return Line(name, at, y, dashed=dashed)
    return Line(name, at, y, limits[0], limits[1], dashed)


def activations(found: Measurement) -> list[Block]:
    """A table: how each layer answers to all rows."""
    measured = found.measured
    kinds = measured["activation"]
    kinds = (kinds.isel({LANE: 0}) if LANE in kinds.dims else kinds).values
    columns: list[list[Cell]] = [
        [
            as_is(f"{name} ({kind})" if kind else str(name))
            for name, kind in zip(measured["layer"].values, kinds, strict=True)
        ]
    ]
    columns += [_column(over_lanes(measured[name])) for name in ("mean", "std")]
    for name in ("zero", "dead", "saturated"):
        columns.append(_column(_of_shares(100 * measured[name], 100)))
    header = (say("layer"), say("mean"), say("deviation"))
    shares = (say("zeros, %"), say("dead units, %"), say("saturated values, %"))
    rows = tuple(zip(*columns, strict=True))
    return [Table(say("What the layers give"), (*header, *shares), rows)]


def activation_spreads(found: Measurement, layers: int) -> list[Block]:
    """How the outputs of each of the first layers are spread; a line for each network."""
    blocks: list[Block] = []
    for place in range(min(found.measured.sizes["layer"], layers)):
        one = found.measured.isel(layer=place)
        counts, edges = each_lane(one["histogram"]), each_lane(one["edges"])
        alone = len(counts) == 1
        lines = []
        for lane, ends in zip(counts, edges, strict=True):
            share = lane.values / max(float(lane.values.sum()), 1e-30)
            middle = (ends.values[:-1] + ends.values[1:]) / 2
            lines.append(Line(as_is(""), middle, share, look="area" if alone else "line"))
        units = f"{int(np.ravel(one['units'].values)[0]):,}"
        title = say("{layer} ({units} units)", layer=str(one["layer"].item()), units=units)
        axes = say("output"), say("share")
        # Zeros of a relu would hide all others on an even scale.
        blocks.append(Lines(title, title, *axes, tuple(lines), logarithmic=True))
    return blocks


def _column(whole: Interval) -> list[Cell]:
    """A number of each layer; None where it has none."""
    return [estimate_of(*_interval(whole, (at,))) for at in range(len(whole[0]))]


def gradients(found: Measurement) -> list[Block]:
    """Norms of the gradient along the layers; geometric means with their interval over lanes."""
    measured = found.measured
    need(measured, "layer")
    layers = tuple(as_is(str(name)) for name in measured["layer"].values)
    lines = [
        _line(name, np.arange(len(layers)), _geometric(measured[variable]), dashed=dashed)
        for name, variable, dashed in (
            (say("norm of the gradient"), "gradient", False),
            (say("norm of the gradient / norm of the weights"), "ratio", True),
        )
    ]
    rows = str(int(measured.attrs.get("rows", 0)))
    return [
        Lines(
            say("Gradient of the loss by layer, from input to output"),
            say("Gradient of the loss over {rows} rows, from input to output", rows=rows),
            say("layer"),
            say("norm"),
            tuple(lines),
            layers,
            logarithmic=True,
        )
    ]


def _geometric(values: xr.DataArray) -> Interval:
    """Geometric means over lanes with the interval of the mean logarithm; NaN for 0."""
    positive = np.where(values.values > 0, values.values, np.nan)
    mean, low, high = over_lanes(values.copy(data=np.log(positive)))
    return np.exp(mean), np.exp(low), np.exp(high)


def memory(found: Measurement, others: Sequence[tuple[str, xr.Dataset]] = ()) -> list[Block]:
    """Influence of each earlier step against its distance, and the horizon in prose.

    Parameters
    ----------
    others
        Further networks by name, as lines of the same chart.
    """
    measured = found.measured
    need(measured, "distance")
    exchanged = measured.attrs.get("method") == "exchange"
    y_axis = (
        say("change of the score by another input")
        if exchanged
        else say("size of the score's gradient")
    )
    lanes = LANE in measured.dims
    name = say("geometric mean of the networks") if lanes else say("mean of the rows")
    named = [(as_is(found.origin.layer or found.origin.model) if others else name, measured)]
    named += [(as_is(other), one) for other, one in others]
    lines = tuple(_line(n, one["distance"].values, _memory_band(one)) for n, one in named)
    horizons = [median_horizon(one) for _, one in named]
    chart = Lines(
        say("Memory against distance"),
        say("Memory: how much a step still moves the output"),
        say("steps before the last"),
        y_axis,
        lines,
        logarithmic=True,
        marks=tuple(at for at in horizons if np.isfinite(at)),
    )
    band = (
        say("The band is the 95 % interval over networks.")
        if lanes
        else say("The band holds the middle nine tenths of the rows.")
    )
    told = [_horizon(one) for _, one in named]
    if others:
        told = [joined((f"{n}:", one)) for (n, _), one in zip(named, told, strict=True)]
    return [chart, Prose(joined((*told, band)))]


def _memory_band(measured: xr.Dataset) -> Interval:
    if LANE in measured.dims:
        return _geometric(measured["mean"])
    size = np.asarray(measured["size"].transpose("row", "distance").values, np.float64)
    limits = np.full((2, size.shape[1]), np.nan)
    seen = np.isfinite(size).sum(axis=0) > 1
    limits[:, seen] = np.nanquantile(size[:, seen], (0.05, 0.95), axis=0)
    limits[limits <= 0] = np.nan
    mean = np.where(measured["mean"].values > 0, measured["mean"].values, np.nan)
    return mean, limits[0], limits[1]


def _horizon(measured: xr.Dataset) -> Message:
    horizon, steps = median_horizon(measured), str(measured.sizes["distance"])
    horizons = np.atleast_1d(measured["horizon"].values)
    beyond, networks = int(np.isinf(horizons).sum()), horizons.size
    if np.isnan(horizon):
        return say("There is no horizon: no row has a step that is no padding.")
    if np.isinf(horizon):
        told = say(
            "There is no horizon within the {steps} steps: the first of them still moves the "
            "output with 1 % of the strongest influence or more.",
            steps=steps,
        )
    elif networks > 1:
        told = say(
            "The horizon, the median of the networks' own, is {horizon} steps: a step that far "
            "back or further moves the output less than 1 % as much as the strongest one.",
            horizon=format_number(horizon),
        )
    else:
        told = say(
            "The horizon is {horizon} steps: a step that far back or further moves the output less "
            "than 1 % as much as the strongest one.",
            horizon=format_number(horizon),
        )
    if networks < 2 or not beyond:
        return told
    further = say(
        "Memory goes further back than {steps} steps in {beyond} of {networks} networks.",
        steps=steps,
        beyond=str(beyond),
        networks=str(networks),
    )
    return joined((told, further))


def features(found: Measurement) -> list[Block]:
    """Which features count most: mean size of saliency over rows, with interval over lanes."""
    size = abs(found.measured).mean("row")
    intervals = list(zip(*over_lanes(size), strict=True))
    names = [str(name) for name in found.measured["feature"].values]
    order = np.argsort([-mean for mean, _, _ in intervals], kind="stable")[:_MOST_FEATURES]
    ends = {place: [float(side) for side in intervals[place]] for place in order}
    bars = tuple(Bar(as_is(names[at]), mean, low, high) for at, (mean, low, high) in ends.items())
    rows = str(found.measured.sizes["row"])
    title = (
        say("The {count} features that count most", count=str(len(bars)))
        if len(bars) < len(names)
        else say("How much each feature counts")
    )
    axis = say("mean size of the score's gradient over {rows} rows", rows=rows)
    return [Bars(title, title, axis, bars)]


def steps(found: Measurement) -> list[Block]:
    """Where along a series it counts: mean size over rows and features, with band over lanes."""
    size = abs(found.measured)
    if "feature" in size.dims:
        size = size.sum("feature")
    size = size.mean("row")
    name = say("mean of the networks") if LANE in size.dims else say("mean of the rows")
    mean, low, high = over_lanes(size)
    line = _line(name, np.arange(size.sizes["step"]), (mean, np.maximum(low, 0), high))
    title = say("How much each step counts")
    return [Lines(title, title, say("step"), say("size, mean over rows"), (line,))]


def feature_matrix(found: Measurement, rows: int, lanes: int) -> list[Block]:
    """How much each feature moves the score of each row, with its sign; one for each network."""
    need(found.measured, "row", "feature")
    features = tuple(as_is(str(name)) for name in found.measured["feature"].values)
    limit = float(np.abs(found.measured.values).max(initial=0)) or 1.0
    unit = say("share of the largest, {limit}", limit=format_number(limit))
    blocks: list[Block] = []
    named = zip(lane_names(found.measured)[:lanes], each_lane(found.measured), strict=False)
    for name, one in named:
        values = np.asarray(one.values[:rows], np.float64)
        told = tuple(describe_rows(one)[:rows])
        corner = say("row \\ feature")
        axes = as_is(""), as_is("")
        blocks.append(
            Matrix(
                as_is(name),
                corner,
                *axes,
                told,
                features,
                values,
                values / limit,
                unit,
                signed=True,
                written=False,
            )
        )
    return blocks


def steps_of_rows(found: Measurement, rows: int) -> list[Block]:
    """Where along each of the first rows it counts: size over features, a line for each network."""
    size = abs(found.measured)
    size = size.sum("feature") if "feature" in size.dims else size
    x = np.arange(size.sizes["step"], dtype=np.float64)
    blocks: list[Block] = []
    for place, row in enumerate(describe_rows(found.measured)[:rows]):
        values = [np.asarray(one.isel(row=place).values) for one in each_lane(size)]
        lines = tuple(Line(as_is(""), x, each) for each in values)
        blocks.append(Lines(row, row, say("step"), say("size"), lines))
    return blocks
