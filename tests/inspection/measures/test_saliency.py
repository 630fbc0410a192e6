"""Saliency against finite differences, integrated gradients and Grad-CAM against plain twins."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dure.errors import DureError
from dure.inspection.measures.saliency import grad_cam, saliency
from dure.inspection.network import slopes
from dure.inspection.network.network import Network
from helpers import plain_numpy as plain


def _picture_scores(model, x):
    """Before softmax, in float64."""
    pooled = _pooled(_normed(model, x))
    return plain.dense(model.get_layer("classes"), pooled.reshape(len(x), -1))


def _normed(model, x):
    gamma, beta, mean, var = plain.weights(model.get_layer("norm"))
    out = plain.relu(plain.conv2d(model.get_layer("conv"), x))
    return (out - mean) / np.sqrt(var + model.get_layer("norm").epsilon) * gamma + beta


def _pooled(maps):
    return maps.reshape(len(maps), 3, 2, 3, 2, 3).max(axis=(2, 4))


def _chosen(scores, target):
    return scores[np.arange(len(scores)), target]


@pytest.mark.parametrize("target", [None, 2, [0, 1, 2, 3, 0, 1, 2]])
def test_gradients_of_pictures_equal_finite_differences(pictures, target) -> None:
    scores = _picture_scores(pictures.model, pictures.x.astype(np.float64))
    unit = scores.argmax(axis=1) if target is None else np.broadcast_to(target, 7)
    slope = plain.differences(
        lambda x: _chosen(_picture_scores(pictures.model, x), unit), pictures.x
    )
    found = saliency(pictures.network, pictures.x, target)
    assert found.dims == ("row", "height", "width", "channel")
    assert found.attrs["score"] == "before softmax" and found.attrs["method"] == "gradient"
    np.testing.assert_array_equal(found["target"], unit)
    np.testing.assert_allclose(found["score"], _chosen(scores, unit), atol=1e-4)
    np.testing.assert_allclose(found, slope, atol=1e-4)


def _text_scores(model, vectors):
    """Before the sigmoid, with the word vectors as input; the GRU by Keras' own cell arithmetic."""
    states = plain.lstm(model.get_layer("lstm"), vectors)
    both = model.get_layer("both")
    ends = [
        _gru(layer, states[:, ::way])
        for layer, way in ((both.forward_layer, 1), (both.backward_layer, -1))
    ]
    return plain.dense(model.get_layer("good"), np.concatenate(ends, axis=1))[:, 0]


def _gru(layer, x):
    """Last state; gates in Keras' order: update, reset, candidate (reset after the product)."""
    kernel, recurrent, bias = plain.weights(layer)
    state = np.zeros((len(x), recurrent.shape[0]))
    for step in range(x.shape[1]):
        given = np.split(x[:, step] @ kernel + bias[0], 3, axis=1)
        known = np.split(state @ recurrent + bias[1], 3, axis=1)
        update = plain.sigmoid(given[0] + known[0])
        reset = plain.sigmoid(given[1] + known[1])
        state = update * state + (1 - update) * np.tanh(given[2] + reset * known[2])
    return state


def test_gradients_of_words_are_norms_at_their_vectors(text) -> None:
    table = text.model.get_layer("words").get_weights()[0].astype(np.float64)
    slope = plain.differences(lambda v: _text_scores(text.model, v), table[text.x])
    found = saliency(text.network, text.x)
    assert found.dims == ("row", "step") and found.attrs["layer"] == "words"
    np.testing.assert_allclose(found, np.linalg.norm(slope, axis=-1), atol=1e-5)


def test_one_sigmoid_scores_two_classes(text) -> None:
    """Class 0 scores the negative; unasked the likelier class is taken."""
    scores = _text_scores(text.model, text.model.get_layer("words").get_weights()[0][text.x])
    no, yes, likelier = (
        saliency(text.network, text.x, target, "integrated", 40) for target in (0, 1, None)
    )
    np.testing.assert_allclose(yes["score"], scores, atol=1e-5)
    np.testing.assert_allclose(no, -yes, atol=1e-6)
    np.testing.assert_array_equal(likelier["target"], (scores > 0).astype(int))
    np.testing.assert_allclose(likelier["score"], np.abs(scores), atol=1e-5)


@pytest.fixture(scope="module")
def small() -> Network:
    import keras

    keras.utils.set_random_seed(8)
    layers = keras.layers
    return Network(
        keras.Sequential(
            [layers.Input((4,)), layers.Dense(6, activation="tanh"), layers.Dense(3)], name="small"
        )
    )


