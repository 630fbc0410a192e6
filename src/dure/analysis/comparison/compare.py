"""Is one variant better than another? Lanes of a result, or of two, side by side and judged.

The quantity compared is what the next network of a variant will reach on average, on these rows.
Pairs are seeds: two lanes of a seed share the shuffling and, where shapes agree, the first weights,
so that part of chance falls out of their difference. Folds of a seed are averaged first. What
decides says `dure.analysis.comparison.paired_test`.
"""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING

from dure.analysis.comparison.pair import Pair
from dure.analysis.comparison.paired_test import FixedTest, Judgement, judge
from dure.analysis.comparison.pairing import Lanes, Matched, lanes_of, match_pairs
from dure.analysis.comparison.table import Comparison
from dure.core.types import GivenMode
from dure.errors import DureError, did_you_mean
from dure.stats.intervals import mean_interval

if TYPE_CHECKING:
    from dure.results.run_result import RunResult


def compare(
    result: RunResult,
    metric: str | None = None,
    baseline: str | None = None,
    other: RunResult | None = None,
    confidence: float = 0.95,
    rope: float | None = None,
    mode: GivenMode = "auto",
) -> Comparison:
    """Compare the variants of a result, or of two; see :meth:`dure.Result.compare`."""
    _refuse(confidence, rope)
    return compare_lanes(lanes_of(result, other, metric, mode), baseline, confidence, rope)


def compare_lanes(
    lanes: Lanes,
    baseline: str | None = None,
    confidence: float = 0.95,
    rope: float | None = None,
) -> Comparison:
    """The comparison of lanes already read; see :meth:`dure.Result.compare`."""
    places = _pairs(lanes, baseline)
    rows = [match_pairs(lanes, *pair) for pair in places]
    tests = [FixedTest(row.gains, row.trained, lanes.by_fold) for row in rows]
    judged = judge(tests, 1 - confidence, rope)
    pairs = tuple(
        _pair(lanes, place, row, test, found, confidence, rope, len(rows))
        for place, row, test, found in zip(places, rows, tests, judged, strict=True)
    )
    return Comparison(lanes.metric, lanes.mode, confidence, rope, pairs, baseline, lanes.notes)


def _refuse(confidence: float, rope: float | None) -> None:
    faults = []
    if not 0.5 <= confidence < 1:
        faults.append(
            f"confidence is {confidence}; expected a number from 0.5 to below 1, as 0.95."
        )
    if rope is not None and not (rope > 0 and math.isfinite(rope)):
        faults.append(
            f"rope is {rope}; expected a number above 0: the largest difference, in the metric's "
            "unit, that makes no difference to you."
        )
    if faults:
        raise DureError("\n".join(faults))


def _pairs(lanes: Lanes, baseline: str | None) -> list[tuple[int, int]]:
    names = lanes.names
    if baseline is not None and baseline not in names:
        raise DureError(
            f"baseline is {baseline!r}; expected one of the variants: {', '.join(names)}."
            + did_you_mean(baseline, names)
        )
    if len(names) < 2:
        raise DureError(
            f"There is one variant only ({names[0]}), and nothing to compare it with: name a "
            "second run, or give the study variants."
        )
    if baseline is None:
        return list(combinations(range(len(names)), 2))
    place = names.index(baseline)
    return [(index, place) for index in range(len(names)) if index != place]


def _pair(
    lanes: Lanes,
    places: tuple[int, int],
    found: Matched,
    test: FixedTest,
    judged: Judgement,
    confidence: float,
    rope: float | None,
    family: int,
) -> Pair:
    """A judgement with all its numbers."""
    alpha, tested = 1 - confidence, not math.isnan(judged.p)
    difference, low, high = _signed(lanes, test.interval(confidence))
    by_rows = (math.nan,) * 3
    if len(found.by_rows) > 1:
        by_rows = mean_interval(found.by_rows[None, :], confidence)[:3]
    _, rows_low, rows_high = _signed(lanes, by_rows)
    return Pair(
        first=lanes.names[places[0]],
        second=lanes.names[places[1]],
        difference=difference,
        low=low,
        high=high,
        p=judged.p if tested else None,
        p_adjusted=judged.p_adjusted if tested else None,
        test=test.name if tested else "none",
        superiority=found.superiority,
        pairs=len(found.gains),
        diverged=found.lost,
        verdict=judged.verdict,
        more_seeds=test.more_pairs(judged, alpha, rope, family),
        unit="fold" if lanes.by_fold else "seed",
        trained=len(found.trained),
        visible=test.visible(alpha / judged.factor),
        rows_low=rows_low,
        rows_high=rows_high,
        metric=lanes.metric,
        mode=lanes.mode,
        confidence=confidence,
        rope=rope,
        family=family,
    )


def _signed(lanes: Lanes, gain: tuple[float, float, float]) -> tuple[float, float, float]:
    """A gain with its limits as first minus second in the metric's unit."""
    if lanes.sign > 0:
        return gain
    mean, low, high = gain
    return (0.0 - mean, 0.0 - high, 0.0 - low)  # 0.0 - 0.0 has no minus sign
