"""Disks as Windows has them: files that another program holds, folders that nobody can open."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dure.errors import RunFolderError
from dure.storage import disk
from dure.storage.checkpoints import LaneSnapshot
from dure.storage.files import explained, write_atomically
from dure.storage.run_folder import read_manifest
from dure.storage.store import Store
from helpers.stores import KEYS, SOME, finish, record, same_arrays


class HeldError(PermissionError):
    """As Windows raises it for a file that another program has open."""

    def __init__(self, winerror: int, path: object) -> None:
        super().__init__(errno.EACCES, "The process cannot access the file", str(path))
        self.winerror = winerror


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited, without waiting."""
    waited: list[float] = []
    monkeypatch.setattr(disk.time, "sleep", waited.append)
    return waited


def hold(
    monkeypatch: pytest.MonkeyPatch, where: Any, name: str, times: int, winerror: int = 32
) -> list[int]:
    """Let a function refuse so many calls in a row, after each that went through; calls left."""
    real, left = getattr(where, name), [times]

    def held(*arguments: Any, **options: Any) -> Any:
        if left[0] > 0:
            left[0] -= 1
            raise HeldError(winerror, arguments[0])
        left[0] = times
        return real(*arguments, **options)

    monkeypatch.setattr(where, name, held)
    return left


def with_a_file(folder: Path) -> Path:
    folder.mkdir()
    (folder / "a").write_bytes(b"old")
    return folder


ACTIONS: dict[str, tuple[str, Callable[[Path], Any]]] = {
    "replace": ("replace", lambda f: write_atomically(f / "a", iter([b"new"]), flush=False)),
    "rename": ("rename", lambda f: disk.rename_folder(with_a_file(f / "b"), f / "c")),
    "remove": ("unlink", lambda f: disk.remove_file(f / "a")),
    "remove folder": ("rmdir", lambda f: disk.remove_folder(with_a_file(f / "b"))),
    "flush": ("open", lambda f: disk.flush_file(f / "a")),
}


@pytest.mark.parametrize("winerror", [5, 32, 33])
@pytest.mark.parametrize("action", ACTIONS)
def test_what_is_held_for_a_moment_is_done_after_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    pauses: list[float],
    action: str,
    winerror: int,
) -> None:
    folder = with_a_file(tmp_path / "run")
    name, act = ACTIONS[action]
    hold(monkeypatch, os, name, 3, winerror)
    act(folder)
    assert len(pauses) == 3


@pytest.mark.parametrize("action", ACTIONS)
def test_what_stays_held_is_given_up_after_a_second_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pauses: list[float], action: str
) -> None:
    folder = with_a_file(tmp_path / "run")
    name, act = ACTIONS[action]
    hold(monkeypatch, os, name, 10_000)
    with (
        pytest.raises(RunFolderError, match=r"Another program holds the file open.*close it"),
        explained("do it", folder),
    ):
        act(folder)
    assert 0.9 < sum(pauses) < 2.2  # once more for what was to be cleaned up
    assert (folder / "a").read_bytes() == b"old"


def test_what_is_forbidden_is_said_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pauses: list[float]
) -> None:
    def forbidden(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(tmp_path / "a"))

    monkeypatch.setattr(os, "replace", forbidden)
    with (
        pytest.raises(RunFolderError, match="cannot be written by this user"),
        explained("do it", tmp_path),
    ):
        write_atomically(tmp_path / "a", iter([b"new"]))
    assert not pauses and not list(tmp_path.iterdir())


def test_a_reader_waits_for_a_manifest_that_is_just_being_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pauses: list[float]
) -> None:
    Store.create(tmp_path, {"name": "n"}, KEYS).close()
    hold(monkeypatch, Path, "read_bytes", 2, 5)
    assert read_manifest(tmp_path)["name"] == "n"
    assert len(pauses) == 2


def test_a_whole_run_beside_a_virus_scanner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pauses: list[float]
) -> None:
    for name in ("replace", "rename", "unlink", "rmdir"):
        hold(monkeypatch, os, name, 2)
    with Store.create(tmp_path / "run", {"name": "n"}, KEYS) as store:
        for epoch in (1, 2, 3):
            record(store, 0, epoch, [float(epoch)])
            store.checkpoint({0: LaneSnapshot(SOME, epoch, {})})
        finish(store, 0)
    with Store.open(tmp_path / "run") as store:
        same_arrays(store.weights(0), SOME)
    names = sorted(path.name for path in (tmp_path / "run" / "checkpoints").iterdir())
    assert names == ["000002", "000003"] and pauses


def test_folders_are_flushed_where_they_can_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not hasattr(os, "O_DIRECTORY"):
        pytest.skip("no folder can be opened here")
    flushed, real = [], os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: flushed.append(os.fstat(handle).st_ino))
    write_atomically(tmp_path / "a", iter([b"x"]))
    assert flushed == [(tmp_path / "a").stat().st_ino, tmp_path.stat().st_ino]

    # A share of a network that has no such call: what else fails is an error as ever.
    def refuse(code: int) -> Callable[[int], None]:
        def fsync(handle: int) -> None:
            if os.path.isdir(f"/proc/self/fd/{handle}") or os.fstat(handle).st_mode & 0o040000:
                raise OSError(code, os.strerror(code))
            real(handle)

        return fsync

    monkeypatch.setattr(os, "fsync", refuse(errno.EINVAL))
    write_atomically(tmp_path / "a", iter([b"y"]))
    monkeypatch.setattr(os, "fsync", refuse(errno.EIO))
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        write_atomically(tmp_path / "a", iter([b"z"]))


@pytest.mark.parametrize(
    ("code", "winerror", "name", "told"),
    [
        (errno.EINVAL, None, "a:b", "This disk refuses the name"),
        (errno.EINVAL, 123, "a?b", "This disk refuses the name"),
        (errno.ENAMETOOLONG, None, "a" * 300, "too long for this disk"),
        (errno.ENOENT, 206, "a" * 300, "too long for this disk"),
        (errno.ENOENT, 3, "C:/" + "deep/" * 60, "too long for this disk"),
        (errno.ENOENT, 3, "C:/short", "Mend what the system complains about"),
        (errno.ENOENT, None, "/home/" + "deep/" * 60, "Mend what the system complains about"),
        (errno.ENOSPC, 112, "a", "is full"),
    ],
)
def test_what_disks_refuse_is_said_with_a_remedy(
    tmp_path: Path, code: int, winerror: int | None, name: str, told: str
) -> None:
    error = OSError(code, "no", name)
    if winerror is not None:
        error.winerror = winerror  # type: ignore[attr-defined]
    with pytest.raises(RunFolderError, match=told), explained("do it", tmp_path):
        raise error
