"""What a figure shows of each kind of measurement: more panels than a page, in the same blocks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from dure.blocks.content import Block
from dure.core.formatting import format_number, format_percent
from dure.measurements import layers, outcomes, pictures, words
from dure.measurements.agreement import matched_filters, similarities, votes
from dure.measurements.catalog import name_of
from dure.measurements.labels import LANE, lane_count, lanes_note, need, over_lanes, rows_note, some
from dure.measurements.stored import Measurement, describe_source

_PANELS, _ROWS, _LANES = 64, 8, 8


class FigureContent(NamedTuple):
    """A figure before anybody draws it."""

    title: str
    notes: Sequence[str]
    """How much of the measurement is shown, and of which networks."""
    blocks: Sequence[Block]


_Shown = tuple[list[str], list[Block]]


def figure_of(found: Measurement) -> FigureContent:
    """What a figure of this measurement shows.

    Raises
    ------
    DureError
        Where there is nothing to show, for the array has other dimensions.
    """
    notes, blocks = _FIGURES[found.origin.kind](found)
    bits = (name_of(found), found.origin.model, describe_source(found.origin))
    return FigureContent(" · ".join(filter(None, bits)), list(filter(None, notes)), blocks)


def _kernels(found: Measurement) -> _Shown:
    measured = found.measured
    lanes = min(lane_count(measured), _LANES)
    unit, sources = str(measured.dims[-1]), 1 if found.untrained is None else 2
    most = max(1, _PANELS // (sources * lanes))
    notes = []
    if measured.ndim - (LANE in measured.dims) == 2:
        lanes = min(lanes, 4)
        inputs, units = measured.shape[-2:]
        notes.append(f"{inputs:,} inputs x {units:,} units.")
    else:
        notes.append(some(min(most, measured.sizes[unit]), measured.sizes[unit], unit))
    notes.append(lanes_note(measured, shown=lanes))
    if found.untrained is not None:
        notes.append(f"Beside: untrained, {found.untrained.attrs.get('twin', 'same seed')}.")
    return notes, pictures.kernels(found, most=most, lanes=lanes)


def _weights(found: Measurement) -> _Shown:
    notes = [lanes_note(found.measured, ", lines are means over them with their 95 % interval")]
    if any("untrained" in one["source"].values for one in found.measured.values()):
        twin = str(found.measured.attrs.get("twin", "same seed"))
        notes.append(f"Filled: trained. Line: untrained, {twin}.")
    table, *charts = layers.weights(found)
    return notes, [*charts, table]


def _feature_maps(found: Measurement) -> _Shown:
    measured = found.measured
    need(measured, "row")
    lanes = min(lane_count(measured), _ROWS if "height" in measured.dims else 4)
    rows = 1 if lanes > 1 else min(measured.sizes["row"], _ROWS)
    rows = min(rows, 6) if "step" in measured.dims else rows
    channels = max(1, _PANELS // max(rows, lanes))
    notes = []
    if "height" in measured.dims:
        there = measured.sizes["channel"]
        notes.append(some(min(channels, there), there, "channel"))
    flat = not {"height", "step"} & set(measured.dims)
    notes.append(rows_note(measured, measured.sizes["row"] if flat else rows))
    notes += [lanes_note(measured, shown=lanes), "One scale for all panels."]
    shown = pictures.feature_maps(found, rows=rows, channels=channels, lanes=lanes)
    return notes, shown


def _activations(found: Measurement) -> _Shown:
    measured = found.measured
    need(measured, "layer")
    there = measured.sizes["layer"]
    notes = [some(min(there, 24), there, "layer"), _rows_of(found), lanes_note(measured, _EACH)]
    notes.append("Dead: 0 for every row. Saturated: within 1 % of the end of what the activation")
    notes[-1] += " can give."
    return notes, [*layers.activation_spreads(found, 24), *layers.activations(found)]


_EACH = ", a line each"


def _rows_of(found: Measurement) -> str:
    return rows_note(found.measured, int(found.measured.attrs.get("rows", 1)))


def _gradients(found: Measurement) -> _Shown:
    need(found.measured, "layer")
    there = found.measured.sizes["layer"]
    first = replace(found, measured=found.measured.isel(layer=slice(40)))
    several = lane_count(found.measured) > 1
    told = ", geometric means with the 95 % interval" if several else ""
    notes = [some(min(there, 40), there, "layer"), lanes_note(found.measured, told)]
    return notes, layers.gradients(first)


def _where(found: Measurement) -> _Shown:
    """Saliency and Grad-CAM by what went in: pictures, texts, series or features."""
    measured = found.measured
    lanes = lane_count(measured)
    score = str(measured.attrs.get("told", ""))
    if "height" in measured.dims:
        rows, most = min(measured.sizes["row"], _ROWS), _ROWS - 1
        blocks = pictures.maps_beside_pictures(found, rows, most)
        return [rows_note(measured, rows), lanes_note(measured, shown=most), score], blocks
    if measured.dims[-1] == "step" and found.inputs is not None:
        rows = min(measured.sizes["row"], 2 if lanes > 1 else _ROWS)
        legend = words.figure_legend(found)
        blocks = words.coloured_texts(found, texts=rows, lanes=_LANES, legend=legend)
        return [rows_note(measured, rows), lanes_note(measured, shown=_LANES), score], blocks
    if "step" in measured.dims:
        rows = min(measured.sizes["row"], 6)
        notes = [rows_note(measured, rows), lanes_note(measured, _EACH), score]
        return notes, layers.steps_of_rows(found, rows)
    rows, shown = min(measured.sizes["row"], 24), min(lanes, 4)
    notes = [rows_note(measured, rows), lanes_note(measured, shown=shown), score]
    notes.append("Red raises the score, blue lowers it.")
    return notes, [*layers.features(found), *layers.feature_matrix(found, rows, shown)]


def _memory(found: Measurement) -> _Shown:
    measured = found.measured
    need(measured, "distance")
    rows = rows_note(measured, measured.sizes.get("row", 1))
    return [rows, lanes_note(measured), "Dashed: the horizon."], layers.memory(found)


def _neighbours(found: Measurement) -> _Shown:
    need(found.measured, "word", "rank")
    there = found.measured.sizes["word"]
    notes = [some(min(there, 12), there, "word"), lanes_note(found.measured)]
    return notes, words.neighbour_bars(found, 12)


def _embedding_map(found: Measurement) -> _Shown:
    note = "Axes of different networks cannot be compared: only the first of "
    lanes = lane_count(found.measured)
    notes = [f"{note}{lanes} networks is shown." if LANE in found.measured.dims else ""]
    return notes, words.embedding_map(found)


def _predictions(found: Measurement) -> _Shown:
    measured = found.measured
    need(measured, "row")
    rows = measured.sizes["row"]
    if "probability" not in measured:
        notes = [rows_note(measured, rows), lanes_note(measured)]
        if "error" in measured:
            off = float(np.nanmean(np.abs(over_lanes(measured["error"])[0])))
            notes.append(f"Mean distance from the true value: {format_number(off)}.")
        return notes, outcomes.values_of_rows(found)
    blocks = outcomes.cards(found)
    notes = [rows_note(measured, len(blocks)), "Bars: probability of each class."]
    if "correct" in measured:
        share = format_percent(float(measured["correct"].mean()))
        notes.append(f"{share} of {rows:,} rows are predicted right.")
        notes += ["Worst mistakes first. Green: the true class; orange: said instead of it."]
    if (classes := measured.sizes["class"]) > outcomes.MOST_CLASSES:
        notes.append(f"The {outcomes.MOST_CLASSES} likeliest of {classes} classes.")
    notes.append(lanes_note(measured, ", bars are means with the 95 % interval"))
    return notes, blocks


def _confusion(found: Measurement) -> _Shown:
    need(found.measured, "true", "predicted")
    mean, _, _ = over_lanes(found.measured)
    right = format_percent(float(np.trace(mean) / max(mean.sum(), 1e-30)))
    notes = [f"{right} of {mean.sum():,.0f} rows on the diagonal.", lanes_note(found.measured)]
    if lane_count(found.measured) > 1 and found.measured.sizes["true"] <= 10:
        notes.append("±: half the width of the 95 % interval.")
    return notes, outcomes.confusion(found, classes=10**6)


def _matched(found: Measurement) -> _Shown:
    measured = found.measured
    need(measured, "filter", "lane")
    lanes, units = measured.sizes["lane"], measured.sizes["filter"]
    everywhere = int((measured["found_in"].values >= lanes).sum())
    notes = [f"{units} units of one of {lanes} networks, matched one to one with those of each"]
    notes[0] += f" other. {everywhere} of {units} are found in all {lanes}."
    bars, about = matched_filters(found)
    return notes, [bars, *similarities(found), about]


def _votes(found: Measurement) -> _Shown:
    need(found.measured, "row")
    share, lanes = found.measured["share"].values, int(found.measured.attrs.get("lanes", 0))
    alike = format_percent(float((share >= 1).mean()))
    every = f"all {lanes} networks" if lanes else "all networks"
    return [f"{alike} of {len(share):,} rows are predicted alike by {every}."], votes(found, 20)


_FIGURES: dict[str, Callable[[Measurement], _Shown]] = {
    "kernels": _kernels,
    "weights": _weights,
    "feature_maps": _feature_maps,
    "activations": _activations,
    "gradients": _gradients,
    "saliency": _where,
    "grad_cam": _where,
    "memory": _memory,
    "neighbours": _neighbours,
    "embedding_map": _embedding_map,
    "predictions": _predictions,
    "confusion": _confusion,
    "matched_filters": _matched,
    "agreement_of_predictions": _votes,
}
