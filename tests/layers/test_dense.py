"""The Dense twin against Keras' own layer and a plain loop."""

from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dure.layers.dense import NARROW, dense_call, narrow_product

RANDOM = np.random.default_rng(5)


def arrays(rows: int, features: int, units: int) -> list[Any]:
    shapes = ((rows, features), (features, units), (rows, units))
    return [RANDOM.normal(size=shape).astype("float32") for shape in shapes]


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 9), st.integers(1, 40), st.integers(1, 5))
def test_gradients_are_the_sums_written_out(rows: int, features: int, units: int) -> None:
    x, kernel, dy = arrays(rows, features, units)
    y, back = jax.vjp(narrow_product, x, kernel)
    dx, dkernel = back(jnp.asarray(dy))
    expected_dx = np.zeros_like(x)
    expected_dkernel = np.zeros_like(kernel)
    expected = np.zeros_like(dy)
    for row in range(rows):
        for unit in range(units):
            expected[row, unit] = sum(x[row] * kernel[:, unit])
            expected_dx[row] += dy[row, unit] * kernel[:, unit]
            expected_dkernel[:, unit] += dy[row, unit] * x[row]
    for ours, plain in ((y, expected), (dx, expected_dx), (dkernel, expected_dkernel)):
        np.testing.assert_allclose(ours, plain, rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("activation", [None, "relu", "softmax"])
def test_the_twin_is_keras_layer(bias: bool, activation: str | None) -> None:
    x, _, dy = arrays(7, 5 * NARROW, 5)
    layer = keras.layers.Dense(5, activation, use_bias=bias)
    layer.build(x.shape)
    twin = dense_call(layer)
    assert twin is not None
    variables = [v.value for v in layer.trainable_variables]

    def through(call: Any) -> Any:
        def run(x: Any, variables: Any) -> Any:
            mapping = list(zip(layer.trainable_variables, variables, strict=True))
            with keras.StatelessScope(state_mapping=mapping):
                return call(x)

        y, back = jax.vjp(run, x, variables)
        return y, back(jnp.asarray(dy))

    for ours, theirs in zip(
        jax.tree.leaves(through(twin)), jax.tree.leaves(through(layer.call)), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-6)


def test_stacked_lanes() -> None:
    x, kernel, dy = arrays(6, 24, 2)
    kernels = jnp.stack([kernel, 2 * kernel, -kernel])

    def gradient(kernel: Any) -> Any:
        return jax.grad(lambda k: (narrow_product(x, k) ** 2 * dy).sum())(kernel)

    alone = jnp.stack([gradient(k) for k in kernels])
    np.testing.assert_allclose(jax.vmap(gradient)(kernels), alone, rtol=1e-5, atol=1e-5)


def test_what_it_is_not_proven_for_stays_with_keras() -> None:
    def built(layer: Any, features: int = 5 * NARROW) -> Any:
        layer.build((None, features))
        return layer

    Dense = keras.layers.Dense
    assert dense_call(Dense(5)) is None
    assert dense_call(built(Dense(5, dtype="mixed_bfloat16"))) is None
    adapted = built(Dense(5))
    adapted.enable_lora(2)
    assert dense_call(adapted) is None
    wide, x = built(Dense(5), 5 * NARROW - 1), RANDOM.normal(size=(3, 5 * NARROW - 1))
    twin = dense_call(wide)
    assert twin is not None and "custom_vjp" not in str(jax.make_jaxpr(twin)(x))
    np.testing.assert_array_equal(twin(x), wide(x))
    series = RANDOM.normal(size=(3, 4, 40)).astype("float32")
    layer = built(Dense(5))
    twin = dense_call(layer)
    assert twin is not None
    np.testing.assert_array_equal(twin(series), layer(series))
