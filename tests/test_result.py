"""Results against what was put into the run folder, by plain loops."""

from __future__ import annotations

import math
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dure.core.metrics import mode_of
from dure.core.terminal import align_columns
from dure.core.types import LaneKey, Monitor, Status
from dure.errors import DureError, RunFolderError
from dure.result import Result, load
from dure.stats.intervals import interval_texts, mean_interval
from dure.storage.curves_db import LaneRound
from dure.storage.store import Store

NAN = math.nan
FINISHED = Status("finished")


def manifest(epochs: int, monitor: str = "val_loss", mode: str = "min", **data: Any) -> dict:
    return {
        "name": "small",
        "study": {"epochs": epochs},
        "data": {"source": "invented", "excerpt": False, **data},
        "monitor": {"name": monitor, "mode": mode},
        "metrics": ["loss", "accuracy", "val_loss", "val_accuracy"],
    }


def write(
    folder: Path,
    lanes: Mapping[LaneKey, tuple[Status, Mapping[str, list[float]], Mapping[str, float]]],
    best_epochs: Mapping[LaneKey, int] | None = None,
    **about: Any,
) -> Result:
    """A run folder with these curves and test metrics, loaded."""
    about = {"epochs": 4, **about}
    with Store.create(folder, manifest(**about), list(lanes)) as store:
        for number, (key, (status, curves, test)) in enumerate(lanes.items()):
            if any(curves.values()):
                arrays = {name: np.array(values) for name, values in curves.items()}
                store.record_round([LaneRound(number, 1, arrays, 1.5)])
            if status.done:
                store.finish_lane(
                    number,
                    status,
                    best_epoch=(best_epochs or {}).get(key),
                    weights={"w": np.array([float(number)])},
                    best_weights={"w": np.array([number + 0.5])},
                    test=test,
                )
    return load(folder)


def curve(*values: float) -> dict[str, list[float]]:
    return {
        "loss": [v / 2 for v in values],
        "val_loss": list(values),
        "val_accuracy": [1 - v for v in values],
    }


SMALL = {
    LaneKey("a", 0, 1): (FINISHED, curve(0.5, 0.3, 0.2, 0.4), {"loss": 0.21, "accuracy": 0.8}),
    LaneKey("a", 7, 1): (Status("stopped", 3), curve(0.6, 0.4, 0.5), {"loss": 0.4}),
    LaneKey("b", 0, 1): (FINISHED, curve(0.9, 0.1, 0.1, 0.3), {"loss": 0.11, "accuracy": 0.9}),
    LaneKey("b", 7, 1): (Status("diverged", 2, "loss became NaN"), curve(0.05, NAN), {}),
}


@pytest.fixture
def small(tmp_path: Path) -> Result:
    return write(tmp_path / "run", SMALL)


def test_curves_have_named_axes_and_nan_where_a_lane_did_not_run(small: Result) -> None:
    assert dict(small.curves.sizes) == {"variant": 2, "seed": 2, "fold": 1, "epoch": 4}
    assert small.curves["epoch"].values.tolist() == [1, 2, 3, 4]
    assert small.curves["seed"].values.tolist() == [0, 7]
    got = small.curves["val_loss"].sel(variant="a", seed=7, fold=1)
    assert got.values.tolist()[:3] == [0.6, 0.4, 0.5] and math.isnan(got.values[3])
    assert list(small.curves) == ["loss", "val_loss", "val_accuracy"]
    assert small.curves.attrs["source"] == "invented"
    assert small.curves.attrs["run"] == str(small.folder)
    assert (small.curves.attrs["monitor"], small.curves.attrs["mode"]) == ("val_loss", "min")


def test_test_metrics_have_named_axes(small: Result) -> None:
    assert set(small.test) == {"loss", "accuracy"}
    assert float(small.test["loss"].sel(variant="b", seed=0, fold=1)) == 0.11
    assert math.isnan(small.test["accuracy"].sel(variant="a", seed=7, fold=1))


def test_lanes_are_in_order_with_status_and_epochs(small: Result) -> None:
    lanes = small.lanes
    assert lanes["status"].tolist() == [
        "finished",
        "stopped at epoch 3",
        "finished",
        "diverged at epoch 2: loss became NaN",
    ]
    assert lanes["epochs"].tolist() == [4, 3, 4, 2]
    assert lanes["best_epoch"].tolist() == [3, 2, 2, 1]  # the first of equals
    assert lanes["seconds"].tolist() == [1.5] * 4
    assert small.statuses[1] == Status("stopped", 3)


