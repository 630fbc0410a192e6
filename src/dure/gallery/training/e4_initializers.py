"""E4. Initialisers: Glorot and He, uniform and normal, under sigmoid, tanh and ReLU.

The note tells which initialiser goes with which activation. Here a network of eight hidden layers
is looked at before it has learnt anything: how large the outputs are layer by layer, for Glorot and
He, and for two bad ones (zeros, and normal numbers of deviation 1). Beside the measurement stands
the theory: with n inputs and weights of variance v, a layer's sums are nearly normal with variance
n v q, q being the mean square of its inputs, so q goes from layer to layer by one integral (the
length map of Poole et al. 2016, "Exponential expressivity in deep neural networks through transient
chaos", equation 3). Under ReLU the integral is half the variance, hence He's v = 2 / n keeps q
(He et al. 2015, "Delving deep into rectifiers", equation 10), and Glorot's v = 1 / n (Glorot and
Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks", equation
12, with as many outputs as inputs) halves it at every layer. Then all of them train, on the same
seeds: what of it matters for learning comes with an interval.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

import dure
from dure.core.backend import keras
from dure.core.types import Floats
from dure.gallery.page import Page
from dure.gallery.plots.panels import Line, Scale, panels
from dure.gallery.shared.comparison_text import tell_compared
from dure.gallery.shared.lanes_text import over_lanes, told
from dure.gallery.training.e2_vanishing_gradients import flat_digits
from dure.messages.message import as_is, joined, say
from dure.result import Result

DEPTH, WIDTH = 8, 64  # as wide as the input: 8 x 8 pixels
BASELINE = "glorot_uniform"  # what Keras takes where none is named
INITIALIZERS: dict[str, float] = {
    "glorot_uniform": 1 / WIDTH,
    "glorot_normal": 1 / WIDTH,
    "he_uniform": 2 / WIDTH,
    "he_normal": 2 / WIDTH,
    "large": 1.0,
    "zeros": 0.0,
}
"""By name the variance of a weight between two layers of `WIDTH`."""
ACTIVATIONS: dict[str, Callable[[Floats], Floats]] = {
    "relu": lambda z: np.maximum(z, 0.0),
    "tanh": np.tanh,
    "sigmoid": lambda z: 0.5 * (1.0 + np.tanh(0.5 * z)),
}


def build(initializer: str = BASELINE, activation: str = "relu") -> keras.Model:
    """Eight hidden layers as wide as the input; only their kernels are begun as named."""
    model = keras.Sequential([keras.layers.Input((WIDTH,))])
    for place in range(1, DEPTH + 1):
        model.add(
            keras.layers.Dense(
                WIDTH,
                activation=activation,
                kernel_initializer=begun(initializer),
                name=f"hidden_{place}",
            )
        )
    model.add(keras.layers.Dense(10, activation="softmax", name="output"))
    model.compile(
        keras.optimizers.SGD(0.05), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return model


def begun(name: str) -> keras.Initializer:
    """The initialiser of this name; "large" has a deviation of 1."""
    if name == "large":
        return keras.initializers.RandomNormal(stddev=1.0)
    return keras.initializers.get(name)


def study(quick: bool = False, activation: str = "relu") -> dure.Study:
    """All initialisers under one activation: one program, for they differ in numbers only."""
    return dure.Study(
        build,
        flat_digits(),
        {name: {"initializer": name, "activation": activation} for name in INITIALIZERS},
        seeds=3 if quick else 10,
        validation_split=0.2,
        epochs=5 if quick else 20,
        name=activation,
    )


def length_map(activation: str, variance: float, lengths: ArrayLike) -> Floats:
    """Root mean square of each layer's outputs, as theory has it, shape [depth].

    Parameters
    ----------
    variance
        Of a weight.
    lengths
        Mean square of the inputs of each row, shape [rows]; rows are averaged at the end.
    """
    # Gauss-Hermite: the mean of f over standard normal numbers, exact for polynomials up to 127.
    at, weight = np.polynomial.hermite_e.hermegauss(64)
    weight = weight / weight.sum()
    square, found = np.asarray(lengths, np.float64), []
    for _ in range(DEPTH):
        sums = np.sqrt(WIDTH * variance * square)[:, None] * at
        square = (ACTIVATIONS[activation](sums) ** 2) @ weight
        found.append(np.sqrt(square.mean()))
    return np.array(found)


def layered(result: Result, variable: str, epoch: int = 0) -> dict[str, Floats]:
    """By variant a quantity of the hidden layers of each seed, shape [seeds, depth]."""
    names = [f"hidden_{place}" for place in range(1, DEPTH + 1)]
    chosen = result.layer_curves[variable].sel(fold=1, epoch=epoch, layer=names)
    return {v: chosen.sel(variant=v).transpose("seed", "layer").values for v in result.variants}


def spreads(result: Result) -> dict[str, Floats]:
    """By variant the root mean square of the hidden layers' outputs before training."""
    mean, deviation = (layered(result, f"activation_{one}") for one in ("mean", "std"))
    return {name: np.sqrt(mean[name] ** 2 + deviation[name] ** 2) for name in mean}


