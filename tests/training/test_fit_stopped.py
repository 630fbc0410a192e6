"""`model.stop_training` set at any point ends where Keras' own `fit` ends, and a raised NaN too."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import dure
from helpers.fit_twice import X, Y, by, tiny, twice

POINTS = ["train begin", "epoch begin 0", "epoch begin 1", "epoch end 1"]


class StopAt(keras.callbacks.Callback):
    """Asks to stop at one moment."""

    def __init__(self, point: str) -> None:
        super().__init__()
        self.point = point

    def _heed(self, moment: str) -> None:
        if moment == self.point:
            self.model.stop_training = True

    def on_train_begin(self, logs: Any = None) -> None:
        self._heed("train begin")

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._heed(f"epoch begin {epoch}")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._heed(f"epoch end {epoch}")


@pytest.mark.parametrize("point", POINTS)
def test_a_fit_ends_after_the_batch_that_keras_ends_after(point: str) -> None:
    ours, _ = twice(callbacks=lambda: [StopAt(point)], validation_split=0.2, shuffle=True)
    last = int(point[-1]) if point[-1].isdigit() else 0
    assert ours.history.epoch == list(range(last + 1))


def test_a_stopped_fit_leaves_the_next_one_the_same_order() -> None:
    """A whole permutation is drawn for the epoch that only begins."""

    def then_more(fit: Any) -> Any:
        def run(model: Any, *data: Any, callbacks: Any, **options: Any) -> Any:
            fit(model, *data, callbacks=[StopAt("epoch begin 0")], **options)
            return fit(model, *data, **options)

        return run

    ours = by(then_more(dure.fit), tiny, callbacks=None, epochs=2)
    theirs = by(then_more(keras.Model.fit), tiny, callbacks=None, epochs=2)
    assert ours.model.optimizer.iterations == theirs.model.optimizer.iterations
    np.testing.assert_allclose(
        ours.history.history["loss"], theirs.history.history["loss"], rtol=1e-5
    )


def test_lanes_end_after_the_batch_that_keras_ends_after(tmp_path: Path) -> None:
    study = dure.Study(
        tiny,
        dure.Data(X, Y),
        seeds=[3],
        validation_split=0.2,
        epochs=3,
        batch_size=16,
        callbacks=[StopAt("epoch begin 1")],
        health=False,
    )
    result = study.run(tmp_path / "run", progress=False)
    stop = [StopAt("epoch begin 1")]
    theirs = by(keras.Model.fit, tiny, callbacks=stop, validation_split=0.2)
    assert list(result.lanes["status"]) == ["stopped at epoch 2"]
    for name, values in theirs.history.history.items():
        curve = result.curves[name].squeeze()[: len(values)]
        np.testing.assert_allclose(curve, values, rtol=1e-5)
    ours = result.lane("default", 3).model("final")
    for a, b in zip(ours.get_weights(), theirs.model.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


def _breaks() -> Any:
    return tiny(loss=lambda y, out: keras.ops.log(out - 0.5))


def test_an_error_for_a_lost_loss_is_raised_as_keras_does(tmp_path: Path) -> None:
    caught = []
    for fit in (dure.fit, keras.Model.fit):
        keras.utils.set_random_seed(3)
        model = _breaks()
        with pytest.raises(RuntimeError, match="NaN or Inf loss encountered at batch 0") as error:
            raising = keras.callbacks.TerminateOnNaN(raise_error=True)
            fit(model, X, Y, batch_size=16, verbose=0, callbacks=[raising])
        caught.append((str(error.value), [np.asarray(w) for w in model.get_weights()]))
    (text, ours), (expected, theirs) = caught
    assert text == expected
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5)
    study = dure.Study(
        _breaks,
        dure.Data(X, Y),
        seeds=1,
        epochs=2,
        callbacks=[keras.callbacks.TerminateOnNaN(raise_error=True)],
        health=False,
    )
    (status,) = study.run(tmp_path / "run", progress=False).lanes["status"]
    assert "RuntimeError: NaN or Inf loss encountered at batch 0" in status
