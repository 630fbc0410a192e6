"""A study small enough to run many times, and Keras' own answer to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

import dure
from dure.core.types import LaneKey, Status
from dure.training.run import run_study
from dure.training.sequential import SequentialTerms, run_until

RANDOM = np.random.default_rng(3)
X = RANDOM.normal(size=(75, 6)).astype("float32")
Y = (X @ RANDOM.normal(size=6) + 0.3 * RANDOM.normal(size=75) > 0).astype("int32")
TEST = (X[:20] + 0.1, Y[:20])


def build(units: int = 4, learning_rate: float = 0.05, dropout: float = 0.2) -> keras.Model:
    """A dense network with dropout and batch norm, not built before it sees data."""
    model = keras.Sequential(
        [
            keras.layers.Dense(units, "tanh"),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(dropout),
            keras.layers.Dense(1, "sigmoid"),
        ]
    )
    optimizer = keras.optimizers.Adam(learning_rate)
    model.compile(optimizer, "binary_crossentropy", metrics=["accuracy"])
    return model


def study(**changes: Any) -> dure.Study:
    """Two learning rates that share a program, three seeds, the last fifth validating."""
    options: dict[str, Any] = {
        "variants": {"learning_rate": [0.05, 0.2]},
        "seeds": [0, 1, 5],
        "validation_split": 0.2,
        "epochs": 6,
        "batch_size": 16,
        "callbacks": [keras.callbacks.EarlyStopping(patience=2, restore_best_weights=True)],
    }
    data = changes.pop("data", None) or dure.Data(X, Y, test=TEST)
    make = changes.pop("build", build)
    return dure.Study(make, data, **{**options, **changes})


def keras_lane(seed: int, *, rows: Any = None, **arguments: Any) -> tuple[Any, Any]:
    """What `keras.utils.set_random_seed(seed); build(...).fit(...)` gives for :func:`study`."""
    fit = arguments.pop("fit", {})
    keras.utils.set_random_seed(seed)
    model = build(**arguments)
    options: dict[str, Any] = {
        "validation_split": 0.2,
        "epochs": 6,
        "batch_size": 16,
        "verbose": 0,
        "callbacks": [keras.callbacks.EarlyStopping(patience=2, restore_best_weights=True)],
    }
    history = model.fit(X, Y, **{**options, **fit})
    return model, history.history


class Heard:
    """A reporter that only remembers, and can interrupt the study like Ctrl-C."""

    def __init__(self, interrupt_after: int | None = None) -> None:
        self.rounds: list[tuple[LaneKey, int]] = []
        self.done: dict[LaneKey, Status] = {}
        self.notes: list[str] = []
        self.prepared: Any = None
        self._interrupt_after = interrupt_after

    def __call__(self, prepared: Any) -> Heard:
        self.prepared = prepared
        return self

    def __enter__(self) -> Heard:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def advance(self, lane: LaneKey, epochs: int, last: Any) -> None:
        self.rounds.append((lane, epochs))
        if len(self.rounds) == self._interrupt_after:
            raise KeyboardInterrupt

    def lane_done(self, lane: LaneKey, status: Status, best: float | None) -> None:
        self.done[lane] = status

    def compiling(self, change: int) -> None:
        pass

    def note(self, text: str) -> None:
        self.notes.append(text)


def lane_weights(result: dure.Result, which: Any = "final") -> dict[tuple[Any, ...], list[Any]]:
    """Every lane's stored weights by its names."""
    found = {}
    for row in result.lanes.itertuples():
        lane = result.lane(row.variant, row.seed, row.fold)
        arrays = lane.weights(which)
        found[(row.variant, row.seed, row.fold)] = [arrays[name] for name in sorted(arrays)]
    return found


def assert_same_runs(one: dure.Result, other: dure.Result) -> None:
    """What was trained, and what was measured inside the lanes, agree to the bit."""
    assert_same_training(one, other)
    assert len(one.layer_curves) and one.layer_curves.equals(other.layer_curves)
    assert one.first_nan.equals(other.first_nan)


def assert_same_training(one: dure.Result, other: dure.Result) -> None:
    """Curves, tests, statuses and weights agree to the bit."""
    assert one.curves.equals(other.curves)
    assert one.test.equals(other.test)
    assert one.lanes.drop(columns="seconds").equals(other.lanes.drop(columns="seconds"))
    for which in ("final", "best"):
        ours, theirs = lane_weights(one, which), lane_weights(other, which)
        assert ours.keys() == theirs.keys()
        for key, arrays in ours.items():
            same(arrays, theirs[key])


def same(ours: Sequence[Any], theirs: Sequence[Any]) -> None:
    """Arrays that are equal to the bit."""
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(a, b)


def run_heard(
    study: dure.Study,
    folder: Path,
    reporter: Callable[[Any], Any],
    terms: SequentialTerms | None = None,
) -> dure.Result:
    """Run a study before a reporter of one's own, until it is decided if there are terms."""
    if terms is None:
        run_study(study, folder, reporter=reporter)
    else:
        run_until(study, terms, folder, reporter=reporter)
    return dure.load(folder, study.build)
