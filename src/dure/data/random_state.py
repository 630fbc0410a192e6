"""Python's and NumPy's global generators: read, set, kept."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np


def read_generators() -> tuple[Any, Any]:
    """Where both stand now."""
    return random.getstate(), np.random.get_state()


def write_generators(state: tuple[Any, Any]) -> None:
    """Let both stand where :func:`read_generators` found them."""
    python, numpy = state
    random.setstate(python)
    np.random.set_state(numpy)


@contextmanager
def keep_generators() -> Iterator[None]:
    """While open, random numbers may be drawn; afterwards both stand as before."""
    before = read_generators()
    try:
        yield
    finally:
        write_generators(before)
