"""C4. What training did to the kernels of a convolution.

The notes print shape, mean and deviation of the first layer's weights, draw the 32 kernels and the
histogram, and do the same for a network that was never trained. Which weights are "the untrained
ones" matters: here each trained network stands beside its own start (same seed), so what training
changed can be told from what another draw would have changed; figures are over seeds.
"""

from __future__ import annotations

import math

import numpy as np
import xarray as xr

import dure
from dure.core.backend import keras
from dure.gallery.convolution.c1_small_cnn import few
from dure.gallery.page import Comparison, Page
from dure.gallery.shared.lanes_text import over_lanes, told
from dure.messages.message import say
from dure.stats.intervals import Interval

NOTE = {"mean": -0.025, "deviation": 0.250}
OF_KERNEL = {"mean": say("mean of the kernel"), "deviation": say("deviation of the kernel")}
OF_WEIGHTS = {"mean": say("Mean of the weights"), "deviation": say("Deviation of the weights")}
WITHIN = ("height", "width", "channel", "filter")


def build() -> keras.Model:
    """Conv 32, MaxPool, Conv 64, MaxPool, Flatten, Dense 100, Dropout, Dense 10."""
    model = keras.Sequential(
        [
            keras.layers.Input((28, 28, 1)),
            keras.layers.Conv2D(32, 3, activation="relu", padding="same", name="conv_1"),
            keras.layers.MaxPooling2D(2, name="pool_1"),
            keras.layers.Conv2D(64, 3, activation="relu", padding="same", name="conv_2"),
            keras.layers.MaxPooling2D(2, name="pool_2"),
            keras.layers.Flatten(name="flatten"),
            keras.layers.Dense(100, activation="relu", name="dense"),
            keras.layers.Dropout(0.4, name="dropout"),
            keras.layers.Dense(10, activation="softmax", name="classes"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def study(quick: bool = False) -> dure.Study:
    """Clothing; stopped three epochs after the best."""
    data = dure.data.fashion_mnist()
    data = few(data, 400) if quick else data
    return dure.Study(
        build,
        data,
        seeds=2 if quick else 5,
        validation_split=0.2,
        epochs=3 if quick else 60 if data.excerpt else 20,
        callbacks=[keras.callbacks.EarlyStopping(patience=3, restore_best_weights=True)],
        name="clothing-cnn",
    )


def show(page: Page) -> None:
    """Train, then kernels and histograms beside those of the start."""
    asked = study(page.quick)
    result = page.run(asked)

    # The notes' way.
    conv = result.best().model().layers[0]
    kernel, bias = conv.weights
    page.fact("kernel", kernel.shape)
    page.fact("bias", bias.shape)
    page.say(
        say(
            "Layer {layer}: kernel {kernel}, bias {bias}.",
            **{"layer": conv.name, "kernel": _times(kernel.shape), "bias": _times(bias.shape)},
        )
    )

    # Over seeds.
    look = dure.look(result)
    trained, start = look.kernels("conv_1"), look.kernels("conv_1", untrained=True)
    for what, measure in {"mean": xr.DataArray.mean, "deviation": xr.DataArray.std}.items():
        _tell_change(page, what, *(over_lanes(measure(k, WITHIN)) for k in (trained, start)))
    moved = over_lanes(_norm(trained - start) / _norm(start))
    page.fact("moved", moved[:3])
    # The note's 48,000 rows are 1,500 updates an epoch; deviation grows with updates.
    each = math.ceil(len(asked.splits[0].train) / asked.batch_size)
    updates = each * result.lanes["best_epoch"].to_numpy(float, na_value=np.nan)
    page.fact("updates", updates)
    page.say(
        say(
            "That is after {updates} updates, which moved the kernel by {moved} of its own length; "
            "the note's network had 1,500 updates in each epoch.",
            **{"updates": told(over_lanes(updates)), "moved": told(moved)},
        )
    )
    best = dure.look(result.best())
    page.picture("kernels", best.draw.kernels("conv_1"))
    page.picture("histograms", best.draw.weights("conv_1"))
    page.picture("kernels-of-each-seed", look.draw.kernels("conv_1"))
    page.picture("histograms-over-seeds", look.draw.weights("conv_1"))


def _tell_change(page: Page, what: str, after: Interval, before: Interval) -> None:
    """Mean or deviation of the weights after training and before, beside the note's."""
    page.comparisons.append(Comparison(OF_KERNEL[what], NOTE[what], *after[:4]))
    page.fact(what, after[:3])
    page.fact(f"untrained {what}", before[:3])
    page.say(
        say(
            "{what}: trained {after}, at the start {before}; the note's one run: {note:g}.",
            **{"what": OF_WEIGHTS[what], "after": told(after), "before": told(before)},
            note=NOTE[what],
        )
    )


def _norm(kernel: xr.DataArray) -> xr.DataArray:
    """The length of each network's kernel as one vector."""
    return (kernel**2).sum(WITHIN) ** 0.5


def _times(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
