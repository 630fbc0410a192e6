"""Gradients of a network's score at its input or at a layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from dure.core.arrays import Array, Tree, is_nested, row_count
from dure.core.backend import jax, jnp, keras
from dure.errors import DureError
from dure.inspection.network import batching
from dure.inspection.network.network import BATCH, INPUT, Call, Network
from dure.keras_bridge.layer_hooks import first, watch_layers, with_first
from dure.layers.encoding import MultiHot, OneHot

_VALUES = 1 << 24
"""Values of one place that a batch holds at most (64 MiB)."""

Reduce: TypeAlias = Callable[[Any, Any, Any], Any]
"""(values, gradients, values - baseline) of a batch -> what is kept of it, first axis rows."""


class Gradient(NamedTuple):
    """Scores, and what was kept of their gradients at one place of a network."""

    score: Array
    """Shape [rows]."""
    target: npt.NDArray[np.int64]
    """The output unit (the class, where one unit stands for two) of each score, shape [rows]."""
    kept: Array
    """What `reduce` gave, first axis rows."""


def slopes(values: Any, gradients: Any, difference: Any) -> Any:
    """Keeps the gradients themselves."""
    return gradients


def nothing(values: Any, gradients: Any, difference: Any) -> Any:
    """Keeps nothing but the scores; no gradient is then computed."""
    return jnp.zeros(len(values))


def gradient(
    network: Network,
    x: Tree,
    at: str = INPUT,
    target: npt.ArrayLike | None = None,
    *,
    reduce: Reduce = slopes,
    baseline: Array | None = None,
    fraction: npt.ArrayLike = 1.0,
) -> Gradient:
    """Gradient of each row's score with respect to the input or a layer's output.

    The score is one unit of the model's first output before a final softmax or sigmoid where
    it has one (Simonyan, Vedaldi and Zisserman 2014 take the unnormalised class score, since
    a probability also rises when other classes fall); otherwise the output itself. One unit
    that stands for two classes scores class 1, and its negative class 0. Outputs with further
    axes are summed over them.

    Parameters
    ----------
    x
        Inputs, first axis rows.
    at
        `INPUT` (a single input of floats) or a layer's name.
    target
        Output unit (or class) of each row, shape [rows] or one for all. None: the largest.
    reduce
        What is kept of values and gradients, so that large ones need not be held for all
        rows; a function of this module or another (not a new one each time: it is compiled).
    baseline, fraction
        The values are moved along the straight line from `baseline` (shape of one row's
        values; default 0) to where `fraction` (shape [rows] or one number) says: 0 is the
        baseline, 1 the values of `x`. Gradients are those at that point.

    Raises
    ------
    DureError
        For a target the output does not have, or integer inputs with `at` the input.
    """
    x = network.inputs(x)
    if at == INPUT and (is_nested(x) or x.dtype.kind != "f"):
        raise DureError(
            "the input is not one array of floats, so nothing can be differentiated by it; "
            "choose the first layer that makes floats of it, such as an Embedding."
        )
    rows, shape = row_count(x), network.shape(at, x)
    wanted = targets(network, target, x)
    program = _program(network, at, x, reduce)
    base = np.zeros(shape, np.float32) if baseline is None else np.asarray(baseline)
    along = np.broadcast_to(np.asarray(fraction, np.float32), (rows,))
    given = {"x": x, "along": along, "target": wanted}
    given = {name: tree for name, tree in given.items() if tree is not None}
    parts = []
    for part, kept in batching.batches(given, batch_size(network, at, x)):
        out = program(network.state(), part["x"], part.get("target"), base, part["along"])
        parts.append([batching.as_array(value)[:kept] for value in out])
    return Gradient(*(np.concatenate(several) for several in zip(*parts, strict=True)))


def batch_size(network: Network, at: str, x: Tree) -> int:
    """Rows of a batch where gradients are taken there."""
    return int(np.clip(_VALUES // max(1, int(np.prod(network.shape(at, x)))), 1, BATCH))


def targets(
    network: Network, target: npt.ArrayLike | None, x: Tree
) -> npt.NDArray[np.int32] | None:
    """Output unit (or class) of each row, shape [rows]; None for None.

    Raises
    ------
    DureError
        If these are not whole numbers, not as many as rows, or beyond the output's units.
    """
    if target is None:
        return None
    top, rows, given = head(network, x), row_count(x), np.asarray(target)
    units = 2 if top.binary else top.units
    whole = given.dtype.kind in "iub" or (given.dtype.kind == "f" and not np.any(given % 1))
    if given.shape not in ((), (1,), (rows,), (rows, 1)) or not whole:
        raise DureError(
            f"target is {given.dtype} of shape {given.shape}; pass one whole number, or one "
            f"for each of the {rows} rows."
        )
    wanted = np.broadcast_to(given.reshape(-1), (rows,)).astype(np.int32)
    if wanted.min() < 0 or wanted.max() >= units:
        raise DureError(
            f"target holds units from {wanted.min()} to {wanted.max()}; the output has "
            f"{units} (0 to {units - 1})."
        )
    return wanted


def _program(network: Network, at: str, x: Tree, reduce: Reduce) -> Any:
    top = head(network, x)
    chosen = {} if at == INPUT else {at: network.layers[at]}
    last = network.layers[top.layer] if top.layer else None

    def score(shift: Any, state: Any, rows: Tree, target: Any, base: Any, along: Any) -> Any:
        seen: dict[str, Any] = {}

        def move(name: str, inputs: Any, output: Any) -> Any:
            if name in seen:
                return output
            value = first(output)
            part = along.reshape(-1, *[1] * (value.ndim - 1)).astype(value.dtype)
            seen[name] = value + (part - 1) * (value - base.astype(value.dtype))
            seen["difference"] = value - base.astype(value.dtype)
            return with_first(output, seen[name] + shift)

        start = move(INPUT, None, rows) if at == INPUT else rows
        with batching.without_activation(last, top.call), watch_layers(chosen, move):
            out = first(network.apply(state, start))
        out = out.reshape(out.shape[0], -1, top.units).sum(axis=1)
        out = jnp.concatenate([-out, out], axis=-1) if top.binary else out
        target = jnp.argmax(out, axis=-1) if target is None else target
        each = jnp.take_along_axis(out, target[:, None], axis=-1)[:, 0]
        return each.sum(), (each, target, seen[at], seen["difference"])

    dtype = next((c.dtype for c in network.calls(x) if c.name == at), "float32")

    def program(state: Any, rows: Tree, target: Any, base: Any, along: Any) -> Any:
        zeros = jnp.zeros((len(along), *base.shape), dtype)
        slope, (each, unit, value, difference) = jax.grad(score, has_aux=True)(
            zeros, state, rows, target, base, along
        )
        return each, unit, reduce(value, slope, difference)

    return network.program(("gradient", at, reduce, top), lambda: program)


def place(network: Network, x: Tree) -> tuple[Array, str]:
    """Where gradients with respect to `x` are taken: the input itself, or the layer that makes
    vectors of its integers; and `x`, as floats in the first case.

    Raises
    ------
    DureError
        For several inputs, or inputs the model does not take.
    """
    x = network.inputs(x)
    if is_nested(x):
        raise DureError(
            f"{network.model.name!r} takes {len(x)} inputs; this view is of models with one. "
            "feature_maps and gradients take several."
        )
    for call in network.calls(x):
        if call.input_shape == (1, *x.shape[1:]) and _looks_up(network.layers[call.name], call):
            return x, call.name
    return x.astype(np.float32), INPUT


def _looks_up(layer: keras.Layer, call: Call) -> bool:
    """Whether a layer makes vectors of integers: Keras' and Dure's do, others if they get some.

    To Keras' other layers whole numbers are as good as floats.
    """
    if isinstance(layer, (keras.layers.Embedding, OneHot, MultiHot)):
        return True
    own = not type(layer).__module__.startswith("keras.") and not isinstance(layer, keras.Model)
    return own and "int" in call.input_dtype and "float" in call.dtype


def norms(values: Any, gradients: Any, difference: Any) -> Any:
    """Keeps the gradients' norms over the last axis."""
    return jnp.sqrt(jnp.square(gradients).sum(axis=-1)) if gradients.ndim > 2 else gradients


