"""The door to Keras: building, taking a model's state apart and putting it back."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import keras
import numpy as np
import pytest
from keras import layers as L

import dure
from dure.errors import UnsupportedModelError
from dure.keras_bridge.building import (
    build_model,
    build_weights,
    count_parameters,
    describe_architecture,
    find_faults,
    make_ready,
)
from dure.keras_bridge.functional import Lowered, state_of, write_state
from dure.layers import fast_call

X = np.random.default_rng(2).normal(size=(24, 6, 6, 1)).astype("float32")
Y = (X.sum(axis=(1, 2, 3)) > 0).astype("int32")
BATCH = (X[:8], Y[:8], None)


def build(units: int = 3, rate: float = 0.05) -> keras.Model:
    """A small picture network with every kind of state: weights, batch norm, seeds."""
    stack = [
        L.Conv2D(units, 3),
        L.BatchNormalization(),
        L.MaxPooling2D(2),
        L.Flatten(),
        L.Dropout(0.3),
        L.Dense(1, "sigmoid"),
    ]
    model = keras.Sequential(stack)
    model.compile(keras.optimizers.Adam(rate), "binary_crossentropy", metrics=["accuracy", "auc"])
    return model


@pytest.fixture(scope="module")
def lowered() -> Lowered:
    model, _ = build_model(build, {}, 4)
    make_ready(model, BATCH)
    return Lowered(model, fast_call)


def test_first_weights_and_the_generator_are_those_after_set_random_seed() -> None:
    model, order = build_model(build, {"units": 5}, seed=9)
    build_weights(model, X[:8])
    keras.utils.set_random_seed(9)
    expected = build(units=5)
    then = np.random.permutation(7)
    expected.build(X.shape)
    for ours, theirs in zip(model.variables, expected.variables, strict=True):
        if "metric" not in ours.path:
            np.testing.assert_array_equal(ours.value, theirs.value)
    np.testing.assert_array_equal(order.permutation(7), then)


def _next_numbers() -> list[int]:
    """What Keras has counted up to, after three more layers of each kind."""
    kinds = (L.Dense, L.Flatten)
    names = [[kind(1) if kind is L.Dense else kind() for _ in range(3)][-1].name for kind in kinds]
    return [int(name.rpartition("_")[2]) for name in names]


def test_names_of_the_caller_are_left_alone() -> None:
    """A study's models are named as in a fresh process; other models go on counting."""
    numbers = _next_numbers()
    first, _ = build_model(build, {}, 0)
    second, _ = build_model(build, {}, 1)
    build_weights(first, X[:8])
    make_ready(second, BATCH)
    assert _next_numbers() == [number + 3 for number in numbers]
    assert first.layers[-1].name == second.layers[-1].name == "dense"
    assert [v.path for v in first.variables if "seed" not in v.path][:4] == [
        v.path for v in second.variables if "seed" not in v.path
    ][:4]


def test_names_are_put_back_when_build_fails() -> None:
    def broken() -> keras.Model:
        L.Dense(1), L.Flatten()
        raise RuntimeError("broken")

    numbers = _next_numbers()
    with pytest.raises(RuntimeError, match="broken"):
        build_model(broken, {}, 0)
    assert _next_numbers() == [number + 3 for number in numbers]


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(UnsupportedModelError, match="build returned int"):
        build_model(lambda: 5, {}, 0)  # type: ignore[arg-type,return-value]
    assert "is not compiled" in find_faults(keras.Sequential([L.Dense(1)]))[0]
    assert find_faults(build()) == []


@pytest.fixture
def mixed() -> Iterator[None]:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy(before)


@pytest.mark.usefixtures("mixed")
def test_the_users_dtype_policy_holds_in_lanes(tmp_path: Path) -> None:
    def dense() -> keras.Model:
        model = keras.Sequential([L.Dense(8, "tanh"), L.Dense(1, "sigmoid", dtype="float32")])
        model.compile("adam", "binary_crossentropy")
        assert model.layers[0].compute_dtype == "bfloat16"
        return model

    flat = X.reshape(24, 36)
    study = dure.Study(dense, dure.Data(flat, Y), epochs=2, batch_size=8, seeds=2)
    curves = study.run(tmp_path / "run", progress=False).curves["loss"]
    assert keras.config.dtype_policy().name == "mixed_bfloat16"
    for seed in (0, 1):
        keras.utils.set_random_seed(seed)
        theirs = dense().fit(flat, Y, epochs=2, batch_size=8, verbose=0).history["loss"]
        np.testing.assert_allclose(curves.sel(seed=seed).values.squeeze(), theirs, rtol=1e-4)
    keras.config.set_dtype_policy("float32")
    with pytest.raises(AssertionError):
        dense()


