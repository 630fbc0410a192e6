"""People's own code and arrays on their way into another process.

Functions and classes of a script, a notebook or any module that another process would not find are
pickled by value; large arrays become files that every process maps into its memory.
"""

from __future__ import annotations

import importlib.machinery
import io
import itertools
import sys
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np

SMALL = 1_000_000
"""Bytes up to which an array is copied; larger ones become files."""

_numbers = itertools.count()


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    """By value what another process could not import.

    Parameters
    ----------
    folder
        Where large arrays go; None only tries, and leaves them out.
    """

    def __init__(self, file: io.BytesIO, folder: Path | None) -> None:
        super().__init__(file, protocol=5)
        self._folder = folder
        self._seen: set[str] = set(cloudpickle.list_registry_pickle_by_value())
        self.taken: list[types.ModuleType] = []

    def reducer_override(self, value: Any) -> Any:
        """How a value is pickled where it is not as usual."""
        if isinstance(value, np.ndarray) and value.nbytes > SMALL and not value.dtype.hasobject:
            return _share(value, self._folder)
        if isinstance(value, (type, types.FunctionType)):
            module = sys.modules.get(getattr(value, "__module__", None) or "")
            if module is not None and module.__name__ not in self._seen:
                self._seen.add(module.__name__)
                if not _can_be_imported(module):
                    cloudpickle.register_pickle_by_value(module)
                    self.taken.append(module)
        return super().reducer_override(value)


def dumps(value: Any, folder: Path | None) -> bytes:
    """Pickle a value for a process of its own; `folder` takes large arrays."""
    file = io.BytesIO()
    pickler = _Pickler(file, folder)
    try:
        pickler.dump(value)
    finally:
        for module in pickler.taken:
            cloudpickle.unregister_pickle_by_value(module)
    return file.getvalue()


def find_pickle_faults(named: Mapping[str, Any]) -> list[str]:
    """What cannot be handed to another process, one sentence each."""
    faults = []
    for name, value in named.items():
        try:
            dumps(value, None)
        except Exception as error:  # of whatever the value holds
            lines = str(error).strip().splitlines() or [type(error).__name__]
            faults.append(
                f"{name} cannot be handed to a process of its own, in which Keras' fit trains: "
                f"{lines[0]}. Let it make what it needs (locks, open files, connections) when it "
                "is called, instead of holding it."
            )
    return faults


def _can_be_imported(module: types.ModuleType) -> bool:
    """Whether another process with this one's paths finds the very file under the module's name."""
    name, file = module.__name__, getattr(module, "__file__", None)
    if file is None or name == "__main__":  # cloudpickle knows what to do with these
        return True
    tail = "/".join(name.split("."))
    places = (f"/{tail}.", f"/{tail}/__init__.")
    path = Path(file).as_posix()
    found = next((path.rfind(place) for place in places if place in path), -1)
    if found >= 0 and any(
        Path(entry or ".").absolute() == Path(path[:found]) for entry in sys.path
    ):
        return True
    return _finds(name, file)


def _finds(name: str, file: str) -> bool:
    """Whether any finder, such as that of an editable installation, leads from name to file."""
    parent = sys.modules.get(name.rpartition(".")[0])
    paths = None if parent is None else getattr(parent, "__path__", None)
    for finder in sys.meta_path:
        find = getattr(finder, "find_spec", None)
        try:
            spec: importlib.machinery.ModuleSpec | None = find and find(name, paths)
        except Exception:  # of somebody else's finder
            continue
        if spec is not None:
            return spec.origin is not None and Path(spec.origin) == Path(file)
    return False


def _share(array: np.ndarray[Any, Any], folder: Path | None) -> Any:
    if folder is None:
        return int, ()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{next(_numbers)}.bin"
    np.ascontiguousarray(array).tofile(path)
    return open_array, (str(path), array.dtype, array.shape)


def open_array(path: str, dtype: Any, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """An array in a file, in memory as far as it is read; what is changed stays in this process."""
    return np.memmap(path, dtype, mode="c", shape=shape).view(np.ndarray)
