"""Kinds of networks over the values of one argument: where each trains, and which is best."""

from __future__ import annotations

import numpy as np

import dure
from dure.core.types import Floats
from dure.gallery.page import RowPage
from dure.gallery.plots.panels import PanelLine
from dure.gallery.shared.values import compare_values
from dure.messages.message import as_is, joined, say

TRAINS = 0.8
"""A value trains if every seed's network ends above this share of the validation rows."""


def grid(kinds: tuple[str, ...], **over: tuple[float, ...]) -> dict[str, dict[str, str | float]]:
    """Variants 'batch, rate 0.1': all of a kind differ in numbers only and share a program."""
    return {
        f"{kind}, {what} {value:g}": {"kind": kind, what: value}
        for kind in kinds
        for what, values in over.items()
        for value in values
    }


def tell_grid(
    page: RowPage, head: str, result: dure.Result, what: str = "rate"
) -> tuple[dict[str, PanelLine], dict[str, PanelLine]]:
    """Where each kind trains, and each at its best value against none at its best.

    A value trains if every seed's network ends above 80 % of the validation rows; networks that
    diverged name no row. Lines of accuracy: against the values, and against epochs at the best.
    """
    names = [name.split(f", {what} ") for name in result.variants if f", {what} " in name]
    values = np.array(list(dict.fromkeys(float(value) for _, value in names)))
    accuracy = result.curves["val_accuracy"].sel(fold=1).fillna(0.0)
    lines, speed, best, first = {}, {}, dict[str, Floats](), {}
    for kind in dict.fromkeys(kind for kind, _ in names):
        curves = [accuracy.sel(variant=f"{kind}, {what} {v:g}").values for v in values]
        last = np.stack(curves, axis=1)[:, :, -1]
        trains = values[(last > TRAINS).all(axis=0)]
        at = int(last.mean(axis=0).argmax())
        lines[kind], best[kind] = PanelLine(values, last), last[:, at]
        first[kind], speed[kind] = curves[at][:, 0], PanelLine(result.curves["epoch"], curves[at])
        page.fact(f"{head}, {kind}: trains", trains)
        page.fact(f"{head}, {kind}: accuracy", last)
        page.say(
            "{head}, {kind}: trains at {what} {trains}; best at {at:g}, with {reached} in the end "
            "and {first} after one epoch.",
            head=head,
            kind=kind,
            what=say("rate") if what == "rate" else say("deviation"),
            trains=as_is(", ".join(f"{v:g}" for v in trains)) if len(trains) else say("none"),
            at=values[at],
            reached=page.interval(f"{head}, {kind}: best", best[kind]),
            first=page.interval(f"{head}, {kind}: first epoch", first[kind]),
        )
    for when, reached in ((say("after the last epoch"), best), (say("after one epoch"), first)):
        compared = compare_values(say("validation accuracy"), "max", reached, "none")
        page.compare(compared, joined((head, when), ", "))
    return lines, speed
