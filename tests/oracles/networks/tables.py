"""Networks on tables of numbers: every activation, initializer, regularizer, constraint, merge."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
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
    softmax,
    tabular,
)

# Threshold takes two numbers more than an activation is handed; glu gives half as many.
_PLAIN = [
    name
    for name in dir(keras.activations)
    if name[0] != "_" and name not in ("get", "serialize", "deserialize", "threshold", "glu")
]


MERGES = ["add", "average", "maximum", "minimum", "multiply", "subtract", "dot", "concatenate"]


def _activations(names: list[str]) -> Callable[[], keras.Model]:
    """A branch for each activation, joined before the output."""

    def make() -> keras.Model:
        x = L.Input((10,))
        branches = [L.Activation(getattr(keras.activations, n))(L.Dense(2)(x)) for n in names]
        return compiled(x, L.Dense(1, "sigmoid")(L.Concatenate()(branches)), metrics=["accuracy"])

    return make


def _activation_layers() -> keras.Model:
    x = L.Input((10,))
    kinds = [L.ReLU(6.0, 0.1), L.LeakyReLU(0.2), L.ELU(0.5), L.PReLU(), L.Softmax()]
    kinds.append(L.Activation(lambda h: keras.activations.threshold(h, 0.2, 0.0)))
    branches = [kind(L.Dense(3)(x)) for kind in kinds]
    branches.append(L.Lambda(keras.activations.glu)(L.Dense(4)(x)))
    return compiled(x, L.Dense(1, "sigmoid")(L.Concatenate()(branches)))


def _initialized() -> keras.Model:
    """Every initializer with a seed, and a kernel of its own."""
    k = keras.initializers
    kinds = [
        k.Constant(0.1),
        k.GlorotNormal(1),
        k.GlorotUniform(2),
        k.HeNormal(3),
        k.HeUniform(4),
        k.Identity(),
        k.LecunNormal(5),
        k.LecunUniform(6),
        k.Ones(),
        k.Orthogonal(seed=7),
        k.RandomNormal(seed=8),
        k.RandomUniform(seed=9),
        k.TruncatedNormal(seed=10),
        k.VarianceScaling(seed=11),
        k.Zeros(),
    ]
    x = L.Input((10,))
    branches = [L.Dense(2, "tanh", kernel_initializer=kind)(x) for kind in kinds]
    return compiled(x, L.Dense(1, "sigmoid")(L.Concatenate()(branches)))


def _regularizers() -> list[Any]:
    k = keras.regularizers
    return [k.L1(1e-3), k.L2(1e-2), k.L1L2(1e-3, 1e-3), k.OrthogonalRegularizer(1e-2)]


@keras.saving.register_keras_serializable("coverage")
class Sparse(keras.regularizers.Regularizer):
    """A regularizer of somebody's own."""

    def __call__(self, x: Any) -> Any:
        return 1e-3 * ops.sum(ops.sqrt(ops.abs(x) + 1e-3))

    def get_config(self) -> dict[str, Any]:
        return {}


@keras.saving.register_keras_serializable("coverage")
class Centred(keras.constraints.Constraint):
    """A constraint of somebody's own."""

    def __call__(self, w: Any) -> Any:
        return w - ops.mean(w, axis=0, keepdims=True)


@keras.saving.register_keras_serializable("coverage")
class Halved(keras.initializers.Initializer):
    """An initializer of somebody's own."""

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        return ops.full(shape, 0.5, dtype) / shape[0]

    def get_config(self) -> dict[str, Any]:
        return {}


def _regularized() -> keras.Model:
    x = L.Input((10,))
    kinds = [*_regularizers(), Sparse()]
    branches = [L.Dense(4, "tanh", kernel_regularizer=kind)(x) for kind in kinds]
    branches.append(L.ActivityRegularization(1e-3, 1e-3)(L.Dense(3)(x)))
    return compiled(x, L.Dense(1, "sigmoid")(L.Concatenate()(branches)), metrics=["accuracy"])


