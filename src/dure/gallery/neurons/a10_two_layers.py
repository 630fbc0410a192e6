"""A10. Two layers, mini-batches, softmax; beside scikit-learn's MLPClassifier.

The note trains a hidden layer of ten sigmoids by hand, with SGD at a rate of 0.1, L2 of 0.01 and
batches of 32, on two classes and then on ten with cross-entropy, and puts MLPClassifier beside it.
Dure trains the same networks in Keras from several seeds, MLPClassifier from the same number, and
says whether they differ. MLPClassifier divides its penalty by the rows of the batch; so does this
build, and the rows that train are a multiple of 32, so that no batch is smaller.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

import dure
from dure.core.backend import keras
from dure.core.types import Floats
from dure.gallery.page import RowPage
from dure.gallery.plots.rows import interval_rows
from dure.gallery.shared.networks import held_rows, last_values, training_rows
from dure.gallery.shared.tasks import flat_digits
from dure.gallery.shared.values import compare_values
from dure.messages.message import say

RATE, L2, BATCH = 0.1, 0.01, 32
OURS, THEIRS = "Keras, by Dure", "MLPClassifier"


def build(inputs: int = 30, classes: int = 2) -> keras.Model:
    """Ten sigmoids, then one sigmoid for two classes or a softmax for more."""
    # The slope of Keras' L2 is twice its strength times the weight.
    dense = {
        "kernel_regularizer": keras.regularizers.L2(L2 / 2 / BATCH),
        # As MLPClassifier draws weights before a sigmoid.
        "kernel_initializer": keras.initializers.VarianceScaling(1 / 3, "fan_avg", "uniform"),
    }
    last, loss = "sigmoid", "binary_crossentropy"
    if classes > 2:
        last, loss = "softmax", "sparse_categorical_crossentropy"
    model = keras.Sequential(
        [
            keras.layers.Input((inputs,)),
            keras.layers.Dense(10, activation="sigmoid", **dense),
            keras.layers.Dense(1 if classes == 2 else classes, activation=last, **dense),
        ]
    )
    model.compile(keras.optimizers.SGD(RATE), loss, metrics=["accuracy"])
    return model


def peer(seed: int, epochs: int) -> MLPClassifier:
    """The same network in scikit-learn, stopped by nothing but its epochs."""
    return MLPClassifier(
        (10,),
        activation="logistic",
        solver="sgd",
        alpha=L2,
        batch_size=BATCH,
        learning_rate_init=RATE,
        momentum=0,
        max_iter=epochs,
        tol=0,
        n_iter_no_change=epochs,
        random_state=seed,
    )


def study(quick: bool = False) -> dure.Study:
    """Two classes: 352 of the breast cancer rows train, 103 validate."""
    return dure.Study(
        build,
        replace(dure.data.breast_cancer(), prepare=StandardScaler()),
        seeds=10,
        validation_split=0.226,
        epochs=30 if quick else 1000,
        batch_size=BATCH,
        name="two-classes",
    )


def digits_study(quick: bool = False) -> dure.Study:
    """Ten classes: 1,152 digits train, 285 validate."""
    softmax = {"softmax": {"inputs": 64, "classes": 10}}
    terms = dict[str, Any](validation_split=0.198, name="ten-classes")
    return replace(study(quick), data=flat_digits(), variants=softmax, **terms)


def peers_accuracy(asked: dure.Study, seeds: int, epochs: int) -> Floats:
    """MLPClassifier's validation accuracy after its last epoch, shape [seed]."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # it was to run to the last epoch
        peers = [peer(seed, epochs).fit(*training_rows(asked)) for seed in range(seeds)]
    return np.array([peer.score(*held_rows(asked)) for peer in peers])


def show(page: RowPage) -> None:
    """Train both kinds on both data, and say whether they agree."""
    rows = {}
    for asked in (study(page.quick), digits_study(page.quick)):
        result = page.run(asked)
        held = asked.data.rows - len(asked.splits[0].train)
        # Keras' accuracies are float32: back to right answers by the row.
        ours = np.round(last_values(result, "val_accuracy")[:, 0] * held) / held
        theirs = peers_accuracy(asked, len(ours), result.curves.sizes["epoch"])
        rows[asked.name] = {OURS: ours, THEIRS: theirs}
        page.fact(f"parameters_{asked.name}", result.best().model().count_params())
        page.fact(f"accuracy_{asked.name}", ours)
        page.fact(f"peer_accuracy_{asked.name}", theirs)
        page.interval(f"difference_{asked.name}", np.round(ours - theirs, 12))
        what = say("{metric} after the last epoch", metric="val_accuracy")
        page.compare(compare_values(what, "max", rows[asked.name], THEIRS), asked.name)
    drawn = interval_rows(rows, "Beside MLPClassifier", "validation accuracy, last epoch")
    page.picture("beside-mlpclassifier", drawn)
