"""False alarms of `Result.health` on healthy networks; writes the table of docs/health.md.

    python benchmarks/false_alarms.py [--only LSTM] [--seeds 6] [--first 100] [--write]

Every network here learns its task with a sensible rate, scaled inputs and early stopping, and is
right for its data; so whatever is found is a false alarm. Overfitting and underfitting are asked
too: with early stopping none should be found. Networks on excerpts are left out where the
environment variable DURE_DATA does not name their folder.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))
BEGIN, END = "<!-- false alarms -->", "<!-- end of false alarms -->"

import dure  # noqa: E402
from dure.core.backend import require_jax_backend  # noqa: E402

require_jax_backend()

import keras  # noqa: E402
import numpy as np  # noqa: E402
from keras import layers  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402

from dure.analysis.diagnostics.health import KINDS  # noqa: E402

SPARSE, TWO = "sparse_categorical_crossentropy", "binary_crossentropy"


class Healthy(NamedTuple):
    """A network with its data and how long it may train."""

    build: Callable[[], Any]
    data: Callable[[], dure.Data]
    epochs: int
    patience: int = 8
    folds: int | None = None


# -- data ------------------------------------------------------------------------------------------


@cache
def digits() -> dure.Data:
    return dure.data.digits()


@cache
def rows_of_digits() -> dure.Data:
    """A digit as a series of its eight lines."""
    data = digits()
    return dure.Data(data.x[..., 0], data.y)


@cache
def cancer() -> dure.Data:
    return replace(dure.data.breast_cancer(), prepare=StandardScaler())


@cache
def signs() -> dure.Data:
    data = dure.data.breast_cancer()
    return dure.Data(data.x, np.where(data.y > 0, 1.0, -1.0), prepare=StandardScaler())


@cache
def diabetes() -> dure.Data:
    data = dure.data.diabetes()
    y = (data.y - data.y.mean()) / data.y.std()
    return dure.Data(data.x, y, prepare=StandardScaler())


@cache
def waves() -> dure.Data:
    """The next value of a noisy wave from twenty."""
    rng = np.random.default_rng(0)
    t = np.arange(900)
    values = np.sin(t / 6) + 0.5 * np.sin(t / 17) + 0.1 * rng.normal(size=len(t))
    return dure.data.windows(values.astype(np.float32), 20)


@cache
def mnist() -> dure.Data:
    return replace(dure.data.mnist().take(slice(0, 2500)), test=None)


@cache
def reviews() -> dure.Data:
    return replace(dure.data.imdb(400, 60).take(slice(0, 3000)), test=None)


# -- networks --------------------------------------------------------------------------------------


def compiled(stack: list[Any], loss: Any, optimizer: Any, metric: str = "accuracy") -> Any:
    model = keras.Sequential(stack)
    model.compile(optimizer, loss, metrics=[metric])
    return model


def adam(rate: float = 1e-3) -> Any:
    return keras.optimizers.Adam(rate)


def sgd(rate: float, momentum: float = 0.0) -> Any:
    return keras.optimizers.SGD(rate, momentum)


def classes(*hidden: Any, optimizer: Any = None) -> Any:
    stack = [layers.Flatten(), *hidden, layers.Dense(10, activation="softmax")]
    return compiled(stack, SPARSE, optimizer or adam(3e-3))


def pictures(*hidden: Any, optimizer: Any = None) -> Any:
    stack = [*hidden, layers.Flatten(), layers.Dense(10, activation="softmax")]
    return compiled(stack, SPARSE, optimizer or adam(3e-3))


def answer(*hidden: Any, optimizer: Any = None) -> Any:
    stack = [*hidden, layers.Dense(1, activation="sigmoid")]
    return compiled(stack, TWO, optimizer or adam(3e-3))


def number(*hidden: Any, optimizer: Any = None) -> Any:
    return compiled([*hidden, layers.Dense(1)], "mse", optimizer or adam(1e-2), "mae")


def relu(units: int, **given: Any) -> Any:
    return layers.Dense(units, activation="relu", **given)


def logits() -> Any:
    stack = [layers.Flatten(), relu(32), layers.Dense(10)]
    return compiled(stack, keras.losses.SparseCategoricalCrossentropy(from_logits=True), adam(3e-3))


def branches() -> Any:
    inputs = keras.Input((30,))
    wide, deep = relu(8)(inputs), relu(8)(relu(16)(inputs))
    out = layers.Dense(1, activation="sigmoid")(layers.Concatenate()([wide, deep]))
    model = keras.Model(inputs, out)
    model.compile(adam(3e-3), TWO, metrics=["accuracy"])
    return model


def residual() -> Any:
    inputs = keras.Input((8, 8, 1))
    x = relu(32)(layers.Flatten()(inputs))
    for _ in range(4):
        x = layers.Add()([x, relu(32, kernel_initializer="he_normal")(x)])
    model = keras.Model(inputs, layers.Dense(10, activation="softmax")(x))
    model.compile(adam(1e-3), SPARSE, metrics=["accuracy"])
    return model


def deep(activation: str, initializer: str, depth: int = 6) -> Any:
    return classes(
        *[
            layers.Dense(32, activation=activation, kernel_initializer=initializer)
            for _ in range(depth)
        ],
        optimizer=adam(1e-3),
    )


def conv(filters: int) -> Any:
    return layers.Conv2D(filters, 3, padding="same", activation="relu")


def multi_hot() -> Any:
    stack = [dure.layers.MultiHot(400), relu(16), relu(16), layers.Dense(1, activation="sigmoid")]
    return compiled(stack, TWO, keras.optimizers.RMSprop(1e-3))


def words(*hidden: Any) -> Any:
    return answer(layers.Embedding(400, 16), *hidden)


NETWORKS: dict[str, Healthy] = {
    "digits: softmax alone": Healthy(lambda: classes(optimizer=sgd(0.3)), digits, 60),
    "digits: dense 32": Healthy(lambda: classes(relu(32)), digits, 40),
    "digits: dense 64-64": Healthy(lambda: classes(relu(64), relu(64)), digits, 30),
    "digits: dense 32 tanh, SGD": Healthy(
        lambda: classes(layers.Dense(32, activation="tanh"), optimizer=sgd(0.2)), digits, 60
    ),
    "digits: dense 32 sigmoid": Healthy(
        lambda: classes(layers.Dense(32, activation="sigmoid"), optimizer=adam(1e-2)), digits, 50
    ),
    "digits: from logits": Healthy(logits, digits, 40),
    "digits: Dropout": Healthy(lambda: classes(relu(64), layers.Dropout(0.3)), digits, 40),
    "digits: L2, 5 folds": Healthy(
        lambda: classes(relu(32, kernel_regularizer=keras.regularizers.L2(1e-4))), digits, 40, 8, 5
    ),
    "digits: 6 relu layers, He": Healthy(lambda: deep("relu", "he_normal"), digits, 40),
    "digits: 6 tanh layers, Glorot": Healthy(lambda: deep("tanh", "glorot_normal"), digits, 40),
    "digits: 6 selu layers, LeCun": Healthy(lambda: deep("selu", "lecun_normal"), digits, 40),
    "digits: residual": Healthy(residual, digits, 30),
    "digits: CNN": Healthy(lambda: pictures(conv(8), layers.MaxPooling2D()), digits, 30),
    "digits: CNN, batch normalisation": Healthy(
        lambda: pictures(
            layers.Conv2D(8, 3, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.MaxPooling2D(),
        ),
        digits,
        25,
    ),
    "digits: SimpleRNN": Healthy(lambda: pictures(layers.SimpleRNN(24)), rows_of_digits, 50),
    "digits: LSTM": Healthy(
        lambda: pictures(layers.LSTM(16), optimizer=adam(1e-2)), rows_of_digits, 40
    ),
    "digits: GRU": Healthy(
        lambda: pictures(layers.GRU(16), optimizer=adam(1e-2)), rows_of_digits, 40
    ),
    "cancer: one neuron": Healthy(lambda: answer(optimizer=sgd(0.1)), cancer, 60),
    "cancer: dense 16": Healthy(lambda: answer(relu(16)), cancer, 60),
    "cancer: layer normalisation": Healthy(
        lambda: answer(layers.Dense(16), layers.LayerNormalization(), layers.ReLU()), cancer, 50
    ),
    "cancer: two branches": Healthy(branches, cancer, 50),
    "cancer: Adaline": Healthy(lambda: number(optimizer=sgd(1e-3)), signs, 60),
    "cancer: momentum": Healthy(lambda: answer(relu(16), optimizer=sgd(0.03, 0.9)), cancer, 40),
    "diabetes: one neuron": Healthy(lambda: number(optimizer=sgd(0.01)), diabetes, 60),
    "diabetes: dense 16": Healthy(lambda: number(relu(16), optimizer=adam(3e-3)), diabetes, 60),
    "waves: LSTM": Healthy(lambda: number(layers.LSTM(8)), waves, 40),
    "waves: Conv1D": Healthy(
        lambda: number(layers.Conv1D(8, 5, activation="relu"), layers.Flatten()), waves, 40
    ),
    "MNIST excerpt: CNN": Healthy(
        lambda: pictures(
            conv(8), layers.MaxPooling2D(), conv(16), layers.MaxPooling2D(), layers.Dropout(0.3)
        ),
        mnist,
        12,
        3,
    ),
    "MNIST excerpt: dense 64": Healthy(lambda: classes(relu(64)), mnist, 20, 4),
    "reviews excerpt: mean of words": Healthy(
        lambda: words(layers.GlobalAveragePooling1D()), reviews, 30, 4
    ),
    "reviews excerpt: LSTM": Healthy(lambda: words(layers.LSTM(8)), reviews, 12, 3),
    "reviews excerpt: Conv1D": Healthy(
        lambda: words(layers.Conv1D(16, 3, activation="relu"), layers.GlobalMaxPooling1D()),
        reviews,
        12,
        3,
    ),
    "reviews excerpt: multi-hot": Healthy(multi_hot, reviews, 20, 4),
}


def examined(name: str, seeds: list[int]) -> Any:
    """The health of one network over these seeds."""
    made = NETWORKS[name]
    stop = keras.callbacks.EarlyStopping(patience=made.patience, restore_best_weights=True)
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        study = dure.Study(
            made.build,
            made.data(),
            seeds=seeds[:1] if made.folds else seeds,
            folds=made.folds,
            validation_split=0.0 if made.folds else 0.2,
            epochs=made.epochs,
            callbacks=[stop],
        )
        result = study.run(out=Path(folder) / "run", progress=False)
        best = result.summary(result.monitor.name)["mean"][0]
        return result.health(), best


def table(found: dict[str, Any]) -> str:
    """Markdown: by kind in how many networks it was looked for, and found."""
    lines = ["| finding | looked for in | false alarms | where |", "|---|---:|---:|---|"]
    for kind, words in KINDS.items():
        looked = [n for n, health in found.items() if kind not in dict(health.missing)]
        alarms = [n for n in looked if kind in {f.kind for f in found[n].findings}]
        lines.append(f"| {words} | {len(looked)} | {len(alarms)} | {', '.join(alarms)} |")
    lanes = sum(health.lanes for health in found.values())
    ill = sum(bool(health.findings) for health in found.values())
    told = f"{len(found)} healthy networks, {lanes} lanes; {ill} with any false alarm."
    return "\n".join([told, "", *lines])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--only", help="networks whose name contains this")
    parser.add_argument("--seeds", type=int, default=6, help="how many")
    parser.add_argument("--first", type=int, default=100, help="the first of them")
    parser.add_argument("--write", action="store_true", help="write the table into docs/health.md")
    options = parser.parse_args()
    found: dict[str, Any] = {}
    seeds = list(range(options.first, options.first + options.seeds))
    for name in NETWORKS:
        if options.only and options.only not in name:
            continue
        if "excerpt" in name and "DURE_DATA" not in os.environ:
            continue
        found[name], best = examined(name, seeds)
        kinds = ", ".join(f.kind for f in found[name].findings) or "nothing"
        print(f"{name:36s} best {best:7.4f}   {kinds}", flush=True)
        for finding in found[name].findings:
            print(f"    {finding.sentence}", flush=True)
    text = table(found)
    print(f"\n{text}")
    if options.write:
        page = ROOT / "docs" / "health.md"
        before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
        page.write_text(f"{before}{BEGIN}\n{text}\n{END}{rest.partition(END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    main()
