"""The run folder: what goes in comes out, and whatever goes wrong is said or survived."""

from __future__ import annotations

import errno
import json
import os
import re
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
import safetensors.numpy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from dure._errors import RunFolderError
from dure._types import LaneKey, Status
from dure.store import (
    LaneRound,
    LaneSnapshot,
    Store,
    is_run_folder,
    latest,
    list_runs,
    new_run_folder,
    slug,
)

KEYS = [LaneKey("LSTM", seed, fold) for seed in (0, 7) for fold in (1, 2)]
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES = st.floats(width=32) | st.floats()
DTYPES = ["float32", "float16", "int32", "uint8", "uint32", "bool", "int64", "bfloat16"]
SOME = {"0000": np.arange(6, dtype=np.float32).reshape(2, 3)}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path / "run", {"name": "n"}, KEYS) as made:
        yield made


def record(store: Store, lane: int, first: int, losses: list[float]) -> None:
    store.record_round([LaneRound(lane, first, {"loss": np.array(losses)}, 1.0)])


def finish(store: Store, lane: int, **changes: object) -> None:
    given_ = {"best_epoch": 1, "weights": SOME, "best_weights": None, "test": {}} | changes
    store.finish_lane(lane, Status("finished"), **given_)  # type: ignore[arg-type]


def curves_of(store: Store) -> dict[tuple[int, int], dict[str, float]]:
    lanes, epochs, metrics = store.curves_table()
    keys = [(int(lane), int(epoch)) for lane, epoch in zip(lanes, epochs, strict=True)]
    return {key: {n: v[i] for n, v in metrics.items()} for i, key in enumerate(keys)}


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


