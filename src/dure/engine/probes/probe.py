"""The probe: what goes on in each layer of a lane, measured between two rounds.

A program of its own, so that the training program stays what it is without it. One measurement
calls it twice on the same rows: at the lane's weights, and at those one step of the lane's own
optimizer further on. Nothing of the lane changes.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dure.core.arrays import Arrays
from dure.core.backend import jax, jnp
from dure.core.types import Floats
from dure.engine.probes.activity import activity_of, shares
from dure.engine.probes.gradients import FiniteSteps, Gradients, training_gradients
from dure.engine.program.round_data import lane_of, take_rows
from dure.keras_bridge.functional import Lowered
from dure.keras_bridge.layer_hooks import walk_layers, with_fixed_seeds
from dure.keras_bridge.model_state import Batch, ModelState

SHORTEST = 1e-4
"""Part of the weights' norm by which they move at least when the curvature is measured: with less,
the rounding of float32 would be all that is seen."""


class ProbeReading(NamedTuple):
    """What was measured of one lane at one epoch.

    Attributes
    ----------
    epoch
        Epochs done; 0 is before training.
    layers
        Shape [layers, quantities], in the order of the probe's `names` and of LAYER_QUANTITIES.
    lane
        Shape [quantities], in the order of LANE_QUANTITIES.
    """

    epoch: int
    layers: Floats
    lane: Floats


class _ProbeOutputs(NamedTuple):
    """What one call of the program gives for a lane."""

    outputs: Any  # float32 [layers, quantities of outputs]
    loss: Any
    scale: Any
    slopes: list[Any]  # gradients by the trainable weights, times scale
    weights: list[Any]  # trainable ones after one step


def layer_names(lowered: Lowered) -> tuple[str, ...]:
    """Names of all layers of a model that can be watched, in the model's own order."""
    return tuple(name for name, _ in walk_layers(lowered.model))


class Probe:
    """Measures lanes of one program.

    Parameters
    ----------
    lowered
        The model, whose functions are used and whose numbers are not.
    width
        Lanes measured in one call.
    """

    def __init__(self, lowered: Lowered, width: int = 1) -> None:
        self.width = width
        self.names: tuple[str, ...] = ()
        """Layers in the order of their first calls; known once compiled."""
        self.fault: str | None = None
        """Why the model cannot be measured; None if it can, as far as is known."""
        self.compilations = 0
        self._own: list[str] = []
        self.steps = FiniteSteps(lowered)
        """Single steps of the same model, for lanes that diverge."""
        self._lowered = lowered
        self._compiled: Any = None
        self._lock = threading.Lock()

    @property
    def ready(self) -> bool:
        """Whether it is known how, or that it cannot, be measured."""
        return self._compiled is not None or self.fault is not None

    def compile(self, state: ModelState, rows: Arrays, count: int) -> None:
        """Compile for `count` sampled rows, once; safe from any thread. Never raises.

        Parameters
        ----------
        state
            A lane's, without lane axis; only shapes and types are used, as of `rows`.
        """
        with self._lock:
            if self.ready:
                return
            layers = dict(walk_layers(self._lowered.model))
            try:
                self._compiled = self._compile(layers, state, rows, count)
                self.compilations += 1
            except Exception as error:  # whatever a model's own code raises
                self.fail(error)

    def fail(self, error: Exception) -> None:
        """Measure nothing more, for this reason."""
        line = str(error).strip().split("\n")[0]
        self.fault = f"{type(error).__name__}: {line}"[:300]

    def _compile(
        self, layers: Mapping[str, Any], state: ModelState, rows: Arrays, count: int
    ) -> Any:
        def spec(array: Any) -> Any:
            return jax.ShapeDtypeStruct((self.width, *array.shape), array.dtype)

        def look(state: ModelState, sample: Any, rows: Arrays) -> _ProbeOutputs:
            return self._look(layers, state, take_rows(rows, sample))

        def stacked(*args: Any) -> Any:
            if self.width > 1:
                return jax.vmap(look, in_axes=(0, 0, None))(*args)
            state, sample = lane_of(args[:2])
            return jax.tree.map(lambda a: a[None], look(state, sample, args[2]))

        states = jax.tree.map(spec, state)
        sample = jax.ShapeDtypeStruct((self.width, count), np.int32)
        with self._lowered.tracing(stacked=self.width > 1):
            traced = jax.jit(stacked).trace(states, sample, rows)
        return traced.lower().compile()

    def measure(self, states: ModelState, samples: Any, rows: Arrays) -> tuple[Any, Any]:
        """Measure `width` lanes.

        Parameters
        ----------
        states
            With a leading lane axis.
        samples
            int32 [lanes, rows], as many rows as :meth:`compile` was told.

        Returns
        -------
        float64 [lanes, layers, LAYER_QUANTITIES] and float64 [lanes, LANE_QUANTITIES].
        """
        here = self._compiled(states, samples, rows)
        old, new, slopes = (_flat(g) for g in (states.trainable, here.weights, here.slopes))
        moved = [n - o for n, o in zip(new, old, strict=True)]
        scale, loss = _host(here.scale), _host(here.loss)
        sums = {
            "gradient": [_dots(g, g) / scale**2 for g in slopes],
            "weight": [_dots(w, w) for w in old],
            "change": [_dots(d, d) for d in moved],
        }
        length, size = (np.sqrt(sum(sums[name])) for name in ("change", "weight"))
        with np.errstate(all="ignore"):
            stretch = np.fmax(1.0, np.where(length > 0, SHORTEST * size / length, 1.0))
            ahead, away = _ahead(states.trainable, here.weights, old, moved, stretch)
            there = self._compiled(states._replace(trainable=ahead), samples, rows)
            slope = sum(map(_dots, slopes, moved)) / scale
            # Along the very way taken: rounding makes it another than that of the step.
            rise = sum(map(_dots, _flat(there.slopes), away)) / _host(there.scale)
            rise = rise - sum(map(_dots, slopes, away)) / scale
            curvature = rise / sum(map(_dots, away, away))
            if np.isnan(loss).all():  # several losses, each with gradients of its own
                stretch, curvature = np.ones_like(stretch), np.full_like(curvature, np.nan)
            # A step too short for the difference of two losses in float32 is told by its parabola.
            gain = np.where(
                stretch > 1, slope + curvature * length**2 / 2, _host(there.loss) - loss
            )
            weights = self._of_weights(sums)
        table = np.concatenate([weights, _host(here.outputs)], axis=-1)
        return table, np.stack([loss, curvature, gain], axis=-1)

    def _of_weights(self, sums: dict[str, list[Floats]]) -> Floats:
        """The quantities of weights from sums over each, shape [lanes, layers, 3]."""
        rows = []
        for name in self.names:
            places = [place for place, owner in enumerate(self._own) if owner == name]
            parts = (np.sqrt(sum(sums[kind][p] for p in places)) for kind in sums)
            gradient, weight, change = parts if places else (np.full(self.width, np.nan),) * 3
            rows.append([gradient, weight, np.where(weight > 0, change / weight, np.nan)])
        return np.moveaxis(np.array(rows, np.float64), -1, 0)

    def _look(self, layers: Mapping[str, Any], state: ModelState, batch: Batch) -> _ProbeOutputs:
        model = self._lowered.model
        # What is measured at different moments drops out the same units.
        other = with_fixed_seeds(model, state.non_trainable)
        found = training_gradients(self._lowered, layers, state, batch, other)
        self._own = found.owners
        of_model = [owner for owner in self._own if owner == model.name]
        self.names = tuple(dict.fromkeys([*found.called, *of_model]))
        rows = [_outputs(layers, name, found) for name in self.names]
        outputs = jnp.stack([jnp.stack([_float(value) for value in row]) for row in rows])
        unknown = [jnp.full_like(w, jnp.nan) for w in state.trainable]
        slopes = [u if s is None else s for s, u in zip(found.slopes, unknown, strict=True)]
        inner = getattr(model.optimizer, "inner_optimizer", model.optimizer)
        # Most steps of an optimizer that accumulates change nothing, and which ones do says
        # nothing of the lane.
        accumulates = getattr(inner, "gradient_accumulation_steps", None)
        weights = unknown if accumulates else found.after.trainable
        return _ProbeOutputs(outputs, _float(found.loss), found.scale, slopes, weights)


