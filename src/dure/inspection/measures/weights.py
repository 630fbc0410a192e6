"""Weights of layers: kernels as pictures would be laid out, and all weights beside fresh ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import xarray as xr

from dure.core.arrays import Array, Tree, is_nested
from dure.core.backend import keras
from dure.data.random_state import keep_generators
from dure.errors import DureError
from dure.inspection.network.axes import attributes
from dure.inspection.network.network import INPUT, LayerLike, Network
from dure.keras_bridge.layer_hooks import walk_layers

_AXES: dict[type, tuple[str, ...]] = {
    keras.layers.Conv1D: ("step", "channel", "filter"),
    keras.layers.Conv2D: ("height", "width", "channel", "filter"),
    keras.layers.DepthwiseConv1D: ("step", "channel", "filter"),
    keras.layers.DepthwiseConv2D: ("height", "width", "channel", "filter"),
    keras.layers.Dense: ("input", "unit"),
}
_PASSING = (
    keras.layers.Flatten,
    keras.layers.Reshape,
    keras.layers.Dropout,
    keras.layers.GaussianNoise,
    keras.layers.Rescaling,
    keras.layers.Normalization,
)
"""Layers that leave each pixel a place of its own, in the order of the picture."""


def kernels(network: Network, layer: LayerLike, x: Tree | None = None) -> xr.DataArray:
    """The kernels of a convolution or the weights of a Dense layer.

    Parameters
    ----------
    layer
        Conv1D, Conv2D, their depthwise kin, or Dense.
    x
        Inputs, at least one row: the shape of pictures, for Dense layers of subclassed models.

    Returns
    -------
    Conv2D: dims (height, width, channel, filter); Conv1D: (step, channel, filter); depthwise
    convolutions alike (`filter` counts the filters of one channel); Dense: (input, unit), and
    (height, width, channel, unit) where it reads a picture that was only flattened, reshaped or
    rescaled on its way from the model's input.

    Raises
    ------
    DureError
        If there is no such layer, it has no kernels (with the names of those that have), or the
        model is not built.
    """
    name = network.find(layer)
    if x is not None:
        network.inputs(x)
    found = network.layers[name]
    axes = _kernel_axes(found)
    if axes is None:
        having = [other for other, one in network.layers.items() if _kernel_axes(one)]
        raise DureError(
            f"{name!r} ({type(found).__name__}) has no kernels; these layers have: "
            f"{', '.join(having) or 'none of this model'}. weights({name!r}) shows any weights."
        )
    if not found.built:
        raise DureError(f"{name!r} has no kernels yet: the model is not built; pass x as well.")
    values = np.asarray(found.kernel, np.float32)
    if axes == ("input", "unit") and (picture := _picture(network, name, x)):
        values = values.reshape(*picture, values.shape[-1])
        axes = ("height", "width", "channel", "unit")
    return xr.DataArray(
        values, dims=axes, attrs=attributes(network, "kernels", name), name="kernels"
    )


def _kernel_axes(layer: keras.Layer) -> tuple[str, ...] | None:
    if isinstance(layer, (keras.layers.Conv1DTranspose, keras.layers.Conv2DTranspose)):
        return None  # their kernels lie the other way round: one for each channel they read
    return next((axes for kind, axes in _AXES.items() if isinstance(layer, kind)), None)


def _picture(network: Network, name: str, x: Tree | None) -> tuple[int, int, int] | None:
    """Height, width and channels of the picture whose pixels are a Dense layer's inputs."""
    shape = _input_shape(network.model, x)
    if shape is None or len(shape) not in (2, 3) or None in shape:
        return None
    pixels: list[Any] = []
    found: list[bool] = []

    def see(layer: str, inputs: Any, output: Any) -> None:
        if layer == INPUT:
            pixels.append(output)
        elif layer == name:
            found.append(any(inputs is each for each in pixels))
        elif isinstance(network.layers.get(layer), _PASSING) and any(
            inputs is each for each in pixels
        ):
            pixels.append(output)

    network.visit(np.zeros((1, *shape), np.float32), see)
    size = int(np.prod(shape))
    if not any(found) or network.layers[name].kernel.shape[0] != size:
        return None
    return (*shape, 1) if len(shape) == 2 else shape


def _input_shape(model: keras.Model, x: Tree | None) -> Any:
    """Shape of one row of a single input; None where it is not known or there are several."""
    if x is not None:
        return None if is_nested(x) else np.asarray(x).shape[1:]
    inputs = getattr(model, "inputs", None)
    return tuple(inputs[0].shape[1:]) if inputs and len(inputs) == 1 else None


