"""Names of features: given, or those of the columns of tables; nested as the inputs are."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

import dure

X = np.arange(12.0).reshape(6, 2)
TABLE = pd.DataFrame(X, columns=["age", "size"])


@pytest.mark.parametrize(
    ("x", "given", "names"),
    [
        (TABLE, None, ("age", "size")),
        (TABLE, ["Alter", "Größe"], ("Alter", "Größe")),
        (X, None, None),
        (X, pd.Index([3, 4]), ("3", "4")),
        (pd.DataFrame(X), None, None),
        (pd.DataFrame({"v": list(X)}), None, None),  # a column of vectors
        (TABLE["age"], None, None),
        ([X, TABLE], None, (None, ("age", "size"))),
        ({"b": TABLE, "a": X}, {"a": ["u", "v"]}, {"b": None, "a": ("u", "v")}),
    ],
    ids=range(9),
)
def test_names_are_given_or_those_of_columns(x: Any, given: Any, names: Any) -> None:
    data = dure.Data(x, feature_names=given)
    assert data.feature_names == names
    assert data.take([0, 1]).feature_names == names


@pytest.mark.parametrize(
    ("x", "given", "told"),
    [
        (X, 5, "feature_names is 5; pass a list, a name for each place"),
        (X, "ab", "feature_names is 'ab'; pass a list"),
        (X, {"age": 0, "size": 1}, "pass a list"),
        (X, ["age"], "1 feature_names came, the last axis of x has 2 places; pass 2, or None."),
        (TABLE, ["size", "age"], "those of the columns of x in another order"),
        ([X, X], ["age", "size"], "feature_names are given, but x has several inputs"),
        ({"a": X}, {"b": ["age", "size"]}, "feature_names are given, but x has several inputs"),
        ({"a": X}, {"a": ["age"]}, "1 feature_names['a'] came, the last axis of x has 2"),
    ],
)
def test_names_that_do_not_fit_are_told(x: Any, given: Any, told: str) -> None:
    with pytest.raises(dure.StudyError) as caught:
        dure.Data(x, feature_names=given)
    (fault,) = caught.value.faults
    assert told in fault
