"""Rows A1 to A6: single neurons, against the book's loops in plain NumPy."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_diabetes

import dure
from dure.gallery.neurons import a1_neuron as a1
from dure.gallery.neurons import a2_perceptron as a2
from dure.gallery.neurons import a3_adaline as a3
from dure.gallery.neurons import a4_logistic as a4
from dure.gallery.neurons import a5_three_descents as a5
from dure.gallery.plots import neurons
from helpers.gallery_rows import run_quick
from helpers.picture_checks import faults
from oracles import neurons as book

EPOCHS = 4
CLOSE = 1e-5


@pytest.fixture(scope="module")
def verdict(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, Any]]:
    """The verdict of a row, run once; "folder" says where."""
    made: dict[str, dict[str, Any]] = {}

    def of(name: str) -> dict[str, Any]:
        if name not in made:
            folder = tmp_path_factory.mktemp(name)
            made[name] = {**run_quick(name, folder), "folder": folder}
        return made[name]

    return of


def one_lane(study: dure.Study, folder: Path, variant: Any, **changes: Any) -> Any:
    """Final weights of seed 3, the bias last, and the rows it was trained on."""
    terms: dict[str, Any] = {"folds": None, "validation_split": 0.2, "epochs": EPOCHS, **changes}
    study = replace(study, variants={"one": variant}, seeds=[3], **terms)
    ends = study.run(folder / "run", progress=False).lane("one", 3).weights("final")
    arrays, rows = study.fold_arrays(study.splits[0]), study.splits[0].train
    return (
        np.concatenate([np.ravel(ends[name]) for name in sorted(ends)]),
        np.asarray(arrays.x, np.float64)[rows],
        np.asarray(arrays.y, np.float64)[rows],
    )


def as_they_stand(rows: int) -> list[Any]:
    return [np.arange(rows)] * EPOCHS


def as_drawn(rows: int) -> list[Any]:
    """Keras shuffles with NumPy's generator, which the seed set; it leaves out the first order."""
    generator = np.random.RandomState(3)
    generator.permutation(rows)
    return [generator.permutation(rows) for _ in range(EPOCHS)]


def assert_agree(ours: Any, theirs: Any) -> None:
    """To 1e-5 of the largest weight."""
    assert np.abs(ours - theirs).max() <= CLOSE * np.abs(theirs).max()


ORDERS = pytest.mark.parametrize(
    "shuffle, orders", [(False, as_they_stand), (True, as_drawn)], ids=["in order", "shuffled"]
)


@ORDERS
@pytest.mark.parametrize("rate", [1.0, 0.1])
def test_a1_is_the_book_s_loop(tmp_path: Path, rate: float, shuffle: bool, orders: Any) -> None:
    ours, x, y = one_lane(a1.study(), tmp_path, {"rate": rate}, shuffle=shuffle)
    assert_agree(ours, book.line(x, y, rate, orders(len(y))))


def test_a1_on_the_book_s_own_rows() -> None:
    """All 442 rows as they stand: the loop and Keras end at one place."""
    loaded = load_diabetes()
    x, y = loaded.data[:, [2]].astype("float32"), loaded.target.astype("float32")
    model = a1.build()
    dure.fit(model, x, y, 1, 100, verbose=0, shuffle=False)
    ours = np.concatenate([w.ravel() for w in model.get_weights()])
    assert_agree(ours, book.line(x, y, 1.0, [np.arange(442)] * 100))
    np.testing.assert_allclose(ours, [913.597, 123.394], rtol=1e-5)


@ORDERS
def test_a2_is_rosenblatt_s_rule(tmp_path: Path, shuffle: bool, orders: Any) -> None:
    ours, x, t = one_lane(a2.study(), tmp_path, {"rate": 0.1}, shuffle=shuffle)
    assert set(t) == {-1, 1}
    assert_agree(ours, book.perceptron(x, t, 0.1, orders(len(t))))


def test_a2_an_output_of_zero_is_the_lower_class() -> None:
    """z = 0 with target 1 is a mistake and moves the weights; with target -1 it does not."""
    x = np.zeros((1, 30), np.float32)
    x[0, 0] = -1.0
    for target, moved in ((1.0, 0.1), (-1.0, 0.0)):
        model = a2.build(0.1)
        dure.fit(model, x, np.array([target], np.float32), 1, 1, verbose=0)
        kernel, bias = model.get_weights()
        np.testing.assert_allclose([kernel[0, 0], bias[0]], [1 - moved, 1 + moved], rtol=1e-6)


@ORDERS
def test_a3_is_the_rule_of_widrow_and_hoff(tmp_path: Path, shuffle: bool, orders: Any) -> None:
    ours, x, t = one_lane(a3.study(), tmp_path, {"rate": 0.001}, shuffle=shuffle)
    assert_agree(ours, book.line(x, t, 0.001, orders(len(t))))


@ORDERS
def test_a4_is_the_book_s_loop(tmp_path: Path, shuffle: bool, orders: Any) -> None:
    ours, x, y = one_lane(a4.study(), tmp_path, {}, shuffle=shuffle)
    assert_agree(ours, book.logistic(x, y, 0.1, orders(len(y))))


