"""E6. Words to integers by frequency, padded and cut to one length, and saved with the model.

The notes use Keras 2's `Tokenizer` and `pad_sequences`, and pickle the tokenizer beside the model.
`dure.data.Tokenizer` has the same semantics; a study on raw text fits it on each fold's training
rows, and the saved model holds it: it takes raw text. Where the film lines `rt-polarity` are at
hand this row also finds out whether it matters at which side texts are padded and cut: a SimpleRNN
has to carry the words through all the padding behind them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import dure
from dure.core.backend import keras
from dure.data.builtin.excerpts import VARIABLE
from dure.gallery.page import RowPage
from dure.gallery.plots.rows import interval_rows
from dure.gallery.shared.values import compare_values
from dure.gallery.shared.words import film_lines, tell_tokenizer
from dure.messages.message import say

TEXTS = ["I love this film!", "I love my dog, and my dog loves me."]
TEXTS += ["A dull film: I hated this film.", "My dog hated it."]
NEW = "I love this dull cat"
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
    variants, epochs = {"sentences": {"num_words": 20, "length": 5}}, 15 if quick else 40
    return dure.Study(
        build, data, variants, seeds=2, epochs=epochs, batch_size=16, name="sentences"
    )


def side_study(lines: Path, padding: str, cutting: str, length: int, quick: bool) -> dure.Study:
    """Film lines padded and cut at these sides."""
    data = dure.data.from_texts(
        lines, num_words=2_000, maxlen=length, padding=padding, truncating=cutting
    )
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


def keep_with_model(page: RowPage) -> None:
    """Train on sentences, save, load, and ask the loaded file about raw text."""
    best = page.run(study(page.quick)).best()
    model = keras.models.load_model(best.save(page.folder / "sentences.keras"))
    asked = ["a good warm film", "a dull bad film"]
    answers, trained = (one.predict(asked, verbose=0).ravel() for one in (model, best.model()))
    page.fact("reloaded", answers)
    page.fact("reloaded_difference", np.abs(answers - trained).max())
    pairs = ", ".join(f'"{text}" {value:.2f}' for text, value in zip(asked, answers, strict=True))
    page.say(
        "The saved file holds its words; loaded again, it says of raw text: {answers} (good).",
        answers=pairs,
    )


def which_side(page: RowPage, lines: Path) -> None:
    """Film lines: padded in front or behind (60 words), cut in front or behind (8 words)."""
    rows: dict[str, dict[str, np.ndarray]] = {}
    for length, what in ((60, "padding"), (8, "cutting")):
        reached = rows[f"{what}, {length} words"] = {}
        for side in ("pre", "post"):
            sides = (side, "pre") if what == "padding" else ("pre", side)
            result = page.run(side_study(lines, *sides, length, page.quick))
            reached[side] = result.at_best("val_accuracy").values.ravel()
        page.interval(f"{what}_pre_minus_post", reached["pre"] - reached["post"])
        compared = compare_values(say("validation accuracy"), "max", reached, "post")
        page.compare(compared, f"{what}, {length} words")
    title, axis = "In front (pre) or behind (post)", "validation accuracy at the best epoch"
    page.picture("sides", interval_rows(rows, title, axis))


def show(page: RowPage) -> None:
    """Tokenize, pad, save with a model; on film lines, which side is better."""
    tell_tokenizer(page, TEXTS, NEW)
    keep_with_model(page)
    if (lines := film_lines()) is not None:
        which_side(page, lines)
        return
    page.say("Which side to pad and cut was not tried: no film lines in {folder}.", folder=VARIABLE)