def same_arrays(found: dict[str, np.ndarray], wanted: dict[str, np.ndarray]) -> None:
    assert set(found) == set(wanted)
    for name, array in wanted.items():
        assert found[name].dtype == array.dtype and found[name].shape == array.shape
        assert found[name].tobytes() == array.tobytes()


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
        "import sys\nfrom dure.store import Store\n"
        "with Store.open(sys.argv[1], read_only=True) as s:\n"
        "    print('ready', flush=True)\n    n = 0\n"
        "    while n < 160:\n        n = len(s.curves_table()[0]); assert n % 8 == 0, n\n"
    )
    command = [sys.executable, "-c", code, str(store.folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout and reader.stdout.readline() == "ready\n"
        for first in range(1, 41, 2):
            metrics = {"loss": np.array([1.0, 2.0])}
            store.record_round([LaneRound(lane, first, metrics, 1.0) for lane in range(4)])
        assert reader.wait(60) == 0


def test_no_jax_and_no_keras_come_with_the_store() -> None:
    code = "import sys, dure.store; sys.exit(bool({'jax', 'keras'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# Killed at any moment


@pytest.mark.parametrize("arguments", [["random", "40", "1"], ["every"]])
def test_a_killed_run_is_whole_and_goes_on_to_the_same_end(
    tmp_path: Path, arguments: list[str]
) -> None:
    script = Path(__file__).with_name("lives.py")
    command = [sys.executable, str(script), arguments[0], str(tmp_path), *arguments[1:]]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_half_made_folder_counts_as_empty(tmp_path: Path) -> None:
    Store.create(tmp_path, {}, KEYS).close()
    (tmp_path / "manifest.json").unlink()
    (tmp_path / "manifest.json.tmp").write_text("{")
    assert not is_run_folder(tmp_path)
    with Store.create(tmp_path, {}, KEYS[:2]) as store:
        assert store.lanes == KEYS[:2]


# Checkpoints


def generation(store: Store, epoch: int) -> Path:
    record(store, 0, epoch, [float(epoch)])
    store.checkpoint({0: LaneSnapshot({"w": np.full(9, epoch)}, epoch, {})})
    return max(p for p in (store.folder / "checkpoints").iterdir())


def test_the_newest_two_generations_are_kept(store: Store) -> None:
    for epoch in range(1, 6):
        generation(store, epoch)
    names = sorted(p.name for p in (store.folder / "checkpoints").iterdir())
    assert names == ["000004", "000005"]
    assert store.restore()[0].epoch == 5
    sums = subprocess.run(
        ["sha256sum", "-c", "SHA256SUMS"], cwd=store.folder / "checkpoints" / names[1], check=False
    )
    assert sums.returncode == 0


DAMAGES = {
    "missing": lambda old: None,
    "empty": lambda old: b"",
    "half": lambda old: old[: len(old) // 2],
    "last byte gone": lambda old: old[:-1],
    "first byte": lambda old: bytes([old[0] ^ 1]) + old[1:],
    "header": lambda old: old[:9] + bytes([old[9] ^ 1]) + old[10:],
    "middle": lambda old: old[: len(old) // 2] + b"\xff" + old[len(old) // 2 + 1 :],
    "last bytes": lambda old: old[:-2] + bytes(b ^ 1 for b in old[-2:]),
    "longer": lambda old: old + b"x",
}


@pytest.mark.parametrize("name", ["state.safetensors", "state.json", "SHA256SUMS"])
def test_a_damaged_generation_falls_back_to_the_one_before(tmp_path: Path, name: str) -> None:
    for number, (kind, damage) in enumerate(DAMAGES.items()):
        with Store.create(tmp_path / str(number), {}, KEYS) as store:
            older = generation(store, 1)
            newest = generation(store, 2)
            spoil(newest / name, damage)
            with pytest.warns(RuntimeWarning, match=r"000002 is damaged.*the one before"):
                assert store.restore()[0].epoch == 1, kind
            # The damaged one must not push out the sound one.
            generation(store, 2)
            assert older.exists() and not newest.exists()
            spoil(store.folder / "checkpoints" / "000003" / name, damage)
            with pytest.warns(RuntimeWarning, match="000003 is damaged"):
                assert store.restore()[0].epoch == 1
            spoil(older / name, damage)
            with pytest.warns(RuntimeWarning) as warned:
                assert store.restore() == {}
            endings = ["the one before is tried.", "lanes start again from their seed."]
            texts = [str(w.message) for w in warned]
            assert [t.endswith(e) for t, e in zip(texts, endings, strict=True)] == [True, True]


def spoil(path: Path, damage: object) -> None:
    new = damage(path.read_bytes())  # type: ignore[operator]
    if new is None:
        path.unlink()
    else:
        path.write_bytes(new)


def test_restore_leaves_out_lanes_done_since_and_lanes_beyond_their_curves(store: Store) -> None:
    for lane in (0, 1, 2):
        record(store, lane, 1, [1.0, 2.0])
    store.checkpoint({lane: LaneSnapshot(SOME, 2, {}) for lane in (0, 1, 2)})
    finish(store, 1)
    record(store, 2, 1, [1.0])  # as if a power cut had taken an epoch of the curves
    with pytest.warns(RuntimeWarning, match=r"lanes \[2\] start again"):
        assert set(store.restore()) == {0}


# What must be refused


def test_faults_of_a_round_are_named_all_at_once(store: Store) -> None:
    finish(store, 1)
    one = {"loss": np.array([1.0])}
    rounds = [
        LaneRound(9, 1, one, 1),
        LaneRound(-1, 1, one, 1),
        LaneRound(1, 1, one, 1),
        LaneRound(0, 2, one, 1),
        LaneRound(2, 1, {}, 1),
        LaneRound(3, 1, {"a": np.ones(2), "b": np.ones(3)}, 1),
        LaneRound(3, 1, {"a": np.ones(0)}, 1),
    ]
    with pytest.raises(RunFolderError) as caught:
        store.record_round(rounds)
    for part in (
        "no lane 9: it has 4 lanes", "no lane -1", "lane 1 is already done",
        "lane 0 has 0 epochs, so the next must begin at 1 to 1, not 2",
        "lane 2 needs at least one metric", "'a': (2,), 'b': (3,)", "lane 3 is there twice",
    ):  # fmt: skip
        assert part in str(caught.value)
    assert curves_of(store) == {}


def test_lanes_out_of_range_done_or_ahead_are_refused(store: Store) -> None:
    for call in (
        lambda: finish(store, 4),
        lambda: store.weights(-1),
        lambda: store.checkpoint({4: LaneSnapshot({}, 0, {})}),
    ):
        with pytest.raises(RunFolderError, match=r"no lane (4|-1): it has 4 lanes"):
            call()
    finish(store, 0)
    with pytest.raises(RunFolderError, match="marked once"):
        finish(store, 0)
    with pytest.raises(RunFolderError, match="record_round comes first"):
        store.checkpoint({1: LaneSnapshot({}, 1, {})})
    assert not list((store.folder / "checkpoints").iterdir())


def test_folders_that_are_not_run_folders(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="not a run folder: it does not exist"):
        Store.open(tmp_path / "none")
    with pytest.raises(RunFolderError, match=r"not a run folder: it has no manifest.json"):
        Store.open(tmp_path)
    assert not list(tmp_path.iterdir())
    (tmp_path / "thesis.txt").write_text("dear")
    with pytest.raises(RunFolderError, match=r"not empty \(it holds thesis.txt\)"):
        Store.create(tmp_path, {}, KEYS)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]
    for below in ("thesis.txt", "thesis.txt/run"):
        with pytest.raises(RunFolderError, match="is a file, not a folder"):
            Store.create(tmp_path / below, {}, KEYS)
        with pytest.raises(RunFolderError):
            Store.open(tmp_path / below)
    Store.create(tmp_path / "run", {}, KEYS).close()
    with pytest.raises(RunFolderError, match=r"already holds a run.*dure resume"):
        Store.create(tmp_path / "run", {}, KEYS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "damaged"), ("{", "damaged"), ("[]", "damaged"), ("{}", "damaged"),
        ("\x00\xff", "damaged"),
        ('{"format": "x"}', "damaged"), ('{"format": 2}', "install a newer Dure"),
    ],
)  # fmt: skip
def test_a_manifest_that_cannot_be_read(store: Store, text: str, message: str) -> None:
    (store.folder / "manifest.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(RunFolderError, match=message):
        Store.open(store.folder, read_only=True)


@pytest.mark.parametrize("read_only", [True, False])
def test_a_file_of_curves_that_is_damaged_or_missing(tmp_path: Path, read_only: bool) -> None:
    folder = tmp_path / "run"
    with Store.create(folder, {}, KEYS) as store:
        for lane in range(4):
            record(store, lane, 1, [float(i) for i in range(500)])
    path = folder / "curves.sqlite"
    whole = path.read_bytes()
    for damaged in (b"no database" * 99, whole[:5000], whole[:8192] + b"\xaa" * 8192):
        path.write_bytes(damaged)
        with (
            pytest.raises(RunFolderError, match="damaged"),
            Store.open(folder, read_only=read_only) as store,
        ):
            store.curves_table()
    path.unlink()
    with pytest.raises(RunFolderError, match=r"curves.sqlite is missing"):
        Store.open(folder, read_only=read_only)
    assert not path.exists()


def test_damaged_weights_are_refused_and_the_others_read(store: Store) -> None:
    finish(store, 0)
    finish(store, 1)
    path = store.folder / "lanes" / "00000.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    with pytest.raises(RunFolderError, match=r"lane 0.*does not match its checksum"):
        store.weights(0)
    path.unlink()
    with pytest.raises(RunFolderError, match="No such file"):
        store.weights(0)
    same_arrays(store.weights(1), SOME)


def test_two_writers_are_refused_by_name(store: Store) -> None:
    with pytest.raises(RunFolderError, match="already open for writing in this process"):
        Store.open(store.folder)
    code = "import sys; from dure.store import Store; Store.open(sys.argv[1])"
    command = [sys.executable, "-c", code, str(store.folder)]
    other = subprocess.run(command, capture_output=True, text=True, check=False)
    assert f"is being written by process {os.getpid()} on " in other.stderr
    store.close()
    assert subprocess.run(command, check=False).returncode == 0


# Disks that are full or read-only


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EIO])
@pytest.mark.parametrize("name", ["fsync", "rename", "replace", "mkdir"])
def test_any_failing_operation_leaves_the_generation_before(
    store: Store, monkeypatch: pytest.MonkeyPatch, name: str, code: int
) -> None:
    generation(store, 1)
    real, allowed = getattr(os, name), [0]

    def failing(*arguments: object, **options: object) -> object:
        allowed[0] -= 1
        if allowed[0] < 0:
            raise OSError(code, os.strerror(code))
        return real(*arguments, **options)

    monkeypatch.setattr(os, name, failing)
    expected = {errno.ENOSPC: "full.*dure resume", errno.EROFS: "permissions", errno.EIO: "still"}
    for write in (
        lambda: store.checkpoint({0: LaneSnapshot(SOME, 1, {})}),
        lambda: finish(store, 1),
    ):
        for count in range(20):
            allowed[0] = count
            try:
                write()
            except RunFolderError as error:
                assert os.strerror(code) in str(error)
                assert re.search(expected[code], str(error))
                assert store.restore()[0].epoch == 1 and not store.statuses()[1].done
                assert not list(store.folder.rglob("*tmp"))
            else:
                break
        else:
            pytest.fail("it never succeeded")
    same_arrays(store.weights(1), SOME)


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_quota_stops_every_kind_of_writing_and_spoils_nothing(store: Store) -> None:
    generation(store, 1)
    large = {"w": np.zeros(200_000)}
    with file_size_limit(100_000):
        with pytest.raises(RunFolderError, match="quota, is full"):
            finish(store, 1, weights=large)
        with pytest.raises(RunFolderError, match="quota, is full"):
            store.checkpoint({0: LaneSnapshot(large, 1, {})})
        with pytest.raises(RunFolderError, match="quota, is full"):
            record(store, 2, 1, [1.0] * 20_000)
    assert store.restore()[0].epoch == 1
    assert list(curves_of(store)) == [(0, 1)]
    record(store, 2, 1, [1.0] * 20_000)
    finish(store, 1, weights=large)


