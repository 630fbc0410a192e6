"""Full sets through `keras.datasets` and its cache: one clear error, nothing broken left behind."""

from __future__ import annotations

import gzip
import json
import os
import socket
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout, suppress
from pathlib import Path
from typing import Any, TypeVar
from urllib.error import HTTPError

from dure.data.builtin.excerpts import VARIABLE
from dure.errors import DureError

_Loaded = TypeVar("_Loaded")

_PATIENCE_S = 60.0
_BROKEN = (EOFError, ValueError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile)


def from_keras(
    title: str, load: Callable[[Any], _Loaded], files: Sequence[str], excerpt: str
) -> _Loaded:
    """What `load` makes of `keras.datasets`, which downloads into Keras' cache what is not there.

    Keras' messages and its progress bar go to the standard error, so that a program's own output
    stays clean. A network that stays silent for a minute counts as none.

    Parameters
    ----------
    title
        What the set is called in an error.
    load
        Called with `keras.datasets`.
    files
        The files it needs, below `keras_cache()`. Those that turn out to be broken are removed:
        Keras checks the sum of most files whenever it reads them, but those of Fashion-MNIST it
        takes as they are, also when the process that downloaded them was killed half-way. Having
        removed some, `load` is called a second time.
    excerpt
        The file that would do without a network.

    Raises
    ------
    DureError
        If nothing came, or only in part, or something else than expected.
    """
    from dure.core.backend import keras

    with _patience(), redirect_stdout(sys.stderr):
        try:
            try:
                return load(keras.datasets)
            except Exception as error:
                if not _clean_up(error, files):
                    raise
                return load(keras.datasets)
        except MemoryError:
            raise
        except Exception as error:  # Keras raises bare Exception where an address does not answer
            with suppress(OSError):  # a folder that cannot be written is what the error tells of
                _clean_up(error, files)
            raise DureError(
                f"{title} could not be downloaded ({str(error) or type(error).__name__}). What "
                f"came only in part was removed. Check the network, and that {keras_cache()} can "
                f"be written, and call again; or set {VARIABLE} to a folder that holds the excerpt "
                f"{excerpt}, which needs no network."
            ) from error


def keras_cache() -> Path:
    """The folder Keras keeps data sets in.

    ``datasets`` in the folder `KERAS_HOME` named when Keras was imported (default ``~/.keras``),
    or in ``.keras`` among the temporary files where that cannot be written.
    """
    from dure.core.backend import keras

    # As keras.utils.get_file settles it; there is no public function for it.
    home = Path(keras.src.backend.config.keras_home()).expanduser()
    if not os.access(home, os.W_OK):
        home = Path("/tmp" if os.path.isdir("/tmp") else tempfile.gettempdir()) / ".keras"
    return home / "datasets"


@contextmanager
def _patience() -> Iterator[None]:
    # Keras sets no limit: without one, a network that swallows packets would hang for minutes.
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_PATIENCE_S)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _clean_up(error: Exception, files: Sequence[str]) -> bool:
    """Remove those of the files that are there and cannot be read; whether there were any."""
    answer = error.__context__
    if isinstance(answer, HTTPError):  # Keras leaves the connection open
        answer.close()
    cache = keras_cache()
    broken = [path for name in files if (path := cache / name).is_file() and _is_broken(path)]
    for path in broken:
        path.unlink(missing_ok=True)
    return bool(broken)


def _is_broken(path: Path) -> bool:
    try:
        if path.suffix == ".gz":
            with gzip.open(path) as stream:
                while stream.read(1 << 20):
                    pass
        elif path.suffix == ".npz":
            with zipfile.ZipFile(path) as archive:
                return archive.testzip() is not None
        else:
            json.loads(path.read_bytes())
    except _BROKEN:
        return True
    except OSError:  # unreadable is not broken: not ours to remove
        return False
    return False
