"""Kernels laid out as what they read, weights beside an untrained twin's."""

from functools import partial

import numpy as np
import pytest

from dure.errors import DureError
from dure.inspection.measures.weights import kernels, untrained_twin, weights
from dure.inspection.network.network import Network


def _network(*layers, shape, name="m"):
    import keras

    return Network(keras.Sequential([keras.layers.Input(shape), *layers], name=name))


def test_kernels_of_convolutions_keep_keras_axes(pictures) -> None:
    import keras

    found = kernels(pictures.network, "conv")
    assert found.dims == ("height", "width", "channel", "filter")
    np.testing.assert_array_equal(found, pictures.model.get_layer("conv").get_weights()[0])
    assert found.attrs == {"kind": "kernels", "model": "pictures", "layer": "conv"}
    line = _network(keras.layers.Conv1D(3, 2, name="line"), shape=(6, 2))
    assert dict(kernels(line, "line").sizes) == {"step": 2, "channel": 2, "filter": 3}
    depth = _network(keras.layers.DepthwiseConv2D(3, depth_multiplier=2), shape=(6, 6, 2))
    assert kernels(depth, 0).shape == (3, 3, 2, 2)


@pytest.mark.parametrize("shape", [(4, 3, 2), (4, 3)])
def test_dense_on_a_flattened_picture_is_laid_out_as_the_picture(shape) -> None:
    """A unit that reads one pixel has its weight at that pixel."""
    import keras

    layers = [keras.layers.Rescaling(2.0), keras.layers.Flatten(), keras.layers.Dropout(0.1)]
    network = _network(*layers, keras.layers.Dense(2, name="units"), shape=shape)
    found = kernels(network, "units")
    assert found.dims == ("height", "width", "channel", "unit")
    one = np.zeros((1, *shape), np.float32)
    one.reshape(1, 4, 3, -1)[0, 1, 2, 0] = 1
    bias = network.model.get_layer("units").get_weights()[1]
    given = network.model.predict(one, verbose=0)[0]
    np.testing.assert_allclose(2 * found.values[1, 2, 0] + bias, given, rtol=1e-6)


def test_dense_on_anything_else_is_a_matrix(pictures) -> None:
    import keras

    assert kernels(pictures.network, "classes").dims == ("input", "unit")
    network = _network(
        keras.layers.Flatten(), keras.layers.Dense(12), keras.layers.Dense(2), shape=(4, 3, 1)
    )
    assert kernels(network, 1).dims == ("height", "width", "channel", "unit")
    assert kernels(network, 2).dims == ("input", "unit")


def test_a_subclassed_model_needs_rows_to_know_its_pictures() -> None:
    import keras

    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.flat = keras.layers.Flatten()
            self.out = keras.layers.Dense(2, name="out")

        def call(self, x):
            return self.out(self.flat(x))

    network, x = Network(Own()), np.zeros((1, 4, 3, 1), np.float32)
    with pytest.raises(DureError, match="not built; pass x"):
        kernels(network, "out")
    assert kernels(network, "out", x).dims == ("height", "width", "channel", "unit")
    assert kernels(network, "out").dims == ("input", "unit")


@pytest.mark.parametrize("layer", ["pool", "norm"])
def test_layers_without_kernels_name_those_that_have(pictures, layer) -> None:
    with pytest.raises(DureError, match=f"'{layer}'.*no kernels; these layers have: conv, classes"):
        kernels(pictures.network, layer)


def test_weights_beside_untrained_ones(text) -> None:
    own = text.model.get_layer("lstm").get_weights()
    twin = Network(untrained_twin(text.model, 5))
    found = weights(text.network, "lstm", twin)
    assert list(found) == ["kernel", "recurrent_kernel", "bias"]
    assert found["source"].values.tolist() == ["trained", "untrained"]
    for name, values in zip(found, own, strict=True):
        np.testing.assert_array_equal(found[name].sel(source="trained"), values)
        np.testing.assert_allclose(found[name].attrs["mean"], values.mean(), rtol=1e-4, atol=1e-7)
        np.testing.assert_allclose(found[name].attrs["std"], values.std(), rtol=1e-4)
    fresh = twin.model.get_layer("lstm").get_weights()
    np.testing.assert_array_equal(found["kernel"].sel(source="untrained"), fresh[0])
    assert found["kernel"].dims == ("source", "kernel_0", "kernel_1")
    assert found["kernel"].attrs["shape"] == "4 x 12"


def test_weights_of_the_same_name_carry_their_layer(text) -> None:
    found = weights(text.network, "both")
    assert list(found) == [
        f"{way}_gru.{name}"
        for way in ("forward", "backward")
        for name in ("kernel", "recurrent_kernel", "bias")
    ]


def test_layers_without_weights_name_those_that_have(pictures) -> None:
    with pytest.raises(DureError, match="'pool'.*no weights.*have: conv, norm, classes"):
        weights(pictures.network, "pool")


def _build(units, scale=1.0):
    import keras

    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((3,)),
            layers.Normalization(name="standard"),
            layers.Dense(units),
            layers.Dense(1, kernel_initializer=keras.initializers.RandomNormal(0, scale)),
        ]
    )
    model.compile("sgd", "mse")
    return model


def test_a_twin_by_build_is_the_network_before_training() -> None:
    import keras

    keras.utils.set_random_seed(11)
    model = _build(4)
    first = model.get_weights()
    x = np.random.default_rng(0).normal(3, 2, (20, 3)).astype(np.float32)
    model.fit(x, x[:, :1], epochs=1, verbose=0)
    twin = untrained_twin(model, 11, partial(_build, 4))
    for fresh, known in zip(twin.get_weights(), first, strict=True):
        np.testing.assert_array_equal(fresh, known)
    assert [layer.name for layer in twin.layers] == [layer.name for layer in model.layers]


def test_a_twin_by_configuration_is_drawn_afresh_from_the_seed() -> None:
    model = _build(4, scale=5.0)
    same, again, other = (untrained_twin(model, seed) for seed in (1, 1, 2))
    kernel = [twin.layers[1].get_weights()[0] for twin in (same, again, other)]
    np.testing.assert_array_equal(kernel[0], kernel[1])
    assert not np.array_equal(kernel[0], kernel[2])
    assert not np.array_equal(kernel[0], model.layers[1].get_weights()[0])
    assert same.layers[2].get_weights()[0].std() > 1  # its initialiser's scale is kept


def test_a_twin_keeps_statistics_of_the_data_and_the_random_state() -> None:
    import random

    model = _build(2)
    model.get_layer("standard").adapt(np.array([[1.0, 2, 3], [3, 6, 9]]))
    random.seed(1)
    np.random.seed(1)
    before = random.getstate(), np.random.get_state()[1].tolist()
    twin = untrained_twin(model, 7)
    assert before == (random.getstate(), np.random.get_state()[1].tolist())
    for name in ("mean", "variance"):
        np.testing.assert_array_equal(
            getattr(twin.get_layer("standard"), name), getattr(model.get_layer("standard"), name)
        )


def test_twins_that_cannot_be_are_told(subclassed) -> None:
    subclassed.network.inputs(subclassed.x)
    with pytest.raises(DureError, match=r"'own'.*(configuration|other weights)"):
        untrained_twin(subclassed.model, 0)
    with pytest.raises(DureError, match="other weights than the model"):
        untrained_twin(_build(4), 0, partial(_build, 5))
    with pytest.raises(DureError, match="other weights than"):
        weights(Network(_build(4)), 1, Network(_build(5)))
