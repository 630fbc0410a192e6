"""Max and average pooling without XLA's windowed reductions: twins of Keras' layers.

On CPU the gradient of a maximum over windows (select-and-scatter) costs 36 of the 54 ms a step of
the 64/128-filter network takes. Here a pool is a strided slice for each
of its places; the maximum and the place that holds it are found by comparing those slices, and
the gradient is one pass that hands a value back where the place matches, or, where pools overlap,
a sum of shifted arrays. Best of 20 on one core, all passes of one training step: 28x28x64 pooled
by 2, place found again in the backward pass 1.2 ms, place kept as one byte 0.6 ms; at 28x28x10
1.0 against 0.2 ms.

Ties matter: after ReLU whole pools are zero. Keras (XLA) gives the gradient to the first maximum
in row-major order, and so does this. Global pooling is a plain reduction, which XLA runs well, and
shares the gradient of equal maxima out evenly: it stays Keras' own. Forward and backward at
14x14x64, batch 32, in a scan, Keras' call against the twin: max by 2 2.5 and 0.10 ms, max 3 by 2
overlapping 5.0 and 0.63, average by 2 0.11 and 0.08, overlapping 1.7 and 1.5; global max 0.08.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from dure.core.backend import jax, jnp, keras
from dure.layers.windows import (
    Call,
    Window,
    is_plain,
    pad_spatial,
    scatter_taps,
    taps,
    window_for,
)


def _members(window: Window, x: jax.Array, fill: float) -> list[jax.Array]:
    """For each place in the pool, in row-major order: [batch, *outputs, channels]."""
    return taps(pad_spatial(x, window.pads, fill), window, window.outputs(x.shape[1:-1]))


def _give_back(
    window: Window, value: jax.Array, place: jax.Array | None, spatial: tuple[int, ...]
) -> jax.Array:
    """Every pool's value handed to its members (all of them, or the one at ``place``).

    ``value`` and ``place`` are [batch, *outputs, channels]; returns [batch, *spatial, channels],
    summed where pools overlap.
    """
    if window.size != window.strides:
        count = math.prod(window.size)
        parts = [value if place is None else jnp.where(place == k, value, 0) for k in range(count)]
        return scatter_taps(parts, window, spatial)
    # Pools side by side: one pass of compare-and-choose over an array with the places as axes
    # of their own, [batch, out, size, out, size, channels].
    batch, *outputs, channels = value.shape
    between = tuple(range(2, 2 * len(outputs) + 1, 2))
    split = (batch, *(n for pair in zip(outputs, window.size, strict=True) for n in pair), channels)
    whole = jnp.broadcast_to(jnp.expand_dims(value, between), split)
    if place is not None:
        numbers = np.arange(math.prod(window.size), dtype=place.dtype).reshape(window.size)
        others = (0, *(axis - 1 for axis in between), len(split) - 1)
        here = jnp.expand_dims(place, between) == jnp.expand_dims(numbers, others)
        whole = jnp.where(here, whole, 0)
    covered = [count * size for count, size in zip(outputs, window.size, strict=True)]
    edges = [
        (-low, length - n + low)
        for low, length, n in zip((p[0] for p in window.pads), spatial, covered, strict=True)
    ]
    return pad_spatial(whole.reshape(batch, *covered, channels), edges)


def _first_maximum(window: Window, x: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The maximum of every pool and its place in it, the first of equals."""
    members = _members(window, x, -np.inf)
    small = jnp.int8 if len(members) < 128 else jnp.int32
    best, place = members[0], jnp.zeros(members[0].shape, small)
    for index, member in enumerate(members[1:], 1):
        # "Stays unless beaten" is the comparison XLA's select-and-scatter makes, so equals
        # (zeros after ReLU) are decided as Keras decides them.
        stays = best >= member
        best, place = jnp.where(stays, best, member), jnp.where(stays, place, small(index))
    return best, place


def _stored(place: jax.Array) -> jax.Array:
    """``place`` itself, but computed once and kept, not again for each of its readers.

    XLA would fuse finding the place into handing the gradient back, and so find it once for
    every member of the pool. It does not look through a branch whose condition it cannot know;
    that places are never negative is not known to it. (It removes optimization barriers before
    it fuses, so they do not help.)
    """
    first = place[(0,) * place.ndim]
    kept: jax.Array = jax.lax.cond(first >= 0, lambda same: same, jnp.zeros_like, place)
    return kept


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def max_pool(window: Window, x: jax.Array) -> jax.Array:
    """Maximum of every window on ``x`` [batch, *spatial, channels]; the first of equals learns."""
    return _first_maximum(window, x)[0]


def _max_pool_forward(
    window: Window, x: jax.Array
) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    best, place = _first_maximum(window, x)
    return best, (_stored(place), x)


def _max_pool_backward(
    window: Window, kept: tuple[jax.Array, jax.Array], dy: jax.Array
) -> tuple[jax.Array]:
    place, x = kept
    return (_give_back(window, dy, place, x.shape[1:-1]),)


max_pool.defvjp(_max_pool_forward, _max_pool_backward)


def _counts(window: Window, spatial: tuple[int, ...]) -> np.ndarray:
    """How many real inputs each window holds: [1, *outputs, 1]."""
    total = np.ones((1,) * (len(spatial) + 2), np.float32)
    for axis, (size, stride, length, (low, _), outputs) in enumerate(
        zip(window.size, window.strides, spatial, window.pads, window.outputs(spatial), strict=True)
    ):
        starts = np.arange(outputs) * stride - low
        inside = np.minimum(starts + size, length) - np.maximum(starts, 0)
        total = total * np.expand_dims(
            inside.astype(np.float32), [n for n in range(len(spatial) + 2) if n != axis + 1]
        )
    return total


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def average_pool(window: Window, x: jax.Array) -> jax.Array:
    """Mean of every window on ``x`` [batch, *spatial, channels], padding not counted."""
    first, *others = _members(window, x, 0.0)
    return sum(others, start=first) / _counts(window, x.shape[1:-1])


def _average_pool_forward(window: Window, x: jax.Array) -> tuple[jax.Array, jax.Array]:
    # Only the shape of the input is needed; an unused array leaves no trace in the program.
    return average_pool(window, x), x


def _average_pool_backward(window: Window, x: jax.Array, dy: jax.Array) -> tuple[jax.Array]:
    spatial = x.shape[1:-1]
    return (_give_back(window, dy / _counts(window, spatial), None, spatial),)


average_pool.defvjp(_average_pool_forward, _average_pool_backward)


def _pool_call(pool: Callable[[Window, jax.Array], jax.Array], layer: Any) -> Call | None:
    if not is_plain(layer) or layer.padding not in ("valid", "same") or min(layer.strides) < 1:
        return None

    def call(inputs: Any) -> Any:
        x = keras.ops.convert_to_tensor(inputs)
        ones = (1,) * len(layer.pool_size)
        return pool(
            window_for(layer.pool_size, layer.strides, ones, layer.padding, x.shape[1:-1]), x
        )

    return call


def max_pool_call(layer: Any) -> Call | None:
    """A replacement for the ``call`` of a ``keras.layers.MaxPooling1D`` or ``MaxPooling2D``.

    Takes and returns what the layer's own ``call`` does. None where features come first or the
    layer does not compute in float32.
    """
    return _pool_call(max_pool, layer)


def average_pool_call(layer: Any) -> Call | None:
    """As :func:`max_pool_call`, for ``AveragePooling1D`` and ``AveragePooling2D``."""
    return _pool_call(average_pool, layer)
