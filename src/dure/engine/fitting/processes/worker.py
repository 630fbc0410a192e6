"""Processes in which Keras' ``fit`` trains lanes: started when the first lane comes, then kept."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import warnings
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any

from dure.engine.fitting.processes.channel import Channel
from dure.errors import StudyError

# Nothing of the folder it stands in, and nothing that is printed, gets between the messages.
_START = """
import json, os, sys
reading, writing = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
os.dup2(2, 1)
sys.path[:] = json.loads(reading.readline())
from dure.engine.fitting.processes.child import main
main(reading, writing)
"""

_OWN_GROUP: dict[str, Any] = (  # Ctrl-C is heard by who started it, and by nobody else
    {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
    if os.name == "nt"
    else {"process_group": 0}
)

END_SECONDS = 10.0
"""How long a process may take to end by itself."""


class WorkerGoneError(Exception):
    """A process ended in the middle of its work."""


class WorkerProcess:
    """A Python that trains one lane at a time.

    Parameters
    ----------
    surroundings, study
        Pickled; what the process is set to, and what it trains.
    """

    def __init__(self, surroundings: bytes, study: bytes) -> None:
        flags = "--xla_cpu_multi_thread_eigen=false"
        own = {
            "JAX_PLATFORMS": "cpu",
            "PYTHONIOENCODING": "utf-8",
            # One core each: as many of them as there are cores.
            "XLA_FLAGS": f"{os.environ.get('XLA_FLAGS', '')} {flags}".strip(),
        }
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _START],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **own},
            **_OWN_GROUP,
        )
        assert self._process.stdin and self._process.stdout and self._process.stderr
        self._stdin = self._process.stdin
        self._channel = Channel(self._process.stdout, self._stdin)
        self._heard: queue.Queue[tuple[str, Any]] = queue.Queue()
        self._last: deque[str] = deque(maxlen=50)
        self._threads = [
            threading.Thread(target=self._listen, daemon=True),
            threading.Thread(target=self._pass_on, args=(self._process.stderr,), daemon=True),
        ]
        for thread in self._threads:
            thread.start()
        paths = [path for path in sys.path if isinstance(path, str)]
        with suppress(OSError):  # whoever listens is told how it ended
            self._stdin.write(json.dumps(paths).encode() + b"\n")
        self._send("study", (surroundings, study))

    def train(self, index: int, rows: bytes, stop: threading.Event) -> Iterator[tuple[str, Any]]:
        """Let it train a lane; what it tells, until it is ready for another, or told to stop.

        Raises
        ------
        WorkerGoneError
            If it ended, with a sentence on how.
        """
        self._send("lane", (index, rows))
        while not stop.is_set():
            try:
                kind, content = self._heard.get(timeout=0.1)
            except queue.Empty:
                continue
            if kind == "gone":
                raise WorkerGoneError(self._describe_end())
            if kind == "ready":
                return
            yield kind, content

    def _send(self, kind: str, content: Any) -> None:
        with suppress(OSError, ValueError):  # whoever listens is told how it ended
            self._channel.send(kind, content)

    def end(self) -> None:
        """Let it end by itself, for which :meth:`wait` waits."""
        with suppress(OSError):
            self._stdin.close()

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self.wait()

    def wait(self) -> None:
        """Wait until it has ended and all it said is passed on."""
        self.end()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for thread in self._threads:
            thread.join(END_SECONDS)  # a process of its own that outlives it may hold the pipe

    def _listen(self) -> None:
        assert self._process.stdout
        try:
            while True:
                self._heard.put(self._channel.receive())
        except Exception:  # at its end, and where what came is no message
            self._heard.put(("gone", None))
        finally:
            self._process.stdout.close()

    def _pass_on(self, lines: IO[bytes]) -> None:
        with lines:
            for line in lines:
                text = line.decode("utf-8", "replace")
                self._last.append(text.strip())
                print(text, end="", file=sys.stderr)

    def _describe_end(self) -> str:
        """How it ended, and what it said last."""
        self.wait()
        code = self._process.returncode
        told = f"exit code {code}"
        if code < 0:
            names = {int(number): number.name for number in signal.Signals}
            told = names.get(-code, f"signal {-code}")
            if told == "SIGKILL":
                told += ", as systems do that run out of memory"
        fatal = [line for line in self._last if line.startswith("Fatal Python error")]
        said = (fatal or [line for line in self._last if line] or [""])[-1]
        return f"the process that trained it ended ({told})" + (f": {said}" if said else "")


class Workers:
    """The processes of one study, lent to whoever trains a lane.

    Parameters
    ----------
    surroundings, study
        As for :class:`WorkerProcess`.
    """

    def __init__(self, surroundings: bytes, study: bytes) -> None:
        self._given = (surroundings, study)
        self._free: list[WorkerProcess] = []
        self._lock = threading.Lock()
        self._warned: dict[Any, Any] = {}

    @contextmanager
    def lend(self) -> Iterator[WorkerProcess]:
        """A process that nobody else uses; one that is not done when it is given back is ended."""
        with self._lock:
            worker = self._free.pop() if self._free else None
        if worker is None:
            worker = WorkerProcess(*self._given)
        try:
            yield worker
        except BaseException:
            worker.kill()
            raise
        with self._lock:
            self._free.append(worker)

    def hear(self, kind: str, content: Any) -> None:
        """Pass on what is no news of a lane.

        Raises
        ------
        StudyError
            Where no lane can be trained.
        """
        if kind == "faults":
            raise StudyError(content)
        if kind == "print":
            print(content, end="")
        elif kind == "warn":
            text, category, file, line = content
            warnings.warn_explicit(text, category, file, line, registry=self._warned)

    def close(self) -> None:
        """End all of them."""
        for worker in self._free:
            worker.end()
        for worker in self._free:
            worker.wait()
        self._free.clear()
