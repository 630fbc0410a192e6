"""What stands in a table: words or numbers, which stay numbers until a renderer writes them."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from dure.messages.message import Message


class Estimate(NamedTuple):
    """A mean with its interval; limits are NaN where there is none."""

    mean: float
    low: float
    high: float


class Amount(NamedTuple):
    """So many bytes."""

    bytes: float


Cell: TypeAlias = Message | int | float | Estimate | Amount | None
"""None: there is nothing to be known."""
