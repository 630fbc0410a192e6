"""Generated tasks: answers by a plain reading of the rows, baselines, the same on every call."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dure
from dure.data import adding_problem, recall


@settings(max_examples=30, deadline=None)
@given(length=st.integers(4, 60), seed=st.integers(0, 2**32))
def test_adding_answers_and_markers(length: int, seed: int) -> None:
    data = adding_problem(20, length, test=3, seed=seed)
    assert data.x.shape == (20, length, 2)
    assert data.test.x.shape == (3, length, 2)
    for row, answer in zip(data.x, data.y, strict=True):
        marked = [(step, value) for step, (value, marker) in enumerate(row) if marker == 1]
        assert sorted(set(row[:, 1].tolist())) == [0.0, 1.0]
        assert len(marked) == 2
        assert marked[0][0] < 10
        assert marked[1][0] < length // 2
        total = float(marked[0][1]) + float(marked[1][1])
        assert answer == pytest.approx(0.5 + total / 4, abs=1e-6)


def test_adding_baseline_and_spread() -> None:
    data = adding_problem(40_000, 30, test=0)
    # Standard error of the mean square: sqrt(Var((y - 1/2)^2) / n) = 0.0003.
    assert np.mean((data.y.astype(np.float64) - 0.5) ** 2) == pytest.approx(1 / 24, abs=0.0012)
    assert np.abs(data.x[..., 0]).max() <= 1
    shares = data.x[..., 1].mean(axis=0)
    # X1 stands anywhere in the first 10 steps, X2 anywhere else in the first 15.
    expected = np.zeros(30)
    expected[:10] = 1 / 10 + 9 / 10 / 14
    expected[10:15] = 1 / 14
    np.testing.assert_allclose(shares, expected, atol=0.008)
    assert (data.kind, data.task) == ("series", "regression")
    assert data.feature_names == ("value", "marker")


@settings(max_examples=30, deadline=None)
@given(
    gap=st.integers(0, 30),
    symbols=st.integers(2, 9),
    more=st.integers(0, 20),
    seed=st.integers(0, 2**32),
)
def test_recall_rows(gap: int, symbols: int, more: int, seed: int) -> None:
    data = recall(symbols + more, gap, symbols=symbols, test=4, seed=seed)
    assert data.x.shape == (symbols + more, gap + 1)
    assert data.x.dtype == np.int32
    np.testing.assert_array_equal(data.x[:, 0] - 1, data.y)
    if gap:
        assert symbols < data.x[:, 1:].min() <= data.x[:, 1:].max() <= 2 * symbols
    counts = np.bincount(data.y, minlength=symbols)
    assert counts.max() - counts.min() <= 1  # so guessing is right in 1 / symbols of the rows
    words = data.decode(data.x[0]).split(" ")
    assert len(words) == gap + 1
    assert words[0] == data.class_names[data.y[0]]
    assert all(word.startswith("d") for word in words[1:])


def test_recall_distractors_tell_nothing_of_the_answer() -> None:
    data = recall(20_000, 3, symbols=4, test=0)
    for label in range(4):
        noise = data.x[data.y == label, 1:]
        shares = np.bincount(noise.ravel(), minlength=9)[5:] / noise.size
        np.testing.assert_allclose(shares, 0.25, atol=0.02)
    assert (data.kind, data.task) == ("text", "classification")


@pytest.mark.parametrize("task", [adding_problem, recall])
def test_the_same_on_every_call_and_numpy_left_alone(task: object) -> None:
    make = adding_problem if task is adding_problem else recall
    np.random.seed(3)
    before = np.random.get_state()[1].copy()
    one, two, other = make(50, 12, seed=1), make(50, 12, seed=1), make(50, 12, seed=2)
    np.testing.assert_array_equal(np.random.get_state()[1], before)
    assert one.fingerprint == two.fingerprint != other.fingerprint
    np.testing.assert_array_equal(make(50, 12, seed=1, test=7).x, one.x)
    assert not any(np.array_equal(row, held) for row in one.x for held in one.test.x)


def test_bad_numbers_all_at_once() -> None:
    with pytest.raises(dure.StudyError) as caught:
        adding_problem(0, 3, test=-1, seed=0.5)  # type: ignore[arg-type]
    assert [fault.split(";")[0] for fault in caught.value.faults] == [
        "rows is 0",
        "length is 3",
        "test is -1",
        "seed is 0.5",
    ]
    with pytest.raises(dure.StudyError, match="rows is 5; pass a whole number, 8 or more"):
        recall(5)
    with pytest.raises(dure.StudyError, match="symbols is 1; pass a whole number, 2 or more"):
        recall(5, symbols=1)
    with pytest.raises(dure.StudyError, match="symbols is 'a'"):
        recall(5, symbols="a")  # type: ignore[arg-type]
