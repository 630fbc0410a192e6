"""Layers in front of networks of every make: as the network on rows prepared by scikit-learn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from sklearn.compose import make_column_transformer
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from dure.data.preprocessing import apply_preparation, fit_preparation
from dure.keras_bridge.preparation.as_layers import has_equal_layers, put_layers_before
from dure.keras_bridge.preparation.fitted import FittedPreparation
from helpers.fresh_process import run_fresh

X = np.random.default_rng(0).normal([50, 3000], [9, 900], (40, 2)).astype(np.float32)
SCALER = make_column_transformer((StandardScaler(), [0]), (MinMaxScaler(), [1]))


def prepare(x: Any = X) -> tuple[FittedPreparation, Any]:
    fitted = fit_preparation(SCALER, x, None, np.arange(len(x)))
    return FittedPreparation.of(fitted, x), apply_preparation(fitted, x, "x")


def with_names_of_layers() -> keras.Model:
    entry = keras.Input((2,))
    hidden = keras.layers.Normalization(mean=[0.1, 0.2], variance=[1.0, 2.0])(entry)
    both = keras.layers.Concatenate()([hidden, keras.layers.Reshape((2,))(hidden)])
    return keras.Model(entry, keras.layers.Dense(1)(keras.ops.take(both, [0, 3], axis=-1)))


def over_integers() -> keras.Model:
    entry = keras.Input((2,), dtype="int32")
    return keras.Model(entry, keras.layers.Dense(1)(keras.layers.Rescaling(1.0)(entry)))


def siamese() -> keras.Model:
    entry, shared = keras.Input((2,)), keras.layers.Dense(2)
    return keras.Model(entry, keras.layers.Dense(1)(shared(shared(entry))))


def nested() -> keras.Model:
    inner = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2), keras.layers.Dropout(0.5)])
    entry = keras.Input((2,), batch_size=40)
    return keras.Model(entry, [inner(entry), keras.layers.Dense(1, name="own")(entry)])


@pytest.mark.parametrize("make", [with_names_of_layers, siamese, nested])
def test_networks_of_every_make(make: Callable[[], keras.Model], tmp_path: Path) -> None:
    preparation, rows = prepare()
    assert has_equal_layers(preparation, X)
    network = make()
    expected = network.predict(rows, batch_size=40, verbose=0)
    model = put_layers_before(network, preparation)
    assert model is not None
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    for one in (model, loaded):
        got = one.predict(X, batch_size=40, verbose=0)
        for here, there in zip(keras.tree.flatten(got), keras.tree.flatten(expected), strict=True):
            np.testing.assert_allclose(here, there, atol=1e-4)


def test_whole_numbers_are_left_to_the_transformer() -> None:
    """A network that cuts its inputs to integers makes the smallest difference a whole one."""
    preparation, _ = prepare()
    assert put_layers_before(over_integers(), preparation) is None


_FRESH = """
import sys, dure, keras, numpy as np
from dure.keras_bridge.preparation.as_layers import put_layers_before
sys.path[:0] = sys.argv[1:3]
from test_as_layers import X, prepare
network = keras.models.load_model(sys.argv[3])
preparation, rows = prepare()
expected = network.predict(rows, verbose=0)
model = put_layers_before(network, preparation)
np.testing.assert_allclose(model.predict(X, verbose=0), expected, atol=1e-5)
"""


def test_names_of_a_stored_network_do_not_clash(tmp_path: Path) -> None:
    """In a new process Keras counts the names it gives from the start."""
    with_names_of_layers().save(tmp_path / "network.keras")
    here = Path(__file__).parent
    run_fresh(_FRESH, here, here.parents[1], tmp_path / "network.keras")


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_the_policy_of_the_moment_does_not_count(policy: str) -> None:
    preparation, rows = prepare()
    network = siamese()
    expected = network.predict(rows, verbose=0)
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        assert has_equal_layers(preparation, X)
        model = put_layers_before(network, preparation)
    finally:
        keras.config.set_dtype_policy(before)
    assert model is not None
    np.testing.assert_allclose(model.predict(X, verbose=0), expected, atol=1e-5)
