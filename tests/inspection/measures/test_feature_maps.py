"""Feature maps with named axes, and figures about activations."""

import numpy as np
import pytest

from dure.errors import DureError
from dure.inspection.measures import feature_maps as maps
from dure.inspection.measures.feature_maps import activations, can_die, feature_maps
from dure.inspection.network.network import Network
from helpers import plain_numpy as plain


def test_feature_maps_name_their_axes(pictures, text) -> None:
    found = feature_maps(pictures.network, "conv", pictures.x)
    assert found.dims == ("row", "height", "width", "channel")
    expected = plain.relu(plain.conv2d(pictures.model.get_layer("conv"), pictures.x))
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert (found.attrs["layer"], found.attrs["kind"]) == ("conv", "feature_maps")
    assert feature_maps(text.network, "lstm", text.x).dims == ("row", "step", "unit")
    assert feature_maps(text.network, "both", text.x).dims == ("row", "unit")


def test_recurrent_states_equal_a_plain_loop(text) -> None:
    vectors = text.model.get_layer("words").get_weights()[0].astype(np.float64)[text.x]
    found = feature_maps(text.network, "lstm", text.x)
    np.testing.assert_allclose(found, plain.lstm(text.model.get_layer("lstm"), vectors), atol=1e-5)


def test_a_layer_called_twice_says_so(branches) -> None:
    assert feature_maps(branches.network, "shared", branches.x).attrs["calls"] == 2


def test_maps_of_other_ranks_count_their_axes() -> None:
    import keras

    model = keras.Sequential([keras.layers.Input((12,)), keras.layers.Reshape((1, 2, 3, 2))])
    found = feature_maps(Network(model), 0, np.ones((2, 12), np.float32))
    assert found.dims == ("row", "axis_1", "axis_2", "axis_3", "axis_4")


def test_channels_come_last_where_a_layer_has_them_first() -> None:
    import keras

    layer = keras.layers.MaxPooling2D(1, data_format="channels_first", name="pool")
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 5)).astype(np.float32)
    found = feature_maps(Network(keras.Sequential([keras.layers.Input((3, 4, 5)), layer])), 0, x)
    np.testing.assert_array_equal(found, np.moveaxis(x, 1, -1))
    assert found.sizes["channel"] == 3


def test_activations_equal_numpy(pictures, monkeypatch) -> None:
    monkeypatch.setattr(
        "dure.inspection.network.network.BATCH", 3
    )  # so that figures run over batches
    found = activations(pictures.network, pictures.x)
    assert found["layer"].values.tolist() == ["conv", "norm", "classes"]
    assert found["activation"].values.tolist() == ["relu", "", "softmax"]
    values = plain.relu(plain.conv2d(pictures.model.get_layer("conv"), pictures.x))
    conv = found.sel(layer="conv")
    np.testing.assert_allclose(conv["mean"], values.mean(), rtol=1e-5)
    np.testing.assert_allclose(conv["std"], values.std(), rtol=1e-5)
    np.testing.assert_allclose(conv["zero"], (values == 0).mean())
    assert conv["units"] == 3 and conv["dead"] == (values == 0).all(axis=(0, 1, 2)).mean()
    counts, edges = np.histogram(values, bins=maps.BINS)
    np.testing.assert_allclose(conv["edges"], edges, rtol=1e-5, atol=1e-6)
    assert conv["histogram"].sum() == values.size
    assert np.abs(conv["histogram"] - counts).sum() <= 4  # values on an edge may round over it
    assert np.isnan(found.sel(layer="norm")["dead"]) and np.isnan(conv["saturated"])


def _one(layer, x):
    import keras

    model = keras.Sequential([keras.layers.Input(x.shape[1:]), layer])
    return activations(Network(model), x).isel(layer=0)


def test_dead_units_are_those_that_are_never_above_zero() -> None:
    import keras

    layer = keras.layers.Dense(4, activation="relu")
    x = np.abs(np.random.default_rng(0).normal(size=(20, 3))).astype(np.float32)
    layer.build((None, 3))
    layer.set_weights([np.tile([-1.0, 1, -1, 1], (3, 1)), np.zeros(4)])
    assert _one(layer, x)["dead"] == 0.5


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("sigmoid", 0.01, 0.99), ("tanh", -0.98, 0.98), ("softsign", -0.98, 0.98)],
)
def test_saturated_values_lie_within_one_percent_of_the_range(name, low, high) -> None:
    import keras

    x = np.linspace(-9, 9, 40, dtype=np.float32)[:, None]
    plainly = {"sigmoid": plain.sigmoid, "tanh": np.tanh, "softsign": lambda v: v / (1 + abs(v))}
    values = plainly[name](x)
    found = _one(keras.layers.Activation(name), x)
    np.testing.assert_allclose(found["saturated"], ((values < low) | (values > high)).mean())
    assert np.isnan(found["dead"])


def test_recurrent_layers_saturate_by_their_output(text) -> None:
    found = activations(text.network, text.x, ["lstm", "both"])
    assert found["activation"].values.tolist() == ["tanh", "tanh"]
    assert not np.isnan(found["saturated"]).any()


def test_which_activations_can_die() -> None:
    import keras

    layers = keras.layers
    dying = [
        layers.ReLU(),
        layers.Dense(1, activation="relu"),
        layers.Conv2D(1, 1, activation="relu6"),
    ]
    dying += [layers.Activation("relu"), layers.Dense(1, activation=layers.ReLU())]
    living = [layers.ReLU(negative_slope=0.1), layers.LeakyReLU(), layers.Dense(1)]
    living += [layers.Dense(1, activation=name) for name in ("elu", "gelu", "tanh", "leaky_relu")]
    assert all(map(can_die, dying)) and not any(map(can_die, living))


def test_constant_values_have_a_histogram() -> None:
    import keras

    found = _one(keras.layers.ReLU(), np.full((5, 2), -1.0, np.float32))
    assert found["histogram"].sum() == 10 and found["std"] == 0 and found["dead"] == 1


def test_misspelt_layers_are_told(pictures) -> None:
    for measure in (
        lambda: feature_maps(pictures.network, "con", pictures.x),
        lambda: activations(pictures.network, pictures.x, ["con"]),
    ):
        with pytest.raises(DureError, match="Did you mean 'conv'"):
            measure()