def _integrated_by_hand(network, x, unit, steps):
    """Midpoints; d score / d x = sum over hidden of v (1 - tanh^2) w, written out."""
    first, second = network.model.layers
    w, b = plain.weights(first)
    v, _ = plain.weights(second)
    total = np.zeros_like(x)
    for step in range(steps):
        hidden = np.tanh((step + 0.5) / steps * x @ w + b)
        for row in range(len(x)):
            total[row] += w @ ((1 - hidden[row] ** 2) * v[:, unit[row]]) / steps
    return total * x


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**31 - 1))
def test_integrated_gradients_equal_a_loop_with_the_gradient_by_hand(small, seed) -> None:
    x = np.random.default_rng(seed).normal(size=(3, 4)).astype(np.float32) * 2
    found = saliency(small, x, method="integrated", steps=32)
    expected = _integrated_by_hand(small, x.astype(np.float64), found["target"].values, 2000)
    np.testing.assert_allclose(found, expected, atol=2e-4)
    assert found.dims == ("row", "feature") and found.attrs["score"] == "output"


@pytest.mark.parametrize("name", ["pictures", "text", "nested"])
def test_integrated_gradients_sum_to_the_difference_of_scores(name, request) -> None:
    """Of scores known from elsewhere, at the input and at the baseline."""
    subject = request.getfixturevalue(name)
    model = subject.model
    found = saliency(subject.network, subject.x, 1, "integrated", 40)
    sums = found.values.reshape(len(found), -1).sum(axis=1)
    if name == "text":
        table = model.get_layer("words").get_weights()[0].astype(np.float64)
        ends = [_text_scores(model, table[tokens]) for tokens in (subject.x, 0 * subject.x)]
        np.testing.assert_array_equal(found.values[subject.x == 0], 0)
    elif name == "pictures":
        ends = [_picture_scores(model, x)[:, 1] for x in (subject.x, 0.0 * subject.x)]
    else:
        import keras

        part = keras.Model(model.inputs, model.get_layer("score").output)
        ends = [part.predict(x, verbose=0)[:, 1] for x in (subject.x, 0.0 * subject.x)]
    scale = np.abs(ends[0] - ends[1]).max()
    np.testing.assert_allclose(sums, ends[0] - ends[1], atol=0.02 * scale)
    np.testing.assert_allclose(
        found.attrs["gap"], np.abs(sums - (ends[0] - ends[1])).max(), atol=1e-4
    )


def test_points_and_rows_pass_in_batches_alike(pictures, monkeypatch) -> None:
    whole = saliency(pictures.network, pictures.x, 1, "integrated", 12)
    monkeypatch.setattr(slopes, "_VALUES", 5 * 64)  # five rows of 8 x 8 at once
    parts = saliency(Network(pictures.model), pictures.x, 1, "integrated", 12)
    np.testing.assert_allclose(parts, whole, atol=1e-6)


@pytest.mark.parametrize("kind", ["image", "table"])
def test_whole_numbers_count_as_floats_where_nothing_looks_them_up(kind, pictures, small) -> None:
    subject, shape = (pictures.network, (3, 8, 8, 1)) if kind == "image" else (small, (3, 4))
    x = np.random.default_rng(0).integers(0, 5, shape).astype(np.uint8)
    np.testing.assert_array_equal(saliency(subject, x), saliency(subject, x.astype(np.float32)))


def test_one_hot_and_multi_hot_tokens_have_a_value_each() -> None:
    """On a linear network the value of a step is the weight of its token."""
    import keras

    from dure.layers import MultiHot, OneHot

    tokens = np.array([[0, 3, 1, 3], [2, 1, 4, 0]])
    model = keras.Sequential([keras.layers.Input((4,)), MultiHot(5), keras.layers.Dense(1)])
    weight = model.layers[1].get_weights()[0][:, 0]
    expected = np.where(tokens > 0, weight[tokens], 0)
    for method in ("gradient", "integrated"):
        found = saliency(Network(model), tokens, method=method)
        assert found.dims == ("row", "step")
        np.testing.assert_allclose(found, expected, rtol=1e-5)
    hot = keras.Sequential([OneHot(5), keras.layers.Flatten(), keras.layers.Dense(1)])
    found = saliency(Network(hot), tokens)
    kernel = hot.layers[-1].get_weights()[0].reshape(4, 5)
    np.testing.assert_allclose(found[0], np.linalg.norm(kernel, axis=1), rtol=1e-5)


def test_token_vectors_are_found_behind_vectors_of_places() -> None:
    """The Embedding of places reads no tokens, though it is called first."""
    import keras

    class Both(keras.layers.Layer):
        def __init__(self):
            super().__init__(name="both")
            self.place = keras.layers.Embedding(5, 2, name="place")
            self.token = keras.layers.Embedding(9, 2, name="token")

        def call(self, x):
            return self.place(keras.ops.arange(5)) + self.token(x)

    model = keras.Sequential([Both(), keras.layers.GlobalAveragePooling1D(), keras.layers.Dense(1)])
    found = saliency(Network(model), np.arange(10).reshape(2, 5) % 9)
    assert found.attrs["layer"] == "both/token" and found.shape == (2, 5)


