"""Health: what ails the networks of a result, in sentences with the numbers they rest on.

`Result.health` reads the run folder only: curves, what the engine recorded of each layer, and the
facts of models and data in the manifest. Each family of findings is a module of
`dure.evidence.findings`; here they are collected, effects are left out where their cause was found,
and what could not be looked for is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from dure._errors import DureError
from dure._text import count, listed
from dure.evidence.findings import (
    arrays,
    chance,
    fits,
    gradients,
    losses,
    nans,
    rates,
    seeds,
    units,
)
from dure.evidence.findings.case import Case, Finding, Number, cases, figure
from dure.evidence.findings.silence import Silenced, settled

if TYPE_CHECKING:
    from dure.result import Result

__all__ = ["KINDS", "Finding", "Health", "Silenced", "measure"]

KINDS = {
    "nan": "NaN or infinite values",
    "loss_mismatch": "loss and last activation that do not fit",
    "not_beating_chance": "training that does not beat chance",
    "exploding_gradient": "exploding gradients",
    "vanishing_gradient": "vanishing gradients",
    "dead_units": "dead units",
    "rate_too_high": "a rate that is too high",
    "layer_not_learning": "layers that do not learn",
    "inputs_not_scaled": "inputs that are not scaled",
    "saturated_units": "saturated units",
    "rate_too_low": "a rate that is too low",
    "odd_seed": "a seed unlike the others",
    "overfitting": "overfitting",
    "classes_unbalanced": "unbalanced classes",
    "underfitting": "underfitting",
}
"""Every kind of finding in words, the worst first."""

_LAYERED = (
    *("exploding_gradient", "vanishing_gradient", "dead_units", "layer_not_learning"),
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
    lanes
        Lanes that were looked at.
    """

    findings: tuple[Finding, ...]
    silenced: tuple[Silenced, ...]
    missing: tuple[tuple[str, str], ...]
    lanes: int
    variants: int

    def frame(self) -> pd.DataFrame:
        """One row a finding: kind, variant, layer, lanes, of, sentence."""
        columns = ["kind", "variant", "layer", "lanes", "of", "sentence"]
        rows = [[getattr(finding, name) for name in columns] for finding in self.findings]
        return pd.DataFrame(rows, columns=columns)

    def to_json(self) -> dict[str, Any]:
        """Everything, as lists and dicts of plain values."""

        def plain(finding: Finding) -> dict[str, Any]:
            return {**vars(finding), "numbers": dict(finding.numbers)}

        return {
            "lanes": self.lanes,
            "findings": [plain(finding) for finding in self.findings],
            "left_out": [{**plain(s.finding), "reason": s.reason} for s in self.silenced],
            "not_looked_for": [{"kind": kind, "reason": why} for kind, why in self.missing],
        }

    def told(self) -> str:
        """A sentence for each finding with its numbers below; what was left out, and why."""
        return "\n".join(self.lines())

    def lines(self) -> Iterator[str]:
        """The lines of `told`."""
        looked = f"{count(self.lanes, 'lane')} of {count(self.variants, 'variant')}"
        if not self.findings:
            away = {kind for kind, _ in self.missing}
            words = [words for kind, words in KINDS.items() if kind not in away]
            yield f"No finding: {listed(words)} were looked for in {looked}."
        else:
            yield f"{count(len(self.findings), 'finding')} in {looked}, worst first."
        for number, finding in enumerate(self.findings, 1):
            yield ""
            yield f"{number}. {finding.sentence}"
            if finding.numbers:
                yield f"   {numbers_told(finding)}"
        if self.silenced or self.missing or self._single:
            yield ""
        for one in self.silenced:
            layer = f" in {one.finding.layer}" if one.finding.layer else ""
            whose = f" of {one.finding.variant}" if one.finding.variant else ""
            yield f"Left out: {KINDS[one.finding.kind]}{layer}{whose}, {one.reason}."
        yield from missing_told(self.missing)
        if self._single:
            yield (
                "One lane a variant: whether another seed would show the same cannot be known; "
                "add seeds."
            )

    @property
    def _single(self) -> bool:
        return 0 < self.lanes <= self.variants

    def __str__(self) -> str:
        return self.told()


def missing_told(missing: Sequence[tuple[str, str]]) -> Iterator[str]:
    """What was not looked for, a sentence for each reason."""
    for why in dict.fromkeys(why for _, why in missing):
        kinds = [KINDS[kind] for kind, reason in missing if reason == why]
        yield f"Not looked for: {listed(kinds)}, since {why}."


def numbers_told(finding: Finding) -> str:
    """'epoch 3, step 17, layer dense_2'."""
    return ", ".join(f"{_words(name)} {_value(v)}" for name, v in finding.numbers.items())


def _words(name: str) -> str:
    return name.replace("_", " ")


def _value(value: Number) -> str:
    return value if isinstance(value, str) else figure(value)


def measure(result: Result) -> Health:
    """What ails the networks of a result: `Result.health` says it all."""
    known = cases(result)
    overfitting = _rows(result)
    found: list[Finding] = []
    families: tuple[Callable[[Case], Iterator[Finding]], ...] = (
        *(nans.find, losses.find, chance.find, gradients.find, units.find, rates.find, seeds.find),
    )
    for case in known:
        for family in families:
            found += family(case)
        found += fits.find(case, overfitting.get(case.variant))
    found += arrays.find_all(known)
    kept, silenced = settled(found, known)
    return Health(
        tuple(sorted(kept, key=_rank)),
        tuple(silenced),
        tuple(_missing(result, known)),
        sum(case.of for case in known),
        len(known),
    )


def _rank(finding: Finding) -> tuple[int, float, str]:
    place = list(KINDS).index(finding.kind)
    return place, -finding.lanes / max(1, finding.of), finding.variant or ""


def _rows(result: Result) -> dict[str, Any]:
    """Rows of `Result.overfitting` by variant; none where it cannot be told."""
    try:
        from dure.evidence.overfitting import measure as overfitting

        return {row.variant: row for row in overfitting(result).rows}
    except DureError:  # nothing held out, or no lane at its end
        return {}


def _missing(result: Result, known: Sequence[Case]) -> Iterator[tuple[str, str]]:
    """What could not be looked for in any variant, and why."""
    if not known:
        yield from ((kind, "no lane has run an epoch") for kind in KINDS)
        return
    if not any(name.startswith("val_") for name in known[0].curves):
        yield from ((kind, "no rows were held for validation") for kind in
                    ("overfitting", "underfitting"))  # fmt: skip
    if not any(case.measured for case in known):
        yield from ((kind, "nothing was recorded of the layers (health=False)") for kind in
                    _LAYERED)  # fmt: skip
    elif not any(case.measured and gradients.deep(case) for case in known):
        why = "it takes two hidden layers with weights to compare"
        yield "vanishing_gradient", why
    if not any(case.model for case in known):
        yield from ((kind, "the run folder holds no facts of models and data") for kind in
                    ("loss_mismatch", "inputs_not_scaled", "classes_unbalanced"))  # fmt: skip
    elif not any(end.get("activation") for case in known for end in case.model.get("outputs", ())):
        yield "loss_mismatch", "the last activation of these networks cannot be told"
    if not (known[0].data.get("chance") or {}).get("loss"):
        yield "not_beating_chance", "what chance gets is not known for these targets"
    if max(len(set(case.seeds.tolist())) for case in known) < seeds.FEWEST:
        yield "odd_seed", f"it takes {seeds.FEWEST} seeds to call one of them odd"
