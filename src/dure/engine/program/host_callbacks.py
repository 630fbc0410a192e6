"""Keras callbacks that stay on the host, and which of them a study can have at all."""

from __future__ import annotations

import copy
import importlib.util
import os
import re
import shutil
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from dure.core.arrays import Arrays
from dure.core.backend import jax, keras
from dure.core.file_names import name_files
from dure.core.types import LaneKey

_BATCH_METHODS = (
    "on_batch_begin",
    "on_batch_end",
    "on_train_batch_begin",
    "on_train_batch_end",
    "on_test_batch_begin",
    "on_test_batch_end",
    "on_test_begin",
    "on_test_end",
    "on_predict_batch_begin",
    "on_predict_batch_end",
)

_FILES, _FOLDERS = ("filepath", "filename"), ("log_dir", "backup_dir", "directory")
"""Attributes in which callbacks keep where they write."""

IN_PROGRAM = (keras.callbacks.EarlyStopping, keras.callbacks.ReduceLROnPlateau)


@dataclass(frozen=True)
class Callbacks:
    """A study's callbacks sorted by where they run, each group in Keras' order."""

    in_program: tuple[Any, ...] = ()
    schedulers: tuple[Any, ...] = ()
    host: tuple[Any, ...] = ()
    stop_on_nan: bool = False
    between_batches: tuple[str, ...] = ()
    """Why batches have to come from the host: what each of these callbacks has."""

    @property
    def everywhere(self) -> tuple[Any, ...]:
        """All but TerminateOnNaN, wherever they run."""
        return (*self.in_program, *self.schedulers, *self.host)

    @property
    def may_log(self) -> bool:
        """Whether there may be entries in the logs that no metric makes."""
        return any(not _is_keras_own(callback) for callback in self.host)

    @property
    def logs_rate(self) -> bool:
        """Whether Keras would add the learning rate to the logs."""
        plateau = any(type(c) is keras.callbacks.ReduceLROnPlateau for c in self.in_program)
        return plateau or bool(self.schedulers)


def sort_callbacks(callbacks: Sequence[Any]) -> Callbacks:
    """Decide where each callback runs.

    TerminateOnNaN is a test inside the step, unless it is to raise an error. Of the others,
    EarlyStopping and ReduceLROnPlateau run inside the program and a LearningRateScheduler is asked
    before each round, if there is nothing else. A subclass of these, or any other callback that
    keeps to ``on_epoch_*`` and ``on_train_*``, runs on the host after each epoch, and then all do,
    in their order: it may change weights, rate and logs, and whoever comes after it has to see
    that. Where one has methods for batches, batches come from the host, too, and Keras' ``fit``
    calls them all.
    """
    groups: dict[str, list[Any]] = {"in_program": [], "schedulers": [], "host": []}
    stop_on_nan, between = False, []
    for callback in callbacks:
        kind = type(callback)
        if kind in IN_PROGRAM:
            groups["in_program"].append(callback)
        elif kind is keras.callbacks.LearningRateScheduler:
            groups["schedulers"].append(callback)
        elif kind is keras.callbacks.TerminateOnNaN and not callback.raise_error:
            stop_on_nan = True
        else:
            groups["host"].append(callback)
            if methods := wants_batches(callback):
                between.append(f"callback {kind.__name__} has {', '.join(methods)}")
    if groups["host"]:
        known = {id(callback) for group in groups.values() for callback in group}
        groups = {"host": [callback for callback in callbacks if id(callback) in known]}
    sorted_groups = {name: tuple(group) for name, group in groups.items()}
    return Callbacks(**sorted_groups, stop_on_nan=stop_on_nan, between_batches=tuple(between))


def find_missing_packages(callbacks: Sequence[Any]) -> list[str]:
    """What Keras' own callbacks write through and is not installed, one sentence each."""
    if "tensorflow" in sys.modules or importlib.util.find_spec("tensorflow") is not None:
        return []
    return [
        f"callback {type(callback).__name__} writes through TensorFlow, which is not installed. "
        "Install it (pip install tensorflow-cpu), or leave the callback out: Dure keeps every "
        "curve by itself."
        for callback in callbacks
        if isinstance(callback, keras.callbacks.TensorBoard)
    ]


def find_copy_faults(callbacks: Sequence[Any]) -> list[str]:
    """Callbacks of which lanes cannot have copies, one sentence each."""
    found = []
    for callback in callbacks:
        try:
            copy.deepcopy(callback)
        except Exception as error:  # whatever an object raises that is not to be copied
            words = f"{type(error).__name__}: {error}".split("\n")[0]
            found.append(
                f"callback {type(callback).__name__} cannot be copied, and each lane needs a copy "
                f"of its own ({words[:200]}). Let it make what it holds (a lock, an open file, a "
                "model) in on_train_begin."
            )
    return found


