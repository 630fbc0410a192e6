"""A5. Stochastic, mini-batch and full-batch descent side by side.

The book fits one logistic neuron three ways and draws how its weights walk. Here all five batch
sizes start at the same place with the same rate, over many orders of the rows; the neuron has two
inputs, so that the loss under the path is the loss itself.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.preprocessing import StandardScaler

import dure
from dure.core.backend import keras
from dure.core.types import Floats
from dure.gallery.neurons.a4_logistic import build as logistic
from dure.gallery.page import RowPage
from dure.gallery.plots import neurons
from dure.gallery.plots.panels import PanelLine, PanelScale, panels
from dure.gallery.shared.networks import final_weights, training_rows, weight_paths

BATCHES = {
    "stochastic": 1,
    "mini-batch 16": 16,
    "mini-batch 32": 32,
    "mini-batch 64": 64,
    "full batch": 364,
}


def loss_of(weights: Floats, x: Floats, y: Floats) -> Floats:
    """Logistic loss over all rows for weights [..., input + 1], the bias last; shape [...]."""
    z = weights[..., :-1] @ x.T + weights[..., -1:]
    return np.asarray(np.mean(np.logaddexp(0, z) - y * z, axis=-1))


def surface_of(x: Floats, y: Floats, ways: Floats) -> neurons.Surface:
    """The loss over the plane of both weights, each point with the bias that suits it best."""
    low, high = ways[..., :2].min((0, 1)), ways[..., :2].max((0, 1))
    margin = 0.1 * (high - low)
    across, down = np.linspace(low - margin, high + margin, 61).T
    lowest = minimize(lambda w: float(loss_of(w, x, y)), np.zeros(3))
    weights = np.stack([*np.meshgrid(across, down), np.zeros((61, 61))], axis=-1)
    for _ in range(30):
        # Newton's step for the bias; the loss is convex, and the least slope is held off zero.
        a = expit(weights[..., :2] @ x.T + weights[..., 2:])
        weights[..., 2] += np.mean(y - a, -1) / np.maximum(np.mean(a * (1 - a), -1), 0.02)
    return neurons.Surface(across, down, loss_of(weights, x, y), lowest.x[:2], lowest.fun)


def build() -> keras.Model:
    """Two weights and a bias, all 1.0 at first."""
    return logistic(inputs=2)


def study(name: str, quick: bool = False) -> dure.Study:
    """One of the five batch sizes, on mean radius and mean texture."""
    whole = dure.data.breast_cancer()
    x, test_x = (np.asarray(part)[:, :2] for part in (whole.x, whole.test[0]))
    sides = ["mean radius", "mean texture"]
    data = replace(whole, x=x, test=(test_x, whole.test[1]), feature_names=sides)
    return dure.Study(
        build,
        replace(data, prepare=StandardScaler()),
        seeds=2 if quick else 10,
        validation_split=0.2,
        epochs=100,
        batch_size=BATCHES[name],
        name=name.replace(" ", "-"),
    )


def show(page: RowPage) -> None:
    """Train all five; losses with intervals, updates, and the paths."""
    ways, losses, every = {}, {}, {}
    for name, size in BATCHES.items():
        made = study(name, page.quick)
        result = page.run(made)
        x, y = training_rows(made)
        ways[name] = weight_paths(made, result)
        # After each epoch over all training rows; the curves' loss is a mean while weights move.
        losses[name] = loss_of(ways[name][:, 1:], x, y)
        every[name] = -(-len(y) // size)
        page.fact(f"updates, {name}", every[name] * losses[name].shape[1])
        page.fact(f"loss, {name}", losses[name][:, -1])
        off = np.abs(ways[name][:, -1] - final_weights(result))
        page.fact(f"paths end off their lanes, {name}", off)
        page.say(
            "{name}: {updates:,} updates a network; loss {loss} on the {rows} training rows.",
            name=name,
            updates=every[name] * losses[name].shape[1],
            loss=page.interval(f"loss at the end, {name}", losses[name][:, -1]),
            rows=len(y),
        )
    surface = surface_of(x, y, np.concatenate(list(ways.values())))
    page.fact("least_loss", surface.least)
    page.say("The least loss there is on these rows: {least:.4f}.", least=surface.least)
    page.say(
        "Update for update all batches go down alike; small ones make more updates in an epoch, "
        "and single samples end up walking about the least."
    )
    notes = ["Loss on the training rows, darker is higher, the bias at its best for each point."]
    notes += ["One dot after each epoch; seed 0."]
    walks = {n: ways[n][0, :, :2] for n in ("stochastic", "mini-batch 32", "full batch")}
    sides = ("weight of mean radius", "weight of mean texture")
    drawn = neurons.paths(walks, sides, "Three descents of one loss", surface, notes)
    page.picture("paths", drawn)
    shown: dict[str, dict[str, PanelLine]] = {"against epochs": {}, "against updates": {}}
    for name, loss in losses.items():
        epoch = np.arange(1, loss.shape[1] + 1)
        for of, x_values in zip(shown.values(), (epoch, epoch * every[name]), strict=True):
            of[name] = PanelLine(x_values, loss - surface.least)
    scale = PanelScale("epochs, updates", "training loss above the least", "xy", marks=False)
    page.picture("losses", panels(shown, scale, "Five batch sizes, one rate"))
