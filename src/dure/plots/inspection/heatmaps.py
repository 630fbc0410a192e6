"""Where a network looks: maps over pictures, features and steps that its score depends on."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from dure.core.palette import DIVERGING
from dure.measurements.labels import (
    each_lane,
    lane_names,
    lanes_note,
    need,
    row_names,
    rows_note,
    title_of,
)
from dure.plots.style import (
    SMALL,
    TEXT,
    Sheet,
    drawing,
    dressed,
    plain,
    shortened,
    show_picture,
    widest,
)

_MOST_ROWS = 8


@drawing
def heat(maps: xr.DataArray, pictures: npt.NDArray[Any], what: str = "Saliency") -> Figure:
    """Maps of what counts in pictures: the picture, the map, and both laid over each other.

    Parameters
    ----------
    maps
        (row, height, width) or (row, height, width, channel), of which the value of the channel
        that is largest in size counts (as in Simonyan, Vedaldi and Zisserman 2014). Signed
        maps are drawn red and blue. With `lane` in front, a column of maps a lane.
    pictures
        What went in, shape [rows, height, width, channels].
    what
        Begins the title.
    """
    need(maps, "row", "height", "width")
    lanes = [_one_channel(one) for one in each_lane(maps)][: _MOST_ROWS - 1]
    names = lane_names(maps)
    rows = min(maps.sizes["row"], _MOST_ROWS)
    signed = bool(min(float(one.min()) for one in lanes) < 0)
    titles = ["input", *(names[: len(lanes)] if len(names) > 1 else ["map", "laid over"])]
    blocks = 2 if len(names) == 1 and rows > 1 else 1
    size, block = 1.45, len(titles) * 1.53 + 0.3
    lines = math.ceil(rows / blocks)
    notes = [rows_note(maps, rows), lanes_note(maps, shown=len(lanes))]
    notes.append(str(maps.attrs.get("told", "")))
    notes.append("Red raises the score, blue lowers it; " if signed else "Bright counts much; ")
    notes[-1] += "each map in its own scale, from its largest value down."
    page = Sheet(max(blocks * block, 6.0), lines * (size + 0.4) + 0.2, title_of(maps, what), notes)
    for column in range(blocks * len(titles)):
        left = column // len(titles) * block + column % len(titles) * 1.53
        page.text(left, 0.08, titles[column % len(titles)], SMALL + 0.5, color="0.35")
    for row, name in enumerate(row_names(maps)[:rows]):
        left, top = row % blocks * block, row // blocks * (size + 0.4) + 0.2
        page.heading(left, top + 0.11, name, block - 0.2)
        panels = [page.picture(left + i * 1.53, top + 0.25, size, size) for i in range(len(titles))]
        show_picture(panels[0], pictures[row])
        for place, one in enumerate(lanes):
            _heat(panels[1 + place], one.isel(row=row).values, signed)
        if len(names) == 1:
            show_picture(panels[2], pictures[row], darkest=0.45)
            _heat(panels[2], lanes[0].isel(row=row).values, signed, pictures[row].shape[:2])
    return page.figure


def _one_channel(maps: xr.DataArray) -> xr.DataArray:
    if "channel" not in maps.dims:
        return maps
    largest = abs(maps).argmax("channel")
    return maps.isel(channel=largest)


def _heat(
    axes: Axes, values: npt.NDArray[Any], signed: bool, over: tuple[int, ...] | None = None
) -> None:
    """One map; laid over a picture of this height and width it shows only where it is strong."""
    top = float(np.nanmax(np.abs(values), initial=0)) or 1.0
    given: dict[str, Any] = {"norm": Normalize(-top if signed else 0, top)}
    given["cmap"] = DIVERGING if signed else "inferno"
    if over is not None:
        given["alpha"] = 0.85 * np.abs(values) / top
        given["extent"] = (-0.5, over[1] - 0.5, over[0] - 0.5, -0.5)
    if values.shape[0] < 16:
        given["interpolation"] = "bilinear"
    axes.imshow(values, aspect="auto", **given)


@drawing
def table(maps: xr.DataArray, what: str = "Saliency") -> Figure:
    """Signed values (row, feature) as a table of colours, or (row, step, feature) as lines.

    With `lane` in front: the first lane's rows are named, the lanes stand below each other.
    """
    need(maps, "row", "feature")
    if "step" in maps.dims:
        return _series(maps, what)
    features = [str(name) for name in maps["feature"].values]
    side = min(widest([*features], SMALL) + 0.1, 2.0)
    lanes = lane_names(maps)[:4]
    rows = min(maps.sizes["row"], 24)
    wide, high = max(4.0, 0.3 * len(features)), max(1.2, 0.22 * rows)
    names = [shortened(name, 3.4, SMALL) for name in row_names(maps)[:rows]]
    left = widest(names, SMALL) + 0.15
    limit = float(np.abs(maps.values).max(initial=0)) or 1.0
    notes = [rows_note(maps, rows), lanes_note(maps, shown=len(lanes))]
    notes.append(f"{maps.attrs.get('told', '')} Red raises the score, blue lowers it.")
    page = Sheet(
        left + wide + 0.95, len(lanes) * (high + 0.35) + side + 0.2, title_of(maps, what), notes
    )
    image: Any = None
    for place, (lane, one) in enumerate(zip(lanes, each_lane(maps), strict=False)):
        axes = page.axes(left, place * (high + 0.35) + 0.25, wide, high)
        image = axes.imshow(
            one.values[:rows], cmap=DIVERGING, norm=Normalize(-limit, limit), aspect="auto"
        )
        axes.set_title(plain(lane), fontsize=TEXT)
        axes.set_yticks(range(rows), [plain(name) for name in names], fontsize=SMALL)
        step = max(1, math.ceil(len(features) * 0.16 / wide))
        labels = [plain(shortened(one, 2.0, SMALL)) for one in features[::step]]
        axes.set_xticks(range(0, len(features), step), labels, rotation=90, fontsize=SMALL)
        axes.tick_params(axis="x", labelbottom=place == len(lanes) - 1)
    page.colour_bar(image, left + wide + 0.1, 0.25, high, "saliency")
    return page.figure


def _series(maps: xr.DataArray, what: str) -> Figure:
    """One panel a row: the sum over features of the size of each step's saliency, a line a lane."""
    rows = min(maps.sizes["row"], 6)
    size = abs(maps).sum("feature")
    notes = [rows_note(maps, rows), lanes_note(maps, ", a line each")]
    page = Sheet(8.0, rows * 1.7 + 0.3, title_of(maps, what), notes)
    for row, name in enumerate(row_names(maps)[:rows]):
        axes = page.axes(0.8, row * 1.7 + 0.3, 7.0, 1.1)
        for one in each_lane(size):
            axes.plot(one.isel(row=row).values, linewidth=1.2)
        axes.set_title(plain(shortened(name, 6.8)), fontsize=TEXT, loc="left")
        dressed(axes, "step" if row == rows - 1 else "", "|saliency|")
    return page.figure
