"""Names below one another, each with every seed as a dot, mean and 95 % interval, also in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dure.blocks.palette import COLOURS
from dure.plots.style import SMALL, TEXT, Sheet, drawing, dressed, named_rows, plain, widest
from dure.stats.intervals import interval_texts, mean_interval

_MARKS = "oDs^"
_WIDE = 4.6  # inches of the axis


@drawing
def interval_rows(
    values: Mapping[str, npt.ArrayLike | Mapping[str, npt.ArrayLike]],
    title: str,
    axis: str,
    notes: Sequence[str] = (),
    groups: Mapping[str, Sequence[str]] | None = None,
    reference: tuple[float, str] | None = None,
) -> Figure:
    """A row for each name, in it one or more means over seeds with their 95 % intervals.

    Parameters
    ----------
    values
        By name one value a seed, shape [seeds]; or several such by what they are of (such as "at
        its best epoch", the same for all rows). What is not finite is left out.
    title, axis, notes
        Of the page and its horizontal axis.
    groups
        Names that share a colour, by what the colour stands for, where each name has one mean.
    reference
        A value marked by a line, and what it is.
    """
    rows = {name: one if isinstance(one, Mapping) else {"": one} for name, one in values.items()}
    kinds = list(dict.fromkeys(kind for one in rows.values() for kind in one))
    group = {name: at for at, names in enumerate((groups or {}).values()) for name in names}
    known = {
        (name, kind): np.asarray(seeds, np.float64)
        for name, one in rows.items()
        for kind, seeds in one.items()
    }
    found = {key: mean_interval(seeds[:, None])[:3] for key, seeds in known.items()}
    texts = dict(zip(found, interval_texts(list(found.values())), strict=True))
    left, right = widest(list(rows), TEXT) + 0.15, widest(list(texts.values()), TEXT) + 0.2
    step, above = 0.19 * len(kinds) + 0.13, 0.2 if reference else 0.05
    legend = groups or (kinds if kinds != [""] else [])
    below = 0.8 if legend else 0.55
    page = Sheet(left + _WIDE + right, above + step * len(rows) + below, title, notes)
    axes = dressed(page.axes(left, above, _WIDE, step * len(rows)), axis, grid="x")
    named_rows(axes, list(rows), left, TEXT)
    if reference:
        _mark_reference(axes, *reference)
    for (name, kind), (mean, low, high) in found.items():
        place = kinds.index(kind)
        at = list(rows).index(name) + (place - (len(kinds) - 1) / 2) * 0.19 / step
        colour, seeds = COLOURS[group.get(name, place)], known[name, kind]
        axes.plot(seeds, np.full(len(seeds), at), ".", color=colour, alpha=0.3, markersize=4)
        axes.plot(mean, at, _MARKS[place], color=colour, markersize=4.5)
        axes.plot([low, high], [at, at], color=colour, linewidth=1.8)
        spot = (1.02, at)
        frame = ("axes fraction", "data")
        axes.annotate(texts[name, kind], spot, xycoords=frame, va="center", fontsize=SMALL + 0.5)
    for place, label in enumerate(legend):
        mark = f"{_MARKS[0 if groups else place]}-"
        axes.plot([], [], mark, color=COLOURS[place], markersize=4.5, label=label)
    if legend:
        page.figure.legend(loc="lower left", ncol=len(legend), fontsize=SMALL, frameon=False)
    return page.figure


def _mark_reference(axes: Axes, value: float, label: str) -> None:
    axes.axvline(value, color="0.35", linestyle="--", linewidth=1)
    axes.annotate(
        plain(label),
        (value, 1),
        (0, 4),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        ha="center",
        fontsize=SMALL,
        color="0.35",
    )
