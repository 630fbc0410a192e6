"""Splits: properties of folds, and Keras' own split as the twin."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dure.data.splits import Split, hold_out_last, k_folds, split_in_two


@st.composite
def rows_and_folds(draw: st.DrawFn) -> tuple[int, int]:
    rows = draw(st.integers(2, 60))
    return rows, draw(st.integers(2, rows))


@st.composite
def labels_and_folds(draw: st.DrawFn) -> tuple[np.ndarray, int]:
    folds = draw(st.integers(2, 6))
    counts = draw(st.lists(st.integers(folds, 20), min_size=1, max_size=5))
    values = draw(st.lists(st.integers(-3, 50), unique=True, min_size=5, max_size=5))
    labels = np.repeat(np.asarray(values[: len(counts)], np.int64), counts)
    return np.random.default_rng(draw(st.integers(0, 9))).permutation(labels), folds


def assert_partition(splits: tuple[Split, ...], rows: int, folds: int) -> None:
    assert [split.fold for split in splits] == list(range(1, folds + 1))
    validated = np.concatenate([split.validation for split in splits])
    assert sorted(validated.tolist()) == list(range(rows)), "each row validates exactly once"
    for split in splits:
        assert split.train.dtype == split.validation.dtype == np.int32
        both = np.concatenate([split.train, split.validation])
        assert sorted(both.tolist()) == list(range(rows)), "no row lost, none on both sides"
    sizes = {len(split.validation) for split in splits}
    assert max(sizes) - min(sizes) <= 1, "at most two shapes of program"


@given(rows_and_folds())
def test_plain_folds_part_the_rows(case: tuple[int, int]) -> None:
    rows, folds = case
    assert_partition(k_folds(rows, folds, None), rows, folds)


@given(labels_and_folds())
def test_stratified_folds_part_the_rows_and_every_class(case: tuple[np.ndarray, int]) -> None:
    labels, folds = case
    splits = k_folds(len(labels), folds, labels)
    assert_partition(splits, len(labels), folds)
    for label in np.unique(labels):
        counts = [int((labels[split.validation] == label).sum()) for split in splits]
        assert max(counts) - min(counts) <= 1
        assert min(counts) >= 1


def test_folds_are_shuffled_and_the_same_every_time() -> None:
    np.random.seed(1)
    first = k_folds(50, 5, None)
    np.random.seed(2)
    second = k_folds(50, 5, None)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.validation, other.validation)
    assert first[0].validation.tolist() != list(range(10))


def test_fold_rows_do_not_move_between_releases() -> None:
    """A resumed run must find the folds it began with."""
    assert k_folds(10, 3, None)[0].validation.tolist() == [2, 4, 8, 9]
    labels = np.array([0, 1] * 6)
    assert k_folds(12, 3, labels)[0].validation.tolist() == [1, 4, 7, 8]


@settings(deadline=None)
@given(st.integers(2, 300), st.floats(0.01, 0.99))
def test_hold_out_is_the_split_of_keras(rows: int, fraction: float) -> None:
    from keras.src.trainers.data_adapters.array_slicing import train_validation_split

    x = np.arange(rows)
    at = hold_out_last(rows, fraction)
    if at in (0, rows):
        with pytest.raises(ValueError, match="not sufficient"):
            train_validation_split((x,), fraction)
        return
    ((train,), (validation,)) = train_validation_split((x,), fraction)
    (split,) = split_in_two(rows, at)
    assert split.fold == 1
    np.testing.assert_array_equal(split.train, np.asarray(train))
    np.testing.assert_array_equal(split.validation, np.asarray(validation))


def test_without_validation_every_row_trains() -> None:
    (split,) = split_in_two(4, None)
    assert split.validation is None
    assert split.train.tolist() == [0, 1, 2, 3]
