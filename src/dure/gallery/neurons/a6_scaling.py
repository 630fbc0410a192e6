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
from dure.core.types import Floats
from dure.gallery.neurons import a4_logistic
from dure.gallery.page import RowPage
from dure.gallery.plots import neurons
from dure.gallery.shared.networks import final_weights, weight_paths
from dure.messages.message import say

SHOWN = (2, 3)  # mean perimeter and mean area, 92 and 655 on average
build = a4_logistic.build


def study(prepare: Any = None, quick: bool = False) -> dure.Study:
    """Ten folds and one sample at a time, on inputs as measured or after `prepare`."""
    return replace(
        a4_logistic.study(quick),
        data=replace(dure.data.breast_cancer(), prepare=prepare),
        variants={"standardised" if prepare else "as measured": {}},
        name="standardised" if prepare else "as-measured",
    )


def to_and_fro(way: Floats) -> Floats:
    """How many times each weight goes over its own range; way [seed, point], 1 is straight on."""
    return np.asarray(np.abs(np.diff(way, axis=1)).sum(axis=1) / np.ptp(way, axis=1))


def show(page: RowPage) -> None:
    """Train both ways on the same seeds and folds; paths, zig-zag, accuracy on rows held out."""
    ways: dict[str, Floats] = {}
    results, held = [], []
    for name, prepare in ((say("as measured"), None), (say("standardised"), StandardScaler())):
        made = study(prepare, page.quick)
        results.append(page.run(made))
        walked = weight_paths(made, results[-1])
        ends = final_weights(results[-1])
        page.fact(f"paths end off their lanes, {name}", np.abs(walked[:, -1] - ends))
        turns = to_and_fro(walked[..., SHOWN[1]])
        page.fact(f"to and fro, {name}", turns)
        # Folds are what differs; the orders of the rows (seeds) are averaged first.
        accuracy = results[-1].curves["val_accuracy"].isel(variant=0, epoch=slice(-10, None))
        held.append(accuracy.mean(("epoch", "seed")).values)
        page.say(
            "{name}: the weight of mean area goes to and fro over {far} times its range (seeds); "
            "right on rows held out {right} (ten folds, last ten epochs), which from epoch to "
            "epoch moves by {jumps} (standard deviation).",
            name=name,
            far=page.interval(f"zig-zag, {name}", turns),
            right=page.interval(f"held out, {name}", held[-1][None]),
            jumps=page.interval(f"jumps, {name}", accuracy.std("epoch").values),
        )
        ways[name] = walked[0][:, SHOWN]
    page.interval("gain", (held[1] - held[0])[None])
    page.compare(results[1].compare("val_accuracy", other=results[0]))
    split = made.splits[0]
    x = np.asarray(made.fold_arrays(split).x)
    means = [np.abs(x[rows].mean(axis=0)).max() for rows in (split.train, split.validation)]
    page.fact("largest_means", means)
    page.say(
        "The scaler saw the training rows only: their means are 0 (at most {training:.0e}), "
        "those of the rows that validate are up to {validation:.2f} off.",
        training=means[0],
        validation=means[1],
    )
    inputs = made.data.feature_names or ()
    sides = (f"weight of {inputs[SHOWN[0]]}", f"weight of {inputs[SHOWN[1]]}")
    notes = ["One dot after each epoch; seed 0, fold 1. Mind the scales of the sides."]
    page.picture("paths", neurons.paths(ways, sides, "Zig-zag, and what scaling does", None, notes))
