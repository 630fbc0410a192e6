"""What whole studies record of their lanes, and that recording it changes nothing."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from keras import layers as L

import dure
from dure.core.types import LANE_QUANTITIES, LAYER_QUANTITIES
from dure.engine.planning import plan
from dure.engine.planning.width import widen
from engine.program import test_rounds
from helpers.probes import probed
from helpers.small_study import Heard, X, Y, assert_same_training, run_heard, study

RATES = [0.05, 0.2]


@pytest.fixture(scope="module")
def heard() -> Heard:
    return Heard()


@pytest.fixture(scope="module")
def result(heard: Heard, tmp_path_factory: Any) -> dure.Result:
    return run_heard(study(), tmp_path_factory.mktemp("health") / "on", heard)


def test_training_is_the_same_to_the_bit_without(result: dure.Result, tmp_path: Path) -> None:
    without = study(health=False).run(tmp_path / "off", progress=False)
    assert_same_training(result, without)
    assert not len(without.layer_curves) and not len(without.first_nan)
    assert list(without.first_nan) == ["variant", "seed", "fold", "epoch", "step", "layer", "what"]


def test_so_is_that_of_stepped_rounds(tmp_path: Path) -> None:
    options = {"variants": {"groups": [2]}, "seeds": 1}
    on = test_rounds.study(**options).run(tmp_path / "on", progress=False)
    off = test_rounds.study(**options, health=False).run(tmp_path / "off", progress=False)
    assert_same_training(on, off)
    assert (on.layer_curves["gradient_norm"].sel(layer="conv2d", epoch=0) > 0).all()


def test_axes_and_names(result: dure.Result) -> None:
    found = result.layer_curves
    assert set(found) == {*LAYER_QUANTITIES, *LANE_QUANTITIES}
    assert found["dead"].dims == ("variant", "seed", "fold", "epoch", "layer")
    assert found["probe_loss"].dims == ("variant", "seed", "fold", "epoch")
    assert found["layer"].values.tolist() == ["dense", "batch_normalization", "dropout", "dense_1"]
    assert found["epoch"].values.tolist() == [0, 1, 3, 6]
    assert all(values.dtype == np.float64 for values in found.values())
    assert found.attrs["not_measured"] == {}


def test_lanes_are_measured_as_far_as_they_ran(result: dure.Result) -> None:
    measured = result.layer_curves["probe_loss"]
    for row in result.lanes.itertuples():
        lane = measured.sel(variant=row.variant, seed=row.seed, fold=1)
        assert lane.notnull().values.tolist() == [e <= row.epochs for e in (0, 1, 3, 6)]


def test_one_program_and_one_probe_for_both_rates(result: dure.Result, heard: Heard) -> None:
    (probe,) = {
        id(p): p for key in heard.prepared.study.lanes if (p := heard.prepared.probe(key))
    }.values()
    assert probe.compilations == 1 and probe.fault is None


def test_every_lane_of_a_fold_is_measured_on_the_same_rows(result: dure.Result) -> None:
    """At epoch 0 lanes of a seed differ in nothing but their rate."""
    start = result.layer_curves.sel(epoch=0)
    slow, fast = (start.sel(variant=f"learning_rate={rate}") for rate in RATES)
    for name in ("gradient_norm", "activation_std", "probe_loss"):
        np.testing.assert_array_equal(slow[name], fast[name])
    ratio = (fast["update_ratio"] / slow["update_ratio"]).sel(layer=["dense", "dense_1"])
    np.testing.assert_allclose(ratio, 4, rtol=1e-3)


def test_a_lane_after_training_is_measured_at_its_last_state(tmp_path: Path) -> None:
    """The stored weights of the last epoch, probed alone, with another fixed batch of all rows."""
    plain = study(callbacks=[], variants=None, seeds=1, validation_split=0.0, epochs=3)
    result = plain.run(tmp_path / "run", progress=False)
    assert result.layer_curves["epoch"].values.tolist() == [0, 1, 2, 3]
    model = result.lane("default", 0).model("final")
    rows = plain_rows(plain)
    table, lane = probed(model, X[rows], Y[rows])
    last = result.layer_curves.sel(variant="default", seed=0, fold=1, epoch=3)
    for name in ("gradient_norm", "weight_norm", "activation_gradient", "activation_std"):
        np.testing.assert_allclose(last[name], table[name], rtol=1e-4)
    assert float(last["probe_loss"]) == pytest.approx(lane["probe_loss"], rel=1e-5)


def plain_rows(asked: dure.Study) -> Any:
    """The rows a study of one split measures."""
    from dure.engine.probes.schedule import sample_rows

    chosen = plan.prepare(asked).probe_schedule
    return sample_rows(asked.splits[0].train, chosen.rows)


def test_stacked_lanes_are_measured_alike(
    result: dure.Result, tmp_path: Path, monkeypatch: Any
) -> None:
    """As on a GPU: two in a call, at different epochs of theirs, stopped ones replaced."""
    import dure.training.run

    def prepare_wide(study: Any) -> Any:
        prepared = plan.prepare(study)
        widen(prepared, lambda program, row: program.widened(2))
        return prepared

    monkeypatch.setattr(dure.training.run, "prepare", prepare_wide)
    wide = run_heard(study(), tmp_path / "wide", Heard())
    xr.testing.assert_allclose(wide.layer_curves, result.layer_curves, rtol=2e-3, atol=1e-5)


def test_variants_with_other_layers_have_nan_for_those_they_lack(tmp_path: Path) -> None:
    """Both compute the same and share a program: a Flatten that flattens nothing."""

    def either(flat: bool) -> keras.Model:
        extra = [L.Flatten(name="flat")] if flat else []
        out = L.Dense(1, "sigmoid", name="out")
        model = keras.Sequential([L.Input((6,)), *extra, out])
        model.compile("sgd", "binary_crossentropy")
        return model

    asked = study(build=either, variants={"flat": [False, True]}, seeds=1, callbacks=[], epochs=2)
    assert len(asked.plan().programs) == 1
    found = asked.run(tmp_path / "run", progress=False).layer_curves
    assert found["layer"].values.tolist() == ["out", "flat"]
    mean = found["activation_mean"].sel(epoch=0, seed=0, fold=1)
    assert mean.isnull().values.tolist() == [[False, True], [False, False]]


def test_what_cannot_be_measured_is_told_and_trains_all_the_same(
    tmp_path: Path, monkeypatch: Any
) -> None:
    def fails(*_: Any) -> Any:
        raise RuntimeError("no such thing\nas this")

    monkeypatch.setattr("dure.engine.probes.probe.training_gradients", fails)
    options = {"variants": None, "seeds": 1, "epochs": 2}
    result = study(**options).run(tmp_path / "on", progress=False)
    assert result.layer_curves.attrs["not_measured"] == {"default": "RuntimeError: no such thing"}
    assert not len(result.layer_curves)
    assert_same_training(result, study(**options, health=False).run(tmp_path / "off", False))


# -- where numbers are lost -----------------------------------------------------------------------


class Log(keras.layers.Layer):
    """Of whatever comes, negative numbers too."""

    def call(self, x: Any) -> Any:
        return keras.ops.log(x)


def lost(tmp_path: Path, make: Any, x: Any = X, **changes: Any) -> pd.Series:
    """Where the only lane of a study was lost."""
    options: dict[str, Any] = {"variants": None, "seeds": 1, "callbacks": [], "batch_size": 8}
    options |= {"shuffle": False, "validation_split": 0.0}
    asked = study(build=make, data=dure.Data(x, Y.astype("float32")), **options | changes)
    result = asked.run(tmp_path / "run", progress=False)
    status = result.lanes["status"].iloc[0]
    assert len(result.first_nan) == 1, status
    row = result.first_nan.iloc[0]
    assert int(result.layer_curves["epoch"].max()) < row.epoch  # nothing of what was lost
    assert f"loss became NaN at epoch {row.epoch}, step {row.step}: first in " in status
    assert "the loss itself" in status if row.what == "loss" else f"({row.what})" in status
    return row


def dense(optimizer: Any, *between: Any) -> keras.Model:
    stack = [L.Dense(4, name="first"), *between, L.Dense(1, name="last")]
    model = keras.Sequential([L.Input((6,)), *stack])
    model.compile(optimizer, "mse")
    return model


def test_a_row_that_overflows_is_found_in_its_step_and_layer(tmp_path: Path) -> None:
    x = X.copy()
    x[37, 2] = 200  # exp(200) is beyond float32
    power = L.Lambda(keras.ops.exp, name="power")

    def make() -> keras.Model:
        model = keras.Sequential([L.Input((6,)), L.Reshape((6,)), power, L.Dense(1)])
        model.compile(keras.optimizers.SGD(1e-4), "mse")
        return model

    row = lost(tmp_path, make, x)
    assert (row.epoch, row.step, row.layer, row.what) == (1, 37 // 8 + 1, "power", "activation")


def test_a_logarithm_of_negative_numbers_is_found_in_its_layer(tmp_path: Path) -> None:
    row = lost(tmp_path, lambda: dense("sgd", Log(name="log")))
    assert (row.epoch, row.step, row.layer, row.what) == (1, 1, "log", "activation")


@pytest.mark.parametrize("round_seconds", [0.0, 1.0])
def test_a_step_of_infinite_length_is_found_epochs_into_a_round(
    tmp_path: Path, monkeypatch: Any, round_seconds: float
) -> None:
    """75 rows in batches of 8 are ten steps an epoch; the rate is infinite from the 35th on."""
    monkeypatch.setattr("dure.engine.lanes.pool.ROUND_SECONDS", round_seconds)
    monkeypatch.setattr(
        "dure.engine.probes.schedule.LEAST_EPOCHS", 2
    )  # epochs 2 to 9 are one round

    def make() -> keras.Model:
        wild = keras.optimizers.schedules.PiecewiseConstantDecay([33], [0.01, float("inf")])
        return dense(keras.optimizers.SGD(wild))

    row = lost(tmp_path, make, epochs=9)
    assert (row.epoch, row.step, row.layer, row.what) == (4, 5, "last", "weights")


def test_a_rate_of_a_million_is_found_where_kerass_own_steps_lose_it(tmp_path: Path) -> None:
    def make() -> keras.Model:
        return dense(keras.optimizers.SGD(1e6))

    row = lost(tmp_path, make)
    keras.utils.set_random_seed(0)
    model = make()
    model(X[:1])
    for step in range(1, 10):
        batch = slice(8 * (step - 1), 8 * step)
        outputs = [np.asarray(layer_output(model, n, X[batch])) for n in (1, 2)]
        loss = model.train_on_batch(X[batch], Y[batch].astype("float32"))
        if not (np.isfinite(loss) and all(np.isfinite(o).all() for o in outputs)):
            break
    assert (row.epoch, row.step) == (1, step)
    assert row.what in ("loss", "activation")


def layer_output(model: keras.Model, layers: int, x: Any) -> Any:
    for layer in model.layers[:layers]:
        x = layer(x)
    return x


def test_nothing_is_searched_where_all_goes_well(result: dure.Result) -> None:
    assert not len(result.first_nan)
