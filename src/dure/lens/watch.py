"""Seeing what layers are given and give, by exchanging `call` on the instance while tracing."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np

from dure._backend import require_jax_backend

require_jax_backend()

import keras  # noqa: E402

from dure._arrays import Array, Tree, map_leaves, row_count  # noqa: E402

See: TypeAlias = Callable[[str, Any, Any], Any]
"""(name, inputs, output) -> what stands for the output from there on."""


def walk(model: Any, prefix: str = "") -> Iterator[tuple[str, keras.Layer]]:
    """Every layer with its name, those inside others as "outer/inner", outer ones first.

    Inner models are entered, and layers of classes that are not Keras' own (a block that holds
    Dense layers, say); not recurrent layers and wrappers, which call what they hold inside loops.
    """
    for layer in _inside(model):
        if isinstance(layer, keras.layers.InputLayer):
            continue
        yield prefix + layer.name, layer
        looping = isinstance(layer, (keras.layers.RNN, keras.layers.Wrapper))
        own = not type(layer).__module__.startswith("keras.") and not looping
        if isinstance(layer, keras.Model) or own:
            yield from walk(layer, f"{prefix}{layer.name}/")


def _inside(layer: Any) -> list[Any]:
    if isinstance(layer, keras.Model):
        return list(layer.layers)
    return list(layer._flatten_layers(include_self=False, recursive=False))


@contextlib.contextmanager
def watched(layers: Mapping[str, keras.Layer], see: See) -> Iterator[None]:
    """While open, each layer's output is what ``see(name, inputs, output)`` makes of it."""
    with contextlib.ExitStack() as undo:
        for name, layer in layers.items():

            def call(*args: Any, _name: str = name, _own: Any = layer.call, **kwargs: Any) -> Any:
                output = _own(*args, **kwargs)
                return see(_name, args[0] if args else next(iter(kwargs.values()), None), output)

            _exchange(layer, call, undo)
        yield


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
        _exchange(layer, call, undo)
        yield


def _exchange(layer: keras.Layer, call: Any, undo: contextlib.ExitStack) -> None:
    """Exchanges `call` on the instance, over whatever already stands there."""
    before = layer.__dict__.get("call")
    object.__setattr__(layer, "call", call)
    if before is None:
        undo.callback(object.__delattr__, layer, "call")
    else:
        undo.callback(object.__setattr__, layer, "call", before)


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


def first(tree: Any) -> Any:
    """The first leaf."""
    while isinstance(tree, (list, tuple, dict)):
        tree = next(iter(tree.values())) if isinstance(tree, dict) else tree[0]
    return tree


def with_first(tree: Any, value: Any) -> Any:
    """The same tree with another first leaf."""
    if isinstance(tree, dict):
        key = next(iter(tree))
        return {**tree, key: with_first(tree[key], value)}
    if isinstance(tree, (list, tuple)):
        return type(tree)([with_first(tree[0], value), *tree[1:]])
    return value


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
