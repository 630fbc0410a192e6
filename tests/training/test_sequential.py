"""Runs until decided, and run folders that grow by seeds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import dure
from dure.core.types import LaneKey, Status
from dure.errors import StudyChangedError, StudyError
from dure.storage.curves_db import LaneRound
from dure.storage.store import Store
from dure.training.sequential import SequentialTerms, extend_seeds, with_seeds
from helpers import store_lives
from helpers.small_study import Heard, X, Y, lane_weights, run_heard, same


@pytest.fixture(scope="module", autouse=True)
def _undrawn() -> Iterator[None]:
    """Pictures take longer than these networks."""
    with pytest.MonkeyPatch.context() as patched:
        for module in ("dure.training.run", "dure.training.sequential"):
            patched.setattr(f"{module}.save_pictures", lambda result: None)
        yield


def build(learning_rate: float = 0.05, units: int = 2, draws: int = 0) -> keras.Model:
    """As little as still draws first weights and orders of rows; `draws` gives it other ones."""
    for _ in range(draws):
        keras.initializers.GlorotUniform()
    model = keras.Sequential([keras.layers.Dense(units), keras.layers.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.SGD(learning_rate), "binary_crossentropy")
    return model


def study(**changes: Any) -> dure.Study:
    """Two learning rates that share a program, the last fifth of the rows validating."""
    options = {
        "variants": {"learning_rate": [0.05, 0.2]},
        "validation_split": 0.2,
        "epochs": 3,
        "health": False,
    }
    return dure.Study(build, dure.Data(X, Y, test=(X[:9], Y[:9])), **{**options, **changes})


def easy(**changes: Any) -> dure.Study:
    """A rate far too small against a sound one: settled at the first look."""
    options = {"variants": {"learning_rate": [1e-5, 0.5]}, "epochs": 5}
    return study(**{**options, **changes})


def close(**changes: Any) -> dure.Study:
    """Variants that differ by chance alone: not settled by few seeds."""
    options = {"variants": {"draws": [0, 1]}}
    return study(**{**options, **changes})


def lanes_of(result: dure.Result) -> dict[LaneKey, list[Any]]:
    """What every lane came to but for its time, by its names, not by its place."""
    rows = result.lanes.drop(columns="seconds").itertuples(index=False)
    return {LaneKey(*row[:3]): list(row[3:]) for row in rows}


def assert_same_lanes(one: dure.Result, other: dure.Result) -> None:
    assert lanes_of(one) == lanes_of(other)
    assert one.curves.equals(other.curves.sel(seed=one.curves["seed"]))
    assert one.test.equals(other.test.sel(seed=one.test["seed"]))
    ours, theirs = lane_weights(one), lane_weights(other)
    assert ours.keys() == theirs.keys()
    for key, arrays in ours.items():
        same(arrays, theirs[key])


# -- until decided -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def heard() -> list[Heard]:
    return []


@pytest.fixture(scope="module")
def whole(heard: list[Heard], tmp_path_factory: Any) -> dure.Result:
    """A run to its third look, nothing in its way."""

    def reporter(prepared: Any) -> Heard:
        heard.append(Heard()(prepared))
        return heard[-1]

    folder = tmp_path_factory.mktemp("until") / "whole"
    return run_heard(close(), folder, reporter, SequentialTerms("decided", 12))


def test_an_easy_study_is_settled_at_once(tmp_path: Path) -> None:
    result = easy().run(tmp_path / "run", progress=False, until="decided")
    found = result.sequential
    assert found is not None and found.ended == "decided"
    (look,) = found.looks
    assert look.seeds == 6 and look.leader == "learning_rate=0.5"
    assert look.pairs[0].verdict == "worse"
    assert list(result.curves["seed"].values) == list(range(6))


def test_looks_are_made_until_the_seeds_run_out(whole: dure.Result, heard: list[Heard]) -> None:
    found = whole.sequential
    assert found is not None and [look.seeds for look in found.looks] == [6, 7, 12]
    assert len(heard) == 3 and found.ended == "max_seeds"
    assert "look 1 of 3: 6 seeds; still open" in heard[0].notes[-1]
    assert "adding 1 seed" in heard[0].notes[-1] and "adding 5 seeds" in heard[1].notes[-1]
    assert "draws=0 against draws=1 (p = " in heard[0].notes[-1]
    assert "Cannot tell" in heard[-1].notes[-1]
    assert whole.manifest["study"]["seeds"] == whole.curves["seed"].values.tolist()


def test_programs_are_compiled_once_for_all_looks(whole: dure.Result, heard: list[Heard]) -> None:
    assert len(heard) >= 2
    programs = {
        id(program): program
        for one in heard
        for prototype in one.prepared.prototypes.values()
        for program in prototype.programs.values()
    }
    assert [program.compilations for program in programs.values()] == [1]


def test_its_lanes_are_those_of_a_run_with_so_many_seeds(
    whole: dure.Result, tmp_path: Path
) -> None:
    seeds = whole.curves.sizes["seed"]
    fixed = close(seeds=seeds).run(tmp_path / "fixed", progress=False)
    assert_same_lanes(whole, fixed)
    assert fixed.sequential is None


def test_a_comparison_for_a_fixed_number_of_seeds_says_that_it_is_wrong_here(
    whole: dure.Result,
) -> None:
    assert "sequential rule says: Cannot tell after" in " ".join(whole.compare().notes)


def test_an_ended_run_stays_as_it_is(whole: dure.Result) -> None:
    before = (whole.folder / "manifest.json").read_bytes()
    again = close().run(whole.folder, False, resume=True, until="decided", max_seeds=12)
    assert (whole.folder / "manifest.json").read_bytes() == before
    assert_same_lanes(again, whole)


class Killed(BaseException):
    """Ends a run on the spot, as a kill would."""


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_round_every_writing_of_the_manifest_it_decides_the_same(
    whole: dure.Result, tmp_path: Path, monkeypatch: Any, moment: str
) -> None:
    write = Store.rewrite_manifest

    def dying(self: Store, parts: Any) -> None:
        if moment == "after":
            write(self, parts)
        raise Killed

    lives = 0
    for _ in range(20):
        with monkeypatch.context() as patched:
            # Each life is killed at the first writing it comes to; every other gets one further.
            if lives % 2 == 0 or moment == "after":
                patched.setattr(Store, "rewrite_manifest", dying)
            else:
                patched.setattr(Store, "rewrite_manifest", _once_then(write, dying))
            try:
                result = close().run(
                    tmp_path / "run", False, resume=True, until="decided", max_seeds=12
                )
                break
            except Killed:
                lives += 1
                dure.load(tmp_path / "run").frame()
    assert lives >= 3
    assert result.sequential == whole.sequential
    assert_same_lanes(result, whole)


def _once_then(first: Any, then: Any) -> Any:
    calls = 0

    def write(self: Store, parts: Any) -> None:
        nonlocal calls
        calls += 1
        (first if calls == 1 else then)(self, parts)

    return write


def test_stopped_by_the_keyboard_it_says_how_to_go_on_and_does(
    whole: dure.Result, tmp_path: Path
) -> None:
    heard = Heard(interrupt_after=20)
    with pytest.raises(KeyboardInterrupt):
        run_heard(close(), tmp_path / "run", heard, SequentialTerms("decided", 12))
    assert "resume=True, until='decided', max_seeds=12)" in heard.notes[-1]
    result = close().run(tmp_path / "run", False, resume=True, until="decided", max_seeds=12)
    assert result.sequential == whole.sequential
    assert_same_lanes(result, whole)


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    lonely = study(variants={"units": [3]}, validation_split=0.0, seeds=8)
    with pytest.raises(StudyError) as caught:
        lonely.run(  # type: ignore[call-overload]
            tmp_path / "run", until="done", max_seeds=5, rope=-1.0, baseline="unit=3"
        )
    said = " ".join(caught.value.faults)
    assert len(caught.value.faults) == 6 and not (tmp_path / "run").exists()
    for part in ("'done'", "own 8 seeds", "one variant", "validation", "rope is -1.0", "'units=3'"):
        assert part in said
    with pytest.raises(StudyError, match="max_seeds is 2.5"):
        close().run(tmp_path / "run", until="decided", max_seeds=2.5)  # type: ignore[arg-type]
    with pytest.raises(StudyError, match="until='decided' only"):
        close().run(tmp_path / "run", rope=0.1)


def test_a_rule_does_not_change_on_the_way(whole: dure.Result, tmp_path: Path) -> None:
    with pytest.raises(StudyChangedError, match="looks: was"):
        close().run(whole.folder, False, resume=True, until="decided", max_seeds=30)
    with pytest.raises(StudyChangedError, match="rope: was None, is 0.1"):
        close().run(whole.folder, False, resume=True, until="decided", max_seeds=12, rope=0.1)
    with pytest.raises(StudyChangedError, match="until: was 'decided'"):
        close(seeds=12).run(whole.folder, False, resume=True)


def test_seeds_are_enlarged_by_the_smallest_unused() -> None:
    assert extend_seeds([0, 1, 5], 6) == (0, 1, 5, 2, 3, 4)
    assert extend_seeds([7, 8], 2) == (7, 8)
    other = with_seeds(close(), [3, 4])
    assert other.seed_list == (3, 4) and len(other.lanes) == 4


# -- a folder that grows ---------------------------------------------------------------------------


def test_three_seeds_grown_to_eight_are_a_run_of_eight(tmp_path: Path) -> None:
    small = study(seeds=3).run(tmp_path / "grown", progress=False)
    first = small.curves
    grown = study(seeds=8).run(tmp_path / "grown", progress=False, resume=True)
    assert grown.curves.sel(seed=[0, 1, 2]).equals(first)
    assert grown.lanes["seed"].tolist() == [0, 1, 2] * 2 + [3, 4, 5, 6, 7] * 2
    assert_same_lanes(grown, study(seeds=8).run(tmp_path / "direct", progress=False))
    assert grown.manifest["study"]["seeds"] == list(range(8))
    # What was read before is as it was, and so are its models.
    assert small.curves is first and len(small.lanes) == 6
    assert small.layer_curves.sizes.get("seed", 3) == 3
    assert small.best().weights()
    with pytest.raises(StudyChangedError, match=r"has 8, the study 3, without \[3, 4, 5, 6, 7\]"):
        study(seeds=3).run(tmp_path / "grown", progress=False, resume=True)
    with pytest.raises(StudyChangedError, match="epochs: was 3, is 7"):
        study(seeds=9, epochs=7).run(tmp_path / "grown", progress=False, resume=True)


FEW = [LaneKey(v, s, 1) for v in ("a", "b") for s in (0, 1)]
MORE = [LaneKey(v, s, 1) for v in ("a", "b") for s in (0, 1, 2, 3)]
MANIFEST = {
    "name": "n",
    "study": {"seeds": [0, 1], "epochs": 2},
    "monitor": {"name": "loss", "mode": "min"},
}


def made(folder: Path) -> Store:
    store = Store.create(folder, MANIFEST, FEW)
    store.record_round([LaneRound(3, 1, {"loss": np.array([0.5, 0.25])}, 1.0)])
    weights = {"w": np.ones(3, np.float32)}
    store.finish_lane(
        3, Status("finished"), best_epoch=2, weights=weights, best_weights=None, test={"loss": 1.0}
    )
    return store


def test_lanes_are_added_at_the_end_once(tmp_path: Path) -> None:
    with made(tmp_path / "run") as store:
        store.extend(MORE)
        store.extend(MORE)
        assert store.lanes == FEW + [key for key in MORE if key not in FEW]
        assert store.statuses()[5] == Status("waiting")
        store.record_round([LaneRound(5, 1, {"loss": np.array([0.1])}, 1.0)])
    with Store.open(tmp_path / "run") as store:
        assert store.manifest["study"] == {"seeds": [0, 1, 2, 3], "epochs": 2}
        assert store.weights(3)["w"].tolist() == [1, 1, 1]
        assert store.curves_table()[0].tolist() == [3, 3, 5]


def test_a_reader_from_before_sees_what_it_knew(tmp_path: Path) -> None:
    with made(tmp_path / "run") as store:
        reader = Store.open(tmp_path / "run", read_only=True)
        store.extend(MORE)
        store.record_round([LaneRound(5, 1, {"loss": np.array([0.1])}, 1.0)])
        store.finish_lane(
            5, Status("finished"), best_epoch=1, weights={}, best_weights=None, test={"loss": 2.0}
        )
        assert [row.lane for row in reader.lane_rows()] == [0, 1, 2, 3]
        assert reader.curves_table()[0].tolist() == [3, 3] and list(reader.tests()) == [3]
        assert dure.Result(reader).curves.sizes["seed"] == 2
        reader.close()
        assert dure.load(tmp_path / "run").curves.sizes["seed"] == 4


def test_a_reader_cannot_add(tmp_path: Path) -> None:
    made(tmp_path / "run").close()
    with (
        Store.open(tmp_path / "run", read_only=True) as reader,
        pytest.raises(dure.RunFolderError, match="read-only"),
    ):
        reader.extend(MORE)


DYING = """
import sys, os
sys.path.insert(0, sys.argv[1])
from helpers import store_lives as lives
from training import test_sequential as test_until
from pathlib import Path
from dure.storage.store import (Store)
root = Path(sys.argv[2])
os.fsync = lambda handle: None
for limit in range(200):
    folder = root / str(limit)
    test_until.made(folder).close()
    code = lives.exit_code(test_until.grow_and_leave, folder, limit)
    assert code in (0, lives.KILLED), code
    with Store.open(folder) as store:  # readable, and gone on with
        assert store.lanes[:4] == test_until.FEW and len(store.lanes) in (4, 8)
        assert store.manifest["study"]["seeds"] in ([0, 1], [0, 1, 2, 3])
        assert len(store.lanes) == 8 or store.manifest["study"]["seeds"] == [0, 1]
        assert store.weights(3)["w"].tolist() == [1, 1, 1]
        store.extend(test_until.MORE)
        assert store.lanes[4:] == [key for key in test_until.MORE if key not in test_until.FEW]
        assert store.manifest["study"]["seeds"] == [0, 1, 2, 3]
    if code == 0:
        print(limit)
        break
