"""Several things on the same seeds: a row each with its interval, and the difference of two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from dure.core.palette import COLOURS
from dure.messages.message import Message, say
from dure.plots.style import SMALL, TEXT, Sheet, drawing, dressed, inches, named_rows, plain
from dure.stats.intervals import Interval, interval_texts, mean_interval


def difference(first: npt.ArrayLike, second: npt.ArrayLike) -> Interval:
    """The mean of ``first - second``, taken seed by seed, with its 95 % interval.

    Parameters
    ----------
    first, second
        One value a seed, shape [seeds], in the same order of seeds.
    """
    values = np.asarray(first, np.float64) - np.asarray(second, np.float64)
    return mean_interval(values[:, None])


def told_difference(interval: Interval) -> Message:
    """'0.021 [0.010, 0.032] higher', or that these seeds cannot tell, or that nothing differs."""
    mean, low, high = interval[:3]
    if low == high == 0:
        return say("exactly the same with every seed")
    if low <= 0 <= high or not np.isfinite([low, high]).all():
        text = interval_texts([(mean, low, high)])[0]
        return say("no difference that these seeds can tell ({interval})", interval=text)
    if mean < 0:
        return say("{interval} lower", interval=interval_texts([(-mean, -high, -low)])[0])
    return say("{interval} higher", interval=interval_texts([(mean, low, high)])[0])


@drawing
def interval_rows(
    values: Mapping[str, npt.ArrayLike],
    title: str,
    axis: str,
    groups: Mapping[str, Sequence[str]] | None = None,
    notes: Sequence[str] = (),
    reference: tuple[float, str] | None = None,
) -> Figure:
    """One line for each name: every seed as a dot, the mean with its 95 % interval in words too.

    Parameters
    ----------
    values
        By name one value a seed, shape [seeds]; values that are not finite are left out.
    title, axis, notes
        Of the page and its horizontal axis.
    groups
        Names that share a colour, by what the colour stands for.
    reference
        A value marked by a line, and what it is.
    """
    intervals = [mean_interval(np.asarray(v, np.float64)[:, None])[:3] for v in values.values()]
    texts = interval_texts(intervals)
    left = max(inches(name, TEXT) for name in values) + 0.15
    right = max(inches(text, TEXT) for text in texts) + 0.2
    height, above, below = 0.3 * len(values), 0.2 if reference else 0.0, 0.75 if groups else 0.5
    page = Sheet(left + 4.6 + right, above + height + below, title, notes)
    axes = dressed(page.axes(left, above, 4.6, height), axis, grid="x")
    named_rows(axes, list(values), left, TEXT)
    group_of = {name: at for at, (_, names) in enumerate((groups or {}).items()) for name in names}
    for place, (name, (mean, low, high)) in enumerate(zip(values, intervals, strict=True)):
        colour = COLOURS[group_of.get(name, 0)]
        seeds = np.asarray(values[name], np.float64)
        axes.plot(seeds, np.full(len(seeds), place), ".", color=colour, alpha=0.35, markersize=5)
        axes.plot(mean, place, "o", color=colour, markersize=5)
        axes.plot([low, high], [place, place], color=colour, linewidth=1.8)
        axes.annotate(
            texts[place],
            (1.02, place),
            xycoords=("axes fraction", "data"),
            va="center",
            fontsize=TEXT,
        )
    if reference is not None:
        axes.axvline(reference[0], color="0.35", linestyle="--", linewidth=1)
        axes.annotate(
            plain(reference[1]),
            (reference[0], 1),
            (0, 4),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            ha="center",
            fontsize=SMALL,
            color="0.35",
        )
    for at, label in enumerate(groups or {}):
        axes.plot([], [], "o-", color=COLOURS[at], markersize=5, label=label)
    if groups:
        page.figure.legend(loc="lower left", ncol=len(groups), fontsize=SMALL, frameon=False)
    return page.figure
