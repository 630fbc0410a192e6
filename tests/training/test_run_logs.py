"""Studies whose callbacks put something of their own into the logs, against Keras' `fit`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

import dure
from dure.errors import DureError, StudyError
from dure.results.run_result import judge_mode
from helpers.fit_twice import twice

RANDOM = np.random.default_rng(4)
X = RANDOM.normal(size=(80, 4)).astype("float32")
Y = (X[:, 0] + RANDOM.normal(size=80) > 0).astype("int32")
HELD = 60  # validation_split=0.25
STOP = keras.callbacks.EarlyStopping


def build(rate: float = 0.1) -> keras.Model:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.SGD(rate), "binary_crossentropy", metrics=["accuracy"])
    return model


class Ranks(keras.callbacks.Callback):
    """A scikit-learn score on the validation rows: those it was given, else its lane's own."""

    def __init__(self, rows: Any = None, key: str = "val_ranks") -> None:
        super().__init__()
        self.key = key
        if rows is not None:
            self.validation_data = rows

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        x, y = self.validation_data
        logs[self.key] = roc_auc_score(y, self.model(x).__array__()[:, 0])


class Puts(keras.callbacks.Callback):
    """Puts what a function of the epoch and the logs says into the logs."""

    def __init__(self, what: Any) -> None:
        super().__init__()
        self.what = what

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logs.update(self.what(epoch, logs))


def study(*callbacks: Any, **options: Any) -> dure.Study:
    options = {"validation_split": 0.25, "epochs": 8, "batch_size": 16, "health": False, **options}
    data = options.pop("data", None) or dure.Data(X, Y)
    return dure.Study(build, data, callbacks=callbacks, **options)


def run(folder: Path, *callbacks: Any, **options: Any) -> Any:
    return study(*callbacks, **options).run(folder / "run", progress=False)


def by_keras(*callbacks: Any, seed: int = 0, rate: float = 0.1, **options: Any) -> Any:
    keras.utils.set_random_seed(seed)
    model = build(rate)
    options = {"validation_split": 0.25, "epochs": 8, "batch_size": 16, "verbose": 0, **options}
    return model, model.fit(X, Y, callbacks=list(callbacks), **options).history


