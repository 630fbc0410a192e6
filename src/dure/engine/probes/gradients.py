"""Keras' own training loss with its gradients by weights and by every layer's output."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from jax.extend.core import get_opaque_trace_state

from dure.core.backend import jax, jnp, keras
from dure.keras_bridge.functional import Batch, Lowered, ModelState
from dure.keras_bridge.layer_hooks import first, owners_of, watched, with_first
from dure.layers.tokens import tokens_of


class Gradients(NamedTuple):
    """One batch's loss and gradients.

    Attributes
    ----------
    loss
        Scalar, regularizers included.
    slopes
        By each trainable weight, as the optimizer is given them: times `scale`.
    touched
        By layer the sum of squares of those by its outputs, over all its calls; times `scale` ** 2.
    scale
        What mixed precision multiplies the loss with; else 1.
    called
        Layers in the order of their first calls, those inside others before these. One that is
        called inside a loop or a compiled function of another cannot be seen.
    owners
        For each trainable weight the innermost called layer that has it; the model's name for one
        of its own, "" for one of a layer that is never called.
    seen
        By layer its outputs (first leaf, if of floats), one a call.
    other
        The non-trainable variables afterwards.
    """

    loss: Any
    slopes: list[Any]
    touched: dict[str, Any]
    scale: Any
    called: list[str]
    owners: list[str]
    seen: dict[str, list[Any]]
    other: list[Any]


@jax.custom_vjp
def _tap(value: Any, token: Any) -> Any:
    """`value`, whose gradient's sum of squares becomes the gradient of `token`."""
    return value


_tap.defvjp(
    lambda value, token: (value, None),
    lambda _, slope: (slope, jnp.sum(jnp.square(slope.astype(jnp.float32)))),
)


def training_gradients(
    lowered: Lowered,
    layers: Mapping[str, Any],
    state: ModelState,
    batch: Batch,
    non_trainable: list[Any],
) -> Gradients:
    """Gradients of a step of training, for tracing inside :meth:`Lowered.tracing`.

    Parameters
    ----------
    layers
        Those to be watched, by name.
    non_trainable
        Taken instead of those of `state`.
    """
    model = lowered.model
    called: list[str] = []

    def loss(trainable: list[Any], tokens: dict[str, Any]) -> Any:
        seen: dict[str, list[Any]] = {}
        here = get_opaque_trace_state()

        def see(name: str, inputs: Any, output: Any) -> Any:
            if get_opaque_trace_state() != here:
                return output
            called.append(name)
            value = first(output)
            # A one-hot array stands for integers and would otherwise have to be made.
            if not is_float(value) or tokens_of(value) is not None:
                return output
            seen.setdefault(name, []).append(value)
            return with_first(output, _tap(value, tokens[name]))

        with watched(layers, see):
            scaled, (unscaled, _, other, _) = model.compute_loss_and_updates(
                trainable,
                non_trainable,
                lowered.initial_metrics,
                *batch,
                training=True,
                optimizer_variables=state.optimizer,
            )
        return scaled, (unscaled, seen, other)

    tokens = {name: jnp.zeros(()) for name in layers}
    (_, (value, seen, other)), (slopes, touched) = jax.value_and_grad(loss, (0, 1), has_aux=True)(
        state.trainable, tokens
    )
    mapping = list(zip(model.optimizer.variables, state.optimizer, strict=True))
    with keras.StatelessScope(state_mapping=mapping):
        scale = jnp.asarray(model.optimizer.scale_loss(jnp.ones(())), jnp.float32)
    called = list(dict.fromkeys(called))
    return Gradients(
        value, slopes, touched, scale, called, _owners(model, layers, called), seen, other
    )


def _owners(model: keras.Model, layers: Mapping[str, Any], called: list[str]) -> list[str]:
    every = owners_of(model, layers)
    among_called = owners_of(model, {name: layers[name] for name in called})
    return [
        "" if found == model.name != own else found
        for own, found in zip(every, among_called, strict=True)
    ]


def is_float(value: Any) -> bool:
    """Whether this is an array of floats."""
    return hasattr(value, "dtype") and bool(jnp.issubdtype(value.dtype, jnp.floating))
