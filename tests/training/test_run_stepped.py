"""Studies whose batches come from the host one by one, against Keras' own ``fit``."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dure
from dure.core.backend import keras
from dure.engine.planning.plan import prepare

RANDOM = np.random.default_rng(1)
X = RANDOM.normal(size=(80, 6)).astype("float32")
Y = (X.sum(axis=1) > 0).astype("int32")


def net(units: int = 4, rate: float = 0.01) -> keras.Model:
    layers = keras.layers
    model = keras.Sequential([layers.Dense(units, "relu"), layers.Dropout(0.3)])
    model.add(layers.Dense(1, "sigmoid"))
    model.compile(keras.optimizers.Adam(rate), "binary_crossentropy", metrics=["accuracy"])
    return model


class Jumpy(keras.callbacks.Callback):  # type: ignore[misc]
    """Stops where it is told to, counts, and draws from the global generators."""

    def __init__(self, at: str = "") -> None:
        super().__init__()
        self.at, self.seen = at, 0

    def _stop(self, name: str, epoch: int = 1) -> None:
        if self.at == name and epoch == 1:
            self.model.stop_training = True

    def on_train_begin(self, logs: Any = None) -> None:
        self._stop("train begin")

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        np.random.random(3)
        self.epoch = epoch
        self._stop("epoch begin", epoch)

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        if batch == 1:
            self._stop("batch begin", self.epoch)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.seen += 1
        if batch == 2:
            self._stop("batch end", self.epoch)

    def on_test_end(self, logs: Any = None) -> None:
        self._stop("test end", self.epoch)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logs["seen"] = self.seen
        self._stop("epoch end", epoch)


def check(result: dure.Result, seed: int, model: keras.Model, history: Any) -> None:
    """One lane against what Keras' fit left."""
    curves = result.curves.isel(variant=0).sel(seed=seed, fold=1)
    for name, values in history.history.items():
        padded = np.pad(
            np.asarray(values, float),
            (0, curves.sizes["epoch"] - len(values)),
            constant_values=np.nan,
        )
        np.testing.assert_allclose(curves[name], padded, rtol=2e-5, atol=1e-6)
    lane = result.lane("default", seed)
    for ours, theirs in zip(lane.network("final").get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


PLACES = ["", "train begin", "epoch begin", "batch begin", "batch end", "test end", "epoch end"]


@pytest.mark.parametrize("place", PLACES)
def test_training_stops_where_keras_stops(place: str, tmp_path: Path) -> None:
    study = dure.Study(
        net,
        dure.Data(X, Y),
        seeds=[3],
        epochs=3,
        validation_split=0.25,
        batch_size=16,
        callbacks=[Jumpy(place)],
        health=False,
    )
    assert study.plan().programs[0].route == "stepped"
    result = study.run(tmp_path / "run", progress=False)
    keras.utils.set_random_seed(3)
    model = net()
    held = {"validation_split": 0.25, "batch_size": 16, "verbose": 0}
    history = model.fit(X, Y, epochs=3, callbacks=[Jumpy(place)], **held)
    check(result, 3, model, history)
    assert result.statuses[0].kind == (
        "stopped" if place and history.epoch != [0, 1, 2] else "finished"
    )


def test_lanes_share_their_steps_and_keep_their_own_files(tmp_path: Path) -> None:
    def callbacks(folder: Path) -> list[Any]:
        return [
            keras.callbacks.SwapEMAWeights(swap_on_epoch=True),
            keras.callbacks.ModelCheckpoint(
                str(folder / "at.weights.h5"), save_weights_only=True, save_freq=2
            ),
            keras.callbacks.BackupAndRestore(str(folder / "backup"), delete_checkpoint=False),
        ]

    def build(rate: float = 0.01) -> keras.Model:
        model = net()
        adam = keras.optimizers.Adam(rate, use_ema=True, ema_momentum=0.8)
        model.build((None, 6))
        model.compile(adam, "binary_crossentropy", metrics=["accuracy"])
        return model

    study = dure.Study(
        build,
        dure.Data(X, Y),
        {"rate": [0.01, 0.02]},
        seeds=2,
        epochs=2,
        folds=2,
        batch_size=16,
        callbacks=callbacks(tmp_path),
    )
    ready = prepare(study)
    assert len(ready.programs) == 1
    for once in (1, 2):  # a second run finds the first one's backups, and begins at its seed
        result = study.run(tmp_path / f"run{once}", progress=False)
        keras.utils.set_random_seed(1)
        model, split = build(), study.splits[1]
        own = callbacks(tmp_path / f"own{once}")
        parts = [(X[rows], Y[rows]) for rows in (split.train, split.validation)]
        options = {"validation_data": parts[1], "epochs": 2, "batch_size": 16, "verbose": 0}
        history = model.fit(*parts[0], callbacks=own, **options)
        curves = result.curves.isel(variant=0).sel(seed=1, fold=2)
        for name, values in history.history.items():
            np.testing.assert_allclose(curves[name], values, rtol=2e-5, atol=1e-6)
    assert len(list(tmp_path.glob("at-*.weights.h5"))) == 8
    assert len(list((tmp_path / "backup").iterdir())) == 8


@pytest.mark.filterwarnings("ignore:Your input ran out of data")
def test_counted_steps_go_on_where_the_last_epoch_ended(tmp_path: Path) -> None:
    counted = {"epochs": 4, "batch_size": 16, "steps_per_epoch": 3, "validation_steps": 1}
    study = dure.Study(net, dure.Data(X, Y), seeds=2, validation_split=0.25, **counted)
    assert study.plan().programs[0].steps_per_epoch == 3
    result = study.run(tmp_path / "run", progress=False)
    for seed in (0, 1):
        keras.utils.set_random_seed(seed)
        model = net()
        check(result, seed, model, model.fit(X, Y, validation_split=0.25, verbose=0, **counted))


class Fourier(keras.layers.Layer):  # type: ignore[misc]
    """Random features: a constant that each build draws anew."""

    def __init__(self) -> None:
        super().__init__()
        self.directions = np.random.normal(size=(6, 8)).astype("float32")

    def call(self, x: Any) -> Any:
        return keras.ops.sin(x @ self.directions)


def test_constants_of_each_seed_are_its_own(tmp_path: Path) -> None:
    def build() -> keras.Model:
        model = keras.Sequential([Fourier(), keras.layers.Dense(1, "sigmoid")])
        model.compile("adam", "binary_crossentropy")
        return model

    study = dure.Study(build, dure.Data(X, Y), seeds=2, epochs=2)
    assert "constants" in study.plan().programs[0].why
    result = study.run(tmp_path / "run", progress=False)
    for seed in (0, 1):
        keras.utils.set_random_seed(seed)
        model = build()
        history = model.fit(X, Y, epochs=2, verbose=0)
        curves = result.curves.isel(variant=0).sel(seed=seed, fold=1)
        np.testing.assert_allclose(curves.loss, history.history["loss"], rtol=2e-5)
    one = dure.Study(build, dure.Data(X, Y), seeds=1, epochs=2)
    assert one.plan().programs[0].route == "compiled"


def test_where_numbers_are_lost_is_found_in_batches_from_the_host(tmp_path: Path) -> None:
    def build() -> keras.Model:
        layers = keras.layers
        model = keras.Sequential([layers.Dense(4), layers.Dense(4, name="burst"), layers.Dense(1)])
        model.compile(keras.optimizers.SGD(1e6), "mse")
        return model

    found = []
    for callbacks in ([], [Jumpy()]):
        study = dure.Study(build, dure.Data(X, Y), epochs=3, batch_size=16, callbacks=callbacks)
        result = study.run(tmp_path / str(len(callbacks)), progress=False)
        found.append(result.statuses[0])
    assert found[0] == found[1]
    assert found[0].kind == "diverged" and found[0].reason.step == 2


def test_a_board_without_its_package_is_told_before_training() -> None:
    study = dure.Study(net, dure.Data(X, Y), callbacks=[keras.callbacks.TensorBoard("logs")])
    with pytest.raises(dure.StudyError, match="TensorBoard writes through TensorFlow, which is"):
        study.plan()