def assert_same(lane: Any, history: dict[str, list[Any]], model: Any = None) -> None:
    for name, values in history.items():
        np.testing.assert_allclose(lane.curves[name], values, rtol=1e-5, atol=1e-7, err_msg=name)
    if model is not None:
        final = lane.model("final").get_weights()
        for ours, theirs in zip(final, model.get_weights(), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


def test_a_score_of_ones_own_is_a_curve_to_stop_by_and_to_compare(tmp_path: Path) -> None:
    def callbacks(rows: Any = None) -> list[Any]:
        stop = STOP("val_ranks", mode="max", patience=2, restore_best_weights=True)
        slower = keras.callbacks.ReduceLROnPlateau("val_ranks", mode="max", patience=1)
        return [Ranks(rows), stop, slower]

    prepared = study(*callbacks(), variants={"rate": [0.1, 0.5]}, seeds=2, epochs=14)
    result = prepared.run(tmp_path / "run", progress=False)
    rows = (X[HELD:], Y[HELD:])
    for rate, seed in ((0.1, 0), (0.5, 1)):
        model, history = by_keras(*callbacks(rows), seed=seed, rate=rate, epochs=14)
        lane = result.lane(f"rate={rate}", seed)
        assert_same(lane, history, model)
        assert len(history["loss"]) < 14
        assert lane.best_epoch == int(np.argmax(history["val_ranks"])) + 1
    assert result.monitor.name == "val_ranks" and result.monitor.mode == "max"
    assert result.compare().mode == "max"
    assert "val_ranks" in str(result)
    assert (result.folder / "pictures" / "ranks.png").is_file()
    more = study(*callbacks(), variants={"rate": [0.1, 0.5]}, seeds=3, epochs=14)
    grown = more.run(tmp_path / "run", progress=False, resume=True)
    assert grown.curves.sizes["seed"] == 3
    old = grown.curves["val_ranks"].sel(seed=[0, 1])
    np.testing.assert_array_equal(old, result.curves["val_ranks"])


def test_each_fold_is_scored_on_its_own_rows_as_its_network_sees_them(tmp_path: Path) -> None:
    from sklearn.preprocessing import StandardScaler

    data = dure.Data(X, Y, prepare=StandardScaler())
    result = run(tmp_path, Ranks(), data=data, folds=3, validation_split=0.0, epochs=2)
    for split in study(data=data, folds=3, validation_split=0.0).splits:
        lane = result.lane("default", 0, split.fold)
        guesses = lane.model("final").predict(X[split.validation], verbose=0)[:, 0]
        score = roc_auc_score(Y[split.validation], guesses)
        np.testing.assert_allclose(lane.curves["val_ranks"].values[-1], score)


def test_logs_pass_from_callback_to_callback_in_keras_order(tmp_path: Path) -> None:
    """Overwritten entries are what History, and whoever watches after, sees."""

    def callbacks() -> list[Any]:
        return [
            STOP("val_loss", patience=8),  # before: sees Keras' own
            Puts(lambda epoch, logs: {"val_loss": 1.0 + epoch, "first": logs["loss"]}),
            Puts(lambda epoch, logs: {"second": 2 * logs["first"]}),
            STOP("val_loss", patience=3),
        ]

    result = run(tmp_path, *callbacks())
    model, history = by_keras(*callbacks())
    lane = result.lane("default", 0)
    assert_same(lane, history, model)
    assert history["val_loss"] == [1.0, 2.0, 3.0, 4.0]
    assert lane.best_epoch == 1


def test_entries_of_any_number_type_and_of_some_epochs_only(tmp_path: Path) -> None:
    import jax.numpy as jnp

    def entries(epoch: int, logs: Any) -> dict[str, Any]:
        some = {"odd": epoch} if epoch % 2 else {}
        return {
            **some,
            "double": np.float64(1) / 3,
            "half": jnp.bfloat16(0.5),
            "flag": np.bool_(True),
            "zero_d": np.array(7),
            "alone": np.array([8.0]),
            "each": np.array([1.0, np.nan, 3.0]),
            "listed": [1, 2],
            "later": None if epoch < 2 else 1.5,
        }

    curves = run(tmp_path, Puts(entries), epochs=3).lane("default", 0).curves
    found = {name: curves[name].values.tolist() for name in map(str, curves)}
    for name, value in {
        "double": 1 / 3,
        "half": 0.5,
        "flag": 1.0,
        "zero_d": 7.0,
        "alone": 8.0,
        "each": 2.0,
        "each_0": 1.0,
        "each_2": 3.0,
        "listed": 1.5,
        "listed_1": 2.0,
    }.items():
        assert found[name] == [value] * 3, name
    np.testing.assert_array_equal(found["odd"], [np.nan, 1, np.nan])
    np.testing.assert_array_equal(found["later"], [np.nan, np.nan, 1.5])
    assert np.isnan(found["each_1"]).all()


def test_what_is_no_curve_is_left_out_with_a_word(tmp_path: Path) -> None:
    entries = {
        "note": "good",
        "fold": 3,
        7: 1.0,
        "test_loss": 1.0,
        "wide": np.zeros(1001),
        "table": {"a": 1},
    }
    data = dure.Data(X, Y, test=(X[:9], Y[:9]))
    with pytest.warns(UserWarning, match="becomes no curve") as heard:
        result = run(tmp_path, Puts(lambda epoch, logs: entries), data=data, epochs=3)
    told = [str(one.message) for one in heard if "becomes no curve" in str(one.message)]
    assert len(told) == len(entries)  # once each, not once an epoch
    assert "callback Puts put logs['note'], which becomes no curve: it is of type str" in told[0]
    assert {str(name) for name in result.curves} == {"accuracy", "loss", "val_accuracy", "val_loss"}
    assert [status.kind for status in result.statuses] == ["finished"]


def test_a_monitor_that_never_comes_is_found_at_the_first_epoch(tmp_path: Path) -> None:
    ones = Puts(lambda epoch, logs: {"val_ranks": 1.0})
    cases = {
        r"val_rank'\): at the end of epoch 1 .*Did you mean 'val_ranks'": (
            ones,
            STOP("val_rank", mode="max"),
        ),
        "comes before Puts, which puts that into the logs": (STOP("val_ranks", mode="max"), ones),
        r"'ranks'\): at the end.*Did you mean 'val_ranks'": (ones, STOP("ranks", mode="max")),
        r"'val_f1'\): at the end.*Did you mean 'val_f1_macro'": (
            Puts(lambda epoch, logs: {"val_f1_macro": 1.0}),
            STOP("val_f1", mode="max"),
        ),
    }
    for number, (words, callbacks) in enumerate(cases.items()):
        with (
            pytest.warns(UserWarning, match="not available"),
            pytest.raises(StudyError, match=words),
        ):
            run(tmp_path / str(number), *callbacks, seeds=2)
    with pytest.raises(StudyError, match="pass mode='max' or mode='min'"):
        study(ones, STOP("val_ranks")).plan()
    with pytest.raises(StudyError, match="watches a metric this study does not have"):
        study(keras.callbacks.CSVLogger("never.csv"), STOP("val_ranks", mode="max")).plan()


def test_a_monitor_that_comes_later_is_waited_for_as_in_keras(tmp_path: Path) -> None:
    def callbacks() -> list[Any]:
        late = Puts(lambda epoch, logs: {"quality": -epoch} if epoch >= 2 else {})
        return [late, STOP("quality", mode="max", patience=2)]

    with pytest.warns(UserWarning, match="not available"):
        result = run(tmp_path, *callbacks())
        _, history = by_keras(*callbacks())
    lane = result.lane("default", 0)
    assert len(history["loss"]) == len(lane.curves["loss"]) == 5
    assert lane.best_epoch == 3


def test_a_monitor_that_never_came_is_a_curve_of_nan(tmp_path: Path) -> None:
    with (
        pytest.warns(UserWarning, match="not available"),
        pytest.warns(UserWarning, match="'quality' is watched, and no callback put it into the"),
    ):
        result = run(tmp_path, Puts(lambda *_: {}), STOP("quality", mode="max"), epochs=2)
    assert np.isnan(result.curves["quality"]).all()
    lane = result.best("val_loss")
    assert lane.best_epoch == 1 + int(np.argmin(lane.curves["val_loss"].values))
    assert np.isfinite(result.summary("val_loss")["mean"]).all()
    assert "quality" in str(result)
    with pytest.raises(DureError, match="finite quality"):
        result.best()


def test_none_in_the_logs_means_not_in_this_epoch(tmp_path: Path) -> None:
    def callbacks() -> list[Any]:
        late = Puts(lambda epoch, logs: {"quality": None if epoch < 2 else -float(epoch)})
        return [late, STOP("quality", mode="max", patience=2)]

    with pytest.warns(UserWarning, match="not available"):
        lane = run(tmp_path, *callbacks()).lane("default", 0)
        _, history = by_keras(*callbacks())
    assert len(history["loss"]) == len(lane.curves["loss"]) == 5 and lane.best_epoch == 3


def test_checkpoints_of_weights_alone_have_a_file_a_lane(tmp_path: Path) -> None:
    path = tmp_path / "kept.weights.h5"
    saves = keras.callbacks.ModelCheckpoint(str(path), save_weights_only=True)
    run(tmp_path / "run", saves, epochs=1, seeds=2)
    assert sorted(file.name for file in tmp_path.glob("*.h5")) == [
        f"kept-default-seed{seed}-fold1.weights.h5" for seed in (0, 1)
    ]


def test_which_way_an_unknown_entry_is_better_is_asked(tmp_path: Path) -> None:
    puts = Puts(lambda epoch, logs: {"kappa": logs["loss"], "val_auc": 0.5})
    result = run(tmp_path, puts, variants={"rate": [0.1, 0.5]}, epochs=2)
    with pytest.raises(DureError, match="Nothing says whether kappa is better low or high"):
        result.compare("kappa")
    with pytest.raises(DureError, match="pass mode='min' or mode='max'"):
        result.best("kappa")
    assert result.compare("kappa", mode="max").mode == "max"
    assert result.best("kappa", mode="max").variant != result.best("kappa", mode="min").variant
    assert judge_mode(result, "val_auc") == "max"  # the name says it


class Holds(keras.callbacks.Callback):
    """Reads another callback of the list."""

    def __init__(self, other: Puts) -> None:
        super().__init__()
        self.other = other

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logs["same_model"] = float(self.other.model is self.model)
        logs["history"] = float(len(self.model.history.epoch) == epoch)


def test_callbacks_of_a_lane_know_each_other(tmp_path: Path) -> None:
    puts = Puts(lambda *_: {})
    curves = run(tmp_path, puts, Holds(puts), epochs=2).curves
    assert (curves["same_model"] == 1).all() and (curves["history"] == 1).all()


def test_what_decides_a_study_run_until_decided_may_be_ones_own(tmp_path: Path) -> None:
    puts = Puts(lambda epoch, logs: {"kappa": float(np.float32(logs["loss"]))})
    watch = STOP("kappa", mode="max", patience=9)
    one = study(puts, watch, variants={"rate": [0.01, 1.0]}, epochs=2)
    result = one.run(tmp_path / "run", progress=False, until="decided", max_seeds=6)
    assert result.sequential is not None
    assert (result.sequential.rule.metric, result.sequential.rule.mode) == ("kappa", "max")


def test_fit_is_keras_with_logs_of_ones_own_too() -> None:
    def callbacks() -> list[Any]:
        puts = Puts(lambda epoch, logs: {"mine": -float(epoch), "val_loss": 3.0})
        return [puts, STOP("mine", mode="max", patience=1), STOP("val_loss", patience=9)]

    ours, _ = twice(epochs=4, validation_split=0.3, callbacks=callbacks)
    assert ours.history.history["mine"] == [0.0, -1.0]
    ranks = Ranks()
    keras.utils.set_random_seed(0)
    dure.fit(build(), X, Y, epochs=1, verbose=0, validation_split=0.25, callbacks=[ranks])
    assert ranks.model.history.history["val_ranks"][0] == roc_auc_score(
        Y[HELD:], ranks.model.predict(X[HELD:], verbose=0)[:, 0]
    )


def test_a_callback_that_draws_changes_the_order_of_batches_as_in_keras(tmp_path: Path) -> None:
    class Draws(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            np.random.random(3)

    options = {"seeds": [0, 1], "epochs": 3, "shuffle": True}
    result = run(tmp_path / "run", Draws(), **options)
    for seed in (0, 1):
        model, history = by_keras(Draws(), seed=seed, epochs=3, shuffle=True)
        assert_same(result.lane("default", seed), history, model)
