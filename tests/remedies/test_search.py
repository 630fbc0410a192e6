"""The whole search, on networks small enough to train in seconds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import dure
from dure.analysis.diagnostics.case import Finding
from dure.remedies import search as curing
from dure.remedies.outcome import CureOutcome
from dure.remedies.search import cure_study
from dure.training.run import run_study

SEEDS, EPOCHS = 3, 4


def build(units: int = 8) -> keras.Model:
    """A network that cannot stand inputs of hundreds."""
    stack = [layers.Input((30,)), layers.Dense(units, "relu"), layers.Dense(1, "sigmoid")]
    model = keras.Sequential(stack)
    model.compile(keras.optimizers.SGD(1e-2), "binary_crossentropy", metrics=["accuracy"])
    return model


def study(**changes: Any) -> dure.Study:
    data = changes.pop("data", None) or dure.data.breast_cancer()
    options = {"validation_split": 0.3, "epochs": EPOCHS, "name": "cells"}
    return dure.Study(changes.pop("build", build), data, **{**options, **changes})


def finds(*kinds: str) -> Callable[..., list[Finding]]:
    """A diagnosis that always finds these."""
    return lambda result, variant: [
        Finding(kind, variant, None, 1, 1, f"{kind} was found.", {}) for kind in kinds
    ]


def search(out: Path, kinds: Sequence[str] = ("inputs_not_scaled",), **changes: Any) -> CureOutcome:
    options = {
        k: changes.pop(k) for k in ("max_trials", "anyway", "resume", "variant") if k in changes
    }
    seeds = changes.pop("cure_seeds", SEEDS)
    return cure_study(
        study(**changes),
        out,
        progress=False,
        run=run_study,
        seeds=seeds,
        diagnose=finds(*kinds),
        **options,
    )


@pytest.fixture(scope="module", autouse=True)
def without_pictures_of_curves() -> Iterator[None]:
    """They take a third of the time here, and other tests look at them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dure.plots.curves.save_all", lambda *given, **options: [])
        yield


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cures")


@pytest.fixture(scope="module")
def cured(place: Path) -> CureOutcome:
    return search(place / "first")


def slow() -> keras.Model:
    """A network whose rate is far too low; another rate needs no compilation of its own."""
    model = build(4)
    model.compile(keras.optimizers.SGD(1e-3), "binary_crossentropy", metrics=["accuracy"])
    return model


def sound(**changes: Any) -> dure.Data:
    """The same data, standardised."""
    data = dure.data.breast_cancer()
    mean, spread = data.x.mean(axis=0), data.x.std(axis=0)
    test = (data.test.x - mean) / spread, data.test.y
    return replace(data, **{"x": (data.x - mean) / spread, "test": test, **changes})


def quick(out: Path, **changes: Any) -> CureOutcome:
    """A search of seconds: two rates, of which one wins."""
    options = {"build": slow, "data": sound(), "epochs": 3, "cure_seeds": 3, **changes}
    return search(out, ["rate_too_low"], **options)


@pytest.fixture(scope="module")
def rates(place: Path) -> CureOutcome:
    return quick(place / "rates")


def choices(found: CureOutcome) -> dict[str, Any]:
    """All a search decided, and every number it decided by; no times."""
    return {
        label: [(r.cure, r.difference, r.low, r.high, r.end, r.verdict) for r in rows]
        for label, rows in found.effects.items()
    } | {"winner": found.winner and found.winner.name, "best": str(found.best.lane)}


def test_rounds_are_on_seeds_of_their_own(cured: CureOutcome) -> None:
    seeds = [
        sorted(set(dure.load(cured.folder / label / "plain").lanes["seed"]))
        for label in ("round-1", "round-2", "check")
    ]
    assert seeds == [[0, 1, 2], [3, 4, 5], [6, 7, 8, 9, 10, 11]]
    names = {label: {row.cure for row in rows} for label, rows in cured.effects.items()}
    assert names["round-1"] == {"scaled inputs", "batch normalisation"}
    assert names["round-2"] - names["round-1"] == {
        " + ".join(row.cure for row in cured.effects["round-1"])
    }
    assert len(names["check"]) == 1


