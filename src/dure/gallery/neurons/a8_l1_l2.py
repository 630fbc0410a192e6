"""A8. What L1 and L2 do to the weights of one neuron.

The note adds ``alpha * sign(w)`` (L1) or ``alpha * w`` (L2) to the gradient of a logistic neuron
that learns one sample at a time, and meets lasso and ridge on the way. Dure sweeps the strength,
trains every strength from several seeds, and draws each weight's path with its interval. The same
penalties on a linear neuron, with all rows in a batch, end where lasso and ridge end.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.linear_model import Lasso, Ridge
from sklearn.preprocessing import StandardScaler

import dure
from dure.core.backend import keras
from dure.core.types import Floats
from dure.gallery.page import RowPage
from dure.gallery.plots.panels import PanelLine, PanelScale, panels
from dure.gallery.shared.networks import final_weights, training_rows
from dure.messages.message import Message, say

STRENGTHS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
LINEAR = {"l1": (0.3, 1.0, 3.0, 10.0, 30.0), "l2": (0.03, 0.1, 0.3, 1.0, 3.0)}
ZERO = 0.1
"""A weight that is nearer to zero than this counts as zero: one sample moves it so far."""


def build(l1: float = 0.0, l2: float = 0.0) -> keras.Model:
    """A logistic neuron whose gradient gets ``l1 * sign(w) + l2 * w``; weights start at 1."""
    penalty = keras.regularizers.L1L2(l1, l2 / 2)  # Keras' L2 is l2 * w**2, with slope 2 * l2 * w
    neuron = keras.layers.Dense(1, kernel_initializer="ones", kernel_regularizer=penalty)
    model = keras.Sequential([keras.layers.Input((30,)), neuron])
    # Sigmoid and loss in one: apart, Keras cuts probabilities near 0 and 1, and their slope is 0.
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    accuracy = keras.metrics.BinaryAccuracy("accuracy", threshold=0.0)
    model.compile(keras.optimizers.SGD(0.1), loss, metrics=[accuracy])
    return model


def build_linear(l1: float = 0.0, l2: float = 0.0) -> keras.Model:
    """A linear neuron; "mse" is twice the book's half square, so the penalties are doubled too."""
    neuron = keras.layers.Dense(1, kernel_regularizer=keras.regularizers.L1L2(2 * l1, l2))
    model = keras.Sequential([keras.layers.Input((10,)), neuron])
    # L1 steps over zero and back; a shrinking rate lets it come to rest.
    rate = keras.optimizers.schedules.ExponentialDecay(0.02, 2000, 0.001)
    model.compile(keras.optimizers.SGD(rate, momentum=0.9), "mse")
    return model


def study(quick: bool = False) -> dure.Study:
    """The logistic neuron on 364 of the breast cancer rows, one at a time."""
    variants = {f"{p} {a:g}": {p: a} for p in LINEAR for a in STRENGTHS[:: 2 if quick else 1]}
    data = replace(dure.data.breast_cancer(), prepare=StandardScaler())
    terms = dict[str, Any](seeds=5, epochs=20 if quick else 100, batch_size=1, name="logistic")
    return dure.Study(build, data, variants, validation_split=0.2, **terms)


def linear_study(quick: bool = False) -> dure.Study:
    """The linear neuron on diabetes, all rows in one batch: lasso and ridge."""
    data = replace(dure.data.diabetes(), prepare=StandardScaler())
    variants = {f"{p} {a:g}": {p: a} for p in LINEAR for a in LINEAR[p][:: 2 if quick else 1]}
    terms = dict[str, Any](seeds=5, epochs=2000, batch_size=data.rows, name="linear")
    return dure.Study(build_linear, data, variants, **terms)


def ask(page: RowPage, what: Message, one: dure.Study) -> dict[str, tuple[list[float], Floats]]:
    """For L1 and L2 strengths and weights [strength, seed, feature]; which are near zero, paths."""
    result, names = page.run(one), list(one.data.feature_names or ())
    paths: dict[str, tuple[list[float], Floats]] = {}
    drawn, zeros = {}, {}
    for penalty in LINEAR:
        variants = [name for name in result.variants if name.startswith(penalty)]
        strengths = [float(name.split()[1]) for name in variants]
        weights = np.array([final_weights(result, name)[:, :-1] for name in variants])
        zero = (np.abs(weights) < ZERO).sum(axis=2)
        page.fact(f"{what.lower()}_{penalty}_weights", weights)
        page.fact(f"{what.lower()}_{penalty}_zeros", zero)
        counts = [f"{a:g}: {n:.3g}" for a, n in zip(strengths, zero.mean(axis=1), strict=True)]
        page.say(
            "{what} neuron, {penalty}: of {weights} weights so many end nearer to zero than "
            "{zero:g}, by strength: {counts} (means over {seeds} seeds). Longest hold out {names}.",
            what=what,
            penalty=penalty.upper(),
            weights=len(names),
            zero=ZERO,
            counts=", ".join(counts),
            seeds=zero.shape[1],
            names=", ".join(names[k] for k in np.argsort(-np.abs(weights[-1]).mean(axis=0))[:3]),
        )
        paths[penalty] = strengths, weights
        top = np.argsort(-np.abs(paths["l1"][1]).mean(axis=(0, 1)))[:8]
        drawn[penalty.upper()] = {names[k]: PanelLine(strengths, weights[:, :, k].T) for k in top}
        zeros[penalty.upper()] = PanelLine(strengths, zero.T)
    scale, title = PanelScale("strength", "weight", "x"), "The largest weights against strength"
    page.picture(f"paths-{one.name}", panels(drawn, scale, title, columns=2))
    scale = replace(scale, y="weights at zero")
    page.picture(f"zeros-{one.name}", panels({"": zeros}, scale, "Weights at zero"))
    return paths


def show(page: RowPage) -> None:
    """Train both neurons, draw the paths, and say which weights go to zero."""
    ask(page, say("Logistic"), study(page.quick))
    linear = linear_study(page.quick)
    paths = ask(page, say("Linear"), linear)
    x, y = training_rows(linear)
    # Ridge sums over rows where the neuron takes means.
    theirs = {"l1": [Lasso(a, tol=1e-6).fit(x, y).coef_ for a in paths["l1"][0]]}
    theirs["l2"] = [Ridge(a * len(x)).fit(x, y).coef_ for a in paths["l2"][0]]
    off = {p: np.abs(paths[p][1] - np.array(w)[:, None]).max() for p, w in theirs.items()}
    page.fact("far_from_lasso_and_ridge", off)
    page.say(
        "The linear neuron's weights end within {l1:.2g} of scikit-learn's Lasso and {l2:.2g} of "
        "its Ridge.",
        **off,
    )
