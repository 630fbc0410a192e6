"""B2. Integers back to words: 0 padding, 1 start, 2 unknown, and every word 3 above its rank.

The notes turn Keras' word index round and read one review. `Data.decode` does it in a word, for
`word_index` holds the integers as they stand in the rows. This row does both, and counts what the
notes do not: how much of the texts a small vocabulary leaves unknown.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

import dure
from dure.core.formatting import format_percent
from dure.core.palette import COLOURS
from dure.gallery.page import Page
from dure.messages.message import say
from dure.plots import style

PADDING, START, UNKNOWN, OFFSET = 0, 1, 2, 3
WORDS = 10_000
VOCABULARIES = (100, 300, 500, 1_000, 3_000, 10_000)
SHOWN = 45


def coded() -> dure.Data:
    """Reviews, or newswires where the reviews came without their words (an excerpt)."""
    reviews = dure.data.imdb(num_words=WORDS)
    return reviews if reviews.word_index is not None else dure.data.reuters(num_words=WORDS)


def decode(data: dure.Data, tokens: NDArray[Any]) -> str:
    """As the notes do it: the index turned round, "?" for what stands for no word."""
    rank_of = {word: number - OFFSET for word, number in (data.word_index or {}).items()}
    words = {rank: word for word, rank in rank_of.items() if rank > 0}
    return " ".join(words.get(i - OFFSET, "?") for i in tokens.tolist() if i != PADDING)


def side_by_side(data: dure.Data, count: int = 3) -> Figure:
    """The beginnings of some texts: integers left, words right."""
    heights, blocks = [], []
    with style.fonts():
        for row in data.x[:count]:
            tokens = row[row != PADDING][:SHOWN]
            texts = (" ".join(map(str, tokens)), data.decode(tokens))
            blocks.append([style.wrapped(text, 4.9) for text in texts])
            heights.append(0.17 * max(map(len, blocks[-1])) + 0.25)
        notes = [f"The first {SHOWN} integers of each: {START} start, {UNKNOWN} unknown word, then"]
        notes += [f"rank + {OFFSET}. Padding ({PADDING}) is left out."]
        page = style.Sheet(10.5, sum(heights) + 0.25, "Coded and decoded", notes)
        page.heading(0, 0.07, "integers", 4.9)
        page.heading(5.4, 0.07, "words", 4.9)
        for number, lines in enumerate(blocks):
            top = 0.25 + sum(heights[:number])
            for left, text in zip((0, 5.4), lines, strict=True):
                page.text(left, top, "\n".join(text), va="top")
    return page.figure


def unknown_share(data: dure.Data, vocabulary: int) -> float:
    """The share of all words of the training texts that such a vocabulary does not hold."""
    words = data.x[data.x > START]
    return float(np.mean((words == UNKNOWN) | (words >= vocabulary)))


def shares(vocabularies: list[int], unknown: list[float]) -> Figure:
    """Unknown share against vocabulary."""
    figure = Figure(figsize=(6.5, 4), layout="constrained")
    axes = style.dressed(figure.add_subplot(), "vocabulary (num_words)", "share of words unknown")
    axes.plot(vocabularies, unknown, "o-", color=COLOURS[0])
    axes.set(ylim=(0, 1.1 * max(unknown)), xlim=(0.8 * vocabularies[0], 1.6 * vocabularies[-1]))
    style.logarithmic(axes, "x", 6)
    for at, share in zip(vocabularies, unknown, strict=True):
        axes.annotate(format_percent(share), (at, share), (4, 5), textcoords="offset points")
    return figure


def show(page: Page) -> None:
    """Decode in both ways, show them side by side, count what stays unknown."""
    data = coded()
    if data.class_names is not None and len(data.class_names) > 2:
        page.say(
            say("These reviews came without their words: newswires instead, coded the same way.")
        )
    row = data.x[0]
    tokens = row[row != PADDING]
    text, by_hand = data.decode(row), decode(data, row)
    page.fact("tokens", tokens[:SHOWN])
    page.fact("words", text.split(" ")[:SHOWN])
    page.fact("by_hand", by_hand.split(" ")[:SHOWN])
    page.say(say("Coded:   {tokens} ...", tokens=" ".join(map(str, tokens[:16]))))
    page.say(say("Decoded: {words} ...", words=" ".join(text.split(" ")[:16])))
    marked = text.replace("<start>", "?").replace("<unknown>", "?")
    page.fact("same_by_hand", marked == by_hand)
    page.say(
        say("The notes' own loop gives the same words.")
        if marked == by_hand
        else say("The notes' own loop gives other words.")
    )
    page.picture("side-by-side", side_by_side(data))
    known = [v for v in VOCABULARIES if v <= max((data.word_index or {}).values()) + 1]
    unknown = [unknown_share(data, vocabulary) for vocabulary in known]
    page.fact("unknown", dict(zip(known, unknown, strict=True)))
    told = ", ".join(f"{v:,}: {u:.0%}" for v, u in zip(known, unknown, strict=True))
    page.say(say("Words that become 2 (unknown) by vocabulary: {shares}.", shares=told))
    page.picture("unknown", shares(known, unknown))
