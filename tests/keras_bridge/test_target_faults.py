"""Targets that losses take in silence: told with a cure that works; healthy look-alikes are not."""

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers as L

import dure
from dure.keras_bridge.building import make_ready
from dure.keras_bridge.target_faults import find_target_faults

X = np.random.default_rng(0).normal(size=(12, 6)).astype("float32")
TWO, THREE = np.arange(12) % 2, np.arange(12) % 3
MASK = np.arange(12 * 16).reshape(12, 4, 4) % 3
VOID = np.where(MASK == 2, 255, MASK)
SPARSE = "sparse_categorical_crossentropy"
CATEGORICAL, FOCAL = "categorical_crossentropy", "binary_focal_crossentropy"
Sparse = keras.losses.SparseCategoricalCrossentropy


def dense(loss: Any, units: int, activation: str | None = None) -> keras.Model:
    x = L.Input((6,))
    model = keras.Model(x, L.Dense(units, activation)(x))
    model.compile("sgd", loss)
    return model


def pixels(loss: Any, classes: int) -> keras.Model:
    x = L.Input((4, 4, 1))
    model = keras.Model(
        x, L.Conv2D(classes, 1, activation="sigmoid" if classes == 1 else "softmax")(x)
    )
    model.compile("sgd", loss)
    return model


def faults_of(model: keras.Model, y: Any) -> list[str]:
    data = dure.Data(np.zeros((12, *model.inputs[0].shape[1:])), y)
    make_ready(model, (data.x, data.y, None))
    return find_target_faults(model, data.y)


@pytest.mark.parametrize(
    ("model", "y", "told", "cure"),
    [
        (lambda: dense(SPARSE, 2), TWO * 2 - 1, "pass (y + 1) // 2. Labels -1 and 1", "(y+1)//2"),
        (lambda: dense(SPARSE, 3), THREE + 1, "counted from 0: pass y - 1.", "y - 1"),
        (lambda: dense(SPARSE, 3), THREE - 2, "counted from 0: pass y + 2.", "y + 2"),
        (lambda: dense(SPARSE, 3), THREE**2 * 5, "They are 0, 5, 20: renumber", None),
        (lambda: dense(SPARSE, 3), np.arange(12) % 4, "give that output 4 units", None),
        (lambda: dense(SPARSE, 2), THREE - 1, "ignore_class=-1", None),
        (lambda: dense(SPARSE, 2), np.arange(12) % 4 - 2, "give that output 4 units", None),
        (lambda: dense(SPARSE, 1), TWO, "1 unit, which is one class only", None),
        (lambda: dense(SPARSE, 3), THREE + 0.5, "holds fractions, such as 0.5", "y - 0.5"),
        (lambda: pixels(Sparse(), 2), VOID, "Only 255 lies outside: if it marks", None),
        (
            lambda: dense(SPARSE, 2),
            TWO * 255,
            "They are 0 and 255: pass (y == 255).astype('int32') where that is a class",
            "(y == 255).astype('int32')",
        ),
        (lambda: pixels(Sparse(ignore_class=255), 2), VOID + 3, "labels from 3 to 258", None),
        (lambda: dense("binary_crossentropy", 1), TWO * 2 - 1, "pass (y + 1) / 2", None),
        (lambda: dense("binary_crossentropy", 1), TWO + 1, "1 and 2: pass y == 2", "y == 2"),
        (lambda: dense("binary_crossentropy", 1), THREE, "For 3 classes give the output 3", None),
        (lambda: dense("binary_crossentropy", 6), X * 9, "take the loss 'mse'", None),
        (
            lambda: pixels("binary_crossentropy", 1),
            (np.arange(192).reshape(12, 4, 4, 1) + 64).astype("uint8"),
            "y / 255 for pictures",
            "y / 255",
        ),
        (lambda: dense(FOCAL, 1), TWO + 1, "binary_focal_crossentropy takes 0 to 1", "y == 2"),
        (lambda: dense("kl_divergence", 3), X[:, :3] * 9, "kl_divergence takes 0 to 1", None),
        (lambda: dense(CATEGORICAL, 5), np.arange(60).reshape(12, 5) % 5, "12 of 12", "y / 10"),
        (
            lambda: dense(CATEGORICAL, 3),
            np.maximum(np.eye(3)[THREE], (0, 0, 1)),
            "may hold at once",
            None,
        ),
        (lambda: dense(CATEGORICAL, 6), X, "holds values from -", None),
        (lambda: pixels(CATEGORICAL, 2), np.full((12, 4, 4, 2), 255), "to 510", "y / 510"),
        (lambda: dense("categorical_focal_crossentropy", 3), np.eye(3)[THREE] * 3, "to 3", None),
        (lambda: dense("poisson", 6), X, "poisson takes numbers from 0 on", "abs(y)"),
        (lambda: dense("poisson", 3), abs(X[:, :1]), "holds 1 values a row", None),
        (lambda: dense("msle", 6), X, "mean_squared_logarithmic_error takes", "abs(y)"),
        (lambda: dense("hinge", 1), TWO + 1, "takes -1 and 1, or 0 and 1", "y == 2"),
        (lambda: dense("squared_hinge", 1), THREE, "For 3 classes", None),
        (lambda: dense("mse", 1), X[:, :2], "holds 2 values a row and the output", None),
        (lambda: dense(keras.losses.Huber(), 3), X[:, :1], "holds 1 values a row", "X[:, :3]"),
    ],
)
def test_nonsense_is_told(model: Any, y: Any, told: str, cure: str | None) -> None:
    (fault,) = faults_of(model(), y)
    assert told.lower() in fault.lower(), fault
    if cure is not None:
        assert faults_of(model(), eval(cure, {"X": X, "y": y})) == []


