"""What is odd about the times of a series, in words: order, doubles, gaps, uneven steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from dure.core.arrays import Array
from dure.core.formatting import format_count
from dure.data.times.axis import TimeAxis
from dure.data.times.remedies import describe_step, even_steps, filled
from dure.data.times.spacing import Spacing, measure_spacing
from dure.errors import Faults

_MOSTLY_EVEN = 0.75
"""Share of steps that must be even for the others to count as gaps."""


class _Judged(NamedTuple):
    """One way to read the times of a series, and what is odd about it."""

    axis: TimeAxis
    missing: Array
    """Rows without a time"""
    wrong: Array
    """Rows that come not after the one before"""
    spacing: Spacing | None
    """Of the rows once they are in order; None with less than two times"""

    @property
    def oddities(self) -> tuple[int, int, int]:
        """What makes one reading worse than another; all 0 where nothing is odd."""
        spacing = self.spacing
        uneven = 0 if spacing is None else len(spacing.holes) + len(spacing.short)
        return len(self.missing), len(self.wrong), uneven

    @property
    def rank(self) -> tuple[int, ...]:
        """Lower where the reading is more likely; else equal ones more so at firsts of months."""
        return *self.oddities, int(not self.axis.starts_months)


def check_times(
    frame: Any, readings: list[TimeAxis], faults: Faults, *, split: bool
) -> tuple[Array, int]:
    """Rows after which steps are missing, and how many open days count as holidays.

    Of several readings (day or month first, clocks put forward or not) the one counts in which
    least is odd. Appends what is odd there; gaps only without `split`.

    Parameters
    ----------
    frame
        The series, a row a step, also with columns that are no numbers.
    """
    if not readings or len(frame) < 2:
        return np.zeros(0, np.int64), 0
    judged = _most_sensible(readings)
    axis, spacing = judged.axis, judged.spacing
    if len(judged.missing):
        faults.append(_say_missing(axis, judged.missing))
    elif len(judged.wrong):
        faults.append(_say_several(frame, axis) or _say_order(axis))
    elif spacing is not None and not spacing.is_even:
        steps = len(axis.values) - 1
        gaps_only = not len(spacing.short)
        if not gaps_only or (not split and len(spacing.holes) > (1 - _MOSTLY_EVEN) * steps):
            faults.append(_say_uneven(axis, spacing))
        elif not split:
            faults.append(_say_gaps(axis, spacing))
    if faults and axis.may_be_feature:
        told = ", ".join(repr(str(name)) for name in axis.columns)
        one = "is a feature and no time" if len(axis.columns) == 1 else "are features and no times"
        faults[-1] += (
            f" If {told} {one}, and the rows follow each other evenly, pass {axis.as_feature}."
        )
    if spacing is None or faults:
        return np.zeros(0, np.int64), 0
    return spacing.holes, spacing.holidays


def _most_sensible(readings: list[TimeAxis]) -> _Judged:
    best: _Judged | None = None
    for axis in _every(readings):
        judged = _judge(axis)
        if best is None or judged.rank < best.rank:
            best = judged
        if not any(judged.oddities):
            break
    assert best is not None
    return best


def _every(readings: list[TimeAxis]) -> Iterator[TimeAxis]:
    yield from readings
    for axis in readings:
        yield from axis.in_local_time()


def _judge(axis: TimeAxis) -> _Judged:
    missing = np.flatnonzero(axis.missing)
    if len(missing):
        return _Judged(axis, missing, missing[:0], None)
    wrong = np.flatnonzero(np.diff(axis.values) <= 0) + 1
    values, rows = np.unique(axis.values, return_index=True)
    if len(values) < 2:
        return _Judged(axis, missing, wrong, None)
    ordered = replace(axis, values=values, cells=axis.cells[rows]) if len(wrong) else axis
    return _Judged(axis, missing, wrong, measure_spacing(ordered))


def _say_missing(axis: TimeAxis, rows: Array) -> str:
    first = int(rows[0])
    held = "nothing" if axis.raw.isna()[first] else repr(axis.raw[first])
    return (
        f"series has no time in {format_count(len(rows), 'row')}: {axis.place} holds {held} in row "
        f"{first} (counted from 0). Mend them, or leave such rows out: "
        f"series[{axis.source}.notna()]."
    )


def _say_order(axis: TimeAxis) -> str:
    steps = np.diff(axis.values)
    told = []
    if len(steps) and (steps < 0).all():
        last = len(axis.values) - 1
        told.append(
            f"series runs backwards in time: {axis.place} goes from {axis.show(0)} (row 0) to "
            f"{axis.show(last)} (row {last})"
        )
    elif (steps < 0).any():
        back = np.flatnonzero(steps < 0) + 1
        row = int(back[0])
        told.append(
            f"series is not in order of time: by {axis.place} {format_count(len(back), 'row')} "
            f"{'comes' if len(back) == 1 else 'come'} before the row above, the first in row {row} "
            f"({axis.show(row)}, after {axis.show(row - 1)})"
        )
    doubles = _doubles(axis.values)
    if doubles is not None:
        count, first, second = doubles
        told.append(
            f"{'it' if told else 'series'} holds {format_count(count, 'row')} with a time that "
            f"another row has, too: {axis.show(second)} stands in rows {first} and {second}"
        )
    remedy = _order_remedy(axis, doubles is not None)
    return f"{', and '.join(told)} (rows counted from 0). {remedy}"


def _order_remedy(axis: TimeAxis, doubles: bool) -> str:
    if axis.nanoseconds or axis.columns:
        if doubles:
            return (
                f"Pass the mean of each time, {axis.indexed}.groupby(level=0).mean(), or drop the "
                "rows that are too many."
            )
        return f"Pass {axis.indexed}.sort_index()."
    if doubles:  # as where several tables are put one after another
        return (
            f"If its rows follow each other in time as they are, pass {axis.unindexed}; if they "
            "are several series, pass one at a time."
        )
    return (
        f"Pass {axis.indexed}.sort_index(), or if its rows follow each other in time as they are, "
        f"{axis.unindexed}."
    )


def _doubles(values: Array) -> tuple[int, int, int] | None:
    """Rows beyond the first of each time, and the first two of one time; None where none is."""
    order = np.argsort(values, kind="stable")
    same = np.flatnonzero(np.diff(values[order]) == 0)
    if not len(same):
        return None
    pairs = np.stack([order[same], order[same + 1]])
    first, second = pairs[:, int(np.argmin(pairs[1]))]
    return len(same), int(first), int(second)


def _say_several(frame: Any, axis: TimeAxis) -> str | None:
    """That the rows are of several series, where a column tells them apart; else None."""
    import pandas as pd

    _, repeats = np.unique(axis.values, return_counts=True)
    backs = int((np.diff(axis.values) < 0).sum())
    for place, name in enumerate(frame.columns):
        codes, values = pd.factorize(frame.iloc[:, place])
        if name in axis.columns or not 2 <= len(values) <= len(frame) // 2 or codes.min() < 0:
            continue
        order = np.argsort(codes, kind="stable")
        same = np.diff(codes[order]) == 0
        in_order = (np.diff(axis.values[order])[same] > 0).all()
        beside = (repeats > 1).mean() >= 0.5 and repeats.max() <= len(values)
        behind = backs == len(values) - 1 == int((np.diff(codes) != 0).sum())
        if in_order and (beside or behind):
            first = values[0].item() if isinstance(values[0], np.generic) else values[0]
            kept = f"series[series[{name!r}] == {first!r}].drop(columns={name!r})"
            return (
                f"series holds {len(values)} series, one for each value of its column "
                f"{str(name)!r}: {axis.show(0)} and later times come again for each. Windows must "
                f"not run from one into the next; pass one at a time: {kept}."
            )
    return None


def _say_uneven(axis: TimeAxis, spacing: Spacing) -> str:
    steps = np.diff(axis.values)
    shortest, longest = int(np.argmin(steps)), int(np.argmax(steps))
    return (
        f"series is uneven in time: by {axis.place} its steps go from "
        f"{describe_step(axis, float(steps[shortest]))} (after row {shortest}, "
        f"{axis.show(shortest)}) to {describe_step(axis, float(steps[longest]))} (after row "
        f"{longest}, {axis.show(longest)}), the usual one is {describe_step(axis, spacing.step)}. "
        f"{even_steps(axis, spacing.step)}If only the order of the rows counts, pass "
        f"{axis.unindexed}."
    )


def _say_gaps(axis: TimeAxis, spacing: Spacing) -> str:
    row, count = int(spacing.holes[0]), spacing.lost[0]
    of_what = f" of {describe_step(axis, spacing.step)}" if axis.nanoseconds else ""
    first = (
        f"after row {row} ({axis.show(row)}) comes {axis.show(row + 1)}, "
        f"so {format_count(count, 'step')}{of_what} {'is' if count == 1 else 'are'} missing"
    )
    told = f"series has a gap in time: {first}"
    if len(spacing.holes) > 1:
        told = (
            f"series has {len(spacing.holes)} gaps in time, {sum(spacing.lost):,} steps in all: "
            f"{first}"
        )
    return (
        f"{told} (rows counted from 0). Pass gaps='split' for windows that run over none"
        f"{filled(axis, spacing.step, spacing.has_closed)}."
    )
