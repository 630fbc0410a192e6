"""E1. Cures for overfitting, each tried against the same baseline on the same seeds.

The note lists more data, made-up data (turned, shifted, noisy pictures), a smaller network, L1, L2
and Dropout. Here a network learns a hundred pictures of clothing by heart, and each cure changes
one thing of it. The same 300 rows validate all, so every effect is a difference seed by seed: after
the last epoch (is the overfitting mended?), and at each network's own best epoch (is there anything
left to gain for those who stop in time?).

What is compared is the bare cross-entropy: `val_loss` holds the penalties of L1 and L2 as well.
The gap between validation and training rows is read from the trained networks, because the training
loss on the way is measured with Dropout, noise and turned pictures in it. Noise as a cure: Bishop
1995, "Training with noise is equivalent to Tikhonov regularization".
"""

from __future__ import annotations

from typing import Any

import numpy as np

import dure
from dure.core.backend import keras
from dure.core.types import Floats
from dure.gallery.page import RowPage
from dure.gallery.plots.rows import interval_rows
from dure.gallery.shared.networks import last_values
from dure.gallery.shared.values import compare_values
from dure.messages.message import say

ROWS, MORE, VALIDATION = 100, 400, 300
METRIC = "val_cross_entropy"
BASELINE, MORE_ROWS = "no cure", "four times the rows"
CURES: dict[str, dict[str, float]] = {
    BASELINE: {},
    **{"turn by up to 10 degrees": {"turn": 10.0}, "shift by up to 2 pixels": {"shift": 2 / 28}},
    "noise of 0.2": {"noise": 0.2},
    "turn, shift and noise": {"turn": 10.0, "shift": 2 / 28, "noise": 0.2},
    **{"smaller: 32 units": {"units": 32}, "L1 of 0.001": {"l1": 1e-3}},
    **{"L2 of 0.01": {"l2": 1e-2}, "Dropout of 0.5": {"dropout": 0.5}},
}
IN_QUICK = (BASELINE, "noise of 0.2", "Dropout of 0.5")
BEST, LAST = say("at each one's best epoch"), say("after the last epoch")


def build(
    units: int = 256,
    turn: float = 0.0,
    shift: float = 0.0,
    noise: float = 0.0,
    l1: float = 0.0,
    l2: float = 0.0,
    dropout: float = 0.0,
) -> keras.Model:
    """One hidden layer; `turn` in degrees, `shift` as a share of the picture's side."""
    penalty = keras.regularizers.L1L2(l1, l2) if l1 or l2 else None
    # Made before the cures, which draw seeds of their own: first weights are those of the baseline.
    hidden = keras.layers.Dense(units, activation="relu", kernel_regularizer=penalty)
    output = keras.layers.Dense(10, activation="softmax")
    model = keras.Sequential([keras.layers.Input((28, 28, 1))])
    if turn:
        model.add(keras.layers.RandomRotation(turn / 360, fill_mode="constant"))
    if shift:
        model.add(keras.layers.RandomTranslation(shift, shift, fill_mode="constant"))
    if noise:
        model.add(keras.layers.GaussianNoise(noise))
    model.add(keras.layers.Flatten())
    model.add(hidden)
    if dropout:
        model.add(keras.layers.Dropout(dropout))
    model.add(output)
    entropy = keras.metrics.SparseCategoricalCrossentropy(name="cross_entropy")
    model.compile("adam", "sparse_categorical_crossentropy", metrics=[entropy])
    return model


def study(quick: bool = False, rows: int = ROWS) -> dure.Study:
    """All cures on the first `rows` pictures; with more rows than `ROWS` the baseline alone."""
    clothes = dure.data.fashion_mnist()
    cures = {name: CURES[name] for name in (IN_QUICK if quick else CURES)}
    epochs = 40 if quick else 100
    # Never stops: it says which metric decides the best epoch.
    watch = keras.callbacks.EarlyStopping(METRIC, patience=epochs, mode="min")
    held = clothes.x[-VALIDATION:], np.asarray(clothes.y)[-VALIDATION:]
    terms = dict[str, Any](seeds=3 if quick else 10, epochs=epochs, batch_size=10)
    terms |= {"validation_data": held, "callbacks": [watch]}
    if rows != ROWS:
        cures, terms["name"] = {MORE_ROWS: {}}, "more-rows"
    return dure.Study(build, clothes.take(slice(rows)), cures, **{"name": "cures", **terms})


def show(page: RowPage) -> None:
    """Train all; which overfit, what each cure changes in the end and at best, the gaps left."""
    best, last, gap, results = {}, {}, {}, []
    for rows in (ROWS, MORE):
        asked = study(page.quick, rows)
        results.append(result := page.run(asked))
        for name in result.variants:
            best[name] = result.at_best(METRIC).sel(variant=name).values[:, 0]
            last[name] = last_values(result, METRIC, name)[:, 0]
            # Training rows without Dropout, noise or augmentation.
            look = dure.look(result, x=asked.data.x, y=asked.data.y, variant=name)
            gap[name] = best[name] - look.predictions()["loss"].mean("row").values
    page.fact("gaps", gap)
    cured, more = results
    overfitting = page.overfitting(cured, "cross_entropy")
    page.fact("given away", overfitting.row(BASELINE).given_away[:3])
    drawn: dict[str, dict[str, Floats]] = {}
    for name in (name for name in best if name != BASELINE):
        drawn[name] = {w: of[name] - of[BASELINE] for w, of in ((BEST, best), (LAST, last))}
        for when, apart in drawn[name].items():
            page.interval(f"{name}, {when}", apart)
    page.compare(compare_values("cross_entropy", "min", last, BASELINE), LAST)
    page.compare(cured.compare(METRIC, baseline=BASELINE, other=more), BEST)
    for name, values in gap.items():
        page.tell(say("{variant}: gap to training rows, best epoch", variant=name), values)
    drawn |= {"stopping in time": {LAST: best[BASELINE] - last[BASELINE]}}
    axis = "validation cross-entropy, cure minus baseline on the same seed"
    picture = interval_rows(drawn, "Cures for overfitting", axis, reference=(0, BASELINE))
    page.picture("effects", picture)
    page.curves(cured, "cross_entropy")
