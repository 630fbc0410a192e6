"""A learning rate that is too high, or too low."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dure.analysis.diagnostics.case import (
    Case,
    Finding,
    Number,
    common,
    describe_interval,
    measure_growth,
    median,
    row_medians,
)
from dure.core.formatting import format_percent
from dure.core.types import Bools, Floats
from dure.messages.message import Message, say
from dure.messages.phrases import describe_number

JUMP = 0.1
"""Rise of the training loss in one epoch, as a share of all it ever fell, that is a jump. Healthy
networks never rose by more than 0.02 (benchmarks/false_alarms.py)."""

JUMPS = 0.1
"""Share of the epochs, and two of them at least, with a jump."""

UPDATE_LARGE = 0.1
"""Change of all weights in one step against their size. A hundred times Karpathy's 1e-3 ("a rough
heuristic", CS231n, "Ratio of weights:updates"): weights are made anew every ten steps."""

UPDATE_USUAL = 1e-2

UPDATE_SMALL = 1e-4
"""A tenth of Karpathy's 1e-3, for the layer that changes most: even it needs 10,000 steps."""

STRAIGHT = 0.5
"""Fall of the loss in the last third of the epochs against the first third from where it falls in a
straight line: learning slows down when it is nearly over, so then it has hardly begun."""

LEFT = 0.8
"""Share of the first loss that is still there at the end."""

FEWEST_EPOCHS = 6
SHARP = 2.0
"""Curvature times rate from where plain gradient descent overshoots (Cohen, Kaur, Li, Kolter &
Talwalkar 2021, "Gradient descent on neural networks typically occurs at the edge of stability")."""


def find(case: Case) -> Iterator[Finding]:
    """At most one of the two."""
    high = list(_too_high(case))
    yield from high
    if not high:
        yield from _too_low(case)


# -- too high --------------------------------------------------------------------------------------


def _too_high(case: Case) -> Iterator[Finding]:
    loss = case.loss
    if loss is None:
        return
    grew, by = measure_growth(case)
    jumps, height = _jumps(case, loss)
    worse = _worse(case, loss)
    over, rises = _overshoots(case)
    ill = case.sound & (jumps | worse | over)
    seen = int(ill.sum()) + grew
    if not seen or 2 * seen < case.of:
        return
    numbers: dict[str, Number] = {
        "jumping": int((jumps & ill).sum()),
        "worse": int((worse & ill).sum()),
        "overshooting": int((over & ill).sum()),
        "diverged": grew,
    }
    rate = case.model.get("learning_rate")
    if rate is not None:
        numbers["learning_rate"] = float(rate)
    signs = list(_signs(numbers, median(height[ill]), by, rises, case, ill))
    update = _updates(case)
    if update is not None and ill.any():
        changed = median(update[ill])
        numbers["update_ratio"] = changed
        if changed > UPDATE_USUAL:
            size = format_percent(changed)
            signs.append(say("one step changes the weights by {size} of their size", size=size))
    _add_curvature(case, numbers, ill)
    told = _describe_high(case, case.describe_lanes(seen), signs)
    yield Finding("rate_too_high", case.variant, None, seen, case.of, told, numbers)


def _describe_rate(case: Case) -> Message:
    rate, name = case.model.get("learning_rate"), case.model.get("optimizer")
    if rate is None:
        return say("the rate")
    return say("the rate ({optimizer}, {rate})", optimizer=name, rate=describe_number(float(rate)))


def _describe_high(case: Case, where: Message, signs: list[Message]) -> Message:
    """The whole sentence; one template a number of signs, for languages join them in other ways."""
    known = {"variant": case.variant, "rate": _describe_rate(case), "where": where}
    known |= dict(zip("abcde", signs, strict=False))
    match len(signs):
        case 1:
            return say(
                "{variant}: {rate} is too high {where}: {a}. Try a third or a tenth of it.", **known
            )
        case 2:
            return say(
                "{variant}: {rate} is too high {where}: {a}; {b}. Try a third or a tenth of it.",
                **known,
            )
        case 3:
            return say(
                "{variant}: {rate} is too high {where}: {a}; {b}; {c}. Try a third or a tenth of "
                "it.",
                **known,
            )
        case 4:
            return say(
                "{variant}: {rate} is too high {where}: {a}; {b}; {c}; {d}. Try a third or a tenth "
                "of it.",
                **known,
            )
        case _:
            return say(
                "{variant}: {rate} is too high {where}: {a}; {b}; {c}; {d}; {e}. Try a third or a "
                "tenth of it.",
                **known,
            )


