"""What stands in a table: words or numbers, which stay numbers until a renderer writes them."""

from __future__ import annotations

import math
from typing import NamedTuple, TypeAlias

from dure.messages.message import Message


class Estimate(NamedTuple):
    """A mean with its interval; limits are NaN where there is none."""

    mean: float
    low: float
    high: float


class Percent(NamedTuple):
    """A part of a whole, from 0 to 1."""

    share: float


class Amount(NamedTuple):
    """So many bytes."""

    bytes: float


Cell: TypeAlias = Message | int | float | Estimate | Percent | Amount | None
"""None: there is nothing to be known."""


def estimate_of(mean: float, low: float, high: float) -> Estimate | float | None:
    """A mean with its interval; by itself where that is none, or all networks have the same."""
    if low < high:
        return Estimate(float(mean), float(low), float(high))
    return float(mean) if math.isfinite(mean) else None
