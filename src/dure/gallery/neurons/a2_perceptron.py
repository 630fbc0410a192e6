"""A2. A perceptron: a step, targets -1 and 1, an update only on a mistake.

The note tells Rosenblatt's rule (1958): where the step says the wrong class, the weights move by
rate * t * x, else they stay. Here the step is an activation of a Keras layer, whose slope is taken
as 1, so that Keras' own descent is that rule; ten folds and several orders say how sure it is.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from sklearn.preprocessing import StandardScaler

import dure
from dure.core.backend import keras
from dure.gallery.page import RowPage
from dure.gallery.shared.networks import tell_held_out
from dure.gallery.shared.steps import step


def build(rate: float = 0.1) -> keras.Model:
    """Thirty weights and a bias, all 1.0 at first."""
    neuron = keras.layers.Dense(1, step, kernel_initializer="ones", bias_initializer="ones")
    model = keras.Sequential([keras.layers.Input((30,)), neuron])
    # The slope of (t - a) ** 2 is 4 * t on a mistake and 0 else: a quarter of the rate is the rule.
    model.compile(keras.optimizers.SGD(rate / 4), "mse", metrics=[keras.metrics.Accuracy()])
    return model


def study(quick: bool = False) -> dure.Study:
    """Breast cancer, -1 for malignant, 1 benign; ten folds, each validates once."""
    whole = dure.data.breast_cancer()
    y, test_y = (2 * np.asarray(part, np.float32) - 1 for part in (whole.y, whole.test[1]))
    test = (whole.test[0], test_y)
    data = replace(whole, y=y, test=test, class_names=None, prepare=StandardScaler())
    return dure.Study(
        build,
        data,
        seeds=2 if quick else 10,
        folds=10,
        epochs=100,
        batch_size=1,
        name="perceptron",
    )


def show(page: RowPage) -> None:
    """Train; mistakes on training rows, and accuracy on rows held out."""
    result = page.run(study(page.quick))
    page.fact("parameters", result.best().model().count_params())
    training = result.curves["accuracy"].values[0]
    rests = float((training == 1).any(axis=-1).mean())
    page.fact("share_at_rest", rests)
    page.say(
        "{share:.0%} of the {networks} networks came to rest: an epoch without a mistake, of "
        "{epochs}. The others go on correcting one row after another.",
        share=rests,
        networks=len(result.lanes),
        epochs=training.shape[-1],
    )
    tell_held_out(page, result)
    right = result.curves["val_accuracy"].isel(variant=0).mean("seed").values  # [fold, epoch]
    gain = (right[:, -10:] - right[:, :10]).mean(axis=1)[None]
    page.say(
        "The last ten epochs less the first ten, there: {gain} (folds).",
        gain=page.interval("last_ten_against_first_ten", gain),
    )
    page.curves(result, "accuracy")
