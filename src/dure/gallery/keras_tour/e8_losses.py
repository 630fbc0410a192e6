"""E8. Which loss goes with which output: the right pairs, and what the wrong ones cost.

The note pairs the last activation with a loss: a number (none, squared error), two classes (one
sigmoid, binary cross-entropy), many (softmax, categorical cross-entropy for one-hot targets, its
sparse twin for integers). Dure trains the right pairs and the wrong ones that run without a word,
and says what each loses; a pair whose labels no output stands for is refused.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.preprocessing import StandardScaler

import dure
from dure.core.backend import keras
from dure.core.types import Mode
from dure.gallery.page import RowPage
from dure.gallery.plots.rows import interval_rows
from dure.gallery.shared.judges import BINARY_LOGITS, JUDGES, SPARSE, SPARSE_LOGITS, Pairs
from dure.gallery.shared.networks import last_values
from dure.gallery.shared.values import compare_values
from dure.messages.message import Message, as_is, joined, say

# The right pair first; units of the last layer, activation, loss, and how outputs are judged.
NUMBER: Pairs = {
    "linear + mse": (1, None, "mse", "mae"),
    "linear + mae": (1, None, "mae", "mae"),
    "wrong: sigmoid + mse": (1, "sigmoid", "mse", "mae"),
}
TWO: Pairs = {
    "sigmoid + binary cross-entropy": (1, "sigmoid", "binary_crossentropy", "half"),
    "linear + the same, from_logits": (1, None, BINARY_LOGITS, "sign"),
    "softmax of 2 + sparse": (2, "softmax", SPARSE, "largest"),
    "wrong: sigmoid + mse": (1, "sigmoid", "mse", "half"),
    "wrong: sigmoid, from_logits": (1, "sigmoid", BINARY_LOGITS, "half"),
    "wrong: linear, no from_logits": (1, None, "binary_crossentropy", "half"),
    "wrong: softmax on one unit": (1, "softmax", "binary_crossentropy", "half"),
}
MANY: Pairs = {
    "softmax + sparse": (10, "softmax", SPARSE, "largest"),
    "linear + sparse, from_logits": (10, None, SPARSE_LOGITS, "largest"),
    "wrong: softmax, from_logits": (10, "softmax", SPARSE_LOGITS, "largest"),
    "wrong: linear, no from_logits": (10, None, SPARSE, "largest"),
    "wrong: one number + mse": (1, None, "mse", "nearest"),
}
ONE_HOT: Pairs = {
    "softmax + categorical": (10, "softmax", "categorical_crossentropy", "hottest"),
    "wrong: softmax + mse": (10, "softmax", "mse", "hottest"),
    "wrong: sigmoid + mse": (10, "sigmoid", "mse", "hottest"),
}


def build(units: int, activation: str | None, loss: Any, judge: str) -> keras.Model:
    """One hidden layer, and the pair in question behind it."""
    hidden, last = keras.layers.Dense(32, activation="relu"), keras.layers.Dense(units, activation)
    model = keras.Sequential([keras.layers.Flatten(), hidden, last])
    # No string for a metric: Keras would choose it by the output, which is what is wrong here.
    model.compile(keras.optimizers.Adam(0.003), loss, metrics=[JUDGES[judge]()])
    return model


def studies(quick: bool = False) -> dict[str, dure.Study]:
    """Four studies, for targets that are numbers, two classes, integers and one-hot rows."""
    digits, scaler = dure.data.digits(), StandardScaler()
    hot = replace(digits, y=np.eye(10, dtype=np.float32)[np.asarray(digits.y)], test=None)
    sets: dict[str, tuple[Pairs, dure.Data]] = {
        "number": (NUMBER, replace(dure.data.diabetes(), prepare=scaler)),
        "two-classes": (TWO, replace(dure.data.breast_cancer(), prepare=scaler)),
        "integers": (MANY, digits),
        "one-hot": (ONE_HOT, hot),
    }
    made, arguments = {}, ("units", "activation", "loss", "judge")
    for name, (pairs, data) in sets.items():
        variants = {n: dict(zip(arguments, row, strict=True)) for n, row in pairs.items()}
        epochs = (100 if quick else 200) if name == "number" else (8 if quick else 30)
        terms = dict[str, Any](seeds=3 if quick else 10, epochs=epochs, name=name)
        made[name] = dure.Study(build, data, variants, validation_split=0.2, **terms)
    return made


def describe_refusal() -> Message:
    """What is said of softmax on one unit with integer labels: 1 has no output of its own."""
    pair = {"units": 1, "activation": "softmax", "loss": SPARSE, "judge": "largest"}
    try:
        dure.Study(build, dure.data.digits(), {"one unit": pair}).plan()
    except dure.StudyError as error:
        return as_is(error.faults[0])
    return say("nothing")


def show(page: RowPage) -> None:
    """Train all pairs, then ask for the one that is refused."""
    with warnings.catch_warnings():
        # Keras warns of a softmax over one unit; here it is trained on purpose.
        warnings.filterwarnings("ignore", r"\s*You are using a softmax", UserWarning)
        for name, study in studies(page.quick).items():
            judge(page, name, page.run(study))
        fault = describe_refusal()
    page.say("A wrong pair runs and learns all the same, and tells nobody that it is wrong.")
    page.fact("refused", fault)
    page.say("softmax on one unit with labels 0 to 9 is refused: {fault}", fault=fault)


def judge(page: RowPage, name: str, result: dure.Result) -> None:
    """Each pair after its last epoch, on rows that did not train, against the right one."""
    metric, best = "mae" if name == "number" else "accuracy", result.variants[0]
    mode: Mode = "min" if metric == "mae" else "max"
    values = {p: last_values(result, f"val_{metric}", p)[:, 0] for p in result.variants}
    wrong = [pair for pair in values if pair.startswith("wrong")]
    page.tell(joined((name, best, f"val_{metric}"), ", "), values[best])
    for pair in result.variants[1:]:
        page.interval(f"{name}, {pair}: {metric} apart", values[pair] - values[best])
    page.compare(compare_values(f"val_{metric}", mode, values, best), name)
    page.fact(f"{name}: {metric}", values)
    groups = {"right": [pair for pair in values if pair not in wrong], "wrong": wrong}
    page.picture(name, interval_rows(values, f"Targets: {name}", f"val_{metric}", groups=groups))
