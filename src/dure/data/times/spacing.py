"""How evenly steps follow each other, and where some are missing.

Healthy are: equal steps; calendars, where months, quarters and years differ by some days; jitter
up to half a step; and what is closed time and again (nights, weekends, holidays between weekdays).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from dure.core.arrays import Array
from dure.data.times.axis import TimeAxis

_DAY_S, _MONDAY = 86_400, 4  # 1970 began on a Thursday
_FINEST_S = 1.0
_LONGEST_CLOSED_S = 14 * _DAY_S
_MOST_COUNTED = 5000
"""Steps of a longer hole that are looked at one by one."""
_HOLIDAYS = 7
"""Most open days in a row without a value, as round the new year in Asia."""
_MOST_HOLIDAYS = 0.1
"""Share of open days that may be holidays."""


class Spacing(NamedTuple):
    """The steps of a series in order of time.

    Attributes
    ----------
    step
        The usual one, in the axis' own numbers.
    holes
        Rows after which values are missing.
    short
        Rows after which the next comes in half a step or less.
    holidays
        Open days without values that count as closed.
    has_closed
        Whether there are times of the day or week that never hold a value.
    lost
        How many steps are missing after each row of `holes`, closed times not counted.
    """

    step: float
    holes: Array
    short: Array
    holidays: int = 0
    has_closed: bool = False
    lost: tuple[int, ...] = ()

    @property
    def is_even(self) -> bool:
        """Whether nothing is missing and nothing between."""
        return not len(self.holes) and not len(self.short)


def measure_spacing(axis: TimeAxis) -> Spacing:
    """The steps between two or more values that grow; the fewest holes that can be read there."""
    steps = np.diff(axis.values).astype(np.float64)
    middle = float(np.quantile(steps, 0.5, method="lower"))
    different, counts = np.unique(steps, return_counts=True)
    usual = float(different[np.argmax(counts)])
    found = [_spacing(axis, steps, step) for step in dict.fromkeys((middle, usual))]
    return min(found, key=lambda spacing: len(spacing.holes) + len(spacing.short))


def _spacing(axis: TimeAxis, steps: Array, step: float) -> Spacing:
    holes, short = np.flatnonzero(steps > 1.5 * step), np.flatnonzero(steps <= 0.5 * step)
    lost = np.maximum(1, np.round(steps[holes] / step).astype(np.int64) - 1)
    seconds = step * axis.nanoseconds / 1e9
    if not (axis.is_dates and len(holes) and _FINEST_S <= seconds <= 1.5 * _DAY_S):
        return Spacing(step, holes, short, lost=tuple(lost.tolist()))
    left, holidays = _open_steps(axis.wall_clock, holes, lost, min(seconds, _DAY_S))
    kept = left > 0
    closed = bool((left < lost).any())
    return Spacing(step, holes[kept], short, holidays, closed, tuple(left[kept].tolist()))


def _open_steps(clock: Array, holes: Array, lost: Array, step: float) -> tuple[Array, int]:
    """How many of the steps lost in each hole were not closed, and the days taken for holidays.

    Parameters
    ----------
    clock
        Seconds, int64 [time].
    step
        Seconds.
    """
    spans = clock[holes + 1] - clock[holes]
    could = np.flatnonzero((spans <= _LONGEST_CLOSED_S) | (spans <= _MOST_COUNTED * step))
    counts = np.maximum(np.round(spans[could] / step).astype(np.int64) - 1, 0)
    owner = np.repeat(could, counts)
    place = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts) + 1
    absent = clock[holes][owner] + np.round(place * step).astype(np.int64)
    closed_days = _closed(_weekday, 7, clock, absent, owner, need=2, weekend=True)
    a_day = max(1, int(np.ceil(_DAY_S / step)))
    closed = (
        closed_days
        | _closed(_slot(step, _DAY_S), a_day + 1, clock, absent, owner, need=3)
        | _closed(_slot(step, 7 * _DAY_S), 7 * a_day + 1, clock, absent, owner, need=3)
    )
    left = np.bincount(owner[~closed], minlength=len(holes))
    long = spans > _LONGEST_CLOSED_S
    left[long] = np.where(np.isin(np.flatnonzero(long), could), left[long], lost[long])
    left[long] = np.maximum(left[long], 1)
    holidays = 0
    if closed_days.any():
        open_a_day = len(np.unique(_slot(step, _DAY_S)(clock)))
        spanning = np.bincount(owner[closed], minlength=len(holes)) > 0
        holiday = (
            ~long & (left > 0) & (left <= _HOLIDAYS * open_a_day) & (spanning | (open_a_day == 1))
        )
        days = int(np.ceil(left[holiday] / open_a_day).sum())
        if days * open_a_day <= max(2, _MOST_HOLIDAYS * len(clock)):
            left[holiday], holidays = 0, days
    return left, holidays


def _closed(
    slot: Callable[[Array], Array],
    slots: int,
    clock: Array,
    absent: Array,
    owner: Array,
    *,
    need: int,
    weekend: bool = False,
) -> Array:
    """Which absent times are in slots of the day or week that never hold a value.

    A slot is closed if it was missed `need` times or more, Saturday and Sunday if once.
    """
    seen = np.bincount(slot(clock), minlength=slots) > 0
    where = slot(absent)
    missed = np.zeros(slots, np.int64)
    first_of = np.unique(np.stack([where, owner]), axis=1) if len(where) else where.reshape(2, 0)
    np.add.at(missed, first_of[0], 1)
    shut = ~seen & (missed >= need)
    if weekend:
        shut[5:] |= ~seen[5:] & (missed[5:] > 0)
    return shut[where]


def _weekday(clock: Array) -> Array:
    """0 to 6, from Monday."""
    days: Array = (clock // _DAY_S - _MONDAY) % 7
    return days


def _slot(step: float, period: int) -> Callable[[Array], Array]:
    def place(clock: Array) -> Array:
        slots: Array = np.round(((clock - _MONDAY * _DAY_S) % period) / step).astype(np.int64)
        return slots

    return place
