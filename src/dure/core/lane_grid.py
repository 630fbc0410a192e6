"""Numbers in lane order as arrays over the axes that lanes are numbered by, and back."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt


def find_axes(columns: Iterable[Iterable[Hashable]]) -> list[list[Any]]:
    """Of each column its values, in order of first appearance."""
    return [list(dict.fromkeys(column)) for column in columns]


def find_places(
    columns: Iterable[Iterable[Hashable]], axes: Iterable[Iterable[Hashable]]
) -> tuple[npt.NDArray[np.intp], ...]:
    """Of each column where its values stand on the axis, int [lane] each."""
    orders = [{value: place for place, value in enumerate(axis)} for axis in axes]
    return tuple(
        np.array([order[value] for value in column], dtype=np.intp)
        for column, order in zip(columns, orders, strict=True)
    )


def spread_lanes(
    values: npt.ArrayLike,
    columns: Sequence[Sequence[Hashable]],
    axes: Sequence[Sequence[Hashable]] | None = None,
    fill: Any = np.nan,
) -> npt.NDArray[Any]:
    """Values [lane, ...] as an array [axis, axis, ..., ...], `fill` where there is no such lane.

    Parameters
    ----------
    columns
        What each lane is called along each axis.
    axes
        What stands along each axis; None: what the columns hold.
    """
    known, values = find_axes(columns) if axes is None else axes, np.asarray(values)
    grid = np.full((*map(len, known), *values.shape[1:]), fill)
    grid[find_places(columns, known)] = values
    return grid
