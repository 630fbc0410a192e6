"""What of a layer's output counts as dead or saturated, by its activation."""

from __future__ import annotations

from typing import Any, NamedTuple

from dure.core.backend import jnp, keras

FLAT = 0.01
"""A squashing activation is saturated within this share of its range's half from its limits."""

CONSTANT = 1e-6
"""A unit whose outputs differ by no more than this share of their size is constant."""

_SELU_LIMIT = 1.7580993408473766  # scale * alpha of Klambauer et al. (2017)

_LIMITS: dict[Any, tuple[float, float]] = {
    keras.activations.tanh: (-1.0, 1.0),
    keras.activations.hard_tanh: (-1.0, 1.0),
    keras.activations.softsign: (-1.0, 1.0),
    keras.activations.sigmoid: (0.0, 1.0),
    keras.activations.hard_sigmoid: (0.0, 1.0),
    keras.activations.elu: (-1.0, float("inf")),
    keras.activations.selu: (-_SELU_LIMIT, float("inf")),
}
_ZERO = (keras.activations.relu, keras.activations.relu6)
_OWN_LAYERS = (keras.layers.ReLU, keras.layers.LeakyReLU, keras.layers.PReLU, keras.layers.ELU)
"""Layers that are an activation themselves."""


class Activity(NamedTuple):
    """How to look at a layer's output.

    Attributes
    ----------
    axis
        That of the units: channels of a convolution, the last one else.
    counts_dead
        Whether a unit can be dead at all: of layers with an activation, softmax left out.
    dead_at_zero
        Whether a dead unit gives exactly 0 (relu); else one is dead that gives a constant.
    limits
        Where the activation is flat, (low, high); None where it is nowhere.
    """

    axis: int
    counts_dead: bool
    dead_at_zero: bool
    limits: tuple[float, float] | None


def activity_of(layer: Any) -> Activity:
    """How to look at this layer's output; of wrapped layers that of the layer inside.

    A recurrent layer is told by its cell's activation, at its output: of an LSTM that is
    tanh times its output gate, so that it is saturated only where the gate is open.
    """
    axis = 1 if getattr(layer, "data_format", None) == "channels_first" else -1
    known, function = _activation(layer)
    if (
        not known
        or function is keras.activations.softmax
        or isinstance(function, keras.layers.Softmax)
    ):
        return Activity(axis, False, False, None)
    at_zero = function in _ZERO or (
        isinstance(function, keras.layers.ReLU) and _flat_at_zero(function)
    )
    limits = _LIMITS.get(function)
    if isinstance(function, keras.layers.ELU):
        limits = (-float(function.alpha), float("inf"))
    return Activity(axis, True, at_zero, limits)


def _activation(layer: Any) -> tuple[bool, Any]:
    """Whether a layer has an activation, and which: a function or one of Keras' layers."""
    if isinstance(layer, keras.layers.Bidirectional):
        return _activation(layer.forward_layer)
    if isinstance(layer, keras.layers.Wrapper):
        return _activation(layer.layer)
    if isinstance(layer, keras.layers.RNN):
        cell = layer.cell
        return _activation(
            cell.cells[-1] if isinstance(cell, keras.layers.StackedRNNCells) else cell
        )
    if isinstance(layer, _OWN_LAYERS):
        return True, layer
    if not hasattr(layer, "activation"):
        return False, None
    function = layer.activation
    if isinstance(function, keras.layers.Activation):
        function = function.activation
    return True, function


def _flat_at_zero(layer: Any) -> bool:
    return not layer.negative_slope and not layer.threshold


def shares(activity: Activity, value: Any) -> tuple[Any, Any]:
    """Shares of dead units and of saturated outputs, NaN where they mean nothing.

    Parameters
    ----------
    value
        A layer's output in float32, first axis rows.
    """
    return _dead(activity, value), _saturated(activity, value)


def _dead(activity: Activity, value: Any) -> Any:
    axis = activity.axis % value.ndim
    others = tuple(i for i in range(value.ndim) if i != axis)
    outputs_each = value.size // max(1, value.shape[axis])
    if not activity.counts_dead or value.ndim < 2 or outputs_each < 2:
        return jnp.float32(jnp.nan)
    high, low = value.max(axis=others), value.min(axis=others)
    size = jnp.maximum(jnp.abs(high), jnp.abs(low))
    dead = size == 0 if activity.dead_at_zero else high - low <= CONSTANT * size
    return dead.mean(dtype=jnp.float32)


def _saturated(activity: Activity, value: Any) -> Any:
    if activity.limits is None:
        return jnp.float32(jnp.nan)
    low, high = activity.limits
    if high == float("inf"):
        flat = value < low * (1 - FLAT)
    else:
        margin = FLAT * max(abs(low), abs(high))
        flat = (value < low + margin) | (value > high - margin)
    return flat.mean(dtype=jnp.float32)
