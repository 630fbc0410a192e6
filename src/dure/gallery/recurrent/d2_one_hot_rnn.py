"""D2. A SimpleRNN of eight units reads reviews as one-hot words.

The notes turn 100 words of each review into 300 zeros and ones (``to_categorical``), 2.4 GB for
20,000 reviews. `dure.layers.OneHot` stands for the same numbers and never makes them. The two
vocabularies of the notes train side by side on the same seeds.
"""

from __future__ import annotations

import dure
from dure.core.backend import keras
from dure.gallery.page import RowPage
from dure.gallery.shared import reviews as _reviews
from dure.messages.message import say

WORDS, MORE_WORDS = 300, 500
_UNKNOWN = 2


def build(vocabulary: int = WORDS) -> keras.Model:
    """OneHot, SimpleRNN(8), one sigmoid; rarer words become 2, as in ``load_data(num_words)``."""
    reviews = keras.layers.Input((100,), dtype="int32")
    words = keras.ops.where(reviews < vocabulary, reviews, _UNKNOWN)
    hidden = keras.layers.SimpleRNN(8)(dure.layers.OneHot(vocabulary)(words))
    outputs = keras.layers.Dense(1, activation="sigmoid")(hidden)
    model = keras.Model(reviews, outputs)
    model.compile(keras.optimizers.RMSprop(1e-4), "binary_crossentropy", metrics=["accuracy"])
    return model


def study(quick: bool = False) -> dure.Study:
    """Vocabularies of 300 and 500 words."""
    vocabularies = {"vocabulary": [WORDS, MORE_WORDS]}
    return _reviews.study(build, "one-hot-rnn", quick, MORE_WORDS, vocabularies, seeds=10)


def show(page: RowPage) -> None:
    """Train, and put the notes' figures beside; then what one-hot arrays would take."""
    asked = study(page.quick)
    result = page.run(asked)
    first = result.variants[0]
    page.note(say("validation accuracy"), 0.747, result, "val_accuracy", first)
    page.note(say("validation loss"), 0.5195, result, "val_loss", first)
    _reviews.ask(page, result, asked, 2_481, {first: 36}, {first: 24})
    rows = asked.splits[0].train
    integers = int(asked.data.x[rows].nbytes)
    note = _reviews.NOTE_ROWS * 100 * WORDS * 4
    sizes = {"integer": integers, "one_hot": integers * WORDS}  # both hold four bytes a number
    sizes |= {"planned": asked.plan().memory_bytes}
    for name, size in sizes.items():
        page.fact(f"{name}_bytes", size)
    page.fact("one_hot_bytes_note", note)
    page.say(
        "The {reviews:,} reviews that train are {integers:.1f} MB of integers; their one-hot "
        "array of {words} words would be {one_hot:.2f} GB ({note_one_hot:.1f} GB for the note's "
        "{note_reviews:,}). All training at once, data included, is planned to peak at "
        "{peak:.0f} MB.",
        reviews=rows.size,
        integers=integers / 1e6,
        words=WORDS,
        one_hot=sizes["one_hot"] / 1e9,
        note_one_hot=note / 1e9,
        note_reviews=_reviews.NOTE_ROWS,
        peak=sizes["planned"] / 1e6,
    )
