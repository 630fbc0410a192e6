"""Recurrences of SimpleRNN, LSTM and GRU with gradients written by hand, for XLA on one CPU core.

Every function here is pure JAX. Arrays are time-major with the batch innermost: a step of
``units`` values for ``batch`` rows is one flat vector of ``units * batch`` floats ("block"), gates
one after another. What each choice gained, in microseconds for one layer of 8 units over 100 steps
at batch 64 (one core, AMD EPYC of 2025, JAX 0.10.2):

* flat steps: storing a step's gates took 26 as ``[4 * units * batch]`` and 44 as
  ``[4 * units, batch]``; the elementwise kernels of XLA's CPU backend vectorise one long axis best;
* everything that does not depend on the running gradient is computed for all steps at once: the
  backward loop of an LSTM then takes 115 instead of 510 with the same arithmetic inside the loop;
* input projection and weight gradients as products batched over time, before and after the loop:
  51 for the projection, against 168 for the einsum that XLA would rather transpose, and 107 for
  the same product step by step; 63 for the kernel's gradient, against 411 for the einsum;
* the gradient of the inputs as ``[time, features, batch]`` behind a barrier and transposed after:
  90, against 170 when XLA folds the transpose into the product;
* sigmoid(x) = (1 + tanh(x / 2)) / 2, the half folded into the weights (exact, a power of two), so
  that one tanh runs over all gates: XLA's tanh is vectorised (0.27 ns a value, 0.13 at
  ``xla_cpu_prefer_vector_width=512``), its sigmoid costs a third more;
* unrolling the loops (2, 4, 5, 10, 25 steps) gained nothing and costs compile time, nor did
  writing the recurrent product out as sums (792 against 307 backwards).

The gradients are those of the textbook recurrences (Hochreiter and Schmidhuber 1997; Cho et al.
2014), by the chain rule; the tests compare them with ``jax.grad`` of plain step-by-step code.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from dure.core.backend import jax, jnp


class Activation(NamedTuple):
    """An activation and its derivative, written with the activation's output."""

    value: Callable[[jax.Array], jax.Array]
    slope: Callable[[jax.Array], jax.Array]


ACTIVATIONS = {
    "tanh": Activation(jnp.tanh, lambda y: 1 - y * y),
    "relu": Activation(jax.nn.relu, lambda y: (y > 0).astype(y.dtype)),
    "sigmoid": Activation(jax.nn.sigmoid, lambda y: y * (1 - y)),
    "linear": Activation(lambda x: x, jnp.ones_like),
}


class Form(NamedTuple):
    """What is fixed when a recurrence is traced.

    ``activation`` is a key of ACTIVATIONS; ``sequences`` says whether all outputs are wanted or
    only the last state; ``reset_after`` is the GRU's convention.
    """

    activation: str
    sequences: bool
    reset_after: bool = True


def batched(left: jax.Array, right: jax.Array, left_axis: int, right_axis: int) -> jax.Array:
    """Matrix products batched over axis 0, summing the named axes."""
    return jax.lax.dot_general(left, right, (((left_axis,), (right_axis,)), ((0,), (0,))))


def _repeat(matrix: jax.Array, times: int) -> jax.Array:
    return jnp.broadcast_to(matrix, (times, *matrix.shape))


def _is_small(kernel: jax.Array) -> bool:
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
    if _is_small(kernel):
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
    if not _is_small(kernel):
        rows = _rows(gradient)
        return (rows @ kernel.T).reshape(x.shape), (rows.T @ x.reshape(len(rows), -1)).T
    # Without the barrier XLA folds the transpose into the product, which takes twice as long.
    dx = jax.lax.optimization_barrier(batched(_repeat(kernel, steps), gradient, 2, 1))
    return dx.transpose(0, 2, 1), batched(gradient, x, 2, 1).sum(0).T


project.defvjp(_project_forward, _project_backward)


def recur(weights: jax.Array, h: jax.Array, drop: jax.Array | None) -> jax.Array:
    """Recurrent product of one step: weights [gates * units, units], h [units * batch], flat out.

    ``drop`` [gates, units * batch] scales h for each gate separately (recurrent dropout).
    """
    units = weights.shape[1]
    if drop is None:
        return (weights @ h.reshape(units, -1)).reshape(-1)
    masked = (h * drop).reshape(len(drop), units, -1)
    return batched(weights.reshape(len(drop), units, units), masked, 2, 1).reshape(-1)


