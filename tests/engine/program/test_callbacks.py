"""Callbacks inside the program against Keras' own objects, on random histories."""

from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dure.engine.program.callbacks import (
    BestEpoch,
    EarlyStopping,
    Epoch,
    ReduceLROnPlateau,
    check_monitor,
)
from dure.errors import StudyError

# Multiples of 1/8 and powers of two are exact in float32, where the program compares.
VALUES = st.one_of(st.integers(-16, 16).map(lambda n: n / 8), st.just(float("nan")))
HISTORIES = st.lists(VALUES, min_size=1, max_size=14)
DELTAS = st.sampled_from([0.0, 0.125, 0.5])


class State(SimpleNamespace):
    """Stands for a model in training: its only weight is the number of the epoch."""


jax.tree_util.register_pytree_node(
    State, lambda s: ((s.weight, s.rate), None), lambda _, c: State(weight=c[0], rate=c[1])
)


class Lowered:
    """The functions a controller asks of a lowered model."""

    rate_is_variable = True

    @staticmethod
    def weights(state: State) -> list[Any]:
        return [state.weight]

    @staticmethod
    def learning_rate(state: State) -> Any:
        return state.rate

    @staticmethod
    def with_learning_rate(state: State, rate: Any) -> State:
        return State(weight=state.weight, rate=rate)

    @staticmethod
    def directions() -> dict[str, str]:
        return {"loss": "min", "accuracy": "max"}

    @staticmethod
    def metric_shapes(testing: bool = False) -> dict[str, tuple[int, ...]]:
        return {"loss": (), "f1": (), "confusion": (2, 2)}


class Model:
    """What Keras' callbacks ask of a model."""

    def __init__(self) -> None:
        self.weight, self.stop_training, self.metrics = -1, False, []
        self.optimizer = SimpleNamespace(learning_rate=1.0)

    def get_weights(self) -> list[int]:
        return [self.weight]

    def set_weights(self, weights: list[int]) -> None:
        (self.weight,) = weights


def in_program(rule: Any, history: list[float]) -> tuple[Any, State, int, list[float]]:
    """Drive a controller over a history until it stops; memory, state, epochs and rates."""
    state = State(weight=jnp.int32(-1), rate=jnp.float32(1))
    memory = rule.start(Lowered, state)
    rates: list[float] = []
    for number, value in enumerate(history):
        state.weight = jnp.int32(number)
        epoch = Epoch(jnp.int32(number), {rule.monitor: jnp.float32(value)}, jnp.bool_(True))
        memory, state, stop = rule.epoch_end(memory, epoch, Lowered, state)
        rates.append(float(state.rate))
        if stop:
            break
    return memory, state, len(rates), rates


@settings(deadline=None, max_examples=60)
@given(
    history=HISTORIES,
    mode=st.sampled_from(["min", "max"]),
    patience=st.integers(0, 4),
    min_delta=DELTAS,
    baseline=st.sampled_from([None, 0.0, 1.0]),
    start=st.integers(0, 3),
)
def test_early_stopping_is_keras(
    history: list[float], mode: Any, patience: int, min_delta: float, baseline: Any, start: int
) -> None:
    options = {"patience": patience, "min_delta": min_delta, "baseline": baseline}
    theirs = keras.callbacks.EarlyStopping(
        "loss", mode=mode, restore_best_weights=True, start_from_epoch=start, **options
    )
    model = Model()
    theirs.set_model(model)
    theirs.on_train_begin()
    ran = 0
    for ran, value in enumerate(history, 1):
        model.weight = ran - 1
        theirs.on_epoch_end(ran - 1, {"loss": value})
        if model.stop_training:
            break
    theirs.on_train_end()

    ours = EarlyStopping("loss", mode, restore_best_weights=True, start_from_epoch=start, **options)
    memory, _, epochs, _ = in_program(ours, history)
    assert epochs == ran
    restored = int(memory["weights"][0]) if memory["found"] else epochs - 1
    assert restored == model.weight


@settings(deadline=None, max_examples=60)
@given(
    history=HISTORIES,
    mode=st.sampled_from(["min", "max"]),
    patience=st.integers(1, 3),
    min_delta=DELTAS,
    cooldown=st.integers(0, 3),
    min_lr=st.sampled_from([0.0, 0.125]),
)
def test_plateau_is_keras(
    history: list[float], mode: Any, patience: int, min_delta: float, cooldown: int, min_lr: float
) -> None:
    options = {"patience": patience, "min_delta": min_delta, "cooldown": cooldown}
    theirs = keras.callbacks.ReduceLROnPlateau(
        "loss", factor=0.5, mode=mode, min_lr=min_lr, **options
    )
    model = Model()
    theirs.set_model(model)
    theirs.on_train_begin()
    expected = []
    for number, value in enumerate(history):
        theirs.on_epoch_end(number, {"loss": value})
        expected.append(float(model.optimizer.learning_rate))
    ours = ReduceLROnPlateau("loss", mode, factor=0.5, min_lr=min_lr, **options)
    assert in_program(ours, history)[3] == expected


@settings(deadline=None, max_examples=60)
@given(history=HISTORIES, mode=st.sampled_from(["min", "max"]))
def test_best_epoch_is_the_first_best_number(history: list[float], mode: Any) -> None:
    rule, state = BestEpoch("loss", mode), State(weight=jnp.int32(-1), rate=jnp.float32(1))
    memory = rule.start(Lowered, state)  # type: ignore[arg-type]
    for number, value in enumerate(history):
        state.weight = jnp.int32(number)
        epoch = Epoch(jnp.int32(number), {"loss": jnp.float32(value)}, jnp.bool_(True))
        memory = rule.epoch_end(memory, epoch, Lowered, state)  # type: ignore[arg-type]
    assert bool(memory["found"]) == (not np.isnan(history).all())
    if memory["found"]:
        best = int(np.nanargmin(history) if mode == "min" else np.nanargmax(history))
        assert (int(memory["epoch"]), int(memory["weights"][0])) == (best, best)


def test_an_epoch_without_validation_changes_nothing() -> None:
    rule = EarlyStopping("val_loss", "min", 1, 0.0, None, True, 0)
    state = State(weight=jnp.int32(0), rate=jnp.float32(1))
    memory = rule.start(Lowered, state)  # type: ignore[arg-type]
    epoch = Epoch(jnp.int32(3), {"val_loss": jnp.float32(jnp.nan)}, jnp.bool_(False))
    after, _, stop = rule.epoch_end(memory, epoch, Lowered, state)  # type: ignore[arg-type]
    assert not stop and not after["found"] and int(after["wait"]) == 0


def test_unknown_monitors_and_directions_are_said_by_name() -> None:
    known = ["loss", "val_loss", "val_f1"]
    with pytest.raises(StudyError, match=r"'vall_loss'.*Did you mean 'val_loss'"):
        check_monitor(keras.callbacks.EarlyStopping("vall_loss"), Lowered, known, False)  # type: ignore[arg-type]
    with pytest.raises(StudyError, match="pass mode='max' or mode='min'"):
        check_monitor(keras.callbacks.EarlyStopping("val_f1"), Lowered, known, False)  # type: ignore[arg-type]
    matrix = keras.callbacks.EarlyStopping("val_confusion", mode="max")
    with pytest.raises(
        StudyError, match="has 2 x 2 values; watch one of them, as val_confusion_0_0"
    ):
        check_monitor(matrix, Lowered, known, True)  # type: ignore[arg-type]
