"""Texts coloured by what counts in them, and the vectors that networks gave to words."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import xarray as xr

from dure.blocks.charts import Bar, Bars, Points
from dure.blocks.content import Block, Prose, Table, Word, Words
from dure.core.formatting import format_percent
from dure.errors import DureError
from dure.measurements.labels import LANE, each_lane, lane_count, lane_names, need
from dure.measurements.stored import Measurement, describe_rows, first
from dure.messages.message import Message, as_is, joined, say

MOST_WORDS, MOST_TEXTS, NEAREST = 160, 4, 5


def coloured_texts(
    found: Measurement, *, texts: int = MOST_TEXTS, lanes: int = 1, legend: Message | None = None
) -> list[Block]:
    """Texts as running words, each with its saliency in the first networks.

    Parameters
    ----------
    texts, lanes
        How many of them are shown.
    legend
        What the colours mean, where they are not those of the page.
    """
    need(found.measured, "row", "step")
    if found.inputs is None:
        raise DureError("maps over texts need the words of each step.")
    maps = each_lane(found.measured)[:lanes]
    signed = min(float(np.nanmin(one.values)) for one in maps) < 0
    shown = []
    for place, row in enumerate(describe_rows(maps[0])[:texts]):
        for lane, one in zip(lane_names(found.measured), maps, strict=False):
            name = joined((row, lane), ", ") if len(maps) > 1 else row
            shown.append(_text(name, one.values[place], found.inputs[place]))
    legend = legend or _page_legend(signed)
    if all(word.isdigit() for row in found.inputs for word in map(str, row) if word):
        legend = joined((legend, say("Numbers stand for words that are not known here.")))
    return [Words(say("Texts, and what counts in them"), tuple(shown), legend, signed)]


def _page_legend(signed: bool) -> Message:
    if signed:
        return say(
            "Blue with a line raises the score, orange with dashes lowers it; each text in its own "
            "scale, from its largest value down."
        )
    return say(
        "The stronger the blue, the more a word counts; each text in its own scale, from its "
        "largest value down."
    )


def figure_legend(found: Measurement) -> Message:
    """What the colours of a figure mean."""
    if bool(np.nanmin(found.measured.values) < 0):
        return say(
            "Red raises the score, blue lowers it; each text in its own scale, from its largest "
            "value down."
        )
    return say("Dark counts much; each text in its own scale, from its largest value down.")


def _text(
    name: Message, values: npt.NDArray[np.float64], words: npt.NDArray[np.str_]
) -> tuple[Message, tuple[Word, ...]]:
    """A text with weights from -1 to 1; of a long one the last words."""
    # Maps of a layer with fewer steps than the text has words are spread evenly over it.
    at = (np.arange(len(words)) * len(values)) // len(words)
    pairs = [
        (str(word), float(np.nan_to_num(value)))
        for word, value in zip(words, values[at], strict=True)
        if word
    ]
    there, pairs = len(pairs), pairs[-MOST_WORDS:]
    if there > MOST_WORDS:
        name = say(
            "{row}, the last {shown} of {there} words",
            row=name,
            shown=str(MOST_WORDS),
            there=f"{there:,}",
        )
    top = max((abs(value) for _, value in pairs), default=0.0) or 1.0
    return name, tuple(Word(word, value / top) for word, value in pairs)


def _nearest(measured: xr.Dataset, place: int, most: int) -> list[tuple[str, float, int]]:
    """The nearest words in the first network with their cosine, and how many networks have them."""
    lanes = [[str(word) for word in one.values[place]] for one in each_lane(measured["neighbour"])]
    cosines = first(measured["similarity"]).values[place]
    return [
        (word, float(cosines[rank]), sum(word in lane for lane in lanes))
        for rank, word in enumerate(lanes[0][:most])
    ]


def neighbours(found: Measurement) -> list[Block]:
    """A line for each word: its nearest words in the first network, with their cosine."""
    measured = found.measured
    lanes = lane_count(measured)
    rows = []
    for place, word in enumerate(measured["word"].values):
        nearest = [
            f"{other} {cosine:.2f}" + (f" ({among})" if lanes > 1 else "")
            for other, cosine, among in _nearest(measured, place, NEAREST)
        ]
        rows.append((as_is(str(word)), as_is(", ".join(nearest))))
    header = (say("word"), say("nearest words"))
    return [Table(_neighbours_caption(measured), header, tuple(rows), (False, False))]


def _neighbours_caption(measured: xr.Dataset) -> Message:
    if lane_count(measured) < 2:
        return say("Nearest words, with the cosine.")
    return say(
        "Nearest words in the first of {lanes} networks, with the cosine; in brackets, how "
        "many of the networks have them among their {ranks} nearest.",
        lanes=str(lane_count(measured)),
        ranks=str(measured.sizes["rank"]),
    )


def neighbour_bars(found: Measurement, words: int) -> list[Block]:
    """The cosine of each word's neighbours as bars, a chart for each of the first words."""
    need(found.measured, "word", "rank")
    several = lane_count(found.measured) > 1
    blocks: list[Block] = []
    for place, word in enumerate(found.measured["word"].values[:words]):
        bars = tuple(
            Bar(as_is(f"{other} ({among})" if several else other), cosine)
            for other, cosine, among in _nearest(found.measured, place, 10**6)
        )
        title = as_is(str(word))
        blocks.append(Bars(title, title, say("cosine"), bars, most=1.0))
    return [*blocks, Prose(_neighbours_caption(found.measured))]


def embedding_map(found: Measurement) -> list[Block]:
    """Words of the first network as points: axes of different networks cannot be compared."""
    need(found.measured, "word", "axis")
    measured = first(found.measured)
    shares = [
        format_percent(float(share)) for share in np.atleast_1d(measured.attrs["explained"])[:2]
    ]
    title = (
        say("The words of the first network on a plane")
        if LANE in found.measured.dims
        else say("The words on a plane")
    )
    return [
        Points(
            title,
            title,
            tuple(str(word) for word in measured["word"].values),
            np.asarray(measured.values[:, 0], np.float64),
            np.asarray(measured.values[:, 1], np.float64),
            say("first component ({share} of the variance)", share=shares[0]),
            say("second component ({share} of the variance)", share=shares[1]),
        )
    ]
