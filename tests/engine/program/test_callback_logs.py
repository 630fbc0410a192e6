"""Logs through callbacks against Keras' own CallbackList, and which numbers become curves."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dure.engine.program.callback_logs import EpochLogs, end_epoch, own_curves
from dure.engine.program.round_data import flatten_logs, gather_logs, name_parts
from dure.errors import StudyError

KEYS = st.sampled_from(["loss", "val_loss", "mine", "zeta"])
STEPS = st.lists(st.tuples(KEYS, st.one_of(KEYS, st.integers(-3, 3))), max_size=4)


class Step(keras.callbacks.Callback):
    """Puts a number, or another entry where there is one, under a key; remembers what it saw."""

    def __init__(self, key: str, what: Any) -> None:
        super().__init__()
        self.key, self.what = key, what
        self.seen: list[Any] = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.seen.append(list(logs.items()))
        logs[self.key] = logs.get(self.what, 0.5) if isinstance(self.what, str) else self.what


def listed(steps: list[Any]) -> keras.callbacks.CallbackList:
    stop = keras.callbacks.EarlyStopping("loss", patience=1, mode="min")
    callbacks = [*(Step(*step) for step in steps), stop]
    model = SimpleNamespace(stop_training=False, metrics=[])
    return keras.callbacks.CallbackList(callbacks, add_history=True, model=model)


@settings(deadline=None, max_examples=40)
@given(steps=STEPS, losses=st.lists(st.integers(-3, 3), min_size=1, max_size=5))
def test_an_epoch_ends_as_under_keras_own_list(steps: list[Any], losses: list[int]) -> None:
    ours, theirs = listed(steps), listed(steps)
    ours.on_train_begin()
    theirs.on_train_begin()
    for epoch, loss in enumerate(losses):
        logs = {"val_loss": 2.0, "loss": float(loss)}
        theirs.on_epoch_end(epoch, logs)
        found = end_epoch(ours, epoch, logs)
        assert found.logs == {k: v[-1] for k, v in theirs.model.history.history.items()}
        assert set(found.authors) <= {key for key, _ in steps} | {"loss"}
    assert list(ours.model.history.history.items()) == list(theirs.model.history.history.items())
    assert ours.model.stop_training == theirs.model.stop_training
    for mine, other in zip(ours.callbacks[:-2], theirs.callbacks[:-2], strict=True):
        assert mine.seen == other.seen
    ours.on_train_end()
    theirs.on_train_end()


def test_a_watcher_sees_single_numbers_and_others_the_arrays() -> None:
    rate = SimpleNamespace(learning_rate=np.float32(0.5))
    model = SimpleNamespace(stop_training=False, metrics=[], optimizer=rate)
    plateau = keras.callbacks.ReduceLROnPlateau("f1_1", mode="max", patience=1)
    after = Step("mine", "f1")
    callbacks = keras.callbacks.CallbackList([plateau, after], model=model)
    value = np.array([0.25, 0.75], np.float32)
    found = end_epoch(callbacks, 0, {"f1": value, "one": np.array([0.5]), "ragged": [[1], [2, 3]]})
    assert plateau.best == 0.75 and found.absent == []
    assert found.logs["mine"] is value and "f1_1" not in found.logs
    assert dict(after.seen[0])["learning_rate"] == 0.5
    assert found.authors == {"learning_rate": "ReduceLROnPlateau", "mine": "Step"}


def curves(told: set[str] | None = None, **entries: Any) -> dict[str, float]:
    found = EpochLogs(entries, dict.fromkeys(entries, "Mine"), [])
    return own_curves(found, {"test_loss"}, set() if told is None else told)


def test_numbers_of_any_type_become_curves() -> None:
    assert curves(a=True, b=np.int8(3), c=np.array([[2.0]]), d=None) == {"a": 1, "b": 3, "c": 2}
    assert curves(v=[1, 3]) == {"v": 2, "v_0": 1, "v_1": 3}
    assert curves(m=np.eye(2)) == {"m_0_0": 1, "m_0_1": 0, "m_1_0": 0, "m_1_1": 1}


@pytest.mark.parametrize("value", ["0.5", b"1", {"a": 1}, [[1], [2, 3]], [], object(), 1j, ["a"]])
def test_what_is_no_number_is_told_of_once(value: Any) -> None:
    told: set[str] = set()
    with pytest.warns(UserWarning, match=r"callback Mine put logs\['x'\]"):
        assert curves(told, x=value) == {}
    assert curves(told, x=value) == {}


@settings(deadline=None, max_examples=60)
@given(shape=st.lists(st.integers(1, 3), max_size=3).map(tuple), seed=st.integers(0, 99))
def test_flat_logs_are_gathered_again(shape: tuple[int, ...], seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=shape).astype(np.float32)
    flat = flatten_logs({"m": np.asarray(values)})
    assert len(name_parts("m", shape)) == values.size
    assert len(flat) == values.size + (len(shape) == 1 and shape[0] > 1)
    np.testing.assert_array_equal(gather_logs(flat, {"m": shape})["m"], values)
    if values.size == 1:
        assert list(flat) == ["m"]


def test_two_metrics_of_one_name_are_refused() -> None:
    with pytest.raises(StudyError, match="two metrics would be called 'f1_0'"):
        flatten_logs({"f1": np.zeros(2), "f1_0": np.zeros(())})
