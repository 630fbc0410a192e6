"""Cures as values: a name, what they change in the network, in the data, in `fit`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dure.messages.message import Message, as_is, say
from dure.remedies.surgery.edits import Edit

if TYPE_CHECKING:
    from dure.experiment.spec import StudySpec

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

    def changes(self, study: StudySpec) -> dict[str, Any]:
        """What of a study is replaced."""
        changed: dict[str, Any] = {}
        if self.standardise:
            from sklearn.pipeline import make_pipeline
            from sklearn.preprocessing import StandardScaler

            before, scaler = study.data.prepare, StandardScaler()
            prepare = scaler if before is None else make_pipeline(before, scaler)
            changed["data"] = replace(study.data, prepare=prepare)
        if self.class_weight:
            changed["class_weight"] = dict(self.class_weight)
        return changed


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


def combined(cures: list[Cure]) -> Cure:
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
