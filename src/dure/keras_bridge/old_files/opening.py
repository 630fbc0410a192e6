"""A whole model out of a file that Keras 1 or 2 wrote."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dure.core.backend import keras
from dure.errors import DureError, Faults
from dure.keras_bridge.old_files.archives import assign_paths
from dure.keras_bridge.old_files.compiling import compile_as_saved
from dure.keras_bridge.old_files.configs import Translation
from dure.keras_bridge.old_files.graphs import Part, find_data_formats, translate
from dure.keras_bridge.old_files.record import Record
from dure.keras_bridge.old_files.weights import assign_groups


def open_record(path: Path, record: Record) -> keras.Model:
    """The model that an old file holds, its numbers where Keras 3 has them.

    Parameters
    ----------
    path
        The file, for what is said.
    record
        What it holds.

    Raises
    ------
    DureError
        It holds something that has no equal in Keras 3, a class that is not known, or code;
        everything at once.
    """
    words = Translation(record.writer, data_formats=find_data_formats(record.config))
    config, part = translate(record.config, words)
    _raise_if_unknown(path, words)
    with warnings.catch_warnings():
        # Of words that Keras 3 has given up; which, is told here already.
        warnings.simplefilter("ignore")
        try:
            model = keras.saving.deserialize_keras_object(config)
        except Exception as error:  # Keras raises nearly every kind here
            said = str(error).strip().split("\n")[0]
            raise DureError(
                f"{path}, which {record.writer} wrote, cannot be made a model of Keras 3. Keras "
                f"says, {type(error).__name__}: {said}"
            ) from error
    faults = Faults()
    if not model.built:
        faults.append("the file does not tell the shape of the model's input.")
    else:
        _assign(model, part, record, faults)
        _compare_shapes(model, part, faults)
    _raise_if_any(path, record, faults, "Its numbers do not fit the layers it names")
    outputs = {each.name: each.now for each in part.parts if each.name != each.now}
    return compile_record(model, path, record, outputs)


def compile_record(
    model: keras.Model, path: Path, record: Record, outputs: Mapping[str, str]
) -> keras.Model:
    """The model, compiled with what its file says; one warning of what is not known here.

    Parameters
    ----------
    model
        Not compiled yet.
    path, record
        The file, and what it holds.
    outputs
        Names of outputs in the model, by those in the file, where they differ.
    """
    if record.compiled:
        notes = compile_as_saved(model, record.compiled, outputs, record.writer)
        if notes:
            told = "; ".join(notes)
            warnings.warn(f"{path}, which {record.writer} wrote, is {told}.", stacklevel=4)
    return model


def _assign(model: keras.Model, part: Part, record: Record, faults: Faults) -> None:
    if record.layers is not None:
        assign_groups(model, part, record.layers, record.writer, faults)
    if record.paths is not None:
        assign_paths(model, part, record.paths, faults)


def _compare_shapes(model: Any, part: Part, faults: Faults) -> None:
    """Keras 1's Deconvolution was told the shape of its output; it must be what comes out."""
    for child in part.parts:
        if child.is_model:
            _compare_shapes(model.get_layer(child.now), child, faults)
        told = child.config.get("output_shape") if isinstance(child.config, Mapping) else None
        if child.class_name not in ("Deconvolution2D", "Deconvolution3D") or not told:
            continue
        comes = tuple(model.get_layer(child.now).output.shape)
        if tuple(told)[1:] != comes[1:]:
            faults.append(
                f"layer {child.name!r} ({child.class_name}): output_shape={tuple(told)} has no "
                f"equal in Keras 3, where {comes} comes out."
            )


def _raise_if_unknown(path: Path, words: Translation) -> None:
    if words.unsafe and not words.foreign and not words.faults:
        raise DureError(
            f"{path} holds Lambda layers ({', '.join(words.unsafe)}), whose code is not run from a "
            f"file unasked, and which {words.writer} wrote for another Python. Make the model with "
            "the code that made it, with layers of your own for these, and pass the model itself."
        )
    faults = Faults(words.faults)
    faults += [
        f"layer {name!r} (Lambda) is code, which is not run from a file." for name in words.unsafe
    ]
    if words.foreign:
        faults.append(
            f"not known here: {', '.join(dict.fromkeys(words.foreign))}. Register your own with "
            "@keras.saving.register_keras_serializable() and import them before."
        )
    _raise_if_any(path, words, faults, "It cannot be a model of Keras 3 as it is")


def _raise_if_any(path: Path, source: Record | Translation, faults: Faults, what: str) -> None:
    if not faults:
        return
    lines = "\n".join(f"  {number}. {fault}" for number, fault in enumerate(faults, 1))
    told = f" {faults[0]}" if len(faults) == 1 else f"\n{lines}\n"
    raise DureError(
        f"{path} was written by {source.writer}. {what}:{told} Make the model anew in Keras 3, or "
        "change it where that Keras runs and save it again."
    )
