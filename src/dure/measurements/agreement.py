"""Where networks of one architecture agree, and where they do not."""

from __future__ import annotations

import math

import numpy as np
import xarray as xr

from dure.blocks.cells import Cell
from dure.blocks.charts import Bar, Bars, Line, Lines
from dure.blocks.content import Block, Prose, Table
from dure.core.formatting import format_number, format_percent
from dure.measurements.labels import class_names, need
from dure.measurements.stored import Measurement
from dure.messages.message import as_is, say

ROWS = 8


def matched_filters(found: Measurement) -> list[Block]:
    """In how many networks each unit is found, and how many would be by chance."""
    measured = found.measured
    need(measured, "filter", "lane")
    lanes, threshold = measured.sizes["lane"], _threshold(measured)
    counts = _found_in(measured["found_in"], lanes)
    chance = None
    if "chance" in measured:
        alike = (measured["chance"] >= threshold).sum("lane")
        chance = _found_in(measured.get("found_by_chance", alike), lanes)
    bars = []
    for place in range(lanes - 1, -1, -1):
        name = say("in {count} of {lanes}", count=str(place + 1), lanes=str(lanes))
        by_chance = math.nan if chance is None else float(chance[place])
        bars.append(Bar(name, float(counts[place]), other=by_chance))
    about = say(
        "A unit is found in a network where the correlation with its match is at least "
        "{threshold} in size. Untrained networks show what agrees by chance.",
        threshold=format_number(threshold),
    )
    title = say("In how many networks a unit of {layer} is found", layer=found.origin.layer)
    axis = say("units, in brackets those of untrained networks") if chance else say("units")
    compared = (say("trained"), say("untrained")) if chance else None
    return [Bars(title, title, axis, tuple(bars), compared=compared), Prose(about)]


def _found_in(found_in: xr.DataArray, lanes: int) -> list[int]:
    """How many units are found in 1, 2, ... networks."""
    whole = np.bincount(np.asarray(found_in.values, np.int64), minlength=lanes + 1)
    return [int(count) for count in whole[1:]]


def _threshold(measured: xr.Dataset) -> float:
    return float(measured.attrs.get("threshold", 0.7))


def similarities(found: Measurement) -> list[Block]:
    """How alike matched units are, trained and untrained, as histograms."""
    edges = np.linspace(0, 1, 21)
    lines = []
    for name, variable in ((say("trained"), "similarity"), (say("untrained"), "chance")):
        if variable in found.measured:
            reference = int(found.measured.attrs.get("reference", 0))
            others = found.measured[variable].drop_isel(lane=reference)
            counts = np.histogram(np.ravel(others.values), edges)[0].astype(np.float64)
            middle = (edges[:-1] + edges[1:]) / 2
            dashed = variable == "chance"
            lines.append(Line(name, middle, counts, dashed=dashed, look="area"))
    title = say("How alike matched units are; dashed: found from here on")
    axes = say("|correlation| of a unit with its match"), say("units x networks")
    return [Lines(title, title, *axes, tuple(lines), marks=(_threshold(found.measured),))]


def divided_rows(found: Measurement) -> list[Block]:
    """The rows that divide the networks most, with the votes for each class."""
    measured = found.measured
    names = class_names(measured["votes"])
    divided = [at for at in range(measured.sizes["row"]) if float(measured["share"][at]) < 1]
    if not divided:
        return []
    known = "true" in measured
    rows = []
    for at in divided[:ROWS]:
        one = measured.isel(row=at)
        votes = one["votes"].values
        order = [int(place) for place in np.argsort(-votes, kind="stable") if votes[place] > 0]
        row: list[Cell] = [int(one["row"])]
        row += [as_is(names[int(one["true"])])] if known else []
        row.append(as_is(", ".join(f"{names[place]}: {int(votes[place])}" for place in order)))
        rows.append(tuple(row))
    header = (say("row"), *([say("true class")] if known else []), say("networks that say so"))
    numeric = (True, *[False] * (len(header) - 1))
    return [Table(say("Rows that divide the networks most"), header, tuple(rows), numeric)]


def votes(found: Measurement, rows: int) -> list[Block]:
    """Shares of the rows by how many networks agree, and how many agree on the rows in dispute."""
    need(found.measured, "row")
    share = np.asarray(found.measured["share"].values, dtype=np.float64)
    values, counts = np.unique(np.round(share, 6), return_counts=True)
    of = [float(count / len(share)) for count in counts]
    rows_axis, title = say("share of the rows"), say("All rows, by how many networks agree")
    every = tuple(
        Bar(say("{share} agree", share=format_percent(value)), part)
        for value, part in zip(values[::-1].tolist(), of[::-1], strict=True)
    )
    names, disputed = class_names(found.measured["votes"]), []
    for place in range(min(len(share), rows)):
        one = found.measured.isel(row=place)
        given = {"row": f"{int(one['row']):,}", "majority": names[int(one["majority"])]}
        name = say("row {row}: most say {majority}", **given)
        if "true" in one:
            true = names[int(one["true"])]
            name = say("row {row}: most say {majority}, is {true}", true=true, **given)
        disputed.append(Bar(name, float(share[place])))
    second = say("The rows most in dispute")
    axis = say("share of the networks with the majority")
    return [
        Bars(title, title, rows_axis, every, "shares", most=1.0),
        Bars(second, second, axis, tuple(disputed), "shares", most=1.0),
    ]
