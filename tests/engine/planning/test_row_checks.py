"""What a study's rows ask of its models: where NaN is, and which parts are tried."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dure.engine.planning import row_checks
from dure.engine.planning.row_checks import find_rows_with_nan


@given(st.integers(1, 30), st.integers(1, 9), st.data())
def test_the_first_rows_with_nan_are_found(count: int, most: int, data: st.DataObject) -> None:
    holes = data.draw(st.sets(st.integers(0, count - 1)))
    rows = np.array(sorted(data.draw(st.sets(st.integers(0, count - 1)))), np.int32)
    x: dict[str, Any] = {"a": np.zeros((count, 2), np.float32), "b": None, "c": np.zeros(count)}
    for place in holes:
        x["ca"[place % 2]][place] = np.nan
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(row_checks, "_BLOCK", 5)
        found = find_rows_with_nan(x, rows, most)
    wanted = [row for row in rows.tolist() if row in holes]
    assert set(found.tolist()) <= set(wanted)
    assert len(found) == min(most, len(wanted))
    assert find_rows_with_nan({"words": np.zeros((count, 2), int)}, rows, most).size == 0
