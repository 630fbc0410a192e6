"""Memory against its closed form, finite differences, and by its definition."""

import numpy as np
import pytest

from dure.errors import DureError
from dure.inspection.measures.memory import _reach, memory
from dure.inspection.network.network import Network
from helpers import plain_numpy as plain


def _linear(weight: float, steps: int) -> Network:
    """h = weight h + x, the last h given out: d h / d x at distance k is weight^k."""
    import keras

    cell = keras.layers.SimpleRNN(1, activation="linear", name="cell")
    model = keras.Sequential([keras.layers.Input((steps, 1)), cell])
    cell.set_weights([np.ones((1, 1)), np.full((1, 1), weight), np.zeros(1)])
    return Network(model)


@pytest.mark.parametrize(("weight", "horizon"), [(0.5, 7), (0.8, 21), (-0.9, 44)])
def test_a_linear_unit_forgets_by_its_power(weight, horizon) -> None:
    x = np.random.default_rng(0).normal(size=(4, 120, 1)).astype(np.float32)
    found = memory(_linear(weight, 120), x)
    expected = np.abs(weight) ** np.arange(120)
    np.testing.assert_allclose(found["size"], np.tile(expected, (4, 1)), rtol=1e-4, atol=1e-9)
    np.testing.assert_allclose(found["mean"], expected, rtol=1e-4, atol=1e-9)
    assert horizon == np.ceil(np.log(0.01) / np.log(np.abs(weight)))
    assert found["horizon"] == horizon


def test_memory_that_outlasts_the_sequence_has_no_horizon() -> None:
    found = memory(_linear(0.99, 30), np.ones((3, 30, 1), np.float32))
    assert np.isinf(found["horizon"]) and np.isinf(found["reach"]).all()
    assert found.attrs["steps"] == 30


def test_sizes_equal_finite_differences_at_the_words_vectors() -> None:
    import keras

    keras.utils.set_random_seed(2)
    model = keras.Sequential(
        [
            keras.layers.Input((6,)),
            keras.layers.Embedding(9, 3, name="words"),
            keras.layers.SimpleRNN(4, name="cell"),
            keras.layers.Dense(3, activation="softmax", name="out"),
        ]
    )
    tokens = np.random.default_rng(1).integers(1, 9, (5, 6))
    tokens[0, :2], tokens[1, :5], tokens[2] = 0, 0, 0
    table = model.get_layer("words").get_weights()[0].astype(np.float64)
    slope = plain.differences(
        lambda v: plain.dense(model.get_layer("out"), plain.simple_rnn(model.layers[1], v))[:, 2],
        table[tokens],
    )
    expected = np.linalg.norm(slope, axis=-1)[:, ::-1]
    expected[0, 4:] = expected[1, 1:] = expected[2] = np.nan
    found = memory(Network(model), tokens, target=2)
    np.testing.assert_allclose(found["size"], expected, atol=1e-5)
    np.testing.assert_allclose(found["mean"], np.nanmean(expected, axis=0), atol=1e-5)
    assert found["rows"].values.tolist() == [4, 3, 3, 3, 2, 2]
    assert np.isnan(found["reach"][2]) and found.attrs["layer"] == "words"


@pytest.mark.parametrize("masked", [True, False])
def test_padding_behind_counts_where_it_is_read(masked) -> None:
    """The unit's closed form again; with mask_zero distance counts from the last word."""
    import keras

    cell = keras.layers.SimpleRNN(1, activation="linear")
    words = keras.layers.Embedding(4, 1, mask_zero=masked)
    model = keras.Sequential([keras.layers.Input((5,)), words, cell])
    cell.set_weights([np.ones((1, 1)), np.full((1, 1), 0.5), np.zeros(1)])
    found = memory(Network(model), np.array([[1, 2, 3, 0, 0]]))["size"][0]
    nan = np.nan
    expected = [1, 0.5, 0.25, nan, nan] if masked else [nan, nan, 0.25, 0.125, 0.0625]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_reach_by_its_definition() -> None:
    """Peaks anywhere, noise, long tails, missing steps."""
    far = np.zeros(50)
    far[40] = 1.0
    assert _reach(far) == 41  # one early symbol is all that counts
    powers = 0.5 ** np.arange(50)
    assert _reach(powers) == _reach(7e-5 * powers) == 7
    loud = powers.copy()
    loud[45] = 0.011  # above 1 % of the peak
    assert _reach(loud) == 46
    loud[45] = 0.009
    assert _reach(loud) == 7
    tail = np.where(np.arange(50) < 5, 1.0, 0.009)
    assert _reach(tail) == 5
    assert _reach(np.append([np.nan] * 3, powers)) == 10  # padding behind the last word
    assert _reach(np.append(powers, [np.nan] * 5)) == 7
    assert _reach(np.ones(10)) == np.inf and _reach(np.zeros(10)) == 0
    assert np.isnan(_reach(np.full(3, np.nan)))


