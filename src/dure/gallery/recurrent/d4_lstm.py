"""D4. An LSTM of eight units on learned vectors of 500 words, with and without dropout.

The notes train it without dropout, see training and validation part, and add ``dropout=0.3``
(dropout of the cell's inputs). Dure trains both on the same seeds and says whether it helped.
"""

from __future__ import annotations

import dure
from dure.core.backend import keras
from dure.gallery.page import Page
from dure.gallery.shared import reviews

WORDS = 500


def build(dropout: float = 0.3) -> keras.Model:
    """Embedding(16), LSTM(8), one sigmoid."""
    model = keras.Sequential(
        [
            keras.layers.Input((100,), dtype="int32"),
            keras.layers.Embedding(WORDS, 16),
            keras.layers.LSTM(8, dropout=dropout),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(keras.optimizers.RMSprop(1e-4), "binary_crossentropy", metrics=["accuracy"])
    return model


def study(quick: bool = False) -> dure.Study:
    """Dropout 0.3 and none."""
    return reviews.study(build, "lstm", quick, WORDS, {"dropout": [0.3, 0.0]})


def show(page: Page) -> None:
    """Train both, and say whether dropout helped."""
    asked = study(page.quick)
    result = page.run(asked)
    dropped, plain = result.variants
    reviews.tell_parameters(page, result, dropped)
    for variant in (dropped, plain):
        reviews.tell_reached(page, result, variant)
    reviews.tell_difference(page, result, dropped, plain)
    reviews.tell_training(page, result, asked)
