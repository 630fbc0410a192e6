"""x"""
from collections.abc import Callable
from typing import Any
import jax.numpy as jnp
import keras

def embedding_call(layer):
    def call(inputs):
        table = keras.ops.convert_to_tensor(layer.embeddings)
        return jnp.take(table, inputs.T, axis=0).transpose(1, 0, 2)
    return call
