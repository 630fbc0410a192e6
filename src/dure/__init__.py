"""Dure trains every variant, seed and fold of a Keras model at once, and answers with evidence.

The public names are loaded when first used: importing `dure` takes milliseconds, and reading
results (`dure.load`) loads neither JAX nor Keras. Importing it sets `KERAS_BACKEND=jax` where
that variable is unset and Keras is not imported yet.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from dure.core.backend import prefer_jax_backend
from dure.core.keras_registration import register_with_keras

if TYPE_CHECKING:
    from dure import data, layers
    from dure.data.batches import Batches
    from dure.data.dataset import Data
    from dure.errors import (
        BackendError,
        DureError,
        MemoryPlanError,
        RunFolderError,
        StudyChangedError,
        StudyError,
        UnsupportedModelError,
    )
    from dure.inspection.api import look
    from dure.keras_bridge.whole_model import load_model
    from dure.result import Result, load
    from dure.study import Study, Variant
    from dure.training.fit import fit


__version__ = "0.1.0"

prefer_jax_backend()
register_with_keras()

__all__ = [
    "BackendError",
    "Batches",
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
    "load_model",
    "look",
]

_HOME = {
    "BackendError": "errors",
    "Batches": "data.batches",
    "Data": "data.dataset",
    "DureError": "errors",
    "MemoryPlanError": "errors",
    "Result": "result",
    "RunFolderError": "errors",
    "Study": "study",
    "StudyChangedError": "errors",
    "StudyError": "errors",
    "UnsupportedModelError": "errors",
    "Variant": "study",
    "fit": "training.fit",
    "load": "result",
    "load_model": "keras_bridge.whole_model",
    "look": "inspection.api",
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
