"""Runs a study: plan, train, store, read back. The one place where the parts meet."""

from __future__ import annotations

import copy
import platform
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dure import __version__
from dure._changes import refuse_changes
from dure._training import Trainer
from dure.data.sequences import TextToSequences
from dure.engine.described import study_facts
from dure.engine.drop_in import fit
from dure.engine.plan import Prepared, prepare
from dure.models import has_text, save_architecture, save_text
from dure.result import Result, load
from dure.store import Store, is_run_folder, new_run_folder

if TYPE_CHECKING:
    from dure.study import Study
    from dure.view.terminal import Reporter

__all__ = ["fit", "run_study"]


def run_study(
    study: Study,
    out: str | Path | None = None,
    progress: bool = True,
    resume: bool = False,
    source: Mapping[str, Any] | None = None,
    reporter: Callable[[Prepared], Reporter] | None = None,
    until: str | None = None,
    max_seeds: int = 50,
    rope: float | None = None,
    baseline: str | None = None,
) -> Result:
    """Train every lane of a study and return what its run folder then holds.

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
        from dure._until import Terms, run_until

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
    result = load(folder, study.build)
    draw(result)
    return result


def keep_networks(prepared: Prepared, folder: Path) -> None:
    """Store what trained models are made from: architectures, and the words of each fold."""
    for variant, prototype in prepared.prototypes.items():
        save_architecture(folder, variant, prototype.lowered.model)
    _keep_texts(prepared.study, folder)


def _keep_texts(study: Study, folder: Path) -> None:
    """Store each fold's transformer of raw text, so that its models take raw text."""
    text = study.data.prepare
    if type(text) is not TextToSequences:  # a subclass may do more than its configuration says
        return
    for split in study.splits:
        if not has_text(folder, split.fold):
            fitted = copy.copy(text).fit(study.arrays().x[split.train])
            save_text(folder, split.fold, fitted)


def reporter_for(prepared: Prepared, progress: bool) -> Reporter:
    """What shows a study's progress on the terminal, or nothing at all."""
    from dure.view.terminal import Progress, Quiet

    if not progress:
        return Quiet()
    study, first = prepared.study, next(iter(prepared.prototypes.values()))
    lanes = len(study.lanes)
    names = [variant.name for variant in study.variant_list]
    return Progress(lanes, lanes * study.epochs, names, first.monitor.name)


def draw(result: Result) -> None:
    """Draw every curve into the run folder."""
    from dure.view.figures import save_all

    save_all(result, result.folder)


def make_manifest(
    study: Study, prepared: Prepared, source: Mapping[str, Any] | None
) -> dict[str, Any]:
    """What the run folder says of the study; equal parts mean equal curves."""
    first = next(iter(prepared.prototypes.values()))
    names = ("keras", "jax", "jaxlib", "numpy")
    return {
        "name": study.name,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": list(sys.argv),
        "source": None if source is None else dict(source),
        "versions": {
            "dure": __version__,
            "python": platform.python_version(),
            **{name: version(name) for name in names},
        },
        **study.to_manifest(),
        "facts": study_facts(prepared),
        "networks": {name: p.fingerprint for name, p in prepared.prototypes.items()},
        "metrics": list(first.metrics),
        "monitor": {"name": first.monitor.name, "mode": first.monitor.mode},
    }


def open_store(
    study: Study,
    manifest: Mapping[str, Any],
    out: str | Path | None,
    resume: bool,
    most: Study | None = None,
) -> Store:
    """The study's run folder, open for writing, with all its lanes; one that is there may grow.

    Parameters
    ----------
    most
        The same study with all seeds that the folder may have; None: those of `study`.

    Raises
    ------
    StudyChangedError
        On resuming a folder of another study, or of more seeds.
    """
    if out is not None and resume and is_run_folder(out):
        store = Store.open(Path(out))
        try:
            allowed = manifest if most is None else {**manifest, **most.to_manifest()}
            refuse_changes(_with_all_seeds(store), allowed, store.folder)
            store.extend(study.lanes)
        except BaseException:
            store.close()
            raise
        return store
    folder = new_run_folder("runs", study.name) if out is None else Path(out)
    return Store.create(folder, manifest, study.lanes)


def _with_all_seeds(store: Store) -> dict[str, Any]:
    """The manifest, naming every seed that has lanes; a writer killed early leaves it behind."""
    seeds = list(dict.fromkeys(key.seed for key in store.lanes))
    return {**store.manifest, "study": {**store.manifest["study"], "seeds": seeds}}
