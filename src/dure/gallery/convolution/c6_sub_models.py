"""C6. A model from the input to any inner layer's output.

The notes write ``keras.Model(model.inputs, layer.output)`` and call it for pictures; so does this
row, and shows that ``dure.look(model).submodel(name)`` gives the same (it reaches layers of inner
models, too). What such a model is good for is measured: digits are told apart by the nearest class
mean of each layer's output, over seeds, beside pixels alone. What a layer gains on the one before
it is what it has learnt.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import dure
from dure.core.arrays import Array
from dure.core.backend import keras
from dure.gallery.convolution import c2_digits_cnn
from dure.gallery.page import RowPage
from dure.gallery.plots.rows import interval_rows
from dure.gallery.shared.tasks import few_rows
from dure.messages.message import say


def study(quick: bool = False) -> dure.Study:
    """The network of C2 on few digits: nothing here rests on its being good."""
    small = c2_digits_cnn.study(quick=True)
    data = few_rows(dure.data.mnist(), 2_000, 1_000)
    return small if quick else replace(small, data=data, seeds=5, epochs=8, name="sub-models")


def show(page: RowPage) -> None:
    """Both ways to each layer, then how well each layer tells digits apart."""
    asked = study(page.quick)
    result = page.run(asked)
    assert asked.data.test is not None
    x, y = (np.asarray(part) for part in asked.data.test[:2])

    model = result.best().model()
    look, apart = dure.look(model), 0.0
    for layer in model.layers:
        inner = keras.Model(model.inputs, layer.output)  # the notes' way
        given = inner.predict(x[:20], verbose=0)
        same = look.submodel(layer.name).predict(x[:20], verbose=0)
        apart = max(apart, float(np.abs(given - same).max()))
        page.fact(f"shape of {layer.name}", given.shape[1:])
    page.fact("largest difference", apart)
    page.say(
        "{models} sub-models, from the input to each layer's output, the plain Keras way and by "
        "dure.look(model).submodel: outputs differ by at most {difference:g}.",
        models=len(model.layers),
        difference=apart,
    )

    known, classes = np.asarray(asked.data.x), np.asarray(asked.data.y)
    right: dict[str, list[float]] = {say("pixels"): []}
    for seed in result.curves["seed"].values:
        trained = dure.look(result.lane(result.variants[0], int(seed)))
        right["pixels"].append(by_nearest_mean(known, classes, x, y))
        for layer in ("pool_1", "pool_2", "dense"):
            inner = trained.submodel(layer)
            means, digits = (inner.predict(rows, verbose=0) for rows in (known, x))
            right.setdefault(layer, []).append(by_nearest_mean(means, classes, digits, y))
    for name, shares in right.items():
        page.fact(f"nearest mean of {name}", shares)
        page.say(
            "Nearest class mean of {name}: {share} of test digits right.",
            name=name,
            share=page.interval(f"nearest mean of {name}, mean", shares),
        )
    title, axis = "What each layer's output is worth: nearest class mean", "test digits right"
    page.picture("nearest-mean", interval_rows(right, title, axis))
    page.picture("pool_2", dure.look(result.best(), x).draw.feature_maps("pool_2"))


def by_nearest_mean(known: Array, classes: Array, rows: Array, truth: Array) -> float:
    """The share of rows whose nearest mean (Euclidean) of known rows is that of their class."""
    known, rows = (each.reshape(len(each), -1) for each in (known, rows))
    labels = np.unique(classes)
    means = np.stack([known[classes == label].mean(axis=0) for label in labels])
    # |a - b|^2 without the |a|^2 that all means share.
    distance = (means**2).sum(axis=1) - 2 * rows @ means.T
    return float((labels[distance.argmin(axis=1)] == truth).mean())
