"""Agreement over lanes: the same filters in another order are found, random ones as chance."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from dure.errors import DureError
from dure.inspection.measures.agreement import agreement_of_predictions, matched_filters, stack
from dure.inspection.measures.feature_maps import feature_maps
from dure.inspection.measures.memory import memory
from dure.inspection.measures.predictions import predictions
from dure.inspection.measures.weights import kernels, untrained_twin
from dure.inspection.network.network import Network

LANES = [("a", 0, 0), ("a", 1, 0)]


def _permuted(model, order, signs):
    """The same network with its convolution's filters in another order."""
    twin = untrained_twin(model, 0)
    weights = [np.asarray(each) for each in model.get_weights()]
    weights[0] = weights[0][..., order] * signs
    weights[1] = weights[1][order] * signs
    twin.set_weights(weights)
    return Network(twin)


def test_permuted_filters_are_all_found(pictures) -> None:
    order = np.array([2, 0, 1])
    other = _permuted(pictures.model, order, np.ones(3))
    for measure in (
        lambda network: feature_maps(network, "conv", pictures.x),
        lambda network: kernels(network, "conv"),
    ):
        found = matched_filters(stack([measure(pictures.network), measure(other)], LANES))
        assert found["found_in"].values.tolist() == [2, 2, 2]
        np.testing.assert_allclose(found["similarity"], 1.0, atol=1e-5)
        np.testing.assert_array_equal(order[found["match"][:, 1]], [0, 1, 2])
        assert found["seed"].values.tolist() == [0, 1] and found.attrs["lanes"] == 2


def test_filters_with_turned_signs_are_found_by_their_kernels(pictures) -> None:
    other = _permuted(pictures.model, np.arange(3), np.array([1.0, -1.0, -1.0]))
    stacked = stack([kernels(n, "conv") for n in (pictures.network, other)], LANES)
    assert matched_filters(stacked)["found_in"].values.tolist() == [2, 2, 2]


def _random(seed, lanes=4, samples=400, filters=6):
    values = np.random.default_rng(seed).normal(size=(lanes, samples, filters))
    return xr.DataArray(values, dims=("lane", "row", "unit"))


def _named(words):
    return xr.DataArray([1.0, 2.0], dims="word", coords={"word": list(words)})


def _plain_matching(one, other):
    """Every order tried; |correlation| by NumPy."""
    from itertools import permutations

    size = one.shape[1]
    alike = np.abs(np.corrcoef(one.T, other.T)[:size, size:])
    best = max(permutations(range(size)), key=lambda p: sum(alike[i, p[i]] for i in range(size)))
    return alike, list(best)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**31 - 1))
def test_matching_is_the_best_of_all_orders(seed) -> None:
    stacked = _random(seed, lanes=2, samples=8, filters=4)
    found = matched_filters(stacked, threshold=0.5)
    alike, best = _plain_matching(*stacked.values)
    np.testing.assert_array_equal(found["match"][:, 1], best)
    np.testing.assert_allclose(found["similarity"][:, 1], alike[np.arange(4), best], atol=1e-9)
    np.testing.assert_array_equal(found["found_in"], (found["similarity"] >= 0.5).sum("lane"))


def test_random_filters_agree_as_much_as_chance() -> None:
    found = matched_filters(_random(0), _random(1))
    assert (found["found_in"] == 1).all() and (found["found_by_chance"] == 1).all()
    away = found["similarity"][:, 1:].mean() - found["chance"][:, 1:].mean()
    assert abs(away) < 0.02


def test_dead_filters_are_like_nothing() -> None:
    stacked = _random(0, lanes=2)
    stacked[:, :, 2] = 0.1 + 0.2  # not exactly its own mean
    found = matched_filters(stacked)
    assert found["similarity"].values[2].tolist() == [0, 0] and found["found_in"][2] == 0


def test_another_reference_looks_for_its_own_filters() -> None:
    stacked = _random(3, lanes=3)
    stacked[2] = stacked[0].values[:, ::-1]
    found = matched_filters(stacked, reference=2)
    assert found["match"].values[:, 0].tolist() == [5, 4, 3, 2, 1, 0]
    assert found["found_in"].values.tolist() == [2] * 6


def test_stacked_predictions_are_in_the_order_of_rows(pictures) -> None:
    y = np.array([0, 1, 2, 3, 0, 1, 2])
    other = Network(untrained_twin(pictures.model, 9))
    networks = [pictures.network, other, other]
    lanes = [*LANES, ("a", 2, 0)]
    stacked = stack([predictions(n, pictures.x, y) for n in networks], lanes)
    given = np.stack([n.model.predict(pictures.x, verbose=0).argmax(axis=1) for n in networks])
    np.testing.assert_array_equal(stacked["predicted"].sortby("row"), given)
    found = agreement_of_predictions(stacked)
    for row in found["row"].values:
        votes = np.bincount(given[:, row], minlength=4)
        one = found.sel(row=row)
        assert one["majority"] == votes.argmax() and one["true"] == y[row]
        np.testing.assert_allclose(one["share"], votes.max() / 3)
        np.testing.assert_array_equal(one["votes"], votes)
    assert (np.diff(found["share"]) >= 0).all()


def test_networks_of_one_architecture_can_share_programs(pictures) -> None:
    """Each with its own weights; the second compiles nothing."""
    first, second = Network(pictures.model), Network(untrained_twin(pictures.model, 1))
    feature_maps(first, "conv", pictures.x)
    second.share(first)
    found = feature_maps(second, "conv", pictures.x)
    assert first._programs["outputs", ("conv",)]._cache_size() == 1
    np.testing.assert_array_equal(found, feature_maps(Network(second.model), "conv", pictures.x))
    assert not np.array_equal(found, feature_maps(first, "conv", pictures.x))


def test_numbers_without_rows_are_stacked_too() -> None:
    import keras

    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.layers.Input((9, 1)), keras.layers.SimpleRNN(2)])
    networks = [Network(model), Network(untrained_twin(model, 4))]
    found = stack([memory(n, np.ones((2, 9, 1))) for n in networks], LANES)
    assert found["horizon"].dims == ("lane",) and found["size"].dims == ("lane", "row", "distance")


def test_what_cannot_be_compared_is_told(pictures) -> None:
    one = stack([kernels(pictures.network, "conv")], LANES[:1])
    cases = [
        (lambda: matched_filters(one), "1 lanes came"),
        (lambda: matched_filters(_random(0), reference=9), "reference is 9"),
        (lambda: matched_filters(_random(0).rename(unit="step")), "dims came as"),
        (lambda: matched_filters(_random(0), _random(0, lanes=2)), "a twin for each lane"),
        (lambda: stack([], []), "0 measurements and 0 lanes"),
        (lambda: agreement_of_predictions(xr.Dataset()), "not stacked predictions"),
        (lambda: stack([_random(0), _random(0, filters=5)], LANES), "differently"),
        (lambda: stack([_named("ab"), _named("ac")], LANES), "differently.*'word'"),
    ]
    for view, words in cases:
        with pytest.raises(DureError, match=words):
            view()
