"""Reading a whole Keras model from a file."""

from __future__ import annotations

import os
import warnings
import zipfile
from pathlib import Path

import h5py

import dure.layers  # noqa: F401  (registers Dure's layers with Keras)
from dure.core.backend import keras
from dure.errors import DureError, did_you_mean

SUFFIXES = (".keras", ".h5", ".hdf5")


def read_model(path: str | os.PathLike[str]) -> keras.Model:
    """A model out of a ``.keras`` file or a whole-model HDF5 file (``.h5``, ``.hdf5``).

    Classes and functions of one's own must be registered and imported before. Where only those
    that `compile` was given are missing (a loss, a metric), the model comes back uncompiled, with
    a warning.

    Raises
    ------
    DureError
        If there is no such file (with a name that may be meant), it holds no whole model, or
        Keras cannot make it.
    """
    path = Path(path)
    if not path.exists():
        near = path.parent if path.parent.is_dir() else Path()
        names = [each.name for each in near.iterdir() if each.suffix in SUFFIXES]
        hint = did_you_mean(path.name, names)
        told = f" {near.resolve()} has {', '.join(sorted(names))}." if names and not hint else ""
        raise DureError(f"there is no file {path}.{hint}{told}")
    if path.is_dir():
        names = sorted(each.name for each in path.iterdir() if each.suffix in SUFFIXES)
        told = f"; it holds {', '.join(names)}" if names else ""
        raise DureError(f"{path} is a folder, not a model file{told}.")
    _check(path)
    try:
        return _load(path, compiled=True)
    except Exception as error:  # Keras raises nearly every kind here
        return _load_uncompiled(path, error)


def _check(path: Path) -> None:
    """Raises unless a file of a known ending is what its ending says."""
    if path.suffix not in SUFFIXES:
        raise DureError(
            f"{path} ends in {path.suffix or 'nothing'}; model files end in .keras or .h5. A "
            "TensorFlow SavedModel must be saved again as .keras where TensorFlow is."
        )
    if path.suffix == ".keras":
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                if "config.json" in archive.namelist():
                    return
        raise DureError(
            f"{path} is not a Keras model (a zip archive with config.json); save one with "
            "model.save('name.keras')."
        )
    if not h5py.is_hdf5(path):
        raise DureError(f"{path} is not an HDF5 file; save a model with model.save('name.keras').")
    with h5py.File(path, "r") as file:
        if "model_config" not in file.attrs:
            raise DureError(
                f"{path} holds only weights, or another kind of HDF5 data, not a whole model. "
                "Make the model with the code that made it, call model.load_weights(path), and "
                "pass the model itself (or save it whole: model.save('name.keras'))."
            )


def _load(path: Path, compiled: bool) -> keras.Model:
    with warnings.catch_warnings():
        # The optimizer's state is of no use here.
        warnings.filterwarnings("ignore", "Skipping variable loading for optimizer")
        return keras.models.load_model(path, compile=compiled)


def _load_uncompiled(path: Path, error: Exception) -> keras.Model:
    try:
        model = _load(path, compiled=False)
    except Exception as worse:
        raise DureError(_explained(path, worse)) from worse
    warnings.warn(
        f"{path} was read without its loss and metrics, so gradients cannot be taken of its loss; "
        f"register them with @keras.saving.register_keras_serializable(). Keras says, "
        f"{type(error).__name__}: {_line(error)}",
        stacklevel=3,
    )
    return model


def _explained(path: Path, error: Exception) -> str:
    said = f"Keras says, {type(error).__name__}: {_line(error)}"
    if "safe_mode" in str(error) or "unsafe" in str(error):
        return (
            f"{path} holds a Lambda layer, whose code is not run from a file unasked. If you trust "
            "it, call keras.config.enable_unsafe_deserialization() first, or load the model "
            f"yourself and pass it. {said}"
        )
    return (
        f"{path} cannot be read. If the model has classes or functions of your own, register them "
        "with @keras.saving.register_keras_serializable() and import them before; or load it "
        "yourself with keras.models.load_model(path, custom_objects={...}) and pass the model. "
        f"{said}"
    )


def _line(error: Exception) -> str:
    return str(error).strip().split("\n")[0]
