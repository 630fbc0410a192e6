"""Data: what is taken, how it is converted, every fault told at once, preparation inside folds."""

import dataclasses
import hashlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dure
from dure.core.array_checks import check_finite
from dure.core.arrays import Samples
from dure.data.dataset import class_labels


def faults_of(*args: Any, **kwargs: Any) -> tuple[str, ...]:
    with pytest.raises(dure.StudyError) as caught:
        dure.Data(*args, **kwargs)
    return caught.value.faults


def the_fault_of(*args: Any, **kwargs: Any) -> str:
    faults = faults_of(*args, **kwargs)
    assert len(faults) == 1, faults
    return faults[0]


X, Y = np.arange(12.0).reshape(6, 2), np.array([0, 1, 0, 1, 0, 1])


# Conversion


@pytest.mark.parametrize(
    ("given_type", "kept_type"),
    [
        ("float64", "float32"),
        ("float16", "float32"),
        ("float32", "float32"),
        (">f8", "float32"),
        ("int64", "int64"),
        (">i4", "int32"),
        ("uint64", "int64"),
        ("uint8", "uint8"),
        ("int16", "int16"),
        ("bool", "bool"),
    ],
)
def test_types_become_what_fit_would_see(given_type: str, kept_type: str) -> None:
    data = dure.Data(np.ones((3, 2), given_type))
    assert data.x.dtype == np.dtype(kept_type)
    assert data.x.dtype.isnative


@pytest.mark.parametrize("dtype", ["float64", "float16", "float32", "int64", "uint8", "bool"])
def test_types_agree_with_the_slices_of_keras(dtype: str) -> None:
    from keras.src.trainers.data_adapters.array_slicing import convert_to_sliceable

    array = np.ones((3, 2), dtype)
    kept = convert_to_sliceable(array, target_backend="jax")[:]
    assert dure.Data(array).x.dtype == np.asarray(kept).dtype


def test_nothing_is_copied_where_nothing_changes() -> None:
    x = np.ones((3, 2), np.float32)
    assert dure.Data(x).x is x


def test_jax_and_pandas_arrays_are_taken() -> None:
    import jax.numpy as jnp
    import pandas as pd

    data = dure.Data(pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]}), jnp.arange(2))
    assert isinstance(data.x, np.ndarray)
    assert isinstance(data.y, np.ndarray)
    np.testing.assert_array_equal(data.x, np.array([[1, 3], [2, 4]], np.float32))


def test_trees_keep_their_nesting() -> None:
    data = dure.Data({"left": X, "right": (X, [Y])}, [Y, {"b": X, "a": Y}])
    assert isinstance(data.x["right"], tuple)
    assert isinstance(data.x["right"][1], list)
    assert data.y[1]["b"].dtype == np.float32
    assert data.rows == 6


# Faults


@pytest.mark.parametrize(
    ("x", "told"),
    [
        (None, "x is None"),
        ([1, 2, 3], r"x is a plain list.*np\.asarray\(x\)"),
        ([[1, 2], [3]], r"x is a plain list.*padded"),
        (((1.0,), (2.0,)), "x is a plain tuple"),
        ([np.float64(3)], "x is a plain list"),
        ({"a": [1, 2]}, r"x\['a'\] is a plain list"),
        ([], "x is an empty list"),
        ({}, "x is an empty dict"),
        (np.array([[1], [1, 2]], dtype=object), "x holds rows of different lengths.*Pad them"),
        (np.array(["a", "b"]), "x holds text"),
        (np.array(["2020-01-01"], "datetime64[D]"), "x holds dates"),
        (np.ones(3, complex), "x holds complex numbers"),
        (np.float32(3), "x is a single value"),
        (np.ones((0, 3)), r"x has no rows \(shape \(0, 3\)\)"),
        (np.ones((3, 0)), "x has rows without a single value"),
        (np.array([2**31]), "x holds integers from 2147483648.*32 bits.*codes from 0 on"),
        ((i for i in range(3)), "x is of type generator; Dure takes NumPy arrays"),
        ("words", "x is of type str"),
    ],
)
def test_what_is_no_array_is_refused_with_a_remedy(x: Any, told: str) -> None:
    with pytest.raises(dure.StudyError, match=told):
        dure.Data(x)


