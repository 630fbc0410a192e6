"""Health: what ails the networks of a result, in sentences with the numbers they rest on.

`Result.health` reads the run folder only: curves, what the engine recorded of each layer, and the
facts of models and data in the manifest. Each family of findings is a module of
`dure.analysis.diagnostics`; here they are collected, effects are left out where their cause was
found, and what could not be looked for is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from dure.analysis.diagnostics.case import Case, Finding
from dure.analysis.diagnostics.case_reader import read_cases
from dure.analysis.diagnostics.findings import (
    dead_units,
    divergence,
    fit_quality,
    gradients,
    inputs,
    learning_rate,
    loss_mismatch,
    seeds,
)
from dure.analysis.diagnostics.number_names import describe_numbers
from dure.analysis.diagnostics.suppression import Silenced, settle
from dure.analysis.overfitting.overfitting import measure as measure_overfitting
from dure.errors import DureError
from dure.messages.message import Message, as_is, say
from dure.messages.phrases import count, join_list

if TYPE_CHECKING:
    from dure.analysis.overfitting.model import Overfitting, OverfittingRow
    from dure.results.run_result import RunResult

KINDS: Mapping[str, Message] = {
    "nan": say("NaN or infinite values"),
    "loss_mismatch": say("loss and last activation that do not fit"),
    "not_beating_chance": say("training that does not beat chance"),
    "exploding_gradient": say("exploding gradients"),
    "vanishing_gradient": say("vanishing gradients"),
    "dead_units": say("dead units"),
    "rate_too_high": say("a rate that is too high"),
    "layer_not_learning": say("layers that do not learn"),
    "inputs_not_scaled": say("inputs that are not scaled"),
    "saturated_units": say("saturated units"),
    "rate_too_low": say("a rate that is too low"),
    "odd_seed": say("a seed unlike the others"),
    "overfitting": say("overfitting"),
    "classes_unbalanced": say("unbalanced classes"),
    "underfitting": say("underfitting"),
}
"""Every kind of finding in words, the worst first."""

_LAYERED = (
    "exploding_gradient",
    "vanishing_gradient",
    "dead_units",
    "layer_not_learning",
    "saturated_units",
)


@dataclass(frozen=True)
class Health:
    """What `Result.health` found.

    Attributes
    ----------
    findings
        Worst first: by kind, then by the share of lanes.
    silenced
        Findings left out since another is their cause, each with that reason.
    missing
        What could not be looked for: a kind and why.
    lanes, variants
        How many of each were looked at.

    Examples
    --------
    >>> health = result.health()
    >>> health.lanes, health.variants, health.missing[0][0]
    (6, 2, 'vanishing_gradient')
    """

    findings: tuple[Finding, ...]
    silenced: tuple[Silenced, ...]
    missing: tuple[tuple[str, Message], ...]
    lanes: int
    variants: int

    def frame(self) -> pd.DataFrame:
        """One row a finding: kind, variant, layer, lanes, of, sentence.

        Examples
        --------
        >>> health.frame().columns.tolist()
        ['kind', 'variant', 'layer', 'lanes', 'of', 'sentence']
        """
        columns = ["kind", "variant", "layer", "lanes", "of", "sentence"]
        rows = [[getattr(finding, name) for name in columns] for finding in self.findings]
        return pd.DataFrame(rows, columns=columns)

    def to_json(self) -> dict[str, Any]:
        """Everything, as lists and dicts of plain values.

        Examples
        --------
        >>> sorted(health.to_json())
        ['findings', 'lanes', 'left_out', 'not_looked_for']
        """

        def plain(finding: Finding) -> dict[str, Any]:
            return {**vars(finding), "numbers": dict(finding.numbers)}

        return {
            "lanes": self.lanes,
            "findings": [plain(finding) for finding in self.findings],
            "left_out": [{**plain(s.finding), "reason": s.reason} for s in self.silenced],
            "not_looked_for": [{"kind": kind, "reason": why} for kind, why in self.missing],
        }

    def describe(self) -> str:
        """A sentence for each finding with its numbers below; what was left out, and why.

        Examples
        --------
        >>> print(health.describe().splitlines()[-1])
        Not looked for: a seed unlike the others, since it takes 5 seeds to call one of them odd.
        """
        return "\n".join(self.lines())

    def lines(self) -> Iterator[Message]:
        """The lines of `describe`.

        Examples
        --------
        >>> print(list(health.lines())[-1])
        Not looked for: a seed unlike the others, since it takes 5 seeds to call one of them odd.
        """
        if self.findings:
            yield describe_found(self)
        else:
            yield describe_nothing(self)
        for number, finding in enumerate(self.findings, 1):
            yield as_is("")
            yield say("{number}. {sentence}", number=number, sentence=finding.sentence)
            if finding.numbers:
                yield say("   {numbers}", numbers=describe_numbers(finding))
        if not self.lanes:
            return
        single = describe_single(self)
        if self.silenced or self.missing or single:
            yield as_is("")
        for one in self.silenced:
            yield describe_left_out(one)
        yield from describe_missing(self.missing)
        if single:
            yield single

    def __str__(self) -> str:
        return self.describe()


def describe_found(health: Health) -> Message:
    """'3 findings in 10 lanes of 2 variants, worst first.'"""
    return say(
        "{findings} in {lanes} of {variants}, worst first.",
        findings=count(len(health.findings), "finding"),
        lanes=count(health.lanes, "lane"),
        variants=count(health.variants, "variant"),
    )


def describe_nothing(health: Health) -> Message:
    """That nothing was found of all that could be looked for."""
    if not health.lanes:
        return say("No lane has run an epoch yet, so nothing could be looked for.")
    away = {kind for kind, _ in health.missing}
    return say(
        "No finding: {kinds} were looked for in {lanes} of {variants}.",
        kinds=join_list([words for kind, words in KINDS.items() if kind not in away]),
        lanes=count(health.lanes, "lane"),
        variants=count(health.variants, "variant"),
    )


def title_of(finding: Finding) -> Message:
    """What was found and where: 'vanishing gradients · variant deep · layer dense'."""
    kind, variant, layer = KINDS[finding.kind], finding.variant, finding.layer
    if variant and layer:
        return say(
            "{kind} · variant {variant} · layer {layer}", kind=kind, variant=variant, layer=layer
        )
    if variant:
        return say("{kind} · variant {variant}", kind=kind, variant=variant)
    return say("{kind} · layer {layer}", kind=kind, layer=layer) if layer else kind


def describe_left_out(silenced: Silenced) -> Message:
    """'Left out: underfitting of deep, since the rate is too low.'"""
    finding, reason = silenced
    kind, variant, layer = KINDS[finding.kind], finding.variant, finding.layer
    known = {"kind": kind, "reason": reason}
    if variant and layer:
        return say(
            "Left out: {kind} in {layer} of {variant}, {reason}.",
            **known,
            layer=layer,
            variant=variant,
        )
    if variant:
        return say("Left out: {kind} of {variant}, {reason}.", **known, variant=variant)
    if layer:
        return say("Left out: {kind} in {layer}, {reason}.", **known, layer=layer)
    return say("Left out: {kind}, {reason}.", **known)


def describe_missing(missing: Sequence[tuple[str, Message]]) -> Iterator[Message]:
    """What was not looked for, a sentence for each reason."""
    for why in dict.fromkeys(why for _, why in missing):
        kinds = [KINDS[kind] for kind, reason in missing if reason == why]
        yield say("Not looked for: {kinds}, since {why}.", kinds=join_list(kinds), why=why)


def describe_single(health: Health) -> Message | None:
    """What one lane a variant cannot tell; None where a variant has several."""
    if not 0 < health.lanes <= health.variants:
        return None
    return say(
        "One lane a variant: whether another seed would show the same cannot be known; add seeds."
    )


def measure(result: RunResult, overfitting: Overfitting | None = None) -> Health:
    """What ails the networks of a result: `Result.health` says it all.

    `overfitting` is what `Result.overfitting` found where that is known already.
    """
    known = read_cases(result)
    rows = _rows(result, overfitting)
    found: list[Finding] = []
    families: tuple[Callable[[Case], Iterator[Finding]], ...] = (
        divergence.find,
        loss_mismatch.find,
        fit_quality.find,
        gradients.find,
        dead_units.find,
        learning_rate.find,
        seeds.find,
    )
    for case in known:
        for family in families:
            found += family(case)
        found += fit_quality.find_turn(case, rows.get(case.variant))
    found += inputs.find_all(known)
    kept, silenced = settle(found, known)
    return Health(
        tuple(sorted(kept, key=_rank)),
        tuple(silenced),
        tuple(_missing(known)),
        sum(case.of for case in known),
        len(known),
    )


def _rank(finding: Finding) -> tuple[int, float, str]:
    place = list(KINDS).index(finding.kind)
    return place, -finding.lanes / max(1, finding.of), finding.variant or ""


def _rows(result: RunResult, overfitting: Overfitting | None) -> dict[str, OverfittingRow]:
    """Rows of `Result.overfitting` by variant; none where it cannot be told."""
    try:
        found = measure_overfitting(result) if overfitting is None else overfitting
    except DureError:  # nothing held out, or no lane at its end
        return {}
    return {row.variant: row for row in found.rows}


def _missing(known: Sequence[Case]) -> Iterator[tuple[str, Message]]:
    """What could not be looked for in any variant, and why."""
    if not known:
        yield from ((kind, say("no lane has run an epoch")) for kind in KINDS)
        return
    if not any(name.startswith("val_") for name in known[0].curves):
        yield from (
            (kind, say("no rows were held for validation"))
            for kind in ("overfitting", "underfitting")
        )
    if all(case.loss is None for case in known):
        why = say("no single loss of training is logged")
        yield from ((kind, why) for kind in ("rate_too_high", "rate_too_low"))
    if not any(case.measured for case in known):
        yield from (
            (kind, say("nothing was recorded of the layers (health=False)")) for kind in _LAYERED
        )
    elif not any(case.measured and gradients.deep(case) for case in known):
        yield "vanishing_gradient", say("it takes two hidden layers with weights to compare")
    if not any(case.model for case in known):
        yield from (
            (kind, say("the run folder holds no facts of models and data"))
            for kind in ("loss_mismatch", "inputs_not_scaled", "classes_unbalanced")
        )
    elif not any(end.get("activation") for case in known for end in case.model.get("outputs", ())):
        yield "loss_mismatch", say("the last activation of these networks cannot be told")
    if not (known[0].data.get("chance") or {}).get("loss"):
        yield "not_beating_chance", say("what chance gets is not known for these targets")
    if max(len(set(case.seeds.tolist())) for case in known) < seeds.FEWEST:
        fewest = seeds.FEWEST
        yield "odd_seed", say("it takes {fewest} seeds to call one of them odd", fewest=fewest)


# -- what is left out: effects whose cause was found, and what would contradict --------------------
