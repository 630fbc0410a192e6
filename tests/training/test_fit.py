"""``dure.fit`` against Keras' own ``fit``: arguments, what comes back, and what is left behind."""

import contextlib
import gc
import io
import pickle
import re
import weakref
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers as L

import dure
from dure.engine.program.program import Program
from helpers.fit_twice import (
    VALIDATION,
    WEIGHTS,
    Trained,
    X,
    Y,
    assert_alike,
    assert_same_state,
    by,
    tiny,
    twice,
)

ARGUMENTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "split, weights, every second epoch": {
        "validation_split": 0.3,
        "sample_weight": WEIGHTS,
        "validation_freq": 2,
        "epochs": 5,
    },
    "validation pair": {"validation_data": VALIDATION, "validation_split": 0.9},
    "validation with weights in listed epochs": {
        "validation_data": (*VALIDATION, WEIGHTS[:13]),
        "validation_batch_size": 5,
        "validation_freq": [1, 4],
        "epochs": 5,
    },
    "class weights, from epoch 2": {
        "class_weight": {0: 0.2, 1: 3.0},
        "validation_split": 0.2,
        "initial_epoch": 2,
        "epochs": 4,
    },
    "already there": {"initial_epoch": 3},
    "in order, default batch": {"shuffle": False, "batch_size": None},
    "inside batches": {"shuffle": "batch", "batch_size": 7},
    "one batch": {"batch_size": 100, "validation_split": 0.2},
    "single rows": {"batch_size": 1, "epochs": 2},
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_arguments_mean_what_they_mean_in_keras(name: str) -> None:
    twice(**ARGUMENTS[name])


def _pair(inputs: Any) -> keras.Model:
    a, b = L.Input((3,), name="a"), L.Input((3,), name="b")
    hidden = L.Concatenate()([L.Dense(3, "tanh")(a), b])
    model = keras.Model(inputs(a, b), L.Dense(1, "sigmoid")(hidden))
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


def _two_outputs(outputs: Any, loss: Any) -> keras.Model:
    x = L.Input((6,))
    kind, size = L.Dense(2, "softmax", name="kind")(x), L.Dense(1, name="size")(x)
    model = keras.Model(x, outputs(kind, size))
    model.compile("adam", loss, metrics=None)
    return model


LEFT, RIGHT = X[:, :3], X[:, 3:]
LOSSES = ["sparse_categorical_crossentropy", "mse"]
NAMED_LOSSES = dict(zip(("kind", "size"), LOSSES, strict=True))
TREES: dict[str, Any] = {
    "tuple of inputs": (lambda: _pair(lambda a, b: [a, b]), (LEFT, RIGHT), Y),
    "dict of inputs": (lambda: _pair(lambda a, b: {"a": a, "b": b}), {"b": RIGHT, "a": LEFT}, Y),
    "dict for a list": (lambda: _pair(lambda a, b: [a, b]), {"a": LEFT, "b": RIGHT}, Y),
    "list of outputs": (lambda: _two_outputs(lambda *y: list(y), LOSSES), X, [Y, X[:, :1]]),
    "dict of losses": (lambda: _two_outputs(lambda *y: list(y), NAMED_LOSSES), X, [Y, X[:, :1]]),
    "dict of outputs": (
        lambda: _two_outputs(lambda k, s: {"kind": k, "size": s}, NAMED_LOSSES),
        X,
        {"size": X[:, 0], "kind": Y},
    ),
    "frame and series": (tiny, pd.DataFrame(X), pd.Series(Y)),
    "a series is a column": (tiny, pd.Series(X[:, 0]), pd.DataFrame({"y": Y})),
    "mixed frame": (tiny, pd.DataFrame(X).assign(whole=Y), pd.Series(Y > 0)),
    "booleans and float64": (tiny, X > 0, Y.astype("float64")),
}


@pytest.mark.parametrize("name", TREES)
def test_data_come_in_the_shapes_keras_takes(name: str) -> None:
    make, x, y = TREES[name]
    twice(make, x, y, epochs=2, validation_split=0.2, sample_weight=WEIGHTS)