def test_rows_that_disagree_are_told_for_every_array() -> None:
    told = the_fault_of({"a": X, "b": X[:5]}, Y, sample_weight=np.ones(4))
    for part in ("x['a'] has 6", "x['b'] has 5", "y has 6", "sample_weight has 4"):
        assert part in told


def test_nan_is_told_with_place_count_and_row() -> None:
    x = X.copy()
    x[3, 1] = x[5, 0] = np.nan
    y = np.array([0.5, np.inf, 1, 2, 3, 4])
    with pytest.warns(UserWarning, match="holds") as told:
        data = dure.Data({"a": X, "b": x}, [y, None], test=(x, y))
    one, two, three, four = (str(warning.message) for warning in told)
    assert "x['b'] holds 2 values that are NaN or infinite as float32, the first in row 3" in one
    assert two.startswith(
        "y[0] holds 1 value that is NaN or infinite as float32, the first in row 1"
    )
    assert three.startswith("test[0] holds 2 values") and four.startswith("test[1] holds 1 value")
    np.testing.assert_array_equal(data.x["b"], x)
    (fault,) = faults_of(X, Y, sample_weight=y)
    assert fault.startswith("sample_weight holds 1 value that is NaN or infinite")


def test_a_float64_too_large_for_float32_is_told() -> None:
    with pytest.warns(UserWarning, match="infinite as float32, the first in row 1"):
        dure.Data(np.array([1.0, 1e300]))


@given(st.integers(1, 40), st.integers(1, 3), st.data())
def test_nan_is_found_wherever_it_is(rows: int, width: int, data: st.DataObject) -> None:
    places = data.draw(
        st.sets(st.tuples(st.integers(0, rows - 1), st.integers(0, width - 1)), min_size=1)
    )
    x = np.zeros((rows, width), np.float32)
    for place in places:
        x[place] = np.nan
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dure.core.array_checks._BLOCK", 7)
        faults: list[str] = []
        check_finite(x, "x", faults)
    assert f"holds {len(places)} value" in faults[0]
    assert f"first in row {min(places)[0]} " in faults[0]


@pytest.mark.parametrize(
    ("test", "told"),
    [
        ((X[:5], Y), r"The rows disagree: test\[0\] has 5, test\[1\] has 6"),
        ((), "test is a tuple of 0; pass x"),
        ((None, Y), r"test\[0\] is None"),
        ((X, Y, np.ones((6, 2))), r"test\[2\] has shape \(6, 2\)"),
    ],
)
def test_a_test_part_that_does_not_fit(test: Any, told: str) -> None:
    with pytest.raises(dure.StudyError, match=told):
        dure.Data(X, Y, test=test)


def test_a_test_part_is_converted_like_the_rest() -> None:
    data = dure.Data(X, Y, test=(X[:3], Y[:3], [1, 2, 3] * np.ones(3)))
    assert isinstance(data.test, Samples)
    assert data.test.x.dtype == np.float32
    assert data.test.weight.dtype == np.float32
    assert dure.Data(X, Y, test=(X, Y)).test.weight is None


@pytest.mark.parametrize("shape", [(6,), (6, 1)])
def test_one_weight_a_row_always_fits(shape: tuple[int, ...]) -> None:
    data = dure.Data(X, {"a": Y, "b": X}, sample_weight=np.ones(shape, int))
    assert data.sample_weight.dtype == np.float32


