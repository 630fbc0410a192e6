"""The weights of a lane that is done: one file, "final/..." and, where they differ, "best/..."."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from dure.storage.files import LANES, read_tensors, tensor_pieces, write_atomically


def weights_file(folder: Path, lane: int) -> Path:
    """Where a run folder has the weights of a lane."""
    return folder / LANES / f"{lane:05d}.safetensors"


def write_weights(
    path: Path, final: Mapping[str, np.ndarray], best: Mapping[str, np.ndarray] | None
) -> str | None:
    """Write arrays whole, but not flushed; their SHA-256, None where there are none."""
    arrays = {f"final/{name}": array for name, array in final.items()}
    arrays |= {f"best/{name}": array for name, array in (best or {}).items()}
    return write_atomically(path, tensor_pieces(arrays), flush=False) if arrays else None


def read_weights(path: Path, sha256: str, which: str) -> dict[str, np.ndarray]:
    """The arrays that were given as final or best, by sorted name; raises as `read_tensors`."""
    arrays = read_tensors(path, sha256)
    kinds = (f"{which}/", "final/")
    prefix = next(p for p in kinds if any(name.startswith(p) for name in arrays))
    # The file's reader gives them in any order.
    named = sorted(name for name in arrays if name.startswith(prefix))
    return {name.removeprefix(prefix): arrays[name] for name in named}
