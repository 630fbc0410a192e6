"""Curves along the epochs as a block: means with intervals are exact.

Of single lanes those at even steps in lane order are drawn, whatever came of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from dure.analysis.overfitting.model import Overfitting
from dure.blocks.charts import Along, Curves, Metric
from dure.core.metrics import mode_of
from dure.core.types import DIMS, Floats, Ints
from dure.messages.message import Message, say
from dure.messages.phrases import count, join_list
from dure.results.run_result import RunResult, known_modes
from dure.results.series import MetricSeries, lanes_per_variant, limits, metrics_of, series_of
from dure.stats.intervals import Band

MOST_SINGLE = 240
"""Lanes drawn by themselves, of all variants together."""
MOST_COLUMNS = 2_000
"""Epochs at which means and intervals are given."""
_GROUPS = 200  # of epochs, two columns each, where single lanes are too long to draw


@dataclass(frozen=True)
class NamedResult:
    """What one result gives to a picture of curves: its variants, under the names they have here.

    Attributes
    ----------
    turns
        By variant, the epoch at which its validation loss turns, or None.
    """

    result: RunResult
    names: tuple[str, ...]
    turns: tuple[float | None, ...]

    @classmethod
    def of(
        cls,
        result: RunResult,
        overfitting: Overfitting | Message | None = None,
        names: Sequence[str] | None = None,
    ) -> NamedResult:
        """Names default to the result's own; without an `Overfitting` nothing is said of turns."""
        turns: list[float | None] = [None] * len(result.variants)
        if isinstance(overfitting, Overfitting):
            rows = overfitting.rows
            turns = [r.turning_epoch.mean if r.kind == "overfits" else None for r in rows]
        return cls(result, tuple(names or result.variants), tuple(turns))


def build_curves(parts: Sequence[NamedResult], most_single: int = MOST_SINGLE) -> Curves | None:
    """One picture of the curves of one result, or of several with the metrics that all have.

    None where no lane has ended an epoch, or there is no such metric. `most_single` lanes are drawn
    by themselves, of all variants together.
    """
    length = max(int(part.result.lanes["epochs"].max()) for part in parts)
    bases = _bases([part.result for part in parts])
    if length == 0 or not bases:
        return None
    columns = _columns(length)
    each = most_single // sum(len(part.names) for part in parts)
    picks = [_pick_lanes(part.result, each) for part in parts]
    series = {base: [series_of(part.result, base) for part in parts] for base in bases}
    grouped = length > 2 * _GROUPS
    metrics = tuple(
        _metric(base, parts, series[base], picks, length, columns, grouped) for base in bases
    )
    names = tuple(name for part in parts for name in part.names)
    return Curves(
        label=say(
            "{metrics} along the epochs, of {variants}: means with 95 % intervals",
            metrics=join_list(bases),
            variants=count(len(names), "variant"),
        ),
        variants=names,
        metrics=metrics,
        epochs=columns + 1,
        lanes=tuple(lanes_per_variant(part.result) for part in parts for _ in part.names),
        drawn=tuple(len(pick) for pick, part in zip(picks, parts, strict=True) for _ in part.names),
        lost=tuple(one.lost for of_part in series[bases[0]] for one in of_part),
        turns=tuple(turn for part in parts for turn in part.turns),
        notes=tuple(_notes(parts, picks, series[bases[0]], length, columns)),
        single_epochs=_group_epochs(length) if grouped else None,
    )


def _bases(results: Sequence[RunResult]) -> list[str]:
    """Metrics that all results have, the first one's monitor before the others."""
    known = [metrics_of(result) for result in results]
    shared = [base for base in known[0] if all(base in names for names in known)]
    first = results[0].monitor.name.removeprefix("val_")
    return sorted(shared, key=lambda base: base != first)


def _columns(length: int) -> Ints:
    """Places of the epochs at which means are given: all, or evenly spaced ones with both ends."""
    return np.unique(np.linspace(0, length - 1, min(length, MOST_COLUMNS)).round().astype(np.int64))


def _pick_lanes(result: RunResult, most: int) -> list[int]:
    """Places of the lanes drawn by themselves among those of a variant, (seed, fold) in order."""
    if not most:
        return []
    lanes, folds = lanes_per_variant(result), result.curves.sizes["fold"]
    step = math.ceil(lanes / most)
    while step > 1 and math.gcd(step, folds) > 1:  # else some folds would never be drawn
        step += 1
    return list(range(0, lanes, step))


def _metric(
    base: str,
    parts: Sequence[NamedResult],
    series: Sequence[Sequence[MetricSeries]],
    picks: Sequence[Sequence[int]],
    length: int,
    columns: Ints,
    grouped: bool,
) -> Metric:
    flat = [one for of_part in series for one in of_part]
    mode = mode_of(base, parts[0].result.monitor, known_modes(parts[0].result))
    bands = [band for one in flat for band in (one.training, one.validation) if band is not None]
    single = [
        _group(lanes) if grouped else lanes
        for part, pick in zip(parts, picks, strict=True)
        for lanes in _single(part.result, base, pick, length)
    ]
    return Metric(
        name=base,
        mode=mode,
        training=tuple(_along(one.training, length, columns) for one in flat),
        validation=tuple(_along(one.validation, length, columns) for one in flat),
        single=tuple(single),
        view=limits(bands, mode) or (0.0, 1.0),
    )