def test_a4_a_saturated_sigmoid_in_the_layer_leaves_the_book(tmp_path: Path) -> None:
    """What the row says of it: it is not the book's rule."""
    ours, x, y = one_lane(a4.study(), tmp_path, {"logits": False}, shuffle=False)
    theirs = book.logistic(x, y, 0.1, as_they_stand(len(y)))
    assert np.abs(ours - theirs).max() > 0.01


@pytest.mark.parametrize("name", ["stochastic", "mini-batch 32", "full batch"])
def test_a5_batches_are_the_book_s_loop(tmp_path: Path, name: str) -> None:
    ours, x, y = one_lane(a5.study(name), tmp_path, {})
    assert_agree(ours, book.logistic(x, y, 0.1, as_drawn(len(y)), a5.BATCHES[name]))


def test_a1_row(verdict: Any) -> None:
    facts = verdict("A1")["facts"]
    assert facts["updates"] == 282 * 100
    slope, _ = facts["least_squares"]
    gentle = np.array(facts["lines of rate 0.1"])
    assert np.abs(gentle[:, 0] / slope - 1).max() < 0.01
    assert np.mean(facts["excess of rate 0.1"]) < np.mean(facts["excess of rate 1"])
    assert min(facts["excess of rate 1"] + facts["excess of rate 0.1"]) >= 0
    assert verdict("A1")["pictures"] == ["lines.png", "loss.png"]


def test_a2_row(verdict: Any) -> None:
    facts = verdict("A2")["facts"]
    assert facts["parameters"] == 31
    assert 0.9 < facts["held_out"][0] < 1


def test_a3_row(verdict: Any) -> None:
    facts = verdict("A3")["facts"]
    assert facts["parameters"] == 31
    assert len(facts["error"]) == 100 and facts["error"][-1] < 0.25 < facts["error"][0]
    assert 0.9 < facts["held_out"][0] < 1


def test_a4_row(verdict: Any) -> None:
    facts = verdict("A4")["facts"]
    assert facts["parameters"] == 31
    assert 0.9 < facts["held out, sigmoid in the loss"][0] < 1
    assert facts["least_val_loss_at"] < 10
    assert facts["stuck"] > 100 and facts["first_loss"][0] < facts["first_loss"][1]


def test_a5_row(verdict: Any) -> None:
    facts = verdict("A5")["facts"]
    updates = {name: facts[f"updates, {name}"] for name in a5.BATCHES}
    assert list(updates.values()) == [36_400, 2_300, 1_200, 600, 100]
    for name in a5.BATCHES:
        assert np.max(facts[f"paths end off their lanes, {name}"]) == 0
        assert min(facts[f"loss, {name}"]) > facts["least_loss"]
    assert max(facts["loss, stochastic"]) < min(facts["loss, full batch"])


def test_a6_row(verdict: Any) -> None:
    facts = verdict("A6")["facts"]
    assert min(facts["to and fro, as measured"]) > 2 * max(facts["to and fro, standardised"])
    assert facts["gain"][1] > 0
    assert np.max(facts["paths end off their lanes, as measured"]) == 0
    assert np.max(facts["paths end off their lanes, standardised"]) == 0
    training, validation = facts["largest_means"]
    assert training < 1e-5 < 0.01 < validation  # fitted on the rows that train, and on no others


def test_runs_with_functions_of_ours_load_in_a_fresh_process(verdict: Any) -> None:
    script = (
        "import dure, sys; import numpy as np;"
        "models = [dure.load(folder).best().model() for folder in sys.argv[1:]];"
        "outs = [m.predict(np.eye(30), verbose=0) for m in models];"
        "assert set(outs[0].ravel()) <= {-1.0, 1.0} and outs[1].shape == (30, 1)"
    )
    folders = [verdict("A2")["folder"] / "perceptron", verdict("A3")["folder"] / "adaline"]
    subprocess.run([sys.executable, "-c", script, *map(str, folders)], check=True)


def test_pictures_can_be_read() -> None:
    random = np.random.default_rng(0)
    way, x = random.normal(size=(20, 2)), random.normal(size=50)
    plane = np.linspace(-3, 3, 9)
    loss = np.add.outer(plane**2, plane**2) + 0.1
    ground = neurons.Surface(plane, plane, loss, np.zeros(2), 0.1)
    sides = ("weight of this", "weight of that")
    drawn = [
        neurons.lines(x, 2 * x, {"a": np.array([[1.0, 2.0]])}, sides, "A line"),
        neurons.outputs(x, (x > 0.2).astype(np.int64), ("no", "yes"), 0.0, "a", "Outputs"),
        neurons.paths({"one": way, "two": way}, sides, "Paths", ground, ["A note."]),
        neurons.paths({"one": 1000 * way}, sides, "Paths"),
    ]
    assert [faults(figure) for figure in drawn] == [[]] * len(drawn)
