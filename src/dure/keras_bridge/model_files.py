"""Keras models in a run folder, stored once a variant, and brought back."""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dure.core.keras_registration import register_with_keras
from dure.errors import RunFolderError, did_you_mean
from dure.keras_bridge.preparation.files import StoredPreparation, load_preparation
from dure.storage.disk import flush_file, flush_folder, remove_file, replace_file
from dure.storage.files import explained, write_atomically
from dure.storage.run_folder import read_manifest, slug

if TYPE_CHECKING:
    from dure.core.backend import keras

_BUILD = "pass the function that made it: build=... (dure.load(folder, build=...) for a result)"


def weights_of(model: keras.Model) -> dict[str, np.ndarray]:
    """A model's weights as a run folder stores them: "0000", "0001", ... as in `model.weights`."""
    return {f"{i:04d}": np.asarray(value) for i, value in enumerate(model.weights)}


def save_architecture(folder: str | Path, variant: str, model: keras.Model) -> None:
    """Store a variant's compiled, built, untrained model, unless that was done before.

    Writes `models/<variant>.json` (the shapes it was built for) and `models/<variant>.keras`,
    or, where Keras cannot write the model (a class without `get_config`, say),
    `models/<variant>.txt` with the reason; `load_model` then needs `build`.

    Raises
    ------
    RunFolderError
        The folder cannot be written.
    """
    base = _base(folder, variant)
    kept, reason = _add_suffix(base, ".keras"), _add_suffix(base, ".txt")
    if kept.exists() or reason.exists():
        return
    with explained(f"store the model of {variant!r}", Path(folder)):
        base.parent.mkdir(exist_ok=True)
        record = {"variant": variant, "build_config": _json_or_none(model.get_build_config())}
        text = json.dumps(record, indent=1, ensure_ascii=False)
        write_atomically(_add_suffix(base, ".json"), iter([text.encode()]))
        # Keras insists on the ending, so the temporary name differs in front.
        temporary = kept.with_name(f"tmp-{kept.name}")
        why = _save(model, temporary)
        if why:
            write_atomically(reason, iter([why.encode()]))
            return
        flush_file(temporary)
        replace_file(temporary, kept)
        flush_folder(kept.parent)


def _save(model: keras.Model, path: Path) -> str:
    """Write a model where Keras can; else why not, and nothing is left.

    Raises
    ------
    OSError
        The disk's. Keras also raises one where it tells of a lambda whose source is in no file.
    """
    from dure.core.backend import keras

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what matters is whether it can be loaded
            try:
                keras.saving.serialize_keras_object(model)
            except OSError as error:
                raise TypeError(str(error)) from error
            model.save(path)
    except OSError:
        remove_file(path)
        raise
    except Exception as error:  # whatever a user's get_config raises
        remove_file(path)
        return f"Keras could not store this model, {type(error).__name__}: {error}\n"
    return ""


def load_model(
    folder: str | Path,
    variant: str,
    weights: Mapping[str, np.ndarray],
    build: Callable[..., keras.Model] | None = None,
    fold: int | None = None,
) -> keras.Model:
    """A variant's compiled model with these weights.

    Optimizer state is not brought back: `evaluate` and `predict` are as they were, a further
    `fit` starts with a fresh optimizer.

    Parameters
    ----------
    folder
        The run folder.
    variant
        Which architecture.
    weights
        Arrays by "0000", "0001", ..., in the order of `model.weights` and of its shapes.
    build
        Makes the model, called with the variant's arguments out of the manifest. Without it
        the stored architecture is loaded, for which classes and functions of one's own must
        be registered with `keras.saving.register_keras_serializable`.
    fold
        Whose fitted transformers, if the folder holds any, come before the network, as Keras
        layers or in a `PreparedModel`. None: the network alone.

    Raises
    ------
    RunFolderError
        There is no such variant, its model cannot be made, the weights do not fit it, or the
        fold's transformers cannot be read.
    """
    folder = Path(folder)
    model = _load_stored(folder, variant) if build is None else _build_anew(folder, variant, build)
    _set_weights(model, variant, weights)
    kept = None if fold is None else load_preparation(folder, fold)
    return _build_optimizer(model) if kept is None else put_before(model, kept)


