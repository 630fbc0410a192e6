"""How a worker and the driver talk: one JSON line a message over stdin and stdout.

Worker to driver: {"first": unix time at the end of the first epoch, ...}, then for every
"epoch" asked of it {"seconds": ..., "model_steps": ..., "peak_mb": ...}. "stop" ends it.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Frameworks print: what they print goes to stderr, the driver reads a stream of its own.
_replies = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def say(**message: Any) -> None:
    """Send one message to the driver."""
    _replies.write(json.dumps(message) + "\n")
    _replies.flush()


def first_epoch_done(**more: Any) -> None:
    """Tell the driver that the first epoch has just ended."""
    say(first=time.time(), peak_mb=peak_mb(), **more)


def asked() -> bool:
    """Wait for the driver; whether it wants another epoch (False: stop)."""
    return sys.stdin.readline().strip() == "epoch"


def epochs_asked() -> Iterator[None]:
    """Yield once for every epoch the driver asks for."""
    while asked():
        yield


class Stopwatch:
    """Wall and processor time since it was made; the latter over all threads of the process."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def read(self) -> dict[str, float]:
        """Both, in seconds."""
        return {
            "seconds": time.perf_counter() - self._wall,
            "cpu_seconds": time.process_time() - self._cpu,
        }


def peak_mb() -> float:
    """High-water mark of this process' memory, in MB (mapped data it touched included)."""
    # Not getrusage: there a process starts from the peak of the one that spawned it.
    try:
        for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