def test_weights_by_time_step_fit_a_single_output() -> None:
    dure.Data(X, np.ones((6, 4, 3)), sample_weight=np.ones((6, 4)))
    assert "shape (6, 3)" in the_fault_of(X, np.ones((6, 4, 2)), sample_weight=np.ones((6, 3)))
    assert the_fault_of(X, {"a": np.ones((6, 4))}, sample_weight=np.ones((6, 4)))


def test_weights_by_output_need_the_outputs_nesting() -> None:
    dure.Data(X, {"a": Y, "b": X}, sample_weight={"a": np.ones(6), "b": np.ones(6)})
    told = the_fault_of(X, {"a": Y, "b": X}, sample_weight={"a": np.ones(6)})
    assert "sample_weight is nested as" in told
    with pytest.warns(UserWarning, match="without y; .*count nothing, as in Keras"):
        assert dure.Data(X, sample_weight=np.ones(6)).sample_weight is None


def test_prepare_must_be_an_instance_with_fit_and_transform() -> None:
    from sklearn.linear_model import LinearRegression
    from sklearn.preprocessing import StandardScaler

    assert "StandardScaler()" in the_fault_of(X, Y, prepare=StandardScaler)
    assert "has not both fit and transform" in the_fault_of(X, Y, prepare=LinearRegression())
    assert "x has several" in the_fault_of({"a": X}, Y, prepare=StandardScaler())


def test_class_names_must_match_the_classes() -> None:
    assert "labels from 0 to 1" in the_fault_of(X, Y, class_names=["a"])
    assert "labels from -1 to 1" in the_fault_of(X, Y * 2 - 1, class_names=["a", "b"])
    assert "y has 2 classes" in the_fault_of(X, np.eye(2)[Y], class_names=["a"])
    assert "holds no labels" in the_fault_of(X, Y + 0.5, class_names=["a", "b"])
    dure.Data(X, np.eye(2)[Y], class_names=["a", "b"])
    dure.Data(X, Y, class_names=["a", "b", "never seen"])


def test_every_fault_is_told_at_once() -> None:
    faults = faults_of(
        [1, 2],
        np.array([np.nan, 1.0]),
        sample_weight=np.ones(3),
        test=(),
        prepare=int,
        task="clasification",
    )
    assert len(faults) >= 4
    text = " ".join(faults)
    for part in ("plain list", "tuple of 0", "rows disagree", "prepare is the class int"):
        assert part in text


# Classes


@pytest.mark.parametrize(
    ("y", "labels"),
    [
        (np.array([3, 5, 3, 5]), [3, 5, 3, 5]),
        (np.array([[3], [5], [3], [5]]), [3, 5, 3, 5]),
        (np.array([True, False, True]), [1, 0, 1]),
        (np.array([0.0, 1.0, 1.0]), [0, 1, 1]),
        (np.array([-1.0, 1.0, 1.0]), [-1, 1, 1]),
        (np.array([[0, 1.0, 0], [1, 0, 0]]), [1, 0]),
        (np.array([[0, 1], [1, 0]], np.uint8), [1, 0]),
        (np.array([0, 1]), [0, 1]),
        (np.array([0.0, 0.5]), None),
        (np.array([0.0, 1.0, 2.0]), None),
        (np.array([1, 2, 3, 4]), None),
        (np.array([[1, 1], [0, 1]]), None),
        (np.array([[0, 2], [1, 0]]), None),
        (np.array([[1, 2], [1, 0]]), None),
        (np.array([[0.5, 0.5]]), None),
        (np.ones((2, 2, 2)), None),
    ],
)
def test_classes_are_read_from_targets(y: np.ndarray, labels: list[int] | None) -> None:
    found = class_labels(y)
    assert (None if found is None else found.tolist()) == labels


