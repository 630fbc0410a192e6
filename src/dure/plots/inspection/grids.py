"""Pictures in rows and columns: kernels and feature maps.

Functions of the arrays of `dure.inspection.measures` (and of the pictures that went in)
only. Over lanes each network has its row of panels. At most 64 panels are drawn, and the
title says of how many.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from dure.core.palette import DIVERGING, SEQUENTIAL
from dure.errors import DureError
from dure.measurements.labels import (
    LANE,
    each_lane,
    lane_count,
    lane_names,
    lanes_note,
    need,
    row_names,
    rows_note,
    some,
    title_of,
)
from dure.plots.style import (
    SMALL,
    TEXT,
    Sheet,
    drawing,
    plain,
    shortened,
    show_picture,
    whole_numbers,
    widest,
)

MOST_PANELS = 64
_GAP, _LABEL, _BAR = 0.06, 0.15, 0.95
_MOST_ROWS = 8


@drawing
def kernels(trained: xr.DataArray, untrained: xr.DataArray | None = None) -> Figure:
    """The kernels of a layer, one panel a filter; red positive, blue negative, white 0.

    Parameters
    ----------
    trained
        As `dure.inspection.measures` gives it, the last dimension the filters: (height, width,
        channel, filter), (step, channel, filter) or (input, unit), with `lane` in front or
        without. Several channels of a picture are averaged. A matrix (input, unit) is one panel.
    untrained
        The same of the untrained twin, drawn beside it in the same colours.

    Raises
    ------
    DureError
        For an array of other dimensions.
    """
    blocks = [("trained", trained)]
    if untrained is not None:
        blocks.append((f"untrained, {untrained.attrs.get('twin', 'same seed')}", untrained))
    cells = trained.ndim - (LANE in trained.dims)
    if cells not in (2, 3, 4):
        raise DureError(
            f"an array of dimensions {tuple(trained.dims)} is no kernel; pass what kernels() gave."
        )
    if cells == 2:
        return _matrices(trained, blocks)
    # Filters are averaged over channels before the scale is taken: the mean is what is seen.
    return _filters(
        [(name, _as_pictures(block)) for name, block in blocks], _channels_note(trained)
    )


def _symmetric(blocks: Sequence[tuple[str, xr.DataArray]]) -> Normalize:
    """One scale for all blocks, 0 in its middle."""
    limit = max(float(np.nanmax(np.abs(block.values), initial=0)) for _, block in blocks) or 1.0
    return Normalize(-limit, limit)


def _filters(blocks: Sequence[tuple[str, xr.DataArray]], about: str) -> Figure:
    """One panel a filter: lines of eight for one network, a line a lane for several."""
    trained, norm = blocks[0][1], _symmetric(blocks)
    unit, lanes = str(trained.dims[-1]), min(lane_count(trained), _MOST_ROWS)
    filters = trained.sizes[unit]
    shown = min(filters, max(1, MOST_PANELS // (len(blocks) * lanes)))
    columns = min(shown, 8) if lanes == 1 else shown
    rows = math.ceil(shown / columns) if lanes == 1 else lanes
    size = min(0.95, 11 / (columns * len(blocks)))
    names = lane_names(trained)[:rows] if lanes > 1 else []
    side = widest(names, SMALL) + 0.1
    across, down = columns * (size + _GAP) + 0.25, size + _LABEL + _GAP
    notes = [some(shown, filters, unit), about]
    notes.append(lanes_note(trained, shown=lanes))
    notes.append("Colours: red positive, blue negative, white 0; the same scale in every panel.")
    width = max(side + len(blocks) * across + _BAR - 0.1, 6.0)
    page = Sheet(width, 0.3 + rows * down, title_of(trained, "Kernels"), notes)
    image: Any = None
    for number, (name, block) in enumerate(blocks):
        left = side + number * across
        page.text(left, 0.08, name, TEXT, fontweight="bold")
        for lane, one in enumerate(each_lane(block)[:lanes]):
            for place in range(shown):
                x = left + place % columns * (size + _GAP)
                y = 0.3 + (lane + place // columns) * down
                axes = page.picture(x, y + _LABEL, size, size)
                picture = one.isel({unit: place}).values
                image = axes.imshow(picture, cmap=DIVERGING, norm=norm, aspect="auto")
                page.text(x, y + _LABEL / 2, f"{place}", SMALL, color="0.35")
    _side_names(page, names, 0.3 + _LABEL, size, down)
    _bar(page, image, "weight", side + len(blocks) * across - 0.1)
    return page.figure


def _channels_note(kernel: xr.DataArray) -> str:
    if "height" not in kernel.dims:
        return "Each panel: steps downwards, channels across."
    channels = kernel.sizes.get("channel", 1)
    return f"Each panel is the mean of its {channels} channels." if channels > 1 else ""


def _as_pictures(kernel: xr.DataArray) -> xr.DataArray:
    """Filters as matrices: the mean over channels of a picture, (step, channel) of a series."""
    averaged = "height" in kernel.dims and "channel" in kernel.dims
    return kernel.mean("channel", keep_attrs=True) if averaged else kernel


def _matrices(trained: xr.DataArray, blocks: Sequence[tuple[str, xr.DataArray]]) -> Figure:
    """Kernels (input, unit) as one panel each; one row a lane."""
    norm = _symmetric(blocks)
    lanes = min(lane_count(trained), 4)
    inputs, units = trained.sizes[trained.dims[-2]], trained.sizes[trained.dims[-1]]
    wide = min(max(1.8, 0.14 * units), 5.0)
    high = min(max(1.5, 0.14 * inputs), 4.5 if lanes == 1 else 2.0)
    notes = [f"{inputs:,} inputs (down) x {units:,} units (across)."]
    notes.append(lanes_note(trained, shown=lanes))
    notes.append("Colours: red positive, blue negative, white 0.")
    across, down = wide + 0.7, high + 0.75
    page = Sheet(
        max(len(blocks) * across + _BAR, 6.0), lanes * down, title_of(trained, "Kernels"), notes
    )
    image: Any = None
    for column, (name, block) in enumerate(blocks):
        for row, (lane, one) in enumerate(
            zip(lane_names(block)[:lanes], each_lane(block), strict=False)
        ):
            axes = page.axes(column * across + 0.5, row * down + 0.25, wide, high)
            image = axes.imshow(one.values, cmap=DIVERGING, norm=norm, aspect="auto")
            told = f"{name.split(',')[0]}, {lane}" if lane else name
            axes.set_title(plain(told), fontsize=TEXT)
            axes.set_xlabel(str(trained.dims[-1]), fontsize=SMALL)
            axes.set_ylabel(str(trained.dims[-2]), fontsize=SMALL)
            whole_numbers(axes)
    _bar(page, image, "weight", len(blocks) * across + 0.05)
    return page.figure


@drawing
def feature_maps(maps: xr.DataArray, pictures: npt.NDArray[Any] | None = None) -> Figure:
    """What a layer gives for some rows.

    Parameters
    ----------
    maps
        (row, height, width, channel): a row of panels a picture, one panel a channel; with `lane`
        in front the first picture only, a row of panels a lane. (row, step, unit): one panel a
        row. (row, unit) and anything else: one panel, a line a row.
    pictures
        What went in, shape [rows, height, width, channels], drawn at the left of its maps.
    """
    need(maps, "row")
    return _maps(maps, pictures) if "height" in maps.dims else _maps_without_pictures(maps)


def _maps(maps: xr.DataArray, pictures: npt.NDArray[Any] | None) -> Figure:
    """A row of panels for each picture, or for each lane that saw the first one."""
    several = lane_count(maps) > 1
    maps = maps.isel(row=slice(1 if several else _MOST_ROWS))
    names = (lane_names(maps) if several else row_names(maps))[:_MOST_ROWS]
    rows, channels = len(names), maps.sizes["channel"]
    shown = min(channels, max(1, MOST_PANELS // rows))
    columns = min(shown, 16)
    size = min(1.0, 11.5 / (columns + 1))
    thumb, down = max(size, 1.0), size + _LABEL + _GAP
    side = thumb + 0.2 if pictures is not None else 0.0
    block = max(math.ceil(shown / columns) * down, thumb + _LABEL) + 0.28
    norm = _scale(maps)
    notes = [some(shown, channels, "channel"), rows_note(maps, maps.sizes["row"])]
    notes += [lanes_note(maps, shown=rows), "One scale for all panels."]
    width = max(side + columns * (size + _GAP) + _BAR, 6.0)
    page = Sheet(width, rows * block, title_of(maps, "Feature maps"), notes)
    image: Any = None
    for row, one in enumerate(_cells(maps)[:rows]):
        top = row * block
        page.text(0, top + 0.12, names[row], SMALL + 0.5, fontweight="bold")
        if pictures is not None:
            axes = page.picture(0, top + 0.28 + _LABEL, thumb, thumb)
            show_picture(axes, pictures[0 if several else row])
        for place in range(shown):
            x = side + place % columns * (size + _GAP)
            y = top + 0.28 + place // columns * down
            axes = page.picture(x, y + _LABEL, size, size)
            picture = one.isel(channel=place).values
            image = axes.imshow(picture, cmap=SEQUENTIAL, norm=norm, aspect="auto")
            page.text(x, y + _LABEL / 2, f"{place}", SMALL, color="0.35")
    _bar(page, image, "output", side + columns * (size + _GAP) + 0.05, extend="max")
    return page.figure


def _cells(maps: xr.DataArray) -> list[xr.DataArray]:
    """The maps of each lane's first row, or of each row of a single network."""
    if lane_count(maps) > 1:
        return [one.isel(row=0) for one in each_lane(maps)]
    (one,) = each_lane(maps)
    return [one.isel(row=row) for row in range(one.sizes["row"])]


