"""A1. One neuron draws a line through points, one sample at a time.

The book writes the neuron as a class in plain Python and lets it run over the rows in a loop; its
rate is 1. Here it is a Keras model with one Dense(1), trained for many orders of the rows at once,
and beside the line stand the one of least squares and a gentler rate.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy import typing as npt

import dure
from dure.core.backend import keras
from dure.gallery.page import Page
from dure.gallery.plots import neurons
from dure.messages.message import Message, say
from dure.plots.curves import curves
from dure.stats.intervals import interval_texts, mean_interval

FEATURE = 2  # "bmi", the body mass index
RATES = say(
    "At rate 1 the last sample of all pulls the bias all the way to itself, so where training ends "
    "depends on the order of the rows; at rate 0.1 a tenth of the way."
)


def build(rate: float = 1.0) -> keras.Model:
    """One weight and one bias, both 1.0 at first."""
    neuron = keras.layers.Dense(1, kernel_initializer="ones", bias_initializer="ones")
    model = keras.Sequential([keras.layers.Input((1,)), neuron])
    # The book's w += rate * (y - a) * x goes down half the squared error; Keras' loss is the whole.
    model.compile(keras.optimizers.SGD(rate / 2), "mse")
    return model


def data() -> dure.Data:
    """The diabetes data with one feature, the body mass index."""
    whole = dure.data.diabetes()
    assert whole.feature_names is not None
    name = whole.feature_names[FEATURE]
    x, test_x = (np.asarray(part)[:, [FEATURE]] for part in (whole.x, whole.test[0]))
    return replace(whole, x=x, test=(test_x, whole.test[1]), feature_names=[name])


def study(quick: bool = False) -> dure.Study:
    """Two rates; every seed is another order of the rows."""
    return dure.Study(
        build,
        data(),
        variants={"rate 1": {"rate": 1.0}, "rate 0.1": {"rate": 0.1}},
        seeds=3 if quick else 20,
        validation_split=0.2,
        epochs=100,
        batch_size=1,
        name="neuron",
    )


def show(page: Page) -> None:
    """Train, draw the lines and the falling error, and compare with least squares."""
    made = study(page.quick)
    result = page.run(made)
    rows = made.splits[0].train
    x, y = np.asarray(made.data.x)[rows, 0], np.asarray(made.data.y)[rows]
    slope, intercept = np.polyfit(x, y, 1)
    least = float(np.mean((slope * x + intercept - y) ** 2))
    updates = len(rows) * int(result.curves.sizes["epoch"])
    page.fact("updates", updates)
    page.fact("least_squares", [slope, intercept])
    seconds = float(result.lanes["seconds"].sum())
    page.fact("seconds_of_all", seconds)
    page.say(
        say(
            "{updates:,} updates, one sample at a time, for each of {networks} networks: "
            "{seconds:.2f} s of training for all of them.",
            **{"updates": updates, "networks": len(result.lanes), "seconds": seconds},
        )
    )
    told = {"slope": slope, "intercept": intercept, "error": least}
    page.say(
        say(
            "Least squares: slope {slope:.0f}, intercept {intercept:.1f}, error {error:,.0f}.",
            **told,
        )
    )
    lines = {}
    for variant in result.variants:
        lanes = [result.lane(variant, int(seed)) for seed in result.curves["seed"].values]
        # Kernel and bias of the last epoch, as the book leaves them.
        ends = [lane.model("final").get_weights() for lane in lanes]
        lines[variant] = np.array([[w.item(), b.item()] for w, b in ends])
        error = [np.mean((w * x + b - y) ** 2) / least - 1 for w, b in lines[variant]]
        page.fact(f"lines of {variant}", lines[variant])
        page.fact(f"excess of {variant}", error)
        page.say(_line(variant, lines[variant], float(np.mean(error))))
    page.say(RATES)
    lines["least squares"] = np.array([[slope, intercept]])
    names = ("body mass index, as scikit-learn scales it", "progress of diabetes")
    page.picture("lines", neurons.lines(x, y, lines, names, "One neuron, a line"))
    page.picture("error", curves(result, "loss"))


def _line(variant: str, ends: npt.NDArray[np.float64], excess: float) -> Message:
    """What lines the networks of a variant end with, [seed, 2]: slope and intercept."""
    slope, intercept = (interval_texts([mean_interval(part[:, None])[:3]])[0] for part in ends.T)
    return say(
        "{variant}: slope {slope}, intercept {intercept} over {orders} orders of the rows; the "
        "error on the training rows is {excess:.1%} above that of least squares.",
        **{"variant": variant, "slope": slope, "intercept": intercept},
        **{"orders": len(ends), "excess": excess},
    )
