"""Targets that a loss would take in silence and make nonsense of, such as labels out of range."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dure.core.arrays import Array, Tree
from dure.core.backend import keras
from dure.core.formatting import join_first

_OFF = 0.1
"""How far from 1 the shares of a row may sum up to, as rounded ones do."""
_MANY = 50
"""More different whole numbers than this are hardly classes."""
_FAR = 2
"""A single label that lies this much above the classes marks what has none, such as 255."""


def losses_of(model: keras.Model) -> list[tuple[tuple[Any, ...], Any]]:
    """Every loss of a model made ready, with the place of the output it judges; () for the one."""
    if model._compile_loss is None:
        return []
    return [(tuple(path), loss) for path, loss, *_ in model._compile_loss._flat_losses or ()]


def find_target_faults(model: keras.Model, y: Tree) -> list[str]:
    """Targets no output can stand for, one sentence each; Keras would train on silently.

    Parameters
    ----------
    model
        Made ready. Subclassed models, whose outputs are not known beforehand, are not looked at.
    y
        NumPy targets in the nesting the model was made ready with.
    """
    outputs = outputs_of(model)
    if y is None or outputs is None:
        return []
    found: list[str] = []
    for path, loss in losses_of(model):
        targets, output = at_path(y, path), at_path(outputs, path)
        targets = None if targets is None else _finite_rows(targets)
        check = _CHECKS.get(getattr(loss, "fn", None))
        if check is None or targets is None or output is None or not targets.size:
            continue
        place = f"y{''.join(f'[{key!r}]' for key in path)}"
        options = {"loss": loss.fn.__name__, **loss._fn_kwargs}
        found += check(place, targets, tuple(output.shape), options)
    return found


def _finite_rows(targets: Array) -> Array:
    """Without rows that hold NaN or infinite values, of which a warning tells."""
    if targets.dtype.kind != "f":
        return targets
    finite = np.isfinite(targets).reshape(len(targets), -1).all(axis=1)
    return targets if finite.all() else targets[finite]


def outputs_of(model: keras.Model) -> Any:
    """A model's symbolic outputs in their nesting; None where they are not known."""
    outputs = getattr(model, "_outputs_struct", None)
    if outputs is None:
        outputs = getattr(model, "outputs", None)
        outputs = outputs[0] if outputs else None
    return outputs


def at_path(tree: Any, path: Sequence[Any]) -> Any:
    """The array at a path of a tree; None where the tree is nested otherwise."""
    for key in path:
        if hasattr(tree, "shape"):  # one array for several outputs, the only one with a loss
            return None
        try:
            tree = tree[key]
        except (KeyError, IndexError, TypeError):
            return None
    return tree if hasattr(tree, "shape") else None


def _check_labels(place: str, y: Array, output: tuple[Any, ...], options: Any) -> list[str]:
    classes = output[options.get("axis", -1)]
    ignored = options.get("ignore_class")
    if y.dtype.kind == "f" and not np.array_equal(y, np.round(y)):
        return [
            f"{place} holds fractions, such as {float(y[y != np.round(y)][0]):g}; its loss is "
            "sparse_categorical_crossentropy, for labels: whole numbers from 0 on. Numbers to "
            "predict take one unit and the loss 'mse'."
        ]
    y = y if ignored is None else y[y != ignored]
    if classes is None or not y.size or 0 <= y.min() <= y.max() < classes:
        return []
    low, high = int(y.min()), int(y.max())
    if classes == 1:
        told = f"{place} holds labels from {low} to {high}, and the output it belongs to has 1 unit"
        return [
            f"{told}, which is one class only. Of two classes one unit tells with a sigmoid and "
            "the loss 'binary_crossentropy', labels 0 and 1; otherwise give that output "
            f"{max(2, high + 1)} units."
        ]
    return [
        f"{place} holds labels from {low} to {high}, and the output it belongs to has {classes} "
        f"classes (0 to {classes - 1}). {_label_remedy(place, np.unique(y), int(classes))}"
    ]


