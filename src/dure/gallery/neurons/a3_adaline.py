"""A3. Adaline: the linear activation learns, a threshold decides.

Widrow and Hoff (1960) let the neuron of the perceptron learn before its step: every row moves the
weights by rate * (t - a) * x, also rows on the right side. Dure adds ten folds with an interval.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import dure
from dure.core.backend import keras
from dure.gallery.neurons import a2_perceptron
from dure.gallery.page import RowPage
from dure.gallery.plots import neurons
from dure.gallery.shared.networks import tell_held_out
from dure.gallery.shared.steps import decided


def build(rate: float = 0.001) -> keras.Model:
    """Thirty weights and a bias, all 1.0 at first; no activation."""
    neuron = keras.layers.Dense(1, kernel_initializer="ones", bias_initializer="ones")
    model = keras.Sequential([keras.layers.Input((30,)), neuron])
    # Half the rate, for the rule goes down half of Keras' squared error.
    model.compile(keras.optimizers.SGD(rate / 2), "mse", metrics=[decided])
    return model


def study(quick: bool = False) -> dure.Study:
    """The data and folds of A2."""
    return replace(a2_perceptron.study(quick), build=build, name="adaline")


def show(page: RowPage) -> None:
    """Train; the error falls though nothing counts mistakes, and the threshold decides."""
    made = study(page.quick)
    result = page.run(made)
    page.fact("parameters", result.best().model().count_params())
    error = result.curves["loss"].mean(("seed", "fold"))[0]
    page.fact("error", error.values)
    page.say(
        "The squared error fell from {first:.2f} to {last:.3f}.",
        first=float(error[0]),
        last=float(error[-1]),
    )
    tell_held_out(page, result, "val_decided")
    test = made.test_arrays(made.splits[0])
    assert test is not None
    lane = result.lane(result.variants[0], int(result.curves["seed"][0]), 1)
    a = lane.network("final").predict(test.x, verbose=0)[:, 0]
    labels = (np.asarray(test.y) > 0).astype(np.int64)
    title, names = "Adaline's outputs on rows it never saw", ("malignant (-1)", "benign (1)")
    page.picture("outputs", neurons.outputs(a, labels, names, 0.0, "output a", title))
    page.curves(result, "loss")
