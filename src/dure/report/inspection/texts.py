"""Texts coloured by what counts in them, and the vectors that networks gave to words."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dure.blocks.charts import Points
from dure.blocks.content import Block, Table, Word, Words
from dure.core.formatting import format_percent
from dure.measurements.labels import LANE, each_lane
from dure.measurements.stored import Found, describe_rows, first
from dure.messages.message import Message, as_is, joined, say

MOST_WORDS, MOST_TEXTS, NEAREST = 160, 4, 5


def coloured_texts(found: Found) -> list[Block]:
    """Texts as running words, each with its saliency in the first network."""
    maps = first(found.measured)
    assert found.inputs is not None
    names = describe_rows(maps)[:MOST_TEXTS]
    signed = bool(np.nanmin(maps.values) < 0)
    texts = [
        _text(name, maps.values[place], found.inputs[place]) for place, name in enumerate(names)
    ]
    if signed:
        legend = say(
            "Blue with a line raises the score, orange with dashes lowers it; each text in its own "
            "scale, from its largest value down."
        )
    else:
        legend = say(
            "The stronger the blue, the more a word counts; each text in its own scale, from its "
            "largest value down."
        )
    if all(word.isdigit() for row in found.inputs for word in map(str, row) if word):
        legend = joined((legend, say("Numbers stand for words that are not known here.")))
    return [Words(say("Texts, and what counts in them"), tuple(texts), legend)]


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


def neighbours(found: Found) -> list[Block]:
    """A line for each word: its nearest words in the first network, with their cosine."""
    measured = found.measured
    lanes = [
        [[str(w) for w in row] for row in one.values] for one in each_lane(measured["neighbour"])
    ]
    cosines = first(measured["similarity"]).values
    rows = []
    for place, word in enumerate(measured["word"].values):
        nearest = []
        for rank, other in enumerate(lanes[0][place][:NEAREST]):
            told = f"{other} {cosines[place, rank]:.2f}"
            if len(lanes) > 1:
                told += f" ({sum(other in lane[place] for lane in lanes)})"
            nearest.append(told)
        rows.append((as_is(str(word)), as_is(", ".join(nearest))))
    if len(lanes) > 1:
        caption = say(
            "Nearest words in the first of {lanes} networks, with the cosine; in brackets, how "
            "many of the networks have them among their {ranks} nearest.",
            lanes=str(len(lanes)),
            ranks=str(measured.sizes["rank"]),
        )
    else:
        caption = say("Nearest words, with the cosine.")
    header = (say("word"), say("nearest words"))
    return [Table(caption, header, tuple(rows), (False, False))]


def embedding_map(found: Found) -> list[Block]:
    """Words of the first network as points: axes of different networks cannot be compared."""
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
