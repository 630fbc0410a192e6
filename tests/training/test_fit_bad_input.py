"""Faults of a study and of its models: all told at once, in one kind of error, nothing written."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers as L

import dure
from helpers.fit_twice import X, Y, tiny


@pytest.fixture(autouse=True)
def nothing_is_written(tmp_path: Path, monkeypatch: Any) -> Any:
    """No test here leaves as much as a folder behind."""
    monkeypatch.chdir(tmp_path)
    yield
    assert list(tmp_path.iterdir()) == []


def faults_of(build: Any = tiny, data: Any = None, **options: Any) -> str:
    """What making and running a study complains about."""
    with pytest.raises(dure.StudyError) as caught:
        dure.Study(build, dure.Data(X, Y) if data is None else data, **options).run()
    assert isinstance(caught.value, dure.DureError)
    return "\n".join(caught.value.faults)


def test_faults_of_the_arguments_come_together() -> None:
    text = faults_of(
        lambda units: tiny(),
        variants={"unit": [1, 2]},
        seeds=[-1, 0],
        folds=100,
        epochs=0,
        batch_size=0,
        validation_split=1.5,
        callbacks=[keras.callbacks.EarlyStopping],
        validation_freq=0,
        shuffle="never",  # type: ignore[arg-type]
    )
    for part in (
        "Did you mean 'units'?",
        "seeds holds [-1]",
        "there are 40 rows",
        "epochs is 0",
        "batch_size is 0",
        "validation_split is 1.5",
        "pass an instance: EarlyStopping(...)",
        "validation_freq is 0",
        "shuffle is 'never'",
        "came together",
    ):
        assert part in text, part


def test_faults_of_the_data_come_together() -> None:
    with pytest.raises(dure.StudyError) as caught:
        dure.Data(X + 0j, Y[:-2], test=(X, Y[:4]), sample_weight=np.ones((40, 2)))
    text = "\n".join(caught.value.faults)
    for part in ("x holds complex numbers", "rows disagree: y has 38", "rows disagree: test[0]"):
        assert part in text, part


def _of(loss: Any = "binary_crossentropy", units: int = 1, **options: Any) -> keras.Model:
    x = L.Input((6,))
    model = keras.Model(x, L.Dense(units, "sigmoid")(x))
    model.compile("sgd", loss, **options)
    return model


def test_faults_of_every_variant_come_together() -> None:
    def build(kind: str) -> Any:
        if kind == "raises":
            raise KeyError("no such layer")
        if kind == "uncompiled":
            return keras.Sequential([L.Dense(1)])
        if kind == "wrong input":
            model = keras.Sequential([L.Input((5,)), L.Dense(1)])
            model.compile("sgd", "mse")
            return model
        return {"nothing": None, "text": "model", "labels": _of(SPARSE)}[kind]

    kinds = ["raises", "uncompiled", "wrong input", "nothing", "text", "labels"]
    text = faults_of(build, variants={"kind": kinds}, epochs=1)
    for part in (
        "variant 'kind=raises': build raised KeyError: 'no such layer'",
        "variant 'kind=uncompiled': model",
        "is not compiled",
        "variant 'kind=wrong input': the model does not take these data (x (32, 6)",
        "variant 'kind=nothing': build returned NoneType",
        "variant 'kind=text': build returned str",
        "variant 'kind=labels': y holds labels from 0 to 1, and the output it belongs to has 1",
    ):
        assert part in text, part


SPARSE = "sparse_categorical_crossentropy"
THREE = (np.arange(40) % 3).astype("int32")


def test_labels_out_of_range_are_refused_wherever_they_are() -> None:
    text = faults_of(lambda: _of(SPARSE, 3), dure.Data(X, THREE + 1, test=(X, THREE - 1)))
    assert "y holds labels from 1 to 3, and the output it belongs to has 3 classes" in text
    assert "test: y holds labels from -1 to 1" in text
    text = faults_of(
        lambda: _of(keras.losses.SparseCategoricalCrossentropy(), 3),
        dure.Data(X, THREE),
        validation_data=(X, THREE + 3),
    )
    assert "validation_data: y holds labels from 3 to 5" in text


def test_labels_of_several_outputs_are_looked_at_too() -> None:
    def build() -> keras.Model:
        x = L.Input((6,))
        outputs = {"kind": L.Dense(3)(x), "sort": L.Dense(2)(x)}
        model = keras.Model(x, outputs)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile("sgd", {"kind": loss, "sort": loss})
        return model

    text = faults_of(build, dure.Data(X, {"kind": THREE, "sort": THREE}))
    assert "y['sort'] holds labels from 0 to 2" in text and "y['kind']" not in text


def test_labels_that_are_ignored_may_be_any_number() -> None:
    loss = keras.losses.SparseCategoricalCrossentropy(ignore_class=-1)
    labels = np.where(THREE == 2, -1, THREE)
    dure.Study(lambda: _of(loss, 2), dure.Data(X, labels)).plan()
    with pytest.raises(dure.StudyError, match="holds labels from 0 to 2"):
        dure.fit(_of(loss, 2), X, THREE)
    with pytest.raises(dure.StudyError, match="holds labels from 0 to 2"):
        dure.fit(_of(SPARSE, 2), X, THREE)


@pytest.mark.parametrize("callback", ["EarlyStopping", "ReduceLROnPlateau"])
def test_a_monitor_that_does_not_exist(callback: str) -> None:
    made = getattr(keras.callbacks, callback)(monitor="val_acuracy")
    text = faults_of(callbacks=[made], validation_split=0.2)
    assert f"{callback}(monitor='val_acuracy') watches a metric" in text
    assert "Did you mean 'val_accuracy'?" in text


def test_a_plateau_and_a_schedule_of_the_rate() -> None:
    def build() -> keras.Model:
        decay = keras.optimizers.schedules.ExponentialDecay(0.1, 5, 0.9)
        return tiny(optimizer=keras.optimizers.SGD(decay))

    for callback in (
        keras.callbacks.ReduceLROnPlateau("loss"),
        keras.callbacks.LearningRateScheduler(lambda epoch: 0.1),
    ):
        assert "this one has a schedule" in faults_of(build, callbacks=[callback])


def test_targets_the_loss_cannot_take() -> None:
    text = faults_of(lambda: _of("categorical_crossentropy", 3), dure.Data(X, THREE))
    assert "the model does not take these data (x (32, 6), y (32,))" in text


def test_a_second_fit_of_other_columns() -> None:
    model = _of()
    dure.fit(model, X, Y, verbose=0)
    with pytest.raises(dure.StudyError, match="does not take these data"):
        dure.fit(model, X[:, :4], Y, verbose=0)


def test_another_architecture_for_another_seed() -> None:
    def grows() -> keras.Model:
        first = int(np.random.get_state()[1][0])  # type: ignore[index]
        model = keras.Sequential([L.Dense(2 + first), L.Dense(1)])
        model.compile("sgd", "mse")
        return model

    assert "another architecture for seed 1 than for seed 0" in faults_of(grows, seeds=2)
