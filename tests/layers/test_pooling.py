"""The pooling twins against Keras' own layers, ties and odd sizes included."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dure.layers import TWINS
from dure.layers.pooling import average_pool, max_pool
from dure.layers.windows import window_for

L = keras.layers
KINDS = {"max": max_pool, "average": average_pool}


def with_ties(*shape: int, seed: int = 0) -> np.ndarray:
    """Few different values, most of them zero, as after ReLU: nearly every pool holds equals."""
    draws = np.random.default_rng(seed).normal(size=shape)
    return np.maximum(np.round(draws), 0).astype(np.float32)


def results(call: Any, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Output, input gradient, and the output gradient it is for."""
    shape = jax.eval_shape(call, x).shape
    dy = np.random.default_rng(5).normal(size=shape).astype(np.float32)

    @jax.jit
    def both(x: jax.Array, dy: jax.Array) -> Any:
        y, pull = jax.vjp(call, x)
        return y, *pull(dy)

    y, dx = both(x, dy)
    return np.asarray(y), np.asarray(dx), dy


CASES = {
    "max": (lambda: L.MaxPooling2D(), (2, 6, 8, 3)),
    "max odd": (lambda: L.MaxPooling2D(), (2, 7, 5, 3)),
    "max same odd": (lambda: L.MaxPooling2D(padding="same"), (2, 7, 5, 3)),
    "max three": (lambda: L.MaxPooling2D(3), (2, 7, 8, 3)),
    "max three same": (lambda: L.MaxPooling2D(3, padding="same"), (2, 7, 8, 3)),
    "max oblong": (lambda: L.MaxPooling2D((2, 3)), (2, 5, 8, 3)),
    "max overlapping": (lambda: L.MaxPooling2D(3, strides=2), (2, 7, 8, 3)),
    "max overlapping same": (lambda: L.MaxPooling2D(3, strides=2, padding="same"), (2, 7, 8, 3)),
    "max step one": (lambda: L.MaxPooling2D(2, strides=1, padding="same"), (2, 5, 4, 3)),
    "max gaps": (lambda: L.MaxPooling2D(2, strides=3), (2, 8, 9, 3)),
    "max gaps same": (lambda: L.MaxPooling2D(2, strides=3, padding="same"), (2, 8, 9, 3)),
    "max series": (lambda: L.MaxPooling1D(2), (2, 9, 3)),
    "max series overlapping": (lambda: L.MaxPooling1D(3, strides=2, padding="same"), (2, 9, 3)),
    "average": (lambda: L.AveragePooling2D(2), (2, 6, 8, 3)),
    "average odd": (lambda: L.AveragePooling2D(2), (2, 7, 5, 3)),
    "average same odd": (lambda: L.AveragePooling2D(3, padding="same"), (2, 7, 5, 3)),
    "average overlapping": (lambda: L.AveragePooling2D(3, strides=2), (2, 7, 8, 3)),
    "average overlapping same": (
        lambda: L.AveragePooling2D((3, 2), strides=(1, 2), padding="same"),
        (2, 7, 8, 3),
    ),
    "average series": (lambda: L.AveragePooling1D(2), (2, 9, 3)),
    "average series same": (lambda: L.AveragePooling1D(4, strides=3, padding="same"), (2, 9, 3)),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("draw", [with_ties, lambda *s: -1 - with_ties(*s)])
def test_twin_equals_keras_layer(name: str, draw: Any) -> None:
    make, shape = CASES[name]
    layer, x = make(), draw(*shape)
    call = TWINS[type(layer)](layer)
    assert call is not None
    for got, wanted in zip(results(call, x), results(layer.call, x), strict=True):
        assert got.shape == wanted.shape
        if name.startswith("max") and "overlapping" not in name and "step" not in name:
            np.testing.assert_array_equal(got, wanted)
        np.testing.assert_allclose(got, wanted, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    "layer",
    [
        L.MaxPooling2D(data_format="channels_first"),
        L.AveragePooling1D(2, data_format="channels_first"),
        L.MaxPooling2D(dtype="bfloat16"),
    ],
)
def test_unsupported_configuration_has_no_twin(layer: Any) -> None:
    assert TWINS[type(layer)](layer) is None


def slow_pool(
    kind: str, window: Any, x: np.ndarray, dy: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Output and gradient by visiting every pool; the first of equal maxima takes it all."""
    y, dx = np.zeros(dy.shape), np.zeros(x.shape)
    for n, *spot, c in np.ndindex(*dy.shape):
        held = []
        for tap in np.ndindex(*window.size):
            source = tuple(
                p * s + t - low
                for p, s, t, (low, _) in zip(spot, window.strides, tap, window.pads, strict=True)
            )
            if all(0 <= a < b for a, b in zip(source, x.shape[1:-1], strict=True)):
                held.append((n, *source, c))
        values = [x[place] for place in held]
        if kind == "max":
            y[(n, *spot, c)] = max(values)
            dx[held[values.index(max(values))]] += dy[(n, *spot, c)]
        else:
            y[(n, *spot, c)] = sum(values) / len(values)
            for place in held:
                dx[place] += dy[(n, *spot, c)] / len(values)
    return y, dx


@settings(max_examples=30, deadline=None)
@given(
    kind=st.sampled_from(sorted(KINDS)),
    axes=st.lists(
        st.tuples(st.integers(1, 7), st.integers(1, 3), st.integers(1, 3)), min_size=1, max_size=2
    ),
    side_by_side=st.booleans(),
    padding=st.sampled_from(["valid", "same"]),
    seed=st.integers(0, 100),
)
def test_any_window_equals_plain_loops(
    kind: str,
    axes: list[tuple[int, int, int]],
    side_by_side: bool,
    padding: str,
    seed: int,
) -> None:
    spatial, size, strides = zip(*axes, strict=True)
    window = window_for(size, size if side_by_side else strides, (1,) * len(axes), padding, spatial)
    if min(window.outputs(spatial)) < 1:
        return
    x = with_ties(2, *spatial, 2, seed=seed)
    y, dx, dy = results(lambda x: KINDS[kind](window, x), x)
    slow_y, slow_dx = slow_pool(kind, window, x, dy)
    np.testing.assert_allclose(y, slow_y, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(dx, slow_dx, rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize("name", ["max odd", "max overlapping same", "average same odd"])
def test_under_vmap_every_row_is_its_own(name: str) -> None:
    make, shape = CASES[name]
    layer = make()
    call = TWINS[type(layer)](layer)
    assert call is not None
    xs = jnp.stack([jnp.asarray(with_ties(*shape, seed=s)) for s in range(3)])
    slope = jax.jit(jax.grad(lambda x: jnp.sum(jnp.square(call(x)))))
    np.testing.assert_array_equal(jax.jit(jax.vmap(slope))(xs), jnp.stack([slope(x) for x in xs]))


def test_the_compiled_program_holds_no_windowed_reduction() -> None:
    for make, shape in CASES.values():
        layer = make()
        call = TWINS[type(layer)](layer)
        text = str(
            jax.make_jaxpr(jax.grad(lambda x, call=call: jnp.sum(call(x))))(with_ties(*shape))
        )
        assert "reduce_window" not in text
        assert "select_and" not in text
