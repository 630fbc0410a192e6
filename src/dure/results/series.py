"""Curves of a result before anybody draws them: means with intervals, and what is in view.

Needs no matplotlib: pictures and the report are both made from this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dure.core.metrics import without_many_parts
from dure.core.types import DIMS, Bools, Floats, Mode
from dure.results.run_result import RunResult, lane_grid
from dure.stats.intervals import Band, band

MOST_PARTS = 10
"""Single values of a metric that are shown beside others; the result's curves have all."""


@dataclass(frozen=True)
class MetricSeries:
    """One metric of one variant: bands along the epochs, None where there is no such metric.

    Attributes
    ----------
    lost
        Lanes left out because they diverged or failed.
    """

    name: str
    training: Band | None
    validation: Band | None
    lost: int

    @property
    def judged(self) -> Band:
        """The one that gets line and band: validation, or training where nothing is held out."""
        chosen = self.validation or self.training
        assert chosen is not None
        return chosen


def metrics_of(result: RunResult) -> list[str]:
    """Names of the metrics that have curves, without "val_", and without parts of large arrays."""
    names = dict.fromkeys(str(name).removeprefix("val_") for name in result.curves)
    return without_many_parts(names, MOST_PARTS, result.monitor.name)


def series_of(result: RunResult, base: str) -> list[MetricSeries]:
    """A metric (without "val_") of every variant, lost lanes left out of the means."""
    keep = ~lost_places(result)
    bands: dict[str, list[Band | None]] = {}
    for name in (base, f"val_{base}"):
        bands[name] = [None] * len(result.variants)
        if name in result.curves:
            values = result.curves[name].transpose(*DIMS).values
            bands[name] = [
                cut(band(np.where(kept[..., None], one, np.nan)))
                for one, kept in zip(values, keep, strict=True)
            ]
    lost = [int((~kept).sum()) for kept in keep]
    return [
        MetricSeries(name, training, validation, gone)
        for name, training, validation, gone in zip(
            result.variants, bands[base], bands[f"val_{base}"], lost, strict=True
        )
    ]


def lost_places(result: RunResult) -> Bools:
    """Which lanes diverged or failed, by their places, shape (variant, seed, fold)."""
    return lane_grid(result, [status.kind in ("diverged", "failed") for status in result.statuses])


def cut(whole: Band) -> Band:
    """A band without the epochs that fewer than half of its lanes, or one of several, reached."""
    most = int(whole.n.max(initial=0))
    enough = whole.n >= max(min(2, most), most / 2)
    mean, low, high = (np.where(enough, values, np.nan) for values in whole[:3])
    return Band(mean, low, high, whole.n, whole.of)


def limits(drawn: Sequence[Band], mode: Mode) -> tuple[float, float] | None:
    """Limits of the vertical axis: means and bands in view, but for a few wild epochs.

    Wild: means beyond three times the span of the middle nine tenths. In a run of twenty epochs or
    more the first tenth does not count either: its steep way down would flatten what comes after.
    Losses are not drawn below 0 nor accuracies above 1, though an interval may reach there. None
    where there is no finite mean.
    """
    drawn = [_later(one) for one in drawn]
    means: Floats = np.concatenate([np.empty(0), *(one.mean for one in drawn)])
    means = means[np.isfinite(means)]
    if not means.size:
        return None
    low, high = np.quantile(means, (0.05, 0.95))
    reach = 3 * (high - low)
    if reach > 0:
        means = means[(means >= low - reach) & (means <= high + reach)]
    least, most = float(means.min()), float(means.max())
    lows, highs = (np.concatenate([one[side] for one in drawn]) for side in (1, 2))
    bottom, top = least, most
    if np.isfinite(lows).any():  # the tenth of the epochs with the widest bands may be cut
        bottom = min(least, float(np.nanquantile(lows, 0.1)))
        top = max(most, float(np.nanquantile(highs, 0.9)))
    bottom = max(bottom, 0.0) if least >= 0 else bottom
    top = min(top, 1.0) if most <= 1 and mode == "max" else top
    room = 0.04 * (top - bottom) or 0.05 * abs(top) or 0.5
    return bottom - room, top + room


def _later(whole: Band) -> Band:
    start = len(whole.mean) // 10 if len(whole.mean) >= 20 else 0
    mean, low, high = (values[start:] for values in whole[:3])
    return Band(mean, low, high, whole.n[start:], whole.of)


def lanes_per_variant(result: RunResult) -> int:
    """Lanes of each variant."""
    return result.curves.sizes["seed"] * result.curves.sizes["fold"]