def show(page: Page) -> None:
    """Each activation with every initialiser: outputs and gradients before training, learning."""
    at = np.arange(1, DEPTH + 1)
    lines: dict[str, dict[str, dict[str, Line]]] = {"outputs": {}, "gradients": {}, "learning": {}}
    for activation in ACTIVATIONS:
        asked = study(page.quick, activation)
        result = page.run(asked)
        rows = asked.fold_arrays(asked.splits[0]).x[asked.splits[0].train]
        lengths = np.mean(np.square(rows, dtype=np.float64), axis=1)
        expected = {n: length_map(activation, v, lengths) for n, v in INITIALIZERS.items()}
        spread, slope = spreads(result), layered(result, "activation_gradient")
        epoch, accuracy = result.curves["epoch"], result.curves["val_accuracy"].sel(fold=1)
        for name in INITIALIZERS:
            drawn = {
                "outputs": Line(at, spread[name], expected[name]),
                "gradients": Line(at, slope[name]),
                "learning": Line(epoch, accuracy.sel(variant=name).values),
            }
            for what, line in drawn.items():
                lines[what].setdefault(activation, {})[name] = line
        page.fact(f"{activation}: spread", spread)
        page.fact(f"{activation}: theory", expected)
        tell_spread(page, activation, spread, expected)
        tell_learning(page, activation, result)
    draw(page, lines)


def draw(page: Page, lines: dict[str, dict[str, dict[str, Line]]]) -> None:
    """Three pictures with a panel for each activation."""
    note = [f"{DEPTH} hidden layers of {WIDTH} units on digits, inputs standardised."]
    before = [*note, "Before training. Geometric means over seeds with their 95 % interval."]
    theory = "Dashed: the length map of Poole et al. 2016. Zeros give 0, and 0.5 under sigmoid."
    scale = Scale("hidden layer", "root mean square of outputs", "y", (1e-2, 1e2), whole=True)
    title = "Size of the outputs layer by layer"
    page.picture("outputs", panels(lines["outputs"], scale, title, [*before, theory]))
    scale = Scale("hidden layer", "gradient with respect to outputs", "y", whole=True)
    title = "Size of the gradients layer by layer"
    page.picture("gradients", panels(lines["gradients"], scale, title, before))
    chance = (0.1, "chance")
    scale = Scale("epoch", "validation accuracy", "", (0.0, 1.0), chance, whole=True, marks=False)
    page.picture("learning", panels(lines["learning"], scale, "Learning from each start", note))


def tell_spread(
    page: Page, activation: str, spread: dict[str, Floats], expected: dict[str, Floats]
) -> None:
    """What one layer makes of the outputs' size, and how near theory is."""
    words = []
    for name in INITIALIZERS:
        if not (spread[name] > 0).all():
            words.append(say("{name} gives 0", name=name))
            continue
        factor = (spread[name][:, -1] / spread[name][:, 0]) ** (1 / (DEPTH - 1))
        theory = (expected[name][-1] / expected[name][0]) ** (1 / (DEPTH - 1))
        page.fact(f"{activation}, {name}: factor", over_lanes(factor)[:3])
        page.fact(f"{activation}, {name}: factor in theory", theory)
        measured = told(over_lanes(factor))
        words.append(
            say(
                "{name} {factor} (theory {theory:.3f})",
                name=name,
                factor=measured,
                theory=theory,
            )
        )
    page.say(
        say(
            "{activation}, before training: a layer's outputs are so many times as large as those "
            "of the layer before: {factors}.",
            activation=activation,
            factors=joined(words, "; "),
        )
    )


def tell_learning(page: Page, activation: str, result: Result) -> None:
    """Validation accuracy of each, and which differ from Keras' default."""
    for name in INITIALIZERS:
        values = result.curves["val_accuracy"].sel(variant=name, fold=1).isel(epoch=-1)
        page.fact(f"{activation}, {name}: val_accuracy", values.values)
    accuracy = result.curves["val_accuracy"].sel(fold=1).isel(epoch=0)
    first = (
        say("{name} {accuracy}", name=n, accuracy=told(over_lanes(accuracy.sel(variant=n).values)))
        for n in INITIALIZERS
    )
    page.say(
        say(
            "{activation}, validation accuracy after the first epoch: {accuracies}.",
            activation=activation,
            accuracies=joined(first, "; "),
        )
    )
    tell_compared(page, as_is(activation), result.compare("val_accuracy", baseline=BASELINE))
