"""C1. A small convolutional network on clothing overfits; Dropout of 0.5 is to mend it.

The notes train it for 20 epochs, see validation loss turn up while training loss goes on falling,
put a Dropout of 0.5 behind Flatten, and judge by two curves of one run each. Here both networks
train on the same seeds (same first weights, same order of batches), so that their difference is
taken seed by seed and comes with an interval.
"""

from __future__ import annotations

import numpy as np

import dure
from dure.core.backend import keras
from dure.core.types import Mode
from dure.gallery.page import RowPage
from dure.gallery.shared.networks import last_values
from dure.gallery.shared.tasks import few_rows
from dure.gallery.shared.values import compare_values
from dure.messages.message import say


def build(dropout: float = 0.0) -> keras.Model:
    """Conv 10 of 3 x 3, MaxPool 2, Flatten, (Dropout,) Dense 100, Dense 10."""
    model = keras.Sequential([keras.layers.Input((28, 28, 1))])
    model.add(keras.layers.Conv2D(10, 3, activation="relu", padding="same"))
    model.add(keras.layers.MaxPooling2D(2))
    model.add(keras.layers.Flatten())
    if dropout:
        model.add(keras.layers.Dropout(dropout))
    model.add(keras.layers.Dense(100, activation="relu"))
    model.add(keras.layers.Dense(10, activation="softmax"))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def study(quick: bool = False) -> dure.Study:
    """Both networks, without early stopping: to see overfitting is the point."""
    data = dure.data.fashion_mnist()
    data = few_rows(data, 400) if quick else data
    return dure.Study(
        build,
        data,
        {"plain": {}, "Dropout 0.5": {"dropout": 0.5}},
        seeds=2 if quick else 10,
        validation_split=0.2,
        # The note's 20 epochs are 30,000 updates; on an excerpt 20 epochs are 360, too few for
        # anything to be learnt by heart.
        epochs=20 if quick else 60 if data.excerpt else 20,
        name="small-cnn",
    )


def show(page: RowPage) -> None:
    """Train both; whether each overfits, and what Dropout changes at the end and at best."""
    result = page.run(study(page.quick))
    model = result.best(variant="plain").model()
    counts = [layer.count_params() for layer in model.layers if layer.weights]
    page.fact("parameters by layer", counts)
    page.fact("parameters", sum(counts))
    page.say(
        "{sum} = {count:,} parameters (note: 197,210).",
        sum=" + ".join(f"{n:,}" for n in counts),
        count=sum(counts),
    )
    page.overfitting(result)
    fifth = max(1, result.curves.sizes["epoch"] // 5)
    for variant in result.variants:
        # Two stretches fixed beforehand: unlike "last minus least" this is 0 on average for noise.
        curve = result.curves["val_loss"].sel(variant=variant, fold=1)
        stretches = slice(-fifth, None), slice(-2 * fifth, -fifth)
        late, before = (curve.isel(epoch=part).mean("epoch").values for part in stretches)
        page.interval(f"rise of {variant}", late - before)
    modes: dict[str, Mode] = {"loss": "min", "accuracy": "max"}
    for metric, mode in modes.items():
        what = say("{metric} after the last epoch", metric=f"val_{metric}")
        ends = {v: last_values(result, f"val_{metric}", v)[:, 0] for v in result.variants}
        name = f"difference in validation {metric} at the end"
        page.interval(name, np.subtract(ends["Dropout 0.5"], ends["plain"]))
        page.compare(compare_values(what, mode, ends, "plain"))
    best = result.at_best("val_loss").sel(fold=1)
    apart = best.sel(variant="Dropout 0.5") - best.sel(variant="plain")
    page.interval("difference in validation loss at its best", apart.values)
    page.compare(result.compare("val_loss", baseline="plain"), say("at each one's best epoch"))
    page.say(
        "Dropout mends overfitting where validation loss is better at the end; where it is no "
        "better at its best, stopping early does as well."
    )
    page.curves(result, "loss", "accuracy")
