"""A4. Logistic regression with one neuron, one sample at a time.

The book's neuron squashes z with a sigmoid and moves by rate * (y - a) * x. In Keras that is
Dense(1, "sigmoid") with binary cross-entropy - almost: where a sigmoid is so sure that its output
rounds to 0 or 1, Keras' loss has no slope, and a wrong row teaches nothing. With the sigmoid inside
the loss (`from_logits`) the book's rule holds everywhere. Both are trained, on the same ten folds.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy import typing as npt
from scipy.special import expit
from sklearn.preprocessing import StandardScaler

import dure
from dure.core.backend import keras
from dure.gallery.page import Page
from dure.gallery.plots import neurons
from dure.messages.message import Message, say
from dure.plots.curves import curves
from dure.stats.intervals import Interval, interval_texts, mean_interval

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


def show(page: Page) -> None:
    """Train; loss, accuracy on rows held out, and what the saturated sigmoid costs."""
    made = study(page.quick)
    result = page.run(made)
    page.fact("parameters", result.best().model().count_params())
    # Folds are what differs; the orders of the rows (seeds) are averaged first.
    held = result.curves["val_accuracy"].isel(epoch=-1).mean("seed")
    for variant in result.variants:
        value = mean_interval(held.sel(variant=variant).values[None])[:3]
        page.fact(f"held out, {variant}", value)
        page.say(
            say(
                "{variant}: right on rows held out {accuracy} (ten folds).",
                **{"variant": variant, "accuracy": interval_texts([value])[0]},
            )
        )
    split = made.splits[0]
    arrays = made.fold_arrays(split)
    x, y = np.asarray(arrays.x)[split.train], np.asarray(arrays.y)[split.train]
    wrong = np.abs(expit(x.sum(axis=1) + 1) - y)  # all weights are 1 before training
    stuck = int(np.sum(wrong > 1 - EPSILON))
    page.fact("stuck", stuck)
    first = result.curves["loss"].isel(epoch=0).mean(("seed", "fold")).values
    page.fact("first_loss", first)
    page.say(
        say(
            "Before training {stuck} of {rows} training rows are wrong with a probability that "
            "rounds to 1; behind the layer's sigmoid they teach nothing. Loss of the first epoch: "
            "{in_loss:.2f} with the sigmoid in the loss, {in_layer:.2f} in the layer.",
            **{"stuck": stuck, "rows": len(y), "in_loss": first[0], "in_layer": first[1]},
        )
    )
    apart = mean_interval((held[0] - held[1]).values[None])
    page.fact("apart", apart[:3])
    page.say(_at_the_end(apart))
    loss = result.curves["val_loss"].isel(variant=0).mean(("seed", "fold")).values
    page.fact("least_val_loss_at", loss.argmin() + 1)
    page.say(_least_loss(result.variants[0], loss))
    test = made.test_arrays(split)
    assert test is not None
    lane = result.lane(result.variants[0], int(result.curves["seed"][0]), 1)
    z = lane.model("final").predict(test.x, verbose=0)[:, 0]
    names = made.data.class_names or ()
    title = "Logistic outputs on rows never seen"
    drawn = neurons.outputs(
        expit(z), np.asarray(test.y), names, 0.5, "probability of benign", title
    )
    page.picture("outputs", drawn)
    page.picture("loss", curves(result, "loss"))


def _at_the_end(apart: Interval) -> Message:
    """Whether the two differ in accuracy."""
    text = interval_texts([apart[:3]])[0]
    if apart.low <= 0 <= apart.high:
        return say(
            "At the end they are {apart} apart in accuracy: these folds cannot tell them apart.",
            apart=text,
        )
    return say("At the end they are {apart} apart in accuracy: a real difference.", apart=text)


def _least_loss(variant: str, loss: npt.NDArray[np.float64]) -> Message:
    """Where the loss on rows held out, shape [epoch], is least, and where it ends."""
    known = {"variant": variant, "epoch": int(loss.argmin()) + 1}
    known |= {"least": float(loss.min()), "last": float(loss[-1])}
    if loss[-1] > 1.1 * loss.min():
        return say(
            "{variant}: the loss on rows held out is least at epoch {epoch} ({least:.3f}), and "
            "{last:.3f} at the end: one neuron, too, grows too sure.",
            **known,
        )
    return say(
        "{variant}: the loss on rows held out is least at epoch {epoch} ({least:.3f}), and "
        "{last:.3f} at the end.",
        **known,
    )
