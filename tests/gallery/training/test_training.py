"""Rows E1 to E5, each run once in quick mode; their numbers beside NumPy and theory."""

import keras
import numpy as np
import pytest
from keras import layers
from scipy.special import expit
from scipy.stats import binom
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from dure.gallery.shared.steps import NormalizedCell
from dure.gallery.shared.theory import ACTIVATIONS, length_map
from dure.gallery.shared.values import share
from dure.gallery.training import e1_cures, e3_clipping, e4_initializers, e5_normalization
from helpers.gallery_rows import needs_excerpts, run_quick


@pytest.fixture(scope="module")
def verdict(tmp_path_factory: pytest.TempPathFactory):
    """The verdict of a row by its id; each row runs once."""
    kept = {}

    def of(row: str):
        if row not in kept:
            kept[row] = run_quick(row, tmp_path_factory.mktemp(row))
        return kept[row]

    return of


@pytest.fixture(scope="module")
def scaled_digits():
    """The rows that E2 and E4 train on: four fifths of scikit-learn's training part, standardised.

    Constant pixels become 0, as by scikit-learn's StandardScaler.
    """
    loaded = load_digits()
    x = (loaded.data / 16).astype("float32")
    x, _ = train_test_split(x, test_size=0.2, random_state=0, stratify=loaded.target)
    x = x[: int(len(x) * 0.8)].astype(np.float64)
    spread = x.std(axis=0)
    return (x - x.mean(axis=0)) / np.where(spread > 0, spread, 1.0)


# -- E1 ------------------------------------------------------------------------------------------


@needs_excerpts
def test_more_rows_are_the_surest_cure(verdict) -> None:
    told = verdict("E1")
    facts = told["facts"]
    assert facts["given away"][1] > 0  # the baseline does overfit
    assert facts["four times the rows, at each one's best epoch"][2] < 0
    gaps = {name: np.mean(values) for name, values in facts["gaps"].items()}
    assert min(gaps, key=lambda name: gaps[name]) == "four times the rows"
    assert len(told["pictures"]) == 2


def test_each_cure_changes_one_thing() -> None:
    """Augmentation and Dropout do nothing in inference, and the first weights are the same."""
    x = np.random.default_rng(0).uniform(size=(5, 28, 28, 1)).astype("float32")

    def model(name: str) -> keras.Model:
        keras.utils.set_random_seed(0)
        return e1_cures.build(**e1_cures.CURES[name])

    plain = model("no cure").predict(x, verbose=0)
    for name in e1_cures.CURES:
        one = model(name)
        if name.startswith("smaller"):
            assert one.count_params() < 0.2 * model("no cure").count_params()
            continue
        assert np.allclose(one.predict(x, verbose=0), plain, atol=1e-6), name
        penalty = float(sum(one.losses)) if one.losses else 0.0
        assert (penalty > 0) == name.startswith(("L1", "L2"))


@pytest.mark.parametrize(("count", "of"), [(0, 10), (3, 10), (10, 10), (1, 4)])
def test_shares_have_the_exact_interval(count: int, of: int) -> None:
    """At each limit the count is as unlikely as the tail says."""
    found = share(count, of)
    if count:
        assert np.isclose(binom.sf(count - 1, of, found.low), 0.025)
    if count < of:
        assert np.isclose(binom.cdf(count, of, found.high), 0.025)
    assert found.low <= count / of <= found.high


# -- E2 ------------------------------------------------------------------------------------------


def test_gradients_shrink_by_a_quarter_of_the_weights_norm_at_most(verdict) -> None:
    """|W^T (slope * d)| <= |W| / 4 |d| under the sigmoid, with the largest singular value |W|."""
    factors = np.array(verdict("E2")["facts"]["sigmoid: factors"])
    for seed, found in enumerate(factors):
        keras.utils.set_random_seed(seed)
        model = keras.Sequential([layers.Input((64,))])
        for _ in range(6):
            model.add(layers.Dense(64, activation="sigmoid"))
        norms = [np.linalg.norm(layer.kernel, 2) for layer in model.layers[1:]]
        assert (found <= np.array(norms) / 4).all()


def test_factors_are_those_of_theory(verdict) -> None:
    facts = verdict("E2")["facts"]
    assert 0.2 < facts["sigmoid: factor"][0] < 0.25
    assert np.isclose(facts["relu: factor"][0], np.sqrt(0.5), rtol=0.1)
    assert np.isclose(facts["leaky_relu: factor"][0], np.sqrt(0.52), rtol=0.1)
    assert facts["relu: factor"][0] < facts["tanh: factor"][0] < 1


