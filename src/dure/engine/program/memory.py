"""How much memory a traced program needs, before it is compiled, and how much there is."""

from __future__ import annotations

from typing import Any

import numpy as np
import psutil
from jax.extend.core import Literal

from dure.core.backend import jax

_ELEMENTWISE = frozenset(
    [
        "add",
        "sub",
        "mul",
        "div",
        "max",
        "min",
        "neg",
        "abs",
        "sign",
        "square",
        "pow",
        "integer_pow",
        "exp",
        "log",
        "tanh",
        "logistic",
        "sqrt",
        "rsqrt",
        "floor",
        "round",
        "eq",
        "ne",
        "lt",
        "le",
        "gt",
        "ge",
        "and",
        "or",
        "not",
        "xor",
        "select_n",
        "clamp",
        "is_finite",
        "convert_element_type",
        "stop_gradient",
        "copy",
        "iota",
        "broadcast_in_dim",
        "reshape",
        "squeeze",
        "expand_dims",
    ]
)
"""Operations XLA fuses with their neighbours, so that what they hand on is never in memory."""


def peak_bytes(jaxpr: Any) -> int:
    """Bytes alive at once at the worst moment of a jaxpr, its own inputs not counted.

    A linear walk: a value lives from the equation that makes it to its last use; what is passed
    between fusible operations costs nothing; a loop or branch adds its inner peak. XLA may do
    better (it shares buffers) or slightly worse (alignment, work space of matrix products).
    What nothing reads, such as the dense array behind a one-hot product, is never made.
    """
    jaxpr = getattr(jaxpr, "jaxpr", jaxpr)
    equations = _find_needed(jaxpr)
    uses: dict[Any, int] = {}
    readers: dict[Any, list[str]] = {}
    for position, equation in enumerate(equations):
        for variable in _variables(equation.invars):
            uses[variable] = position
            readers.setdefault(variable, []).append(equation.primitive.name)
    for variable in _variables(jaxpr.outvars):
        uses[variable] = len(equations)
        readers.setdefault(variable, []).append("output")
    live: dict[Any, int] = {}
    total = peak = 0
    for position, equation in enumerate(equations):
        inner = max((peak_bytes(sub) for sub in inner_programs(equation)), default=0)
        for variable in equation.outvars:
            size = 0 if _is_fused(equation, readers.get(variable, [])) else _bytes(variable.aval)
            live[variable] = size
            total += size
        peak = max(peak, total + inner)
        for variable in {*_variables(equation.invars), *equation.outvars}:
            if uses.get(variable, -1) <= position:
                total -= live.pop(variable, 0)
    return peak


def _find_needed(jaxpr: Any) -> list[Any]:
    """The equations that something after them reads, or that have effects, in order."""
    read = set(_variables(jaxpr.outvars))
    needed = []
    for equation in reversed(jaxpr.eqns):
        if equation.effects or not read.isdisjoint(equation.outvars):
            read.update(_variables(equation.invars))
            needed.append(equation)
    return needed[::-1]


def _is_fused(equation: Any, readers: list[str]) -> bool:
    return (
        equation.primitive.name in _ELEMENTWISE
        and len(readers) == 1
        and (readers[0] in _ELEMENTWISE or readers[0].startswith("reduce"))
    )


def _variables(atoms: Any) -> list[Any]:
    return [atom for atom in atoms if not isinstance(atom, Literal)]


def inner_programs(equation: Any) -> list[Any]:
    """The jaxprs an equation holds: bodies of loops, branches, called functions."""
    found = []
    for value in equation.params.values():
        for item in value if isinstance(value, (tuple, list)) else (value,):
            if hasattr(getattr(item, "jaxpr", item), "eqns"):
                found.append(item)
    return found


def _bytes(aval: Any) -> int:
    shape = getattr(aval, "shape", ())
    return int(np.prod(shape, dtype=np.int64)) * getattr(aval.dtype, "itemsize", 4)


def tree_bytes(tree: Any) -> int:
    """Bytes of all arrays (or array shapes) of a pytree."""
    return sum(_bytes(leaf) for leaf in jax.tree.leaves(tree))


def available_bytes(device: Any) -> int:
    """Memory a new study may use on a device: what is free now, of the machine or the GPU."""
    if device.platform == "cpu":
        return int(psutil.virtual_memory().available)
    stats = device.memory_stats() or {}
    return int(stats.get("bytes_limit", 0)) - int(stats.get("bytes_in_use", 0))
