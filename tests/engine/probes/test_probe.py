"""What the probe measures, against arithmetic written out by hand, and Keras' own steps."""

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers as L

import dure
from dure.core.arrays import Arrays
from dure.engine.probes import schedule
from dure.engine.probes.activity import activity_of, shares
from dure.engine.probes.probe import _ahead
from dure.engine.probes.schedule import (
    LEAST_EPOCHS,
    SHARE,
    Work,
    fibonacci_epochs,
    sample_rows,
    schedule_probes,
)
from dure.keras_bridge.functional import state_of
from dure.layers import OneHot
from helpers.probes import probe_of, probed

RANDOM = np.random.default_rng(8)
ROWS = 12
X = RANDOM.normal(size=(ROWS, 5)).astype("float32")
Y = RANDOM.normal(size=(ROWS, 2)).astype("float32")


def two_layers(optimizer: Any = None, scale: float = 1.0) -> keras.Model:
    keras.utils.set_random_seed(1)
    stack = [L.Input((5,)), L.Dense(4, "tanh", name="hidden"), L.Dense(2, name="out")]
    model = keras.Sequential(stack)
    model.compile(optimizer or keras.optimizers.SGD(0.1), "mse")
    model.set_weights([scale * w for w in model.get_weights()])
    return model


def by_hand(weights: list[Any]) -> dict[str, Any]:
    """Mean squared error of the two layers and its gradients, in float64, chain rule by hand."""
    a, b, c, d = (np.asarray(w, np.float64) for w in weights)
    hidden = np.tanh(X @ a + b)
    out = hidden @ c + d
    by_out = 2 * (out - Y) / Y.size
    by_hidden = by_out @ c.T
    inside = by_hidden * (1 - hidden**2)
    slopes = [X.T @ inside, inside.sum(0), hidden.T @ by_out, by_out.sum(0)]
    return {
        "loss": np.mean((out - Y) ** 2),
        "slopes": slopes,
        "outputs": {"hidden": hidden, "out": out},
        "by_outputs": {"hidden": by_hidden, "out": by_out},
    }


def norm(arrays: Any) -> float:
    return float(np.sqrt(sum(np.sum(np.square(a, dtype=np.float64)) for a in arrays)))


def test_every_quantity_of_two_layers_by_the_chain_rule() -> None:
    model = two_layers(scale=3.0)
    weights = model.get_weights()
    expected = by_hand(weights)
    table, lane = probed(model, X, Y)
    assert list(table.index) == ["hidden", "out"]
    assert lane["probe_loss"] == pytest.approx(expected["loss"], rel=1e-5)
    for place, name in enumerate(("hidden", "out")):
        own = slice(2 * place, 2 * place + 2)
        output, slope = expected["outputs"][name], expected["by_outputs"][name]
        gradient = norm(expected["slopes"][own])
        told = {
            "gradient_norm": gradient,
            "weight_norm": norm(weights[own]),
            "update_ratio": 0.1 * gradient / norm(weights[own]),
            "activation_gradient": np.sqrt(np.mean(slope**2)),
            "dead": 0.0,
            "activation_mean": output.mean(),
            "activation_std": output.std(),
        }
        for quantity, value in told.items():
            assert table.loc[name, quantity] == pytest.approx(value, rel=1e-4), quantity
    flat = np.abs(expected["outputs"]["hidden"]) > 0.99
    assert 0 < flat.mean() < 1
    assert table.loc["hidden", "saturated"] == pytest.approx(flat.mean())
    assert np.isnan(table.loc["out", "saturated"])


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop"])
def test_update_and_gain_are_those_of_kerass_next_step(optimizer: str) -> None:
    model = two_layers(keras.optimizers.get({"class_name": optimizer, "config": {}}))
    model.optimizer.learning_rate = 0.02
    for _ in range(3):  # so that the optimizer's state matters
        model.train_on_batch(X, Y)
    table, lane = probed(model, X, Y)
    before, weights = model.evaluate(X, Y, verbose=0), model.get_weights()
    model.train_on_batch(X, Y)
    after = model.get_weights()
    assert lane["step_gain"] == pytest.approx(model.evaluate(X, Y, verbose=0) - before, rel=1e-3)
    for place, name in enumerate(("hidden", "out")):
        own = slice(2 * place, 2 * place + 2)
        moved = norm([b - a for a, b in zip(weights[own], after[own], strict=True)])
        assert table.loc[name, "update_ratio"] == pytest.approx(
            moved / norm(weights[own]), rel=1e-3
        )


