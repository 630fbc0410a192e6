"""C2. Two convolutions read handwritten digits; the best weights are kept.

The notes hold 20 % for validation, stop once validation loss has not improved for three epochs,
write the best weights to a file (``ModelCheckpoint``) and restore them, and give one test accuracy.
Dure keeps every network's best and last weights in the run folder by itself, so ModelCheckpoint is
not needed (it may stand in `callbacks` all the same); ``result.best().save("best.keras")`` writes
the file. The accuracy comes with its interval over seeds.
"""

from __future__ import annotations

import dure
from dure.core.backend import keras
from dure.gallery.page import RowPage
from dure.gallery.shared.tasks import few_rows
from dure.messages.message import say


def build(filters: int = 64, dropout: float = 0.3) -> keras.Model:
    """Conv 64, MaxPool, Conv 128, MaxPool, Flatten, Dense 100, Dropout, Dense 10."""
    model = keras.Sequential(
        [
            keras.layers.Input((28, 28, 1)),
            keras.layers.Conv2D(filters, 3, activation="relu", padding="same", name="conv_1"),
            keras.layers.MaxPooling2D(2, name="pool_1"),
            keras.layers.Conv2D(2 * filters, 3, activation="relu", padding="same", name="conv_2"),
            keras.layers.MaxPooling2D(2, name="pool_2"),
            keras.layers.Flatten(name="flatten"),
            keras.layers.Dense(100, activation="relu", name="dense"),
            keras.layers.Dropout(dropout, name="dropout"),
            keras.layers.Dense(10, activation="softmax", name="classes"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def study(quick: bool = False) -> dure.Study:
    """Three seeds, stopped three epochs after the best."""
    data = dure.data.mnist()
    return dure.Study(
        build,
        few_rows(data, 500) if quick else data,
        seeds=2 if quick else 3,
        validation_split=0.2,
        epochs=2 if quick else 20,
        callbacks=[keras.callbacks.EarlyStopping(patience=3, restore_best_weights=True)],
        name="digits-cnn",
    )


def show(page: RowPage) -> None:
    """Train, and put the notes' figures beside."""
    asked = study(page.quick)
    result = page.run(asked)
    page.parameters(result)
    page.note(say("validation accuracy"), 0.9917, result, "val_accuracy")
    page.note(say("test accuracy"), 0.9923, result, "test_accuracy")
    page.note(say("test loss"), 0.0238, result, "test_loss")
    ran, best = (result.lanes[name].tolist() for name in ("epochs", "best_epoch"))
    page.fact("epochs", ran)
    page.fact("best epochs", best)
    page.say(
        "Epochs run by each seed: {ran}; weights kept are those of epochs {best}, which Dure does "
        "for every network without a ModelCheckpoint.",
        ran=str(ran),
        best=str(best),
    )
    page.curves(result, "loss", "accuracy")
    page.picture("confusion", dure.look(result, data=asked.data).draw.confusion())
