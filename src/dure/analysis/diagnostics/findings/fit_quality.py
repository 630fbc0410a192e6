"""Whether a network learns: no better than chance; overfitting and underfitting.

No better than an answer that never looks at the inputs: Zhang, Bengio, Hardt, Recht & Vinyals
(2017), "Understanding deep learning requires rethinking generalization": a network learns shuffled
labels by heart, and validation stays at chance. So what training rows say and what validation rows
say are told apart. Over- and underfitting are as `Result.overfitting` finds them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dure.analysis.diagnostics.case import Case, Finding, Number, common, describe_interval
from dure.core.formatting import format_percent
from dure.core.types import Bools, Floats
from dure.messages.message import Message, say
from dure.messages.phrases import describe_number
from dure.stats.intervals import Interval

if TYPE_CHECKING:
    from dure.analysis.overfitting.model import OverfittingRow

BETTER = 0.05
"""Share of chance's loss that a loss must be lower by to beat it.

The lowest of many epochs is a little better than chance by luck alone: by 1 to 3 % over 70 rows.
"""

SURE = 1.96
"""Standard errors that an accuracy must be above chance by. All seeds share the validation rows, so
the error is that of one sample of so many rows, however many lanes there are."""

BY_HEART = 0.5
"""Share of the way from chance to perfect that training must have gone to be "by heart"."""

GIVEN_AWAY = 0.05
"""Share of the lowest validation loss that training on must give away to be worth a finding.

`Result.overfitting` says it from 1 % on; but a run that ends a few epochs late is not ill.
"""

STILL = 0.1
"""Share of the lowest validation loss that the last quarter of the epochs must still bring."""

_ACCURACIES = (
    "accuracy",
    "acc",
    "binary_accuracy",
    "categorical_accuracy",
    "sparse_categorical_accuracy",
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


# -- over- and underfitting ------------------------------------------------------------------------


def find_turn(case: Case, row: OverfittingRow | None) -> Iterator[Finding]:
    """At most one finding, from the row of this variant."""
    if row is None:
        return
    if row.kind == "overfits":
        yield from _overfits(case, row)
    elif row.kind == "still falling":
        yield from _falling(case, row)


def _overfits(case: Case, row: OverfittingRow) -> Iterator[Finding]:
    share = row.given_away.mean / abs(row.lowest.mean) if row.lowest.mean else float("inf")
    if not share >= GIVEN_AWAY or _restores(case):
        return
    numbers: dict[str, Number] = {
        "turning_epoch": row.turning_epoch.mean,
        "turning_epoch_low": row.turning_epoch.low,
        "turning_epoch_high": row.turning_epoch.high,
        "given_away": row.given_away.mean,
        "given_away_low": row.given_away.low,
        "given_away_high": row.given_away.high,
        "share": share,
        "gap_at_end": row.gap_at_end.mean,
        "recommended_epochs": _whole(row.recommended_epochs),
    }
    told = say(
        "{variant}: it overfits: validation loss is lowest at epoch {turn}, and training on to "
        "epoch {end} gives away {given_away} of it ({share}); stop there (EarlyStopping), or try "
        "Dropout, more data, or a smaller network.",
        variant=case.variant,
        turn=describe_interval(row.turning_epoch),
        end=row.end,
        given_away=describe_interval(row.given_away),
        share=format_percent(share),
    )
    yield Finding(
        "overfitting", case.variant, None, row.given_away.n, row.given_away.of, told, numbers
    )


def _restores(case: Case) -> bool:
    """Whether EarlyStopping brings the best weights back: then nothing was given away."""
    callbacks = case.study.get("callbacks") or ()
    return any(
        callback.get("class") == "EarlyStopping"
        and (callback.get("config") or {}).get("restore_best_weights")
        for callback in callbacks
        if isinstance(callback, dict)
    )


def _falling(case: Case, row: OverfittingRow) -> Iterator[Finding]:
    share = -row.last_change.mean / abs(row.lowest.mean) if row.lowest.mean else float("inf")
    if not share >= STILL:
        return
    numbers: dict[str, Number] = {
        "last_change": row.last_change.mean,
        "last_change_low": row.last_change.low,
        "last_change_high": row.last_change.high,
        "share": share,
        "end": row.end,
        "more_epochs": _whole(row.more_epochs),
    }
    remedy = say("give it many more epochs, or a higher rate.")
    if row.more_epochs:
        more = describe_number(row.more_epochs)
        remedy = say("give it about {more} more epochs, or a higher rate.", more=more)
    told = say(
        "{variant}: it underfits: validation loss still falls at the end, by {change} ({share}) "
        "over the last quarter of {end} epochs; {remedy}",
        variant=case.variant,
        change=describe_interval(row.last_change),
        share=format_percent(share),
        end=row.end,
        remedy=remedy,
    )
    n, of = row.last_change.n, row.last_change.of
    yield Finding("underfitting", case.variant, None, n, of, told, numbers)


def _whole(value: Any) -> Number:
    return "unknown" if value is None else int(value)
