"""Studies whose metrics are of any shape, against Keras' own history."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

import dure
from dure.errors import StudyError

RANDOM = np.random.default_rng(8)
X = RANDOM.normal(size=(60, 5)).astype("float32")
LABELS = (X @ RANDOM.normal(size=(5, 3)) + 0.5 * RANDOM.normal(size=(60, 3))).argmax(1)
Y = np.eye(3, dtype="float32")[LABELS]


class Confusion(keras.metrics.Metric):
    """Counts (true, predicted), int32."""

    def __init__(self, name: str = "confusion", **options: Any) -> None:
        super().__init__(name=name, **options)
        self.counts = self.add_weight(shape=(3, 3), initializer="zeros", name="counts")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        chosen = ops.one_hot(ops.argmax(y_pred, -1), 3)
        self.counts.assign_add(ops.matmul(ops.transpose(ops.cast(y_true, "float32")), chosen))

    def result(self) -> Any:
        return ops.cast(self.counts, "int32")


class Several(Confusion):
    """A dict: one number, a bool, a value a class that is NaN where the class is absent."""

    def result(self) -> Any:
        support = ops.sum(self.counts, 1)
        return {
            "rows": ops.cast(ops.sum(support), "int32"),
            "all_seen": ops.all(support > 0),
            "hit_rate": ops.diagonal(self.counts) / ops.where(support > 0, support, np.nan),
        }


def build(rate: float = 0.1) -> keras.Model:
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(3, "softmax")])
    metrics = [
        keras.metrics.F1Score(name="f1"),
        keras.metrics.F1Score(average="macro", name="macro"),
        keras.metrics.R2Score(class_aggregation=None, name="r2"),
        keras.metrics.AUC(name="auc"),
        Confusion(),
        Several(name="several"),
    ]
    model.compile(keras.optimizers.SGD(rate), "categorical_crossentropy", metrics=metrics)
    return model


def by_class(rate: float = 0.1) -> keras.Model:
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(3, "softmax")])
    f1 = keras.metrics.F1Score(name="f1")
    model.compile(keras.optimizers.SGD(rate), "categorical_crossentropy", metrics=[f1])
    return model


def run(folder: Path, make: Any = build, y: Any = Y, test: Any = None, **options: Any) -> Any:
    options = {"validation_split": 0.25, "epochs": 4, "batch_size": 16, "health": False, **options}
    study = dure.Study(make, dure.Data(X, y, test=test), **options)
    return study.run(folder / "run", progress=False)


def by_keras(make: Any = build, y: Any = Y, **options: Any) -> tuple[Any, dict[str, Any]]:
    keras.utils.set_random_seed(0)
    model = make()
    options = {"validation_split": 0.25, "epochs": 4, "batch_size": 16, "verbose": 0, **options}
    return model, model.fit(X, y, **options).history


def column(history: dict[str, Any], name: str, *place: int) -> np.ndarray:
    return np.asarray([np.asarray(value)[place] for value in history[name]], float)


def test_every_number_of_every_metric_is_a_curve(tmp_path: Path) -> None:
    result = run(tmp_path, test=(X, Y))
    _, history = by_keras()
    curves = result.lane("default", 0).curves
    expected: dict[str, np.ndarray] = {}
    for name in history:
        whole = column(history, name)
        if whole.ndim == 1:
            expected[name] = whole
        elif whole.ndim == 2:
            expected[name] = np.nanmean(whole, axis=1)
        for place in np.ndindex(whole.shape[1:]) if whole.ndim > 1 else ():
            expected["_".join([name, *map(str, place)])] = whole[(slice(None), *place)]
    assert sorted(map(str, curves)) == sorted(expected)
    assert {"val_f1", "val_f1_2", "val_confusion_1_2", "val_rows", "hit_rate_0"} <= set(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(curves[name], values, rtol=1e-5, atol=1e-6, err_msg=name)
    assert float(result.test["rows"].values.item()) == len(X)
    assert result.manifest["modes"]["f1"] == "max"
    assert result.best("val_r2_1").seed == 0


def test_one_class_absent_from_validation_has_no_curve_there(tmp_path: Path) -> None:
    known = LABELS.copy()
    known[45:] = np.where(known[45:] == 1, 0, known[45:])
    result = run(tmp_path, y=np.eye(3, dtype="float32")[known], epochs=2)
    assert np.isnan(result.curves["val_hit_rate_1"]).all()
    assert np.isfinite(result.curves["val_hit_rate"]).all()  # the mean of the other two
    assert np.isfinite(result.curves["hit_rate_1"]).all()
    assert (result.curves["val_all_seen"] == 0).all() and (result.curves["all_seen"] == 1).all()


def binary(rate: float = 0.3) -> keras.Model:
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(1, "sigmoid")])
    f1 = keras.metrics.F1Score(threshold=0.5)
    model.compile(keras.optimizers.SGD(rate), "binary_crossentropy", metrics=[f1])
    return model


BINARY = Y[:, :1]


def watchers() -> list[Any]:
    return [
        keras.callbacks.EarlyStopping("val_f1_score", patience=2, restore_best_weights=True),
        keras.callbacks.ReduceLROnPlateau("val_f1_score", patience=1, factor=0.5),
    ]


def test_a_metric_of_one_value_keeps_its_name_and_stops_as_in_keras(tmp_path: Path) -> None:
    result = run(tmp_path, binary, BINARY, callbacks=watchers(), epochs=12)
    model, history = by_keras(binary, BINARY, callbacks=watchers(), epochs=12)
    lane = result.lane("default", 0)
    assert result.monitor.name == "val_f1_score" and result.monitor.mode == "max"
    assert "val_f1_score_0" not in lane.curves and len(history["loss"]) < 12
    for name in history:
        np.testing.assert_allclose(lane.curves[name], column(history, name).ravel(), rtol=1e-5)
    for ours, theirs in zip(lane.model("final").get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


class Watch(keras.callbacks.Callback):
    """What Keras cannot do: stop by one value of several, or by their mean."""

    def __init__(self, place: int | None, patience: int) -> None:
        super().__init__()
        self.place, self.patience, self.best, self.wait = place, patience, -np.inf, 0

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        values = logs["val_f1"]
        value = values.mean() if self.place is None else values[self.place]
        self.wait = 0 if value > self.best else self.wait + 1
        self.best = max(self.best, value)
        self.model.stop_training = self.wait >= self.patience


@pytest.mark.parametrize("beside", [False, True], ids=["in the program", "on the host"])
@pytest.mark.parametrize(("monitor", "place"), [("val_f1", None), ("val_f1_2", 2)])
def test_a_metric_of_several_values_is_watched_whole_or_by_class(
    monitor: str, place: int | None, beside: bool, tmp_path: Path
) -> None:
    stop = keras.callbacks.EarlyStopping(monitor, patience=2)
    callbacks = [*([keras.callbacks.LambdaCallback()] if beside else []), stop]
    result = run(tmp_path, by_class, callbacks=callbacks, epochs=15)
    _, history = by_keras(by_class, callbacks=[Watch(place, 2)], epochs=15)
    values = column(history, "val_f1")
    values = values.mean(1) if place is None else values[:, place]
    assert len(values) < 15
    lane = result.lane("default", 0)
    np.testing.assert_allclose(lane.curves[monitor], values, rtol=1e-5)
    assert lane.best_epoch == int(values.argmax()) + 1
    assert result.monitor.mode == "max"


def test_outputs_have_metrics_of_their_own_shapes(tmp_path: Path) -> None:
    def two() -> keras.Model:
        x = keras.Input((5,))
        heads = {
            "a": keras.layers.Dense(3, "softmax", name="a")(x),
            "b": keras.layers.Dense(1, name="b")(x),
        }
        model = keras.Model(x, heads)
        model.compile(
            "sgd",
            {"a": "categorical_crossentropy", "b": "mse"},
            metrics={"a": [keras.metrics.F1Score(name="f1")], "b": ["mae"]},
        )
        return model

    y = {"a": Y, "b": X[:, :1]}
    stop = keras.callbacks.EarlyStopping("val_a_f1_1", patience=1)
    result = run(tmp_path, two, y, callbacks=[stop])
    assert (
        result.manifest["modes"] | {"a_f1": "max", "b_mae": "min", "b_loss": "min"}
        == (result.manifest["modes"])
    )
    assert {"val_a_f1", "val_a_f1_0", "val_b_mae"} <= set(map(str, result.curves))


def refusal(metrics: list[Any], *callbacks: Any) -> str:
    def make() -> keras.Model:
        model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(3, "softmax")])
        model.compile("sgd", "categorical_crossentropy", metrics=metrics)
        return model

    study = dure.Study(make, dure.Data(X, Y), validation_split=0.2, callbacks=callbacks)
    with pytest.raises(StudyError) as caught:
        study.plan()
    return str(caught.value)


class Gives(Confusion):
    """A metric whose result is whatever it is told."""

    def __init__(self, what: Any, name: str) -> None:
        super().__init__(name=name)
        self.what = what

    def result(self) -> Any:
        return self.what


def test_what_cannot_be_a_curve_is_refused_by_name() -> None:
    matrix = keras.callbacks.EarlyStopping("val_confusion", mode="max")
    assert "3 x 3 values; watch one of them, as val_confusion_0_0" in refusal([Confusion()], matrix)
    assert "metric 'odd': its result() gave complex" in refusal([Gives(1j, "odd")])
    assert "called 'fold', which is the name of an axis" in refusal([Gives(1.0, "fold")])
    wide = Gives(np.zeros((40, 40), "float32"), "wide")
    assert "3,202 values an epoch" in refusal([wide])
    clash = [keras.metrics.F1Score(name="f1"), Gives(1.0, "f1_1")]
    assert "two metrics would be called 'f1_1'" in refusal(clash)
    nowhere = keras.callbacks.EarlyStopping("val_f1_3", mode="max")
    assert "Did you mean 'val_f1_" in refusal([keras.metrics.F1Score(name="f1")], nowhere)


def test_python_numbers_and_empty_arrays_are_results_too(tmp_path: Path) -> None:
    def make() -> keras.Model:
        model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(3, "softmax")])
        metrics = [Gives(2, "two"), Gives(np.zeros((0,), "float32"), "none"), Gives(True, "yes")]
        model.compile("sgd", "categorical_crossentropy", metrics=metrics)
        return model

    result = run(tmp_path, make, epochs=3, validation_freq=2)
    assert result.curves["val_two"].values.ravel().tolist()[1] == 2
    assert np.isnan(result.curves["val_two"].values.ravel()[0])
    assert (result.curves["yes"] == 1).all() and "none" not in result.curves