def test_tracing_lends_fast_calls_and_takes_them_back(lowered: Lowered) -> None:
    layers = lowered.model.layers
    with lowered.tracing():
        lent = [type(layer).__name__ for layer in layers if "call" in vars(layer)]
    assert {"Conv2D", "MaxPooling2D"} <= set(lent) and "Flatten" not in lent
    assert not any("call" in vars(layer) for layer in layers)
    with pytest.raises(ZeroDivisionError), lowered.tracing():
        assert "call" in vars(layers[0])
        _ = 1 / 0
    assert not any("call" in vars(layer) for layer in layers)
    with lowered.tracing():  # the lock was let go too
        pass


def test_stacked_tracing_keeps_recurrent_layers_from_cudnn() -> None:
    model = keras.Sequential([L.LSTM(3), L.Dense(1)])
    model.compile("sgd", "mse")
    make_ready(model, (np.zeros((4, 5, 2), "float32"), np.zeros(4, "float32"), None))
    before = model.layers[0].use_cudnn
    with Lowered(model, fast_call).tracing(stacked=True):
        assert model.layers[0].use_cudnn is False
    assert model.layers[0].use_cudnn == before


def test_a_state_written_is_the_state_read() -> None:
    model, _ = build_model(build, {}, 4)
    make_ready(model, BATCH)
    other, _ = build_model(build, {}, 5)
    make_ready(other, BATCH)
    state = jax.tree.map(np.asarray, state_of(model))
    write_state(other, state)
    for ours, theirs in zip(state_of(other), state, strict=True):
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(model.predict(X, verbose=0), other.predict(X, verbose=0))


def test_weights_are_in_the_order_of_get_weights(lowered: Lowered) -> None:
    state = state_of(lowered.model)
    for ours, theirs in zip(lowered.weights(state), lowered.model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    changed = [np.asarray(w) + i for i, w in enumerate(lowered.weights(state))]
    after = lowered.with_weights(state, changed)
    for ours, theirs in zip(lowered.weights(after), changed, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert after.optimizer is state.optimizer
    seeds = [v.path for v in lowered.model.non_trainable_variables].index
    place = next(seeds(v.path) for v in lowered.model.non_trainable_variables if "seed" in v.path)
    assert after.non_trainable[place] is state.non_trainable[place]


def test_the_learning_rate_is_a_number_in_the_state(lowered: Lowered) -> None:
    state = state_of(lowered.model)
    assert lowered.rate_is_variable
    assert float(lowered.learning_rate(state)) == np.float32(0.05)
    after = lowered.with_learning_rate(state, np.float32(0.5))
    assert float(lowered.learning_rate(after)) == 0.5
    assert [a is b for a, b in zip(after.optimizer, state.optimizer, strict=True)].count(False) == 1


def test_a_schedules_rate_follows_the_steps() -> None:
    model = keras.Sequential([L.Dense(1)])
    decay = keras.optimizers.schedules.ExponentialDecay(0.1, 1, 0.5)
    model.compile(keras.optimizers.SGD(decay), "mse")
    make_ready(model, (np.zeros((4, 2), "float32"), np.zeros(4, "float32"), None))
    lowered, state = Lowered(model, fast_call), state_of(model)
    assert not lowered.rate_is_variable
    assert float(lowered.learning_rate(state)) == pytest.approx(0.1)
    place = model.optimizer.variables.index(model.optimizer.iterations)
    state.optimizer[place] = np.int32(2)
    assert float(lowered.learning_rate(state)) == pytest.approx(0.025)


def test_what_is_known_of_metrics(lowered: Lowered) -> None:
    assert list(lowered.results(lowered.initial_metrics)) == ["loss", "accuracy", "auc"]
    assert lowered.directions() == {"loss": "min", "accuracy": "max", "auc": "max"}


def test_descriptions_tell_networks_apart_but_not_builds() -> None:
    def describe(**arguments: Any) -> str:
        model, _ = build_model(build, arguments, 0)
        make_ready(model, BATCH)
        return describe_architecture(model)

    assert describe() == describe() == describe(rate=0.5)
    assert describe() != describe(units=4)


def test_parameters_count_frozen_weights_too(lowered: Lowered) -> None:
    assert count_parameters(lowered.model) == lowered.model.count_params()
    assert count_parameters(lowered.model) == 3 * 9 + 3 + 4 * 3 + 12 + 1
