"""Runs a study: plan, train, store, read back. The one place where the parts meet."""

from __future__ import annotations

import copy
import platform
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dure import __version__
from dure._errors import StudyChangedError
from dure.data.sequences import TextToSequences
from dure.engine.builder import LaneBuilder, Restored
from dure.engine.drop_in import fit
from dure.engine.lane import snapshot
from dure.engine.plan import Prepared, devices, prepare
from dure.engine.pool import LaneDone, Pool, RoundDone
from dure.engine.width import widen_for_device
from dure.models import has_text, save_architecture, save_text
from dure.result import Result, load
from dure.store import LaneRound, LaneSnapshot, Store, is_run_folder, new_run_folder

if TYPE_CHECKING:
    from dure.study import Study
    from dure.view.terminal import Reporter

__all__ = ["fit", "run_study"]

CHECKPOINT_SECONDS = 20.0
"""Least time between two checkpoint generations: what a kill can cost."""


def run_study(
    study: Study,
    out: str | Path | None = None,
    progress: bool = True,
    resume: bool = False,
    source: Mapping[str, Any] | None = None,
    reporter: Callable[[Prepared], Reporter] | None = None,
) -> Result:
    """Train every lane of a study and return what its run folder then holds.

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
    with _open_store(study, manifest, out, resume) as store:
        for variant, prototype in prepared.prototypes.items():
            save_architecture(store.folder, variant, prototype.lowered.model)
        _keep_texts(study, store.folder)
        shown = reporter_for(prepared, progress) if reporter is None else reporter(prepared)
        with shown:
            _train(prepared, store, shown)
        folder = store.folder
    result = load(folder, study.build)
    _draw(result)
    return result


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


def _draw(result: Result) -> None:
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
        "networks": {name: p.fingerprint for name, p in prepared.prototypes.items()},
        "metrics": list(first.metrics),
        "monitor": {"name": first.monitor.name, "mode": first.monitor.mode},
    }


def _open_store(
    study: Study, manifest: Mapping[str, Any], out: str | Path | None, resume: bool
) -> Store:
    if out is not None and resume and is_run_folder(out):
        store = Store.open(Path(out))
        try:
            refuse_changes(store.manifest, manifest, store.folder)
        except BaseException:
            store.close()
            raise
        return store
    folder = new_run_folder("runs", study.name) if out is None else Path(out)
    return Store.create(folder, manifest, study.lanes)


def refuse_changes(before: Mapping[str, Any], now: Mapping[str, Any], folder: Path) -> None:
    """Raise unless a run folder's study is the one at hand.

    Raises
    ------
    StudyChangedError
        Names every difference, before and now.
    """
    differences = [
        difference
        for part in ("study", "data", "networks", "monitor")
        for difference in _differences(part, before.get(part), now.get(part))
    ]
    if differences:
        lines = "\n".join(f"  {line}" for line in differences)
        raise StudyChangedError(
            f"{folder} was made by another study, so it cannot be resumed:\n{lines}\n"
            "Run the study as it was, or choose another run folder for this one."
        )


def _differences(path: str, before: Any, now: Any) -> list[str]:
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        keys = sorted({*before, *now}, key=str)
        found = (_differences(f"{path}.{k}", before.get(k), now.get(k)) for k in keys)
        return [difference for part in found for difference in part]
    # A manifest read back holds lists where Python had tuples.
    same = before == now or (
        isinstance(before, Sequence) and isinstance(now, Sequence) and list(before) == list(now)
    )
    return [] if same else [f"{path}: was {_short(before)}, is {_short(now)}"]


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:60]}...{text[-12:]}"


def _train(prepared: Prepared, store: Store, shown: Reporter) -> None:
    study = prepared.study
    done = {lane: status for lane, status in store.statuses().items() if status.done}
    restored = {lane: _restored(s) for lane, s in store.restore().items()}
    recorder = Recorder(store, shown, keep_state=not prepared.callbacks.host)
    for lane, status in done.items():
        shown.lane_done(study.lanes[lane], status, None)
    places = devices()[: prepared.plan.workers]
    builder = LaneBuilder(prepared, places[0])
    if places[0].platform != "cpu":
        widen_for_device(prepared, builder.rows(0))
    width = max(p.width for t in prepared.prototypes.values() for p in t.programs.values())
    pool = Pool(places, lambda index: builder.lane(index, restored.pop(index, None)), width)
    try:
        pool.run([lane for lane in _lane_order(prepared) if lane not in done], recorder)
    except KeyboardInterrupt:
        recorder.checkpoint()
        shown.note(
            f"Stopped; all is stored. Go on with: dure resume {store.folder}"
            if store.manifest.get("source")
            else "Stopped; all is stored. Go on with: "
            f"study.run(out={str(store.folder)!r}, resume=True)"
        )
        raise


def _lane_order(prepared: Prepared) -> list[int]:
    """All variants of a seed before the next seed, so that early results compare variants.

    Folds that are prepared each by itself come one after another: only one is in memory then.
    """
    study = prepared.study
    by_fold = study.data.prepare is not None
    seeds = {seed: place for place, seed in enumerate(study.seed_list)}

    def place(index: int) -> tuple[int, int, int]:
        key = study.lanes[index]
        return (key.fold if by_fold else 0, seeds[key.seed], key.fold)

    return sorted(range(len(study.lanes)), key=place)


class Recorder:
    """Hears the pool and writes what it does into the run folder, in the caller's thread."""

    def __init__(self, store: Store, shown: Reporter, keep_state: bool) -> None:
        self._store = store
        self._shown = shown
        self._keep_state = keep_state
        self._latest: dict[int, RoundDone] = {}
        self._saved = time.monotonic()

    def round_done(self, done: RoundDone) -> None:
        """Store a round's curves and remember where the lane stands."""
        if not done.epochs:
            return
        lane = done.lane.index
        metrics = {name: np.asarray(values) for name, values in done.metrics.items()}
        self._store.record_round([LaneRound(lane, done.first_epoch, metrics, done.seconds)])
        if self._keep_state:
            self._latest[lane] = done
        last = {name: float(values[-1]) for name, values in metrics.items()}
        self._shown.advance(done.lane.key, done.epochs, last)

    def lane_done(self, done: LaneDone) -> None:
        """Store a lane's weights and that it is done."""
        self._latest.pop(done.index, None)
        ended = done.finished
        self._store.finish_lane(
            done.index,
            done.status,
            best_epoch=None if ended is None else ended.best_epoch,
            weights={} if ended is None else _numbered(ended.weights),
            best_weights=(
                None
                if ended is None or ended.best_weights is None
                else _numbered(ended.best_weights)
            ),
            test={} if ended is None else ended.test,
        )
        best = None if ended is None else ended.best_value
        self._shown.lane_done(self._store.lanes[done.index], done.status, best)

    def compiling(self, change: int) -> None:
        """Pass on that a program is being compiled (1) or no longer is (-1)."""
        self._shown.compiling(change)

    def stopping(self) -> None:
        """Say that Ctrl-C was heard: the end of a round, or of compiling, may take a while."""
        self._shown.note("Stopping at the end of the round ...")

    def tick(self) -> None:
        """Write a checkpoint when one is due."""
        if self._latest and time.monotonic() - self._saved >= CHECKPOINT_SECONDS:
            self.checkpoint()

    def checkpoint(self) -> None:
        """Write where every lane in training stands."""
        if self._latest:
            self._store.checkpoint({i: _lane_snapshot(done) for i, done in self._latest.items()})
        self._saved = time.monotonic()


def _numbered(arrays: Sequence[Any]) -> dict[str, Any]:
    return {f"{i:04d}": array for i, array in enumerate(arrays)}


def _lane_snapshot(done: RoundDone) -> LaneSnapshot:
    arrays = _numbered(snapshot(done.carry, done.slot))
    arrays["order"] = np.asarray(done.order["keys"])
    extra = {
        "name": done.order["name"],
        "rest": done.order["rest"],
        "seconds": done.lane_seconds,
    }
    return LaneSnapshot(arrays, done.first_epoch + done.epochs - 1, extra)


def _restored(saved: LaneSnapshot) -> Restored:
    arrays = dict(saved.arrays)
    order = {"keys": arrays.pop("order"), **saved.extra}
    leaves = [arrays[name] for name in sorted(arrays)]
    return Restored(leaves, saved.epoch, order, float(saved.extra["seconds"]))
