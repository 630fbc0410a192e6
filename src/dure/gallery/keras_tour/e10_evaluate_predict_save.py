"""E10. After training: evaluate, predict, summary, save and load.

The note evaluates a trained model on test rows, predicts, prints its summary, saves it and loads it
again. Every network of a Dure study is such a model: `Lane.model()` is an ordinary Keras model with
all these methods. Saved and loaded in both formats (``.keras`` and ``.h5``) it gives the same
numbers to the last bit, and what the study wrote down of the test rows is what `evaluate` says.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import dure
from dure.core.backend import keras
from dure.gallery.page import RowPage
from dure.messages.message import say


def build() -> keras.Model:
    """A small dense network for the digits."""
    model = keras.Sequential(
        [
            keras.layers.Input((8, 8, 1)),
            keras.layers.Flatten(),
            keras.layers.Dense(32, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def study(quick: bool = False) -> dure.Study:
    """The small digits of scikit-learn; a part of them is kept for the test."""
    terms = dict[str, Any](seeds=2 if quick else 10, epochs=10 if quick else 40, name="trained")
    return dure.Study(build, dure.data.digits(), validation_split=0.2, **terms)


def show(page: RowPage) -> None:
    """Train, then do everything the note does with the trained model."""
    result = page.run(study(page.quick))
    data = dure.data.digits()
    x, y = np.asarray(data.test.x), np.asarray(data.test.y)
    lane = result.best()
    model = lane.model()

    tested = {name: result.at_best(f"test_{name}").values for name in ("loss", "accuracy")}
    page.tell(say("test accuracy"), tested["accuracy"].ravel())
    loss, accuracy = model.evaluate(x, y, verbose=0)
    kept = [float(values.ravel()[lane.index]) for values in tested.values()]
    page.fact("evaluate", [loss, accuracy])
    page.fact("test part as the run folder has it", kept)
    page.say(
        "evaluate: loss {loss:.4f}, accuracy {accuracy:.4f} (the run folder: {kept:.4f}).",
        loss=loss,
        accuracy=accuracy,
        kept=kept[1],
    )

    probabilities = model.predict(x, verbose=0)
    page.fact("predict", probabilities.shape)
    page.fact("first five", probabilities[:5].argmax(-1))
    first = " ".join(map(str, probabilities[:5].argmax(-1)))
    page.say(
        "predict: the first five test digits are {first}, in truth {true}.",
        first=first,
        true=" ".join(map(str, y[:5])),
    )

    summary: list[str] = []
    model.summary(print_fn=summary.append)
    page.fact("summary", "\n".join(summary).splitlines())
    page.fact("parameters", model.count_params())
    page.say(
        "summary: {layers} layers, {parameters:,} parameters.",
        layers=len(model.layers),
        parameters=model.count_params(),
    )

    for name in ("model.keras", "model.h5"):
        path = page.folder / name
        model.save(path)
        loaded = keras.models.load_model(path)
        same = float(np.abs(loaded.predict(x, verbose=0) - probabilities).max())
        again = loaded.evaluate(x, y, verbose=0)
        page.fact(f"{name}: predictions apart", same)
        page.fact(f"{name}: evaluate", again)
        page.say(
            "{file}: {size:.0f} KB; loaded, its predictions are {apart:g} apart and its test loss "
            "is {loss:.4f}.",
            file=name,
            size=path.stat().st_size / 1024,
            apart=same,
            loss=again[0],
        )
    page.picture("predictions", dure.look(lane, data=data).draw.predictions())
