"""Tests that are repeated as seeds are added, and together raise a false alarm as seldom as one.

A pair of variants is looked at after 6 seeds, 8, 12, ... Each look may spend a share of the false
alarms allowed ("alpha spending", Lan & DeMets 1983, "Discrete sequential boundaries for clinical
trials", Biometrika 70), here in proportion to Pocock's function ``log(1 + (e - 1) t)`` of the
share t of all seeds.

* The test is the sign-flip test, its thresholds found look by look on the same choices of signs:
  those a look rejects are gone from the next, so that no alarm is paid for twice (Slud & Wei 1982,
  "Two-sample repeated significance tests based on the modified Wilcoxon statistic", JASA 77;
  Xu, Muetze, Konietschke & Friede 2024, "A studentized permutation test in group sequential
  designs", arXiv 2404.12483). It holds its level, given the sizes of the differences, wherever
  these are as likely to have the one sign as the other: however heavy their tails, however many
  are tied. Two variants whose results come from the same distribution have such differences.
* n differences have 2^n choices of signs, so few seeds cannot reach the small p that many pairs
  ask for. A first look at 6 seeds is therefore Student's t test with `T_SHARE` of the alarms; it
  settles differences that anyone can see. The test leans on normal differences; differences of
  equal draws that are all but two-valued are the worst for it (measured in docs/until-decided.md).

At a level g instead of 5 % every look spends g times its share, nothing is carried over from look
to look: then what is rejected at g is rejected at every larger level, which Holm's correction and
p values need.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from dure.core.types import Floats

Test = Literal["t", "sign-flip"]

FIRST = 6
"""Fewest seeds at a look: with 5, differences of two-valued draws fool the t test too often."""
GROWTH = 1.5
"""Each look has about this many times the seeds of the one before."""
T_SHARE = 0.1
"""Share of the false alarms that the t test of the first look may spend."""
ROWS = 2**15
"""Choices of signs tried: all of them up to 16 seeds, beyond that drawn by a fixed generator."""
_SAME = 1e-9  # of the sum of sizes: sums equal on paper may differ in their last bits
_SEED = 1983


@dataclass(frozen=True)
class SpendingPlan:
    """When is looked, with which test, and how much each look may spend; fixed beforehand.

    Attributes
    ----------
    looks
        Numbers of seeds, rising.
    tests
        The test at each look.
    shares
        What each look may spend of the false alarms; they sum to 1.
    """

    looks: tuple[int, ...]
    tests: tuple[Test, ...]
    shares: tuple[float, ...]


def pocock(share: float) -> float:
    """What may be spent once this share of all seeds is in (Lan & DeMets 1983), 0 to 1."""
    return math.log(1 + (math.e - 1) * share)


def make_plan(first: int, max_seeds: int, level: float) -> SpendingPlan:
    """The looks of a study that begins with `first` seeds and ends with `max_seeds`.

    Parameters
    ----------
    level
        False alarms allowed to the pair with the smallest p: 0.05 / number of pairs. The first
        sign-flip test comes where all signs alike would be rare enough for it.

    Raises
    ------
    ValueError
        For fewer than `FIRST` seeds, or fewer at the end than at the beginning.
    """
    if not FIRST <= first <= max_seeds:
        raise ValueError(f"seeds {first} to {max_seeds}; expected {FIRST} <= first <= last.")
    begin = next(
        (n for n in range(first, max_seeds + 1) if _least(n) <= _spent(level, n, max_seeds)), None
    )
    if begin is None:  # too few seeds for signs alone to tell anything
        if first == max_seeds:
            return SpendingPlan((first,), ("t",), (1.0,))
        return SpendingPlan((first, max_seeds), ("t", "t"), (0.5, 0.5))
    flips = _rising(begin, max_seeds)
    early = () if begin == first else (first,)
    left = 1 - T_SHARE * len(early)
    spent = [0.0, *(left * pocock(n / max_seeds) for n in flips)]
    shares = [after - before for before, after in pairwise(spent)]
    student: Test = "t"
    flip: Test = "sign-flip"
    return SpendingPlan(
        (*early, *flips),
        (student,) * len(early) + (flip,) * len(flips),
        (T_SHARE,) * len(early) + tuple(shares),
    )


def _least(n: int) -> float:
    """The smallest two-sided p that n signs can give."""
    return 2.0 ** (1 - n)


def _spent(level: float, n: int, max_seeds: int) -> float:
    return level * (1 - T_SHARE) * pocock(n / max_seeds)


def _rising(begin: int, end: int) -> list[int]:
    """From `begin` to `end`, each `GROWTH` times the one before; a short last step is no step."""
    found = [begin]
    while found[-1] < end:
        found.append(min(end, math.ceil(GROWTH * found[-1])))
    if len(found) > 2 and found[-1] < 1.2 * found[-2]:
        del found[-2]
    return found


@lru_cache(maxsize=4)
def sign_rows(n: int, rows: int) -> Floats:
    """Choices of n signs, shape (rows, n); the first is always +1, as tests here look at sizes.

    The first ``1 + log2(rows)`` columns hold every choice equally often.
    """
    signs = np.ones((rows, n))
    counted = min(n - 1, int(math.log2(rows)))
    bits = np.arange(rows)[:, None] >> np.arange(counted) & 1
    signs[:, 1 : 1 + counted] = 1 - 2 * bits
    rest = n - 1 - counted
    if rest > 0:
        drawn = np.random.default_rng(_SEED).integers(0, 2, (rows, rest))
        signs[:, 1 + counted :] = 1 - 2 * drawn
    return signs


class Paths:
    """Studies of differences over seeds, each beside what other signs would have made of it.

    Parameters
    ----------
    differences
        Shape (study, seed), in the order in which seeds were added; NaN where one is missing.
    plan
        Looks with more seeds than there are have not been made yet.
    one_sided
        Whether only sums above 0 count against "no more than 0"; else both sides of "0" do.
    """

    def __init__(
        self, differences: ArrayLike, plan: SpendingPlan, one_sided: bool = False, rows: int = ROWS
    ) -> None:
        found = np.asarray(differences, dtype=np.float64)
        values = np.nan_to_num(found, nan=0.0)  # a sum does not hear a 0, whatever its sign
        sizes = np.abs(values)
        known = np.isfinite(found)
        self._plan = plan
        self._sides = 1 if one_sided else 2
        self._statistics: list[Floats] = []
        self._freedom: list[NDArray[np.int64]] = []
        signs, before = sign_rows(found.shape[1], rows), 0
        observed = np.zeros((len(found), 1))
        sums = np.zeros((len(found), rows))
        for n, test in zip(plan.looks, plan.tests, strict=True):
            if n > found.shape[1]:
                break
            sums += sizes[:, before:n] @ signs[:, before:n].T
            observed += values[:, before:n].sum(axis=1, keepdims=True)
            before = n
            together = np.concatenate([observed, sums, -sums] if one_sided else [observed, sums], 1)
            whole = sizes[:, :n].sum(axis=1, keepdims=True)
            count = known[:, :n].sum(axis=1, keepdims=True)
            squares = (sizes[:, :n] ** 2).sum(axis=1, keepdims=True)
            statistic = (
                together / np.where(whole > 0, whole, 1)
                if test == "sign-flip"
                else _student(together, squares, count)
            )
            self._statistics.append(statistic if one_sided else np.abs(statistic))
            self._freedom.append(count[:, 0] - 1)

    def first_rejection(self, level: float) -> NDArray[np.int64]:
        """The first look (from 0) that rejects each study at a level; the number of looks if none.

        In a share ``level`` at most of studies without a difference some look rejects.
        """
        first = np.full(len(self._statistics[0]), len(self._plan.looks))
        for look, rejected in enumerate(self._rejections(level)):
            first = np.minimum(first, np.where(rejected[:, 0], look, first))
        return first

    def rejects_now(self, level: float) -> NDArray[np.bool_]:
        """Whether the latest look alone rejects, whatever earlier ones did."""
        *_, last = self._rejections(level, always_alive=True)
        return last[:, 0]

    def p_value(self) -> float:
        """Of the only study: the smallest level at which a look so far rejects; 1 if none does."""
        looks = len(self._plan.looks)
        low, high = 0.0, 1.0
        if self.first_rejection(1.0)[0] == looks:
            return 1.0
        while high - low > 1e-3 * high and high > 1e-7:
            middle = math.sqrt(max(low, 1e-8) * high)
            if self.first_rejection(middle)[0] < looks:
                high = middle
            else:
                low = middle
        return high

    def _rejections(self, level: float, always_alive: bool = False) -> list[NDArray[np.bool_]]:
        """Per look, which choices of signs are rejected there first; the observed is column 0."""
        alive = np.ones(self._statistics[0].shape, dtype=bool)
        found = []
        for look, statistic in enumerate(self._statistics):
            if always_alive:
                alive[:, 0] = True
            spend = level * self._plan.shares[look]
            if self._plan.tests[look] == "t":
                freedom = self._freedom[look]
                limit = stdtrit(np.maximum(freedom, 1), 1 - spend / self._sides)
                limit = np.where(freedom >= FIRST - 1, limit, np.inf)
            else:
                # Two-sided, a row stands for its mirror image too: shares are the same.
                limit = _limit(np.where(alive, statistic, -np.inf), spend)
            rejected = alive & (statistic > limit[:, None])
            alive &= ~rejected
            found.append(rejected)
        return found


def _limit(statistic: Floats, spend: float) -> Floats:
    """What at most a share `spend` of each row's values exceeds, ties counted as equal."""
    size = statistic.shape[1]
    allowed = int(spend * size)
    if allowed >= size:
        return np.full(len(statistic), -np.inf)
    place = size - allowed - 1
    limit: Floats = np.partition(statistic, place, axis=1)[:, place] + _SAME
    return limit


