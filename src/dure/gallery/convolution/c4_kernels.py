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
from dure.gallery.convolution import c2_digits_cnn
from dure.gallery.page import RowPage, interval_of
from dure.gallery.shared.tasks import few_rows
from dure.messages.message import say

NOTE = {"mean": -0.025, "deviation": 0.250}
WITHIN = ("height", "width", "channel", "filter")


def build() -> keras.Model:
    """The network of C2 with half the filters: Conv 32, 64, and a Dropout of 0.4."""
    return c2_digits_cnn.build(filters=32, dropout=0.4)


def study(quick: bool = False) -> dure.Study:
    """Clothing; stopped three epochs after the best."""
    data = dure.data.fashion_mnist()
    data = few_rows(data, 400) if quick else data
    return dure.Study(
        build,
        data,
        seeds=2 if quick else 5,
        validation_split=0.2,
        epochs=3 if quick else 60 if data.excerpt else 20,
        callbacks=[keras.callbacks.EarlyStopping(patience=3, restore_best_weights=True)],
        name="clothing-cnn",
    )


def show(page: RowPage) -> None:
    """Train, then kernels and histograms beside those of the start."""
    asked = study(page.quick)
    result = page.run(asked)

    # The notes' way.
    conv = result.best().model().layers[0]
    kernel, bias = conv.weights
    page.fact("kernel", kernel.shape)
    page.fact("bias", bias.shape)
    shapes = (" x ".join(map(str, one.shape)) for one in (kernel, bias))
    known = dict(zip(("kernel", "bias"), shapes, strict=True))
    page.say("Layer {layer}: kernel {kernel}, bias {bias}.", layer=conv.name, **known)

    # Over seeds.
    look = dure.look(result)
    trained, start = look.kernels("conv_1"), look.kernels("conv_1", untrained=True)
    whats = {"mean": say("mean of the kernel"), "deviation": say("deviation of the kernel")}
    measures = {"mean": xr.DataArray.mean, "deviation": xr.DataArray.std}
    for name, measure in measures.items():
        after, before = (measure(one, WITHIN).values for one in (trained, start))
        page.beside(whats[name], NOTE[name], interval_of(after))
        page.say(
            "{what}: trained {after}, at the start {before}; the note's one run: {note:g}.",
            what=whats[name],
            after=page.interval(name, after),
            before=page.interval(f"untrained {name}", before),
            note=NOTE[name],
        )
    far, size = (((one**2).sum(WITHIN) ** 0.5).values for one in (trained - start, start))
    # The note's 48,000 rows are 1,500 updates an epoch; deviation grows with updates.
    each = math.ceil(len(asked.splits[0].train) / asked.batch_size)
    updates = each * result.lanes["best_epoch"].to_numpy(float, na_value=np.nan)
    page.fact("updates", updates)
    page.say(
        "Updates until then: {updates}. They moved the kernel by {moved} of its own length; "
        "the note's network had 1,500 updates in each epoch.",
        updates=page.interval("updates until the best epoch", updates),
        moved=page.interval("moved", far / size),
    )
    best = dure.look(result.best())
    page.picture("kernels", best.draw.kernels("conv_1"))
    page.picture("histograms", best.draw.weights("conv_1"))
    page.picture("kernels-of-each-seed", look.draw.kernels("conv_1"))
    page.picture("histograms-over-seeds", look.draw.weights("conv_1"))
