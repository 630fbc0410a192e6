"""What `windows` finds wrong with a series, and the code that it says mends it."""

import re
from typing import Any

import pytest

import dure
from dure.data import windows


def fault_of(series: Any, **options: Any) -> str:
    with pytest.raises(dure.StudyError) as caught:
        windows(series, 3, test=0, **options)
    assert len(caught.value.faults) == 1, caught.value.faults
    return caught.value.faults[0]


def remedies_in(fault: str) -> list[str]:
    """Source code of series in a fault: from ``series`` to where its brackets are closed again."""
    found, end = [], 0
    for start in re.finditer(r"(?<![\w.])series(?=[.\[])", fault):
        if start.start() < end:  # inside the one before
            continue
        end, depth = start.end(), 0
        while end < len(fault) and (depth or fault[end] not in " ,;"):
            depth += (fault[end] in "([") - (fault[end] in ")]")
            end += 1
        found.append(fault[start.start() : end].rstrip("."))
    return found
