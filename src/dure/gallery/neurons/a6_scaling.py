"""A6. The same fit with and without standardising.

The book draws the weights of two inputs of very different size on their zig-zag way, standardises
the inputs, and draws them again. `Data(prepare=StandardScaler())` is that step: in each fold the
scaler is fitted on the training rows only and applied to those that validate.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.preprocessing import StandardScaler

import dure
from dure.core.backend import keras
from dure.core.types import Floats
from dure.gallery.neurons.a4_logistic import build as logistic
from dure.gallery.neurons.a5_three_descents import ends, paths
from dure.gallery.page import Page
from dure.gallery.plots import neurons
from dure.messages.message import Message, say
from dure.stats.intervals import Interval, interval_texts, mean_interval

SHOWN = (2, 3)  # mean perimeter and mean area, 92 and 655 on average


def build() -> keras.Model:
    """Thirty weights and a bias, all 1.0 at first."""
    return logistic()


def study(prepare: Any = None, quick: bool = False) -> dure.Study:
    """Ten folds and one sample at a time, on inputs as measured or after `prepare`."""
    return dure.Study(
        build,
        replace(dure.data.breast_cancer(), prepare=prepare),
        seeds=2 if quick else 10,
        folds=10,
        epochs=100,
        batch_size=1,
        name="standardised" if prepare else "as-measured",
    )


def to_and_fro(way: Floats) -> Floats:
    """How many times each weight goes over its own range; way [seed, point], 1 is straight on."""
    return np.asarray(np.abs(np.diff(way, axis=1)).sum(axis=1) / np.ptp(way, axis=1))


def show(page: Page) -> None:
    """Train both ways on the same seeds and folds; paths, zig-zag, accuracy on rows held out."""
    ways: dict[str, Floats] = {}
    held: dict[str, Floats] = {}
    for name, prepare in ((say("as measured"), None), (say("standardised"), StandardScaler())):
        made = study(prepare, page.quick)
        result = page.run(made)
        walked = paths(made, result)
        page.fact(f"paths end off their lanes, {name}", np.abs(walked[:, -1] - ends(result)))
        turns = to_and_fro(walked[..., SHOWN[1]])
        page.fact(f"to and fro, {name}", turns)
        # Folds are what differs; the orders of the rows (seeds) are averaged first.
        accuracy = result.curves["val_accuracy"].isel(variant=0, epoch=slice(-10, None))
        held[name] = accuracy.mean(("epoch", "seed")).values
        page.fact(f"held out, {name}", held[name])
        jumps = mean_interval(accuracy.std("epoch").values)
        page.fact(f"jumps, {name}", jumps[:3])
        for line in _way(
            name, mean_interval(turns[:, None]), mean_interval(held[name][None]), jumps
        ):
            page.say(line)
        ways[name] = walked[0][:, SHOWN]
    gain = mean_interval((held["standardised"] - held["as measured"])[None])
    page.fact("gain", gain[:3])
    page.say(_gained(gain))
    split = made.splits[0]
    x = np.asarray(made.fold_arrays(split).x)
    means = [np.abs(x[rows].mean(axis=0)).max() for rows in (split.train, split.validation)]
    page.fact("largest_means", means)
    page.say(
        say(
            "The scaler saw the training rows only: their means are 0 (at most {training:.0e}), "
            "those of the rows that validate are up to {validation:.2f} off.",
            **{"training": means[0], "validation": means[1]},
        )
    )
    inputs = made.data.feature_names or ()
    sides = (f"weight of {inputs[SHOWN[0]]}", f"weight of {inputs[SHOWN[1]]}")
    notes = ["One dot after each epoch; seed 0, fold 1. Mind the scales of the sides."]
    page.picture("paths", neurons.paths(ways, sides, "Zig-zag, and what scaling does", None, notes))


def _way(name: Message, far: Interval, right: Interval, jumps: Interval) -> tuple[Message, Message]:
    """How far a weight goes to and fro, how often the network is right, how that moves."""
    told = interval_texts([far[:3]]) + interval_texts([right[:3]]) + interval_texts([jumps[:3]])
    return (
        say(
            "{name}: the weight of mean area goes to and fro over {far} times its range (seeds); "
            "right on rows held out {right} (ten folds, last ten epochs).",
            **{"name": name, "far": told[0], "right": told[1]},
        ),
        say(
            "{name}: from epoch to epoch that accuracy moves by {jumps} (standard deviation, over "
            "seeds).",
            **{"name": name, "jumps": told[2]},
        ),
    )


def _gained(gain: Interval) -> Message:
    """What standardising does to accuracy."""
    text = interval_texts([gain[:3]])[0]
    if gain.low <= 0 <= gain.high:
        return say(
            "Standardising changes the accuracy by {gain} on the same folds: these folds cannot "
            "tell.",
            gain=text,
        )
    return say(
        "Standardising changes the accuracy by {gain} on the same folds: a real difference.",
        gain=text,
    )
