"""How lanes stand, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from dure.core.types import NAN_LOSS, FirstNan, Status, StatusKind
from dure.messages.message import Message, as_is, joined, say
from dure.messages.phrases import count

KINDS: tuple[StatusKind, ...] = ("finished", "stopped", "diverged", "failed", "running", "waiting")


def tally(statuses: Sequence[Status]) -> Message:
    """'25 lanes: 24 finished, 1 diverged'."""
    kinds: Counter[str] = Counter(status.kind for status in statuses)
    if not kinds:
        return say("no lanes")
    parts = joined((_of_kind(kind, str(kinds[kind])) for kind in KINDS if kinds[kind]), ", ")
    return joined((count(len(statuses), "lane"), parts), ": ")


def _of_kind(kind: StatusKind, number: str) -> Message:
    return {
        "finished": say("{number} finished", number=number),
        "stopped": say("{number} stopped", number=number),
        "diverged": say("{number} diverged", number=number),
        "failed": say("{number} failed", number=number),
        "running": say("{number} running", number=number),
        "waiting": say("{number} waiting", number=number),
    }[kind]


def describe_status(status: Status) -> Message:
    """`str(status)`, to be said in any language: 'stopped at epoch 3', 'failed: reason'."""
    told = {
        "finished": say("finished"),
        "stopped": say("stopped"),
        "diverged": say("diverged"),
        "failed": say("failed"),
        "running": say("running"),
        "waiting": say("waiting"),
    }[status.kind]
    if status.epoch is not None and status.kind == "stopped":
        told = say("stopped at epoch {epoch}", epoch=str(status.epoch))
    if status.epoch is not None and status.kind == "diverged":
        told = say("diverged at epoch {epoch}", epoch=str(status.epoch))
    return joined((told, _describe_reason(status.reason)), ": ") if status.reason else told


def _describe_reason(reason: str | FirstNan) -> Message:
    """An error's own text, or where numbers became NaN."""
    if not isinstance(reason, FirstNan):
        return say("loss became NaN") if reason == NAN_LOSS else as_is(reason)
    place = {"epoch": str(reason.epoch), "step": str(reason.step)}
    if reason.what == "loss":
        return say(
            "loss became NaN at epoch {epoch}, step {step}: first in the loss itself", **place
        )
    place["layer"] = repr(reason.layer)
    return {
        "activation": say(
            "loss became NaN at epoch {epoch}, step {step}: first in layer {layer} (activation)",
            **place,
        ),
        "gradient": say(
            "loss became NaN at epoch {epoch}, step {step}: first in layer {layer} (gradient)",
            **place,
        ),
        "weights": say(
            "loss became NaN at epoch {epoch}, step {step}: first in layer {layer} (weights)",
            **place,
        ),
    }.get(reason.what, as_is(f"{NAN_LOSS} at {reason}"))
