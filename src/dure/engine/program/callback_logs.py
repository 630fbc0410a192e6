"""An epoch's logs on their way through callbacks, and what these put into them."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dure.core.backend import keras
from dure.core.types import DIMS
from dure.engine.program.round_data import flatten_logs

MOST_VALUES = 1000
"""Values of one entry that become curves at most; what has more was not meant as one."""

AXES = (*DIMS, "lane")
"""Names that say where on a curve a value stands, and so cannot be curves."""

_WATCHERS = (
    keras.callbacks.EarlyStopping,
    keras.callbacks.ReduceLROnPlateau,
    keras.callbacks.ModelCheckpoint,
)


class EpochLogs(NamedTuple):
    """An epoch's logs after the last callback.

    Attributes
    ----------
    logs
        By key, as Keras' History would hold them.
    authors
        By key the class of the callback that made or overwrote it.
    absent
        Keras' callbacks that watch what was not in the logs when it was their turn.
    """

    logs: dict[str, Any]
    authors: dict[str, str]
    absent: list[Any]


def read_logs(logs: Mapping[str, Any]) -> dict[str, Any]:
    """An epoch's logs as Keras' ``fit`` has them, as floats and arrays by name.

    What is no number is left out.
    """
    found: dict[str, Any] = {}
    for name, value in logs.items():
        if isinstance(value, Mapping):
            found.update(read_logs(value))
            continue
        array = _numbers(value).astype(np.float32)
        if array.size:
            found[name] = array if array.ndim else float(array)
    return found


def end_epoch(
    callbacks: keras.callbacks.CallbackList, epoch: int, logs: Mapping[str, Any]
) -> EpochLogs:
    """What Keras' ``CallbackList.on_epoch_end`` does: one dict goes from callback to callback.

    Keras' own that watch a metric find single numbers: every value of an array by its name, and
    the mean of a vector by the name of the whole.
    """
    shared = dict(sorted(logs.items()))
    authors: dict[str, str] = {}
    absent = []
    for callback in callbacks.callbacks:
        before = dict(shared)
        if isinstance(callback, _WATCHERS):
            if not _tell_watcher(callback, epoch, shared):
                absent.append(callback)
        else:
            callback.on_epoch_end(epoch, shared)
        for key, value in shared.items():
            if key not in before or before[key] is not value:
                authors[key] = type(callback).__name__
    return EpochLogs(shared, authors, absent)


def _tell_watcher(callback: Any, epoch: int, logs: dict[str, Any]) -> bool:
    """Call a callback that watches a metric; whether the metric was there."""
    found = {key: _numbers(value) for key, value in logs.items()}
    arrays = {key: array for key, array in found.items() if array.ndim and array.size}
    if not arrays:
        callback.on_epoch_end(epoch, logs)
        return callback.monitor in logs  # None: not in this epoch
    numbers = {key: value for key, value in logs.items() if key not in arrays}
    numbers |= {key: float(value) for key, value in flatten_logs(arrays).items()}
    before = dict(numbers)
    callback.on_epoch_end(epoch, numbers)
    logs.update(
        (key, value)
        for key, value in numbers.items()
        if key not in before or before[key] is not value
    )
    return callback.monitor in before


def own_curves(found: EpochLogs, taken: Collection[str], told: set[str]) -> dict[str, float]:
    """What callbacks put into the logs as numbers by name; what is no number is left out.

    Parameters
    ----------
    taken
        Names that mean something else.
    told
        Keys that were warned of before; gets those warned of now.
    """
    arrays = {}
    for key, author in found.authors.items():
        value = found.logs[key]
        if value is None:  # not in this epoch
            continue
        array = _numbers(value)
        fault = _fault_of(key, value, array, taken)
        if fault is None:
            arrays[key] = array
        elif str(key) not in told:
            told.add(str(key))
            warnings.warn(
                f"callback {author} put logs[{key!r}], which becomes no curve: {fault}.",
                UserWarning,
                stacklevel=2,
            )
    return {name: float(value) for name, value in flatten_logs(arrays).items()}


def _fault_of(key: Any, value: Any, array: npt.NDArray[Any], taken: Collection[str]) -> str | None:
    if not isinstance(key, str) or not key.strip():
        return "a curve's name is a text"
    if key in AXES:
        return "that is the name of an axis; name it otherwise"
    if key in taken:
        return "that is the name of a metric on Data(test=...); name it otherwise"
    if not array.size:
        return f"it is of type {type(value).__name__}, not a number or an array of numbers"
    if array.size > MOST_VALUES:
        return f"it has {array.size:,} values, and at most {MOST_VALUES:,} become curves"
    return None


def _numbers(value: Any) -> npt.NDArray[np.float64]:
    """A value of the logs as numbers, in its shape; empty if it is no number, nor made of them."""
    nothing = np.empty(0)
    if isinstance(value, (str, bytes, dict)):
        return nothing
    try:
        array = np.asarray(value)
        if array.dtype.kind in "biuf" or (array.dtype.kind == "V" and array.dtype.names is None):
            return array.astype(np.float64)  # of kind V: bfloat16 and its relatives
        return np.asarray(float(value)) if array.ndim == 0 and array.dtype.kind == "O" else nothing
    except (TypeError, ValueError):
        return nothing
