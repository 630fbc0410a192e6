"""The convolution twins against Keras' own layers, and against plain loops over numbers."""

from __future__ import annotations

import itertools
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dure.layers import TWINS
from dure.layers.convolution import convolve, convolve_depthwise
from dure.layers.windows import Window, window_for

L = keras.layers


def numbers(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def built(layer: Any, shape: tuple[int, ...]) -> Any:
    layer.build(shape)
    for index, variable in enumerate(layer.weights):
        variable.assign(0.3 * numbers(*variable.shape, seed=index + 1))
    return layer


def results(layer: Any, x: np.ndarray, twin: bool) -> list[np.ndarray]:
    """The layer's output, and the gradients of a fixed sum of it with respect to x and weights."""
    call = TWINS[type(layer)](layer) if twin else None
    assert not twin or call is not None
    weights = [variable.value for variable in layer.trainable_variables]
    frozen = [variable.value for variable in layer.non_trainable_variables]
    if call is not None:
        layer.call = call
    try:
        dy = numbers(*layer.compute_output_shape(x.shape), seed=99)

        @jax.jit
        def everything(x: jax.Array, weights: Any, dy: jax.Array) -> Any:
            y, pull = jax.vjp(lambda x, w: layer.stateless_call(w, frozen, x)[0], x, weights)
            return y, *pull(dy)

        y, dx, dweights = everything(x, weights, dy)
    finally:
        if call is not None:
            del layer.call
    return [np.asarray(array) for array in (y, dx, *dweights)]


def assert_close(got: Any, wanted: Any, tolerance: float) -> None:
    """Largest deviation at most ``tolerance`` times the largest number."""
    got, wanted = np.asarray(got, np.float64), np.asarray(wanted, np.float64)
    assert got.shape == wanted.shape
    assert np.abs(got - wanted).max() <= tolerance * max(np.abs(wanted).max(), 1e-30)


IMAGE, WIDE, SERIES = (2, 7, 6, 3), (2, 6, 7, 32), (2, 9, 16)
CASES = {
    "small same": (lambda: L.Conv2D(4, 3, padding="same", activation="relu"), IMAGE),
    "small valid": (lambda: L.Conv2D(4, 3, activation="tanh"), IMAGE),
    "one channel": (lambda: L.Conv2D(5, 3, padding="same"), (2, 8, 8, 1)),
    "no bias": (lambda: L.Conv2D(4, (2, 3), use_bias=False), IMAGE),
    "strides same": (lambda: L.Conv2D(4, 3, strides=2, padding="same"), IMAGE),
    "strides valid": (lambda: L.Conv2D(4, (3, 2), strides=(2, 3)), IMAGE),
    "strides past kernel": (lambda: L.Conv2D(4, 1, strides=2), IMAGE),
    "dilation same": (lambda: L.Conv2D(4, 3, dilation_rate=(2, 1), padding="same"), IMAGE),
    "dilation valid": (lambda: L.Conv2D(4, 2, dilation_rate=3), IMAGE),
    "one by one": (lambda: L.Conv2D(4, 1, activation="sigmoid"), IMAGE),
    "five by five": (lambda: L.Conv2D(4, 5, padding="same"), IMAGE),
    "kernel beyond image": (lambda: L.Conv2D(4, 9, padding="same"), IMAGE),
    "tiles same": (lambda: L.Conv2D(16, 3, padding="same", activation="relu"), WIDE),
    "tiles valid": (lambda: L.Conv2D(33, 3), WIDE),
    "tiles odd": (lambda: L.Conv2D(32, 3, padding="same"), (2, 5, 7, 16)),
    "tiles smallest": (lambda: L.Conv2D(32, 3), (2, 3, 3, 16)),
    "series same": (lambda: L.Conv1D(4, 3, padding="same", activation="relu"), (2, 9, 3)),
    "series causal": (lambda: L.Conv1D(4, 3, padding="causal"), (2, 9, 3)),
    "series causal dilated": (
        lambda: L.Conv1D(4, 3, padding="causal", dilation_rate=2),
        (2, 9, 3),
    ),
    "series strides": (lambda: L.Conv1D(4, 4, strides=3, padding="same"), (2, 9, 3)),
    "series causal strides": (lambda: L.Conv1D(4, 4, strides=3, padding="causal"), (2, 9, 3)),
    "series tiles": (lambda: L.Conv1D(32, 3, padding="same"), SERIES),
    "series tiles causal": (lambda: L.Conv1D(32, 3, padding="causal"), SERIES),
    "depthwise": (lambda: L.DepthwiseConv2D(3, padding="same", activation="relu"), IMAGE),
    "depthwise doubled": (lambda: L.DepthwiseConv2D(3, depth_multiplier=2, strides=2), IMAGE),
    "depthwise series": (lambda: L.DepthwiseConv1D(3, depth_multiplier=3), (2, 9, 3)),
    "separable": (lambda: L.SeparableConv2D(5, 3, padding="same", activation="relu"), IMAGE),
    "separable strides": (lambda: L.SeparableConv2D(5, 3, strides=2, depth_multiplier=2), IMAGE),
    "separable series": (lambda: L.SeparableConv1D(5, 3, padding="same"), (2, 9, 3)),
}


@pytest.mark.parametrize("name", CASES)
def test_twin_equals_keras_layer(name: str) -> None:
    make, shape = CASES[name]
    layer, x = built(make(), shape), numbers(*shape)
    for got, wanted in zip(results(layer, x, True), results(layer, x, False), strict=True):
        assert_close(got, wanted, 1e-6)


@pytest.mark.parametrize(
    "make",
    [
        lambda: L.Conv2D(4, 3, data_format="channels_first"),
        lambda: L.Conv2D(4, 3, groups=2),
        lambda: L.Conv2D(4, 3, padding=[(1, 0), (0, 2)]),
        lambda: L.Conv2D(4, 3, dtype="mixed_bfloat16"),
        lambda: L.Conv2D(4, 3, dtype="float16"),
        lambda: L.Conv1D(4, 3, lora_rank=2),
        lambda: L.DepthwiseConv2D(3, data_format="channels_first"),
        lambda: L.SeparableConv2D(4, 3, dtype="bfloat16"),
    ],
)
def test_unsupported_configuration_has_no_twin(make: Any) -> None:
    layer = make()
    assert TWINS[type(layer)](layer) is None


def test_lora_enabled_after_building_has_no_twin() -> None:
    layer = built(L.Conv2D(4, 3), (1, 5, 5, 2))
    layer.enable_lora(2)
    assert TWINS[L.Conv2D](layer) is None


def test_integer_pictures_are_taken_as_keras_takes_them() -> None:
    layer = built(L.Conv2D(32, 3), (1, 5, 5, 16))  # tiles: their differences would wrap round
    x = np.arange(400, dtype=np.uint8).reshape(1, 5, 5, 16)
    call = TWINS[L.Conv2D](layer)
    assert call is not None
    assert_close(call(jnp.asarray(x)), layer(x), 1e-6)


@pytest.mark.parametrize(
    ("rank", "size", "channels", "products"),
    [(2, 3, (16, 32), 16), (1, 3, (32, 16), 4), (2, 3, (16, 16), 1), (2, 5, (32, 32), 1)],
)
def test_form_is_chosen_by_shape(
    rank: int, size: int, channels: tuple[int, int], products: int
) -> None:
    ones = (1,) * rank
    window = window_for((size,) * rank, ones, ones, "same", (6,) * rank)
    text = str(
        jax.make_jaxpr(lambda x, k: convolve(window, x, k))(
            numbers(1, *(6,) * rank, channels[0]), numbers(*(size,) * rank, *channels)
        )
    )
    assert text.count("dot_general[") == products


# --- Plain loops, in double precision, as the second opinion -----------------------------------


def slow_convolution(
    window: Window, x: np.ndarray, kernel: np.ndarray, dy: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Output and, for the output's gradient ``dy`` (ones if None), those of x and kernel."""
    x, kernel = x.astype(np.float64), kernel.astype(np.float64)
    batch, spatial = x.shape[0], x.shape[1:-1]
    counts = [
        len(range(-low, length + high - (k - 1) * d, s))
        for length, k, s, d, (low, high) in zip(
            spatial, window.size, window.strides, window.dilation, window.pads, strict=True
        )
    ]
    y = np.zeros((batch, *counts, kernel.shape[-1]))
    dy = np.ones(y.shape) if dy is None else dy.astype(np.float64)
    dx, dkernel = np.zeros(x.shape), np.zeros(kernel.shape)
    for n in range(batch):
        for spot in np.ndindex(*counts):
            for tap in np.ndindex(*window.size):
                source = tuple(
                    p * s + t * d - low
                    for p, s, t, d, (low, _) in zip(
                        spot, window.strides, tap, window.dilation, window.pads, strict=True
                    )
                )
                if not all(0 <= a < b for a, b in zip(source, spatial, strict=True)):
                    continue
                y[(n, *spot)] += x[(n, *source)] @ kernel[tap]
                dx[(n, *source)] += kernel[tap] @ dy[(n, *spot)]
                dkernel[tap] += np.outer(x[(n, *source)], dy[(n, *spot)])
    return y, dx, dkernel


axis = st.tuples(
    st.integers(1, 7),  # length
    st.integers(1, 4),  # taps
    st.integers(1, 3),  # stride or dilation
)


@settings(max_examples=20, deadline=None)
@given(
    axes=st.lists(axis, min_size=1, max_size=2),
    padding=st.sampled_from(["valid", "same", "causal"]),
    dilated=st.booleans(),
    batch=st.integers(1, 2),
    channels=st.integers(1, 3),
    filters=st.integers(1, 3),
)
def test_any_window_equals_plain_loops(
    axes: list[tuple[int, int, int]],
    padding: str,
    dilated: bool,
    batch: int,
    channels: int,
    filters: int,
) -> None:
    spatial, size, pace = zip(*axes, strict=True)
    ones = (1,) * len(axes)
    strides, dilation = (ones, pace) if dilated else (pace, ones)
    window = window_for(size, strides, dilation, padding, spatial)
    if min(window.outputs(spatial)) < 1:
        return
    x, kernel = numbers(batch, *spatial, channels), numbers(*size, channels, filters, seed=1)
    check_against_loops(window, x, kernel)


@settings(max_examples=5, deadline=None)
@given(
    spatial=st.lists(st.integers(1, 6), min_size=1, max_size=2),
    low=st.integers(0, 2),
    high=st.integers(0, 2),
    channels=st.sampled_from([(16, 32), (32, 16), (17, 33)]),
)
def test_tiles_of_any_size_equal_plain_loops(
    spatial: list[int], low: int, high: int, channels: tuple[int, int]
) -> None:
    rank = len(spatial)
    ones = (1,) * rank
    window = Window((3,) * rank, ones, ones, ((low, high),) * rank)
    if min(window.outputs(spatial)) < 1:
        return
    check_against_loops(window, numbers(2, *spatial, channels[0]), numbers(*window.size, *channels))


def check_against_loops(window: Window, x: np.ndarray, kernel: np.ndarray) -> None:
    dy = numbers(x.shape[0], *window.outputs(x.shape[1:-1]), kernel.shape[-1], seed=7)

    @jax.jit
    def fast(x: jax.Array, kernel: jax.Array, dy: jax.Array) -> Any:
        y, pull = jax.vjp(lambda x, k: convolve(window, x, k), x, kernel)
        return y, *pull(dy)

    for got, wanted in zip(
        fast(x, kernel, dy), slow_convolution(window, x, kernel, dy), strict=True
    ):
        # The floor is one rounding of the sums' terms: sums may cancel to nearly nothing.
        got, wanted = np.asarray(got, np.float64), np.asarray(wanted)
        assert got.shape == wanted.shape
        assert np.abs(got - wanted).max() <= 2e-6 * max(1.0, np.abs(wanted).max())


def test_depthwise_equals_a_convolution_per_channel() -> None:
    window = window_for((2, 3), (2, 1), (1, 1), "same", (5, 6))
    x, kernel = numbers(2, 5, 6, 3), numbers(2, 3, 3, 2, seed=1)
    y = convolve_depthwise(window, jnp.asarray(x), jnp.asarray(kernel))
    apart = [
        slow_convolution(window, x[..., c : c + 1], kernel[:, :, c : c + 1])[0] for c in range(3)
    ]
    assert_close(y, np.concatenate(apart, axis=-1), 1e-6)


# --- In the places where the twins are used ----------------------------------------------------


@pytest.mark.parametrize("name", ["small same", "tiles same", "series tiles", "separable"])
def test_under_vmap_every_row_is_its_own(name: str) -> None:
    make, shape = CASES[name]
    layer = built(make(), shape)
    call = TWINS[type(layer)](layer)
    assert call is not None
    xs = jnp.stack([jnp.asarray(numbers(*shape, seed=s)) for s in range(3)])
    slope = jax.jit(jax.grad(lambda x: jnp.sum(jnp.square(call(x)))))
    together, apart = jax.jit(jax.vmap(slope))(xs), jnp.stack([slope(x) for x in xs])
    assert_close(together, apart, 1e-6)


def picture_model(filters: int) -> Any:
    keras.utils.set_random_seed(3)
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            L.Conv2D(filters, 3, padding="same", activation="relu"),
            L.MaxPooling2D(),
            L.Conv2D(2 * filters, 3, padding="same", activation="relu"),
            L.Flatten(),
            L.Dense(5),
        ]
    )


