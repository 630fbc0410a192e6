"""The GRU's recurrence with its gradient written by hand; see recurrent_loops for the layout.

Blocks are ordered so that what the input projection needs and what the recurrent product needs are
each contiguous: inputs come as candidate, update, reset; the recurrent weights as update, reset,
candidate. Gradients, linear in the running gradient dh, have all their coefficients computed for
all steps at once before the loop.
"""

from functools import partial
from typing import Any

from dure.core.backend import jax, jnp
from dure.layers.recurrent_loops import (
    ACTIVATIONS,
    Form,
    before,
    bias_gradient,
    blocks,
    over_batch,
    recur,
    recur_back,
    weights_gradient,
    where_live,
)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def gru(
    form: Form,
    inputs: jax.Array,
    weights: jax.Array,
    bias: jax.Array,
    inner_bias: jax.Array,
    h: jax.Array,
    live: jax.Array | None,
    drop: jax.Array | None,
) -> tuple[jax.Array | None, jax.Array]:
    """GRU over all steps.

    The two sigmoid gates expect inputs, weights and bias already halved. Shapes: inputs
    [time, 3 * n] (candidate, update, reset; n = units * batch), weights [3 * units, units] (update,
    reset, candidate), bias [3 * units] as inputs, inner_bias [units] (the candidate's recurrent
    bias, which the reset gate scales; only with form.reset_after), h [n], live [time, n] or None,
    drop [3, n] or None (only with form.reset_after). Returns the states [time, n] (None unless
    form.sequences) and the last one.
    """
    states, last = _gru(form, False, inputs, weights, bias, inner_bias, h, live, drop)
    return states, last


def _gru(
    form: Form,
    keep: bool,
    inputs: jax.Array,
    weights: jax.Array,
    bias: jax.Array,
    inner_bias: jax.Array,
    h: jax.Array,
    live: jax.Array | None,
    drop: jax.Array | None,
) -> tuple[Any, jax.Array]:
    activate = ACTIVATIONS[form.activation].value
    units = weights.shape[1]
    n = len(h)
    bias, inner_bias = over_batch(bias, h, units), over_batch(inner_bias, h, units)

    def step(h: jax.Array, at: Any) -> tuple[jax.Array, Any]:
        x, live = at
        x = x + bias
        if form.reset_after:
            z = recur(weights, h, drop)
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
        if keep:
            return h, (gates, inner, candidate, h)
        return h, h if form.sequences else None

    last, kept = jax.lax.scan(step, h, (inputs, live))
    return kept, last


def _gru_forward(
    form: Form,
    inputs: jax.Array,
    weights: jax.Array,
    bias: jax.Array,
    inner_bias: jax.Array,
    h: jax.Array,
    *masks: jax.Array | None,
) -> tuple[Any, Any]:
    kept, last = _gru(form, True, inputs, weights, bias, inner_bias, h, *masks)
    return (kept[3] if form.sequences else None, last), (weights, h, *kept, *masks)


def _coefficients(form: Form, kept: Any) -> Any:
    """What multiplies dh (or, before the reset, the candidate's gradient) at each step."""
    _, first, gates, inner, candidate, h, live, _ = kept
    update, reset = blocks(0.5 * gates + 0.5, 2)
    slopes = 2 * (gates * (-0.5 * gates) + 0.5)  # (1 - tanh^2), of the halved arguments
    earlier = before(first, h)
    by_candidate = (1 - update) * ACTIVATIONS[form.activation].slope(candidate)
    by_update = 0.5 * (earlier - candidate) * blocks(slopes, 2)[0]
    by_reset = 0.5 * (inner if form.reset_after else earlier) * blocks(slopes, 2)[1]
    by_candidate, by_update = (where_live(live, p, 0.0) for p in (by_candidate, by_update))
    return by_candidate, by_update, by_reset, reset, where_live(live, update, 1.0)


def _gru_backward(form: Form, kept: Any, gradients: Any) -> tuple[Any, ...]:
    weights, first, _, inner, _, h, _, drop = kept
    dstates, dh = gradients
    units = weights.shape[1]
    transposed = weights.T

    def step(dh: jax.Array, at: Any) -> tuple[jax.Array, tuple[jax.Array, jax.Array | None]]:
        (by_candidate, by_update, by_reset, reset, carry), extra = at
        dh = dh if extra is None else dh + extra
        dcandidate, dupdate = dh * by_candidate, dh * by_update
        if form.reset_after:
            dreset, dinner = dcandidate * by_reset, dcandidate * reset
            back = recur_back(transposed, jnp.concatenate([dupdate, dreset, dinner]), drop)
        else:
            through = recur_back(transposed[:, 2 * units :], dcandidate, None)
            dreset, dinner = through * by_reset, None
            back = recur_back(transposed[:, : 2 * units], jnp.concatenate([dupdate, dreset]), None)
            back = back + through * reset
        return dh * carry + back, (jnp.concatenate([dcandidate, dupdate, dreset]), dinner)

    coefficients = _coefficients(form, kept)
    dh, (dz, dinner) = jax.lax.scan(step, dh, (coefficients, dstates), reverse=True)
    earlier = before(first, h)
    dweights, dinner_bias = _weight_gradients(dz, dinner, earlier, inner, units, drop)
    return dz, dweights, bias_gradient(dz, 3 * units), dinner_bias, dh, None, None


def _weight_gradients(
    dz: jax.Array,
    dinner: jax.Array | None,
    earlier: jax.Array,
    inner: jax.Array,
    units: int,
    drop: jax.Array | None,
) -> tuple[jax.Array, jax.Array]:
    """Gradients of the recurrent weights and of the inner bias."""
    n = earlier.shape[1]
    if dinner is None:
        gates = weights_gradient(dz, earlier, units, None)[units:]
        candidate = weights_gradient(dz[:, :n], inner, units, None)
        return jnp.concatenate([gates, candidate]), jnp.zeros(units, dz.dtype)
    if drop is None:
        # The candidate's block is thrown away: multiplying it is cheaper than copying the others.
        gates = weights_gradient(dz, earlier, units, None)[units:]
        candidate = weights_gradient(dinner, earlier, units, None)
    else:
        gates = weights_gradient(dz[:, n:], earlier, units, drop[:2])
        candidate = weights_gradient(dinner, earlier, units, drop[2:])
    return jnp.concatenate([gates, candidate]), bias_gradient(dinner, units)


gru.defvjp(_gru_forward, _gru_backward)
