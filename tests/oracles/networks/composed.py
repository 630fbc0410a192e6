"""Networks put together otherwise: shared, nested, subclassed, several ends, losses inside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers as L
from keras import ops

from oracles.networks.case import (
    BINARY,
    CLASSES,
    NUMBERS,
    SERIES,
    TABLE,
    WEIGHTS,
    WORDS,
    Case,
    compiled,
    sequential,
    sigmoid,
    tabular,
)

ALONE = {"validation_data": None, "validation_split": 0.5}
"""Where there are no targets to hand over beside validation rows."""


def _siamese() -> keras.Model:
    """Two rows through one network, and a contrastive loss of their distance."""

    def contrastive(true: Any, distance: Any) -> Any:
        far = ops.square(ops.maximum(1.0 - distance, 0.0))
        return ops.mean(true * ops.square(distance) + (1.0 - true) * far, axis=-1)

    tower = keras.Sequential([L.Input((10,)), L.Dense(8, "relu"), L.Dense(4)])
    left, right = L.Input((10,)), L.Input((10,))
    apart = ops.sqrt(ops.sum(ops.square(tower(left) - tower(right)), -1, keepdims=True) + 1e-6)
    return compiled([left, right], apart, contrastive)


def _triplets() -> keras.Model:
    tower = keras.Sequential([L.Input((10,)), L.Dense(4)])
    parts = [L.Input((10,), name=name) for name in ("anchor", "same", "other")]
    anchor, same, other = (tower(part) for part in parts)
    near = ops.sum(ops.square(anchor - same), -1)
    far = ops.sum(ops.square(anchor - other), -1)
    model = keras.Model(parts, Margin()([near, far]))
    model.compile("adam")
    return model


@keras.saving.register_keras_serializable("coverage")
class Margin(L.Layer):
    """A loss inside a layer; the model is compiled without one."""

    def call(self, distances: Any) -> Any:
        near, far = distances
        self.add_loss(ops.mean(ops.maximum(near - far + 0.5, 0.0)))
        return near - far


@keras.saving.register_keras_serializable("coverage")
class Sampled(L.Layer):
    """A draw from a normal distribution, and what it costs to be far from the standard one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seeds = keras.random.SeedGenerator(5)

    def call(self, parameters: Any) -> Any:
        mean, spread = parameters
        self.add_loss(-5e-3 * ops.mean(1 + spread - ops.square(mean) - ops.exp(spread)))
        noise = keras.random.normal(ops.shape(mean), seed=self.seeds)
        return mean + ops.exp(0.5 * spread) * noise


def _variational(loss: Any) -> Callable[[], keras.Model]:
    def make() -> keras.Model:
        x = L.Input((10,))
        h = L.Dense(8, "tanh")(x)
        drawn = Sampled()([L.Dense(2)(h), L.Dense(2)(h)])
        return compiled(x, L.Dense(10)(L.Dense(8, "tanh")(drawn)), loss)

    return make


def _tied_autoencoder() -> keras.Model:
    x = L.Input((10,))
    encoder = L.Dense(4, "tanh")
    decoded = Back(encoder)(encoder(x))
    return compiled(x, decoded, "mse")


