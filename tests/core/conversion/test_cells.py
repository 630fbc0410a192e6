"""Numbers in whatever guise are read; what is none is told with its column, row and cure."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import dure

ROWS = 12
RANDOM = np.random.default_rng(0)
PEOPLE = pd.DataFrame(
    {"age": RANDOM.random(ROWS), "sex": ["f", "m"] * 6, "town": [*"wxyz"] * 3, "n": range(ROWS)}
)


def fault_of(x: Any) -> str:
    with pytest.raises(dure.StudyError) as caught:
        dure.Data(x)
    assert len(caught.value.faults) == 1, caught.value.faults
    return caught.value.faults[0]


def objects(*cells: Any) -> Any:
    array = np.empty(len(cells), dtype=object)
    array[:] = cells
    return array


class Tensor:
    """Like PyTorch's: an array behind ``__array__``."""

    def __init__(self, values: Any) -> None:
        self.values, self.shape = values, np.shape(values)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        if self.values is None:
            raise TypeError("can't convert cuda:0 device type tensor to numpy")
        return np.asarray(self.values)


dummies = pd.get_dummies(PEOPLE)
SAME = [
    (dummies, dummies.astype("float32"), "float32"),
    (pd.get_dummies(PEOPLE[["sex"]]), [[1, 0], [0, 1]] * 6, "bool"),
    (pd.DataFrame({"a": [True, False], "b": [3, 4]}), [[1, 3], [0, 4]], "int64"),
    (pd.DataFrame({"a": pd.array([1, 2], dtype="Int64"), "b": [0.5, 1]}), [[1, 0.5], [2, 1]], "f4"),
    (pd.Series(pd.array([True, False], dtype="boolean")), [[1], [0]], "bool"),
    (pd.Series(pd.array([0.5, 2], dtype="Float32")), [[0.5], [2]], "float32"),
    (pd.DataFrame({"a": pd.Categorical([2, 1])}), [[2], [1]], "int64"),
    (pd.DataFrame({"a": pd.arrays.SparseArray([0, 1, 0])}), [[0], [1], [0]], "int64"),
    (pd.DataFrame({"a": objects(Decimal("1.5"), 2)}), [[1.5], [2]], "float32"),
    (pd.Series(objects([1, 2], [3, 4])), [[1, 2], [3, 4]], "int64"),
    (pd.DataFrame({"a": objects(np.ones(3), np.zeros(3))}), [[1] * 3, [0] * 3], "float32"),
    (objects(1, 2.5, True), [1, 2.5, 1], "float32"),
    (objects(1, np.int8(2), 3), [1, 2, 3], "int64"),
    (objects(True, False), [1, 0], "bool"),
    (objects(Fraction(1, 2), Decimal(2)), [0.5, 2], "float32"),
    (objects(np.eye(2), np.zeros((2, 2))), [np.eye(2), np.zeros((2, 2))], "float32"),
    (objects((1, 2), [3, 4]), [[1, 2], [3, 4]], "int64"),
    (sparse.csr_matrix(np.eye(3)), np.eye(3), "float32"),
    (sparse.coo_array(np.eye(3, dtype="int32")), np.eye(3), "int32"),
    (np.ma.array([[1.0, 2.0]]), [[1, 2]], "float32"),
    (Tensor([[1.0], [2.0]]), [[1], [2]], "float32"),
    (range(3), [0, 1, 2], "int64"),
    (pd.Index([3, 4]), [3, 4], "int64"),
    (np.ones((2, 2), "longdouble"), np.ones((2, 2)), "float32"),
]


@pytest.mark.parametrize(("x", "values", "dtype"), SAME, ids=range(len(SAME)))
def test_numbers_in_any_guise_are_read(x: Any, values: Any, dtype: str) -> None:
    data = dure.Data(x)
    assert data.x.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(data.x, np.asarray(values).astype(dtype))


@pytest.mark.parametrize("case", [0, 1, 2, 4, 8, 17])
def test_where_keras_takes_them_it_trains_to_the_same(case: int) -> None:
    import keras

    x, values, _ = SAME[case]
    made = [keras.Sequential([keras.layers.Dense(1, kernel_initializer="ones")]) for _ in range(2)]
    for model in made:
        model.compile("sgd", "mse")
    y = np.arange(len(np.asarray(values)), dtype="float32")
    ours = dure.fit(made[0], x, y, verbose=0).history["loss"]
    theirs = made[1].fit(np.asarray(values).astype("float32"), y, verbose=0).history["loss"]
    np.testing.assert_allclose(ours, theirs, rtol=1e-5)


