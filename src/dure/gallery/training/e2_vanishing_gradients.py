"""E2. Vanishing gradients: sigmoid, tanh, ReLU and Leaky ReLU in ever deeper networks.

The note says that gradients vanish under the sigmoid, because its slope is a quarter at most, and
that ReLU cures it at the price of dead units. Here the size of the gradient is measured layer by
layer, before training and after, in networks of 2 to 10 hidden layers, from several seeds: with its
share of dead and of saturated units, and with what all that does to learning.

What to expect going back through one layer: the gradient with respect to its outputs is multiplied
by the activation's slope and by the weights. Keras begins weights by Glorot's rule, which keeps the
size of a gradient between layers as wide as each other, so the slope alone is left: at most 1/4 for
the sigmoid, sqrt(1/2) for ReLU (half of the units are off), sqrt((1 + 0.2^2) / 2) for Leaky ReLU
with Keras' slope of 0.2 below zero, and for tanh 1 or less (Glorot and Bengio 2010, "Understanding
the difficulty of training deep feedforward neural networks", section 4.2; Hochreiter 1991). Plain
gradient descent trains, for Adam divides by the size of the gradient, which hides the trouble.
"""

from __future__ import annotations

import numpy as np
from sklearn.preprocessing import StandardScaler

import dure
from dure.core.backend import keras
from dure.core.types import Floats
from dure.gallery.page import RowPage, interval_of
from dure.gallery.plots.panels import PanelLine, PanelScale, panels
from dure.gallery.shared.networks import hidden_values, last_values
from dure.gallery.shared.tasks import flat_digits
from dure.messages.phrases import count
from dure.plots.layers import against_depth, against_epoch

WIDTH = 64
DEPTHS = (2, 4, 6, 8, 10)
ACTIVATIONS = ("sigmoid", "tanh", "relu", "leaky_relu")
EXPECTED = {"sigmoid": "≤ 0.25", "tanh": "≤ 1", "relu": "0.71", "leaky_relu": "0.72"}
"""By what a gradient is multiplied at each layer on its way back."""


def build(activation: str = "sigmoid", depth: int = 10) -> keras.Model:
    """Hidden layers as wide as the input, with all that Keras takes where nothing is said."""
    model = keras.Sequential([keras.layers.Input((WIDTH,))])
    for place in range(1, depth + 1):
        model.add(keras.layers.Dense(WIDTH, activation=activation, name=f"hidden_{place}"))
    model.add(keras.layers.Dense(10, activation="softmax", name="output"))
    model.compile(
        keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return model


def study(quick: bool = False, depth: int = 10) -> dure.Study:
    """Every activation at one depth, on digits, inputs standardised."""
    return dure.Study(
        build,
        flat_digits(prepare=StandardScaler()),
        {name: {"activation": name, "depth": depth} for name in ACTIVATIONS},
        seeds=3 if quick else 10,
        validation_split=0.2,
        epochs=5 if quick else 20,
        name=f"depth-{depth}",
    )


def show(page: RowPage) -> None:
    """Train every depth; gradients and dead units by layer for the deepest, accuracy by depth."""
    depths = (2, 6) if page.quick else DEPTHS
    accuracy: dict[str, list[Floats]] = {name: [] for name in ACTIVATIONS}
    for depth in depths:
        result = page.run(study(page.quick, depth))
        for name, values in accuracy.items():
            values.append(last_values(result, "val_accuracy", name)[:, 0])
    # The last is the deepest, and the one to look into.
    for name in ACTIVATIONS:
        tell_gradients(page, result, name)
    for name, values in accuracy.items():
        page.fact(f"{name}: val_accuracy", values)
        page.say(
            "{activation}, validation accuracy: {deep} with {most} layers, {shallow} with {few}.",
            activation=name,
            deep=page.interval(f"{name}: deepest", values[-1]),
            most=depths[-1],
            shallow=page.interval(f"{name}: shallowest", values[0]),
            few=depths[0],
        )
    page.health(result)
    page.compare(result.compare("val_accuracy", baseline="relu"), count(depths[-1], "layer"))
    page.picture("gradients", against_depth(result.layer_curves, "gradient_norm"))
    page.picture("dead", against_epoch(result.layer_curves, "dead"))
    lines = {name: PanelLine(depths, np.stack(values, 1)) for name, values in accuracy.items()}
    chance = (0.1, "chance")
    scale = PanelScale("hidden layers", "validation accuracy", "", (0, 1), chance, whole=True)
    page.picture("depth", panels({"": lines}, scale, "Validation accuracy against depth"))


def tell_gradients(page: RowPage, result: dure.Result, name: str) -> None:
    """How much smaller the gradient becomes per layer, how much in all, and what has died."""
    slope = hidden_values(result, "activation_gradient", name)
    factors = slope[:, :-1] / slope[:, 1:]
    page.fact(f"{name}: factors", factors)
    page.say(
        "{activation}: one layer back the gradient is {factor} times as large (expected: "
        "{expected}).",
        activation=name,
        factor=page.interval(f"{name}: factor", np.exp(np.log(factors).mean(axis=1))),
        expected=EXPECTED[name],
    )
    norms = [hidden_values(result, "gradient_norm", name, when) for when in (0, -1)]
    orders = [interval_of(np.log10(norm[:, -1] / norm[:, 0]))[:3] for norm in norms]
    page.fact(f"{name}: orders of magnitude", orders)
    for what in ("dead", "saturated"):
        shares = [hidden_values(result, what, name, when).mean(axis=1) for when in (0, -1)]
        if np.isfinite(shares[0]).all():
            page.fact(f"{name}: {what}", [interval_of(one)[:3] for one in shares])
