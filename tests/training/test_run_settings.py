"""What people's code keeps and draws in Python is each lane's own, as in Keras' ``fit`` alone."""

import random
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dure
from dure.core.backend import jax, keras

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(50, 4)).astype("float32")
Y = X.sum(axis=1, keepdims=True)
TERMS = {"epochs": 3, "batch_size": 8}


class Batches(keras.callbacks.Callback):  # type: ignore[misc]
    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        pass


class Momentum(keras.callbacks.Callback):  # type: ignore[misc]
    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.model.optimizer.momentum = 0.5


class Draws(keras.callbacks.Callback):  # type: ignore[misc]
    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logs["drawn"] = float(np.asarray(keras.random.uniform(())))


class Noise(keras.layers.Layer):  # type: ignore[misc]
    def call(self, x: Any, training: bool = False) -> Any:
        return x * np.float32(np.random.normal()) if training else x


class Scaled(keras.Model):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.dense, self.scale = keras.layers.Dense(1), random.choice([0.1, 0.5, 1.0, 3.0])

    def call(self, x: Any) -> Any:
        return self.dense(x) * self.scale


class Guide(keras.Model):  # type: ignore[misc]
    """A training step as Keras' guide writes one, for a model that is never evaluated."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = keras.layers.Dense(1)
        self.dense.build((None, 4))
        self.built = True

    def train_step(self, state: Any, data: Any) -> Any:
        x, y = data
        weights, other, optimizer, metrics = state

        def loss(weights: Any) -> Any:
            predicted, _ = self.dense.stateless_call(weights, [], x)
            return keras.ops.mean((predicted - y) ** 2)

        value, slopes = jax.value_and_grad(loss)(weights)
        weights, optimizer = self.optimizer.stateless_apply(optimizer, slopes, weights)
        return {"loss": value}, (weights, other, optimizer, metrics)


def compiled(model: keras.Model, optimizer: Any = "adam", **options: Any) -> keras.Model:
    model.compile(optimizer, "mse", **options)
    return model


def dense(*layers: Any, **options: Any) -> keras.Model:
    optimizer = keras.optimizers.SGD(0.01, momentum=0.9)
    return compiled(keras.Sequential([*layers, keras.layers.Dense(1)]), optimizer, **options)


def guide() -> keras.Model:
    model = Guide()
    model.compile("adam")
    return model


CASES: dict[str, tuple[Callable[[], keras.Model], list[Any], list[int], str]] = {
    "set before the first batch": (dense, [Momentum, Batches], [0], "stepped"),
    "keras.random in callbacks": (dense, [Draws], [0, 1, 2], "compiled"),
    "keras.random between batches": (dense, [Draws, Batches], [0, 1, 2], "stepped"),
    "a choice of the third seed": (lambda: compiled(Scaled()), [], [0, 11, 1], "compiled"),
    "a step of the guide": (guide, [], [0], "compiled"),
    "a step of the guide, stepped": (guide, [Batches], [0], "stepped"),
    "drawn for every batch": (lambda: dense(Noise(), run_eagerly=True), [], [0], "fitted"),
}


@pytest.mark.parametrize("name", CASES)
def test_lanes_are_what_keras_fit_gives(name: str, tmp_path: Path) -> None:
    build, callbacks, seeds, route = CASES[name]

    def made() -> list[Any]:
        return [kind() for kind in callbacks]

    data, options = dure.Data(X, Y), {**TERMS, "callbacks": made()}
    study = dure.Study(build, data, seeds=seeds, health=False, **options)
    assert study.plan().programs[0].route == route
    result = study.run(tmp_path / "run", progress=False)
    for seed in seeds:
        keras.utils.set_random_seed(seed)
        history = build().fit(X, Y, verbose=0, **{**TERMS, "callbacks": made()}).history
        curves = result.curves.isel(variant=0).sel(seed=seed, fold=1)
        for key, values in history.items():
            np.testing.assert_allclose(curves[key], values, rtol=2e-5, err_msg=key)


def test_what_compiled_rounds_cannot_follow_is_told_with_the_way_round(tmp_path: Path) -> None:
    study = dure.Study(dense, dure.Data(X, Y), callbacks=[Momentum()], health=False, **TERMS)
    with pytest.raises(dure.StudyError, match=r"SGD\.momentum before the first batch"):
        study.run(tmp_path / "run", progress=False)
    with pytest.raises(dure.StudyError, match=r"SGD\.momentum before the first batch"):
        dure.fit(dense(), X, Y, callbacks=[Momentum()], verbose=0)


def test_a_callback_that_cannot_be_copied_is_told_before_training() -> None:
    callback = Batches()
    callback.lock = threading.Lock()
    with pytest.raises(dure.StudyError, match="callback Batches cannot be copied"):
        dure.Study(dense, dure.Data(X, Y), callbacks=[callback]).plan()


def test_layers_made_outside_of_build_are_kept_apart_by_processes() -> None:
    shared = keras.layers.Normalization(mean=0.0, variance=2.0)
    shared.build((None, 4))
    own = keras.layers.BatchNormalization()
    own.build((None, 4))
    for layer, route in ((shared, "stepped"), (own, "fitted")):
        study = dure.Study(
            lambda layer=layer: dense(layer), dure.Data(X, Y), seeds=2, callbacks=[Batches()]
        )
        assert study.plan().programs[0].route == route


def test_a_failed_lane_names_the_line(tmp_path: Path) -> None:
    class Fails(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            raise RuntimeError("mine")

    study = dure.Study(dense, dure.Data(X, Y), callbacks=[Fails()], **TERMS)
    cause = study.run(tmp_path / "run", progress=False).statuses[0].cause
    assert cause.startswith("RuntimeError: mine (test_run_settings.py, line ")