def watches_by_itself(callback: Any) -> bool:
    """Whether a callback acts on what its ``monitor`` names, whoever puts that into the logs."""
    if isinstance(callback, keras.callbacks.ModelCheckpoint):
        return bool(callback.save_best_only)
    return isinstance(callback, IN_PROGRAM)


def _is_keras_own(callback: Any) -> bool:
    """Whether it is a callback of Keras' that calls nobody's functions."""
    kind = type(callback)
    is_keras = kind.__module__.partition(".")[0] == "keras"
    return is_keras and kind is not keras.callbacks.LambdaCallback


def wants_batches(callback: Any) -> list[str]:
    """The methods of a callback that are called between batches, or around an evaluation."""
    kind = type(callback)
    if kind is keras.callbacks.ModelCheckpoint and callback.save_freq == "epoch":
        return []
    base = keras.callbacks.Callback
    return [
        name
        for name in _BATCH_METHODS
        if getattr(getattr(callback, name), "__func__", None) is not getattr(base, name)
    ]


def copy_callbacks(callbacks: Sequence[Any], key: LaneKey, variants: Sequence[str]) -> list[Any]:
    """Copies of host callbacks for one lane; what they write gets the lane in its path.

    A path may hold ``{variant}``, ``{seed}`` and ``{fold}``; otherwise they are put before a file's
    suffix, or name a folder inside a folder, so that lanes never overwrite each other's files. What
    a lane's BackupAndRestore finds is removed: a lane begins at its seed, or where its run folder
    says.

    Parameters
    ----------
    variants
        Names of all variants of the study.
    """
    variant = name_files(variants, "-")[key.variant]
    copies = copy.deepcopy(list(callbacks))  # together: one may hold another
    for callback in copies:
        for attribute in (*_FILES, *_FOLDERS):
            path = getattr(callback, attribute, None)
            if isinstance(path, str) and path:
                inside = attribute in _FOLDERS
                _move_paths(callback, path, _lane_path(path, variant, key, inside))
                if not inside:
                    Path(getattr(callback, attribute)).parent.mkdir(parents=True, exist_ok=True)
        if isinstance(callback, keras.callbacks.BackupAndRestore):
            shutil.rmtree(callback.backup_dir, ignore_errors=True)
    return copies


def _move_paths(callback: Any, old: str, new: str) -> None:
    """Give a callback another path, and all that it made of the old one."""
    for name, value in vars(callback).items():
        if isinstance(value, str) and value.startswith(old):
            setattr(callback, name, new + value.removeprefix(old))


class ValidationRows(Sequence[Any]):
    """The rows a lane is validated on, as its network sees them: x, y and, if any, their weights.

    A sequence whose arrays are made when first asked for.
    """

    def __init__(self, rows: Arrays, places: npt.NDArray[np.int32]) -> None:
        self._rows = rows.evaluated
        self._places = places

    @cached_property
    def _parts(self) -> tuple[Any, ...]:
        parts = tuple(self._rows)[: len(self)]
        return jax.tree.map(lambda a: np.asarray(a)[self._places], parts)  # type: ignore[no-any-return]

    def __getitem__(self, place: Any) -> Any:
        return self._parts[place]

    def __len__(self) -> int:
        return 2 if self._rows.weight is None else 3


def hand_over_validation(
    callbacks: Sequence[Any], rows: Arrays, places: npt.NDArray[np.int32]
) -> None:
    """Give callbacks the validation rows as ``validation_data``, as Keras 2 did.

    A callback of a study cannot know the rows of a fold otherwise. Keras' own need none, and what
    holds some already keeps them.
    """
    if not len(places):
        return
    found = ValidationRows(rows, places)
    for callback in callbacks:
        if not _is_keras_own(callback) and getattr(callback, "validation_data", None) is None:
            with suppress(AttributeError):  # a property without a setter
                callback.validation_data = found


def _lane_path(path: str, variant: str, key: LaneKey, inside: bool) -> str:
    named = {"{variant}": variant, "{seed}": str(key.seed), "{fold}": str(key.fold)}
    if any(name in path for name in named):
        for name, value in named.items():
            path = path.replace(name, value)
        return path
    tag = f"-{variant}-seed{key.seed}-fold{key.fold}"
    if inside:
        return os.path.join(path, tag[1:])
    if path.endswith(".weights.h5"):  # Keras asks for both
        return f"{path.removesuffix('.weights.h5')}{tag}.weights.h5"
    # Only the last suffix is one: Keras' templates hold dots, as in {val_loss:.2f}.
    stem, dot, suffix = path.rpartition(".")
    return f"{stem}{tag}.{suffix}" if dot and not re.search(r"[/\\]", suffix) else f"{path}{tag}"