@contextmanager
def mounted(where: Path, *arguments: str, again: tuple[str, ...] = ()) -> Iterator[None]:
    def mount(*options: str) -> bool:
        command = ["mount", *options, str(where)]
        return bool(shutil.which("mount")) and subprocess.run(command, check=False).returncode == 0

    if not mount(*arguments):
        pytest.skip("mounting is not allowed here")
    try:
        if again and not mount(*again):
            pytest.skip("remounting is not allowed here")
        yield
    finally:
        subprocess.run(["umount", str(where)], check=True)


def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    with mounted(tmp_path, "-t", "tmpfs", "-o", "size=1m", "none"):
        with Store.create(tmp_path / "run", {}, KEYS) as store:
            generation(store, 1)
            finish(store, 1)
            filler = tmp_path / "filler"
            with pytest.raises(OSError), open(filler, "wb", buffering=0) as file:
                while file.write(b"x" * 512):
                    pass
            for write in (
                lambda: finish(store, 2, weights={"w": np.zeros(9999)}),
                lambda: store.checkpoint({0: LaneSnapshot(SOME, 1, {})}),
                lambda: record(store, 2, 1, [1.0] * 9999),
                lambda: Store.create(tmp_path / "other", {}, KEYS),
            ):
                with pytest.raises(RunFolderError, match="is full"):
                    write()
            assert store.restore()[0].epoch == 1
            same_arrays(store.weights(1), SOME)
            filler.unlink()
            record(store, 2, 1, [1.0] * 9)
        with Store.open(tmp_path / "run") as store:
            assert len(curves_of(store)) == 10
        Store.create(tmp_path / "other", {}, KEYS).close()


