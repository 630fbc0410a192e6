"""A5. Stochastic, mini-batch and full-batch descent side by side.

The book fits one logistic neuron three ways and draws how its weights walk. Here all five batch
sizes start at the same place with the same rate, over many orders of the rows; the neuron has two
inputs, so that the loss under the path is the loss itself.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.preprocessing import StandardScaler

import dure
from dure.core.backend import keras
from dure.core.types import Floats
from dure.gallery.neurons.a4_logistic import build as logistic
from dure.gallery.page import Page
from dure.gallery.plots import neurons
from dure.messages.message import Message, say
from dure.stats.intervals import mean_interval

FEATURES = (0, 1)  # mean radius and mean texture
BATCHES = {
    "stochastic": 1,
    "mini-batch 16": 16,
    "mini-batch 32": 32,
    "mini-batch 64": 64,
    "full batch": 364,
}


class Steps(keras.callbacks.Callback):  # type: ignore[misc]
    """Remembers the weights before training and after every epoch."""

    def on_train_begin(self, logs: Any = None) -> None:
        """Begin anew."""
        self.weights = [self._now()]

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """One more point of the path."""
        self.weights.append(self._now())

    def _now(self) -> Floats:
        return np.concatenate([w.ravel() for w in self.model.get_weights()])


def paths(study: dure.Study, result: dure.Result) -> Floats:
    """The weights after every epoch of each lane of fold 1, shape [seed, epoch + 1, weight].

    `dure.fit` takes the steps of each lane once more, with a callback that watches.
    """
    x, y = training_rows(study)
    model = study.build()
    start = model.get_weights()
    walked: list[list[Floats]] = []
    for seed in result.curves["seed"].values:
        steps = Steps()
        keras.utils.set_random_seed(int(seed))
        model.set_weights(start)
        if walked:
            # To build a new model Keras draws one order more, which no epoch uses.
            np.random.permutation(len(y))
        epochs = result.curves.sizes["epoch"]
        dure.fit(model, x, y, study.batch_size, epochs, verbose=0, callbacks=[steps])
        walked.append(steps.weights)
    return np.array(walked, np.float64)


def ends(result: dure.Result) -> Floats:
    """The weights at the end of each lane of fold 1, shape [seed, weight]."""
    lanes = [result.lane(result.variants[0], int(s)) for s in result.curves["seed"].values]
    kept = [lane.model("final").get_weights() for lane in lanes]
    return np.array([np.concatenate([w.ravel() for w in weights]) for weights in kept])


def training_rows(study: dure.Study) -> tuple[Floats, Floats]:
    """Inputs and targets that train in fold 1, standardised where the data ask for it."""
    arrays, rows = study.fold_arrays(study.splits[0]), study.splits[0].train
    return np.asarray(arrays.x)[rows], np.asarray(arrays.y)[rows]


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
    """One of the five batch sizes."""
    whole = dure.data.breast_cancer()
    assert whole.feature_names is not None
    x, test_x = (np.asarray(part)[:, FEATURES] for part in (whole.x, whole.test[0]))
    return dure.Study(
        build,
        replace(
            whole,
            x=x,
            test=(test_x, whole.test[1]),
            feature_names=[whole.feature_names[i] for i in FEATURES],
            prepare=StandardScaler(),
        ),
        seeds=2 if quick else 10,
        validation_split=0.2,
        epochs=100,
        batch_size=BATCHES[name],
        name=name.replace(" ", "-"),
    )


def show(page: Page) -> None:
    """Train all five; losses with intervals, updates, seconds, and the paths."""
    ways, losses = {}, {}
    for name, size in BATCHES.items():
        made = study(name, page.quick)
        result = page.run(made)
        x, y = training_rows(made)
        ways[name] = paths(made, result)
        # After each epoch over all training rows; the curves' loss is a mean while weights move.
        losses[name] = (-(-len(y) // size), loss_of(ways[name][:, 1:], x, y))
        updates = losses[name][0] * losses[name][1].shape[1]
        mean, low, high, lanes, _ = mean_interval(losses[name][1][:, -1:])
        spread = f" [{low:.4f}, {high:.4f}]" if lanes > 1 else ""
        seconds = float(result.lanes["seconds"].sum())
        page.fact(f"updates, {name}", updates)
        page.fact(f"seconds, {name}", seconds)
        page.fact(f"loss, {name}", losses[name][1][:, -1])
        off = np.abs(ways[name][:, -1] - ends(result))
        page.fact(f"paths end off their lanes, {name}", off)
        page.say(
            say(
                "{name}: {updates:,} updates a network, {seconds:.2f} s for all {networks} of "
                "them; loss {loss} on the {rows} training rows.",
                **{"name": name, "updates": updates, "seconds": seconds, "networks": lanes},
                **{"loss": f"{mean:.4f}{spread}", "rows": len(y)},
            )
        )
    surface = surface_of(x, y, np.concatenate(list(ways.values())))
    least = surface.least
    page.fact("least_loss", least)
    page.say(say("The least loss there is on these rows: {least:.4f}.", least=least))
    if result.curves.sizes["epoch"] >= 100:
        page.say(_alike({name: values for name, (_, values) in losses.items()}))
    chosen = ("stochastic", "mini-batch 32", "full batch")
    inputs = made.data.feature_names or ()
    sides = (f"weight of {inputs[0]}", f"weight of {inputs[1]}")
    notes = [
        "Loss on the training rows, darker is higher, the bias at its best for each point.",
        "One dot after each epoch; seed 0.",
    ]
    walks = {name: ways[name][0, :, :2] for name in chosen}
    drawn = neurons.paths(walks, sides, "Three descents of one loss", surface, notes)
    page.picture("paths", drawn)
    above = {name: (updates, loss - least) for name, (updates, loss) in losses.items()}
    side = "training loss above the least"
    page.picture("losses", neurons.descents(above, side, "Five batch sizes, one rate"))


def _alike(losses: dict[str, Floats]) -> Message:
    """How the losses [seed, epoch] of three batch sizes stand after as many updates."""
    alike = [
        f"{losses[f'mini-batch {n}'][:, epoch - 1].mean():.4f}"
        for n, epoch in ((64, 100), (32, 50), (16, 26))  # 600, 600 and 598 updates
    ]
    return say(
        "Update for update they go down alike: after 600, batches of 64, 32 and 16 stand at "
        "{losses}. Small batches make more updates in an epoch; single samples end up walking "
        "about the least.",
        losses=", ".join(alike),
    )
