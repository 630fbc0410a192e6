"""Units that carry nothing on: dead ones, and those held at the flat ends of their activation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from dure.analysis.diagnostics.case import Case, Finding, Number, common, late_medians
from dure.core.formatting import format_percent
from dure.core.types import Bools, Floats
from dure.messages.message import Message, say
from dure.messages.phrases import describe_number
from dure.stats.intervals import Interval

DEAD = 0.4
"""Share of a layer's units. CS231n ("Commonly used activation functions") calls "as much as 40 %"
dead what a rate set too high can do; a fifth is common in networks that learn well."""

SATURATED = 0.5
"""Share of a hidden layer's outputs at the flat ends, where the slope is below 4 % of its largest
(Glorot & Bengio 2010, section 3, on what that does to learning)."""

_CAN_DIE = ("relu", "relu6")
_WHEN = 0.9


def find(case: Case) -> Iterator[Finding]:
    """A finding for each layer that has enough of either."""
    if not case.measured or not case.sound.any():
        return
    for place, name in enumerate(case.layers):
        facts = case.layer_facts(name)
        if facts.get("activation") in _CAN_DIE or not facts:
            yield from _share(case, "dead", place, name, facts)
        yield from _share(case, "saturated", place, name, facts)


def _last_layer(case: Case) -> str | None:
    """The layer that gives the output: the last one with weights or an activation."""
    acting = [
        name
        for name in case.layers
        if case.layer_facts(name).get("activation") or case.layer_facts(name).get("parameters")
    ]
    known = acting or list(case.layers)
    return known[-1] if known else None


def _share(
    case: Case, what: str, place: int, name: str, facts: Mapping[str, Any]
) -> Iterator[Finding]:
    values = case.layered.get(what)
    if values is None:
        return
    # From the middle of training on: what a network leaves behind by learning does not ail it.
    shares = late_medians(values[:, :, place])
    least = DEAD if what == "dead" else SATURATED
    if what == "saturated" and name == _last_layer(case):
        # An output that is sure of itself is what training is for; not before, and not when wrong.
        shares = np.where(_wrong(case), shares, values[:, 0, place])
    with np.errstate(invalid="ignore"):
        ill = case.sound & (shares >= least)
    of = int((case.sound & np.isfinite(shares)).sum())
    if not of or not common(ill, of):
        return
    seen = int(ill.sum())
    interval = case.interval(np.where(case.sound, shares, np.nan))
    numbers: dict[str, Number] = {
        "share": interval.mean,
        "low": interval.low,
        "high": interval.high,
        "layer": name,
    }
    start = _at_start(case, values[:, :, place])
    if start is not None:
        numbers["before_training"] = start
    early = start if start is not None and start >= _WHEN * least else None
    told = _describe(case, what, name, facts, interval, case.describe_lanes(seen, of))
    told += _remedy(what, early)
    kind = "dead_units" if what == "dead" else "saturated_units"
    yield Finding(kind, case.variant, name, seen, of, told, numbers)


def _wrong(case: Case) -> Bools:
    """Lanes that end with a training loss no better than chance's, [lane]."""
    losses = (case.data.get("chance") or {}).get("loss") or {}
    known = losses.get(str(case.model.get("loss")))
    if known is None or "loss" not in case.curves:
        return np.zeros(case.of, dtype=bool)
    with np.errstate(invalid="ignore"):
        return np.asarray(case.last("loss") >= known)


def _at_start(case: Case, values: Floats) -> float | None:
    if case.epochs[0] != 0 or not np.isfinite(values[:, 0]).any():
        return None
    return float(np.nanmedian(values[:, 0]))


def _describe(
    case: Case, what: str, name: str, facts: Mapping[str, Any], interval: Interval, where: Message
) -> Message:
    known = {
        "variant": case.variant,
        "share": _describe_share(interval),
        "layer": name,
        "where": where,
    }
    units, activation = facts.get("units"), facts.get("activation")
    if what == "dead" and units:
        return say(
            "{variant}: {share} of the {units} units of {layer} are dead {where}: they give the "
            "same for every row, so no gradient can wake them",
            **known,
            units=describe_number(units),
        )
    if what == "dead":
        return say(
            "{variant}: {share} of the units of {layer} are dead {where}: they give the same for "
            "every row, so no gradient can wake them",
            **known,
        )
    if activation:
        return say(
            "{variant}: {share} of the outputs of {layer} lie at the flat ends of its {activation} "
            "{where}, where hardly any gradient passes",
            **known,
            activation=activation,
        )
    return say(
        "{variant}: {share} of the outputs of {layer} lie at the flat ends of its activation "
        "{where}, where hardly any gradient passes",
        **known,
    )


def _describe_share(interval: Interval) -> str:
    share = format_percent(interval.mean)
    if np.isfinite(interval.low):
        low, high = max(0.0, interval.low), min(1.0, interval.high)
        share += f" [{format_percent(low)}, {format_percent(high)}]"
    return share


def _remedy(what: str, early: float | None) -> Message:
    """What to try; `early` is the share before training where it was about as large then."""
    if what == "saturated":
        if early is None:
            return say(
                "; try smaller first weights, scaled inputs, or batch normalisation before it."
            )
        return say(
            " (before training {share} already); try smaller first weights, scaled inputs, or "
            "batch normalisation before it.",
            share=format_percent(early),
        )
    if early is None:
        return say("; try a lower rate, He initialisation, or leaky_relu.")
    return say(
        " (before training {share} already); see its bias and initialiser (He), and that inputs "
        "are scaled.",
        share=format_percent(early),
    )
