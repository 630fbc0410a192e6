"""Lists that hold rows are told from lists that hold inputs."""

from typing import Any

import numpy as np
import pytest

import dure

PICTURES = [np.full((4, 4), n) for n in range(12)]
LABELS = np.arange(12) % 2


def fault_of(x: Any, y: Any) -> str:
    with pytest.raises(dure.StudyError) as caught:
        dure.Data(x, y)
    assert len(caught.value.faults) == 1, caught.value.faults
    return caught.value.faults[0]


def test_a_list_of_rows_is_told_where_the_targets_show_it() -> None:
    fault = fault_of(PICTURES, LABELS)
    assert "x is a list of 12 arrays of shape (4, 4), which is read as 12 inputs" in fault
    assert "np.stack(x)" in fault
    assert "np.stack(y)" in fault_of(np.zeros((12, 2)), [np.zeros(1)] * 12)


def test_lists_of_inputs_are_taken() -> None:
    assert len(dure.Data([np.zeros((2, 3)), np.zeros((2, 3))], LABELS[:2]).x) == 2
    assert len(dure.Data([np.zeros((5, 3)), np.zeros((5, 3))], LABELS[:5]).x) == 2
    assert "The rows disagree: x[0] has 5, x[1] has 5, y has 3" in fault_of(
        [np.zeros((5, 3)), np.zeros((5, 3))], LABELS[:3]
    )


def test_many_inputs_that_disagree_are_counted_after_the_first() -> None:
    assert "more" in fault_of([np.zeros(n + 1) for n in range(40)], LABELS)