def test_frame_has_the_epochs_that_ran(small: Result) -> None:
    frame = small.frame()
    assert frame.columns.tolist()[:4] == ["variant", "seed", "fold", "epoch"]
    assert len(frame) == 4 + 3 + 4 + 2
    row = frame[(frame["variant"] == "a") & (frame["seed"] == 7) & (frame["epoch"] == 2)]
    assert row["val_loss"].tolist() == [0.4]
    last = frame.iloc[-1]
    assert (last["epoch"], math.isnan(last["val_loss"])) == (2, True)


def test_recorded_best_epoch_wins_over_the_lowest_value(tmp_path: Path) -> None:
    # EarlyStopping's min_delta may keep weights of an epoch that is not quite the lowest.
    result = write(tmp_path / "run", SMALL, best_epochs={LaneKey("a", 0, 1): 2})
    assert result.lanes["best_epoch"].tolist() == [2, 2, 2, 1]
    assert float(result.at_best().sel(variant="a", seed=0, fold=1)) == 0.3


def test_summary_takes_each_lane_at_its_best_epoch(small: Result) -> None:
    table = small.summary().set_index(["variant", "metric"])
    assert table.columns.tolist() == ["mean", "low", "high", "lanes", "of"]
    want = mean_interval([[0.2], [0.4]])
    got = table.loc[("a", "val_loss")]
    assert got.tolist() == pytest.approx([*want[:3], 2, 2])
    assert table.loc[("a", "val_accuracy"), "mean"] == pytest.approx(0.7)
    assert table.loc[("a", "test_loss"), "mean"] == pytest.approx(0.305)
    assert table.loc[("a", "test_accuracy")].tolist()[3:] == [1, 2]
    names = small.summary()["metric"].tolist()[:4]  # the monitor first
    assert names == ["val_loss", "val_accuracy", "test_loss", "test_accuracy"]


def test_diverged_lanes_are_counted_never_averaged(small: Result) -> None:
    row = small.summary("val_loss").set_index("variant").loc["b"]
    assert row["mean"] == 0.1  # not 0.075, though the diverged lane had a value at its best epoch
    assert (row["lanes"], row["of"]) == (1, 2)
    assert math.isnan(row["low"])


def test_summary_of_one_metric_may_be_of_training_or_test(small: Result) -> None:
    assert small.summary("loss")["mean"].tolist() == pytest.approx([0.15, 0.05])
    assert set(small.summary("test_loss")["metric"]) == {"test_loss"}
    with pytest.raises(DureError, match=r"'val_los'.*val_loss.*Did you mean 'val_loss'\?"):
        small.summary("val_los")


def test_without_validation_training_metrics_are_summed_up(tmp_path: Path) -> None:
    lanes = {LaneKey("a", s, 1): (FINISHED, {"loss": [0.4, 0.2 + s]}, {}) for s in range(2)}
    result = write(tmp_path / "run", lanes, monitor="loss", epochs=2)
    assert result.summary()["metric"].tolist() == ["loss"]
    assert result.summary()["mean"].tolist() == pytest.approx([0.3])


def test_one_seed_of_several_folds_has_the_corrected_interval(tmp_path: Path) -> None:
    values = [0.3, 0.5, 0.2]
    lanes = {LaneKey("a", 0, f + 1): (FINISHED, curve(v), {}) for f, v in enumerate(values)}
    row = write(tmp_path / "run", lanes).summary("val_loss").iloc[0]
    assert row[["mean", "low", "high"]].tolist() == pytest.approx(mean_interval([values])[:3])
    assert row["low"] < mean_interval(np.array([values]).T).low  # wider than the plain t


def test_best_is_a_lane_of_its_variant(small: Result) -> None:
    assert (small.best().variant, small.best().seed) == ("b", 0)
    assert small.best(variant="a").seed == 0
    assert small.best("val_accuracy").variant == "b"
    assert small.best("test_loss", variant="a").seed == 0
    with pytest.raises(DureError, match=r"no variant 'bb'.*Did you mean 'b'"):
        small.best(variant="bb")
    with pytest.raises(DureError, match="Did you mean 'val_loss'"):
        small.best("vall_loss")


