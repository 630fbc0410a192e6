"""Integers as vectors of zeros and ones, which Keras' own layers need TensorFlow for.

Both are ordinary Keras layers and compute dense arrays under Keras' own ``fit`` and ``predict``.
Inside Dure's training programs, where Dense, SimpleRNN, LSTM, GRU or Conv1D reads them at once, the
array they stand for is never made (:mod:`dure.layers.tokens`).

Models that hold them are saved and loaded as any other, by any process that has imported `dure`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from dure.core.backend import jax, jnp, keras
from dure.errors import StudyError
from dure.layers.tokens import Tokens, remember_tokens

Shape = tuple[int | None, ...]

SPARSE = 24
"""Tokens for each place of a sequence from which a multi-hot product is a sum of rows."""


class _Encoding(keras.layers.Layer):  # type: ignore[misc]
    """What OneHot and MultiHot share: a number of tokens, and integers as input."""

    def __init__(self, num_tokens: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        whole = isinstance(num_tokens, (int, np.integer)) and not isinstance(num_tokens, bool)
        if not whole or num_tokens < 1:
            raise StudyError(
                f"{type(self).__name__} got num_tokens={num_tokens!r}; expected a whole number of "
                "at least 1: one more than the largest integer it is to encode."
            )
        self.num_tokens = int(num_tokens)
        # Integers that come as floats must not be rounded to a half-precision policy's type.
        self.autocast = False

    def places(self, inputs: Any) -> jax.Array:
        """The place each integer sets, int32 in the shape of `inputs`; `num_tokens` for none."""
        tokens = jnp.asarray(inputs).astype(jnp.int32)
        return jnp.where((tokens >= 0) & (tokens < self.num_tokens), tokens, self.num_tokens)

    def get_config(self) -> dict[str, Any]:
        """What the layer is made from."""
        return {**super().get_config(), "num_tokens": self.num_tokens}


@keras.saving.register_keras_serializable("dure")
class OneHot(_Encoding):
    """Integers [...] as one-hot vectors, float [..., num_tokens].

    An integer below 0 or from `num_tokens` on gives zeros, as in ``keras.ops.one_hot``. The numbers
    are those of ``keras.utils.to_categorical``, whose array for 20,000 reviews of 100 words among
    300 takes 2.4 GB; here a batch is encoded at a time, or not at all (see the module's text).

    Parameters
    ----------
    num_tokens
        Length of the vectors: one more than the largest integer.

    Raises
    ------
    StudyError
        If `num_tokens` is not a whole number of at least 1.

    Examples
    --------
    >>> layer = dure.layers.OneHot(3)
    >>> np.asarray(layer(np.array([0, 2]))).tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    >>> layer.call(np.array([1.0])).shape, layer.compute_output_shape((None, 5))
    ((1, 3), (None, 5, 3))
    >>> layer.places([0, 2, 7]).tolist(), layer.get_config()["num_tokens"]
    ([0, 2, 3], 3)
    """

    def __init__(self, num_tokens: int, **kwargs: Any) -> None:
        super().__init__(num_tokens, **kwargs)
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        """Encode `inputs`, integers (of an integer or float type) of any shape."""
        return jax.nn.one_hot(self.places(inputs), self.num_tokens, dtype=self.compute_dtype)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """`input_shape` [...] becomes [..., num_tokens]."""
        return (*input_shape, self.num_tokens)


@keras.saving.register_keras_serializable("dure")
class MultiHot(_Encoding):
    """Sequences of integers [..., length] as multi-hot vectors, float [..., num_tokens].

    1 where the integer occurs in the sequence, once or often, 0 elsewhere. Integers below 0 or from
    `num_tokens` on set nothing.

    Parameters
    ----------
    num_tokens
        Length of the vectors: one more than the largest integer.
    mask_zero
        Whether 0 is padding and sets nothing, the default. So padded reviews give what the
        unpadded ones would, which hold no 0.

    Raises
    ------
    StudyError
        If `num_tokens` is not a whole number of at least 1.

    Examples
    --------
    >>> layer = dure.layers.MultiHot(4)
    >>> np.asarray(layer(np.array([1, 3, 3]))).tolist()
    [0.0, 1.0, 0.0, 1.0]
    >>> layer.call(np.array([[0, 1], [2, 2]])).shape, layer.compute_output_shape((None, 5))
    ((2, 4), (None, 4))
    >>> layer.places([[1, 3, 7]]).tolist(), layer.get_config()["num_tokens"]
    ([[1, 3, 4]], 4)
    """

    def __init__(self, num_tokens: int, mask_zero: bool = True, **kwargs: Any) -> None:
        super().__init__(num_tokens, **kwargs)
        self.mask_zero = bool(mask_zero)

    def places(self, inputs: Any) -> jax.Array:
        """The places of `inputs` as in OneHot, without the padding."""
        places = super().places(inputs)
        return jnp.where(places == 0, self.num_tokens, places) if self.mask_zero else places

    def call(self, inputs: Any) -> Any:
        """Encode `inputs`, integers of any number type; the last axis is the sequence."""
        places = self.places(inputs)
        *outer, length = places.shape
        rows = math.prod(outer)
        dense = jnp.zeros((rows, self.num_tokens), self.compute_dtype)
        at = (jnp.arange(rows)[:, None], places.reshape(rows, length))
        return dense.at[at].set(1, mode="drop").reshape(*outer, self.num_tokens)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """`input_shape` [..., length] becomes [..., num_tokens]."""
        return (*input_shape[:-1], self.num_tokens)

    def get_config(self) -> dict[str, Any]:
        """What the layer is made from."""
        return {**super().get_config(), "mask_zero": self.mask_zero}


def one_hot_call(layer: OneHot) -> Callable[..., Any]:
    """A replacement for ``layer.call`` that remembers the integers."""

    def call(inputs: Any) -> Any:
        return remember_tokens(
            OneHot.call(layer, inputs), Tokens(layer.places(inputs), layer.num_tokens, False)
        )

    return call


def multi_hot_call(layer: MultiHot) -> Callable[..., Any] | None:
    """As :func:`one_hot_call`; the dense array is kept where it is the faster way."""
    if jax.default_backend() != "cpu":
        return None

    def call(inputs: Any) -> Any:
        dense = MultiHot.call(layer, inputs)
        places = layer.places(inputs)
        if places.shape[-1] * SPARSE > layer.num_tokens:
            return dense
        return remember_tokens(
            dense, Tokens(_without_repeats(places, layer.num_tokens), layer.num_tokens, True)
        )

    return call


def _without_repeats(places: jax.Array, num_tokens: int) -> jax.Array:
    """`places` [..., length] with all but one of equal ones replaced by `num_tokens`."""
    length = places.shape[-1]
    flat = places.reshape(-1, length)
    at = (jnp.arange(len(flat))[:, None], flat)
    kind = jnp.int16 if length < 2**15 else jnp.int32
    order = jnp.broadcast_to(jnp.arange(length, dtype=kind), flat.shape)
    # The largest, not any: which one is kept must not depend on the order of writing.
    last = jnp.zeros((len(flat), num_tokens + 1), kind).at[at].max(order, mode="promise_in_bounds")
    kept = last.at[at].get(mode="promise_in_bounds") == order
    # Behind a barrier: the gradient must not compute it again.
    once: jax.Array = jax.lax.optimization_barrier(jnp.where(kept, flat, num_tokens))
    return once.reshape(places.shape)
