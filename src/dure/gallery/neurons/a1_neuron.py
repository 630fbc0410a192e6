"""A1. One neuron draws a line through points, one sample at a time.

The book writes the neuron as a class in plain Python and lets it run over the rows in a loop; its
rate is 1. Here it is a Keras model with one Dense(1), trained for many orders of the rows at once,
and beside the line stand the one of least squares and a gentler rate.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import dure
from dure.core.backend import keras
from dure.gallery.page import RowPage
from dure.gallery.plots import neurons
from dure.gallery.shared.networks import final_weights, training_rows

FEATURE = 2  # "bmi", the body mass index


def build(rate: float = 1.0) -> keras.Model:
    """One weight and one bias, both 1.0 at first."""
    neuron = keras.layers.Dense(1, kernel_initializer="ones", bias_initializer="ones")
    model = keras.Sequential([keras.layers.Input((1,)), neuron])
    # The book's w += rate * (y - a) * x goes down half the squared error; Keras' loss is the whole.
    model.compile(keras.optimizers.SGD(rate / 2), "mse")
    return model


def study(quick: bool = False) -> dure.Study:
    """Diabetes by body mass index at two rates; every seed is another order of the rows."""
    whole = dure.data.diabetes()
    x, test_x = (np.asarray(part)[:, [FEATURE]] for part in (whole.x, whole.test[0]))
    data = replace(whole, x=x, test=(test_x, whole.test[1]), feature_names=["bmi"])
    return dure.Study(
        build,
        data,
        variants={"rate 1": {"rate": 1.0}, "rate 0.1": {"rate": 0.1}},
        seeds=3 if quick else 20,
        validation_split=0.2,
        epochs=100,
        batch_size=1,
        name="neuron",
    )


def show(page: RowPage) -> None:
    """Train, draw the lines and the falling error, and compare with least squares."""
    made = study(page.quick)
    result = page.run(made)
    x, y = training_rows(made)
    x = x[:, 0]
    slope, intercept = np.polyfit(x, y, 1)
    least = float(np.mean((slope * x + intercept - y) ** 2))
    page.fact("updates", len(x) * result.curves.sizes["epoch"])
    page.fact("least_squares", [slope, intercept])
    page.say(
        "Least squares: slope {slope:.0f}, intercept {intercept:.1f}, error {error:,.0f}.",
        slope=slope,
        intercept=intercept,
        error=least,
    )
    lines = {variant: final_weights(result, variant) for variant in result.variants}
    for variant, ends in lines.items():
        excess = [np.mean((w * x + b - y) ** 2) / least - 1 for w, b in ends]
        page.fact(f"lines of {variant}", ends)
        page.fact(f"excess of {variant}", excess)
        page.say(
            "{variant}: slope {slope}, intercept {intercept} over {orders} orders of the rows; the "
            "error on the training rows is {excess:.1%} above that of least squares.",
            variant=variant,
            slope=page.interval(f"slope of {variant}", ends[:, 0]),
            intercept=page.interval(f"intercept of {variant}", ends[:, 1]),
            orders=len(ends),
            excess=float(np.mean(excess)),
        )
    page.say(
        "At rate 1 the last sample of all pulls the bias all the way to itself, so where training "
        "ends depends on the order of the rows; at rate 0.1 a tenth of the way."
    )
    lines["least squares"] = np.array([[slope, intercept]])
    names = ("body mass index, as scikit-learn scales it", "progress of diabetes")
    page.picture("lines", neurons.lines(x, y, lines, names, "One neuron, a line"))
    page.curves(result, "loss")
