"""Windows on pictures and sequences: what convolutions and pools read and give gradients to."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from dure.core.backend import jax, jnp

Call = Callable[..., Any]


class Window(NamedTuple):
    """Where a kernel is laid on its input; every field has one entry per spatial axis."""

    size: tuple[int, ...]
    strides: tuple[int, ...]
    dilation: tuple[int, ...]
    pads: tuple[tuple[int, int], ...]

    def outputs(self, spatial: Sequence[int]) -> tuple[int, ...]:
        """Positions of the kernel along each axis of an input of these spatial sizes."""
        return tuple(
            (length + low + high - (size - 1) * dilation - 1) // stride + 1
            for length, size, stride, dilation, (low, high) in zip(
                spatial, self.size, self.strides, self.dilation, self.pads, strict=True
            )
        )


def window_for(
    size: Sequence[int],
    strides: Sequence[int],
    dilation: Sequence[int],
    padding: str,
    spatial: Sequence[int],
) -> Window:
    """The window of a Keras layer: ``padding`` is ``"valid"``, ``"same"`` or ``"causal"``."""
    reach = [(k - 1) * d + 1 for k, d in zip(size, dilation, strict=True)]
    if padding == "causal":
        pads = [(r - 1, 0) for r in reach]
    else:
        pads = jax.lax.padtype_to_pads(spatial, reach, strides, padding.upper())
    return Window(
        tuple(size), tuple(strides), tuple(dilation), tuple((int(a), int(b)) for a, b in pads)
    )


def pad_spatial(x: jax.Array, pads: Sequence[tuple[int, int]], value: float = 0.0) -> jax.Array:
    """``x`` [batch, *spatial, channels] with ``value`` added (or entries cut) around it."""
    config = [(0, 0, 0), *((low, high, 0) for low, high in pads), (0, 0, 0)]
    return jax.lax.pad(x, jnp.asarray(value, x.dtype), config)


def taps(padded: jax.Array, window: Window, outputs: Sequence[int]) -> list[jax.Array]:
    """The inputs each kernel entry (row-major) meets: arrays [batch, *outputs, channels]."""
    return [
        jax.lax.slice(
            padded,
            (0, *starts, 0),
            (
                padded.shape[0],
                *(
                    start + (count - 1) * stride + 1
                    for start, count, stride in zip(starts, outputs, window.strides, strict=True)
                ),
                padded.shape[-1],
            ),
            (1, *window.strides, 1),
        )
        for starts in _tap_starts(window)
    ]


def scatter_taps(parts: Sequence[jax.Array], window: Window, spatial: Sequence[int]) -> jax.Array:
    """The transpose of padding and :func:`taps`: each part added back where it was read."""
    zero = jnp.zeros((), parts[0].dtype)
    placed = []
    for part, starts in zip(parts, _tap_starts(window), strict=True):
        config = [
            (start - low, low + length - start - (count - 1) * stride - 1, stride - 1)
            for start, stride, count, length, (low, _) in zip(
                starts, window.strides, part.shape[1:-1], spatial, window.pads, strict=True
            )
        ]
        placed.append(jax.lax.pad(part, zero, [(0, 0, 0), *config, (0, 0, 0)]))
    return functools.reduce(jnp.add, placed)


def _tap_starts(window: Window) -> list[tuple[int, ...]]:
    axes = [range(0, k * d, d) for k, d in zip(window.size, window.dilation, strict=True)]
    return list(itertools.product(*axes))


def is_plain(layer: Any) -> bool:
    """Whether a layer computes in float32, unquantized, features last, padding given by name."""
    return bool(
        layer.data_format == "channels_last"
        and isinstance(layer.padding, str)
        and layer.compute_dtype == layer.variable_dtype == "float32"
        and layer.quantization_mode is None
    )
