"""B1. Reviews as 10,000 zeros and ones, read by Dense layers of 16, 16 and 1.

The notes write a matrix of 25,000 x 10,000 floats (1 GB), train 20 epochs on 15,000 of the reviews,
read off the curves that validation turns after about four epochs, and train a fresh network so
long on all reviews. `dure.layers.MultiHot` stands for that matrix and never makes it, and the epoch
at which validation turns comes with its interval over seeds.
"""

from __future__ import annotations

import math
from dataclasses import replace

import dure
from dure.core.backend import keras
from dure.gallery.page import RowPage
from dure.gallery.shared.turning import tell_turning
from dure.messages.message import say

WORDS, BATCH = 10_000, 512
HELD = 0.4
"""Share of the reviews that validates: the notes hold the first 10,000 of 25,000."""
NOTE_ROWS = 15_000


def build(length: int) -> keras.Model:
    """MultiHot, two Dense layers of 16, one sigmoid."""
    model = keras.Sequential(
        [
            keras.layers.Input((length,), dtype="int32"),
            dure.layers.MultiHot(WORDS),
            keras.layers.Dense(16, activation="relu"),
            keras.layers.Dense(16, activation="relu"),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile("rmsprop", "binary_crossentropy", metrics=["accuracy"])
    return model


def reviews(quick: bool = False) -> dure.Data:
    """Whole reviews; in quick mode 5,000 of them, cut to their last 200 words."""
    data = dure.data.imdb(num_words=WORDS, maxlen=200 if quick else None)
    return data.take(slice(5_000)) if quick else data


def study(quick: bool = False) -> dure.Study:
    """The first reviews validate, the others train: as many updates as the notes' 20 epochs."""
    data = reviews(quick)
    first = round(HELD * data.rows)
    held = data.take(slice(first))
    updates, theirs = (math.ceil(n / BATCH) for n in (data.rows - first, NOTE_ROWS))
    return dure.Study(
        build,
        data.take(slice(first, None)),
        {"dense": {"length": data.x.shape[1]}},
        seeds=2 if quick else 5,
        validation_data=(held.x, held.y),
        epochs=round((8 if quick else 20) * theirs / updates),
        batch_size=BATCH,
        name="dense-reviews",
    )


def final_study(epochs: int, quick: bool = False) -> dure.Study:
    """Fresh networks on all reviews, for so many epochs."""
    whole = replace(study(quick), data=reviews(quick), validation_data=None)
    return replace(whole, epochs=epochs, name="dense-reviews-all")


def show(page: RowPage) -> None:
    """Train, find where validation turns, train so long on all reviews."""
    asked = study(page.quick)
    result = page.run(asked)
    page.parameters(result, note=160_305)
    page.say(
        "The first {held:,} reviews validate, {training:,} train (note: 10,000 and 15,000).",
        held=asked.validation_data[0].shape[0],
        training=asked.data.rows,
    )
    turn = tell_turning(page, result, asked, 4, NOTE_ROWS)
    page.curves(result, "loss", "accuracy")
    final = page.run(final_study(max(1, round(turn.mean)), page.quick))
    page.fact("epochs_on_all", int(final.lanes["epochs"].max()))
    tested = final.at_best("test_accuracy")
    accuracy = page.interval("test accuracy on all", tested.values.ravel())
    page.fact("test_accuracy", float(tested.mean()))
    page.say(
        "Fresh networks, {epochs} epochs on all reviews: test accuracy {accuracy}.",
        epochs=page.facts["epochs_on_all"],
        accuracy=accuracy,
    )
    page.compare(final.compare("test_accuracy", other=result), say("on all reviews"))
