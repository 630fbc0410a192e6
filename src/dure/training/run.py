"""Runs a study: plan, train, store. The one place where the parts meet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dure.engine.planning.plan import prepare
from dure.engine.planning.prepared import PreparedStudy
from dure.results.run_result import load
from dure.training.setup import (
    make_manifest,
    make_reporter,
    open_store,
    save_pictures,
    store_networks,
)
from dure.training.trainer import LaneTrainer

if TYPE_CHECKING:
    from dure.console.progress import Reporter
    from dure.experiment.spec import StudySpec


def run_study(
    study: StudySpec,
    out: str | Path | None = None,
    progress: bool = True,
    resume: bool = False,
    source: Mapping[str, Any] | None = None,
    reporter: Callable[[PreparedStudy], Reporter] | None = None,
) -> Path:
    """Train every lane of a study and return its run folder.

    Parameters
    ----------
    source
        Where the study came from, for `dure resume`; kept in the manifest.
    reporter
        Makes what shows progress; None for the terminal's own.

    Raises
    ------
    StudyError, MemoryPlanError
        Before anything is trained.
    StudyChangedError
        On resuming a folder made by another study, other data or another build.
    KeyboardInterrupt
        After Ctrl-C, once every worker has ended its round and all is stored.
    """
    prepared = prepare(study)
    manifest = make_manifest(study, prepared, source)
    with open_store(study, manifest, out, resume) as store:
        store_networks(prepared, store.folder)
        shown = make_reporter(prepared, progress) if reporter is None else reporter(prepared)
        with shown, LaneTrainer(prepared, store) as trainer:
            trainer.train(shown)
        folder = store.folder
    save_pictures(load(folder))
    return folder
