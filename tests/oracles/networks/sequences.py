"""Networks on words and series: recurrent layers, attention, sequences into sequences."""

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
    PADDED,
    RANDOM,
    ROWS,
    SERIES,
    WORDS,
    Case,
    compiled,
    sequential,
    sigmoid,
    words,
)

NEXT = np.roll(WORDS, -1, axis=1)
TAGS = (PADDED % 4).astype("int32")
SPOKEN = np.where(np.arange(4) < RANDOM.integers(2, 5, size=(ROWS, 1)), WORDS[:, :4], 0)
LABELS = "sparse_categorical_crossentropy"
WHOLE = 32
"""Rows of a network whose batch size is part of it."""


def _merge_modes() -> keras.Model:
    x = L.Input((12, 4))
    modes = ("concat", "sum", "ave", "mul")
    parts = [L.Bidirectional(L.GRU(3), merge_mode=mode)(x) for mode in modes]
    parts += L.Bidirectional(L.LSTM(3), merge_mode=None)(x)
    return compiled(x, L.Dense(1, "sigmoid")(L.Concatenate()(parts)))


def _two_ways() -> keras.Model:
    """A layer of its own for the way back, and states of both."""
    x = L.Input((12, 4))
    both = L.Bidirectional(
        L.LSTM(3, return_sequences=True),
        backward_layer=L.GRU(3, return_sequences=True, go_backwards=True),
    )
    _, *states = L.Bidirectional(L.GRU(3, return_state=True))(x)
    parts = [L.GlobalAveragePooling1D()(both(x)), *states]
    return compiled(x, L.Dense(1, "sigmoid")(L.Concatenate()(parts)))


def _translated() -> keras.Model:
    """An encoder's states start the decoder, which is told the right words so far."""
    source, so_far = L.Input((12,), name="source"), L.Input((12,), name="so_far")
    _, h, c = L.LSTM(6, return_state=True)(L.Embedding(20, 4, mask_zero=True)(source))
    decoded = L.LSTM(6, return_sequences=True)(
        L.Embedding(20, 4, mask_zero=True)(so_far), initial_state=[h, c]
    )
    out = L.Dense(20, "softmax")(decoded)
    return compiled([source, so_far], out, LABELS, metrics=["accuracy"])


def _attentive() -> keras.Model:
    """The same with a look back at the encoder's steps, masked where there are none."""
    source, so_far = L.Input((12,), name="source"), L.Input((12,), name="so_far")
    encoded = L.GRU(4, return_sequences=True)(L.Embedding(20, 4, mask_zero=True)(source))
    decoded = L.GRU(4, return_sequences=True)(L.Embedding(20, 4, mask_zero=True)(so_far))
    seen = L.AdditiveAttention()([decoded, encoded])
    out = L.TimeDistributed(L.Dense(20, "softmax"))(L.Concatenate()([decoded, seen]))
    model = keras.Model({"source": source, "so_far": so_far}, out)
    model.compile("adam", LABELS)
    return model


def _stateful(cell: type[L.Layer]) -> Callable[[], keras.Model]:
    def make() -> keras.Model:
        model = keras.Sequential(
            [
                L.Input(batch_shape=(16, 12, 4)),
                cell(3, stateful=True, return_sequences=True),
                cell(3, stateful=True),
                L.Dense(1, "sigmoid"),
            ]
        )
        model.compile("adam", "binary_crossentropy")
        return model

    return make


def _nested_cells() -> keras.Model:
    x = L.Input((12, 4))
    cells = L.StackedRNNCells([L.GRUCell(3), L.LSTMCell(3, dropout=0.2), L.SimpleRNNCell(2)])
    return compiled(x, L.Dense(1, "sigmoid")(L.RNN(cells)(x)))


