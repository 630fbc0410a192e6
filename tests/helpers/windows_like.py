"""A process made like one on Windows, as far as Linux can: what only POSIX has is gone, folders
cannot be opened, and a file that is open cannot be renamed, replaced or removed.

Run as a script in a process of its own: `windows_like.py ROOT` trains, saves, looks, reports and
compares there, with names that Windows refuses or takes for the same.
"""

from __future__ import annotations

import errno
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

MODULES = ("fcntl", "grp", "pty", "pwd", "resource", "syslog", "termios", "tty")
CALLS: dict[Any, str] = {
    os: "fork forkpty register_at_fork sched_getaffinity sched_setaffinity getuid geteuid getgid "
    "getegid O_DIRECTORY O_SYNC pread pwrite preadv pwritev mkfifo mknod chown lchown fchown "
    "killpg getpgid setsid wait wait3 wait4 WNOHANG uname getloadavg nice sync fdatasync "
    "posix_fallocate posix_fadvise posix_spawn confstr ctermid openpty link symlink",
    signal: "SIGKILL SIGHUP SIGQUIT SIGUSR1 SIGUSR2 SIGALRM SIGCHLD SIGSTOP SIGPIPE alarm pause "
    "setitimer sigwait pthread_kill pthread_sigmask",
    time: "tzset",
    socket: "AF_UNIX socketpair",
}
LIBRARIES = (
    "filelock h5py jax jinja2 keras matplotlib.backends.backend_agg matplotlib.figure pandas "
    "PIL.Image psutil rich.progress safetensors scipy.io sklearn typer typer.testing xarray"
)
RESERVED = {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(10))}


class HeldFileError(PermissionError):
    """What Windows raises for a file that is open."""

    winerror = 32


def take_posix_away(root: Path) -> None:
    """Make this process as on Windows; libraries, which know Windows by themselves, come first.

    Only below `root` are open files held and folders shut: what libraries do with temporary files
    and folders on Windows is another way, which this is not to test.
    """
    os.environ["KERAS_BACKEND"] = "jax"
    for library in LIBRARIES.split():
        import_module(library)
    for module in MODULES:
        sys.modules[module] = None  # type: ignore[assignment]
    for module, names in CALLS.items():
        for name in names.split():
            if hasattr(module, name):
                delattr(module, name)
    os.process_cpu_count = os.cpu_count  # type: ignore[attr-defined]  # from 3.13, as there
    os.open = _refusing_folders(os.open, root)
    os.fsync = _refusing_readers(os.fsync)
    for name in ("replace", "rename", "remove", "unlink", "rmdir"):
        setattr(os, name, _refusing_open_files(getattr(os, name), root))


def _refusing_folders(real: Callable[..., int], root: Path) -> Callable[..., int]:
    def opened(path: Any, flags: int, *rest: Any, **named: Any) -> int:
        named_path = isinstance(path, (str, os.PathLike))
        if named_path and os.path.isdir(path) and Path(path).resolve().is_relative_to(root):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path, flags, *rest, **named)

    return opened


def _refusing_readers(real: Callable[[int], None]) -> Callable[[int], None]:
    def fsync(handle: int) -> None:
        told = Path(f"/proc/self/fdinfo/{handle}").read_text(encoding="ascii")
        if int(told.partition("flags:")[2].split()[0], 8) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(errno.EBADF, "Bad file descriptor")
        real(handle)

    return fsync


def _refusing_open_files(real: Callable[..., None], root: Path) -> Callable[..., None]:
    def changed(*paths: Any, **named: Any) -> None:
        for path in paths:
            place = os.path.realpath(path)
            for held in _open_files() if Path(place).is_relative_to(root) else ():
                if held == place or held.startswith(f"{place}{os.sep}"):
                    raise HeldFileError(errno.EACCES, "used by another process", str(path))
        real(*paths, **named)

    return changed


def _open_files() -> Iterator[str]:
    for handle in os.listdir("/proc/self/fd"):
        try:
            yield os.readlink(f"/proc/self/fd/{handle}")
        except FileNotFoundError:  # the one that listed them
            continue


def assert_windows_takes(root: Path) -> None:
    """Assert that NTFS takes every name below, each as another file, and no path too long."""
    for place, folders, files in os.walk(root):
        names = folders + files
        for name in names:
            assert not set('<>:"/\\|?*') & set(name) and name.isprintable(), name
            assert name[-1] not in ". " and name.partition(".")[0].lower() not in RESERVED, name
            assert len(os.path.relpath(os.path.join(place, name), root)) < 160, name
        assert len({name.casefold() for name in names}) == len(names), names


def main(root: Path) -> None:
    """What people do, in a process like Windows'."""
    take_posix_away(root)
    import keras
    import numpy as np
    from typer.testing import CliRunner

    import dure
    from dure.cli import app
    from helpers import store_lives

    os.chdir(root)
    store_lives.live(root / "lives")
    assert store_lives.check(root / "lives")

    def build(units: int) -> keras.Model:
        layers = [keras.layers.Dense(units, name=name) for name in ("Hidden", "hidden", "a:b")]
        model = keras.Sequential([keras.Input((3,)), *layers, keras.layers.Dense(1, name="out")])
        metrics = [keras.metrics.MeanSquaredError(name) for name in ("F1", "f1", "a|b", "aux")]
        model.compile("sgd", "mse", metrics=metrics)
        return model

    names = ["CON", "con", "a:b", "a?b", "tail.", "정확도"]
    study = dure.Study(
        build,
        dure.Data(np.ones((12, 3), "float32"), np.ones((12, 1), "float32")),
        variants=[dure.Variant(name, {"units": 2}) for name in names],
        seeds=2,
        validation_split=0.3,
        callbacks=[keras.callbacks.CSVLogger("logs/{variant}-{seed}.csv")],
        name="nul",
    )
    result = study.run(progress=False)
    folder = str(result.folder)
    assert {status.kind for status in result.statuses} == {"finished"}, result.statuses
    assert len(list(Path("logs").iterdir())) == len(result.lanes) == 12
    assert len(list(Path(folder, "pictures").glob("*1*.png"))) == 2  # F1 and f1
    result = study.run(folder, progress=False, resume=True)
    result.best().save("best.keras")
    keras.models.load_model("best.keras").predict(np.ones((1, 3)), verbose=0)
    dure.load(folder, build=build).best().model()
    look = dure.look(result)
    assert len(look.save("looks", ["weights"], progress=False).written) == 4
    for arguments in (
        ["show", folder, "--full"],
        ["show", folder, "--json"],
        ["report", folder, "--no-open"],
        ["compare", folder, "--metric", "val_a|b", "--out", "compared"],
        ["health", folder],
        ["overfitting", folder],
        ["list"],
    ):
        ended = CliRunner().invoke(app, arguments)
        assert ended.exit_code == 0, (arguments, ended.output, ended.exception)
    assert_windows_takes(root)
    print("all done")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