def _signs(
    numbers: dict[str, Number], height: float, by: float, rises: float, case: Case, ill: Bools
) -> Iterator[Message]:
    if numbers["diverged"]:
        numbers["grew_by"] = by
        yield say(
            "the loss grew to {by} times its first value and beyond all numbers",
            by=describe_number(by),
        )
    if numbers["worse"] and case.loss is not None:
        start, end = _start_and_end(case, case.loss)
        numbers |= {"loss_before": median(start[ill]), "loss_after": median(end[ill])}
        yield say(
            "training ends with a loss of {end}, worse than the {start} before it",
            end=describe_number(median(end[ill])),
            start=describe_number(median(start[ill])),
        )
    if numbers["jumping"]:
        numbers["jump"] = height
        height_told = format_percent(height)
        yield say("the training loss jumps up by {height} of all it ever fell", height=height_told)
    if numbers["overshooting"]:
        numbers["rising_steps"] = rises
        yield say(
            "{share} of the measured steps made the loss of their own rows larger",
            share=format_percent(rises),
        )


def _fall(case: Case, loss: Floats) -> Floats:
    """All that each lane's training loss ever fell, [lane]."""
    top = loss[:, 0].copy()
    probe = case.whole.get("probe_loss")
    if probe is not None and probe.size and case.epochs[0] == 0:
        top = np.fmax(top, probe[:, 0])
    lowest = np.array([np.nanmin(row) if np.isfinite(row).any() else np.nan for row in loss])
    return np.asarray(top - lowest, dtype=np.float64)


def _jumps(case: Case, loss: Floats) -> tuple[Bools, Floats]:
    """Which lanes jump, and by what share of their whole fall at their highest jumps."""
    fall = np.maximum(_fall(case, loss), 1e-12)
    with np.errstate(invalid="ignore"):
        rises = np.diff(loss, axis=1) / fall[:, None]
        often = (rises > JUMP).sum(axis=1)
    height = np.array([median(row[row > JUMP]) for row in rises])
    # A loss that hardly falls at all jumps by noise alone.
    real = fall > 0.01 * np.abs(loss[:, 0])
    return (often >= 2) & (often >= JUMPS * (case.ran - 1)) & real, height


