"""The one door for whole Keras models out of files, whichever Keras wrote them."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import shutil
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import h5py

import dure.layers  # noqa: F401  (registers Dure's layers with Keras)
from dure.core.backend import keras
from dure.errors import DureError, did_you_mean
from dure.keras_bridge.old_files.opening import compile_record, open_record
from dure.keras_bridge.old_files.record import read_archive, read_hdf5, version_of
from dure.storage.model_folders import ENDINGS, describe_models
from dure.storage.run_folder import is_run_folder


def load_model(path: str | os.PathLike[str]) -> keras.Model:
    """A whole Keras model out of a file: of Keras 3, and of Keras 1 and 2 (tf.keras, too).

    What the older ones called otherwise is translated, and their arrays are brought into Keras 3's
    order, so that the model predicts what it predicted; what has no equal is an error that names
    layer, argument and value. A model is compiled if it was, with the optimizer at its first step
    where an older Keras wrote the file.

    Classes and functions of one's own must be registered and imported before. Code in a file (a
    Lambda layer) is not run.

    Parameters
    ----------
    path
        A ``.keras`` file or a whole-model HDF5 file (``.h5``, ``.hdf5``). What is in it counts:
        TensorFlow up to 2.12 wrote HDF5 under ``.keras``, too.

    Returns
    -------
    keras.Model
        Where only what `compile` was given is not known here (a loss, a metric, an optimizer) it
        comes without that, and one warning says so.

    Raises
    ------
    DureError
        There is no such file (with a name that may be meant), it holds no whole model, it is
        damaged, or it cannot be a model of Keras 3.

    Examples
    --------
    >>> path = folder / "hidden.keras"
    >>> keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]).save(path)
    >>> dure.load_model(path).output_shape
    (None, 2)
    """
    path = Path(path)
    _check_place(path)
    is_archive = _check_content(path)
    version = version_of(path)
    if version is None or (version.split(".")[0].isdigit() and int(version.split(".")[0]) > 2):
        try:
            return _load(path, compiled=True)
        except Exception as error:  # Keras raises nearly every kind here
            return _load_uncompiled(path, is_archive, error)
    try:
        record = read_archive(path) if is_archive else read_hdf5(path)
    except (OSError, KeyError, ValueError) as error:
        raise DureError(
            f"{path} is damaged ({type(error).__name__}: {_line(error)}): copy or download it anew."
        ) from error
    return open_record(path, record)


def _check_place(path: Path) -> None:
    """Raises unless there is a file here."""
    if not path.exists():
        near = path.parent if path.parent.is_dir() else Path()
        names = [each.name for each in near.iterdir() if each.suffix in ENDINGS]
        hint = did_you_mean(path.name, names)
        told = f" {near.resolve()} has {', '.join(sorted(names))}." if names and not hint else ""
        raise DureError(f"there is no file {path}.{hint}{told}")
    if path.is_dir():
        told = describe_models(path)
        if is_run_folder(path):
            told = "It is a run folder: dure.load(folder).best().model() gives its best model."
        raise DureError(f"{path} is a folder, not a model file. {told}".rstrip())


def _check_content(path: Path) -> bool:
    """Whether the file is an archive, else HDF5; raises if it is no whole model."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            if "config.json" in archive.namelist():
                return True
        other = "a zip archive without config.json: perhaps a PyTorch model, or NumPy arrays"
        raise DureError(f"{path} is not a Keras model ({other}). {_SAVE}")
    if h5py.is_hdf5(path):
        _check_hdf5(path)
        return False
    raise DureError(f"{path} is not a Keras model: {_what_else(path)}. {_SAVE}")


_SAVE = "Save a model whole with model.save('name.keras') or, of an older Keras, 'name.h5'."


def _check_hdf5(path: Path) -> None:
    try:
        with h5py.File(path, "r") as file:
            if "model_config" in file.attrs:
                return
    except OSError as error:
        raise DureError(
            f"{path} is cut off or damaged ({_line(error)}): copy or download it anew."
        ) from error
    raise DureError(
        f"{path} holds only weights, or another kind of HDF5 data, not a whole model. Make the "
        "model with the code that made it, call model.load_weights(path), and pass the model "
        "itself (or save it whole: model.save('name.keras'))."
    )


