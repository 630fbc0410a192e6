"""Targets that are the names of classes, made labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from dure.core.arrays import Array, whole
from dure.core.conversion.cells import is_pandas, number_type
from dure.core.conversion.columns import list_names
from dure.core.formatting import format_count, join_first
from dure.errors import Faults, did_you_mean

_MISSING = ("nan", "<NA>", "NaT")
"""What NumPy and pandas write for nothing where they make texts of values."""


class EncodedTargets(NamedTuple):
    """Targets of training and test as labels, and what the labels stand for."""

    y: Any
    test: Any
    class_names: tuple[str, ...] | None


def list_class_names(given: Any, faults: Faults) -> tuple[str, ...] | None:
    """A name for each label from 0 on; None without, or after appending a fault.

    Dicts from label to name, and from name to label as Keras' ``class_indices``, are put in order.
    """
    if given is None:
        return None
    if isinstance(given, Mapping):
        return _names_by_label(given, faults)
    names = list_names(given, "class_names", "a name for each label from 0 on", faults)
    if names is not None and not names:
        faults.append("class_names is empty; pass a name for each label from 0 on, or None.")
        return None
    return names


def _names_by_label(given: Mapping[Any, Any], faults: Faults) -> tuple[str, ...] | None:
    for pairs in (given.items(), ((label, name) for name, label in given.items())):
        by_label = {_as_label(label): str(name) for label, name in pairs}
        if by_label and set(by_label) == set(range(len(given))):
            return tuple(by_label[label] for label in range(len(given)))
    faults.append(
        f"class_names is {dict(given)!r}; a dict gives each label from 0 to {len(given) - 1} its "
        "name. Pass that, or a list of names in the order of the labels."
    )
    return None


def _as_label(value: Any) -> int | None:
    return int(value) if isinstance(value, (bool, np.bool_)) else whole(value)


def encode_targets(
    y: Any, test: Any, class_names: Sequence[str] | None, task: str | None, faults: Faults
) -> EncodedTargets:
    """Names of classes in `y` and in the targets of `test` as labels; anything else as it is.

    Parameters
    ----------
    test
        None or ``(x, y, ...)``.
    class_names
        In the order of the labels. None: pandas' categories in their order, texts sorted,
        numbers by size.
    """
    names = None if class_names is None else tuple(class_names)
    cells = _names_in(y, names, declared=task == "classification")
    if cells is None:
        return EncodedTargets(y, encode_part(test, names, "test", faults), names)
    present = _sort_names({cell for cell in cells if isinstance(cell, str)} - set(_MISSING))
    once = False
    if names is None:
        order = [str(category).strip() for category in _categories(y)]
        names = tuple(name for name in order if name in present) or tuple(present)
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
    encoded = encode_part(test, names, "test", faults)
    if class_names is None and encoded is test and _has_targets(test):
        faults.append(
            "test[1] holds no names of classes, but y does, so nothing says which label is which "
            "name. Pass the names in test, too, or class_names in the order of the labels."
        )
    test = encoded
    return EncodedTargets(labels, test, None if once else names)


def encode_part(part: Any, names: Sequence[str] | None, name: str, faults: Faults) -> Any:
    """The same for the targets of ``(x, y, ...)``, by names that are known already."""
    if not isinstance(part, (tuple, list)) or len(part) < 2:
        return part
    cells = _names_in(part[1], names)
    if cells is None:
        return part
    if names is not None:
        return (part[0], _encode(cells, names, f"{name}[1]", faults), *part[2:])
    told = next(cell for cell in cells if isinstance(cell, str))
    faults.append(
        f"{name}[1] holds names of classes, such as {told!r}, but y does not, so nothing says "
        "which label is which name. Pass the names in y, too, or class_names in the order of the "
        "labels."
    )
    return (part[0], np.zeros(len(cells), np.int64), *part[2:])


def _has_targets(part: Any) -> bool:
    return isinstance(part, (tuple, list)) and len(part) in (2, 3) and part[1] is not None


def _sort_names(present: set[str]) -> list[str]:
    """Texts sorted; where all are numbers, by size."""
    names = sorted(present)
    return sorted(names, key=float) if number_type(names) else names


def _names_in(
    y: Any, names: Sequence[str] | None = None, *, declared: bool = False
) -> Array | None:
    """Texts that are names of classes, objects [rows] without blanks round them, or None.

    A few cells may be none; where most are none, these are no names. Nor are numbers written as
    text, unless the names are known to be such, or pandas' categories, or `declared`.
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
    texts = {cell.strip() for cell in cells if isinstance(cell, str)}
    if 2 * sum(isinstance(cell, str) for cell in cells) < len(cells) or not texts - set(_MISSING):
        return None
    if number_type(sorted(texts - set(_MISSING))):
        known = names is not None and bool(texts & set(names))
        categories = names is None and len(_categories(y)) > 0
        if not (known or categories or (declared and names is None)):
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
    known = [str(one).strip() for one in names]
    places = {one: place for place, one in enumerate(known)}
    labels = np.array([places.get(c, -1) if isinstance(c, str) else -1 for c in cells], np.int64)
    present = {cell for cell in cells if isinstance(cell, str)}
    doubled = [one for one in places if known.count(one) > 1 and one in present]
    if doubled:
        faults.append(
            f"{name} holds {doubled[0]!r}, which class_names holds {known.count(doubled[0])} "
            "times; pass labels, or give each class a name of its own."
        )
    wrong = np.flatnonzero(labels < 0)
    if len(wrong):
        faults.append(_tell_unknown(cells, wrong, list(places), name))
        labels[wrong] = 0
    return labels


def _tell_unknown(cells: Array, wrong: Array, known: list[str], name: str) -> str:
    cell = cells[wrong[0]]
    is_text = isinstance(cell, str)
    hint = did_you_mean(cell, known) if is_text else ""
    remedy = "such rows cannot be learnt from" if is_text else "drop such rows"
    if is_text and cell in _MISSING:
        remedy = (
            "which stands for a missing value made text: drop such rows, or name it in class_names "
            "where it is a class"
        )
    return (
        f"{name} holds names of classes, but {format_count(len(wrong), 'row')} "
        f"{'is' if len(wrong) == 1 else 'are'} none of {join_first(known, 8)}: row "
        f"{int(wrong[0])} (counted from 0) holds {cell!r}; {remedy}.{hint}"
    )
