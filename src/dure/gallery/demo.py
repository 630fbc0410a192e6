"""A small network that overfits, and four cures for it, on real handwritten digits.

The digits are scikit-learn's (pictures of 8 x 8), so nothing is downloaded. Training sees only a
hundred of them, about ten of each: enough to learn from, few enough to be learnt by heart. Another
400 validate, and 360 are kept for the test. Early stopping is left out on purpose: the point is to
see overfitting, validation loss that turns up while training loss goes to nothing.

The loss of the L2 variant contains its penalty, in training and in validation, as Keras reports it:
compare that variant by its accuracy.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import dure
from dure.core.backend import keras

TRAINING, VALIDATION = 100, 400  # rows


def build(
    filters: int = 32, dropout: float = 0.0, l2: float = 0.0, batch_norm: bool = False
) -> keras.Model:
    """A small convolutional network."""
    regularizer = keras.regularizers.L2(l2) if l2 else None
    network = [keras.layers.Input((8, 8, 1))]
    for width in (filters, 2 * filters):
        network.append(
            keras.layers.Conv2D(width, 3, padding="same", kernel_regularizer=regularizer)
        )
        if batch_norm:
            # Keras' default of 0.99 would follow the few batches of an epoch too slowly.
            network.append(keras.layers.BatchNormalization(momentum=0.9))
        network += [keras.layers.Activation("relu"), keras.layers.MaxPooling2D(2)]
    network.append(keras.layers.Flatten())
    if dropout:
        network.append(keras.layers.Dropout(dropout))
    network.append(keras.layers.Dense(64, "relu", kernel_regularizer=regularizer))
    network.append(keras.layers.Dense(10, "softmax"))
    model = keras.Sequential(network)
    model.compile(
        keras.optimizers.Adam(0.002), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return model


def few_digits() -> dure.Data:
    """The first 500 of `dure.data.digits()`, which are in random order, and its whole test part."""
    data = dure.data.digits()
    rows = TRAINING + VALIDATION
    x, y = np.asarray(data.x)[:rows], np.asarray(data.y)[:rows]
    return replace(data, x=x, y=y, excerpt=True)


study = dure.Study(
    build,
    data=few_digits(),
    variants={
        "baseline": {},
        "dropout 0.5": {"dropout": 0.5},
        "L2 0.001": {"l2": 0.001},
        "batch norm": {"batch_norm": True},
        "8 filters": {"filters": 8},
    },
    seeds=8,  # the fewest with which a test of four differences can come out
    validation_split=VALIDATION / (TRAINING + VALIDATION),
    epochs=120,
    batch_size=10,
    validation_batch_size=VALIDATION,
    name="demo",
)
