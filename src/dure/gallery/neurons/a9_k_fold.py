"""A9. Ten folds: every row validates once, and the scaler is fitted inside the fold.

The note cuts the rows in ten, trains ten times and takes the mean. ``folds=10`` does the cutting,
and ``prepare=StandardScaler()`` fits a fresh scaler on the training rows of each fold. Dure adds
the interval of the mean, which is wider than ten independent values would give (the folds share
training rows), and measures what leaks when the scaler sees all rows beforehand.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from sklearn.preprocessing import StandardScaler

import dure
from dure.core.backend import keras
from dure.gallery.page import RowPage
from dure.gallery.plots.rows import interval_rows
from dure.gallery.shared.networks import last_values
from dure.messages.message import say

FOLDS = 10


def build() -> keras.Model:
    """A logistic neuron with L2; weights start at 1."""
    neuron = keras.layers.Dense(
        1, kernel_initializer="ones", kernel_regularizer=keras.regularizers.L2(0.005)
    )
    model = keras.Sequential([keras.layers.Input((30,)), neuron])
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    accuracy = keras.metrics.BinaryAccuracy("accuracy", threshold=0.0)
    model.compile(keras.optimizers.SGD(0.1), loss, metrics=[accuracy])
    return model


def study(quick: bool = False) -> dure.Study:
    """The scaler is fitted in each fold, on its training rows only."""
    return dure.Study(
        build,
        replace(dure.data.breast_cancer(), prepare=StandardScaler()),
        variants={"fitted in the fold": {}},
        seeds=2 if quick else 5,
        folds=FOLDS,
        epochs=20 if quick else 100,
        batch_size=1,
        name="scaled-in-fold",
    )


def leaking_study(quick: bool = False) -> dure.Study:
    """The same folds and seeds, but the scaler has seen all rows before they are cut."""
    inside = study(quick)
    x = StandardScaler().fit_transform(inside.data.x)
    data = replace(inside.data, x=x, prepare=None, test=None)
    return replace(inside, data=data, variants={"saw all rows": {}}, name="scaled-before")


def show(page: RowPage) -> None:
    """Train in folds with and without the leak, and put both beside each other."""
    asked = study(page.quick)
    inside, before = page.run(asked), page.run(leaking_study(page.quick))
    judged = np.concatenate([split.validation for split in asked.splits])
    page.fact("times_validated", np.bincount(judged, minlength=asked.data.rows))
    page.say(
        "{folds} folds; each of the {rows} rows validates once.",
        folds=len(asked.splits),
        rows=asked.data.rows,
    )
    accuracy, leaking = (last_values(result, "val_accuracy") for result in (inside, before))

    def over_folds(what: str, fact: str, values: np.ndarray) -> None:
        """Seeds averaged: an interval for other rows, not for other seeds."""
        page.tell(what, values.mean(axis=0)[None], fact)

    over_folds(say("accuracy after the last epoch, over folds"), "accuracy", accuracy)
    leak = last_values(before, "val_loss") - last_values(inside, "val_loss")
    over_folds(
        say("what a scaler that saw all rows adds to the loss, over folds"), "loss_leak", leak
    )
    page.compare(before.compare("val_accuracy", other=inside))
    best = inside.at_best("val_accuracy").isel(variant=0).transpose("seed", "fold").values
    what = say("what judging each fold at its own best epoch adds to the accuracy, over folds")
    over_folds(what, "chosen_epoch", best - accuracy)
    x = asked.data.x
    moved = [
        (np.abs(x[split.train].mean(axis=0) - x.mean(axis=0)) / x.std(axis=0)).mean()
        for split in asked.splits
    ]
    page.fact("scaler_moved", moved)
    rows = {
        f"fold {fold + 1}": {"fitted in the fold": one, "saw all rows": other}
        for fold, (one, other) in enumerate(zip(accuracy.T, leaking.T, strict=True))
    }
    axis = "validation accuracy, last epoch; intervals over seeds"
    page.picture("folds", interval_rows(rows, "Where the scaler was fitted", axis))
