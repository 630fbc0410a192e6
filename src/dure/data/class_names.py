"""Targets that are the names of classes, made labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from dure.core.arrays import Array
from dure.core.conversion.cells import is_pandas, number_type
from dure.core.formatting import format_count, join_first
from dure.errors import Faults, did_you_mean


class EncodedTargets(NamedTuple):
    """Targets of training and test as labels, and what the labels stand for."""

    y: Any
    test: Any
    class_names: Sequence[str] | None


def encode_targets(
    y: Any, test: Any, class_names: Sequence[str] | None, task: str | None, faults: Faults
) -> EncodedTargets:
    """Names of classes in `y` and in the targets of `test` as labels; anything else as it is.

    Parameters
    ----------
    test
        None or ``(x, y, ...)``.
    class_names
        In the order of the labels. None: pandas' categories in their order, texts sorted.
    """
    cells = _names_in(y)
    if cells is None:
        return EncodedTargets(y, test, class_names)
    present = sorted({cell for cell in cells if isinstance(cell, str)})
    names, once = class_names, False
    if names is None:
        order = [str(category).strip() for category in _categories(y)]
        names = [name for name in order if name in present] or present
        once = len(present) > max(2, len(cells) // 2)
        if once:
            faults.append(
                f"y holds {format_count(len(present), 'different text')} in "
                f"{format_count(len(cells), 'row')}; names of classes come more than once. Pass "
                "numbers to predict, or class_names, too."
            )
    if task == "regression":
        faults.append(
            f"task is 'regression', but y holds text, such as {present[0]!r}; pass numbers, or "
            "leave task out."
        )
    labels = _encode(cells, names, "y", faults)
    test = encode_part(test, names, "test", faults)
    return EncodedTargets(labels, test, None if once else tuple(names))


def encode_part(part: Any, names: Sequence[str] | None, name: str, faults: Faults) -> Any:
    """The same for the targets of ``(x, y, ...)``, by names that are known already."""
    if names is None or not isinstance(part, (tuple, list)) or len(part) < 2:
        return part
    cells = _names_in(part[1])
    if cells is None:
        return part
    return (part[0], _encode(cells, names, f"{name}[1]", faults), *part[2:])


def _names_in(y: Any) -> Array | None:
    """Texts that are names of classes, objects [rows] without blanks round them, or None.

    A few cells may be none; where most are none, or all are numbers written as text, these are no
    names.
    """
    if isinstance(y, (list, tuple)):
        fits = any(isinstance(cell, str) for cell in y)
    else:
        kind = getattr(getattr(y, "dtype", None), "kind", "O")
        fits = hasattr(y, "__array__") and kind in "OUT" and getattr(y, "ndim", 0) in (1, 2)
    try:
        cells = np.asarray(y, dtype=object) if fits else np.zeros(0)
    except (ValueError, TypeError):  # what cannot be an array is told elsewhere
        return None
    cells = cells[:, 0] if cells.ndim == 2 and cells.shape[1] == 1 else cells
    if cells.ndim != 1 or not len(cells):
        return None
    texts = [cell for cell in cells if isinstance(cell, str)]
    if 2 * len(texts) < len(cells) or number_type(texts):
        return None
    found = np.empty(len(cells), dtype=object)
    found[:] = [str(cell).strip() if isinstance(cell, str) else cell for cell in cells]
    return found


def _categories(y: Any) -> Sequence[Any]:
    """The categories of pandas' type for them; () without."""
    column = y.iloc[:, 0] if is_pandas(y) and getattr(y, "ndim", 1) == 2 else y
    known = getattr(getattr(column, "dtype", None), "categories", None)
    return () if known is None else tuple(known)


def _encode(cells: Array, names: Sequence[str], name: str, faults: Faults) -> Array:
    """The place of each cell among the names, int64 [rows]; worth nothing after a fault."""
    places = {str(known).strip(): place for place, known in enumerate(names)}
    labels = np.array([places.get(c, -1) if isinstance(c, str) else -1 for c in cells], np.int64)
    wrong = np.flatnonzero(labels < 0)
    if len(wrong):
        cell = cells[wrong[0]]
        hint = did_you_mean(cell, list(places)) if isinstance(cell, str) else ""
        remedy = "such rows cannot be learnt from" if isinstance(cell, str) else "drop such rows"
        faults.append(
            f"{name} holds names of classes, but {format_count(len(wrong), 'row')} "
            f"{'is' if len(wrong) == 1 else 'are'} none of {join_first(list(places), 8)}: row "
            f"{int(wrong[0])} (counted from 0) holds {cell!r}; {remedy}.{hint}"
        )
        labels[wrong] = 0
    return labels
