"""The interval round a mean of independent differences: a smoothed bootstrap-t.

The bootstrap-t (Efron 1979; Hall 1988, "Theoretical comparison of bootstrap confidence intervals",
Annals of Statistics 16) draws seeds with replacement, computes Student's t of every draw, and reads
the interval off the quantiles of those t. With five to ten seeds its quantiles are wild, since a
draw may hold one seed many times. Normal noise on every value drawn calms it (the smoothed
bootstrap: Silverman & Young 1987, "The bootstrap: to smooth or not to smooth?", Biometrika 74;
with the bootstrap-t: Polansky 2000, "Stabilizing bootstrap-t confidence intervals for small
samples", Canadian Journal of Statistics 28). Where a limit would be closer than that of Student's t
(heavy tails, which few draws show), Student's stands, so that the interval is never narrower than
that of `dure.stats.intervals` on either side.

Measured (``benchmarks/coverage.py``, tables in ``docs/compare.md``): it holds the truth in 93 to
97.5 % of studies but where differences are extremely skewed. A percentile or BCa interval of ten
seeds does in about 90 %, Student's t in 92 % of skewed ones, the plain bootstrap-t in 92 % with
heavy tails.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from dure.core.types import Floats

DRAWS = 10_000
"""Bootstrap draws; even, as every draw comes with its mirror image."""
NOISE = 0.4
"""Spread of the noise, in standard deviations of the differences; chosen by coverage."""
_SEED = 20031
_AT_ONCE = 32  # rows of values whose draws are in memory together


class Means(NamedTuple):
    """Means over the last axis with the limits of their intervals; shape of the other axes."""

    mean: Floats
    low: Floats
    high: Floats


class _Draws(NamedTuple):
    """Draws of n values, a column each: what turns values into a draw's sum and sum of squares."""

    sums: Floats
    """Shape (n, draw): how often each value was drawn."""
    squares: Floats
    """Shape (2 n, draw): for the squares of the values, then for the values (times the noise)."""
    noise_sum: Floats
    noise_squares: Floats


def bootstrap_t(values: NDArray[np.floating], confidence: float) -> Means:
    """The mean of independent values with its confidence interval, the same at every call.

    The generator is fixed, the values are sorted, and draws come in mirrored pairs: neither the
    order of the seeds nor exchanging the two variants (but for the signs) changes the interval.

    Parameters
    ----------
    values
        Finite, shape [..., n]; every row along the last axis is a study of its own.
    confidence
        Between 0 and 1, both excluded.

    Returns
    -------
    Means
        Limits are NaN for n = 1. Values that are all the same have an interval of no width.
    """
    array = np.sort(np.asarray(values, dtype=np.float64), axis=-1)
    n = array.shape[-1]
    mean = array.mean(axis=-1)
    if n < 2:
        return Means(mean, np.full_like(mean, np.nan), np.full_like(mean, np.nan))
    spread = array.std(axis=-1, ddof=1)
    # Rounding leaves a spread of some 1e-17 in values that are all the same.
    same = spread <= 1e-13 * np.abs(array).max(axis=-1)
    safe = np.where(same, 1.0, spread)
    scaled = ((array - mean[..., None]) / safe[..., None]).reshape(-1, n)
    limits = np.concatenate(
        [_quantiles(part, confidence) for part in np.split(scaled, _cuts(len(scaled)))]
    ).reshape(*mean.shape, 2)
    error = np.where(same, 0.0, spread / np.sqrt(n))
    return Means(mean, mean - limits[..., 1] * error, mean - limits[..., 0] * error)


def _cuts(rows: int) -> list[int]:
    return list(range(_AT_ONCE, rows, _AT_ONCE))


def _quantiles(scaled: Floats, confidence: float) -> Floats:
    """The two outer quantiles of the t of all draws; scaled [rows, n] has mean 0, spread 1."""
    n = scaled.shape[1]
    draws = _draws(n)
    total = scaled @ draws.sums + draws.noise_sum
    squares = np.concatenate([scaled**2, scaled], axis=1) @ draws.squares + draws.noise_squares
    # t of a draw: its mean over the error of that mean. Its true mean is 0 by the scaling.
    error = np.sqrt(np.maximum(squares - total**2 / n, 1e-300) * n / (n - 1))
    statistics = total / error
    lowest = max(0, int((1 - confidence) / 2 * (DRAWS + 1)) - 1)
    places = [lowest, DRAWS - 1 - lowest]
    statistics.partition(places, axis=1)
    # Never closer than Student's own: where tails are heavy, draws make them out too light.
    student = stdtrit(n - 1, (1 + confidence) / 2)
    return np.stack(
        [
            np.minimum(statistics[:, places[0]], -student),
            np.maximum(statistics[:, places[1]], student),
        ],
        axis=1,
    )


@lru_cache(maxsize=16)
def _draws(n: int) -> _Draws:
    generator = np.random.default_rng(_SEED)
    half = DRAWS // 2
    chosen = generator.integers(0, n, (half, n))
    drawn = generator.normal(size=(half, n))
    rows = np.repeat(np.arange(half), n)
    counts, noise = np.zeros((half, n)), np.zeros((half, n))
    np.add.at(counts, (rows, chosen.ravel()), 1.0)
    np.add.at(noise, (rows, chosen.ravel()), drawn.ravel())
    # Every draw has a mirror image: counted from the other end, with the noise turned round.
    counts = np.concatenate([counts, counts[:, ::-1]]).T
    noise = NOISE * np.concatenate([noise, -noise[:, ::-1]]).T
    total, squares = NOISE * drawn.sum(axis=1), NOISE**2 * (drawn**2).sum(axis=1)
    return _Draws(
        np.ascontiguousarray(counts),
        np.concatenate([counts, 2 * noise]),
        np.concatenate([total, -total]),
        np.concatenate([squares, squares]),
    )
