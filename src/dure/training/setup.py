"""What every run begins and ends with: its folder, manifest, networks, progress, pictures."""

from __future__ import annotations

import platform
import sys
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dure import __version__
from dure.core.arrays import Rows, take_rows
from dure.engine.planning.model_facts import known_modes, study_facts
from dure.engine.planning.prepared import PreparedStudy
from dure.keras_bridge.model_files import save_architecture
from dure.keras_bridge.preparation.as_layers import has_equal_layers
from dure.keras_bridge.preparation.files import has_preparation, save_preparation
from dure.keras_bridge.preparation.fitted import FittedPreparation
from dure.results.run_result import RunResult
from dure.storage.run_folder import is_run_folder, new_run_folder
from dure.storage.store import Store
from dure.storage.study_changes import refuse_changes

if TYPE_CHECKING:
    from dure.console.progress import Reporter
    from dure.experiment.spec import StudySpec


def store_networks(prepared: PreparedStudy, folder: Path) -> None:
    """Store what trained models are made from: architectures, and each fold's preparation."""
    for variant, prototype in prepared.prototypes.items():
        save_architecture(folder, variant, prototype.lowered.model)
    _store_preparations(prepared.study, folder)


def _store_preparations(study: StudySpec, folder: Path) -> None:
    """Store each fold's fitted transformers, so that its models take raw rows."""
    if study.data.prepare is None:
        return
    reasons = []
    for split in study.splits:
        if not has_preparation(folder, split.fold):
            x = take_rows(study.arrays().x, _spread(split.train))
            preparation = FittedPreparation.of(
                study.preparation(split), x, study.data.feature_names
            )
            as_layers = has_equal_layers(preparation, x)
            reasons.append(save_preparation(folder, split.fold, preparation, as_layers))
    why = next(filter(None, reasons), None)
    if why is not None:
        warnings.warn(
            f"the preparation cannot be kept with the trained models: {why}. Studies train as "
            "ever, but lane.model() and lane.save() will refuse; lane.network() takes prepared "
            "rows (data.prepared).",
            stacklevel=2,
        )


def _spread(rows: Rows, most: int = 1024) -> Rows:
    """Some rows from first to last: enough to see what transformers do."""
    return rows[np.linspace(0, len(rows) - 1, min(len(rows), most)).astype(np.int64)]


def make_reporter(prepared: PreparedStudy, progress: bool) -> Reporter:
    """What shows a study's progress on the terminal, or nothing at all."""
    from dure.console.progress import Progress, Reporter

    if not progress:
        return Reporter()
    study, monitor = prepared.study, next(iter(prepared.prototypes.values())).monitor
    lanes = len(study.lanes)
    names = [variant.name for variant in study.variant_list]
    return Progress(lanes, lanes * study.epochs, names, monitor.name, mode=monitor.mode)


def save_pictures(result: RunResult) -> None:
    """Draw every curve into the run folder."""
    from dure.plots.curves import save_all

    save_all(result, result.folder)


def make_manifest(
    study: StudySpec, prepared: PreparedStudy, source: Mapping[str, Any] | None
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
        "modes": known_modes(prepared),
        "monitor": {"name": first.monitor.name, "mode": first.monitor.mode},
    }


def open_store(
    study: StudySpec,
    manifest: Mapping[str, Any],
    out: str | Path | None,
    resume: bool,
    most: StudySpec | None = None,
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