def test_the_horizon_is_not_moved_by_a_few_rows(monkeypatch) -> None:
    import keras

    class Varying(keras.layers.Layer):
        """Gates its memory by the row: the last row remembers all, loudly; the others half."""

        def call(self, x):
            keep = keras.ops.where(x[:, :1, 1] > 0, 1.0, 0.5)
            powers = keep ** keras.ops.cast(keras.ops.arange(29, -1, -1), "float32")
            loud = keras.ops.where(x[:, :1, 1] > 0, 1000.0, 1.0)
            return keras.ops.sum(loud * powers * x[:, :, 0], axis=1, keepdims=True)

    model = keras.Sequential([keras.layers.Input((30, 2)), Varying()])
    x = np.zeros((9, 30, 2), np.float32)
    x[-1, :, 1] = 1
    found = memory(Network(model), x)
    assert found["horizon"] == 7 and np.isinf(found["reach"][-1])


def test_exchanged_steps_move_a_linear_unit_by_its_power() -> None:
    """Inputs are -1 or 1, so an exchange moves by 2 weight^distance or not at all."""
    x = np.random.default_rng(0).choice([-1.0, 1.0], (40, 30, 1)).astype(np.float32)
    found = memory(_linear(-0.7, 30), x, method="exchange")
    quarters = 4 * (found["size"] / (2 * 0.7 ** found["distance"]))[:, :20]
    np.testing.assert_allclose(quarters, np.round(quarters), atol=2e-2)
    assert set(np.unique(np.round(quarters))) == {0, 1, 2, 3, 4}
    np.testing.assert_allclose(quarters.mean(), 2, atol=0.2)
    assert abs(found["horizon"] - np.ceil(np.log(0.01) / np.log(0.7))) <= 1
    assert memory(_linear(-0.7, 30), x, method="exchange").equals(found)


def test_words_are_exchanged_for_words() -> None:
    """One unit that adds up vectors: padding has a vector of 1000, which no exchange brings in."""
    import keras

    words = keras.layers.Embedding(4, 1)
    cell = keras.layers.SimpleRNN(1, activation="linear")
    network = Network(keras.Sequential([keras.layers.Input((4,)), words, cell]))
    words.set_weights([np.array([[1000.0], [1], [2], [3]])])
    cell.set_weights([np.ones((1, 1)), np.ones((1, 1)), np.zeros(1)])
    tokens = np.array([[0, 0, 1, 2], [3, 1, 2, 1], [0, 2, 3, 3]])
    size = memory(network, tokens, method="exchange")["size"]
    assert np.isnan(size.values[0, 2:]).all() and np.isnan(size.values[2, 3])
    assert np.nanmax(size) <= 2 and np.nanmax(size) > 0


def test_a_latch_remembers_what_no_touch_moves() -> None:
    import keras

    class Latch(keras.layers.Layer):
        """The sign of the first step, kept, and a little of the last."""

        def call(self, x):
            return keras.ops.tanh(50 * x[:, 0]) + 0.01 * x[:, -1]

    network = Network(keras.Sequential([keras.layers.Input((20, 1)), Latch()]))
    x = np.random.default_rng(1).choice([-1.0, 1.0], (16, 20, 1)).astype(np.float32)
    assert memory(network, x)["horizon"] == 1
    exchanged = memory(network, x, method="exchange")
    assert np.isinf(exchanged["horizon"]) and exchanged["mean"][19] > 0.5


def test_what_is_no_sequence_is_told(pictures, text) -> None:
    import keras

    table = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(1)])
    for network, x in ((pictures.network, pictures.x), (Network(table), np.ones((2, 4)))):
        with pytest.raises(DureError, match="memory is of sequences"):
            memory(network, x)
    with pytest.raises(DureError, match="mean 'exchange'"):
        memory(_linear(0.5, 4), np.ones((2, 4, 1)), method="exchanged")
    with pytest.raises(DureError, match="padding .0. only"):
        memory(text.network, np.zeros((2, 7), int))
    with pytest.raises(DureError, match="one row came"):
        memory(_linear(0.5, 4), np.ones((1, 4, 1)), method="exchange")
