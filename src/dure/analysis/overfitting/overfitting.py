"""Overfitting: where validation loss turns, what is given away after it, how far training is ahead.

The turn of a variant is the epoch at which its validation loss, averaged over lanes, is lowest:
the number of epochs that serves a new lane best. What a lane gives away by training on is taken at
the turn of the *other* lanes: at its own lowest epoch noise alone would make the end look worse.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dure.analysis.overfitting.model import TOLERANCE, Kind, Overfitting, OverfittingRow
from dure.core.metrics import find_losses, mode_of
from dure.core.types import Floats, trained
from dure.errors import Faults, did_you_mean
from dure.results.run_result import known_modes, lane_grid
from dure.stats.intervals import Interval, mean_interval
from dure.stats.smoothing import (
    FEWEST,
    Smooth,
    fill_missing,
    noise_of,
    remove_spikes,
    smooth,
    turn_of,
)

if TYPE_CHECKING:
    from dure.results.run_result import RunResult


_ONE_LANE = 3.0  # standard errors that a single lane has to change by


def measure(
    result: RunResult,
    metric: str | None = None,
    confidence: float = 0.95,
    tolerance: float = TOLERANCE,
) -> Overfitting:
    """Where validation turns, by variant: `Result.overfitting` says it all.

    Raises
    ------
    StudyError
        Everything that is wrong with what came, at once.
    """
    base = (metric or _default_loss(result)).removeprefix("val_")
    Faults(_faults(result, base, confidence, tolerance)).raise_if_any("this question")
    rows = tuple(_row(result, name, base, confidence, tolerance) for name in result.variants)
    return Overfitting(rows, base, confidence, tolerance)


def _default_loss(result: RunResult) -> str:
    """The loss; of models that log none of this name the monitor, or what else is called a loss."""
    known = [str(m).removeprefix("val_") for m in result.curves if str(m).startswith("val_")]
    wanted = ("loss", result.monitor.name.removeprefix("val_"), *find_losses(known))
    modes = known_modes(result)
    low = [name for name in wanted if mode_of(name, result.monitor, modes) == "min"]
    return next((name for name in low if name in known), "loss")


def _faults(result: RunResult, base: str, confidence: float, tolerance: float) -> list[str]:
    faults = []
    held_out = [str(m) for m in result.curves if str(m).startswith("val_")]
    known = [m.removeprefix("val_") for m in held_out]
    modes = known_modes(result)
    if not held_out:
        faults.append(
            "This run held no rows for validation, so overfitting cannot be seen. Give the study "
            "validation_split=0.2, folds=5 or validation_data, and run it again."
        )
    elif base not in known:
        faults.append(
            f"metric is {base!r}, which was not measured on validation rows; there is "
            f"{', '.join(known)}." + did_you_mean(base, known)
        )
    elif mode_of(base, result.monitor, modes) == "max":
        losses = [m for m in known if mode_of(m, result.monitor, modes) == "min"]
        faults.append(
            f"metric is {base!r}, which is better high; overfitting is told from a loss: "
            f"pass {' or '.join(map(repr, losses))}."
        )
    if not 0 < confidence < 1:
        faults.append(f"confidence is {confidence!r}; pass a number between 0 and 1, as 0.95.")
    if not 0 <= tolerance < 1:
        faults.append(f"tolerance is {tolerance!r}; pass a share from 0 on and below 1, as 0.01.")
    if held_out and not any(s.kind in ("finished", "stopped") for s in result.statuses):
        faults.append("No lane has come to its end; wait for the first, or see result.lanes.")
    return faults


# -- one variant -----------------------------------------------------------------------------------


class _Measured(NamedTuple):
    """The curves of one variant's lanes that trained to their end, by (seed, fold)."""

    epochs: Floats
    """Validated epochs that at least half of the lanes reached, shape (epoch,)."""
    validation: Floats
    """Shape (seed, fold, epoch), NaN after a lane's end."""
    training: Floats
    """Shape (seed, fold, every epoch from 1), at the end of each epoch."""
    ends: Floats
    """Each lane's last judged epoch, shape (seed, fold)."""

    def ahead(self, smoothed: Smooth, epochs: Floats) -> Floats:
        """Validation minus training at an epoch of each lane, shape (seed, fold)."""
        training = np.full(epochs.shape, np.nan)
        for place in np.ndindex(epochs.shape):
            known = np.flatnonzero(np.isfinite(self.training[place]))
            if known.size:
                training[place] = np.interp(epochs[place], known + 1.0, self.training[place][known])
        gap: Floats = smoothed.at(epochs) - training
        return gap


def _row(
    result: RunResult, variant: str, base: str, confidence: float, tolerance: float
) -> OverfittingRow:
    measured = _measured(result, variant, base)
    ends, last = measured.ends, int(measured.epochs.max(initial=0))
    there = np.isfinite(ends)
    if measured.epochs.size < FEWEST or not there.any():
        none = Interval(np.nan, np.nan, np.nan, int(there.sum()), ends.size)
        return OverfittingRow(
            variant, "cannot tell", none, none, none, none, none, none, last, None, None
        )
    smoothed = _smoothed(measured)
    turn, without = turn_of(smoothed, confidence)
    others = np.minimum(without, ends)
    back = np.maximum(ends - max(1, round(last / 4)), measured.epochs[0])

    def over_lanes(values: Floats) -> Interval:
        return mean_interval(values, confidence)

    end = smoothed.at(ends)
    rise, change = over_lanes(end - smoothed.at(others)), over_lanes(end - smoothed.at(back))
    sure = [rise, change]
    if rise.n == 1:
        at = (float(one[there][0]) for one in (others, back))
        finish = float(ends[there][0])
        sure = [_one_lane(smoothed, i, finish, e) for i, e in zip(sure, at, strict=True)]
    lowest = _lowest(smoothed, others, np.minimum(turn.mean, ends))
    small = tolerance * abs(float(np.nanmean(lowest)))
    kind = _kind(sure[0], sure[1], small)
    turned = kind == "overfits"
    return OverfittingRow(
        variant,
        kind,
        turn if turned else turn._replace(mean=np.nan, low=np.nan, high=np.nan),
        over_lanes(measured.ahead(smoothed, np.minimum(turn.mean, ends) if turned else ends)),
        over_lanes(measured.ahead(smoothed, ends)),
        over_lanes(end - lowest),
        over_lanes(lowest),
        change,
        last,
        _recommended(kind, turn.mean, smoothed, small),
        _more(smoothed, small, confidence) if kind == "still falling" else None,
    )


