"""What twice the rows would bring: a power law through a learning curve, and its interval.

Errors of learners tend to fall as ``a + b n^-c`` with the number of training rows n (Cortes et al.
1993, "Learning curves: asymptotic values and rate of convergence", NIPS 6; Hestness et al. 2017,
"Deep learning scaling is predictable, empirically"). a, b and c can hardly be told apart from few
sizes, and their values are not given here; what the law says of twice the largest size can.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import fdtr, stdtrit

from dure.core.types import Floats
from dure.stats.intervals import Interval

FEWEST_SIZES = 4
"""With three sizes the law's three numbers meet any curve, so it cannot be seen to fail."""
EXPONENTS = np.geomspace(0.1, 2.0, 400)
"""Exponents that are tried; those found in practice lie well inside."""
_REFUSED = 0.99  # of how unlikely the scatter round the law must be for it to be refused


class Doubling(NamedTuple):
    """What the law expects of twice the rows; `low` and `high` bound it."""

    gain: float
    low: float
    high: float


def doubling(
    values: Floats, rows: Floats, confidence: float = 0.95, shared: float = 0.0
) -> Doubling | None:
    """The change that twice the largest number of rows is expected to bring.

    For each exponent c the law is a straight line in ``n^-c``; weighted least squares through the
    means gives the gain with its variance. The interval holds every gain that the law with some
    exponent can bring without fitting worse than the best fit by more than a t test allows (a
    profile likelihood interval; Bates & Watts 1988, "Nonlinear regression analysis", section 6.1).
    In simulated curves with 5 or 10 lanes 95 % intervals cover 90 to 99.8 %: too few where the
    curve is level and no exponent fits better than another, too many where noise is large.

    Parameters
    ----------
    values
        Shape (lane, size), lanes paired over sizes.
    rows
        Numbers of training rows, shape (size,), rising.
    shared
        What the variance of a mean over lanes has on top of 1 / lanes because the lanes share
        rows (Nadeau & Bengio 2003): validation rows over training rows for folds of one seed.

    Returns
    -------
    None with fewer than two lanes or four sizes, or where the means are off every such law by
    more than their scatter explains.
    """
    lanes, sizes = values.shape
    if lanes < 2 or sizes < FEWEST_SIZES:
        return None
    variance = _variances(values, rows) * (1 / lanes + shared)
    if not (variance > 0).all():
        return None
    weights = 1 / variance
    centre = weights / weights.sum()
    means = values.mean(axis=0)
    powers = (rows / rows[-1]) ** -EXPONENTS[:, None]
    powers = powers - (powers @ centre)[:, None]
    spread = (powers**2) @ weights
    slopes = (powers * (means - means @ centre)) @ weights / spread
    misfit = ((means - means @ centre - slopes[:, None] * powers) ** 2) @ weights
    best = int(misfit.argmin())
    freedom = sizes - 3
    if fdtr(freedom, lanes - 1, misfit[best] / freedom) > _REFUSED:
        return None
    factors = 2**-EXPONENTS - 1
    gains = slopes * factors
    room = stdtrit(lanes - 1, (1 + confidence) / 2) ** 2 - (misfit - misfit[best])
    half = np.sqrt(factors**2 / spread * np.maximum(room, 0))
    low, high = (gains - half)[room >= 0].min(), (gains + half)[room >= 0].max()
    return Doubling(float(gains[best]), float(low), float(high))


def _variances(values: Floats, rows: Floats) -> Floats:
    """Variance over lanes at each size, without what is common to all sizes of a lane.

    Five lanes tell little of each variance; their logarithms are taken as a line in log rows.
    """
    sizes = values.shape[1]
    own = (values - values.mean(axis=1, keepdims=True)).var(axis=0, ddof=1)
    # Taking off a lane's mean leaves (1 - 2/k) of a size's own variance and 1/k of the mean one.
    mean = own.mean() / (1 - 1 / sizes)
    found = np.maximum((own - mean / sizes) / (1 - 2 / sizes), 0.1 * mean)
    if not mean > 0:
        return np.zeros(sizes)
    line = np.polynomial.Polynomial.fit(np.log(rows), np.log(found), 1)
    fitted: Floats = np.exp(line(np.log(rows)))
    return fitted


def as_interval(found: Doubling, lanes: int) -> Interval:
    """The same as the interval that tables show."""
    return Interval(found.gain, found.low, found.high, lanes, lanes)
