"""Fast twins of Keras' SimpleRNN, LSTM and GRU: the same numbers from the layers' own variables.

``recurrent_call(layer)`` gives a function with the signature of ``layer.call``; put in its place
while a training step is traced, it computes the same outputs, draws the same dropout masks from the
layer's own seed generator, and carries gradients written by hand (recurrent_loops, where the
measurements stand). A training step of a small text model (100 words, batch 64,
Embedding(16), RMSprop; one core, benchmarks/recurrent_step.py) takes 0.20 ms instead of 0.60 with
SimpleRNN(8), 0.62 instead of 1.03 with LSTM(8, dropout=0.3), 1.12 instead of 1.87 with two LSTM(8),
0.86 instead of 1.59 with two GRU(8). Compiled with ``xla_cpu_prefer_vector_width=512`` on a core
with AVX-512, the two LSTM rows fall to 0.55 and 0.96.

Whatever it is not sure to compute alike, or no slower, is left to Keras: at once, with None, where
the configuration already says so; at the call, where only the arguments do.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from dure.core.backend import jax, jnp, keras
from dure.layers.recurrent_loops import Form, Given, batched, run_cell
from dure.layers.tokens import Tokens, tokens_of

_NAMES = {
    keras.activations.tanh: "tanh",
    keras.activations.relu: "relu",
    keras.activations.sigmoid: "sigmoid",
    keras.activations.linear: "linear",
    None: "linear",
}

_FLOAT = "float32"

# Beyond these sizes matrix products and memory decide, and Keras' own loop was as fast or faster:
# LSTM(128) at batch 64 took 30.6 ms a step against 27.6, GRU(128) at batch 32 21.5 against 14.3,
# LSTM(64) at batch 256 43.1 against 39.2 (at batch 32 4.4 against 5.0; GRU(64) and SimpleRNN(64)
# still won at batch 256, 35.8 against 50.0 and 8.5 against 13.0).
_MOST_RECURRENT_WEIGHTS = 64 * 4 * 64
_MOST_LSTM_STATE = 64 * 128  # units * batch

Read = Callable[[Any, "list[Input]"], tuple[jax.Array, jax.Array, jax.Array, jax.Array | None]]
"""From a cell and its input to the first four of Given."""


def _repeat(matrix: jax.Array, times: int) -> jax.Array:
    return jnp.broadcast_to(matrix, (times, *matrix.shape))


def _may_repeat(kernel: jax.Array) -> bool:
    """Whether a kernel may be held once for every step, as products batched over time need it."""
    return kernel.size <= 32768


def _rows(blocks: jax.Array) -> jax.Array:
    """[time, features, batch] as [time * batch, features], behind a barrier (see project)."""
    rows: jax.Array = jax.lax.optimization_barrier(
        blocks.transpose(0, 2, 1).reshape(-1, blocks.shape[1])
    )
    return rows


@jax.custom_vjp
def project(x: jax.Array, kernel: jax.Array) -> jax.Array:
    """Input projection of all steps: x [time, batch, features] @ kernel [features, columns].

    Returns [time, columns * batch].
    """
    steps, batch, features = x.shape
    if _may_repeat(kernel):
        return batched(_repeat(kernel.T, steps), x, 2, 2).reshape(steps, -1)
    rows = x.reshape(-1, features) @ kernel
    return rows.reshape(steps, batch, -1).transpose(0, 2, 1).reshape(steps, -1)


def _project_forward(
    x: jax.Array, kernel: jax.Array
) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    return project(x, kernel), (x, kernel)


def _project_backward(
    kept: tuple[jax.Array, jax.Array], gradient: jax.Array
) -> tuple[jax.Array, jax.Array]:
    x, kernel = kept
    steps, batch, _ = x.shape
    gradient = gradient.reshape(steps, -1, batch)
    if not _may_repeat(kernel):
        rows = _rows(gradient)
        return (rows @ kernel.T).reshape(x.shape), (rows.T @ x.reshape(len(rows), -1)).T
    # Without the barrier XLA folds the transpose into the product, which takes twice as long.
    dx = jax.lax.optimization_barrier(batched(_repeat(kernel, steps), gradient, 2, 1))
    return dx.transpose(0, 2, 1), batched(gradient, x, 2, 1).sum(0).T


project.defvjp(_project_forward, _project_backward)


class Encoded(NamedTuple):
    """Time-major one-hot or multi-hot input, and what dropout makes of its ones."""

    tokens: Tokens
    scale: jax.Array | None  # [time, batch]

    def project(self, kernel: jax.Array) -> jax.Array:
        """As project: [time, columns * batch]."""
        rows = self.tokens.times(kernel)
        if self.scale is not None:
            rows = rows * self.scale[..., None]
        return rows.transpose(0, 2, 1).reshape(len(rows), -1)


Input = jax.Array | Encoded


def recurrent_call(layer: keras.layers.Layer) -> Callable[..., Any] | None:
    """A fast function for ``layer.call``, or None where Keras' own has to stay.

    Takes exactly SimpleRNN, LSTM, GRU, or RNN over one of their cells (no subclasses), in float32,
    stateless, with sigmoid as recurrent activation and tanh, relu, sigmoid or linear as activation,
    and built. The returned function has the arguments
    ``(sequences, initial_state=None, mask=None, training=False)`` and reads the layer's variables
    when called, so it may be traced under Keras' stateless scope, differentiated and vmapped. Dense
    sequences go Keras' way above the sizes where that is faster (64 units for an LSTM, 73 for a
    GRU, 128 for a SimpleRNN); one-hot and multi-hot ones stay, so that they are never made.
    """
    kind = _CELLS.get(type(getattr(layer, "cell", None)))
    if kind is None or not _is_supported(layer):
        return None

    def call(
        sequences: Any, initial_state: Any = None, mask: Any = None, training: Any = False
    ) -> Any:
        if not _fits(layer, sequences, initial_state, mask):
            return type(layer).call(
                layer, sequences, initial_state=initial_state, mask=mask, training=training
            )
        return _call(layer, *kind, sequences, initial_state, mask, bool(training))

    return call


def _is_supported(layer: Any) -> bool:
    cell = layer.cell
    policies = (layer.dtype_policy, cell.dtype_policy)
    rates = (cell.dropout, cell.recurrent_dropout)
    # With dropout alone, implementation 1 runs into an error inside Keras; that stays Keras'.
    gated_dropout = cell.dropout > 0 and cell.recurrent_dropout == 0
    return (
        type(layer)
        in (keras.layers.RNN, keras.layers.SimpleRNN, keras.layers.LSTM, keras.layers.GRU)
        and layer.built
        and cell.built
        and not layer.stateful
        and getattr(layer, "use_cudnn", "auto") is not True
        and all(p.compute_dtype == p.variable_dtype == _FLOAT for p in policies)
        and cell.activity_regularizer is None
        and cell.activation in _NAMES
        and getattr(cell, "recurrent_activation", keras.activations.sigmoid)
        is keras.activations.sigmoid
        and all(rate < 1 for rate in rates)
        and not (getattr(cell, "implementation", 2) == 1 and gated_dropout)
        and not (cell.recurrent_dropout > 0 and not getattr(cell, "reset_after", True))
    )


def _is_small(cell: Any, batch: int) -> bool:
    """Whether the twin is faster than Keras' own loop for dense sequences."""
    return math.prod(cell.recurrent_kernel.shape) <= _MOST_RECURRENT_WEIGHTS and not (
        type(cell) is keras.layers.LSTMCell and batch * cell.units > _MOST_LSTM_STATE
    )


