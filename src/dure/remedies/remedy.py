"""Cures as values: a name, what they change in the network, in the data, in `fit`; in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dure.messages.message import Message, as_is, joined, say
from dure.remedies.surgery.edits import Edit
from dure.remedies.surgery.score import NAME

_NOTHING = as_is("")


@dataclass(frozen=True)
class Side:
    """What a cure changes beside the network.

    Attributes
    ----------
    standardise
        Inputs scaled to mean 0 and standard deviation 1 by training rows, inside every fold.
    class_weight
        As in Keras' ``fit``: pairs of class and weight.
    """

    standardise: bool = False
    class_weight: tuple[tuple[int, float], ...] = ()

    @property
    def name(self) -> str:
        """A short name for a folder; 'plain' where nothing is changed."""
        parts = (["scaled"] if self.standardise else []) + (
            ["weighted"] if self.class_weight else []
        )
        return "-".join(parts) or "plain"

    @property
    def describe(self) -> list[Message]:
        """What is changed, in words."""
        words = []
        if self.standardise:
            words.append(say("inputs standardised by each fold's training rows"))
        if self.class_weight:
            pairs = ", ".join(f"{label}: {weight:g}" for label, weight in self.class_weight)
            words.append(say("class weights {weights}", weights=f"{{{pairs}}}"))
        return words

    def __or__(self, other: Side) -> Side:
        """Both together."""
        return Side(self.standardise or other.standardise, self.class_weight or other.class_weight)


@dataclass(frozen=True)
class Cure:
    """A change meant to mend a finding.

    Attributes
    ----------
    name
        Short, such as "dropout 0.5"; the variant's name in a study.
    family
        Two cures of one family do not fit together ("dropout 0.2" and "dropout 0.5").
    edits
        Changes to the network and its optimizer.
    side
        Changes beside the network.
    mends
        The kind of finding that called for it.
    why
        One sentence: why it may help.
    parts
        The cures a combination is made of; a single cure has none.
    """

    name: str
    family: str
    edits: tuple[Edit, ...] = ()
    side: Side = Side()
    mends: str = ""
    why: Message = _NOTHING
    parts: tuple[str, ...] = ()

    def account(self) -> Mapping[str, Any]:
        """JSON-able: everything that decides what is trained."""
        return {
            "name": self.name,
            "edits": [repr(edit) for edit in self.edits],
            "side": repr(self.side),
            "mends": self.mends,
            "why": self.why,
        }


def combine(cures: list[Cure]) -> Cure:
    """Several cures of different families as one."""
    side = Side()
    for cure in cures:
        side = side | cure.side
    return Cure(
        name=" + ".join(cure.name for cure in cures),
        family="+".join(cure.family for cure in cures),
        edits=tuple(edit for cure in cures for edit in cure.edits),
        side=side,
        mends=", ".join(dict.fromkeys(cure.mends for cure in cures)),
        why=say("the best single cures together"),
        parts=tuple(cure.name for cure in cures),
    )


# -- names of cures and of metrics in words, for every language ------------------------------------

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
