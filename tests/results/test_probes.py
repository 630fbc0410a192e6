"""What was measured inside lanes, from the run folder to named axes; nothing is trained here."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dure.core.types import LANE_QUANTITIES, LAYER_QUANTITIES, FirstNan, LaneKey, Status
from dure.result import Result, load
from dure.storage.curves_db import LaneRound
from dure.storage.probes_db import LaneHealth
from dure.storage.store import Store

KEYS = [LaneKey(v, s, f) for v in ("plain", "deep") for s in (3, 9) for f in (1, 2)]
NAMES = {"plain": ["in", "out"], "deep": ["in", "block/mid", "block", "out"]}
MANIFEST: dict[str, Any] = {
    "name": "measured",
    "study": {"epochs": 8},
    "monitor": {"name": "loss", "mode": "min"},
}


def value(lane: int, epoch: int, place: int, column: int) -> float:
    """A number that tells where it belongs."""
    return lane + epoch / 10 + place / 1000 + column / 1e5


def health(lane: int, epochs: list[int]) -> LaneHealth:
    names = NAMES[KEYS[lane].variant]
    tables = [
        [[value(lane, e, p, c) for c in range(len(LAYER_QUANTITIES))] for p in range(len(names))]
        for e in epochs
    ]
    lanes = [[value(lane, e, 99, c) for c in range(len(LANE_QUANTITIES))] for e in epochs]
    return LaneHealth(names, epochs, tables, lanes)


def record(store: Store, lane: int, first: int, count: int, measured: LaneHealth) -> None:
    metrics = {"loss": np.ones(count)}
    store.record_round([LaneRound(lane, first, metrics, 0.1, measured)])


@pytest.fixture
def store(tmp_path: Path) -> Any:
    with Store.create(tmp_path / "run", MANIFEST, KEYS) as made:
        yield made


def assert_holds(result: Result, epochs: Mapping[int, list[int]]) -> None:
    """By plain loops: every lane's measured epochs, and NaN everywhere else."""
    found = result.layer_curves
    axes = [found[d].values.tolist() for d in ("variant", "seed", "fold", "epoch", "layer")]
    for lane, key in enumerate(KEYS):
        own = NAMES[key.variant]
        at = tuple(axis.index(part) for axis, part in zip(axes, key, strict=False))
        for row, epoch in enumerate(axes[3]):
            there = epoch in epochs.get(lane, [])
            for column, name in enumerate(LANE_QUANTITIES):
                expected = value(lane, epoch, 99, column) if there else np.nan
                np.testing.assert_equal(found[name].values[(*at, row)], expected)
            for column, name in enumerate(LAYER_QUANTITIES):
                for place, layer in enumerate(axes[4]):
                    known = there and layer in own
                    expected = value(lane, epoch, own.index(layer), column) if known else np.nan
                    np.testing.assert_equal(found[name].values[(*at, row, place)], expected)


def test_every_number_comes_back_in_its_place(store: Store) -> None:
    """Lanes of the second variant first: the order of layers is the study's all the same."""
    for lane in reversed(range(len(KEYS))):
        record(store, lane, 1, 2, health(lane, [0, 2]))
        record(store, lane, 3, 2, health(lane, [4] if lane != 1 else []))
    result = load(store.folder)
    layers = result.layer_curves["layer"].values.tolist()
    assert layers == ["in", "out", "block/mid", "block"]
    assert result.layer_curves["epoch"].values.tolist() == [0, 2, 4]
    expected = {lane: [0, 2, 4] for lane in range(len(KEYS))} | {1: [0, 2]}
    assert_holds(result, expected)


def test_nan_and_infinity_come_back(store: Store) -> None:
    tables = [[[np.nan, np.inf, *[1.0] * 6], [-np.inf, *[1.0] * 7]]]
    record(store, 0, 1, 1, LaneHealth(NAMES["plain"], [0], tables, [[np.nan, np.inf, 0.0]]))
    found = load(store.folder).layer_curves.sel(variant="plain", seed=3, fold=1, epoch=0)
    assert np.isnan(found["gradient_norm"].sel(layer="in"))
    assert found["weight_norm"].sel(layer="in") == np.inf
    assert found["gradient_norm"].sel(layer="out") == -np.inf
    assert np.isnan(found["probe_loss"]) and found["curvature"] == np.inf


