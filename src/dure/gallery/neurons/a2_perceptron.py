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
from dure.gallery.page import Page
from dure.gallery.shared.steps import step
from dure.messages.message import say
from dure.plots.curves import curves
from dure.stats.intervals import interval_texts, mean_interval


def build(rate: float = 0.1) -> keras.Model:
    """Thirty weights and a bias, all 1.0 at first."""
    neuron = keras.layers.Dense(1, step, kernel_initializer="ones", bias_initializer="ones")
    model = keras.Sequential([keras.layers.Input((30,)), neuron])
    # The slope of (t - a) ** 2 is 4 * t on a mistake and 0 else: a quarter of the rate is the rule.
    model.compile(keras.optimizers.SGD(rate / 4), "mse", metrics=[keras.metrics.Accuracy()])
    return model


def signs() -> dure.Data:
    """The breast cancer data, standardised on training rows, with -1 for malignant, 1 benign."""
    whole = dure.data.breast_cancer()
    y, test_y = (2 * np.asarray(part, np.float32) - 1 for part in (whole.y, whole.test[1]))
    return replace(
        whole, y=y, test=(whole.test[0], test_y), class_names=None, prepare=StandardScaler()
    )


def study(quick: bool = False) -> dure.Study:
    """Ten folds, each validates once."""
    return dure.Study(
        build,
        signs(),
        seeds=2 if quick else 10,
        folds=10,
        epochs=100,
        batch_size=1,
        name="perceptron",
    )


def show(page: Page) -> None:
    """Train; mistakes on training rows, and accuracy on rows held out."""
    result = page.run(study(page.quick))
    page.fact("parameters", result.best().model().count_params())
    training = result.curves["accuracy"].values[0]
    rests = float((training == 1).any(axis=-1).mean())
    page.fact("share_at_rest", rests)
    page.say(
        say(
            "{share:.0%} of the {networks} networks came to rest: an epoch without a mistake, of "
            "{epochs}. The others go on correcting one row after another.",
            **{"share": rests, "networks": len(result.lanes), "epochs": training.shape[-1]},
        )
    )
    # Folds are what differs; the orders of the rows (seeds) are averaged first.
    right = result.curves["val_accuracy"].isel(variant=0).mean("seed").values  # [fold, epoch]
    held = mean_interval(right[None, :, -1])[:3]
    page.fact("held_out", held)
    page.say(
        say(
            "Right on rows held out after the last epoch: {accuracy} (folds).",
            accuracy=interval_texts([held])[0],
        )
    )
    gain = mean_interval((right[:, -10:] - right[:, :10]).mean(axis=1)[None])[:3]
    page.fact("last_ten_against_first_ten", gain)
    text = interval_texts([gain])[0]
    page.say(
        say(
            "The last ten epochs against the first ten, there: {gain}; these folds cannot tell.",
            gain=text,
        )
        if gain[1] <= 0 <= gain[2]
        else say(
            "The last ten epochs against the first ten, there: {gain}, a real difference.",
            gain=text,
        )
    )
    page.picture("accuracy", curves(result, "accuracy"))
