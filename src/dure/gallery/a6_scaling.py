"""A6. The same fit with and without standardising.

The book draws the weights of two inputs of very different size on their zig-zag way, standardises
the inputs, and draws them again. `Data(prepare=StandardScaler())` is that step: in each fold the
scaler is fitted on the training rows only and applied to those that validate.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dure._backend import require_jax_backend

require_jax_backend()

import keras  # noqa: E402
import numpy as np  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402

import dure  # noqa: E402
from dure._intervals import interval_texts, mean_interval  # noqa: E402
from dure.gallery.a4_logistic import build as logistic  # noqa: E402
from dure.gallery.a5_three_descents import Floats, ends, paths  # noqa: E402
from dure.gallery.page import Page  # noqa: E402
from dure.view import neurons  # noqa: E402

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
    ways, held = {}, {}
    for name, prepare in (("as measured", None), ("standardised", StandardScaler())):
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
        far = interval_texts([mean_interval(turns[:, None])[:3]])[0]
        right = interval_texts([mean_interval(held[name][None])[:3]])[0]
        page.say(
            f"{name}: the weight of mean area goes to and fro over {far} times its range (seeds); "
            f"right on rows held out {right} (ten folds, last ten epochs)."
        )
        jumps = mean_interval(accuracy.std("epoch").values)[:3]
        page.fact(f"jumps, {name}", jumps)
        page.say(
            f"{name}: from epoch to epoch that accuracy moves by {interval_texts([jumps])[0]} "
            "(standard deviation, over seeds)."
        )
        ways[name] = walked[0][:, SHOWN]
    gain = mean_interval((held["standardised"] - held["as measured"])[None])
    page.fact("gain", gain[:3])
    told = interval_texts([gain[:3]])[0]
    sure = "a real difference" if not gain.low <= 0 <= gain.high else "these folds cannot tell"
    page.say(f"Standardising changes the accuracy by {told} on the same folds: {sure}.")
    split = made.splits[0]
    x = np.asarray(made.fold_arrays(split).x)
    means = [np.abs(x[rows].mean(axis=0)).max() for rows in (split.train, split.validation)]
    page.fact("largest_means", means)
    page.say(
        f"The scaler saw the training rows only: their means are 0 (at most {means[0]:.0e}), those "
        f"of the rows that validate are up to {means[1]:.2f} off."
    )
    inputs = made.data.feature_names or ()
    sides = (f"weight of {inputs[SHOWN[0]]}", f"weight of {inputs[SHOWN[1]]}")
    notes = ["One dot after each epoch; seed 0, fold 1. Mind the scales of the sides."]
    page.picture("paths", neurons.paths(ways, sides, "Zig-zag, and what scaling does", None, notes))