@pytest.mark.parametrize(
    ("model", "y"),
    [
        (lambda: dense(SPARSE, 3), THREE),
        (lambda: dense(SPARSE, 5), THREE.astype("float32")),
        (lambda: dense(SPARSE, 3), THREE[:, None]),
        (lambda: dense("hinge", 1, "tanh"), TWO * 2 - 1),
        (lambda: dense("squared_hinge", 1, "tanh"), TWO),
        (lambda: pixels(Sparse(ignore_class=255), 2), VOID),
        (lambda: pixels(Sparse(ignore_class=-1), 2), np.where(MASK == 2, -1, MASK)),
        (lambda: pixels(SPARSE, 3), MASK[..., None]),
        (lambda: dense("binary_crossentropy", 1), TWO > 0),
        (lambda: dense("binary_crossentropy", 1), TWO * 0.8 + 0.1),
        (lambda: dense("binary_crossentropy", 1), 0.7 + TWO * 0.45),  # as of adversarial networks
        (lambda: dense("binary_crossentropy", 3), np.eye(3)[THREE]),
        (lambda: dense(FOCAL, 1), TWO * 0.8 + 0.1),
        (lambda: dense(CATEGORICAL, 3), np.eye(3)[THREE]),
        (lambda: dense(CATEGORICAL, 3), np.eye(3, dtype=bool)[THREE]),
        (lambda: dense(CATEGORICAL, 3), np.eye(3)[THREE] * 0.9 + 0.1 / 3),  # smoothed
        (lambda: dense(CATEGORICAL, 3), np.full((12, 3), 0.33)),  # rounded shares
        (lambda: dense(CATEGORICAL, 3), np.eye(3)[THREE] * (TWO[:, None])),  # rows of no class
        (lambda: pixels(CATEGORICAL, 3), np.eye(3, dtype="uint8")[MASK]),
        (lambda: dense("categorical_focal_crossentropy", 3), np.eye(3)[THREE]),
        (lambda: dense("kl_divergence", 3), np.full((12, 3), 1 / 3)),
        (lambda: dense("poisson", 1), THREE),
        (lambda: dense("poisson", 6), abs(X)),
        (lambda: dense("msle", 1), THREE * 1e5),
        (lambda: dense("mse", 1), X[:, 0]),
        (lambda: dense("mse", 6), X),
        (lambda: dense("mae", 1), X[:, :1] * 100),
    ],
)
def test_healthy_targets_are_not(model: Any, y: Any) -> None:
    assert faults_of(model(), y) == []


@pytest.mark.filterwarnings("ignore:In loss categorical_crossentropy:SyntaxWarning")
def test_one_unit_compares_no_classes() -> None:
    (fault,) = faults_of(dense(CATEGORICAL, 1), TWO[:, None])
    assert "of one it always is 0" in fault and "'binary_crossentropy'" in fault