def _label_remedy(place: str, labels: Array, classes: int) -> str:
    low, high = int(labels[0]), int(labels[-1])
    outside = labels[(labels < 0) | (labels >= classes)]
    if labels.tolist() == [-1, 1]:
        return (
            f"Classes are counted from 0: pass ({place} + 1) // 2. Labels -1 and 1 are for the "
            "loss 'hinge' on one unit with tanh."
        )
    alone = len(outside) == 1 and len(labels) > 1
    if alone and (outside[0] < 0 or outside[0] >= classes + _FAR):
        value = int(outside[0])
        if len(labels) == 2 and labels[0] == 0:  # a mask of black and white is more likely
            return (
                f"They are 0 and {value}: pass ({place} == {value}).astype('int32') where that is "
                "a class, as in masks of black and white. If it marks what has no class, compile "
                f"with keras.losses.SparseCategoricalCrossentropy(ignore_class={value})."
            )
        return (
            f"Only {value} lies outside: if it marks what has no class, compile with "
            f"keras.losses.SparseCategoricalCrossentropy(ignore_class={value}). Otherwise renumber "
            "the labels from 0 on."
        )
    if len(labels) <= classes and high - low < classes:
        return f"Classes are counted from 0: pass {place} {'-' if low > 0 else '+'} {abs(low)}."
    if len(labels) <= classes:
        return (
            f"They are {join_first(labels.tolist(), 6)}: renumber them from 0 on "
            f"(names, labels = np.unique({place}, return_inverse=True))."
        )
    if low < 0:
        return (
            f"Classes are counted from 0: renumber the {len(labels)} labels (names, labels = "
            f"np.unique({place}, return_inverse=True)) and give that output {len(labels)} units."
        )
    return f"Renumber the labels, or give that output {high + 1} units."


def _check_binary(place: str, y: Array, output: tuple[Any, ...], options: Any) -> list[str]:
    low, high = float(y.min()), float(y.max())
    whole = y.dtype.kind != "f" or np.array_equal(y, np.round(y))
    # Smoothed labels may go a little beyond 0 and 1, as people do for adversarial networks.
    if (low >= 0 and high <= 1) or (not whole and low > -0.5 and high < 1.5):
        return []
    told = f"{place} holds values from {low:g} to {high:g}, and {options['loss']} takes 0 to 1"
    labels = np.unique(y) if whole else np.zeros(0)
    if labels.tolist() == [-1, 1]:
        remedy = f"Pass ({place} + 1) / 2; labels -1 and 1 are for the loss 'hinge' with tanh."
    elif len(labels) == 2:
        remedy = f"They are {labels[0]:g} and {labels[1]:g}: pass {place} == {labels[1]:g}."
    elif whole and 2 < len(labels) <= _MANY and y.ndim <= 2 and (y.ndim == 1 or y.shape[1] == 1):
        remedy = (
            f"For {len(labels)} classes give the output {len(labels)} units with softmax and the "
            "loss 'sparse_categorical_crossentropy', labels from 0 on."
        )
    else:
        remedy = (
            f"Bring them there ({place} / {high:g} for pictures), or take the loss 'mse' for "
            "numbers of any size."
        )
    return [f"{told}. {remedy}"]


def _check_numbers(place: str, y: Array, output: tuple[Any, ...], options: Any) -> list[str]:
    """Targets of another width than their output, one of which Keras would repeat."""
    width = output[-1]
    if y.ndim < 2 or y.ndim != len(output) or width is None or y.shape[-1] == width:
        return []
    if 1 not in (y.shape[-1], width):
        return []  # Keras says so itself
    return [
        f"{place} holds {y.shape[-1]} values a row and the output it belongs to has {width}; Keras "
        "would compare one of them with all others. Give that output as many units as there are "
        "values to predict."
    ]


