"""How large the loss's gradient is in each layer."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from dure.core.array_checks import check_rows
from dure.core.arrays import Tree, map_leaves, row_count
from dure.core.backend import jax, jnp, keras
from dure.core.conversion.samples import convert
from dure.errors import DureError, Faults
from dure.inspection.network.axes import attributes
from dure.inspection.network.network import BATCH, Network
from dure.keras_bridge.layer_hooks import forget_states, owners_of, with_fixed_seeds


def gradients(network: Network, x: Tree, y: Tree) -> xr.Dataset:
    """Norm of the gradient of the loss with respect to each layer's weights.

    The loss is that of the next step of training: Keras' own, as compiled, mean over rows,
    regularizers included, with dropout on and batch normalisation by the batch. Dropout draws
    from fixed seeds (Keras saves none with a model) and nothing of the model changes, so the same
    rows give the same numbers.

    Parameters
    ----------
    x, y
        A batch; of more than 256 rows the mean gradient over batches of at most so many.

    Returns
    -------
    Over `layer` (those with trainable weights, in the model's order; a layer inside another
    counts for itself): `gradient`, Euclidean norm of d loss / d weights over all of them;
    `weight`, norm of the weights; `ratio`, gradient / weight (NaN where the weights are 0).
    Attribute `loss`.

    Raises
    ------
    DureError
        If the model is not compiled with a loss, has nothing to train, or the rows do not fit.
    """
    x = network.inputs(x)
    y = _targets(network, x, y)
    model = network.model
    owners = owners_of(model, network.layers)
    if not owners:
        raise DureError(f"{model.name!r} has no trainable weights, so there are no gradients.")
    with forget_states(network.model):
        loss, slopes = _mean_gradient(network, x, y)
    names = [name for name in network.layers if name in set(owners)]
    squares = {name: np.zeros(2) for name in names}
    for owner, slope, variable in zip(owners, slopes, model.trainable_variables, strict=True):
        values = np.asarray(variable, np.float64)
        squares[owner] += [np.sum(np.square(slope)), np.sum(np.square(values))]
    norms = np.sqrt(np.stack([squares[name] for name in names]))
    ratio = np.divide(
        norms[:, 0], norms[:, 1], out=np.full(len(names), np.nan), where=norms[:, 1] > 0
    )
    return xr.Dataset(
        {
            "gradient": ("layer", norms[:, 0]),
            "weight": ("layer", norms[:, 1]),
            "ratio": ("layer", ratio),
        },
        coords={"layer": names},
        attrs=attributes(network, "gradients", loss=loss, rows=row_count(x)),
    )


def _targets(network: Network, x: Tree, y: Tree) -> Tree:
    model = network.model
    faults = Faults()
    if not model.compiled or model.loss is None:
        faults.append(
            f"{model.name!r} is not compiled with a loss, and gradients are those of the loss: "
            "call model.compile(loss=...) first."
        )
    y = convert(y, "y", faults)
    if not faults:
        check_rows({"x": x, "y": y}, faults)
    if faults:
        raise DureError(" ".join(faults))
    return y


def _mean_gradient(network: Network, x: Tree, y: Tree) -> tuple[float, list[Any]]:
    model, rows = network.model, row_count(x)
    _build_loss(model, x, y)
    optimizer = [v.value for v in model.optimizer.variables] if model.optimizer else []
    metrics = [v.value for v in model.metrics_variables]

    def loss(trainable: Any, other: Any, metrics: Any, optimizer: Any, x: Tree, y: Tree) -> Any:
        _, (unscaled, *_) = model.compute_loss_and_updates(
            trainable, other, metrics, x, y, None, training=True, optimizer_variables=optimizer
        )
        return unscaled

    program = network.program(("loss", model._compile_loss), lambda: jax.value_and_grad(loss))
    trainable, other = network.state()
    other = with_fixed_seeds(model, other)
    total, sums = 0.0, [np.zeros(v.shape) for v in model.trainable_variables]
    size = _batch(rows)
    for start in range(0, rows, size):
        part, wanted = (map_leaves(lambda a, at=start: a[at : at + size], t) for t in (x, y))
        share = row_count(part) / rows
        value, slope = program(trainable, other, metrics, optimizer, part, wanted)
        total += share * float(value)
        sums = [s + share * np.asarray(g, np.float64) for s, g in zip(sums, slope, strict=True)]
    return total, sums


def _batch(rows: int) -> int:
    """Rows of a batch: without a smaller last one, which is compiled anew, where that can be."""
    even = max(size for size in range(1, BATCH + 1) if rows % size == 0)
    return even if 2 * even > BATCH or rows <= BATCH else BATCH


def _build_loss(model: keras.Model, x: Tree, y: Tree) -> None:
    """What Keras builds at the first batch it sees, which may not happen inside a program."""
    if not model._compile_loss.built:
        one = map_leaves(lambda leaf: jnp.asarray(leaf[:1]), (x, y))
        model._compile_loss.build(one[1], model(one[0], training=False))
