"""The run folder: whatever goes wrong is survived, or said with a remedy."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from dure.errors import RunFolderError
from dure.storage.checkpoints import LaneSnapshot
from dure.storage.curves_db import LaneRound
from dure.storage.run_folder import is_run_folder, new_run_folder
from dure.storage.store import Store
from helpers import store_lives
from helpers.stores import KEYS, SOME, curves_of, finish, record, same_arrays


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path / "run", {"name": "n"}, KEYS) as made:
        yield made


# Killed at any moment


@pytest.mark.parametrize("arguments", [["random", "40", "1"], ["every"]])
def test_a_killed_run_is_whole_and_goes_on_to_the_same_end(
    tmp_path: Path, arguments: list[str]
) -> None:
    script = Path(store_lives.__file__)
    command = [sys.executable, str(script), arguments[0], str(tmp_path), *arguments[1:]]
    done = subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")
    assert done.returncode == 0, done.stderr


def test_a_half_made_folder_counts_as_empty(tmp_path: Path) -> None:
    Store.create(tmp_path, {}, KEYS).close()
    (tmp_path / "manifest.json").unlink()
    (tmp_path / "manifest.json.tmp").write_text("{", encoding="utf-8")
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
    newest = store.folder / "checkpoints" / names[1]
    for line in (newest / "SHA256SUMS").read_bytes().splitlines():
        digest, name = line.decode().split("  ")
        assert hashlib.sha256((newest / name).read_bytes()).hexdigest() == digest


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
        "no lane 9: it has 4 lanes",
        "no lane -1",
        "lane 1 is already done",
        "lane 0 has 0 epochs, so the next must begin at 1 to 1, not 2",
        "lane 2 needs at least one metric",
        "'a': (2,), 'b': (3,)",
        "lane 3 is there twice",
    ):
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
    (tmp_path / "thesis.txt").write_text("dear", encoding="utf-8")
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
        ("", "damaged"),
        ("{", "damaged"),
        ("[]", "damaged"),
        ("{}", "damaged"),
        ("\x00\xff", "damaged"),
        ('{"format": "x"}', "damaged"),
        ('{"format": 2}', "install a newer Dure"),
    ],
)
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


def test_weights_a_power_cut_took_send_their_lane_back_to_training(tmp_path: Path) -> None:
    with Store.create(tmp_path, {}, KEYS) as store:
        for lane in range(4):
            record(store, lane, 1, [1.0])
        finish(store, 0)
        store.checkpoint({lane: LaneSnapshot(SOME, 1, {}) for lane in (1, 2, 3)})
        finish(store, 1, test={"acc": 1.0})
        finish(store, 2)
        store._pending = []  # so that closing flushes nothing
    for lane in (0, 1):
        (tmp_path / "lanes" / f"0000{lane}.safetensors").write_bytes(b"")
    with pytest.warns(RuntimeWarning, match="lane 1 .* is trained again") as warned:
        store = Store.open(tmp_path)
    assert len(warned) == 1  # what was flushed before is not doubted
    assert [s.kind for s in store.statuses().values()] == [
        "finished",
        "running",
        "finished",
        "running",
    ]
    assert set(store.restore()) == {1, 3} and store.tests() == {}
    finish(store, 1)
    store.close()
    with Store.open(tmp_path) as store:
        same_arrays(store.weights(1), SOME)


def test_two_writers_are_refused_by_name(store: Store) -> None:
    with pytest.raises(RunFolderError, match="already open for writing in this process"):
        Store.open(store.folder)
    code = "import sys; from dure.storage.store import Store; Store.open(sys.argv[1])"
    command = [sys.executable, "-c", code, str(store.folder)]
    other = subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")
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
    resource = pytest.importorskip("resource", reason="a quota is set by POSIX' limits")
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
