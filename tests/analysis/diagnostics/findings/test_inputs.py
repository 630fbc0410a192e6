"""What is told of losses, data and chance, by the facts of models and data alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dure.analysis.diagnostics.case import Case
from dure.analysis.diagnostics.findings import fit_quality, inputs, loss_mismatch
from dure.engine.planning.model_facts import model_facts
from dure.gallery.keras_tour import e8_losses
from dure.keras_bridge.building import make_ready
from helpers.diagnostic_cases import EPOCHS, case

# -- loss and last activation ----------------------------------------------------------------------


def pair_facts(units: int, activation: Any, loss: Any, y: np.ndarray) -> dict[str, Any]:
    model = e8_losses.build(units, activation, loss, "mae")
    x = np.ones((len(y), 4), np.float32)
    make_ready(model, (x, y, None))
    return model_facts(model, x)


TARGETS: dict[str, tuple[dict[str, tuple[Any, ...]], np.ndarray, dict[str, Any]]] = {
    "number": (
        e8_losses.NUMBER,
        np.array([[25.0], [346.0]], np.float32),
        {"kind": "numbers", "min": 25.0, "max": 346.0},
    ),
    "two": (
        e8_losses.TWO,
        np.array([[0], [1]]),
        {"kind": "classes", "labels": [0, 1], "min": 0.0, "max": 1.0},
    ),
    "many": (
        e8_losses.MANY,
        np.array([[0], [9]]),
        {"kind": "classes", "labels": list(range(10)), "min": 0.0, "max": 9.0},
    ),
    "hot": (
        e8_losses.ONE_HOT,
        np.eye(10, dtype=np.float32)[:2],
        {"kind": "one-hot", "labels": list(range(10)), "min": 0.0, "max": 1.0},
    ),
}
PAIRS = [(kind, name) for kind, (pairs, *_) in TARGETS.items() for name in pairs]


@pytest.mark.filterwarnings("ignore:\\s*You are using a softmax:UserWarning")
@pytest.mark.parametrize(("kind", "name"), PAIRS)
def test_every_wrong_pair_of_e8_is_told_and_no_right_one(kind: str, name: str) -> None:
    pairs, y, targets = TARGETS[kind]
    facts = pair_facts(*pairs[name][:3], y)
    found = list(loss_mismatch.find(case(model=facts, data={"targets": targets})))
    assert bool(found) is name.startswith("wrong"), (name, found)


@pytest.mark.parametrize(
    ("loss", "activation", "units", "logits", "kind", "told"),
    [
        ("binary_crossentropy", "tanh", 1, False, "classes", True),
        ("binary_crossentropy", "my_own", 1, False, "classes", False),
        ("binary_crossentropy", "softmax", 3, False, "one-hot", True),
        ("categorical_crossentropy", "sigmoid", 3, False, "one-hot", True),
        ("sparse_categorical_crossentropy", "sigmoid", 1, False, "classes", True),
        ("mean_squared_error", "relu", 1, False, "numbers", True),  # targets from -1
        ("mean_squared_error", "tanh", 1, False, "numbers", False),
        ("mean_squared_error", "linear", 1, False, "classes", False),  # -1 and 1: Adaline
        ("hinge", "sigmoid", 1, False, "classes", True),
        ("hinge", "linear", 1, False, "classes", False),
        ("poisson", "linear", 1, False, "numbers", True),
        ("poisson", "exponential", 1, False, "numbers", False),
    ],
)
def test_other_pairs(
    loss: str, activation: str, units: int, logits: bool, kind: str, told: bool
) -> None:
    pair = loss_mismatch.OutputLoss(loss, logits, activation, units, kind, 2, -1.0, 1.0)
    assert (loss_mismatch.why(pair) is not None) is told


def test_what_is_not_known_is_not_judged() -> None:
    output = {"loss": "mine", "own": True, "activation": "softmax", "units": 1, "from_logits": None}
    unknown = {**output, "own": False, "loss": "binary_crossentropy", "activation": None}
    for each in (output, unknown):
        assert not list(loss_mismatch.find(case(model={"outputs": [each]})))


# -- data and chance -------------------------------------------------------------------------------

UNIT = {
    "name": "x",
    "dtype": "float32",
    "shape": [3],
    "rows": 9,
    "integers": False,
    "min": -3.0,
    "max": 3.0,
    "mean": 0.0,
    "std": 1.0,
    "feature_std_min": 0.9,
    "feature_std_max": 1.1,
    "feature_size_min": 2.0,
    "feature_size_max": 3.0,
    "constant_features": 0,
}
PIXELS = {**UNIT, "shape": [28, 28, 1], "min": 0.0, "max": 255.0, "mean": 33.0, "std": 78.0}
PIXELS |= {"feature_std_max": 78.0, "feature_size_min": 255.0, "feature_size_max": 255.0}
DEPTHS = {**PIXELS, "max": 4095.0}
APART = {**UNIT, "feature_size_min": 0.02, "feature_size_max": 4000.0}
TINY = {**UNIT, "std": 1e-4, "feature_std_max": 1e-4, "feature_size_max": 1e-3}


def with_inputs(facts: dict[str, Any], *classes: str) -> Case:
    layers = [{"class": name, "parameters": int(name == "Dense")} for name in (*classes, "Dense")]
    return case(data={"inputs": [facts]}, model={"layers": layers})


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        (PIXELS, "1; divide them by 255, or"),
        (DEPTHS, "1; standardise them, or"),
        (APART, "4,000"),
        (TINY, "standardise"),
        (UNIT, None),
    ],
)
def test_inputs_far_from_one_or_far_apart(facts: dict[str, Any], says: str | None) -> None:
    found = list(inputs.find_all([with_inputs(facts)]))
    assert bool(found) is (says is not None)
    if says:
        assert says in found[0].sentence and found[0].variant is None


@pytest.mark.parametrize("first", ["Rescaling", "BatchNormalization", "Normalization"])
def test_networks_that_scale_by_themselves(first: str) -> None:
    assert not list(inputs.find_all([with_inputs(PIXELS, first)]))
    assert not list(inputs.find_all([with_inputs(PIXELS, "Flatten", first)]))
    assert list(inputs.find_all([with_inputs(PIXELS, "Dense", first)]))


def test_integers_that_stand_for_words() -> None:
    words = {**PIXELS, "integers": True}
    assert not list(inputs.find_all([with_inputs(words, "Embedding")]))
    assert list(inputs.find_all([with_inputs(words, "Flatten")]))
    assert list(inputs.find_all([with_inputs(PIXELS, "Embedding")]))  # a second input of numbers


@pytest.mark.parametrize(("counts", "told"), [([80, 20], True), ([79, 21], False), ([9], False)])
def test_unbalanced_from_four_to_one(counts: list[int], told: bool) -> None:
    targets = {"counts": counts, "labels": list(range(len(counts)))}
    made = case(data={"targets": targets})
    found = list(inputs.find_all([made]))
    assert bool(found) is told
    assert not list(inputs.find_all([replace(made, study={"class_weight": {"0": 1.0}})]))


def judged(validation: float, training: float) -> Case:
    made = case()
    curves = {
        "loss": made.curves["loss"],
        "val_loss": np.full((6, EPOCHS), 0.68),
        "accuracy": np.full((6, EPOCHS), training),
        "val_accuracy": np.full((6, EPOCHS), validation),
    }
    return replace(made, curves=curves)


@pytest.mark.parametrize(
    ("validation", "training", "learned"),
    [(0.6, 0.99, "by heart"), (0.6, 0.7, "a little"), (0.6, 0.6, "nothing"), (0.72, 0.8, None)],
)
def test_chance_tells_learning_by_heart_from_learning_nothing(
    validation: float, training: float, learned: str | None
) -> None:
    found = list(fit_quality.find(judged(validation, training)))
    assert [f.numbers["learned"] for f in found] == ([learned] if learned else [])


def test_an_accuracy_at_chance_with_a_better_loss_beats_chance() -> None:
    made = judged(0.6, 0.7)
    made.curves["val_loss"][:] = 0.5  # rare classes: right probabilities, always the same answer
    assert not list(fit_quality.find(made))


def test_few_validation_rows_prove_little() -> None:
    made = judged(0.72, 0.8)
    few = {**made.data, "rows": {"train": 400, "validation": 25}}
    assert list(fit_quality.find(replace(made, data=few)))
