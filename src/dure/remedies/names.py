"""Names of cures and of metrics in words, so that they can be said in every language."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dure.messages.message import Message, as_is, joined, say
from dure.remedies.surgery.score import NAME

_FIXED: Mapping[str, Message] = {
    name: name
    for name in (
        say("half the units"),
        say("a quarter of the units"),
        say("twice the units"),
        say("batch normalisation"),
        say("layer normalisation"),
        say("fitting initialiser"),
        say("cosine schedule"),
        say("scaled inputs"),
        say("move pictures"),
        say("noise"),
        say("class weights"),
        say("fitting loss"),
    )
}
_NUMBERED: Mapping[str, Callable[[str], Message]] = {
    "dropout ": lambda number: say("dropout {rate}", rate=number),
    "rate x": lambda number: say("rate x{factor}", factor=number),
    "clip norm ": lambda number: say("clip norm {norm}", norm=number),
}

_METRICS: Mapping[str, tuple[Message, Message]] = {
    NAME: (
        say("validation loss (penalties not counted)"),
        say("test loss (penalties not counted)"),
    ),
    "loss": (say("validation loss"), say("test loss")),
    "accuracy": (say("validation accuracy"), say("test accuracy")),
}
"""Metric without "val_" to what it is called on validation rows, and on test rows."""


def describe_name(cure: str) -> Message:
    """The name of a cure, or of several together ("dropout 0.5 + half the units").

    Names that are Keras' own, or unknown, are the same in every language.
    """
    if " + " in cure:
        return joined([describe_name(part) for part in cure.split(" + ")], " + ")
    for beginning, numbered in _NUMBERED.items():
        if cure.startswith(beginning):
            return numbered(cure.removeprefix(beginning))
    return _FIXED.get(cure, as_is(cure))


def metric_in_words(metric: str) -> Message:
    """'validation loss (penalties not counted)' for the metric that searches measure by."""
    known = _METRICS.get(metric.removeprefix("val_")) if metric.startswith("val_") else None
    return as_is(metric) if known is None else known[0]


def metric_on_test_rows(metric: str) -> Message:
    """'test loss' for "loss": a metric, without "val_", on test rows."""
    known = _METRICS.get(metric)
    return as_is(f"val_{metric}") if known is None else known[1]
