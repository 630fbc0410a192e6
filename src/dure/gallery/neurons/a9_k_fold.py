"""A9. Ten folds: every row validates once, and the scaler is fitted inside the fold.

The note cuts the rows in ten, trains ten times and takes the mean. ``folds=10`` does the cutting,
and ``prepare=StandardScaler()`` fits a fresh scaler on the training rows of each fold. Dure adds
the interval of the mean, which is wider than ten independent values would give (the folds share
training rows), and measures what leaks when the scaler sees all rows beforehand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.preprocessing import StandardScaler

import dure
from dure.core.backend import keras
from dure.core.palette import COLOURS
from dure.gallery.page import Page
from dure.messages.message import Message, say
from dure.plots.lines import interval_points
from dure.plots.style import drawing, dressed
from dure.result import Result
from dure.stats.intervals import interval_texts, mean_interval

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
    return replace(inside, data=data, name="scaled-before")


def last_values(result: Result, metric: str) -> NDArray[np.float64]:
    """A metric after the last epoch, shape [seed, fold]: no epoch is chosen by what it judges."""
    values = result.curves[metric].isel(variant=0, epoch=-1)
    return np.asarray(values.transpose("seed", "fold").values)


def over_folds(values: NDArray[np.float64]) -> tuple[float, float, float]:
    """Mean and interval over folds [seed, fold], seeds averaged: of other rows, not other seeds."""
    return mean_interval(values.mean(axis=0, keepdims=True))[:3]


@drawing
def draw(inside: NDArray[np.float64], before: NDArray[np.float64]) -> Figure:
    """Every fold's accuracy with its interval over seeds, and the mean over folds with its own."""
    figure = Figure(figsize=(8.5, 4.2), layout="constrained")
    axes = figure.subplots()
    folds = np.arange(1, inside.shape[1] + 1)
    parts = {"scaler fitted in the fold": inside, "scaler saw all rows": before}
    for (label, values), colour, shift in zip(parts.items(), COLOURS, (-0.12, 0.12), strict=False):
        interval_points(axes, folds + shift, values, colour, label)
        mean, low, high = over_folds(values)
        at = len(folds) + 1.5 + shift
        axes.errorbar([at], [mean], [[mean - low], [high - mean]], fmt="s", color=colour, capsize=4)
    axes.axvline(len(folds) + 0.75, color="0.7", linewidth=0.8)
    axes.set_xticks([*folds, len(folds) + 1.5], [*map(str, folds), "mean"])
    dressed(axes, "fold that validates", "validation accuracy, last epoch", "y")
    axes.legend(frameon=False, loc="lower left")
    return figure


def show(page: Page) -> None:
    """Train in folds with and without the leak, and put both beside each other."""
    asked = study(page.quick)
    inside, before = page.run(asked), page.run(leaking_study(page.quick))
    judged = np.concatenate([split.validation for split in asked.splits])
    page.fact("times_validated", np.bincount(judged, minlength=asked.data.rows))
    page.say(
        say(
            "{folds} folds; each of the {rows} rows validates once.",
            **{"folds": len(asked.splits), "rows": asked.data.rows},
        )
    )
    accuracy = {r.name: last_values(r, "val_accuracy") for r in (inside, before)}
    page.picture("folds", draw(*accuracy.values()))
    chosen = inside.at_best("val_accuracy").isel(variant=0).transpose("seed", "fold").values
    rows = {
        "accuracy": accuracy[inside.name],
        "accuracy_leak": accuracy[before.name] - accuracy[inside.name],
        "loss_leak": last_values(before, "val_loss") - last_values(inside, "val_loss"),
        "chosen_epoch": chosen - accuracy[inside.name],
    }
    known = {name: over_folds(values) for name, values in rows.items()}
    for name, interval in known.items():
        page.fact(name, interval)
    moved = [_moved(asked.data.x, split.train) for split in asked.splits]
    page.fact("scaler_moved", moved)
    for line in _found(known, float(np.mean(moved))):
        page.say(line)


def _found(known: dict[str, tuple[float, float, float]], moved: float) -> Iterator[Message]:
    """What the folds say of accuracy, of the scaler's leak and of choosing an epoch."""
    told = {name: interval_texts([interval])[0] for name, interval in known.items()}
    yield say(
        "Accuracy after the last epoch, with its interval over folds: {accuracy}.",
        accuracy=told["accuracy"],
    )
    yield say(
        "A scaler that sees all rows has means {moved:.3f} deviations from the fold's own. In the "
        "same folds it changes accuracy by {accuracy} and loss by {loss}: {verdict}.",
        **{"moved": moved, "accuracy": told["accuracy_leak"], "loss": told["loss_leak"]},
        verdict=_verdict(known["accuracy_leak"]),
    )
    yield say(
        "Judging each fold at the epoch that was best on its own validation rows changes accuracy "
        "by {difference}: {verdict}.",
        difference=told["chosen_epoch"],
        verdict=_verdict(known["chosen_epoch"]),
    )


def _moved(x: NDArray[np.float64], train: NDArray[np.int32]) -> float:
    return float((np.abs(x[train].mean(axis=0) - x.mean(axis=0)) / x.std(axis=0)).mean())


def _verdict(interval: tuple[float, float, float]) -> Message:
    _, low, high = interval
    if low <= 0 <= high:
        return say("cannot be told from nothing")
    return say("a leak that can be seen")
