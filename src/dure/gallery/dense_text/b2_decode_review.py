"""B2. Integers back to words: 0 padding, 1 start, 2 unknown, and every word 3 above its rank.

The notes turn Keras' word index round and read one review. `Data.decode` does it in a word, for
`word_index` holds the integers as they stand in the rows. This row does both, and counts what the
notes do not: how much of the texts a small vocabulary leaves unknown.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

import dure
from dure.gallery.page import RowPage
from dure.gallery.plots.panels import PanelLine, PanelScale, panels
from dure.gallery.plots.texts import side_by_side

PADDING, START, UNKNOWN, OFFSET = 0, 1, 2, 3
WORDS = 10_000
VOCABULARIES = (100, 300, 500, 1_000, 3_000, 10_000)
SHOWN = 45


def load_coded() -> dure.Data:
    """Reviews, or newswires where the reviews came without their words (an excerpt)."""
    reviews = dure.data.imdb(num_words=WORDS)
    return reviews if reviews.word_index is not None else dure.data.reuters(num_words=WORDS)


def decode(data: dure.Data, tokens: NDArray[Any]) -> str:
    """As the notes do it: the index turned round, "?" for what stands for no word."""
    rank_of = {word: number - OFFSET for word, number in (data.word_index or {}).items()}
    words = {rank: word for word, rank in rank_of.items() if rank > 0}
    return " ".join(words.get(i - OFFSET, "?") for i in tokens.tolist() if i != PADDING)


def unknown_share(data: dure.Data, vocabulary: int) -> float:
    """The share of all words of the training texts that such a vocabulary does not hold."""
    words = data.x[data.x > START]
    return float(np.mean((words == UNKNOWN) | (words >= vocabulary)))


def show(page: RowPage) -> None:
    """Decode in both ways, show them side by side, count what stays unknown."""
    data = load_coded()
    if data.class_names is not None and len(data.class_names) > 2:
        page.say("These reviews came without their words: newswires instead, coded the same way.")
    row = data.x[0]
    tokens = row[row != PADDING]
    text, by_hand = data.decode(row), decode(data, row)
    page.fact("tokens", tokens[:SHOWN])
    page.fact("words", text.split(" ")[:SHOWN])
    page.fact("by_hand", by_hand.split(" ")[:SHOWN])
    page.say("Coded:   {tokens} ...", tokens=" ".join(map(str, tokens[:16])))
    page.say("Decoded: {words} ...", words=" ".join(text.split(" ")[:16]))
    same = text.replace("<start>", "?").replace("<unknown>", "?") == by_hand
    page.fact("same_by_hand", same)
    if same:
        page.say("The notes' own loop gives the same words.")
    begins = [one[one != PADDING][:SHOWN] for one in data.x[:3]]
    notes = [f"The first {SHOWN} integers of each: {START} start, {UNKNOWN} unknown word, then"]
    notes += [f"rank + {OFFSET}. Padding ({PADDING}) is left out."]
    both = [(" ".join(map(str, one)), data.decode(one)) for one in begins]
    page.picture("side-by-side", side_by_side(both, notes))
    known = [v for v in VOCABULARIES if v <= max((data.word_index or {}).values()) + 1]
    unknown = [unknown_share(data, vocabulary) for vocabulary in known]
    page.fact("unknown", dict(zip(known, unknown, strict=True)))
    shares = ", ".join(f"{v:,}: {u:.0%}" for v, u in zip(known, unknown, strict=True))
    page.say("Words that become 2 (unknown) by vocabulary: {shares}.", shares=shares)
    scale = PanelScale("vocabulary (num_words)", "share of words unknown", "x")
    lines = {"": {"unknown": PanelLine(known, [unknown])}}
    page.picture("unknown", panels(lines, scale, "What a small vocabulary leaves unknown"))
