"""The study that a run folder of the gallery came from."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import dure
from dure.errors import RunFolderError
from dure.gallery.index import find_row
from dure.gallery.page import RowPage


class _StudyReached(BaseException):  # no row may catch it
    def __init__(self, study: dure.Study) -> None:
        self.study = study


class _Finder(RowPage):
    """Goes through a row with the runs it left, up to the study that is looked for."""

    def __init__(self, name: str, left: Path, folder: Path, quick: bool) -> None:
        super().__init__(folder, quick, progress=False)
        self._name, self._left = name, left

    def run(self, study: dure.Study) -> dure.Result:
        if study.name == self._name:
            raise _StudyReached(study)
        return dure.load(self._left / study.name, study.build)


def study_of(source: Mapping[str, Any]) -> dure.Study:
    """The study of a row, as the row makes it.

    Parameters
    ----------
    source
        What `RowPage` put into the run folder: ``gallery`` (the row), ``name`` (the study),
        ``quick`` and ``folder``, where the row left its other runs.

    Raises
    ------
    RunFolderError
        If the row has no such study, or needs a run that is no longer beside this one.
    """
    row = find_row(source["gallery"])
    with tempfile.TemporaryDirectory() as scratch:
        page = _Finder(source["name"], Path(source["folder"]), Path(scratch), source["quick"])
        try:
            import_module(row.module).show(page)
        except _StudyReached as found:
            return found.study
    raise RunFolderError(f"gallery row {row.id} has no study named {source['name']!r} any more.")
