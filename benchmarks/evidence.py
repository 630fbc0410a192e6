"""Questions people ask, answered by `compare` on real data.

    DURE_DATA=... python benchmarks/evidence.py [reviews] [dropout] [--folder runs/evidence]

With `DURE_DATA` the excerpts are read, else the full sets are fetched. Each question is a study of
twelve seeds; its run folder stays, and a finished one is not trained again.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import dure  # noqa: I001  (before Keras, so that it runs on JAX)
import keras
from keras import layers

SEEDS = 12
ROPE = 0.02
"""Differences of loss and of accuracy that nobody would mind."""
CELLS = {"SimpleRNN": layers.SimpleRNN, "LSTM": layers.LSTM, "GRU": layers.GRU}


def build_reviews(cell: str) -> keras.Model:
    """Embedding of 300 words, one recurrent layer of 8 units, one sigmoid, as in the notes."""
    model = keras.Sequential(
        [
            layers.Input((100,), dtype="int32"),
            layers.Embedding(300, 16),
            CELLS[cell](8),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(keras.optimizers.Adam(3e-3), "binary_crossentropy", metrics=["accuracy"])
    return model


def reviews() -> dure.Study:
    """Which of SimpleRNN, LSTM and GRU is better on reviews?"""
    data = dure.data.imdb(num_words=300, maxlen=100)
    variants = {name: {"cell": name} for name in CELLS}
    return dure.Study(
        build_reviews,
        data,
        variants,
        seeds=SEEDS,
        validation_split=0.2,
        epochs=12,
        batch_size=64,
        name="reviews",
    )


def build_cnn(dropout: float) -> keras.Model:
    """Two convolutions with pooling, one hidden layer, dropout before the output."""
    model = keras.Sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Conv2D(16, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dropout(dropout),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def dropout() -> dure.Study:
    """Does dropout help the CNN? On 2,000 digits, where there is something to overfit."""
    data = dure.data.mnist().take(slice(2_000))
    variants = {"plain": {"dropout": 0.0}, "dropout 0.5": {"dropout": 0.5}}
    return dure.Study(
        build_cnn,
        data,
        variants,
        seeds=SEEDS,
        validation_split=0.2,
        epochs=12,
        batch_size=32,
        name="dropout",
    )


QUESTIONS: dict[str, tuple[Callable[[], dure.Study], list[str], str | None]] = {
    "reviews": (reviews, ["val_loss", "test_accuracy"], None),
    "dropout": (dropout, ["val_loss", "test_accuracy"], "plain"),
}


def answer(name: str, folder: Path) -> None:
    """Train what is missing, and print what `compare` says."""
    make, metrics, baseline = QUESTIONS[name]
    began = time.perf_counter()
    result = make().run(out=folder / name, resume=True)
    print(f"\n## {make.__doc__} ({time.perf_counter() - began:.0f} s)\n")
    for metric in metrics:
        print(result.compare(metric, baseline=baseline, rope=ROPE), end="\n\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("questions", nargs="*", help=f"of {', '.join(QUESTIONS)}; default all")
    parser.add_argument("--folder", type=Path, default=Path("runs/evidence"))
    given = parser.parse_args()
    for question in given.questions or QUESTIONS:
        answer(question, given.folder)
