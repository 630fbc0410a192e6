"""Rows A7 to A11: sizes, penalties, folds, two layers, convolution by hand."""

import warnings
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Lasso, Ridge
from sklearn.preprocessing import StandardScaler

import dure
from dure.gallery.neurons import a8_l1_l2 as a8
from dure.gallery.neurons import a10_two_layers as a10
from dure.gallery.neurons import a11_convolution_by_hand as a11
from helpers.gallery_rows import run_quick


@pytest.fixture(scope="module")
def a7_verdict(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return run_quick("A7", tmp_path_factory.mktemp("a7"))


@pytest.fixture(scope="module")
def a8_verdict(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return run_quick("A8", tmp_path_factory.mktemp("a8"))


@pytest.fixture(scope="module")
def a9_verdict(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return run_quick("A9", tmp_path_factory.mktemp("a9"))


@pytest.fixture(scope="module")
def a10_verdict(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return run_quick("A10", tmp_path_factory.mktemp("a10"))


@pytest.fixture(scope="module")
def a11_verdict(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return run_quick("A11", tmp_path_factory.mktemp("a11"))


def test_a_small_network_underfits_and_a_large_one_overfits(a7_verdict) -> None:
    facts = {name: np.asarray(value) for name, value in a7_verdict["facts"].items()}
    assert facts["units"].tolist() == [2, 16, 256]
    training, end = facts["training_last_epoch"], facts["validation_last_epoch"]
    turn, epoch = facts["validation_where_it_turned"], facts["epoch"]
    assert training.shape == end.shape == turn.shape == epoch.shape == (3, 5)
    assert training[0].min() > 10 * training[2].max()
    assert (end >= turn).all() and (end[2] > turn[2]).all()
    assert epoch[2].mean() < epoch[1].mean() < 50  # a larger network turns earlier
    assert a7_verdict["pictures"] == ["loss.png", "loss-against-size.png"]


def _book(x: Any, y: Any, epochs: int, l1: float, l2: float) -> tuple[Any, float]:
    """The book's logistic neuron, one sample after the other, in float64."""
    w, b = np.ones(x.shape[1]), 0.0
    for _ in range(epochs):
        for row, target in zip(x, y, strict=True):
            a = 1 / (1 + np.exp(-(row @ w + b)))
            w_grad = -(target - a) * row + l1 * np.sign(w) + l2 * w
            w, b = w - 0.1 * w_grad, b + 0.1 * (target - a)
    return w, b


def test_penalties_equal_the_plain_loop(tmp_path) -> None:
    asked = a8.study(quick=True)
    strengths = {"l1 0.01": (0.01, 0.0), "l2 0.1": (0.0, 0.1), "both": (0.003, 0.02)}
    variants = {name: {"l1": a, "l2": b} for name, (a, b) in strengths.items()}
    # In the order of the rows, so that the plain loop need not know how Keras shuffles.
    asked = replace(asked, variants=variants, seeds=1, epochs=2, shuffle=False)
    result = asked.run(tmp_path / "run", progress=False)
    x = np.asarray(asked.data.x, np.float64)[:364]
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    for name, (l1, l2) in strengths.items():
        w, b = _book(x, np.asarray(asked.data.y)[:364], 2, l1, l2)
        kernel, bias = result.lane(name, 0).model("final").get_weights()
        np.testing.assert_allclose(kernel[:, 0], w, atol=1e-5, rtol=0)
        np.testing.assert_allclose(bias, [b], atol=1e-5, rtol=0)


def test_l1_empties_weights_and_l2_only_shrinks_them(a8_verdict) -> None:
    facts = {name: np.asarray(value) for name, value in a8_verdict["facts"].items()}
    l1, l2 = facts["logistic_l1_zeros"].mean(axis=1), facts["logistic_l2_zeros"].mean(axis=1)
    assert (np.diff(l1) > 0).all() and (l1 > l2).all() and l1[-1] > 20
    sizes = np.abs(facts["logistic_l2_weights"]).sum(axis=2).mean(axis=1)
    assert (np.diff(sizes) < 0).all()


def test_the_linear_neuron_is_lasso_and_ridge(a8_verdict) -> None:
    data = dure.data.diabetes()
    x, y = StandardScaler().fit_transform(np.asarray(data.x, np.float64)), np.asarray(data.y)
    lasso = [Lasso(a, tol=1e-8, max_iter=100_000).fit(x, y).coef_ for a in (0.3, 3, 30)]
    ridge = [Ridge(a * len(x)).fit(x, y).coef_ for a in (0.03, 0.3, 3)]
    for penalty, theirs in (("l1", lasso), ("l2", ridge)):
        ours = np.asarray(a8_verdict["facts"][f"linear_{penalty}_weights"])
        assert ours.shape == (3, 5, 10)
        off = np.abs(ours - np.array(theirs)[:, None])
        assert off.max() < 0.1  # of weights up to 28
    zeros = np.asarray(a8_verdict["facts"]["linear_l1_zeros"])
    assert (zeros == np.array([(w == 0).sum() for w in lasso])[:, None]).all()


def test_every_row_validates_once_and_the_scaler_leaks_little(a9_verdict) -> None:
    facts = a9_verdict["facts"]
    assert facts["times_validated"] == [1] * 455
    assert a9_verdict["lanes"] == 40
    mean, low, high = facts["accuracy"]
    assert low < mean < high and mean > 0.93
    _, low, high = facts["loss_leak"]
    assert low <= 0 <= high and max(map(abs, (low, high))) < 0.05
    assert len(facts["scaler_moved"]) == 10 and 0 < np.mean(facts["scaler_moved"]) < 0.05
    assert facts["chosen_epoch"][0] > 0  # the best epoch is chosen by what it judges


def test_two_layers_agree_with_mlpclassifier(a10_verdict) -> None:
    facts = a10_verdict["facts"]
    assert facts["parameters_two-classes"] == 30 * 10 + 10 + 10 + 1
    assert facts["parameters_ten-classes"] == 64 * 10 + 10 + 10 * 10 + 10
    for name in ("two-classes", "ten-classes"):
        assert len(facts[f"accuracy_{name}"]) == len(facts[f"peer_accuracy_{name}"]) == 10
        _, low, high = facts[f"difference_{name}"]
        assert low <= 0 <= high


@pytest.mark.parametrize("make", [a10.study, a10.digits_study], ids=["two", "ten"])
def test_same_weights_and_batches_give_mlpclassifiers_weights(make, tmp_path) -> None:
    asked = replace(make(quick=True), seeds=1, epochs=5, shuffle=False)
    lane = asked.run(tmp_path / "run", progress=False).lane(asked.variant_list[0].name, 0)
    keras.utils.set_random_seed(0)
    first = [np.array(w) for w in asked.build(**asked.variant_list[0].arguments).get_weights()]

    (split,) = asked.splits
    assert len(split.train) % 32 == 0
    x, y = np.asarray(asked.data.x, np.float64), np.asarray(asked.data.y)
    if make is a10.study:
        x = (x - x[split.train].mean(axis=0)) / x[split.train].std(axis=0)
    x, y = x[split.train], y[split.train]
    peer = a10.peer(0, 1).set_params(shuffle=False, warm_start=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        peer.set_params(learning_rate_init=1e-12).fit(x, y)  # makes the arrays
        for array, value in zip(
            (peer.coefs_[0], peer.intercepts_[0], peer.coefs_[1], peer.intercepts_[1]),
            first,
            strict=True,
        ):
            array[...] = value
        peer.set_params(learning_rate_init=0.1, max_iter=5, n_iter_no_change=100).fit(x, y)
    ours = lane.model("final").get_weights()
    theirs = (peer.coefs_[0], peer.intercepts_[0], peer.coefs_[1], peer.intercepts_[1])
    for mine, other, start in zip(ours, theirs, first, strict=True):
        assert np.abs(other - start).max() > 0.01  # it has learnt
        np.testing.assert_allclose(mine, other, atol=1e-5, rtol=0)


def test_every_step_is_drawn_and_agrees_with_scipy_and_keras(a11_verdict) -> None:
    facts, line, weights = a11_verdict["facts"], a11.LINE[0], a11.WEIGHTS[0]
    assert a11_verdict["lanes"] == 0 and len(a11_verdict["pictures"]) == 10
    for name, expected in {
        "correlation": signal.correlate(line, weights, "valid"),
        "convolution": signal.convolve(line, weights, "valid"),
        "same": signal.correlate(line, weights, "same"),
        "full": signal.correlate(line, weights, "full"),
    }.items():
        assert facts[name] == [expected.tolist()]
    assert facts["picture"] == signal.correlate2d(a11.PICTURE, a11.KERNEL, "valid").tolist()
    flipped = signal.convolve2d(a11.PICTURE, a11.KERNEL, "valid").tolist()
    assert facts["picture-convolution"] == flipped != facts["picture"]
    assert facts["picture-same"] == signal.correlate2d(a11.PICTURE, a11.KERNEL, "same").tolist()
    assert facts["max-pool"] == [[9, 6], [9, 9]]
    assert facts["average-pool"] == [[4.5, 3.25], [6, 6.25]]
    assert facts["off_keras"] == 0


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_loops_equal_scipy_on_any_array(data) -> None:
    side = st.integers(1, 4)
    kernel = data.draw(_array(data.draw(side), data.draw(side)))
    x = data.draw(_array(kernel.shape[0] + data.draw(side), kernel.shape[1] + data.draw(side)))
    for padding in ("valid", "full"):
        for ours, theirs in (
            (a11.cross_correlate, signal.correlate2d),
            (a11.convolve, signal.convolve2d),
        ):
            every = theirs(x, kernel, padding)
            assert (ours(x, kernel, padding).output == every).all()
            stride = data.draw(side)
            assert (ours(x, kernel, padding, stride).output == every[::stride, ::stride]).all()


@settings(max_examples=12, deadline=None)
@given(st.integers(1, 3), st.integers(1, 3), st.integers(4, 6), st.integers(1, 3))
def test_same_padding_is_keras_own(height, width, length, stride) -> None:
    random = np.random.default_rng([height, width, length, stride])
    x, kernel = random.normal(size=(length, 5)), random.normal(size=(height, width))
    ours = a11.cross_correlate(x, kernel, "same", stride).output
    inputs, weights = x[None, ..., None], kernel[..., None, None]
    theirs = keras.ops.conv(inputs, weights, strides=stride, padding="same")
    np.testing.assert_allclose(ours, np.asarray(theirs)[0, ..., 0], atol=1e-5)


@pytest.mark.parametrize(("size", "stride"), [(2, 2), (3, 1), (2, 3)])
def test_pooling_is_keras_own(size, stride) -> None:
    x = np.random.default_rng(0).normal(size=(6, 7)).astype(np.float32)
    for kind, operation in (("max", keras.ops.max_pool), ("mean", keras.ops.average_pool)):
        theirs = np.asarray(operation(x[None, ..., None], size, stride))[0, ..., 0]
        np.testing.assert_allclose(a11.pool(x, size, stride, kind).output, theirs, atol=1e-6)


def _array(height: int, width: int) -> st.SearchStrategy[Any]:
    row = st.lists(st.integers(-9, 9), min_size=width, max_size=width)
    return st.lists(row, min_size=height, max_size=height).map(lambda v: np.array(v, np.float64))
