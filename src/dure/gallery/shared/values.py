"""Numbers that are no metric of a result, compared and counted by the rules of `dure.Result`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaincinv

from dure.analysis.comparison.compare import compare_lanes
from dure.analysis.comparison.pairing import Lanes
from dure.analysis.comparison.table import Comparison
from dure.core.types import Mode
from dure.messages.message import Message, say


def compare_values(
    metric: str, mode: Mode, values: Mapping[str, ArrayLike], baseline: str
) -> Comparison:
    """Compare one number a seed with those of the baseline, as `dure.Result.compare` does.

    Parameters
    ----------
    metric, mode
        What the numbers are, and whether low ("min") or high ("max") ones are better.
    values
        By name one number a seed, in the same order of seeds; not finite where a network was lost.
    """
    rows = [np.ravel(np.asarray(one, np.float64)) for one in values.values()]
    numbers = np.stack(rows)[:, :, None]
    sound = np.isfinite(numbers)
    seeds = tuple(range(numbers.shape[1]))
    lanes = Lanes(
        metric,
        mode,
        tuple(values),
        seeds,
        np.where(sound, numbers, np.nan),
        sound,
        ~sound,
        by_fold=False,
        same_rows=True,
        notes=(),
    )
    return compare_lanes(lanes, baseline)


@dataclass(frozen=True)
class Share:
    """`count` of `of` networks, with the 95 % interval of the share that all networks have."""

    count: int
    of: int
    low: float
    high: float

    def describe(self) -> Message:
        """'3 of 5 [0.15, 0.95]'."""
        return say(
            "{count} of {of} [{low:.2f}, {high:.2f}]",
            count=self.count,
            of=self.of,
            low=self.low,
            high=self.high,
        )

    __str__ = describe


def share(count: int, of: int, confidence: float = 0.95) -> Share:
    """The exact interval of a share of independent networks.

    Clopper and Pearson 1934, "The use of confidence or fiducial limits illustrated in the case of
    the binomial", Biometrika 26: it holds the true share at least as often as it says.

    Parameters
    ----------
    count, of
        How many did it, of how many; 0 <= count <= of, of >= 1.
    """
    tail = (1 - confidence) / 2
    low = float(betaincinv(count, of - count + 1, tail)) if count else 0.0
    high = float(betaincinv(count + 1, of - count, 1 - tail)) if count < of else 1.0
    return Share(count, of, low, high)
