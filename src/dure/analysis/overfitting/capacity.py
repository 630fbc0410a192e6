"""Capacity: validation loss and the gap to training against the size of the network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dure.analysis.overfitting.model import Kind, Overfitting
from dure.analysis.overfitting.overfitting import measure
from dure.core.types import Mode
from dure.messages.phrases import count
from dure.stats.intervals import Interval, interval_texts, mean_interval

if TYPE_CHECKING:
    from dure.results.run_result import RunResult


@dataclass(frozen=True)
class Size:
    """One value of the argument that was swept.

    Attributes
    ----------
    value
        Of the argument, as text.
    parameters
        Numbers in the network that are trained, and those that are not.
    validation, training
        The metric at each lane's best epoch, on validation rows and in training.
    gap_at_end
        Validation minus training loss at the last epoch.
    kind
        What its curves say: `dure.analysis.overfitting.model.OverfittingRow.kind`.
    to_best
        The metric minus that of the best size, paired by seed and fold; 0 for the best itself.
    """

    variant: str
    value: str
    parameters: int
    validation: Interval
    training: Interval
    gap_at_end: Interval
    kind: Kind
    to_best: Interval


@dataclass(frozen=True)
class CapacityRow:
    """One variant of the study in all sizes, from few parameters to many.

    Attributes
    ----------
    best
        The size with the best mean; partly luck among sizes that are about as good.
    enough
        The smallest size whose paired difference to the best has an interval that reaches zero;
        None where there is no interval or no value.
    opens
        The smallest size from which on all overfit; None if none does.
    """

    variant: str
    sizes: tuple[Size, ...]
    best: Size | None
    enough: Size | None
    opens: Size | None

    def describe(self, argument: str, metric: str) -> str:
        """What was found, in sentences."""
        lead = [f"{self.variant}:"] if self.variant else []
        return " ".join((*lead, *_sentences(self, argument, metric)))


@dataclass(frozen=True)
class Capacity:
    """What `Study.capacity` found.

    Attributes
    ----------
    argument
        The argument of build that was swept.
    result
        The run; its variants are those of the study times the values.

    Examples
    --------
    >>> capacity.argument, [size.value for size in capacity.rows[0].sizes], len(capacity.notes())
    ('units', ['2', '8'], 1)
    >>> print(capacity.describe()[:11])
    rate=0.001:
    """

    argument: str
    rows: tuple[CapacityRow, ...]
    metric: str
    mode: Mode
    confidence: float
    result: RunResult

    def frame(self) -> pd.DataFrame:
        """One row a variant and size; each interval as three columns (mean, _low, _high).

        Examples
        --------
        >>> capacity.frame()[["units", "parameters"]].values.tolist()
        [['2', 65], ['8', 257], ['2', 65], ['8', 257]]
        """
        told = []
        for row in self.rows:
            for size in row.sizes:
                line: dict[str, object] = {"variant": row.variant, self.argument: size.value}
                line |= {"parameters": size.parameters, "kind": size.kind}
                for name in ("validation", "training", "gap_at_end", "to_best"):
                    value: Interval = getattr(size, name)
                    line |= {name: value.mean, f"{name}_low": value.low, f"{name}_high": value.high}
                told.append({**line, "lanes": size.validation.n, "of": size.validation.of})
        return pd.DataFrame(told)

    def describe(self) -> str:
        """Sentences for each variant, then what one must know to read them."""
        lines = [r.describe(self.argument, self.metric) for r in self.rows]
        return "\n".join([*lines, *self.notes()])

    def notes(self) -> list[str]:
        """What one must know to read the rows, a sentence a line."""
        return [
            f"[...]: {100 * self.confidence:g} % interval over lanes, of {self.metric} at each "
            "lane's best epoch; differences are paired by seed and fold. The best of several "
            "sizes is partly luck, so it is a little less ahead than it looks."
        ]

    def __str__(self) -> str:
        return self.describe()


def capacity(
    result: RunResult,
    argument: str,
    groups: Mapping[str, Mapping[str, str]],
    parameters: Mapping[str, int],
    confidence: float = 0.95,
) -> Capacity:
    """Read a run whose variants differ in the value of one argument.

    Parameters
    ----------
    argument
        Its name.
    groups
        For each variant of the study the variants of the run that came of it, and the value of
        the argument as text in each.
    parameters
        How many each variant of the run has.

    Raises
    ------
    StudyError
        No rows were held for validation, or no lane has come to its end.
    """
    mode = result.monitor.mode
    turned = measure(result, confidence=confidence)
    rows = tuple(_row(result, name, values, parameters, turned) for name, values in groups.items())
    return Capacity(argument, rows, result.monitor.name, mode, confidence, result)


def _row(
    result: RunResult,
    name: str,
    values: Mapping[str, str],
    parameters: Mapping[str, int],
    turned: Overfitting,
) -> CapacityRow:
    held_out, confidence = result.at_best(), turned.confidence
    base = result.monitor.name.removeprefix("val_")
    training = result.at_best(base) if base in result.curves else held_out * np.nan
    means = {v: mean_interval(held_out.sel(variant=v).values, confidence) for v in values}
    sign = 1 if result.monitor.mode == "min" else -1
    known = [v for v in values if np.isfinite(means[v].mean)]
    best = min(known, key=lambda v: sign * means[v].mean, default=None)
    sizes = []
    for variant in sorted(values, key=lambda v: parameters[v]):
        other = held_out.sel(variant=best if best is not None else variant).values
        sizes.append(
            Size(
                variant,
                values[variant],
                parameters[variant],
                means[variant],
                mean_interval(training.sel(variant=variant).values, confidence),
                turned.row(variant).gap_at_end,
                turned.row(variant).kind,
                mean_interval(held_out.sel(variant=variant).values - other, confidence),
            )
        )
    leader = next((size for size in sizes if size.variant == best), None)
    enough = next((size for size in sizes if _as_good(size, leader, sign)), None)
    opens = None
    for size in reversed(sizes):
        if size.kind != "overfits":
            break
        opens = size
    return CapacityRow(name, tuple(sizes), leader, enough, opens)


def _as_good(size: Size, best: Size | None, sign: int) -> bool:
    if best is None or not np.isfinite(best.validation.low):
        return False
    worst_case_of_better = size.to_best.low if sign > 0 else -size.to_best.high
    return size is best or bool(worst_case_of_better <= 0)


def _sentences(row: CapacityRow, argument: str, metric: str) -> Iterator[str]:
    if row.best is None:
        yield f"no lane came to its end with a finite {metric}."
        return
    best = row.best
    (value,) = interval_texts([best.validation[:3]])
    yield f"{metric} is best, {value}, with {_named(best, argument)} ({_lanes(best)})."
    if row.enough is None:
        yield "One lane a size has no interval: add seeds to learn which sizes are as good."
    elif row.enough is best:
        if best is not row.sizes[0]:
            yield "Every smaller size is worse."
        if best is row.sizes[-1] and len(row.sizes) > 1:
            yield "It is the largest that was tried: larger ones may be better still."
    else:
        (difference,) = interval_texts([row.enough.to_best[:3]])
        yield (
            f"The smallest that is not shown to be worse has {_named(row.enough, argument)}: it "
            f"differs by {difference}; from there on size does not matter for validation, as far "
            "as these seeds tell."
        )
    yield from _gaps(row, argument)


def _gaps(row: CapacityRow, argument: str) -> Iterator[str]:
    smallest, largest = row.sizes[0], row.sizes[-1]
    if np.isfinite(largest.gap_at_end.mean):
        first, last = interval_texts([s.gap_at_end[:3] for s in (smallest, largest)])
        yield (
            f"The gap between validation and training loss at the end is {first} with "
            f"{argument}={smallest.value} and {last} with {argument}={largest.value}."
        )
    if row.opens is not None:
        beginning = (
            "Every size overfits"
            if row.opens is smallest
            else (f"From {argument}={row.opens.value} on it overfits")
        )
        yield f"{beginning}: stop earlier, or cure it."
    falling = [size.value for size in row.sizes if size.kind == "still falling"]
    if falling:
        yield f"Not trained to the end: {argument}={', '.join(falling)}; give more epochs."


def _named(size: Size, argument: str) -> str:
    return f"{argument}={size.value} ({count(size.parameters, 'parameter')})"


def _lanes(size: Size) -> str:
    value = size.validation
    return count(value.n, "lane") if value.n == value.of else f"{value.n} of {value.of} lanes"
