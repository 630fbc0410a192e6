"""A3. Adaline: the linear activation learns, a threshold decides.

Widrow and Hoff (1960) let the neuron of the perceptron learn before its step: every row moves the
weights by rate * (t - a) * x, also rows on the right side. Dure adds ten folds with an interval.
"""

from __future__ import annotations

import numpy as np

import dure
from dure.core.backend import keras
from dure.gallery.neurons.a2_perceptron import signs
from dure.gallery.page import Page
from dure.gallery.plots import neurons
from dure.gallery.shared.steps import decided
from dure.messages.message import say
from dure.plots.curves import curves
from dure.stats.intervals import interval_texts, mean_interval


def build(rate: float = 0.001) -> keras.Model:
    """Thirty weights and a bias, all 1.0 at first; no activation."""
    neuron = keras.layers.Dense(1, kernel_initializer="ones", bias_initializer="ones")
    model = keras.Sequential([keras.layers.Input((30,)), neuron])
    # Half the rate, for the rule goes down half of Keras' squared error.
    model.compile(keras.optimizers.SGD(rate / 2), "mse", metrics=[decided])
    return model


def study(quick: bool = False) -> dure.Study:
    """Ten folds, each validates once."""
    return dure.Study(
        build,
        signs(),
        seeds=2 if quick else 10,
        folds=10,
        epochs=100,
        batch_size=1,
        name="adaline",
    )


def show(page: Page) -> None:
    """Train; the error falls though nothing counts mistakes, and the threshold decides."""
    made = study(page.quick)
    result = page.run(made)
    page.fact("parameters", result.best().model().count_params())
    error = result.curves["loss"].mean(("seed", "fold"))[0]
    page.fact("error", error.values)
    page.say(
        say(
            "The squared error fell from {first:.2f} to {last:.3f}.",
            **{"first": float(error[0]), "last": float(error[-1])},
        )
    )
    # Folds are what differs; the orders of the rows (seeds) are averaged first.
    values = result.curves["val_decided"].isel(variant=0, epoch=-1).mean("seed")
    held = mean_interval(values.values[None])
    page.fact("held_out", held[:3])
    page.say(
        say(
            "The threshold is right on rows held out: {accuracy} (folds).",
            accuracy=interval_texts([held[:3]])[0],
        )
    )
    test = made.test_arrays(made.splits[0])
    assert test is not None
    lane = result.lane(result.variants[0], int(result.curves["seed"][0]), 1)
    a = lane.model("final").predict(test.x, verbose=0)[:, 0]
    labels = (np.asarray(test.y) > 0).astype(np.int64)
    title = "Adaline's outputs on rows it never saw"
    page.picture(
        "outputs",
        neurons.outputs(a, labels, ("malignant (-1)", "benign (1)"), 0.0, "output a", title),
    )
    page.picture("error", curves(result, "loss"))