def test_only_the_sigmoid_does_not_learn_when_deep(verdict) -> None:
    told = verdict("E2")
    facts = told["facts"]
    for name in ("sigmoid", "tanh", "relu", "leaky_relu"):
        deep = np.mean(facts[f"{name}: val_accuracy"][-1])
        assert deep < 0.2 if name == "sigmoid" else deep > 0.7
    assert facts["relu: dead"][0][0] > 0 == facts["leaky_relu: dead"][0][0]
    assert facts["sigmoid: orders of magnitude"][0][0] > 2
    assert len(told["pictures"]) == 3


# -- E3 ------------------------------------------------------------------------------------------


def recurrent_gradients(model: keras.Model, x: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
    """Back-propagation through time in NumPy, float64, in the order of the model's weights."""
    kernel, matrix, bias, out, offset = (np.asarray(w, np.float64) for w in model.get_weights())
    states = [np.zeros((len(x), len(matrix)))]
    for step in range(x.shape[1]):
        states.append(np.maximum(x[:, step] @ kernel + states[-1] @ matrix + bias, 0))
    error = 2 * (states[-1] @ out + offset - y[:, None]) / len(x)
    found = [np.zeros_like(w) for w in (kernel, matrix, bias)]
    back = error @ out.T
    for step in reversed(range(x.shape[1])):
        back = back * (states[step + 1] > 0)
        found[0] += x[:, step].T @ back
        found[1] += states[step].T @ back
        found[2] += back.sum(axis=0)
        back = back @ matrix.T
    return [*found, states[-1].T @ error, error.sum(axis=0)]


@pytest.mark.parametrize("bound", ["clipnorm", "global_clipnorm"])
def test_a_step_is_that_of_the_clipped_gradient(bound: str) -> None:
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(8, 30, 2)).astype("float32"), rng.uniform(size=8).astype("float32")
    keras.utils.set_random_seed(0)
    model = e3_clipping.build(**{bound: 0.1})
    before = model.get_weights()
    slopes = recurrent_gradients(model, x, y)
    norms = [np.linalg.norm(one) for one in slopes]
    assert max(norms) > 1  # so that there is something to clip
    if bound == "global_clipnorm":
        norms = [np.sqrt(np.sum(np.square(norms)))] * len(norms)
    model.train_on_batch(x, y)
    for old, new, slope, norm in zip(before, model.get_weights(), slopes, norms, strict=True):
        wanted = e3_clipping.RATE * slope * min(1, 0.1 / norm)
        assert np.allclose(old - new, wanted, rtol=1e-3, atol=2e-7)
        assert np.linalg.norm(old - new) <= e3_clipping.RATE * 0.1 * 1.001


def test_no_measured_step_is_larger_than_the_bound_allows(verdict) -> None:
    facts = verdict("E3")["facts"]
    for bound in (10, 0.1):
        # Three weight arrays, each bounded by itself.
        most = e3_clipping.RATE * bound * np.sqrt(3)
        assert 0 < facts[f"clipnorm {bound:g}: largest step"] <= most * 1.001
    assert facts["no clipping: largest step"] > 10 * facts["clipnorm 0.1: largest step"]


def test_clipping_decides_whether_it_learns(verdict) -> None:
    told = verdict("E3")
    facts = told["facts"]
    assert facts["no clipping: counts"] == {
        **facts["no clipping: counts"],
        "jumped": 4,
        "learnt": 0,
    }
    assert facts["clipnorm 0.1: counts"] == {"diverged": 0, "jumped": 0, "learnt": 4}
    assert np.allclose(facts["growth at gain 1.1"], 1.21, atol=0.06)
    assert np.allclose(facts["growth at gain 0.9"], 1.0, atol=0.06)
    assert len(told["pictures"]) == 3


# -- E4 ------------------------------------------------------------------------------------------


def forward(activation: str, name: str, seed: int, x: np.ndarray) -> list[float]:
    """Root mean square of each layer's outputs, in NumPy, from the row's own first weights."""
    keras.utils.set_random_seed(seed)
    found = []
    for layer in e4_initializers.build(name, activation).layers[:-1]:
        x = x @ np.asarray(layer.kernel, np.float64)
        if activation == "relu":
            x = np.maximum(x, 0)
        else:
            x = np.tanh(x) if activation == "tanh" else expit(x)
        found.append(np.sqrt(np.mean(x**2)))
    return found


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_outputs_are_those_of_a_plain_forward_pass(verdict, scaled_digits, activation) -> None:
    facts = verdict("E4")["facts"]
    for name in ("glorot_uniform", "he_normal", "large"):
        for seed in range(3):
            wanted = forward(activation, name, seed, scaled_digits)
            # The row looks at 256 of the rows.
            assert np.allclose(facts[f"{activation}: spread"][name][seed], wanted, rtol=0.1)