@keras.saving.register_keras_serializable("coverage")
class Leaky(L.Layer):
    """A recurrent cell of somebody's own."""

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = self.state_size = units

    def build(self, shape: Any) -> None:
        self.kernel = self.add_weight((shape[-1], self.units), name="kernel")
        self.leak = self.add_weight((self.units,), initializer="zeros", name="leak")

    def call(self, x: Any, states: Any, training: bool = False) -> Any:
        leak = ops.sigmoid(self.leak)
        h = leak * states[0] + (1 - leak) * ops.tanh(x @ self.kernel)
        return h, [h]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units}


def _attentions() -> keras.Model:
    """Every attention over masks, beside each other."""
    x = L.Input((12,), dtype="int32")
    h = L.Embedding(20, 4, mask_zero=True)(x)
    parts = [
        L.MultiHeadAttention(2, 2)(h, h),
        L.GroupQueryAttention(2, 4, 2)(h, h),
        L.Attention(use_scale=True, dropout=0.1)([h, h]),
        L.Attention(score_mode="concat")([h, h]),
        L.AdditiveAttention()([h, h]),
    ]
    pooled = [L.GlobalAveragePooling1D()(part) for part in parts]
    return compiled(x, L.Dense(1, "sigmoid")(L.Concatenate()(pooled)), metrics=["accuracy"])


@keras.saving.register_keras_serializable("coverage")
class Positions(L.Layer):
    """Words and their places, as small transformers have them."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.words, self.places = L.Embedding(20, 4), L.Embedding(12, 4)

    def build(self, shape: Any) -> None:
        self.words.build(shape)
        self.places.build((shape[-1],))

    def call(self, x: Any) -> Any:
        return self.words(x) + self.places(ops.arange(ops.shape(x)[-1]))


def _transformer() -> keras.Model:
    """A language model: causal attention, and the word that comes next."""
    x = L.Input((12,), dtype="int32")
    h = Positions()(x)
    attended = L.MultiHeadAttention(2, 2, dropout=0.1)(h, h, use_causal_mask=True)
    h = L.LayerNormalization()(h + attended)
    h = L.LayerNormalization()(h + L.Dense(4)(L.Dense(8, "gelu")(h)))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    perplexity = keras.metrics.SparseCategoricalCrossentropy(from_logits=True)
    return compiled(x, L.Dense(20)(h), loss, weighted_metrics=[perplexity])


def _tied() -> keras.Model:
    """The embedding's weights read words in and say them."""
    x = L.Input((12,), dtype="int32")
    embedding = L.ReversibleEmbedding(20, 4)
    logits = embedding(L.GRU(4, return_sequences=True)(embedding(x)), reverse=True)
    return compiled(x, logits, keras.losses.SparseCategoricalCrossentropy(from_logits=True))


def _vision_transformer() -> keras.Model:
    x = L.Input((12, 4))
    h = L.Dense(4)(L.Reshape((6, 8))(x))
    h = h + L.MultiHeadAttention(2, 2, flash_attention=False)(L.RMSNormalization()(h), h)
    return compiled(x, L.Dense(3, "softmax")(L.Flatten()(h)), LABELS)


def _text_cnn() -> keras.Model:
    x = L.Input((12,), dtype="int32")
    h = L.SpatialDropout1D(0.1)(L.Embedding(20, 4)(x))
    parts = [L.GlobalMaxPooling1D()(L.Conv1D(3, k, activation="relu")(h)) for k in (2, 3, 4)]
    return compiled(x, L.Dense(1, "sigmoid")(L.Concatenate()(parts)), metrics=["accuracy"])


def _recognised() -> keras.Model:
    """Steps into fewer letters, by the loss that sums over all ways to align them."""
    x = L.Input((12, 4))
    h = L.Bidirectional(L.GRU(4, return_sequences=True))(x)
    return compiled(x, L.Dense(21)(h), keras.losses.CTC())


def _remembered() -> keras.Model:
    """An autoencoder of series: a vector between two recurrent layers."""
    x = L.Input((12, 4))
    h = L.RepeatVector(12)(L.LSTM(3)(x))
    return compiled(x, L.TimeDistributed(L.Dense(4))(L.LSTM(3, return_sequences=True)(h)), "mse")