def recur_back(transposed: jax.Array, dz: jax.Array, drop: jax.Array | None) -> jax.Array:
    """Gradient of recur with respect to h; transposed is weights.T.

    Transpose before the loop: inside, XLA folds it into the product, at 64 units three times
    slower.
    """
    units, columns = transposed.shape
    if drop is None:
        return (transposed @ dz.reshape(columns, -1)).reshape(-1)
    by_gate = transposed.reshape(units, len(drop), units).transpose(1, 0, 2)
    back = batched(by_gate, dz.reshape(len(drop), units, -1), 2, 1)
    return (back.reshape(len(drop), -1) * drop).sum(0)


def weights_gradient(dz: jax.Array, h: jax.Array, units: int, drop: jax.Array | None) -> jax.Array:
    """Gradient of recur's weights over all steps: dz [time, gates * n], h before [time, n]."""
    steps = len(dz)
    if drop is None:
        left, right = dz.reshape(steps, -1, h.shape[1] // units), h.reshape(steps, units, -1)
        return batched(left, right, 2, 2).sum(0)
    left = dz.reshape(steps, len(drop), units, -1)
    right = (h[:, None] * drop).reshape(left.shape)
    return jnp.einsum("tgkb,tgub->gku", left, right).reshape(-1, units)


def bias_gradient(dz: jax.Array, columns: int) -> jax.Array:
    return dz.reshape(len(dz), columns, -1).sum((0, 2))


def over_batch(bias: jax.Array, h: jax.Array, units: int) -> jax.Array:
    """A bias as it is added to flat gates: each value once for every row of the batch."""
    return jnp.repeat(bias, h.shape[0] // units)


def before(first: jax.Array, later: jax.Array) -> jax.Array:
    """The state each step started from, given the state each step ended with."""
    return jnp.concatenate([first[None], later[:-1]])


def blocks(gates: jax.Array, count: int) -> list[jax.Array]:
    return jnp.split(gates, count, axis=-1)


def where_live(live: jax.Array | None, new: jax.Array, old: jax.Array | float) -> jax.Array:
    return new if live is None else jnp.where(live, new, old)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def simple_rnn(
    form: Form,
    inputs: jax.Array,
    weights: jax.Array,
    bias: jax.Array,
    h: jax.Array,
    live: jax.Array | None,
    drop: jax.Array | None,
) -> tuple[jax.Array | None, jax.Array]:
    """h' = activation(inputs + weights h + bias) over all steps.

    Shapes: inputs [time, n] with n = units * batch, weights [units, units] (transposed recurrent
    kernel), bias [units], h [n], live [time, n] (false where the state is held) or None, drop
    [1, n] or None. Returns the states [time, n] (None unless form.sequences) and the last one.
    """
    return _simple_rnn(form, form.sequences, inputs, weights, bias, h, live, drop)


def _simple_rnn(
    form: Form,
    keep: bool,
    inputs: jax.Array,
    weights: jax.Array,
    bias: jax.Array,
    h: jax.Array,
    live: jax.Array | None,
    drop: jax.Array | None,
) -> tuple[jax.Array | None, jax.Array]:
    activate = ACTIVATIONS[form.activation].value
    bias = over_batch(bias, h, len(weights))

    def step(
        h: jax.Array, at: tuple[jax.Array, jax.Array | None]
    ) -> tuple[jax.Array, jax.Array | None]:
        x, live = at
        h = where_live(live, activate(x + recur(weights, h, drop) + bias), h)
        return h, h if keep else None

    last, states = jax.lax.scan(step, h, (inputs, live))
    return states, last


def _simple_rnn_forward(
    form: Form,
    inputs: jax.Array,
    weights: jax.Array,
    bias: jax.Array,
    h: jax.Array,
    *masks: jax.Array | None,
) -> tuple[Any, Any]:
    states, last = _simple_rnn(form, True, inputs, weights, bias, h, *masks)
    return (states if form.sequences else None, last), (weights, h, states, *masks)


def _simple_rnn_backward(form: Form, kept: Any, gradients: Any) -> tuple[Any, ...]:
    weights, first, states, live, drop = kept
    dstates, dh = gradients
    slopes = where_live(live, ACTIVATIONS[form.activation].slope(states), 0.0)
    held = None if live is None else 1.0 - live
    transposed = weights.T

    def step(dh: jax.Array, at: Any) -> tuple[jax.Array, jax.Array]:
        slope, extra, held = at
        dh = dh if extra is None else dh + extra
        dz = dh * slope
        back = recur_back(transposed, dz, drop)
        return back if held is None else back + dh * held, dz

    dh, dz = jax.lax.scan(step, dh, (slopes, dstates, held), reverse=True)
    units = len(weights)
    dweights = weights_gradient(dz, before(first, states), units, drop)
    return dz, dweights, bias_gradient(dz, units), dh, None, None


simple_rnn.defvjp(_simple_rnn_forward, _simple_rnn_backward)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def lstm(
    form: Form,
    inputs: jax.Array,
    weights: jax.Array,
    bias: jax.Array,
    h: jax.Array,
    c: jax.Array,
    live: jax.Array | None,
    drop: jax.Array | None,
) -> tuple[jax.Array | None, jax.Array, jax.Array]:
    """LSTM over all steps; gates in Keras' order: input, forget, candidate, output.

    The three sigmoid gates expect inputs, weights and bias already halved (see the module's
    docstring). Shapes: inputs [time, 4 * n] with n = units * batch, weights [4 * units, units],
    bias [4 * units], h and c [n], live [time, n] or None, drop [4, n] or None. Returns the states h
    [time, n] (None unless form.sequences), the last h and the last c.
    """
    kept, h, c = _lstm(form, False, inputs, weights, bias, h, c, live, drop)
    return kept, h, c


def _lstm_gates(form: Form, z: jax.Array) -> jax.Array:
    if form.activation == "tanh":
        return jnp.tanh(z)
    i, f, g, o = blocks(z, 4)
    g = ACTIVATIONS[form.activation].value(g)
    return jnp.concatenate([jnp.tanh(i), jnp.tanh(f), g, jnp.tanh(o)])


def _lstm(
    form: Form,
    keep: bool,
    inputs: jax.Array,
    weights: jax.Array,
    bias: jax.Array,
    h: jax.Array,
    c: jax.Array,
    live: jax.Array | None,
    drop: jax.Array | None,
) -> tuple[Any, jax.Array, jax.Array]:
    activate = ACTIVATIONS[form.activation].value
    bias = over_batch(bias, h, weights.shape[1])

    def step(
        state: tuple[jax.Array, jax.Array], at: Any
    ) -> tuple[tuple[jax.Array, jax.Array], Any]:
        (h, c), (x, live) = state, at
        gates = _lstm_gates(form, x + recur(weights, h, drop) + bias)
        i, f, g, o = blocks(gates, 4)
        c = where_live(live, 0.5 * ((f + 1) * c + (i + 1) * g), c)
        h = where_live(live, 0.5 * (o + 1) * activate(c), h)
        if keep:
            return (h, c), (gates, c, h)
        return (h, c), h if form.sequences else None

    (h, c), kept = jax.lax.scan(step, (h, c), (inputs, live))
    return kept, h, c


def _lstm_forward(
    form: Form,
    inputs: jax.Array,
    weights: jax.Array,
    bias: jax.Array,
    h: jax.Array,
    c: jax.Array,
    *masks: jax.Array | None,
) -> tuple[Any, Any]:
    kept, last_h, last_c = _lstm(form, True, inputs, weights, bias, h, c, *masks)
    states = kept[2] if form.sequences else None
    return (states, last_h, last_c), (weights, h, c, *kept, *masks)


def _lstm_backward(form: Form, kept: Any, gradients: Any) -> tuple[Any, ...]:
    weights, first_h, first_c, gates, c, h, live, drop = kept
    dstates, dh, dc = gradients
    slope = ACTIVATIONS[form.activation].slope
    i, f, g, o = blocks(gates, 4)
    out = ACTIVATIONS[form.activation].value(c)
    by_dc = [  # gradient of each gate's argument per unit of dc, then of c's per unit of dh
        g * (0.5 - 0.5 * i * i),
        before(first_c, c) * (0.5 - 0.5 * f * f),
        (0.5 + 0.5 * i) * slope(g),
    ]
    by_dh = [out * (0.5 - 0.5 * o * o), (0.5 + 0.5 * o) * slope(out)]
    by_dc, by_dh = jax.tree.map(lambda p: where_live(live, p, 0.0), (by_dc, by_dh))
    carry_c = where_live(live, 0.5 + 0.5 * f, 1.0)
    held = None if live is None else 1.0 - live
    transposed = weights.T

    def step(
        state: tuple[jax.Array, jax.Array], at: Any
    ) -> tuple[tuple[jax.Array, jax.Array], jax.Array]:
        (dh, dc), ((di, df, dg), (do, dout), carry_c, extra, held) = state, at
        dh = dh if extra is None else dh + extra
        dc = dc + dh * dout
        dz = jnp.concatenate([dc * di, dc * df, dc * dg, dh * do])
        back = recur_back(transposed, dz, drop)
        return (back if held is None else back + dh * held, dc * carry_c), dz

    given = (by_dc, by_dh, carry_c, dstates, held)
    (dh, dc), dz = jax.lax.scan(step, (dh, dc), given, reverse=True)
    units = weights.shape[1]
    dweights = weights_gradient(dz, before(first_h, h), units, drop)
    return dz, dweights, bias_gradient(dz, 4 * units), dh, dc, None, None


lstm.defvjp(_lstm_forward, _lstm_backward)
