"""Intervals round a mean over lanes: pure functions of arrays.

Which interval stands for which question:

* several seeds: the folds of a seed are averaged first (its lanes share their first weights and are
  not independent draws), then a Student t interval over the seeds (Student 1908, "The probable
  error of a mean", Biometrika 6). It speaks of training again on *these* rows, not of other rows.
* one seed, several folds: folds share training rows, so the plain t interval is far too narrow. The
  corrected resampled t of Nadeau & Bengio (2003, "Inference for the generalization error", Machine
  Learning 52, section 4) widens the variance of the mean from ``s2 / k`` to
  ``s2 * (1 / k + n_validation / n_train)``.
* one value: no interval can be had. The mean stands alone, its limits are NaN.

What decides is the shape of the study, not what survived of it, so that all rows of one table have
the same kind of interval.

Where two variants are compared over seeds, `dure.stats.bootstrap` has an interval that keeps its
level when differences are skewed, as losses are; with normal ones the two are nearly the same.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from dure.core.types import Floats


class Interval(NamedTuple):
    """A mean with its confidence interval.

    ``low`` and ``high`` are NaN where an interval cannot be had (a single seed and fold);
    ``n`` is how many lanes the mean rests on, ``of`` how many there were.
    """

    mean: float
    low: float
    high: float
    n: int
    of: int


class Band(NamedTuple):
    """Intervals along the epochs, each array of shape (epoch,).

    ``n`` is how many lanes had a value at that epoch. Where it falls below ``of``, lanes have
    stopped and the mean goes on over the rest, which are no fair sample of all.
    """

    mean: Floats
    low: Floats
    high: Floats
    n: NDArray[np.int64]
    of: int


def mean_interval(
    values: ArrayLike, confidence: float = 0.95, train_fraction: float | None = None
) -> Interval:
    """The mean of one number per lane, and its confidence interval.

    Parameters
    ----------
    values
        Shape (seed, fold). A value that is not finite (a diverged lane) is left out of the mean and
        counted: ``n`` of ``of``. A seed that lost some of its folds enters with those it has.
    confidence
        Between 0 and 1, both excluded.
    train_fraction
        Share of the rows that a lane trains on, between 0 and 1; used with one seed and several
        folds only. Default: k-fold, ``(k - 1) / k`` for k folds.

    Raises
    ------
    ValueError
        For values of another shape, or a share outside its bounds.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 2:
        raise ValueError(
            f"values has shape {array.shape}; expected two dimensions, (seed, fold). "
            "For one value a seed write values[:, None]."
        )
    mean, low, high, n = _intervals(array[:, :, None], confidence, train_fraction)
    return Interval(float(mean[0]), float(low[0]), float(high[0]), int(n[0]), array.size)


def band(curves: ArrayLike, confidence: float = 0.95, train_fraction: float | None = None) -> Band:
    """The interval of :func:`mean_interval` at every epoch, over the lanes still running there.

    Parameters
    ----------
    curves
        Shape (seed, fold, epoch), or (lane, epoch) for lanes that are independent draws. NaN where
        a lane did not run. The limits hold epoch by epoch, not for the whole curve at once.
    confidence, train_fraction
        As in :func:`mean_interval`.

    Raises
    ------
    ValueError
        For curves of another shape, or a share outside its bounds.
    """
    array = np.asarray(curves, dtype=np.float64)
    if array.ndim == 2:
        array = array[:, None, :]
    if array.ndim != 3:
        raise ValueError(
            f"curves has shape {array.shape}; expected (seed, fold, epoch) or (lane, epoch)."
        )
    mean, low, high, n = _intervals(array, confidence, train_fraction)
    return Band(mean, low, high, n, array.shape[0] * array.shape[1])


def _intervals(
    values: Floats, confidence: float, train_fraction: float | None
) -> tuple[Floats, Floats, Floats, NDArray[np.int64]]:
    """Mean, low, high and count over (seed, fold) of values[seed, fold, column], by column."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence}; expected a number between 0 and 1, as 0.95.")
    if train_fraction is not None and not 0 < train_fraction < 1:
        raise ValueError(f"train_fraction is {train_fraction}; expected a number between 0 and 1.")
    seeds, folds, _ = values.shape
    finite = np.isfinite(values)
    n = finite.sum(axis=(0, 1))
    if seeds == 1 and folds > 1:
        mean, variance, counts = _mean_and_spread(values[0], finite[0])
        share = 1 / (folds - 1) if train_fraction is None else (1 - train_fraction) / train_fraction
    else:
        per_seed, _, _ = _mean_and_spread(values.swapaxes(0, 1), finite.swapaxes(0, 1))
        mean, variance, counts = _mean_and_spread(per_seed, np.isfinite(per_seed))
        share = 0.0
    known = counts > 1
    # A stand-in count of 2 keeps the formula defined where `known` discards its value anyway.
    k = np.where(known, counts, 2)
    half = stdtrit(k - 1, (1 + confidence) / 2) * np.sqrt(variance * (1 / k + share))
    half = np.where(known, half, np.nan)
    return mean, mean - half, mean + half, n


def _mean_and_spread(
    values: Floats, finite: NDArray[np.bool_]
) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Mean and sample variance over axis 0 of the finite values, and how many there are."""
    counts = finite.sum(axis=0)
    kept = np.where(finite, values, 0.0)
    mean = np.where(counts > 0, kept.sum(axis=0) / np.maximum(counts, 1), np.nan)
    deviations = np.where(finite, kept - mean, 0.0)
    variance = (deviations**2).sum(axis=0) / np.maximum(counts - 1, 1)
    return mean, variance, counts


def interval_texts(rows: Sequence[tuple[float, float, float]]) -> list[str]:
    """Means with limits as a column of text, '0.912 [0.905, 0.919]'.

    All rows get the same number of decimals: as many as the median interval justifies, which is
    one or two figures of its half width, but no more than five significant figures of the mean, for
    narrower widths are rounding. Where there is no interval, four significant figures of the mean.
    A mean that is not finite is '-'.

    Parameters
    ----------
    rows
        (mean, low, high) per line of the column; limits NaN where there is no interval.
    """
    known = [row for row in rows if math.isfinite(row[0])]
    wanted = sorted(_decimals(*row) for row in [r for r in known if r[1] < r[2]] or known)
    decimals = wanted[len(wanted) // 2] if wanted else 0
    return [_interval_text(*row, decimals) for row in rows]


def _decimals(mean: float, low: float, high: float) -> int:
    half = (high - low) / 2
    if math.isfinite(half) and half > 0:
        # Half of the half width: 0.007 shows as three decimals, 0.0019 as four.
        wanted = max(0, -math.floor(math.log10(half / 2)))
        return min(wanted, _figures(mean, 5)) if mean else wanted
    return _figures(mean, 4) if mean else 3


def _figures(value: float, figures: int) -> int:
    """Decimals that show so many significant figures."""
    return max(0, figures - 1 - math.floor(math.log10(abs(value))))


def _interval_text(mean: float, low: float, high: float, decimals: int) -> str:
    if not math.isfinite(mean):
        return "-"
    # Fixed decimals would drown very small and very large values in zeros.
    form = f".{decimals}f" if decimals <= 6 and abs(mean) < 1e7 else ".3e"
    # Adding 0.0 turns the -0.0 that rounding leaves into 0.0.
    one, *limits = (
        f"{round(value, decimals) + 0.0 if form != '.3e' else value:{form}}"
        for value in (mean, low, high)
    )
    return f"{one} [{', '.join(limits)}]" if math.isfinite(low) else one
