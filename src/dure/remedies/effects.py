"""What each cure of a round did, and what stopping early would have done."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import numpy as np

from dure.analysis.comparison.compare import compare_lanes
from dure.analysis.comparison.pair import Pair
from dure.analysis.comparison.paired_test import mean_difference
from dure.analysis.comparison.pairing import Lanes
from dure.core.types import Floats, Mode
from dure.remedies.model import Effect, Stopping
from dure.remedies.surgery.rebuild import BASELINE
from dure.stats.intervals import mean_interval

SCREEN = 0.9
"""Confidence of the interval by which cures go on from the first round; it promises nothing."""

if TYPE_CHECKING:
    from dure.remedies.trial import Round
    from dure.results.run_result import RunResult


def effects(found: Round) -> list[Effect]:
    """Every cure of a round against the baseline, the best first.

    Order: fewest lanes lost, then the best mean of the metric. Lanes lost count against a cure;
    they are never dropped from view.
    """
    names = list(found.cures)
    if not names:
        return []
    grids = {name: found.values(name) for name in (*names, BASELINE)}
    pairs = compare_lanes(_lanes(found, grids), BASELINE).pairs
    rows = [_effect(found, grids, pair) for pair in pairs]
    sign = 1 if found.mode == "min" else -1

    def place(row: Effect) -> tuple[int, float]:
        mean = _mean(grids[row.cure])
        return (row.diverged, sign * mean if math.isfinite(mean) else math.inf)

    return sorted(rows, key=place)


def _lanes(found: Round, grids: dict[str, Floats]) -> Lanes:
    """A round as `Result.compare` takes it; a lane without a number was lost."""
    values = np.stack(list(grids.values()))
    sound = np.isfinite(values)
    return Lanes(
        metric=found.metric,
        mode=found.mode,
        names=tuple(grids),
        seeds=tuple(found.seeds),
        values=values,
        sound=sound,
        lost=~sound,
        by_fold=len(found.seeds) == 1 and values.shape[2] > 1,
        same_rows=True,
        notes=(),
    )


def _effect(found: Round, grids: dict[str, Floats], pair: Pair) -> Effect:
    name = pair.first
    gained = gains(grids[name], grids[BASELINE], found.mode)
    return Effect(
        cure=name,
        round=found.label,
        seeds=len(found.seeds),
        difference=pair.difference,
        low=pair.low,
        high=pair.high,
        end=mean_difference(found.ends(name) - found.ends(BASELINE)),
        p=pair.p,
        p_adjusted=pair.p_adjusted,
        wins=float(np.mean((gained > 0) + 0.5 * (gained == 0))),
        verdict=pair.verdict,
        diverged=pair.diverged[0],
        baseline_diverged=pair.diverged[1],
        of=gained.size,
        seconds=found.seconds(name) / found.seconds(BASELINE),
        parameters=found.parameters(name),
        more_seeds=pair.more_seeds,
        promising=_is_promising(found, grids, pair),
    )


def _is_promising(found: Round, grids: dict[str, Floats], pair: Pair) -> bool:
    saved = pair.diverged[1] - pair.diverged[0]
    if saved < 0 or saved >= max(2, grids[BASELINE].size / 2):
        return saved > 0
    _, low, high = mean_difference(grids[pair.first] - grids[BASELINE], SCREEN)
    return pair.verdict == "better" or (high < 0 if found.mode == "min" else low > 0)


def gains(values: Floats, base: Floats, mode: Literal["min", "max"]) -> Floats:
    """By how much each pair is better than its baseline, infinite where only one was lost."""
    sign = 1.0 if mode == "min" else -1.0
    lost = np.where(np.isfinite(values), sign * values, np.inf)
    base_lost = np.where(np.isfinite(base), sign * base, np.inf)
    both = np.isinf(lost) & np.isinf(base_lost)
    with np.errstate(invalid="ignore"):
        gained: Floats = np.where(both, 0.0, base_lost - lost)
    return gained


def simplest(
    found: Round, rows: list[Effect] | tuple[Effect, ...], parts: dict[str, int]
) -> str | None:
    """The best cure of a round, or one of fewer parts that is as good.

    As good: the mean paired difference to the best is within its standard error (the rule of
    Breiman, Friedman, Olshen & Stone 1984 for trees). None where nothing was better on average.

    Parameters
    ----------
    parts
        Of how many cures each is made.
    """
    sign = 1.0 if found.mode == "min" else -1.0
    first = rows[0]
    if first.verdict != "better" and not sign * first.difference < 0:
        return None
    best = found.values(first.cure)
    for name in sorted((row.cure for row in rows), key=parts.__getitem__):
        difference = sign * (found.values(name) - best).mean(axis=1)
        if not np.isfinite(difference).all():
            continue
        error = difference.std(ddof=1) / len(difference) ** 0.5 if len(difference) > 1 else 0.0
        if difference.mean() <= error:
            return name
    return first.cure


def _mean(values: Floats) -> float:
    sound = values[np.isfinite(values)]
    return float(sound.mean()) if len(sound) else math.nan


# -- early stopping, read off curves that are there: it changes nothing of training but its end ----


def simulate_stopping(
    result: RunResult, variant: str, metric: str, mode: Mode, patience: int | None = None
) -> Stopping | None:
    """Early stopping on the curves of a variant; None where no lane ran to its last epoch.

    Callbacks that only stop cannot change an epoch that ran before, so nothing is trained.

    Parameters
    ----------
    patience
        Default: a tenth of the epochs, at least 3.
    """
    curves = np.asarray(result.curves[metric].sel(variant=variant).values, dtype=np.float64)
    length = curves.shape[-1]
    patience = patience or max(3, math.ceil(length / 10))
    gains = np.full(curves.shape[:2], np.nan)
    shares = []
    for lane in np.ndindex(*gains.shape):
        if not np.isfinite(curves[lane]).all():
            continue
        restored, ran = stop_early(curves[lane], mode, patience)
        gains[lane] = curves[lane][restored] - curves[lane][-1]
        shares.append(ran / length)
    if not shares:
        return None
    gain = mean_interval(gains)
    better = gain.high < 0 if mode == "min" else gain.low > 0
    return Stopping(patience, gain, float(np.mean(shares)), bool(better))


def stop_early(curve: Floats, mode: Mode, patience: int) -> tuple[int, int]:
    """The epoch (from 0) that would be restored, and how many would run; curve [epoch], finite."""
    values = curve if mode == "min" else -curve
    best, at = math.inf, 0
    for epoch, value in enumerate(values):
        if value < best:
            best, at = float(value), epoch
        elif epoch - at >= patience:
            return at, epoch + 1
    return at, len(values)