@pytest.mark.parametrize("rate", [0.1, 1e-6])
def test_curvature_of_a_parabola_is_the_hessians_at_any_length_of_step(rate: float) -> None:
    """What a step of 1e-6 gains float32 could hardly tell; it is then told by the parabola."""
    model = keras.Sequential([L.Input((5,)), L.Dense(1, use_bias=False)])
    model.compile(keras.optimizers.SGD(rate), "mse")
    y = Y[:, :1]
    _, lane = probed(model, X, y)
    (kernel,) = (np.asarray(w, np.float64) for w in model.get_weights())
    model.train_on_batch(X, y)
    step = np.asarray(model.get_weights()[0], np.float64) - kernel  # as float32 rounds it
    hessian = 2 * X.T.astype(np.float64) @ X / ROWS
    curvature = float((step.T @ hessian @ step).item() / np.sum(step**2))
    assert lane["curvature"] == pytest.approx(curvature, rel=1e-2)
    slope = 2 * X.T @ (X @ kernel - y) / ROWS
    gain = float((slope.T @ step).item()) + curvature * float(np.sum(step**2)) / 2
    assert lane["step_gain"] == pytest.approx(gain, rel=1e-3)


def test_curvature_of_a_network_by_differences_in_float64() -> None:
    """Its mean over the step: the change of the slope along it over its length."""
    model = two_layers(keras.optimizers.SGD(0.5))
    old = [np.asarray(w, np.float64) for w in model.get_weights()]
    slopes = by_hand(old)["slopes"]
    length = 0.5 * norm(slopes)
    way = [-s / norm(slopes) for s in slopes]

    def loss(far: float) -> float:
        return float(by_hand([w + far * d for w, d in zip(old, way, strict=True)])["loss"])

    def slope(far: float, step: float = 1e-5) -> float:
        return (loss(far + step) - loss(far - step)) / (2 * step)

    _, lane = probed(model, X, Y)
    assert lane["curvature"] == pytest.approx((slope(length) - slope(0)) / length, rel=1e-3)
    assert lane["step_gain"] == pytest.approx(loss(length) - loss(0), rel=1e-3)


# -- dead and saturated ---------------------------------------------------------------------------


def shown(layer: Any, values: Any) -> tuple[float, float]:
    dead, saturated = shares(activity_of(layer), jnp.asarray(values, jnp.float32))
    return float(dead), float(saturated)


RISING = np.arange(1.0, 7.0)[:, None]  # six rows


