"""Checks of a study's arguments that Keras' `fit` has too, one function each."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from dure.core.arrays import Array, Tree, is_nested, is_number, map_leaves, whole
from dure.core.formatting import join_first
from dure.data.dataset import Data
from dure.data.splits import hold_out_last
from dure.errors import Faults

_SEED_LIMIT = 2**32
_NAME_LIMIT = 100
_NOT_IN_FILE_NAMES = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')


def check_count(value: Any, name: str, faults: Faults, *, optional: bool = False) -> None:
    """Append if `value` is not a whole number from 1 on."""
    if optional and value is None:
        return
    if (whole(value) or 0) < 1:
        faults.append(f"{name} is {value!r}; pass a whole number from 1 on.")


def make_seeds(given: Any, faults: Faults) -> tuple[int, ...]:
    """0 to n-1 for a number n; otherwise the given seeds, each in [0, 2**32) and only once."""
    count = whole(given)
    if count is not None:
        if count < 1:
            faults.append(f"seeds is {given}; pass how many (from 1 on) or a list of seeds.")
            return ()
        return tuple(range(count))
    if not isinstance(given, (Sequence, np.ndarray)) or isinstance(given, (str, bytes)):
        faults.append(
            f"seeds is {given!r}; pass how many (a whole number from 1 on) or a list of seeds."
        )
        return ()
    seeds = [whole(seed) for seed in given]
    wrong = [
        item
        for item, seed in zip(given, seeds, strict=True)
        if seed is None or not 0 <= seed < _SEED_LIMIT
    ]
    good = [seed for seed in seeds if seed is not None]
    if wrong:
        faults.append(f"seeds holds {wrong}; a seed is a whole number from 0 to 2**32 - 1.")
    if not seeds:
        faults.append("seeds is empty; pass at least one.")
    repeated = sorted({seed for seed in good if good.count(seed) > 1})
    if repeated:
        faults.append(f"seeds holds {repeated} more than once; each seed counts once.")
    return tuple(good)


def check_name(name: Any, faults: Faults) -> None:
    """Append if the name of a study cannot be part of a folder's name."""
    if not isinstance(name, str) or not name.strip(" ."):
        faults.append(f"name is {name!r}; pass a text that can name a folder.")
        return
    if _NOT_IN_FILE_NAMES.search(name) or name[0] in ". " or name[-1] in ". ":
        faults.append(
            f'name is {name!r}; it names a folder: no / \\ : * ? " < > |, no dot or blank at '
            "its ends."
        )
    if len(name.encode()) > _NAME_LIMIT:
        faults.append(f"name has {len(name.encode())} bytes; use at most {_NAME_LIMIT}.")


def check_callbacks(given: Any, faults: Faults) -> tuple[Any, ...]:
    """The callbacks as a tuple; appends what is no Keras callback.

    Told by their methods: a study that is only looked at need not import Keras.
    """
    if given is None:
        return ()
    if not isinstance(given, (list, tuple)):
        faults.append(
            f"callbacks is of type {type(given).__name__}; pass a list of keras.callbacks."
        )
        return ()
    for index, callback in enumerate(given):
        if isinstance(callback, type):
            faults.append(
                f"callbacks[{index}] is the class {callback.__name__}; pass an instance: "
                f"{callback.__name__}(...)."
            )
        elif not (hasattr(callback, "on_epoch_end") and hasattr(callback, "set_model")):
            faults.append(
                f"callbacks[{index}] is of type {type(callback).__name__}; pass instances of "
                "keras.callbacks.Callback (LambdaCallback makes one of a function)."
            )
    return tuple(given)


def check_validation_freq(given: Any, faults: Faults) -> int | list[int]:
    """A whole number from 1 on or a list of epochs (from 1), plain; appends if it is neither."""
    if not isinstance(given, (list, tuple)):
        check_count(given, "validation_freq", faults)
        return whole(given) or 1
    epochs = [epoch for epoch in map(whole, given) if epoch is not None and epoch >= 1]
    if not epochs or len(epochs) < len(given):
        faults.append(
            f"validation_freq is {given!r}; a list names the epochs, counted from 1, after which "
            "to validate."
        )
    return epochs


def check_validation_split(given: Any, data: Data | None, faults: Faults) -> None:
    """Append if this is no fraction below 1 or leaves no row on a side."""
    rows = None if data is None else data.rows
    gap = 0 if data is None else data.time_gap or 0
    if not is_number(given) or not 0 <= given < 1:
        faults.append(
            f"validation_split is {given!r}; pass the fraction of the rows that validates, above "
            "0 and below 1 (0 for none)."
        )
    elif given and rows is not None:
        first = hold_out_last(rows, float(given))
        if first <= gap or first == rows:
            between = f" (time_gap leaves out {gap} between)" if gap else ""
            faults.append(
                f"validation_split is {given!r}, which leaves no row to "
                f"{'train' if first <= gap else 'validate'} on of {rows}{between}; pass more rows "
                "or another fraction."
            )


def check_train_share(share: Any, faults: Faults) -> None:
    """Append what is wrong with the share of training rows."""
    if not is_number(share) or not 0 < share <= 1:
        faults.append(f"train_share is {share!r}; pass a number above 0 and up to 1, as 0.5.")