def _lowest(smoothed: Smooth, others: Floats, own: Floats) -> Floats:
    """Each lane's loss at the turn, shape (seed, fold), without the bias of an uncertain turn.

    At the turn that it helped to choose a lane is too low, at the others' turn it is too high by as
    much (to second order, half the slope's variance over the curvature): so the mean of both.
    """
    mean: Floats = (smoothed.at(others) + smoothed.at(own)) / 2
    return mean


def _measured(result: RunResult, variant: str, base: str) -> _Measured:
    one = result.curves.sel(variant=variant).transpose("seed", "fold", "epoch")
    validation: Floats = one[f"val_{base}"].values.astype(np.float64)
    training = (one[base].values if base in one else validation * np.nan).astype(np.float64)
    ended = lane_grid(result, [trained(status) for status in result.statuses])
    unfinished = ~ended[result.variants.index(variant)]
    validation[unfinished] = training[unfinished] = np.nan
    known = np.isfinite(validation)
    # A lane with a single value has no course; it would stand for nothing but its own level.
    validation[known.sum(axis=-1) < 2] = np.nan
    known = np.isfinite(validation)
    lanes_there = int(known.any(axis=-1).sum())
    reached = np.maximum.accumulate(known[..., ::-1], axis=-1)[..., ::-1].sum(axis=(0, 1))
    judged = known.any(axis=(0, 1)) & (reached >= max(1, lanes_there / 2))
    epochs = np.flatnonzero(judged) + 1.0
    validation = validation[..., judged]
    ends: Floats = np.where(np.isfinite(validation), epochs, 0.0).max(axis=-1, initial=0.0)
    ends[ends == 0] = np.nan
    return _Measured(epochs.astype(np.float64), validation, _at_end(training), ends)


def _at_end(training: Floats) -> Floats:
    """Training loss at the end of each epoch, from Keras' means over the epochs.

    The mean over an epoch belongs to its middle, so the end of it lies between two means. After
    the last there is none; half of the last change is added instead, but no loss below 0.
    """
    after = np.full_like(training, np.nan)
    after[..., :-1] = training[..., 1:]
    before = np.full_like(training, np.nan)
    before[..., 1:] = training[..., :-1]
    onward = 1.5 * training - 0.5 * before
    onward = np.where(training >= 0, np.maximum(onward, 0.0), onward)
    onward = np.where(np.isfinite(onward), onward, training)
    return np.where(np.isfinite(after), (training + after) / 2, onward)


def _smoothed(measured: _Measured) -> Smooth:
    curves = measured.validation.reshape(-1, measured.epochs.size)
    here = np.isfinite(curves).any(axis=1)
    whole = np.full_like(curves, np.nan)
    whole[here] = fill_missing(remove_spikes(curves[here]))
    return smooth(whole.reshape(measured.validation.shape), measured.epochs)


def _one_lane(smoothed: Smooth, change: Interval, end: float, other: float) -> Interval:
    """Limits for a single lane, from its own noise: they decide what is said, and are not shown."""
    room = _ONE_LANE * noise_of(smoothed, end, other)
    return change._replace(low=change.mean - room, high=change.mean + room)


def _kind(given: Interval, change: Interval, small: float) -> Kind:
    if given.low > 0 and given.mean > small:
        return "overfits"
    if change.high < 0 and -change.mean > small:
        return "still falling"
    if given.high <= small and change.low >= -small:
        return "converged"
    return "cannot tell"


def _recommended(kind: Kind, turn: float, smoothed: Smooth, small: float) -> int | None:
    if kind == "overfits":
        return max(1, round(turn))
    if kind != "converged":
        return None
    mean = np.nanmean(smoothed.fits, axis=(0, 1))
    highest_from = np.maximum.accumulate(mean[::-1])[::-1]
    return round(float(smoothed.epochs[int((highest_from <= mean.min() + small).argmax())]))


def _more(smoothed: Smooth, small: float, confidence: float) -> int | None:
    """How many more epochs until a quarter of the run would bring less than is worth it.

    The second half of the run is cut in three. If the falls of the first two, continued by their
    ratio, meet the third within its interval, the falls go on so; otherwise nothing is said.
    """
    last, first = float(smoothed.epochs[-1]), float(smoothed.epochs[0])
    third = (last - first) / 6
    seeds, folds = smoothed.fits.shape[:2]
    at = [smoothed.at(np.full((seeds, folds), last - k * third)) for k in (3, 2, 1, 0)]
    falls = [mean_interval(a - b, confidence) for a, b in pairwise(at)]
    if min(fall.mean for fall in falls) <= 0:
        return None
    factor = falls[1].mean / falls[0].mean
    met = falls[2].low <= falls[1].mean * factor <= falls[2].high
    if not met or not 0 < factor < 1 or small <= 0:
        return None
    per_quarter = falls[2].mean * (last / 4) / third
    more = third * np.log(small / per_quarter) / np.log(factor)
    return round(float(np.ceil(more))) if 0 < more <= last else None