def test_best_follows_the_direction_of_the_metric(tmp_path: Path) -> None:
    lanes = {LaneKey("a", s, 1): (FINISHED, curve(0.9 - 0.2 * s), {}) for s in range(3)}
    result = write(tmp_path / "run", lanes, monitor="val_accuracy", mode="max")
    assert result.best().seed == result.best("val_loss").seed == 2


def test_a_lane_knows_itself(small: Result) -> None:
    lane = small.lane("a", 7)
    assert (lane.variant, lane.seed, lane.fold, lane.best_epoch) == ("a", 7, 1, 2)
    assert lane.status == Status("stopped", 3)
    assert dict(lane.curves.sizes) == {"epoch": 3}
    assert lane.curves["val_loss"].values.tolist() == [0.6, 0.4, 0.5]
    assert lane.weights()["w"].tolist() == [1.5]
    assert lane.weights("final")["w"].tolist() == [1.0]
    assert str(lane) == "lane 1 (a, seed 7, fold 1)"
    with pytest.raises(DureError, match="which is 'last'; expected 'best' or 'final'"):
        lane.weights("last")  # type: ignore[arg-type]
    with pytest.raises(DureError, match=r"no lane with variant 'a', seed 1.*seeds: \[0, 7\]"):
        small.lane("a", 1)


def test_save_writes_keras_files_only(small: Result, tmp_path: Path) -> None:
    with pytest.raises(DureError, match=r"does not end in '\.keras'"):
        small.best().save(tmp_path / "model.h5")


# Keras 3.15 converts JAX arrays in a way that NumPy 2 deprecates.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_model_comes_back_with_the_weights_asked_for(tmp_path: Path) -> None:
    import keras

    from dure.keras_bridge.model_files import save_architecture, weights_of

    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.compile("sgd", "mse")
    final = weights_of(model)
    best = {name: array + 1 for name, array in final.items()}
    about = manifest(1)
    about["study"]["variants"] = {"a": {}}
    with Store.create(tmp_path / "run", about, [LaneKey("a", 0, 1)]) as store:
        save_architecture(store.folder, "a", model)
        store.record_round([LaneRound(0, 1, {"val_loss": np.array([0.5])}, 0.1)])
        store.finish_lane(0, FINISHED, best_epoch=1, weights=final, best_weights=best, test={})
    lane = load(tmp_path / "run").best()
    for which, want in (("best", best), ("final", final)):
        got = weights_of(lane.model(which))  # type: ignore[arg-type]
        assert all(np.array_equal(got[name], want[name]) for name in want)
    path = lane.save(tmp_path / "saved.keras")
    assert np.array_equal(keras.models.load_model(path).get_weights()[0], best["0000"])


def test_half_way_through_training(tmp_path: Path) -> None:
    lanes = {
        LaneKey("a", 0, 1): (FINISHED, curve(0.5, 0.3), {}),
        LaneKey("a", 1, 1): (Status("running"), curve(0.4), {}),
        LaneKey("a", 2, 1): (Status("waiting"), {}, {}),
    }
    result = write(tmp_path / "run", lanes, epochs=2)
    assert result.lanes["status"].tolist() == ["finished", "running", "waiting"]
    assert result.lanes["best_epoch"].tolist() == [2, 1, pd.NA]
    row = result.summary("val_loss").iloc[0]
    assert (row["mean"], row["lanes"], row["of"]) == (0.3, 1, 3)
    assert "3 lanes: 1 finished, 1 running, 1 waiting" in str(result)
    assert result.best().seed == 0
    with pytest.raises(DureError, match=r"lane 1 \(a, seed 1, fold 1\) is not done \(running\)"):
        result.lane("a", 1).weights()


def test_before_the_first_epoch(tmp_path: Path) -> None:
    lanes = {LaneKey("a", s, 1): (Status("waiting"), {}, {}) for s in range(2)}
    result = write(tmp_path / "run", lanes)
    assert "2 lanes: 2 waiting" in str(result)
    assert len(result.summary()) == 0 and len(result.frame()) == 0
    with pytest.raises(DureError, match="no metric 'val_loss'"):
        result.best()


