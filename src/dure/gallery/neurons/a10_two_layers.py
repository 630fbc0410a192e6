"""A10. Two layers, mini-batches, softmax; beside scikit-learn's MLPClassifier.

The note trains a hidden layer of ten sigmoids by hand, with SGD at a rate of 0.1, L2 of 0.01 and
batches of 32, on two classes and then on ten with cross-entropy, and puts MLPClassifier beside it.
Dure trains the same networks in Keras from several seeds, MLPClassifier from the same number, and
says by the interval of the difference whether they agree. MLPClassifier divides its penalty by the
rows of the batch; so does this build, and the rows that train are a multiple of 32, so that no
batch is smaller.
"""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

import dure
from dure.core.backend import keras
from dure.core.palette import COLOURS
from dure.gallery.page import Page
from dure.messages.message import say
from dure.plots.lines import interval_points
from dure.plots.style import drawing, dressed
from dure.stats.intervals import interval_texts, mean_interval

RATE, L2, BATCH = 0.1, 0.01, 32


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
        hidden_layer_sizes=(10,),
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
    data = dure.data.digits()
    flat, test = (np.reshape(x, (len(x), -1)) for x in (data.x, data.test[0]))
    data = replace(data, x=flat, test=(test, data.test[1]), kind="tabular")
    return replace(
        study(quick),
        data=data,
        variants={"softmax": {"inputs": 64, "classes": 10}},
        validation_split=0.198,
        name="ten-classes",
    )


def peers_accuracy(asked: dure.Study, seeds: int, epochs: int) -> NDArray[np.float64]:
    """MLPClassifier's validation accuracy after its last epoch, shape [seed]."""
    (split,) = asked.splits
    x, y = np.asarray(asked.fold_arrays(split).x), np.asarray(asked.data.y)
    made = []
    for seed in range(seeds):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # it was to run to the last epoch
            model = peer(seed, epochs).fit(x[split.train], y[split.train])
        made.append(model.score(x[split.validation], y[split.validation]))
    return np.array(made)


@drawing
def draw(parts: dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]) -> Figure:
    """Accuracy of every seed and the mean's interval: Dure's beside MLPClassifier's."""
    figure = Figure(figsize=(8, 3.8), layout="constrained")
    for axes, (name, sides) in zip(figure.subplots(1, len(parts)), parts.items(), strict=True):
        for place, (values, colour) in enumerate(zip(sides, COLOURS, strict=False)):
            interval_points(axes, [place], values[:, None], colour)
        axes.set_xticks([0, 1], ["Keras, by Dure", "MLPClassifier"])
        axes.set_xlim(-0.5, 1.5)
        dressed(axes, name, "validation accuracy, last epoch", "y")
    return figure


def show(page: Page) -> None:
    """Train both kinds on both data, and say whether they agree."""
    parts = {}
    for asked in (study(page.quick), digits_study(page.quick)):
        result = page.run(asked)
        curve = result.curves["val_accuracy"].isel(variant=0, fold=0)
        # Keras' accuracies are float32: back to right answers by the row.
        rows = asked.data.rows - len(asked.splits[0].train)
        ours = np.round(curve.isel(epoch=-1).values * rows) / rows
        theirs = peers_accuracy(asked, len(ours), curve.sizes["epoch"])
        parts[asked.name.replace("-", " ")] = (ours, theirs)
        page.fact(f"parameters_{asked.name}", result.best().model().count_params())
        page.fact(f"accuracy_{asked.name}", ours)
        page.fact(f"peer_accuracy_{asked.name}", theirs)
        difference = np.round(ours - theirs, 12)
        known = [mean_interval(values[:, None])[:3] for values in (ours, theirs, difference)]
        told = dict(zip(("ours", "theirs", "difference"), interval_texts(known), strict=True))
        _, low, high = known[2]
        page.fact(f"difference_{asked.name}", known[2])
        told |= {"study": asked.name, "epochs": str(curve.sizes["epoch"])}
        page.say(
            say(
                "{study}: validation accuracy after {epochs} epochs {ours}, MLPClassifier "
                "{theirs}; difference {difference}: they cannot be told apart.",
                **told,
            )
            if low <= 0 <= high
            else say(
                "{study}: validation accuracy after {epochs} epochs {ours}, MLPClassifier "
                "{theirs}; difference {difference}: they differ.",
                **told,
            )
        )
    page.picture("beside-mlpclassifier", draw(parts))
