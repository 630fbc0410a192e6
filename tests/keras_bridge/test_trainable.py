"""Layers frozen and set free: before training as in Keras, later refused with what to do."""

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers as L

import dure
from helpers.fit_twice import X, Y, twice


class Change(keras.callbacks.Callback):
    """Freezes the first layer, or sets it free, before the second epoch."""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if epoch == 1:
            self.model.get_layer("first").trainable ^= True


def build(*, frozen: bool = False, later: bool | None = None) -> keras.Model:
    model = keras.Sequential([L.Input((6,)), L.Dense(3, name="first"), L.Dense(1, name="last")])
    model.get_layer("first").trainable = not frozen
    model.compile("adam", "mse")
    if later is not None:
        model.get_layer("first").trainable = later
    return model


@pytest.mark.parametrize(
    "options", [{"frozen": True}, {"later": False}, {"frozen": True, "later": True}]
)
def test_what_is_set_before_training_counts_as_in_keras(options: dict[str, bool]) -> None:
    twice(lambda: build(**options), epochs=2)


@pytest.mark.parametrize("frozen", [False, True])
def test_a_change_between_two_fits_asks_for_compile(frozen: bool) -> None:
    model = build(frozen=frozen)
    dure.fit(model, X, Y, verbose=0)
    model.get_layer("first").trainable = frozen
    told = f"'first' is {'set free' if frozen else 'frozen'} now"
    with pytest.raises(dure.StudyError, match=f"{told}.*Call model.compile") as caught:
        dure.fit(model, X, Y, verbose=0)
    assert len(caught.value.faults) == 1
    model.compile("adam", "mse")
    before = model.get_layer("first").get_weights()[0]
    dure.fit(model, X, Y, verbose=0)
    assert np.array_equal(before, model.get_layer("first").get_weights()[0]) is not frozen


@pytest.mark.parametrize("frozen", [False, True])
def test_a_callback_that_changes_it_is_told(frozen: bool) -> None:
    with pytest.raises(dure.StudyError, match=r"'first' is .* now.*A callback cannot change it"):
        dure.fit(build(frozen=frozen), X, Y, epochs=3, callbacks=[Change()], verbose=0)


def test_a_study_names_the_layer_a_callback_froze(tmp_path: Any) -> None:
    study = dure.Study(build, dure.Data(X, Y), epochs=3, callbacks=[Change()])
    with pytest.raises(dure.StudyError, match="'first' is frozen now"):
        study.run(tmp_path / "run", progress=False)


def test_an_optimizer_of_another_model_is_told() -> None:
    first, second = build(), build()
    dure.fit(first, X, Y, verbose=0)
    second.compile(first.optimizer, "mse")
    with pytest.raises(dure.StudyError, match="the state of other weights.*new optimizer"):
        dure.fit(second, X, Y, verbose=0)
