"""Values that are not finite: in which layer, and at which step, they were seen first."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from dure.analysis.diagnostics.case import Case, Finding, Number, measure_growth, median
from dure.messages.message import Message, as_is, say
from dure.messages.phrases import describe_number


def find(case: Case) -> Iterator[Finding]:
    """Lanes that diverged; every one counts, for a single one is lost for any mean."""
    lost = case.diverged
    seen = int(lost.sum())
    if not seen:
        return
    numbers: dict[str, Number] = {"diverged": seen, "lanes": case.of}
    numbers["epoch"] = median(case.ran[lost])
    layer, origin = _origin(case.first_nan, numbers)
    told = say(
        "{variant}: the loss was NaN or infinite {where} (at epoch {epoch}, the median), and they "
        "stopped there; {origin}",
        variant=case.variant,
        where=case.describe_lanes(seen),
        epoch=describe_number(float(numbers["epoch"])),
        origin=origin,
    )
    grew, by = measure_growth(case)
    if grew:
        numbers["grew_by"] = by
    told += _remedy(grew, by)
    yield Finding("nan", case.variant, layer, seen, case.of, told, numbers)


def _remedy(grew: int, by: float) -> Message:
    if not grew:
        return say(
            ". Look for a logarithm or division by 0 there, or try clipnorm and a lower rate."
        )
    if grew == 1:
        return say(
            ". In one of them the loss had grown to {by} times its first value before, as with a "
            "rate too high; a tenth of the rate, or clipnorm, is the first to try.",
            by=describe_number(by),
        )
    return say(
        ". In {grew} of them the loss had grown to {by} times its first value before, as with a "
        "rate too high; a tenth of the rate, or clipnorm, is the first to try.",
        grew=grew,
        by=describe_number(by),
    )


def _origin(frame: pd.DataFrame, numbers: dict[str, Number]) -> tuple[str | None, Message]:
    """The layer of the commonest place of the first NaN, and that place in words."""
    if frame.empty:
        return None, say("where it came from first could not be examined")
    places = frame.groupby(["layer", "what"], sort=False, dropna=False).size()
    layer, what = places.idxmax()
    here = frame[(frame["what"] == what) & (frame["layer"].isna() | (frame["layer"] == layer))]
    epoch, step = median(here["epoch"]), median(here["step"])
    named = None if pd.isna(layer) or layer == "" else str(layer)
    numbers |= {"what": str(what), "nan_epoch": epoch, "step": step, "examined": len(frame)}
    if named is not None:
        numbers["layer"] = named
    place = _place(str(what), say("the network") if named is None else as_is(named))
    known = {"place": place, "step": describe_number(step), "epoch": describe_number(epoch)}
    if len(frame) == 1:
        return named, say(
            "it was seen first {place}, at step {step} of epoch {epoch} (the one examined)", **known
        )
    return named, say(
        "it was seen first {place}, at step {step} of epoch {epoch} ({seen} of {of} examined)",
        **known,
        seen=len(here),
        of=len(frame),
    )


def _place(what: str, layer: Message) -> Message:
    match what:
        case "activation":
            return say("in the output of {layer}", layer=layer)
        case "gradient":
            return say("in the gradient of {layer}", layer=layer)
        case "weights":
            return say("in the weights of {layer}", layer=layer)
        case _:
            return say("in the loss itself")
