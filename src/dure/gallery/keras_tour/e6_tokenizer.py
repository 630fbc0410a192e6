"""E6. Words to integers by frequency, padded and cut to one length, and saved with the model.

The notes use Keras 2's `Tokenizer` and `pad_sequences`, and pickle the tokenizer beside the model.
`dure.data.Tokenizer` has the same semantics; a study on raw text fits it on each fold's training
rows, and the saved model holds it: it takes raw text. Where the film lines `rt-polarity` are at
hand this row also finds out whether it matters at which side texts are padded and cut: a SimpleRNN
has to carry the words through all the padding behind them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

import dure
from dure.core.backend import keras
from dure.data.builtin.excerpts import VARIABLE, excerpt_file
from dure.gallery.page import Page
from dure.gallery.plots.pairs import groups
from dure.gallery.shared.lanes_text import difference, over_lanes, told
from dure.messages.message import say

TEXTS = [
    "I love this film!",
    "I love my dog, and my dog loves me.",
    "A dull film: I hated this film.",
    "My dog hated it.",
]
NEW = "I love this dull cat"
SIDES = [(padding, cutting) for padding in ("pre", "post") for cutting in ("pre", "post")]
GOOD = ["a good film", "good acting and a good story", "a warm story", "i love this warm film"]
BAD = ["a bad film", "bad acting and a dull story", "a dull story", "i hated this dull film"]


def build(num_words: int, length: int) -> keras.Model:
    """An Embedding, a SimpleRNN of eight, one sigmoid."""
    model = keras.Sequential(
        [
            keras.layers.Input((length,), dtype="int32"),
            keras.layers.Embedding(num_words, 8),
            keras.layers.SimpleRNN(8),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(keras.optimizers.Adam(0.003), "binary_crossentropy", metrics=["accuracy"])
    return model


def study(quick: bool = False) -> dure.Study:
    """A few sentences, good or bad, as raw text."""
    labels = ["good"] * len(GOOD) + ["bad"] * len(BAD)
    data = dure.data.from_texts(((GOOD + BAD) * 8, labels * 8), num_words=20, maxlen=5)
    return dure.Study(
        build,
        data,
        {"sentences": {"num_words": 20, "length": 5}},
        seeds=2,
        epochs=15 if quick else 40,
        batch_size=16,
        name="sentences",
    )


def film_lines() -> Path | None:
    """The file of film lines with a label each, where the folder of excerpts has it."""
    try:
        return excerpt_file("rt-polarity.jsonl.gz")
    except dure.DureError:
        return None


def side_study(lines: Path, padding: str, cutting: str, length: int, quick: bool) -> dure.Study:
    """Film lines padded and cut at these sides."""
    sides: dict[str, Any] = {"padding": padding, "truncating": cutting}
    data = dure.data.from_texts(lines, num_words=2_000, maxlen=length, **sides)
    return dure.Study(
        build,
        data.take(slice(2_000)) if quick else data,
        {f"padding={padding}, cutting={cutting}": {"num_words": 2_000, "length": length}},
        seeds=2 if quick else 8,
        validation_split=0.2,
        epochs=4 if quick else 10,
        batch_size=64,
        name=f"{length}-words-padded-{padding}-cut-{cutting}",
    )


def tokenize(page: Page) -> None:
    """Words by frequency, unknown words dropped or marked, there and back, padded and cut."""
    everything = dure.data.Tokenizer()
    everything.fit_on_texts(TEXTS)
    page.fact("word_index", everything.word_index)
    words = ", ".join(f"{word} {i}" for word, i in list(everything.word_index.items())[:6])
    page.say(
        say(
            "Commonest first: {words}, ... ({count} words).",
            words=words,
            count=len(everything.word_index),
        )
    )
    for name, oov in (("dropped", None), ("marked", "<OOV>")):
        tokenizer = dure.data.Tokenizer(num_words=6, oov_token=oov)
        tokenizer.fit_on_texts(TEXTS)
        sequence = tokenizer.texts_to_sequences([NEW])[0]
        back = tokenizer.sequences_to_texts([sequence])[0]
        page.fact(name, sequence)
        page.fact(f"{name}_back", back)
        known = {"text": NEW, "sequence": str(sequence), "back": back}
        page.say(
            say(
                '"{text}" with num_words=6, unknown words dropped: {sequence}, back: "{back}".',
                **known,
            )
            if name == "dropped"
            else say(
                '"{text}" with num_words=6, unknown words marked: {sequence}, back: "{back}".',
                **known,
            )
        )
    sequences = everything.texts_to_sequences(TEXTS)
    padded = [dure.data.pad_sequences(sequences, 6, padding=p, truncating=c) for p, c in SIDES]
    page.fact("padded", padded)
    page.picture("padding", padding_figure(padded, everything.index_word))


def padding_figure(padded: list[Any], words: dict[int, str]) -> Figure:
    """The same texts padded and cut at either side, each integer over its word."""
    figure = Figure(figsize=(11, 5), layout="constrained")
    for axes, tokens, (padding, cutting) in zip(
        figure.subplots(2, 2).ravel(), padded, SIDES, strict=True
    ):
        axes.imshow(tokens > 0, cmap="Blues", vmin=0, vmax=3, aspect="auto")
        axes.set_title(f'padding="{padding}", truncating="{cutting}"', fontsize=10)
        axes.set(xticks=[], yticks=range(len(tokens)))
        axes.set_yticklabels([f"text {number}" for number in range(1, len(tokens) + 1)])
        for (row, step), token in np.ndenumerate(tokens):
            told_ = f"{token}\n{words[token]}" if token else "0"
            axes.text(step, row, told_, ha="center", va="center", fontsize=9)
    return figure


def keep_with_model(page: Page) -> None:
    """Train on sentences, save, load, and ask the loaded file about raw text."""
    result = page.run(study(page.quick))
    path = result.best().save(page.folder / "sentences.keras")
    model = keras.models.load_model(path)
    asked = ["a good warm film", "a dull bad film"]
    said = model.predict(asked, verbose=0).ravel()
    trained = result.best().model().predict(asked, verbose=0).ravel()
    page.fact("reloaded", said)
    page.fact("reloaded_difference", np.abs(said - trained).max())
    pairs = ", ".join(f'"{text}" {value:.2f}' for text, value in zip(asked, said, strict=True))
    page.say(
        say(
            "The saved file holds its words; loaded again, it says of raw text: {answers} (good).",
            answers=pairs,
        )
    )


def which_side(page: Page, lines: Path) -> None:
    """Film lines: padded in front or behind (60 words), cut in front or behind (8 words)."""
    panels = {}
    for length, what in ((60, "padding"), (8, "cutting")):
        pairs = [(s, "pre") if what == "padding" else ("pre", s) for s in ("pre", "post")]
        results = [page.run(side_study(lines, *pair, length, page.quick)) for pair in pairs]
        front, behind = (one.at_best("val_accuracy") for one in results)
        found, verdict = difference(front, behind)
        page.fact(f"{what}_pre_minus_post", found[:3])
        known = {"length": length, "verdict": verdict}
        known |= {"front": told(over_lanes(front)), "behind": told(over_lanes(behind))}
        page.say(
            say(
                "{length} words, padding in front {front}, behind {behind} (validation accuracy). "
                "In front minus behind: {verdict}.",
                **known,
            )
            if what == "padding"
            else say(
                "{length} words, cutting in front {front}, behind {behind} (validation accuracy). "
                "In front minus behind: {verdict}.",
                **known,
            )
        )
        named = {f"{what} in front (pre)": front.values, f"{what} behind (post)": behind.values}
        panels[f"validation accuracy, {length} words"] = named
    page.picture("sides", groups(panels))


def show(page: Page) -> None:
    """Tokenize, pad, save with a model; on film lines, which side is better."""
    tokenize(page)
    keep_with_model(page)
    lines = film_lines()
    if lines is None:
        page.say(
            say(
                "Which side to pad and cut was not tried: no film lines in {folder}.",
                folder=VARIABLE,
            )
        )
    else:
        which_side(page, lines)
