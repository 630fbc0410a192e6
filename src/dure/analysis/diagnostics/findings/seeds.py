"""One seed that behaves unlike the others: by its best value, or by its whole curve."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from scipy.special import stdtrit

from dure.analysis.diagnostics.case import Case, Finding, Number, median
from dure.core.metrics import mode_of
from dure.core.types import Bools, Floats
from dure.messages.message import Message, say
from dure.messages.phrases import describe_number

FEWEST = 5
"""Seeds from which "the others" mean anything."""

ALPHA = 0.005
"""How often a seed is called odd among seeds that differ as normal numbers do: once in 200."""

APART = 0.05
"""Least share of the others' median by which the odd seed must differ to be worth a sentence."""

TIMES = 5.0
"""Times the others' distance from the median curve by which a whole curve must be away."""


def find(case: Case) -> Iterator[Finding]:
    """Seeds whose best value, or else whose course, is far from all others'."""
    value = case.curves.get(case.monitor.name)
    seeds = list(dict.fromkeys(case.seeds.tolist()))
    if value is None or len(seeds) < FEWEST:
        return
    sound = case.sound
    if not np.isfinite(value[sound]).any():
        return
    best = _by_seed(case, np.where(sound, case.at_best(case.monitor.name), np.nan))
    course = np.array([_by_seed(case, np.where(sound, one, np.nan)) for one in value.T]).T
    odd = _odd(_scaled(best, case))
    if odd.any():
        yield _describe(case, seeds, odd, best, "best")
        return
    apart = _distances(_scaled(course, case))
    # Distances of normal numbers come near to normal ones by this power (Wilson & Hilferty 1931).
    odd = _odd(apart ** (2 / 3), upwards=True)
    # Curves that differ in their last digits only are alike.
    spread = np.nanmax(_scaled(course, case)) - np.nanmin(_scaled(course, case))
    odd &= (apart > APART * spread) & (apart > TIMES * median(apart[~odd]))
    if odd.any():
        yield _describe(case, seeds, odd, apart, "course")


def _by_seed(case: Case, values: Floats) -> Floats:
    """The mean over the folds of each seed, [seed]; NaN where a seed has none."""
    grid = case.by_seed(values)
    known = np.isfinite(grid)
    total = np.where(known, grid, 0.0).sum(axis=1)
    return np.where(known.any(axis=1), total / np.maximum(known.sum(axis=1), 1), np.nan)


def _scaled(values: Floats, case: Case) -> Floats:
    """Losses as logarithms, for they differ by factors; other metrics as they are."""
    known = values[np.isfinite(values)]
    is_loss = mode_of(case.monitor.name, case.monitor) == "min"
    return np.log(values) if is_loss and known.size and known.min() > 0 else values


def _distances(course: Floats) -> Floats:
    """How far each seed's curve is from the median curve: the median over epochs, [seed]."""
    epochs = np.isfinite(course).sum(axis=0) >= max(2, len(course) / 2)
    course = course[:, epochs]
    if not course.shape[1]:
        return np.full(len(course), np.nan)
    away = np.abs(course - np.nanmedian(course, axis=0))
    return np.array([median(row) for row in away])


def _odd(values: Floats, upwards: bool = False) -> Bools:
    """Which are outliers, and differ by enough to be worth a sentence; at most a quarter of all."""
    known = np.flatnonzero(np.isfinite(values))
    odd = np.zeros(len(values), dtype=bool)
    if len(known) < FEWEST:
        return odd
    odd[known[outliers(values[known], upwards=upwards)]] = True
    if not upwards and odd.any():
        centre = float(np.median(values[known[~odd[known]]]))
        # Of logarithms and of shares alike: a difference of so much.
        odd &= np.abs(values - centre) > APART * (1.0 if abs(centre) < 1 else abs(centre))
    return odd


def outliers(values: Floats, alpha: float = ALPHA, upwards: bool = False) -> list[int]:
    """Places of outliers among numbers, at most a quarter of them.

    The generalised extreme studentised deviate test (Rosner 1983, "Percentage points for a
    generalized ESD many-outlier procedure", Technometrics 25): the farthest from the mean is taken
    away again and again, so that several outliers cannot hide each other; for one it is Grubbs'.

    Parameters
    ----------
    alpha
        How often anything is found among normal numbers.
    upwards
        Look for large ones only.
    """
    rest = list(range(len(values)))
    taken: list[int] = []
    found = 0
    for step in range(1, max(1, len(values) // 4) + 1):
        part = values[rest]
        spread = float(np.std(part, ddof=1))
        if spread <= 1e-12 * max(1.0, float(np.abs(part).max())):
            break
        away = (part - part.mean()) / spread
        far = int(np.argmax(away if upwards else np.abs(away)))
        taken.append(rest.pop(far))
        if abs(float(away[far])) > _critical(len(values), step, alpha, upwards):
            found = step
    return taken[:found]


def _critical(count: int, step: int, alpha: float, upwards: bool) -> float:
    left = count - step + 1
    share = alpha / left if upwards else alpha / (2 * left)
    t = float(stdtrit(left - 2, 1 - share))
    return (left - 1) * t / float(np.sqrt((left - 2 + t**2) * left))


def _describe(
    case: Case,
    seeds: list[int],
    odd: Bools,
    values: Floats,
    what: str,
) -> Finding:
    names = [seed for seed, is_odd in zip(seeds, odd, strict=True) if is_odd]
    others, mine = median(values[~odd]), median(values[odd])
    numbers: dict[str, Number] = {
        "seeds": ", ".join(map(str, names)),
        "odd": mine,
        "others": others,
        "others_low": float(np.nanmin(values[~odd])),
        "others_high": float(np.nanmax(values[~odd])),
        "by": what,
    }
    known = {"variant": case.variant, "seeds": numbers["seeds"]}
    known["how"] = _how(case.monitor.name, numbers)
    if len(names) == 1:
        told = say(
            "{variant}: seed {seeds} behaves unlike the others: {how}; look at that lane's curve: "
            "a start that depends on luck asks for a lower rate or another initialiser.",
            **known,
        )
    else:
        told = say(
            "{variant}: seeds {seeds} behave unlike the others: {how}; look at that lane's curve: "
            "a start that depends on luck asks for a lower rate or another initialiser.",
            **known,
        )
    fold = max(1, len(set(case.folds.tolist())))
    return Finding("odd_seed", case.variant, None, len(names) * fold, case.of, told, numbers)


def _how(metric: str, numbers: Mapping[str, Number]) -> Message:
    """By what the odd seeds differ."""
    odd, others = float(numbers["odd"]), float(numbers["others"])
    if numbers["by"] == "best":
        return say(
            "the best {metric} is {odd} there, {others} in the median of the others ({low} to "
            "{high})",
            metric=metric,
            odd=describe_number(odd),
            others=describe_number(others),
            low=describe_number(float(numbers["others_low"])),
            high=describe_number(float(numbers["others_high"])),
        )
    return say(
        "along the epochs its {metric} is {times} times as far from the median curve as the "
        "others' are",
        metric=metric,
        times=describe_number(odd / others),
    )
