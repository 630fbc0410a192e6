"""The lanes of one result, or of two, side by side: which runs may be compared with which."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dure.analysis.comparison.sequential import Sequential
from dure.core.lane_grid import find_places
from dure.core.types import Bools, Floats, GivenMode, Mode
from dure.errors import DureError, did_you_mean
from dure.messages.message import Message, as_is, joined, say
from dure.messages.phrases import count, join_list
from dure.results.run_result import judge_mode, lane_grid

if TYPE_CHECKING:
    from dure.results.run_result import RunResult


@dataclass(frozen=True)
class Lanes:
    """A metric of every lane of a comparison, and how each lane ended.

    Attributes
    ----------
    names
        Of the variants; prefixed with the run's where two runs have the same.
    values
        Shape (variant, seed, fold); NaN where ``sound`` is False.
    sound, lost
        Same shape: lanes trained to an end with a number, and lanes that diverged, failed, or
        ended with no number. Neither: not done, or not there.
    by_fold
        Whether pairs are folds, the study having a single seed; else seeds, folds averaged.
    same_rows
        Whether fold numbers stand for the same rows in all variants.
    notes
        Sentences that must be known to read the comparison.
    """

    metric: str
    mode: Mode
    names: tuple[str, ...]
    seeds: tuple[int, ...]
    values: Floats
    sound: Bools
    lost: Bools
    by_fold: bool
    same_rows: bool
    notes: tuple[Message, ...]

    @property
    def sign(self) -> int:
        """1 where higher is better, -1 where lower is."""
        return 1 if self.mode == "max" else -1


@dataclass(frozen=True)
class Matched:
    """Two variants, pair by pair (seeds, or folds of one seed).

    Attributes
    ----------
    gains
        By how much the first is better, shape (pair,): plus infinity where only the second was
        lost, minus infinity where only the first was, 0 where both were.
    trained
        The finite gains of pairs in which both trained.
    by_rows
        Mean gain of every fold over the seeds, shape (fold,); empty unless there are several of
        both, or where lanes were lost.
    superiority
        Probability that a new run of the first beats a new run of the second.
    lost
        Lanes of the first and of the second that were lost.
    """

    gains: Floats
    trained: Floats
    by_rows: Floats
    superiority: float
    lost: tuple[int, int]


def lanes_of(
    result: RunResult, other: RunResult | None, metric: str | None, mode: GivenMode = "auto"
) -> Lanes:
    """Read a metric of one result, or of two that share seeds.

    Raises
    ------
    DureError
        Naming all that stands in the way: a metric that one of them lacks or judges the other way
        round, no seed in common, a single seed with folds that hold other rows.
    """
    results = [result] if other is None else [result, other]
    metric = metric or result.monitor.name
    _refuse(results, metric, mode)
    if other is not None:
        seeds = [s for s in _axis(result, "seed") if s in _axis(other, "seed")]
        same_rows = _same(results, "study", "splits")
        folds = [f for f in _axis(result, "fold") if f in _axis(other, "fold")]
    else:
        seeds, folds, same_rows = _axis(result, "seed"), _axis(result, "fold"), True
    width = max(len(_axis(r, "fold")) for r in results)
    parts = []
    for one in results:
        # Folds of other rows cannot be matched one by one: a seed's mean is over its own folds.
        grids = _grids(one, metric, seeds, folds if same_rows else _axis(one, "fold"))
        parts.append(grids if same_rows else grids.padded(width))
    values, lost, done = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return Lanes(
        metric=metric,
        mode=judge_mode(result, metric, mode),
        names=_names(results),
        seeds=tuple(seeds),
        values=values,
        sound=done & ~lost,
        lost=lost,
        by_fold=len(seeds) == 1 and values.shape[2] > 1,
        same_rows=same_rows,
        notes=tuple(_notes(results, metric, seeds, same_rows)),
    )


def match_pairs(lanes: Lanes, first: int, second: int) -> Matched:
    """Two variants by their places in ``lanes.names``."""
    places = [first, second]
    values, sound, lost = lanes.values[places], lanes.sound[places], lanes.lost[places]
    if lanes.by_fold:
        values, sound, lost = values.swapaxes(1, 2), sound.swapaxes(1, 2), lost.swapaxes(1, 2)
    means, gone, whole = _by_pair(values, sound, lost)
    use = whole.all(axis=0)
    fell = gone[:, use].astype(np.float64)
    finite = lanes.sign * (means[0] - means[1])[use]
    either = fell.any(axis=0)
    # 1 - 0 is only the second lost, a gain without bound; 1 - 1 is a tie.
    apart = np.where(fell[1] == fell[0], 0.0, np.where(fell[1] > fell[0], np.inf, -np.inf))
    gains = np.where(either, apart, finite)
    by_rows = np.empty(0)
    several = values.shape[1] > 1 and values.shape[2] > 1 and lanes.same_rows
    if several and use.sum() > 1 and not either.any():
        by_rows = lanes.sign * (values[0] - values[1])[use].mean(axis=0)
    return Matched(
        gains=gains,
        trained=finite[~either],
        by_rows=by_rows,
        superiority=_superiority(lanes, first, second),
        lost=(int(lanes.lost[first].sum()), int(lanes.lost[second].sum())),
    )


def _by_pair(values: Floats, sound: Bools, lost: Bools) -> tuple[Floats, Bools, Bools]:
    """Per variant and pair: mean over what it averages, whether a lane was lost, whether all done.

    Infinite values are the padding of a run with fewer folds, no part of any pair.
    """
    absent = np.isinf(values)
    means = np.where(sound, values, 0.0).sum(axis=2) / np.maximum(sound.sum(axis=2), 1)
    gone = np.any(lost, axis=2)
    whole = np.all(sound | lost | absent, axis=2) & ~np.all(absent, axis=2)
    return means, gone, whole


def _superiority(lanes: Lanes, first: int, second: int) -> float:
    """Share of pairs of runs, one of each variant, in which the first is better; ties half.

    A new run is an independent draw, so runs of the same seed are not set against each other
    (Mann & Whitney 1947; Vargha & Delaney 2000's A). Runs of different folds are not either, as
    long as folds stand for the same rows. Lost runs lose, against each other they tie.
    """
    done = lanes.sound | lanes.lost
    worth = np.where(lanes.sound, lanes.sign * lanes.values, -np.inf)
    seeds, folds = (np.arange(n) for n in worth.shape[1:])
    seed, fold = (axis.ravel() for axis in np.meshgrid(seeds, folds, indexing="ij"))
    sides = [(worth[v].ravel(), done[v].ravel()) for v in (first, second)]
    (a, there_a), (b, there_b) = sides
    together = there_a[:, None] & there_b[None, :]
    if len(seeds) > 1:
        together &= seed[:, None] != seed[None, :]
    if lanes.same_rows:
        together &= fold[:, None] == fold[None, :]
    if together.sum() < 2:  # one run of each says nothing of the next
        return math.nan
    wins = (a[:, None] > b[None, :]) + 0.5 * (a[:, None] == b[None, :])
    return float(wins[together].mean())


# -- reading ---------------------------------------------------------------------------------------


def _axis(result: RunResult, name: str) -> list[int]:
    return [int(value) for value in result.curves[name].values]


class _Grids(NamedTuple):
    """One result's lanes, each (variant, seed, fold)."""

    values: Floats
    lost: Bools
    done: Bools

    def padded(self, folds: int) -> _Grids:
        """With as many folds as the other run has; those added are marked by infinite values."""
        width = ((0, 0), (0, 0), (0, folds - self.values.shape[2]))
        return _Grids(
            np.pad(self.values, width, constant_values=np.inf),
            np.pad(self.lost, width),
            np.pad(self.done, width),
        )


def _grids(result: RunResult, metric: str, seeds: list[int], folds: list[int]) -> _Grids:
    values = result.at_best(metric)
    numbers = np.where(np.isfinite(values.values), values.values, np.nan)
    done = lane_grid(result, [status.done for status in result.statuses])
    axes = [values[dim].values.tolist() for dim in values.dims]
    places = np.ix_(*find_places((result.variants, seeds, folds), axes))
    return _Grids(numbers[places], (done & np.isnan(numbers))[places], done[places])


def _names(results: list[RunResult]) -> tuple[str, ...]:
    """Variants of all results, with the run's name before those that are not the only ones."""
    plain = [name for result in results for name in result.variants]
    if len(results) == 1 or len(set(plain)) == len(plain):
        return tuple(plain)
    runs = [result.name for result in results]
    if runs[0] == runs[1]:
        runs = [result.folder.name for result in results]
    if runs[0] == runs[1]:
        runs = [str(result.folder) for result in results]
    return tuple(
        f"{run}: {name}" if plain.count(name) > 1 else name
        for run, result in zip(runs, results, strict=True)
        for name in result.variants
    )


def _about(result: RunResult, part: str, name: str) -> Any:
    section = result.manifest.get(part)
    return section.get(name) if isinstance(section, Mapping) else None


def _same(results: list[RunResult], part: str, name: str) -> bool:
    first, *rest = (_about(result, part, name) for result in results)
    return all(value == first for value in rest)


def _refuse(results: list[RunResult], metric: str, mode: GivenMode) -> None:
    faults = []
    for result in results:
        known = [*map(str, result.curves), *(f"test_{name}" for name in result.test)]
        if metric not in known:
            faults.append(
                f"There is no metric {metric!r} in {result.folder}, but: "
                f"{', '.join(known) or 'none'}.{did_you_mean(metric, known)}"
            )
        else:
            faults += _empty(result, metric)
    if len(results) == 2 and not faults:
        modes = [judge_mode(result, metric, mode) for result in results]
        if modes[0] != modes[1]:
            faults.append(
                f"The runs do not agree which {metric} is better: {results[0].name} has "
                f"mode {modes[0]!r}, {results[1].name} {modes[1]!r}. Compare another metric."
            )
        faults += _unpairable(*results)
    if faults:
        raise DureError("\n".join(faults))


def _empty(result: RunResult, metric: str) -> Iterator[str]:
    """Variants that trained, but have this metric nowhere: they were compiled with others."""
    values = result.at_best(metric)
    for variant in result.variants:
        mine = [
            status.kind in ("finished", "stopped")
            for status, name in zip(result.statuses, result.lanes["variant"], strict=True)
            if name == variant
        ]
        if any(mine) and not np.isfinite(values.sel(variant=variant).values).any():
            yield f"Variant {variant!r} of {result.folder} trained without any {metric}."


def _unpairable(first: RunResult, second: RunResult) -> Iterator[str]:
    if first.folder.resolve() == second.folder.resolve():
        yield f"Both runs are {first.folder}: name two, or one alone for its variants."
        return
    one, two = _axis(first, "seed"), _axis(second, "seed")
    shared = [seed for seed in one if seed in two]
    if not shared:
        yield (
            f"The runs have no seed in common ({_some(one)}; {_some(two)}), so their networks "
            "cannot be paired: run one of them again with seeds of the other."
        )
    elif len(shared) == 1 and not _same([first, second], "study", "splits"):
        folds = max(len(_axis(result, "fold")) for result in (first, second))
        if folds > 1:
            yield (
                "The runs have one seed in common, and their folds hold other rows, so that "
                "nothing can be paired: run both with the same folds, or with more seeds."
            )


def _some(numbers: list[int]) -> str:
    shown = ", ".join(map(str, numbers[:6]))
    return f"seeds {shown}, ..." if len(numbers) > 6 else f"seeds {shown}"


def _notes(
    results: list[RunResult], metric: str, seeds: list[int], same_rows: bool
) -> Iterator[Message]:
    for result in results:
        if (sequential := Sequential.of_manifest(result.manifest)) is not None and sequential.looks:
            yield joined((as_is(f"{result.name}:"), sequential.note()))
        waiting = sum(not status.done for status in result.statuses)
        if waiting:
            yield say(
                "{name} is not finished: {number} of {lanes} not done. A seed counts once all its "
                "folds are; what is said may change.",
                name=result.name,
                number=str(waiting),
                lanes=count(len(result.lanes), "lane"),
            )
    if len(results) == 2:
        yield from _differences(results, metric, seeds, same_rows)
    if metric.removeprefix("test_").removeprefix("val_") == "loss":
        yield from _penalties(results, metric)
    if metric.startswith("val_"):
        yield say(
            "Each network is judged at its best epoch, chosen on these same validation rows: a "
            "little flattering, more so for curves that jump about. Test metrics are free of that."
        )


def _penalties(results: list[RunResult], metric: str) -> Iterator[Message]:
    if names := find_penalised(results):
        yield say(
            "Keras counts L1 and L2 penalties into the loss: {metric} of {names} holds them, that "
            "of the others does not. Compare another metric, too.",
            metric=metric,
            names=", ".join(names),
        )


def find_penalised(results: Sequence[RunResult]) -> list[str]:
    """Variants whose loss holds L1 or L2 penalties where that of others does not; else none."""
    facts = [(result.manifest.get("facts") or {}).get("models") or {} for result in results]
    models = [(name, model) for each in facts for name, model in each.items()]
    names = [name for name, model in models if model.get("penalised")]
    return names if len(names) < len(models) else []


def _differences(
    results: list[RunResult], metric: str, seeds: list[int], same_rows: bool
) -> Iterator[Message]:
    names = join_list([result.name for result in results])
    if not _same(results, "data", "fingerprint"):
        yield say(
            "{names} were trained on different data: a difference may come from the data, not from "
            "the variants.",
            names=names,
        )
    elif not same_rows:
        yield say(
            "{names} have different training and validation rows: a difference may come from the "
            "rows, not from the variants.",
            names=names,
        )
    first, second = (_about(result, "study", "epochs") for result in results)
    if None not in (first, second) and first != second:
        yield say(
            "{names} differ in epochs: {first} and {second}.",
            names=names,
            first=str(first),
            second=str(second),
        )
    first, second = (_about(result, "study", "batch_size") for result in results)
    if None not in (first, second) and first != second:
        yield say(
            "{names} differ in batch size: {first} and {second}.",
            names=names,
            first=str(first),
            second=str(second),
        )
    every = {seed for result in results for seed in _axis(result, "seed")}
    if len(seeds) < len(every):
        shared = count(len(seeds), "seed")
        yield say("Only the {seeds} that both runs have are compared.", seeds=shared)
