"""Every loss and every metric of Keras, in models of many outputs trained by Dure and by Keras."""

import inspect
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers as L
from keras import ops

import dure
from helpers.fit_twice import RANDOM, ROWS, X, Y, twice

CLASSES = RANDOM.integers(0, 3, ROWS).astype("int32")
HOT = np.eye(3, dtype="float32")[CLASSES]
MANY = (RANDOM.random((ROWS, 3)) > 0.5).astype("float32")
SHARES = RANDOM.dirichlet(np.ones(3), ROWS).astype("float32")
SIGNS = np.where(Y > 0, 1, -1).astype("float32")
REAL = X[:, :1].copy()
PAIR = X[:, :2].copy()
POSITIVE = np.abs(PAIR) + 0.1
BITS = Y[:, None].astype("float32")
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
    model.compile("sgd", loss, loss_weights=weights, metrics=metrics, weighted_metrics=weighted)
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


METRICS: dict[str, dict[str, dict[str, Any]]] = {
    "bit": {
        "Accuracy": {},
        "BinaryAccuracy": {"threshold": 0.4},
        "BinaryCrossentropy": {},
        "AUC": {"num_thresholds": 20, "curve": "PR"},
        "Precision": {"thresholds": [0.3, 0.5, 0.7]},
        "Recall": {},
        "FalseNegatives": {},
        "FalsePositives": {"thresholds": [0.2, 0.6]},
        "TrueNegatives": {},
        "TruePositives": {},
        "PrecisionAtRecall": {"recall": 0.5},
        "RecallAtPrecision": {"precision": 0.6},
        "SensitivityAtSpecificity": {"specificity": 0.5},
        "SpecificityAtSensitivity": {"sensitivity": 0.5},
        "BinaryIoU": {"target_class_ids": [0, 1], "threshold": 0.5},
    },
    "hot": {
        "CategoricalAccuracy": {},
        "CategoricalCrossentropy": {},
        "TopKCategoricalAccuracy": {"k": 2},
        "F1Score": {"average": None},
        "FBetaScore": {"average": "macro", "beta": 0.5},
        "KLDivergence": {},
        "OneHotIoU": {"num_classes": 3, "target_class_ids": [0, 2]},
        "OneHotMeanIoU": {"num_classes": 3},
        "CategoricalHinge": {},
    },
    "label": {
        "SparseCategoricalAccuracy": {},
        "SparseCategoricalCrossentropy": {},
        "SparseTopKCategoricalAccuracy": {"k": 2},
        "IoU": {"num_classes": 3, "target_class_ids": [1], "sparse_y_pred": False},
        "MeanIoU": {"num_classes": 3, "sparse_y_pred": False},
    },
    "sign": {"Hinge": {}, "SquaredHinge": {}},
    "pair": {
        "ConcordanceCorrelation": {},
        "CosineSimilarity": {},
        "LogCoshError": {},
        "MeanAbsoluteError": {},
        "MeanAbsolutePercentageError": {},
        "MeanSquaredError": {},
        "MeanSquaredLogarithmicError": {},
        "PearsonCorrelation": {},
        "Poisson": {},
        "R2Score": {"class_aggregation": None},
        "RootMeanSquaredError": {},
    },
}

OUTPUTS = {
    "bit": (SIGMOID, BITS, "binary_crossentropy"),
    "hot": (SOFT, HOT, "categorical_crossentropy"),
    "label": (SOFT, CLASSES, "sparse_categorical_crossentropy"),
    "sign": (TANH, SIGNS, "hinge"),
    "pair": (PLUS, POSITIVE, "mse"),
}
NO_METRICS = {"Metric", "Mean", "Sum", "MeanMetricWrapper"}
"""Bases, and reductions of one value, which no model can be compiled with."""


def _with_metrics() -> keras.Model:
    return _heads(
        {name: kind for name, (kind, _, _) in OUTPUTS.items()},
        {name: loss for name, (_, _, loss) in OUTPUTS.items()},
        metrics={
            output: [getattr(keras.metrics, n)(**o, name=n.lower()) for n, o in chosen.items()]
            for output, chosen in METRICS.items()
        },
        weighted={"bit": ["accuracy", keras.metrics.Precision(name="weighted")]},
    )


def test_every_metric_is_listed() -> None:
    known = {name for name, kind in vars(keras.metrics).items() if inspect.isclass(kind)}
    assert known - NO_METRICS == {name for chosen in METRICS.values() for name in chosen}


@pytest.mark.filterwarnings("ignore:Explicitly requested dtype int64")  # Keras' IoU asks for it
def test_every_metric_is_that_of_keras() -> None:
    y = {name: target for name, (_, target, _) in OUTPUTS.items()}
    weight = RANDOM.random(ROWS).astype("float32")
    ours, _ = twice(
        _with_metrics, X, y, epochs=2, validation_split=0.3, sample_weight=weight, rtol=1e-4
    )
    assert ours.history.history["val_hot_f1score"][0].shape == (3,)


def _off_by(y_true: Any, y_pred: Any) -> Any:
    return ops.mean(ops.abs(y_true - y_pred) ** 1.5, axis=-1)


class Largest(keras.metrics.Metric):
    """The largest prediction so far: a metric with a state that is no sum."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.value = self.add_variable((), initializer="zeros", name="value")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        self.value.assign(ops.maximum(self.value, ops.max(y_pred)))

    def result(self) -> Any:
        return {"largest": ops.convert_to_tensor(self.value), "half": self.value / 2}


def _own() -> keras.Model:
    x = L.Input((6,))
    model = keras.Model(x, L.Dense(3, "softmax")(L.Dense(4, "tanh")(x)))
    score = keras.metrics.F1Score(average=None, name="f1")
    model.compile("adam", _off_by, metrics=[_off_by, Largest(), score])
    return model


def test_own_losses_and_metrics() -> None:
    ours, _ = twice(_own, X, HOT, validation_split=0.3)
    assert {"_off_by", "val_half", "val_f1"} < set(ours.history.history)


def test_a_study_has_a_column_for_each_part_of_a_metric(tmp_path: Path) -> None:
    study = dure.Study(
        _own, dure.Data(X, HOT, test=(X, HOT)), validation_split=0.3, epochs=2, batch_size=16
    )
    result = study.run(tmp_path / "run", progress=False)
    keras.utils.set_random_seed(0)
    model = _own()
    history = model.fit(X, HOT, epochs=2, batch_size=16, validation_split=0.3, verbose=0).history
    curves = result.lane("default", 0).curves
    for name, values in history.items():
        columns = [f"{name}_{i}" for i in range(3)] if name.endswith("f1") else [name]
        got = np.stack([curves[column].values for column in columns], axis=-1)
        np.testing.assert_allclose(got.squeeze(), values, rtol=1e-5, atol=1e-7)
    assert {"f1_0", "f1_1", "f1_2", "half"} < set(result.test)
    assert "val_f1_2" in result.frame().columns
    assert len(result.summary("val_f1_1")) == 1
