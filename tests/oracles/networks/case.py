"""What a network of the tables is: how it is built, its data, and what its `fit` is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import layers as L

BATCH = 16
ROWS = 2 * BATCH + 5  # the last batch is smaller


class Case(NamedTuple):
    """A network, its data and what else its `fit` is given."""

    model: Callable[[], keras.Model]
    x: Any
    y: Any
    fit: Mapping[str, Any] = MappingProxyType({})
    fresh: Callable[[Path], Mapping[str, Any]] | None = None
    """Arguments of `fit` that no two trainings may share (callbacks, sources of batches), made
    with a folder that is the training's own."""
    shows: tuple[str, ...] = ()
    """Public names of Keras that are used in a way the walk over the model does not see."""


RANDOM = np.random.default_rng(20240517)
TABLE = RANDOM.normal(size=(ROWS, 10)).astype("float32")
PICTURES = RANDOM.random(size=(ROWS, 9, 9, 3)).astype("float32")
SERIES = RANDOM.normal(size=(ROWS, 12, 4)).astype("float32")
WORDS = RANDOM.integers(1, 20, size=(ROWS, 12)).astype("int32")
PADDED = WORDS * (np.arange(12) >= RANDOM.integers(0, 9, size=(ROWS, 1)))
BINARY = RANDOM.integers(0, 2, size=(ROWS,)).astype("int32")
CLASSES = RANDOM.integers(0, 3, size=(ROWS,)).astype("int32")
ONE_HOT = np.eye(3, dtype="float32")[CLASSES]
NUMBERS = (TABLE[:, :2] @ np.array([[1.0], [-2.0]]) + 0.5).astype("float32")
WEIGHTS = RANDOM.random(ROWS).astype("float32")


def sequential(*stack: Any, loss: Any = "binary_crossentropy", optimizer: Any = "rmsprop") -> Any:
    """A compiled Sequential model of these layers; left unbuilt where they name no Input."""

    def make() -> keras.Model:
        made = [
            layer() if callable(layer) and not isinstance(layer, L.Layer) else layer
            for layer in stack
        ]
        model = keras.Sequential(made)
        opt = optimizer() if callable(optimizer) else optimizer
        metrics = [] if callable(loss) else ["accuracy"]
        model.compile(opt, loss() if callable(loss) else loss, metrics=metrics)
        return model

    return make


def sigmoid() -> L.Layer:
    return L.Dense(1, activation="sigmoid")


def softmax() -> L.Layer:
    return L.Dense(3, activation="softmax")


def words(*stack: Any, mask: bool = False) -> Callable[[], keras.Model]:
    """An embedding, these layers, and a sigmoid."""
    return sequential(lambda: L.Embedding(20, 6, mask_zero=mask), *stack, sigmoid)


def pictures(*stack: Any) -> Callable[[], keras.Model]:
    """These layers, flattened, and a softmax."""
    loss = "sparse_categorical_crossentropy"
    return sequential(*stack, L.Flatten, softmax, loss=loss, optimizer="adam")


def tabular(*stack: Any, optimizer: Any = "rmsprop") -> Callable[[], keras.Model]:
    """A hidden layer, these layers, and a sigmoid."""
    return sequential(lambda: L.Dense(8, "tanh"), *stack, sigmoid, optimizer=optimizer)


def compiled(
    inputs: Any,
    outputs: Any,
    loss: Any = "binary_crossentropy",
    optimizer: Any = "adam",
    **options: Any,
) -> keras.Model:
    """A functional model, compiled."""
    model = keras.Model(inputs, outputs)
    model.compile(optimizer, loss, **options)
    return model
