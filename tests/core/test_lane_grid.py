from __future__ import annotations

import numpy as np

from dure.core.lane_grid import find_axes, find_places, spread_lanes


def test_lanes_stand_where_their_names_say() -> None:
    columns = (["b", "a", "b"], [3, 3, 1])
    assert find_axes(columns) == [["b", "a"], [3, 1]]
    assert [list(where) for where in find_places(columns, (["a", "b"], [1, 3]))] == [
        [1, 0, 1],
        [1, 1, 0],
    ]
    grid = spread_lanes([1.0, 2.0, 3.0], columns)
    assert np.array_equal(grid, [[1.0, 3.0], [2.0, np.nan]], equal_nan=True)


def test_lanes_that_are_not_there_are_filled() -> None:
    whole = spread_lanes(np.array([[True, True]]), (["a"], [0]), (["a"], [0, 1]), fill=False)
    assert whole.tolist() == [[[True, True], [False, False]]]
