"""The loss that cures are compared by: Keras' own, without penalties."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from dure.remedies.surgery.score import NAME, DataLoss, add_score

X = np.random.default_rng(0).normal(size=(37, 4)).astype("float32")
LABELS = np.arange(37) % 3
LOSSES = [
    ("sparse_categorical_crossentropy", 3, "softmax", LABELS),
    (keras.losses.CategoricalCrossentropy(label_smoothing=0.1), 3, "softmax", np.eye(3)[LABELS]),
    ("binary_crossentropy", 1, "sigmoid", LABELS % 2),
    ("mse", 1, None, X[:, 0]),
    (keras.losses.Huber(0.3), 1, None, X[:, :1]),
]


@pytest.mark.parametrize(("loss", "units", "activation", "y"), LOSSES)
@pytest.mark.parametrize("weighted", [False, True])
def test_it_is_the_loss_of_keras_without_penalties(
    loss: Any, units: int, activation: str | None, y: Any, weighted: bool
) -> None:
    model = keras.Sequential(
        [layers.Input((4,)), layers.Dense(units, activation, kernel_regularizer="l2")]
    )
    model.compile("sgd", loss, weighted_metrics=[DataLoss(loss)])
    weight = np.linspace(0.1, 2, 37) if weighted else None
    found = model.evaluate(
        X, np.asarray(y, "float32"), 8, 0, weight, return_dict=True
    )  # a last, smaller batch
    penalty = float(sum(model.losses))
    assert penalty > 0.001
    assert found[NAME] == pytest.approx(found["loss"] - penalty, rel=1e-5)


def test_a_model_with_it_is_saved_and_loaded(tmp_path: Any) -> None:
    model = keras.Sequential([layers.Input((4,)), layers.Dense(1)])
    model.compile("sgd", "mse", weighted_metrics=[DataLoss("mse")])
    model.evaluate(X, X[:, 0], verbose=0)
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    assert again.evaluate(X, X[:, 0], verbose=0, return_dict=True) == pytest.approx(
        model.evaluate(X, X[:, 0], verbose=0, return_dict=True)
    )


@pytest.mark.parametrize(
    ("arguments", "accuracy", "name"),
    [
        ({"loss": "mse", "metrics": ["mae"]}, False, NAME),
        ({"loss": "mse", "metrics": ["mae"]}, True, "accuracy"),
        ({"loss": "mse", "metrics": ["accuracy"]}, True, "accuracy"),
        ({"loss": ["mse", "mse"]}, False, None),
        ({"loss": {"a": "mse"}}, False, None),
        ({"loss": None}, False, None),
    ],
)
def test_what_is_added(arguments: dict[str, Any], accuracy: bool, name: str | None) -> None:
    before = dict(arguments)
    assert add_score(arguments, accuracy) == name
    added = arguments.get("weighted_metrics")
    if name == NAME:
        assert isinstance(added[0], DataLoss)
    elif name == "accuracy" and before["metrics"] == ["mae"]:
        assert added == ["accuracy"]
    else:
        assert arguments == before
