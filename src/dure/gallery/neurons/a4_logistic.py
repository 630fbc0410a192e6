"""A4. Logistic regression with one neuron, one sample at a time.

The book's neuron squashes z with a sigmoid and moves by rate * (y - a) * x. In Keras that is
Dense(1, "sigmoid") with binary cross-entropy - almost: where a sigmoid is so sure that its output
rounds to 0 or 1, Keras' loss has no slope, and a wrong row teaches nothing. With the sigmoid inside
the loss (`from_logits`) the book's rule holds everywhere. Both are trained, on the same ten folds.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.special import expit
from sklearn.preprocessing import StandardScaler

import dure
from dure.core.backend import keras
from dure.gallery.page import RowPage
from dure.gallery.plots import neurons
from dure.gallery.shared.networks import tell_held_out, training_rows

EPSILON = 1e-7  # Keras clips probabilities to this and its complement


def build(inputs: int = 30, rate: float = 0.1, logits: bool = True) -> keras.Model:
    """A weight for each input and a bias, all 1.0 at first."""
    activation = None if logits else "sigmoid"
    neuron = keras.layers.Dense(1, activation, kernel_initializer="ones", bias_initializer="ones")
    model = keras.Sequential([keras.layers.Input((inputs,)), neuron])
    model.compile(
        keras.optimizers.SGD(rate),
        keras.losses.BinaryCrossentropy(from_logits=logits),
        metrics=[keras.metrics.BinaryAccuracy("accuracy", threshold=0.0 if logits else 0.5)],
    )
    return model


def study(quick: bool = False) -> dure.Study:
    """Ten folds, each validates once; scaling inside the fold."""
    return dure.Study(
        build,
        replace(dure.data.breast_cancer(), prepare=StandardScaler()),
        variants={"sigmoid in the loss": {}, "sigmoid in the layer": {"logits": False}},
        seeds=2 if quick else 10,
        folds=10,
        epochs=100,
        batch_size=1,
        name="logistic",
    )


def show(page: RowPage) -> None:
    """Train; accuracy on rows held out, what the saturated sigmoid costs, where the loss turns."""
    made = study(page.quick)
    result = page.run(made)
    page.fact("parameters", result.best().model().count_params())
    tell_held_out(page, result)
    x, y = training_rows(made)
    wrong = np.abs(expit(x.sum(axis=1) + 1) - y)  # all weights are 1 before training
    stuck = int(np.sum(wrong > 1 - EPSILON))
    first = result.curves["loss"].isel(epoch=0).mean(("seed", "fold")).values
    page.fact("stuck", stuck)
    page.fact("first_loss", first)
    page.say(
        "Before training {stuck} of {rows} training rows are wrong with a probability that rounds "
        "to 1; behind the layer's sigmoid they teach nothing. Loss of the first epoch: "
        "{in_loss:.2f} with the sigmoid in the loss, {in_layer:.2f} in the layer.",
        stuck=stuck,
        rows=len(y),
        in_loss=first[0],
        in_layer=first[1],
    )
    page.compare(result.compare("val_accuracy"))
    loss = result.curves["val_loss"].isel(variant=0).mean(("seed", "fold")).values
    page.fact("least_val_loss_at", loss.argmin() + 1)
    page.overfitting(result)
    test = made.test_arrays(made.splits[0])
    assert test is not None
    lane = result.lane(result.variants[0], int(result.curves["seed"][0]), 1)
    a = expit(lane.network("final").predict(test.x, verbose=0)[:, 0])
    title, side = "Logistic outputs on rows never seen", "probability of benign"
    names = made.data.class_names or ()
    page.picture("outputs", neurons.outputs(a, np.asarray(test.y), names, 0.5, side, title))
    page.curves(result, "loss")
