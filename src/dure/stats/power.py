"""How many seeds a comparison needs, and how small a difference its seeds could have seen.

Power is that of the paired t-test (noncentral t), to which the sign-flip test comes close from
about ten pairs on. All of it rests on the spread of the paired differences found so far, which is
itself uncertain: figures are rough guides to planning, never evidence.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import nctdtr, nctdtrinc, ndtri, stdtrit

from dure.core.types import Floats

POWER = 0.8
"""Chance of coming to a verdict that plans aim at (Cohen 1988)."""
MOST_SEEDS = 1_000
"""Numbers of seeds beyond this are not worth saying."""


def power_of(effect: float, pairs: ArrayLike, alpha: float) -> Floats:
    """Chance that the two-sided paired t-test finds a difference.

    Parameters
    ----------
    effect
        Mean difference over the standard deviation of the differences.
    pairs
        Numbers of pairs, at least 2 each.
    alpha
        Level of the test.
    """
    n = np.asarray(pairs, dtype=np.float64)
    critical = stdtrit(n - 1, 1 - alpha / 2)
    shift = abs(effect) * np.sqrt(n)
    # Beyond this the chance is 1 to all digits, and the series behind nctdtr gives up.
    far = shift > critical + 30
    beyond = 1 - nctdtr(n - 1, np.where(far, 0.0, shift), critical)
    found: Floats = np.where(far, 1.0, beyond)
    return found


def pairs_for_difference(effect: float, alpha: float) -> int | None:
    """Pairs at which this effect would be found with a chance of `POWER`; None beyond the cap."""
    if not math.isfinite(effect) or abs(effect) * math.sqrt(MOST_SEEDS) < 1:
        return None
    # With the normal distribution in place of t it would take this many; t takes some ten more.
    fewest = int(((ndtri(1 - alpha / 2) + ndtri(POWER)) / effect) ** 2)
    if fewest > 2 * MOST_SEEDS:
        return None
    n = np.arange(max(2, fewest - 2), fewest + 60)
    enough = np.nonzero(power_of(effect, n, alpha) >= POWER)[0]
    return int(n[enough[0]]) if len(enough) else None


def pairs_for_equivalence(mean: float, spread: float, rope: float, alpha: float) -> int | None:
    """Pairs at which two one-sided tests would show a difference to be within ``rope``.

    With a chance of about `POWER`, if the true difference is the mean found so far (Schuirmann
    1987): the interval of confidence ``1 - 2 alpha`` has to fit between the mean and both limits.
    None where the mean itself is not inside, or beyond the cap.
    """
    room = rope - abs(mean)
    if room <= 0 or spread <= 0:
        return None
    n = np.arange(2, 2 * MOST_SEEDS + 1)
    # With the mean at 0 either limit may be missed: the chance left over is halved between them.
    missed = 1 - POWER if abs(mean) > 0.1 * rope else (1 - POWER) / 2
    reach = (stdtrit(n - 1, 1 - alpha) + stdtrit(n - 1, 1 - missed)) * spread / np.sqrt(n)
    enough = np.nonzero(reach <= room)[0]
    return int(n[enough[0]]) if len(enough) else None


def smallest_difference(spread: float, pairs: int, alpha: float) -> float:
    """The difference that so many pairs find with a chance of `POWER`; NaN below two pairs."""
    if pairs < 2:
        return math.nan
    shift = nctdtrinc(pairs - 1, 1 - POWER, stdtrit(pairs - 1, 1 - alpha / 2))
    return float(shift) / math.sqrt(pairs) * spread
