"""What a network says about rows, the worst mistakes first, and which classes it confuses."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import xarray as xr

from dure.core.arrays import Array, Tree, is_nested
from dure.core.arrays import row_count as rows_of
from dure.core.conversion.samples import convert
from dure.data.dataset import class_labels as labels_of
from dure.errors import DureError, Faults
from dure.inspection.network.axes import attributes, class_labels
from dure.inspection.network.network import OUTPUT, Network
from dure.inspection.network.slopes import Head, head

_EPSILON = 1e-7
"""Keras' own: probabilities are kept so far from 0 before the logarithm."""


def predictions(
    network: Network,
    x: Tree,
    y: Tree | None = None,
    *,
    class_names: Sequence[str] | None = None,
) -> xr.Dataset:
    """What the model's first output says about each row.

    It is read as classes where it ends in softmax or sigmoid or the compiled loss is a
    cross-entropy (of logits too: they are made probabilities), or where there are as many
    `class_names` as outputs; otherwise as values. One unit with a sigmoid (or binary
    cross-entropy) stands for two classes with probabilities 1 - p and p.

    Parameters
    ----------
    x
        Inputs, first axis rows.
    y
        Classes (whole numbers or one-hot rows) or values. With it rows come sorted, the worst
        first.
    class_names
        One for each class.

    Returns
    -------
    Classes: `probability` (row, class), `predicted` (row), the place of the likeliest class; with
    `y` also `true` (row), `loss` (row), -ln of the true class' probability (natural logarithm),
    `correct` (row, 1 or 0). Values: `value` (row), and with `y` `true` (row), `error` (row),
    value - true, `loss` (row), its square; of several outputs `value` and `true` are (row,
    output), `error` and `loss` root mean square and mean square over them. Coordinate `row` is
    the place in `x`; attribute `task`, "classification" or "regression".

    Raises
    ------
    DureError
        If the output is not one a row, `y` does not fit it, or the model does not take `x`.
    """
    x = network.inputs(x)
    top = head(network, x)
    if len(top.shape) > 1:
        raise DureError(
            f"predictions are of one output a row; {network.model.name!r} gives shape {top.shape} "
            "a row. feature_maps of its last layer gives all of it."
        )
    outputs = network.outputs([], x)[OUTPUT].astype(np.float64).reshape(rows_of(x), -1)
    names = None if class_names is None else len(class_names)
    if (is_class := _classes(top, names)) and top.units == 1 and not top.binary:
        is_class = False
    found = (
        _of_classes(network, _probabilities(top, outputs), y, class_names)
        if is_class
        else _of_values(network, outputs, y)
    )
    if y is None:
        return found
    order = np.argsort(-found["loss"].values, kind="stable")
    return found.isel(row=order)


def confusion(
    network: Network, x: Tree, y: Tree, *, class_names: Sequence[str] | None = None
) -> xr.DataArray:
    """How often rows of each true class were predicted as each class.

    Parameters
    ----------
    x, y, class_names
        As in `predictions`.

    Returns
    -------
    Counts, int64, dims (true, predicted), with the names of the classes (or 0, 1, ...) as their
    coordinates; attribute `accuracy`.

    Raises
    ------
    DureError
        As `predictions`, and for a model that predicts values.
    """
    found = predictions(network, x, y, class_names=class_names)
    if "predicted" not in found:
        raise DureError(
            f"{network.model.name!r} predicts values, not classes; predictions shows their errors."
        )
    classes = found.sizes["class"]
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (found["true"].values, found["predicted"].values), 1)
    labels = found["class"].values
    accuracy = float(found["correct"].values.mean())
    return xr.DataArray(
        counts,
        dims=("true", "predicted"),
        coords={"true": labels, "predicted": labels},
        attrs=attributes(network, "confusion", accuracy=accuracy),
        name="confusion",
    )


def _classes(top: Head, names: int | None) -> bool:
    loss = top.loss.replace("_", "").lower()
    by_loss = "crossentropy" in loss or "focal" in loss
    return bool(top.activation) or by_loss or (names == top.units and not top.loss)


def _probabilities(top: Head, outputs: Array) -> Array:
    """Shape [rows, classes]."""
    logits = not top.activation and (top.logits or not top.loss)
    if top.binary:
        ones = 1 / (1 + np.exp(-outputs)) if logits else outputs
        return np.concatenate([1 - ones, ones], axis=1)
    if not logits:
        return outputs
    powers = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _of_classes(
    network: Network, probability: Array, y: Tree | None, class_names: Sequence[str] | None
) -> xr.Dataset:
    rows, classes = probability.shape
    predicted = probability.argmax(axis=1)
    out = xr.Dataset(
        {
            "probability": (("row", "class"), probability.astype(np.float32)),
            "predicted": ("row", predicted),
        },
        coords={"row": np.arange(rows), "class": class_labels(class_names, classes)},
        attrs=attributes(network, "predictions", task="classification"),
    )
    if y is None:
        return out
    true = _labels(y, rows, classes)
    likely = np.take_along_axis(probability, true[:, None], axis=1)[:, 0]
    return out.assign(
        true=("row", true),
        loss=("row", -np.log(np.maximum(likely, _EPSILON))),
        correct=("row", (predicted == true).astype(np.int64)),
    )


def _labels(y: Tree, rows: int, classes: int) -> npt.NDArray[np.int64]:
    values = _plain(y, rows)
    labels = labels_of(values, declared=True)
    if labels is None:
        raise DureError(
            f"y ({values.dtype}, shape {values.shape}) is not one class a row; pass whole numbers "
            "or one-hot rows."
        )
    if labels.min() < 0 or labels.max() >= classes:
        raise DureError(
            f"y holds classes from {labels.min()} to {labels.max()}; the model tells {classes} "
            f"apart (0 to {classes - 1})."
        )
    return labels


def _of_values(network: Network, values: Array, y: Tree | None) -> xr.Dataset:
    dims = ("row",) if values.shape[1] == 1 else ("row", "output")
    rows = len(values)
    values = values[:, 0] if values.shape[1] == 1 else values
    out = xr.Dataset(
        {"value": (dims, values)},
        coords={"row": np.arange(rows)},
        attrs=attributes(network, "predictions", task="regression"),
    )
    if y is None:
        return out
    true = _plain(y, rows).astype(np.float64)
    if true.size != values.size:
        raise DureError(
            f"y has shape {true.shape}, the model gives {values.shape}; pass a value for each."
        )
    true = true.reshape(values.shape)
    error = values - true
    if error.ndim == 1:
        return out.assign(true=(dims, true), error=("row", error), loss=("row", error**2))
    loss = np.square(error).mean(axis=1)
    return out.assign(true=(dims, true), error=("row", np.sqrt(loss)), loss=("row", loss))


def _plain(y: Tree, rows: int) -> Array:
    """The targets of the first output as an array."""
    faults = Faults()
    y = convert(y, "y", faults)
    while not faults and is_nested(y):
        y = next(iter(y.values())) if isinstance(y, dict) else y[0]
    if not faults and len(y) != rows:
        faults.append(f"y has {len(y)} rows, x has {rows}; pass as many.")
    if faults:
        raise DureError(" ".join(faults))
    return np.asarray(y)
