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

from dataclasses import replace

import numpy as np
from sklearn.preprocessing import StandardScaler

import dure
from dure.core.backend import keras
from dure.core.types import Floats
from dure.gallery.page import Page
from dure.gallery.plots.panels import Line, Scale, panels
from dure.gallery.shared.comparison_text import tell_compared
from dure.gallery.shared.lanes_text import difference, over_lanes, told
from dure.messages.message import joined, say
from dure.messages.phrases import count
from dure.result import Result

WIDTH = 64
DEPTHS = (2, 4, 6, 8, 10)
ACTIVATIONS = ("sigmoid", "tanh", "relu", "leaky_relu")
EXPECTED = {
    "sigmoid": say("{factor} at most", factor="0.25"),
    "tanh": say("{factor} at most", factor="1"),
    "relu": f"{np.sqrt(0.5):.2f}",
    "leaky_relu": f"{np.sqrt(1.04 / 2):.2f}",
}
"""By what a gradient is multiplied at each layer on its way back."""
SHARES = {"dead": say("dead units"), "saturated": say("saturated outputs")}


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


def flat_digits() -> dure.Data:
    """Digits as rows of 64 numbers, standardised on training rows."""
    digits = dure.data.digits()
    assert digits.test is not None
    return replace(
        digits,
        x=np.reshape(digits.x, (-1, WIDTH)),
        test=(np.reshape(digits.test[0], (-1, WIDTH)), digits.test[1]),
        kind="tabular",
        prepare=StandardScaler(),
    )


def study(quick: bool = False, depth: int = 10) -> dure.Study:
    """Every activation at one depth, on digits, inputs standardised."""
    return dure.Study(
        build,
        flat_digits(),
        {name: {"activation": name, "depth": depth} for name in ACTIVATIONS},
        seeds=3 if quick else 10,
        validation_split=0.2,
        epochs=5 if quick else 20,
        name=f"depth-{depth}",
    )


def layered(result: Result, variable: str, variant: str, when: int) -> Floats:
    """A quantity of the hidden layers of each seed, shape [seeds, depth].

    Parameters
    ----------
    when
        0: before training; -1: after it (NaN for networks that diverged).
    """
    curves = result.layer_curves[variable].sel(variant=variant, fold=1).isel(epoch=when)
    names = [name for name in curves["layer"].values if str(name).startswith("hidden_")]
    return curves.sel(layer=names).transpose("seed", "layer").values


def show(page: Page) -> None:
    """Train every depth; draw gradients by layer for the deepest, and accuracy by depth."""
    depths = (2, 6) if page.quick else DEPTHS
    accuracy: dict[str, list[Floats]] = {name: [] for name in ACTIVATIONS}
    for depth in depths:
        result = page.run(study(page.quick, depth))
        for name in ACTIVATIONS:
            last = result.curves["val_accuracy"].sel(variant=name, fold=1).isel(epoch=-1)
            accuracy[name].append(last.values)
    epochs = int(result.curves["epoch"][-1])
    # The last is the deepest, and the one to look into.
    draw_layers(page, result, depths[-1], {"before training": 0, f"after {epochs} epochs": -1})
    for name in ACTIVATIONS:
        tell_gradients(page, result, name, epochs)
    tell_depths(page, accuracy, depths)
    compared = result.compare("val_accuracy", baseline="relu")
    tell_compared(page, count(depths[-1], "layer"), compared)
    lines = {name: Line(depths, np.stack(values, axis=1)) for name, values in accuracy.items()}
    scale = Scale("hidden layers", "validation accuracy", "", (0, 1), (0.1, "chance"), whole=True)
    title = f"Validation accuracy after {epochs} epochs against depth"
    page.picture("depth", panels({"": lines}, scale, title))


def draw_layers(page: Page, result: Result, depth: int, moments: dict[str, int]) -> None:
    """Gradients, dead and saturated units layer by layer, at each moment."""
    at = np.arange(1, depth + 1)

    def lines(variable: str, when: int) -> dict[str, Line]:
        found = {name: layered(result, variable, name, when) for name in ACTIVATIONS}
        return {name: Line(at, v) for name, v in found.items() if np.isfinite(v).any()}

    seeds = len(result.curves["seed"])
    notes = [
        f"{depth} hidden layers of {WIDTH} units, digits. Layer 1 is next to the input. "
        f"Geometric means over {seeds} seeds with their 95 % interval."
    ]
    drawn = {moment: lines("gradient_norm", when) for moment, when in moments.items()}
    scale = Scale("hidden layer", "norm of the gradient of the loss", "y", whole=True)
    page.picture("gradients", panels(drawn, scale, "Gradients layer by layer", notes, columns=2))
    drawn = {
        f"{label}, {moment}": lines(variable, when)
        for variable, label in SHARES.items()
        for moment, when in moments.items()
    }
    notes = ["Dead: 0 for every measured row. Saturated: on the flat part of the activation."]
    scale = Scale("hidden layer", "share", whole=True)
    title = "Units that carry nothing on"
    page.picture("dead-and-saturated", panels(drawn, scale, title, notes, columns=2))


def tell_gradients(page: Page, result: Result, name: str, epochs: int) -> None:
    """How much smaller the gradient becomes per layer, how much in all, and what has died."""
    slope = layered(result, "activation_gradient", name, 0)
    factors = slope[:, :-1] / slope[:, 1:]
    mean = np.exp(np.log(factors).mean(axis=1))
    page.fact(f"{name}: factor", over_lanes(mean)[:3])
    page.fact(f"{name}: factors", factors)
    norms = [layered(result, "gradient_norm", name, when) for when in (0, -1)]
    ends = [over_lanes(np.log10(norm[:, -1] / norm[:, 0])) for norm in norms]
    page.fact(f"{name}: orders of magnitude", [end[:3] for end in ends])
    page.say(
        say(
            "{activation}: one layer back the gradient is {factor} times as large (expected: "
            "{expected}). The weights of the last hidden layer have a gradient 10^x times that of "
            "the first layer's, with x = {before} before training, {after} after {epochs} epochs.",
            activation=name,
            factor=told(over_lanes(mean)),
            expected=EXPECTED[name],
            before=told(ends[0]),
            after=told(ends[1]),
            epochs=epochs,
        )
    )
    tell_shares(page, result, name)


def tell_shares(page: Page, result: Result, name: str) -> None:
    """How many units are dead or saturated, before training and after."""
    words = []
    for key, label in SHARES.items():
        share = [layered(result, key, name, when).mean(axis=1) for when in (0, -1)]
        if np.isfinite(share[0]).all():
            page.fact(f"{name}: {key}", [over_lanes(one)[:3] for one in share])
            before, after = (told(over_lanes(one)) for one in share)
            words.append(
                say("{what} {before} before, {after} after", what=label, before=before, after=after)
            )
    page.say(say("{activation}: {shares}.", activation=name, shares=joined(words, "; ")))


def tell_depths(page: Page, accuracy: dict[str, list[Floats]], depths: tuple[int, ...]) -> None:
    """What depth does to learning: the deepest against the shallowest, and against ReLU."""
    for name, values in accuracy.items():
        page.fact(f"{name}: val_accuracy", values)
        page.say(
            say(
                "{activation}, validation accuracy: {accuracy}; {deep} layers against {shallow}: "
                "{verdict}.",
                activation=name,
                accuracy=told(over_lanes(values[-1])),
                deep=depths[-1],
                shallow=depths[0],
                verdict=difference(values[-1], values[0])[1],
            )
        )
