"""E9. What `fit` can be told: validation, batches, epochs, verbosity, callbacks.

The note goes through the arguments of Keras' ``model.fit``. `dure.fit` takes the same ones with the
same meaning, so each is shown with it here, on the small digits of scikit-learn, and beside it the
greatest difference from what Keras' own ``fit`` gives from the same start. What the size of a batch
does is asked of several seeds.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Any, NamedTuple

import numpy as np

import dure
from dure.core.backend import keras
from dure.gallery.page import Page
from dure.gallery.plots.compared import difference, interval_rows, told_difference
from dure.messages.message import say

SIZES = (8, 32, 128)


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


class Tried(NamedTuple):
    """What one call of a `fit` left: its History, and the lines it printed."""

    history: dict[str, list[float]]
    printed: list[str]


class Trainer:
    """One model and one way to fit it; every call begins with the same weights and batch order."""

    def __init__(self, fit: Callable[..., Any]) -> None:
        keras.utils.set_random_seed(0)
        self.fit, self.model = fit, build()
        self.model.optimizer.build(self.model.trainable_variables)
        self.variables = [*self.model.variables, *self.model.optimizer.variables]
        self.start = [variable.numpy() for variable in self.variables]

    def __call__(self, x: Any, y: Any, arguments: dict[str, Any]) -> Tried:
        for variable, value in zip(self.variables, self.start, strict=True):
            variable.assign(value)
        keras.utils.set_random_seed(0)
        with redirect_stdout(io.StringIO()) as printed:
            history = self.fit(self.model, x, y, **{"verbose": 0, **arguments})
        return Tried(history.history, [line for line in printed.getvalue().splitlines() if line])


def apart(first: dict[str, list[float]], second: dict[str, list[float]]) -> float:
    """The greatest difference between two Histories; infinite where they have other entries."""
    if {k: len(v) for k, v in first.items()} != {k: len(v) for k, v in second.items()}:
        return float("inf")
    return max(float(np.abs(np.subtract(first[k], second[k])).max()) for k in first)


def study(size: int, quick: bool = False) -> dure.Study:
    """The same network with one size of batch."""
    return dure.Study(
        build,
        dure.data.digits(),
        seeds=2 if quick else 10,
        validation_split=0.2,
        epochs=5 if quick else 20,
        batch_size=size,
        name=f"batch-{size}",
    )


def show(page: Page) -> None:
    """Call `dure.fit` and Keras' `fit` with each argument; then train with three batch sizes."""
    data = dure.data.digits().take(slice(600))
    x, y = np.asarray(data.x), np.asarray(data.y)
    mine, theirs = Trainer(dure.fit), Trainer(keras.Model.fit)
    found: dict[str, float] = {}
    for name in calls(x, y):
        history, printed = mine(x, y, calls(x, y)[name])
        found[name] = apart(history, theirs(x, y, calls(x, y)[name]).history)
        page.fact(name, {"history": history, "printed": printed})
        known = {"call": name, "epochs": len(history["loss"]), "keys": ", ".join(history)}
        page.say(
            say(
                "{call}: {epochs} epochs; History: {keys}; {lines} lines printed.",
                **known,
                lines=len(printed),
            )
            if printed
            else say("{call}: {epochs} epochs; History: {keys}.", **known)
        )
    page.fact("apart from Keras", found)
    page.say(
        say(
            "No History is more than {most:.0e} apart from that of Keras' fit.",
            most=max(found.values()),
        )
    )
    _batches(page)


def _batches(page: Page) -> None:
    results = {size: page.run(study(size, page.quick)) for size in SIZES}
    values = {
        f"batch_size={size}": result.curves["val_accuracy"].isel(variant=0, fold=0, epoch=-1).values
        for size, result in results.items()
    }
    names = list(values)
    for name in names[1:]:
        told = told_difference(difference(values[name], values[names[0]]))
        page.say(
            say(
                "Validation accuracy after the last epoch, {first} against {second}: {verdict}.",
                **{"first": name, "second": names[0], "verdict": told},
            )
        )
    page.fact("accuracy", {name: row.tolist() for name, row in values.items()})
    epochs = next(iter(results.values())).curves.sizes["epoch"]
    page.picture(
        "batch-sizes",
        interval_rows(
            values,
            f"Sizes of a batch after {epochs} epochs, digits",
            "validation accuracy after the last epoch",
        ),
    )
