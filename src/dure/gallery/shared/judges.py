"""Losses of E8, and metrics by what an output means: how its networks are judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dure.core.backend import keras

Pairs = dict[str, tuple[Any, ...]]
SPARSE = "sparse_categorical_crossentropy"
BINARY_LOGITS = keras.losses.BinaryCrossentropy(from_logits=True)
SPARSE_LOGITS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def nearest(y: Any, output: Any) -> Any:
    """Whether the label is the whole number nearest to the output."""
    return keras.ops.equal(keras.ops.round(output[:, 0]), keras.ops.reshape(y, (-1,)))


JUDGES: Mapping[str, Callable[[], Any]] = {
    "mae": lambda: keras.metrics.MeanAbsoluteError("mae"),
    "half": lambda: keras.metrics.BinaryAccuracy("accuracy", threshold=0.5),
    "sign": lambda: keras.metrics.BinaryAccuracy("accuracy", threshold=0.0),
    "largest": lambda: keras.metrics.SparseCategoricalAccuracy("accuracy"),
    "hottest": lambda: keras.metrics.CategoricalAccuracy("accuracy"),
    "nearest": lambda: keras.metrics.MeanMetricWrapper(nearest, "accuracy"),
}
