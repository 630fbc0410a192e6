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
from dure.engine.described import study_facts
from dure.engine.drop_in import fit
from dure.engine.lane import snapshot
from dure.engine.plan import Prepared, devices, prepare
from dure.engine.pool import LaneDone, Pool, RoundDone
from dure.engine.width import widen_for_device
from dure.models import has_text, save_architecture, save_text
from dure.result import Result, load
from dure.store import LaneHealth, LaneRound, LaneSnapshot, Store, is_run_folder, new_run_folder

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


def refuse_changes(before: Mapping[str, Any], now: Mapping[str, Any], folder: Path) -> None:
    """Raise unless a run folder's study is the one at hand, or has some of its seeds.

    Raises
    ------
    StudyChangedError
        Names every difference, before and now.
    """
    parts = ("study", "data", "networks", "monitor")
    was, is_ = ({part: manifest.get(part) for part in parts} for manifest in (before, now))
    seeds, now_seeds = _take_seeds(was), _take_seeds(is_)
    differences = _rule_differences(before.get("sequential"), now.get("sequential"))
    if missing := [seed for seed in seeds if seed not in now_seeds]:
        differences.append(
            f"study.seeds: the folder has {len(seeds)}, the study {len(now_seeds)}, without "
            f"{_short(missing)}; a run can be given more seeds, not fewer"
        )
    differences += [d for part in parts for d in _differences(part, was[part], is_[part])]
    if differences:
        lines = "\n".join(f"  {line}" for line in differences)
        raise StudyChangedError(
            f"{folder} was made by another study, so it cannot be resumed:\n{lines}\n"
            "Run the study as it was, or choose another run folder for this one."
        )


def _take_seeds(manifest: dict[str, Any]) -> list[int]:
    """The seeds in a manifest's part "study", which is exchanged for one without them."""
    study = dict(manifest["study"] or {})
    seeds = list(study.pop("seeds", ()))
    manifest["study"] = study
    return seeds


def _rule_differences(before: Any, now: Any) -> list[str]:
    """How the rules of two studies run until decided differ, or that only one has a rule."""
    if before and not now:
        return ["until: was 'decided', is not given; its seeds are added by that rule only"]
    if now and not before:
        return ["until: was not given, is 'decided'; looks made by eye cannot be counted"]
    if not before:
        return []
    was, is_ = ({**r["rule"], "looks": r["rule"]["plan"]["looks"]} for r in (before, now))
    return [d for n in ("looks", "rope", "baseline") for d in _differences(n, was[n], is_[n])]


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


class Trainer:
    """Trains the lanes of a run folder; programs are compiled once, whatever comes when.

    Parameters
    ----------
    prepared
        Of a study with all lanes that the folder has or will be given.
    """

    def __init__(self, prepared: Prepared, store: Store) -> None:
        self._prepared, self._store = prepared, store
        self._places = devices()[: prepared.plan.workers]
        self._builder = LaneBuilder(prepared, self._places[0])
        if self._places[0].platform != "cpu":
            widen_for_device(prepared, self._builder.rows(0))
        self._order = _lane_order(prepared)

    def train(self, shown: Reporter) -> None:
        """Train every lane that the folder has and that is not done."""
        prepared, store = self._prepared, self._store
        keys = prepared.study.lanes
        # The engine counts the lanes of its study, the folder those it was given, in that order.
        here = {key: lane for lane, key in enumerate(store.lanes)}
        statuses = store.statuses()
        for key, lane in here.items():
            if statuses[lane].done:
                shown.lane_done(key, statuses[lane], None)
        restored = {store.lanes[lane]: _restored(s) for lane, s in store.restore().items()}
        places = {i: here[key] for i, key in enumerate(keys) if key in here}
        recorder = Recorder(store, shown, places, keep_state=not prepared.callbacks.host)
        pool = Pool(
            self._places,
            lambda index: self._builder.lane(index, restored.pop(keys[index], None)),
            max(p.width for t in prepared.prototypes.values() for p in t.programs.values()),
        )
        waiting = [i for i in self._order if i in places and not statuses[places[i]].done]
        try:
            pool.run(waiting, recorder)
        except KeyboardInterrupt:
            recorder.checkpoint()
            shown.note(f"Stopped; all is stored. Go on with: {_going_on(store)}")
            raise


def _going_on(store: Store) -> str:
    """How a stopped run is gone on with."""
    if store.manifest.get("source"):
        return f"dure resume {store.folder}"
    rule = (store.manifest.get("sequential") or {}).get("rule")
    terms = ""
    if rule:
        given = {"rope": rule["rope"], "baseline": rule["baseline"]}
        terms = f", until='decided', max_seeds={rule['plan']['looks'][-1]}" + "".join(
            f", {name}={value!r}" for name, value in given.items() if value is not None
        )
    return f"study.run(out={str(store.folder)!r}, resume=True{terms})"


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
    """Hears the pool and writes what it does into the run folder, in the caller's thread.

    Parameters
    ----------
    places
        From the engine's index of a lane to the run folder's.
    """

    def __init__(
        self, store: Store, shown: Reporter, places: Mapping[int, int], keep_state: bool
    ) -> None:
        self._store = store
        self._shown = shown
        self._places = places
        self._keep_state = keep_state
        self._latest: dict[int, RoundDone] = {}
        self._saved = time.monotonic()

    def round_done(self, done: RoundDone) -> None:
        """Store a round's curves and remember where the lane stands."""
        if not done.epochs:
            return
        lane = self._places[done.lane.index]
        metrics = {name: np.asarray(values) for name, values in done.metrics.items()}
        self._store.record_round(
            [LaneRound(lane, done.first_epoch, metrics, done.seconds, _health(done))]
        )
        if self._keep_state:
            self._latest[lane] = done
        last = {name: float(values[-1]) for name, values in metrics.items()}
        self._shown.advance(done.lane.key, done.epochs, last)

    def lane_done(self, done: LaneDone) -> None:
        """Store a lane's weights and that it is done."""
        lane = self._places[done.index]
        self._latest.pop(lane, None)
        ended = done.finished
        self._store.finish_lane(
            lane,
            done.status,
            best_epoch=None if ended is None else ended.best_epoch,
            weights={} if ended is None else _numbered(ended.weights),
            best_weights=(
                None
                if ended is None or ended.best_weights is None
                else _numbered(ended.best_weights)
            ),
            test={} if ended is None else ended.test,
            first_nan=done.first_nan,
        )
        best = None if ended is None else ended.best_value
        self._shown.lane_done(self._store.lanes[lane], done.status, best)

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


def _health(done: RoundDone) -> LaneHealth:
    """What was measured inside a lane before and after a round."""
    probe = done.lane.probe
    if probe is None:
        return LaneHealth()
    return LaneHealth(
        probe.names,
        [measured.epoch for measured in done.health],
        [measured.layers for measured in done.health],
        [measured.lane for measured in done.health],
        probe.fault,
    )


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
