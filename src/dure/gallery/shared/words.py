"""Questions asked of words: as integers and back, padded and cut; which are near which."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import dure
from dure.data.builtin.excerpts import excerpt_file
from dure.gallery.page import RowPage
from dure.gallery.plots.texts import padding_figure
from dure.messages.message import say

SIDES = [(padding, cutting) for padding in ("pre", "post") for cutting in ("pre", "post")]
NEAREST = 10


def film_lines() -> Path | None:
    """The file of film lines with a label each, where the folder of excerpts has it."""
    try:
        return excerpt_file("rt-polarity.jsonl.gz")
    except dure.DureError:
        return None


def tell_tokenizer(page: RowPage, texts: list[str], new: str) -> None:
    """Words by frequency, unknown words dropped or marked, there and back, padded and cut."""
    everything = dure.data.Tokenizer()
    everything.fit_on_texts(texts)
    page.fact("word_index", everything.word_index)
    words = ", ".join(f"{word} {i}" for word, i in list(everything.word_index.items())[:6])
    size = len(everything.word_index)
    page.say("Commonest first: {words}, ... ({count} words).", words=words, count=size)
    for name, oov in (("dropped", None), ("marked", "<OOV>")):
        tokenizer = dure.data.Tokenizer(num_words=6, oov_token=oov)
        tokenizer.fit_on_texts(texts)
        sequence = tokenizer.texts_to_sequences([new])[0]
        back = tokenizer.sequences_to_texts([sequence])[0]
        page.fact(name, sequence)
        page.fact(f"{name}_back", back)
        page.say(
            '"{text}" with num_words=6, unknown words {what}: {sequence}, back: "{back}".',
            text=new,
            what=say("dropped") if oov is None else say("marked"),
            sequence=str(sequence),
            back=back,
        )
    sequences = everything.texts_to_sequences(texts)
    padded = [dure.data.pad_sequences(sequences, 6, padding=p, truncating=c) for p, c in SIDES]
    page.fact("padded", padded)
    titles = [f'padding="{padding}", truncating="{cutting}"' for padding, cutting in SIDES]
    page.picture("padding", padding_figure(padded, titles, everything.index_word))


def tell_neighbours(
    page: RowPage, name: str, look: dure.Look, words: list[str], vocabulary: int
) -> None:
    """Neighbours of some words, and how many of them other seeds find too."""
    found = look.neighbours(words, count=NEAREST)
    page.picture(f"neighbours-{name}", look.draw.of(found))
    page.picture(f"map-{name}", look.draw.of(look.embedding_map()))
    lists = found["neighbour"].transpose("lane", "word", "rank").values
    nearest = "; ".join(f"{w}: {', '.join(lists[0, i, :4])}" for i, w in enumerate(words[:4]))
    shared = [
        len(set(a) & set(b))
        for place, first in enumerate(lists)
        for second in lists[:place]
        for a, b in zip(first, second, strict=True)
    ]
    page.fact(f"shared_{name}", np.mean(shared))
    page.say(
        "{name}, nearest in the first network. {words}. Of the {nearest} nearest another network "
        "has {shared:.1f} too (mean over words and pairs of networks; by chance {chance:.2f}).",
        name=name,
        words=nearest,
        nearest=NEAREST,
        shared=np.mean(shared),
        chance=NEAREST**2 / vocabulary,
    )
