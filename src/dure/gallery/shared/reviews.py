"""What rows D2 to D7 share: how reviews are trained on, and the questions asked of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

import dure
from dure.core.backend import keras
from dure.gallery.page import RowPage, interval_of, interval_text, of_variant
from dure.messages.message import as_is, say

BATCH, HELD, PATIENCE, EPOCHS = 64, 0.2, 3, 100
NOTE_ROWS = 20_000
"""Reviews the notes train on, 20 % of 25,000 being held for validation."""
NEAR_CHANCE = 0.6
"""Validation accuracy below which a network is counted as having learned next to nothing."""
_QUICK_ROWS = 1_500


def study(
    build: Callable[..., keras.Model],
    name: str,
    quick: bool,
    num_words: int,
    variants: Mapping[str, Sequence[Any]],
    seeds: int = 5,
) -> dure.Study:
    """The notes' settings: 100 words, 20 % validation, batch 64, early stopping, best weights.

    Up to 100 epochs with patience 3 on the full set. Epochs of an excerpt have fewer updates, so
    that as many more epochs, and as much more patience, make the same number of updates.
    """
    data = dure.data.imdb(num_words=num_words, maxlen=100)
    if quick:
        data = data.take(slice(_QUICK_ROWS))
    longer = max(1, round(NOTE_ROWS / ((1 - HELD) * data.rows)))
    patience = PATIENCE * longer
    return dure.Study(
        build,
        data,
        variants,
        seeds=2 if quick else seeds,
        validation_split=HELD,
        epochs=4 if quick else EPOCHS * longer,
        batch_size=BATCH,
        callbacks=[keras.callbacks.EarlyStopping(patience=patience, restore_best_weights=True)],
        name=name,
    )


def reader(*layers: keras.Layer) -> keras.Model:
    """A network of these layers on 100 words, one sigmoid behind them, compiled as in the notes."""
    output = keras.layers.Dense(1, activation="sigmoid")
    model = keras.Sequential([keras.layers.Input((100,), dtype="int32"), *layers, output])
    model.compile(keras.optimizers.RMSprop(1e-4), "binary_crossentropy", metrics=["accuracy"])
    return model


def updates(rows: float) -> int:
    """Updates in an epoch of so many training rows."""
    return math.ceil(rows / BATCH)


def ask(
    page: RowPage,
    result: dure.Result,
    asked: dure.Study,
    parameters: int | None = None,
    note_epoch: Mapping[str, int] | None = None,
    note_seconds: Mapping[str, float] | None = None,
) -> None:
    """What is asked of every row: size, how good, which is better, how long, beside the notes.

    Parameters
    ----------
    parameters
        The notes' count for the first variant.
    note_epoch, note_seconds
        By variant the notes' best epoch, and seconds an epoch.
    """
    page.curves(result, "loss")
    rows = asked.splits[0].train.size
    steps, note_steps = updates(rows), updates(NOTE_ROWS)
    page.fact("training_rows", rows)
    page.fact("updates_per_epoch", steps)
    if steps != note_steps:
        page.say(
            "An epoch is {rows:,} reviews, {steps} updates (notes: {note_rows:,} and "
            "{note_steps}); but in a quick run, epochs and patience are longer by as much.",
            rows=rows,
            steps=steps,
            note_rows=NOTE_ROWS,
            note_steps=note_steps,
        )
    for variant in result.variants:
        page.parameters(result, variant, parameters if variant == result.variants[0] else None)
        _tell_reached(page, result, variant)
        _tell_best(page, result, variant, steps, (note_epoch or {}).get(variant))
        _tell_seconds(page, result, variant, rows, (note_seconds or {}).get(variant))
    if len(result.variants) > 1:
        for metric in ("val_loss", "val_accuracy"):
            page.compare(result.compare(metric, baseline=result.variants[-1]))


def _tell_reached(page: RowPage, result: dure.Result, variant: str) -> None:
    """Validation at the best epoch, and the test set."""
    metrics = {"accuracy": "val_accuracy", "loss": "val_loss", "test": "test_accuracy"}
    values = {name: result.at_best(metric).sel(variant=variant) for name, metric in metrics.items()}
    texts = {name: page.interval(f"{metrics[name]} {variant}", one) for name, one in values.items()}
    line = say(
        "validation accuracy {accuracy}, loss {loss} at each network's best epoch; test accuracy "
        "{test}. {networks} networks.",
        accuracy=texts["accuracy"],
        loss=texts["loss"],
        test=texts["test"],
        networks=interval_of(values["loss"]).n,
    )
    page.say(of_variant(result, variant) + line)


def _tell_best(
    page: RowPage, result: dure.Result, variant: str, steps: int, note: int | None
) -> None:
    """The best epoch, beside the note's if told, and the validation accuracy there."""
    lanes = result.lanes[result.lanes["variant"] == variant]
    best = interval_of(lanes["best_epoch"].to_numpy(np.float64, na_value=np.nan))
    accuracy = result.at_best("val_accuracy").sel(variant=variant).values
    stuck = int((accuracy < NEAR_CHANCE).sum())
    page.fact(f"near_chance {variant}", stuck)
    theirs = as_is("")
    if note is not None:
        after = note * updates(NOTE_ROWS)
        theirs = say("; the note's one run: {epoch}, after {updates:,}", epoch=note, updates=after)
        what = say("updates until the least validation loss")
        if len(result.variants) > 1:
            what = say("updates until the least validation loss, {variant}", variant=variant)
        page.beside(what, after, best, steps)
    line = say(
        "best epoch {epoch}, after {updates:,.0f} updates{theirs}; validation accuracy there from "
        "{worst:.2f} in the worst network to {best:.2f} in the best; {stuck} of {networks} stay "
        "below {chance}.",
        epoch=interval_text(best),
        updates=best.mean * steps,
        theirs=theirs,
        worst=np.nanmin(accuracy),
        best=np.nanmax(accuracy),
        stuck=stuck,
        networks=accuracy.size,
        chance=NEAR_CHANCE,
    )
    page.say(of_variant(result, variant) + line)


def _tell_seconds(
    page: RowPage, result: dure.Result, variant: str, rows: int, note: float | None
) -> None:
    """Seconds an epoch, and what as many rows as the notes' would take."""
    lanes = result.lanes[result.lanes["variant"] == variant]
    each = float((lanes["seconds"] / lanes["epochs"]).mean())
    page.fact(f"seconds_per_epoch {variant}", each)
    line = say(
        "{seconds:.3f} s an epoch and network, {full:.2f} s were it {rows:,} reviews{note}.",
        seconds=each,
        full=each * NOTE_ROWS / rows,
        rows=NOTE_ROWS,
        note=say("; the note: {note:g} s", note=note) if note else "",
    )
    page.say(of_variant(result, variant) + line)
