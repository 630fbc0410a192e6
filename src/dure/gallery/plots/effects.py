"""Effects against one baseline: differences seed by seed, each with its interval, zero marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from dure.core.palette import COLOURS
from dure.plots.style import SMALL, TEXT, Sheet, drawing, dressed, named_rows, widest
from dure.stats.intervals import interval_texts, mean_interval

_MARKS = "oDs^"


@drawing
def effects(
    values: Mapping[str, Mapping[str, npt.ArrayLike]],
    title: str,
    axis: str,
    notes: Sequence[str] = (),
) -> Figure:
    """A row for each name; in it one or more differences as dots with mean and 95 % interval.

    Parameters
    ----------
    values
        By what was tried, then by what the difference is of (such as "at its best epoch", the same
        for all rows): one difference a seed, shape [seeds]; what is not finite is left out.
    title, axis, notes
        Of the page and its horizontal axis.
    """
    names = list(values)
    kinds = list(dict.fromkeys(kind for one in values.values() for kind in one))
    found = {
        (name, kind): mean_interval(np.asarray(row, np.float64)[:, None])[:3]
        for name, one in values.items()
        for kind, row in one.items()
    }
    texts = dict(zip(found, interval_texts(list(found.values())), strict=True))
    left, right = widest(names, TEXT) + 0.15, widest(list(texts.values()), SMALL + 0.5) + 0.2
    step = 0.19 * len(kinds) + 0.13
    page = Sheet(left + 4.6 + right, step * len(names) + 0.85, title, notes)
    axes = dressed(page.axes(left, 0.05, 4.6, step * len(names)), axis, grid="x")
    named_rows(axes, names, left, TEXT)
    axes.axvline(0, color="0.35", linewidth=1)
    for row, name in enumerate(names):
        if row % 2:
            axes.axhspan(row - 0.5, row + 0.5, color="0.965", linewidth=0, zorder=0)
        for place, kind in enumerate(kinds):
            if kind not in values[name]:
                continue
            at = row + (place - (len(kinds) - 1) / 2) * 0.19 / step
            mean, low, high = found[name, kind]
            colour, seeds = COLOURS[place], np.asarray(values[name][kind], np.float64)
            axes.plot(seeds, np.full(len(seeds), at), ".", color=colour, alpha=0.3, markersize=4)
            axes.plot(mean, at, _MARKS[place], color=colour, markersize=4.5)
            axes.plot([low, high], [at, at], color=colour, linewidth=1.8)
            axes.annotate(
                texts[name, kind],
                (1.02, at),
                xycoords=("axes fraction", "data"),
                va="center",
                fontsize=SMALL + 0.5,
                color=colour,
            )
    for place, kind in enumerate(kinds):
        axes.plot([], [], f"{_MARKS[place]}-", color=COLOURS[place], markersize=4.5, label=kind)
    page.figure.legend(loc="lower left", ncol=len(kinds), fontsize=SMALL + 0.5, frameon=False)
    return page.figure
