"""Files that are either whole or not there: atomic writes, tensors with a checksum, one writer.

Everything here follows one order: write under another name, flush to the disk, rename, flush
the folder (`disk.py`, for each system does that in its own way). Whoever is killed in between
leaves the old file, or none, but never half of one.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import socket
import sqlite3
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, deserialize

from dure.core.formatting import format_bytes
from dure.errors import RunFolderError
from dure.storage.disk import (
    flush_file,
    flush_folder,
    is_held,
    read_file,
    remove_file,
    replace_file,
    retry_while_held,
)

MANIFEST, CURVES, LANES, CHECKPOINTS = "manifest.json", "curves.sqlite", "lanes", "checkpoints"
"""Names in a run folder."""

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FORBIDDEN = {errno.EROFS, errno.EACCES, errno.EPERM}
_NOT_A_FOLDER = {errno.ENOTDIR, errno.EEXIST}
_TOO_LONG = 206  # Windows' code; most often it says "not found" instead
_MOST_SIGNS = (
    247  # of a path on Windows, as it is set up; a folder's has room for a short file name
)
_INVALID_NAME = 123  # Windows' code
_SQLITE_FULL = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE}
_SQLITE_FORBIDDEN = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}
_SQLITE_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}

# The names the safetensors format has for NumPy's types, and back.
_NAMES = {
    "float64": "F64",
    "float32": "F32",
    "float16": "F16",
    "bfloat16": "BF16",
    "float8_e4m3fn": "F8_E4M3",
    "float8_e5m2": "F8_E5M2",
    "int64": "I64",
    "int32": "I32",
    "int16": "I16",
    "int8": "I8",
    "uint64": "U64",
    "uint32": "U32",
    "uint16": "U16",
    "uint8": "U8",
    "bool": "BOOL",
    "complex64": "C64",
}
_TYPES = {name: dtype for dtype, name in _NAMES.items()}


@contextmanager
def explained(doing: str, folder: Path) -> Iterator[None]:
    """Turn errors of the disk and of SQLite into a RunFolderError that says what to do.

    Parameters
    ----------
    doing
        What was being done, to follow "could not", such as "write a checkpoint".
    folder
        The run folder it was done in.
    """
    try:
        yield
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        reason = f"{error.strerror or error}{where}"
        remedy = _remedy_for_os(error, folder)
    except sqlite3.Error as error:
        cause, reason = error, f"SQLite says: {error}"
        remedy = _remedy_for_sqlite(getattr(error, "sqlite_errorcode", 0), folder)
        raise RunFolderError(f"could not {doing} in {folder}: {reason}. {remedy}") from cause
    else:
        return
    raise RunFolderError(f"could not {doing} in {folder}: {reason}. {remedy}")


def _remedy_for_os(error: OSError, folder: Path) -> str:
    code, windows = error.errno, getattr(error, "winerror", None)
    if is_held(error):
        return (
            "Another program holds the file open (a virus scanner, an indexer, an editor), or this "
            "user may not write there: close it, then go on; what was complete is still there."
        )
    if windows == _INVALID_NAME or (code == errno.EINVAL and error.filename):
        return (
            "This disk refuses the name: choose one of letters, digits, dashes and dots, without "
            '\\ / : * ? " < > | and with no dot or blank at its end.'
        )
    too_long = windows is not None and len(str(error.filename or "")) > _MOST_SIGNS
    if code == errno.ENAMETOOLONG or windows == _TOO_LONG or (code == errno.ENOENT and too_long):
        return "The path is too long for this disk: choose a folder with a shorter path."
    if code in _FULL:
        return _full(folder)
    if code in _FORBIDDEN:
        return _forbidden()
    if code in _NOT_A_FOLDER:
        return "A part of this path is a file, not a folder: choose another run folder."
    return "Mend what the system complains about; what was complete before is still there."


def _remedy_for_sqlite(code: int, folder: Path) -> str:
    # The low byte is SQLite's primary code; extended codes add to it above.
    if code in _SQLITE_FULL or code & 0xFF in _SQLITE_FULL:
        return _full(folder)
    if code & 0xFF in _SQLITE_FORBIDDEN:
        return _forbidden()
    if code & 0xFF in _SQLITE_DAMAGED:
        return (
            "The file of curves is damaged: put a copy back, save what can be saved with "
            "`sqlite3 curves.sqlite .recover`, or start again in another run folder."
        )
    if code & 0xFF == sqlite3.SQLITE_BUSY:
        return "Another program keeps the file of curves locked: close it, then go on."
    return "What was complete before is still there."


def _full(folder: Path) -> str:
    try:
        free = f"{format_bytes(shutil.disk_usage(folder).free)} are free"
    except OSError:
        free = "how much is free is unknown"
    return (
        f"The disk, or the quota, is full ({free}). Nothing that was complete is lost: make room, "
        f"then go on with `dure resume {folder}`."
    )


def _forbidden() -> str:
    return (
        "The folder cannot be written by this user, or is on a read-only disk: change its "
        "permissions, or choose another run folder."
    )


def flush_files(paths: Sequence[Path]) -> None:
    """Make the contents of files survive a power cut; many at once, as the disk prefers."""
    with ThreadPoolExecutor(8) as pool:
        for _ in pool.map(flush_file, paths):
            pass


def write_flushed(path: Path, pieces: Iterator[bytes | memoryview], *, flush: bool = True) -> str:
    """Write a file piece by piece, flush it to the disk, and return its SHA-256 in hex."""
    digest = hashlib.sha256()
    with retry_while_held(lambda: open(path, "wb")) as file:
        for piece in pieces:
            digest.update(piece)
            file.write(piece)
        if flush:
            file.flush()
            os.fsync(file.fileno())
    return digest.hexdigest()


def write_atomically(
    path: Path, pieces: Iterator[bytes | memoryview], *, flush: bool = True
) -> str:
    """`write_flushed` under another name, then rename: `path` is old or new, never half.

    With `flush=False` that holds for killed processes, but not for power cuts.
    """
    temporary = path.with_name(path.name + ".tmp")
    try:
        digest = write_flushed(temporary, pieces, flush=flush)
        replace_file(temporary, path)
    except BaseException:
        # A full disk should not stay full of what could not be finished.
        with suppress(OSError):  # what went wrong before is what has to be told
            remove_file(temporary)
        raise
    if flush:
        flush_folder(path.parent)
    return digest


def tensor_pieces(arrays: Mapping[str, np.ndarray]) -> Iterator[bytes | memoryview]:
    """The bytes of a safetensors file of these arrays (any shape and memory order), in pieces.

    Written here and not by the library because the library copies no strides (a transposed
    array comes back scrambled) and reports a full disk as an error of its own kind.
    Format: https://github.com/huggingface/safetensors#format
    """
    plain = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    # Widest items first, so that every array starts at a multiple of its item's size.
    order = sorted(plain, key=lambda name: (-plain[name].dtype.itemsize, name))
    header: dict[str, dict[str, object]] = {}
    start = 0
    for name in order:
        array = plain[name]
        if array.dtype.name not in _NAMES:
            raise RunFolderError(
                f"the array {name!r} has type {array.dtype}, which a run folder cannot hold. "
                f"It can hold {', '.join(_NAMES)}."
            )
        end = start + array.nbytes
        kind = _NAMES[array.dtype.name]
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [start, end]}
        start = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    yield len(text).to_bytes(8, "little")
    yield text
    for name in order:
        array = plain[name]
        if array.dtype.byteorder == ">":
            array = array.astype(array.dtype.newbyteorder("<"))
        if array.nbytes:
            yield array.reshape(-1).view(np.uint8).data


def read_tensors(path: Path, sha256: str) -> dict[str, np.ndarray]:
    """The arrays of a safetensors file, after checking its SHA-256; ValueError says what is wrong.

    Raises
    ------
    OSError
        The file cannot be read.
    ValueError
        It is not the file that was written.
    """
    data = read_file(path)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ValueError(f"{path.name} does not match its checksum")
    try:
        found = deserialize(data)
    except SafetensorError as error:  # only if what was written was wrong
        raise ValueError(f"{path.name} is not a safetensors file: {error}") from error
    arrays: dict[str, np.ndarray] = {}
    for name, entry in found:
        dtype = _TYPES[entry["dtype"]]
        if dtype.startswith(("bfloat", "float8")):
            import ml_dtypes  # noqa: F401  (teaches NumPy these names; comes with JAX)
        arrays[name] = np.frombuffer(entry["data"], np.dtype(dtype)).reshape(entry["shape"])
    return arrays


_HOLDER = 199  # characters in the lock's file


class WriterLock:
    """At most one writer for a run folder; the system frees it when its holder dies.

    Raises
    ------
    RunFolderError
        Another process, or another Store of this one, writes to the folder.
    """

    def __init__(self, folder: Path) -> None:
        from filelock import FileLock, Timeout  # here, for whoever reads needs no lock

        path = folder / "lock"
        self._lock = FileLock(
            path,
            blocking=False,
            thread_local=False,
            on_acquired=_sign,
            preserve_lock_file=sys.platform == "win32",  # elsewhere it stays by itself
        )
        try:
            self._lock.acquire()
        except Timeout:
            raise RunFolderError(_taken(folder, _read_holder(path))) from None

    def release(self) -> None:
        """Let others write; the file stays, since removing it would open a gap."""
        self._lock.release()


def _sign(handle: int) -> None:
    """Say in the lock's file who holds it.

    Behind the first byte, which is what Windows locks: nobody else can read it there. As long as
    any, so that nothing has to be cut off.
    """
    holder = f"{os.getpid()} on {socket.gethostname()}"[:_HOLDER].ljust(_HOLDER)
    os.lseek(handle, 0, os.SEEK_SET)
    os.write(handle, f"\n{holder}\n".encode())


def _read_holder(path: Path) -> str:
    try:
        with open(path, "rb", buffering=0) as file:
            file.seek(1)
            return file.read().decode(errors="replace").strip()
    except OSError:
        return ""


def _taken(folder: Path, holder: str) -> str:
    if holder.split(" ")[0] == str(os.getpid()):
        return f"{folder} is already open for writing in this process: close that Store first."
    who = f"process {holder}" if holder else "another process"
    return (
        f"{folder} is being written by {who}. One run folder takes one writer: wait until it "
        "ends, stop it, or choose another run folder. Reading is possible meanwhile."
    )
