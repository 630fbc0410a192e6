"""Names of columns: those of tables, and where another table has each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dure.core.arrays import Array, Tree, is_nested, is_plain, part_of
from dure.core.formatting import join_first
from dure.errors import Faults, did_you_mean

Names = Any
"""A tuple of names for a table, None where there are none; nested as the tables are."""


def column_names(tree: Tree) -> Names:
    """The names of the columns of tables, texts; None where nothing is named.

    Columns that are only counted, as pandas does without names, have none.
    """
    if isinstance(tree, Mapping):
        named: Any = {key: column_names(item) for key, item in tree.items()}
        return named if any(one is not None for one in named.values()) else None
    if isinstance(tree, (list, tuple)):
        found = () if is_plain(tree) else tuple(column_names(item) for item in tree)
        return found if any(one is not None for one in found) else None
    names = _names_of(tree)
    return None if names is None or names == _counted(len(names)) else names


def list_names(given: Any, name: str, wanted: str, faults: Faults) -> tuple[str, ...] | None:
    """Names in an order, as texts; None after appending that they are none."""
    unordered = isinstance(given, (str, bytes, Mapping, set, frozenset))
    if not unordered and hasattr(given, "__iter__") and _is_flat(items := list(given)):
        return tuple(map(str, items))
    faults.append(f"{name} is {given!r}; pass a list, {wanted}.")
    return None


def _is_flat(items: list[Any]) -> bool:
    return not any(hasattr(item, "__len__") and not isinstance(item, str) for item in items)


def names_at(names: Names, place: Any) -> Names:
    """What of nested names is for one input; None without."""
    if isinstance(names, Mapping):
        return names.get(place)
    nested = is_nested(names) and any(one is None or is_nested(one) for one in names)
    return names[place] if nested and place in range(len(names)) else None


def find_orders(
    value: Any,
    names: Names,
    name: str,
    of: str,
    faults: Faults,
    *,
    prepare: Any = None,
    renamed: bool = False,
) -> Any:
    """For every table of a tree the places of the columns that are called `names`.

    None where they are in order: tables without names are taken to be, and transformers of tables
    find their columns themselves. Appends where columns are others.

    Parameters
    ----------
    name, of
        What the tree is called, and what has these names.
    renamed
        Whether a table that has none of the names is one whose columns are called otherwise.
    """
    if isinstance(value, Mapping):
        keys: Any = list(value)
    elif isinstance(value, (list, tuple)):
        if is_plain(value):
            return None
        keys = range(len(value))
    elif hasattr(prepare, "make_rows"):
        return None
    else:
        return _find_order(value, names, name, of, faults, renamed)
    return {
        key: find_orders(
            value[key],
            names_at(names, key),
            f"{name}[{key!r}]",
            f"{of}[{key!r}]" if of.startswith(("x", "y")) else of,
            faults,
            prepare=part_of(prepare, key),
            renamed=renamed,
        )
        for key in keys
    }


def order_columns(tree: Tree, orders: Any) -> Tree:
    """The arrays of a tree with their columns in the orders that `find_orders` found."""
    if isinstance(tree, Mapping):
        return {key: order_columns(item, (orders or {}).get(key)) for key, item in tree.items()}
    if isinstance(tree, (list, tuple)):
        items = [order_columns(item, (orders or {}).get(i)) for i, item in enumerate(tree)]
        return items if isinstance(tree, list) else tuple(items)
    return _put_in_order(tree, orders)


def _find_order(
    table: Any,
    names: Sequence[str] | None,
    name: str,
    of: str,
    faults: Faults,
    renamed: bool,
) -> list[int] | None:
    found = _names_of(table)
    if found is None or (len(found) < 2 and len(names or ()) < 2):
        return None
    wanted = _counted(len(found)) if names is None else tuple(names)
    if found == wanted:
        return None
    if sorted(found) == sorted(wanted) and len(set(wanted)) == len(wanted):
        return [found.index(one) for one in wanted]
    unnamed = names is None or found == _counted(len(found))
    if unnamed or (renamed and not set(found) & set(wanted)):
        return None
    faults.append(_tell_others(found, wanted, name, of))
    return None


def _put_in_order(array: Array, order: list[int] | None) -> Array:
    """The columns of an array [rows, columns] in an order that `_find_order` found."""
    return array if order is None or array.ndim != 2 else array[:, order]


def _names_of(value: Any) -> tuple[str, ...] | None:
    columns = getattr(value, "columns", None)
    if columns is None or not hasattr(value, "__array__") or getattr(value, "ndim", 2) != 2:
        return None
    return tuple(map(str, columns))


def _counted(count: int) -> tuple[str, ...]:
    return tuple(map(str, range(count)))


def _tell_others(found: tuple[str, ...], wanted: tuple[str, ...], name: str, of: str) -> str:
    lacking = [one for one in wanted if one not in found]
    beside = [one for one in found if one not in wanted]
    if not lacking and not beside:
        doubled = [repr(one) for one in dict.fromkeys(found) if found.count(one) > 1]
        return (
            f"{name} has the columns of {of} in another order, and more than one is called "
            f"{join_first(doubled)}; give each a name of its own."
        )
    told = [f"lacks {join_first([repr(one) for one in lacking], 5)}"] if lacking else []
    told += [f"has {join_first([repr(one) for one in beside], 5)} beside"] if beside else []
    fault = f"{name} has other columns than {of}: it {' and '.join(told)}. "
    columns = f"{of}.columns" if of.startswith(("x", "y")) else "columns"
    if not lacking:
        return f"{fault}Columns are matched by name; leave those out."
    remedy = (
        "Columns are matched by name. Where each part went through pd.get_dummies, pass "
        f"{name}.reindex(columns={columns}, fill_value=0)"
    )
    if len(found) == len(wanted):
        remedy += (
            "; where they are the same columns in the same order under other names, "
            f"{name}.set_axis({columns}, axis=1)"
        )
    if columns == "columns":
        remedy += f", with those of training, {join_first([repr(one) for one in wanted], 8)}"
    return f"{fault}{remedy}.{did_you_mean(lacking[0], beside)}"
