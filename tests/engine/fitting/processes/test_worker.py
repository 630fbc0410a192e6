"""Processes in which Keras' own ``fit`` trains lanes, and what becomes of one that ends."""

import os
import threading
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import dure
from helpers.small_study import X, Y


def build() -> keras.Model:
    model = keras.Sequential([keras.layers.Dense(1, "sigmoid")])
    model.compile("sgd", "binary_crossentropy", run_eagerly=True)
    return model


class Ends(keras.callbacks.Callback):
    """Ends the process in the second epoch of one seed; tells of every other."""

    def __init__(self) -> None:
        super().__init__()
        self.filename, self.here = "{seed}", os.getpid()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        assert os.getpid() != self.here
        print(f"seed {self.filename}, epoch {epoch}")
        if self.filename == "1" and epoch:
            os._exit(7)


def study(**options: Any) -> dure.Study:
    data = dure.Data(X[:32], Y[:32])
    return dure.Study(build, data, epochs=2, batch_size=16, health=False, **options)


def test_a_process_that_ends_costs_one_lane(tmp_path: Path, capsys: Any) -> None:
    result = study(seeds=[0, 1, 2], callbacks=[Ends()]).run(tmp_path / "run", progress=False)
    kinds = {lane.seed: lane.status for lane in result.lanes.itertuples()}
    assert kinds[0] == kinds[2] == "finished"
    assert kinds[1].startswith("failed") and "exit code 7" in kinds[1]
    told = capsys.readouterr().out
    assert {f"seed {seed}, epoch 1" for seed in (0, 2)} <= set(told.splitlines())
    assert not (result.folder / "fitting").exists()
    keras.utils.set_random_seed(2)
    history = build().fit(X[:32], Y[:32], epochs=2, batch_size=16, verbose=0).history
    np.testing.assert_allclose(result.curves["loss"].sel(seed=2).values.ravel(), history["loss"])


def test_what_cannot_be_pickled_is_told_before_anything_trains() -> None:
    class Holds(keras.callbacks.Callback):
        lock = threading.Lock()

    with pytest.raises(dure.StudyError, match="callback Holds cannot be handed to a process"):
        study(callbacks=[Holds()]).plan()
