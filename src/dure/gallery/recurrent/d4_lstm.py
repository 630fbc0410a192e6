"""D4. An LSTM of eight units on learned vectors of 500 words, with and without dropout.

The notes train it without dropout, see training and validation part, and add ``dropout=0.3``
(dropout of the cell's inputs). Dure trains both on the same seeds and says whether it helped.
"""

from __future__ import annotations

import dure
from dure.core.backend import keras
from dure.gallery.page import RowPage
from dure.gallery.shared import reviews


def build(dropout: float = 0.3) -> keras.Model:
    """Embedding(16), LSTM(8), one sigmoid."""
    return reviews.reader(keras.layers.Embedding(500, 16), keras.layers.LSTM(8, dropout=dropout))


def study(quick: bool = False) -> dure.Study:
    """Dropout 0.3 and none."""
    return reviews.study(build, "lstm", quick, 500, {"dropout": [0.3, 0.0]})


def show(page: RowPage) -> None:
    """Train both, and say whether dropout helped."""
    asked = study(page.quick)
    reviews.ask(page, page.run(asked), asked)
