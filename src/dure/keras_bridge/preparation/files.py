"""The fitted transformers of each fold in a run folder: `prepare/fold-<fold>.json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from dure.errors import DureError, RunFolderError
from dure.keras_bridge.preparation.fitted import FittedPreparation
from dure.storage.files import explained, write_atomically
from dure.storage.run_folder import is_run_folder, read_manifest


class StoredPreparation(NamedTuple):
    """A fold's preparation, and whether Keras layers compute the same."""

    preparation: FittedPreparation
    as_layers: bool


def save_preparation(
    folder: str | Path, fold: int, preparation: FittedPreparation, as_layers: bool
) -> str | None:
    """Store a fold's fitted transformers; what cannot be written is stored as the reason.

    Parameters
    ----------
    as_layers
        Whether Keras layers compute the same, by `has_equal_layers`.

    Returns
    -------
    Why the transformers cannot be kept; None where they are.

    Raises
    ------
    RunFolderError
        The folder cannot be written.
    """
    path = _file(folder, fold)
    why = None
    try:
        told = {**preparation.get_config(), "as_layers": as_layers}
    except DureError as error:
        why = str(error)
        told = {"reason": why}
    with explained(f"store the preparation of fold {fold}", Path(folder)):
        path.parent.mkdir(exist_ok=True)
        write_atomically(path, iter([json.dumps(told, ensure_ascii=True).encode()]))
    return why


def has_preparation(folder: str | Path, fold: int) -> bool:
    """Whether something is stored for a fold."""
    return _file(folder, fold).exists()


def load_preparation(folder: str | Path, fold: int) -> StoredPreparation | None:
    """A fold's fitted transformers; None where the folder holds none.

    Raises
    ------
    RunFolderError
        They cannot be read, could not be written, or hold classes that Keras was not told of.
    """
    path = _file(folder, fold)
    other = "; or take lane.network(), the network alone, which takes prepared rows."
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        manifest = read_manifest(folder) if is_run_folder(folder) else {}
        if (manifest.get("data") or {}).get("prepare") is None:
            return None
        raise RunFolderError(
            f"the networks in {folder} were trained on prepared rows, and {path} is not there: "
            f"put it back from a copy{other}"
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise RunFolderError(_damaged(path, fold, error)) from error
    if isinstance(held, dict) and "reason" in held:
        raise RunFolderError(
            f"the preparation of fold {fold} is not kept in {path.parent.parent}: "
            f"{held['reason']}. Use a transformer of scikit-learn, or a class whose attributes "
            f"are numbers, arrays and such{other}"
        )
    try:
        return StoredPreparation(FittedPreparation.from_config(held), bool(held["as_layers"]))
    except DureError as error:
        raise RunFolderError(f"fold {fold}: {str(error).rstrip('.')}{other}") from error
    except Exception as error:  # what a damaged file makes scikit-learn raise
        raise RunFolderError(_damaged(path, fold, error)) from error


def _damaged(path: Path, fold: int, error: Exception) -> str:
    return (
        f"the preparation of fold {fold} in {path} cannot be read ({type(error).__name__}: "
        f"{error}): put the file back from a copy."
    )


def _file(folder: str | Path, fold: int) -> Path:
    return Path(folder) / "prepare" / f"fold-{fold}.json"
