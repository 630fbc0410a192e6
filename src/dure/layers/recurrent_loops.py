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

    ``cell`` is a key of CELLS and ``activation`` of ACTIVATIONS; ``sequences`` says whether all
    outputs are wanted or only the last state; ``reset_after`` is the GRU's convention.
    """

    cell: str
    activation: str
    sequences: bool
    reset_after: bool = True


class Given(NamedTuple):
    """What a recurrence of some gates reads beside its first state; n is units * batch.

    The sigmoid gates expect inputs, weights and bias already halved (see the module's docstring).
    Gates come in Keras' order for an LSTM: input, forget, candidate, output. Those of a GRU are
    ordered so that what each product needs is contiguous: candidate, update, reset in inputs and
    bias; update, reset, candidate in weights.
    """

    inputs: jax.Array  # [time, gates * n]
    weights: jax.Array  # [gates * units, units], the recurrent kernel transposed
    bias: jax.Array  # [gates * units]
    inner_bias: jax.Array | None  # [units], of a GRU: the candidate's, scaled by the reset gate
    live: jax.Array | None  # [time, n], false where the state is held
    drop: jax.Array | None  # [gates, n]; of a GRU only with form.reset_after


State = tuple[jax.Array, ...]
"""h and, of an LSTM, c, each [n]."""


def batched(left: jax.Array, right: jax.Array, left_axis: int, right_axis: int) -> jax.Array:
    """Matrix products batched over axis 0, summing the named axes."""
    return jax.lax.dot_general(left, right, (((left_axis,), (right_axis,)), ((0,), (0,))))


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


def over_batch(bias: jax.Array, batch: int) -> jax.Array:
    """A bias as it is added to flat gates: each value once for every row of the batch."""
    return jnp.repeat(bias, batch)


def before(first: jax.Array, later: jax.Array) -> jax.Array:
    """The state each step started from, given the state each step ended with."""
    return jnp.concatenate([first[None], later[:-1]])


def blocks(gates: jax.Array, count: int) -> list[jax.Array]:
    return jnp.split(gates, count, axis=-1)


def where_live(live: jax.Array | None, new: jax.Array, old: jax.Array | float) -> jax.Array:
    return new if live is None else jnp.where(live, new, old)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def run_cell(form: Form, given: Given, state: State) -> tuple[jax.Array | None, State]:
    """A cell over all steps: its states h [time, n] (None unless form.sequences) and the last."""
    return _run(form, False, given, state)


def _run(form: Form, keep: bool, given: Given, state: State) -> tuple[Any, State]:
    step = CELLS[form.cell].step(form, given, len(state[0]) // given.weights.shape[1])

    def advance(state: State, at: Any) -> tuple[State, Any]:
        state, kept = step(state, *at)
        if keep:
            return state, (*kept, state[0])
        return state, state[0] if form.sequences else None

    last, kept = jax.lax.scan(advance, state, (given.inputs, given.live))
    return kept, last


def _run_forward(form: Form, given: Given, state: State) -> tuple[Any, Any]:
    kept, last = _run(form, True, given, state)
    return (kept[-1] if form.sequences else None, last), (given, state, kept)


def _run_backward(form: Form, saved: Any, gradients: Any) -> tuple[Given, State]:
    given, first, kept = saved
    dsequence, dlast = gradients
    coefficients, step = CELLS[form.cell].slopes(form, given, first, kept)

    def retrace(dstate: State, at: Any) -> tuple[State, Any]:
        (dh, *others), (coefficients, extra) = dstate, at
        earlier: tuple[State, Any] = step(
            dh if extra is None else dh + extra, *others, coefficients
        )
        return earlier

    dstate, (dz, dinner) = jax.lax.scan(retrace, dlast, (coefficients, dsequence), reverse=True)
    earlier, units = before(first[0], kept[-1]), given.weights.shape[1]
    if form.cell == "gru":
        dweights, dinner_bias = _gru_weights(dz, dinner, earlier, kept, units, given.drop)
    else:
        dweights, dinner_bias = weights_gradient(dz, earlier, units, given.drop), None
    dbias = bias_gradient(dz, len(given.bias))
    return Given(dz, dweights, dbias, dinner_bias, None, None), dstate


run_cell.defvjp(_run_forward, _run_backward)


class Cell(NamedTuple):
    """A cell's arithmetic, given the form and what is the same at every step.

    ``step`` makes the function from a state, its inputs and where it is live to the new state and
    what the gradients need to know of the step, beside h; ``slopes`` makes, of what was kept of all
    steps, the coefficients of each and the function from the gradient of its state and these to
    that of the state before, of its inputs and (GRU) of what the reset gate scales.
    """

    step: Callable[..., Any]
    slopes: Callable[..., Any]


def _simple_rnn_step(form: Form, given: Given, batch: int) -> Callable[..., Any]:
    activate, bias = ACTIVATIONS[form.activation].value, over_batch(given.bias, batch)

    def step(state: State, x: jax.Array, live: jax.Array | None) -> tuple[State, Any]:
        (h,) = state
        new = activate(x + recur(given.weights, h, given.drop) + bias)
        return (where_live(live, new, h),), ()

    return step


def _simple_rnn_slopes(form: Form, given: Given, first: State, kept: Any) -> tuple[Any, Any]:
    (states,), live, drop = kept, given.live, given.drop
    slopes = where_live(live, ACTIVATIONS[form.activation].slope(states), 0.0)
    held = None if live is None else 1.0 - live
    transposed = given.weights.T

    def step(dh: jax.Array, at: Any) -> tuple[State, Any]:
        slope, held = at
        dz = dh * slope
        back = recur_back(transposed, dz, drop)
        return (back if held is None else back + dh * held,), (dz, None)

    return (slopes, held), step


def _lstm_gates(form: Form, z: jax.Array) -> jax.Array:
    if form.activation == "tanh":
        return jnp.tanh(z)
    i, f, g, o = blocks(z, 4)
    g = ACTIVATIONS[form.activation].value(g)
    return jnp.concatenate([jnp.tanh(i), jnp.tanh(f), g, jnp.tanh(o)])


def _lstm_step(form: Form, given: Given, batch: int) -> Callable[..., Any]:
    activate, bias = ACTIVATIONS[form.activation].value, over_batch(given.bias, batch)

    def step(state: State, x: jax.Array, live: jax.Array | None) -> tuple[State, Any]:
        h, c = state
        gates = _lstm_gates(form, x + recur(given.weights, h, given.drop) + bias)
        i, f, g, o = blocks(gates, 4)
        c = where_live(live, 0.5 * ((f + 1) * c + (i + 1) * g), c)
        h = where_live(live, 0.5 * (o + 1) * activate(c), h)
        return (h, c), (gates, c)

    return step


def _lstm_slopes(form: Form, given: Given, first: State, kept: Any) -> tuple[Any, Any]:
    (gates, c, _), live = kept, given.live
    slope = ACTIVATIONS[form.activation].slope
    i, f, g, o = blocks(gates, 4)
    out = ACTIVATIONS[form.activation].value(c)
    by_dc = [  # gradient of each gate's argument per unit of dc, then of c's per unit of dh
        g * (0.5 - 0.5 * i * i),
        before(first[1], c) * (0.5 - 0.5 * f * f),
        (0.5 + 0.5 * i) * slope(g),
    ]
    by_dh = [out * (0.5 - 0.5 * o * o), (0.5 + 0.5 * o) * slope(out)]
    by_dc, by_dh = jax.tree.map(lambda p: where_live(live, p, 0.0), (by_dc, by_dh))
    carry_c = where_live(live, 0.5 + 0.5 * f, 1.0)
    held = None if live is None else 1.0 - live
    transposed = given.weights.T

    def step(dh: jax.Array, dc: jax.Array, at: Any) -> tuple[State, Any]:
        (di, df, dg), (do, dout), carry_c, held = at
        dc = dc + dh * dout
        dz = jnp.concatenate([dc * di, dc * df, dc * dg, dh * do])
        back = recur_back(transposed, dz, given.drop)
        return (back if held is None else back + dh * held, dc * carry_c), (dz, None)

    return (by_dc, by_dh, carry_c, held), step


def _gru_step(form: Form, given: Given, batch: int) -> Callable[..., Any]:
    activate, weights = ACTIVATIONS[form.activation].value, given.weights
    assert given.inner_bias is not None
    bias, inner_bias = over_batch(given.bias, batch), over_batch(given.inner_bias, batch)
    units = weights.shape[1]
    n = units * batch

    def step(state: State, x: jax.Array, live: jax.Array | None) -> tuple[State, Any]:
        (h,) = state
        x = x + bias
        if form.reset_after:
            z = recur(weights, h, given.drop)
            gates = jnp.tanh(x[n:] + z[: 2 * n])
            inner = z[2 * n :] + inner_bias
            update, reset = blocks(0.5 * gates + 0.5, 2)
            candidate = activate(x[:n] + reset * inner)
        else:
            gates = jnp.tanh(x[n:] + recur(weights[: 2 * units], h, None))
            update, reset = blocks(0.5 * gates + 0.5, 2)
            inner = reset * h
            candidate = activate(x[:n] + recur(weights[2 * units :], inner, None))
        h = where_live(live, update * h + (1 - update) * candidate, h)
        return (h,), (gates, inner, candidate)

    return step


def _gru_slopes(form: Form, given: Given, first: State, kept: Any) -> tuple[Any, Any]:
    """Gradients are linear in dh: all coefficients are computed for all steps at once."""
    (gates, inner, candidate, h), live = kept, given.live
    update, reset = blocks(0.5 * gates + 0.5, 2)
    slopes = 2 * (gates * (-0.5 * gates) + 0.5)  # (1 - tanh^2), of the halved arguments
    earlier = before(first[0], h)
    by_candidate = (1 - update) * ACTIVATIONS[form.activation].slope(candidate)
    by_update = 0.5 * (earlier - candidate) * blocks(slopes, 2)[0]
    by_reset = 0.5 * (inner if form.reset_after else earlier) * blocks(slopes, 2)[1]
    by_candidate, by_update = (where_live(live, p, 0.0) for p in (by_candidate, by_update))
    units, transposed = given.weights.shape[1], given.weights.T

    def step(dh: jax.Array, at: Any) -> tuple[State, Any]:
        by_candidate, by_update, by_reset, reset, carry = at
        dcandidate, dupdate = dh * by_candidate, dh * by_update
        if form.reset_after:
            dreset, dinner = dcandidate * by_reset, dcandidate * reset
            back = recur_back(transposed, jnp.concatenate([dupdate, dreset, dinner]), given.drop)
        else:
            through = recur_back(transposed[:, 2 * units :], dcandidate, None)
            dreset, dinner = through * by_reset, None
            back = recur_back(transposed[:, : 2 * units], jnp.concatenate([dupdate, dreset]), None)
            back = back + through * reset
        return (dh * carry + back,), (jnp.concatenate([dcandidate, dupdate, dreset]), dinner)

    return (by_candidate, by_update, by_reset, reset, where_live(live, update, 1.0)), step


def _gru_weights(
    dz: jax.Array,
    dinner: jax.Array | None,
    earlier: jax.Array,
    kept: Any,
    units: int,
    drop: jax.Array | None,
) -> tuple[jax.Array, jax.Array]:
    """Gradients of the recurrent weights and of the inner bias."""
    n = earlier.shape[1]
    if dinner is not None and drop is not None:
        gates = weights_gradient(dz[:, n:], earlier, units, drop[:2])
        candidate = weights_gradient(dinner, earlier, units, drop[2:])
    else:
        # The candidate's block is thrown away: multiplying it is cheaper than copying the others.
        gates = weights_gradient(dz, earlier, units, None)[units:]
        by, of = (dz[:, :n], kept[1]) if dinner is None else (dinner, earlier)
        candidate = weights_gradient(by, of, units, None)
    inner_bias = jnp.zeros(units, dz.dtype) if dinner is None else bias_gradient(dinner, units)
    return jnp.concatenate([gates, candidate]), inner_bias


CELLS = {
    "simple_rnn": Cell(_simple_rnn_step, _simple_rnn_slopes),
    "lstm": Cell(_lstm_step, _lstm_slopes),
    "gru": Cell(_gru_step, _gru_slopes),
}