class Changer(keras.callbacks.Callback):
    """Changes the model before and after epochs, and remembers what it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[Any] = []

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.heard.append(("begin", epoch, logs))
        self.model.optimizer.learning_rate = 0.1 / (1 + epoch)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.heard.append(("end", epoch, list(logs)))
        self.model.layers[0].kernel.assign(0.5 * self.model.layers[0].kernel)

    def on_train_end(self, logs: Any = None) -> None:
        self.heard.append(("over", list(logs), self.params))


CALLBACKS: dict[str, Any] = {
    "stopping": lambda: [
        keras.callbacks.EarlyStopping(
            patience=1, monitor="val_accuracy", restore_best_weights=True, start_from_epoch=1
        )
    ],
    "plateau": lambda: [
        keras.callbacks.ReduceLROnPlateau("loss", factor=0.3, patience=1, min_delta=0.1),
        keras.callbacks.EarlyStopping(patience=2, baseline=0.3),
    ],
    "schedule": lambda: [
        keras.callbacks.LearningRateScheduler(lambda epoch, rate: 0.5 * rate),
        keras.callbacks.LearningRateScheduler(lambda epoch: 0.2 if epoch == 1 else 0.05),
    ],
    "changer": lambda: Changer(),
    "lambda": lambda: [
        keras.callbacks.LambdaCallback(
            on_epoch_begin=lambda epoch, logs: None,
            on_epoch_end=lambda epoch, logs: None if logs["loss"] > 0 else 1 / 0,
            on_train_end=lambda logs: logs["val_loss"],
        )
    ],
    "own history": lambda: [keras.callbacks.History(), Changer()],
}
STATE = ("wait", "best", "best_epoch", "stopped_epoch", "cooldown_counter", "heard", "params")


@pytest.mark.parametrize("name", CALLBACKS)
def test_callbacks_end_as_they_do_after_keras_fit(name: str) -> None:
    ours, theirs = twice(
        lambda: tiny(0.3), epochs=6, validation_split=0.3, callbacks=CALLBACKS[name]
    )
    mine, others = (
        one.options["callbacks"]
        if isinstance(one.options["callbacks"], list)
        else [one.options["callbacks"]]
        for one in (ours, theirs)
    )
    for callback, other in zip(mine, others, strict=True):
        assert callback.model is ours.model
        for attribute in set(STATE) & set(vars(other)):
            expected = vars(other)[attribute]
            if isinstance(expected, float):
                expected = pytest.approx(expected, rel=1e-5)
            assert vars(callback)[attribute] == expected, attribute


def _without_seeds(model: Any) -> Any:
    """A model whose dropout starts from one seed: Keras does not save where it was."""
    for variable in model.variables:
        if "seed_generator" in variable.path:
            variable.assign([5, 0])
    return model


def test_files_callbacks_write_are_those_of_keras(tmp_path: Path) -> None:
    folders = iter([tmp_path / "ours", tmp_path / "theirs"])

    def writers() -> list[Any]:
        folder = next(folders)
        folder.mkdir()
        return [
            keras.callbacks.ModelCheckpoint(str(folder / "{epoch:02d}.keras")),
            keras.callbacks.ModelCheckpoint(
                str(folder / "best.weights.h5"), save_best_only=True, save_weights_only=True
            ),
            keras.callbacks.CSVLogger(str(folder / "log.csv")),
        ]

    twice(callbacks=writers, validation_split=0.2)
    assert {p.name for p in (tmp_path / "ours").iterdir()} == {
        p.name for p in (tmp_path / "theirs").iterdir()
    }
    for name in ("02.keras", "03.keras"):
        saved = (keras.models.load_model(tmp_path / who / name) for who in ("ours", "theirs"))
        assert_same_state(*map(_without_seeds, saved))
    ours, theirs = (pd.read_csv(tmp_path / who / "log.csv") for who in ("ours", "theirs"))
    pd.testing.assert_frame_equal(ours, theirs, rtol=1e-5)


def test_nan_ends_training_at_the_same_batch() -> None:
    """The fault appears in the second epoch; weights are those after its batch."""

    def wild() -> keras.Model:
        schedule = keras.optimizers.schedules.PiecewiseConstantDecay([2], [0.05, 1e38])
        model = keras.Sequential([L.Dense(4), L.Dense(1)])
        model.compile(keras.optimizers.SGD(schedule), "mse")
        return model

    with contextlib.redirect_stdout(io.StringIO()):
        ours, _ = twice(wild, epochs=9, callbacks=lambda: [keras.callbacks.TerminateOnNaN()])
    assert 1 < len(ours.history.epoch) < 9 and not np.isfinite(ours.history.history["loss"][-1])


def test_moving_averages_are_put_in_at_the_end() -> None:
    def averaged() -> keras.Model:
        return tiny(optimizer=keras.optimizers.Adam(0.05, use_ema=True, ema_momentum=0.9))

    twice(averaged, validation_split=0.2)


@pytest.fixture(scope="module")
def trained() -> tuple[Trained, Trained]:
    """Dure's fit between two of Keras', against Keras' three times."""
    theirs = keras.Model.fit
    return tuple(
        by(_in_turn(theirs, fit, theirs), tiny, validation_split=0.2) for fit in (dure.fit, theirs)
    )  # type: ignore[return-value]


