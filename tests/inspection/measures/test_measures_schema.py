"""Every measurement says what it is of, and lives through a NetCDF file."""

import numpy as np
import pytest
import xarray as xr

from dure.inspection.measures.agreement import agreement_of_predictions, matched_filters, stack
from dure.inspection.measures.embeddings import embedding_map, neighbours
from dure.inspection.measures.feature_maps import activations, feature_maps
from dure.inspection.measures.gradients import gradients
from dure.inspection.measures.memory import memory
from dure.inspection.measures.predictions import confusion, predictions
from dure.inspection.measures.saliency import grad_cam, saliency
from dure.inspection.measures.weights import kernels, untrained_twin, weights
from dure.inspection.network.network import Network

Y = np.array([0, 1, 2, 3, 0, 1, 2])
INDEX = {f"word{i}": i for i in range(1, 20)}


def _over_lanes(pictures, measure):
    networks = [pictures.network, Network(untrained_twin(pictures.model, 1))]
    return stack([measure(network) for network in networks], [("a", 0, 0), ("a", 1, 0)])


MEASURES = {
    "kernels": lambda p, t: kernels(p.network, "conv"),
    "weights": lambda p, t: weights(t.network, "both", t.network),
    "feature_maps": lambda p, t: feature_maps(p.network, "conv", p.x),
    "activations": lambda p, t: activations(p.network, p.x),
    "gradients": lambda p, t: gradients(p.network, p.x, Y),
    "saliency": lambda p, t: saliency(t.network, t.x, method="integrated", steps=40),
    "grad_cam": lambda p, t: grad_cam(p.network, p.x),
    "neighbours": lambda p, t: neighbours(t.network, ["word1", "word2"], word_index=INDEX),
    "embedding_map": lambda p, t: embedding_map(t.network, word_index=INDEX),
    "memory": lambda p, t: memory(t.network, t.x),
    "predictions": lambda p, t: predictions(p.network, p.x, Y, class_names=["a", "bc", "d", "é"]),
    "confusion": lambda p, t: confusion(p.network, p.x, Y),
    "matched_filters": lambda p, t: matched_filters(
        *[_over_lanes(p, lambda network: kernels(network, "conv"))] * 2
    ),
    "agreement_of_predictions": lambda p, t: agreement_of_predictions(
        _over_lanes(p, lambda network: predictions(network, p.x, Y))
    ),
}
OF_A_LAYER = {"kernels", "weights", "feature_maps", "saliency", "grad_cam", "neighbours"}
OF_A_LAYER |= {"embedding_map", "memory", "matched_filters"}


@pytest.mark.parametrize("kind", MEASURES)
def test_measurements_come_back_from_a_file(kind, pictures, text, tmp_path) -> None:
    found = MEASURES[kind](pictures, text)
    assert found.attrs["kind"] == kind and found.attrs["model"] in ("pictures", "text")
    assert ("layer" in found.attrs) == (kind in OF_A_LAYER)
    found.to_netcdf(tmp_path / "found.nc", engine="scipy")
    is_array = isinstance(found, xr.DataArray)
    read = xr.load_dataarray if is_array else xr.load_dataset
    again = read(tmp_path / "found.nc", engine="scipy")
    xr.testing.assert_equal(again, found)
    assert set(again.coords) == set(found.coords)
    for name, value in found.attrs.items():
        np.testing.assert_array_equal(again.attrs[name], value)
