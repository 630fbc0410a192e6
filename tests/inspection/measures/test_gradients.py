"""Norms of the loss's gradient, against the loss written by hand."""

import numpy as np
import pytest

from dure.errors import DureError
from dure.inspection.measures.gradients import gradients
from dure.inspection.network.network import Network


def test_dense_and_squared_error_by_the_derived_formula() -> None:
    """loss = mean((x w + b - y)^2): d/dw = 2 x^T (x w + b - y) / n, d/db = 2 mean(...)."""
    import keras

    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(1, name="line")])
    model.compile("sgd", "mse")
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(8, 3)), rng.normal(size=(8, 1))
    kernel, bias = (np.asarray(v, np.float64) for v in model.get_weights())
    miss = x @ kernel + bias - y
    slope = np.concatenate([2 * x.T @ miss / 8, 2 * miss.mean(axis=0, keepdims=True)])
    found = gradients(Network(model), x, y).sel(layer="line")
    np.testing.assert_allclose(found["gradient"], np.linalg.norm(slope), rtol=1e-5)
    np.testing.assert_allclose(found["weight"], np.linalg.norm(kernel), rtol=1e-5)
    np.testing.assert_allclose(found["ratio"], found["gradient"] / found["weight"])


def test_layers_of_all_kinds_by_a_loss_written_by_hand(pictures) -> None:
    """Batch normalisation by the batch, no dropout: the model's layers called one by one."""
    import jax
    import jax.numpy as jnp
    import keras

    source = pictures.model
    layers = [layer for layer in source.layers if layer.name != "drop"]
    model = keras.Sequential([keras.layers.Input((8, 8, 1)), *layers])
    model.compile("sgd", "sparse_categorical_crossentropy")
    y = np.array([0, 1, 2, 3, 0, 1, 2])

    def loss(values):
        state = dict(zip(map(id, model.trainable_variables), values, strict=True))
        conv, norm, classes = (model.get_layer(name) for name in ("conv", "norm", "classes"))

        def of(variable):
            return state[id(variable)]

        out = jax.lax.conv_general_dilated(
            pictures.x, of(conv.kernel), (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")
        )
        out = jnp.maximum(out + of(conv.bias), 0)
        mean, var = out.mean(axis=(0, 1, 2)), out.var(axis=(0, 1, 2))
        out = (out - mean) / jnp.sqrt(var + norm.epsilon) * of(norm.gamma) + of(norm.beta)
        out = out.reshape(7, 3, 2, 3, 2, 3).max(axis=(2, 4)).reshape(7, -1)
        scores = jax.nn.log_softmax(out @ of(classes.kernel) + of(classes.bias))
        return -scores[jnp.arange(7), y].mean()

    value, slopes = jax.jit(jax.value_and_grad(loss))([v.value for v in model.trainable_variables])
    found = gradients(Network(model), pictures.x, y)
    assert found["layer"].values.tolist() == ["conv", "norm", "classes"]
    np.testing.assert_allclose(found.attrs["loss"], value, rtol=1e-4)
    expected = [
        np.sqrt(sum((np.asarray(s) ** 2).sum() for s in slopes[i : i + 2])) for i in (0, 2, 4)
    ]
    np.testing.assert_allclose(found["gradient"], expected, rtol=1e-3)


def test_inner_layers_and_several_outputs_count_each_for_itself(branches) -> None:
    y = [np.arange(9) % 3, np.ones((9, 1))]
    before = [np.asarray(v) for v in branches.model.variables]
    found = gradients(branches.network, branches.x, y)
    assert found["layer"].values.tolist() == ["widen", "shared", "logits", "number"]
    assert (found["gradient"] > 0).all()
    again = gradients(branches.network, branches.x, y)
    np.testing.assert_array_equal(found["gradient"], again["gradient"])
    for value, known in zip(branches.model.variables, before, strict=True):
        np.testing.assert_array_equal(value, known)


def test_many_rows_give_the_mean_over_batches(monkeypatch) -> None:
    import keras

    monkeypatch.setattr("dure.inspection.measures.gradients.BATCH", 4)
    model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).normal(size=(11, 2)).astype(np.float32)
    network, y = Network(model), x[:, :1] ** 2
    parts = gradients(network, x, y)
    monkeypatch.setattr("dure.inspection.measures.gradients.BATCH", 100)
    whole = gradients(network, x, y)
    np.testing.assert_allclose(parts["gradient"], whole["gradient"], rtol=1e-5)
    flat = gradients(network, x, y[:, 0])
    np.testing.assert_allclose(flat["gradient"], whole["gradient"], rtol=1e-6)
    np.testing.assert_allclose(parts.attrs["loss"], whole.attrs["loss"], rtol=1e-5)
    np.testing.assert_allclose(whole.attrs["loss"], model.evaluate(x, y, verbose=0), rtol=1e-5)


def test_layers_of_inner_models_have_their_weights_for_themselves() -> None:
    import keras

    keras.utils.set_random_seed(1)
    layers = [keras.layers.Dense(2, activation="tanh", name=name) for name in ("low", "high")]
    inner = keras.Sequential([keras.layers.Input((2,)), layers[0]], name="inner")
    x = np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32)
    found = []
    for stack in ([inner, layers[1]], layers):
        model = keras.Sequential([keras.layers.Input((2,)), *stack])
        model.compile("sgd", "mse")
        found.append(gradients(Network(model), x, x**2))
    assert found[0]["layer"].values.tolist() == ["inner/low", "high"]
    np.testing.assert_allclose(found[0]["gradient"], found[1]["gradient"], rtol=1e-5)


def test_regularizers_are_part_of_the_loss() -> None:
    import keras

    layer = keras.layers.Dense(1, use_bias=False, kernel_regularizer=keras.regularizers.L2(0.5))
    model = keras.Sequential([keras.layers.Input((2,)), layer])
    model.compile("sgd", "mse")
    layer.set_weights([np.array([[3.0], [4.0]])])
    zero = np.zeros((2, 2), np.float32)
    found = gradients(Network(model), zero, zero[:, :1])
    np.testing.assert_allclose(found["gradient"], [5.0])  # d 0.5 |w|^2 / dw = w
    np.testing.assert_allclose(found["ratio"], [1.0])


def test_what_has_no_gradients_is_told(nested, pictures) -> None:
    with pytest.raises(DureError, match="'nested' is not compiled with a loss"):
        gradients(nested.network, nested.x, np.zeros(5))
    with pytest.raises(DureError, match="rows disagree"):
        gradients(pictures.network, pictures.x, np.zeros(3, int))


def test_dropout_is_the_same_for_every_copy_of_a_model() -> None:
    """A file holds no seeds: Keras draws new ones whenever a model is made."""
    import keras

    model = keras.Sequential(
        [keras.layers.Input((4,)), keras.layers.Dropout(0.5), keras.layers.Dense(1)]
    )
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    x = np.random.default_rng(0).normal(size=(16, 4)).astype(np.float32)
    found = []
    for one in (model, copy):
        one.compile("sgd", "mse")
        found.append(gradients(Network(one), x, x[:, :1]))
    assert found[0]["gradient"].values == found[1]["gradient"].values
    copy.layers[0].rate = 0.0
    assert gradients(Network(copy), x, x[:, :1])["gradient"].values != found[0]["gradient"].values
