"""Keras' own training loss with its gradients by weights and by every layer's output.

And single training steps that tell what of all this is finite.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from jax.extend.core import get_opaque_trace_state

from dure.core.arrays import Arrays
from dure.core.backend import jax, jnp, keras
from dure.core.metrics import find_losses
from dure.engine.probes.step_trace import Marks
from dure.engine.program.round_data import same_types, take_rows
from dure.keras_bridge.functional import Lowered
from dure.keras_bridge.layer_hooks import (
    first,
    owners_of,
    walk_layers,
    watch_layers,
    watch_optimizers,
    with_first,
)
from dure.keras_bridge.model_state import Batch, ModelState, flat_results
from dure.layers.tokens import tokens_of


class Gradients(NamedTuple):
    """One batch's loss and gradients.

    Attributes
    ----------
    loss
        Scalar, regularizers included; NaN if a step of the model's own has several, or none.
    losses
        Every loss of the step.
    slopes
        By each trainable weight, as the optimizer is given them: times `scale`. None for a weight
        whose gradient a step of the model's own does not let be seen.
    touched
        By layer the sum of squares of those by its outputs, over all its calls; times `scale` ** 2.
        NaN where they cannot be told from those of a gradient inside the loss.
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
    after
        The state after the step.
    """

    loss: Any
    losses: list[Any]
    slopes: list[Any]
    touched: dict[str, Any]
    scale: Any
    called: list[str]
    owners: list[str]
    seen: dict[str, list[Any]]
    after: ModelState


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
    if lowered.steps_itself:
        return _own_gradients(lowered, layers, state._replace(non_trainable=non_trainable), batch)
    model = lowered.model
    called: list[str] = []

    def loss(trainable: list[Any], tokens: dict[str, Any]) -> Any:
        seen: dict[str, list[Any]] = {}
        here = get_opaque_trace_state()

        def see(name: str, inputs: Any, output: Any) -> Any:
            if get_opaque_trace_state() != here:
                return output
            called.append(name)
            value = _watchable(output)
            if value is None:
                return output
            seen.setdefault(name, []).append(value)
            return with_first(output, _tap(value, tokens[name]))

        with watch_layers(layers, see):
            scaled, (unscaled, _, other, _) = model.compute_loss_and_updates(
                trainable,
                non_trainable,
                lowered.no_metrics,
                *batch,
                training=True,
                optimizer_variables=state.optimizer,
            )
        return scaled, (unscaled, seen, other)

    tokens = {name: jnp.zeros(()) for name in layers}
    (_, (value, seen, other)), (slopes, touched) = jax.value_and_grad(loss, (0, 1), has_aux=True)(
        state.trainable, tokens
    )
    weights, held = model.optimizer.stateless_apply(state.optimizer, slopes, state.trainable)
    after = ModelState(list(weights), list(other), list(held))
    called = list(dict.fromkeys(called))
    owners = _owners(model, layers, called)
    scale = _loss_scale(model, state)
    return Gradients(value, [value], slopes, touched, scale, called, owners, seen, after)


def _own_gradients(
    lowered: Lowered, layers: Mapping[str, Any], state: ModelState, batch: Batch
) -> Gradients:
    """As :func:`training_gradients`, of a step of the model's own: only watched from outside.

    Weights without a gradient that can be seen have None, layers NaN. With several optimizers each
    weight has what its own was handed last.
    """
    try:
        logs, after, called, named = _watch_step(lowered, layers, state, batch, True)
    except Exception:  # it differentiates forwards, which no gradient of one's own goes with
        logs, after, called, named = _watch_step(lowered, layers, state, batch, False)
    inner, slopes = named.get("inner slope", {}), named.get("slope", {})
    touched = {name: jnp.float32(jnp.nan) for name in layers}
    for name in slopes.keys() - inner.keys():
        squares = [jnp.sum(jnp.square(slope.astype(jnp.float32))) for slope in slopes[name]]
        touched[name] = jnp.stack(squares).sum()
    handed = named.get("gradient", {})
    losses = [logs[name].mean() for name in find_losses(logs) or logs]
    return Gradients(
        losses[0] if len(losses) == 1 else jnp.float32(jnp.nan),
        losses,
        [handed[place][-1] if place in handed else None for place in range(len(state.trainable))],
        touched,
        _loss_scale(lowered.model, state),
        called,
        _owners(lowered.model, layers, called),
        named.get("output", {}),
        after,
    )


def _watch_step(
    lowered: Lowered, layers: Mapping[str, Any], state: ModelState, batch: Batch, both_ways: bool
) -> tuple[dict[str, Any], ModelState, list[str], dict[str, dict[Any, list[Any]]]]:
    """What a step logs, the state after it, the layers it calls, and what was named in it."""
    marks = Marks(both_ways)
    called: dict[str, None] = {}

    def see(name: str, inputs: Any, output: Any) -> Any:
        called[name] = None
        value = _watchable(output)
        return output if value is None else with_first(output, marks.name_with_slope(name, value))

    def step(state: ModelState, batch: Batch) -> Any:
        see_gradient = partial(marks.name, "gradient")
        with watch_layers(layers, see), watch_optimizers(lowered.model, see_gradient):
            logs, after, _ = lowered.logged_step(state, lowered.no_metrics, batch)
        return {name: jnp.asarray(value) for name, value in flat_results(logs).items()}, after

    (logs, after), named = marks.run(step, state, batch)
    return logs, after, list(called), named


def _watchable(output: Any) -> Any:
    """A layer's output (first leaf) if gradients by it mean something; else None."""
    value = first(output)
    # A one-hot array stands for integers and would otherwise have to be made.
    return value if is_float(value) and tokens_of(value) is None else None


