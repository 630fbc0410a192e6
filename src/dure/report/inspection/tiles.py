"""Kernels, feature maps and maps over pictures as small pictures, a pixel for each number."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from dure.blocks.content import Block
from dure.blocks.pictures import Tile, Tiles
from dure.core.formatting import format_number
from dure.measurements.labels import each_lane
from dure.measurements.stored import Found, describe_rows, first
from dure.messages.message import Message, as_is, joined, say
from dure.report.inspection.pictures import diverging, overlaid, photograph, sequential, shrunk

FILTERS, CHANNELS, PICTURES, MAPS = 32, 16, 3, 6
_UNITS, _INPUTS = 128, 256
"""Lines and columns of a matrix that are shown at most; more would be finer than the page."""


def kernels(found: Found, pixels: int = 0) -> list[Block]:
    """Kernels of the first network, and of its untrained twin in the same colours.

    Parameters
    ----------
    pixels
        How many a picture has, where this is the layer that reads pictures given as one long row:
        its kernels are shown as pictures, if these are square.
    """
    sources = [(True, _as_pictures(first(found.measured), pixels))]
    if found.untrained is not None:
        sources.append((False, _as_pictures(first(found.untrained), pixels)))
    limit = max(float(np.nanmax(np.abs(one.values), initial=0)) for _, one in sources)
    draw = _matrix if sources[0][1].ndim == 2 else _filters
    legend = joined(
        (
            say(
                "Red: positive weight, blue: negative, white: 0; the same colours in all of them, "
                "up to {limit} either way.",
                limit=format_number(limit),
            ),
            _about(found.measured, sources[0][1]),
        )
    )
    return [draw(one, limit, legend, trained=trained) for trained, one in sources]


def _as_pictures(kernel: xr.DataArray, pixels: int) -> xr.DataArray:
    """[height, width, filter] or [step, channel, filter]; a matrix stays [input, unit]."""
    if "height" in kernel.dims and "channel" in kernel.dims:
        return kernel.mean("channel")
    inputs, units = kernel.shape[-2:]
    side = int(np.sqrt(inputs))
    if kernel.ndim == 2 and side**2 == inputs == pixels:
        return xr.DataArray(
            kernel.values.reshape(side, side, units), dims=("height", "width", "unit")
        )
    return kernel


def _about(kernel: xr.DataArray, shown: xr.DataArray) -> Message:
    if "height" in shown.dims:
        channels = kernel.sizes.get("channel", 1)
        if channels < 2:
            return as_is("")
        return say("Each is the mean of its {channels} channels.", channels=f"{channels:,}")
    if shown.ndim == 3:
        return say("Steps downwards, channels across.")
    told = [say("A unit in each line, an input in each column.")]
    inputs, units = shown.shape
    if units > _UNITS:
        told.append(
            say("The first {shown} of {there} units.", shown=str(_UNITS), there=f"{units:,}")
        )
    if inputs > _INPUTS:
        told.append(
            say("The first {shown} of {there} inputs.", shown=str(_INPUTS), there=f"{inputs:,}")
        )
    return joined(told)


def _filters(kernel: xr.DataArray, limit: float, legend: Message, *, trained: bool) -> Tiles:
    there = kernel.shape[-1]
    tiles = []
    for place in range(min(there, FILTERS)):
        values = kernel.values[:, :_UNITS, place]
        name = as_is(str(place))
        alt = (
            say("kernel {place}, trained", place=name)
            if trained
            else say("kernel {place}, untrained", place=name)
        )
        tiles.append(Tile(diverging(shrunk(values), limit), alt, name))
    return Tiles(_kernel_title(len(tiles), there, trained=trained), tuple(tiles), legend)


def _kernel_title(shown: int, there: int, *, trained: bool) -> Message:
    if shown < there:
        some = {"shown": str(shown), "there": f"{there:,}"}
        if trained:
            return say("Trained, the first {shown} of {there}", **some)
        return say("Untrained, with the same seed, the first {shown} of {there}", **some)
    return say("Trained") if trained else say("Untrained, with the same seed")


def _matrix(kernel: xr.DataArray, limit: float, legend: Message, *, trained: bool) -> Tiles:
    alt = say("all weights, trained") if trained else say("all weights, untrained")
    tile = Tile(diverging(kernel.values[:_INPUTS, :_UNITS].T, limit), alt)
    title = say("Trained") if trained else say("Untrained, with the same seed")
    return Tiles(title, (tile,), legend)


def feature_maps(found: Found) -> list[Block]:
    """What a layer gave for the first rows: pictures of channels, or of steps and units."""
    maps = first(found.measured)
    low, high = _scale(maps.values)
    legend = say(
        "Dark: {low}, bright: {high} and above.", low=format_number(low), high=format_number(high)
    )
    if "height" in maps.dims:
        return _channels(found, maps, low, high, legend)
    if "step" in maps.dims:
        about = say("Steps run to the right, a unit in each line.")
        flat = [one.values.T for one in maps.isel(row=slice(PICTURES))]
        names = describe_rows(maps)
    else:
        about = say("A row of the data in each line, a unit in each column.")
        flat, names = [maps.values.reshape(maps.sizes["row"], -1)], [as_is("")]
    tiles = tuple(
        Tile(
            sequential(values[:_UNITS, :_INPUTS], low, high),
            say("outputs for {row}", row=name) if name else say("outputs of all units"),
            name or None,
        )
        for values, name in zip(flat, names, strict=False)
    )
    if max(values.shape[0] for values in flat) > _UNITS or flat[0].shape[1] > _INPUTS:
        about = joined((about, say("What does not fit is left out.")))
    return [Tiles(say("Outputs"), tiles, joined((legend, about)))]


def _channels(
    found: Found, maps: xr.DataArray, low: float, high: float, legend: Message
) -> list[Block]:
    there = maps.sizes["channel"]
    shown = min(there, CHANNELS)
    if shown < there:
        legend = joined(
            (
                legend,
                say("The first {shown} of {there} channels.", shown=str(shown), there=f"{there:,}"),
            )
        )
    out: list[Block] = []
    for place, row in enumerate(describe_rows(maps)[:PICTURES]):
        tiles = []
        if found.inputs is not None:
            picture = photograph(found.inputs[place])
            tiles.append(Tile(picture, say("the input, {row}", row=row), say("input")))
        for channel in range(shown):
            values = shrunk(maps.values[place, ..., channel])
            alt = say("channel {channel} for {row}", channel=str(channel), row=row)
            tiles.append(Tile(sequential(values, low, high), alt, as_is(str(channel))))
        out.append(Tiles(say("Feature maps of {row}", row=row), tuple(tiles), legend))
    return out


def _scale(values: npt.NDArray[Any]) -> tuple[float, float]:
    """As in `dure.plots.inspection.grids`: a two-hundredth lies above the top."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 0.0, 1.0
    low, high = float(finite.min()), float(np.quantile(finite, 0.995))
    return low, high if high > low else float(finite.max()) + float(finite.max() == low)


def maps_over_pictures(found: Found) -> list[Block]:
    """Saliency or Grad-CAM of the first network: each picture, then its map over it."""
    maps = found.measured
    assert found.inputs is not None
    one = _one_channel(first(maps))
    signed = bool(min(float(np.nanmin(each.values)) for each in each_lane(maps)) < 0)
    tiles = []
    for place, row in enumerate(describe_rows(one)[:MAPS]):
        picture = found.inputs[place]
        tiles.append(Tile(photograph(picture), say("the input, {row}", row=row), row))
        over = overlaid(picture, one.values[place], signed=signed)
        tiles.append(Tile(over, say("the map over {row}", row=row), say("what counts")))
    if signed:
        legend = say(
            "Red raises the score, blue lowers it; each map in its own scale, from its largest "
            "value down."
        )
    else:
        legend = say("Bright counts much; each map in its own scale, from its largest value down.")
    return [Tiles(say("Pictures, and what counts in them"), tuple(tiles), legend, 4, smooth=True)]


def _one_channel(maps: xr.DataArray) -> xr.DataArray:
    """Of several channels the value that is largest in size, as in Simonyan et al. (2014)."""
    if "channel" not in maps.dims:
        return maps
    return maps.isel(channel=abs(maps).argmax("channel"))