def _cam_by_differences(maps, scores):
    """Grad-CAM with each map's mean slope by central differences of the scores."""
    slope = plain.differences(scores, maps).mean(axis=(1, 2))
    return plain.relu(np.einsum("rhwc,rc->rhw", maps, slope))


@pytest.mark.parametrize("name", ["pictures", "nested"])
def test_grad_cam_equals_a_plain_twin(name, request) -> None:
    network, x = request.getfixturevalue(name)
    model, unit, start = network.model, np.arange(len(x)) % 3, x.astype(np.float64)
    if name == "pictures":
        maps = _pooled(_normed(model, start))
        layer, last = "pool", model.get_layer("classes")
        scores = lambda m: _chosen(plain.dense(last, m.reshape(len(x), -1)), unit)  # noqa: E731
    else:
        first, deep = model.get_layer("conv"), network.layers["eyes/core/deep"]
        maps = plain.conv2d(deep, plain.relu(plain.conv2d(first, start)))
        layer, last = "eyes/core/deep", model.get_layer("score")
        scores = lambda m: _chosen(plain.dense(last, plain.relu(m).mean((1, 2))), unit)  # noqa: E731
    found = grad_cam(network, x, layer, unit)
    assert found.dims == ("row", "height", "width") and found.attrs["layer"] == layer
    expected = _cam_by_differences(maps, scores)
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert (expected > 0).any()


def test_grad_cam_takes_the_last_maps_unasked(pictures, nested) -> None:
    assert grad_cam(pictures.network, pictures.x).attrs["layer"] == "drop"
    assert grad_cam(nested.network, nested.x).attrs["layer"] == "eyes/cut"


def test_grad_cam_of_a_convolution_over_words() -> None:
    import keras

    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((6,)),
            layers.Embedding(9, 3),
            layers.Conv1D(4, 2, name="line"),
            layers.GlobalMaxPooling1D(),
            layers.Dense(2, name="out"),
        ]
    )
    x = np.random.default_rng(3).integers(1, 9, (4, 6))
    found = grad_cam(Network(model), x, target=1)
    assert found.dims == ("row", "step") and found.attrs["layer"] == "line"
    part = keras.Model(model.inputs, model.get_layer("line").output)
    maps = part.predict(x, verbose=0).astype(np.float64)
    slope = plain.differences(
        lambda m: plain.dense(model.get_layer("out"), m.max(axis=1))[:, 1], maps
    ).mean(axis=1)
    np.testing.assert_allclose(found, plain.relu(np.einsum("rsc,rc->rs", maps, slope)), atol=1e-4)


def test_the_score_is_taken_before_the_last_of_two_calls() -> None:
    """A sigmoid layer that also feeds itself keeps its sigmoid on the way."""
    import keras

    layer = keras.layers.Dense(3, activation="sigmoid")
    start = keras.layers.Input((3,))
    network = Network(keras.Model(start, layer(layer(start))))
    x = np.random.default_rng(0).normal(size=(2, 3)).astype(np.float32)
    kernel, bias = plain.weights(layer)
    scores = plain.sigmoid(x @ kernel + bias) @ kernel + bias
    np.testing.assert_allclose(saliency(network, x, 1)["score"], scores[:, 1], atol=1e-5)
    assert layer.activation is keras.activations.sigmoid


def test_outputs_at_several_steps_score_their_sum() -> None:
    import keras

    dense = keras.layers.Dense(4)
    network = Network(keras.Sequential([keras.layers.Input((3, 2)), dense]))
    found = saliency(network, np.ones((2, 3, 2), np.float32), 1)
    assert found.dims == ("row", "step", "feature")
    kernel = dense.get_weights()[0]
    np.testing.assert_allclose(found, np.broadcast_to(kernel[:, 1], (2, 3, 2)), rtol=1e-6)


def test_views_that_cannot_be_are_told(pictures, branches, text, small) -> None:
    network, x = pictures
    cases = [
        (lambda: saliency(network, x, 4), "units from 4 to 4.*has 4 .0 to 3"),
        (lambda: saliency(network, x, [1, 2]), "one for each of the 7 rows"),
        (lambda: saliency(network, x, [1, 2], "integrated"), "one for each of the 7 rows"),
        (lambda: saliency(network, x, 0.5), "pass one whole number"),
        (lambda: saliency(network, x, method="gradiant"), "mean 'gradient'"),
        (lambda: saliency(network, x, method="integrated", steps=0), "steps is 0"),
        (lambda: saliency(branches.network, branches.x), "takes 2 inputs"),
        (lambda: grad_cam(network, x, "flat"), "'flat' gives no maps.*conv, norm"),
        (lambda: grad_cam(small, np.ones((1, 4))), "no layer with maps.*saliency"),
        (lambda: slopes.gradient(text.network, text.x), "first layer that makes floats"),
    ]
    for view, words in cases:
        with pytest.raises(DureError, match=words):
            view()