def check_folds(given: Any, data: Data | None, faults: Faults) -> None:
    """Append if the rows cannot be divided into this many folds."""
    if given is None:
        return
    folds = whole(given) or 0
    if folds < 2:
        faults.append(f"folds is {given!r}; pass a whole number from 2 on, or None for no folds.")
        return
    if data is None:
        return
    if folds > data.rows:
        faults.append(
            f"folds is {folds}, but there are {data.rows} rows; pass at most {data.rows}."
        )
    elif data.time_gap is not None:
        size = data.rows // (folds + 1)
        if data.rows - folds * size <= data.time_gap or size == 0:
            faults.append(
                f"folds is {folds}, but the first fold in time would have no row to train on: "
                f"{data.rows - folds * size} rows before its {size} of validation, less a time_gap "
                f"of {data.time_gap}. Pass fewer folds or more rows."
            )
    elif data.labels is not None:
        classes, counts = np.unique(data.labels, return_counts=True)
        few = {int(c): int(n) for c, n in zip(classes, counts, strict=True) if n < folds}
        if few:
            faults.append(_tell_few(folds, few, data))


def _tell_few(folds: int, few: Mapping[int, int], data: Data) -> str:
    """That classes have fewer rows than folds, or that numbers to predict were read as classes."""
    told = join_first([f"class {c} has {n}" for c, n in few.items()], 5)
    whole_numbers = data.class_names is None and data.y is not None and data.y.dtype.kind in "iu"
    if whole_numbers and 1 in few.values():
        return (
            f"folds is {folds}, and the whole numbers of y were read as classes, of which {told} "
            f"of the {data.rows} rows. If they are numbers to predict (prices, counts, ages), pass "
            "Data(task='regression'). If they are classes, every class needs a row in each fold: "
            "pass fewer folds or more rows."
        )
    return (
        f"folds is {folds}, but {told} of the {data.rows} rows; every class needs a row in each "
        "fold. Pass fewer folds or more rows, or Data(task='regression') for folds that ignore y."
    )


def check_class_weight(given: Any, data: Data | None, faults: Faults) -> None:
    """Append if these weights fit not the classes of the data's targets."""
    if given is None:
        return
    if not isinstance(given, Mapping) or not given:
        remedy = "{0: 1.0, 1: 5.0}, say"
        if given == "balanced":
            remedy = (
                "dict(enumerate(sklearn.utils.class_weight.compute_class_weight('balanced', "
                "classes=np.unique(y), y=y)))"
            )
        elif isinstance(given, (Sequence, np.ndarray)):
            remedy = "dict(enumerate(class_weight)) of a list"
        faults.append(
            f"class_weight is {given!r}; pass a dict from class (a whole number) to weight: "
            f"{remedy}."
        )
        return
    for label, weight in given.items():
        if not is_number(weight) or not math.isfinite(weight) or weight < 0:
            faults.append(f"class_weight[{label!r}] is {weight!r}; pass a number from 0 on.")
    if data is None:
        return
    if data.sample_weight is not None:
        faults.append(
            "class_weight came and the data have a sample_weight; Keras takes one of them. "
            "Multiply them into sample_weight."
        )
    if data.y is None or is_nested(data.y):
        faults.append("class_weight is for a single output; pass sample_weight in the data.")
    elif not isinstance(data.y, np.ndarray):
        faults.append(
            "class_weight needs the classes of all rows, and y stays on disk; pass sample_weight "
            "in the data."
        )
    elif data.y.ndim > 2:
        faults.append(f"class_weight needs one label a row; y has shape {data.y.shape}.")
    elif data.y.dtype.kind == "f" and not np.array_equal(data.y, np.round(data.y)):
        faults.append("class_weight is for classes; y holds fractions. Leave it out.")
    else:
        present = rounded_labels(data.y)
        top = max(int(present.max()) + 1, data.y.shape[-1] if data.y.ndim == 2 else 0)
        known = set(range(top)) | set(np.unique(present).tolist())
        strange = [label for label in given if whole(label) not in known]
        if strange:
            faults.append(
                f"class_weight names {strange}; the classes of y are whole numbers from "
                f"{min(known)} to {max(known)}{_as_numbers(strange, known)}."
            )


def _as_numbers(strange: Sequence[Any], known: set[int]) -> str:
    """That classes are written as text or fractions, where that is all that is wrong."""
    try:
        written = {int(label) for label in strange if float(label) == int(label)}
    except (TypeError, ValueError):
        return ""
    if not written or not written <= known:
        return ""
    return ": pass {int(label): weight for label, weight in class_weight.items()}"


def rounded_labels(y: Array) -> npt.NDArray[np.int64]:
    """The class of each row as Keras reads it for class weights, shape [rows]."""
    if y.ndim > 1:
        y = y.argmax(axis=-1) if y.shape[-1] != 1 else y[..., 0]
    return np.round(y).astype(np.int64)


def class_sample_weights(y: Array, class_weight: Mapping[int, float]) -> npt.NDArray[np.float32]:
    """A weight for each row, shape [rows]: that of its class, 1 for classes not named."""
    classes, places = np.unique(rounded_labels(y), return_inverse=True)
    weights = [class_weight.get(int(label), 1.0) for label in classes]
    return np.asarray(weights, np.float32)[places]


def spread_weight(weight: Tree | None, y: Tree | None) -> Tree | None:
    """One weight array repeated for each of several outputs, as Keras does."""
    if weight is None or is_nested(weight) or not is_nested(y):
        return weight
    return map_leaves(lambda _: weight, y)
