"""Sees values inside a function that differentiates where and what it likes.

Nothing can be returned from inside such a function. Values are given names instead while it is
traced, and what is so named becomes an output of the traced program, wherever in it the
differentiation stood.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from jax.ad_checkpoint import checkpoint_name
from jax.extend.core import get_opaque_trace_state, jaxpr_as_fun

from dure.core.backend import jax

_PREFIX = "dure:"


class _Mark(NamedTuple):
    """What a named value is, and whose."""

    kind: str
    owner: Any


class Marks:
    """Names values while a function is traced.

    Parameters
    ----------
    both_ways
        Whether gradients by values are named, too: then the function must not differentiate
        forwards.
    """

    def __init__(self, both_ways: bool) -> None:
        self._both_ways = both_ways
        self._known: list[_Mark] = []
        self._here: Any = None

    def name(self, kind: str, owner: Any, value: Any) -> Any:
        """`value`, named."""
        self._known.append(_Mark(kind, owner))
        return checkpoint_name(value, f"{_PREFIX}{len(self._known) - 1}")

    def name_with_slope(self, owner: Any, value: Any) -> Any:
        """`value`, named as "output", and its gradient, once it is taken, as "slope".

        A gradient that is taken inside of another, as a gradient penalty does, is an "inner slope".
        """
        value = self.name("output", owner, value)
        if not self._both_ways:
            return value

        @jax.custom_vjp
        def same(value: Any) -> Any:
            return value

        def back(_: None, slope: Any) -> tuple[Any]:
            kind = "slope" if get_opaque_trace_state() == self._here else "inner slope"
            return (self.name(kind, owner, slope),)

        same.defvjp(lambda value: (value, None), back)
        return same(value)

    def run(
        self, function: Callable[..., Any], *arguments: Any
    ) -> tuple[Any, dict[str, dict[Any, list[Any]]]]:
        """What a function gives for arrays, and by kind and owner what was named in it.

        What it does inside a loop or a compiled function of its own cannot be seen.
        """

        def begun(*arguments: Any) -> Any:
            self._here = get_opaque_trace_state()
            return function(*arguments)

        specs = jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype), arguments)
        closed, shapes = jax.make_jaxpr(begun, return_shape=True)(*specs)
        found = [(_place(equation), equation.outvars[0]) for equation in closed.jaxpr.eqns]
        named = [(self._known[place], value) for place, value in found if place is not None]
        outvars = [*closed.jaxpr.outvars, *(value for _, value in named)]
        info = closed.jaxpr.debug_info._replace(result_paths=None)
        wider = closed.replace(jaxpr=closed.jaxpr.replace(outvars=outvars, debug_info=info))
        values = jaxpr_as_fun(wider)(*jax.tree.leaves(arguments))
        count = len(closed.jaxpr.outvars)
        groups: dict[str, dict[Any, list[Any]]] = {}
        for (mark, _), value in zip(named, values[count:], strict=True):
            groups.setdefault(mark.kind, {}).setdefault(mark.owner, []).append(value)
        return jax.tree.unflatten(jax.tree.structure(shapes), values[:count]), groups


def _place(equation: Any) -> int | None:
    """Which mark an equation of a traced program is; None for any other."""
    own = getattr(equation.params.get("_prim"), "name", equation.params.get("name"))
    if not isinstance(own, str) or not own.startswith(_PREFIX):
        return None
    return int(own.removeprefix(_PREFIX))
