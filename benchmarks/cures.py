"""Whether the cure that a search chooses improves held-out test loss, on several sets of data.

    python benchmarks/cures.py [NAME ...] [--folder runs/cures] [--trials 8] [--seeds 5]

Each search sees training and validation rows only; test rows are measured once, after the choice,
for the network as it is and for the winner, on the seeds of the check (twice as many as a round
has, none of which chose anything). Intervals are over those seeds: of training again, on the same
rows. The last case is a network that nothing ails. A search that was stopped goes on; one that is
done is read, not run again.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
import numpy as np
from keras import layers
from sklearn.preprocessing import StandardScaler

import dure
from dure.stats.intervals import interval_texts

CLASSES = "sparse_categorical_crossentropy"


def _compiled(stack: list[Any], loss: str, optimizer: Any = "adam") -> keras.Model:
    model = keras.Sequential(stack)
    model.compile(optimizer, loss, metrics=["accuracy"])
    return model


def large_dense() -> keras.Model:
    """340,000 weights for a hundred and fifty pictures of 8 x 8."""
    stack = [layers.Input((8, 8, 1)), layers.Flatten()]
    stack += [layers.Dense(512, "relu"), layers.Dense(512, "relu"), layers.Dense(10, "softmax")]
    return _compiled(stack, CLASSES)


def large_table() -> keras.Model:
    """74,000 weights for 30 measurements."""
    stack = [layers.Input((30,)), layers.Dense(256, "relu"), layers.Dense(256, "relu")]
    return _compiled([*stack, layers.Dense(1, "sigmoid")], "binary_crossentropy")


def large_regression() -> keras.Model:
    """69,000 weights for ten measurements and one number."""
    stack = [layers.Input((10,)), layers.Dense(256, "relu"), layers.Dense(256, "relu")]
    model = keras.Sequential([*stack, layers.Dense(1)])
    model.compile("adam", "mse", metrics=["mae"])
    return model


def reviews_dense(length: int) -> keras.Model:
    """The notes' network for reviews (B1): which words, then Dense 16-16-1."""
    stack = [layers.Input((length,), dtype="int32"), dure.layers.MultiHot(500)]
    stack += [layers.Dense(16, "relu"), layers.Dense(16, "relu"), layers.Dense(1, "sigmoid")]
    return _compiled(stack, "binary_crossentropy", "rmsprop")


def small_cnn() -> keras.Model:
    """The notes' network C1: overfits, they say, and Dropout 0.5 mends it."""
    stack = [layers.Input((28, 28, 1)), layers.Conv2D(10, 3, padding="same", activation="relu")]
    stack += [layers.MaxPooling2D(2), layers.Flatten(), layers.Dense(100, "relu")]
    return _compiled([*stack, layers.Dense(10, "softmax")], CLASSES)


def logistic() -> keras.Model:
    """One unit on standardised measurements: nothing to mend."""
    stack = [layers.Input((30,)), layers.Dense(1, "sigmoid")]
    return _compiled(stack, "binary_crossentropy", keras.optimizers.Adam(0.01))


def digits() -> dure.Study:
    """150 digits train, 350 validate, 360 test."""
    data = dure.data.digits().take(slice(500))
    return dure.Study(large_dense, data, validation_split=0.7, epochs=60, batch_size=30)


def cells(build: Callable[..., keras.Model] = large_table) -> dure.Study:
    """Breast cancer, standardised in the fold: 227 train, 228 validate, 114 test."""
    data = replace(dure.data.breast_cancer(), prepare=StandardScaler())
    return dure.Study(build, data, validation_split=0.5, epochs=40, batch_size=32)


def diabetes() -> dure.Study:
    """Progress of diabetes in hundreds: 176 train, 177 validate, 89 test."""
    data = dure.data.diabetes()
    hundreds = replace(
        data, y=data.y / 100, test=(data.test.x, data.test.y / 100), prepare=StandardScaler()
    )
    return dure.Study(large_regression, hundreds, validation_split=0.5, epochs=40, batch_size=32)


def reviews() -> dure.Study:
    """1,000 reviews train, 1,000 validate, 1,000 test; the last 200 words of each."""
    data = dure.data.imdb(num_words=500, maxlen=200)
    part = data.take(slice(2_000))
    length = {"dense": {"length": np.asarray(part.x).shape[1]}}
    return dure.Study(reviews_dense, part, length, validation_split=0.5, epochs=20, batch_size=100)


def mnist() -> dure.Study:
    """500 of the MNIST digits: 250 train, 250 validate; 1,000 test."""
    data = dure.data.mnist()
    test = data.test.x[:1_000], data.test.y[:1_000]
    part = replace(data.take(slice(500)), test=test)
    return dure.Study(small_cnn, part, validation_split=0.5, epochs=20, batch_size=25)


CASES: dict[str, Callable[[], dure.Study]] = {
    "digits": digits,
    "cells": cells,
    "diabetes": diabetes,
    "reviews": reviews,
    "mnist": mnist,
    "healthy": lambda: cells(logistic),
}


def found(name: str, folder: Path, seeds: int, trials: int) -> dict[str, Any]:
    """What a search found, run or read."""
    path = folder / name / "verdict.json"
    if not path.exists():
        study = replace(CASES[name](), name=name)
        # The healthy one has no findings: general cures are tried all the same.
        cured = study.cure(
            folder / name, resume=True, seeds=seeds, max_trials=trials, anyway=name == "healthy"
        )
        print(cured.describe(), flush=True)
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def row(name: str, document: dict[str, Any]) -> str:
    """A line of the table in docs/cure.md."""
    tried = len(document["rounds"].get("round-1", ()))
    chosen = document["winner"]["name"] if document["helps"] else "none"
    stopping = document["early_stopping"]
    if not document["helps"] and stopping is not None and stopping["better"]:
        chosen = "early stopping alone"
    tests = {held["metric"]: held for held in document["test"]}
    loss = tests.get("data_loss", {})
    cells = [name, str(tried), chosen]
    cells += [_text(loss.get(part)) for part in ("left", "baseline", "winner")]
    cells += [_text(loss.get(part)) for part in ("difference", "gained")]
    return f"| {' | '.join(cells)} |"


def _text(values: list[float] | None) -> str:
    return interval_texts([(values[0], values[1], values[2])])[0] if values else "-"


def main() -> None:
    """Run the cases that are asked for, all by default."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", choices=[*CASES, []], help="all if none")
    parser.add_argument("--folder", type=Path, default=Path("runs/cures"))
    parser.add_argument("--trials", type=int, default=8)
    parser.add_argument("--seeds", type=int, default=5)
    given = parser.parse_args()
    rows = []
    for name in given.names or CASES:
        print(f"\n== {name}", flush=True)
        rows.append(row(name, found(name, given.folder, given.seeds, given.trials)))
    head = ["case", "cures tried", "chosen", "test loss at the last epoch", "at the best epoch"]
    head += ["with the cure", "cure against best epoch", "handed back against last epoch"]
    print(f"\n| {' | '.join(head)} |\n|{'---|' * len(head)}")
    print("\n".join(rows))


if __name__ == "__main__":
    main()