def _constrained() -> keras.Model:
    k = keras.constraints
    kinds = [k.MaxNorm(0.7), k.MinMaxNorm(0.3, 0.8), k.NonNeg(), k.UnitNorm(), Centred()]
    x = L.Input((10,))
    branches = [
        L.Dense(4, "tanh", kernel_constraint=kind, kernel_initializer=Halved())(x) for kind in kinds
    ]
    return compiled(x, L.Dense(1, "sigmoid")(L.Concatenate()(branches)), optimizer="sgd")


def _merged() -> keras.Model:
    """Every way to merge, as a layer and as the function of the same name."""
    x = L.Input((10,))
    a, b = L.Dense(4, "relu")(x), L.Dense(4, "tanh")(x)
    classes = [L.Add(), L.Average(), L.Maximum(), L.Minimum(), L.Multiply(), L.Subtract()]
    parts = [merge([a, b]) for merge in classes] + [L.Dot(1)([a, b])]
    functions = (L.add, L.average, L.maximum, L.minimum, L.multiply, L.subtract)
    parts += [merge([a, b]) for merge in functions] + [L.dot([a, b], 1, normalize=True)]
    return compiled(x, L.Dense(1, "sigmoid")(L.concatenate([L.Concatenate()(parts), x])))


def _reshaped() -> keras.Model:
    x = L.Input((10,))
    h = L.Permute((2, 1))(L.Reshape((5, 2))(L.Rescaling(0.5, 0.1)(x)))
    h = L.EinsumDense("abc,cd->abd", output_shape=(2, 3), bias_axes="d")(h)
    h = L.Concatenate()([L.Flatten()(h), L.Flatten()(L.RepeatVector(2)(L.Identity()(x)))])
    h = L.Lambda(lambda t: ops.clip(t, -1.0, 1.0))(h)
    return compiled(x, L.Dense(1, "sigmoid")(h))


def _wide_and_deep() -> keras.Model:
    x = L.Input((10,))
    deep = L.Dense(8, "relu")(L.Dense(8, "relu")(x))
    out = L.Dense(1, "sigmoid")(L.Concatenate()([x, deep]))
    return compiled(x, out, metrics=["accuracy", "auc"])


def _residual() -> keras.Model:
    x = L.Input((10,))
    h = L.Dense(8)(x)
    for _ in range(3):
        inner = L.Dense(8, "gelu")(L.LayerNormalization(rms_scaling=False)(h))
        h = L.Add()([h, L.Dropout(0.1)(L.Dense(8)(inner))])
    return compiled(x, L.Dense(1)(h), "mse", keras.optimizers.AdamW(1e-2))


def _experts() -> keras.Model:
    """A mixture of experts: a gate weighs what three networks say."""
    x = L.Input((10,))
    gate = L.Dense(3, "softmax")(x)
    experts = [L.Dense(2)(L.Dense(4, "relu")(x)) for _ in range(3)]
    stacked = L.Lambda(lambda parts: ops.stack(parts, axis=1))(experts)
    mixed = L.Dot(axes=1)([gate, stacked])
    return compiled(x, L.Dense(3, "softmax")(mixed), "sparse_categorical_crossentropy")


def _highway() -> keras.Model:
    x = L.Input((10,))
    gate = L.Dense(10, "sigmoid", bias_initializer=keras.initializers.Constant(-1.0))(x)
    h = gate * L.Dense(10, "relu")(x) + (1.0 - gate) * x
    return compiled(x, L.Dense(1, "sigmoid")(h))


def _factorized() -> keras.Model:
    """A factorization machine: pairs of columns, by `keras.ops` alone."""
    x = L.Input((10,))
    vectors = L.EinsumDense("bi,ik->bik", output_shape=(10, 3))(x)
    pairs = ops.square(ops.sum(vectors, 1)) - ops.sum(ops.square(vectors), 1)
    total = L.Dense(1)(x) + 0.5 * ops.sum(pairs, -1, keepdims=True)
    return compiled(x, ops.sigmoid(total))