def test_what_mends_the_network_wins_and_holds_on_test_data(cured: CureOutcome) -> None:
    assert cured.helps and cured.checked is not None and cured.checked.verdict == "better"
    assert cured.checked.wins == 1.0 and cured.checked.high < 0
    assert cured.test[0].metric == "data_loss" and cured.test[0].difference[2] < 0
    assert cured.test[0].rows == 114
    told = cured.describe()
    assert told.startswith(f"'{cured.winner.name}' helps.")  # type: ignore[union-attr]
    assert "inputs_not_scaled was found." in told and "On 114 test rows" in told
    assert str(cured) == told


def test_garbage_as_test_data_changes_nothing_of_the_choice(
    rates: CureOutcome, place: Path
) -> None:
    random = np.random.default_rng(0)
    garbage = (1e6 * random.normal(size=(9, 30)).astype("float32"), random.integers(0, 2, 9))
    other = quick(place / "garbage", data=sound(test=garbage))
    assert choices(other) == choices(rates)
    assert other.source == rates.source
    assert other.helps and other.test[0].difference != rates.test[0].difference
    for path in (place / "garbage").rglob("manifest.json"):
        assert len(dure.load(path.parent).test) == 0


def test_effects_are_those_of_the_curves_stored(cured: CureOutcome) -> None:
    """The slow twin: pairs looked up one by one in the run folders."""
    for label, rows in cured.effects.items():
        plain = dure.load(cured.folder / label / "plain")
        for row in rows:
            scaled = "scaled" in row.cure
            own = dure.load(cured.folder / label / "scaled") if scaled else plain
            differences = []
            for seed in sorted(set(plain.lanes["seed"])):
                pair = [
                    r.lane(name, seed).curves["val_data_loss"].values.min()
                    for r, name in ((own, row.cure), (plain, "baseline"))
                ]
                differences.append(pair[0] - pair[1])
            assert row.difference == pytest.approx(np.mean(differences))


def test_the_model_handed_back_is_the_best_lane(cured: CureOutcome) -> None:
    lane = cured.best.lane
    model = cured.best.model()
    for here, there in zip(model.weights, lane.weights("best").values(), strict=True):
        np.testing.assert_array_equal(here, there)
    assert model.compiled and "data_loss" not in str(model.get_compile_config())
    again = cured.build()
    assert [w.shape for w in again.weights] == [w.shape for w in model.weights]
    found = cured.study.run(cured.folder.parent / "again", progress=False)
    assert list(found.test) and len(found.lanes) == 1


def test_the_source_is_that_of_the_build(cured: CureOutcome) -> None:
    assert (cured.folder / "cured.py").read_text(encoding="utf-8") == cured.source
    space: dict[str, Any] = {}
    exec(cured.source, space)
    keras.utils.set_random_seed(4)
    pasted = space["build"]()
    keras.utils.set_random_seed(4)
    for here, there in zip(pasted.weights, cured.build().weights, strict=True):
        np.testing.assert_array_equal(here, there)


def test_files_and_table_say_the_same(cured: CureOutcome) -> None:
    document = json.loads((cured.folder / "verdict.json").read_text(encoding="utf-8"))
    assert document["helps"] and document["winner"]["name"] == cured.winner.name  # type: ignore[union-attr]
    assert document["rounds"]["round-1"][0]["difference"] == pytest.approx(
        cured.effects["round-1"][0].difference
    )
    assert (cured.folder / "pictures" / "cures.png").stat().st_size > 5000
    frame = cured.frame()
    assert len(frame) == 2 + 3 + 1
    table = cured.table().splitlines()
    assert len({line.index("at the best epoch") for line in table if "epoch" in line}) <= 3
    for row in frame.itertuples():
        assert any(line.strip().startswith(row.cure) for line in table)


class Killed(BaseException):
    """Stands for whatever ends a process."""


