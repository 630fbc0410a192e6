"""A study of 20 GB on disk in 2 GB of memory: the most memory that the process ever has.

    python benchmarks/stream_from_disk.py [FOLDER] [GIGABYTES]

The file is sparse: it takes no room on the disk, and is read like any other. No figure of speed is
taken from it, for holes come from nowhere.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import dure
from dure.core.backend import keras
from dure.core.formatting import format_bytes

FEATURES = 5_000


def build() -> keras.Model:
    """A network with hardly any work."""
    model = keras.Sequential([keras.layers.Dense(8, "relu"), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    return model


def main(folder: Path, gigabytes: float) -> None:
    """Train one lane for an epoch, and say what it took."""
    rows = int(gigabytes * 1e9) // (4 * FEATURES)
    file = folder / "rows.bin"
    with file.open("wb") as sparse:
        sparse.truncate(4 * FEATURES * rows)
    x = np.memmap(file, np.float32, "r", shape=(rows, FEATURES))
    study = dure.Study(
        build, dure.Data(x, np.zeros((rows, 1), np.float32)), batch_size=256, validation_split=0.01
    )
    print(study.plan())
    start = time.perf_counter()
    result = study.run(folder / "run", progress=False)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(result.statuses[0], f"{seconds:.0f} s; {format_bytes(x.nbytes)} went through.")
    print(f"The process had at most {format_bytes(peak)} of memory, the interpreter, JAX and all.")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        where = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(scratch)
        main(where, float(sys.argv[2]) if len(sys.argv) > 2 else 20.0)
