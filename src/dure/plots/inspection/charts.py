"""Charts of what goes on inside a network: weights, activations, gradients, memory.

Functions of the arrays of `dure.inspection.measures` only. Numbers over lanes are
means with their 95 % interval.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from dure.core.formatting import format_number, format_percent
from dure.core.palette import COLOURS, TRAINED, UNTRAINED
from dure.core.types import Floats
from dure.measurements.labels import (
    LANE,
    each_lane,
    lane_count,
    lanes_note,
    median_horizon,
    need,
    over_lanes,
    rows_note,
    some,
    title_of,
)
from dure.plots.style import (
    SMALL,
    TEXT,
    Sheet,
    drawing,
    dressed,
    logarithmic,
    named_rows,
    plain,
    shortened,
    widest,
)
from dure.stats.intervals import interval_texts

_MOST_LAYERS = 24
_BINS = 60
_SOURCES = {"trained": TRAINED, "untrained": UNTRAINED}


@drawing
def weights(measured: xr.Dataset) -> Figure:
    """How the values of each weight are spread, trained (filled) beside untrained (line).

    Parameters
    ----------
    measured
        One variable a weight with a dimension `source` ("trained" and perhaps "untrained"), with
        `lane` in front or without. Over lanes the bars are means of the lanes' shares, and mean
        and deviation come with their interval.
    """
    names = [str(name) for name in measured.data_vars]
    columns = min(len(names), 3)
    lines = math.ceil(len(names) / columns)
    wide, high = (4.0, 2.5) if columns > 1 else (7.5, 3.2)
    notes = [lanes_note(measured, ", bars are means over them")]
    if "untrained" in measured["source"].values:
        twin = str(measured.attrs.get("twin", "same seed"))
        notes.append(f"Filled: trained. Line: untrained, {twin}.")
    page = Sheet(
        columns * (wide + 0.75), lines * (high + 1.3), title_of(measured, "Weights"), notes
    )
    for place, name in enumerate(names):
        left, top = place % columns * (wide + 0.75) + 0.65, place // columns * (high + 1.3)
        one = measured[name]
        shape = " x ".join(str(n) for d, n in one.sizes.items() if d not in (LANE, "source"))
        axes = page.axes(left, top + 0.25, wide, high)
        axes.set_title(plain(shortened(f"{name}  ({shape})", wide)), fontsize=TEXT, loc="left")
        words = _histograms(axes, one)
        axes.xaxis.set_major_locator(MaxNLocator(5))
        dressed(axes, "weight", "share of weights", "y")
        for line, (source, text) in enumerate(words):
            below = top + 0.25 + high + 0.55 + 0.17 * line
            page.text(
                left,
                below,
                shortened(text, wide, SMALL + 0.5),
                SMALL + 0.5,
                color=_SOURCES.get(source, "0"),
            )
    return page.figure


def _histograms(axes: Axes, values: xr.DataArray) -> list[tuple[str, str]]:
    """Draw one weight; what is to be said of each source."""
    finite = values.values[np.isfinite(values.values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    edges = np.linspace(low, high if high > low else low + 1e-3, min(_BINS, 8 + finite.size // 8))
    said = []
    for source in values["source"].values:
        lanes = [
            np.asarray(one.values).ravel()
            for one in each_lane(values.sel(source=source, drop=True))
        ]
        shares = np.mean([np.histogram(v, edges)[0] / max(v.size, 1) for v in lanes], axis=0)
        trained = str(source) == "trained"
        axes.stairs(
            shares,
            edges,
            fill=trained,
            color=_SOURCES.get(str(source)),
            alpha=0.45 if trained else 1.0,
            linewidth=1.4,
        )
        figures = [
            _figure(values, [float(measure(v)) for v in lanes]) for measure in (np.mean, np.std)
        ]
        said.append((str(source), f"{source}: mean {figures[0]}, deviation {figures[1]}"))
    return said


def _figure(values: xr.DataArray, lanes: Sequence[float]) -> str:
    """A number of each lane, in words: '0.012 [0.010, 0.014]'."""
    if LANE not in values.dims:
        return format_number(lanes[0])
    coords = {name: values[name] for name in ("seed", "fold") if name in values.coords}
    return interval_texts([_one(over_lanes(xr.DataArray(list(lanes), coords, (LANE,))))])[0]


def _one(interval: tuple[Floats, Floats, Floats]) -> tuple[float, float, float]:
    return float(interval[0]), float(interval[1]), float(interval[2])


@drawing
def activations(measured: xr.Dataset) -> Figure:
    """How the outputs of each layer are spread, with shares of zeros, dead and saturated units.

    Parameters
    ----------
    measured
        As `dure.inspection.measures` gives it: over (layer) mean, std, zero, dead, saturated,
        units, and histogram (layer, bin) between edges (layer, edge); with `lane` in front
        or without.
    """
    need(measured, "layer")
    layers = [str(name) for name in measured["layer"].values]
    shown = min(len(layers), _MOST_LAYERS)
    columns = min(shown, 4)
    wide, high = 2.65, 1.35
    notes = [some(shown, len(layers), "layer"), rows_note(measured, _rows(measured))]
    notes += [lanes_note(measured, ", a line each"), "Dead: 0 for every row. Saturated: within 1 %"]
    notes[-1] += " of the end of what the activation can give."
    lines = math.ceil(shown / columns)
    page = Sheet(
        columns * (wide + 0.65), lines * (high + 1.25), title_of(measured, "Activations"), notes
    )
    for place in range(shown):
        left = place % columns * (wide + 0.65) + 0.6
        top = place // columns * (high + 1.25)
        one = measured.isel(layer=place)
        axes = page.axes(left, top + 0.25, wide, high)
        name = f"{layers[place]}  ({int(one['units'].values.flat[0]):,} units)"
        axes.set_title(plain(shortened(name, wide)), fontsize=TEXT, loc="left")
        for lane, edges in zip(each_lane(one["histogram"]), each_lane(one["edges"]), strict=True):
            share = lane.values / max(float(lane.values.sum()), 1e-30)
            axes.stairs(share, edges.values, fill=LANE not in one.dims, color=COLOURS[0], alpha=0.7)
        # Zeros of a relu would hide all others on an even scale.
        axes.set_yscale("log")
        logarithmic(axes, "y", 4)
        axes.xaxis.set_major_locator(MaxNLocator(5))
        dressed(axes, "output", "share" if place % columns == 0 else "", "y")
        for line, text in enumerate(_shares(one)):
            page.text(
                left,
                top + 0.25 + high + 0.52 + 0.16 * line,
                shortened(text, wide + 0.3, SMALL),
                SMALL,
            )
    return page.figure


def _rows(measured: xr.Dataset) -> int:
    return int(measured.attrs.get("rows", 1))


def _shares(one: xr.Dataset) -> list[str]:
    """'mean 0.1, deviation 0.3' and '40 % zeros, 5 % dead' of one layer, in two lines at most."""
    figures = {
        name: float(over_lanes(one[name])[0])
        for name in one.data_vars
        if one[name].dims in ((), (LANE,))
    }
    lines = [f"mean {format_number(figures['mean'])}, deviation {format_number(figures['std'])}"]
    told = {"zero": "zeros", "dead": "of units dead", "saturated": "saturated"}
    shares = [
        f"{format_percent(figures[name])} {word}"
        for name, word in told.items()
        if name in figures and np.isfinite(figures[name])
    ]
    return [*lines, ", ".join(shares)]


@drawing
def gradients(measured: xr.Dataset) -> Figure:
    """The gradient's norm layer by layer, and against the weights' norm; logarithmic.

    Parameters
    ----------
    measured
        Over (layer) gradient, weight and ratio, with `lane` in front or without. Over lanes:
        geometric means with the 95 % interval of the mean logarithm.
    """
    need(measured, "layer")
    layers = [str(name) for name in measured["layer"].values]
    shown = min(len(layers), 40)
    measured = measured.isel(layer=slice(shown))
    side = min(widest(layers[:shown], SMALL + 0.5) + 0.15, 2.6)
    wide, high = 4.0, max(1.4, 0.3 * shown)
    notes = [some(shown, len(layers), "layer"), "From input (top) to output."]
    notes += [f"Loss over {_rows(measured):,} rows.", lanes_note(measured, _geometric(measured))]
    page = Sheet(side + 2 * (wide + 0.35), high + 0.6, title_of(measured, "Gradients"), notes)
    for place, (name, label) in enumerate(
        (("gradient", "norm of the gradient of the loss"), ("ratio", "gradient norm / weight norm"))
    ):
        axes = page.axes(side + place * (wide + 0.35), 0, wide, high)
        _log_bars(axes, measured[name])
        dressed(axes, label, "", "x")
        named_rows(axes, layers[:shown] if place == 0 else [""] * shown, side - 0.1)
    return page.figure


def _geometric(measured: xr.Dataset) -> str:
    if lane_count(measured) < 2:
        return ""
    return ", geometric means with the 95 % interval"


def _log_bars(axes: Axes, values: xr.DataArray) -> None:
    """Horizontal bars on a logarithmic axis; a value of 0 has no bar, and says so."""
    mean, low, high = over_lanes(_log10(values))
    finite = mean[np.isfinite(mean)]
    floor = math.floor(float(min(finite, default=0.0)) - 0.3)
    top = float(max(finite, default=1.0)) + 0.5
    top = max([top, *(high[np.isfinite(high)] + 0.2)])
    for place, value in enumerate(mean):
        if not np.isfinite(value):
            axes.text(
                10.0**floor * 1.2,
                place,
                "0" if not np.isnan(values).any() else "none",
                va="center",
                fontsize=SMALL,
            )
            continue
        axes.barh(
            place,
            10**value - 10.0**floor,
            left=10.0**floor,
            height=0.6,
            color=COLOURS[0],
            alpha=0.75,
        )
        if np.isfinite(low[place]):
            span = [10 ** max(low[place], floor), 10 ** high[place]]
            axes.plot(span, [place, place], color="0.1", linewidth=1.5)
    axes.set_xscale("log")
    axes.set_xlim(10.0**floor, 10.0 ** math.ceil(top))
    logarithmic(axes, "x", 6)


def _log10(values: xr.DataArray) -> xr.DataArray:
    """Logarithms; NaN for what is not above 0."""
    positive = np.where(values.values > 0, values.values, np.nan)
    return values.copy(data=np.log10(positive))


@drawing
def memory(measured: xr.Dataset, others: Sequence[tuple[str, xr.Dataset]] = ()) -> Figure:
    """How much each earlier step still moves the output, against its distance from the last step.

    Parameters
    ----------
    measured
        size (row, distance), mean (distance) and horizon (the distance from which on influence
        stays below 1 % of its peak; infinite if it never does), with `lane` in front or without.
        The band holds the middle nine tenths of the rows, over lanes it is the 95 % interval of
        the mean logarithm.
    others
        Further networks by name, drawn into the same axes in other colours.
    """
    need(measured, "distance")
    named = [(str(measured.attrs.get("layer") or measured.attrs.get("model", "")), measured)]
    named += list(others)
    notes = [rows_note(measured, measured.sizes.get("row", 1)), lanes_note(measured)]
    over = "95 % interval over networks" if LANE in measured.dims else "nine tenths of the rows"
    notes += [f"Band: {over}."]
    notes += [" ".join(_horizon(name if others else "", one) for name, one in named)]
    page = Sheet(8.2, 4.2, title_of(measured, "Memory"), notes)
    axes = page.axes(0.75, 0.1, 7.3, 3.55)
    for place, (name, one) in enumerate(named):
        _memory_line(axes, one, COLOURS[place % len(COLOURS)], name)
    axes.set_yscale("log")
    logarithmic(axes, "y", 8)
    exchanged = measured.attrs.get("method") == "exchange"
    what = "change of the score by another input" if exchanged else "size of the score's gradient"
    dressed(axes, "steps before the last", what)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if others:
        axes.legend(fontsize=SMALL + 0.5, frameon=False)
    return page.figure


def _memory_line(axes: Axes, measured: xr.Dataset, colour: str, name: str) -> None:
    mean, low, high = _memory_band(measured)
    distance = measured["distance"].values
    axes.plot(distance, mean, color=colour, linewidth=2, label=plain(name))
    known = np.isfinite(low) & (low > 0)
    axes.fill_between(
        distance, low, high, where=known.tolist(), color=colour, alpha=0.2, linewidth=0
    )
    horizon = median_horizon(measured)
    if np.isfinite(horizon):
        axes.axvline(horizon, color=colour, linewidth=1, linestyle="--")


def _memory_band(measured: xr.Dataset) -> tuple[Floats, Floats, Floats]:
    """Mean and band, NaN where nothing is known or a logarithm cannot be had."""
    if LANE in measured.dims:
        mean, low, high = over_lanes(_log10(measured["mean"]))
        return 10.0**mean, 10.0**low, 10.0**high
    size = np.asarray(measured["size"].transpose("row", "distance").values, np.float64)
    limits = np.full((2, size.shape[1]), np.nan)
    seen = np.isfinite(size).sum(axis=0) > 1
    limits[:, seen] = np.nanquantile(size[:, seen], (0.05, 0.95), axis=0)
    mean = np.where(measured["mean"].values > 0, measured["mean"].values, np.nan)
    return mean, limits[0], limits[1]


def _horizon(name: str, measured: xr.Dataset) -> str:
    """The horizon in words."""
    horizons: npt.NDArray[Any] = np.atleast_1d(measured["horizon"].values)
    begin, steps = f"{name}: " if name else "", measured.sizes["distance"]
    horizon, beyond = median_horizon(measured), int(np.isinf(horizons).sum())
    of = f" in {beyond} of {len(horizons)} networks" if len(horizons) > 1 else ""
    if np.isinf(horizon):
        return f"{begin}No horizon{of}: memory goes further back than {steps} steps."
    if np.isnan(horizon):
        return ""
    median = ", the median of the networks' own" if len(horizons) > 1 else ""
    more = f" Memory goes further back than {steps} steps{of}." if beyond else ""
    return (
        f"{begin}Horizon (dashed){median}: {format_number(horizon)} steps or more back, a step "
        f"moves the score less than 1 % as much as the most influential one.{more}"
    )
