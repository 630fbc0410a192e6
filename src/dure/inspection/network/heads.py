"""How a model's first output comes about: its last activation, and what its loss makes of it."""

from __future__ import annotations

from typing import Any, NamedTuple

from dure.core.arrays import Tree
from dure.core.backend import keras
from dure.inspection.network import batching
from dure.inspection.network.network import Network
from dure.keras_bridge.layer_hooks import first


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