def is_float(value: Any) -> bool:
    """Whether this is an array of floats."""
    return hasattr(value, "dtype") and bool(jnp.issubdtype(value.dtype, jnp.floating))


def _loss_scale(model: keras.Model, state: ModelState) -> Any:
    mapping = list(zip(model.optimizer.variables, state.optimizer, strict=True))
    with keras.StatelessScope(state_mapping=mapping):
        return jnp.asarray(model.optimizer.scale_loss(jnp.ones(())), jnp.float32)


def _owners(model: keras.Model, layers: Mapping[str, Any], called: list[str]) -> list[str]:
    every = owners_of(model, layers)
    among_called = owners_of(model, {name: layers[name] for name in called})
    return [
        "" if found == model.name != own else found
        for own, found in zip(every, among_called, strict=True)
    ]


class _Finite(NamedTuple):
    """What of one step is finite, bool."""

    all: Any
    loss: Any
    outputs: list[Any]  # of each layer, in the order of calls
    gradients: list[Any]  # of each trainable weight
    weights: list[Any]  # after the step


class FiniteSteps:
    """Single training steps of a model that tell what is finite; compiled when first needed."""

    def __init__(self, lowered: Lowered) -> None:
        self._lowered = lowered
        self._layers = dict(walk_layers(lowered.model))
        self._own: list[str] = []
        self._names: list[str] = []
        self._compiled: dict[int, Any] = {}
        self._lock = threading.Lock()

    def __call__(
        self, state: ModelState, batch: npt.NDArray[np.int32], rows: Arrays
    ) -> tuple[ModelState, _Finite]:
        """Train on the rows of one batch; the new state, and what of the step is finite."""
        with self._lock:
            if len(batch) not in self._compiled:
                with self._lowered.tracing():
                    traced = jax.jit(self._step).trace(state, batch, rows)
                self._compiled[len(batch)] = traced.lower().compile()
        return self._compiled[len(batch)](state, batch, rows)  # type: ignore[no-any-return]

    def _step(self, state: ModelState, indices: Any, rows: Arrays) -> tuple[ModelState, _Finite]:
        scaled = hasattr(self._lowered.model.optimizer, "inner_optimizer")
        found = training_gradients(
            self._lowered, self._layers, state, take_rows(rows, indices), state.non_trainable
        )
        self._names, self._own = found.called, found.owners
        finite = _Finite(
            jnp.bool_(True),
            jnp.stack([jnp.isfinite(loss).all() for loss in found.losses]).all(),
            [_finite(found.seen.get(name, [])) for name in self._names],
            # Mixed precision leaves out steps whose gradients overflow: they are no fault.
            [_finite([] if scaled else [s]) for s in found.slopes],
            [_finite([w]) for w in found.after.trainable],
        )
        flags = jax.tree.leaves(finite)
        return same_types(found.after, state), finite._replace(all=jnp.stack(flags).all())

    def origin(self, finite: _Finite) -> tuple[str | None, str]:
        """The layer, and what of it, that was first not finite."""
        for name, fine in zip(self._names, finite.outputs, strict=True):
            if not fine:
                return name, "activation"
        gradient = self._nearest_output(finite.gradients)
        if not finite.loss:
            return gradient, "loss"
        if gradient is not None:
            return gradient, "gradient"
        return self._nearest_output(finite.weights), "weights"

    def _nearest_output(self, fine: list[Any]) -> str | None:
        """The last layer called that has a weight of which this is not finite."""
        lost = {name for name, is_fine in zip(self._own, fine, strict=True) if not is_fine}
        called = [name for name in self._names if name in lost]
        return called[-1] if called else next(iter(lost), None)


def _finite(values: list[Any]) -> Any:
    kept = [jnp.isfinite(value).all() for value in values if is_float(value)]
    return jnp.stack(kept).all() if kept else jnp.bool_(True)
