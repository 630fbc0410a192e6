"""Arrays that stay where they are stored, because they do not fit into memory comfortably."""

from __future__ import annotations

import mmap
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np
import numpy.typing as npt
import psutil

from dure.core.arrays import leaves

MEMORY_SHARE = 0.25
"""Share of the free memory that a stored array may take to be read at once."""

SAMPLE_BYTES = 1 << 26
"""How much of a stored array is looked at before training."""

_INT32 = np.iinfo(np.int32)
_DENSE = 4
"""Rows that are spread over at most so many times their number are read with those between."""


class StoredArray:
    """Rows of an array on disk, read when they are asked for, as Keras' ``fit`` converts them.

    Parameters
    ----------
    source
        Anything with ``shape``, ``dtype`` and ``source[rows]`` for a slice or rising row numbers:
        ``np.memmap``, a dataset of h5py, an array of zarr.
    """

    def __init__(self, source: Any) -> None:
        self.source = source
        self.shape: tuple[int, ...] = tuple(map(int, source.shape))
        self.dtype = converted_type(source.dtype)

    @property
    def ndim(self) -> int:
        """Axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Numbers."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def nbytes(self) -> int:
        """Bytes that all rows would take."""
        return self.size * self.dtype.itemsize

    def __len__(self) -> int:
        return self.shape[0]

    def __array__(self, *arguments: Any, **keywords: Any) -> Any:
        raise TypeError(f"{self!r} stays on disk, and is not read whole: take rows of it.")

    def __getitem__(self, rows: Any) -> npt.NDArray[Any]:
        """Rows by a slice, by their numbers in any order, or by a boolean for each."""
        if isinstance(rows, slice):
            return self._convert(self.source[rows])
        places = np.asarray(rows)
        if places.dtype.kind == "b":
            places = np.flatnonzero(places)
        if places.ndim == 0:
            return self[places[None]][0]  # type: ignore[no-any-return]
        if not len(places):
            return self._convert(self.source[:0])
        if int(places.min()) < -len(self) or int(places.max()) >= len(self):
            raise IndexError(f"row {int(places.max())} of {len(self)}")
        rising, back = np.unique(places % len(self), return_inverse=True)
        return self._convert(self._read(rising))[back]

    def _read(self, rising: npt.NDArray[Any]) -> Any:
        first, last = int(rising[0]), int(rising[-1])
        if last - first < _DENSE * len(rising):  # one long read is faster than many short ones
            return self.source[first : last + 1][rising - first]
        return self.source[rising]

    def _convert(self, block: Any) -> npt.NDArray[Any]:
        array = np.asarray(block)
        if array.dtype.kind in "iu" and array.dtype.itemsize >= 4 and array.size:
            low, high = int(array.min()), int(array.max())
            if low < _INT32.min or high > _INT32.max:
                raise OverflowError(
                    f"integers from {low} to {high}; JAX keeps them as int32 ({_INT32.min} to "
                    f"{_INT32.max}). Renumber them or store floats."
                )
        with np.errstate(over="ignore"):
            made = np.array(array, self.dtype)
        self._let_go()
        return made

    def _let_go(self) -> None:
        """Drop the pages of a mapped file, which else count as this process's memory."""
        mapped = getattr(self.source, "_mmap", None)
        shared = getattr(self.source, "mode", "c") != "c"  # else they hold changes of its own
        if mapped is not None and shared and hasattr(mmap, "MADV_DONTNEED"):
            with suppress(ValueError, OSError):
                mapped.madvise(mmap.MADV_DONTNEED)

    def sample_places(self) -> npt.NDArray[np.int64]:
        """Numbers of some rows, evenly spaced over all: those that are checked."""
        per_row = max(1, self.nbytes // len(self))
        count = max(1, min(len(self), SAMPLE_BYTES // per_row))
        return np.linspace(0, len(self) - 1, count).astype(np.int64)

    def __repr__(self) -> str:
        return f"StoredArray({self.dtype}{list(self.shape)})"


def converted_type(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """What numbers of a type become in ``fit``: floats float32, integers stay."""
    if dtype.kind == "f":
        return np.dtype(np.float32)
    wide = dtype.kind in "iu" and dtype.itemsize == 8
    return np.dtype(np.int64) if wide else dtype.newbyteorder("=")


def find_stored(named: Mapping[str, Any]) -> dict[str, StoredArray]:
    """The stored arrays of these trees, by their places."""
    trees = [(name, tree) for name, tree in named.items() if tree is not None]
    found = [pair for name, tree in trees for pair in leaves(tree, name)]
    return {path: leaf for path, leaf in found if isinstance(leaf, StoredArray)}


def is_stored(value: Any) -> bool:
    """Whether this is an array of numbers on disk: of a mapped file, of HDF5, of zarr, ..."""
    if isinstance(value, np.memmap):
        return value.dtype.kind in "fiub" and value.ndim > 0 and value.size > 0
    if type(value).__module__.partition(".")[0] in ("pandas", "scipy"):  # tables, sparse matrices
        return False
    dtype, shape = getattr(value, "dtype", None), getattr(value, "shape", None)
    in_memory = isinstance(value, np.ndarray) or hasattr(value, "__dlpack__")
    if in_memory or not isinstance(dtype, np.dtype) or not isinstance(shape, tuple):
        return False
    of_numbers = dtype.kind in "fiub" and 0 not in shape and len(shape) > 0
    return of_numbers and hasattr(value, "__getitem__")


def fits_into_memory(value: Any) -> bool:
    """Whether all of a stored array may be read at once, by what is free now."""
    needed = int(np.prod(value.shape, dtype=np.int64)) * converted_type(value.dtype).itemsize
    return bool(needed <= MEMORY_SHARE * psutil.virtual_memory().available)
