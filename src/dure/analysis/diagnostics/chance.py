"""Training that does not beat chance: no better than an answer that never looks at the inputs.

Zhang, Bengio, Hardt, Recht & Vinyals (2017), "Understanding deep learning requires rethinking
generalization": a network learns shuffled labels by heart, and validation stays at chance. So what
training rows say and what validation rows say are told apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from dure.analysis.diagnostics.case import Case, Finding, Number, common, describe_interval
from dure.core.types import Bools, Floats
from dure.messages.message import Message, say
from dure.messages.phrases import describe_number
from dure.stats.intervals import Interval

BETTER = 0.05
"""Share of chance's loss that a loss must be lower by to beat it.

The lowest of many epochs is a little better than chance by luck alone: by 1 to 3 % over 70 rows.
"""

SURE = 1.96
"""Standard errors that an accuracy must be above chance by. All seeds share the validation rows, so
the error is that of one sample of so many rows, however many lanes there are."""

BY_HEART = 0.5
"""Share of the way from chance to perfect that training must have gone to be "by heart"."""

_ACCURACIES = (
    *("accuracy", "acc", "binary_accuracy", "categorical_accuracy"),
    *("sparse_categorical_accuracy",),
)
_ERRORS = {
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "mean_squared_error": "mean_squared_error",
    "mean_absolute_error": "mean_absolute_error",
}


class _Judged(NamedTuple):
    """One metric of every lane beside what chance gets."""

    name: str
    values: Floats
    chance: float
    beats: Bools
    way: Floats
    """Share of the way from chance to perfect, [lane]; below 0 where worse than chance."""


def find(case: Case) -> Iterator[Finding]:
    """Lanes whose validation (training where nothing is held out) beats chance by no metric."""
    rows = case.data.get("rows") or {}
    held_out = bool(rows.get("validation")) and any(n.startswith("val_") for n in case.curves)
    training = _judge(case, "", int(rows.get("train", 0)))
    if held_out:
        folds = len(set(case.folds.tolist()))
        count = int(rows["validation"]) * folds
        judged = _judge(case, "val_", count)
    else:
        judged = training
    sound = case.sound
    if not judged or not sound.any():
        return
    fails = sound & ~np.any([each.beats for each in judged], axis=0)
    of = int(sound.sum())
    if not common(fails, of):
        return
    yield _describe(case, judged[0], training[0] if training else None, fails, of, held_out)


def _judge(case: Case, prefix: str, rows: int) -> list[_Judged]:
    """What can be compared with chance: an accuracy, and a loss or error; accuracy first."""
    found = []
    overall = case.data.get("chance") or {}
    chance = (overall.get("validation") or {}) if prefix else overall
    name = next((prefix + n for n in _ACCURACIES if prefix + n in case.curves), None)
    # Whoever guesses without looking does no better, on rows to come, than the commonest class's
    # share; among few validation rows that class may by luck be rare.
    shares = [s for s in (chance.get("accuracy"), overall.get("accuracy")) if s is not None]
    share = max(shares, default=None)
    if name is not None and share is not None and rows:
        values = _values(case, name)
        error = np.sqrt(max(share * (1 - share), 0.0) / rows)
        way = (values - share) / max(1 - share, 1e-9)
        found.append(_Judged(name, values, share, values > share + SURE * error, way))
    losses = chance.get("loss") or {}
    names = {name: known for name, known in _ERRORS.items() if prefix + name in case.curves}
    if not names and case.model.get("loss") in losses and len(case.model.get("outputs", ())) == 1:
        names = {"loss": str(case.model["loss"])}
    for name, known in list(names.items())[:1]:
        value = losses.get(known)
        if value:
            values = _values(case, prefix + name)
            way = 1 - values / value
            found.append(_Judged(prefix + name, values, float(value), way > BETTER, way))
    return found


def _values(case: Case, name: str) -> Floats:
    """Validation at each lane's best epoch; of training the last, where it has come furthest."""
    return case.at_best(name) if name.startswith("val_") else case.last(name)


def _describe(
    case: Case, main: _Judged, training: _Judged | None, fails: Bools, of: int, held_out: bool
) -> Finding:
    seen = int(fails.sum())
    interval = case.interval(np.where(case.sound, main.values, np.nan))
    numbers = _numbers(main, interval)
    told = say(
        "{variant}: {metric} is {value}, no better than the {chance} of one who never looks at the "
        "inputs ({where})",
        variant=case.variant,
        metric=main.name,
        value=describe_interval(interval),
        chance=describe_number(main.chance),
        where=case.describe_lanes(seen, of),
    )
    if held_out and training is not None:
        way = case.interval(np.where(fails, training.way, np.nan)).mean
        last = case.interval(np.where(fails, training.values, np.nan))
        numbers |= {training.name: last.mean, "training_skill": way}
        numbers["learned"] = (
            "by heart" if way >= BY_HEART else "a little" if way > BETTER else "nothing"
        )
        told += _describe_training(training.name, describe_interval(last), way)
    unseen = int(case.data.get("targets", {}).get("unseen", 0))
    if held_out and unseen:
        numbers["unseen"] = unseen
        told += say(
            ". {unseen} validation rows are of classes that no training row has: rows are sorted "
            "by class; shuffle them, or use folds.",
            unseen=unseen,
        )
    else:
        told += say(
            ". See that labels belong to their rows, then look at the findings about training."
        )
    return Finding("not_beating_chance", case.variant, None, seen, of, told, numbers)


def _describe_training(metric: str, value: str, way: float) -> Message:
    """What it learned of the training rows, which went that share of the way to perfect."""
    if way >= BY_HEART:
        return say(
            "; the training rows are learned by heart ({metric} {value}): labels may be shuffled, "
            "or the inputs hold nothing about them",
            metric=metric,
            value=value,
        )
    if way > BETTER:
        return say("; training has only {metric} {value}", metric=metric, value=value)
    return say(
        "; nor does it learn the training rows ({metric} {value})", metric=metric, value=value
    )


def _numbers(main: _Judged, interval: Interval) -> dict[str, Number]:
    return {
        "metric": main.name,
        "mean": interval.mean,
        "low": interval.low,
        "high": interval.high,
        "chance": main.chance,
    }
