"""D3. The same SimpleRNN on vectors of 16 numbers a word, which are learned with it.

The notes replace 300 zeros and ones a word by `Embedding(300, 16)`: twice the parameters, a
twentieth of the inputs, hardly better. Dure trains the network of D2 on the same seeds and says
whether the difference is real.
"""

from __future__ import annotations

import dure
from dure.core.backend import keras
from dure.gallery.page import RowPage
from dure.gallery.shared import reviews
from dure.messages.message import say

WORDS = 300


def build(words: str = "embedding") -> keras.Model:
    """Embedding(16) (or, as in D2, one-hot words), SimpleRNN(8), one sigmoid."""
    one_hot = words == "one-hot"
    coded = dure.layers.OneHot(WORDS) if one_hot else keras.layers.Embedding(WORDS, 16)
    return reviews.reader(coded, keras.layers.SimpleRNN(8))


def study(quick: bool = False) -> dure.Study:
    """300 words, learned vectors beside one-hot."""
    encodings = {"words": ["embedding", "one-hot"]}
    return reviews.study(build, "embedding-rnn", quick, WORDS, encodings, seeds=10)


def show(page: RowPage) -> None:
    """Train, put the notes' figures beside, and say whether vectors are better."""
    asked = study(page.quick)
    result = page.run(asked)
    vectors, one_hot = result.variants
    page.note(say("validation accuracy"), 0.750, result, "val_accuracy", vectors)
    page.note(say("validation loss"), 0.5124, result, "val_loss", vectors)
    reviews.ask(page, result, asked, 5_009, {vectors: 20}, {vectors: 36, one_hot: 24})
