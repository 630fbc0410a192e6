"""Names of the places on the last axis of inputs, given or those of a table's columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dure.core.arrays import Array, Tree, is_nested
from dure.core.conversion.columns import Names, list_names, names_at
from dure.errors import Faults


def settle_feature_names(given: Any, columns: Names, x: Tree, faults: Faults) -> Names:
    """Tuples of texts, nested as `x` is, None where there are none; appends what does not fit.

    Parameters
    ----------
    given
        Names, or None for those of the columns.
    columns
        Names of the columns of `x` where it came as tables.
    """
    if given is None:
        return _settle(columns, columns, x, "feature_names", None)
    return _settle(given, columns, x, "feature_names", faults)


def _settle(given: Any, columns: Names, x: Tree, name: str, faults: Faults | None) -> Names:
    if given is None:
        return None
    if not is_nested(x):
        return _settle_one(given, columns, x, name, faults)
    if isinstance(x, Mapping):
        keys: Any = list(x)
        nested = isinstance(given, Mapping) and set(given) <= set(keys)
    else:
        keys = range(len(x))
        parts = given if isinstance(given, (list, tuple)) else ()
        nested = len(parts) == len(x) and not any(isinstance(part, str) for part in parts)
    if not nested:
        if faults is not None:
            faults.append(
                f"{name} are given, but x has several inputs; leave them out, or nest them as x "
                "is: a list of names for an input, or None."
            )
        return None
    made = {
        key: _settle(
            given.get(key) if isinstance(given, Mapping) else given[key],
            names_at(columns, key),
            x[key],
            f"{name}[{key!r}]",
            faults,
        )
        for key in keys
    }
    return made if isinstance(x, Mapping) else tuple(made.values())


def _settle_one(
    given: Any, columns: Names, x: Array, name: str, faults: Faults | None
) -> tuple[str, ...] | None:
    width = x.shape[-1] if x.ndim > 1 else 1
    if faults is None:
        return given if len(given) == width else None
    names = list_names(given, name, "a name for each place on the last axis of x", faults)
    if names is None:
        return None
    if len(names) != width:
        faults.append(
            f"{len(names)} {name} came, the last axis of x has {width} places; pass {width}, or "
            "None."
        )
    elif columns is not None and names != columns and sorted(names) == sorted(columns):
        faults.append(
            f"{name} are those of the columns of x in another order; leave them out, or pass "
            "list(x.columns)."
        )
    return names
