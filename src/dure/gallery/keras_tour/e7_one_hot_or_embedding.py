"""E7. Words as one-hot vectors or through an Embedding: size, speed, accuracy, neighbours.

The notes train a SimpleRNN(8) once on one-hot words (2,481 parameters, 24 s an epoch) and once
behind an Embedding(16) (5,009 parameters, 36 s). Here both are trained on the same seeds, so that
their difference has an interval. The neighbours of a word are looked up in networks that do little
else than learn vectors, and counted over them: what is no accident is found again by other seeds.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

import dure
from dure.core.backend import keras
from dure.gallery.keras_tour.e6_tokenizer import film_lines
from dure.gallery.page import Page
from dure.gallery.plots.pairs import groups
from dure.gallery.shared.lanes_text import difference
from dure.messages.message import say

WORDS, LENGTH = 300, 100
NOTES = {
    "one-hot": {"parameters": 2_481, "accuracy": 0.747, "seconds": 24},
    "embedding": {"parameters": 5_009, "accuracy": 0.750, "seconds": 36},
}
NEAREST, KEPT = 10, 2_000
OPINIONS = ["bad", "dull", "good", "funny", "moving", "film"]
MARKETS = ["oil", "sugar", "bank", "profit", "gold", "trade"]


def build(coding: str) -> keras.Model:
    """OneHot or Embedding(16), SimpleRNN(8), one sigmoid."""
    one_hot = coding == "one-hot"
    model = keras.Sequential(
        [
            keras.layers.Input((LENGTH,), dtype="int32"),
            dure.layers.OneHot(WORDS) if one_hot else keras.layers.Embedding(WORDS, 16),
            keras.layers.SimpleRNN(8),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(keras.optimizers.RMSprop(1e-4), "binary_crossentropy", metrics=["accuracy"])
    return model


def study(quick: bool = False, coding: str = "one-hot") -> dure.Study:
    """One coding with the notes' settings.

    Epochs and patience stand for as many updates as the notes', however many reviews there are.
    """
    data = dure.data.imdb(num_words=WORDS, maxlen=LENGTH)
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
    model = keras.Sequential(
        [
            keras.layers.Input((40,), dtype="int32"),
            keras.layers.Embedding(KEPT, 16, name="words"),
            keras.layers.GlobalAveragePooling1D(),
            keras.layers.Dense(classes, activation="softmax"),
        ]
    )
    adam = keras.optimizers.Adam(0.01)
    model.compile(adam, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def words_study(data: dure.Data, name: str, quick: bool = False) -> dure.Study:
    """Networks that have to learn a vector for each word."""
    return dure.Study(
        build_averaging,
        data,
        {"averaging": {"classes": len(data.class_names or ())}},
        seeds=2 if quick else 5,
        validation_split=0.2,
        epochs=3 if quick else 10,
        batch_size=64,
        name=name,
    )


def seconds_an_epoch(page: Page) -> dict[str, list[float]]:
    """Of one network at a time, the codings in turn, so that what else runs slows both."""
    found: dict[str, list[float]] = {coding: [] for coding in NOTES}
    for turn in range(2 if page.quick else 5):
        for coding, values in found.items():
            name = f"{coding}-alone-{turn}"
            asked = study(page.quick, coding)
            alone = replace(asked, seeds=[turn], epochs=4, callbacks=(), name=name)
            lanes = page.run(alone).lanes
            values.append(float((lanes["seconds"] / lanes["epochs"]).mean()))
    return found


def compare(page: Page) -> None:
    """Both codings on the same seeds: parameters, accuracy, seconds, bytes."""
    accuracy, seconds = {}, seconds_an_epoch(page)
    for coding, note in NOTES.items():
        asked = study(page.quick, coding)
        result = page.run(asked)
        parameters = result.best().model().count_params()
        page.fact(f"parameters_{coding}", parameters)
        page.say(
            say(
                "{coding}: {count:,} parameters, as in the note ({note:,}).",
                **{"coding": coding, "count": parameters, "note": note["parameters"]},
            )
        )
        what = say("validation accuracy, {coding}", coding=coding)
        page.compare(what, note["accuracy"], result, "val_accuracy")
        reached = accuracy[coding] = result.at_best("val_accuracy").values.ravel()
        whole = 20_000 / len(asked.splits[0].train) * float(np.mean(seconds[coding]))
        page.say(
            say(
                "{coding}: single runs reach from {least:.3f} to {most:.3f}; {seconds:.2g} s an "
                "epoch of 20,000 reviews, the note's machine: {note} s.",
                **{"coding": coding, "least": np.nanmin(reached), "most": np.nanmax(reached)},
                **{"seconds": whole, "note": note["seconds"]},
            )
        )
    tell_sizes(page)
    tell_differences(page, accuracy, seconds)


def tell_sizes(page: Page) -> None:
    """Bytes of the notes' reviews, as one-hot arrays and as integers."""
    sizes = [20_000 * LENGTH * WORDS * 4, 20_000 * LENGTH * 4]
    page.fact("bytes", sizes)
    page.say(
        say(
            "20,000 reviews of {length} words: {one_hot:,.0f} MB as one-hot float32 arrays, "
            "{integers:,.0f} MB as integers, which is what both codings read here.",
            length=LENGTH,
            one_hot=sizes[0] / 1e6,
            integers=sizes[1] / 1e6,
        )
    )


