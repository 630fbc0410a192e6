"""Numbers of layers, averaged over lanes."""

from __future__ import annotations

import numpy as np

from dure.core.types import Floats
from dure.stats.intervals import band


def average_lanes(lanes: Floats, logarithmic: bool) -> tuple[Floats, Floats, Floats]:
    """Mean and limits over [seed, fold, place], by place; geometric ones for logarithmic axes."""
    if not logarithmic:
        return band(lanes)[:3]
    with np.errstate(invalid="ignore", divide="ignore"):
        logs = np.log10(np.where(lanes > 0, lanes, np.nan))
    mean, low, high = band(logs)[:3]
    return 10.0**mean, 10.0**low, 10.0**high