def _fits(layer: Any, sequences: Any, initial_state: Any, mask: Any) -> bool:
    """Whether these arguments are of the plain kind: arrays of the expected shapes in float32."""
    if getattr(sequences, "ndim", None) != 3 or sequences.dtype != _FLOAT:
        return False
    batch, steps, _ = sequences.shape
    if None in sequences.shape or steps == 0 or batch == 0:
        return False
    if tokens_of(sequences) is None and not _is_small(layer.cell, batch):
        return False
    # An unrolled layer starts a masked sequence from zeros even where a state is given.
    if mask is not None and (layer.unroll or getattr(mask, "shape", None) != (batch, steps)):
        return False
    if initial_state is None:
        return True
    states = initial_state if isinstance(initial_state, (list, tuple)) else [initial_state]
    shape = (batch, layer.cell.units)
    return len(states) == len(layer.state_size) and all(
        getattr(s, "shape", None) == shape and s.dtype == _FLOAT for s in states
    )


def _call(
    layer: Any,
    name: str,
    read: Read,
    sequences: Any,
    initial_state: Any,
    mask: Any,
    training: bool,
) -> Any:
    tokens = tokens_of(sequences)
    sequences = keras.ops.convert_to_tensor(sequences)
    batch = len(sequences)
    states = _initial(layer, initial_state, batch)
    # Keras draws both masks in every call, training or not, and forgets them afterwards.
    drop = layer.cell.get_dropout_mask(sequences[:, 0, :])
    recurrent_drop = layer.cell.get_recurrent_dropout_mask(states[0])
    layer.cell.reset_dropout_mask()
    layer.cell.reset_recurrent_dropout_mask()

    live = None
    if mask is not None:
        live = keras.ops.cast(mask, "bool").T
    if layer.go_backwards:
        live = None if live is None else live[::-1]
    drops: list[jax.Array | None] = [None]
    if training and drop is not None:
        drops = [*_as_list(drop)]
    if tokens is not None and not (tokens.several and drops[0] is not None):
        inputs = _encoded(tokens, drops, layer.go_backwards)
    else:
        inputs = _dense(sequences, drops, layer.go_backwards)
    kept = _as_list(recurrent_drop) if training and recurrent_drop is not None else None
    units = layer.cell.units
    flat_live = None if live is None else jnp.tile(live, (1, units))
    flat_drop = None if kept is None else jnp.stack([_flat(m) for m in kept])
    after = getattr(layer.cell, "reset_after", True)
    form = Form(name, _NAMES[layer.cell.activation], layer.return_sequences, after)
    given = Given(*read(layer.cell, inputs), flat_live, flat_drop)
    sequence, ended = run_cell(form, given, tuple(_flat(s) for s in states))
    last = [s.reshape(units, batch).T for s in ended]
    return _outputs(layer, sequence, last, live)


