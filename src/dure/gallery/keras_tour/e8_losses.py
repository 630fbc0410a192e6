"""E8. Which loss goes with which output: the right pairs, and what the wrong ones cost.

The note pairs the last activation with a loss: a number (no activation, squared error), two classes
(one sigmoid, binary cross-entropy), many classes (softmax, categorical cross-entropy for one-hot
targets, its sparse twin for integers). Dure trains the right pairs and the wrong ones that run
without a word on the same seeds, and says how much each loses; the pair whose labels no output
stands for is refused before anything trains.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.preprocessing import StandardScaler

import dure
from dure.core.backend import keras
from dure.core.types import Floats
from dure.gallery.page import Page
from dure.gallery.plots.compared import difference, interval_rows, told_difference
from dure.messages.message import Message, as_is, say
from dure.stats.intervals import interval_texts, mean_interval

BINARY_LOGITS = keras.losses.BinaryCrossentropy(from_logits=True)
SPARSE_LOGITS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

# Right pairs come first; those that begin with "wrong" run, too.
# name: units of the last layer, its activation, the loss, and how its outputs are judged
NUMBER: dict[str, tuple[Any, ...]] = {
    "linear + mse": (1, None, "mse", "mae"),
    "linear + mae": (1, None, "mae", "mae"),
    "wrong: sigmoid + mse": (1, "sigmoid", "mse", "mae"),
}
TWO: dict[str, tuple[Any, ...]] = {
    "sigmoid + binary cross-entropy": (1, "sigmoid", "binary_crossentropy", "half"),
    "linear + the same, from_logits": (1, None, BINARY_LOGITS, "sign"),
    "softmax of 2 + sparse": (2, "softmax", "sparse_categorical_crossentropy", "largest"),
    "wrong: sigmoid + mse": (1, "sigmoid", "mse", "half"),
    "wrong: sigmoid, from_logits": (1, "sigmoid", BINARY_LOGITS, "half"),
    "wrong: linear, no from_logits": (1, None, "binary_crossentropy", "half"),
    "wrong: softmax on one unit": (1, "softmax", "binary_crossentropy", "half"),
}
MANY: dict[str, tuple[Any, ...]] = {
    "softmax + sparse": (10, "softmax", "sparse_categorical_crossentropy", "largest"),
    "linear + sparse, from_logits": (10, None, SPARSE_LOGITS, "largest"),
    "wrong: softmax, from_logits": (10, "softmax", SPARSE_LOGITS, "largest"),
    "wrong: linear, no from_logits": (10, None, "sparse_categorical_crossentropy", "largest"),
    "wrong: one number + mse": (1, None, "mse", "nearest"),
}
ONE_HOT: dict[str, tuple[Any, ...]] = {
    "softmax + categorical": (10, "softmax", "categorical_crossentropy", "hottest"),
    "wrong: softmax + mse": (10, "softmax", "mse", "hottest"),
    "wrong: sigmoid + mse": (10, "sigmoid", "mse", "hottest"),
}


def nearest(y: Any, output: Any) -> Any:
    """Whether the label is the whole number nearest to the output."""
    return keras.ops.equal(keras.ops.round(output[:, 0]), keras.ops.reshape(y, (-1,)))


JUDGES: Mapping[str, Callable[[], Any]] = {
    "mae": lambda: keras.metrics.MeanAbsoluteError("mae"),
    "half": lambda: keras.metrics.BinaryAccuracy("accuracy", threshold=0.5),
    "sign": lambda: keras.metrics.BinaryAccuracy("accuracy", threshold=0.0),
    "largest": lambda: keras.metrics.SparseCategoricalAccuracy("accuracy"),
    "hottest": lambda: keras.metrics.CategoricalAccuracy("accuracy"),
    "nearest": lambda: keras.metrics.MeanMetricWrapper(nearest, "accuracy"),
}


def build(units: int, activation: str | None, loss: Any, judge: str) -> keras.Model:
    """One hidden layer, and the pair in question behind it."""
    model = keras.Sequential(
        [
            keras.layers.Flatten(),
            keras.layers.Dense(32, activation="relu"),
            keras.layers.Dense(units, activation=activation),
        ]
    )
    # No string for a metric: Keras would choose it by the output, which is what is wrong here.
    model.compile(keras.optimizers.Adam(0.003), loss, metrics=[JUDGES[judge]()])
    return model


def studies(quick: bool = False) -> dict[str, dure.Study]:
    """Four studies, for targets that are numbers, two classes, integers and one-hot rows."""
    digits, scaler = dure.data.digits(), StandardScaler()
    hot = replace(digits, y=np.eye(10, dtype=np.float32)[np.asarray(digits.y)], test=None)
    sets: dict[str, tuple[dict[str, tuple[Any, ...]], dure.Data]] = {
        "number": (NUMBER, replace(dure.data.diabetes(), prepare=scaler)),
        "two-classes": (TWO, replace(dure.data.breast_cancer(), prepare=scaler)),
        "integers": (MANY, digits),
        "one-hot": (ONE_HOT, hot),
    }
    return {
        name: dure.Study(
            build,
            data,
            {
                pair: dict(zip(("units", "activation", "loss", "judge"), row, strict=True))
                for pair, row in pairs.items()
            },
            seeds=3 if quick else 10,
            validation_split=0.2,
            epochs=(100 if quick else 200) if name == "number" else (8 if quick else 30),
            name=name,
        )
        for name, (pairs, data) in sets.items()
    }


def refused() -> Message:
    """What is said of softmax on one unit with integer labels: 1 has no output of its own."""
    digits = dure.data.digits()
    pair = {"units": 1, "activation": "softmax"}
    pair |= {"loss": "sparse_categorical_crossentropy", "judge": "largest"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # Keras' own, of the softmax
        try:
            dure.Study(build, digits, {"softmax on one unit": pair}).plan()
        except dure.StudyError as error:
            return as_is(error.faults[0])
    return say("nothing")


def show(page: Page) -> None:
    """Train all pairs; each is judged after its last epoch, on rows that did not train."""
    lost: list[str] = []
    tried = 0
    for name, study in studies(page.quick).items():
        with warnings.catch_warnings():
            # Keras warns of a softmax over one unit; here it is trained on purpose.
            warnings.filterwarnings("ignore", r"\s*You are using a softmax", UserWarning)
            result = page.run(study)
        metric = "mae" if name == "number" else "accuracy"
        last = result.curves[f"val_{metric}"].isel(epoch=-1, fold=0)
        values = {pair: last.sel(variant=pair).values for pair in result.variants}
        wrong = [pair for pair in values if pair.startswith("wrong")]
        right = [pair for pair in values if pair not in wrong]
        _tell_pairs(page, name, metric, {pair: values[pair] for pair in [*right, *wrong]})
        lost += [pair for pair in wrong if not _holds(values[pair], values[right[0]])]
        tried += len(wrong)
        page.fact(f"{name}: {metric}", {pair: row.tolist() for pair, row in values.items()})
        page.picture(
            name,
            interval_rows(
                {pair.removeprefix("wrong: "): row for pair, row in values.items()},
                f"Targets: {name}. Last activation and loss",
                f"validation {metric} after the last epoch",
                {"right": right, "wrong": [pair.removeprefix("wrong: ") for pair in wrong]},
            ),
        )
    page.say(
        say(
            "Of {wrong} wrong pairs {told} differ from the right one by more than these seeds' own "
            "spread; the others run, learn, and tell nobody.",
            **{"wrong": tried, "told": len(lost)},
        )
    )
    page.fact("wrong pairs that these seeds tell", len(lost))
    fault = refused()
    page.fact("refused", fault)
    page.say(say("softmax on one unit with labels 0 to 9 is refused: {fault}", fault=fault))


def _tell_pairs(page: Page, name: str, metric: str, values: dict[str, Floats]) -> None:
    """What the first pair of a study reaches, and how far from it every other one is."""
    best, *others = values
    interval = interval_texts([mean_interval(values[best][:, None])[:3]])[0]
    page.say(
        say(
            "{name}: {pair} reaches a validation {metric} of {interval}.",
            **{"name": name, "pair": best, "metric": metric, "interval": interval},
        )
    )
    for pair in others:
        apart = difference(values[pair], values[best])
        page.say(say("  {pair}: {verdict}.", pair=pair, verdict=told_difference(apart)))
        page.fact(f"{name}, {pair}: {metric} apart", apart[:3])


def _holds(wrong: Floats, right: Floats) -> bool:
    """Whether the seeds cannot tell a wrong pair from the right one."""
    _, low, high, *_ = difference(wrong, right)
    return bool(low <= 0 <= high)
