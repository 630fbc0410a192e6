"""B3. Newswires on 46 topics, read as 10,000 zeros and ones by Dense layers of 64, 64 and 46.

The notes turn the topics into one-hot rows (`to_categorical`) for categorical cross-entropy, hold
1,000 wires for validation, train 20 epochs and see overfitting from about epoch nine. Here the same
lanes are trained on integer targets too (sparse categorical cross-entropy): the numbers agree.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

import dure
from dure.core.backend import keras
from dure.gallery.page import RowPage
from dure.gallery.shared.turning import tell_turning

WORDS, TOPICS, BATCH, HELD, NOTE_ROWS = 10_000, 46, 512, 1_000, 7_982


def build(length: int, loss: str) -> keras.Model:
    """MultiHot, two Dense layers of 64, a softmax over the topics."""
    model = keras.Sequential(
        [
            keras.layers.Input((length,), dtype="int32"),
            dure.layers.MultiHot(WORDS),
            keras.layers.Dense(64, activation="relu"),
            keras.layers.Dense(64, activation="relu"),
            keras.layers.Dense(TOPICS, activation="softmax"),
        ]
    )
    model.compile("rmsprop", loss, metrics=["accuracy"])
    return model


def wires(quick: bool = False) -> dure.Data:
    """Whole wires; in quick mode cut to their last 100 words."""
    return dure.data.reuters(num_words=WORDS, maxlen=100 if quick else None)


def study(quick: bool = False, one_hot: bool = True) -> dure.Study:
    """The first 1,000 wires validate; twice as many updates as in the notes' 20 epochs.

    Twice, so that validation has turned in every lane.

    Parameters
    ----------
    one_hot
        Whether the topics are one-hot rows; else integers.
    """
    data = wires(quick)
    loss = "sparse_categorical_crossentropy"
    if one_hot:
        loss = "categorical_crossentropy"
        test = (data.test.x, keras.utils.to_categorical(data.test.y, TOPICS))
        data = replace(data, y=keras.utils.to_categorical(data.y, TOPICS), test=test)
    held = data.take(slice(HELD))
    updates, theirs = (math.ceil(n / BATCH) for n in (data.rows - HELD, NOTE_ROWS))
    return dure.Study(
        build,
        data.take(slice(HELD, None)),
        {loss: {"length": data.x.shape[1], "loss": loss}},
        seeds=2 if quick else 5,
        validation_data=(held.x, held.y),
        epochs=round((12 if quick else 40) * theirs / updates),
        batch_size=BATCH,
        name="newswires" if one_hot else "newswires-integers",
    )


def show(page: RowPage) -> None:
    """Train on both kinds of targets; where validation turns; the test wires beside a guess."""
    asked = study(page.quick)
    result, integers = page.run(asked), page.run(study(page.quick, one_hot=False))
    page.parameters(result)
    losses = [one.curves["val_loss"].values for one in (result, integers)]
    gap = float(np.nanmax(np.abs(losses[0] - losses[1])))
    page.fact("largest_difference", gap)
    page.say(
        "One-hot targets with categorical and integer targets with sparse categorical "
        "cross-entropy: validation losses of the same seeds differ by at most {gap:.1g}.",
        gap=gap,
    )
    tell_turning(page, result, asked, 9, NOTE_ROWS)
    page.curves(result, "loss", "accuracy")
    data, tested = wires(page.quick), result.at_best("test_accuracy").values.ravel()
    assert data.labels is not None and data.class_names is not None
    topic = int(np.bincount(data.labels).argmax())
    page.fact("guess", float(np.mean(data.test.y == topic)))
    page.fact("test_accuracy", float(tested.mean()))
    page.say(
        "Test accuracy {accuracy}; always guessing the commonest topic ({topic}) gives "
        "{guess:.3f}.",
        accuracy=page.interval("test accuracy", tested),
        topic=data.class_names[topic],
        guess=page.facts["guess"],
    )
    page.picture("confusion", dure.look(result, data=asked.data).draw.confusion())
