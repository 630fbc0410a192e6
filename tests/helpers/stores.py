"""What the tests of the run folder share."""

from __future__ import annotations

import numpy as np

from dure.core.types import LaneKey, Status
from dure.storage.curves_db import LaneRound
from dure.storage.store import Store

KEYS = [LaneKey("LSTM", seed, fold) for seed in (0, 7) for fold in (1, 2)]
SOME = {"0000": np.arange(6, dtype=np.float32).reshape(2, 3)}


def record(store: Store, lane: int, first: int, losses: list[float]) -> None:
    store.record_round([LaneRound(lane, first, {"loss": np.array(losses)}, 1.0)])


def finish(store: Store, lane: int, **changes: object) -> None:
    given_ = {"best_epoch": 1, "weights": SOME, "best_weights": None, "test": {}} | changes
    store.finish_lane(lane, Status("finished"), **given_)  # type: ignore[arg-type]


def curves_of(store: Store) -> dict[tuple[int, int], dict[str, float]]:
    lanes, epochs, metrics = store.curves_table()
    keys = [(int(lane), int(epoch)) for lane, epoch in zip(lanes, epochs, strict=True)]
    return {key: {n: v[i] for n, v in metrics.items()} for i, key in enumerate(keys)}


def same_arrays(found: dict[str, np.ndarray], wanted: dict[str, np.ndarray]) -> None:
    assert set(found) == set(wanted)
    for name, array in wanted.items():
        assert found[name].dtype == array.dtype and found[name].shape == array.shape
        assert found[name].tobytes() == array.tobytes()
