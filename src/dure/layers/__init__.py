"""Fast twins of Keras layers, and layers Keras lacks.

A twin is a function ``twin(layer)`` that returns a replacement for ``layer.call``: same signature,
same variables, same numbers, only faster inside a compiled training loop; or None where the
layer's configuration is outside what the twin is proven for, and Keras' own ``call`` stays.
Only layers of exactly the registered class are exchanged: a subclass may compute anything.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dure.core.backend import keras
from dure.layers.activations import hard_sigmoid_of_keras_2  # noqa: F401  (registers it)
from dure.layers.augmentation import augmentation_call
from dure.layers.convolution import (
    conv_call,
    depthwise_conv_call,
    separable_conv_call,
)
from dure.layers.dense import dense_call
from dure.layers.embedding import embedding_call
from dure.layers.encoding import MultiHot, OneHot, multi_hot_call, one_hot_call
from dure.layers.pooling import average_pool_call, max_pool_call
from dure.layers.recurrent import recurrent_call

__all__ = ["MultiHot", "OneHot"]

Twin = Callable[[Any], Callable[..., Any] | None]

TWINS: dict[type[Any], Twin] = {
    keras.layers.Dense: dense_call,
    keras.layers.Embedding: embedding_call,
    keras.layers.RNN: recurrent_call,
    keras.layers.SimpleRNN: recurrent_call,
    keras.layers.LSTM: recurrent_call,
    keras.layers.GRU: recurrent_call,
    keras.layers.Conv1D: conv_call,
    keras.layers.Conv2D: conv_call,
    keras.layers.DepthwiseConv1D: depthwise_conv_call,
    keras.layers.DepthwiseConv2D: depthwise_conv_call,
    keras.layers.SeparableConv1D: separable_conv_call,
    keras.layers.SeparableConv2D: separable_conv_call,
    keras.layers.MaxPooling1D: max_pool_call,
    keras.layers.MaxPooling2D: max_pool_call,
    keras.layers.AveragePooling1D: average_pool_call,
    keras.layers.AveragePooling2D: average_pool_call,
    keras.layers.RandomRotation: augmentation_call,
    keras.layers.RandomTranslation: augmentation_call,
    keras.layers.RandomZoom: augmentation_call,
    OneHot: one_hot_call,
    MultiHot: multi_hot_call,
}


def fast_call(layer: Any) -> Callable[..., Any] | None:
    """The fast replacement of ``layer.call``, or None where there is none for its configuration."""
    twin = TWINS.get(type(layer))
    return None if twin is None else twin(layer)
