"""What the disks of Windows, macOS and Linux do each in their own way: flush, rename, remove, read.

On Windows nobody can rename or remove a file that another program has open, and a virus scanner or
an indexer opens each new file for a moment. So such calls are tried again for about a second.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

Answer = TypeVar("Answer")

PAUSES_S = (0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.4)
"""Between two tries, in seconds: one in all."""
_DENIED, _IN_USE, _LOCKED, _NOT_EMPTY = 5, 32, 33, 145  # Windows' codes of errors
_CANNOT_FLUSH_FOLDERS = {errno.EINVAL, errno.EBADF, errno.ENOTSUP}


def is_held(error: OSError) -> bool:
    """Whether another program may be holding the file: never so but on Windows."""
    return getattr(error, "winerror", None) in (_DENIED, _IN_USE, _LOCKED, _NOT_EMPTY)


def retry_while_held(action: Callable[[], Answer]) -> Answer:
    """What an action on a file returns, tried for about a second while another program holds it.

    Raises
    ------
    OSError
        What the action raised: at once what `is_held` denies, in the end what it affirms.
    """
    for pause in PAUSES_S:
        try:
            return action()
        except OSError as error:
            if not is_held(error):
                raise
        time.sleep(pause)
    return action()


def replace_file(source: Path, target: Path) -> None:
    """Rename a file over another, or to a new name, in one step."""
    retry_while_held(lambda: os.replace(source, target))


def rename_folder(source: Path, target: Path) -> None:
    """Give a folder a name that is free."""
    retry_while_held(lambda: os.rename(source, target))


def remove_file(path: Path) -> None:
    """Remove a file, if it is there."""
    retry_while_held(lambda: path.unlink(missing_ok=True))


def remove_folder(folder: Path) -> None:
    """Remove a folder with all it holds, if it is there."""
    for place, _, names in os.walk(folder, topdown=False):
        for name in names:
            remove_file(Path(place, name))
        retry_while_held(partial(os.rmdir, place))


def read_file(path: Path) -> bytes:
    """The bytes of a file that another process may be about to replace."""
    return retry_while_held(path.read_bytes)


def flush_file(path: Path) -> None:
    """Make the contents of a file survive a power cut."""
    # Windows flushes only what is open for writing.
    handle = retry_while_held(lambda: os.open(path, os.O_RDWR))
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def flush_folder(folder: Path) -> None:
    """Make the names in a folder (files new, renamed or gone) survive a power cut.

    Windows opens no folder for this; NTFS writes names into its journal by itself. Where a disk on
    the network cannot flush folders, nothing happens either.
    """
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _CANNOT_FLUSH_FOLDERS:
            raise
    finally:
        os.close(handle)