def _dense(sequences: jax.Array, drops: list[jax.Array | None], backwards: bool) -> list[Input]:
    """The input [time, batch, features], once for each dropout mask [batch, features]."""
    x = sequences.transpose(1, 0, 2)
    x = x[::-1] if backwards else x
    return [x if drop is None else x * _settled(drop) for drop in drops]


def _encoded(tokens: Tokens, drops: list[jax.Array | None], backwards: bool) -> list[Input]:
    """As _dense; of a mask only what falls on the ones is read."""
    tokens = tokens.time_major()
    if backwards:
        tokens = tokens._replace(places=tokens.places[::-1])
    # A place that stands for nothing may read any number of the mask: its row is of zeros.
    at = jnp.minimum(tokens.places, tokens.num_tokens - 1).T
    return [
        Encoded(tokens, None if drop is None else jnp.take_along_axis(drop, at, 1).T)
        for drop in drops
    ]


def _outputs(
    layer: Any, sequence: jax.Array | None, last: list[jax.Array], live: jax.Array | None
) -> Any:
    """What the layer returns, from flat states [time, units * batch] and last states."""
    output = last[0]
    if not layer.zero_output_for_mask:
        live = None
    if sequence is not None:
        steps, (batch, units) = len(sequence), output.shape
        blocks = sequence.reshape(steps, units, batch)
        if live is not None:
            blocks = jnp.where(live[:, None, :], blocks, 0.0)
        output = blocks.transpose(2, 0, 1)
    elif live is not None:
        output = jnp.where(live[-1][:, None], output, 0.0)
    return (output, *last) if layer.return_state else output