def _encoded() -> keras.Model:
    x = L.Input((12,), dtype="int32")
    counts = L.CategoryEncoding(20, "count")(x)
    present = L.CategoryEncoding(20, "multi_hot")(x)
    return compiled(x, L.Dense(1, "sigmoid")(L.Concatenate()([counts, present])))


def _quantiles() -> keras.Model:
    """A forecast with its spread: three quantiles by the pinball loss."""

    def pinball(true: Any, said: Any) -> Any:
        levels = ops.convert_to_tensor([0.1, 0.5, 0.9])
        error = true - said
        return ops.mean(ops.maximum(levels * error, (levels - 1) * error), axis=-1)

    x = L.Input((12, 4))
    return compiled(x, L.Dense(3)(L.GRU(4)(x)), pinball, metrics=["mae"])


SEQUENCES: dict[str, Case] = {
    "Bidirectional, every merge mode": Case(_merge_modes, SERIES, BINARY),
    "Bidirectional of two kinds": Case(_two_ways, SERIES, BINARY),
    "sequence to sequence, teacher forcing": Case(
        _translated, [WORDS, np.roll(NEXT, 1, axis=1)], NEXT
    ),
    "sequence to sequence, additive attention": Case(
        _attentive, {"source": PADDED, "so_far": WORDS}, NEXT
    ),
    "stateful GRU": Case(_stateful(L.GRU), SERIES[:WHOLE], BINARY[:WHOLE], {"shuffle": False}),
    "stateful LSTM": Case(_stateful(L.LSTM), SERIES[:WHOLE], BINARY[:WHOLE], {"shuffle": False}),
    "stateful SimpleRNN": Case(
        _stateful(L.SimpleRNN), SERIES[:WHOLE], BINARY[:WHOLE], {"shuffle": False}
    ),
    "StackedRNNCells": Case(_nested_cells, SERIES, BINARY),
    "own recurrent cell": Case(
        sequential(lambda: L.RNN(Leaky(4), unroll=True), sigmoid), SERIES, BINARY
    ),
    "recurrent, backwards and unrolled": Case(
        sequential(
            lambda: L.GRU(3, return_sequences=True, go_backwards=True),
            lambda: L.LSTM(3, unroll=True, unit_forget_bias=False),
            sigmoid,
        ),
        SERIES,
        BINARY,
    ),
    "SimpleRNN with recurrent dropout": Case(
        words(lambda: L.SimpleRNN(4, dropout=0.1, recurrent_dropout=0.2), mask=True),
        PADDED,
        BINARY,
    ),
    "tagger with a mask": Case(
        sequential(
            lambda: L.Embedding(20, 4, mask_zero=True),
            lambda: L.Bidirectional(L.LSTM(3, return_sequences=True)),
            lambda: L.Dense(4, "softmax"),
            loss=LABELS,
        ),
        PADDED,
        TAGS,
    ),
    "every attention over a mask": Case(_attentions, PADDED, BINARY),
    "small transformer": Case(_transformer, WORDS, NEXT),
    "tied embedding": Case(_tied, WORDS, NEXT),
    "patches under attention": Case(_vision_transformer, SERIES, CLASSES),
    "TextCNN": Case(_text_cnn, WORDS, BINARY),
    "CTC": Case(_recognised, SERIES, SPOKEN.astype("int32")),
    "autoencoder of series": Case(_remembered, SERIES, SERIES),
    "encoded words": Case(_encoded, WORDS, BINARY),
    "quantile forecast": Case(_quantiles, SERIES, SERIES[:, -1, :1]),
    "bag of words": Case(words(lambda: L.GlobalAveragePooling1D(), mask=True), PADDED, BINARY),
    "Conv1D over GRU": Case(
        words(
            lambda: L.Conv1D(4, 3, activation="relu"), lambda: L.MaxPooling1D(2), lambda: L.GRU(3)
        ),
        WORDS,
        BINARY,
    ),
}
