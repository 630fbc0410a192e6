"""Cures against the baseline, paired by seed and fold, with intervals and what they cost."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from dure.core.types import Floats
from dure.remedies.surgery.rebuild import BASELINE
from dure.remedies.trial import Round
from dure.stats.intervals import interval_texts, mean_interval
from dure.stats.permutation import corrected_t, holm, least_p, scores_of, sign_flip
from dure.stats.power import pairs_for_difference

Verdict = Literal["better", "worse", "undecided", "too few"]

ALPHA = 0.05


@dataclass(frozen=True)
class Effect:
    """What a cure did, against the baseline on the same seeds and folds.

    Attributes
    ----------
    cure, round, seeds
        Which, in which round, on how many seeds.
    difference, low, high
        Mean of cure minus baseline in the metric's unit, at each lane's best epoch, with its 95 %
        interval (over seeds; over folds with one seed). NaN where no pair is sound.
    end
        The same difference at each lane's last epoch: mean, low, high. What overfitting gives away
        is in here, and not in `difference`.
    p, p_adjusted
        Sign-flip test (one seed: corrected t over folds), and Holm's correction over the round;
        None where so few pairs could never reach 5 %.
    wins
        Share of pairs in which the cure is better, ties half.
    verdict
        By the interval; a cure that loses lanes the baseline does not lose is worse.
    diverged, baseline_diverged, of
        Lanes that diverged or failed, of so many.
    seconds
        Time of an epoch as a multiple of the baseline's.
    parameters
        Weights of the network.
    more_seeds
        Undecided: about how many more would settle it, were the difference what it seems.

    Examples
    --------
    >>> effect = cured.effects["round-1"][0]
    >>> effect.cure, effect.of, effect.account()["of"], "[" in effect.interval
    ('scaled inputs', 5, 5, True)
    """

    cure: str
    round: str
    seeds: int
    difference: float
    low: float
    high: float
    end: tuple[float, float, float]
    p: float | None
    p_adjusted: float | None
    wins: float
    verdict: Verdict
    diverged: int
    baseline_diverged: int
    of: int
    seconds: float
    parameters: int | None
    more_seeds: int | None

    def account(self) -> dict[str, Any]:
        """JSON-able."""
        return asdict(self)

    @property
    def interval(self) -> str:
        """'-0.021 [-0.030, -0.012]'."""
        return interval_texts([(self.difference, self.low, self.high)])[0]


def effects(found: Round) -> list[Effect]:
    """Every cure of a round, the best first.

    Order: fewest lanes lost, then the best mean of the metric. Lanes lost count against a cure;
    they are never dropped from view.
    """
    names = list(found.cures)
    base = found.values(BASELINE)
    grids = {name: found.values(name) for name in names}
    raw = [_p(gains(grids[name], base, found.mode)) for name in names]
    known = np.array([math.nan if p is None else p for p in raw])
    adjusted = holm(known) if len(names) else known
    rows = [
        _effect(found, name, grids[name], base, p, None if math.isnan(q) else float(q))
        for name, p, q in zip(names, raw, adjusted, strict=True)
    ]
    sign = 1 if found.mode == "min" else -1

    def place(row: Effect) -> tuple[int, float]:
        mean = _mean(grids[row.cure])
        return (row.diverged, sign * mean if math.isfinite(mean) else math.inf)

    return sorted(rows, key=place)


def gains(values: Floats, base: Floats, mode: Literal["min", "max"]) -> Floats:
    """By how much each pair is better than its baseline, infinite where only one was lost."""
    sign = 1.0 if mode == "min" else -1.0
    lost = np.where(np.isfinite(values), sign * values, np.inf)
    base_lost = np.where(np.isfinite(base), sign * base, np.inf)
    both = np.isinf(lost) & np.isinf(base_lost)
    with np.errstate(invalid="ignore"):
        gained: Floats = np.where(both, 0.0, base_lost - lost)
    return gained


def _p(gained: Floats) -> float | None:
    """Of the hypothesis that the cure changes nothing; None where it could never be refused."""
    if gained.shape[0] == 1:
        few = gained.shape[1] < 2 or not np.isfinite(gained).all()
        return None if few else corrected_t(gained[0])
    per_seed = gained.mean(axis=1)
    if least_p(len(per_seed)) > ALPHA or np.isnan(per_seed).any():
        return None
    return float(sign_flip(scores_of(per_seed)))


def _effect(
    found: Round, name: str, values: Floats, base: Floats, p: float | None, adjusted: float | None
) -> Effect:
    mean, low, high = mean_interval(values - base)[:3]
    lost, base_lost = (int((~np.isfinite(grid)).sum()) for grid in (values, base))
    gained = gains(values, base, found.mode)
    verdict = _verdict(mean, low, high, lost - base_lost, values.size, found.mode)
    return Effect(
        cure=name,
        round=found.label,
        seeds=len(found.seeds),
        difference=mean,
        low=low,
        high=high,
        end=mean_interval(found.ends(name) - found.ends(BASELINE))[:3],
        p=p,
        p_adjusted=adjusted,
        wins=float(np.mean((gained > 0) + 0.5 * (gained == 0))),
        verdict=verdict,
        diverged=lost,
        baseline_diverged=base_lost,
        of=values.size,
        seconds=found.seconds(name) / found.seconds(BASELINE),
        parameters=found.parameters(name),
        more_seeds=_more(values - base) if verdict == "undecided" else None,
    )


def _verdict(
    mean: float, low: float, high: float, lost: int, of: int, mode: Literal["min", "max"]
) -> Verdict:
    if lost > 0:
        return "worse"
    if -lost >= max(2, of / 2):  # half of the lanes saved is an effect of its own
        return "better"
    if not math.isfinite(low):
        return "too few"
    if low <= 0 <= high:
        return "undecided"
    return "better" if (mean < 0) == (mode == "min") else "worse"


def _more(differences: Floats) -> int | None:
    """Seeds beyond those there are at which this difference would be found, 80 times of 100."""
    per_seed = differences.mean(axis=1)
    per_seed = per_seed[np.isfinite(per_seed)]
    if len(per_seed) < 2:
        return None
    spread = float(per_seed.std(ddof=1))
    if spread == 0:
        return None
    needed = pairs_for_difference(float(per_seed.mean()) / spread, ALPHA)
    return None if needed is None else max(1, needed - len(per_seed))


def _mean(values: Floats) -> float:
    sound = values[np.isfinite(values)]
    return float(sound.mean()) if len(sound) else math.nan
