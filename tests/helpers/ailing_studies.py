"""Networks made to have one ailment, and the healthy one they come from; tiny, on real rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.preprocessing import StandardScaler

import dure
from dure.result import Result

import keras  # isort: skip  # after dure has settled the backend
from keras import layers  # isort: skip

TWO = "binary_crossentropy"
LOGITS = keras.losses.BinaryCrossentropy(from_logits=True)


def cancer(rows: int = 300, scaled: bool = True) -> dure.Data:
    data = dure.data.breast_cancer().take(slice(0, rows))
    return replace(data, test=None, prepare=StandardScaler() if scaled else None)


class Logarithm(layers.Layer):
    """NaN for whatever is negative."""

    def call(self, x: Any) -> Any:
        return keras.ops.log(x)


def build(
    activation: str = "relu",
    depth: int = 1,
    units: int = 16,
    spread: float = 0.0,
    bias: float = 0.0,
    rate: float = 5e-3,
    optimizer: str = "adam",
    loss: Any = TWO,
    last: str | None = "sigmoid",
    first: str = "",
    odd: int = -1,
) -> Any:
    """Dense layers. `spread` is the deviation of normal first weights (0: Glorot's)."""
    weights = keras.initializers.RandomNormal(stddev=spread) if spread else "glorot_uniform"
    hidden = [
        layers.Dense(
            units,
            activation=activation,
            kernel_initializer=weights,
            bias_initializer=keras.initializers.Constant(bias),
            name=f"hidden_{place + 1}",
        )
        for place in range(depth)
    ]
    before: dict[str, list[Any]] = {
        "": [],
        "logarithm": [layers.Dense(4), Logarithm(name="logarithm")],
        "normalised": [layers.BatchNormalization()],
    }
    model = keras.Sequential(
        [*before[first], *hidden, layers.Dense(1, activation=last, name="end")]
    )
    if np.random.get_state()[1][0] == odd:  # the seed this is built under
        rate = 1e-7
    made = keras.optimizers.get({"class_name": optimizer, "config": {"learning_rate": rate}})
    model.compile(made, loss, metrics=[keras.metrics.BinaryAccuracy("accuracy")])
    return model


def starved() -> Any:
    """Two branches; of one hardly anything reaches the loss, nor does the loss reach it."""
    inputs = keras.Input((30,))
    near = layers.Dense(8, activation="relu", name="near_2")(
        layers.Dense(8, activation="relu", name="near_1")(inputs)
    )
    far = layers.Rescaling(1e-6)(layers.Dense(8, activation="relu", name="far")(inputs))
    out = layers.Dense(1, activation="sigmoid")(layers.Concatenate()([near, far]))
    model = keras.Model(inputs, out)
    model.compile(keras.optimizers.SGD(0.1), TWO, metrics=["accuracy"])
    return model


def trained(
    folder: Any,
    variants: Any = None,
    data: dure.Data | None = None,
    made: Any = build,
    seeds: int = 3,
    epochs: int = 8,
    **given: Any,
) -> Result:
    study = dure.Study(
        made,
        data or cancer(),
        variants,
        seeds=seeds,
        epochs=epochs,
        **{"validation_split": 0.25, **given},
    )
    return study.run(out=folder / "run", progress=False)
