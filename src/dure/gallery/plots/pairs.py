"""Groups beside each other: mean, interval and every seed, for rows of the gallery."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from dure.core.palette import COLOURS
from dure.plots.lines import interval_points
from dure.plots.style import drawing, dressed, plain


@drawing
def groups(panels: Mapping[str, Mapping[str, ArrayLike]]) -> Figure:
    """A panel a measure; in each a few groups, such as variants.

    Parameters
    ----------
    panels
        By the name of the vertical axis; of each the groups by name, one value a seed, shape
        [seeds], in the same order of seeds.

    Returns
    -------
    Means with their 95 % intervals as bars, every seed as a dot. Belongs to nobody (pyplot does
    not know of it).
    """
    figure = Figure(figsize=(4.2 * len(panels), 3.9), layout="constrained")
    for place, (measure, named) in enumerate(panels.items()):
        axes = figure.add_subplot(1, len(panels), place + 1)
        values = np.stack([np.ravel(lanes) for lanes in named.values()], axis=1)
        at = np.arange(len(named))
        interval_points(axes, at, values, COLOURS[0])
        dressed(axes, "", measure, "y")
        axes.set_xticks(at, [plain(name) for name in named], fontsize=9)
        axes.set_xlim(-0.5, len(named) - 0.5)
    figure.supxlabel("dots: single runs; bars: mean and its 95 % interval", fontsize=8, x=0.5)
    return figure
