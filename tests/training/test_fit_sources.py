"""``dure.fit`` where batches come one by one, against Keras' own ``fit``."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dure
from dure.core.backend import keras
from dure.training.fit import _Programs

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(70, 6)).astype("float32")
Y = (X.sum(axis=1) > 0).astype("int32")
HELD = (X[:20] + 1, Y[:20])


def net(**compiled: Any) -> keras.Model:
    layers = keras.layers
    model = keras.Sequential(
        [layers.Dense(8), layers.BatchNormalization(), layers.ReLU(), layers.Dropout(0.3)]
    )
    model.add(layers.Dense(1, "sigmoid"))
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"], **compiled)
    return model


class Rows(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches with noise that is another each time they are made."""

    def __len__(self) -> int:
        return 5

    def __getitem__(self, index: int) -> Any:
        at = slice(index * 14, index * 14 + 14)
        return X[at] + np.random.normal(size=(14, 6)).astype("float32"), Y[at]


def endless() -> Iterator[Any]:
    while True:
        rows = np.random.permutation(len(X))[: np.random.randint(8, 11)]
        yield X[rows], Y[rows], np.ones(len(rows), "float32")


class Watcher(keras.callbacks.Callback):  # type: ignore[misc]
    """Keeps what it is told, changes a weight in mid-epoch, and stops inside one."""

    def __init__(self, stop_at: int | None = None) -> None:
        super().__init__()
        self.told: list[Any] = []
        self.stop_at = stop_at

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.told.append((batch, {name: float(value) for name, value in logs.items()}))
        if len(self.told) == 3:
            self.model.layers[0].bias.assign(self.model.layers[0].bias + 0.5)
        if len(self.told) == self.stop_at:
            self.model.stop_training = True

    def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
        self.told.append(("test", batch))


def both(
    arguments: Callable[[], dict[str, Any]], make: Callable[[], keras.Model] = net
) -> tuple[Any, ...]:
    """Model and history, and the callbacks, of Keras' fit and then of ours, from one seed."""
    found: list[Any] = []
    for fit in (keras.Model.fit, dure.fit):
        keras.utils.set_random_seed(4)
        model = make()
        given = arguments()
        history = fit(model, verbose=0, **given)
        found += [model, history.history, given.get("callbacks")]
    theirs, ours = found[:3], found[3:]
    assert ours[1].keys() == theirs[1].keys()
    for name, values in theirs[1].items():
        np.testing.assert_allclose(ours[1][name], values, rtol=2e-5, atol=1e-6)
    for one, other in zip(ours[0].get_weights(), theirs[0].get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)
    return (*theirs, *ours)


SOURCES: dict[str, Callable[[], dict[str, Any]]] = {
    "PyDataset": lambda: {"x": Rows(), "epochs": 3, "class_weight": {0: 1.0, 1: 3.0}},
    "PyDataset that validates": lambda: {"x": X, "y": Y, "validation_data": Rows(), "epochs": 2},
    "threads": lambda: {"x": Rows(workers=2), "steps_per_epoch": 1, "epochs": 1},
    "generator": lambda: {
        "x": endless(),
        "steps_per_epoch": 4,
        "validation_data": endless(),
        "validation_steps": 2,
        "validation_freq": 2,
        "shuffle": False,
        "epochs": 3,
    },
    "counted steps": lambda: {
        "x": X,
        "y": Y,
        "batch_size": 16,
        "steps_per_epoch": 3,
        "validation_split": 0.3,
        "validation_steps": 1,
        "epochs": 2,
    },
    "callbacks": lambda: {
        "x": X,
        "y": Y,
        "validation_data": HELD,
        "epochs": 3,
        "callbacks": [Watcher(), keras.callbacks.EarlyStopping(patience=1)],
    },
    "stopped inside an epoch": lambda: {
        "x": X,
        "y": Y,
        "batch_size": 16,
        "validation_data": HELD,
        "epochs": 3,
        "callbacks": [Watcher(stop_at=9)],
    },
    "SwapEMAWeights": lambda: {
        "x": X,
        "y": Y,
        "validation_data": HELD,
        "epochs": 3,
        "callbacks": [keras.callbacks.SwapEMAWeights(swap_on_epoch=True)],
    },
}