def tell_differences(page: Page, accuracy: dict[str, Any], seconds: dict[str, Any]) -> None:
    """The codings' difference in accuracy and in seconds, by coding with a value a network."""
    panels: dict[str, Any] = {
        say("validation accuracy"): accuracy,
        say("seconds an epoch, one network alone"): seconds,
    }
    for what, values in panels.items():
        found, verdict = difference(values["embedding"], values["one-hot"])
        page.fact(f"embedding minus one-hot, {what}", found[:3])
        page.say(say("Embedding minus one-hot, {what}: {verdict}.", what=what, verdict=verdict))
    page.picture("beside", groups(panels))


def neighbours(page: Page, name: str, data: dure.Data, words: list[str]) -> None:
    """Neighbours of some words, and how many of them other seeds find too."""
    look = dure.look(page.run(words_study(data, name, page.quick)), data=data)
    found = look.neighbours(words, count=NEAREST)
    page.picture(f"neighbours-{name}", look.draw.of(found))
    plane = look.embedding_map()
    page.picture(f"map-{name}", look.draw.of(plane))
    lists = found["neighbour"].transpose("lane", "word", "rank").values
    nearest = "; ".join(f"{w}: {', '.join(lists[0, i, :4])}" for i, w in enumerate(words[:4]))
    page.say(
        say("{name}, nearest in the first network. {words}.", **{"name": name, "words": nearest})
    )
    shared = [
        len(set(a) & set(b))
        for place, first in enumerate(lists)
        for second in lists[:place]
        for a, b in zip(first, second, strict=True)
    ]
    page.fact(f"shared_{name}", np.mean(shared))
    explained = float(np.ravel(plane.attrs["explained"])[0])
    page.fact(f"first_component_{name}", explained)
    page.say(
        say(
            "{name}: of the {nearest} nearest another network has {shared:.1f} too (mean over "
            "words and pairs of networks; by chance {chance:.2f}). {explained:.0%} of what tells "
            "the commonest words apart is one line, for {classes} classes.",
            **{"name": name, "nearest": NEAREST, "shared": np.mean(shared)},
            **{"chance": NEAREST**2 / KEPT, "explained": explained},
            classes=len(data.class_names or ()),
        )
    )


def show(page: Page) -> None:
    """Compare the codings; then what an Embedding learns for two classes and for 46."""
    compare(page)
    wires = dure.data.reuters(num_words=KEPT, maxlen=40)
    neighbours(page, "newswires", wires, MARKETS)
    lines = film_lines()
    if lines is not None:
        films = dure.data.from_texts(lines, num_words=KEPT, maxlen=40)
        neighbours(page, "film-lines", films, OPINIONS)
