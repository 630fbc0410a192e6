"""What is not said: effects whose cause was found, and what would contradict another finding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from dure.analysis.diagnostics.case import Case, Finding
from dure.messages.message import Message, say

if TYPE_CHECKING:
    pass


class Silenced(NamedTuple):
    """A finding that was left out, and why."""

    finding: Finding
    reason: Message
    """A clause that begins with "since"."""


_MOSTLY = 0.5


_ALL = 0.9


# For each kind the causes in the same variant that explain it, with the reason that is told.
_EXPLAINED: dict[str, dict[str, Message]] = {
    "rate_too_low": {
        "rate_too_high": say("since the rate is too high rather than too low"),
    },
    "overfitting": {"not_beating_chance": say("since validation is at chance from the beginning")},
    "underfitting": {
        "not_beating_chance": say("since validation is at chance"),
        "rate_too_low": say("since the rate is too low"),
        "rate_too_high": say("since the rate is too high"),
    },
    "odd_seed": {"rate_too_high": say("since with this rate every seed is a matter of luck")},
}


_OF_TRAINING = (
    "not_beating_chance",
    "vanishing_gradient",
    "dead_units",
    "layer_not_learning",
    "saturated_units",
    "rate_too_low",
    "odd_seed",
    "overfitting",
    "underfitting",
)


_BY_CONSTANT = ("not_beating_chance", "layer_not_learning", "vanishing_gradient", "rate_too_low")


def settle(
    findings: Sequence[Finding], cases: Sequence[Case]
) -> tuple[list[Finding], list[Silenced]]:
    """Findings to be told, and those left out, each with its reason."""
    kept: list[Finding] = []
    silenced: list[Silenced] = []
    for finding in findings:
        reason = _reason(finding, [other for other in findings if other is not finding], cases)
        if reason is None:
            kept.append(finding)
        else:
            silenced.append(Silenced(finding, reason))
    return kept, silenced


def _reason(finding: Finding, others: Sequence[Finding], cases: Sequence[Case]) -> Message | None:
    """Why a finding is left out; None where it is told."""
    here = [other for other in others if other.variant in (finding.variant, None)]
    by_kind = {other.kind: other for other in here}
    nan = by_kind.get("nan")
    if nan is not None and finding.kind in _OF_TRAINING and nan.lanes >= _MOSTLY * nan.of:
        return say("since NaN stopped {lanes} of {of} lanes", lanes=nan.lanes, of=nan.of)
    mismatch = by_kind.get("loss_mismatch")
    if mismatch is not None and mismatch.numbers.get("constant") and finding.kind in _BY_CONSTANT:
        return say("since the output is the same whatever the input")
    judged = by_kind.get("not_beating_chance")
    by_heart = judged is not None and judged.numbers.get("learned") == "by heart"
    if finding.kind == "rate_too_low" and by_heart:
        return say("since it learns the training rows by heart")
    if finding.kind == "not_beating_chance" and "rate_too_low" in by_kind and not by_heart:
        return say("since with this rate it has hardly begun to learn")
    for kind, reason in _EXPLAINED.get(finding.kind, {}).items():
        if kind in by_kind:
            return reason
    return _upstream(finding, here, cases)


def _upstream(finding: Finding, here: Sequence[Finding], cases: Sequence[Case]) -> Message | None:
    """Reasons that ask which layer lies before which."""
    case = next((case for case in cases if case.variant == finding.variant), None)
    if case is None or finding.layer not in case.layers:
        return None
    place = case.layers.index(finding.layer)
    for other in here:
        if other.layer not in case.layers:
            continue
        behind = case.layers.index(other.layer) >= place
        share = other.numbers.get("share", 0.0)
        dead = other.kind == "dead_units" and isinstance(share, float) and share >= _ALL
        starved = finding.kind in ("vanishing_gradient", "layer_not_learning")
        if dead and behind and starved:
            return say("since dead units in {layer} let no gradient through", layer=other.layer)
        if other.kind == "vanishing_gradient" and behind and finding.kind == "layer_not_learning":
            return say("since the gradient vanishes from {layer} back", layer=other.layer)
    return None
