"""Every loss and metric of Keras, grouped by what they judge, and some of people's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import layers as L
from keras import ops

from oracles.networks.case import (
    BINARY,
    CLASSES,
    NUMBERS,
    ONE_HOT,
    TABLE,
    Case,
    compiled,
    sequential,
    sigmoid,
)

POSITIVE = np.abs(NUMBERS) + 0.1
VECTORS = np.abs(TABLE[:, :3]) + 0.1
BITS = (TABLE[:, :4] > 0).astype("float32")
SMALL = (TABLE[:, 0] > 0).astype("int32") + (TABLE[:, 1] > 0)


def _headed(activation: str, units: int, losses: Sequence[Any]) -> Callable[[], keras.Model]:
    """An output for each loss."""

    def make() -> keras.Model:
        x = L.Input((10,))
        h = L.Dense(6, "tanh")(x)
        outputs = [L.Dense(units, activation, name=f"o{i}")(h) for i in range(len(losses))]
        told = [loss() if isinstance(loss, type) else loss for loss in losses]
        return compiled(x, outputs, told)

    return make


def _scored(
    activation: str, units: int, loss: str, metrics: Callable[[], list[Any]]
) -> Callable[[], keras.Model]:
    """One output, and these metrics of it, half of them weighted."""

    def make() -> keras.Model:
        x = L.Input((10,))
        out = L.Dense(units, activation)(L.Dense(6, "tanh")(x))
        found = metrics()
        return compiled(x, out, loss, metrics=found[::2], weighted_metrics=found[1::2])

    return make


k, m = keras.losses, keras.metrics

NUMBER_LOSSES = (
    k.MeanSquaredError,
    k.MeanAbsoluteError,
    k.MeanAbsolutePercentageError,
    k.MeanSquaredLogarithmicError,
    k.Huber,
    k.LogCosh,
    k.Poisson,
    k.CosineSimilarity,
)
BINARY_LOSSES = (
    k.BinaryCrossentropy,
    k.BinaryFocalCrossentropy,
    k.Hinge,
    k.SquaredHinge,
    k.Dice,
    k.Tversky,
)
CLASS_LOSSES = (
    k.CategoricalCrossentropy,
    k.CategoricalFocalCrossentropy,
    k.CategoricalHinge,
    k.KLDivergence,
)


def _functions(classes: Sequence[type]) -> list[Any]:
    """The function behind each class, as `compile` takes it, too."""
    return [kind().fn for kind in classes]


def _binary_metrics() -> list[Any]:
    return [
        m.BinaryAccuracy(),
        m.Accuracy(),
        m.AUC(num_thresholds=20),
        m.AUC(curve="PR", name="pr"),
        m.Precision(),
        m.Recall(),
        m.PrecisionAtRecall(0.5),
        m.RecallAtPrecision(0.5),
        m.SensitivityAtSpecificity(0.5),
        m.SpecificityAtSensitivity(0.5),
        m.TruePositives(),
        m.TrueNegatives(),
        m.FalsePositives(),
        m.FalseNegatives(),
        m.BinaryCrossentropy(),
        m.Hinge(),
        m.SquaredHinge(),
        m.BinaryIoU(),
        m.F1Score(threshold=0.5, average="micro"),
        m.FBetaScore(threshold=0.4, beta=2.0, average="macro"),
    ]


def _class_metrics() -> list[Any]:
    return [
        m.CategoricalAccuracy(),
        m.CategoricalCrossentropy(),
        m.CategoricalHinge(),
        m.TopKCategoricalAccuracy(2),
        m.KLDivergence(),
        m.F1Score(),
        m.FBetaScore(average="weighted"),
        m.OneHotIoU(3, [0, 2]),
        m.OneHotMeanIoU(3),
        m.AUC(multi_label=True, num_labels=3),
        m.Precision(class_id=1),
        m.Recall(top_k=2),
        m.CosineSimilarity(),
    ]


def _label_metrics() -> list[Any]:
    return [
        m.SparseCategoricalAccuracy(),
        m.SparseCategoricalCrossentropy(),
        m.SparseTopKCategoricalAccuracy(2),
        m.MeanIoU(3, sparse_y_pred=False),
        m.IoU(3, [1], sparse_y_pred=False),
    ]


def _number_metrics() -> list[Any]:
    return [
        m.MeanSquaredError(),
        m.MeanAbsoluteError(),
        m.MeanAbsolutePercentageError(),
        m.MeanSquaredLogarithmicError(),
        m.RootMeanSquaredError(),
        m.LogCoshError(),
        m.Poisson(),
        m.CosineSimilarity(),
        m.R2Score(),
        m.PearsonCorrelation(),
        m.ConcordanceCorrelation(),
        m.MeanMetricWrapper(lambda t, p: ops.max(ops.abs(t - p), -1), name="largest"),
    ]


@keras.saving.register_keras_serializable("coverage")
class Bias(keras.metrics.Metric):
    """A metric of somebody's own with two states."""

    def __init__(self, name: str = "bias", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self.total = self.add_variable((), "zeros", name="total")
        self.rows = self.add_variable((), "zeros", name="rows")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        self.total.assign_add(ops.sum(ops.cast(y_pred, "float32") - ops.cast(y_true, "float32")))
        self.rows.assign_add(ops.cast(ops.shape(y_pred)[0], "float32"))

    def result(self) -> Any:
        return self.total / ops.maximum(self.rows, 1.0)


@keras.saving.register_keras_serializable("coverage")
class Moving(keras.losses.Loss):
    """A loss of somebody's own, with numbers it was made with."""

    def __init__(self, power: float = 1.5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.power = power

    def call(self, y_true: Any, y_pred: Any) -> Any:
        error = ops.abs(ops.cast(y_true, y_pred.dtype) - y_pred) + 1e-6
        return ops.mean(error**self.power, axis=-1)


@keras.saving.register_keras_serializable("coverage")
class Kept(L.Layer):
    """A layer with metrics of its own."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.largest = keras.metrics.Sum(name="activity")
        self.usual = keras.metrics.Mean(name="usual")

    def call(self, x: Any) -> Any:
        self.largest.update_state(ops.abs(x))
        self.usual.update_state(x)
        return x


def _own(loss: Callable[[], Any]) -> Callable[[], keras.Model]:
    def make() -> keras.Model:
        x = L.Input((10,))
        out = L.Dense(1)(L.Dense(6, "tanh")(x))
        return compiled(x, out, loss(), metrics=[Bias()])

    return make


def _circled() -> keras.Model:
    x = L.Input((10,))
    return compiled(x, L.UnitNormalization()(L.Dense(4)(x)), keras.losses.Circle())


JUDGED: dict[str, Case] = {
    "losses of numbers": Case(
        _headed("softplus", 1, NUMBER_LOSSES), TABLE, [POSITIVE] * len(NUMBER_LOSSES)
    ),
    "losses of numbers, functions": Case(
        _headed("softplus", 1, _functions(NUMBER_LOSSES)), TABLE, [POSITIVE] * len(NUMBER_LOSSES)
    ),
    "losses of two classes": Case(
        _headed("sigmoid", 4, BINARY_LOSSES), TABLE, [BITS] * len(BINARY_LOSSES)
    ),
    "losses of two classes, functions": Case(
        _headed("sigmoid", 4, _functions(BINARY_LOSSES)), TABLE, [BITS] * len(BINARY_LOSSES)
    ),
    "losses of classes": Case(
        _headed("softmax", 3, CLASS_LOSSES), TABLE, [ONE_HOT] * len(CLASS_LOSSES)
    ),
    "losses of classes, functions": Case(
        _headed("softmax", 3, _functions(CLASS_LOSSES)), TABLE, [ONE_HOT] * len(CLASS_LOSSES)
    ),
    "losses of labels": Case(
        _headed(
            "softmax",
            3,
            (
                k.SparseCategoricalCrossentropy,
                k.sparse_categorical_crossentropy,
                k.CategoricalGeneralizedCrossEntropy,
            ),
        ),
        TABLE,
        [CLASSES] * 3,
    ),
    "label smoothing from logits": Case(
        _headed(
            "linear",
            3,
            (
                k.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1),
                k.CategoricalFocalCrossentropy(from_logits=True, alpha=0.5),
            ),
        ),
        TABLE,
        [ONE_HOT, ONE_HOT],
    ),
    "losses summed": Case(
        _headed("linear", 1, (k.MeanSquaredError(reduction="sum"), k.Huber(0.5))),
        TABLE,
        [NUMBERS, NUMBERS],
    ),
    "circle loss": Case(_circled, TABLE, CLASSES),
    "CTC as a function": Case(
        lambda: compiled(
            x := L.Input((10,)),
            L.Dense(6)(L.Reshape((5, 2))(x)),
            keras.losses.ctc,
        ),
        TABLE,
        np.stack([SMALL + 1, SMALL + 2], axis=1),
    ),
    "metrics of two classes": Case(
        _scored("sigmoid", 1, "binary_crossentropy", _binary_metrics),
        TABLE,
        BINARY[:, None].astype("float32"),
        {"sample_weight": np.abs(TABLE[:, 0])},
    ),
    "metrics of two classes, functions": Case(
        _scored(
            "sigmoid",
            1,
            "binary_crossentropy",
            lambda: [
                m.binary_accuracy,
                m.binary_crossentropy,
                m.binary_focal_crossentropy,
                m.hinge,
                m.squared_hinge,
            ],
        ),
        TABLE,
        BINARY[:, None].astype("float32"),
    ),
    "metrics of classes": Case(
        _scored("softmax", 3, "categorical_crossentropy", _class_metrics), TABLE, ONE_HOT
    ),
    "metrics of classes, functions": Case(
        _scored(
            "softmax",
            3,
            "categorical_crossentropy",
            lambda: [
                m.categorical_accuracy,
                m.categorical_crossentropy,
                m.categorical_focal_crossentropy,
                m.categorical_hinge,
                m.kl_divergence,
                m.top_k_categorical_accuracy,
            ],
        ),
        TABLE,
        ONE_HOT,
    ),
    "metrics of labels": Case(
        _scored("softmax", 3, "sparse_categorical_crossentropy", _label_metrics), TABLE, CLASSES
    ),
    "metrics of labels, functions": Case(
        _scored(
            "softmax",
            3,
            "sparse_categorical_crossentropy",
            lambda: [
                m.sparse_categorical_accuracy,
                m.sparse_categorical_crossentropy,
                m.sparse_top_k_categorical_accuracy,
            ],
        ),
        TABLE,
        CLASSES,
    ),
    "metrics of numbers": Case(_scored("softplus", 1, "mse", _number_metrics), TABLE, POSITIVE),
    "metrics of numbers, functions": Case(
        _scored(
            "softplus",
            3,
            "mse",
            lambda: [
                m.mean_squared_error,
                m.mean_absolute_error,
                m.mean_absolute_percentage_error,
                m.mean_squared_logarithmic_error,
                m.huber,
                m.log_cosh,
                m.poisson,
                m.concordance_correlation,
                m.pearson_correlation,
            ],
        ),
        TABLE,
        VECTORS,
    ),
    "own loss and metric": Case(_own(Moving), TABLE, NUMBERS),
    "own loss as a function": Case(
        _own(lambda: lambda t, p: ops.mean(ops.square(t - p) * (1.0 + ops.abs(t)), axis=-1)),
        TABLE,
        NUMBERS,
    ),
    "metrics of a layer": Case(
        sequential(lambda: L.Input((10,)), lambda: L.Dense(4, "relu"), Kept, sigmoid),
        TABLE,
        BINARY,
    ),
}
