"""Trains the lanes of a run folder, and writes what the engine tells of them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from dure.engine.lanes.events import LaneDone, RoundDone
from dure.engine.lanes.factory import LaneBuilder, LaneSave
from dure.engine.lanes.lane import snapshot
from dure.engine.lanes.pool import Pool
from dure.engine.planning.plan import devices
from dure.engine.planning.prepared import PreparedStudy
from dure.engine.planning.width import widen_for_device
from dure.storage.checkpoints import LaneSnapshot
from dure.storage.curves_db import LaneRound
from dure.storage.disk import remove_folder
from dure.storage.probes_db import LaneHealth
from dure.storage.store import Store

if TYPE_CHECKING:
    from dure.console.progress import Reporter

CHECKPOINT_SECONDS = 20.0
"""Least time between two checkpoint generations: what a kill can cost."""


class LaneTrainer:
    """Trains the lanes of a run folder; programs are compiled once, whatever comes when.

    A context manager, which ends what processes train lanes.

    Parameters
    ----------
    prepared
        Of a study with all lanes that the folder has or will be given.
    """

    def __init__(self, prepared: PreparedStudy, store: Store) -> None:
        self._prepared, self._store = prepared, store
        self._places = devices()[: prepared.plan.workers]
        self._shared = store.folder / "fitting"
        remove_folder(self._shared)  # of a run that was killed
        self._builder = LaneBuilder(prepared, self._places[0], self._shared)
        if self._places[0].platform != "cpu" and not prepared.study.stored:
            widen_for_device(prepared, self._builder.rows(0))
        self._order = _lane_order(prepared)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._builder.close()
        remove_folder(self._shared)

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
        saves = {store.lanes[lane]: _read_save(s) for lane, s in store.restore().items()}
        places = {i: here[key] for i, key in enumerate(keys) if key in here}
        recorder = Recorder(store, shown, places, keep_state=not prepared.callbacks.host)
        pool = Pool(
            self._places,
            lambda index: self._builder.lane(index, saves.pop(keys[index], None)),
            max(p.width for t in prepared.prototypes.values() for p in t.programs.values()),
        )
        waiting = [i for i in self._order if i in places and not statuses[places[i]].done]
        try:
            pool.run(waiting, recorder)
        except KeyboardInterrupt:
            recorder.checkpoint()
            shown.note(f"Stopped; all is stored. Go on with: {_describe_resume(store)}")
            raise


def _describe_resume(store: Store) -> str:
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


def _lane_order(prepared: PreparedStudy) -> list[int]:
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
        if self._keep_state and done.carry is not None:
            self._latest[lane] = done
        last = {name: float(values[-1]) for name, values in metrics.items()}
        self._shown.advance(done.lane.key, done.epochs, last)

    def lane_done(self, done: LaneDone) -> None:
        """Store a lane's weights and that it is done."""
        lane = self._places[done.index]
        self._latest.pop(lane, None)
        ended = done.outcome
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
        [reading.epoch for reading in done.readings],
        [reading.layers for reading in done.readings],
        [reading.lane for reading in done.readings],
        probe.fault,
    )


def _numbered(arrays: Sequence[Any]) -> dict[str, Any]:
    return {f"{i:04d}": array for i, array in enumerate(arrays)}


def _lane_snapshot(done: RoundDone) -> LaneSnapshot:
    assert done.carry is not None
    arrays = _numbered(snapshot(done.carry, done.slot))
    arrays["order"] = np.asarray(done.order["keys"])
    extra = {
        "name": done.order["name"],
        "rest": done.order["rest"],
        "seconds": done.lane_seconds,
    }
    return LaneSnapshot(arrays, done.first_epoch + done.epochs - 1, extra)


def _read_save(saved: LaneSnapshot) -> LaneSave:
    arrays = dict(saved.arrays)
    order = {"keys": arrays.pop("order"), **saved.extra}
    leaves = [arrays[name] for name in sorted(arrays)]
    return LaneSave(leaves, saved.epoch, order, float(saved.extra["seconds"]))
