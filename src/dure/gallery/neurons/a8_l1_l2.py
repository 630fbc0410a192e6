"""A8. What L1 and L2 do to the weights of one neuron.

The note adds ``alpha * sign(w)`` (L1) or ``alpha * w`` (L2) to the gradient of a logistic neuron
that learns one sample at a time, and meets lasso and ridge on the way. Dure sweeps the strength,
trains every strength from several seeds, and draws each weight's path with its interval. The same
penalties on a linear neuron, with all rows in a batch, end where lasso and ridge end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import Lasso, Ridge
from sklearn.preprocessing import StandardScaler

import dure
from dure.core.backend import keras
from dure.gallery.page import Page
from dure.messages.message import Message, joined, say
from dure.plots.lines import weight_paths
from dure.result import Result

STRENGTHS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
LINEAR = {"l1": (0.3, 1.0, 3.0, 10.0, 30.0), "l2": (0.03, 0.1, 0.3, 1.0, 3.0)}
Path = tuple[list[float], NDArray[np.float64]]
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
    penalty = keras.regularizers.L1L2(2 * l1, l2)
    model = keras.Sequential(
        [keras.layers.Input((10,)), keras.layers.Dense(1, kernel_regularizer=penalty)]
    )
    # L1 steps over zero and back; a shrinking rate lets it come to rest.
    rate = keras.optimizers.schedules.ExponentialDecay(0.02, 2000, 0.001)
    model.compile(keras.optimizers.SGD(rate, momentum=0.9), "mse")
    return model


def study(quick: bool = False) -> dure.Study:
    """The logistic neuron on 364 of the breast cancer rows, one at a time."""
    strengths = STRENGTHS[::2] if quick else STRENGTHS
    return dure.Study(
        build,
        replace(dure.data.breast_cancer(), prepare=StandardScaler()),
        variants={f"{p} {a:g}": {p: a} for p in ("l1", "l2") for a in strengths},
        seeds=5,
        validation_split=0.2,
        epochs=20 if quick else 100,
        batch_size=1,
        name="logistic",
    )


def linear_study(quick: bool = False) -> dure.Study:
    """The linear neuron on diabetes, all rows in one batch: lasso and ridge."""
    data = replace(dure.data.diabetes(), prepare=StandardScaler())
    step = 2 if quick else 1
    return dure.Study(
        build_linear,
        data,
        variants={f"{p} {a:g}": {p: a} for p in LINEAR for a in LINEAR[p][::step]},
        seeds=5,
        epochs=2000,
        batch_size=data.rows,
        name="linear",
    )


def paths_of(result: Result) -> dict[str, Path]:
    """For L1 and L2: the strengths, and the last weights [strength, seed, feature]."""
    made = {}
    for penalty in ("l1", "l2"):
        names = [name for name in result.variants if name.startswith(penalty)]
        weights = [
            [result.lane(name, int(seed)).weights("final") for seed in result.curves["seed"]]
            for name in names
        ]
        kernels = [[next(a for a in lane.values() if a.ndim == 2) for lane in v] for v in weights]
        made[penalty] = [float(name.split()[1]) for name in names], np.array(kernels)[..., 0]
    return made


def tell_zeros(page: Page, what: Message, paths: dict[str, Path], names: Sequence[str]) -> None:
    """Say how many weights each penalty takes to zero, and which hold out longest."""
    for penalty, (strengths, weights) in paths.items():
        zero = (np.abs(weights) < ZERO).sum(axis=2)
        page.fact(f"{what.lower()}_{penalty}_weights", weights)
        page.fact(f"{what.lower()}_{penalty}_zeros", zero)
        counts = [
            say("{count:.3g} at {strength:g}", count=c, strength=a)
            for a, c in zip(strengths, zero.mean(axis=1), strict=True)
        ]
        page.say(
            say(
                "{what} neuron, {penalty}: of {weights} weights {counts} end nearer to zero than "
                "{zero:g} (means over {seeds} seeds).",
                **{"what": what, "penalty": penalty.upper(), "weights": len(names)},
                **{"counts": joined(counts, ", "), "zero": ZERO, "seeds": zero.shape[1]},
            )
        )
    strengths, weights = paths["l1"]
    mean = weights.mean(axis=1)
    left = [k for k in range(len(strengths)) if (np.abs(mean[k]) >= ZERO).any()]
    kept = [n for n, w in zip(names, mean[left[-1]], strict=True) if abs(w) >= ZERO]
    page.say(
        say(
            "Longest against L1 hold out ({strength:g}): {names}.",
            **{"strength": strengths[left[-1]], "names": ", ".join(kept)},
        )
    )


def tell_reference(page: Page, data: dure.Data, paths: dict[str, Path]) -> None:
    """Say how far the linear neuron ends from scikit-learn's Lasso and Ridge."""
    x, y = StandardScaler().fit_transform(np.asarray(data.x, np.float64)), np.asarray(data.y)
    for penalty, name in (("l1", "Lasso"), ("l2", "Ridge")):
        strengths, weights = paths[penalty]
        # Ridge sums over rows where the neuron takes means.
        made = [Lasso(a, tol=1e-6) if name == "Lasso" else Ridge(a * len(x)) for a in strengths]
        off = np.abs(weights - np.array([model.fit(x, y).coef_ for model in made])[:, None]).max()
        page.fact(f"far_from_{name.lower()}", off)
        page.say(
            say(
                "The linear neuron's weights end within {off:.2g} of scikit-learn's {name}.",
                **{"off": off, "name": name},
            )
        )


def show(page: Page) -> None:
    """Train both neurons, draw the paths, and say which weights go to zero."""
    linear = linear_study(page.quick)
    for what, one in ((say("Logistic"), study(page.quick)), (say("Linear"), linear)):
        names = list(one.data.feature_names or ())
        paths = paths_of(page.run(one))
        page.picture(f"paths-{one.name}", weight_paths(paths, names, ZERO))
        tell_zeros(page, what, paths, names)
    tell_reference(page, one.data, paths)
