"""Calls that Keras ends with words of its own are told what came, what was expected, what to do."""

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers as L

import dure

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(8, 6)).astype("float32")
TWO, THREE = np.arange(8) % 2, np.arange(8) % 3
SPARSE = "sparse_categorical_crossentropy"


def dense(loss: Any = "binary_crossentropy", units: int = 1, **options: Any) -> keras.Model:
    x = L.Input((6,), name="table")
    model = keras.Model(x, L.Dense(units, name="out")(x))
    model.compile("sgd", loss, **options)
    return model


def pictures(*shape: int) -> keras.Model:
    first = [L.Input(shape)] if shape else []
    model = keras.Sequential([*first, L.Conv2D(2, 3), L.Flatten(), L.Dense(3)])
    model.compile("sgd", Sparse(from_logits=True))
    return model


def sequences() -> keras.Model:
    model = keras.Sequential([L.Input((5, 2)), L.LSTM(2), L.Dense(1)])
    model.compile("sgd", "mse")
    return model


def two(loss: Any = "mse") -> keras.Model:
    x = L.Input((6,))
    model = keras.Model(x, {"age": L.Dense(1)(x), "pay": L.Dense(1)(x)})
    model.compile("sgd", loss)
    return model


Sparse = keras.losses.SparseCategoricalCrossentropy


@pytest.mark.parametrize(
    ("model", "x", "y", "told"),
    [
        (dense, X, None, "y was left out, and its loss compares"),
        (lambda: dense("mse", 6), X, None, "takes y=x"),
        (
            lambda: dense("categorical_crossentropy", 3),
            X,
            THREE,
            "keras.utils.to_categorical(y, 3)",
        ),
        (lambda: dense(SPARSE, 3), X, np.eye(3)[THREE], "pass y.argmax(axis=-1)"),
        (lambda: dense(units=3), X, THREE, "for 3 classes with Dense(3, 'softmax')"),
        (lambda: dense(units=2), X, TWO, "For two classes end with Dense(1, 'sigmoid')"),
        (
            lambda: dense("categorical_crossentropy", 3),
            X,
            np.eye(4)[np.arange(8) % 4],
            "as many units as y has values",
        ),
        (dense, X[:, :5], TWO, "rows of shape (6,), and x has rows of shape (5,)"),
        (lambda: pictures(8, 8, 3), RANDOM.random((8, 3, 8, 8)), THREE, "np.moveaxis(x, 1, -1)"),
        (
            lambda: pictures(8, 8, 1),
            RANDOM.random((8, 9, 9, 1)),
            THREE,
            "keras.layers.Input((9, 9,",
        ),
        (lambda: pictures(8, 8, 1), RANDOM.random((8, 8, 8, 3)), THREE, "3 channels for 1"),
        (pictures, RANDOM.random((8, 8, 8)), THREE, "axis of channels: pass x[..., np.newaxis]"),
        (sequences, RANDOM.random((8, 5)), X[:, 0], "1 axes a row for 2"),
        (sequences, RANDOM.random((8, 5, 3)), X[:, 0], "rows of shape (5, 3). Build it for these"),
        (lambda: two({"age": "mse", "pai": "mse"}), X, {"age": TWO, "pay": TWO}, "mean 'pay'?"),
        (two, X, {"age": TWO, "pai": TWO}, "outputs age, pay, and y the keys age, pai"),
        (two, X, {"age": TWO}, "as outputs a dict of 'age', 'pay', and y is a dict of 'age'"),
        (two, X, TWO, "and y is one array; pass targets for each output"),
        (dense, {"tabel": X}, TWO, "it has the inputs table, and x the keys tabel"),
        (dense, [X, X], TWO, "it has 1 inputs, and x holds 2 arrays"),
        (lambda: dense("binary_crosentropy"), X, TWO, "Did you mean 'binary_crossentropy'?"),
        (lambda: dense(metrics=["acuracy"]), X, TWO, "Keras knows no metric 'acuracy'"),
        (lambda: dense("kl_divergence", 3), X, THREE, "has 3 units a row (shape (3,))"),
    ],
    ids=range(23),
)
def test_what_does_not_fit_is_told(model: Any, x: Any, y: Any, told: str) -> None:
    with pytest.raises(dure.StudyError) as caught:
        dure.fit(model(), x, y, verbose=0)
    fault = caught.value.faults[0]
    assert fault.startswith("the model does not take these data (x ")
    assert told in fault, fault
    assert "\x1b" not in fault and "Arguments received" not in fault


def test_what_is_not_known_is_told_in_keras_words() -> None:
    model = dense(SPARSE, 3, metrics=[keras.metrics.F1Score()])
    with pytest.raises(dure.StudyError, match="FBetaScore expects 2D inputs"):
        dure.fit(model, X, THREE, verbose=0)


@pytest.mark.parametrize(
    ("model", "y"),
    [
        (lambda: dense(), TWO),
        (two, [TWO, TWO]),
        (
            lambda: dense(keras.losses.CategoricalCrossentropy(from_logits=True), 3),
            np.eye(3)[THREE],
        ),
        (lambda: dense("mse", 6), X),
    ],
)
def test_what_fits_is_trained(model: Any, y: Any) -> None:
    assert dure.fit(model(), X, y, verbose=0).epoch == [0]
