"""A make-believe study that is killed and goes on, for the tests of the run folder's safety.

Run as a script in a process of its own (single-threaded, without JAX, so that forking, where
there is such a thing, is cheap and safe): `store_lives.py random ROOT TIMES SEED` kills at random
moments, as SIGKILL does, `store_lives.py every ROOT` leaves, without any clean-up, before every
file operation in turn.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from dure.core.types import LaneKey, Status
from dure.storage.checkpoints import LaneSnapshot
from dure.storage.curves_db import LaneRound
from dure.storage.run_folder import is_run_folder
from dure.storage.store import Store

LANES = [LaneKey("wide 'n' \"deep\"", seed, fold) for seed in (3, 5) for fold in (1, 2)]
WIDTH, ROUND = 2, 2
KILLED = 9
FORKS = sys.platform == "linux"
PROCESSES: Any = multiprocessing.get_context("fork" if FORKS else "spawn")
STEP = 1 if FORKS else 5
"""Of how many file operations one is the last: every one where processes begin quickly."""


def epochs_of(lane: int) -> int:
    return 3 + 2 * lane


def loss(lane: int, epoch: int) -> float:
    return float(np.float32(np.sin(100 * lane + epoch)))


def step(state: np.ndarray, lane: int, epoch: int) -> np.ndarray:
    return (state * np.float32(0.9) + np.float32(loss(lane, epoch))).astype(np.float32)


def state_after(lane: int, epochs: int) -> np.ndarray:
    state = np.full((5, 7), lane, np.float32)
    for epoch in range(1, epochs + 1):
        state = step(state, lane, epoch)
    return state


def live(folder: Path) -> None:
    """Begin or go on with the run in a folder, until all its lanes are done."""
    if is_run_folder(folder):
        store = Store.open(folder)
    else:
        store = Store.create(folder, {"name": "lives"}, LANES)
    with store:
        active = store.restore()
        waiting = [
            lane for lane, s in store.statuses().items() if not s.done and lane not in active
        ]
        while active or waiting:
            while waiting and len(active) < WIDTH:
                lane = waiting.pop(0)
                active[lane] = LaneSnapshot({"w": state_after(lane, 0)}, 0, {})
            active = one_round(store, active)


def one_round(store: Store, active: dict[int, LaneSnapshot]) -> dict[int, LaneSnapshot]:
    rounds, after = [], {}
    for lane, (arrays, epoch, _) in active.items():
        last = min(epoch + ROUND, epochs_of(lane))
        losses, state = [], arrays["w"]
        for e in range(epoch + 1, last + 1):
            losses.append(loss(lane, e))
            state = step(state, lane, e)
        if losses:  # a lane caught between its last epoch and its end has none left
            rounds.append(LaneRound(lane, epoch + 1, {"loss": np.array(losses)}, 0.1))
        after[lane] = LaneSnapshot({"w": state}, last, {"seen": last})
    store.record_round(rounds)
    store.checkpoint(after)
    for lane in [lane for lane, s in after.items() if s.epoch == epochs_of(lane)]:
        weights = after.pop(lane).arrays
        best = {"w": state_after(lane, 1)}
        store.finish_lane(
            lane,
            Status("finished"),
            best_epoch=1,
            weights=weights,
            best_weights=best,
            test={"loss": lane / 2},
        )
    return after


def check(folder: Path) -> bool:
    """Assert that what a killed run left is whole and true; whether all lanes are done."""
    if not is_run_folder(folder):
        return False
    with Store.open(folder) as store:
        lanes, epochs, metrics = store.curves_table()
        expected = [loss(lane, e) for lane, e in zip(lanes, epochs, strict=True)]
        assert metrics.get("loss", np.empty(0)).tolist() == expected
        rows = store.lane_rows()
        for row in rows:
            assert epochs[lanes == row.lane].tolist() == list(range(1, row.epochs + 1))
            if row.status.done:
                assert row.epochs == epochs_of(row.lane)
                final, best = store.weights(row.lane, "final"), store.weights(row.lane, "best")
                assert np.array_equal(final["w"], state_after(row.lane, row.epochs))
                assert np.array_equal(best["w"], state_after(row.lane, 1))
                assert store.tests()[row.lane] == {"loss": row.lane / 2}
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # killing damages no generation
            restored = store.restore()
        for lane, snapshot in restored.items():
            assert snapshot.epoch <= rows[lane].epochs and snapshot.extra["seen"] == snapshot.epoch
            assert np.array_equal(snapshot.arrays["w"], state_after(lane, snapshot.epoch))
        done = all(row.status.done for row in rows)
        assert not done or len(list((folder / "checkpoints").iterdir())) <= 2
        return done


def random_lives(root: Path, times: int, seed: int) -> None:
    """Kill a living run `times` times; a run that is done is followed by a new one."""
    moments, run, kills = random.Random(seed), 0, 0
    while kills < times:
        folder = root / f"run-{run}"
        begun = PROCESSES.Event()
        child = PROCESSES.Process(target=live_once_begun, args=(folder, begun))
        child.start()
        begun.wait()
        time.sleep(moments.uniform(0, 0.08))
        child.kill()
        child.join()
        kills += child.exitcode != 0
        run += check(folder)
    live(root / f"run-{run}")
    assert check(root / f"run-{run}")


def live_once_begun(folder: Path, begun: Any) -> None:
    begun.set()
    live(folder)


def every_operation(root: Path) -> None:
    """Leave before the first file operation, before the second, ..., each in a new folder."""
    os.fsync = lambda handle: None  # what leaves a process, not the power, does without
    for limit in range(0, 10_000, STEP):
        folder = root / f"run-{limit}"
        code = exit_code(live_and_leave, folder, limit)
        if code == 0:
            print(f"{limit} operations")
            assert limit > 50 and check(folder)
            return
        assert code == KILLED
        check(folder)
        live(folder)
        assert check(folder)


def exit_code(target: Callable[..., None], *arguments: Any) -> int:
    """Of a process of its own that does this."""
    child = PROCESSES.Process(target=target, args=arguments)
    child.start()
    child.join()
    return int(child.exitcode)


def live_and_leave(folder: Path, limit: int) -> None:
    leave_before(folder, limit)
    live(folder)


def leave_before(folder: Path, limit: int) -> None:
    """End this process at the limit-th opening, renaming, making or removing in the folder."""
    seen = 0

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal seen
        changes = event in {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir"}
        if changes and str(folder) in str(arguments[0]):
            seen += 1
            if seen > limit:
                os._exit(KILLED)

    sys.addaudithook(hook)


if __name__ == "__main__":
    mode, root = sys.argv[1], Path(sys.argv[2])
    if mode == "random":
        random_lives(root, int(sys.argv[3]), int(sys.argv[4]))
    else:
        every_operation(root)
