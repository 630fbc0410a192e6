"""Layers with fast twins beside those without, and optimizers: the networks of docs/parity.md."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import layers as L

from dure.layers import MultiHot, OneHot
from oracles.networks.case import (
    BINARY,
    CLASSES,
    NUMBERS,
    ONE_HOT,
    PADDED,
    PICTURES,
    ROWS,
    SERIES,
    TABLE,
    WEIGHTS,
    WORDS,
    Case,
    pictures,
    sequential,
    sigmoid,
    softmax,
    tabular,
    words,
)


def _two_inputs() -> keras.Model:
    left, right = L.Input((10,), name="left"), L.Input((12, 4), name="right")
    merged = L.Concatenate()([L.Dense(4, "relu")(left), L.GRU(4)(right)])
    model = keras.Model({"left": left, "right": right}, L.Dense(1, "sigmoid")(merged))
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


def _two_outputs() -> keras.Model:
    x = L.Input((10,))
    hidden = L.Dense(8, "tanh")(x)
    outputs = {
        "kind": L.Dense(3, "softmax", name="kind")(hidden),
        "size": L.Dense(1, name="size")(hidden),
    }
    model = keras.Model(x, outputs)
    model.compile(
        "adam",
        loss={"kind": "sparse_categorical_crossentropy", "size": "mse"},
        loss_weights={"kind": 1.0, "size": 0.3},
        metrics={"kind": ["accuracy"], "size": ["mae"]},
    )
    return model


def _shared_layer() -> keras.Model:
    x, shared = L.Input((10,)), L.Dense(10, "tanh")
    model = keras.Model(x, L.Dense(1, "sigmoid")(L.Add()([shared(shared(x)), x])))
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


def _nested() -> keras.Model:
    inner = keras.Sequential([L.Input((10,)), L.Dense(6, "relu"), L.BatchNormalization()])
    x = L.Input((10,))
    model = keras.Model(x, L.Dense(1, "sigmoid")(L.Dropout(0.2)(inner(x))))
    model.compile("adam", "binary_crossentropy", metrics=["accuracy", "auc"])
    return model


@keras.saving.register_keras_serializable("parity")
class Residual(keras.Model):
    """A subclassed model that adds a loss of its own."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.hidden = L.Dense(10, "tanh")
        self.drop = L.Dropout(0.2)
        self.out = L.Dense(1, "sigmoid")

    def call(self, x: Any, training: bool = False) -> Any:
        hidden = self.drop(self.hidden(x), training=training)
        self.add_loss(1e-3 * keras.ops.mean(keras.ops.square(hidden)))
        return self.out(hidden + x)


def _subclassed() -> keras.Model:
    model = Residual()
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


def _encoded_twice() -> keras.Model:
    """Words read by a recurrent layer, beside a convolution that no program may loop over."""
    x = L.Input((12,), dtype="int32")
    encoded = OneHot(20)(x)
    groups = L.Conv1D(4, 3, groups=2)(L.Embedding(20, 4)(x))
    parts = [L.GRU(3)(encoded), L.Conv1D(3, 2)(encoded)[:, 0], L.GlobalMaxPooling1D()(groups)]
    model = keras.Model(x, L.Dense(1, "sigmoid")(L.Concatenate()(parts)))
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


def _frozen() -> keras.Model:
    model = keras.Sequential([L.Input((10,)), L.Dense(8, "tanh"), L.Dense(1, "sigmoid")])
    model.layers[0].trainable = False
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


def _mixed() -> keras.Model:
    policy = keras.DTypePolicy("mixed_bfloat16")
    stack = [
        L.Input((10,)),
        L.Dense(8, "relu", dtype=policy),
        L.Dense(1, "sigmoid", dtype="float32"),
    ]
    model = keras.Sequential(stack)
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


def _attention() -> keras.Model:
    x = L.Input((12, 4))
    attended = L.LayerNormalization()(x + L.MultiHeadAttention(2, 3, dropout=0.1)(x, x))
    pooled = L.GlobalAveragePooling1D()(L.SpatialDropout1D(0.2)(attended))
    model = keras.Model(x, L.Dense(1, "sigmoid")(pooled))
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


