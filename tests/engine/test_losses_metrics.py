"""Every loss and every metric of Keras, in models of many outputs trained by Dure and by Keras."""

import inspect
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers as L
from keras import ops

import dure
from engine.twice import RANDOM, ROWS, X, Y, twice

CLASSES = RANDOM.integers(0, 3, ROWS).astype("int32")
HOT = np.eye(3, dtype="float32")[CLASSES]
MANY = (RANDOM.random((ROWS, 3)) > 0.5).astype("float32")
SHARES = RANDOM.dirichlet(np.ones(3), ROWS).astype("float32")
SIGNS = np.where(Y > 0, 1, -1).astype("float32")
REAL = X[:, :1].copy()
PAIR = X[:, :2].copy()
POSITIVE = np.abs(PAIR) + 0.1
BITS = Y.astype("float32")
PATCH = (RANDOM.random((ROWS, 2, 2, 1)) > 0.5).astype("float32")
WORDS = RANDOM.integers(1, 3, (ROWS, 3)).astype("int32")

SIGMOID, TANH, LINEAR, PLUS, SOFT = (
    ("sigmoid", 1),
    ("tanh", 1),
    (None, 2),
    ("softplus", 2),
    ("softmax", 3),
)
"""Kinds of output: activation and units."""

LOSSES: dict[str, tuple[tuple[Any, int], Any, dict[str, Any]]] = {
    "BinaryCrossentropy": (SIGMOID, BITS, {"label_smoothing": 0.1}),
    "BinaryFocalCrossentropy": (SIGMOID, BITS, {"apply_class_balancing": True}),
    "CategoricalCrossentropy": (SOFT, HOT, {"label_smoothing": 0.1}),
    "CategoricalFocalCrossentropy": (SOFT, HOT, {}),
    "CategoricalGeneralizedCrossEntropy": (SOFT, CLASSES, {}),
    "CategoricalHinge": ((None, 3), HOT, {}),
    "CosineSimilarity": (LINEAR, PAIR, {}),
    "Dice": (("sigmoid", "patch"), PATCH, {}),
    "Hinge": (TANH, SIGNS, {}),
    "Huber": (LINEAR, PAIR, {"delta": 0.5}),
    "KLDivergence": (SOFT, SHARES, {}),
    "LogCosh": (LINEAR, PAIR, {}),
    "MeanAbsoluteError": (LINEAR, PAIR, {}),
    "MeanAbsolutePercentageError": (LINEAR, POSITIVE, {}),
    "MeanSquaredError": (LINEAR, PAIR, {"reduction": "sum"}),
    "MeanSquaredLogarithmicError": (PLUS, POSITIVE, {}),
    "Poisson": (PLUS, POSITIVE, {}),
    "SparseCategoricalCrossentropy": ((None, 3), CLASSES, {"from_logits": True}),
    "SquaredHinge": (TANH, SIGNS, {}),
    "Tversky": (("sigmoid", "patch"), PATCH, {"alpha": 0.3}),
    "Circle": (("l2", 2), CLASSES, {}),
    "CTC": (("softmax", "words"), WORDS, {}),
}
ABSTRACT = {"Loss"}


def _head(x: Any, activation: Any, units: Any, name: str) -> Any:
    if activation == "l2":
        return L.UnitNormalization(name=name)(L.Dense(units)(x))
    if units == "patch":
        return L.Reshape((2, 2, 1), name=name)(L.Dense(4, activation)(x))
    if units == "words":
        return L.Softmax(name=name)(L.Reshape((6, 3))(L.Dense(18)(x)))
    return L.Dense(units, activation, name=name)(x)


def _heads(
    heads: dict[str, tuple[Any, Any]],
    loss: dict[str, Any],
    weights: Any = None,
    metrics: Any = None,
    weighted: Any = None,
) -> keras.Model:
    x = L.Input((6,))
    hidden = L.Dense(4, "tanh")(x)
    model = keras.Model(x, {name: _head(hidden, *kind, name) for name, kind in heads.items()})
    model.compile(
        "sgd", loss, loss_weights=weights, metrics=metrics, weighted_metrics=weighted
    )
    return model


