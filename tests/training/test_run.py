"""Whole studies, small: lanes against Keras, independence, folds, callbacks, failures."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

import dure
from dure.engine.planning.plan import prepare
from dure.engine.planning.width import widen
from helpers.small_study import (
    TEST,
    Heard,
    X,
    Y,
    assert_same_runs,
    build,
    keras_lane,
    lane_weights,
    run_heard,
    same,
    study,
)


@pytest.fixture(scope="module")
def heard() -> Heard:
    return Heard()


@pytest.fixture(scope="module")
def result(heard: Heard, tmp_path_factory: Any) -> dure.Result:
    return run_heard(study(), tmp_path_factory.mktemp("runs") / "plain", heard)


@pytest.mark.parametrize("seed", [0, 5])
@pytest.mark.parametrize("rate", [0.05, 0.2])
def test_a_lane_is_keras_fit_under_its_seed(result: dure.Result, seed: int, rate: float) -> None:
    model, history = keras_lane(seed, learning_rate=rate)
    lane = result.lane(f"learning_rate={rate}", seed)
    for name, values in history.items():
        curve = lane.curves[name].values
        np.testing.assert_allclose(curve[: len(values)], values, rtol=1e-5)
        assert np.isnan(curve[len(values) :]).all()
    for ours, theirs in zip(
        lane_weights(result)[(lane.variant, lane.seed, lane.fold)], model.get_weights(), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)
    trained = lane.model("final")
    expected = model.evaluate(*TEST, verbose=0, return_dict=True)
    assert trained.evaluate(*TEST, verbose=0, return_dict=True) == pytest.approx(expected, rel=1e-4)


def test_test_metrics_are_those_of_the_best_weights(result: dure.Result) -> None:
    lane = result.lane("learning_rate=0.2", 1)
    expected = lane.model("best").evaluate(*TEST, verbose=0, return_dict=True)
    for name, value in expected.items():
        assert float(result.test[name].sel(variant=lane.variant, seed=1, fold=1)) == pytest.approx(
            value
        )


def test_variants_that_differ_in_numbers_share_one_compilation(
    result: dure.Result, heard: Heard
) -> None:
    programs = {id(p): p for t in heard.prepared.prototypes.values() for p in t.programs.values()}
    assert [p.compilations for p in programs.values()] == [1]
    assert heard.prepared.plan.lanes == 6 and len(heard.prepared.plan.programs) == 1


def test_variants_that_differ_in_structure_do_not_share() -> None:
    plan = study(variants={"units": [3, 4], "dropout": [0.2, 0.3]}).plan()
    assert len(plan.programs) == 4
    assert [program.lanes for program in plan.programs] == [3] * 4


def test_a_lane_does_not_depend_on_its_neighbours(result: dure.Result, tmp_path: Path) -> None:
    alone = study(variants={"learning_rate": [0.2]}, seeds=[1]).run(
        tmp_path / "run", progress=False
    )
    name = "learning_rate=0.2"
    for metric, values in alone.curves.items():
        np.testing.assert_array_equal(
            values.sel(variant=name, seed=1).values,
            result.curves[metric].sel(variant=name, seed=1).values,
        )
    same(lane_weights(alone)[(name, 1, 1)], lane_weights(result)[(name, 1, 1)])


@pytest.mark.parametrize("width", [2, 4])
def test_stacked_lanes_are_the_same_lanes(
    result: dure.Result, tmp_path: Path, monkeypatch: Any, width: int
) -> None:
    """As on a GPU: lanes of different lengths stacked, stopped ones replaced from the queue."""
    import dure.training.run

    def prepare_wide(study: Any) -> Any:
        prepared = prepare(study)
        widen(prepared, lambda program, row: program.widened(width))
        return prepared

    monkeypatch.setattr(dure.training.run, "prepare", prepare_wide)
    wide = run_heard(study(), tmp_path / "wide", Heard())
    assert (wide.lanes["epochs"] == result.lanes["epochs"]).all()
    assert (wide.lanes["status"] == result.lanes["status"]).all()
    for metric, values in wide.curves.items():
        np.testing.assert_allclose(values, result.curves[metric], rtol=1e-4, atol=1e-6)


def test_round_length_changes_nothing(
    result: dure.Result, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr("dure.engine.lanes.pool.ROUND_SECONDS", 0.0)
    heard = Heard()
    stepwise = run_heard(study(), tmp_path / "run", heard)
    assert {epochs for _, epochs in heard.rounds} == {1}
    assert_same_runs(stepwise, result)


@pytest.mark.parametrize("rounds", [1, 4, 9])
def test_an_interrupted_study_resumes_to_the_bit(
    result: dure.Result, tmp_path: Path, monkeypatch: Any, rounds: int
) -> None:
    monkeypatch.setattr("dure.engine.lanes.pool.ROUND_SECONDS", 0.0)
    heard = Heard(interrupt_after=rounds)
    with pytest.raises(KeyboardInterrupt):
        run_heard(study(), tmp_path / "run", heard)
    assert "resume=True" in heard.notes[-1]
    resumed = study().run(tmp_path / "run", progress=False, resume=True)
    assert_same_runs(resumed, result)


def test_resume_of_nothing_starts(result: dure.Result, tmp_path: Path) -> None:
    resumed = study().run(tmp_path / "new", progress=False, resume=True)
    assert_same_runs(resumed, result)
    assert_same_runs(study().run(tmp_path / "new", progress=False, resume=True), result)


def test_a_changed_study_is_refused_with_what_changed(result: dure.Result) -> None:
    changed = study(epochs=7, data=dure.Data(X + 1, Y, test=TEST))
    with pytest.raises(dure.StudyChangedError) as error:
        changed.run(result.folder, progress=False, resume=True)
    assert "study.epochs: was 6, is 7" in str(error.value)
    assert "data.fingerprint" in str(error.value)


def test_no_validation_row_trains_or_scales(tmp_path: Path) -> None:
    """Garbage in the validation rows of a fold leaves its training curves untouched."""

    def data(spoil: Any = None) -> dure.Data:
        x = X.copy()
        if spoil is not None:
            x[spoil] = 1e3
        return dure.Data(x, Y, prepare=StandardScaler())

    options: dict[str, Any] = {
        "folds": 3,
        "validation_split": 0.0,
        "callbacks": [],
        "variants": None,
        "seeds": 1,
        "epochs": 2,
    }
    clean = study(data=data(), **options)
    split = clean.splits[1]
    spoiled = study(data=data(split.validation), **options)
    same([spoiled.splits[1].train], [split.train])
    one = clean.run(tmp_path / "one", progress=False).curves.sel(fold=2)
    two = spoiled.run(tmp_path / "two", progress=False).curves.sel(fold=2)
    np.testing.assert_array_equal(one["loss"], two["loss"])
    assert (one["val_loss"] != two["val_loss"]).all()


def test_divergence_and_failure_are_values(tmp_path: Path) -> None:
    def fragile(rate: float = 0.05) -> keras.Model:
        if np.random.get_state()[1][0] == 2:  # set_random_seed(2) shows here
            raise RuntimeError("no third network")
        model = build(learning_rate=rate, dropout=0.0)
        if rate > 1:
            model.compile(keras.optimizers.SGD(float("inf")), "mse", metrics=["accuracy"])
        return model

    variants = {"sound": {}, "wild": {"rate": 2.0}}
    result = study(build=fragile, variants=variants, seeds=[0, 1, 2], callbacks=[]).run(
        tmp_path / "run", progress=False
    )
    status = result.lanes.set_index(["variant", "seed"])["status"]
    assert status[("sound", 0)] == "finished"
    assert "diverged at epoch" in status[("wild", 0)] and "became NaN" in status[("wild", 0)]
    assert status[("sound", 2)].startswith("failed: RuntimeError: no third network (test_run.py, ")
    summary = result.summary("val_loss").set_index("variant")
    assert (summary.loc["sound", "lanes"], summary.loc["sound", "of"]) == (2, 3)
    assert (summary.loc["wild", "lanes"], summary.loc["wild", "of"]) == (0, 3)


def test_another_architecture_for_the_same_variant_is_refused() -> None:
    def moody() -> keras.Model:
        return build(units=4 + int(np.random.get_state()[1][0]))

    with pytest.raises(dure.StudyError, match="another architecture for seed 1 than for seed 0"):
        study(build=moody, variants=None, seeds=2).plan()


def _halve(epoch: int, rate: float) -> float:
    return rate * (0.5 if epoch % 2 else 1.0)


@pytest.mark.parametrize(
    "callbacks",
    [
        lambda: [keras.callbacks.LearningRateScheduler(_halve)],
        lambda: [
            keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.9),
            keras.callbacks.ReduceLROnPlateau(monitor="loss", patience=1, factor=0.3),
        ],
        lambda: [keras.callbacks.ReduceLROnPlateau(patience=1, factor=0.1, min_delta=0.05)],
        lambda: [keras.callbacks.TerminateOnNaN()],
    ],
    ids=["schedule", "schedule and plateau", "plateau", "nan"],
)
def test_callbacks_mean_what_they_mean_in_keras(callbacks: Any, tmp_path: Path) -> None:
    options = {"callbacks": callbacks(), "variants": {"learning_rate": [0.2]}, "seeds": [5]}
    result = study(**options).run(tmp_path / "run", progress=False)
    _, history = keras_lane(5, learning_rate=0.2, fit={"callbacks": callbacks()})
    lane = result.lane("learning_rate=0.2", 5)
    assert set(lane.curves) == set(history)
    for name, values in history.items():
        np.testing.assert_allclose(lane.curves[name], values, rtol=2e-5)


class Watcher(keras.callbacks.Callback):
    """Stops after three epochs, and looks at its model meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[float] = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        loss = self.model.evaluate(X[60:], Y[60:], verbose=0)[0]
        self.seen.append(float(loss) - logs["val_loss"])
        self.model.stop_training = epoch == 2

    def on_train_end(self, logs: Any = None) -> None:
        assert max(map(abs, self.seen)) < 1e-5 and len(self.seen) == 3


