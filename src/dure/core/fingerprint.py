"""Anything a study is made of, told in JSON: for manifests, and to see whether it changed."""

from __future__ import annotations

import functools
import hashlib
import inspect
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np


def describe(value: Any) -> Any:
    """A JSON-able account of a value that changes when the value does, as far as can be seen.

    Numbers, texts, lists and dicts stay themselves; arrays become type, shape and SHA-256;
    functions and classes their name and the SHA-256 of their source; other objects their class
    with its configuration (``get_config``, ``get_params``, or the constructor's arguments found
    again as attributes).
    """
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, np.generic):
        return describe(value.item())
    if isinstance(value, Mapping):
        return {str(key): describe(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [describe(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted((describe(item) for item in value), key=str)
    if hasattr(value, "__array__"):
        return _describe_array(np.asarray(value))
    if isinstance(value, functools.partial):
        bound = {"arguments": describe(value.args), "keywords": describe(value.keywords)}
        return {"partial": describe(value.func), **bound}
    if isinstance(value, type) or inspect.isroutine(value):
        return describe_function(value)
    return _describe_object(value)


def _describe_array(array: np.ndarray[Any, Any]) -> dict[str, Any]:
    digest = hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()
    return {"dtype": str(array.dtype), "shape": list(array.shape), "sha256": digest}


def describe_function(function: Callable[..., Any]) -> dict[str, Any]:
    """Qualified name and SHA-256 of the source (None where Python cannot read it).

    Without the module: a file that is run is `__main__`, the same file imported is not.
    """
    named = function if hasattr(function, "__qualname__") else type(function)
    try:
        source = hashlib.sha256(inspect.getsource(named).encode()).hexdigest()
    except (OSError, TypeError):
        source = None
    return {"name": named.__qualname__, "sha256": source}


def _describe_object(value: Any) -> dict[str, Any]:
    kind = type(value)
    told: dict[str, Any] = {"class": kind.__qualname__}
    for method in ("get_config", "get_params"):
        if hasattr(value, method):
            try:
                config = dict(getattr(value, method)())
            except (TypeError, ValueError, NotImplementedError):
                break
            # Keras numbers the names it gives by itself: they differ from run to run.
            config.pop("name", None)
            return {**told, "config": describe(config)}
    try:
        names = list(inspect.signature(kind).parameters)
    except (TypeError, ValueError):
        names = []
    # Keras' callbacks keep some arguments under a leading underscore.
    held = {n: getattr(value, n, getattr(value, f"_{n}", None)) for n in names}
    return {**told, "config": {n: describe(v) for n, v in held.items() if v is not None}}
