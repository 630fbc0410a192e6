"""E11. Functional models: inputs, layers called one after another, outputs, ``keras.Model``.

The note builds five: a dense network, linear regression, logistic regression, two inputs of 64 and
128 features that are merged, and an LSTM over 50 steps of one feature. Dure trains all of them over
seeds, on tasks whose right answer is known: least squares, scikit-learn's logistic regression, a
class that each of the two inputs tells in three of four cases and only both in all, and a mean over
50 steps whose squared error says how many of them a network has read.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

import dure
from dure.core.backend import keras
from dure.gallery.page import Page
from dure.gallery.plots.compared import difference, interval_rows, told_difference
from dure.messages.message import Message, as_is, say
from dure.result import Result
from dure.stats.intervals import interval_texts, mean_interval

STEPS = 50
WEIGHTS, BIAS, NOISE = (2.0, -1.0, 0.5, 0.0), 3.0, 0.5


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
    left, right = keras.Input((64,), name="left"), keras.Input((128,), name="right")
    branches = {
        "left": keras.layers.Dense(32, activation="relu")(left),
        "right": keras.layers.Dense(32, activation="relu")(right),
    }
    merged = (
        keras.layers.concatenate(list(branches.values())) if reads == "both" else branches[reads]
    )
    output = keras.layers.Dense(1, activation="sigmoid")(merged)
    model = keras.Model([left, right], output)
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


def lstm() -> keras.Model:
    """An LSTM over 50 steps of one feature, and a number."""
    inputs = keras.Input((STEPS, 1))
    model = keras.Model(inputs, keras.layers.Dense(1)(keras.layers.LSTM(16)(inputs)))
    model.compile(keras.optimizers.Adam(0.01), "mse")
    return model


def line(rows: int) -> dure.Data:
    """Numbers on a plane of known slopes, with noise of known size."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, len(WEIGHTS)))
    y = x @ WEIGHTS + BIAS + rng.normal(0, NOISE, rows)
    return dure.Data(x, y, source="a plane with noise, generated")


def halves(rows: int) -> dure.Data:
    """Whether a number from the left and one from the right sum to more than 0.

    Both numbers are normal with the same spread, so the sign of one of them is the sign of the sum
    in three of four cases, and nothing else in one input helps.
    """
    rng = np.random.default_rng(1)
    left, right = (rng.normal(size=(rows, width)) for width in (64, 128))
    y = (left.sum(1) / 8 + right.sum(1) / np.sqrt(128) > 0).astype(np.int64)
    return dure.Data([left, right], y, source="a class told by two inputs together, generated")


def means(rows: int) -> dure.Data:
    """The mean of 50 normal numbers, times the root of 50: its variance is 1."""
    x = np.random.default_rng(2).normal(size=(rows, STEPS, 1))
    return dure.Data(x, x.sum((1, 2)) / np.sqrt(STEPS), kind="series", source="means, generated")


def flat_digits() -> dure.Data:
    """scikit-learn's digits as 64 numbers."""
    data = dure.data.digits()
    test = (np.asarray(data.test.x).reshape(-1, 64), np.asarray(data.test.y))
    return replace(data, x=np.asarray(data.x).reshape(-1, 64), test=test, kind="tabular")


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


def show(page: Page) -> None:
    """Train all five and put their known answers beside them."""
    runs = {study.name: (study, page.run(study)) for study in studies(page.quick)}
    for name, (study, result) in runs.items():
        page.fact(f"{name}: parameters", result.best().model().count_params())
        metric = "val_accuracy" if "val_accuracy" in result.curves else "val_loss"
        for variant in result.variants:
            interval = _interval(result, metric, variant)
            page.fact(f"{name}, {variant}: {metric}", interval)
            page.say(
                say(
                    "{what}: {metric} {interval}{known}.",
                    what=name if variant == "default" else f"{name}, {variant}",
                    metric=metric,
                    interval=interval_texts([interval])[0],
                    known=_known(study),
                )
            )
    _slopes(page, *runs["linear"])
    _halves(page, *runs["two-inputs"])
    error = _interval(runs["lstm"][1], "val_loss")[0]
    page.fact("lstm: steps read", STEPS * (1 - error))
    page.say(
        say(
            "lstm: a perfect reader of k steps errs by 1 - k / {steps}; an error of {error:.3f} is "
            "that of one that has read {read:.1f} of them.",
            **{"steps": STEPS, "error": error, "read": STEPS * (1 - error)},
        )
    )


def _interval(result: Result, metric: str, variant: str = "default") -> tuple[float, float, float]:
    values = result.at_best(metric).sel(variant=variant).transpose("seed", "fold").values
    return mean_interval(values)[:3]


def _known(study: dure.Study) -> Message:
    """What is known beforehand of the answer."""
    if study.name == "linear":
        return say("; the noise alone is {noise:g}", noise=NOISE**2)
    if study.name != "logistic":
        return as_is("")
    split = study.splits[0]
    x, y = study.fold_arrays(split).x, np.asarray(study.arrays().y)
    model = LogisticRegression(max_iter=2_000).fit(x[split.train], y[split.train])
    score = model.score(x[split.validation], y[split.validation])
    return say("; scikit-learn's LogisticRegression on the same rows {score:.4f}", score=score)


def _slopes(page: Page, study: dure.Study, result: Result) -> None:
    """The learnt slopes beside those of least squares on the same rows."""
    rows = study.splits[0].train
    x, y = np.asarray(study.arrays().x)[rows], np.asarray(study.arrays().y)[rows]
    exact, *_ = np.linalg.lstsq(np.column_stack([x, np.ones(len(x))]), y)
    lanes = [result.lane("default", int(seed)) for seed in result.curves["seed"]]
    # Weights are named by their places in `model.weights`: slopes first, then the bias.
    learnt = np.array(
        [
            np.concatenate([values.ravel() for _, values in sorted(lane.weights("final").items())])
            for lane in lanes
        ]
    )
    apart = float(np.abs(learnt - exact).max())
    page.fact("linear: least squares", exact)
    page.fact("linear: learnt", learnt.mean(0))
    page.fact("linear: farthest from least squares", apart)
    page.say(
        say(
            "linear: slopes and bias {learnt}; the truth is {truth}, and no seed is more than "
            "{apart:.3f} from least squares.",
            learnt=str(np.round(learnt.mean(0, np.float64), 2).tolist()),
            truth=str([*WEIGHTS, BIAS]),
            apart=apart,
        )
    )


def _halves(page: Page, study: dure.Study, result: Result) -> None:
    values = {
        name: result.at_best("val_accuracy").sel(variant=name, fold=1).values
        for name in result.variants
    }
    for name in ("left only", "right only"):
        apart = difference(values["both"], values[name])
        page.fact(f"both against {name}", apart[:3])
        page.say(
            say(
                "two-inputs: both against {variant}: {verdict}.",
                **{"variant": name, "verdict": told_difference(apart)},
            )
        )
    rows = study.data.rows - len(study.splits[0].train)
    chance = 1.96 * np.sqrt(0.1875 / rows)
    page.say(
        say(
            "two-inputs: one input tells at most 0.75 of all rows there could be; of these "
            "{rows:,} by chance between {low:.3f} and {high:.3f}. The intervals are over seeds on "
            "these rows.",
            **{"rows": rows, "low": 0.75 - chance, "high": 0.75 + chance},
        )
    )
    page.picture(
        "two-inputs",
        interval_rows(
            values,
            "What a network reads of two inputs",
            "validation accuracy at the best epoch",
            reference=(0.75, "most that one input tells"),
        ),
    )