@given(st.lists(st.tuples(st.integers(1, 8), st.integers(1, 4)), min_size=1, max_size=8))
@settings(max_examples=25, deadline=None)
def test_a_lane_gone_on_with_holds_what_was_measured_last(
    tmp_path_factory: Any, rounds: list[tuple[int, int]]
) -> None:
    """Rounds that go back over epochs, as after a kill, replace what was measured from there on."""
    folder = tmp_path_factory.mktemp("again") / "run"
    held: list[int] = []
    done = 0
    with Store.create(folder, MANIFEST, KEYS) as store:
        for wanted, count in rounds:
            first = min(wanted, done + 1)
            last = first + count - 1
            measured = [e for e in (0, 1, 3, 6, 9) if (first if first > 1 else 0) <= e <= last]
            record(store, 5, first, count, health(5, measured))
            held = [e for e in held if e < first and not (first == 1 and e == 0)] + measured
            done = last
    assert_holds(load(folder), {5: held})


def test_measurements_are_of_the_same_transaction_as_their_round(store: Store) -> None:
    """A round that cannot be written leaves nothing of its measurements."""
    broken = health(0, [0])._replace(lane=[["no number", 0.0, 0.0]])
    with pytest.raises(ValueError, match="no number"):
        record(store, 0, 1, 2, broken)
    record(store, 1, 1, 2, health(1, [0]))
    assert_holds(load(store.folder), {1: [0]})


def test_a_folder_without_the_tables_reads_as_nothing_and_can_be_gone_on_with(store: Store) -> None:
    """As one of before there were any."""
    store.close()
    with sqlite3.connect(store.folder / "curves.sqlite") as db:
        for table in ("layers", "health", "probes", "unmeasured", "first_nan"):
            db.execute(f"DROP TABLE {table}")
    db.close()
    empty = load(store.folder)
    assert not len(empty.layer_curves) and not len(empty.first_nan)
    with Store.open(store.folder) as again:
        record(again, 0, 1, 1, health(0, [0, 1]))
    assert_holds(load(store.folder), {0: [0, 1]})


def test_why_a_variant_was_not_measured(store: Store) -> None:
    record(store, 0, 1, 1, LaneHealth(fault="TypeError: no"))
    result = load(store.folder)
    assert result.layer_curves.attrs["not_measured"] == {"plain": "TypeError: no"}
    assert not len(result.layer_curves)


def test_where_numbers_were_lost(store: Store) -> None:
    for lane, lost in {6: FirstNan(2, 17, "block/mid", "gradient"), 0: None}.items():
        record(store, lane, 1, 2, LaneHealth())
        store.finish_lane(
            lane,
            Status("diverged", 2, lost or "loss became NaN"),
            best_epoch=None,
            weights={},
            best_weights=None,
            test={},
        )
    result = load(store.folder)
    columns = ["variant", "seed", "fold", "epoch", "step", "layer", "what"]
    assert list(result.first_nan) == columns
    assert result.first_nan.values.tolist() == [["deep", 9, 1, 2, 17, "block/mid", "gradient"]]
    assert result.lanes["status"][6] == (
        "diverged at epoch 2: loss became NaN at epoch 2, step 17: "
        "first in layer 'block/mid' (gradient)"
    )


def test_a_result_is_read_without_jax_and_keras(store: Store) -> None:
    import subprocess
    import sys

    record(store, 0, 1, 1, health(0, [0, 1]))
    code = (
        "import sys; from dure.result import load; "
        f"print(load({str(store.folder)!r}).layer_curves.sizes['epoch'], "
        "{'jax', 'keras'} & set(sys.modules))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, encoding="utf-8"
    )
    assert told.stdout.split() == ["2", "set()"]