def test_a_study_whose_lanes_all_failed(tmp_path: Path) -> None:
    failed = Status("failed", None, "out of [memory]")
    lanes = {LaneKey(v, 0, 1): (failed, {}, {}) for v in "ab"}
    result = write(tmp_path / "run", lanes)
    assert "lane 1 (b, seed 0, fold 1) failed: out of [memory]" in str(result)


def test_load_refuses_a_folder_without_a_run(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="is not a run folder"):
        load(tmp_path)


def test_reading_leaves_the_folder_free(small: Result) -> None:
    with Store.open(small.folder) as store:  # a writer is let in, and the result still stands
        assert store.lanes[0] == LaneKey("a", 0, 1)
        assert small.best().weights()["w"].tolist() == [2.5]


def test_print_names_run_source_lanes_and_intervals(tmp_path: Path) -> None:
    text = str(write(tmp_path / "run", SMALL, excerpt=True))
    lines = text.splitlines()
    assert lines[0] == f"small · invented, excerpt · {tmp_path / 'run'}"
    told = write(tmp_path / "told", SMALL, excerpt=True, source="Digits, excerpt: 9 of them")
    assert str(told).startswith("small · Digits, excerpt: 9 of them · ")
    assert lines[1] == (
        "4 lanes: 2 finished, 1 stopped, 1 diverged · 2 variants x 2 seeds x 1 fold x 4 epochs"
    )
    assert lines[3].split()[:3] == ["variant", "val_loss", "val_accuracy"]
    row = next(line for line in lines if line.startswith("b "))
    assert "0.1*" in row  # as few digits as the wide interval of the other variant justifies
    assert any("1 of 2" in line for line in lines)
    assert "* lowest mean, which alone does not say that it is better" in lines
    assert "lane 3 (b, seed 7, fold 1) diverged at epoch 2: loss became NaN" in lines
    assert "better" not in text.replace("does not say that it is better", "")
    assert max(map(len, lines[1:])) <= 100


def test_repr_is_one_line(small: Result) -> None:
    assert repr(small) == (
        "<Result of 'small': 2 variants x 2 seeds x 1 fold x 4 epochs; "
        "4 lanes: 2 finished, 1 stopped, 1 diverged>"
    )


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        *((n, "min") for n in ("loss", "val_loss", "mae", "mean_squared_error", "out_loss")),
        *((n, "min") for n in ("false_positives", "unknown", "accuracy_loss", "vacuum")),
        *((n, "max") for n in ("accuracy", "val_acc", "test_auc", "sparse_categorical_accuracy")),
        *((n, "max") for n in ("auc_1", "val_recall", "f1_score", "mean_io_u", "r2_score")),
    ],
)
def test_direction_by_name(name: str, mode: str) -> None:
    assert mode_of(name) == mode


def test_direction_of_the_monitor_is_the_studys() -> None:
    assert mode_of("test_reward", Monitor("val_reward", "max")) == "max"


@pytest.mark.parametrize(
    ("rows", "texts"),
    [
        ([(0.912, 0.905, 0.919)], ["0.912 [0.905, 0.919]"]),
        ([(0.91234, 0.9105, 0.9142)], ["0.9123 [0.9105, 0.9142]"]),
        ([(3456.78, 3000.0, 3900.0)], ["3457 [3000, 3900]"]),
        ([(0.51234, NAN, NAN)], ["0.5123"]),
        ([(NAN, NAN, NAN), (0.0, NAN, NAN)], ["-", "0.000"]),
        ([(0.5, 0.5, 0.5)], ["0.5000 [0.5000, 0.5000]"]),
        ([(1.2e-9, NAN, NAN)], ["1.200e-09"]),
        ([(0.0375, 0.0375 - 1e-10, 0.0375 + 1e-10)], ["0.037500 [0.037500, 0.037500]"]),
        ([(-1e-5, -0.03, 0.03)], ["0.00 [-0.03, 0.03]"]),
        ([(-1e-5, NAN, NAN), (0.5, 0.4, 0.6)], ["0.00", "0.50 [0.40, 0.60]"]),
        ([(0.5, 0.4, 0.6), (0.7, NAN, NAN)], ["0.50 [0.40, 0.60]", "0.70"]),
        ([(0.9, 0.8, 1.0), (0.5, 0.498, 0.502), (0.7, 0.6, 0.8)][:2], None),
    ],
)
def test_digits_are_as_many_as_the_interval_justifies(
    rows: list[tuple[float, float, float]], texts: list[str] | None
) -> None:
    got = interval_texts(rows)
    assert got == texts if texts else len({len(text) for text in got}) == 1


