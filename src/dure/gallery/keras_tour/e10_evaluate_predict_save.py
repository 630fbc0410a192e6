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
from dure.gallery.page import Page
from dure.messages.message import say
from dure.result import Result
from dure.stats.intervals import interval_texts, mean_interval

PARAMETERS = 64 * 32 + 32 + 32 * 10 + 10


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
    return dure.Study(
        build,
        dure.data.digits(),
        seeds=2 if quick else 10,
        validation_split=0.2,
        epochs=10 if quick else 40,
        name="trained",
    )


def show(page: Page) -> None:
    """Train, then do everything the note does with the trained model."""
    result = page.run(study(page.quick))
    data = dure.data.digits()
    x, y = np.asarray(data.test.x), np.asarray(data.test.y)
    lane = result.best()
    model = lane.model()
    _tell_tested(page, result, x, y)
    _tell_model(page, model, x, y)
    _tell_files(page, model, x, y)
    page.picture("predictions", dure.look(lane, data=data).draw.predictions())


def _tell_tested(page: Page, result: Result, x: Any, y: Any) -> None:
    """Test accuracy of all, and `evaluate` of the best beside what the study wrote down of it."""
    tests = result.at_best("test_accuracy").values.reshape(-1, 1)
    interval = interval_texts([mean_interval(tests)[:3]])[0]
    page.say(say("Test accuracy over the seeds: {interval}.", interval=interval))
    lane = result.best()
    loss, accuracy = lane.model().evaluate(x, y, verbose=0)
    page.fact("evaluate", [loss, accuracy])
    kept = [
        float(result.at_best(f"test_{name}").values.ravel()[lane.index])
        for name in ("loss", "accuracy")
    ]
    page.fact("test part as the run folder has it", kept)
    page.say(
        say(
            "evaluate: loss {loss:.4f}, accuracy {accuracy:.4f} (the run folder: {kept:.4f}).",
            **{"loss": loss, "accuracy": accuracy, "kept": kept[1]},
        )
    )


def _tell_model(page: Page, model: keras.Model, x: Any, y: Any) -> None:
    """What `predict` and `summary` say."""
    probabilities = model.predict(x, verbose=0)
    page.fact("predict", probabilities.shape)
    page.fact("first five", probabilities[:5].argmax(-1))
    first = " ".join(map(str, probabilities[:5].argmax(-1)))
    page.say(
        say(
            "predict: the first five test digits are {first}, in truth {true}.",
            **{"first": first, "true": " ".join(map(str, y[:5]))},
        )
    )
    summary: list[str] = []
    model.summary(print_fn=summary.append)
    page.fact("summary", "\n".join(summary).splitlines())
    page.fact("parameters", model.count_params())
    page.say(
        say(
            "summary: {layers} layers, {parameters:,} parameters.",
            **{"layers": len(model.layers), "parameters": model.count_params()},
        )
    )


def _tell_files(page: Page, model: keras.Model, x: Any, y: Any) -> None:
    """Save and load the model in both formats, and what it then says of the test rows."""
    probabilities = model.predict(x, verbose=0)
    for name in ("model.keras", "model.h5"):
        path = page.folder / name
        model.save(path)
        loaded = keras.models.load_model(path)
        same = float(np.abs(loaded.predict(x, verbose=0) - probabilities).max())
        again = loaded.evaluate(x, y, verbose=0)
        page.fact(f"{name}: predictions apart", same)
        page.fact(f"{name}: evaluate", again)
        page.say(
            say(
                "{file}: {size:.0f} KB; loaded, its predictions are {apart:g} apart and its test "
                "loss is {loss:.4f}.",
                **{"file": name, "size": path.stat().st_size / 1024},
                **{"apart": same, "loss": again[0]},
            )
        )
