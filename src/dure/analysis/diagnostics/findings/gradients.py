"""Gradients that vanish or explode on their way back, and layers that do not learn.

What goes back is followed at the layers' outputs: the norm of the loss's gradient by them, against
that at the last hidden layer. With first weights as of Glorot & Bengio (2010) or He et al. (2015)
it keeps about its size from layer to layer; a sigmoid takes at least three quarters of it each time
(Hochreiter 1991), weights too large multiply it (Pascanu, Mikolov & Bengio 2013).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from dure.analysis.diagnostics.case import Case, Finding, Number, common, median, row_medians
from dure.core.types import Bools, Floats
from dure.messages.message import Message, say
from dure.messages.phrases import describe_number
from dure.stats.intervals import Interval

VANISHED = 1e-2
"""Of the last hidden layer's gradient, what a layer must get less than. Healthy networks of six
hidden layers have 1 to 4 (benchmarks/false_alarms.py): this is two decades away."""

EXPLODED = 1e2
"""Times the last hidden layer's gradient that a layer gets; or times the last layer's by its
weights, through which a recurrent layer's gradient over many steps goes."""

STANDING = 1e-3
"""Of the others' relative change in one step, what a layer that does not learn changes less than"""

_FLOOR = 1e-30


def find(case: Case) -> Iterator[Finding]:
    """Vanishing, exploding, and layers that stand still."""
    if not case.measured or not case.sound.any():
        return
    profile = _profile(case)
    faded: Finding | None = None
    if profile is not None:
        faded = _vanishing(case, profile)
        if faded is not None:
            yield faded
    exploded = _exploding(case, profile)
    if exploded is not None:
        yield exploded
    yield from _not_learning(case)


def deep(case: Case) -> bool:
    """Whether there are two hidden layers with weights, between which gradients can be compared."""
    return _profile(case) is not None


class _Profile(NamedTuple):
    """Gradients by the outputs of the hidden layers with weights, against the last of them."""

    layers: tuple[str, ...]
    logs: Floats
    """log10 of the ratio: the median over epochs, [lane, layer]; the last is 0."""


def _profile(case: Case) -> _Profile | None:
    """Needs two hidden layers with weights, or there is nothing to compare."""
    slope, weight = case.layered.get("activation_gradient"), case.layered.get("gradient_norm")
    if slope is None or weight is None:
        return None
    known = np.isfinite(slope).any(axis=(0, 1)) & np.isfinite(weight).any(axis=(0, 1))
    places = np.flatnonzero(known)[:-1]  # the last gives the output
    if len(places) < 2:
        return None
    sizes = slope[:, :, places] * np.sqrt(_elements(case)[places])
    while len(places) > 2 and _starved(sizes):  # a branch that hardly counts is no measure
        places, sizes = places[:-1], sizes[:, :, :-1]
    with np.errstate(invalid="ignore", divide="ignore"):
        logs = np.log10(np.maximum(sizes, _FLOOR)) - np.log10(sizes[:, :, -1:])
    logs[~np.isfinite(logs)] = np.nan
    typical = row_medians(np.swapaxes(logs, 1, 2))
    return _Profile(tuple(case.layers[p] for p in places), typical)


def _starved(sizes: Floats) -> bool:
    """Whether the last layer gets far less than all others: then it is they that are alike."""
    typical = [median(sizes[:, :, place]) for place in range(sizes.shape[2])]
    low, high = min(typical[:-1]), max(typical[:-1])
    return low > EXPLODED * typical[-1] and high < EXPLODED * low


def _alone(logs: Floats) -> bool:
    """Whether one layer only gets too little, and its neighbour hardly less than the last does.

    What fades on its way does so step by step; a single layer is one that the loss does not reach.
    """
    below = np.flatnonzero(logs < np.log10(VANISHED))
    return len(below) == 1 and bool(logs[below[0] + 1] > np.log10(0.1))


def _elements(case: Case) -> Floats:
    """How many values each layer gives a row; 1 for all where one of them is not known."""
    shapes = [case.layer_facts(name).get("output_shape") or () for name in case.layers]
    if not all(shape and all(shape) for shape in shapes):
        return np.ones(len(shapes))
    return np.array([float(np.prod(shape)) for shape in shapes])


def _vanishing(case: Case, profile: _Profile) -> Finding | None:
    lowest = np.nanmin(np.where(np.isfinite(profile.logs), profile.logs, 0.0), axis=1)
    fades = case.sound & (lowest < np.log10(VANISHED))
    of = int(case.sound.sum())
    if not common(fades, of):
        return None
    typical = np.array([median(column) for column in profile.logs[fades].T])
    if _alone(typical):
        return None
    below = np.flatnonzero(typical < np.log10(VANISHED))
    begins = int(below.max()) if below.size else int(np.nanargmin(typical))
    least = int(np.nanargmin(typical))
    steps = max(1, len(typical) - 1 - least)
    ratio = _ratio(case, np.where(fades, lowest, np.nan))
    numbers: dict[str, Number] = {
        "ratio": ratio.mean,
        "ratio_low": ratio.low,
        "ratio_high": ratio.high,
        "smallest_at": profile.layers[least],
        "per_layer": float(10 ** (typical[least] / steps)),
        "hidden_layers": len(profile.layers),
    }
    where = case.describe_lanes(int(fades.sum()), of)
    told = say(
        "{variant}: the gradient vanishes on its way back {where}: from {last} to {least} it "
        "shrinks to {ratio} of its size, by a factor of {factor} a layer, and from {begins} back "
        "it is below a hundredth; try relu with He initialisation, batch normalisation, or fewer "
        "layers.",
        variant=case.variant,
        where=where,
        last=profile.layers[-1],
        least=profile.layers[least],
        ratio=_describe_ratio(ratio),
        factor=describe_number(float(numbers["per_layer"])),
        begins=profile.layers[begins],
    )
    return Finding(
        "vanishing_gradient",
        case.variant,
        profile.layers[begins],
        int(fades.sum()),
        of,
        told,
        numbers,
    )