def trained(model: Any, x: np.ndarray, y: np.ndarray, epochs: int, twin: bool) -> list[np.ndarray]:
    """Weights after plain gradient descent, its steps in one ``lax.scan``."""
    swapped = [layer for layer in model.layers if type(layer) in TWINS] if twin else []
    for layer in swapped:
        layer.call = TWINS[type(layer)](layer)
    frozen = [variable.value for variable in model.non_trainable_variables]

    def loss(weights: Any, x: jax.Array, y: jax.Array) -> jax.Array:
        logits = model.stateless_call(weights, frozen, x, training=True)[0]
        losses = keras.losses.sparse_categorical_crossentropy(y, logits, from_logits=True)
        return jnp.mean(losses)

    def step(weights: Any, batch: Any) -> tuple[Any, None]:
        slopes = jax.grad(loss)(weights, *batch)
        return [w - 0.1 * g for w, g in zip(weights, slopes, strict=True)], None

    batches = (jnp.tile(x, (epochs, 1, 1, 1, 1)), jnp.tile(y, (epochs, 1)))
    start = [variable.value for variable in model.trainable_variables]
    try:
        weights, _ = jax.jit(lambda w, b: jax.lax.scan(step, w, b))(start, batches)
    finally:
        for layer in swapped:
            del layer.call
    return [np.asarray(weight) for weight in weights]


