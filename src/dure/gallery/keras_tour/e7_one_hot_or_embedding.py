"""E7. Words as one-hot vectors or through an Embedding: size, speed, accuracy, neighbours.

The notes train a SimpleRNN(8) once on one-hot words (2,481 parameters, 24 s an epoch) and once
behind an Embedding(16) (5,009 parameters, 36 s). Here both are trained on the same seeds. The
neighbours of a word are looked up in networks that do little else than learn vectors, and counted
over them: what is no accident is found again by other seeds.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

import dure
from dure.core.backend import keras
from dure.core.types import Floats
from dure.gallery.page import RowPage
from dure.gallery.plots.rows import interval_rows
from dure.gallery.recurrent import d3_embedding_rnn
from dure.gallery.shared.values import compare_values
from dure.gallery.shared.words import film_lines, tell_neighbours
from dure.messages.message import say

LENGTH, KEPT = 100, 2_000
NOTES = {"one-hot": (0.747, 24), "embedding": (0.750, 36)}
"""The notes' accuracy and seconds an epoch."""
OPINIONS = ["bad", "dull", "good", "funny", "moving", "film"]
MARKETS = ["oil", "sugar", "bank", "profit", "gold", "trade"]


def build(coding: str) -> keras.Model:
    """OneHot or Embedding(16), SimpleRNN(8), one sigmoid: the network of D3."""
    return d3_embedding_rnn.build(coding)


def study(quick: bool = False, coding: str = "one-hot") -> dure.Study:
    """One coding with the notes' settings: as many updates, however many reviews there are."""
    data = dure.data.imdb(num_words=d3_embedding_rnn.WORDS, maxlen=LENGTH)
    longer = 25_000 / data.rows
    stop = keras.callbacks.EarlyStopping(patience=round(3 * longer), restore_best_weights=True)
    return dure.Study(
        build,
        data.take(slice(2_000)) if quick else data,
        {coding: {"coding": coding}},
        seeds=2 if quick else 10,
        validation_split=0.2,
        epochs=8 if quick else round(100 * longer),
        batch_size=64,
        callbacks=[stop],
        name=coding,
    )


def build_averaging(classes: int) -> keras.Model:
    """The mean of the words' vectors decides: all there is to learn is in the Embedding."""
    model = keras.Sequential([keras.layers.Input((40,), dtype="int32")])
    model.add(keras.layers.Embedding(KEPT, 16, name="words"))
    model.add(keras.layers.GlobalAveragePooling1D())
    model.add(keras.layers.Dense(classes, activation="softmax"))
    adam = keras.optimizers.Adam(0.01)
    model.compile(adam, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def words_study(data: dure.Data, name: str, quick: bool = False) -> dure.Study:
    """Networks that have to learn a vector for each word."""
    variants = {"averaging": {"classes": len(data.class_names or ())}}
    terms = dict[str, Any](seeds=2 if quick else 5, epochs=3 if quick else 10, batch_size=64)
    return dure.Study(build_averaging, data, variants, validation_split=0.2, name=name, **terms)


def compare(page: RowPage) -> None:
    """Both codings on the same seeds: parameters, accuracy, seconds of one network at a time."""
    accuracy: dict[str, Floats] = {}
    seconds: dict[str, list[float]] = {coding: [] for coding in NOTES}
    for turn in range(2 if page.quick else 5):  # in turn, so that what else runs slows both
        for coding, values in seconds.items():
            asked = replace(study(page.quick, coding), seeds=[turn], epochs=4, callbacks=())
            lanes = page.run(replace(asked, name=f"{coding}-alone-{turn}")).lanes
            values.append(float((lanes["seconds"] / lanes["epochs"]).mean()))
    for coding, (note, note_seconds) in NOTES.items():
        asked = study(page.quick, coding)
        result = page.run(asked)
        page.fact(f"parameters_{coding}", result.best().model().count_params())
        page.note(say("validation accuracy, {coding}", coding=coding), note, result, "val_accuracy")
        accuracy[coding] = result.at_best("val_accuracy").values.ravel()
        page.say(
            "{coding}: {count:,} parameters, as in the note; {seconds:.2g} s an epoch of 20,000 "
            "reviews, the note's machine: {note} s.",
            coding=coding,
            count=page.facts[f"parameters_{coding}"],
            seconds=20_000 / len(asked.splits[0].train) * float(np.mean(seconds[coding])),
            note=note_seconds,
        )
    page.fact("bytes", [20_000 * LENGTH * d3_embedding_rnn.WORDS * 4, 20_000 * LENGTH * 4])
    page.say("20,000 reviews: 2,400 MB as one-hot float32 arrays; 8 MB as integers, read by both.")
    what = say("seconds an epoch, one network alone")
    page.compare(compare_values(what, "min", seconds, "one-hot"))
    page.compare(compare_values(say("validation accuracy"), "max", accuracy, "one-hot"))
    apart = np.subtract(accuracy["embedding"], accuracy["one-hot"])
    page.interval("embedding minus one-hot, validation accuracy", apart)
    page.picture("beside", interval_rows(accuracy, "Two codings of words", "validation accuracy"))


def show(page: RowPage) -> None:
    """Compare the codings; then what an Embedding learns for two classes and for 46."""
    compare(page)
    wires = dure.data.reuters(num_words=KEPT, maxlen=40)
    found = page.run(words_study(wires, "newswires", page.quick))
    tell_neighbours(page, "newswires", dure.look(found, data=wires), MARKETS, KEPT)
    if (lines := film_lines()) is not None:
        films = dure.data.from_texts(lines, num_words=KEPT, maxlen=40)
        found = page.run(words_study(films, "film-lines", page.quick))
        tell_neighbours(page, "film-lines", dure.look(found, data=films), OPINIONS, KEPT)
