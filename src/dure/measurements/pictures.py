"""Kernels, feature maps and maps over pictures as tiles, a number for each pixel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from dure.blocks.content import Block
from dure.blocks.pictures import HeatMap, Photograph, Tile, Tiles
from dure.core.formatting import format_number
from dure.errors import DureError
from dure.measurements.labels import LANE, each_lane, lane_names, need
from dure.measurements.stored import Measurement, describe_rows, first
from dure.messages.message import Message, as_is, joined, say

FILTERS, CHANNELS, PICTURES, MAPS = 32, 16, 3, 6
_UNITS, _INPUTS = 128, 256
"""Lines and columns of a matrix that are shown at most; more would be finer than the page."""

_COLUMNS = 8


def kernels(
    found: Measurement, pixels: int = 0, *, most: int = FILTERS, lanes: int = 1
) -> list[Block]:
    """Kernels of the first networks, each with its untrained twin in the same colours.

    Parameters
    ----------
    pixels
        How many a picture has, where this is the layer that reads pictures given as one long row:
        its kernels are shown as pictures, if these are square.
    most
        How many filters of each are shown.
    lanes
        How many networks are shown.

    Raises
    ------
    DureError
        For an array of other dimensions.
    """
    cells = found.measured.ndim - (LANE in found.measured.dims)
    if cells not in (2, 3, 4):
        raise DureError(
            f"an array of dimensions {tuple(found.measured.dims)} is no kernel; pass what "
            "kernels() gave."
        )
    names = lane_names(found.measured)[:lanes]
    sources = [(True, each_lane(found.measured))]
    if found.untrained is not None:
        sources.append((False, each_lane(found.untrained)))
    shown = [
        (name if lanes > 1 else "", trained, _as_pictures(of[place], pixels))
        for place, name in enumerate(names)
        for trained, of in sources
    ]
    limit = max(float(np.nanmax(np.abs(one.values), initial=0)) for *_, one in shown)
    legend = joined(
        (
            say(
                "Red: positive weight, blue: negative, white: 0; the same colours in all of them, "
                "up to {limit} either way.",
                limit=format_number(limit),
            ),
            _about(found.measured, shown[0][2]),
        )
    )
    if shown[0][2].ndim == 2:
        return [_matrix(*each, limit or 1.0, legend) for each in shown]
    return [_filters(*each, limit or 1.0, legend, most) for each in shown]


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


def _filters(
    lane: str, trained: bool, kernel: xr.DataArray, limit: float, legend: Message, most: int
) -> Tiles:
    there = kernel.shape[-1]
    tiles = []
    for place in range(min(there, most)):
        name = as_is(str(place))
        alt = (
            say("kernel {place}, trained", place=name)
            if trained
            else say("kernel {place}, untrained", place=name)
        )
        values = kernel.values[:, :_UNITS, place]
        tiles.append(Tile(HeatMap(values, -limit, limit, signed=True), alt, name))
    title = joined((_kernel_title(len(tiles), there, trained=trained), lane), ", ")
    return Tiles(title, tuple(tiles), legend, unit=say("weight"))


def _kernel_title(shown: int, there: int, *, trained: bool) -> Message:
    if shown < there:
        some = {"shown": str(shown), "there": f"{there:,}"}
        if trained:
            return say("Trained, the first {shown} of {there}", **some)
        return say("Untrained, with the same seed, the first {shown} of {there}", **some)
    return say("Trained") if trained else say("Untrained, with the same seed")


def _matrix(lane: str, trained: bool, kernel: xr.DataArray, limit: float, legend: Message) -> Tiles:
    alt = say("all weights, trained") if trained else say("all weights, untrained")
    values = kernel.values[:_INPUTS, :_UNITS].T
    across, down = (say("input"), say("unit"))
    image = HeatMap(values, -limit, limit, signed=True, fine=True, down=down, across=across)
    title = say("Trained") if trained else say("Untrained, with the same seed")
    return Tiles(joined((title, lane), ", "), (Tile(image, alt),), legend, unit=say("weight"))


def feature_maps(
    found: Measurement, *, rows: int = PICTURES, channels: int = CHANNELS, lanes: int = 1
) -> list[Block]:
    """What a layer gave for the first rows: pictures of channels, or of steps and units.

    Parameters
    ----------
    rows, channels
        How many of them are shown.
    lanes
        Of more than one network the first row only.
    """
    need(found.measured, "row")
    maps = each_lane(found.measured)[:lanes]
    low, high = _scale(np.concatenate([one.values.ravel() for one in maps]))
    legend = say(
        "Dark: {low}, bright: {high} and above.", low=format_number(low), high=format_number(high)
    )
    names = describe_rows(first(found.measured))[:rows]
    pictures = found.inputs
    if len(maps) > 1:
        by_lane = zip(lane_names(found.measured), maps, strict=False)
        named = [(joined((names[0], lane), ", "), one.isel(row=0)) for lane, one in by_lane]
        pictures = None if pictures is None else np.repeat(pictures[:1], len(maps), axis=0)
    else:
        named = [(name, maps[0].isel(row=row)) for row, name in enumerate(names)]
    if "height" in found.measured.dims:
        return _channels(named, pictures, (low, high), legend, channels)
    if "step" not in found.measured.dims:
        lanes_named = lane_names(found.measured)
        flat = [one.values.reshape(one.sizes["row"], -1) for one in maps]
        return _outputs(list(zip(map(as_is, lanes_named), flat, strict=False)), False, low, high)
    series = [(name, one.values.T) for name, one in named]
    return _outputs(series, True, low, high)


def _outputs(
    named: Sequence[tuple[Message, npt.NDArray[Any]]], steps: bool, low: float, high: float
) -> list[Block]:
    """Steps and units of each row; of other layers all rows in one picture."""
    about = say("A row of the data in each line, a unit in each column.")
    down, across = say("row"), say("unit")
    if steps:
        about = say("Steps run to the right, a unit in each line.")
        down, across = say("unit"), say("step")
    tiles = tuple(
        Tile(
            HeatMap(values[:_UNITS, :_INPUTS], low, high, fine=True, down=down, across=across),
            say("outputs for {row}", row=name) if name else say("outputs of all units"),
            name or None,
        )
        for name, values in named
    )
    largest = max(values.shape[0] for _, values in named), named[0][1].shape[1]
    if largest[0] > _UNITS or largest[1] > _INPUTS:
        about = joined((about, say("What does not fit is left out.")))
    legend = say(
        "Dark: {low}, bright: {high} and above.", low=format_number(low), high=format_number(high)
    )
    return [Tiles(say("Outputs"), tiles, joined((legend, about)), unit=say("output"))]


def _channels(
    named: Sequence[tuple[Message, xr.DataArray]],
    pictures: npt.NDArray[Any] | None,
    scale: tuple[float, float],
    legend: Message,
    most: int,
) -> list[Block]:
    there = named[0][1].sizes["channel"]
    shown = min(there, most)
    if shown < there:
        some = say("The first {shown} of {there} channels.", shown=str(shown), there=f"{there:,}")
        legend = joined((legend, some))
    out: list[Block] = []
    for place, (row, one) in enumerate(named):
        tiles = []
        if pictures is not None:
            picture = Photograph(pictures[place])
            tiles.append(Tile(picture, say("the input, {row}", row=row), say("input")))
        for channel in range(shown):
            image = HeatMap(one.values[..., channel], *scale)
            alt = say("channel {channel} for {row}", channel=str(channel), row=row)
            tiles.append(Tile(image, alt, as_is(str(channel))))
        title = say("Feature maps of {row}", row=row)
        out.append(Tiles(title, tuple(tiles), legend, unit=say("output")))
    return out


def _scale(values: npt.NDArray[Any]) -> tuple[float, float]:
    """From the least value to one that a two-hundredth of them exceed, lest one bright spot rules.

    Never an empty range.
    """
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 0.0, 1.0
    low, high = float(finite.min()), float(np.quantile(finite, 0.995))
    return low, high if high > low else float(finite.max()) + float(finite.max() == low)


def maps_over_pictures(found: Measurement) -> list[Block]:
    """Saliency or Grad-CAM of the first network: each picture, then its map over it."""
    one, inputs, signed = _maps_of(found)
    tiles = []
    for place, row in enumerate(describe_rows(one)[:MAPS]):
        picture = Photograph(inputs[place])
        tiles.append(Tile(picture, say("the input, {row}", row=row), row))
        over = _heat(one.values[place], signed, picture)
        tiles.append(Tile(over, say("the map over {row}", row=row), say("what counts")))
    legend = _map_legend(signed)
    return [Tiles(say("Pictures, and what counts in them"), tuple(tiles), legend, 4, smooth=True)]


def maps_beside_pictures(found: Measurement, rows: int, lanes: int) -> list[Block]:
    """For each picture its map by itself and over it; of several networks a map of each."""
    one, inputs, signed = _maps_of(found)
    of = [_one_channel(each) for each in each_lane(found.measured)[:lanes]]
    blocks: list[Block] = []
    for place, row in enumerate(describe_rows(one)[:rows]):
        picture = Photograph(inputs[place])
        tiles = [Tile(picture, say("the input, {row}", row=row), say("input"))]
        for name, each in zip(lane_names(found.measured), of, strict=False):
            image, alt = _heat(each.values[place], signed), say("the map of {row}", row=row)
            tiles.append(Tile(image, alt, as_is(name) or say("what counts")))
        if len(of) == 1:
            over = _heat(one.values[place], signed, picture)
            tiles.append(Tile(over, say("the map over {row}", row=row), say("laid over")))
        blocks.append(Tiles(row, tuple(tiles), _map_legend(signed), len(tiles), smooth=True))
    return blocks


def _maps_of(found: Measurement) -> tuple[xr.DataArray, npt.NDArray[Any], bool]:
    """The first network's maps, the pictures they are of, and whether any has a sign."""
    need(found.measured, "row", "height", "width")
    if found.inputs is None:
        raise DureError("maps over pictures need the pictures, one array; pass x.")
    signed = min(float(np.nanmin(each.values)) for each in each_lane(found.measured)) < 0
    return _one_channel(first(found.measured)), found.inputs, signed


def _heat(values: npt.NDArray[Any], signed: bool, over: Photograph | None = None) -> HeatMap:
    """In its own scale."""
    top = float(np.nanmax(np.abs(values), initial=0)) or 1.0
    return HeatMap(values, -top if signed else 0.0, top, signed, over)


def _map_legend(signed: bool) -> Message:
    if signed:
        return say(
            "Red raises the score, blue lowers it; each map in its own scale, from its largest "
            "value down."
        )
    return say("Bright counts much; each map in its own scale, from its largest value down.")


def _one_channel(maps: xr.DataArray) -> xr.DataArray:
    """Of several channels the value that is largest in size, as in Simonyan et al. (2014)."""
    if "channel" not in maps.dims:
        return maps
    return maps.isel(channel=abs(maps).argmax("channel"))