def test_a_read_only_disk_can_be_read_and_not_written(tmp_path: Path) -> None:
    with Store.create(tmp_path / "run", {}, KEYS) as store:
        generation(store, 1)
    with mounted(tmp_path, "--bind", str(tmp_path), again=("-o", "remount,ro,bind")):
        with Store.open(tmp_path / "run", read_only=True) as store:
            assert len(curves_of(store)) == 1 and store.restore()[0].epoch == 1
        for write in (
            lambda: Store.open(tmp_path / "run"),
            lambda: Store.create(tmp_path / "new", {}, KEYS),
            lambda: new_run_folder(tmp_path / "runs", "x"),
        ):
            with pytest.raises(RunFolderError, match="read-only disk"):
                write()


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
        0, Status("diverged", 2, "loss became NaN"), best_epoch=2, weights=SOME,
        best_weights=None, test={"acc": 0.5},
    )  # fmt: skip
    db = sqlite3.connect(store.folder / "curves.sqlite")
    assert db.execute("SELECT epoch, val_loss FROM curves").fetchall() == [(1, None), (2, 2.0)]
    row = db.execute("SELECT variant, status, epoch, reason, best_epoch FROM lanes").fetchone()
    assert row == ("LSTM", "diverged", 2, "loss became NaN", 2)
    assert db.execute("SELECT * FROM test").fetchall() == [(0, "acc", 0.5)]
    db.close()
    manifest = json.loads((store.folder / "manifest.json").read_text())
    assert manifest == {"format": 1, "name": "n"}
