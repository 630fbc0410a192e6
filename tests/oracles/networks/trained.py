"""How networks are trained: schedules, arguments of `compile` and `fit`, callbacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers as L

from oracles.networks.case import (
    BINARY,
    CLASSES,
    NUMBERS,
    ONE_HOT,
    TABLE,
    WEIGHTS,
    Case,
    compiled,
    tabular,
)

s, c = keras.optimizers.schedules, keras.callbacks


@keras.saving.register_keras_serializable("coverage")
class Warmup(s.LearningRateSchedule):
    """A schedule of somebody's own."""

    def __call__(self, step: Any) -> Any:
        return 1e-2 * keras.ops.minimum(1.0, (keras.ops.cast(step, "float32") + 1.0) / 4.0)

    def get_config(self) -> dict[str, Any]:
        return {}


SCHEDULES: dict[str, Callable[[], Any]] = {
    "CosineDecay": lambda: s.CosineDecay(1e-3, 4, warmup_target=1e-2, warmup_steps=2),
    "CosineDecayRestarts": lambda: s.CosineDecayRestarts(1e-2, 2),
    "ExponentialDecay": lambda: s.ExponentialDecay(1e-2, 2, 0.5, staircase=True),
    "InverseTimeDecay": lambda: s.InverseTimeDecay(1e-2, 2, 0.5),
    "PiecewiseConstantDecay": lambda: s.PiecewiseConstantDecay([2, 4], [1e-2, 5e-3, 1e-3]),
    "PolynomialDecay": lambda: s.PolynomialDecay(1e-2, 4, power=2.0, cycle=True),
    "own": Warmup,
}


def _two_optimizers() -> Any:
    fast, slow = keras.optimizers.SGD(0.1), keras.optimizers.Adam(1e-3)
    return keras.optimizers.MultiOptimizer(lambda v: fast if "bias" in v.path else slow)


def _mapped_optimizers() -> Any:
    table = keras.optimizers.OptimizerMap(default_optimizer=keras.optimizers.Adam(1e-2))
    table["dense"] = keras.optimizers.SGD(0.1)
    return keras.optimizers.MultiOptimizer(table)


@keras.saving.register_keras_serializable("coverage")
class Signs(keras.optimizers.Optimizer):
    """An optimizer of somebody's own."""

    def build(self, variables: Any) -> None:
        if not self.built:
            super().build(variables)
            self.memory = self.add_optimizer_variables(variables, "memory")

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        memory = self.memory[self._get_variable_index(variable)]
        self.assign(memory, 0.9 * memory + gradient)
        self.assign_sub(variable, learning_rate * keras.ops.sign(memory))


OPTIMIZED: dict[str, Callable[[], Any]] = {
    "decay and weights left out": lambda: _left_out(keras.optimizers.AdamW(1e-2, weight_decay=0.1)),
    "two optimizers": _two_optimizers,
    "optimizers by name": _mapped_optimizers,
    "own optimizer": lambda: Signs(1e-2),
    "accumulated gradients and averages": lambda: keras.optimizers.Adam(
        1e-2, use_ema=True, ema_momentum=0.9, gradient_accumulation_steps=2
    ),
    "scaled loss": lambda: keras.optimizers.SGD(1e-2, loss_scale_factor=8.0),
    "global norm and decay": lambda: keras.optimizers.SGD(
        0.1, momentum=0.9, weight_decay=1e-3, global_clipnorm=0.1
    ),
}


def _left_out(optimizer: Any) -> Any:
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    return optimizer


def _compiled(**options: Any) -> Callable[[], keras.Model]:
    def make() -> keras.Model:
        x = L.Input((10,))
        out = L.Dense(1, "sigmoid")(L.Dense(6, "tanh")(x))
        return compiled(x, out, metrics=["accuracy"], **options)

    return make


def _dropped(**options: Any) -> Callable[[], keras.Model]:
    def make() -> keras.Model:
        x = L.Input((10,))
        h = L.BatchNormalization()(L.Dropout(0.3)(L.Dense(6, "tanh")(x)))
        return compiled(x, L.Dense(1, "sigmoid")(h), metrics=["accuracy"], **options)

    return make


