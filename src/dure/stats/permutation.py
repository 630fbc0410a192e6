"""Tests of a difference between two variants, and Holm's correction for many of them.

* several seeds: the sign-flip test (Fisher 1935, "The Design of Experiments", section 21). Were the
  two variants the same, each seed's difference could as well have had the other sign; p is the
  share of all 2^n choices of signs whose sum is at least as far from 0. Nothing is assumed of the
  shape of the differences but that symmetry, and two-sided p is never below 2 / 2^n: with fewer
  than six seeds it cannot come down to 5 %.
* where lanes were lost (diverged or failed), the same test on signed ranks (Wilcoxon 1945,
  "Individual comparisons by ranking methods", Biometrics Bulletin 1): a lost lane is worse than
  any number. Which of the two is taken depends on sizes only, not on signs, so the level holds.
* one seed, several folds: the corrected resampled t-test (Nadeau & Bengio 2003).
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr
from scipy.stats import rankdata

from dure.core.types import Floats

EXACT = 20
"""Most pairs for which all 2^n signs are tried; beyond, `FLIPS` of them are drawn."""
FLIPS = 99_999
_SEED = 1935
_MOST_SUMS = 2**22  # sums of signs in memory together


def sign_flip(scores: ArrayLike) -> Floats:
    """Two-sided p of the sign-flip test that the scores are as often above as below 0.

    Parameters
    ----------
    scores
        Finite, shape [..., n]; every row along the last axis is a test of its own. A score of 0
        (a tie) stays 0 under every sign.

    Returns
    -------
    array
        p, shape [...]. Exact up to `EXACT` pairs. Beyond, `FLIPS` random choices of signs from a
        fixed generator, the observed one counted with them, so that p is never too small (Phipson
        & Smyth 2010, "Permutation p-values should never be zero").
    """
    array = np.asarray(scores, dtype=np.float64)
    n = array.shape[-1]
    rows = array.reshape(-1, n)
    size = np.abs(rows).sum(axis=1)
    # Sums that are equal on paper may differ in their last bits.
    reached = np.abs(rows.sum(axis=1)) - 1e-12 * size
    if n > EXACT:
        p = _drawn(rows, reached)
    else:
        step = max(1, _MOST_SUMS >> max(n - 1, 0))
        parts = [slice(i, i + step) for i in range(0, len(rows), step)]
        p = np.concatenate([_exact(rows[part], reached[part]) for part in parts])
    return p.reshape(array.shape[:-1])


def _exact(rows: Floats, reached: Floats) -> Floats:
    """Share of all signs; the first keeps its sign, as turning all of them changes no size."""
    sums = rows[:, :1]
    for column in range(1, rows.shape[1]):
        value = rows[:, column : column + 1]
        sums = np.concatenate([sums + value, sums - value], axis=1)
    share: Floats = (np.abs(sums) >= reached[:, None]).mean(axis=1)
    return share


def _drawn(rows: Floats, reached: Floats) -> Floats:
    hits = np.ones(len(rows))  # the signs observed
    for signs in _signs(rows.shape[1]):
        hits += (np.abs(signs @ rows.T) >= reached).sum(axis=0)
    return hits / (1 + FLIPS)


@lru_cache(maxsize=4)
def _signs(n: int) -> tuple[NDArray[np.int8], ...]:
    drawn = np.random.default_rng(_SEED).integers(0, 2, (FLIPS, n), dtype=np.int8)
    return tuple(np.array_split(2 * drawn - 1, 1 + FLIPS * n // 2_000_000))


def signed_ranks(gains: ArrayLike) -> Floats:
    """Ranks of the sizes, with the signs; infinite gains share the highest ranks, zeros have 0.

    Parameters
    ----------
    gains
        Shape [..., n]: per pair by how much the first is better; plus infinity where only the
        second was lost, minus infinity where only the first was, 0 where both were.
    """
    array = np.asarray(gains, dtype=np.float64)
    # Zeros are out of the ranking: they take the lowest ranks, which are then taken off all.
    zeros = (array == 0).sum(axis=-1, keepdims=True)
    ranks = rankdata(np.abs(array), axis=-1) - zeros
    signed: Floats = np.where(array == 0, 0.0, np.sign(array) * ranks)
    return signed


def scores_of(gains: ArrayLike) -> Floats:
    """What the sign-flip test sums: the gains, or their signed ranks where a lane was lost.

    Shape [..., n]; rows are taken one by one.
    """
    array = np.asarray(gains, dtype=np.float64)
    sound = np.isfinite(array).all(axis=-1, keepdims=True)
    return np.where(sound, np.where(np.isfinite(array), array, 0.0), signed_ranks(array))


def least_p(pairs: int) -> float:
    """The smallest p that the sign-flip test of so many pairs can give."""
    return 2.0 ** (1 - pairs) if 1 <= pairs <= EXACT else 1 / (1 + FLIPS) if pairs else 1.0


def least_pairs(alpha: float, comparisons: int = 1) -> int:
    """How many pairs the sign-flip test needs at least to reach `alpha` after Holm's correction."""
    return max(1, math.ceil(1 + math.log2(comparisons / alpha) - 1e-9))


def corrected_t(differences: ArrayLike, train_fraction: float | None = None) -> float:
    """Two-sided p of the corrected resampled t-test over the folds of one seed.

    Nadeau & Bengio (2003, "Inference for the generalization error", Machine Learning 52): the
    variance of the mean over k folds is ``s2 * (1 / k + n_validation / n_train)``, with k - 1
    degrees of freedom.

    Parameters
    ----------
    differences
        One a fold, shape [k]; NaN for k < 2.
    train_fraction
        Share of the rows that a lane trains on; default that of k-fold, ``(k - 1) / k``.
    """
    values = np.asarray(differences, dtype=np.float64)
    k = len(values)
    if k < 2:
        return math.nan
    share = 1 / (k - 1) if train_fraction is None else (1 - train_fraction) / train_fraction
    error = math.sqrt(values.var(ddof=1) * (1 / k + share))
    mean = float(values.mean())
    if error <= 1e-13 * float(np.abs(values).max()):
        return 1.0 if mean == 0 else 0.0
    return float(2 * stdtr(k - 1, -abs(mean) / error))


def holm(p: ArrayLike) -> Floats:
    """Adjusted p: compare them with alpha, and at most alpha of all families err at all.

    Holm (1979, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of
    Statistics 6): the smallest p times m, the next times m - 1, and so on, none below the one
    before it, none above 1.

    Parameters
    ----------
    p
        Shape [..., m]: the family is the last axis. NaN stands for a comparison that cannot be
        tested; it counts in m and stays NaN.
    """
    array = np.asarray(p, dtype=np.float64)
    order = np.argsort(np.where(np.isnan(array), np.inf, array), axis=-1)
    factors = np.arange(array.shape[-1], 0, -1)
    raised = np.maximum.accumulate(
        np.nan_to_num(np.take_along_axis(array, order, -1), nan=0.0) * factors, axis=-1
    )
    adjusted = np.empty_like(array)
    np.put_along_axis(adjusted, order, np.minimum(raised, 1.0), -1)
    return np.where(np.isnan(array), np.nan, adjusted)


def holm_factors(p: ArrayLike) -> NDArray[np.int64]:
    """By how much Holm's correction raises each p of a family [m]: m for the smallest, 1 last."""
    array = np.asarray(p, dtype=np.float64)
    factors = np.empty(len(array), dtype=np.int64)
    order = np.argsort(np.where(np.isnan(array), np.inf, array), kind="stable")
    factors[order] = np.arange(len(array), 0, -1)
    return factors
