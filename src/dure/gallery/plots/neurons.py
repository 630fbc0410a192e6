"""Drawings of single neurons: the line, the outputs of two classes, the way the weights go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dure.blocks.palette import COLOURS
from dure.core.types import Floats
from dure.plots.style import SMALL, TEXT, Sheet, drawing, dressed, plain

_WIDE, _HIGH, _LEFT, _BELOW, _BETWEEN = 3.1, 2.9, 0.65, 0.55, 0.8
"""Inches of a panel, of what stands left of it and below it, and of the gap between two."""


class Surface(NamedTuple):
    """Loss over a plane.

    Attributes
    ----------
    across, down
        The weights along the two sides.
    loss
        Shape [len(down), len(across)].
    lowest, least
        The two weights where the loss is least, and that loss.
    """

    across: Floats
    down: Floats
    loss: Floats
    lowest: Floats
    least: float


@drawing
def lines(
    x: Floats, y: Floats, fits: Mapping[str, Floats], names: tuple[str, str], title: str
) -> Figure:
    """Points, and the lines that networks put through them.

    Parameters
    ----------
    x, y
        The points, shape [row].
    fits
        By name: slope and intercept of every lane, shape [lane, 2]; each lane is one thin line.
    names
        What the two sides are.
    """
    page = Sheet(
        6.6,
        4.2,
        title,
        ["Each thin line is one network."] if any(len(v) > 1 for v in fits.values()) else [],
    )
    axes = page.axes(_LEFT, 0.05, 5.8, 3.5)
    axes.plot(x, y, ".", color="0.55", markersize=4, label=f"{len(x)} rows")
    ends = np.array([x.min(), x.max()])
    for colour, (name, lanes) in zip(COLOURS, fits.items(), strict=False):
        for place, (slope, intercept) in enumerate(lanes):
            label = plain(name) if place == 0 else None
            width = 1.0 if len(lanes) > 1 else 2.5
            axes.plot(ends, slope * ends + intercept, color=colour, linewidth=width, label=label)
    axes.legend(fontsize=SMALL, frameon=False, loc="upper left")
    dressed(axes, *names)
    return page.figure


@drawing
def outputs(
    values: Floats,
    labels: npt.NDArray[np.int64],
    class_names: Sequence[str],
    threshold: float,
    name: str,
    title: str,
) -> Figure:
    """How a neuron's outputs are spread in each of two classes, and the threshold between them.

    Parameters
    ----------
    values, labels
        Output and class (0 or 1) of each row, shape [row].
    threshold
        Outputs above it mean the second class.
    name
        What the outputs are, for the axis below.
    """
    page = Sheet(6.6, 3.6, title, [f"{len(values)} rows; dashed: the threshold, {threshold:g}."])
    axes = page.axes(_LEFT, 0.05, 5.8, 2.9)
    edges = np.linspace(values.min(), values.max(), 41)
    for place, one in enumerate(class_names):
        part, colour = values[labels == place], COLOURS[place]
        wrong = int(np.sum((part > threshold) != bool(place)))
        told = plain(f"{one}: {wrong} of {len(part)} on the wrong side")
        axes.hist(part, edges.tolist(), color=colour, alpha=0.55, label=told)
    axes.axvline(threshold, color="0.2", linestyle="--", linewidth=1.2)
    axes.legend(fontsize=SMALL, frameon=False)
    dressed(axes, name, "rows", "y")
    return page.figure


@drawing
def paths(
    ways: Mapping[str, Floats],
    names: tuple[str, str],
    title: str,
    surface: Surface | None = None,
    notes: Sequence[str] = (),
) -> Figure:
    """The way of two weights through training, a panel each, with the loss under it if it is given.

    Parameters
    ----------
    ways
        By name: shape [point, 2], the first point before training.
    names
        Of the two weights, the one across first.
    surface
        The loss; all panels then show its plane. None: each panel shows its own way only.
    """
    page = Sheet(len(ways) * (_WIDE + _BETWEEN), _HIGH + 0.3 + _BELOW, title, notes)
    for place, (name, way) in enumerate(ways.items()):
        left = _LEFT + place * (_WIDE + _BETWEEN)
        axes = page.axes(left, 0.25, _WIDE, _HIGH)
        dressed(axes, *names)
        axes.set_title(plain(name), fontsize=TEXT, loc="left")
        if surface is not None:
            _ground(axes, surface)
        axes.plot(*way.T, ".-", color=COLOURS[1], linewidth=0.7, markersize=2.5)
        axes.plot(*way[0], "o", color=COLOURS[2], markersize=6, label="start")
        axes.plot(*way[-1], "s", color=COLOURS[3], markersize=5.5, label="end")
        axes.ticklabel_format(scilimits=(-3, 4))
        axes.legend(fontsize=SMALL, frameon=True, framealpha=0.8)
    return page.figure


def _ground(axes: Axes, surface: Surface) -> None:
    """The loss in steps that are finer near its least, which has a star."""
    steps = np.geomspace(0.002, float(surface.loss.max()) - surface.least, 12)
    levels = surface.least + np.array([-1e-3, *steps])
    blues = mpl.colormaps["Blues"](np.linspace(0.04, 0.6, len(steps)))
    given = (surface.across, surface.down, surface.loss)
    axes.contourf(*given, levels=levels, colors=[tuple(blue) for blue in blues])
    axes.contour(*given, levels=levels[1:-1], colors="0.6", linewidths=0.4)
    axes.plot(*surface.lowest, "*", color=COLOURS[6], markersize=9, label="least loss", zorder=5)
    axes.set(xlim=surface.across[[0, -1]], ylim=surface.down[[0, -1]])
