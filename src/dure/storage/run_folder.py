"""Run folders as such: their files, their manifest, making one."""

from __future__ import annotations

import json
import os
import re
import secrets
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dure.errors import RunFolderError
from dure.storage.disk import read_file
from dure.storage.files import CHECKPOINTS, CURVES, LANES, MANIFEST, explained, write_atomically
from dure.storage.model_folders import describe_models

FORMAT = 1


def is_run_folder(folder: str | Path) -> bool:
    """Whether there is a run folder here that `Store.open` can be tried on."""
    return (Path(folder) / MANIFEST).is_file()


def read_manifest(folder: str | Path) -> dict[str, Any]:
    """The manifest of a run folder.

    Raises
    ------
    RunFolderError
        There is none, it is damaged, or it was written by a newer Dure.
    """
    folder = Path(folder)
    path = folder / MANIFEST
    try:
        manifest = json.loads(read_file(path))
        version = manifest["format"]
        newer = int(version) > FORMAT
    except (FileNotFoundError, NotADirectoryError):
        missing = "does not exist" if not folder.exists() else f"has no {MANIFEST}"
        models = describe_models(folder)
        told = models or "`dure list` shows the runs there are."
        raise RunFolderError(f"{folder} is not a run folder: it {missing}. {told}") from None
    except OSError as error:
        raise RunFolderError(f"could not read {path}: {error.strerror}.") from error
    except (ValueError, TypeError, KeyError) as error:
        raise RunFolderError(
            f"{path} is damaged ({error!r}): put it back from a copy. The curves beside it can "
            f"still be read with `sqlite3 {folder / CURVES}`."
        ) from error
    if newer:
        raise RunFolderError(
            f"{folder} has format {version}; this Dure reads format {FORMAT}: install a newer Dure."
        )
    return dict(manifest)


def write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write or exchange the manifest: whoever reads sees the old one or the new, whole."""
    text = json.dumps(manifest, indent=2, ensure_ascii=False)
    write_atomically(folder / MANIFEST, iter([text.encode()]))


def refuse_unless_empty(folder: Path) -> None:
    """Raise RunFolderError unless there is nothing here but what a killed `create` left."""
    entries = {path.name for path in folder.iterdir()}
    if MANIFEST in entries:
        raise RunFolderError(
            f"{folder} already holds a run: go on with it by `dure resume {folder}` (in Python: "
            f"study.run(out={str(folder)!r}, resume=True)), or choose another run folder."
        )
    leftovers = {LANES, CHECKPOINTS, "lock", f"{MANIFEST}.tmp"}
    foreign = {n for n in entries - leftovers if not n.startswith(CURVES)}
    full = [n for n in (LANES, CHECKPOINTS) if n in entries and os.listdir(folder / n)]
    if foreign or full or (entries and "lock" not in entries):
        some = ", ".join(sorted(entries)[:3])
        raise RunFolderError(
            f"{folder} is not empty (it holds {some}{', ...' if len(entries) > 3 else ''}): choose "
            "a folder that is new or empty."
        )


def slug(text: str, limit: int = 60) -> str:
    """A text as a file name: letters of any script, digits and dashes; "study" if none is left."""
    text = unicodedata.normalize("NFC", text.lower())
    return re.sub(r"[\W_]+", "-", text).strip("-")[:limit].strip("-") or "study"


def new_run_folder(root: str | Path, name: str) -> Path:
    """Make an empty folder `<root>/<name>-<id>` that nobody else has, for `Store.create`.

    Raises
    ------
    RunFolderError
        It cannot be made.
    """
    root = Path(root)
    with explained("make a run folder", root):
        root.mkdir(parents=True, exist_ok=True)
        while True:
            folder = root / f"{slug(name)}-{secrets.token_hex(3)}"
            try:
                folder.mkdir()
                return folder
            except FileExistsError:
                continue