# How a model's first output comes about.


class Head(NamedTuple):
    """How a model's first output comes about."""

    layer: str
    """The layer whose activation is the last step, "" where there is none to leave out."""
    call: int
    activation: str
    """ "softmax", "sigmoid", or "" for any other."""
    shape: tuple[int, ...]
    """Without rows."""
    logits: bool
    """Whether the compiled loss takes the outputs as logits (``from_logits=True``)."""
    loss: str
    """Class or name of the compiled loss of that output; "" if not compiled."""

    @property
    def units(self) -> int:
        """Places on the last axis."""
        return self.shape[-1] if self.shape else 1

    @property
    def binary(self) -> bool:
        """One unit that stands for two classes."""
        cross_entropy = "binarycrossentropy" in self.loss.replace("_", "").lower()
        return self.units == 1 and (self.activation == "sigmoid" or cross_entropy)


def head(network: Network, x: Tree) -> Head:
    """How the model's first output comes about; computes nothing."""
    calls, shape = network.trace(network.inputs(x))
    last = [
        call for call in calls if call.is_output and batching.squashing(network.layers[call.name])
    ]
    loss = _first_loss(network.model)
    logits = bool(getattr(loss, "from_logits", False))
    told = "" if loss is None else getattr(loss, "__name__", type(loss).__name__)
    if not last:
        return Head("", -1, "", shape, logits, told)
    name, call = last[0].name, last[0].output_call
    return Head(name, call, batching.squashing(network.layers[name]), shape, logits, told)


def _first_loss(model: keras.Model) -> Any:
    """The compiled loss of the first output; None if there is none."""
    loss = getattr(model, "loss", None)
    if isinstance(loss, dict):
        names = getattr(model, "output_names", None) or list(loss)
        loss = loss.get(names[0])
    loss = first(loss) if loss else None
    return keras.losses.get(loss) if isinstance(loss, str) else loss
