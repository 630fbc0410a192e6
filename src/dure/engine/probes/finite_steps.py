"""Single training steps that tell what is finite."""

from __future__ import annotations

import threading
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dure.core.backend import jax, jnp
from dure.engine.probes.gradients import is_float, training_gradients
from dure.engine.program.program import Rows, same_types, take_rows
from dure.keras_bridge.functional import Lowered, ModelState
from dure.keras_bridge.layer_hooks import walk


class _Finite(NamedTuple):
    """What of one step is finite, bool."""

    all: Any
    loss: Any
    outputs: list[Any]  # of each layer, in the order of calls
    gradients: list[Any]  # of each trainable weight
    weights: list[Any]  # after the step


class Steps:
    """Single training steps of a model that tell what is finite; compiled when first needed."""

    def __init__(self, lowered: Lowered) -> None:
        self._lowered = lowered
        self._layers = dict(walk(lowered.model))
        self._own: list[str] = []
        self._names: list[str] = []
        self._compiled: dict[int, Any] = {}
        self._lock = threading.Lock()

    def __call__(
        self, state: ModelState, batch: npt.NDArray[np.int32], rows: Rows
    ) -> tuple[ModelState, _Finite]:
        """Train on the rows of one batch; the new state, and what of the step is finite."""
        with self._lock:
            if len(batch) not in self._compiled:
                with self._lowered.tracing():
                    traced = jax.jit(self._step).trace(state, batch, rows)
                self._compiled[len(batch)] = traced.lower().compile()
        return self._compiled[len(batch)](state, batch, rows)  # type: ignore[no-any-return]

    def _step(self, state: ModelState, indices: Any, rows: Rows) -> tuple[ModelState, _Finite]:
        optimizer = self._lowered.model.optimizer
        found = training_gradients(
            self._lowered, self._layers, state, take_rows(rows, indices), state.non_trainable
        )
        weights, held = optimizer.stateless_apply(state.optimizer, found.slopes, state.trainable)
        self._names, self._own = found.called, found.owners
        finite = _Finite(
            jnp.bool_(True),
            jnp.isfinite(found.loss),
            [_finite(found.seen.get(name, [])) for name in self._names],
            # Mixed precision leaves out steps whose gradients overflow: they are no fault.
            [_finite([] if hasattr(optimizer, "inner_optimizer") else [s]) for s in found.slopes],
            [_finite([w]) for w in weights],
        )
        flags = jax.tree.leaves(finite)
        new = ModelState(list(weights), list(found.other), list(held))
        return same_types(new, state), finite._replace(all=jnp.stack(flags).all())

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
