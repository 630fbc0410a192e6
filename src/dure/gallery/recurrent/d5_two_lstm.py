"""D5. Two LSTM layers: the first hands every step on (``return_sequences``), the second the last.

The notes stack a second LSTM(8) on the first. Dure trains one and two layers on the same seeds and
says whether the second earned its parameters.
"""

from __future__ import annotations

import dure
from dure.core.backend import keras
from dure.gallery.page import RowPage
from dure.gallery.shared import reviews


def build(layer_count: int = 2) -> keras.Model:
    """Embedding(16), LSTM(8) once or twice with dropout 0.3, one sigmoid."""
    layers = [keras.layers.Embedding(500, 16)]
    if layer_count == 2:
        layers.append(keras.layers.LSTM(8, dropout=0.3, return_sequences=True))
    return reviews.reader(*layers, keras.layers.LSTM(8, dropout=0.3))


def study(quick: bool = False) -> dure.Study:
    """Two layers beside one."""
    return reviews.study(build, "two-lstm", quick, 500, {"layer_count": [2, 1]})


def show(page: RowPage) -> None:
    """Train both, and say whether the second layer helped."""
    asked = study(page.quick)
    reviews.ask(page, page.run(asked), asked)
