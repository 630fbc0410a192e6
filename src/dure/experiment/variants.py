"""From what a study is given as `variants` to a checked tuple of them."""

from __future__ import annotations

import inspect
import itertools
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dure.core.formatting import join_first
from dure.errors import Faults, did_you_mean

DEFAULT = "default"
"""The name of the one variant of a study that was given none."""


@dataclass(frozen=True, eq=False)
class Variant:
    """One set of keyword arguments for a study's `build`, under a name.

    Parameters
    ----------
    name
        Shown everywhere and the coordinate in results; unique within a study.
    arguments
        What `build` is called with.

    Examples
    --------
    >>> small = dure.Variant("small", {"units": 2})
    >>> dure.Study(build, data, [small]).lanes
    (LaneKey(variant='small', seed=0, fold=1),)
    """

    name: str
    arguments: Mapping[str, Any]


def make_variants(given: Any, faults: Faults) -> tuple[Variant, ...]:
    """The variants that `given` stands for; appends what is wrong with them.

    None is one variant without arguments; a dict of lists is their grid, the last argument
    varying fastest; a dict of dicts names its variants; a sequence holds `Variant` objects.
    """
    if given is None:
        return (Variant(DEFAULT, {}),)
    if isinstance(given, Mapping):
        variants = _from_mapping(given, faults)
    elif isinstance(given, Sequence) and all(isinstance(item, Variant) for item in given):
        variants = tuple(given)
    else:
        faults.append(
            f"variants is of type {type(given).__name__}; pass a dict of lists (their grid), a "
            "dict of dicts (named variants) or a list of dure.Variant."
        )
        return ()
    if not variants and not faults:
        faults.append("variants is empty; leave it out for a single variant without arguments.")
    _check_names(variants, faults)
    return tuple(variant for variant in variants if isinstance(variant.arguments, Mapping))


def _from_mapping(given: Mapping[Any, Any], faults: Faults) -> tuple[Variant, ...]:
    if all(isinstance(value, Mapping) for value in given.values()):
        return tuple(Variant(name, dict(arguments)) for name, arguments in given.items())
    before = len(faults)
    for name, value in given.items():
        if not isinstance(value, (list, tuple, range, np.ndarray)):
            faults.append(
                f"variants[{name!r}] is {value!r}; in a grid every value is a list: "
                f"[{value!r}]. For named variants every value is a dict of arguments."
            )
        elif len(value) == 0:
            faults.append(f"variants[{name!r}] is empty; give at least one value or leave it out.")
    if len(faults) > before:
        return ()
    lists = [v.tolist() if isinstance(v, np.ndarray) else list(v) for v in given.values()]
    combinations = (dict(zip(given, values, strict=True)) for values in itertools.product(*lists))
    return tuple(Variant(_grid_name(arguments), arguments) for arguments in combinations)


def _grid_name(arguments: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={_short(value)}" for name, value in arguments.items())


def _short(value: Any) -> str:
    if isinstance(value, type) or inspect.isroutine(value):
        return str(value.__name__)
    # An object that only says where it is in memory would be called differently in every run.
    text = str(value)
    return type(value).__name__ if text == object.__repr__(value) else text


def _check_names(variants: Sequence[Variant], faults: Faults) -> None:
    for name, count in Counter(variant.name for variant in variants).items():
        if not isinstance(name, str) or not name.strip() or not name.isprintable():
            faults.append(f"A variant is named {name!r}; use a text of one line that is not empty.")
        elif count > 1:
            faults.append(
                f"{count} variants are named {name!r}; give each its own name "
                "(variants={name: {argument: value}}), or drop the repeated value from the grid."
            )
    for variant in variants:
        if not isinstance(variant.arguments, Mapping):
            faults.append(
                f"Variant {variant.name!r} has arguments of type "
                f"{type(variant.arguments).__name__}; pass a dict."
            )
            continue
        strange = [key for key in variant.arguments if not isinstance(key, str)]
        if strange:
            faults.append(
                f"Variant {variant.name!r} has arguments named {strange}; names are texts."
            )


def check_build(build: Any, variants: Sequence[Variant], faults: Faults) -> None:
    """Append what keeps `build` from being called with each variant's arguments."""
    if not callable(build):
        faults.append(
            f"build is of type {type(build).__name__}; pass a function that takes a variant's "
            "arguments and returns a compiled keras.Model."
        )
        return
    if not isinstance(build, type) and hasattr(build, "fit") and hasattr(build, "predict"):
        faults.append(
            "build is a model; pass a function that returns a new compiled model on every call "
            "(for this one model, once: dure.fit)."
        )
        return
    try:
        signature = inspect.signature(build)
    except (TypeError, ValueError):
        return
    _check_arguments(build, signature, variants, faults)


def _check_arguments(
    build: Callable[..., Any],
    signature: inspect.Signature,
    variants: Sequence[Variant],
    faults: Faults,
) -> None:
    kinds = inspect.Parameter
    named = {
        name: parameter
        for name, parameter in signature.parameters.items()
        if parameter.kind in (kinds.POSITIONAL_OR_KEYWORD, kinds.KEYWORD_ONLY)
    }
    takes_any = any(p.kind is kinds.VAR_KEYWORD for p in signature.parameters.values())
    required = {name for name, p in named.items() if p.default is kinds.empty}
    unknown: dict[str, list[str]] = {}
    missing: dict[str, list[str]] = {}
    for variant in variants:
        for name in variant.arguments:
            if name not in named and not takes_any:
                unknown.setdefault(name, []).append(variant.name)
        for name in sorted(required - set(variant.arguments)):
            missing.setdefault(name, []).append(variant.name)
    takes = ", ".join(named) or "no arguments"
    for name, where in unknown.items():
        verb = "give" if len(where) > 1 else "gives"
        faults.append(
            f"{_describe(where)} {verb} {name!r}, which build does "
            f"not take; it takes {takes}.{did_you_mean(str(name), named)}"
        )
    for name, where in missing.items():
        faults.append(
            f"build needs {name!r}, which {_describe(where, begin=False)} "
            f"{'do' if len(where) > 1 else 'does'} not give; add it or give it a default in build."
        )
    for name, parameter in signature.parameters.items():
        if parameter.kind is kinds.POSITIONAL_ONLY and parameter.default is kinds.empty:
            faults.append(f"build takes {name!r} by position only; arguments are passed by name.")


def _describe(names: Sequence[str], *, begin: bool = True) -> str:
    """'Variant 'a'' or 'Variants 'a', 'b' and 4 more'."""
    word = "Variant" if begin else "variant"
    if len(names) == 1:
        return f"{word} {names[0]!r}"
    return f"{word}s {join_first(list(map(repr, names)), 2)}"
