"""B1. Reviews as 10,000 zeros and ones, read by Dense layers of 16, 16 and 1.

The notes write a matrix of 25,000 x 10,000 floats (1 GB), train 20 epochs on 15,000 of the reviews,
read off the curves that validation turns after about four epochs, and train a fresh network so
long on all reviews. `dure.layers.MultiHot` stands for that matrix and never makes it, and the epoch
at which validation turns comes with its interval over seeds.
"""

from __future__ import annotations

import math

import dure
from dure.core.backend import keras
from dure.gallery.page import Page
from dure.gallery.shared.lanes_text import difference, over_lanes, told, turning
from dure.messages.message import say
from dure.plots import curves

PARAMETERS = 160_305
WORDS, BATCH = 10_000, 512
HELD = 0.4
"""Share of the reviews that validates: the notes hold the first 10,000 of 25,000."""
NOTE_UPDATES = math.ceil(15_000 / BATCH)
"""Updates an epoch in the notes; an excerpt of 5,000 reviews has a fifth of them."""


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
    updates = math.ceil((data.rows - first) / BATCH)
    return dure.Study(
        build,
        data.take(slice(first, None)),
        {"dense": {"length": data.x.shape[1]}},
        seeds=2 if quick else 5,
        validation_data=(held.x, held.y),
        epochs=round((8 if quick else 20) * NOTE_UPDATES / updates),
        batch_size=BATCH,
        name="dense-reviews",
    )


def final_study(epochs: int, quick: bool = False) -> dure.Study:
    """Fresh networks on all reviews, for so many epochs."""
    data = reviews(quick)
    return dure.Study(
        build,
        data,
        {"dense": {"length": data.x.shape[1]}},
        seeds=2 if quick else 5,
        epochs=epochs,
        batch_size=BATCH,
        name="dense-reviews-all",
    )


def show(page: Page) -> None:
    """Train, find where validation turns, train so long on all reviews."""
    asked = study(page.quick)
    result = page.run(asked)
    parameters = result.best().model().count_params()
    page.fact("parameters", parameters)
    page.say(
        say(
            "{count:,} parameters, as in the note ({note:,}).",
            **{"count": parameters, "note": PARAMETERS},
        )
    )
    held = asked.validation_data[0].shape[0]
    page.say(
        say(
            "The first {held:,} reviews validate, {training:,} train (note: 10,000 and 15,000).",
            **{"held": held, "training": asked.data.rows},
        )
    )
    updates = math.ceil(asked.data.rows / BATCH)
    turn = turning(page, result, 4, updates, NOTE_UPDATES)
    page.picture("loss", curves.curves(result, "loss"))
    page.picture("accuracy", curves.curves(result, "accuracy"))

    final = page.run(final_study(max(1, round(turn.mean)), page.quick))
    epochs = int(final.lanes["epochs"].max())
    page.fact("epochs_on_all", epochs)
    tested = final.at_best("test_accuracy")
    found = over_lanes(tested)
    page.fact("test_accuracy", found.mean)
    page.say(
        say(
            "Fresh networks, {epochs} epochs on all reviews: test accuracy {accuracy}.",
            **{"epochs": epochs, "accuracy": told(found)},
        )
    )
    _, verdict = difference(tested, result.at_best("test_accuracy"))
    page.say(
        say(
            "Against the networks that never saw the held reviews, at their best: {verdict}.",
            verdict=verdict,
        )
    )
