"""What a file of Keras 1 or 2 holds: configuration, compile arguments, numbers."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np

from dure.core.arrays import Array
from dure.keras_bridge.old_files.configs import Writer

Config = dict[str, Any]


class Named(NamedTuple):
    """A layer's arrays as an HDF5 file has them: in order, with names such as "dense/kernel:0"."""

    names: list[str]
    arrays: list[Array]


class Record(NamedTuple):
    """An old file, read."""

    writer: Writer
    config: Config
    """``{"class_name": ..., "config": ...}`` of the model."""
    compiled: Config | None
    """What `compile` was given."""
    layers: dict[str, Named] | None = None
    """Arrays by layer of the model; None for an archive."""
    paths: dict[str, Array] | None = None
    """Arrays by path, such as "layers/dense/vars/0"; None for an HDF5 file."""


def read_hdf5(path: Path) -> Record:
    """A whole-model HDF5 file. Raises KeyError, ValueError or OSError for a damaged one."""
    with h5py.File(path, "r") as file:
        group = file.get("model_weights", file)
        version = _text(file.attrs.get("keras_version", group.attrs.get("keras_version", "")))
        layers = {}
        for name in _texts(group, "layer_names"):
            names = _texts(group[name], "weight_names")
            layers[name] = Named(names, [np.asarray(group[name][each]) for each in names])
        backend = _text(file.attrs.get("backend", group.attrs.get("backend", "")))
        config = json.loads(_text(file.attrs["model_config"]))
        compiled = json.loads(_text(file.attrs.get("training_config", "null")))
        writer = Writer(version, backend or _guess_backend(layers))
        return Record(writer, config, compiled, layers=layers)


def read_archive(path: Path) -> Record:
    """A .keras archive. Raises KeyError, ValueError or OSError for a damaged one."""
    with zipfile.ZipFile(path) as archive:
        config = json.loads(archive.read("config.json"))
        version = str(json.loads(archive.read("metadata.json"))["keras_version"])
        paths: dict[str, Array] = {}
        with h5py.File(io.BytesIO(archive.read("model.weights.h5")), "r") as file:
            file.visititems(_keep(paths))
        compiled = config.get("compile_config") or None
        return Record(Writer(version, "tensorflow"), config, compiled, paths=paths)


def version_of(path: Path) -> str | None:
    """The version of Keras that a whole-model file names: "" where it names none.

    None where it is no whole-model file that can be read.
    """
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                told = json.loads(archive.read("metadata.json"))["keras_version"]
                return told if isinstance(told, str) else None
        with h5py.File(path, "r") as file:
            group = file.get("model_weights", file)
            return _text(file.attrs.get("keras_version", group.attrs.get("keras_version", "")))
    except (OSError, KeyError, TypeError, ValueError, zipfile.BadZipFile):
        return None


def _guess_backend(layers: dict[str, Named]) -> str:
    """Keras 1 does not say: TensorFlow's names of arrays end in ":0", Theano's do not."""
    names = [name for layer in layers.values() for name in layer.names]
    if not names:
        return ""
    return "tensorflow" if any(name.endswith(":0") for name in names) else "theano"


def _keep(paths: dict[str, Array]) -> Callable[[str, Any], None]:
    def keep(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            paths[name.replace("\\", "/")] = np.asarray(item)

    return keep


def _text(value: Any) -> str:
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)


def _texts(group: h5py.Group, name: str) -> list[str]:
    """A list of names; long ones were cut into name0, name1, ..."""
    if name in group.attrs:
        return [_text(each) for each in group.attrs[name]]
    found: list[str] = []
    for place in count():
        if f"{name}{place}" not in group.attrs:
            return found
        found += [_text(each) for each in group.attrs[f"{name}{place}"]]
    raise AssertionError
