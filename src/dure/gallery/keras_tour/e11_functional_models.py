"""E11. Functional models: inputs, layers called one after another, outputs, ``keras.Model``.

The note builds five: a dense network, linear regression, logistic regression, two inputs of 64 and
128 features that are merged, and an LSTM over 50 steps of one feature. Dure trains them on tasks
whose right answer is known: least squares, scikit-learn's logistic regression, a class that one of
two inputs tells in three of four cases, a mean whose error says how many steps were read.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

import dure
from dure.core.backend import keras
from dure.gallery.page import RowPage
from dure.gallery.plots.rows import interval_rows
from dure.gallery.shared.networks import final_weights, held_rows, training_rows
from dure.gallery.shared.tasks import STEPS, WEIGHTS, flat_digits, halves, line, means
from dure.messages.message import as_is, joined


def dense() -> keras.Model:
    """64 pixels, two hidden layers, ten classes."""
    inputs = keras.Input((64,))
    hidden = keras.layers.Dense(64, activation="relu")(inputs)
    hidden = keras.layers.Dense(64, activation="relu")(hidden)
    model = keras.Model(inputs, keras.layers.Dense(10, activation="softmax")(hidden))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def linear_regression() -> keras.Model:
    """One unit without activation."""
    inputs = keras.Input((len(WEIGHTS),))
    model = keras.Model(inputs, keras.layers.Dense(1)(inputs))
    model.compile(keras.optimizers.Adam(0.02), "mse")
    return model


def logistic_regression() -> keras.Model:
    """One unit with a sigmoid."""
    inputs = keras.Input((30,))
    model = keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(inputs))
    model.compile(keras.optimizers.Adam(0.02), "binary_crossentropy", metrics=["accuracy"])
    return model


def two_inputs(reads: str = "both") -> keras.Model:
    """Inputs of 64 and 128 features, a branch each, merged; or one of the branches alone."""
    inputs = {"left": keras.Input((64,), name="left"), "right": keras.Input((128,), name="right")}
    read = {name: keras.layers.Dense(32, activation="relu")(x) for name, x in inputs.items()}
    merged = keras.layers.concatenate(list(read.values())) if reads == "both" else read[reads]
    output = keras.layers.Dense(1, activation="sigmoid")(merged)
    model = keras.Model(list(inputs.values()), output)
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


def lstm() -> keras.Model:
    """An LSTM over 50 steps of one feature, and a number."""
    inputs = keras.Input((STEPS, 1))
    model = keras.Model(inputs, keras.layers.Dense(1)(keras.layers.LSTM(16)(inputs)))
    model.compile(keras.optimizers.Adam(0.01), "mse")
    return model


def studies(quick: bool = False) -> list[dure.Study]:
    """A study for each model."""
    common: dict[str, Any] = {"seeds": 3 if quick else 10, "validation_split": 0.2}
    cancer = replace(dure.data.breast_cancer(), prepare=StandardScaler())
    reads = {"left only": {"reads": "left"}, "right only": {"reads": "right"}, "both": {}}
    rows = 3_000 if quick else 10_000
    return [
        dure.Study(dense, flat_digits(), epochs=8 if quick else 30, name="dense", **common),
        dure.Study(linear_regression, line(1_000), epochs=25, name="linear", **common),
        dure.Study(logistic_regression, cancer, epochs=30, name="logistic", **common),
        dure.Study(two_inputs, halves(rows), reads, epochs=6, name="two-inputs", **common),
        dure.Study(lstm, means(rows), epochs=5 if quick else 20, name="lstm", **common),
    ]


def show(page: RowPage) -> None:
    """Train all five and put their known answers beside them."""
    runs = {study.name: (study, page.run(study)) for study in studies(page.quick)}
    for name, (_, result) in runs.items():
        page.fact(f"{name}: parameters", result.best().model().count_params())
        metric = "val_accuracy" if "val_accuracy" in result.curves else "val_loss"
        for variant in result.variants:
            value = result.at_best(metric).sel(variant=variant).values
            page.tell(joined((name, variant, metric), ", "), value, f"{name}, {variant}: {metric}")
    x, y = training_rows(runs["linear"][0])
    exact, *_ = np.linalg.lstsq(np.column_stack([x, np.ones(len(x))]), y)
    learnt = final_weights(runs["linear"][1])  # slopes first, then the bias
    apart = float(np.abs(learnt - exact).max())
    page.fact("linear: least squares", exact)
    page.fact("linear: learnt", learnt.mean(0))
    page.say("linear: no seed's slopes are more than {apart:.3f} from least squares.", apart=apart)
    cancer, peer = runs["logistic"][0], LogisticRegression(max_iter=2_000)
    score = peer.fit(*training_rows(cancer)).score(*held_rows(cancer))
    page.say("scikit-learn's LogisticRegression on the same rows: {score:.4f}.", score=score)
    two = runs["two-inputs"][1]
    values = dict(zip(two.variants, two.at_best("val_accuracy").values[:, :, 0], strict=True))
    for name in ("left only", "right only"):
        page.interval(f"both against {name}", values["both"] - values[name])
    page.compare(two.compare("val_accuracy", baseline="both"), as_is("two-inputs"))
    title, most = "What is read of two inputs", (0.75, "most that one input tells")
    page.picture("two-inputs", interval_rows(values, title, "val_accuracy", reference=most))
    error = float(runs["lstm"][1].at_best("val_loss").mean())
    page.fact("lstm: steps read", STEPS * (1 - error))
    page.say(
        "lstm: a perfect reader of k steps errs by 1 - k / 50; an error of {error:.3f} is that of "
        "one that has read {read:.1f} of them.",
        error=error,
        read=STEPS * (1 - error),
    )