def test_every_loss_is_listed() -> None:
    known = {
        name
        for name, kind in vars(keras.losses).items()
        if inspect.isclass(kind) and issubclass(kind, keras.losses.Loss)
    }
    assert known - ABSTRACT == set(LOSSES)


@pytest.mark.parametrize("part", range(2))
def test_every_loss_is_that_of_keras(part: int) -> None:
    """One output a loss, each with a weight, so that a few programs cover them all."""
    names = list(LOSSES)[part::2]
    weights = {name: 0.1 + 0.05 * i for i, name in enumerate(names)}

    def make() -> keras.Model:
        return _heads(
            {name: LOSSES[name][0] for name in names},
            {name: getattr(keras.losses, name)(**LOSSES[name][2]) for name in names},
            weights,
        )

    y = {name: LOSSES[name][1] for name in names}
    twice(make, X, y, epochs=2, validation_split=0.3, rtol=1e-4)


METRICS: dict[str, dict[str, tuple[str, dict[str, Any]]]] = {
    "bit": {
        "Accuracy": ("", {}),
        "BinaryAccuracy": ("", {"threshold": 0.4}),
        "BinaryCrossentropy": ("", {}),
        "AUC": ("", {"num_thresholds": 20, "curve": "PR"}),
        "Precision": ("", {"thresholds": [0.3, 0.5, 0.7]}),
        "Recall": ("", {}),
        "FalseNegatives": ("", {}),
        "FalsePositives": ("", {"thresholds": [0.2, 0.6]}),
        "TrueNegatives": ("", {}),
        "TruePositives": ("", {}),
        "PrecisionAtRecall": ("", {"recall": 0.5}),
        "RecallAtPrecision": ("", {"precision": 0.6}),
        "SensitivityAtSpecificity": ("", {"specificity": 0.5}),
        "SpecificityAtSensitivity": ("", {"sensitivity": 0.5}),
        "BinaryIoU": ("", {"target_class_ids": [0, 1], "threshold": 0.5}),
    },
    "hot": {
        "CategoricalAccuracy": ("", {}),
        "CategoricalCrossentropy": ("", {}),
        "TopKCategoricalAccuracy": ("", {"k": 2}),
        "F1Score": ("", {"average": None}),
        "FBetaScore": ("", {"average": "macro", "beta": 0.5}),
        "KLDivergence": ("", {}),
        "OneHotIoU": ("", {"num_classes": 3, "target_class_ids": [0, 2]}),
        "OneHotMeanIoU": ("", {"num_classes": 3}),
        "CategoricalHinge": ("", {}),
    },
    "label": {
        "SparseCategoricalAccuracy": ("", {}),
        "SparseCategoricalCrossentropy": ("", {}),
        "SparseTopKCategoricalAccuracy": ("", {"k": 2}),
        "IoU": ("", {"num_classes": 3, "target_class_ids": [1], "sparse_y_pred": False}),
        "MeanIoU": ("", {"num_classes": 3, "sparse_y_pred": False}),
    },
    "sign": {"Hinge": ("", {}), "SquaredHinge": ("", {})},
    "pair": {
        "ConcordanceCorrelation": ("", {}),
        "CosineSimilarity": ("", {}),
        "LogCoshError": ("", {}),
        "MeanAbsoluteError": ("", {}),
        "MeanAbsolutePercentageError": ("", {}),
        "MeanSquaredError": ("", {}),
        "MeanSquaredLogarithmicError": ("", {}),
        "PearsonCorrelation": ("", {}),
        "Poisson": ("", {}),
        "R2Score": ("", {"class_aggregation": None}),
        "RootMeanSquaredError": ("", {}),
        "Mean": ("custom", {}),
    },
}
