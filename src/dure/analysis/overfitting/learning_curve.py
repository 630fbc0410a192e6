"""Learning curves: what more training rows bring, on the same validation rows and seeds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from dure.analysis.overfitting.model import TOLERANCE
from dure.analysis.overfitting.overfitting import measure
from dure.core.metrics import mode_of
from dure.core.types import Floats, Mode
from dure.errors import Faults
from dure.messages.phrases import count
from dure.stats.intervals import Interval, interval_texts, mean_interval
from dure.stats.power_law import as_interval, doubling

if TYPE_CHECKING:
    from dure.results.run_result import RunResult

Answer = Literal["more data helps", "flat", "cannot tell"]


@dataclass(frozen=True)
class LearningRow:
    """One variant on growing parts of the training rows.

    Attributes
    ----------
    values
        The metric at each lane's best epoch, by number of training rows; in the metric's unit.
    last_step
        What the last step, from the second largest number of rows to the largest, changed;
        paired by seed and fold.
    doubling
        What twice the largest number of rows is expected to change (`dure.stats.power_law`);
        None where no law could be defended.
    answer
        "more data helps": twice the rows surely better, and by more than the tolerance is likely.
        "flat": the change is surely smaller than the tolerance. Judged by `doubling`, or by the
        last step where that is None.
    still_falling
        Numbers of rows at which training was still improving when it ended: their values could
        become better, so the curve is not what the data allow.
    """

    variant: str
    values: Mapping[int, Interval]
    last_step: Interval
    doubling: Interval | None
    answer: Answer
    still_falling: tuple[int, ...]

    def describe(self, metric: str) -> str:
        """What was found, in sentences."""
        return " ".join((f"{self.variant}:", *_sentences(self, metric)))


@dataclass(frozen=True)
class LearningCurve:
    """What `Study.learning_curve` found.

    Attributes
    ----------
    metric
        The monitor of the study, in whose direction `mode` says what is better.
    results
        The result of each run by its number of training rows (of the first fold), rising.

    Examples
    --------
    >>> curve.metric, sorted(curve.results), len(curve.notes())
    ('val_loss', [182, 364], 1)
    >>> print(curve.describe()[:11])
    rate=0.001:
    """

    rows: tuple[LearningRow, ...]
    metric: str
    mode: Mode
    confidence: float
    tolerance: float
    results: Mapping[int, RunResult]

    def frame(self) -> pd.DataFrame:
        """One row a variant and number of rows: variant, rows, mean, low, high, lanes, of.

        Examples
        --------
        >>> curve.frame()[["variant", "rows", "of"]].values.tolist()
        [['rate=0.001', 182, 3], ['rate=0.001', 364, 3], ['rate=0.1', 182, 3], ['rate=0.1', 364, 3]]
        """
        columns = ["variant", "rows", "mean", "low", "high", "lanes", "of"]
        told = [(r.variant, n, *value) for r in self.rows for n, value in r.values.items()]
        return pd.DataFrame(told, columns=columns)

    def describe(self) -> str:
        """Sentences for each variant, then what one must know to read them."""
        return "\n".join([*(r.describe(self.metric) for r in self.rows), *self.notes()])

    def notes(self) -> list[str]:
        """What one must know to read the rows, a sentence a line."""
        return [
            f"[...]: {100 * self.confidence:g} % interval over lanes, of {self.metric} at each "
            "lane's best epoch. All sizes validate on the same rows, as often, and take at least "
            "as many steps of the optimizer."
        ]

    def __str__(self) -> str:
        return self.describe()


def learning_curve(
    results: Mapping[int, RunResult], confidence: float = 0.95, tolerance: float = TOLERANCE
) -> LearningCurve:
    """Read the runs of one study on growing numbers of training rows.

    Parameters
    ----------
    results
        By number of training rows; the same variants, seeds and folds in all.
    confidence
        Of all intervals.
    tolerance
        The share of the metric's value that is too small a change to count.

    Raises
    ------
    StudyError
        Fewer than two sizes, or runs that are not of the same study.
    """
    results = dict(sorted(results.items()))
    Faults(_faults(results)).raise_if_any("this learning curve")
    last = results[max(results)]
    metric, mode = last.monitor.name, mode_of(last.monitor.name, last.monitor)
    rows = tuple(_row(results, v, mode, confidence, tolerance) for v in last.variants)
    return LearningCurve(rows, metric, mode, confidence, tolerance, results)


def _faults(results: Mapping[int, RunResult]) -> list[str]:
    if len(results) < 2:
        return [f"there is {count(len(results), 'number')} of rows; a curve needs at least two."]
    first, *others = results.values()
    dims = ("variant", "seed", "fold")
    same = all(
        first.curves[d].values.tolist() == other.curves[d].values.tolist()
        and first.monitor == other.monitor
        for other in others
        for d in dims
    )
    if not same:
        return ["the runs have not the same variants, seeds, folds and monitor in common."]
    return []


def _row(
    results: Mapping[int, RunResult], variant: str, mode: Mode, confidence: float, tolerance: float
) -> LearningRow:
    sizes = list(results)
    grids = [result.at_best().sel(variant=variant).values for result in results.values()]
    values = {n: mean_interval(grid, confidence) for n, grid in zip(sizes, grids, strict=True)}
    step = mean_interval(grids[-1] - grids[-2], confidence)
    lanes, shared = _lanes(np.stack(grids, axis=-1))
    law = doubling(lanes, np.asarray(sizes, dtype=np.float64), confidence, shared)
    expected = None if law is None else as_interval(law, len(lanes))
    small = tolerance * abs(values[sizes[-1]].mean)
    falling = tuple(n for n, r in results.items() if _still_falling(r, variant))
    answer = _answer(expected or step, mode, small)
    return LearningRow(variant, values, step, expected, answer, falling)


def _lanes(cube: Floats) -> tuple[Floats, float]:
    """Independent lanes [lane, size] out of [seed, fold, size], and the variance that they share.

    As in `dure.stats.intervals`: folds of a seed are averaged; with one seed the folds are the
    lanes. Seeds that lost a fold at some size are left out, for their means would not be of one
    kind.
    """
    seeds, folds, _ = cube.shape
    lanes, shared = (cube[0], 1 / (folds - 1)) if seeds == 1 < folds else (cube.mean(axis=1), 0.0)
    return lanes[np.isfinite(lanes).all(axis=1)], shared


def _still_falling(result: RunResult, variant: str) -> bool:
    if "val_loss" not in result.curves or variant not in result.variants:
        return False
    return measure(result).row(variant).kind == "still falling"


def _answer(change: Interval, mode: Mode, small: float) -> Answer:
    sign = 1 if mode == "min" else -1
    low, high = sorted((sign * change.low, sign * change.high))
    if high < 0 and sign * change.mean < -small:
        return "more data helps"
    if -small <= low:
        return "flat"
    return "cannot tell"


def _sentences(row: LearningRow, metric: str) -> Iterator[str]:
    sizes = list(row.values)
    first, last = interval_texts([row.values[n][:3] for n in (sizes[0], sizes[-1])])
    yield f"{metric} is {first} with {sizes[0]:,} rows and {last} with {sizes[-1]:,} ({_of(row)})."
    changes = [row.last_step, *([row.doubling] if row.doubling is not None else [])]
    if not np.isfinite(row.last_step.low):
        yield "One lane has no interval: add seeds to learn whether more data would help."
        return
    step, *twice = interval_texts([change[:3] for change in changes])
    yield f"From {sizes[-2]:,} to {sizes[-1]:,} rows it changed by {step}."
    if twice:
        yield f"Doubling the rows is expected to bring {twice[0]}{_VERDICTS[row.answer]}"
    else:
        yield f"No law could be defended for more rows; by the last step{_BY_STEP[row.answer]}"
    if row.still_falling:
        told = ", ".join(f"{n:,}" for n in row.still_falling)
        yield f"Training was still improving at its end with {told} rows; give it more epochs."


_VERDICTS: Mapping[Answer, str] = {
    "more data helps": ": more data would help.",
    "flat": ": flat, more data of this kind hardly helps.",
    "cannot tell": ": cannot tell whether more data would help; more seeds or sizes would narrow "
    "this.",
}
_BY_STEP: Mapping[Answer, str] = {
    "more data helps": " more rows still helped.",
    "flat": " it is flat, more rows hardly helped.",
    "cannot tell": " it cannot be told whether more rows helped; more seeds would narrow this.",
}


def _of(row: LearningRow) -> str:
    counts = {value.n for value in row.values.values()}
    of = next(iter(row.values.values())).of
    if counts == {of}:
        return count(of, "lane")
    return f"{min(counts)} to {max(counts)} of {count(of, 'lane')}"