def _normalized_kinds() -> keras.Model:
    x = L.Input((10,))
    h = L.Dense(8)(x)
    kinds = [L.BatchNormalization(scale=False, momentum=0.8), L.RMSNormalization()]
    kinds += [L.GroupNormalization(2), L.UnitNormalization(), L.LayerNormalization(center=False)]
    h = L.Concatenate()([kind(h) for kind in kinds])
    return compiled(x, L.Dense(1, "sigmoid")(h))


def _lora() -> keras.Model:
    """A trained kernel held still, and two small matrices beside it."""
    model = keras.Sequential([L.Input((10,)), L.Dense(8, "tanh"), L.Dense(1, "sigmoid")])
    model.layers[0].enable_lora(2)
    model.compile("adam", "binary_crossentropy")
    return model


def _quantized(mode: str) -> Callable[[], keras.Model]:
    def make() -> keras.Model:
        model = keras.Sequential([L.Input((16,)), L.Dense(16, "relu"), L.Dense(1, "sigmoid")])
        if mode == "int8":
            for layer in model.layers:
                layer.enable_lora(2)
        model.quantize(mode)
        model.compile("adam", "binary_crossentropy")
        return model

    return make


def _wide_rows() -> Any:
    return TABLE[:, [*range(10), *range(6)]]


TABLES: dict[str, Case] = {
    "activations, first half": Case(_activations(_PLAIN[::2]), TABLE, BINARY),
    "activations, second half": Case(_activations(_PLAIN[1::2]), TABLE, BINARY),
    "activation layers": Case(_activation_layers, TABLE, BINARY, shows=("activations.threshold",)),
    "initializers": Case(_initialized, TABLE, BINARY),
    "regularizers": Case(_regularized, TABLE, BINARY),
    "constraints": Case(_constrained, TABLE, BINARY),
    "merging layers": Case(
        _merged,
        TABLE,
        BINARY,
        shows=("layers.Input", *(f"layers.{name}" for name in MERGES)),
    ),
    "reshaping layers": Case(_reshaped, TABLE, BINARY),
    "wide and deep": Case(_wide_and_deep, TABLE, BINARY),
    "residual table": Case(_residual, TABLE, NUMBERS),
    "mixture of experts": Case(_experts, TABLE, CLASSES),
    "highway": Case(_highway, TABLE, BINARY),
    "factorization machine": Case(_factorized, TABLE, BINARY),
    "normalisations side by side": Case(_normalized_kinds, TABLE, BINARY),
    "self-normalising": Case(
        sequential(
            lambda: L.Dense(8, "selu", kernel_initializer="lecun_normal"),
            lambda: L.AlphaDropout(0.2),
            lambda: L.GaussianDropout(0.2),
            softmax,
            loss="categorical_crossentropy",
        ),
        TABLE,
        ONE_HOT,
    ),
    "logistic regression": Case(sequential(sigmoid, optimizer="sgd"), TABLE, BINARY),
    "discretized columns": Case(
        sequential(
            lambda: L.Discretization([-1.0, 0.0, 1.0]),
            lambda: L.Embedding(4, 3),
            L.Flatten,
            sigmoid,
        ),
        TABLE,
        BINARY,
    ),
    "spectral normalisation": Case(
        tabular(lambda: L.SpectralNormalization(L.Dense(6, "relu"), power_iterations=2)),
        TABLE,
        BINARY,
    ),
    "LoRA": Case(_lora, TABLE, BINARY),
    "LoRA on int8": Case(_quantized("int8"), _wide_rows(), BINARY),
    "float8": Case(_quantized("float8"), _wide_rows(), BINARY),
}
