"""Networks whose batches are driven from the host, for XLA slows their operations in loops."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers as L

import dure
from dure.engine.planning.plan import prepare
from helpers.fit_twice import twice
from helpers.small_study import Heard, assert_same_runs, run_heard

ROWS = 30
X = np.random.default_rng(5).normal(size=(ROWS, 5, 5, 2)).astype("float32")
Y = (X[:, 2, 2, 0] > 0).astype("int32")


def build(groups: int = 2, rate: float = 0.1, optimizer: Any = None) -> keras.Model:
    """A convolution in groups has no fast twin; with no groups at all there is none to step."""
    first = [L.Conv2D(4, 3, groups=groups, activation="relu")] if groups else []
    stack = [*first, L.Flatten(), L.BatchNormalization(), L.Dropout(0.2), L.Dense(1, "sigmoid")]
    model = keras.Sequential(stack)
    optimizer = keras.optimizers.SGD(rate) if optimizer is None else optimizer
    model.compile(optimizer, "binary_crossentropy", metrics=["accuracy"])
    return model


def study(**changes: Any) -> dure.Study:
    options: dict[str, Any] = {
        "variants": {"groups": [2, 0]},
        "seeds": 2,
        "validation_split": 0.3,
        "epochs": 4,
        "batch_size": 8,
        "validation_batch_size": 4,
        "callbacks": [keras.callbacks.EarlyStopping(patience=1, restore_best_weights=True)],
    }
    data = dure.Data(X, Y, test=(X[:11], Y[:11]))
    return dure.Study(changes.pop("build", build), data, **{**options, **changes})


@pytest.fixture(scope="module")
def heard() -> Heard:
    return Heard()


@pytest.fixture(scope="module")
def result(heard: Heard, tmp_path_factory: Any) -> dure.Result:
    return run_heard(study(), tmp_path_factory.mktemp("stepped") / "run", heard)


def test_only_the_convolution_is_stepped_and_each_program_compiled_once(
    result: dure.Result, heard: Heard
) -> None:
    programs = {
        name: program
        for name, prototype in heard.prepared.prototypes.items()
        for program in prototype.programs.values()
    }
    assert {name: program.stepped for name, program in programs.items()} == {
        "groups=2": True,
        "groups=0": False,
    }
    assert [program.compilations for program in programs.values()] == [1, 1]


@pytest.mark.parametrize(("groups", "seed"), [(2, 0), (2, 1), (0, 1)])
def test_lanes_of_both_kinds_are_keras_fit(result: dure.Result, groups: int, seed: int) -> None:
    keras.utils.set_random_seed(seed)
    model = build(groups)
    history = model.fit(
        X,
        Y,
        validation_split=0.3,
        epochs=4,
        batch_size=8,
        validation_batch_size=4,
        verbose=0,
        callbacks=[keras.callbacks.EarlyStopping(patience=1, restore_best_weights=True)],
    ).history
    lane = result.lane(f"groups={groups}", seed)
    for name, values in history.items():
        curve = lane.curves[name].values
        np.testing.assert_allclose(curve[: len(values)], values, rtol=1e-4)
        assert np.isnan(curve[len(values) :]).all()
    for ours, theirs in zip(lane.model("final").get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


def test_early_stopping_ended_a_stepped_lane(result: dure.Result) -> None:
    lanes = result.lanes
    stepped = lanes[lanes["variant"] == "groups=2"]
    assert (stepped["epochs"] < 4).any() and stepped["status"].str.startswith("stopped").any()


def test_test_metrics_are_those_of_keras_evaluate(result: dure.Result) -> None:
    """Eleven test rows in batches of four: the last smaller one is of its own size."""
    for groups in (2, 0):
        model = result.lane(f"groups={groups}", 1).model("best")
        expected = model.evaluate(X[:11], Y[:11], batch_size=4, verbose=0, return_dict=True)
        for name, value in expected.items():
            got = result.test[name].sel(variant=f"groups={groups}", seed=1, fold=1)
            assert float(got) == pytest.approx(value, rel=1e-5)


@pytest.mark.parametrize("rounds", [1, 5])
def test_an_interrupted_study_resumes_to_the_bit(
    result: dure.Result, tmp_path: Path, monkeypatch: Any, rounds: int
) -> None:
    monkeypatch.setattr("dure.engine.lanes.pool.ROUND_SECONDS", 0.0)
    with pytest.raises(KeyboardInterrupt):
        run_heard(study(), tmp_path / "run", Heard(interrupt_after=rounds))
    assert_same_runs(study().run(tmp_path / "run", progress=False, resume=True), result)


def test_fit_validates_now_and_then() -> None:
    twice(build, X, Y, epochs=4, validation_split=0.3, validation_freq=[2, 3], batch_size=8)


def _wild() -> keras.Model:
    decay = keras.optimizers.schedules.PiecewiseConstantDecay([5], [0.05, 1e38])
    return build(optimizer=keras.optimizers.SGD(decay))


def test_nan_stops_after_the_same_batch(capsys: Any) -> None:
    ours, _ = twice(
        _wild,
        X,
        Y,
        epochs=6,
        batch_size=8,
        validation_split=0.3,
        callbacks=lambda: [keras.callbacks.TerminateOnNaN()],
    )
    assert 1 < len(ours.history.epoch) < 6


def test_divergence_of_a_stepped_lane_is_a_status(tmp_path: Path) -> None:
    result = study(build=_wild, variants=None, callbacks=[], seeds=1).run(
        tmp_path / "run", progress=False
    )
    assert "diverged at epoch" in result.lanes["status"].iloc[0]


def test_what_is_stepped_is_not_stacked_on_a_cpu_by_width_one() -> None:
    prepared = prepare(study(variants=None))
    (program,) = prepared.prototypes["default"].programs.values()
    program.compile()
    assert program.stepped and program.width == 1