def put_before(network: keras.Model, stored: StoredPreparation) -> keras.Model:
    """The network with a fold's preparation before it, as layers where those are equal."""
    from dure.keras_bridge.preparation.as_layers import put_layers_before
    from dure.keras_bridge.preparation.prepared_model import PreparedModel

    made = put_layers_before(network, stored.preparation) if stored.as_layers else None
    if made is not None:
        return _build_optimizer(made)
    return PreparedModel(_build_optimizer(network), stored.preparation)


def _build_optimizer(model: keras.Model) -> keras.Model:
    if model.compiled and not model.optimizer.built:
        # Keras would warn of the missing numbers whenever a file of this model is loaded.
        model.optimizer.build(model.trainable_variables)
    return model


def _load_stored(folder: Path, variant: str) -> keras.Model:
    from dure.core.backend import keras

    register_with_keras()
    base = _base(folder, variant)
    kept, reason = _add_suffix(base, ".keras"), _add_suffix(base, ".txt")
    if reason.exists():
        why = reason.read_text(encoding="utf-8").strip()
        raise RunFolderError(
            f"the model of {variant!r} is not stored in {folder}: {_BUILD}. Or give its classes a "
            f"get_config and keras.saving.register_keras_serializable. {why}"
        )
    if not kept.exists():
        known = read_manifest(folder).get("study", {}).get("variants", {})
        hint = "" if variant in known else did_you_mean(variant, known)
        raise RunFolderError(f"{folder} holds no model of a variant {variant!r}.{hint}")
    try:
        with warnings.catch_warnings():
            # The optimizer's state was never meant to be there.
            warnings.filterwarnings("ignore", "Skipping variable loading for optimizer")
            return keras.models.load_model(kept)
    except Exception as error:  # Keras raises nearly every kind here
        raise RunFolderError(
            f"the model of {variant!r} in {kept} cannot be loaded. If it has classes or functions "
            "of your own, register them with @keras.saving.register_keras_serializable() and "
            f"import them first; or {_BUILD}. Keras says, {type(error).__name__}: {error}"
        ) from error


def _build_anew(folder: Path, variant: str, build: Callable[..., keras.Model]) -> keras.Model:
    variants = read_manifest(folder).get("study", {}).get("variants", {})
    if variant not in variants:
        raise RunFolderError(
            f"{folder} has no variant {variant!r}; it has {', '.join(map(repr, variants))}."
            + did_you_mean(variant, variants)
        )
    model = build(**variants[variant])
    path = _add_suffix(_base(folder, variant), ".json")
    if not model.weights and path.exists():
        # Shapes came from the data when it was trained; they are in the record.
        config = json.loads(path.read_text(encoding="utf-8"))["build_config"]
        if config:
            model.build_from_config(config)
    return model


def _set_weights(model: keras.Model, variant: str, weights: Mapping[str, np.ndarray]) -> None:
    variables = model.weights
    keys = [f"{i:04d}" for i in range(len(variables))]
    faults = []
    if sorted(weights) != sorted(keys):
        faults.append(f"it has {len(keys)} arrays of weights, and {len(weights)} are stored")
    else:
        faults = [
            f"{variable.path} has shape {tuple(variable.shape)}, stored is {weights[key].shape}"
            for key, variable in zip(keys, variables, strict=True)
            if tuple(variable.shape) != weights[key].shape
        ]
    if faults:
        raise RunFolderError(
            f"the stored weights do not fit the model of {variant!r}: {'; '.join(faults)}. The "
            "model must be made as it was when it was trained, and be built (give it an Input)."
        )
    for key, variable in zip(keys, variables, strict=True):
        variable.assign(weights[key])


def _base(folder: str | Path, variant: str) -> Path:
    # The digest keeps apart variants whose names become the same file name.
    digest = hashlib.sha256(variant.encode()).hexdigest()[:8]
    return Path(folder) / "models" / f"{slug(variant, 40)}-{digest}"


def _add_suffix(base: Path, suffix: str) -> Path:
    return base.with_name(base.name + suffix)


def _json_or_none(value: Any) -> Any:
    try:
        return json.loads(json.dumps(value))
    except (TypeError, ValueError):
        return None
