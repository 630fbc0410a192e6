"""A7. Underfitting and overfitting: loss against epochs, and against the size of the network.

The note draws training and validation loss of one network over its epochs, and again over ever
larger networks, and tells where each turns. Dure trains every size from several seeds: the epoch at
which validation turns, and what is gained by a larger network, have intervals. Only a hundred
digits train, few enough to be learnt by heart; 400 validate.
"""

from __future__ import annotations

import numpy as np

import dure
from dure.core.backend import keras
from dure.core.types import Floats
from dure.gallery.page import RowPage
from dure.gallery.plots.panels import PanelLine, PanelScale, panels

UNITS = (2, 4, 8, 16, 64, 256)


def build(units: int = 16) -> keras.Model:
    """One hidden layer."""
    model = keras.Sequential(
        [
            keras.layers.Input((8, 8, 1)),
            keras.layers.Flatten(),
            keras.layers.Dense(units, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(
        keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return model


def study(quick: bool = False) -> dure.Study:
    """Every size on the same hundred digits; no early stopping, for overfitting is to be seen."""
    return dure.Study(
        build,
        dure.data.digits().take(slice(500)),
        variants={"units": [2, 16, 256] if quick else UNITS},
        seeds=5 if quick else 10,
        validation_split=0.8,
        epochs=50 if quick else 100,
        batch_size=10,
        name="sizes",
    )


def losses(result: dure.Result) -> dict[str, Floats]:
    """Losses of each size and seed, shape [size, seed]: at the end and where validation turned."""
    end = result.curves.isel(fold=0, epoch=-1).transpose("variant", "seed")
    turn = result.at_best("val_loss").isel(fold=0).transpose("variant", "seed")
    return {
        "training, last epoch": end["loss"].values,
        "validation, last epoch": end["val_loss"].values,
        "validation, where it turned": turn.values,
    }


def show(page: RowPage) -> None:
    """Train every size; where validation turns, and what the fewest and the most units cost."""
    result = page.run(study(page.quick))
    units = [int(name.removeprefix("units=")) for name in result.variants]
    found = losses(result)
    for label, values in found.items():
        page.fact(label.replace(",", "").replace(" ", "_"), values)
    best = result.lanes.pivot(index="variant", columns="seed", values="best_epoch")
    page.fact("epoch", best.loc[result.variants].to_numpy(dtype=np.float64))
    page.fact("units", units)
    page.overfitting(result)
    page.compare(result.compare("val_loss", baseline="units=16"))
    page.say(
        "Too few units cannot learn the rows; more than are needed learn them by heart, and "
        "validation turns the earlier."
    )
    page.curves(result, "loss")
    lines = {label: PanelLine(units, values.T) for label, values in found.items()}
    scale = PanelScale("hidden units", "loss", "x", limits=(0, 2.5))
    page.picture("loss-against-size", panels({"": lines}, scale, "Loss against size"))