def test_a_search_that_was_stopped_goes_on_to_the_same_end(
    rates: CureOutcome, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, train = place / "stopped", curing.train

    def killed(terms: Any, label: str, *rest: Any) -> Any:
        if label == "check":
            raise Killed
        return train(terms, label, *rest)

    monkeypatch.setattr(curing, "train", killed)
    with pytest.raises(Killed):
        quick(folder)
    monkeypatch.setattr(curing, "train", train)
    before = dure.load(folder / "round-1" / "plain").lanes
    with pytest.raises(dure.RunFolderError, match="already holds a search for cures"):
        quick(folder)
    with pytest.raises(dure.RunFolderError, match="max_trials was 10, is 1"):
        quick(folder, max_trials=1, resume=True)
    again = quick(folder, resume=True)
    assert choices(again) == choices(rates)
    # What was trained before was not trained again: its times are those of then.
    assert dure.load(folder / "round-1" / "plain").lanes.equals(before)


def test_nothing_found_trains_nothing_more(tmp_path: Path) -> None:
    found = search(tmp_path / "out", kinds=(), cure_seeds=2)
    assert not found.helps and not found.effects and found.winner is None
    assert "nothing is known to ail this network" in found.describe()
    assert sorted(p.name for p in found.folder.iterdir() if p.is_dir()) == ["baseline"]
    assert found.best.model().count_params() == 257
    assert found.source.startswith('"""The network as it is')


def test_cures_that_do_not_help_are_not_promised(tmp_path: Path) -> None:
    found = search(  # dropout only slows a network that has hardly begun
        tmp_path / "out", ["overfitting"], data=sound(), max_trials=1, epochs=2, cure_seeds=3
    )
    assert not found.helps and found.winner is None and not found.test
    assert found.verdict_line.startswith("The 1 cure that was tried is not better")
    assert "Beyond the number of trials allowed: L2 0.001" in found.describe()


def test_a_network_that_always_diverges_is_told(tmp_path: Path) -> None:
    def lost() -> keras.Model:
        model = keras.Sequential([layers.Input((30,)), layers.Dense(1)])
        model.compile(keras.optimizers.SGD(1e30), "mse")
        return model

    found = search(tmp_path / "out", ["nan"], build=lost, max_trials=1, epochs=2, cure_seeds=2)
    assert found.best is None and not found.helps and found.winner is None
    (row,) = found.effects["round-1"]
    assert (row.cure, row.diverged, row.baseline_diverged) == ("rate x0.1", 2, 2)
    assert "2 of 2 lost" in found.describe() and "too few sound networks" in found.describe()


def test_several_variants_the_best_is_cured(tmp_path: Path) -> None:
    options = {"variants": {"units": [1, 16]}, "cure_seeds": 2, "epochs": 1}
    found = search(tmp_path / "out", kinds=(), **options)
    values = dure.load(found.folder / "baseline").at_best().mean(["seed", "fold"])
    assert found.variant == str(values["variant"].values[np.argmin(values.values)])
    found = search(tmp_path / "other", kinds=(), variant="units=1", **options)
    assert found.variant == "units=1" and found.best.model().count_params() == 33


class Own(keras.Model):
    """A model that is a class of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.dense, self.out = layers.Dense(4, "relu"), layers.Dense(1, "sigmoid")

    def call(self, x: Any) -> Any:
        return self.out(self.dense(x))


def own() -> keras.Model:
    model = Own()
    model.compile(keras.optimizers.SGD(1e-2), "binary_crossentropy")
    return model


def test_a_subclassed_model_has_the_cures_that_need_no_surgery(tmp_path: Path) -> None:
    found = search(
        tmp_path / "out",
        ["inputs_not_scaled", "rate_too_high"],
        build=own,
        max_trials=2,
        cure_seeds=2,
        epochs=2,
    )
    assert {row.cure for row in found.effects["round-1"]} == {"scaled inputs", "rate x0.3"}
    assert ("batch normalisation", True) in {
        (r.cure, "a class of its own" in r.reason) for r in found.candidates.refused
    } or found.candidates.left_out
    assert "import own as original" in found.source
    found.best.model()


def test_wrong_arguments_are_said_at_once(tmp_path: Path) -> None:
    whole = study(validation_split=0.0)
    with pytest.raises(dure.StudyError) as error:
        whole.cure(tmp_path, seeds=0, variant="defualt", max_trials=0)
    for said in ("no rows are held for validation", "max_trials is 0", "seeds is 0"):
        assert said in str(error.value)
    assert "Did you mean 'default'?" in str(error.value)
    (tmp_path / "something").write_text("", encoding="utf-8")
    with pytest.raises(dure.RunFolderError, match="is not empty"):
        study().cure(tmp_path)
