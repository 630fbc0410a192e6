"""Steps of lanes that Keras' ``fit`` drives: compiled once for all of them, or Keras' own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

from dure.core.backend import jax
from dure.keras_bridge.functional import Lowered
from dure.keras_bridge.own_steps import read_settings

Hear = Callable[[int], None]
"""Called with 1 when a compilation begins, and with -1 when it is over."""


class SharedSteps:
    """The two steps of a model as functions of its state, compiled once for each shape of batch.

    Parameters
    ----------
    lowered
        The model; its own numbers are not used, only its functions.
    """

    width = 1
    """Lanes trained in one call."""

    def __init__(self, lowered: Lowered) -> None:
        self.lowered = lowered
        self.compilations = 0
        """How often a step was compiled; a batch of another shape is another."""
        self._lock = threading.Lock()
        self._known: set[Any] = set()
        self._train = jax.jit(self._count(lowered.model.train_step), donate_argnums=0)
        self._test = jax.jit(self._count(lowered.model.test_step), donate_argnums=0)

    def trace(self, state: Any, batch: Any) -> Any:
        """The traced training step for a batch of these shapes; nothing is compiled."""
        with self.lowered.tracing():
            return jax.jit(self.lowered.model.train_step).trace(state, batch).jaxpr

    def install(self, model: Any, hear: Hear = lambda change: None) -> None:
        """Make these the steps that ``fit`` and ``evaluate`` of this model of a lane take."""
        known = read_settings(model)
        for kind, step in (("train", self._train), ("test", self._test)):
            shared = _several(self._shared(kind, step, hear), model)
            setattr(model, f"{kind}_function", _unless_changed(shared, model, kind, known))

    def _count(self, step: Callable[..., Any]) -> Callable[..., Any]:
        """The step, which is run by Python only while it is traced."""

        def traced(state: Any, batch: Any) -> Any:
            with self.lowered.tracing():
                self.compilations += 1
                return step(state, batch)

        return traced

    def _shared(self, kind: str, step: Callable[..., Any], hear: Hear) -> Callable[..., Any]:
        def run(state: Any, batch: Any) -> Any:
            leaves, structure = jax.tree.flatten(batch)
            shapes = tuple((leaf.shape, str(leaf.dtype)) for leaf in leaves)
            key = (kind, structure, shapes)
            if key in self._known:
                return step(state, batch)
            with self._lock:  # two lanes would both compile it
                hear(1)
                try:
                    done = step(state, batch)
                finally:
                    hear(-1)
                self._known.add(key)
            return done

        return run


class OwnSteps:
    """Keras' own steps, made by each lane's model for itself.

    Parameters
    ----------
    lowered
        The variant's first model.
    """

    width = 1
    """Lanes trained in one call."""

    def __init__(self, lowered: Lowered) -> None:
        self.lowered = lowered

    def install(self, model: Any, hear: Hear = lambda change: None) -> None:
        """Leave ``fit`` as it is."""


def _unless_changed(
    shared: Callable[..., Any], model: Any, kind: str, known: dict[str, Any]
) -> Callable[..., Any]:
    """A shared step, or Keras' own where a callback has set anything in Python before the first.

    Keras traces a step when it first calls it, and so with what was set by then.
    """
    checked = False

    def run(state: Any, batches: Iterator[Any]) -> Any:
        nonlocal checked
        if not checked and read_settings(model) != known:
            getattr(model, f"make_{kind}_function")(force=True)
            return getattr(model, f"{kind}_function")(state, batches)
        checked = True
        return shared(state, batches)

    return run


def _several(step: Callable[..., Any], model: Any) -> Callable[..., Any]:
    """A step as ``fit`` calls it: with an iterator, for as many batches as compile asked for."""

    def run(state: Any, batches: Iterator[Any]) -> Any:
        logs, state = step(state, next(batches))
        for _ in range(model.steps_per_execution - 1):
            try:
                batch = next(batches)
            except StopIteration:
                break
            logs, state = step(state, batch)
        return logs, state

    return run
