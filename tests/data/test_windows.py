"""Windows: which values they hold, the cut in time, and that the gap is what it says."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dure
from dure.data import windows


def faults_of(*args: Any, **kwargs: Any) -> tuple[str, ...]:
    with pytest.raises(dure.StudyError) as caught:
        windows(*args, **kwargs)
    return caught.value.faults


# Values


def test_one_value_a_step() -> None:
    data = windows(np.arange(10), 3, test=0)
    np.testing.assert_array_equal(data.x[..., 0], [[i, i + 1, i + 2] for i in range(7)])
    np.testing.assert_array_equal(data.y, np.arange(3, 10))
    assert (data.x.shape, data.x.dtype, data.y.dtype) == ((7, 3, 1), np.float32, np.float32)
    assert (data.kind, data.task, data.time_gap, data.test) == ("series", "regression", 3, None)


def test_several_values_a_step() -> None:
    frame = pd.DataFrame({"wind": np.arange(8.0), "기온": np.arange(8) * 10})
    data = windows(frame, 2, target="기온", horizon=3, stride=2, test=0)
    np.testing.assert_array_equal(data.x, [[[i, 10 * i], [i + 1, 10 * i + 10]] for i in (0, 2)])
    np.testing.assert_array_equal(data.y, [40, 60])
    assert data.feature_names == ("wind", "기온")


@pytest.mark.parametrize(
    ("series", "target", "shape"),
    [
        (np.zeros(9), None, (7,)),
        (np.zeros(9), 0, (7,)),
        (np.zeros(9), [0], (7, 1)),
        (np.zeros((9, 1)), None, (7, 1)),
        (np.zeros((9, 3)), None, (7, 3)),
        (np.zeros((9, 3)), 2, (7,)),
        (np.zeros((9, 3)), [2, 0], (7, 2)),
        ([0.0] * 9, None, (7,)),
        (pd.Series(np.zeros(9), name="t"), "t", (7,)),
        (pd.Series(np.zeros(9)), None, (7,)),
    ],
)
def test_shapes_of_targets(series: Any, target: Any, shape: tuple[int, ...]) -> None:
    assert windows(series, 2, target=target, test=0).y.shape == shape


def test_several_targets_keep_their_order() -> None:
    series = np.stack([np.arange(5), np.arange(5) * 10, np.arange(5) * 100], axis=1)
    np.testing.assert_array_equal(
        windows(series, 2, target=[2, 0], test=0).y, [[200, 2], [300, 3], [400, 4]]
    )


def test_the_test_part_is_the_last_fraction_in_time() -> None:
    data = windows(np.arange(100), 4, horizon=2, test=0.25)
    assert data.y.max() == 74
    assert data.x.max() < 75
    assert data.test.x.min() == 75
    assert data.test.y.max() == 99


# Properties


def plain_windows(
    series: list[float], length: int, horizon: int, stride: int
) -> list[tuple[list[float], float]]:
    made = []
    start = 0
    while start + length + horizon <= len(series):
        made.append((series[start : start + length], series[start + length - 1 + horizon]))
        start += stride
    return made


small = st.integers(1, 7)


@settings(max_examples=200, deadline=None)
@given(length=small, horizon=small, stride=small, more=st.integers(0, 40), share=st.floats(0, 0.6))
def test_no_value_on_both_sides_of_a_cut(
    length: int, horizon: int, stride: int, more: int, share: float
) -> None:
    needed = length + horizon
    time = int(needed / (1 - share)) + int(needed / share if share > 0.05 else 0) + 2 + more
    share = share if share > 0.05 else 0.0
    series = np.arange(time, dtype=np.float64)  # each value is the time it stands at
    data = windows(series, length, horizon=horizon, stride=stride, test=share)
    held_out = [] if data.test is None else list(data.test.x.ravel()) + list(data.test.y)
    reads = [{*row.ravel().tolist(), float(y)} for row, y in zip(data.x, data.y, strict=True)]
    if held_out:
        assert max(map(max, reads)) < min(held_out)
    plain = plain_windows(
        series[: int(np.floor(time * (1 - share)))].tolist(), length, horizon, stride
    )
    assert data.x[..., 0].tolist() == [x for x, _ in plain]
    assert data.y.tolist() == [y for _, y in plain]
    gap = data.time_gap
    assert gap is not None
    for first in range(1, len(reads)):  # rows before it train, rows from it on validate
        validation = set().union(*reads[first:])
        train = set().union(*reads[: max(0, first - gap)])
        assert not train & validation
    # A smaller gap would share a value, seen in the middle of enough rows.
    if stride <= length and gap and len(reads) >= 2 * gap + 2:
        first = gap
        assert set().union(*reads[: first - gap + 1]) & set().union(*reads[first:])


@pytest.mark.parametrize("horizon", [1, 3])
def test_the_splits_of_a_study_share_no_value(horizon: int) -> None:
    data = windows(np.arange(200), 5, horizon=horizon, stride=2, test=0)
    reads = [{*row.ravel().tolist(), float(y)} for row, y in zip(data.x, data.y, strict=True)]
    for given_split in ({"validation_split": 0.3}, {"folds": 4}):
        study = dure.Study(lambda: None, data, seeds=1, epochs=1, **given_split)
        for split in study.splits:
            train = set().union(*(reads[row] for row in split.train))
            validation = set().union(*(reads[row] for row in split.validation))
            assert max(train) < min(validation)


# Bad input


def test_too_short_says_how_many_values_are_needed() -> None:
    (fault,) = faults_of(np.zeros(10), 10, test=0)
    assert "series has 10 steps" in fault
    assert "length + horizon = 11, so training needs 11 steps or more" in fault
    assert windows(np.zeros(11), 10, test=0).rows == 1


def test_too_short_a_part_is_named() -> None:
    training, test = faults_of(np.zeros(10), 10, test=0.5)
    assert "5 of them for training (test=0.5)" in training
    assert "5 of them for the test part" in test


@pytest.mark.parametrize(
    ("series", "told"),
    [
        ([1.0, np.nan, 2.0, np.inf], "series holds 2 values that are NaN or infinite"),
        (np.full(9, 1e300), "infinite as float32, the first in row 0"),
        (["1", "2"], "series has dtype <U1; pass numbers"),
        (np.zeros((3, 2, 2)), "series has shape (3, 2, 2); pass [time] or [time, features]"),
        (np.zeros((0,)), "series has shape (0,)"),
        (3.0, "series has shape ()"),
        ([[1], [2, 3]], "series cannot be made an array"),
        (
            pd.DataFrame({"where": ["a", "b", "c"] * 3, "v": range(9)}),
            "columns that are no numbers: 'where' (str)",
        ),
        (
            pd.Series(range(9), index=pd.date_range("2020", periods=9)[::-1]),
            "series runs backwards in time",
        ),
    ],
)
def test_bad_series(series: Any, told: str) -> None:
    assert told in faults_of(series, 1, test=0)[0]


def test_holes_of_nullable_columns_are_seen() -> None:
    series = pd.Series([1, None, 3], dtype="Int64")
    assert "1 value that is NaN" in faults_of(series, 1, test=0)[0]


@pytest.mark.parametrize("cast", [Decimal, Fraction, float, np.float64, int])
def test_numbers_in_the_guise_of_objects_are_numbers(cast: Any) -> None:
    cells = [cast(step) for step in range(9)]
    frame = pd.DataFrame({"a": cells, "b": np.arange(9.0)}, dtype=object)
    plain = windows(frame.astype(float), 2, test=0)
    np.testing.assert_array_equal(windows(frame, 2, test=0).x, plain.x)
    for series in (cells, np.array(cells, dtype=object), pd.Series(cells, dtype=object)):
        np.testing.assert_array_equal(windows(series, 2, test=0).x, plain.x[..., :1])
        holed = [*series[:4], None, *series[5:]]
        assert "1 value that is NaN" in faults_of(np.array(holed, dtype=object), 2, test=0)[0]
    assert frame.dtypes.eq(object).all()


def test_objects_that_are_no_numbers_are_told() -> None:
    for cells in ([1, "a", 2.0] * 3, [1, {}, 2.0] * 3):
        (fault,) = faults_of(np.array(cells, dtype=object), 2, test=0)
        assert "series holds Python objects that are not all numbers" in fault
        assert "'series' (object)" in faults_of(pd.Series(cells, dtype=object), 2, test=0)[0]


def test_unknown_targets() -> None:
    frame = pd.DataFrame({"wind": np.zeros(9), "rain": np.zeros(9)})
    (fault,) = faults_of(frame, 2, target="wnid", test=0)
    assert "target 'wnid' is no feature of series; pass one of 'wind', 'rain'" in fault
    assert "Did you mean 'wind'?" in fault
    assert (
        "a number from 0 to 0 (only a DataFrame has names)"
        in faults_of(np.zeros(9), 2, target="a")[0]
    )
    assert len(faults_of(frame, 2, target=[2, "no", "rain", True], test=0)) == 3
    assert "target is empty" in faults_of(frame, 2, target=[])[0]


def test_all_faults_at_once() -> None:
    faults = faults_of([np.nan], 0, horizon=1.5, stride=True, test=1, target="a")
    assert len(faults) == 6
    assert "length is 0; pass a whole number of steps, 1 or more" in faults[0]
    assert "horizon is 1.5" in faults[1]
    assert "stride is True" in faults[2]
    assert "test is 1; pass the fraction" in faults[3]
    assert "NaN" in faults[4]


@pytest.mark.parametrize("series", [{"a": [1, 2, 3]}, (i for i in range(9)), None, object()])
def test_what_is_no_array_is_named(series: Any) -> None:
    with pytest.raises(dure.StudyError, match=r"series is of type \w+; pass an array, a list"):
        dure.data.windows(series, 2)