def _outputs(layers: Mapping[str, Any], name: str, found: Gradients) -> tuple[Any, ...]:
    """A layer's activation quantities, over all its calls that give outputs of one shape."""
    calls = found.seen.get(name)
    if not calls:
        return (jnp.nan,) * 5
    same = [_float(v) for v in calls if v.shape[1:] == calls[0].shape[1:]]
    value = jnp.concatenate(same) if len(same) > 1 else same[0]
    gradient = jnp.sqrt(found.touched[name] / sum(v.size for v in calls)) / found.scale
    dead, saturated = shares(activity_of(layers[name]), value)
    return gradient, dead, saturated, value.mean(), value.std()


def _float(value: Any) -> Any:
    return jnp.asarray(value).astype(jnp.float32)


# Sums over weights are taken here and not in the program: each would be a loop of its own to
# compile, and a third of the compilation.


def _flat(arrays: list[Any]) -> list[npt.NDArray[np.float32]]:
    """Float32 [lanes, weights], one a variable."""
    return [np.asarray(a).reshape(len(a), -1).astype(np.float32, copy=False) for a in arrays]


def _dots(first: npt.NDArray[np.float32], second: npt.NDArray[np.float32]) -> Floats:
    """Inner products of each lane's row, [lanes]."""
    return np.array([np.dot(a, b) for a, b in zip(first, second, strict=True)], np.float64)


def _host(value: Any) -> Floats:
    return np.asarray(value, np.float64)


def _ahead(
    before: list[Any],
    after: list[Any],
    old: list[npt.NDArray[np.float32]],
    moved: list[npt.NDArray[np.float32]],
    stretch: Floats,
) -> tuple[list[Any], list[npt.NDArray[np.float32]]]:
    """Weights as many steps further on as `stretch` says, and how far they are away."""
    if (stretch == 1).all():
        return after, moved
    part = stretch.astype(np.float32)[:, None]
    ahead = [
        (o + part * d).astype(w.dtype).reshape(w.shape)
        for o, d, w in zip(old, moved, before, strict=True)
    ]
    return ahead, [a - o for a, o in zip(_flat(ahead), old, strict=True)]
