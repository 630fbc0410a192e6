"""D5. Two LSTM layers: the first hands every step on (``return_sequences``), the second the last.

The notes stack a second LSTM(8) on the first. Dure trains one and two layers on the same seeds and
says whether the second earned its parameters.
"""

from __future__ import annotations

import dure
from dure.core.backend import keras
from dure.gallery.page import Page
from dure.gallery.shared import reviews

WORDS = 500


def build(layer_count: int = 2) -> keras.Model:
    """Embedding(16), LSTM(8) once or twice with dropout 0.3, one sigmoid."""
    model = keras.Sequential()
    model.add(keras.layers.Input((100,), dtype="int32"))
    model.add(keras.layers.Embedding(WORDS, 16))
    if layer_count == 2:
        model.add(keras.layers.LSTM(8, dropout=0.3, return_sequences=True))
    model.add(keras.layers.LSTM(8, dropout=0.3))
    model.add(keras.layers.Dense(1, activation="sigmoid"))
    model.compile(keras.optimizers.RMSprop(1e-4), "binary_crossentropy", metrics=["accuracy"])
    return model


def study(quick: bool = False) -> dure.Study:
    """Two layers beside one."""
    return reviews.study(build, "two-lstm", quick, WORDS, {"layer_count": [2, 1]})


def show(page: Page) -> None:
    """Train both, and say whether the second layer helped."""
    asked = study(page.quick)
    result = page.run(asked)
    two, one = result.variants
    for variant in (two, one):
        reviews.tell_parameters(page, result, variant)
        reviews.tell_reached(page, result, variant)
    reviews.tell_difference(page, result, two, one)
    reviews.tell_training(page, result, asked)
