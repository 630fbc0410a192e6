"""The embedding twin against Keras' own layer."""

from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
from keras import layers

from dure.layers.embedding import embedding_call


def _words(*shape: int, dtype: str = "int32") -> Any:
    return jnp.asarray(np.random.default_rng(0).integers(0, 11, shape), dtype)


def _evaluate(layer: Any, words: Any) -> Any:
    def loss(table: Any) -> Any:
        rows, _ = layer.stateless_call([table], [], words)
        weights = np.random.default_rng(1).normal(size=rows.shape)
        return (rows * jnp.asarray(weights, rows.dtype)).sum(dtype="float32"), rows

    (_, rows), gradient = jax.jit(jax.value_and_grad(loss, has_aux=True))(layer._embeddings.value)
    return rows, gradient


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
@pytest.mark.parametrize(
    "words",
    [_words(4, 7), _words(4, 7, dtype="float32"), _words(4, 7, dtype="int16"), _words(4)],
    ids=["int32", "float32", "int16", "one axis"],
)
def test_twin_agrees_with_keras(words: Any, policy: str) -> None:
    layer = layers.Embedding(11, 3, dtype=policy)
    layer.build()
    expected = _evaluate(layer, words)
    layer.call = embedding_call(layer)
    rows, gradient = _evaluate(layer, words)
    assert rows.dtype == expected[0].dtype
    np.testing.assert_array_equal(rows, expected[0])
    tolerance = 1e-6 if policy == "float32" else 2e-2
    np.testing.assert_allclose(gradient, expected[1], rtol=tolerance, atol=tolerance)


def test_index_outside_the_table_is_nan_as_in_keras() -> None:
    layer = layers.Embedding(11, 3)
    layer.build()
    words = jnp.asarray([[0, 11, -1]])
    expected = layer(words)
    assert np.isnan(expected[0, 1]).all()
    layer.call = embedding_call(layer)
    np.testing.assert_array_equal(layer(words), expected)


def test_mask_survives() -> None:
    layer = layers.Embedding(11, 3, mask_zero=True)
    layer.build()
    layer.call = embedding_call(layer)
    words = _words(4, 7)
    mask = keras.src.backend.get_keras_mask(layer(words))
    np.testing.assert_array_equal(mask, np.asarray(words) != 0)


def test_unsure_configurations_stay_with_keras() -> None:
    lora = layers.Embedding(11, 4)
    lora.build()
    lora.enable_lora(2)
    quantized = layers.Embedding(11, 4)
    quantized.build()
    quantized.quantize("int8")
    unbuilt = layers.Embedding(11, 4)
    dense = layers.Dense(4)
    assert [embedding_call(layer) for layer in (lora, quantized, unbuilt, dense)] == [None] * 4
