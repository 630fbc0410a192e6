"""Products with one-hot and multi-hot arrays that never exist.

A matrix product with one-hot rows is a gather of the kernel's rows, with multi-hot rows a sum of
them. While a program is traced, OneHot and MultiHot return their dense array as always, and
:func:`remember_tokens` keeps which integers it stands for. A layer that is handed exactly that
array (Keras hands on the very object) asks :func:`tokens_of` and works on the integers; the dense
array is then read by nobody and the compiler leaves it out. If any other layer stands between, it
makes another array, and the arithmetic is dense: nothing about the model's shape has to be
understood.

What was measured (one core, JAX 0.10.2, milliseconds of forward and gradient):

One-hot before SimpleRNN(8), 100 words, batch 64, vocabulary 300
    Dense arithmetic 0.75; rows gathered time-major and turned for the recurrence 0.15, with the
    gradient a scatter-add of rows as JAX derives it. Columns gathered in the recurrence's own
    layout 0.22; the gradient as a product with one-hot rows 0.96. Integers that stand for nothing
    read a row of zeros put under the kernel: 0.14, against 0.16 for a mask over the rows and for
    gathers that check their bounds (LSTM(8), vocabulary 10,000: 0.74, 0.83 and 1.11).

Multi-hot before Dense, batch 512, with both of two cores in reach of the compiler
    Three ways: scatter ones into one batch's multi-hot and multiply (`narrow_product` of
    `layers/dense.py`); sort each sequence, drop repeats, gather and sum; or find repeats by
    writing each word's place into a table [batch, num_tokens] of small integers and reading back
    which place stayed, then gather and sum. Of 256 words among 10,000 and 16 units 2.6, 2.9 and
    1.5; 100 words 2.4, 1.1 and 0.75; 256 words and 64 units 7.0, 7.5 and 3.8; 400 words 2.5, - and
    2.2; 1,000 words 3.3, - and 6.5; 256 words among 1,000 0.4, 2.7 and 1.2; 64 among 1,000 0.25,
    - and 0.39. Comparing all pairs of words took 7.5 in the first case. Rows are gathered for some
    :data:`ROWS_BYTES` at a time (all at once 5.3 instead of 3.8 with 64 units, a word at a time 3.2
    instead of 1.5 with 16); their gradient is added a word at a time, all sequences at once.

    So rows are summed where there are at least :data:`dure.layers.encoding.SPARSE` tokens for each
    place of the sequence. Elsewhere one batch's multi-hot is what is fastest, and is made; so it is
    on a GPU, where adding a word at a time is no use. All rows' multi-hot never is.
"""

from __future__ import annotations

import weakref
from functools import partial
from typing import Any, NamedTuple

from dure.core.backend import jax, jnp

ROWS_BYTES = 2**22
"""How much of a kernel's rows is gathered before it is summed."""


class Tokens(NamedTuple):
    """The integers a dense array [..., num_tokens] stands for.

    ``places`` is int32 [...] for one-hot rows and [..., length], each place once, for multi-hot
    ones (``several``); ``num_tokens`` in it stands for nothing.
    """

    places: jax.Array
    num_tokens: int
    several: bool

    def times(self, kernel: jax.Array) -> jax.Array:
        """The dense array times `kernel` [num_tokens, columns]: [..., columns]."""
        if self.several:
            return _summed_rows(self.num_tokens, kernel, self.places)
        return with_row_of_zeros(kernel).at[self.places].get(mode="promise_in_bounds")

    def time_major(self) -> Tokens:
        """The same with the first two axes exchanged."""
        return self._replace(places=self.places.swapaxes(0, 1))


_ENCODED: dict[int, tuple[weakref.ref[Any], Tokens]] = {}
"""By id the dense arrays alive while a program is traced, and what they stand for."""


def remember_tokens(dense: Any, tokens: Tokens) -> Any:
    """Remember what a dense array stands for, as long as it lives; returns the array."""
    key = id(dense)
    _ENCODED[key] = (weakref.ref(dense, lambda _: _ENCODED.pop(key, None)), tokens)
    return dense


def tokens_of(inputs: Any) -> Tokens | None:
    """What this very array stands for; None for every other."""
    alive, tokens = _ENCODED.get(id(inputs), (None, None))
    return tokens if alive is not None and alive() is inputs else None


def with_row_of_zeros(kernel: jax.Array) -> jax.Array:
    """`kernel` [rows, columns] with a row of zeros under it, for places that stand for nothing."""
    return jnp.concatenate([kernel, jnp.zeros((1, kernel.shape[1]), kernel.dtype)])


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _summed_rows(num_tokens: int, kernel: jax.Array, places: jax.Array) -> jax.Array:
    """Sums of `kernel`'s rows [num_tokens, columns] at `places` [..., length]: [..., columns]."""
    rows = with_row_of_zeros(kernel)
    length, columns = places.shape[-1], kernel.shape[1]

    def total(at: jax.Array) -> jax.Array:
        return rows.at[at].get(mode="promise_in_bounds").sum(0)

    together = max(1, ROWS_BYTES // (length * columns * kernel.dtype.itemsize))
    sums: jax.Array = jax.lax.map(total, places.reshape(-1, length), batch_size=together)
    return sums.reshape(*places.shape[:-1], columns)


def _summed_rows_forward(
    num_tokens: int, kernel: jax.Array, places: jax.Array
) -> tuple[jax.Array, jax.Array]:
    return _summed_rows(num_tokens, kernel, places), places


def _summed_rows_backward(
    num_tokens: int, places: jax.Array, gradient: jax.Array
) -> tuple[jax.Array, None]:
    def add(total: jax.Array, at: jax.Array) -> tuple[jax.Array, None]:
        return total.at[at].add(gradient, mode="promise_in_bounds"), None

    start = jnp.zeros((num_tokens + 1, gradient.shape[-1]), gradient.dtype)
    return jax.lax.scan(add, start, jnp.moveaxis(places, -1, 0))[0][:num_tokens], None


_summed_rows.defvjp(_summed_rows_forward, _summed_rows_backward)
