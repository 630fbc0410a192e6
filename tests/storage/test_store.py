"""The run folder: what goes in comes out."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
import safetensors.numpy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from dure.core.types import Status
from dure.errors import RunFolderError
from dure.storage.checkpoints import LaneSnapshot
from dure.storage.curves_db import LaneRound
from dure.storage.run_folder import new_run_folder, slug
from dure.storage.run_list import latest, list_runs
from dure.storage.store import Store
from helpers.stores import KEYS, SOME, curves_of, finish, record, same_arrays


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path / "run", {"name": "n"}, KEYS) as made:
        yield made


NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES = st.floats(width=32) | st.floats()
DTYPES = ["float32", "float16", "int32", "uint8", "uint32", "bool", "int64", "bfloat16"]


# What goes in comes out


@settings(deadline=None, max_examples=30)
@given(
    st.dictionaries(NAMES, st.lists(VALUES, min_size=3, max_size=3), min_size=1, max_size=5),
    st.dictionaries(NAMES, VALUES, max_size=3),
)
def test_curves_and_test_metrics_come_back_exactly(
    curves: dict[str, list[float]], test: dict[str, float]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        with Store.create(folder, {}, KEYS) as store:
            arrays = {name: np.array(values) for name, values in curves.items()}
            store.record_round([LaneRound(2, 1, arrays, 1.5)])
            finish(store, 2, test=test)
        with Store.open(folder, read_only=True) as store:
            lanes, epochs, metrics = store.curves_table()
            assert lanes.tolist() == [2, 2, 2] and epochs.tolist() == [1, 2, 3]
            assert list(metrics) == list(curves)
            for name, values in curves.items():
                np.testing.assert_array_equal(metrics[name], values)
            np.testing.assert_array_equal(list(store.tests().get(2, {}).values()), [*test.values()])
            assert list(store.tests().get(2, {})) == list(test)


def test_metric_names_that_sqlite_would_confuse_stay_apart(store: Store) -> None:
    names = ["acc", "ACC", "lane", "epoch", 'a"b', "val.loss", "손실", "", "\0", "metric"]
    store.record_round([LaneRound(0, 1, {n: np.array([i]) for i, n in enumerate(names)}, 0)])
    assert curves_of(store) == {(0, 1): {name: float(i) for i, name in enumerate(names)}}


def test_a_metric_that_appears_later_is_nan_before(store: Store) -> None:
    record(store, 1, 1, [0.5])
    store.record_round([LaneRound(1, 2, {"val": np.array([2.0]), "loss": np.array([1.0])}, 1)])
    table = curves_of(store)
    assert list(table[1, 1]) == ["loss", "val"]
    assert table[1, 1]["loss"] == 0.5 and np.isnan(table[1, 1]["val"])
    assert table[1, 2] == {"loss": 1.0, "val": 2.0}


def test_going_back_replaces_what_came_after(store: Store) -> None:
    record(store, 0, 1, [1, 2, 3, 4])
    record(store, 0, 3, [9])
    assert [row["loss"] for row in curves_of(store).values()] == [1, 2, 9]
    row = store.lane_rows()[0]
    assert (row.epochs, row.seconds, row.status) == (3, 2.0, Status("running"))


ARRAYS = st.sampled_from(DTYPES).flatmap(
    lambda name: hnp.arrays(
        np.float32, hnp.array_shapes(min_dims=0, min_side=0), elements=st.floats(0, 100, width=16)
    ).map(lambda a: a.astype(name))
)


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(NAMES, ARRAYS, max_size=5), st.booleans())
def test_weights_and_snapshots_come_back_exactly(
    arrays: dict[str, np.ndarray], turned: bool
) -> None:
    if turned:  # memory order must not matter
        arrays = {name: np.asarray(a, order="F") for name, a in arrays.items()}
    extra = {"best": float("inf"), "wait": 3, "name": "손실", "list": [1.5, None]}
    with tempfile.TemporaryDirectory() as folder:
        with Store.create(folder, {}, KEYS) as store:
            record(store, 0, 1, [1.0])
            store.checkpoint({0: LaneSnapshot(arrays, 1, extra), 3: LaneSnapshot({}, 0, {})})
            if arrays:
                finish(store, 1, weights=arrays, best_weights=SOME)
        with Store.open(folder) as store:
            restored = store.restore()
            assert restored[0].epoch == 1 and restored[0].extra == extra
            assert restored[3] == LaneSnapshot({}, 0, {})
            same_arrays(restored[0].arrays, arrays)
            if arrays:
                same_arrays(store.weights(1, "final"), arrays)
                same_arrays(store.weights(1), SOME)


def test_weights_come_in_the_order_of_their_names(store: Store) -> None:
    arrays = {f"{place:04d}": np.full(1, place) for place in reversed(range(40))}
    finish(store, 2, weights=arrays)
    assert list(store.weights(2)) == sorted(arrays)


def test_weights_files_can_be_read_by_the_safetensors_library(store: Store) -> None:
    arrays = {
        "t": np.arange(6.0).reshape(2, 3).T,
        "b": np.array([True, False, True]),
        "s": np.float32(2.5) + np.zeros((), np.float32),
        "big": np.arange(3, dtype=">i4"),
        "strided": np.arange(10)[::3],
    }
    finish(store, 3, weights=arrays)
    found = safetensors.numpy.load_file(store.folder / "lanes" / "00003.safetensors")
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[f"final/{name}"], array)


def test_bfloat16_and_types_that_cannot_be_stored(store: Store) -> None:
    finish(store, 0, weights={"a": np.ones(3, ml_dtypes.bfloat16)})
    assert store.weights(0)["a"].dtype == ml_dtypes.bfloat16
    with pytest.raises(RunFolderError, match="complex128"):
        finish(store, 1, weights={"a": np.ones(3, complex)})
    assert not store.statuses()[1].done


def test_statuses_lanes_and_manifest_come_back(tmp_path: Path) -> None:
    manifest = {"format": 1, "name": "두레", "study": {"epochs": 3}}
    statuses = {
        0: Status("finished"),
        1: Status("stopped", 7),
        2: Status("diverged", 3, "loss became NaN"),
        3: Status("failed", None, "out of memory"),
    }
    with Store.create(tmp_path / "a" / "b", manifest, KEYS) as store:
        assert set(store.statuses().values()) == {Status("waiting")}
        for lane, status in statuses.items():
            weights = {} if status.kind == "failed" else SOME
            store.finish_lane(
                np.int64(lane), status, best_epoch=None, weights=weights, best_weights=None, test={}
            )
    with Store.open(tmp_path / "a" / "b") as store:
        assert (store.statuses(), store.manifest, store.lanes) == (statuses, manifest, KEYS)
        same_arrays(store.weights(0, "best"), SOME)
        with pytest.raises(RunFolderError, match=r"lane 3 \(LSTM, seed 7, fold 2\).*failed: out"):
            store.weights(3)


# Reading while it is written


def test_a_reader_sees_what_is_committed_while_another_writes(store: Store) -> None:
    record(store, 0, 1, [1.0])
    with Store.open(store.folder, read_only=True) as reader:
        assert len(curves_of(reader)) == 1
        record(store, 0, 2, [2.0, 3.0])
        finish(store, 0)
        assert len(curves_of(reader)) == 3
        same_arrays(reader.weights(0), SOME)
        for write in (lambda: record(reader, 0, 1, [1.0]), lambda: reader.checkpoint({})):
            with pytest.raises(RunFolderError, match="read-only"):
                write()


def test_a_reader_in_another_process_never_sees_half_a_round(store: Store) -> None:
    code = (
        "import sys\nfrom dure.storage.store import Store\n"
        "with Store.open(sys.argv[1], read_only=True) as s:\n"
        "    print('ready', flush=True)\n    n = 0\n"
        "    while n < 160:\n        n = len(s.curves_table()[0]); assert n % 8 == 0, n\n"
    )
    command = [sys.executable, "-c", code, str(store.folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8") as reader:
        try:
            assert reader.stdout and reader.stdout.readline() == "ready\n"
            for first in range(1, 41, 2):
                metrics = {"loss": np.array([1.0, 2.0])}
                store.record_round([LaneRound(lane, first, metrics, 1.0) for lane in range(4)])
            assert reader.wait(60) == 0
        finally:
            reader.kill()


def test_no_jax_and_no_keras_come_with_the_store() -> None:
    code = "import sys, dure.storage.store; sys.exit(bool({'jax', 'keras'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# Many runs


def test_runs_are_listed_oldest_first_with_those_that_are_broken(tmp_path: Path) -> None:
    assert list_runs(tmp_path / "none") == []
    with pytest.raises(RunFolderError, match="no runs in"):
        latest(tmp_path)
    for day, name in ((2, "b"), (1, "a"), (3, "c")):
        manifest = {"name": name, "created": f"2026-01-0{day}T00:00:00+00:00"}
        with Store.create(tmp_path / name, manifest, KEYS) as store:
            finish(store, 0)
    (tmp_path / "not a run").mkdir()
    (tmp_path / "a" / "curves.sqlite").write_bytes(b"x" * 5000)
    first, second, third = list_runs(tmp_path)
    assert first[1:5] == ("a", "2026-01-01T00:00:00+00:00", 0, 0)
    assert first.problem and "damaged" in first.problem
    assert (second.name, second.done, second.lanes, second.problem) == ("b", 1, 4, None)
    assert latest(tmp_path) == third.folder == tmp_path / "c"


def test_new_run_folders_are_distinct_and_can_be_created_in(tmp_path: Path) -> None:
    folders = {new_run_folder(tmp_path / "runs", "My study: 두레/x") for _ in range(20)}
    assert len(folders) == 20
    for folder in folders:
        assert folder.parent == tmp_path / "runs" and folder.name.startswith("my-study-두레-x-")
    Store.create(folders.pop(), {}, KEYS).close()


@given(st.text())
def test_a_slug_is_a_safe_file_name(text: str) -> None:
    name = slug(text)
    assert name and len(name.encode()) <= 240 and not set(name) & set('/\\:*?"<>|. \0_')


def test_the_tables_can_be_read_by_people(store: Store) -> None:
    store.record_round([LaneRound(0, 1, {"val_loss": np.array([np.nan, 2.0])}, 1.0)])
    store.finish_lane(
        0,
        Status("diverged", 2, "loss became NaN"),
        best_epoch=2,
        weights=SOME,
        best_weights=None,
        test={"acc": 0.5},
    )
    db = sqlite3.connect(store.folder / "curves.sqlite")
    assert db.execute("SELECT epoch, val_loss FROM curves").fetchall() == [(1, None), (2, 2.0)]
    row = db.execute("SELECT variant, status, epoch, reason, best_epoch FROM lanes").fetchone()
    assert row == ("LSTM", "diverged", 2, "loss became NaN", 2)
    assert db.execute("SELECT * FROM test").fetchall() == [(0, "acc", 0.5)]
    db.close()
    manifest = json.loads((store.folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest == {"format": 1, "name": "n"}