def _in_turn(*fits: Any) -> Any:
    """These fits one after another; the last one's History holds the others' curves too."""

    def run(*arguments: Any, **options: Any) -> Any:
        told = [fit(*arguments, **options) for fit in fits]
        for turn, history in enumerate(told[:-1]):
            told[-1].history |= {f"{name} {turn}": v for name, v in history.history.items()}
        return told[-1]

    return run


def test_fits_of_both_kinds_go_on_from_each_other(trained: tuple[Trained, Trained]) -> None:
    assert_alike(*trained)
    assert int(trained[0].model.optimizer.iterations.value) == 18


def test_a_trained_model_evaluates_predicts_and_saves(
    trained: tuple[Trained, Trained], tmp_path: Path
) -> None:
    ours, theirs = (one.model for one in trained)
    expected = theirs.evaluate(X, Y, verbose=0, return_dict=True)
    assert ours.evaluate(X, Y, verbose=0, return_dict=True) == pytest.approx(expected, rel=1e-5)
    np.testing.assert_allclose(ours.predict(X, verbose=0), theirs.predict(X, verbose=0), rtol=1e-5)
    for one, name in ((ours, "ours"), (theirs, "theirs")):
        one.save(tmp_path / f"{name}.keras")
    copied = pickle.loads(pickle.dumps(ours))
    np.testing.assert_array_equal(copied.predict(X, verbose=0), ours.predict(X, verbose=0))
    again, other = (keras.models.load_model(tmp_path / f"{n}.keras") for n in ("ours", "theirs"))
    assert_same_state(_without_seeds(again), _without_seeds(ours), 0.0)
    for model, fit in ((again, dure.fit), (other, keras.Model.fit)):
        keras.utils.set_random_seed(8)
        _without_seeds(model)
        fit(model, X, Y, batch_size=16, verbose=0)
    assert_same_state(again, other)


def _shown(fit: Any, **options: Any) -> list[str]:
    """What a fit prints, without times and colours; of a bar only its last state."""
    heard = io.StringIO()
    with contextlib.redirect_stdout(heard):
        by(fit, tiny, validation_split=0.2, **options)
    text = re.sub(r"\x1b\[\d+m", "", heard.getvalue()).replace("\b", "")
    lines = [line.rsplit("\r", 1)[-1] for line in text.split("\n")]
    return [re.sub(r"\d+[mµu]?s(/step)?", "_", line).rstrip() for line in lines]


@pytest.mark.parametrize(("verbose", "epochs"), [(0, 2), ("auto", 2), (2, 2), (1, 1)])
def test_what_is_printed_is_what_keras_prints(verbose: Any, epochs: int) -> None:
    ours, theirs = (
        _shown(fit, verbose=verbose, epochs=epochs) for fit in (dure.fit, keras.Model.fit)
    )
    assert ours == theirs
    assert any("val_accuracy" in line for line in ours) == (verbose != 0)


def test_the_same_sizes_compile_once_and_another_compile_anew(monkeypatch: Any) -> None:
    compiled: list[Program] = []
    plain = Program.compile

    def counted(self: Program, *given: Any) -> Any:
        before = self.compilations
        rounds = plain(self, *given)
        compiled.extend([self] * (self.compilations - before))
        return rounds

    monkeypatch.setattr(Program, "compile", counted)
    model = tiny()
    for epochs in (1, 3):
        dure.fit(model, X, Y, epochs=epochs, verbose=0)
    dure.fit(model, X[::-1], Y[::-1], verbose=0)
    assert len(compiled) == 1
    dure.fit(model, X[:30], Y[:30], verbose=0)
    assert len(compiled) == 2
    dure.fit(model, X, Y, verbose=0)
    assert len(compiled) == 2
    for loss in ("mse", "mae", "mse"):  # an old loss' memory may be used again
        model.compile(model.optimizer, loss)
        dure.fit(model, X, Y, verbose=0)
    assert len(compiled) == 5