@settings(deadline=None)
@given(
    st.lists(
        st.lists(st.text("ab두레 é", max_size=12), min_size=3, max_size=3), min_size=1, max_size=6
    )
)
def test_columns_line_up_whatever_the_letters(rows: list[list[str]]) -> None:
    from rich.cells import cell_len  # another account of how wide letters are

    lines = align_columns(["x", "y", "z"], [[*row[:2], "|"] for row in rows])
    assert len({cell_len(line) for line in lines}) == 1


def test_wide_tables_go_on_below() -> None:
    lines = align_columns(["name", *"abcdef"], [["one", *["0" * 30] * 6]])
    assert all(len(line) <= 100 for line in lines)
    assert [line.split()[0] for line in lines if line].count("one") == 3


def by_loops(
    lanes: Mapping[LaneKey, tuple[Status, Mapping[str, list[float]], Mapping[str, float]]],
) -> dict[str, tuple[float, int]]:
    """Slow twin: mean over seeds of the lowest val_loss, and lanes, per variant."""
    answer = {}
    for variant in dict.fromkeys(key.variant for key in lanes):
        per_seed: dict[int, list[float]] = {}
        for key, (status, curves, _) in lanes.items():
            values = [v for v in curves["val_loss"] if math.isfinite(v)]
            if key.variant == variant and status.kind in ("finished", "stopped") and values:
                per_seed.setdefault(key.seed, []).append(min(values))
        means = [sum(v) / len(v) for v in per_seed.values()]
        mean = sum(means) / len(means) if means else NAN
        answer[variant] = (mean, sum(map(len, per_seed.values())))
    return answer


VALUES = st.lists(
    st.floats(0, 10, width=32) | st.just(NAN) | st.just(math.inf), min_size=1, max_size=4
)
STATUSES = st.sampled_from([FINISHED, Status("stopped", 2), Status("diverged", 2, "NaN")])


@settings(max_examples=25, deadline=None)
@given(st.data(), st.integers(1, 3), st.integers(1, 3), st.integers(1, 3))
def test_summary_agrees_with_plain_loops(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, v: int, s: int, f: int
) -> None:
    lanes = {
        LaneKey(f"v{i}", j, k + 1): (
            data.draw(STATUSES),
            {"val_loss": data.draw(VALUES)},
            {},
        )
        for i in range(v)
        for j in range(s)
        for k in range(f)
    }
    result = write(tmp_path_factory.mktemp("runs") / "run", lanes)
    want = by_loops(lanes)
    for row in result.summary("val_loss").itertuples():
        assert (row.mean, row.lanes) == pytest.approx(want[row.variant], nan_ok=True)
        assert row.of == s * f
    cube = result.curves["val_loss"]
    for key, (_, curves, _) in lanes.items():
        got = cube.sel(variant=key.variant, seed=key.seed, fold=key.fold).values
        ran = len(curves["val_loss"])
        assert np.array_equal(got[:ran], curves["val_loss"], equal_nan=True)
        assert np.isnan(got[ran:]).all()


def test_reading_loads_neither_jax_nor_keras(small: Result) -> None:
    code = (
        "import sys, dure\n"
        f"print(dure.load({str(small.folder)!r}))\n"
        "bad = {'jax', 'keras', 'tensorflow', 'matplotlib'} & set(sys.modules)\n"
        "assert not bad, bad"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, encoding="utf-8"
    )
    assert run.returncode == 0, run.stderr
    assert "small" in run.stdout


def test_curves_are_the_numbers_in_the_file(small: Result) -> None:
    with sqlite3.connect(small.folder / "curves.sqlite") as file:
        rows = file.execute("SELECT lane, epoch, val_loss FROM curves").fetchall()
    file.close()
    for lane, epoch, value in rows:
        key = {d: small.lanes[d][lane] for d in ("variant", "seed", "fold")}
        got = float(small.curves["val_loss"].sel(**key, epoch=epoch))
        assert got == value or (value is None and math.isnan(got))