@keras.saving.register_keras_serializable("coverage")
class Back(L.Layer):
    """A dense layer backwards: its kernel transposed, a bias of its own."""

    def __init__(self, forth: L.Dense, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.forth = forth

    def build(self, shape: Any) -> None:
        width = self.forth.kernel.shape[0]
        self.bias = self.add_weight((width,), initializer="zeros", name="bias")

    def call(self, x: Any) -> Any:
        return x @ ops.transpose(self.forth.kernel) + self.bias


@keras.saving.register_keras_serializable("coverage")
class Counted(L.Layer):
    """A layer with state that no gradient changes: a running mean of what it has seen."""

    def build(self, shape: Any) -> None:
        self.seen = self.add_weight((), initializer="zeros", trainable=False, name="seen")
        self.mean = self.add_weight(shape[1:], initializer="zeros", trainable=False, name="mean")

    def call(self, x: Any, training: bool = False) -> Any:
        if training:
            self.seen.assign_add(1.0)
            self.mean.assign(0.9 * self.mean + 0.1 * ops.mean(x, axis=0))
        return x - self.mean


@keras.saving.register_keras_serializable("coverage")
class Described(keras.Model):
    """Dicts in, dicts out, layers in lists and dicts, a submodel."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stack = [L.Dense(8, "relu"), L.Dense(4, "relu")]
        self.heads = {"kind": L.Dense(3, "softmax"), "size": L.Dense(1)}

    def call(self, x: Any, training: bool = False) -> Any:
        h = ops.concatenate([x["left"], ops.mean(x["right"], axis=1)], axis=-1)
        for layer in self.stack:
            h = layer(h)
        return {name: head(h) for name, head in self.heads.items()}


def _described() -> keras.Model:
    model = Described()
    model.compile(
        "adam",
        {"kind": "sparse_categorical_crossentropy", "size": "mse"},
        metrics={"kind": "accuracy"},
        weighted_metrics={"size": ["mae"]},
    )
    return model


@keras.saving.register_keras_serializable("coverage")
class Judged(keras.Model):
    """A model that computes its own loss, and metrics of it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.hidden, self.out = L.Dense(8, "tanh"), L.Dense(1, "sigmoid")
        self.sparsity = keras.metrics.Mean(name="sparsity")

    def call(self, x: Any, training: bool = False) -> Any:
        self.kept = self.hidden(x)
        return self.out(self.kept)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        extra = ops.mean(ops.abs(y_pred))
        self.sparsity.update_state(extra)
        return super().compute_loss(x, y, y_pred, sample_weight, training) + 0.1 * extra

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        return {**super().compute_metrics(x, y, y_pred, sample_weight), "double": 2.0}


def _judged() -> keras.Model:
    model = Judged()
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


@keras.saving.register_keras_serializable("coverage")
class Block(L.Layer):
    """A layer of layers with its own build."""

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units

    def build(self, shape: Any) -> None:
        self.norm, self.dense = L.BatchNormalization(), L.Dense(self.units, "relu")
        self.norm.build(shape)
        self.dense.build(shape)

    def call(self, x: Any, training: bool = False) -> Any:
        return self.dense(self.norm(x, training=training))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units}


def _listed_outputs() -> keras.Model:
    x = L.Input((10,))
    h = L.Dense(8, "tanh")(x)
    outputs = [L.Dense(3, "softmax", name="kind")(h), L.Dense(1, name="size")(h)]
    return compiled(
        x,
        outputs,
        ["sparse_categorical_crossentropy", "mse"],
        loss_weights=[1.0, 0.2],
        metrics=[["accuracy"], ["mae", "mse"]],
        weighted_metrics=[[], ["mae"]],
    )


def _unjudged_output() -> keras.Model:
    """An output that is only looked at: no loss is told for it."""
    x = L.Input((10,))
    h = L.Dense(4, "tanh", name="inside")(x)
    model = keras.Model(x, {"answer": L.Dense(1, "sigmoid", name="answer")(h), "inside": h})
    model.compile("adam", {"answer": "binary_crossentropy"})
    return model


def _nested_inputs() -> keras.Model:
    """Inputs inside each other, as functional models of today take them."""
    a, b, c = L.Input((10,), name="a"), L.Input((12, 4), name="b"), L.Input((10,), name="c")
    h = L.Concatenate()([L.Dense(3)(a), L.GRU(3)(b), L.Dense(3)(c)])
    return compiled({"plain": a, "pair": [b, c]}, L.Dense(1, "sigmoid")(h))


def _optional_input() -> keras.Model:
    x, extra = L.Input((10,), name="x"), L.Input((10,), name="extra", optional=True)
    h = Perhaps()([x, extra])
    return compiled({"x": x, "extra": extra}, L.Dense(1, "sigmoid")(h))