def _start_and_end(case: Case, loss: Floats) -> tuple[Floats, Floats]:
    """Training loss before the first step (else of the first epoch), and at the end, [lane]."""
    start = loss[:, 0].copy()
    probe = case.whole.get("probe_loss")
    if probe is not None and probe.size and case.epochs[0] == 0:
        start = probe[:, 0]
    tail = max(1, loss.shape[1] // 4)
    ends = [row[np.isfinite(row)][-tail:] for row in loss]
    return start, np.array([median(end) for end in ends])


def _worse(case: Case, loss: Floats) -> Bools:
    """Lanes that end worse than they began, although every step took a lower loss for its aim."""
    start, end = _start_and_end(case, loss)
    enough = case.ran >= 2
    with np.errstate(invalid="ignore"):
        return np.asarray(enough & (end > start + 0.1 * np.abs(start)))


def _overshoots(case: Case) -> tuple[Bools, float]:
    """Lanes where most measured steps make the loss of their own rows larger, and their share."""
    gain, probe, update = case.whole.get("step_gain"), case.whole.get("probe_loss"), _updates(case)
    if gain is None or probe is None or update is None:
        return np.zeros(case.of, dtype=bool), float("nan")
    known = np.isfinite(gain) & np.isfinite(probe)
    # Near its lowest a loss goes up and down by a little with every batch: that is no overshooting.
    with np.errstate(invalid="ignore"):
        up = known & (gain > 0.05 * np.abs(probe))
    share = up.sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    over = (share > 0.5) & (update > UPDATE_LARGE) & (known.sum(axis=1) >= 2)
    return over, median(share[over])


def _updates(case: Case) -> Floats | None:
    """The size of a step against all weights: the median over epochs and layers, [lane]."""
    ratio = case.layered.get("update_ratio")
    if ratio is None:
        return None
    return row_medians(row_medians(ratio))


def _add_curvature(case: Case, numbers: dict[str, Number], ill: Bools) -> None:
    """Curvature along the step times the rate, for plain gradient descent."""
    curvature, rate = case.whole.get("curvature"), case.model.get("learning_rate")
    plain = case.model.get("optimizer") == "SGD" and not case.model.get("momentum")
    if curvature is None or rate is None or not plain or not ill.any():
        return
    numbers["curvature_times_rate"] = median(row_medians(curvature)[ill]) * float(rate)


# -- too low ---------------------------------------------------------------------------------------


def _too_low(case: Case) -> Iterator[Finding]:
    loss = case.loss
    if loss is None or loss.shape[1] < FEWEST_EPOCHS:
        return
    straight, ratio, left = _straight(case, loss)
    update = _largest_updates(case)
    with np.errstate(invalid="ignore"):
        if update is None:  # a straight line alone may be a long way well begun
            slow = case.sound & straight & (left > LEFT)
        else:
            # Without any change at all it is not the rate: no gradient arrives.
            small = (update > 0) & (update < UPDATE_SMALL)
            slow = case.sound & small & (straight | (left > LEFT))
    of = int(case.sound.sum())
    if not common(slow, of):
        return
    seen = int(slow.sum())
    kept = case.interval(np.where(slow, left, np.nan))
    numbers: dict[str, Number] = {"late_against_early": median(ratio[slow])}
    numbers["loss_left"] = kept.mean
    rate = case.model.get("learning_rate")
    if rate is not None:
        numbers["learning_rate"] = float(rate)
    course = _describe_course(ratio[slow & straight], describe_interval(kept))
    if update is not None:
        numbers["update_ratio"] = median(update[slow])
        course += say(
            "; one step changes the weights of no layer by more than {update} of their size "
            "(about 1e-3 is usual)",
            update=describe_number(median(update[slow])),
        )
    told = say(
        "{variant}: {rate} is too low {where}: {course}. Try 3 or 10 times the rate.",
        variant=case.variant,
        rate=_describe_rate(case),
        where=case.describe_lanes(seen, of),
        course=course,
    )
    yield Finding("rate_too_low", case.variant, None, seen, of, told, numbers)


def _describe_course(straight: Floats, left: str) -> Message:
    """How the loss falls; `straight`: late by early fall of the lanes where it falls in a line."""
    if not straight.size:
        return say(
            "the training loss hardly falls, and {left} of the first loss is left at the end",
            left=left,
        )
    return say(
        "the training loss falls in a straight line, in the last third of the epochs by {late} of "
        "what it fell in the first third, and {left} of the first loss is left at the end",
        late=format_percent(median(straight)),
        left=left,
    )


def _straight(case: Case, loss: Floats) -> tuple[Bools, Floats, Floats]:
    """Lanes whose loss falls in a straight line; late fall by early fall; share of loss left."""
    told = np.array([_course(row[np.isfinite(row)]) for row in loss])
    ratio, steady, left = told.T
    with np.errstate(invalid="ignore"):
        return (ratio >= STRAIGHT) & (steady >= 0.8), ratio, left


def _course(loss: Floats) -> tuple[float, float, float]:
    """Late fall by early fall, share of the epochs that fell, share of the loss that is left."""
    third = len(loss) // 3
    if len(loss) < FEWEST_EPOCHS:
        return float("nan"), 0.0, float("nan")
    early, late = float(loss[0] - loss[third]), float(loss[-1 - third] - loss[-1])
    ratio = late / early if early > 0 else float("nan")
    left = float(loss[-1] / loss[0]) if loss[0] > 0 else float("nan")
    return ratio, float(np.mean(np.diff(loss) < 0)), left


def _largest_updates(case: Case) -> Floats | None:
    """The step of the layer that changes most, at the epoch it changed most, [lane]."""
    ratio = case.layered.get("update_ratio")
    if ratio is None:
        return None
    filled = np.where(np.isfinite(ratio), ratio, -np.inf).max(axis=(1, 2))
    return np.where(np.isfinite(filled), filled, np.nan)
