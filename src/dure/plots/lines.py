"""Lines and points over seeds, for rows of the gallery that draw their own charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dure.core.palette import COLOURS
from dure.plots.style import TEXT, TITLE, drawing, dressed
from dure.stats.intervals import band


def mean_line(
    axes: Axes, x: npt.ArrayLike, values: npt.ArrayLike, colour: str, label: str, **look: Any
) -> None:
    """The mean over seeds along `x`, with the 95 % interval of the mean as a band.

    Parameters
    ----------
    x
        Shape [points].
    values
        Shape [seeds, points]; NaN where a seed has no value.
    look
        What else `Axes.plot` is told, such as ``linestyle`` or ``marker``.
    """
    known = band(values)
    axes.plot(x, known.mean, color=colour, label=label, **look)
    if np.isfinite(known.low).any():
        axes.fill_between(x, known.low, known.high, color=colour, alpha=0.2, linewidth=0)


def interval_points(
    axes: Axes, at: npt.ArrayLike, values: npt.ArrayLike, colour: str, label: str | None = None
) -> None:
    """The mean over seeds at each place with its 95 % interval as a bar, every seed as a dot.

    Parameters
    ----------
    at
        Places along the horizontal axis, shape [points].
    values
        Shape [seeds, points].
    """
    places, lanes, known = np.asarray(at), np.asarray(values), band(values)
    axes.plot(
        np.tile(places, len(lanes)), lanes.ravel(), ".", color=colour, alpha=0.35, markersize=5
    )
    limits = np.nan_to_num([known.mean - known.low, known.high - known.mean])
    axes.errorbar(
        places, known.mean, limits, fmt="o", color=colour, label=label, markersize=5, capsize=3
    )


@drawing
def weight_paths(
    paths: Mapping[str, tuple[Sequence[float], npt.NDArray[np.float64]]],
    names: Sequence[str],
    zero: float,
) -> Figure:
    """Each weight against the strength of L1 and of L2, and how many are near zero.

    Parameters
    ----------
    paths
        For "l1" and "l2": the strengths, and the weights [strength, seed, feature].
    names
        Of the features; the ten that are largest along the path of L1 get colours.
    zero
        What is nearer to zero than this is counted.
    """
    figure = Figure(figsize=(14, 4.8), layout="constrained")
    *panels, counts = figure.subplots(1, 3)
    size = np.abs(paths["l1"][1]).mean(axis=(0, 1))
    strongest = np.argsort(-size)[: len(COLOURS)].tolist()
    rest = np.setdiff1d(np.arange(len(size)), strongest)
    for axes, (penalty, (strengths, weights)) in zip(panels, paths.items(), strict=True):
        axes.plot(strengths, weights[:, :, rest].mean(axis=1), color="0.8", linewidth=0.8)
        for colour, feature in zip(COLOURS, strongest, strict=False):
            mean_line(axes, strengths, weights[:, :, feature].T, colour, names[feature])
        added = "strength x sign(w)" if penalty == "l1" else "strength x w"
        axes.set_title(f"{penalty.upper()}: the gradient gets {added}", fontsize=TITLE)
        at_zero = (np.abs(weights) < zero).sum(axis=2).T
        mark = {"l1": "o-", "l2": "s--"}[penalty]
        mean_line(
            counts, strengths, at_zero, "0.2", penalty.upper(), linestyle=mark[1:], marker=mark[0]
        )
    for axes in (*panels, counts):
        dressed(axes, "strength", "weight").set_xscale("log")
    counts.set_ylabel("weights at zero")
    counts.legend(frameon=False)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right center", frameon=False, fontsize=TEXT)
    return figure
