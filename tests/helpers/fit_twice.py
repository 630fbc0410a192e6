"""The same training twice: by Keras' own `fit`, the oracle, and by another of its arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import layers as L

import dure

ROWS = 40
RANDOM = np.random.default_rng(11)
X = RANDOM.normal(size=(ROWS, 6)).astype("float32")
Y = (X.sum(axis=1) > 0).astype("int32")
WEIGHTS = RANDOM.random(ROWS).astype("float32")
VALIDATION = (X[:13] + 0.1, Y[:13])


class Trained(NamedTuple):
    """What a training leaves behind."""

    model: Any
    history: Any
    options: dict[str, Any]


def tiny(rate: float = 0.05, **compile_options: Any) -> Any:
    """A dense network with dropout and batch norm, not built before it sees data."""
    stack = [L.Dense(4, "tanh"), L.BatchNormalization(), L.Dropout(0.2), L.Dense(1, "sigmoid")]
    model = keras.Sequential(stack)
    options = {
        "optimizer": keras.optimizers.Adam(rate),
        "loss": "binary_crossentropy",
        "metrics": ["accuracy"],
    }
    model.compile(**{**options, **compile_options})
    return model


def by(fit: Callable[..., Any], make: Callable[[], Any], *data: Any, **options: Any) -> Trained:
    """Train once. Options that are functions are called first: callbacks are for one fit only."""
    options = {"epochs": 3, "batch_size": 16, "verbose": 0, **options}
    made = {n: value() if callable(value) else value for n, value in options.items()}
    keras.utils.set_random_seed(3)
    model = make()
    return Trained(model, fit(model, *(data or (X, Y)), **made), made)


def twice(
    make: Callable[[], Any] = tiny, *data: Any, rtol: float = 1e-5, **options: Any
) -> tuple[Trained, Trained]:
    """Train by Dure and by Keras and assert that history and model are the same."""
    ours = by(dure.fit, make, *data, **options)
    theirs = by(keras.Model.fit, make, *data, **options)
    assert_alike(ours, theirs, rtol)
    return ours, theirs


def assert_alike(ours: Trained, theirs: Trained, rtol: float = 1e-5) -> None:
    """History with its order and types, weights, optimizer and seeds are Keras'."""
    assert type(ours.history) is keras.callbacks.History
    assert ours.model.history is ours.history
    assert ours.history.epoch == theirs.history.epoch
    assert ours.history.params == theirs.history.params
    assert list(ours.history.history) == list(theirs.history.history)
    for name, values in theirs.history.history.items():
        got = ours.history.history[name]
        assert [type(v) for v in got] == [type(v) for v in values], name
        np.testing.assert_allclose(got, values, rtol=rtol, atol=1e-7, err_msg=name)
    assert_same_state(ours.model, theirs.model, rtol)


def assert_same_state(ours: Any, theirs: Any, rtol: float = 1e-5) -> None:
    """Every variable of two models of the same build, seeds and step counts exactly."""
    for mine, other in zip(_variables(ours), _variables(theirs), strict=True):
        a, b = np.asarray(mine.value), np.asarray(other.value)
        if a.dtype.kind == "f":
            np.testing.assert_allclose(a, b, rtol=10 * rtol, atol=1e-6, err_msg=mine.path)
        else:
            np.testing.assert_array_equal(a, b, err_msg=mine.path)


def _variables(model: Any) -> list[Any]:
    return [*model.variables, *model.optimizer.variables]
