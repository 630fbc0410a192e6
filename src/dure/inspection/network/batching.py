"""What programs that look into networks share: batches, layers without their last activation."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from dure.core.arrays import Array, Tree, map_leaves, row_count
from dure.core.backend import keras
from dure.keras_bridge.layer_hooks import exchange_call


@contextlib.contextmanager
def without_activation(layer: keras.Layer | None, at_call: int) -> Iterator[None]:
    """While open, this layer gives what it has before its softmax or sigmoid.

    Only at its call of this number (from 0), as a layer that gives the output may also be called
    on the way to it.
    """
    if layer is None:
        yield
        return
    own, calls = layer.call, 0

    def call(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls - 1 != at_call:
            return own(*args, **kwargs)
        if isinstance(layer, keras.layers.Softmax):
            return args[0] if args else kwargs["inputs"]
        activation, layer.activation = layer.activation, keras.activations.linear
        try:
            return own(*args, **kwargs)
        finally:
            layer.activation = activation

    with contextlib.ExitStack() as undo:
        exchange_call(layer, call, undo)
        yield


def squashing(layer: keras.Layer) -> str:
    """ "softmax" or "sigmoid" where a layer ends with it, else ""."""
    if isinstance(layer, keras.layers.Softmax):
        return "softmax"
    if not isinstance(layer, keras.layers.RNN):
        activation = getattr(layer, "activation", None)
        for name in ("softmax", "sigmoid"):
            if activation is getattr(keras.activations, name):
                return name
    return ""


def activation_name(layer: keras.Layer) -> str:
    """Name of the activation a layer ends with, such as "relu"; "" where it has none."""
    activation = getattr(layer, "activation", None)
    if isinstance(layer, keras.layers.Bidirectional):
        activation = layer.forward_layer.activation
    if isinstance(activation, keras.Layer):
        layer, activation = activation, None
    if activation is None:
        plain = {"ReLU": "relu", "LeakyReLU": "leaky_relu", "PReLU": "prelu", "ELU": "elu"}
        return plain.get(
            type(layer).__name__, "softmax" if isinstance(layer, keras.layers.Softmax) else ""
        )
    return str(getattr(activation, "__name__", type(activation).__name__))


def as_array(value: Any) -> Array:
    """As NumPy; floats of half precision, which few files can hold, as float32."""
    array = np.asarray(value)
    half = array.dtype.name in ("float16", "bfloat16")
    return array.astype(np.float32) if half else array


def one_row(x: Tree) -> Tree:
    """The first row of every leaf."""
    return map_leaves(lambda leaf: leaf[:1], x)


def batches(x: Tree, size: int) -> Iterator[tuple[Tree, int]]:
    """Rows in batches of one size, and how many of a batch count.

    The last one is filled up with its first row, so that one program serves all.
    """
    rows = row_count(x)
    size = min(size, rows)
    for start in range(0, rows, size):
        kept = min(size, rows - start)
        index = [*range(start, start + kept), *[start] * (size - kept)]
        yield map_leaves(lambda leaf, at=index: leaf[at], x), kept