@pytest.mark.parametrize("filters", [4, 16])
@pytest.mark.parametrize(("batches", "epochs", "tolerance"), [(1, 1, 1e-6), (6, 3, 1e-4)])
def test_training_equals_keras(filters: int, batches: int, epochs: int, tolerance: float) -> None:
    x = numbers(batches, 8, 8, 8, 1)
    y = np.random.default_rng(1).integers(0, 5, (batches, 8)).astype(np.int32)
    model = picture_model(filters)
    fast, slow = (trained(model, x, y, epochs, twin) for twin in (True, False))
    for got, wanted in zip(fast, slow, strict=True):
        assert_close(got, wanted, tolerance)


def test_the_compiled_program_holds_no_convolution() -> None:
    layers = [(make(), shape) for make, shape in CASES.values()]
    for layer, shape in layers:
        call = TWINS[type(layer)](built(layer, shape))
        assert call is not None
        text = str(jax.make_jaxpr(jax.grad(lambda x, call=call: jnp.sum(call(x))))(numbers(*shape)))
        assert "conv_general_dilated" not in text


def test_every_axis_order_of_taps_is_row_major() -> None:
    window = Window((2, 2), (1, 1), (1, 1), ((0, 0), (0, 0)))
    x = np.arange(4, dtype=np.float32).reshape(1, 2, 2, 1)
    for a, b in itertools.product(range(2), repeat=2):
        kernel = np.zeros((2, 2, 1, 1), np.float32)
        kernel[a, b] = 1
        assert convolve(window, jnp.asarray(x), jnp.asarray(kernel)).item() == 2 * a + b
