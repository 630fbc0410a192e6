"""The run folders below a folder."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from dure.errors import DureError, RunFolderError
from dure.storage.curves_db import CurvesFile
from dure.storage.files import CURVES, explained
from dure.storage.run_folder import is_run_folder, read_manifest


class RunEntry(NamedTuple):
    """A run folder in a list.

    Attributes
    ----------
    folder, name, created
        Where it is, the study's name, and when it began (ISO 8601; "" if unknown).
    done, lanes
        Lanes done, and lanes in all.
    problem
        Why it cannot be opened; None if it can.
    """

    folder: Path
    name: str
    created: str
    done: int
    lanes: int
    problem: str | None


def list_runs(root: str | Path = "runs") -> list[RunEntry]:
    """The run folders directly below `root`, oldest first; [] if there is no such folder."""
    root = Path(root)
    if not root.is_dir():
        return []
    entries = [_entry(folder) for folder in root.iterdir() if is_run_folder(folder)]
    return sorted(entries, key=lambda entry: (entry.created, entry.folder.name))


def _entry(folder: Path) -> RunEntry:
    name, created = folder.name, ""
    try:
        manifest = read_manifest(folder)
        name, created = str(manifest.get("name", name)), str(manifest.get("created", ""))
        with explained("read the curves", folder):
            curves = CurvesFile(folder / CURVES, read_only=True)
        done, lanes = len(curves.done), len(curves.keys)
        curves.close()
        return RunEntry(folder, name, created, done, lanes, None)
    except DureError as error:
        return RunEntry(folder, name, created, 0, 0, str(error))


def latest(root: str | Path = "runs") -> Path:
    """The run folder below `root` that began last.

    Raises
    ------
    RunFolderError
        There is none.
    """
    entries = list_runs(root)
    if not entries:
        raise RunFolderError(f"there are no runs in {root}: name a run folder, or start a run.")
    return entries[-1].folder
