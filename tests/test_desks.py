"""A whole life of a study on a desk that is not this one: without what only POSIX has."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import dure
from helpers import windows_like


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="it is made out of Linux")
def test_a_study_lives_without_posix_on_a_disk_like_windows(tmp_path: Path) -> None:
    paths = [Path(dure.__file__).parents[1], Path(__file__).parent]
    done = subprocess.run(
        [sys.executable, windows_like.__file__, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("all done\n")
