"""The augmentation twins against Keras' own layers and a plain loop over pixels."""

from __future__ import annotations

import itertools
import math
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
from keras import layers as L

from dure.layers.augmentation import augmentation_call, move_pixels

PICTURES = np.random.default_rng(1).random((5, 7, 9, 2)).astype("float32")


def outside(index: int, size: int, fill_mode: str) -> int | None:
    """The index that stands for one outside the picture, step by step."""
    if fill_mode == "constant" and not 0 <= index < size:
        return None
    if fill_mode == "wrap":
        return index % size
    if fill_mode == "nearest":
        return min(max(index, 0), size - 1)
    while not 0 <= index < size:
        index = -1 - index if index < 0 else 2 * size - 1 - index
    return index


def moved(picture: np.ndarray, a: np.ndarray, fill_mode: str, fill: float) -> np.ndarray:
    height, width, channels = picture.shape
    found = np.zeros(picture.shape)
    for y, x, c in itertools.product(range(height), range(width), range(channels)):
        from_x, from_y = a[0] * x + a[1] * y + a[2], a[3] * x + a[4] * y + a[5]
        for down, right in itertools.product((0, 1), (0, 1)):
            row, column = math.floor(from_y) + down, math.floor(from_x) + right
            share = (1 - abs(from_y - row)) * (1 - abs(from_x - column))
            place = outside(row, height, fill_mode), outside(column, width, fill_mode)
            found[y, x, c] += share * (fill if None in place else picture[(*place, c)])
    return found


@pytest.mark.parametrize("fill_mode", ["reflect", "wrap", "nearest", "constant"])
def test_pixels_are_those_of_a_plain_loop(fill_mode: str) -> None:
    coefficients = np.random.default_rng(2).normal(0, 0.7, (5, 6)) + np.eye(3)[[0, 1]].ravel()
    coefficients[:, [2, 5]] *= 15  # far out of the picture
    coefficients[0] = [1, 0, -18, 0, 1, 14]  # to the pixel, by whole periods
    coefficients = coefficients.astype("float32")
    got = jax.jit(move_pixels, static_argnums=(2, 3))(PICTURES, coefficients, fill_mode, 0.3)
    for picture, a, result in zip(PICTURES, coefficients.astype("float64"), got, strict=True):
        np.testing.assert_allclose(result, moved(picture, a, fill_mode, 0.3), atol=3e-5)


KINDS: dict[str, Any] = {
    "rotation": lambda: L.RandomRotation(0.2, seed=3),
    "rotation on grey": lambda: L.RandomRotation(0.4, "constant", fill_value=0.5, seed=3),
    "translation": lambda: L.RandomTranslation(0.3, 0.2, seed=3),
    "zoom": lambda: L.RandomZoom(0.4, seed=3),
    "zoom by axis": lambda: L.RandomZoom((-0.3, 0.1), 0.5, fill_mode="nearest", seed=3),
}


def evaluate(layer: Any, x: Any, training: bool = True) -> Any:
    fixed = [v.value for v in layer.non_trainable_variables]
    return jax.jit(lambda x: layer.stateless_call([], fixed, x, training=training))(x)


@pytest.mark.parametrize("name", KINDS)
def test_twin_agrees_with_keras(name: str) -> None:
    layer = KINDS[name]()
    layer.build(PICTURES.shape)
    integers = (255 * PICTURES).astype("uint8")
    expected, still = evaluate(layer, PICTURES), evaluate(layer, integers, training=False)
    from_integers = evaluate(layer, integers)
    assert float(jnp.abs(expected[0] - PICTURES).max()) > 0.1
    layer.call = augmentation_call(layer)
    got = evaluate(layer, PICTURES)
    np.testing.assert_allclose(got[0], expected[0], atol=1e-5)
    np.testing.assert_array_equal(got[1][0], expected[1][0])  # the seed left behind
    np.testing.assert_allclose(evaluate(layer, integers)[0], from_integers[0], atol=2e-3)
    np.testing.assert_array_equal(evaluate(layer, integers, training=False)[0], still[0])
    assert got[0].dtype == still[0].dtype == "float32"


def test_stacked_lanes_and_single_pictures() -> None:
    layer = L.RandomRotation(0.2, seed=3)
    layer.build(PICTURES.shape)
    single, _ = evaluate(layer, PICTURES[0])
    fixed = [jnp.stack([v.value, v.value + 1]) for v in layer.non_trainable_variables]
    layer.call = augmentation_call(layer)
    np.testing.assert_array_equal(evaluate(layer, PICTURES[0])[0], single)

    def run(fixed: Any) -> Any:
        return layer.stateless_call([], fixed, PICTURES, training=True)[0]

    together = jax.jit(jax.vmap(run))(fixed)
    for lane in range(2):
        np.testing.assert_allclose(together[lane], run([f[lane] for f in fixed]), atol=1e-5)


def test_what_it_is_not_proven_for_stays_with_keras() -> None:
    for options in (
        {"interpolation": "nearest"},
        {"data_format": "channels_first"},
        {"dtype": "mixed_bfloat16"},
    ):
        assert augmentation_call(keras.layers.RandomRotation(0.1, **options)) is None
