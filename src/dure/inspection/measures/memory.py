"""How far back a network that reads sequences remembers."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import xarray as xr

from dure.core.arrays import Array, Tree
from dure.errors import DureError, did_you_mean
from dure.inspection.network.axes import attributes
from dure.inspection.network.network import INPUT, Network
from dure.inspection.network.slopes import gradient, norms, nothing, place

Method = Literal["gradient", "exchange"]

SHARE = 0.01
"""Of its peak: what influence stays below from the horizon on."""

_PARTNERS = 4


def memory(
    network: Network,
    x: Tree,
    target: npt.ArrayLike | None = None,
    method: Method = "gradient",
) -> xr.Dataset:
    """How much each earlier step still moves the output, and where that ends.

    Parameters
    ----------
    x
        Sequences: floats [rows, steps, features], or integers [rows, steps] that a layer such as
        Embedding turns into vectors.
    target
        Output unit, as in `saliency`.
    method
        What moves the input. "gradient": a touch, which is what back-propagation works with: where
        it ends nothing can be learned from further back. "exchange": the step is exchanged for
        the same step of another row (a word for another word of `x`), four times over, which
        shows what is remembered. The two part where a network has learned to latch: its saturated
        gates keep one of two states for long, and no touch moves it though another input would.

    Returns
    -------
    Dims (row, distance), distance 0 being the last step:

    - `size` (row, distance): "gradient": norm over features of d score / d (input at that step),
      for integers with respect to the word's vector; "exchange": mean |change of the score|. The
      score is before a final softmax or sigmoid. Padding (integer 0 before the first or after
      the last word; floats have none) is no step: NaN. Where it is masked (``mask_zero``)
      distance counts from the last word, otherwise from the last place, since an unmasked
      network reads padding too.
    - `mean` (distance): mean of `size` over the rows that reach so far back; `rows` (distance):
      how many do.
    - `reach` (row): the smallest distance from which on `size` stays below 1 % of the row's peak.
      Infinite where the row's first step still moves the output with 1 % of the peak or more:
      then memory goes back further than the sequence and nobody can say how far. NaN for rows of
      padding only, 0 where nothing moves the output.
    - `horizon` (a number): the median of `reach` over rows, in steps; infinite where that is
      (attribute `steps` is the length of the sequences).

    A network whose influence falls as w^distance has horizon ln 0.01 / ln w, rounded up. Nothing
    is assumed on where the peak is, so a network that waits for one early symbol is said to reach
    back to it. Each row is measured against its own peak and the median is taken, so neither a
    few rows with large gradients nor a few that reach far decide.

    Raises
    ------
    DureError
        If the input is not a sequence, the model does not take it, or "exchange" has one row only.
    """
    if method not in get_args(Method):
        hint = did_you_mean(str(method), get_args(Method))
        raise DureError(f"method is {method!r}; pass one of {list(get_args(Method))}.{hint}")
    return _summarize(network, *_sizes(network, x, target, method), method)


def _sizes(
    network: Network, x: Tree, target: npt.ArrayLike | None, method: Method
) -> tuple[Array, str]:
    """The influence of each step by distance, [row, distance], and where it was taken."""
    x, at = _sequences(network, x)
    if method == "gradient":
        size = gradient(network, x, at, target, reduce=norms).kept.astype(np.float64)
    else:
        size = _exchanged(network, x, at, target)
    last = np.full(len(x), x.shape[1] - 1)
    if at != INPUT:
        real = _words(x)
        size[~real] = np.nan
        if _masks(network, at):
            last = x.shape[1] - 1 - np.argmax(real[:, ::-1], axis=1)
    return _by_distance(size, last), at


def _summarize(network: Network, size: Array, at: str, method: Method) -> xr.Dataset:
    """The influence with its mean, its reach in each row and the horizon."""
    reach = np.array([_reach(row) for row in size])
    rows = np.sum(~np.isnan(size), axis=0)
    mean = np.divide(np.nansum(size, axis=0), rows, out=np.full(len(rows), np.nan), where=rows > 0)
    known = reach[~np.isnan(reach)]
    # One of the rows' own: the mean of the middle two may be half infinite.
    horizon = float(np.quantile(known, 0.5, method="higher")) if known.size else np.nan
    layer = None if at == INPUT else at
    return xr.Dataset(
        {
            "size": (("row", "distance"), size),
            "mean": ("distance", mean),
            "rows": ("distance", rows),
            "reach": ("row", reach),
            "horizon": ((), horizon),
        },
        coords={"row": np.arange(len(size)), "distance": np.arange(size.shape[1])},
        attrs=attributes(network, "memory", layer, method=method, steps=size.shape[1], share=SHARE),
    )


def _sequences(network: Network, x: Tree) -> tuple[Array, str]:
    """`place` of sequences; raises for anything else."""
    x, at = place(network, x)
    if len(network.shape(at, x)) != 2 or (at != INPUT and x.ndim != 2):
        raise DureError(
            f"memory is of sequences: floats of shape (steps, features) a row, or integers of "
            f"shape (steps,) that become vectors; {network.model.name!r} reads {x.dtype} of shape "
            f"{x.shape[1:]} a row."
        )
    if at != INPUT and not x.any():
        raise DureError("x holds padding (0) only; pass rows with words.")
    return x, at


def _exchanged(
    network: Network, x: Array, at: str, target: npt.ArrayLike | None
) -> npt.NDArray[np.float64]:
    """Mean |change of the score| when one step is another row's, shape [rows, steps]."""
    rows, steps = x.shape[:2]
    if rows < 2:
        raise DureError("method 'exchange' takes steps of other rows; one row came, pass several.")
    own = gradient(network, x, at, target, reduce=nothing)
    rng = np.random.default_rng(0)
    # Never the row itself.
    partner = (np.arange(rows) + rng.integers(1, rows, (_PARTNERS, steps, rows))) % rows
    words = x[_words(x)] if at != INPUT else None
    size = np.zeros((rows, steps))
    for step in range(steps):
        given = np.tile(x, (_PARTNERS, *[1] * (x.ndim - 1)))
        other = partner[:, step].reshape(-1)
        given[:, step] = x[other, step] if words is None else rng.choice(words, len(other))
        found = gradient(network, given, at, np.tile(own.target, _PARTNERS), reduce=nothing)
        change = np.abs(found.score.astype(np.float64) - np.tile(own.score, _PARTNERS))
        size[:, step] = change.reshape(_PARTNERS, rows).mean(axis=0)
    return size


def _words(tokens: Array) -> npt.NDArray[np.bool_]:
    """Which places lie between a row's first and last integer that is not 0."""
    word = tokens != 0
    return (
        np.logical_or.accumulate(word, axis=1)
        & np.logical_or.accumulate(word[:, ::-1], axis=1)[:, ::-1]
    )


def _masks(network: Network, name: str) -> bool:
    return bool(getattr(network.layers[name], "mask_zero", False))


def _by_distance(size: Array, last: Array) -> Array:
    """Sizes by step as sizes by distance from each row's last step; NaN beyond the first."""
    places = last[:, None] - np.arange(size.shape[1])[None, :]
    moved = np.take_along_axis(size, np.maximum(places, 0), axis=1)
    return np.where(places >= 0, moved, np.nan)


def _reach(size: Array) -> float:
    """The distance from which on a row's influence stays below 1 % of its peak; see `memory`."""
    there = np.flatnonzero(~np.isnan(size))
    if not there.size:
        return np.nan
    known = np.nan_to_num(size)
    if not known.any():
        return 0.0
    last = np.flatnonzero(known >= SHARE * known.max())[-1]
    return np.inf if last == there[-1] else float(last + 1)