def test_kind_is_read_or_said() -> None:
    assert dure.Data(X, Y).task == "classification"
    assert dure.Data(X, Y + 0.5).task == "regression"
    assert dure.Data(X).task is None
    assert dure.Data(X, [Y, Y]).task is None
    assert dure.Data(X, Y, task="regression").labels is None
    grades = np.array([0.0, 1.0, 2.0, 0.0, 1.0, 2.0])
    assert dure.Data(X, grades).labels is None
    assert dure.Data(X, grades, task="classification").labels is not None
    assert "Did you mean 'regression'?" in the_fault_of(X, Y, task="regresion")
    assert "not one label a row" in the_fault_of(X, Y + 0.5, task="classification")


# What it offers


def test_fingerprint_is_a_sha256_over_place_type_shape_and_bytes() -> None:
    x = np.arange(6, dtype=np.float32).reshape(3, 2)
    plain = hashlib.sha256(b"x|<f4|(3, 2)\n" + x.tobytes()).hexdigest()
    assert dure.Data(x).fingerprint == plain
    assert dure.Data(x.astype(np.float64)).fingerprint == plain
    assert dure.Data(np.asfortranarray(x)).fingerprint == plain


def test_fingerprint_changes_with_anything() -> None:
    changed = X.copy()
    changed[5, 1] += 1e-3
    prints = [
        dure.Data(*args, **kwargs).fingerprint
        for args, kwargs in [
            ((X,), {}),
            ((X, Y), {}),
            ((changed, Y), {}),
            ((X[::-1], Y), {}),
            ((X.reshape(6, 2, 1), Y), {}),
            ((X, Y.astype(np.int32)), {}),
            ((X, Y), {"sample_weight": np.ones(6)}),
            ((X, Y), {"test": (X, Y)}),
            (({"a": X}, Y), {}),
            (({"b": X}, Y), {}),
            (([X], Y), {}),
        ]
    ]
    assert len(set(prints)) == len(prints)
    assert dure.Data({"b": X, "a": Y}).fingerprint == dure.Data({"a": Y, "b": X}).fingerprint


def test_rows_and_bytes() -> None:
    data = dure.Data(X, Y, test=(X[:2], Y[:2]))
    assert data.rows == 6
    assert data.nbytes == 6 * 2 * 4 + 6 * 8 + 2 * 2 * 4 + 2 * 8


def test_take_keeps_everything_else() -> None:
    data = dure.Data(
        {"a": X}, Y, test=({"a": X}, Y), sample_weight=np.arange(6.0), source="here", excerpt=True
    )
    taken = data.take([4, 0])
    np.testing.assert_array_equal(taken.x["a"], X[[4, 0]].astype(np.float32))
    assert taken.y.tolist() == [0, 0]
    assert taken.sample_weight.tolist() == [4, 0]
    assert taken.test.x["a"].shape == (6, 2)
    assert (taken.source, taken.excerpt, taken.task) == ("here", True, "classification")
    assert data.take(slice(3)).rows == 3
    assert data.take(Y == 1).rows == 3


def test_it_is_frozen_and_short_to_print() -> None:
    data = dure.Data(np.zeros((6, 100)), Y, test=(np.zeros((6, 100)), Y), source="here")
    with pytest.raises(dataclasses.FrozenInstanceError):
        data.x = X  # type: ignore[misc]
    assert repr(data) == "Data(x=float32[6, 100], y=int64[6], test=6 rows, classification, here)"


# Preparation


class Spy:
    """A transformer that remembers what `fit` saw; copied, not cloned."""

    seen: list[np.ndarray] = []  # noqa: RUF012

    def fit(self, x: np.ndarray) -> None:
        Spy.seen.append(x.copy())
        self.low = x.min()

    def transform(self, x: np.ndarray) -> np.ndarray:
        return x - self.low


