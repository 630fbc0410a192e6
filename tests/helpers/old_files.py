"""Whole-model HDF5 files as Keras 1.2, 2.0, 2.2, 2.4, 2.8 and 2.12 wrote them, written by hand.

The arguments of each layer and the names of its arrays are those of real files of that version.
"""

import json
from typing import Any, NamedTuple

import h5py
import numpy as np

Layer = dict[str, Any]


def before(version: str, major: int, minor: int) -> bool:
    """Whether a version, such as "2.12.0", is older than another."""
    return tuple(map(int, version.split(".")[:2])) < (major, minor)


class OldFile(NamedTuple):
    """What a file holds."""

    version: str
    backend: str
    """ "" as in Keras 1, which wrote none."""
    config: Any
    """Of a Sequential model, a list of layers or its arguments; of others, their arguments."""
    groups: dict[str, list[tuple[str, np.ndarray]]]
    """Arrays by layer, with their names."""
    compiled: dict[str, Any] | None = None

    def write(self, path) -> None:
        class_name = "Sequential"
        if isinstance(self.config, dict) and "input_layers" in self.config:
            class_name = "Model" if before(self.version, 2, 3) else "Functional"
        with h5py.File(path, "w") as file:
            group = file.create_group("model_weights")
            for target in (file, group) if self.backend else (file,):
                target.attrs["keras_version"] = self.version.encode()
                if self.backend:
                    target.attrs["backend"] = self.backend.encode()
            model = {"class_name": class_name, "config": self.config}
            file.attrs["model_config"] = json.dumps(model).encode()
            if self.compiled is not None:
                file.attrs["training_config"] = json.dumps(self.compiled).encode()
            group.attrs["layer_names"] = [name.encode() for name in self.groups]
            for name, arrays in self.groups.items():
                inner = group.create_group(name)
                inner.attrs["weight_names"] = [each.encode() for each, _ in arrays]
                for each, array in arrays:
                    inner.create_dataset(each, data=np.asarray(array, np.float32))


def layer(class_name: str, name: str, nodes: list[Any] | None = None, **config: Any) -> Layer:
    """A layer of a list; with `nodes` one of a graph, each node a list of the layers before."""
    made = {"class_name": class_name, "config": {"name": name, "trainable": True, **config}}
    return made if nodes is None else {**made, "name": name, "inbound_nodes": nodes}


def graph(name: str, layers: list[Layer], inputs: list[str], outputs: list[list[Any]]) -> Any:
    """Arguments of a model with nodes."""
    ends = {"input_layers": [[each, 0, 0] for each in inputs], "output_layers": outputs}
    return {"name": name, "layers": layers, **ends}


# --- Keras 1.2 ------------------------------------------------------------------------------

_FIRST = {
    "init": "glorot_uniform",
    "W_regularizer": None,
    "b_regularizer": None,
    "activity_regularizer": None,
    "W_constraint": None,
    "b_constraint": None,
    "bias": True,
}


def first_input(*shape: int, dtype: str = "float32") -> Layer:
    return {"batch_input_shape": [None, *shape], "input_dtype": dtype}


def first_dense(name: str, units: int, activation: str = "linear", **more: Any) -> Layer:
    return layer("Dense", name, output_dim=units, activation=activation, **{**_FIRST, **more})


def first_conv(name: str, filters: int, size: tuple[int, int], **more: Any) -> Layer:
    rows, columns = size
    given = {"activation": "linear", "border_mode": "valid", "subsample": [1, 1], **_FIRST, **more}
    return layer("Convolution2D", name, nb_filter=filters, nb_row=rows, nb_col=columns, **given)


def first_recurrent(class_name: str, name: str, units: int, **more: Any) -> Layer:
    given = {
        "return_sequences": False,
        "go_backwards": False,
        "stateful": False,
        "unroll": False,
        "consume_less": "cpu",
        "input_length": None,
        "output_dim": units,
        "init": "glorot_uniform",
        "inner_init": "orthogonal",
        "activation": "tanh",
        "inner_activation": "hard_sigmoid",
        "W_regularizer": None,
        "U_regularizer": None,
        "b_regularizer": None,
        "dropout_W": 0.2,
        "dropout_U": 0.0,
        **({"forget_bias_init": "one"} if class_name == "LSTM" else {}),
    }
    return layer(class_name, name, **{**given, **more})


# --- Keras 2 --------------------------------------------------------------------------------


def _filler(kind: str, version: str) -> Layer:
    if kind != "kernel":
        return {"class_name": {"recurrent": "Orthogonal"}.get(kind, "Zeros"), "config": {}}
    if before(version, 2, 3):
        spread = {"scale": 1.0, "mode": "fan_avg", "distribution": "uniform", "seed": None}
        return {"class_name": "VarianceScaling", "config": spread}
    return {"class_name": "GlorotUniform", "config": {"seed": None}, "shared_object_id": 1}


def _second(version: str, *kinds: str) -> Layer:
    kinds = (*kinds, "bias")
    return {
        **({} if before(version, 2, 3) else {"dtype": "float32"}),
        "use_bias": True,
        "activity_regularizer": None,
        **{f"{kind}_initializer": _filler(kind, version) for kind in kinds},
        **{f"{kind}_regularizer": None for kind in kinds},
        **{f"{kind}_constraint": None for kind in kinds},
    }


def dense(version: str, name: str, units: int, activation: str = "linear", **more: Any) -> Layer:
    given = {"units": units, "activation": activation, **_second(version, "kernel")}
    return layer("Dense", name, **{**given, **more})


def conv(version: str, class_name: str, name: str, kind: str = "kernel", **more: Any) -> Layer:
    given = {
        "strides": [1, 1],
        "padding": "valid",
        "data_format": "channels_last",
        "dilation_rate": [1, 1],
        "activation": "linear",
        **({} if before(version, 2, 4) else {"groups": 1}),
        **_second(version, kind),
    }
    return layer(class_name, name, **{**given, **more})


def recurrent(version: str, class_name: str, name: str, units: int, **more: Any) -> Layer:
    old = before(version, 2, 3)
    given = {
        "return_sequences": False,
        "return_state": False,
        "go_backwards": False,
        "stateful": False,
        "unroll": False,
        "units": units,
        "activation": "tanh",
        "recurrent_activation": "hard_sigmoid" if old else "sigmoid",
        **_second(version, "kernel", "recurrent"),
        "dropout": 0.0,
        "recurrent_dropout": 0.0,
        "implementation": 1 if old else 2,
        **({} if old else {"time_major": False}),
        **({"unit_forget_bias": True} if class_name == "LSTM" else {}),
    }
    return layer(class_name, name, **{**given, **more})


def normalization(version: str, name: str, axis: Any = -1) -> Layer:
    return layer(
        "BatchNormalization",
        name,
        axis=axis,
        momentum=0.99,
        epsilon=0.001,
        center=True,
        scale=True,
        **{
            f"{kind}_initializer": {"class_name": filler, "config": {}}
            for kind, filler in (
                ("beta", "Zeros"),
                ("gamma", "Ones"),
                ("moving_mean", "Zeros"),
                ("moving_variance", "Ones"),
            )
        },
        beta_regularizer=None,
        gamma_regularizer=None,
        beta_constraint=None,
        gamma_constraint=None,
    )


def input_layer(name: str, *shape: int, graph: bool = False) -> Layer:
    given = {"batch_input_shape": [None, *shape], "dtype": "float32", "sparse": False}
    made = {"class_name": "InputLayer", "config": {**given, "ragged": False, "name": name}}
    return {**made, "name": name, "inbound_nodes": []} if graph else made