def _initial(layer: Any, given: Any, batch: int) -> list[jax.Array]:
    if given is None:
        given = layer.get_initial_state(batch_size=batch)
    given = given if isinstance(given, (list, tuple)) else [given]
    return [keras.ops.convert_to_tensor(s) for s in given]


def _settled(mask: jax.Array) -> jax.Array:
    """The mask [batch, features], computed once.

    XLA would fold drawing it into what it multiplies, and so repeat it for every time step (65 us
    of 560); it folds nothing into a matrix product, and one with the identity is exact.
    """
    return mask @ jnp.eye(mask.shape[1], dtype=mask.dtype)


def _as_list(masks: Any) -> list[jax.Array]:
    return list(masks) if isinstance(masks, (list, tuple)) else [masks]


def _flat(state: jax.Array) -> jax.Array:
    """[batch, units] as one block of units * batch."""
    return state.T.reshape(-1)


def _one_project(x: Input, kernel: jax.Array) -> jax.Array:
    return x.project(kernel) if isinstance(x, Encoded) else project(x, kernel)


def _project(inputs: list[Input], kernel: jax.Array, order: list[int], gates: int) -> jax.Array:
    """All input projections, flat; with one input a gate where dropout differs by gate."""
    if len(inputs) == 1:
        return _one_project(inputs[0], kernel)
    parts = jnp.split(kernel, gates, axis=1)
    return jnp.concatenate(
        [_one_project(inputs[g], k) for g, k in zip(order, parts, strict=True)], 1
    )


def _value(variable: Any) -> jax.Array:
    value: jax.Array = keras.ops.convert_to_tensor(variable)
    return value


def _half(values: list[jax.Array], sigmoid: tuple[bool, ...]) -> list[jax.Array]:
    return [0.5 * v if s else v for v, s in zip(values, sigmoid, strict=True)]


def _read_simple_rnn(cell: Any, x: list[Input]) -> Any:
    bias = _value(cell.bias) if cell.use_bias else jnp.zeros(cell.units, _FLOAT)
    return _one_project(x[0], _value(cell.kernel)), _value(cell.recurrent_kernel).T, bias, None


def _read_lstm(cell: Any, x: list[Input]) -> Any:
    sigmoid = (True, True, False, True)

    def halved(variable: Any) -> jax.Array:
        parts = jnp.split(_value(variable), 4, axis=-1)
        return jnp.concatenate(_half(parts, sigmoid), axis=-1)

    inputs = _project(x, halved(cell.kernel), [0, 1, 2, 3], 4)
    bias = halved(cell.bias) if cell.use_bias else jnp.zeros(4 * cell.units, _FLOAT)
    return inputs, halved(cell.recurrent_kernel).T, bias, None


def _read_gru(cell: Any, x: list[Input]) -> Any:
    update, reset, candidate = jnp.split(_value(cell.kernel), 3, axis=1)
    kernel = jnp.concatenate([candidate, 0.5 * update, 0.5 * reset], axis=1)
    inputs = _project(x, kernel, [2, 0, 1], 3)
    update, reset, candidate = jnp.split(_value(cell.recurrent_kernel), 3, axis=1)
    weights = jnp.concatenate([0.5 * update, 0.5 * reset, candidate], axis=1).T
    bias, inner_bias = jnp.zeros(3 * cell.units, _FLOAT), jnp.zeros(cell.units, _FLOAT)
    if cell.use_bias:
        given = jnp.atleast_2d(_value(cell.bias))
        update, reset, _ = jnp.split(given.sum(0), 3)
        bias = jnp.concatenate([given[0, 2 * cell.units :], 0.5 * update, 0.5 * reset])
        if cell.reset_after:
            inner_bias = given[1, 2 * cell.units :]
    return inputs, weights, bias, inner_bias


_CELLS: dict[Any, tuple[str, Read]] = {
    keras.layers.SimpleRNNCell: ("simple_rnn", _read_simple_rnn),
    keras.layers.LSTMCell: ("lstm", _read_lstm),
    keras.layers.GRUCell: ("gru", _read_gru),
}
