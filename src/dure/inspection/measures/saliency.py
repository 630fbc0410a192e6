"""Which parts of an input a network's score rests on."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import xarray as xr

from dure.core.arrays import Array, Tree
from dure.core.backend import jnp, keras
from dure.errors import DureError, did_you_mean
from dure.inspection.network.axes import attributes, input_axes, rows_first
from dure.inspection.network.network import INPUT, LayerLike, Network
from dure.inspection.network.slopes import (
    Gradient,
    batch_size,
    gradient,
    head,
    norms,
    nothing,
    place,
    slopes,
    targets,
)
from dure.layers.encoding import MultiHot

Method = Literal["gradient", "integrated"]


def saliency(
    network: Network,
    x: Tree,
    target: npt.ArrayLike | None = None,
    method: Method = "gradient",
    steps: int = 64,
) -> xr.DataArray:
    """How much each input value moves the score of one output unit.

    Parameters
    ----------
    x
        Inputs, one array, first axis rows.
    target
        Output unit of each row, shape [rows] or one for all; with one sigmoid unit the class, 0
        or 1. None: the unit (class) the network finds most likely.
    method
        "gradient": d score / d value (Simonyan, Vedaldi and Zisserman 2014). "integrated":
        integrated gradients (Sundararajan, Taly and Yan 2017), the gradient's mean along the
        straight line from a baseline to the input times their difference; sums to
        score(x) - score(baseline). The baseline is 0; for words the padding's vector.
    steps
        Points on that line (Gauss and Legendre's); for "integrated" only.

    Returns
    -------
    Signed, dims of `x`: (row, height, width, channel), (row, step, feature) or (row, feature).
    Integers that an Embedding or another layer turns into vectors: (row, step), taken at that
    layer's output (attribute `layer`); "gradient" is then the norm over its features, never
    negative, "integrated" their sum. With MultiHot each integer has the value of its place, 0 for
    padding. Coordinates `score` and `target` (row). Attributes:
    `method`; `score`, "before softmax", "before sigmoid" or "output", what the score is; for
    "integrated" `steps` and `gap`, the largest amount by which a row misses that sum.

    Raises
    ------
    DureError
        For several inputs, a target the output does not have, an unknown method, or inputs the
        model does not take.
    """
    _check(method, steps)
    x, at = place(network, x)
    more: dict[str, Any] = {}
    if method == "gradient":
        found = gradient(network, x, at, target, reduce=slopes if at == INPUT else norms)
    else:
        found, gap = _integrated(network, x, at, target, steps)
        more = {"steps": steps, "gap": gap}
    what = head(network, x).activation
    more |= {"method": method, "score": f"before {what}" if what else "output"}
    kept = found.kept
    if at != INPUT and isinstance(network.layers[at], MultiHot):
        kept = _at_tokens(kept, x.astype(np.int64), network.layers[at].mask_zero)
    dims = input_axes(kept.ndim) if at == INPUT else ("row", "step", "axis_2")[: kept.ndim]
    layer = None if at == INPUT else at
    out = rows_first(kept, dims, attributes(network, "saliency", layer, **more), "saliency")
    return out.assign_coords(score=("row", found.score), target=("row", found.target))


def _check(method: str, steps: int) -> None:
    """Refuse a method that there is not, and no steps."""
    if method not in get_args(Method):
        raise DureError(
            f"method is {method!r}; pass one of {list(get_args(Method))}."
            f"{did_you_mean(str(method), get_args(Method))}"
        )
    if steps < 1:
        raise DureError(f"steps is {steps}; pass a whole number from 1 on.")


def _at_tokens(values: Array, tokens: Array, mask_zero: bool) -> Array:
    """Values by token, shape [rows, tokens], as values by step, shape [rows, steps]."""
    inside = (tokens >= int(mask_zero)) & (tokens < values.shape[1])
    return np.where(inside, np.take_along_axis(values, np.where(inside, tokens, 0), axis=1), 0)


def _shares(values: Any, gradients: Any, difference: Any) -> Any:
    return gradients * difference


def _word_shares(values: Any, gradients: Any, difference: Any) -> Any:
    shares = gradients * difference
    return shares.sum(axis=-1) if shares.ndim > 2 else shares


def _integrated(
    network: Network, x: Array, at: str, target: npt.ArrayLike | None, steps: int
) -> tuple[Gradient, float]:
    """Integrated gradients, and the largest gap to completeness over rows.

    Rows and points go through the network together, in batches of one size: a loop over points
    on the device would be slow where there are convolutions, one call a point where rows are few.
    """
    wanted: Any = targets(network, target, x)
    if wanted is None:
        wanted = gradient(network, x, at, reduce=nothing).target
    baseline = None
    if at != INPUT:
        baseline = network.outputs([at], np.zeros_like(x[:1]))[at][0]
    nodes, weights = np.polynomial.legendre.leggauss(steps)
    # Both ends of the line come along with weight 0, for their scores.
    along = np.concatenate([[0.0, 1.0], (nodes + 1) / 2])
    weights = np.concatenate([[0.0, 0.0], weights / 2])
    rows, points = len(x), len(along)
    scores, shares = np.zeros((rows, points)), None
    size = min(batch_size(network, at, x), rows * points)
    for start in range(0, rows * points, size):
        kept = min(size, rows * points - start)
        row, point = np.divmod(np.minimum(start + np.arange(size), rows * points - 1), points)
        found = gradient(
            network,
            x[row],
            at,
            wanted[row],
            reduce=_shares if at == INPUT else _word_shares,
            baseline=baseline,
            fraction=along[point],
        )
        row, point, part = row[:kept], point[:kept], found.kept[:kept]
        shares = np.zeros((rows, *part.shape[1:])) if shares is None else shares
        np.add.at(shares, row, (part.T * weights[point]).T)
        scores[row, point] = found.score[:kept]
    total = np.asarray(shares, np.float32)
    missed = total.reshape(rows, -1).sum(axis=1) - (scores[:, 1] - scores[:, 0])
    found_scores = scores[:, 1].astype(np.float32)
    return Gradient(found_scores, wanted.astype(np.int64), total), float(np.abs(missed).max())


def grad_cam(
    network: Network,
    x: Tree,
    layer: LayerLike | None = None,
    target: npt.ArrayLike | None = None,
) -> xr.DataArray:
    """Where in a picture (or sequence) a layer sees evidence for one output unit.

    Grad-CAM (Selvaraju et al. 2017): the layer's maps summed with the mean gradient of the score
    over each map as weights; what is negative is cut off.

    Parameters
    ----------
    x
        Inputs, first axis rows.
    layer
        A layer with maps: (row, height, width, channel), or (row, step, unit) as Conv1D gives.
        None: the last of four axes; without one, the last Conv1D.
    target
        As in `saliency`.

    Returns
    -------
    Values >= 0 at the layer's resolution, dims (row, height, width) or (row, step). Coordinates
    `score` and `target` (row).

    Raises
    ------
    DureError
        If the layer has no maps or there is none that has.
    """
    x = network.inputs(x)
    shapes = {call.name: call.shape for call in network.calls(x)}
    if layer is None:
        name = _last_maps(network, shapes)
    else:
        name = network.find(layer)
        if len(network.shape(name, x)) not in (2, 3):
            fit = [other for other, shape in shapes.items() if len(shape) in (2, 3)]
            raise DureError(
                f"{name!r} gives no maps but shape {shapes[name]} a row; layers that give maps: "
                f"{', '.join(fit) or 'none of this model'}."
            )
    first = getattr(network.layers[name], "data_format", None) == "channels_first"
    found = gradient(network, x, name, target, reduce=_cam_first if first else _cam)
    dims = ("row", "height", "width") if found.kept.ndim == 3 else ("row", "step")
    what = head(network, x).activation
    score = f"before {what}" if what else "output"
    attrs = attributes(network, "grad_cam", name, score=score)
    out = rows_first(found.kept, dims, attrs, "grad_cam")
    return out.assign_coords(score=("row", found.score), target=("row", found.target))


def _last_maps(network: Network, shapes: dict[str, tuple[int, ...]]) -> str:
    plain = {name for name in shapes if not isinstance(network.layers[name], keras.Model)}
    flat = [
        name
        for name in shapes
        if len(shapes[name]) == 2 and isinstance(network.layers[name], keras.layers.Conv1D)
    ]
    if not (maps := [n for n in shapes if n in plain and len(shapes[n]) == 3] or flat):
        raise DureError(
            f"{network.model.name!r} has no layer with maps (four axes, or Conv1D), which Grad-CAM "
            "needs; saliency works with any model."
        )
    return maps[-1]


def _cam(values: Any, gradients: Any, difference: Any) -> Any:
    axes = tuple(range(1, values.ndim - 1))
    weights = gradients.mean(axis=axes, keepdims=True)
    return jnp.maximum((weights * values).sum(axis=-1), 0)


def _cam_first(values: Any, gradients: Any, difference: Any) -> Any:
    return _cam(jnp.moveaxis(values, 1, -1), jnp.moveaxis(gradients, 1, -1), difference)