def _normalised() -> keras.Model:
    normalise = L.Normalization()
    normalise.adapt(TABLE * 3 + 5)
    model = keras.Sequential([normalise, L.Dense(4, "relu"), L.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


def _regularised() -> Callable[[], keras.Model]:
    def dense() -> L.Layer:
        return L.Dense(
            8,
            "relu",
            kernel_regularizer=keras.regularizers.L1L2(1e-3, 1e-2),
            bias_regularizer="l2",
            activity_regularizer=keras.regularizers.L1(1e-3),
            kernel_constraint=keras.constraints.MaxNorm(0.9),
        )

    return tabular(dense)


LAYERS: dict[str, Case] = {
    "dense": Case(tabular(), TABLE, BINARY),
    "regression": Case(
        sequential(lambda: L.Dense(8, "relu"), lambda: L.Dense(1), loss="mse"), TABLE, NUMBERS
    ),
    "one-hot targets": Case(
        sequential(lambda: L.Dense(8, "relu"), softmax, loss="categorical_crossentropy"),
        TABLE,
        ONE_HOT,
    ),
    "Conv1D causal": Case(
        sequential(
            lambda: L.Conv1D(6, 3, padding="causal", dilation_rate=2, activation="relu"),
            lambda: L.MaxPooling1D(2),
            L.Flatten,
            sigmoid,
        ),
        SERIES,
        BINARY,
    ),
    "Conv2D same": Case(
        pictures(lambda: L.Conv2D(5, 3, padding="same", activation="relu"), L.MaxPooling2D),
        PICTURES,
        CLASSES,
    ),
    "two Conv2D": Case(
        pictures(
            lambda: L.Conv2D(8, 3, padding="same", activation="relu"),
            L.MaxPooling2D,
            lambda: L.Conv2D(8, 3, padding="same", activation="relu"),
            L.MaxPooling2D,
        ),
        PICTURES,
        CLASSES,
    ),
    "Conv2D strided": Case(
        pictures(lambda: L.Conv2D(5, 3, strides=2, use_bias=False), lambda: L.AveragePooling2D(2)),
        PICTURES,
        CLASSES,
    ),
    "Conv2D grouped": Case(pictures(lambda: L.Conv2D(6, 3, groups=3)), PICTURES, CLASSES),
    "Conv2DTranspose": Case(pictures(lambda: L.Conv2DTranspose(4, 3)), PICTURES, CLASSES),
    "DepthwiseConv2D": Case(pictures(lambda: L.DepthwiseConv2D(3)), PICTURES, CLASSES),
    "SeparableConv2D": Case(
        pictures(lambda: L.SeparableConv2D(4, 3, padding="same")), PICTURES, CLASSES
    ),
    "overlapping MaxPooling2D": Case(
        pictures(lambda: L.Conv2D(4, 3, activation="relu"), lambda: L.MaxPooling2D(3, strides=2)),
        PICTURES,
        CLASSES,
    ),
    "GlobalMaxPooling2D": Case(
        pictures(lambda: L.Conv2D(4, 3, activation="relu"), L.GlobalMaxPooling2D),
        PICTURES,
        CLASSES,
    ),
    "GlobalAveragePooling1D": Case(words(L.GlobalAveragePooling1D), WORDS, BINARY),
    "Embedding": Case(words(L.Flatten), WORDS, BINARY),
    "SimpleRNN": Case(words(lambda: L.SimpleRNN(5)), WORDS, BINARY),
    "LSTM": Case(words(lambda: L.LSTM(5)), WORDS, BINARY),
    "GRU": Case(words(lambda: L.GRU(5)), WORDS, BINARY),
    "GRU reset before": Case(words(lambda: L.GRU(5, reset_after=False)), WORDS, BINARY),
    "LSTM masked": Case(words(lambda: L.LSTM(5), mask=True), PADDED, BINARY),
    "GRU masked, stacked": Case(
        words(lambda: L.GRU(5, return_sequences=True), lambda: L.GRU(4), mask=True), PADDED, BINARY
    ),
    "SimpleRNN masked": Case(words(lambda: L.SimpleRNN(5), mask=True), PADDED, BINARY),
    "LSTM dropout": Case(words(lambda: L.LSTM(5, dropout=0.3)), WORDS, BINARY),
    "LSTM recurrent dropout": Case(
        words(lambda: L.LSTM(5, dropout=0.2, recurrent_dropout=0.2)), WORDS, BINARY
    ),
    "GRU recurrent dropout": Case(words(lambda: L.GRU(5, recurrent_dropout=0.2)), WORDS, BINARY),
    "two LSTM": Case(
        words(lambda: L.LSTM(5, return_sequences=True), lambda: L.LSTM(5)), WORDS, BINARY
    ),
    "Bidirectional LSTM": Case(words(lambda: L.Bidirectional(L.LSTM(4))), WORDS, BINARY),
    "RNN of cells": Case(words(lambda: L.RNN([L.GRUCell(4), L.LSTMCell(4)])), WORDS, BINARY),
    "ConvLSTM1D": Case(
        sequential(lambda: L.ConvLSTM1D(3, 2), L.Flatten, sigmoid),
        SERIES.reshape(ROWS, 3, 4, 4),
        BINARY,
    ),
    "Conv3D": Case(
        sequential(lambda: L.Conv3D(2, 2), L.Flatten, sigmoid),
        PICTURES.reshape(ROWS, 9, 9, 3, 1),
        BINARY,
    ),
    "Masking, TimeDistributed": Case(
        sequential(
            L.Masking, lambda: L.TimeDistributed(L.Dense(4, "tanh")), lambda: L.LSTM(4), sigmoid
        ),
        SERIES * (PADDED != 0)[..., None],
        BINARY,
    ),
    "OneHot": Case(
        sequential(lambda: OneHot(20), lambda: L.LSTM(5, dropout=0.3), sigmoid), PADDED, BINARY
    ),
    "OneHot, stepped": Case(_encoded_twice, PADDED, BINARY),
    "MultiHot": Case(
        sequential(lambda: MultiHot(300), lambda: L.Dense(4, "relu"), sigmoid), PADDED, BINARY
    ),
    "attention": Case(_attention, SERIES, BINARY),
    "augmentation": Case(
        pictures(
            lambda: L.RandomFlip("horizontal"),
            lambda: L.RandomTranslation(0.1, 0.1),
            lambda: L.RandomRotation(0.1),
            lambda: L.RandomZoom(0.2, fill_mode="constant"),
            lambda: L.GaussianNoise(0.1),
        ),
        PICTURES,
        CLASSES,
    ),
    "other normalisations": Case(
        tabular(
            lambda: L.SpectralNormalization(L.Dense(8)),
            lambda: L.GroupNormalization(4),
            L.PReLU,
            L.UnitNormalization,
        ),
        TABLE,
        BINARY,
    ),
    "Normalization": Case(_normalised, TABLE * 3 + 5, BINARY),
    "BatchNormalization": Case(tabular(L.BatchNormalization), TABLE, BINARY),
    "LayerNormalization": Case(tabular(L.LayerNormalization), TABLE, BINARY),
    "Dropout": Case(tabular(lambda: L.Dropout(0.4)), TABLE, BINARY),
    "GaussianNoise": Case(tabular(lambda: L.GaussianNoise(0.1)), TABLE, BINARY),
    "regularizers, constraints": Case(_regularised(), TABLE, BINARY),
    "two inputs": Case(_two_inputs, {"left": TABLE, "right": SERIES}, BINARY),
    "two outputs": Case(_two_outputs, TABLE, {"kind": CLASSES, "size": NUMBERS}),
    "shared layer": Case(_shared_layer, TABLE, BINARY),
    "nested model": Case(_nested, TABLE, BINARY),
    "subclassed model": Case(_subclassed, TABLE, BINARY),
    "frozen layer": Case(_frozen, TABLE, BINARY),
    "mixed_bfloat16": Case(_mixed, TABLE, BINARY),
    "class weights": Case(tabular(), TABLE, BINARY, {"class_weight": {0: 0.3, 1: 2.0}}),
    "sample weights": Case(tabular(), TABLE, BINARY, {"sample_weight": WEIGHTS}),
}


def _scheduled() -> Any:
    schedule = keras.optimizers.schedules.ExponentialDecay(1e-2, 5, 0.7)
    return keras.optimizers.Adam(schedule)


def _averaged() -> Any:
    return keras.optimizers.Adam(use_ema=True, ema_momentum=0.8, ema_overwrite_frequency=2)


def _scaled() -> Any:
    return keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam())


OPTIMIZERS: dict[str, Callable[[], Any]] = {
    "SGD": lambda: keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
    "RMSprop": lambda: keras.optimizers.RMSprop(momentum=0.5, centered=True),
    "Adam": lambda: keras.optimizers.Adam(amsgrad=True),
    "AdamW": lambda: keras.optimizers.AdamW(weight_decay=0.01),
    "Adagrad": lambda: keras.optimizers.Adagrad(0.05),
    "Adadelta": lambda: keras.optimizers.Adadelta(0.5),
    "Adamax": lambda: keras.optimizers.Adamax(),
    "Nadam": lambda: keras.optimizers.Nadam(),
    "Ftrl": lambda: keras.optimizers.Ftrl(0.05, l1_regularization_strength=0.01),
    "Lion": lambda: keras.optimizers.Lion(),
    "Lamb": lambda: keras.optimizers.Lamb(),
    "Adafactor": lambda: keras.optimizers.Adafactor(),
    "Muon": lambda: keras.optimizers.Muon(),
    "ScheduleFreeAdamW": lambda: keras.optimizers.ScheduleFreeAdamW(),
    "LossScaleOptimizer": _scaled,
    "schedule": _scheduled,
    "clipnorm": lambda: keras.optimizers.Adam(clipnorm=0.01),
    "clipvalue": lambda: keras.optimizers.Adam(clipvalue=0.01),
    "global_clipnorm": lambda: keras.optimizers.Adam(global_clipnorm=0.01),
    "gradient accumulation": lambda: keras.optimizers.Adam(gradient_accumulation_steps=2),
    "moving averages": _averaged,
}

ARITHMETIC = {
    **LAYERS,
    **{
        f"optimizer {name}": Case(tabular(L.BatchNormalization, optimizer=make), TABLE, BINARY)
        for name, make in OPTIMIZERS.items()
    },
}
