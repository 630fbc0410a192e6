"""One variant laid out for the findings: lanes in rows, and how findings are worded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from dure.core.lane_grid import spread_lanes
from dure.core.metrics import find_losses
from dure.core.types import Bools, Floats, Monitor, Status
from dure.messages.message import Message, say
from dure.stats.intervals import Interval, interval_texts, mean_interval

if TYPE_CHECKING:
    pass

Number: TypeAlias = "float | int | str"


GROWN = 2.0
"""Times the first loss that the last finite one must reach to say that it grew before it broke."""


@dataclass(frozen=True)
class Finding:
    """One thing that ails a network, or its data.

    Attributes
    ----------
    kind
        What it is, such as "vanishing_gradient"; the kinds are
        `dure.analysis.diagnostics.health.KINDS`.
    variant
        Whose it is; None where it is of the data, whatever the network.
    layer
        The layer it begins at, or is of; None where it is of the whole network.
    lanes, of
        Seen in so many lanes, of so many in which it could have been seen.
    sentence
        Plain words with the numbers it rests on, and what to try.
    numbers
        Those numbers by name.
    """

    kind: str
    variant: str | None
    layer: str | None
    lanes: int
    of: int
    sentence: Message
    numbers: Mapping[str, Number] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.sentence


@dataclass(frozen=True)
class Case:
    """What the findings are given of one variant; lanes that never ran an epoch are left out.

    Attributes
    ----------
    seeds, folds
        Of each lane, shape [lane].
    statuses
        Of each lane.
    ran
        Epochs each lane ran, shape [lane].
    curves
        By metric, [lane, epoch]; NaN where a lane did not run.
    epochs
        At which layers were measured (0: before training), [measured].
    layers
        Those measured, in the order they are called.
    layered
        By quantity, [lane, measured, layer].
    whole
        By quantity without layers, [lane, measured].
    first_nan
        Rows of `Result.first_nan` of this variant.
    model, data
        Facts from the manifest; empty where there are none.
    study
        The manifest's account of the study's arguments.
    """

    variant: str
    monitor: Monitor
    seeds: npt.NDArray[Any]
    folds: npt.NDArray[Any]
    statuses: tuple[Status, ...]
    ran: npt.NDArray[np.int64]
    curves: Mapping[str, Floats]
    epochs: npt.NDArray[np.int64]
    layers: tuple[str, ...]
    layered: Mapping[str, Floats]
    whole: Mapping[str, Floats]
    first_nan: pd.DataFrame
    model: Mapping[str, Any]
    data: Mapping[str, Any]
    study: Mapping[str, Any]

    @property
    def of(self) -> int:
        """Lanes that ran."""
        return len(self.statuses)

    @property
    def diverged(self) -> Bools:
        """Which lanes ended in values that are not finite, [lane]."""
        return np.array([status.kind == "diverged" for status in self.statuses], dtype=bool)

    @property
    def sound(self) -> Bools:
        """Which lanes did not, [lane]."""
        return ~self.diverged

    @property
    def loss(self) -> Floats | None:
        """The training loss, [lane, epoch]; None where several are logged, or none."""
        losses = find_losses(name for name in self.curves if not name.startswith("val_"))
        return self.curves[losses[0]] if len(losses) == 1 else None

    @property
    def measured(self) -> bool:
        """Whether layers were measured while it trained."""
        return bool(self.layers) and len(self.epochs) > 0

    def curve(self, name: str) -> Floats | None:
        """A metric's curves, [lane, epoch]; None where there are none."""
        return self.curves.get(name)

    def at_best(self, name: str) -> Floats:
        """A metric at each lane's best epoch by the monitor, [lane]; NaN without one."""
        values, judged = self.curves[name], self.curves.get(self.monitor.name)
        if judged is None:
            return np.full(self.of, np.nan)
        sign = 1.0 if self.monitor.mode == "min" else -1.0
        worst = np.where(np.isfinite(judged), sign * judged, np.inf)
        best = worst.argmin(axis=1)
        found = values[np.arange(self.of), best]
        return np.where(np.isfinite(worst).any(axis=1), found, np.nan)

    def last(self, name: str) -> Floats:
        """A metric at the last epoch that each lane ran with a finite value, [lane]."""
        return last_finite(self.curves[name])

    def interval(self, values: Floats) -> Interval:
        """The mean of one number a lane with its 95 % interval over seeds (or folds)."""
        grid = self.by_seed(values)
        train = self.data.get("rows", {})
        rows = int(train.get("train", 0)), int(train.get("validation", 0))
        share = rows[0] / sum(rows) if all(rows) and grid.shape[1] > 1 else None
        return mean_interval(grid, train_fraction=share)

    def by_seed(self, values: Floats) -> Floats:
        """One number a lane as (seed, fold), NaN where there is no such lane."""
        return spread_lanes(values, (self.seeds.tolist(), self.folds.tolist()))

    def layer_facts(self, name: str) -> Mapping[str, Any]:
        """What the manifest says of a layer; empty where it is not in it."""
        return next((each for each in self.model.get("layers", ()) if each["name"] == name), {})

    def describe_lanes(self, seen: int, of: int | None = None) -> Message:
        """'in 9 of 10 lanes'."""
        return describe_lanes(seen, self.of if of is None else of)