def weights(network: Network, layer: LayerLike, untrained: Network | None = None) -> xr.Dataset:
    """All weights of a layer, beside those of an untrained network where one is given.

    Parameters
    ----------
    layer
        Any layer with weights; an inner model gives all of its own.
    untrained
        A network of the same architecture, such as `Network(untrained_twin(model, seed))`.

    Returns
    -------
    One variable per weight, such as "kernel", "recurrent_kernel", "bias" (with its inner layer
    before a dot where a name comes twice: "forward_lstm.kernel"); dims (source, <name>_0,
    <name>_1, ...), `source` "trained" and, if given, "untrained". Each variable's attributes:
    `mean` and `std` of the trained weights, `shape` such as "3 x 3 x 1 x 8".

    Raises
    ------
    DureError
        If there is no such layer, it has no weights (with the names of those that have), or the
        untrained network has other shapes.
    """
    name = network.find(layer)
    own = _named_weights(network.layers[name])
    if not own:
        having = [other for other, one in network.layers.items() if one.weights]
        raise DureError(
            f"{name!r} ({type(network.layers[name]).__name__}) has no weights; these layers "
            f"have: {', '.join(having) or 'none; the model may not be built'}."
        )
    sources = {"trained": own}
    if untrained is not None:
        # By place: a model made a second time gets other automatic names.
        place = list(network.layers).index(name)
        sources["untrained"] = _named_weights(list(untrained.layers.values())[place])
        if [v.shape for v in own.values()] != [v.shape for v in sources["untrained"].values()]:
            raise DureError(f"the untrained network has other weights than {name!r}; build alike.")
    variables = {}
    for key, values in own.items():
        stacked = [values]
        if untrained is not None:
            stacked.append(list(sources["untrained"].values())[list(own).index(key)])
        attrs = {
            "mean": float(values.mean()),
            "std": float(values.std()),
            "shape": " x ".join(map(str, values.shape)),
        }
        dims = ("source", *(f"{key}_{axis}" for axis in range(values.ndim)))
        variables[key] = xr.Variable(dims, np.stack(stacked), attrs)
    return xr.Dataset(
        variables, coords={"source": list(sources)}, attrs=attributes(network, "weights", name)
    )


def _named_weights(layer: keras.Layer) -> dict[str, Array]:
    """Values by name: the last part of a weight's path, with as much before it as tells apart."""
    paths = [str(variable.path).split("/") for variable in layer.weights]
    values = [np.asarray(variable, np.float32) for variable in layer.weights]
    names: list[str] = []
    for path in paths:
        length = next(
            n
            for n in range(1, len(path) + 1)
            if n == len(path) or sum(other[-n:] == path[-n:] for other in paths) == 1
        )
        names.append(".".join(_without_cells(path[-length:])))
    if len(set(names)) < len(names):
        names = [f"{name}.{place}" for place, name in enumerate(names)]
    return dict(zip(names, values, strict=True))


def _without_cells(path: list[str]) -> list[str]:
    return [part for part in path[:-1] if not part.endswith("_cell")] + path[-1:]


def untrained_twin(
    model: keras.Model, seed: int, build: Callable[[], keras.Model] | None = None
) -> keras.Model:
    """A model of the same architecture with fresh weights.

    Where `build` made the model under `keras.utils.set_random_seed(seed)`, as a study does, the
    twin is that model before its training. Without `build` the architecture comes from the
    model's configuration, with every initialiser that has no seed of its own drawn afresh.
    Normalization layers keep their statistics: these are data, not training.

    Parameters
    ----------
    model
        Built.
    seed
        For `keras.utils.set_random_seed`; the random state of Python and NumPy is put back.
    build
        Makes the model; arguments bound (`functools.partial`).

    Raises
    ------
    DureError
        If the model cannot be made from its configuration (a subclass without `get_config`), or
        the twin has other weights than the model.
    """
    with _seeded(seed):
        twin = _from_config(model) if build is None else build()
        if not twin.built and model.built and (config := model.get_build_config()):
            twin.build_from_config(config)
    if [w.shape for w in twin.weights] != [w.shape for w in model.weights]:
        raise DureError(
            f"the untrained twin of {model.name!r} has other weights than the model. It must be "
            "built (give it an Input) and made by the same function with the same arguments."
        )
    if build is not None:
        twin = _renamed(model, twin)
    pairs = zip(Network(model).layers.values(), Network(twin).layers.values(), strict=True)
    for known, fresh in pairs:
        if isinstance(known, keras.layers.Normalization):
            fresh.set_weights(known.get_weights())
            fresh.finalize_state()
    return twin


def _renamed(model: keras.Model, twin: keras.Model) -> keras.Model:
    """The twin with the model's names for layers, which Keras numbers anew at each build.

    As it is where the model cannot be made from its configuration.
    """
    if [name for name, _ in walk_layers(model)] == [name for name, _ in walk_layers(twin)]:
        return twin
    try:
        alike = _from_config(model)
    except DureError:
        return twin
    if not alike.built and (config := model.get_build_config()):
        alike.build_from_config(config)
    alike.set_weights(twin.get_weights())
    return alike


def _from_config(model: keras.Model) -> keras.Model:
    try:
        return type(model).from_config(model.get_config())
    except Exception as error:  # whatever a user's class raises
        raise DureError(
            f"{model.name!r} cannot be made again from its configuration, so it has no untrained "
            "twin: pass build=..., the function that makes it, or give its class get_config. "
            f"({type(error).__name__}: {error})"
        ) from error


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    with keep_generators():
        keras.utils.set_random_seed(seed)
        yield