def test_he_keeps_the_size_under_relu_and_glorot_does_not(verdict) -> None:
    facts = verdict("E4")["facts"]
    for shape in ("uniform", "normal"):
        for name, factor in ((f"he_{shape}", 1.0), (f"glorot_{shape}", np.sqrt(0.5))):
            assert np.isclose(facts[f"relu, {name}: factor in theory"], factor, atol=1e-6)
            assert np.isclose(facts[f"relu, {name}: factor"][0], factor, rtol=0.06)
        accuracy = [np.mean(facts[f"relu, {x}_{shape}: val_accuracy"]) for x in ("he", "glorot")]
        assert accuracy[0] > accuracy[1]
    assert np.max(facts["relu, zeros: val_accuracy"]) < 0.2
    assert len(verdict("E4")["pictures"]) == 3


def test_the_length_map_is_that_of_wide_networks() -> None:
    """Against random networks of 1,000 units, with the same variance of sums."""
    rng, wide = np.random.default_rng(0), 1_000
    for activation, of in ACTIVATIONS.items():
        wanted = length_map(activation, 1.5 / 64, [0.8])
        x = np.full((1, wide), np.sqrt(0.8))
        for size in wanted:
            x = of(x @ rng.normal(0, np.sqrt(1.5 / wide), (wide, wide)))
            assert np.isclose(np.sqrt(np.mean(x**2)), size, rtol=0.15)


# -- E5 ------------------------------------------------------------------------------------------


def test_what_the_normalisations_give() -> None:
    x = np.random.default_rng(0).normal(3, 5, (32, 64)).astype("float32")
    whole = {kind: e5_normalization.normalization(kind, kind) for kind in ("batch", "layer")}
    for kind, axis in (("batch", 0), ("layer", 1)):
        found = np.asarray(whole[kind](x, training=True), np.float64)
        centred = x.astype(np.float64) - x.mean(axis=axis, keepdims=True, dtype=np.float64)
        wanted = centred / np.sqrt(np.mean(centred**2, axis=axis, keepdims=True) + 1e-3)
        assert np.allclose(found, wanted, atol=1e-4)
    of_two = np.asarray(whole["batch"](x[:2], training=True))
    assert np.allclose(
        of_two, np.sign(x[:2] - x[:2].mean(axis=0)), atol=0.02 + 0.98 * (np.abs(x[0] - x[1]) < 0.5)
    )


def test_the_normalised_cell_is_that_of_its_paper() -> None:
    """Equation 4 of Ba, Kiros and Hinton in NumPy, and the layer comes back from its file."""
    keras.utils.set_random_seed(0)
    layer = layers.RNN(NormalizedCell(4))
    x = np.random.default_rng(0).normal(size=(3, 5, 2)).astype("float32")
    found = np.asarray(layer(x))
    kernel, matrix, gain, offset = (np.asarray(w) for w in layer.get_weights())
    state = np.zeros((3, 4))
    for step in range(5):
        total = x[:, step] @ kernel + state @ matrix
        total = total - total.mean(axis=1, keepdims=True)
        total = total / np.sqrt(np.mean(total**2, axis=1, keepdims=True) + 1e-3)
        state = np.tanh(gain * total + offset)
    assert np.allclose(found, state, atol=1e-5)
    again = layers.RNN.from_config(layer.get_config())
    again.build(x.shape)
    again.set_weights(layer.get_weights())
    assert np.array_equal(np.asarray(again(x)), found)


def test_batches_of_two_are_no_place_for_batch_normalisation(verdict) -> None:
    told = verdict("E5")
    facts = told["facts"]
    of_two = {
        k: np.mean(facts[f"batches of 2, {k}: accuracy"], axis=0)
        for k in ("none", "batch", "layer")
    }
    assert facts["batches of 2, batch: trains"] == []
    assert of_two["batch"][0] < of_two["none"][0] - 0.2
    assert facts["batches of 2, layer: trains"] == [0.01]
    assert len(told["pictures"]) == 4


def test_normalised_networks_bear_higher_rates_and_other_first_weights(verdict) -> None:
    facts = verdict("E5")["facts"]
    weights = {
        k: np.mean(facts[f"first weights, rate 0.1, {k}: accuracy"], axis=0)
        for k in ("none", "batch", "layer")
    }
    for kind in ("batch", "layer"):
        assert weights[kind][0] > weights["none"][0] + 0.3  # deviation 0.01
    rates = {kind: facts[f"recurrent, {kind}: trains"] for kind in ("none", "layer inside")}
    assert set(rates["none"]) <= set(rates["layer inside"])
