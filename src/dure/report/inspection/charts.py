"""Charts and tables of what goes on inside networks: weights, activations, gradients, memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from dure.blocks.charts import Bars, Line, Lines
from dure.blocks.content import Block, Prose, Table
from dure.core.formatting import format_number
from dure.core.types import Floats
from dure.measurements.labels import LANE, each_lane, median_horizon, over_lanes
from dure.measurements.stored import Found
from dure.messages.message import Message, as_is, joined, say
from dure.stats.intervals import interval_texts

Interval = tuple[Floats, Floats, Floats]
"""Means with their limits, each of one shape."""

_BINS, _MOST_FEATURES = 40, 15


def weights(found: Found) -> list[Block]:
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
            numbers = (as_is(_figure(each)) for each in (own.mean(inner), own.std(inner)))
            rows.append((as_is(name), as_is(shape), told, *numbers))
    header = (say("weight"), say("shape"), say("networks"), say("mean"), say("deviation"))
    return Table(say("Weights"), header, tuple(rows), (False, False, False, True, True))


def _figure(values: xr.DataArray) -> str:
    """A number of each network: mean with interval over lanes, or that of the one there is."""
    return _texts([_interval(over_lanes(values), ())])[0]


def _texts(rows: Sequence[tuple[float, float, float]]) -> list[str]:
    """Means with their interval; a number by itself where all networks have the same, or is one."""
    wide = interval_texts([row for row in rows if row[1] < row[2]])
    told = iter(wide)
    return [
        next(told) if low < high else format_number(mean) if np.isfinite(mean) else "-"
        for mean, low, high in rows
    ]


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
        lines.append(_line(name, middle, _of_shares(_stacked(own, shares)), dashed=not trained))
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


def activations(found: Found) -> list[Block]:
    """A table: how each layer answers to all rows."""
    measured = found.measured
    kinds = measured["activation"]
    kinds = (kinds.isel({LANE: 0}) if LANE in kinds.dims else kinds).values
    columns = [
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


def _column(whole: Interval) -> list[Message]:
    """A number of each layer; a dash where it has none."""
    return [
        as_is(text) for text in _texts([_interval(whole, (at,)) for at in range(len(whole[0]))])
    ]


def gradients(found: Found) -> list[Block]:
    """Norms of the gradient along the layers; geometric means with their interval over lanes."""
    measured = found.measured
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


def memory(found: Found) -> list[Block]:
    """Influence of each earlier step against its distance, and the horizon in prose."""
    measured = found.measured
    exchanged = measured.attrs.get("method") == "exchange"
    y_axis = (
        say("change of the score by another input")
        if exchanged
        else say("size of the score's gradient")
    )
    lanes = LANE in measured.dims
    name = say("geometric mean of the networks") if lanes else say("mean of the rows")
    chart = Lines(
        say("Memory against distance"),
        say("Memory: how much a step still moves the output"),
        say("steps before the last"),
        y_axis,
        (_line(name, measured["distance"].values, _memory_band(measured)),),
        logarithmic=True,
    )
    band = (
        say("The band is the 95 % interval over networks.")
        if lanes
        else say("The band holds the middle nine tenths of the rows.")
    )
    return [chart, Prose(joined((_horizon(measured), band)))]


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
    networks = np.atleast_1d(measured["horizon"].values).size
    if np.isnan(horizon):
        return say("There is no horizon: no row has a step that is no padding.")
    if np.isinf(horizon):
        return say(
            "There is no horizon within the {steps} steps: the first of them still moves the "
            "output with 1 % of the strongest influence or more.",
            steps=steps,
        )
    back = format_number(horizon)
    if networks > 1:
        return say(
            "The horizon, the median of the networks' own, is {horizon} steps: a step that far "
            "back or further moves the output less than 1 % as much as the strongest one.",
            horizon=back,
        )
    return say(
        "The horizon is {horizon} steps: a step that far back or further moves the output less "
        "than 1 % as much as the strongest one.",
        horizon=back,
    )


def matched_filters(found: Found) -> list[Block]:
    """In how many networks each unit is found, and how many would be by chance."""
    measured = found.measured
    lanes, threshold = measured.sizes["lane"], float(measured.attrs.get("threshold", 0.7))
    counts = _found_in(measured["found_in"], lanes)
    chance = (
        _found_in(measured["found_by_chance"], lanes) if "found_by_chance" in measured else None
    )
    bars = []
    for place in range(lanes - 1, -1, -1):
        name = say("in {count} of {lanes}", count=str(place + 1), lanes=str(lanes))
        told = str(counts[place]) + ("" if chance is None else f" ({chance[place]})")
        bars.append((name, float(counts[place]), as_is(told)))
    about = say(
        "A unit is found in a network where the correlation with its match is at least "
        "{threshold} in size. Untrained networks show what agrees by chance.",
        threshold=format_number(threshold),
    )
    title = say("In how many networks a unit of {layer} is found", layer=found.origin.layer)
    axis = say("units, in brackets those of untrained networks") if chance else say("units")
    return [Bars(title, title, axis, tuple(bars)), Prose(about)]


def _found_in(found_in: xr.DataArray, lanes: int) -> list[int]:
    """How many units are found in 1, 2, ... networks."""
    whole = np.bincount(np.asarray(found_in.values, np.int64), minlength=lanes + 1)
    return [int(count) for count in whole[1:]]


def features(found: Found) -> list[Block]:
    """Which features count most: mean size of saliency over rows, with interval over lanes."""
    size = abs(found.measured).mean("row")
    intervals = list(zip(*over_lanes(size), strict=True))
    names = [str(name) for name in found.measured["feature"].values]
    order = np.argsort([-mean for mean, _, _ in intervals], kind="stable")[:_MOST_FEATURES]
    chosen = [intervals[place] for place in order]
    bars = tuple(
        (as_is(names[place]), float(intervals[place][0]), as_is(text))
        for place, text in zip(order, _texts(chosen), strict=True)
    )
    rows = str(found.measured.sizes["row"])
    title = (
        say("The {count} features that count most", count=str(len(bars)))
        if len(bars) < len(names)
        else say("How much each feature counts")
    )
    axis = say("mean size of the score's gradient over {rows} rows", rows=rows)
    return [Bars(title, title, axis, bars)]


def steps(found: Found) -> list[Block]:
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