def _scale(values: xr.DataArray) -> Normalize:
    """From the least value to one that a two-hundredth of them exceed, lest one bright spot rules.

    Never an empty range.
    """
    finite = values.values[np.isfinite(values.values)]
    if not finite.size:
        return Normalize(0, 1)
    low, high = float(finite.min()), float(np.quantile(finite, 0.995))
    return Normalize(low, high if high > low else float(finite.max()) + (finite.max() == low))


def _maps_without_pictures(maps: xr.DataArray) -> Figure:
    panels: list[tuple[str, npt.NDArray[Any], str, str]] = []
    lanes = lane_names(maps)
    step = next((d for d in maps.dims if str(d) == "step"), None)
    for lane, one in zip(lanes[:4], each_lane(maps), strict=False):
        if step is None:
            flat = one.values.reshape(one.sizes["row"], -1)
            panels.append((lane, flat, "unit", "row"))
            continue
        for name, row in zip(row_names(one)[: 6 if len(lanes) == 1 else 1], one, strict=False):
            title = ", ".join(filter(None, (lane, name)))
            panels.append((title, row.values.T, "step", "unit"))
    columns = min(len(panels), 2)
    wide, high = (5.0, 2.1) if columns > 1 else (8.0, 3.0)
    lines = math.ceil(len(panels) / columns)
    norm = _scale(maps)
    notes = [rows_note(maps, maps.sizes["row"]) if step is None else ""]
    notes.append(lanes_note(maps, shown=4))
    if step is not None:
        notes[0] = rows_note(maps, min(maps.sizes["row"], 6 if len(lanes) == 1 else 1))
    page = Sheet(
        columns * (wide + 0.7) + _BAR, lines * (high + 0.8), title_of(maps, "Outputs"), notes
    )
    image: Any = None
    for place, (name, values, x, y) in enumerate(panels):
        left = place % columns * (wide + 0.7) + 0.5
        axes = page.axes(left, place // columns * (high + 0.8) + 0.25, wide, high)
        image = axes.imshow(values, cmap=SEQUENTIAL, norm=norm, aspect="auto")
        axes.set_title(plain(shortened(name, wide)), fontsize=TEXT)
        axes.set_xlabel(x, fontsize=SMALL)
        axes.set_ylabel(y, fontsize=SMALL)
        whole_numbers(axes)
    _bar(page, image, "output", columns * (wide + 0.7) + 0.05, extend="max")
    return page.figure


def _side_names(page: Sheet, names: Sequence[str], top: float, size: float, step: float) -> None:
    for row, name in enumerate(names):
        page.text(0, top + row * step + size / 2, name, SMALL, color="0.25")


def _bar(page: Sheet, image: Any, label: str, left: float, **given: Any) -> None:
    page.colour_bar(image, left, 0.3, min(2.2, page.height - 0.45), label, **given)
