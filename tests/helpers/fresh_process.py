"""Code in a Python of its own, as somebody else would run it."""

from __future__ import annotations

import subprocess
import sys
from typing import Any


def run_fresh(code: str, *arguments: Any, given: str | None = None) -> str:
    """What the code prints, `given` on its standard input; fails with what it says of an error."""
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        input=given,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