@keras.saving.register_keras_serializable("coverage")
class Perhaps(L.Layer):
    """Adds what may not be there."""

    def call(self, parts: Any) -> Any:
        x, extra = parts
        return x if extra is None else x + extra

    def compute_output_shape(self, shapes: Any) -> Any:
        return shapes[0]


def _wrapped() -> keras.Model:
    x = L.Input((10,))
    return compiled(x, L.Dense(1, "sigmoid")(Doubled(L.Dense(4, "relu"))(x)))


@keras.saving.register_keras_serializable("coverage")
class Doubled(L.Wrapper):
    """A wrapper of somebody's own."""

    def call(self, x: Any) -> Any:
        return 2.0 * self.layer(x)


def _deeply_nested() -> keras.Model:
    inner = keras.Sequential([L.Input((10,)), L.Dense(6, "relu"), L.Dropout(0.2)])
    x = L.Input((10,))
    middle = keras.Model(x, L.BatchNormalization()(inner(x)))
    z = L.Input((10,))
    return compiled(z, L.Dense(1, "sigmoid")(L.Add()([middle(z), middle(0.5 * z)])))


COMPOSED: dict[str, Case] = {
    "siamese, contrastive": Case(_siamese, [TABLE, TABLE[::-1].copy()], BINARY[:, None] * 1.0),
    "triplets, loss in a layer": Case(
        _triplets, {"anchor": TABLE, "same": TABLE + 0.1, "other": TABLE[::-1].copy()}, None, ALONE
    ),
    "autoencoder": Case(
        sequential(lambda: L.Dense(3, "relu"), lambda: L.Dense(10), loss="mse"), TABLE, TABLE
    ),
    "autoencoder with tied weights": Case(_tied_autoencoder, TABLE, TABLE),
    "variational autoencoder": Case(_variational("mse"), TABLE, TABLE),
    "layer with state": Case(tabular(Counted), TABLE, BINARY),
    "layer of layers": Case(tabular(lambda: Block(6), lambda: Block(4)), TABLE, BINARY),
    "subclassed, dicts in and out": Case(
        _described, {"left": TABLE, "right": SERIES}, {"kind": CLASSES, "size": NUMBERS}
    ),
    "own compute_loss and compute_metrics": Case(_judged, TABLE, BINARY),
    "outputs in a list": Case(_listed_outputs, TABLE, [CLASSES, NUMBERS]),
    "outputs in a tuple": Case(_listed_outputs, TABLE, (CLASSES, NUMBERS)),
    "output without a loss": Case(_unjudged_output, TABLE, {"answer": BINARY}),
    "weights by output": Case(
        _listed_outputs,
        TABLE,
        [CLASSES, NUMBERS],
        {"sample_weight": [WEIGHTS, 1.0 - WEIGHTS]},
    ),
    "inputs inside each other": Case(
        _nested_inputs, {"plain": TABLE, "pair": [SERIES, TABLE * 2]}, BINARY
    ),
    "optional input given": Case(_optional_input, {"x": TABLE, "extra": TABLE * 2}, BINARY),
    "own wrapper": Case(_wrapped, TABLE, BINARY),
    "models in models": Case(_deeply_nested, TABLE, BINARY),
    "unbuilt Sequential": Case(sequential(lambda: L.Dense(4), sigmoid), TABLE, BINARY),
    "words and numbers": Case(
        lambda: compiled(
            [a := L.Input((12,), dtype="int32"), b := L.Input((10,))],
            L.Dense(1, "sigmoid")(L.Concatenate()([L.LSTM(3)(L.Embedding(20, 3)(a)), b])),
        ),
        (WORDS, TABLE),
        BINARY,
    ),
    "weights by step": Case(
        sequential(lambda: L.GRU(3, return_sequences=True), lambda: L.Dense(1), loss="mse"),
        SERIES,
        SERIES[..., :1],
        {"sample_weight": np.abs(SERIES[..., 0])},
    ),
}
