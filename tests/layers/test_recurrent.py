"""The recurrent twins against Keras' own layers and against plain step-by-step code."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers

from dure.layers.embedding import embedding_call
from dure.layers.recurrent import recurrent_call

BATCH, STEPS, FEATURES, UNITS = 4, 7, 3, 5
# Compiling is nearly all that these tests cost; results are compared up to rounding anyway.
QUICK = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}
KINDS = (layers.SimpleRNN, layers.LSTM, layers.GRU)


def _random(*shape: int, seed: int = 0) -> Any:
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape), "float32")


def _mask(seed: int = 3, shape: tuple[int, int] = (BATCH, STEPS)) -> Any:
    mask = np.random.default_rng(seed).random(shape) < 0.6
    mask[0] = False  # a row of padding only
    return jnp.asarray(mask)


def _built(layer: Any, features: int = FEATURES) -> Any:
    layer.build((None, None, features))
    for i, weight in enumerate(layer.trainable_variables):  # biases too are not zero
        weight.assign(0.6 * _random(*weight.shape, seed=i))
    return layer


def _evaluate(
    layer: Any, x: Any, states: Any = None, mask: Any = None, training: bool = True
) -> tuple[Any, Any, Any]:
    """Outputs, gradients (weights, inputs, states) and the variables Keras leaves behind."""

    def loss(trainable: Any, x: Any, states: Any) -> Any:
        arguments = {} if states is None else {"initial_state": states}
        outputs, left = layer.stateless_call(
            trainable,
            [v.value for v in layer.non_trainable_variables],
            x,
            mask=mask,
            training=training,
            **arguments,
        )
        flat = jax.tree.leaves(outputs)
        total = sum(jnp.vdot(o, _random(*o.shape, seed=9 + i)) for i, o in enumerate(flat))
        return total, (flat, left)

    gradient = jax.value_and_grad(loss, argnums=(0, 1, 2), has_aux=True)
    run = jax.jit(gradient, compiler_options=QUICK)
    trainable = [v.value for v in layer.trainable_variables]
    (_, (outputs, left)), gradients = run(trainable, x, states)
    return outputs, gradients, left


def _assert_close(got: Any, expected: Any, tolerance: float = 2e-6) -> None:
    got, expected = jax.tree.leaves(got), jax.tree.leaves(expected)
    assert [g.shape for g in got] == [e.shape for e in expected]
    for g, e in zip(got, expected, strict=True):
        np.testing.assert_allclose(g, e, rtol=tolerance, atol=tolerance * float(jnp.abs(e).max()))


def _compare(layer: Any, x: Any, **arguments: Any) -> None:
    expected = _evaluate(layer, x, **arguments)
    fast = recurrent_call(layer)
    assert fast is not None
    calls = []

    def counted(*a: Any, **k: Any) -> Any:
        calls.append(1)
        return fast(*a, **k)

    layer.call = counted
    got = _evaluate(layer, x, **arguments)
    assert calls
    _assert_close(got[0], expected[0])
    _assert_close(got[1], expected[1])
    for g, e in zip(got[2], expected[2], strict=True):  # seed generators' states, to the bit
        np.testing.assert_array_equal(g, e)


CONFIGS: dict[str, dict[str, Any]] = {
    "plain": {},
    "sequences": {"return_sequences": True},
    "state": {"return_state": True},
    "sequences and state": {"return_sequences": True, "return_state": True},
    "backwards": {"go_backwards": True},
    "backwards sequences": {"go_backwards": True, "return_sequences": True, "return_state": True},
    "no bias": {"use_bias": False},
    "dropout": {"dropout": 0.4, "seed": 7},
    "dropout sequences": {"dropout": 0.4, "seed": 7, "return_sequences": True},
    "recurrent dropout": {"recurrent_dropout": 0.4, "seed": 7, "return_state": True},
    "both dropouts": {"dropout": 0.3, "recurrent_dropout": 0.4, "seed": 7},
    "zeros for masked": {"zero_output_for_mask": True},
    "zeros sequences": {"zero_output_for_mask": True, "return_sequences": True},
    "zeros backwards": {"zero_output_for_mask": True, "go_backwards": True},
    "unrolled": {"unroll": True},
    "unrolled backwards": {"unroll": True, "go_backwards": True, "return_sequences": True},
    "relu": {"activation": "relu"},
    "sigmoid": {"activation": "sigmoid", "return_sequences": True},
    "linear": {"activation": None},
}


# An unrolled layer with a mask is left to Keras.
CASES = [(name, "unrolled" not in name) for name in CONFIGS]
CASES += [(name, False) for name in ("plain", "backwards sequences", "both dropouts")]


@pytest.mark.parametrize(("name", "masked"), CASES)
@pytest.mark.parametrize("kind", KINDS)
def test_twin_agrees_with_keras(kind: Any, name: str, masked: bool) -> None:
    layer = _built(kind(UNITS, **CONFIGS[name]))
    mask = _mask() if masked else None
    _compare(layer, 0.5 * _random(BATCH, STEPS, FEATURES, seed=5), mask=mask)


@pytest.mark.parametrize("masked", [False, True], ids=["", "masked"])
@pytest.mark.parametrize("config", [{}, {"use_bias": False}, {"dropout": 0.4, "seed": 1}])
def test_gru_that_resets_before_the_product(config: dict[str, Any], masked: bool) -> None:
    layer = _built(layers.GRU(UNITS, reset_after=False, return_sequences=True, **config))
    mask = _mask() if masked else None
    _compare(layer, _random(BATCH, STEPS, FEATURES, seed=5), mask=mask)


@pytest.mark.parametrize("masked", [False, True], ids=["", "masked"])
@pytest.mark.parametrize("kind", KINDS)
def test_given_states(kind: Any, masked: bool) -> None:
    layer = _built(kind(UNITS, return_sequences=True, return_state=True))
    states = [_random(BATCH, UNITS, seed=20 + i) for i in range(len(layer.state_size))]
    mask = _mask() if masked else None
    _compare(layer, _random(BATCH, STEPS, FEATURES, seed=5), states=states, mask=mask)


@pytest.mark.parametrize("kind", KINDS)
def test_outside_training_masks_are_drawn_but_not_used(kind: Any) -> None:
    layer = _built(kind(UNITS, dropout=0.4, recurrent_dropout=0.2, seed=3))
    _compare(layer, _random(BATCH, STEPS, FEATURES), training=False)


@pytest.mark.parametrize("cell", [layers.SimpleRNNCell, layers.LSTMCell, layers.GRUCell])
def test_bare_cell_in_rnn(cell: Any) -> None:
    layer = _built(layers.RNN(cell(UNITS, dropout=0.3, seed=2), return_sequences=True))
    _compare(layer, _random(BATCH, STEPS, FEATURES), mask=_mask())


class _Own(layers.LSTM):
    """Could do anything in its call."""


UNSUPPORTED: dict[str, Callable[[], Any]] = {
    "stateful": lambda: layers.LSTM(UNITS, stateful=True),
    "other activation": lambda: layers.LSTM(UNITS, activation="softsign"),
    "other gates": lambda: layers.GRU(UNITS, recurrent_activation="hard_sigmoid"),
    "half precision": lambda: layers.SimpleRNN(UNITS, dtype="mixed_bfloat16"),
    "subclass": lambda: _Own(UNITS),
    "all dropped": lambda: layers.SimpleRNN(UNITS, dropout=1.0),
    "stacked cells": lambda: layers.RNN([layers.LSTMCell(UNITS), layers.LSTMCell(UNITS)]),
    "reset before, masks by gate": lambda: layers.GRU(
        UNITS, reset_after=False, recurrent_dropout=0.2
    ),
    "not recurrent": lambda: layers.Dense(UNITS),
}


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_unsure_configurations_stay_with_keras(name: str) -> None:
    layer = UNSUPPORTED[name]()
    layer.build((BATCH, STEPS, FEATURES))
    assert recurrent_call(layer) is None


@pytest.mark.parametrize(("units", "batch"), [(64, 129), (65, BATCH)])
def test_sizes_too_large_for_the_twin_are_left_to_keras(units: int, batch: int) -> None:
    layer = _built(layers.LSTM(units))
    fast = recurrent_call(layer)
    assert fast is not None
    x = _random(batch, 2, FEATURES)
    np.testing.assert_array_equal(fast(x), layer(x))


def test_unbuilt_layer_stays_with_keras() -> None:
    assert recurrent_call(layers.LSTM(UNITS)) is None


def test_unrolled_masked_given_state_is_left_to_keras() -> None:
    layer = _built(layers.SimpleRNN(UNITS, unroll=True, return_sequences=True))
    _compare(layer, _random(BATCH, STEPS, FEATURES), states=[_random(BATCH, UNITS)], mask=_mask())


def _plain(kind: Any, weights: Any, x: Any, mask: Any) -> Any:
    """Textbook recurrences, step by step, sharing nothing with the twins; the last state."""
    kernel, recurrent, bias = weights
    units = recurrent.shape[0]
    h = c = jnp.zeros((len(x), units))
    sigmoid = lambda v: 1 / (1 + jnp.exp(-v))  # noqa: E731
    for t in range(x.shape[1]):
        if kind is layers.SimpleRNN:
            new, new_c = jnp.tanh(x[:, t] @ kernel + h @ recurrent + bias), c
        elif kind is layers.LSTM:
            i, f, g, o = jnp.split(x[:, t] @ kernel + h @ recurrent + bias, 4, axis=1)
            new_c = sigmoid(f) * c + sigmoid(i) * jnp.tanh(g)
            new = sigmoid(o) * jnp.tanh(new_c)
        else:
            xz, xr, xh = jnp.split(x[:, t] @ kernel + bias[0], 3, axis=1)
            hz, hr, hh = jnp.split(h @ recurrent + bias[1], 3, axis=1)
            z, new_c = sigmoid(xz + hz), c
            new = z * h + (1 - z) * jnp.tanh(xh + sigmoid(xr + hr) * hh)
        alive = mask[:, t, None]
        h, c = jnp.where(alive, new, h), jnp.where(alive, new_c, c)
    return h


@settings(max_examples=8, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    batch=st.integers(1, 5),
    steps=st.integers(1, 6),
    features=st.integers(1, 4),
    units=st.integers(1, 5),
    seed=st.integers(0, 1000),
)
def test_gradients_agree_with_plain_code(
    kind: Any, batch: int, steps: int, features: int, units: int, seed: int
) -> None:
    layer = _built(kind(units), features)
    layer.call = recurrent_call(layer)
    x = _random(batch, steps, features, seed=seed)
    mask = jnp.asarray(np.random.default_rng(seed).random((batch, steps)) < 0.7)
    weights = [v.value for v in layer.trainable_variables]

    def loss(run: Callable[[Any, Any], Any]) -> Any:
        return lambda w, x: jnp.vdot(run(w, x), _random(batch, units, seed=seed + 1))

    fixed = [v.value for v in layer.non_trainable_variables]
    fast = loss(lambda w, x: layer.stateless_call(w, fixed, x, mask=mask)[0])
    plain = loss(lambda w, x: _plain(kind, w, x, mask))
    got, expected = (
        jax.jit(jax.value_and_grad(f, argnums=(0, 1)), compiler_options=QUICK)(weights, x)
        for f in (fast, plain)
    )
    _assert_close(got, expected, 1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_stacked_lanes(kind: Any) -> None:
    layer = _built(kind(UNITS, dropout=0.3, seed=4, return_sequences=True))
    layer.call = recurrent_call(layer)
    weights = [jnp.stack([v.value, 0.5 * v.value]) for v in layer.trainable_variables]
    fixed = [jnp.stack([v.value] * 2) for v in layer.non_trainable_variables]
    x = _random(2, BATCH, STEPS, FEATURES)

    def loss(w: Any, fixed: Any, x: Any) -> Any:
        return (layer.stateless_call(w, fixed, x, mask=_mask(), training=True)[0] ** 2).sum()

    step = jax.value_and_grad(loss)
    together = jax.jit(jax.vmap(step))(weights, fixed, x)
    for lane in range(2):
        mine = jax.tree.map(lambda v: v[lane], (weights, fixed, x))  # noqa: B023
        _assert_close(jax.tree.map(lambda v: v[lane], together), jax.jit(step)(*mine))  # noqa: B023


def _models(stack: Callable[[], list[Any]]) -> tuple[Any, Any]:
    """The same model twice, the second with its layers' twins put in."""
    pair = []
    for _ in range(2):
        keras.utils.set_random_seed(1)
        body = [layers.Embedding(30, 6, mask_zero=True), *stack(), layers.Dense(1, "sigmoid")]
        pair.append(keras.Sequential([keras.Input((9,), dtype="int32"), *body]))
    for variable, same in zip(pair[1].variables, pair[0].variables, strict=True):
        variable.assign(same.value)
    for layer in pair[1]._flatten_layers(include_self=False):
        fast = recurrent_call(layer) or embedding_call(layer)
        if fast is not None:
            layer.call = fast
    return pair[0], pair[1]