@pytest.mark.parametrize(
    ("layer", "values", "dead", "saturated"),
    [
        (L.Dense(3, "relu"), RISING * [0, 1, 0], 2 / 3, np.nan),
        (L.Dense(2, "relu"), np.full((6, 2), 5.0), 0, np.nan),  # constant, yet not 0
        (L.ReLU(), RISING * [0, 1], 1 / 2, np.nan),
        (L.Activation("relu"), RISING * [0, 1], 1 / 2, np.nan),
        (L.Dense(2, activation=L.ReLU()), RISING * [0, 1], 1 / 2, np.nan),
        (L.LeakyReLU(), np.full((6, 2), -3.0), 1, np.nan),
        (L.LeakyReLU(), -RISING * [1, 0.01], 0, np.nan),
        (L.Dense(2), RISING * [0, 1] + 7, 1 / 2, np.nan),
        (L.Dense(1, "gelu"), -RISING, 0, np.nan),
        (L.Dense(2, "tanh"), [[1.0, 0.98], [1.0, -0.995], [1.0, 0.0], [1.0, 0.2]], 1 / 2, 5 / 8),
        (L.Dense(1, "sigmoid"), [[0.005], [0.02], [0.995], [0.98]], 0, 1 / 2),
        (L.Dense(1, "elu"), [[-0.995], [-0.9], [4.0], [0.0]], 0, 1 / 4),
        (L.ELU(alpha=2.0), [[-1.99], [-1.9], [4.0], [-1.0]], 0, 1 / 4),
        (L.Dense(2, "softmax"), np.full((6, 2), 0.5), np.nan, np.nan),
        (L.BatchNormalization(), np.zeros((6, 2)), np.nan, np.nan),
        (L.Flatten(), np.zeros((6, 2)), np.nan, np.nan),
        (L.LSTM(2), [[0.999, 0.5], [0.1, 0.5]], 1 / 2, 1 / 4),
        (L.SimpleRNN(1, activation="relu"), np.zeros((6, 1)), 1, np.nan),
        (L.Bidirectional(L.GRU(1)), [[0.999, 0.5], [0.1, 0.2]], 0, 1 / 4),
        (L.TimeDistributed(L.Dense(1, "relu")), np.zeros((6, 4, 1)), 1, np.nan),
        (L.Dense(2, "relu"), np.zeros((1, 2)), np.nan, np.nan),  # one row says nothing
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_dead_and_saturated_by_activation(
    layer: Any, values: Any, dead: float, saturated: float
) -> None:
    assert shown(layer, values) == pytest.approx((dead, saturated), nan_ok=True)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_a_convolutions_unit_is_a_channel(data_format: str) -> None:
    """Dead is only the channel that is 0 at every place of every picture."""
    values = np.zeros((2, 4, 4, 3))
    values[1, 2, 2, 0] = 1
    values[:, 0, :, 1] = 1
    if data_format == "channels_first":
        values = np.moveaxis(values, -1, 1)
    layer = L.Conv2D(3, 3, activation="relu", data_format=data_format)
    assert shown(layer, values)[0] == pytest.approx(1 / 3)


def test_dead_units_of_a_network_built_to_have_them() -> None:
    model = keras.Sequential([L.Input((5,)), L.Dense(8, "relu", name="part"), L.Dense(2)])
    model.compile("sgd", "mse")
    kernel, bias, *rest = model.get_weights()
    bias[:3] = -100
    model.set_weights([kernel, bias, *rest])
    table, _ = probed(model, X, Y)
    assert table.loc["part", "dead"] == 3 / 8


# -- models of all kinds --------------------------------------------------------------------------


def test_branches_shared_and_nested_layers_outputs_and_weights() -> None:
    """Two inputs, a layer called twice, a model inside, two losses, weighted rows: by jax.grad."""
    keras.utils.set_random_seed(2)
    one, two = L.Input((5,), name="one"), L.Input((5,), name="two")
    shared = L.Dense(3, "tanh", name="shared")
    inner = keras.Sequential([L.Input((6,)), L.Dense(4, "relu", name="deep")], name="inner")
    both = inner(L.Concatenate(name="join")([shared(one), shared(two)]))
    outs = [L.Dense(2, name="left")(both), L.Dense(1, "sigmoid", name="right")(both)]
    model = keras.Model([one, two], outs)
    model.compile("sgd", ["mse", "binary_crossentropy"], loss_weights=[1.0, 0.5])
    x, y = [X, X[::-1].copy()], [Y, (Y[:, :1] > 0).astype("float32")]
    weight = RANDOM.random(ROWS).astype("float32")

    def loss(trainable: list[Any]) -> Any:
        (left, right), _ = model.stateless_call(
            trainable, [v.value for v in model.non_trainable_variables], x
        )
        right = jnp.clip(right, 1e-7, 1 - 1e-7)
        entropy = -(y[1] * jnp.log(right) + (1 - y[1]) * jnp.log(1 - right)).mean(-1)
        return (weight * ((left - y[0]) ** 2).mean(-1)).mean() + 0.5 * (weight * entropy).mean()

    value, slopes = jax.value_and_grad(loss)([v.value for v in model.trainable_variables])
    owned = {v.path: s for v, s in zip(model.trainable_variables, slopes, strict=True)}
    table, lane = probed(model, x, y, [weight, weight])
    assert list(table.index) == ["shared", "join", "inner/deep", "inner", "right", "left"]
    assert lane["probe_loss"] == pytest.approx(float(value), rel=1e-4)
    for name in ("shared", "inner/deep", "left", "right"):
        expected = norm(s for path, s in owned.items() if name in path)
        assert table.loc[name, "gradient_norm"] == pytest.approx(expected, rel=1e-3)
    assert table.loc[["join", "inner"], ["gradient_norm", "weight_norm"]].isna().all(axis=None)
    assert table.loc["inner/deep", "activation_std"] == table.loc["inner", "activation_std"]
    # Over both calls of the shared layer.
    outputs = np.concatenate([np.asarray(shared(part)) for part in x])
    assert table.loc["shared", "activation_mean"] == pytest.approx(outputs.mean(), rel=1e-4)


class Block(keras.layers.Layer):
    """Holds layers, and draws where it shall fail."""

    def __init__(self, loops: bool = False) -> None:
        super().__init__(name="block")
        self.inside = L.Dense(4, "tanh", name="inside")
        self.loops = loops

    def build(self, shape: Any) -> None:
        self.inside.build(shape)

    def call(self, x: Any) -> Any:
        if not self.loops:
            return self.inside(x)
        return jax.lax.map(lambda row: self.inside(row[None])[0], x)


class Reader(keras.Model):
    """A subclassed model: integers in, an Embedding, a wrapped recurrent layer, a block."""

    def __init__(self, loops: bool = False) -> None:
        super().__init__()
        self.embed = L.Embedding(7, 3, name="embed")
        self.read = L.Bidirectional(L.GRU(2, dropout=0.3), name="read")
        self.block = Block(loops)
        self.out = L.Dense(1, "sigmoid", name="out")
        self.never = L.Dense(3, name="never")
        self.never.build((None, 2))

    def call(self, x: Any, training: bool = False) -> Any:
        return self.out(self.block(self.read(self.embed(x), training=training)))


@pytest.mark.filterwarnings("ignore:`build")
@pytest.mark.parametrize("loops", [False, True])
def test_subclassed_models_and_layers_called_inside_loops(loops: bool) -> None:
    """A layer that a block calls in a loop of its own cannot be watched; the block itself can."""
    keras.utils.set_random_seed(0)
    model = Reader(loops)
    model.compile("rmsprop", "binary_crossentropy")
    words = RANDOM.integers(0, 7, size=(ROWS, 6)).astype("int32")
    y = (words.sum(1, keepdims=True) > 18).astype("int32")
    table, _ = probed(model, words, y)
    blocks = ["block"] if loops else ["block/inside", "block"]
    assert list(table.index) == ["embed", "read", *blocks, "out"]
    weighted = table.loc[["embed", "read", blocks[0], "out"]]
    assert (weighted[["gradient_norm", "weight_norm", "update_ratio"]] > 0).all(axis=None)
    assert np.isfinite(table["activation_std"]).all()
    for variable in model.non_trainable_variables:
        variable.assign(variable.value + 1)  # the seeds; dropout draws the same masks all the same
    again, _ = probed(model, words, y)
    np.testing.assert_array_equal(table, again)


def test_mixed_precision_and_its_scaled_loss() -> None:
    """Gradients are those of the loss, not of what float16 multiplies it with."""
    table, lane = probed(two_layers(), X, Y)
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        half, half_lane = probed(two_layers(), X, Y)
    finally:
        keras.config.set_dtype_policy(policy)
    columns = ["gradient_norm", "activation_gradient", "update_ratio", "activation_std"]
    np.testing.assert_allclose(half[columns], table[columns], rtol=0.03)
    assert half_lane["curvature"] == pytest.approx(lane["curvature"], rel=0.1)


def test_a_one_hot_array_is_not_made_for_being_looked_at() -> None:
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [L.Input((6,), dtype="int32"), OneHot(9, name="hot"), L.SimpleRNN(2, name="read")]
    )
    model.compile("sgd", "mse")
    words = RANDOM.integers(0, 9, size=(ROWS, 6)).astype("int32")
    table, _ = probed(model, words, Y)
    assert table.loc["hot"].isna().all()
    assert (table.loc["read", ["gradient_norm", "activation_gradient"]] > 0).all()


def test_accumulated_gradients_have_no_update_of_their_own() -> None:
    table, lane = probed(two_layers(keras.optimizers.SGD(0.1, gradient_accumulation_steps=4)), X, Y)
    assert table["update_ratio"].isna().all() and (table["gradient_norm"] > 0).all()
    assert np.isnan(lane["curvature"]) and np.isnan(lane["step_gain"])


def test_two_lanes_in_one_call_are_each_measured_as_alone() -> None:
    """Stacked by vmap, as where lanes are stacked on a GPU; one step is too short, one is not."""
    models = [two_layers(keras.optimizers.SGD(0.1), scale) for scale in (1.0, 2.0)]
    models[1].optimizer.learning_rate = 1e-5
    probe = probe_of(models[0], X, Y, width=2)
    states = jax.tree.map(lambda *a: np.stack(a), *(state_of(m) for m in models))
    orders = np.tile(np.arange(ROWS, dtype=np.int32), (2, 1))
    tables, values = probe.measure(states, orders, Arrays(X, Y, None, None))
    for place, model in enumerate(models):
        table, lane = probed(model, X, Y)
        np.testing.assert_allclose(tables[place], table, rtol=1e-4)
        np.testing.assert_allclose(values[place], list(lane.values()), rtol=2e-2)


def test_a_probe_is_compiled_once_whatever_asks_for_it() -> None:
    probe = probe_of(two_layers(), X, Y)
    probe.compile(None, None, 0)  # type: ignore[arg-type]
    assert probe.compilations == 1 and probe.fault is None


# -- when, and on which rows ----------------------------------------------------------------------

WORKS = st.builds(
    Work,
    epochs=st.integers(1, 3000),
    train_rows=st.integers(1, 10**6),
    batch_size=st.integers(1, 2000),
    parameters=st.integers(1, 10**8),
    memory_bytes=st.integers(1, 10**11),
)


@given(WORKS)
@settings(deadline=None)
def test_chosen_epochs_hold_both_ends_and_keep_to_the_budget(work: Work) -> None:
    found = schedule_probes(work)
    assert found.epochs[0] == 0 and found.epochs[-1] == work.epochs
    assert list(found.epochs) == sorted(set(found.epochs))
    assert set(found.epochs) <= set(fibonacci_epochs(work.epochs))
    assert 1 <= found.rows <= min(256, work.train_rows)
    cost = len(found.epochs) * work.probe_seconds(found.rows)
    assert len(found.epochs) <= LEAST_EPOCHS or cost <= SHARE * work.train_seconds * 1.001
    assert schedule_probes(work) == found


def test_epochs_are_spaced_geometrically() -> None:
    assert fibonacci_epochs(1) == (0, 1)
    assert fibonacci_epochs(2) == (0, 1, 2)
    assert fibonacci_epochs(40) == (0, 1, 2, 3, 5, 8, 13, 21, 34, 40)
    long = schedule_probes(Work(100, 10_000, 32, 100_000, 10**6))
    assert long.epochs == (0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 100) and long.rows == 256
    assert schedule_probes(Work(100, 100, 32, 10, 10**6)).epochs == (0, 3, 21, 100)


@given(st.integers(1, 400), st.data())
def test_sampled_rows_are_training_rows_and_always_the_same(rows: int, data: Any) -> None:
    count = data.draw(st.integers(1, rows))
    train = (np.random.default_rng(1).permutation(3 * rows)[:rows]).astype(np.int32)
    taken = sample_rows(train, count)
    assert len(set(taken.tolist())) == count and set(taken) <= set(train)
    schedule._places.cache_clear()
    np.testing.assert_array_equal(taken, sample_rows(train.copy(), count))


def test_health_is_true_or_false(tmp_path: Path) -> None:
    with pytest.raises(dure.StudyError, match="health is 'yes'; pass True or False"):
        dure.Study(two_layers, dure.Data(X, Y), health="yes")  # type: ignore[arg-type]


@pytest.mark.parametrize("stretch", [[1.0, 1.0], [1.0, 10.0], [4.0, 10.0]])
def test_every_stacked_lane_goes_as_many_steps_ahead_as_it_needs(stretch: list[float]) -> None:
    before = [np.ones((2, 3, 2), np.float32)]
    after = [before[0] + np.array([0.5, 0.25], np.float32)[:, None, None]]
    old = [before[0].reshape(2, 6)]
    moved = [after[0].reshape(2, 6) - old[0]]
    ahead, away = _ahead(before, after, old, moved, np.array(stretch))
    for lane, step in enumerate((0.5, 0.25)):
        np.testing.assert_allclose(ahead[0][lane], 1 + stretch[lane] * step)
        np.testing.assert_allclose(away[0][lane], stretch[lane] * step)
