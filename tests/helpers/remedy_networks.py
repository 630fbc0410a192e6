"""Networks to be cured: some drawn at random, some by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from hypothesis import strategies as st
from keras import layers

from dure.remedies.surgery.compile_edits import Clip, Cosine, Rate
from dure.remedies.surgery.edits import (
    Activate,
    AddDropout,
    Augment,
    Edit,
    Initialise,
    Normalise,
    Output,
    Penalise,
    Recur,
    Rescale,
    ScaleWidth,
)

Build = Callable[[], keras.Model]
ACTIVATIONS = ["relu", "tanh", "sigmoid", None]

EDITS: list[Edit] = [
    AddDropout(0.5),
    Penalise("L1", 1e-4),
    Penalise("L2", 1e-3),
    ScaleWidth(0.5),
    ScaleWidth(2.0),
    Normalise("BatchNormalization"),
    Normalise("LayerNormalization"),
    Activate("relu", ("sigmoid", "tanh")),
    Activate("leaky_relu", ("relu",)),
    Initialise(),
    Recur("GRU"),
    Recur("LSTM"),
    Augment("noise", 0.1),
    Rescale(0.5),
    Rate(0.3),
    Clip(1.0),
    Cosine(50),
    Output("softmax", "sparse_categorical_crossentropy"),
]


def compiled(model: keras.Model) -> keras.Model:
    model.compile(
        keras.optimizers.Adam(0.002), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return model


def pictures() -> keras.Model:
    """Convolution, a sum round a layer, a nested model, a layer called twice."""
    x = inputs = keras.Input((8, 8, 1))
    x = layers.Conv2D(4, 3, padding="same", activation="relu")(x)
    y = layers.Activation("relu")(layers.Conv2D(4, 3, padding="same")(x))
    x = layers.add([x, y])
    inner = keras.Sequential(
        [layers.MaxPooling2D(2), layers.Flatten(), layers.Dense(16, "tanh"), layers.Dense(6)],
        name="inner",
    )
    x = inner(x)
    shared = layers.Dense(6, "relu", name="shared")
    a = shared(x)
    x = layers.concatenate([a, shared(a)])
    return compiled(keras.Model(inputs, layers.Dense(10, "softmax")(x)))


def sequence() -> keras.Model:
    """Words through two simple recurrent layers."""
    return compiled(
        keras.Sequential(
            [
                layers.Input((12,), dtype="int32"),
                layers.Embedding(20, 4, mask_zero=True),
                layers.SimpleRNN(4, return_sequences=True),
                layers.SimpleRNN(4),
                layers.Dense(3, "softmax"),
            ],
            name="words",
        )
    )


def unbuilt() -> keras.Model:
    """A Sequential model that meets its shapes in training only."""
    return compiled(keras.Sequential([layers.Dense(8, "relu"), layers.Dense(3, "softmax")]))


@st.composite
def dense_stacks(draw: st.DrawFn) -> Build:
    """Builds of Sequential networks with hidden layers of any width and some layers between."""
    hidden = draw(st.lists(st.integers(1, 9), min_size=1, max_size=3))
    activations = [draw(st.sampled_from(ACTIVATIONS)) for _ in hidden]
    between = [draw(st.sampled_from(["", "dropout", "norm", "relu"])) for _ in hidden]

    def build() -> keras.Model:
        stack: list[Any] = [layers.Input((5,))]
        for units, activation, extra in zip(hidden, activations, between, strict=True):
            stack.append(layers.Dense(units, activation))
            if extra:
                stack.append(_extra(extra))
        return compiled(keras.Sequential([*stack, layers.Dense(3, "softmax")]))

    return build


@st.composite
def branched(draw: st.DrawFn) -> Build:
    """Builds of functional networks: branches joined by a sum or side by side, maybe nested."""
    widths = draw(st.lists(st.integers(1, 6), min_size=2, max_size=3))
    merge = draw(st.sampled_from(["add", "concatenate", "multiply", "residual"]))
    activation = draw(st.sampled_from(ACTIVATIONS))
    nested = draw(st.booleans())
    end = draw(st.sampled_from(["", "dropout", "norm", "relu"]))

    def build() -> keras.Model:
        inputs = keras.Input((5,))
        same = merge in ("add", "multiply")
        sizes = [widths[0]] * len(widths) if same else widths
        ends = [layers.Dense(size, activation)(inputs) for size in sizes]
        if merge == "residual":  # the input's own width is asked for
            x = layers.add([inputs, layers.Dense(5)(ends[0])])
        else:
            x = getattr(layers, merge)(ends)
        if nested:
            x = keras.Sequential([layers.Dense(4, activation), layers.Dense(3)], name="inner")(x)
        if end:
            x = _extra(end)(x)
        return compiled(keras.Model(inputs, layers.Dense(3, "softmax")(x)))

    return build


def _extra(name: str) -> Any:
    return {
        "dropout": lambda: layers.Dropout(0.3),
        "norm": layers.BatchNormalization,
        "relu": lambda: layers.Activation("relu"),
    }[name]()
