"""Convolutions as matrix products: fast twins of Keras' layers for compiled loops on CPU.

Inside ``lax.scan`` XLA's CPU convolution leaves its fast path (459 ms a step of the 64/128-filter
network on 28x28 pictures, batch 32); products of matrices keep theirs, about 270 GFLOP/s on
one core, and about 180 where the first operand is turned round. So a convolution
becomes products, in one of two forms, with gradients written by hand:

Patches
    What every kernel position sees, side by side, times the kernel, in one product. Its weight
    gradient is one product with the same patches, its input gradient one product whose columns
    are added back where they came from. Any size, strides, dilation and padding.

Tiles
    For three taps per axis, side by side, at stride 1: minimal filtering (Winograd's F(2, 3)),
    which makes two outputs along an axis from four products instead of six, 2.25 times fewer in
    two dimensions, with transforms of sums and halves only. Against double precision its largest
    error is of the size of XLA's own: forward 4e-7 against 8e-7 of the largest value, input
    gradient 4e-7 against 7e-7, kernel gradient 8e-7 against 4e-7 (64 to 128 channels, 14x14).

Milliseconds for 64 to 128 channels at 14x14, batch 32, one core, in a scan: forward 4.3 to 5.0 as
nine shifted products, 5.3 as patches, 4.8 as patches of rows, 2.0 as tiles; kernel gradient 6.3,
6.9, 5.3 and 2.9; input gradient 5.5, 4.3 (added back), 4.5 and 2.2. A step of the whole network: 19
with patches, 12.9 with tiles; with pooling as it is now the best times of its parts add up to 11.8.

Tiles need channels to pay for their transforms. Patches took this many times as long, forward and
both gradients at 8x8, 14x14 and 28x28: 1 to 16 channels 0.3, 0.2, 0.3; 8 to 16 0.6, 0.5, 0.6;
16 to 16 0.9, 0.8, 1.0; 16 to 32 1.1, 1.0, 1.1; 32 to 32 1.7, 1.7, 2.1; 64 to 128 1.6, 1.7, 1.7.
The rule, in :func:`convolve`: tiles when the fewer channels are at least 16 and the more at
least 32. A bias and ReLU need no form of their own: XLA fuses both into the neighbouring passes.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dure.core.backend import jax, jnp, keras
from dure.layers.tokens import Tokens, tokens_of
from dure.layers.windows import (
    Call,
    Window,
    is_plain,
    pad_spatial,
    scatter_taps,
    taps,
    window_for,
)

# --- One product over gathered patches ---------------------------------------------------------


def _patches(x: jax.Array, window: Window) -> jax.Array:
    outputs = window.outputs(x.shape[1:-1])
    parts = taps(pad_spatial(x, window.pads), window, outputs)
    return jnp.concatenate(parts, axis=-1).reshape(-1, len(parts) * x.shape[-1])


def _patch_product(patches: jax.Array, kernel: jax.Array, shape: Sequence[int]) -> jax.Array:
    return (patches @ kernel.reshape(-1, kernel.shape[-1])).reshape(*shape, kernel.shape[-1])


@functools.partial(jax.custom_vjp, nondiff_argnums=(0,))
def _by_patches(window: Window, x: jax.Array, kernel: jax.Array) -> jax.Array:
    return _by_patches_forward(window, x, kernel)[0]


def _by_patches_forward(
    window: Window, x: jax.Array, kernel: jax.Array
) -> tuple[jax.Array, tuple[Any, ...]]:
    patches = _patches(x, window)
    shape = (x.shape[0], *window.outputs(x.shape[1:-1]))
    return _patch_product(patches, kernel, shape), (patches, kernel, x)


def _by_patches_backward(
    window: Window, kept: tuple[Any, ...], dy: jax.Array
) -> tuple[jax.Array, jax.Array]:
    patches, kernel, x = kept
    rows = dy.reshape(-1, dy.shape[-1])
    dkernel = (patches.T @ rows).reshape(kernel.shape)
    spread = rows @ kernel.reshape(-1, kernel.shape[-1]).T
    parts = spread.reshape(*dy.shape[:-1], math.prod(window.size), x.shape[-1])
    dx = scatter_taps([parts[..., k, :] for k in range(parts.shape[-2])], window, x.shape[1:-1])
    return dx, dkernel


_by_patches.defvjp(_by_patches_forward, _by_patches_backward)


# --- Minimal filtering (Winograd) for three taps at stride 1 -----------------------------------

# Two outputs of a three-tap filter from four products instead of six:
# y = OUTPUT ((KERNEL g) * (INPUT d)), F(2, 3) of Lavin and Gray, arXiv:1509.09308, section 4.
_INPUT = np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]])
_KERNEL = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])
_OUTPUT = np.array([[1, 1, 1, 0], [0, 1, -1, -1]])


def _transform(matrix: np.ndarray, parts: Sequence[jax.Array], rank: int) -> list[jax.Array]:
    """``matrix`` applied along each of ``rank`` axes of a row-major grid of arrays."""
    rows, columns = matrix.shape
    out = []
    for row in itertools.product(range(rows), repeat=rank):
        total: jax.Array | None = None
        for column, part in zip(itertools.product(range(columns), repeat=rank), parts, strict=True):
            weight = math.prod(float(matrix[r, c]) for r, c in zip(row, column, strict=True))
            if weight == 0:
                continue
            term = part if abs(weight) == 1 else abs(weight) * part
            if total is None:
                total = term if weight > 0 else -term
            else:
                total = total + term if weight > 0 else total - term
        assert total is not None
        out.append(total)
    return out


def _tile_inputs(x: jax.Array, window: Window) -> list[jax.Array]:
    """The transformed input: 4**rank matrices [batch * tiles, channels]."""
    outputs = window.outputs(x.shape[1:-1])
    tiles = [-(-count // 2) for count in outputs]
    pads = [
        (low, 2 * n + 2 - length - low)
        for n, length, (low, _) in zip(tiles, x.shape[1:-1], window.pads, strict=True)
    ]
    ones = (1,) * len(tiles)
    every_other = Window((4,) * len(tiles), (2,) * len(tiles), ones, window.pads)
    parts = taps(pad_spatial(x, pads), every_other, tiles)
    return [part.reshape(-1, x.shape[-1]) for part in _transform(_INPUT, parts, len(tiles))]


def _tile_kernel(kernel: jax.Array) -> list[jax.Array]:
    rank = kernel.ndim - 2
    return _transform(_KERNEL, list(kernel.reshape(3**rank, *kernel.shape[-2:])), rank)


def _untile_outputs(products: Sequence[jax.Array], batch: int, outputs: Sequence[int]) -> jax.Array:
    """The inverse of tiling on the way out: [batch, *outputs, channels]."""
    rank = len(outputs)
    tiles = [-(-count // 2) for count in outputs]
    channels = products[0].shape[-1]
    parts = _transform(_OUTPUT, [p.reshape(batch, *tiles, channels) for p in products], rank)
    for axis in reversed(range(rank)):
        parts = [
            jnp.stack(pair, axis=axis + 2) for pair in zip(parts[::2], parts[1::2], strict=True)
        ]
    whole = parts[0].reshape(batch, *(2 * n for n in tiles), channels)
    cut = [(0, count - 2 * n) for count, n in zip(outputs, tiles, strict=True)]
    return pad_spatial(whole, cut)


def _tile_gradients(dy: jax.Array) -> list[jax.Array]:
    """The transpose of :func:`_untile_outputs`."""
    rank = dy.ndim - 2
    tiles = [-(-count // 2) for count in dy.shape[1:-1]]
    fill = [(0, 2 * n - count) for count, n in zip(dy.shape[1:-1], tiles, strict=True)]
    ones = (1,) * rank
    halves = Window((2,) * rank, (2,) * rank, ones, ((0, 0),) * rank)
    parts = taps(pad_spatial(dy, fill), halves, tiles)
    return [part.reshape(-1, dy.shape[-1]) for part in _transform(_OUTPUT.T, parts, rank)]


@functools.partial(jax.custom_vjp, nondiff_argnums=(0,))
def _by_tiles(window: Window, x: jax.Array, kernel: jax.Array) -> jax.Array:
    return _by_tiles_forward(window, x, kernel)[0]


def _by_tiles_forward(
    window: Window, x: jax.Array, kernel: jax.Array
) -> tuple[jax.Array, tuple[Any, ...]]:
    inputs = _tile_inputs(x, window)
    products = [a @ b for a, b in zip(inputs, _tile_kernel(kernel), strict=True)]
    y = _untile_outputs(products, x.shape[0], window.outputs(x.shape[1:-1]))
    return y, (inputs, kernel)


def _by_tiles_backward(
    window: Window, kept: tuple[Any, ...], dy: jax.Array
) -> tuple[jax.Array, jax.Array]:
    inputs, kernel = kept
    rank = kernel.ndim - 2
    slopes = [a.T @ b for a, b in zip(inputs, _tile_gradients(dy), strict=True)]
    dkernel = jnp.stack(_transform(_KERNEL.T, slopes, rank)).reshape(kernel.shape)
    # The input's gradient is itself such a convolution, of dy with the kernel turned round:
    # reading tiles is cheaper than adding them back where they overlap (2.2 against 2.9 ms).
    turned = jnp.flip(kernel, tuple(range(rank))).swapaxes(-1, -2)
    back = window._replace(pads=tuple((2 - low, 2 - high) for low, high in window.pads))
    return _by_tiles_forward(back, dy, turned)[0], dkernel


_by_tiles.defvjp(_by_tiles_forward, _by_tiles_backward)


# --- Choosing the form -------------------------------------------------------------------------


def convolve(window: Window, x: jax.Array, kernel: jax.Array) -> jax.Array:
    """Cross-correlation of ``x`` [batch, *spatial, in] with ``kernel`` [*size, in, out].

    The same as ``lax.conv_general_dilated`` with features last, in float32, for one or two
    spatial axes; returns [batch, *outputs, out]. See the module's text for the two forms.
    """
    fewest, most = sorted(kernel.shape[-2:])
    three_close_taps = (
        set(window.size) == {3} and set(window.strides) == {1} and set(window.dilation) == {1}
    )
    if three_close_taps and fewest >= 16 and most >= 32:
        return _by_tiles(window, x, kernel)
    return _by_patches(window, x, kernel)


def convolve_depthwise(window: Window, x: jax.Array, kernel: jax.Array) -> jax.Array:
    """Each channel with its own kernels: ``kernel`` [*size, in, multiplier].

    Returns [batch, *outputs, in * multiplier], the multiples of one channel side by side.
    No product of matrices is hidden in here: shifted multiply-adds, which XLA fuses into one
    pass, are the whole of it, and their automatic gradient too. Forward and both gradients of
    32 channels at 14x14, 3x3, batch 32: Keras' call 61 ms in a scan, this 0.6; with a last axis
    of length one for the multiplier, which keeps the loops from being vectorised, 2.5.
    """
    outputs = window.outputs(x.shape[1:-1])
    *_, channels, multiplier = kernel.shape
    parts = taps(pad_spatial(x, window.pads), window, outputs)
    multiples: list[jax.Array] = []
    for k in range(multiplier):
        terms = zip(parts, kernel[..., k].reshape(-1, channels), strict=True)
        multiples.append(functools.reduce(jnp.add, (part * weight for part, weight in terms)))
    if multiplier == 1:
        return multiples[0]
    return jnp.stack(multiples, axis=-1).reshape(x.shape[0], *outputs, channels * multiplier)


# --- Twins of Keras' layers --------------------------------------------------------------------


def conv_call(layer: Any) -> Call | None:
    """A replacement for the ``call`` of a ``keras.layers.Conv1D`` or ``Conv2D``.

    Takes and returns what the layer's own ``call`` does, reading the layer's variables when it
    is called. None for several groups, LoRA, and whatever :func:`is_plain` refuses.
    """
    if not is_plain(layer) or layer.groups != 1 or layer.lora_rank:
        return None
    dense_call = _one_kernel_call(layer, convolve)

    def call(inputs: Any) -> Any:
        tokens = tokens_of(inputs)
        if tokens is None:
            return dense_call(inputs)
        kernel = keras.ops.convert_to_tensor(layer.kernel)
        return _finish(layer, _of_tokens(_layer_window(layer, inputs), tokens, kernel))

    return call


def _of_tokens(window: Window, tokens: Tokens, kernel: jax.Array) -> jax.Array:
    """:func:`convolve` of one-hot or multi-hot inputs: rows of the kernel, shifted and added."""
    num_tokens, filters = kernel.shape[-2:]
    taps_last = kernel.reshape(-1, num_tokens, filters).swapaxes(0, 1)
    rows = tokens.times(taps_last.reshape(num_tokens, -1))
    outputs = window.outputs(rows.shape[1:-1])
    parts = taps(pad_spatial(rows, window.pads), window, outputs)
    shares = [part[..., k * filters : (k + 1) * filters] for k, part in enumerate(parts)]
    return functools.reduce(jnp.add, shares)


def depthwise_conv_call(layer: Any) -> Call | None:
    """As :func:`conv_call`, for ``keras.layers.DepthwiseConv1D`` and ``DepthwiseConv2D``."""
    return _one_kernel_call(layer, convolve_depthwise) if is_plain(layer) else None


def _one_kernel_call(
    layer: Any, product: Callable[[Window, jax.Array, jax.Array], jax.Array]
) -> Call:
    def call(inputs: Any) -> Any:
        kernel = keras.ops.convert_to_tensor(layer.kernel)
        x = keras.ops.convert_to_tensor(inputs, dtype=kernel.dtype)
        return _finish(layer, product(_layer_window(layer, x), x, kernel))

    return call


def separable_conv_call(layer: Any) -> Call | None:
    """As :func:`conv_call`, for ``keras.layers.SeparableConv1D`` and ``SeparableConv2D``."""
    if not is_plain(layer):
        return None

    def call(inputs: Any) -> Any:
        depthwise = keras.ops.convert_to_tensor(layer.depthwise_kernel)
        pointwise = keras.ops.convert_to_tensor(layer.pointwise_kernel)
        x = keras.ops.convert_to_tensor(inputs, dtype=depthwise.dtype)
        middle = convolve_depthwise(_layer_window(layer, x), x, depthwise)
        y = middle @ pointwise.reshape(pointwise.shape[-2:])
        return _finish(layer, y)

    return call


def _layer_window(layer: Any, x: jax.Array) -> Window:
    return window_for(
        layer.kernel_size, layer.strides, layer.dilation_rate, layer.padding, x.shape[1:-1]
    )


def _finish(layer: Any, y: jax.Array) -> Any:
    if layer.use_bias:
        y = y + keras.ops.convert_to_tensor(layer.bias)
    return y if layer.activation is None else layer.activation(y)