def _student(sums: Floats, squares: Floats, count: NDArray[np.int64]) -> Floats:
    """Student's t of differences with these sums and sums of squares; infinite without spread."""
    n = np.maximum(count, 2)
    mean = sums / n
    variance = np.maximum(squares - n * mean**2, 0) / (n - 1)
    alike = variance <= 1e-12 * squares
    with np.errstate(divide="ignore", invalid="ignore"):
        t = mean / np.sqrt(np.where(alike, 0.0, variance) / n)
    return np.nan_to_num(t, nan=0.0, posinf=np.inf, neginf=-np.inf)


def interval(differences: ArrayLike, plan: SpendingPlan, level: float) -> tuple[float, float]:
    """The repeated confidence interval of one study's mean difference at its latest look.

    What the sequential test does not reject at the latest look (Jennison & Turnbull 1989, "Interim
    analyses: the repeated confidence interval approach", JRSS B 51). All looks' intervals hold the
    true difference with probability ``1 - level`` at least.

    Parameters
    ----------
    differences
        Shape (seed,); NaN where one is missing. Infinite limits where signs cannot tell.
    """
    found = np.asarray(differences, dtype=np.float64)
    known = found[np.isfinite(found)]
    mean = float(known.mean()) if len(known) else math.nan
    look = plan.looks.index(len(found))
    if len(known) < FIRST:
        return -math.inf, math.inf
    if plan.tests[look] == "t":
        n = len(known)
        t = stdtrit(n - 1, 1 - level * plan.shares[look] / 2)
        half = float(t * known.std(ddof=1) / math.sqrt(n))
        return mean - half, mean + half

    def rejected(shift: float) -> bool:
        return bool(Paths((found - shift)[None], plan, rows=2**13).rejects_now(level)[0])

    spread = float(np.ptp(known)) * 1e-6 + 1e-12 * abs(mean)
    return (
        _edge(rejected, mean, float(known.min()) - spread),
        _edge(rejected, mean, float(known.max()) + spread),
    )


def _edge(rejected: Callable[[float], bool], inside: float, outside: float) -> float:
    """Where rejection begins between two values; infinite if not even the outer is rejected."""
    if not rejected(outside):
        return math.copysign(math.inf, outside - inside)
    for _ in range(14):
        middle = (inside + outside) / 2
        inside, outside = (inside, middle) if rejected(middle) else (middle, outside)
    return outside