@given(st.integers(2, 12), st.integers(0, 2**16))
def test_preparation_equals_scaling_by_hand(rows: int, seed: int) -> None:
    from sklearn.preprocessing import StandardScaler

    random = np.random.default_rng(seed)
    x, test = random.normal(size=(rows, 3, 2)), random.normal(size=(4, 3, 2))
    train = random.permutation(rows)[: max(1, rows - 1)]
    scaler = StandardScaler()
    data = dure.Data(x, test=(test,), prepare=scaler)
    got, got_test = data.prepared(train)

    mean, spread = x[train].mean(axis=0), x[train].std(axis=0)
    spread = np.where(spread < 1e-12, 1, spread)
    np.testing.assert_allclose(got, (x - mean) / spread, rtol=1e-5, atol=2e-4)
    np.testing.assert_allclose(got_test, (test - mean) / spread, atol=1e-2, rtol=1e-3)
    assert got.dtype == got_test.dtype == np.float32
    assert got.shape == x.shape
    assert not hasattr(scaler, "mean_"), "the user's own transformer is never fitted"


def test_only_training_rows_are_seen_by_fit() -> None:
    Spy.seen.clear()
    data = dure.Data(X, Y, test=(X - 100, Y), prepare=Spy())
    x, test_x = data.prepared([2, 4])
    np.testing.assert_array_equal(Spy.seen, [X[[2, 4]].astype(np.float32)])
    np.testing.assert_array_equal(x, X - 4)
    np.testing.assert_array_equal(test_x, X - 104)
    assert not hasattr(data.prepare, "low")


def test_without_prepare_the_same_arrays_come_back() -> None:
    data = dure.Data(X, Y, test=(X, Y))
    assert data.prepared([0]) == (data.x, data.test.x)
    assert dure.Data(X).prepared([0])[1] is None


def test_another_width_stays_two_axes() -> None:
    from sklearn.decomposition import PCA

    data = dure.Data(np.random.default_rng(0).normal(size=(9, 3, 2)), prepare=PCA(4))
    assert data.prepared(range(9))[0].shape == (9, 4)


def test_sparse_results_become_arrays() -> None:
    from sklearn.preprocessing import OneHotEncoder

    data = dure.Data(Y, prepare=OneHotEncoder())
    x, _ = data.prepared(range(6))
    np.testing.assert_array_equal(x, np.eye(2)[Y])


def test_fit_is_given_the_training_targets_where_it_takes_them() -> None:
    from sklearn.feature_selection import SelectKBest

    x = np.column_stack([np.arange(6.0) % 3, Y + 0.01 * np.arange(6)])
    data = dure.Data(x, Y.reshape(6, 1), prepare=SelectKBest(k=1))
    np.testing.assert_allclose(data.prepared(range(5))[0][:, 0], x[:, 1], rtol=1e-6)


def test_missing_values_are_fine_if_the_preparation_fills_them() -> None:
    from sklearn.impute import SimpleImputer
    from sklearn.preprocessing import StandardScaler

    x = X.copy()
    x[1, 0] = np.nan
    filled, _ = dure.Data(x, Y, prepare=SimpleImputer()).prepared([0, 2])
    assert filled[1, 0] == 2.0
    with pytest.raises(dure.StudyError, match="x after StandardScaler holds 1 value that is NaN"):
        dure.Data(x, Y, prepare=StandardScaler()).prepared(range(6))


def test_a_preparation_that_drops_rows_is_refused() -> None:
    class Dropper(Spy):
        def transform(self, x: np.ndarray) -> np.ndarray:
            return x[1:]

    with pytest.raises(dure.StudyError, match=r"Dropper.transform made shape \(5, 2\) of 6 rows"):
        dure.Data(X, Y, prepare=Dropper()).prepared([0, 1])


def test_a_random_preparation_is_the_same_every_time_and_leaves_no_trace() -> None:
    from sklearn.random_projection import GaussianRandomProjection

    data = dure.Data(X, Y, prepare=GaussianRandomProjection(2))
    np.random.seed(5)
    before = np.random.get_state()[1].copy()
    first, _ = data.prepared(range(6))
    np.testing.assert_array_equal(np.random.get_state()[1], before)
    np.random.seed(6)
    np.testing.assert_array_equal(first, data.prepared(range(6))[0])