"""


def grow_and_leave(folder: Path, limit: int) -> None:
    store_lives.leave_before(folder, limit)
    with Store.open(folder) as store:
        store.extend(MORE)
        store.rewrite_manifest({"sequential": {"looks": [1, 2, 3]}})


@pytest.mark.skipif(not store_lives.FORKS, reason="each of its processes would import Keras")
def test_killed_at_every_file_operation_of_growing(tmp_path: Path) -> None:
    here = Path(__file__).parents[1]
    paths = os.pathsep.join([str(Path(dure.__file__).parents[1]), str(here)])
    done = subprocess.run(
        [sys.executable, "-c", DYING, str(here), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 5  # so many operations there were


# -- the command ---------------------------------------------------------------------------------

FILE = """
from training.test_sequential import easy
study = easy(seeds=2)
"""


def dure_command(*arguments: str) -> tuple[int, str]:
    from typer.testing import CliRunner

    from dure.cli import app

    done = CliRunner().invoke(app, list(arguments))
    return done.exit_code, done.output


def test_the_command_adds_seeds_until_decided_and_by_hand(tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "rates.py").write_text(FILE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    code, said = dure_command(
        "run", "rates.py", "--until", "decided", "--max-seeds", "8", "--out", "until"
    )
    assert code == 0 and "Decided after 6 seeds" in said and "at most 8 seeds" in said
    code, said = dure_command("resume", "until", "--json")
    assert code == 0 and json.loads(said)["sequential"]["looks"][0]["ended"] == "decided"
    code, said = dure_command("resume", "until", "--seeds", "9")
    assert code == 1 and "without --seeds" in said
    assert dure_command("run", "rates.py", "--out", "fixed", "--quiet")[0] == 0
    assert dure_command("resume", "fixed", "--seeds", "3", "--quiet")[0] == 0
    assert dure.load("fixed").curves["seed"].values.tolist() == [0, 1, 2]
    assert dure_command("resume", "fixed", "--quiet")[0] == 0
    code, said = dure_command("resume", "fixed", "--seeds", "2")
    assert code == 1 and "not fewer" in said
    code, said = dure_command("run", "rates.py", "--until", "soon")
    assert code == 1 and "'soon'" in said
