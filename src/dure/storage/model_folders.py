"""Folders that hold models, where a run folder is asked for."""

from __future__ import annotations

from pathlib import Path

ENDINGS = (".keras", ".h5", ".hdf5")
"""What files of whole models end in."""


def describe_models(folder: Path) -> str:
    """What models a folder that is no run folder holds (or is), and what to do; "" if none."""
    if folder.is_file() and folder.suffix in ENDINGS:
        return (
            f"It is a file, perhaps of a model: look inside with `dure look {folder}`, or open it "
            "with dure.load_model."
        )
    try:
        names = sorted(path.name for path in folder.iterdir())
    except OSError:
        return ""
    if "saved_model.pb" in names or "saved_model.pbtxt" in names:
        return (
            "It holds a TensorFlow SavedModel, which nothing but TensorFlow reads: save the model "
            "again where TensorFlow is, model.save('name.h5')."
        )
    if {"config.json", "metadata.json"} <= set(names):
        return (
            "It is what is in a .keras archive, unpacked: pack config.json, metadata.json and "
            "model.weights.h5 into a zip archive called name.keras."
        )
    found = [name for name in names if name.endswith(ENDINGS) and not name.endswith(".weights.h5")]
    if not found:
        return ""
    some = ", ".join(found[:3]) + (", ..." if len(found) > 3 else "")
    return (
        f"It holds {'models' if len(found) > 1 else 'a model'} ({some}): look inside one with "
        f"`dure look {folder / found[0]}`, or open it with dure.load_model."
    )
