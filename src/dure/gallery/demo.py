"""A small network that overfits, and four cures for it, on real handwritten digits.

The digits are scikit-learn's (1,797 pictures of 8 x 8), so nothing is downloaded. Early stopping is
left out on purpose: the point is to see overfitting begin.
"""

from __future__ import annotations

from dure._backend import require_jax_backend

require_jax_backend()

import keras  # noqa: E402
from keras import layers  # noqa: E402

import dure  # noqa: E402


def build(
    filters: int = 32, dropout: float = 0.0, l2: float = 0.0, batch_norm: bool = False
) -> keras.Model:
    """A small convolutional network."""
    regularizer = keras.regularizers.L2(l2) if l2 else None
    network = [layers.Input((8, 8, 1))]
    for width in (filters, 2 * filters):
        network.append(layers.Conv2D(width, 3, padding="same", kernel_regularizer=regularizer))
        if batch_norm:
            network.append(layers.BatchNormalization())
        network += [layers.Activation("relu"), layers.MaxPooling2D(2)]
    network += [layers.Flatten(), layers.Dense(64, "relu", kernel_regularizer=regularizer)]
    if dropout:
        network.append(layers.Dropout(dropout))
    network.append(layers.Dense(10, "softmax"))
    model = keras.Sequential(network)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


study = dure.Study(
    build,
    data=dure.data.digits(),
    variants={
        "baseline": {},
        "dropout 0.5": {"dropout": 0.5},
        "L2 0.001": {"l2": 0.001},
        "batch norm": {"batch_norm": True},
        "8 filters": {"filters": 8},
    },
    seeds=5,
    validation_split=0.2,
    epochs=40,
    batch_size=32,
    name="demo",
)
