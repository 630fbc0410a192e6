"""What passes through layers and optimizers in a training step of a model's own.

Such a step differentiates where and what it likes, so nothing can be returned from inside. Values
are given names instead while the step is traced, and what is so named becomes an output of the
traced program, wherever it was differentiated.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from jax.ad_checkpoint import checkpoint_name
from jax.extend.core import get_opaque_trace_state, jaxpr_as_fun

from dure.core.backend import jax, jnp
from dure.keras_bridge.functional import Lowered
from dure.keras_bridge.layer_hooks import first, watch_layers, watch_optimizers, with_first
from dure.keras_bridge.model_state import Batch, ModelState, flat_results
from dure.layers.tokens import tokens_of

_PREFIX = "dure:"


class SeenStep(NamedTuple):
    """A step, and what was seen in it.

    Attributes
    ----------
    logs
        What the step logged, by name.
    after
        The state after it.
    called
        Layers in the order of their first calls.
    outputs
        By layer the outputs (first leaf, if of floats) of its calls.
    slopes
        By layer the gradients by these outputs; of a layer through which the loss itself
        differentiates, as a gradient penalty does, there are none.
    gradients
        By each trainable weight what an optimizer was handed last; None if that was not seen.
    """

    logs: dict[str, Any]
    after: ModelState
    called: list[str]
    outputs: dict[str, list[Any]]
    slopes: dict[str, list[Any]]
    gradients: list[Any]


class _Mark(NamedTuple):
    """What a named value is."""

    kind: str
    owner: Any


class _Marks:
    """Names values while a step is traced."""

    def __init__(self, both_ways: bool) -> None:
        self.known: list[_Mark] = []
        self.called: list[str] = []
        self._both_ways = both_ways
        self._here: Any = None

    def begin(self) -> None:
        """The step begins: gradients taken in this very trace are those of its losses."""
        self._here = get_opaque_trace_state()

    def layer(self, name: str, inputs: Any, output: Any) -> Any:
        """For :func:`watch_layers`."""
        self.called.append(name)
        value = first(output)
        # A one-hot array stands for integers and would otherwise have to be made.
        if not is_float(value) or tokens_of(value) is not None:
            return output
        value = self._name(value, _Mark("output", name))
        return with_first(output, self._named_back(value, name) if self._both_ways else value)

    def weight(self, place: int, gradient: Any) -> Any:
        """For :func:`watch_optimizers`."""
        return self._name(gradient, _Mark("gradient", place))

    def _name(self, value: Any, mark: _Mark) -> Any:
        self.known.append(mark)
        return checkpoint_name(value, f"{_PREFIX}{len(self.known) - 1}")

    def _named_back(self, value: Any, name: str) -> Any:
        """`value`, whose gradient is named once it comes."""

        @jax.custom_vjp
        def same(value: Any) -> Any:
            return value

        def back(_: None, slope: Any) -> tuple[Any]:
            kind = "slope" if get_opaque_trace_state() == self._here else "inner slope"
            return (self._name(slope, _Mark(kind, name)),)

        same.defvjp(lambda value: (value, None), back)
        return same(value)


def see_step(
    lowered: Lowered, layers: Mapping[str, Any], state: ModelState, batch: Batch, both_ways: bool
) -> SeenStep:
    """One step of the model's own, for tracing inside :meth:`Lowered.tracing`.

    What happens inside a loop or a compiled function of the step cannot be seen.

    Parameters
    ----------
    layers
        Those to be watched, by name.
    both_ways
        Whether gradients by layers' outputs are watched, too: then the step must not
        differentiate forwards.
    """
    marks = _Marks(both_ways)

    def step(state: ModelState, batch: Batch) -> Any:
        marks.begin()
        with (
            watch_layers(layers, marks.layer),
            watch_optimizers(lowered.model, marks.weight),
        ):
            logs, after, _ = lowered.logged_step(state, lowered.no_metrics, batch)
        return flat_results(logs), after

    specs = jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype), (state, batch))
    closed, shapes = jax.make_jaxpr(step, return_shape=True)(*specs)
    found = [(_place(equation), equation.outvars[0]) for equation in closed.jaxpr.eqns]
    named = [(marks.known[place], value) for place, value in found if place is not None]
    count, structure = len(closed.jaxpr.outvars), jax.tree.structure(shapes)
    outvars = [*closed.jaxpr.outvars, *(value for _, value in named)]
    info = closed.jaxpr.debug_info._replace(result_paths=None)
    wider = closed.replace(jaxpr=closed.jaxpr.replace(outvars=outvars, debug_info=info))
    values = jaxpr_as_fun(wider)(*jax.tree.leaves((state, batch)))
    logs, after = jax.tree.unflatten(structure, values[:count])
    seen = list(zip((mark for mark, _ in named), values[count:], strict=True))
    return _sort(logs, after, marks.called, seen, len(state.trainable))


def _place(equation: Any) -> int | None:
    """Which mark an equation of a traced program is; None for any other."""
    own = getattr(equation.params.get("_prim"), "name", equation.params.get("name"))
    if not isinstance(own, str) or not own.startswith(_PREFIX):
        return None
    return int(own.removeprefix(_PREFIX))


def _sort(
    logs: Any, after: ModelState, called: list[str], seen: list[tuple[_Mark, Any]], weights: int
) -> SeenStep:
    groups: dict[str, dict[Any, list[Any]]] = {}
    for mark, value in seen:
        groups.setdefault(mark.kind, {}).setdefault(mark.owner, []).append(value)
    inner = groups.get("inner slope", {})
    slopes = {n: found for n, found in groups.get("slope", {}).items() if n not in inner}
    handed = groups.get("gradient", {})
    gradients = [handed[place][-1] if place in handed else None for place in range(weights)]
    called = list(dict.fromkeys(called))
    return SeenStep(logs, after, called, groups.get("output", {}), slopes, gradients)


def is_float(value: Any) -> bool:
    """Whether this is an array of floats."""
    return hasattr(value, "dtype") and bool(jnp.issubdtype(value.dtype, jnp.floating))
