"""The most memory a process has had, on any system."""

from __future__ import annotations

import sys

import psutil


def peak_mb() -> float:
    """The largest resident size this process ever had, in MB."""
    if sys.platform == "win32":
        return float(psutil.Process().memory_info().peak_wset / 2**20)
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (2**20 if sys.platform == "darwin" else 2**10)