STACKS: dict[str, Callable[[], list[Any]]] = {
    "SimpleRNN": lambda: [layers.SimpleRNN(5)],
    "LSTM with dropout": lambda: [layers.LSTM(5, dropout=0.3, seed=2)],
    "two LSTM": lambda: [layers.LSTM(5, return_sequences=True), layers.LSTM(4)],
    "two GRU": lambda: [layers.GRU(5, return_sequences=True), layers.GRU(4)],
    "both directions": lambda: [layers.Bidirectional(layers.LSTM(4))],
}


@pytest.mark.parametrize("name", STACKS)
def test_training_agrees_with_keras(name: str) -> None:
    rng = np.random.default_rng(0)
    words = jnp.asarray(rng.integers(0, 30, (48, 9)), "int32")
    labels = jnp.asarray(rng.integers(0, 2, (48, 1)), "float32")

    def train(model: Any) -> list[list[Any]]:
        """The weights after one step and after three epochs of three steps."""
        optimizer = keras.optimizers.RMSprop(1e-3)
        optimizer.build(model.trainable_variables)

        def loss(trainable: Any, fixed: Any, x: Any, y: Any) -> Any:
            out, fixed = model.stateless_call(trainable, fixed, x, training=True)
            return keras.losses.binary_crossentropy(y, out).mean(), fixed

        def step(state: Any, batch: Any) -> tuple[Any, Any]:
            trainable, fixed, slots = state
            gradients, fixed = jax.grad(loss, has_aux=True)(trainable, fixed, *batch)
            trainable, slots = optimizer.stateless_apply(slots, gradients, trainable)
            return (trainable, fixed, slots), trainable

        variables = (model.trainable_variables, model.non_trainable_variables, optimizer.variables)
        state = tuple([v.value for v in group] for group in variables)
        batches = [v.reshape(3, 16, -1)[jnp.arange(9) % 3] for v in (words, labels)]
        run = jax.jit(lambda state: jax.lax.scan(step, state, batches), compiler_options=QUICK)
        history = run(state)[1]
        return [[w[i] for w in history] for i in (0, -1)]

    slow, fast = map(train, _models(STACKS[name]))
    for got, expected, tolerance in zip(fast, slow, (1e-6, 1e-4), strict=True):
        # Relative to the model's largest weight: biases start at zero, and RMSprop makes a step of
        # the rate's size out of a gradient that is nothing but rounding.
        scale = max(float(jnp.abs(w).max()) for w in expected)
        for g, e in zip(got, expected, strict=True):
            np.testing.assert_allclose(g, e, rtol=0, atol=tolerance * scale)
