"""A layer's arrays as Keras 1 and 2, Theano and cuDNN laid them out, as Keras 3 does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from dure.core.arrays import Array
from dure.keras_bridge.old_files.configs import Writer
from dure.keras_bridge.old_files.names import CLASSES
from dure.keras_bridge.old_files.record import Named

GATES = {"LSTM": "ifco", "ConvLSTM2D": "ifco", "GRU": "zrh"}
"""Gates in the order in which Keras 2 and 3 join them along the last axis."""
WRITTEN = {"LSTM": "icfo", "ConvLSTM2D": "icfo", "GRU": "zrh"}
"""And in the order in which Keras 1 wrote them, three arrays each."""


def convert(class_name: str, config: Any, named: Named, writer: Writer) -> list[Array]:
    """A layer's arrays as its class of Keras 3 has them.

    Parameters
    ----------
    class_name, config
        The layer as the file has it.
    named
        Its arrays, in the file's order.
    writer
        Who wrote the file.
    """
    inner: Any = config.get("layer") if isinstance(config, dict) else None
    if class_name == "Bidirectional":
        half = len(named.names) // 2
        parts = [Named(named.names[:half], named.arrays[:half])]
        parts.append(Named(named.names[half:], named.arrays[half:]))
        other = config.get("backward_layer") or inner
        return [
            array
            for layer, part in zip((inner, other), parts, strict=True)
            for array in convert(layer["class_name"], layer["config"], part, writer)
        ]
    if class_name == "TimeDistributed":
        return convert(inner["class_name"], inner["config"], named, writer)
    today = CLASSES.get(class_name, class_name)
    arrays = list(named.arrays)
    if writer.numbers[0] == 1:
        arrays = _from_first(today, config, Named(named.names, arrays))
    if class_name.startswith("CuDNN"):
        return _from_cudnn(today, arrays)
    if writer.backend == "theano":
        return _from_theano(today, arrays)
    return arrays


def old_counts(class_name: str, config: Any, count: int) -> set[int]:
    """How many arrays a file may hold for a layer that has `count` today."""
    if class_name == "Bidirectional":
        inner = config["layer"]
        halves = old_counts(inner["class_name"], inner["config"], count // 2)
        return {2 * each for each in halves}
    if class_name == "TimeDistributed":
        inner = config["layer"]
        return old_counts(inner["class_name"], inner["config"], count)
    gates = WRITTEN.get(class_name)
    return {count, 3 * len(gates)} if gates else {count}


def _from_first(today: str, config: Any, named: Named) -> list[Array]:
    """What Keras 1 wrote, with kernels as Keras 2 has them: rows, columns, input, output."""
    first = config.get("dim_ordering") == "th"
    if today in GATES and len(named.arrays) == 3 * len(GATES[today]):
        arrays = _join_gates(today, named, first)
    else:
        arrays = list(named.arrays)
    if today == "Conv1D":
        arrays[0] = _flat_kernel(arrays[0], config)
    elif today == "Conv2DTranspose":
        arrays[0] = arrays[0].transpose((2, 3, 0, 1) if first else (0, 1, 3, 2))
    elif first and today in ("Conv2D", "Conv3D", "SeparableConv2D"):
        arrays = [_channels_last(array) if array.ndim > 1 else array for array in arrays]
    return arrays


def _channels_last(kernel: Array) -> Array:
    """[output, input, rows, ...] as [rows, ..., input, output]."""
    return kernel.transpose((*range(2, kernel.ndim), 1, 0))


def _flat_kernel(kernel: Array, config: Any) -> Array:
    """[length, 1, input, output], or as the first releases had it [output, input, length, 1]."""
    length, filters = config["filter_length"], config["nb_filter"]
    if kernel.shape[:2] != (length, 1) or kernel.shape[3] != filters:
        kernel = kernel.transpose(2, 3, 1, 0)
    return kernel[:, 0]


def _join_gates(today: str, named: Named, first: bool) -> list[Array]:
    found: dict[tuple[str, str], Array] = {}
    order = [(kind, gate) for gate in WRITTEN[today] for kind in "WUb"]
    told = [re.search(r"_([WUb])_([a-z])(:0)?$", name) for name in named.names]
    if all(told):  # the names say it themselves
        order = [(match[1], match[2]) for match in told if match]
    for key, array in zip(order, named.arrays, strict=True):
        found[key] = _channels_last(array) if first and array.ndim > 1 else array
    return [np.concatenate([found[kind, gate] for gate in GATES[today]], axis=-1) for kind in "WUb"]


def _from_cudnn(today: str, arrays: Sequence[Array]) -> list[Array]:
    """cuDNN keeps each gate's matrices transposed, and a bias each for input and state."""
    kernel, recurrent, bias = arrays
    gates = len(GATES[today])

    def turned(matrix: Array, transpose: bool) -> Array:
        parts = np.split(matrix, gates, axis=1)
        return np.concatenate(
            [p.T if transpose else p.reshape(p.shape[::-1]).T for p in parts], axis=1
        )

    halves = bias.reshape(2, -1)
    joined = halves.sum(axis=0) if today == "LSTM" else halves
    return [turned(kernel, False), turned(recurrent, True), joined]


def _from_theano(today: str, arrays: list[Array]) -> list[Array]:
    """Theano convolves with kernels turned round, everybody else does not turn them.

    Keras turned them itself in depthwise and separable convolutions, so those are as they are.
    """
    count = 2 if today == "ConvLSTM2D" else int(today.startswith("Conv"))
    return [
        np.flip(array, tuple(range(array.ndim - 2))) if place < count else array
        for place, array in enumerate(arrays)
    ]
