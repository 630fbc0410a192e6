"""What a model is made of, and parts of it as models of their own."""

from __future__ import annotations

from typing import Any

import pandas as pd

from dure.core.arrays import Tree
from dure.core.backend import keras
from dure.errors import DureError
from dure.inspection.network.batching import activation_name
from dure.inspection.network.network import LayerLike, Network


def layers(network: Network, x: Tree | None = None) -> pd.DataFrame:
    """The layers of a model, those of inner models as "inner/name" after the model itself.

    Parameters
    ----------
    x
        Inputs, at least one row. Needed only for the output shapes of subclassed models.

    Returns
    -------
    Columns: name, class, output_shape (without rows, such as (28, 28, 8); None where it is not
    known without `x`), parameters (of inner models all of theirs), trainable, activation (""
    where there is none).
    """
    shapes = {} if x is None else {call.name: call.shape for call in network.calls(x)}
    rows = [
        {
            "name": name,
            "class": type(layer).__name__,
            "output_shape": shapes.get(name) or _shape(layer),
            "parameters": int(layer.count_params()) if layer.built else 0,
            "trainable": bool(layer.trainable),
            "activation": activation_name(layer),
        }
        for name, layer in network.layers.items()
    ]
    columns = ["name", "class", "output_shape", "parameters", "trainable", "activation"]
    return pd.DataFrame(rows, columns=columns)


def submodel(network: Network, layer: LayerLike) -> keras.Model:
    """A Keras model from the model's inputs to one layer's output, with the same weights.

    Parameters
    ----------
    layer
        A layer of the model or of an inner model; of one called several times the first call.

    Raises
    ------
    DureError
        If there is no such layer, or the model (or an inner one on the way) is subclassed and
        has no graph to cut; `feature_maps` gives such a layer's outputs as well.
    """
    name = network.find(layer)
    pieces = name.split("/")
    model = network.model
    output = _output(model, pieces, name)
    return keras.Model(_graph(model, name).input, output, name=f"{model.name}_to_{pieces[-1]}")


def _output(model: Any, pieces: list[str], name: str) -> Any:
    """The symbolic output of the layer at the end of this path, from the model's inputs."""
    graph = _graph(model, name)
    depths = graph._nodes_by_depth
    for node in (node for depth in sorted(depths, reverse=True) for node in depths[depth]):
        if node.operation.name != pieces[0]:
            continue
        if len(pieces) == 1:
            return node.outputs[0]
        inner = _output(node.operation, pieces[1:], name)
        part = keras.Model(_graph(node.operation, name).input, inner)
        return part(*node.arguments.args, **node.arguments.kwargs)
    raise DureError(f"{model.name!r} does not call {pieces[0]!r} on its way from input to output.")


def _graph(model: Any, name: str) -> Any:
    """The functional graph of a model."""
    functional = model._functional if isinstance(model, keras.Sequential) else model
    if not hasattr(functional, "_nodes_by_depth"):
        built = "has not been built" if isinstance(model, keras.Sequential) else "is subclassed"
        raise DureError(
            f"there is no sub-model up to {name!r}: {model.name!r} {built}, so it has no graph to "
            f"cut. feature_maps({name!r}, x) gives the outputs of that layer."
        )
    return functional


def _shape(layer: keras.Layer) -> tuple[int, ...] | None:
    """Output shape without rows where the layer stands in a graph."""
    nodes = getattr(layer, "_inbound_nodes", [])
    return tuple(nodes[0].outputs[0].shape[1:]) if nodes else None
