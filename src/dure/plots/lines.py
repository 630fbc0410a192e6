"""Lines over seeds, each with the interval of its mean."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

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