def _exploding(case: Case, profile: _Profile | None) -> Finding | None:
    if case.model.get("clipnorm") is not None:
        return None  # it is held, and that is what clipping is for
    sources = [] if profile is None else [(profile.layers, profile.logs, "output")]
    weights = _weight_logs(case)
    if weights is not None:
        sources.append((*weights, "weights"))
    of = case.of
    for layers, logs, what in sources:
        highest = np.nanmax(np.where(np.isfinite(logs), logs, 0.0), axis=1)
        grows = highest > np.log10(EXPLODED)
        if common(grows, of):
            return _exploded(case, layers, logs, grows, what)
    return None


def _weight_logs(case: Case) -> tuple[tuple[str, ...], Floats] | None:
    """log10 of each layer's gradient by its weights against the last layer's, [lane, layer]."""
    norms = case.layered.get("gradient_norm")
    if norms is None:
        return None
    places = np.flatnonzero(np.isfinite(norms).any(axis=(0, 1)))
    if len(places) < 2:
        return None
    norms = norms[:, :, places]
    with np.errstate(invalid="ignore", divide="ignore"):
        logs = np.log10(np.maximum(norms, _FLOOR)) - np.log10(norms[:, :, -1:])
    logs[~np.isfinite(logs)] = np.nan
    return tuple(case.layers[p] for p in places), row_medians(np.swapaxes(logs, 1, 2))


def _exploded(
    case: Case, layers: tuple[str, ...], logs: Floats, grows: Bools, what: str
) -> Finding:
    typical = np.array([median(column) for column in logs[grows].T])
    begins = int(
        np.flatnonzero(typical > np.log10(EXPLODED)).max(initial=int(np.nanargmax(typical)))
    )
    largest = int(np.nanargmax(typical))
    ratio = _ratio(case, np.where(grows, np.nanmax(logs, axis=1, initial=0.0), np.nan))
    numbers: dict[str, Number] = {
        "ratio": ratio.mean,
        "ratio_low": ratio.low,
        "ratio_high": ratio.high,
        "largest_at": layers[largest],
        "of": what,
    }
    seen = int(grows.sum())
    known = {
        "variant": case.variant,
        "where": case.describe_lanes(seen),
        "largest": layers[largest],
        "ratio": _describe_ratio(ratio),
        "last": layers[-1],
    }
    if what == "output":
        told = say(
            "{variant}: the gradient explodes on its way back {where}: at {largest} it is {ratio} "
            "times that at {last}; try clipnorm=1, smaller first weights, or batch normalisation.",
            **known,
        )
    else:
        told = say(
            "{variant}: the gradient explodes by the weights {where}: at {largest} it is {ratio} "
            "times that at {last}; try clipnorm=1, smaller first weights, or batch normalisation.",
            **known,
        )
    return Finding("exploding_gradient", case.variant, layers[begins], seen, case.of, told, numbers)


def _ratio(case: Case, logs: Floats) -> Interval:
    """The geometric mean over lanes of 10 ** logs, with its interval."""
    mean, low, high, n, of = case.interval(logs)
    return Interval(float(10**mean), float(10**low), float(10**high), n, of)


def _describe_ratio(ratio: Interval) -> Message:
    mean, low, high = map(describe_number, ratio[:3])
    if not np.isfinite(ratio.low):
        return mean
    return say("{mean} [{low}, {high}]", mean=mean, low=low, high=high)


def _not_learning(case: Case) -> Iterator[Finding]:
    change = case.layered.get("update_ratio")
    if change is None:
        return
    typical = row_medians(np.swapaxes(change, 1, 2))
    places = np.flatnonzero(np.isfinite(typical).any(axis=0))
    if len(places) < 2:
        return
    of = int(case.sound.sum())
    for place in places:
        rest = np.array([median(np.delete(row, place)) for row in typical])
        with np.errstate(invalid="ignore"):
            stands = case.sound & (typical[:, place] < STANDING * rest)
        if not common(stands, of):
            continue
        name, seen = case.layers[place], int(stands.sum())
        mine, others = median(typical[stands, place]), median(rest[stands])
        numbers: dict[str, Number] = {"update_ratio": mine, "others": others}
        told = say(
            "{variant}: {layer} does not learn {where}: one step changes its weights by {mine} of "
            "their size, those of the other layers by {others}; see whether the loss reaches it",
            variant=case.variant,
            layer=name,
            where=case.describe_lanes(seen, of),
            mine=describe_number(mine),
            others=describe_number(others),
        )
        told += say(" (its gradient is exactly 0).") if mine == 0 else "."
        yield Finding("layer_not_learning", case.variant, name, seen, of, told, numbers)
