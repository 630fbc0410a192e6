"""E4. Initialisers: Glorot and He, uniform and normal, under sigmoid, tanh and ReLU.

The note tells which initialiser goes with which activation. Here a network of eight hidden layers
is looked at before it has learnt anything, for Glorot and He, and for two bad ones (zeros, and
normal numbers of deviation 1). With n inputs and weights of variance v, a layer's sums are nearly
normal with variance n v q, q being the mean square of its inputs, so q goes from layer to layer by
one integral (the length map of Poole et al. 2016, "Exponential expressivity in deep neural networks
through transient chaos", equation 3). Under ReLU it is half the variance, hence He's v = 2 / n
keeps q (He et al. 2015, "Delving deep into rectifiers", equation 10), and Glorot's v = 1 / n
(Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward neural
networks", equation 12) halves it at every layer. Then all of them train, on the same seeds.
"""

from __future__ import annotations

import numpy as np
from sklearn.preprocessing import StandardScaler

import dure
from dure.core.backend import keras
from dure.core.types import Floats
from dure.gallery.page import RowPage
from dure.gallery.plots.panels import PanelLine, PanelScale, panels
from dure.gallery.shared.networks import hidden_values, training_rows
from dure.gallery.shared.tasks import flat_digits
from dure.gallery.shared.theory import ACTIVATIONS, length_map
from dure.messages.message import joined

DEPTH, WIDTH, BASELINE = 8, 64, "glorot_uniform"  # as wide as the input; Keras' own default
INITIALIZERS = {
    **{"glorot_uniform": 1 / WIDTH, "glorot_normal": 1 / WIDTH},
    **{"he_uniform": 2 / WIDTH, "he_normal": 2 / WIDTH, "large": 1.0, "zeros": 0.0},
}
"""By name the variance of a weight between two layers of `WIDTH`."""
Layers = dict[str, Floats]
NOTE = (
    f"{DEPTH} hidden layers of {WIDTH} units on digits; outputs and gradients before training; "
    "means over seeds with 95 % intervals. Theory: the length map of Poole et al. 2016."
)


def build(initializer: str = BASELINE, activation: str = "relu") -> keras.Model:
    """Eight hidden layers as wide as the input; only their kernels are begun as named."""
    model = keras.Sequential([keras.layers.Input((WIDTH,))])
    for place in range(1, DEPTH + 1):
        large = initializer == "large"  # a deviation of 1
        begun = keras.initializers.RandomNormal(stddev=1.0) if large else initializer
        name = f"hidden_{place}"
        model.add(keras.layers.Dense(WIDTH, activation, kernel_initializer=begun, name=name))
    model.add(keras.layers.Dense(10, activation="softmax", name="output"))
    sgd, loss = keras.optimizers.SGD(0.05), "sparse_categorical_crossentropy"
    model.compile(sgd, loss, metrics=["accuracy"])
    return model


def study(quick: bool = False, activation: str = "relu") -> dure.Study:
    """All initialisers under one activation: one program, for they differ in numbers only."""
    return dure.Study(
        build,
        flat_digits(prepare=StandardScaler()),
        {name: {"initializer": name, "activation": activation} for name in INITIALIZERS},
        seeds=3 if quick else 10,
        validation_split=0.2,
        epochs=5 if quick else 20,
        name=activation,
    )


def show(page: RowPage) -> None:
    """Each activation with every initialiser: outputs and gradients before training, learning."""
    at = np.arange(1, DEPTH + 1)
    lines: dict[str, dict[str, dict[str, PanelLine]]] = {}
    for activation in ACTIVATIONS:
        asked = study(page.quick, activation)
        result = page.run(asked)
        lengths = np.mean(np.square(training_rows(asked)[0], dtype=np.float64), axis=1)
        spread, theory = {}, {}
        for name, variance in INITIALIZERS.items():
            mean, std = (
                hidden_values(result, f"activation_{one}", name) for one in ("mean", "std")
            )
            spread[name] = np.sqrt(mean**2 + std**2)
            theory[name] = length_map(activation, variance, lengths, DEPTH, WIDTH)
            accuracy = result.curves["val_accuracy"].sel(fold=1, variant=name).values
            for what, line in {
                "outputs": PanelLine(at, spread[name], theory[name]),
                "gradients": PanelLine(at, hidden_values(result, "activation_gradient", name)),
                "learning": PanelLine(result.curves["epoch"], accuracy),
            }.items():
                lines.setdefault(what, {}).setdefault(activation, {})[name] = line
            page.fact(f"{activation}, {name}: val_accuracy", accuracy[:, -1])
        page.fact(f"{activation}: spread", spread)
        page.fact(f"{activation}: theory", theory)
        tell_spread(page, activation, spread, theory)
        page.compare(result.compare("val_accuracy", baseline=BASELINE), activation)
    side, limits = "root mean square of outputs", (1e-2, 1e2)
    for what, scale in {
        "outputs": PanelScale("hidden layer", side, "y", limits, whole=True),
        "gradients": PanelScale("hidden layer", "gradient by outputs", "y", whole=True),
        "learning": PanelScale("epoch", "validation accuracy", "", (0.0, 1.0), whole=True),
    }.items():
        page.picture(what, panels(lines[what], scale, what.capitalize(), [NOTE]))


def tell_spread(page: RowPage, name: str, spread: Layers, theory: Layers) -> None:
    """What one layer makes of the outputs' size under an activation, and how near theory is."""
    words = []
    for initializer, values in spread.items():
        if (values > 0).all():
            head, by = f"{name}, {initializer}: factor", theory[initializer]
            measured = page.interval(head, (values[:, -1] / values[:, 0]) ** (1 / (DEPTH - 1)))
            expected = (by[-1] / by[0]) ** (1 / (DEPTH - 1))
            page.fact(f"{head} in theory", expected)
            words.append(joined((f"{initializer} ", measured, f" ({expected:.3f})"), ""))
    page.say(
        "{activation}, before training: a layer's outputs are so many times as large as those of "
        "the layer before (in theory): {factors}.",
        activation=name,
        factors=joined(words, "; "),
    )
