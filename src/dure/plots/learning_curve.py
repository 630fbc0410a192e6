"""Validation against the number of training rows, and against the size of the network."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.figure import Figure

from dure.analysis.overfitting.capacity import Capacity, CapacityRow
from dure.analysis.overfitting.learning_curve import LearningCurve, LearningRow
from dure.blocks.charts import Line, Lines
from dure.blocks.palette import COLOURS
from dure.core.formatting import format_number
from dure.messages.message import as_is
from dure.plots.render import draw
from dure.results.run_result import RunResult
from dure.results.summary import source_of
from dure.stats.intervals import Interval

_MOST = 12


def learning_curve(curve: LearningCurve) -> Figure:
    """The metric against the number of training rows, a line for each variant, at most ten.

    Where a law could be defended, its expectation for twice the rows is drawn dashed.
    """
    rows, sizes = curve.rows[: len(COLOURS)], list(curve.results)
    doubled = any(row.doubling for row in rows)
    places = [*sizes, *([2 * sizes[-1]] if doubled else [])]
    block = Lines(
        label=as_is("more rows"),
        title=as_is(""),
        x_axis=as_is("training rows"),
        y_axis=as_is(curve.metric),
        lines=tuple(line for row in rows for line in _growth(row)),
        logarithmic_x=True,
        x_names=tuple((float(size), as_is(format_number(size))) for size in places),
    )
    notes = [
        f"{curve.metric} at each lane's best epoch; bands are 95 % intervals over lanes.",
        "Dashed: what twice the rows are expected to bring, with its 95 % interval."
        if doubled
        else "",
        f"The first {len(rows)} of {len(curve.rows)} variants." if rows != curve.rows else "",
    ]
    title = _title(curve.results[max(curve.results)], "more rows")
    return draw(title, [block], notes, legend=True)


def _growth(row: LearningRow) -> Iterator[Line]:
    yield _line(row.variant, list(row.values), list(row.values.values()))
    last, twice = list(row.values)[-1], row.doubling
    end = row.values[last].mean
    if twice is not None and math.isfinite(end):
        x, y = np.array([last, 2.0 * last]), np.array([end, end + twice.mean])
        low, high = np.array([math.nan, end + twice.low]), np.array([math.nan, end + twice.high])
        yield Line(as_is(row.variant), x, y, low, high, dashed=True)


def _line(name: str, at: Sequence[float], values: Sequence[Interval]) -> Line:
    mean, low, high = (np.array(part) for part in list(zip(*values, strict=True))[:3])
    return Line(as_is(name), np.array(at, dtype=np.float64), mean, low, high)


def _title(result: RunResult, what: str) -> str:
    return " · ".join(filter(None, (f"{result.name}: {what}", source_of(result))))


def capacity(found: Capacity) -> Figure:
    """Training and validation against the number of parameters, a panel for each variant."""
    rows = found.rows[:_MOST]
    notes = [
        f"{found.metric} at each lane's best epoch; bands are 95 % intervals over lanes.",
        f"Under the parameters: {found.argument}. Dashed: the smallest size that is not shown to "
        "be worse than the best.",
        f"The first {len(rows)} of {len(found.rows)} variants." if rows != found.rows else "",
    ]
    title = _title(found.result, "size of the network")
    return draw(
        title,
        [_capacity(row, found) for row in rows],
        notes,
        columns=min(len(rows), 3),
        legend=True,
    )


def _capacity(row: CapacityRow, found: Capacity) -> Lines:
    at = [size.parameters for size in row.sizes]
    names = (f"{format_number(size.parameters)}\n{size.value}" for size in row.sizes)
    best = () if row.best is None else (as_is(f"best: {found.argument} {row.best.value}"),)
    return Lines(
        label=as_is(row.variant),
        title=as_is(row.variant),
        x_axis=as_is(f"parameters, {found.argument}"),
        y_axis=as_is(found.metric.removeprefix("val_")),
        lines=(
            _line("training", at, [size.training for size in row.sizes]),
            _line("validation", at, [size.validation for size in row.sizes]),
        ),
        logarithmic_x=True,
        x_names=tuple((float(x), as_is(name)) for x, name in zip(at, names, strict=True)),
        marks=() if row.enough is None else (row.enough.parameters,),
        notes=best,
    )
