"""One-hot and multi-hot reviews: memory and time of Dure's layers, dense arrays and Embedding.

    python benchmarks/one_hot.py [part of a row's name ...]

Every row runs in a process of its own: it makes its data, trains one network for an epoch, which
compiles it, and then three more, which are timed. Printed are milliseconds per training step of
processor time (which other work on the machine disturbs least) and of wall time, and the high-water
mark of resident memory from the start of the process, imports (about 340 MB) included. Reviews are
integers drawn by Zipf's law with the lengths of reviews (log-normal, median 178), padded and cut in
front.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("JAX_PLATFORMS", "cpu")

EPOCHS = 3


class Row(NamedTuple):
    """A network, how its reviews are coded, and whose `fit` trains it."""

    network: Callable[[], list[Any]]
    rows: int
    words: int
    tokens: int
    batch: int
    dense: str = ""
    by: str = "dure"


def _one_hot(*first: Any) -> Callable[[], list[Any]]:
    from keras import layers as L

    return lambda: [*(make() for make in first), L.SimpleRNN(8)]


def _multi_hot(*first: Any) -> Callable[[], list[Any]]:
    from keras import layers as L

    return lambda: [*(make() for make in first), L.Dense(16, "relu"), L.Dense(16, "relu")]


def table() -> dict[str, Row]:
    """All rows by name."""
    from keras import layers as L

    from dure.layers import MultiHot, OneHot

    d2 = {"rows": 20_000, "words": 100, "tokens": 300, "batch": 64}
    found = {
        "D2 OneHot": Row(_one_hot(lambda: OneHot(300)), **d2),
        "D2 dense arrays": Row(_one_hot(), **d2, dense="one"),
        "D2 OneHot, Keras' fit": Row(_one_hot(lambda: OneHot(300)), **d2, by="keras"),
        "D2 Embedding(16)": Row(_one_hot(lambda: L.Embedding(300, 16)), **d2),
    }
    for words in (256, 1000):
        b1 = {"rows": 15_000, "words": words, "tokens": 10_000, "batch": 512}
        found[f"B1 MultiHot, {words} words"] = Row(_multi_hot(lambda: MultiHot(10_000)), **b1)
        found[f"B1 MultiHot, {words} words, Keras' fit"] = Row(
            _multi_hot(lambda: MultiHot(10_000)), **b1, by="keras"
        )
    found["B1 dense arrays"] = Row(_multi_hot(), **b1, dense="several")
    return found


def _data(row: Row) -> tuple[Any, Any]:
    import keras
    import numpy as np

    random = np.random.default_rng(0)
    chances = 1 / np.arange(3, row.tokens)
    tokens = random.choice(
        np.arange(3, row.tokens), (row.rows, row.words), p=chances / chances.sum()
    )
    lengths = np.clip(random.lognormal(np.log(178), 0.6, row.rows), 10, row.words).astype(int)
    x = (tokens * (np.arange(row.words) >= row.words - lengths[:, None])).astype("int32")
    y = random.integers(0, 2, row.rows).astype("float32")
    if row.dense == "one":
        return keras.utils.to_categorical(x, row.tokens).astype("float32"), y
    if row.dense == "several":
        dense = np.zeros((row.rows, row.tokens), "float32")
        np.put_along_axis(dense, x, 1, axis=1)
        dense[:, 0] = 0
        return dense, y
    return x, y


def run(name: str) -> dict[str, float]:
    """One row, in this process."""
    import keras

    import dure

    row = table()[name]
    x, y = _data(row)
    keras.utils.set_random_seed(0)
    stack = [keras.Input(x.shape[1:]), *row.network(), keras.layers.Dense(1, "sigmoid")]
    model = keras.Sequential(stack)
    model.compile(keras.optimizers.RMSprop(1e-4), "binary_crossentropy", metrics=["accuracy"])
    fit = dure.fit if row.by == "dure" else keras.Model.fit
    options = {"batch_size": row.batch, "verbose": 0}
    fit(model, x, y, epochs=1, **options)
    cpu, wall = time.process_time(), time.perf_counter()
    fit(model, x, y, epochs=EPOCHS, **options)
    steps = EPOCHS * -(-row.rows // row.batch) / 1e3
    return {
        "parameters": model.count_params(),
        "cpu": (time.process_time() - cpu) / steps,
        "wall": (time.perf_counter() - wall) / steps,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main(wanted: list[str]) -> None:
    """Run the rows one after another and print them."""
    print(f"{'':38}{'parameters':>11}{'CPU ms':>9}{'wall ms':>9}{'peak MB':>9}")
    for name in table():
        if wanted and not any(part in name for part in wanted):
            continue
        command = [sys.executable, __file__, "--row", name]
        done = subprocess.run(command, capture_output=True, text=True, check=True, encoding="utf-8")
        row = json.loads(done.stdout.splitlines()[-1])
        print(
            f"{name:38}{row['parameters']:11,}{row['cpu']:9.3f}{row['wall']:9.3f}"
            f"{row['peak']:9.0f}",
            flush=True,
        )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--row"]:
        print(json.dumps(run(sys.argv[2])))
    else:
        main(sys.argv[1:])
