"""E9. What `fit` can be told: validation, batches, epochs, verbosity, callbacks.

The note goes through the arguments of Keras' ``model.fit``. `dure.fit` takes the same ones with the
same meaning: each is shown with it, beside the greatest difference from what Keras' own ``fit``
gives from the same start. What the size of a batch does is asked of several seeds.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Any

import numpy as np

import dure
from dure.core.backend import keras
from dure.gallery.page import RowPage
from dure.gallery.plots.rows import interval_rows
from dure.gallery.shared.networks import last_values
from dure.gallery.shared.values import compare_values
from dure.messages.message import say


def build() -> keras.Model:
    """A small dense network for the digits."""
    model = keras.Sequential(
        [
            keras.layers.Input((8, 8, 1)),
            keras.layers.Flatten(),
            keras.layers.Dense(16, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def calls(x: Any, y: Any) -> dict[str, dict[str, Any]]:
    """Arguments of `fit` by what they show; callbacks are made anew, for they remember."""
    held = {"validation_split": 0.2}
    halved = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2 if epoch else rate)
    patient = keras.callbacks.EarlyStopping(patience=1, min_delta=0.1, restore_best_weights=True)
    return {
        say("nothing but epochs"): {"epochs": 3},
        "validation_split=0.2": {"epochs": 3, **held},
        "validation_data=(x, y)": {"epochs": 3, "validation_data": (x[:100], y[:100])},
        "validation_freq=2": {"epochs": 4, "validation_freq": 2, **held},
        "batch_size=128": {"epochs": 3, "batch_size": 128, **held},
        "shuffle=False": {"epochs": 3, "shuffle": False, **held},
        "class_weight": {"epochs": 3, "class_weight": {8: 3.0}, **held},
        "initial_epoch=2": {"epochs": 4, "initial_epoch": 2, **held},
        "verbose=1": {"epochs": 3, "verbose": 1, **held},
        "verbose=2": {"epochs": 3, "verbose": 2, **held},
        "EarlyStopping": {"epochs": 30, "callbacks": [patient], **held},
        "LearningRateScheduler": {"epochs": 3, "callbacks": [halved], **held},
    }


class RepeatedFit:
    """One model and one way to fit it; every call begins with the same weights and batch order."""

    def __init__(self, fit: Callable[..., Any]) -> None:
        keras.utils.set_random_seed(0)
        self.fit, self.model = fit, build()
        self.model.optimizer.build(self.model.trainable_variables)
        self.variables = [*self.model.variables, *self.model.optimizer.variables]
        self.start = [variable.numpy() for variable in self.variables]

    def __call__(self, x: Any, y: Any, name: str) -> tuple[dict[str, list[float]], list[str]]:
        """The history, and the lines that were printed."""
        for variable, value in zip(self.variables, self.start, strict=True):
            variable.assign(value)
        keras.utils.set_random_seed(0)
        with redirect_stdout(io.StringIO()) as printed:
            history = self.fit(self.model, x, y, **{"verbose": 0, **calls(x, y)[name]}).history
        return history, [line for line in printed.getvalue().splitlines() if line]


def apart(first: dict[str, list[float]], second: dict[str, list[float]]) -> float:
    """The greatest difference between two Histories; infinite where they have other entries."""
    if {k: len(v) for k, v in first.items()} != {k: len(v) for k, v in second.items()}:
        return float("inf")
    return max(float(np.abs(np.subtract(first[k], second[k])).max()) for k in first)


def study(size: int, quick: bool = False) -> dure.Study:
    """The same network with one size of batch."""
    terms = dict[str, Any](seeds=2 if quick else 10, epochs=5 if quick else 20, batch_size=size)
    name = f"batch-{size}"
    return dure.Study(build, dure.data.digits(), validation_split=0.2, name=name, **terms)


def show(page: RowPage) -> None:
    """Call `dure.fit` and Keras' `fit` with each argument; then train with three batch sizes."""
    data = dure.data.digits().take(slice(600))
    x, y = np.asarray(data.x), np.asarray(data.y)
    mine, theirs = RepeatedFit(dure.fit), RepeatedFit(keras.Model.fit)
    found: dict[str, float] = {}
    for name in calls(x, y):
        history, printed = mine(x, y, name)
        found[name] = apart(history, theirs(x, y, name)[0])
        page.fact(name, {"history": history, "printed": printed})
        page.say(
            "{call}: {epochs} epochs; History: {keys}; {lines} lines printed.",
            call=name,
            epochs=len(history["loss"]),
            keys=", ".join(history),
            lines=len(printed),
        )
    page.fact("apart from Keras", found)
    most = max(found.values())
    page.say("No History is more than {most:.0e} apart from that of Keras' fit.", most=most)
    results = {f"batch_size={size}": page.run(study(size, page.quick)) for size in (8, 32, 128)}
    reached = {n: last_values(result, "val_accuracy")[:, 0] for n, result in results.items()}
    what = say("{metric} after the last epoch", metric="val_accuracy")
    page.compare(compare_values(what, "max", reached, "batch_size=8"))
    page.fact("accuracy", reached)
    page.picture("batch-sizes", interval_rows(reached, "Sizes of a batch, digits", what))