def _check_distributions(place: str, y: Array, output: tuple[Any, ...], options: Any) -> list[str]:
    """Rows that are no shares of classes; those of zeros have no class, as padding has none."""
    name, axis = options["loss"], options.get("axis", -1)
    if output[axis] == 1:
        return [
            f"{place} belongs to an output of 1 unit, and {name} compares classes: of one it "
            "always is 0. Of two classes one unit tells with a sigmoid and the loss "
            "'binary_crossentropy', labels 0 and 1."
        ]
    if y.ndim != len(output):
        return []  # Keras says so itself
    sums = y.sum(axis=axis, dtype=np.float64)
    low = float(y.min())
    wrong = (np.abs(sums - 1) > _OFF) & (sums != 0)
    if low >= -_OFF and not wrong.any():
        return []
    multi_hot = bool(np.isin(y, (0, 1)).all())
    if low < -_OFF:
        told = f"values from {low:g} on"
    else:
        rows = wrong.reshape(len(wrong), -1).any(axis=1)
        row = int(np.argmax(rows))
        odd = float(sums[row][wrong[row]].flat[0]) if sums.ndim > 1 else float(sums[row])
        told = (
            f"rows that sum up to other than 1, {int(rows.sum()):,} of {len(rows):,}, the first "
            f"row {row} (counted from 0) to {odd:g}"
        )
    remedy = (
        "Where several classes may hold at once, take sigmoid and the loss 'binary_crossentropy'; "
        if multi_hot
        else "Numbers to predict take the loss 'mse'; "
    )
    return [
        f"{place} holds {told}, and {name} takes shares of classes. {remedy}for shares divide each "
        f"row by its sum ({place} / {place}.sum(axis={axis}, keepdims=True))."
    ]


def _check_counts(place: str, y: Array, output: tuple[Any, ...], options: Any) -> list[str]:
    """Targets below 0, where a loss takes logarithms; and their width."""
    low = float(y.min())
    if low >= 0:
        return _check_numbers(place, y, output, options)
    return [
        f"{place} holds values from {low:g} on, and {options['loss']} takes numbers from 0 on. "
        "Numbers of both signs take the loss 'mse'."
    ]


def _check_hinge(place: str, y: Array, output: tuple[Any, ...], options: Any) -> list[str]:
    low, high = float(y.min()), float(y.max())
    if -1 <= low <= high <= 1:
        return []
    told = f"{place} holds values from {low:g} to {high:g}"
    labels = np.unique(y)
    remedy = "Numbers to predict take the loss 'mse'."
    if len(labels) == 2:
        remedy = f"They are {labels[0]:g} and {labels[1]:g}: pass {place} == {labels[1]:g}."
    elif np.array_equal(labels, np.round(labels)) and len(labels) <= _MANY:
        remedy = (
            f"For {len(labels)} classes take softmax and the loss "
            "'sparse_categorical_crossentropy', labels from 0 on."
        )
    return [f"{told}, and {options['loss']} takes -1 and 1, or 0 and 1. {remedy}"]


_NUMBER_LOSSES = (
    "mean_squared_error",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "huber",
    "log_cosh",
)
_CHECKS: dict[Any, Callable[[str, Array, tuple[Any, ...], Any], list[str]]] = {
    keras.losses.sparse_categorical_crossentropy: _check_labels,
    keras.losses.binary_crossentropy: _check_binary,
    keras.losses.binary_focal_crossentropy: _check_binary,
    keras.losses.kl_divergence: _check_binary,
    keras.losses.categorical_crossentropy: _check_distributions,
    keras.losses.categorical_focal_crossentropy: _check_distributions,
    keras.losses.poisson: _check_counts,
    keras.losses.mean_squared_logarithmic_error: _check_counts,
    keras.losses.hinge: _check_hinge,
    keras.losses.squared_hinge: _check_hinge,
    **{getattr(keras.losses, name): _check_numbers for name in _NUMBER_LOSSES},
}