def _what_else(path: Path) -> str:
    """What a file is that is no archive and no HDF5."""
    with open(path, "rb") as file:
        start = file.read(32)
    if not start:
        return "it is empty"
    if start[4:8] == b"TFL3":
        return "it is TensorFlow Lite, which is made of a model and cannot be made one again"
    if start.startswith(b"PK"):
        return "it is a zip archive that is cut off or damaged; copy or download it anew"
    if start.startswith(b"\x80") and start[1] in range(2, 6):
        return "it is a pickle, which runs code when it is read"
    if start.startswith(b"version https://git-lfs"):
        return "it only stands for a file that Git LFS keeps; fetch that with `git lfs pull`"
    if start.lstrip()[:1] in (b"{", b"<"):
        text = "JSON" if start.lstrip()[:1] == b"{" else "a web page or XML"
        return f"it is {text}, without numbers"
    if path.suffix == ".onnx":
        return "it is ONNX"
    if path.suffix == ".pb":
        return "it is a graph of TensorFlow (of a SavedModel, perhaps), which only that reads"
    return "neither a zip archive nor HDF5"


def _load(path: Path, compiled: bool) -> keras.Model:
    # Keras says through this logger that a file has no compile section, or unused metrics.
    logger = logging.getLogger("absl")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            # The optimizer's state is of no use here.
            warnings.filterwarnings("ignore", "Skipping variable loading for optimizer")
            with _named_as_it_is(path) as named:
                return keras.models.load_model(named, compile=compiled)
    finally:
        logger.setLevel(level)


@contextmanager
def _named_as_it_is(path: Path) -> Iterator[Path]:
    """The file under a name that ends as its content asks for: Keras goes by the ending."""
    ending = ".keras" if zipfile.is_zipfile(path) else ".h5"
    known = (".keras",) if ending == ".keras" else (".h5", ".hdf5")
    if path.suffix in known:
        yield path
        return
    with TemporaryDirectory() as folder:
        yield Path(shutil.copy(path, Path(folder) / f"model{ending}"))


def _load_uncompiled(path: Path, is_archive: bool, error: Exception) -> keras.Model:
    try:
        model = _load(path, compiled=False)
    except Exception as worse:
        raise DureError(_explained(path, is_archive, worse)) from worse
    if not is_archive:
        # Keras 3 reads not all compile sections that it writes into HDF5, "mae" by name for one.
        return compile_record(model, path, read_hdf5(path), {})
    warnings.warn(
        f"{path} was read without its loss and metrics, so gradients cannot be taken of its loss; "
        f"register them with @keras.saving.register_keras_serializable(). Keras says, "
        f"{type(error).__name__}: {_line(error)}",
        stacklevel=3,
    )
    return model


def _explained(path: Path, is_archive: bool, error: Exception) -> str:
    said = f"Keras says, {type(error).__name__}: {_line(error)}"
    damage = _damage_of(path) if is_archive else None
    if damage is not None:
        return f"{path} is damaged ({damage}): copy or download it anew. {said}"
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


def _damage_of(path: Path) -> str | None:
    """What of an archive is broken or missing; None where nothing is."""
    try:
        with zipfile.ZipFile(path) as archive:
            broken = archive.testzip()
            if broken is not None:
                return f"{broken} in it does not read as it was written"
            if "model.weights.h5" not in archive.namelist():
                return "it holds no model.weights.h5"
            config = json.loads(archive.read("config.json"))
            if not isinstance(config, dict) or "class_name" not in config:
                return "config.json in it describes no model"
            with archive.open("model.weights.h5") as file:
                h5py.File(io.BytesIO(file.read()), "r").close()
    except Exception as error:  # whatever reading broken bytes raises
        return f"{type(error).__name__}: {error}"
    return None


def _line(error: Exception) -> str:
    """What an error of Keras says first, or, where something is not known here, what that is."""
    text = str(error).strip()
    unknown = re.findall(r"(?:Could not locate|Unknown) [^\n]*?'[^'\n]+'", text)
    return unknown[-1] if unknown else text.split("\n")[0]
