"""Where noisy curves turn: smoothing splines whose slopes have intervals over lanes.

A lane's lowest epoch is a poor estimate of where its loss turns: among noisy values the lowest is
partly luck, and the flatter the valley, the further away luck finds it. Here all lanes share one
smoothing, chosen on their mean curve, and the turn is the lowest place of that smooth mean. Its
interval is the set of epochs near it at which the slope, averaged over lanes, cannot be told from
zero (Fieller 1954, "Some problems in interval estimation", J. R. Stat. Soc. B 16, by whose idea
the zero of a noisy line gets an interval: those places at which a t test does not refuse zero).
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dure.core.types import Floats
from dure.stats.intervals import Band, Interval, band

FEWEST = 4
"""Epochs with a value that a curve needs before anything is said of its shape."""
_MOST_KNOTS = 1000
_PLACES = 20  # between two epochs at which the smooth curve is looked at
_RESOLUTION = 0.25  # of the distance between two epochs; between them nothing was measured
_SPIKE = 6.0
_LESS = 0.1


class Basis(NamedTuple):
    """What smoothing on one set of epochs needs.

    A natural cubic smoothing spline in the logarithm of the epoch, where a steep fall and a slow
    rise are about equally curved, in the basis of Demmler & Reinsch (1975, "Oscillation matrices
    with spline smoothing", Numerische Mathematik 24), in which smoothing shrinks each coordinate.
    """

    stiffness: Floats
    """Shape (epoch,); 0 for the two coordinates of a straight line."""
    vectors: Floats
    places: Floats
    """Fine epochs, shape (place,)."""
    values: Floats
    """Takes smooth values at the epochs to those at the places, shape (place, epoch)."""
    slopes: Floats
    """The same for slopes, per unit of the epoch's logarithm."""


class Smooth(NamedTuple):
    """Lanes smoothed alike."""

    epochs: Floats
    curves: Floats
    """What was smoothed, shape (seed, fold, epoch); NaN for a lane that is not there."""
    fits: Floats
    """The smooth curves, of the same shape."""
    basis: Basis
    levels: Floats
    """The same, smoothed less: rougher, but with less of smoothing's bias in heights."""
    shrink: Floats
    """Shape (epoch,): what is left of each coordinate in `levels`."""

    @property
    def mean(self) -> Floats:
        """Mean over lanes at the fine places, shape (place,)."""
        return np.asarray(self.basis.values @ np.nanmean(self.fits, axis=(0, 1)))

    def at(self, epochs: Floats) -> Floats:
        """Each lane's height at an epoch of its own, shape (seed, fold)."""
        places, values = self.basis.places, self.basis.values
        # Straight between the two fine places round it, without the height at all the others.
        after = np.clip(np.searchsorted(places, epochs), 1, len(places) - 1)
        share = (epochs - places[after - 1]) / (places[after] - places[after - 1])
        share = np.clip(share, 0.0, 1.0)[..., None]
        rows = (1 - share) * values[after - 1] + share * values[after]
        found = np.einsum("...c,...c->...", rows, self.levels)
        return np.where(np.isfinite(self.fits[..., 0]), found, np.nan)


def remove_spikes(curves: Floats) -> Floats:
    """Curves with lone spikes replaced by the median of five epochs round them.

    A spike is further from that median than six times the curve's median step. On a stretch that
    only falls or only rises the median is the value itself, so trends, steps and ends stay as they
    are (Hampel's filter; Davies & Gather 1993, JASA 88).

    Parameters
    ----------
    curves
        Shape (lane, epoch), NaN after a lane's end.
    """
    around = np.full((len(curves), curves.shape[1] + 4), np.nan)
    around[:, 2:-2] = curves
    windows = np.lib.stride_tricks.sliding_window_view(around, 5, axis=1).copy()
    windows[:, 1, 4] = np.nan  # three values are left there, so that a steep start is no spike
    there: NDArray[np.bool_] = np.isfinite(curves)
    windows[~there] = 0.0  # a median of nothing would warn
    medians = np.nanmedian(windows, axis=2)
    steps = np.abs(np.diff(curves, axis=1))
    known: NDArray[np.bool_] = np.isfinite(steps)
    steps[:, ~known.any(axis=0)] = 0.0
    typical = np.nanmedian(np.where(there.any(axis=1, keepdims=True), steps, 0.0), axis=1)
    spikes = there & (np.abs(curves - medians) > _SPIKE * typical[:, None])
    spikes[:, 0] = False
    return np.where(spikes, medians, curves)


def fill_missing(curves: Floats, rounds: int = 200) -> Floats:
    """Curves whose missing epochs are what the other lanes' course would bring.

    Where lanes stop early, a mean over those that remain jumps. Missing values are filled from
    the additive model ``lane + epoch`` (least squares, by turns), so that the mean over lanes goes
    on by the changes of those still running.

    Parameters
    ----------
    curves
        Shape (lane, epoch); every lane and every epoch has a value somewhere.
    """
    missing = ~np.isfinite(curves)
    if not missing.any():
        return curves
    known = np.where(missing, 0.0, curves)
    level = np.nanmean(curves, axis=1)
    for _ in range(rounds):
        course = ((known - level[:, None]) * ~missing).sum(axis=0) / (~missing).sum(axis=0)
        level = ((known - course) * ~missing).sum(axis=1) / (~missing).sum(axis=1)
    filled: Floats = np.where(missing, level[:, None] + course, curves)
    return filled


def smooth(curves: Floats, epochs: Floats) -> Smooth:
    """All lanes smoothed by the strength that suits their mean curve.

    The strength is that of restricted maximum likelihood (Wahba 1985, "A comparison of GCV and
    GML", Annals of Statistics 13; Wood 2011, J. R. Stat. Soc. B 73), which wanders less than cross
    validation on few epochs.

    Parameters
    ----------
    curves
        Shape (seed, fold, epoch), complete; NaN throughout for a lane that is not there.
    epochs
        Rising, shape (epoch,), at least `FEWEST`.
    """
    epochs, curves = _binned(epochs, curves)
    basis = _basis(tuple(epochs.tolist()))
    mean = np.nanmean(curves, axis=(0, 1))
    strength = _strength(basis.stiffness, basis.vectors.T @ mean)
    shrinks = [1 / (1 + each * basis.stiffness) for each in (strength, _LESS * strength)]
    fits, levels = (((curves @ basis.vectors) * shrink) @ basis.vectors.T for shrink in shrinks)
    return Smooth(epochs, curves, fits, basis, levels, shrinks[1])


def turn_of(smoothed: Smooth, confidence: float) -> tuple[Interval, Floats]:
    """The epoch at which the mean over lanes is lowest, and the same with each lane left out.

    Returns
    -------
    interval
        Of the turn, in epochs; limits NaN where there is one lane only. Never narrower than half
        the distance between two epochs.
    without
        Shape (seed, fold): the turn of the others: of the other seeds, or with one seed of the
        other folds, so that a lane can be judged at an epoch that it did not help to choose.
    """
    places, fits = smoothed.basis.places, smoothed.fits
    there = np.isfinite(fits[..., 0])
    count, every = int(there.sum()), there.size
    lowest = int(smoothed.mean.argmin())
    epoch = float(places[lowest])
    without = _left_out(smoothed, epoch)
    slopes = band(fits @ smoothed.basis.slopes.T, confidence)
    if count < 2 or not np.isfinite(slopes.low).any():
        return Interval(epoch, np.nan, np.nan, count, every), without
    values = fits @ smoothed.basis.values.T
    above = band(values - values[..., [lowest]], confidence)
    low, high = _not_refused(lowest, slopes, above)
    room = _RESOLUTION * float(np.diff(smoothed.epochs)[_step(smoothed.epochs, epoch)])
    first, last = float(places[0]), float(places[-1])
    return Interval(
        epoch,
        max(first, min(float(places[low]), epoch - room)),
        min(last, max(float(places[high]), epoch + room)),
        count,
        every,
    ), without


def _not_refused(lowest: int, slopes: Band, above: Band) -> tuple[int, int]:
    """The outermost places round the lowest at which the slope may be zero.

    Only as far as the curve is not surely higher than at its lowest place: further away a flat end
    would count too.
    """
    may_be_low = ~(above.low > 0)
    may_be_low[lowest] = True
    left = lowest - int(np.argmin(np.append(may_be_low[lowest::-1], False))) + 1
    right = lowest + int(np.argmin(np.append(may_be_low[lowest:], False)))
    flat = ~((slopes.low > 0) | (slopes.high < 0))
    flat[lowest] = True
    found = left + np.flatnonzero(flat[left:right])
    return int(found[0]), int(found[-1])


def _left_out(smoothed: Smooth, epoch: float) -> Floats:
    seeds, folds, _ = smoothed.fits.shape
    turns = np.full((seeds, folds), epoch)
    axis = 0 if seeds > 1 else 1
    for place in range(smoothed.fits.shape[axis] if seeds * folds > 1 else 0):
        others = np.delete(smoothed.fits, place, axis=axis)
        if not np.isfinite(others[..., 0]).any():
            continue
        mean = smoothed.basis.values @ np.nanmean(others, axis=(0, 1))
        turn = smoothed.basis.places[int(mean.argmin())]
        turns[(place, slice(None)) if axis == 0 else (slice(None), place)] = turn
    return turns


def noise_of(smoothed: Smooth, first: float, second: float) -> float:
    """Standard error of a single lane's smooth value at an epoch minus that at another.

    From the lane's own scatter round its smooth curve, taken as independent from epoch to epoch.
    """
    basis = smoothed.basis
    place = tuple(np.argwhere(np.isfinite(smoothed.fits[..., 0]))[0])
    residuals = smoothed.curves[place] - smoothed.levels[place]
    smoother = (basis.vectors * smoothed.shrink) @ basis.vectors.T
    free = max(len(residuals) - float(smoothed.shrink.sum()), 1e-9)
    rows = basis.values[[int(np.abs(basis.places - e).argmin()) for e in (first, second)]]
    weights = (rows[0] - rows[1]) @ smoother
    return float(np.sqrt((residuals**2).sum() / free * (weights**2).sum()))


def _step(epochs: Floats, epoch: float) -> int:
    return int(np.clip(np.searchsorted(epochs, epoch, side="right") - 1, 0, len(epochs) - 2))


def _binned(epochs: Floats, curves: Floats) -> tuple[Floats, Floats]:
    """Means of neighbouring epochs where there are more than a smoothing can carry."""
    size = -(-len(epochs) // _MOST_KNOTS)
    if size == 1:
        return epochs, curves
    starts = np.arange(0, len(epochs), size)
    counts = np.diff(np.append(starts, len(epochs)))
    return (
        np.add.reduceat(epochs, starts) / counts,
        np.add.reduceat(curves, starts, axis=-1) / counts,
    )


def _strength(stiffness: Floats, coordinates: Floats) -> float:
    """The strength of smoothing with the largest restricted likelihood."""
    rough, squares = stiffness[2:], coordinates[2:] ** 2
    ends = np.log(1e-4 / rough.max()), np.log(1e4 / rough.min())
    strengths = np.exp(np.linspace(*ends, 100))
    lost = strengths[:, None] * rough / (1 + strengths[:, None] * rough)
    scatter = np.maximum((squares * lost).sum(axis=1), np.finfo(float).tiny)
    deviance = len(rough) * np.log(scatter) - np.log(lost).sum(axis=1)
    return float(strengths[int(deviance.argmin())])


@lru_cache(maxsize=16)
def _basis(epochs: tuple[float, ...]) -> Basis:
    # SciPy's interpolation takes a while to import and only this needs it.
    from scipy.interpolate import CubicSpline

    at = np.log(epochs)
    count = len(at)
    # Integrated squared second derivative of the natural spline through values y: y' K y
    # (Green & Silverman 1994, "Nonparametric regression", section 2.1.2).
    steps = np.diff(at)
    spread, overlap = np.zeros((count, count - 2)), np.zeros((count - 2, count - 2))
    inner = np.arange(count - 2)
    spread[inner, inner] = 1 / steps[:-1]
    spread[inner + 1, inner] = -1 / steps[:-1] - 1 / steps[1:]
    spread[inner + 2, inner] = 1 / steps[1:]
    overlap[inner, inner] = (steps[:-1] + steps[1:]) / 3
    overlap[inner[:-1], inner[1:]] = overlap[inner[1:], inner[:-1]] = steps[1:-1] / 6
    bending = spread @ np.linalg.solve(overlap, spread.T)
    stiffness, vectors = np.linalg.eigh((bending + bending.T) / 2)
    stiffness = np.maximum(stiffness, 1e-12 * stiffness[-1])
    stiffness[:2] = 0.0
    each = max(1, min(_PLACES, 4000 // count))
    given = np.asarray(epochs)
    between = given[:-1, None] + np.diff(given)[:, None] * np.arange(each) / each
    places = np.append(between.ravel(), given[-1])
    through = CubicSpline(at, np.eye(count), bc_type="natural")
    fine = np.log(places)
    return Basis(stiffness, vectors, places, through(fine), through(fine, 1))
