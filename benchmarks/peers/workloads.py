"""The six workloads: their sizes, their data, and the Keras model of each.

Imported by the driver and by every worker, whatever framework runs there, so that nothing
but NumPy and the standard library is imported at the top.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

VOCABULARY = 300
WORDS = 100
MULTI_HOT = 10_000
# Distinct words in a review of the full IMDB set at 10,000 words, about.
WORDS_IN_A_REVIEW = 230


@dataclass(frozen=True)
class Workload:
    """One row of the comparison.

    `steps` is the number of training steps an epoch has; every step has `batch` rows, so that
    milliseconds per step mean the same thing to everybody. `dure_epochs` is how many epochs
    Dure's longer run has more than its shorter one: enough that compiling, which is in both,
    does not blur the difference.
    """

    name: str
    title: str
    batch: int
    steps: int
    dure_epochs: int

    @property
    def rows(self) -> int:
        """Training rows."""
        return self.batch * self.steps


WORKLOADS = {
    workload.name: workload
    for workload in (
        Workload("rnn", "Embedding + SimpleRNN 8", 64, 300, 12),
        Workload("lstm", "Embedding + LSTM 8", 64, 300, 8),
        Workload("lstm2", "two LSTM 8", 64, 300, 6),
        Workload("gru2", "two GRU 8", 64, 300, 6),
        Workload("cnn", "CNN", 32, 150, 3),
        Workload("dense", "dense on multi-hot", 512, 30, 16),
    )
}


def keras_model(name: str) -> Any:
    """The compiled Keras model of a workload, on whatever backend Keras runs."""
    import keras
    from keras import layers

    if name == "cnn":
        model = keras.Sequential(
            [
                keras.Input((28, 28, 1)),
                layers.Conv2D(64, 3, padding="same", activation="relu"),
                layers.MaxPooling2D(2),
                layers.Conv2D(128, 3, padding="same", activation="relu"),
                layers.MaxPooling2D(2),
                layers.Flatten(),
                layers.Dense(100, activation="relu"),
                layers.Dropout(0.3),
                layers.Dense(10, activation="softmax"),
            ]
        )
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model
    if name == "dense":
        model = keras.Sequential(
            [
                keras.Input((MULTI_HOT,)),
                layers.Dense(16, activation="relu"),
                layers.Dense(16, activation="relu"),
                layers.Dense(1, activation="sigmoid"),
            ]
        )
        model.compile("rmsprop", "binary_crossentropy", metrics=["accuracy"])
        return model
    cells = {
        "rnn": [layers.SimpleRNN(8)],
        "lstm": [layers.LSTM(8, dropout=0.3)],
        "lstm2": [layers.LSTM(8, return_sequences=True), layers.LSTM(8)],
        "gru2": [layers.GRU(8, return_sequences=True), layers.GRU(8)],
    }[name]
    model = keras.Sequential(
        [
            keras.Input((WORDS,), dtype="int32"),
            layers.Embedding(VOCABULARY, 16),
            *cells,
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(keras.optimizers.RMSprop(1e-4), "binary_crossentropy", metrics=["accuracy"])
    return model


def write_data(workload: Workload, folder: Path, rows: int) -> str:
    """Write `<name>-x.npy` and `<name>-y.npy` into `folder`; return what the data are.

    x: words int32 (rows, 100); pictures float32 (rows, 28, 28, 1) in 0..1; multi-hot float32
    (rows, 10000). y: float32 (rows, 1), for the pictures int32 (rows,).
    Real excerpts are read where DURE_DATA names their folder, repeated up to `rows`;
    otherwise random data of the same shapes and, for multi-hot, the same sparsity.
    """
    source = os.environ.get("DURE_DATA")
    excerpts = Path(source) if source else None
    rng = np.random.default_rng(0)
    x: np.ndarray[Any, Any]
    if workload.name == "cnn":
        x, y, what = _pictures(excerpts, rows, rng)
    elif workload.name == "dense":
        what = _write_multi_hot(excerpts, folder / "dense-x.npy", rows, rng)
        y = rng.integers(0, 2, (rows, 1)).astype(np.float32)
        np.save(folder / "dense-y.npy", y)
        return what
    else:
        x, y, what = _words(excerpts, rows, rng)
    np.save(folder / f"{workload.name}-x.npy", x)
    np.save(folder / f"{workload.name}-y.npy", y)
    return what


def read_data(name: str, folder: Path) -> tuple[Any, Any]:
    """The arrays of a workload, mapped and not copied, so that idle workers share them."""
    x = np.load(folder / f"{name}-x.npy", mmap_mode="c")
    y = np.load(folder / f"{name}-y.npy", mmap_mode="c")
    return np.asarray(x), np.asarray(y)


def _pictures(excerpts: Path | None, rows: int, rng: np.random.Generator) -> Any:
    if excerpts is None:
        x = rng.random((rows, 28, 28, 1), np.float32)
        return x, rng.integers(0, 10, rows).astype(np.int32), "random pictures"
    with np.load(excerpts / "mnist-15k.npz") as file:
        x, y = file["x_train"], file["y_train"]
    take = np.resize(np.arange(len(x)), rows)
    pictures = (x[take] / np.float32(255)).astype(np.float32)[..., None]
    return pictures, y[take].astype(np.int32), "MNIST (excerpt)"


def _words(excerpts: Path | None, rows: int, rng: np.random.Generator) -> Any:
    if excerpts is None:
        x = rng.integers(0, VOCABULARY, (rows, WORDS)).astype(np.int32)
        y = rng.integers(0, 2, (rows, 1)).astype(np.float32)
        return x, y, "random words"
    with np.load(excerpts / "imdb-6k.npz") as file:
        tokens, offsets, y = file["train_tokens"], file["train_offsets"], file["y_train"]
    x = np.zeros((len(y), WORDS), np.int32)
    for row in range(len(y)):
        review = tokens[max(offsets[row], offsets[row + 1] - WORDS) : offsets[row + 1]]
        x[row, WORDS - len(review) :] = np.where(review < VOCABULARY, review, 2)
    take = np.resize(np.arange(len(y)), rows)
    return x[take], y[take].astype(np.float32)[:, None], "IMDB reviews (excerpt, repeated)"


def _write_multi_hot(excerpts: Path | None, path: Path, rows: int, rng: np.random.Generator) -> str:
    # Written through a map and a block at a time: 600 MB need not be in memory at once.
    x = np.lib.format.open_memmap(path, "w+", np.float32, (rows, MULTI_HOT))
    tokens = offsets = None
    if excerpts is not None:
        with np.load(excerpts / "imdb-6k.npz") as file:
            tokens, offsets = file["train_tokens"], file["train_offsets"]
    chance = 1.0 / np.arange(3, MULTI_HOT)
    chance /= chance.sum()
    for row in range(rows):
        if tokens is None or offsets is None:
            known = np.empty(0, np.int64)
            unknown = WORDS_IN_A_REVIEW
        else:
            review = row % (len(offsets) - 1)
            known = tokens[offsets[review] : offsets[review + 1]].astype(np.int64)
            unknown = int((known == 2).sum())
        if tokens is None:
            drawn = 3 + rng.choice(MULTI_HOT - 3, unknown, replace=False, p=chance)
        else:
            # The excerpt knows 500 words: the rest follow Zipf's law, drawn by its inverse.
            drawn = (500 * (MULTI_HOT / 500) ** rng.random(unknown)).astype(np.int64)
        x[row, known] = 1.0
        x[row, drawn] = 1.0
    x.flush()
    density = float(np.count_nonzero(x[:512])) / min(rows, 512)
    if tokens is None:
        return f"random multi-hot rows, {density:.0f} words each"
    return (
        f"IMDB reviews (excerpt, repeated; words past the 500 commonest drawn by Zipf's law), "
        f"{density:.0f} words each, random labels"
    )
