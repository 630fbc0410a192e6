"""E10. After training: evaluate, predict, summary, save and load.

The note evaluates a trained model on test rows, predicts, prints its summary, saves it and loads it
again. Every network of a Dure study is such a model: `Lane.model()` is an ordinary Keras model with
all these methods. Saved and loaded in both formats (``.keras`` and ``.h5``) it gives the same
numbers to the last bit, and what the study wrote down of the test rows is what `evaluate` says.
"""

from __future__ import annotations

from dure._backend import require_jax_backend

require_jax_backend()

import keras  # noqa: E402
import numpy as np  # noqa: E402
from keras import layers  # noqa: E402

import dure  # noqa: E402
from dure._intervals import interval_texts, mean_interval  # noqa: E402
from dure.gallery.page import Page  # noqa: E402

PARAMETERS = 64 * 32 + 32 + 32 * 10 + 10


def build() -> keras.Model:
    """A small dense network for the digits."""
    model = keras.Sequential(
        [
            layers.Input((8, 8, 1)),
            layers.Flatten(),
            layers.Dense(32, activation="relu"),
            layers.Dense(10, activation="softmax"),
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
    tests = result.at_best("test_accuracy").values.reshape(-1, 1)
    page.say(f"Test accuracy over the seeds: {interval_texts([mean_interval(tests)[:3]])[0]}.")

    lane = result.best()
    model = lane.model()
    loss, accuracy = model.evaluate(x, y, verbose=0)
    page.fact("evaluate", [loss, accuracy])
    kept = [
        float(result.at_best(f"test_{name}").values.ravel()[lane.index])
        for name in ("loss", "accuracy")
    ]
    page.fact("test part as the run folder has it", kept)
    page.say(f"evaluate: loss {loss:.4f}, accuracy {accuracy:.4f} (the run folder: {kept[1]:.4f}).")

    probabilities = model.predict(x, verbose=0)
    page.fact("predict", probabilities.shape)
    page.fact("first five", probabilities[:5].argmax(-1))
    first = " ".join(map(str, probabilities[:5].argmax(-1)))
    page.say(
        f"predict: the first five test digits are {first}, in truth {' '.join(map(str, y[:5]))}."
    )

    summary: list[str] = []
    model.summary(print_fn=summary.append)
    page.fact("summary", "\n".join(summary).splitlines())
    page.fact("parameters", model.count_params())
    page.say(f"summary: {len(model.layers)} layers, {model.count_params():,} parameters.")

    for name in ("model.keras", "model.h5"):
        path = page.folder / name
        model.save(path)
        loaded = keras.models.load_model(path)
        same = float(np.abs(loaded.predict(x, verbose=0) - probabilities).max())
        again = loaded.evaluate(x, y, verbose=0)
        page.fact(f"{name}: predictions apart", same)
        page.fact(f"{name}: evaluate", again)
        page.say(
            f"{name}: {path.stat().st_size / 1024:.0f} KB; loaded, its predictions are "
            f"{same:g} apart and its test loss is {again[0]:.4f}."
        )
    page.picture("predictions", dure.look(lane, data=data).draw.predictions())
