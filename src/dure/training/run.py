"""Runs a study: plan, train, store, read back. The one place where the parts meet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dure.engine.planning.plan import Prepared, prepare
from dure.results.run_result import load
from dure.training.fit import fit
from dure.training.setup import draw, keep_networks, make_manifest, open_store, reporter_for
from dure.training.trainer import Trainer

if TYPE_CHECKING:
    from dure.console.progress import Reporter
    from dure.experiment.spec import StudySpec

__all__ = ["fit", "run_study"]


def run_study(
    study: StudySpec,
    out: str | Path | None = None,
    progress: bool = True,
    resume: bool = False,
    source: Mapping[str, Any] | None = None,
    reporter: Callable[[Prepared], Reporter] | None = None,
    until: str | None = None,
    max_seeds: int = 50,
    rope: float | None = None,
    baseline: str | None = None,
) -> Path:
    """Train every lane of a study and return its run folder.

    Parameters
    ----------
    source
        Where the study came from, for `dure resume`; kept in the manifest.
    reporter
        Makes what shows progress; None for the terminal's own. With `until` once a look.
    until, max_seeds, rope, baseline
        As in `Study.run`.

    Raises
    ------
    StudyError, MemoryPlanError
        Before anything is trained.
    StudyChangedError
        On resuming a folder made by another study, other data or another build.
    KeyboardInterrupt
        After Ctrl-C, once every worker has ended its round and all is stored.
    """
    if until is not None or rope is not None or baseline is not None:
        from dure.training.sequential import Terms, run_until

        terms = Terms(until, max_seeds, rope, baseline)
        return run_until(study, terms, out, progress, resume, source, reporter)
    prepared = prepare(study)
    manifest = make_manifest(study, prepared, source)
    with open_store(study, manifest, out, resume) as store:
        keep_networks(prepared, store.folder)
        shown = reporter_for(prepared, progress) if reporter is None else reporter(prepared)
        with shown:
            Trainer(prepared, store).train(shown)
        folder = store.folder
    draw(load(folder))
    return folder