def test_a_frozen_layer_is_another_program() -> None:
    def freeze(fit: Any) -> Any:
        def run(model: Any, *data: Any, **options: Any) -> Any:
            fit(model, *data, **options)
            model.layers[0].trainable = False
            model.compile("sgd", "mse")
            return fit(model, *data, **options)

        return run

    assert_alike(by(freeze(dure.fit), tiny), by(freeze(keras.Model.fit), tiny))


def test_a_model_is_gone_when_nobody_holds_it() -> None:
    model = tiny()
    dure.fit(model, X, Y, verbose=0)
    watched = weakref.ref(model)
    del model
    keras.backend.clear_session()
    gc.collect()
    assert watched() is None


def test_what_cannot_be_done_is_refused_by_name_all_at_once() -> None:
    model = tiny()
    before = np.random.get_state()[1].copy()  # type: ignore[index]
    with pytest.raises(dure.StudyError) as caught:
        dure.fit(
            model,
            X,
            Y,
            epochs=0,
            verbose="loud",
            initial_epoch=-1,
            steps_per_epoch=0,
            validation_steps=2.5,  # type: ignore[arg-type]
            shuffle="rows",  # type: ignore[arg-type]
        )
    faults = "\n".join(caught.value.faults)
    for part in (
        "epochs is 0",
        "verbose is 'loud'",
        "initial_epoch is -1",
        "steps_per_epoch is 0",
        "validation_steps is 2.5",
        "shuffle is 'rows'",
    ):
        assert part in faults
    assert not model.built
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # type: ignore[index]


def test_what_is_no_model_and_rows_that_disagree() -> None:
    with pytest.raises(dure.StudyError) as caught:
        dure.fit(None, X, Y[:-1])  # type: ignore[arg-type]
    assert "the model is of type NoneType" in caught.value.faults[0]
    assert "rows disagree" in caught.value.faults[1]


def test_a_model_without_targets() -> None:
    class Shrinks(L.Layer):
        def call(self, x: Any) -> Any:
            self.add_loss(keras.ops.mean(x**2))
            return x

    def make() -> keras.Model:
        model = keras.Sequential([L.Dense(2), Shrinks()])
        model.compile("sgd")
        return model

    twice(make, X, None, validation_split=0.2)


def test_a_study_shuffles_inside_batches_too(tmp_path: Path) -> None:
    study = dure.Study(tiny, dure.Data(X, Y), seeds=[4], epochs=2, batch_size=9, shuffle="batch")
    curve = study.run(tmp_path / "run", progress=False).lane("default", 4).curves["loss"]
    keras.utils.set_random_seed(4)
    history = tiny().fit(X, Y, epochs=2, batch_size=9, shuffle="batch", verbose=0).history
    np.testing.assert_allclose(curve, history["loss"], rtol=1e-5)


class _Batches(keras.utils.PyDataset):
    def __len__(self) -> int:
        return 1

    def __getitem__(self, index: int) -> Any:
        return X, Y


@pytest.mark.parametrize(
    "x",
    [_Batches(), (row for row in X), X.tolist(), list(map(str, X)), "rows", 5],
    ids=["PyDataset", "generator", "numbers", "texts", "text", "number"],
)
def test_what_is_not_arrays_is_refused(x: Any) -> None:
    with pytest.raises(dure.StudyError, match=r"^x ") as caught:
        dure.fit(tiny(), x, Y)
    assert len(caught.value.faults) == 1


def test_an_error_in_a_callback_leaves_the_last_complete_epoch() -> None:
    class Fails(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            if epoch == 1:
                raise RuntimeError("no more")

    models = []
    for fit in (dure.fit, keras.Model.fit):
        keras.utils.set_random_seed(3)
        models.append(tiny())
        with pytest.raises(RuntimeError, match="no more"):
            fit(models[-1], X, Y, epochs=3, verbose=0, callbacks=[Fails()])
        assert models[-1].history.epoch == [0]
    assert_same_state(*models)
