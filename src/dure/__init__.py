"""Dure trains every variant, seed and fold of a Keras model at once, and answers with evidence.

The public names are loaded when first used: importing `dure` takes milliseconds, and reading
results (`dure.load`) loads neither JAX nor Keras. Importing it sets `KERAS_BACKEND=jax` where
that variable is unset and Keras is not imported yet.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from dure._backend import prefer_jax_backend
from dure._registration import register_with_keras

if TYPE_CHECKING:
    from dure import data, layers
    from dure._data import Data
    from dure._errors import (
        BackendError,
        DureError,
        MemoryPlanError,
        RunFolderError,
        StudyChangedError,
        StudyError,
        UnsupportedModelError,
    )
    from dure.looking.look import look
    from dure.result import Result, load
    from dure.run import fit
    from dure.study import Study, Variant

__version__ = "0.1.0"

prefer_jax_backend()
register_with_keras()

__all__ = [
    "BackendError",
    "Data",
    "DureError",
    "MemoryPlanError",
    "Result",
    "RunFolderError",
    "Study",
    "StudyChangedError",
    "StudyError",
    "UnsupportedModelError",
    "Variant",
    "__version__",
    "data",
    "fit",
    "layers",
    "load",
    "look",
]

_HOME = {
    "BackendError": "_errors",
    "Data": "_data",
    "DureError": "_errors",
    "MemoryPlanError": "_errors",
    "Result": "result",
    "RunFolderError": "_errors",
    "Study": "study",
    "StudyChangedError": "_errors",
    "StudyError": "_errors",
    "UnsupportedModelError": "_errors",
    "Variant": "study",
    "fit": "run",
    "load": "result",
    "look": "looking.look",
}


def __getattr__(name: str) -> Any:
    if name in ("data", "layers"):
        return import_module(f"dure.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'dure' has no attribute {name!r}")
    value = getattr(import_module(f"dure.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
