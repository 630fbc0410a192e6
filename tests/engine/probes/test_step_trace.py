"""What the probe sees in steps of a model's own is what it sees in Keras' own."""

from typing import Any

import jax
import keras
import numpy as np
import pandas as pd
from keras import layers as L
from keras import ops

from dure.keras_bridge.building import make_ready
from dure.keras_bridge.functional import Lowered
from dure.keras_bridge.own_steps import describe_logs
from helpers.probes import probed
from oracles.own_steps import CASES, X, Y, compiled


class Passes(keras.Model):
    """A step of its own that does what Keras' does."""

    def train_step(self, state: Any, data: Any) -> Any:
        return super().train_step(state, data)


def _probed(make: Any, x: Any = X, y: Any = Y) -> tuple[pd.DataFrame, dict[str, float]]:
    keras.utils.set_random_seed(4)
    table, whole = probed(make(), x, y)
    return table.set_axis([name.rstrip("_0123456789") for name in table.index]), whole


def test_a_step_that_calls_keras_is_measured_as_keras() -> None:
    table, whole = _probed(compiled(Passes, 5, 4))
    expected, of_all = _probed(compiled(keras.Model, 5, 4))
    pd.testing.assert_frame_equal(table, expected, rtol=1e-5)
    np.testing.assert_allclose(list(whole.values()), list(of_all.values()), rtol=1e-3)


def test_each_of_two_networks_has_the_gradients_its_optimizer_is_handed() -> None:
    case = CASES["wasserstein with gradient penalty"]
    table, whole = _probed(case.make, case.x, None)
    dense = table[table.index.str.contains("dense")]
    assert len(dense) == 4
    assert (dense["gradient_norm"] > 0).all() and (dense["update_ratio"] > 0).all()
    # Through the judge the penalty itself differentiates: its gradients are two in one.
    assert list(dense["activation_gradient"].notna()) == [True, True, False, False]
    assert dense["activation_std"].notna().all()
    assert np.isnan([whole[n] for n in ("probe_loss", "curvature", "step_gain")]).all()


class Physical(keras.Model):
    """Learns a function whose derivative along its first input is known: forward derivatives."""

    def train_step(self, state: Any, data: Any) -> Any:
        trainable, other, optimizer, metrics = state
        x, y, *_ = data
        along = ops.concatenate([ops.ones_like(x[:, :1]), ops.zeros_like(x[:, 1:])], axis=1)

        def loss(trainable: Any) -> Any:
            def out(x: Any) -> Any:
                return self.stateless_call(trainable, other, x, training=False)[0]

            _, slope = jax.jvp(out, (x,), (along,))
            return ops.mean(ops.square(slope - y))

        value, slopes = jax.value_and_grad(loss)(trainable)
        trainable, optimizer = self.optimizer.stateless_apply(optimizer, slopes, trainable)
        return {"physics": value}, (trainable, other, optimizer, metrics)


def test_a_step_that_differentiates_forwards_is_measured_without_gradients_by_outputs() -> None:
    inputs = L.Input((6,))
    model = Physical(inputs, L.Dense(1)(L.Dense(4, "tanh")(inputs)))
    model.compile("sgd")
    make_ready(model, (X, Y, None))
    lowered = Lowered(model, None, describe_logs(model, (X, Y, None)))
    table, whole = probed(model, X, Y, lowered=lowered)
    assert (table["gradient_norm"] > 0).all() and table["activation_gradient"].isna().all()
    assert np.isfinite(whole["probe_loss"]) and whole["step_gain"] < 0