class Told(c.Callback):
    """A callback of somebody's own: writes into the logs, and changes the rate."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        rate = float(np.asarray(self.model.optimizer.learning_rate))
        logs["rate"] = rate
        self.model.optimizer.learning_rate = rate * 0.5


class EveryBatch(c.Callback):
    """Changes the rate after every batch."""

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        rate = float(np.asarray(self.model.optimizer.learning_rate))
        self.model.optimizer.learning_rate = rate * 0.9


class Stopper(c.Callback):
    """Sets `stop_training` at one of the places where people do."""

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def _stop(self, place: str, number: int) -> None:
        if place == self.place and number == 1:
            self.model.stop_training = True

    def on_train_begin(self, logs: Any = None) -> None:
        self._stop("train begin", 1)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._stop("epoch begin", epoch)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._stop("epoch end", epoch)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._stop("batch", batch)


def _with(*make: Callable[[Path], Any]) -> Callable[[Path], Mapping[str, Any]]:
    """Callbacks made anew for each training, with its folder."""
    return lambda folder: {"callbacks": [one(folder) for one in make]}


def _saved(folder: Path, **options: Any) -> Any:
    return c.ModelCheckpoint(str(folder / "best.keras"), **options)


CALLBACKS: dict[str, Callable[[Path], Mapping[str, Any]]] = {
    "Callback, own": _with(lambda _: Told()),
    "CSVLogger": _with(lambda folder: c.CSVLogger(str(folder / "log.csv"))),
    "EarlyStopping": _with(
        lambda _: c.EarlyStopping("val_loss", patience=0, min_delta=0.5, restore_best_weights=True)
    ),
    "History": _with(lambda _: c.History()),
    "LambdaCallback": _with(
        lambda _: c.LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(twice=2 * epoch))
    ),
    "LambdaCallback of batches": _with(
        lambda _: c.LambdaCallback(on_train_batch_begin=lambda batch, logs: None)
    ),
    "LearningRateScheduler": _with(
        lambda _: c.LearningRateScheduler(lambda epoch, rate: rate * 0.5 ** (epoch > 0))
    ),
    "ModelCheckpoint": _with(lambda folder: _saved(folder, save_best_only=True)),
    "ModelCheckpoint by batches": _with(lambda folder: _saved(folder, save_freq=2)),
    "ProgbarLogger": _with(lambda _: c.ProgbarLogger()),
    "ReduceLROnPlateau": _with(
        lambda _: c.ReduceLROnPlateau("loss", factor=0.3, patience=0, min_delta=0.5)
    ),
    "TerminateOnNaN": _with(lambda _: c.TerminateOnNaN()),
    "TerminateOnNaN that raises": _with(lambda _: c.TerminateOnNaN(raise_error=True)),
    "BackupAndRestore": _with(lambda folder: c.BackupAndRestore(str(folder / "backup"))),
    "SwapEMAWeights": _with(lambda _: c.SwapEMAWeights()),
    "rate changed after every batch": _with(lambda _: EveryBatch()),
    **{
        f"stop_training at {place}": _with(lambda _, place=place: Stopper(place))
        for place in ("train begin", "epoch begin", "epoch end", "batch")
    },
}


def _averaged() -> Any:
    return keras.optimizers.Adam(1e-2, use_ema=True, ema_momentum=0.8)


HELD_OUT = (TABLE[:20] * 0.9, BINARY[:20])

TRAINED: dict[str, Case] = {
    **{
        f"schedule {name}": Case(
            tabular(optimizer=lambda make=make: keras.optimizers.Adam(make())), TABLE, BINARY
        )
        for name, make in SCHEDULES.items()
    },
    **{
        f"optimizer: {name}": Case(tabular(optimizer=make), TABLE, BINARY)
        for name, make in OPTIMIZED.items()
    },
    **{
        f"callback {name}": Case(
            lambda name=name: _dropped(optimizer=_averaged() if "EMA" in name else "adam")(),
            TABLE,
            BINARY,
            fresh=fresh,
        )
        for name, fresh in CALLBACKS.items()
    },
    "jit_compile=False": Case(_compiled(jit_compile=False), TABLE, BINARY),
    "steps_per_execution=2": Case(_dropped(steps_per_execution=2), TABLE, BINARY),
    "run_eagerly": Case(_compiled(run_eagerly=True), TABLE, BINARY),
    "auto_scale_loss=False": Case(
        lambda: _compiled(
            optimizer=keras.optimizers.SGD(1e-2, loss_scale_factor=4.0), auto_scale_loss=False
        )(),
        TABLE,
        BINARY,
    ),
    "loss_weights and weighted_metrics": Case(
        _compiled(loss_weights=0.3, weighted_metrics=["accuracy", "mse"]),
        TABLE,
        BINARY,
        {"sample_weight": WEIGHTS},
    ),
    "validation_split": Case(
        _dropped(), TABLE, BINARY, {"validation_data": None, "validation_split": 0.25}
    ),
    "validation_data of another length": Case(
        _dropped(), TABLE, BINARY, {"validation_data": HELD_OUT, "validation_batch_size": 7}
    ),
    "validation_data with weights": Case(
        _dropped(), TABLE, BINARY, {"validation_data": (*HELD_OUT, WEIGHTS[:20])}
    ),
    "no validation": Case(_dropped(), TABLE, BINARY, {"validation_data": None}),
    "validation_freq": Case(_dropped(), TABLE, BINARY, {"validation_freq": 2}),
    "validation_freq in a list": Case(_dropped(), TABLE, BINARY, {"validation_freq": [1, 3]}),
    "shuffle='batch'": Case(_dropped(), TABLE, BINARY, {"shuffle": "batch"}),
    "shuffle=False": Case(_dropped(), TABLE, BINARY, {"shuffle": False}),
    "initial_epoch": Case(_dropped(), TABLE, BINARY, {"initial_epoch": 1}),
    "verbose=2": Case(_dropped(), TABLE, BINARY, {"verbose": 2}),
    "batch of all rows": Case(_dropped(), TABLE, BINARY, {"batch_size": len(TABLE)}),
    "batches of one": Case(_compiled(), TABLE[:12], BINARY[:12], {"batch_size": 1}),
    "a rest in every batch size": Case(_dropped(), TABLE, BINARY, {"batch_size": 7}),
    "steps_per_epoch": Case(_dropped(), TABLE, BINARY, {"steps_per_epoch": 1, "epochs": 3}),
    "validation_steps": Case(_dropped(), TABLE, BINARY, {"validation_steps": 1}),
    "class_weight": Case(_dropped(), TABLE, BINARY, {"class_weight": {0: 0.5, 1: 3.0}}),
    "class_weight of one-hot targets": Case(
        lambda: _classes(one_hot=True),
        TABLE,
        ONE_HOT,
        {"class_weight": {0: 0.5, 1: 1.0, 2: 2.0}},
    ),
    "class_weight of labels": Case(
        lambda: _classes(one_hot=False), TABLE, CLASSES, {"class_weight": {0: 0.5, 1: 1.0, 2: 2.0}}
    ),
    "early stopping and a falling rate": Case(
        _dropped(),
        TABLE,
        BINARY,
        {"epochs": 6},
        fresh=_with(
            lambda _: c.ReduceLROnPlateau("val_loss", factor=0.5, patience=0, min_delta=0.1),
            lambda _: c.EarlyStopping("val_loss", patience=1, min_delta=0.1),
        ),
    ),
    "loss that becomes NaN": Case(
        lambda: compiled(x := L.Input((10,)), L.Dense(1)(x), "mse", keras.optimizers.SGD(1e25)),
        TABLE,
        NUMBERS,
        fresh=_with(lambda _: c.TerminateOnNaN()),
    ),
}


def _classes(one_hot: bool) -> keras.Model:
    x = L.Input((10,))
    loss = "categorical_crossentropy" if one_hot else "sparse_categorical_crossentropy"
    return compiled(x, L.Dense(3, "softmax")(L.Dense(6, "tanh")(x)), loss, metrics=["accuracy"])