def describe_lanes(seen: int, of: int) -> Message:
    """'in 9 of 10 lanes', 'in all 10 lanes', 'in the only lane'."""
    if of == 1:
        return say("in the only lane")
    if seen == of:
        return say("in all {of} lanes", of=of)
    return say("in {seen} of {of} lanes", seen=seen, of=of)


def last_finite(values: Floats) -> Floats:
    """The last finite value along the last axis; NaN where there is none."""
    finite = np.isfinite(values)
    place = values.shape[-1] - 1 - finite[..., ::-1].argmax(axis=-1)
    found = np.take_along_axis(values, place[..., None], axis=-1)[..., 0]
    return np.where(finite.any(axis=-1), found, np.nan)


def common(seen: Bools, of: int) -> bool:
    """Whether something was seen in at least half of the lanes: one odd run is no finding."""
    return bool(seen.any()) and 2 * int(seen.sum()) >= of


def row_medians(values: Floats) -> Floats:
    """Medians along the last axis over what is not NaN; NaN where nothing is."""
    out = np.full(values.shape[:-1], np.nan)
    known = (~np.isnan(values)).any(axis=-1)
    out[known] = np.nanmedian(values[known], axis=-1)
    return out


def late_medians(values: Floats) -> Floats:
    """Medians over the later half of what was measured of each lane, [lane, measured] -> [lane]."""
    out = np.full(len(values), np.nan)
    for lane, row in enumerate(values):
        known = row[np.isfinite(row)]
        if known.size:
            out[lane] = np.median(known[known.size // 2 :])
    return out


def median(values: npt.ArrayLike) -> float:
    """The median of what is finite; NaN where nothing is."""
    array = np.asarray(values, dtype=np.float64)
    finite = array[np.isfinite(array)]
    return float(np.median(finite)) if finite.size else float("nan")


def describe_interval(interval: Interval) -> str:
    """'0.912 [0.905, 0.919]'."""
    return interval_texts([interval[:3]])[0]


def measure_growth(case: Case) -> tuple[int, float]:
    """How many diverged lanes had a growing loss before, and by what factor (median of those)."""
    loss = case.loss
    if loss is None or not case.diverged.any():
        return 0, float("nan")
    lost = loss[case.diverged]
    factors = last_finite(lost) / np.abs(lost[:, 0])
    start = _measured_loss(case)
    if start is not None:  # the mean of a diverging first epoch is no starting point
        factors = np.fmax(factors, last_finite(start) / np.abs(start[:, 0]))
        factors = np.fmax(factors, last_finite(lost) / np.abs(start[:, 0]))
    with np.errstate(invalid="ignore"):
        grew = factors >= GROWN
    return int(grew.sum()), median(factors[grew])


def _measured_loss(case: Case) -> Floats | None:
    probe = case.whole.get("probe_loss")
    if probe is None or not probe.size:
        return None
    probe = probe[case.diverged]
    return np.where(np.isfinite(probe[:, :1]), probe, np.nan)