def test_other_callbacks_run_per_lane_with_the_lanes_model(tmp_path: Path) -> None:
    checkpoint = keras.callbacks.ModelCheckpoint(str(tmp_path / "best.keras"), save_best_only=True)
    log = keras.callbacks.CSVLogger(str(tmp_path / "{variant}-{seed}.csv"))
    result = study(
        callbacks=[Watcher(), checkpoint, log], variants={"learning_rate": [0.05]}, seeds=2
    ).run(tmp_path / "run", progress=False)
    assert list(result.lanes["status"]) == ["stopped at epoch 3"] * 2
    for seed in (0, 1):
        saved = keras.models.load_model(
            tmp_path / f"best-learning_rate=0.05-seed{seed}-fold1.keras"
        )
        stored = result.lane("learning_rate=0.05", seed).model("best")
        same(saved.get_weights(), stored.get_weights())
        lines = (
            (tmp_path / f"learning_rate=0.05-{seed}.csv").read_text(encoding="utf-8").splitlines()
        )
        assert len(lines) == 4


def test_more_memory_than_there_is_is_refused_with_numbers(monkeypatch: Any) -> None:
    monkeypatch.setattr("dure.engine.planning.plan.available_bytes", lambda device: 10_000)
    with pytest.raises(dure.MemoryPlanError, match=r"needs about .* [kM]B and 10 kB are free"):
        study().plan()


def test_early_stopping_restores_beside_a_host_callback(tmp_path: Path) -> None:
    def callbacks() -> list[Any]:
        stop = keras.callbacks.EarlyStopping(patience=2, restore_best_weights=True)
        return [stop, keras.callbacks.CSVLogger(str(tmp_path / "{seed}.csv"))]

    options = {"variants": {"learning_rate": [0.2]}, "seeds": [1], "epochs": 12}
    result = study(callbacks=callbacks(), **options).run(tmp_path / "run", progress=False)
    fit = {"callbacks": callbacks(), "epochs": 12}
    model, history = keras_lane(1, learning_rate=0.2, fit=fit)
    lane = result.lane("learning_rate=0.2", 1)
    best = int(np.argmin(history["val_loss"])) + 1
    assert lane.best_epoch == best < len(history["val_loss"])
    stored = lane_weights(result)[(lane.variant, lane.seed, lane.fold)]
    for ours, theirs in zip(stored, model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)