def _along(found: Band | None, length: int, columns: Ints) -> Along | None:
    """A band at the given epochs, over an axis that may be shorter or longer than its own."""
    if found is None or not np.isfinite(found.mean).any():
        return None
    at = columns[columns < len(found.mean)]
    mean, low, high = (np.full(len(columns), np.nan) for _ in range(3))
    lanes = np.zeros(len(columns), np.int64)
    for whole, values in zip((mean, low, high, lanes), found[:4], strict=True):
        whole[: len(at)] = values[at]
    return Along(mean, low, high, lanes)


def _single(result: RunResult, base: str, pick: Sequence[int], length: int) -> list[Floats]:
    """By variant the picked lanes, [lane, epoch], NaN beyond their end."""
    held = f"val_{base}"
    values = result.curves[held if held in result.curves else base].transpose(*DIMS).values
    values = values.reshape(len(values), -1, values.shape[-1])[:, list(pick), :length]
    missing = length - values.shape[-1]
    return list(np.pad(values, ((0, 0), (0, 0), (0, missing)), constant_values=np.nan))


def _group_length(length: int) -> int:
    return math.ceil(length / _GROUPS)


def _group_epochs(length: int) -> Ints:
    """Two epochs of each group: its first, and the one in its middle."""
    size = _group_length(length)
    first = np.arange(1, length + 1, size)
    both = np.stack([first, np.minimum(first + size // 2, length)], axis=1)
    return np.unique(both.astype(np.int64))


def _group(lanes: Floats) -> Floats:
    """Each group's lowest and highest value in the order in which they came, [lane, column]."""
    count, length = lanes.shape
    size = _group_length(length)
    groups = math.ceil(length / size)
    whole = np.pad(lanes, ((0, 0), (0, groups * size - length)), constant_values=np.nan)
    whole = whole.reshape(count, groups, size)
    known = np.isfinite(whole)
    lowest = np.where(known, whole, np.inf).argmin(axis=-1)
    highest = np.where(known, whole, -np.inf).argmax(axis=-1)
    places = np.stack([np.minimum(lowest, highest), np.maximum(lowest, highest)], axis=-1)
    values: Floats = np.take_along_axis(whole, places, axis=-1).reshape(count, 2 * groups)
    return values[:, : len(_group_epochs(length))]


def _notes(
    parts: Sequence[NamedResult],
    picks: Sequence[Sequence[int]],
    series: Sequence[Sequence[MetricSeries]],
    length: int,
    columns: Ints,
) -> Iterator[Message]:
    """What one must know to read the picture."""
    several = [part.result for part in parts if lanes_per_variant(part.result) > 1]
    if several:
        yield say("Lines are means over lanes, bands their 95 % interval at each epoch.")
    if len(several) < len(parts):
        yield say("One network a variant: how far chance moved these curves cannot be seen.")
    for part, pick in zip(parts, picks, strict=True):
        lanes = lanes_per_variant(part.result)
        if 0 < len(pick) < lanes:
            yield say(
                "{drawn} of {lanes} lanes of each variant are drawn by themselves, "
                "one in {step} in lane order, whatever came of them.",
                drawn=f"{len(pick):,}",
                lanes=f"{lanes:,}",
                step=str(pick[1] if len(pick) > 1 else lanes),
            )
        elif not pick:
            yield say("There are too many variants to draw lanes by themselves.")
    if length > 2 * _GROUPS and any(picks):
        yield say(
            "Of lanes by themselves the lowest and highest value of every {size} epochs are drawn.",
            size=str(_group_length(length)),
        )
    if len(columns) < length:
        yield say(
            "Means are given at {shown} of {length} epochs, evenly spaced.",
            shown=f"{len(columns):,}",
            length=f"{length:,}",
        )
    flat = [one for of_part in series for one in of_part]
    named = [
        (name, one)
        for part, ones in zip(parts, series, strict=True)
        for name, one in zip(part.names, ones, strict=True)
        if one.lost
    ]
    if named:
        lost = [say("{number} of {name}", number=f"{one.lost:,}", name=name) for name, one in named]
        yield say(
            "Lanes that diverged or failed are left out of the means: {lost}.", lost=join_list(lost)
        )
    if any(_ends_apart(one.judged) for one in flat):
        yield say(
            "Where lanes have stopped, the mean is of those that train on, and it ends where fewer "
            "than half of them do."
        )


def _ends_apart(found: Band) -> bool:
    reached = found.n[found.n > 0]
    return bool(reached.size and (reached < reached.max()).any())