@pytest.mark.parametrize("kind", SOURCES)
def test_batches_one_by_one_train_as_keras_does(kind: str) -> None:
    def make() -> keras.Model:
        if kind == "SwapEMAWeights":
            model = net()
            adam = keras.optimizers.Adam(use_ema=True, ema_momentum=0.9)
            model.compile(adam, "binary_crossentropy")
            return model
        return net(steps_per_execution=2) if kind == "counted steps" else net()

    if kind == "threads":  # their order is nobody's
        history = dure.fit(make(), verbose=0, **SOURCES[kind]())
        assert len(history.history["loss"]) == 1
        return
    *_, their_callbacks, ours, _, our_callbacks = both(SOURCES[kind], make)
    assert ours.train_function is None
    for one, other in zip(their_callbacks or [], our_callbacks or [], strict=True):
        if isinstance(one, Watcher):
            assert len(one.told) == len(other.told) > 5
            for (batch, logs), (same, told) in zip(one.told, other.told, strict=True):
                assert batch == same
                assert told == pytest.approx(logs, rel=2e-5, abs=1e-6)


def test_steps_are_compiled_once_a_shape_and_kept() -> None:
    model = net()
    for _ in range(2):
        dure.fit(model, X, Y, batch_size=32, steps_per_epoch=3, verbose=0, validation_data=HELD)
    assert _Programs.of(model).steps(model).compilations == 3  # 32 and 6 rows, and validation


@pytest.mark.parametrize("kind", ["eager", "own loop"])
def test_what_only_keras_can_train_is_trained_by_keras(kind: str) -> None:
    class Loop(keras.Sequential):  # type: ignore[misc]
        def make_train_function(self, force: bool = False) -> None:
            super().make_train_function(force)
            inner = self.train_function

            def twice(state: Any, batches: Any) -> Any:
                batch = next(batches)
                _, state = inner(state, iter([batch]))
                return inner(state, iter([batch]))

            self.train_function = twice

    def make() -> keras.Model:
        if kind == "eager":
            return net(run_eagerly=True)
        model = Loop([keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        return model

    both(lambda: {"x": X, "y": Y, "epochs": 2, "validation_split": 0.2}, make)


def test_a_kept_backup_goes_on_where_it_was(tmp_path: Path) -> None:
    class Fall(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            if epoch == 1:
                raise KeyboardInterrupt

    for name, fit in (("keras", keras.Model.fit), ("dure", dure.fit)):
        keras.utils.set_random_seed(1)
        model = net()
        backup = keras.callbacks.BackupAndRestore(str(tmp_path / name))
        with pytest.raises(KeyboardInterrupt):
            fit(model, X, Y, epochs=4, verbose=0, callbacks=[backup, Fall()], shuffle=False)
        again = keras.callbacks.BackupAndRestore(str(tmp_path / name))
        history = fit(net(), X, Y, epochs=4, verbose=0, callbacks=[again], shuffle=False)
        assert history.epoch == [2, 3]


def test_what_does_not_fit_is_told_before_batches_are_trained_too() -> None:
    watched = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None)
    model = net()
    with pytest.raises(dure.StudyError, match="binary_crossentropy"):
        dure.fit(model, X, Y + 3, callbacks=[watched], verbose=0)


def test_a_step_that_draws_when_traced_is_left_to_keras(monkeypatch: Any) -> None:
    class Drawn(keras.layers.Layer):  # type: ignore[misc]
        def call(self, x: Any) -> Any:
            return x * np.float32(np.random.normal())

    def make() -> keras.Model:
        model = keras.Sequential([Drawn(), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        return model

    def refuse(*_: Any) -> None:
        raise AssertionError("these steps are Keras' own")

    monkeypatch.setattr("dure.training.fit.SharedSteps.install", refuse)
    both(lambda: {"x": X, "y": Y, "epochs": 2}, make)