@pytest.mark.parametrize(
    ("x", "told"),
    [
        (PEOPLE, ["'sex' (str, such as 'f'), 'town' (str", "pd.get_dummies(..., dtype='float32')"]),
        (pd.DataFrame({"a": pd.Categorical(["u", "v"])}), ["'a' (category, such as 'u')"]),
        (pd.DataFrame({"a": ["1", "2"]}), ["written as text", "x['a'].astype('int64')"]),
        (pd.DataFrame({"a": pd.date_range("2024", periods=3)}), ["'a' (datetime64", "dayofyear"]),
        (pd.DataFrame({"a": pd.period_range("2024", periods=3, freq="D")}), ["'a' (period[D]"]),
        (pd.DataFrame({"a": pd.timedelta_range("1s", periods=3)}), ["dt.total_seconds()"]),
        (pd.DataFrame({"a": pd.interval_range(0, 3)}), ["pd.IntervalIndex(x['a']).mid"]),
        (pd.DataFrame({"a": objects([1], [2]), "b": [1, 2]}), ["arrays beside others: a"]),
        (pd.Series(["good", "bad"]), ["x holds text, such as 'good'", "TextToSequences()"]),
        (objects([1], [2, 3], [4]), ["rows of different lengths, 1 to 2", "row 1 (2,)"]),
        (objects([[1], [2, 3]], [[1], [2, 3]]), ["row 0 holds lists of different lengths itself"]),
        (objects(1, "a", 3.5), ["number (2 values), str (1 values), the first in row 1", "'a'"]),
        (objects(1, {2}), ["the first in row 1 (counted from 0): {2}"]),
        (np.array(["1.5", "2"]), ["numbers written as text", "astype('float32')"]),
        (np.array([b"a", b"b"]), ["x holds bytes, such as b'a'", "np.char.decode(x, 'utf-8')"]),
        ([b"a"], ["x holds bytes"]),
        (["1", "2"], ["numbers written as text", "astype('int64')"]),
        (["a film"], ["x holds text, such as 'a film'"]),
        ([[1, 2], [3, 4]], ["x is a plain list", "np.asarray(x), of shape (2, 2)"]),
        ([[1, 2], [3]], ["different lengths", "pad_sequences(x)"]),
        (np.ma.masked_equal([[1, 2], [3, 4]], 3), ["1 of its values masked, the first in row 1"]),
        (np.zeros(3, [("a", "f4"), ("b", "i4")]), ["named fields", "structured_to_unstructured"]),
        (np.arange(3).astype("M8[D]"), ["(x - x.min()) / np.timedelta64(1, 'D')"]),
        (Tensor(None), ["cannot be made a NumPy array (can't convert cuda", "detach().cpu()"]),
        (sparse.csr_matrix((2, 10**15)), ["a sparse matrix that would take 8,000", "narrower"]),
    ],
    ids=range(25),
)
def test_what_holds_no_numbers_is_told(x: Any, told: list[str]) -> None:
    fault = fault_of(x)
    for part in told:
        assert part in fault, fault


@pytest.mark.parametrize(
    ("x", "row"),
    [
        (pd.Series(pd.array([1, None], dtype="Int64")), 1),
        (pd.Series(pd.array([None, True], dtype="boolean")), 0),
        (objects(1, None, 3), 1),
    ],
    ids=range(3),
)
def test_cells_without_a_value_become_nan_with_a_warning(x: Any, row: int) -> None:
    with pytest.warns(UserWarning, match=f"1 value that is NaN .* in row {row}"):
        data = dure.Data(x)
    assert np.flatnonzero(np.isnan(data.x)).tolist() == [row]


def test_every_column_that_is_wrong_is_told_at_once() -> None:
    frame = PEOPLE.assign(at=pd.date_range("2024", periods=ROWS), size=["1", "2"] * 6)
    fault = fault_of(frame)
    for part in ("'sex'", "'town'", "'at'", "'size'", "get_dummies", "dt.month", "astype('int64')"):
        assert part in fault


def test_masked_values_are_missing_where_a_preparation_fills_them() -> None:
    from sklearn.impute import SimpleImputer

    x = np.ma.masked_equal([[1.0, 2.0], [3.0, 9.0], [5.0, 4.0]], 9)
    data = dure.Data(x, prepare=SimpleImputer())
    np.testing.assert_array_equal(data.prepared([0, 1, 2])[0][1], [3, 3])
