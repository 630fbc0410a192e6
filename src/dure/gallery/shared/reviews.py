"""What rows D2 to D7 share: how reviews are trained on, and what is told of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

import dure
from dure.core.backend import keras
from dure.gallery.page import Comparison, Page
from dure.gallery.shared.lanes_text import difference, over_lanes, told
from dure.messages.message import Message, as_is, say
from dure.plots import curves

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


def updates(rows: float) -> int:
    """Updates in an epoch of so many training rows."""
    return math.ceil(rows / BATCH)


def tell_parameters(page: Page, result: dure.Result, variant: str, note: int | None = None) -> None:
    """Count the parameters of a variant."""
    count = result.best(variant=variant).model().count_params()
    behind = "" if variant == result.variants[0] else f" {variant}"
    page.fact(f"parameters{behind}", count)
    line = say("{count:,} parameters.", count=count)
    if count == note:
        line = say("{count:,} parameters, as in the note ({note:,}).", count=count, note=note)
    page.say(_of(result, variant) + line)


def tell_training(
    page: Page,
    result: dure.Result,
    asked: dure.Study,
    note_epoch: Mapping[str, int] | None = None,
    note_seconds: Mapping[str, float] | None = None,
) -> None:
    """The loss; for each variant its best epoch and seconds an epoch, beside the note's if told."""
    page.picture("loss", curves.curves(result, "loss"))
    rows = asked.splits[0].train.size
    steps, note_steps = updates(rows), updates(NOTE_ROWS)
    page.fact("training_rows", rows)
    page.fact("updates_per_epoch", steps)
    if steps != note_steps:
        known = {"rows": rows, "steps": steps, "note_rows": NOTE_ROWS, "note_steps": note_steps}
        page.say(
            say(
                "An epoch is {rows:,} reviews, {steps} updates (notes: {note_rows:,} and "
                "{note_steps}); a quick run has few of them.",
                **known,
            )
            if page.quick
            else say(
                "An epoch is {rows:,} reviews, {steps} updates (notes: {note_rows:,} and "
                "{note_steps}); epochs and patience are longer by as much.",
                **known,
            )
        )
    for variant in result.variants:
        epoch, seconds = (note_epoch or {}).get(variant), (note_seconds or {}).get(variant)
        _tell_best(page, result, variant, steps, epoch)
        lanes = result.lanes[result.lanes["variant"] == variant]
        each = over_lanes(lanes["seconds"] / lanes["epochs"])
        page.fact(f"seconds_per_epoch {variant}", each.mean)
        page.say(_of(result, variant) + _seconds(each.mean, rows, seconds))


def _tell_best(page: Page, result: dure.Result, variant: str, steps: int, note: int | None) -> None:
    """The best epoch, beside the note's if told, and the validation accuracy there."""
    lanes = result.lanes[result.lanes["variant"] == variant]
    best = over_lanes(lanes["best_epoch"].to_numpy(np.float64, na_value=np.nan))
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
        mean, low, high = (value * steps for value in best[:3])
        page.comparisons.append(Comparison(what, after, mean, low, high, best.n))
    page.say(
        _of(result, variant)
        + say(
            "best epoch {epoch}, after {updates:,.0f} updates{theirs}; validation accuracy there "
            "from {worst:.2f} in the worst network to {best:.2f} in the best; {stuck} of "
            "{networks} stay below {chance}.",
            **{"epoch": told(best), "updates": best.mean * steps, "theirs": theirs},
            **{"worst": np.nanmin(accuracy), "best": np.nanmax(accuracy), "stuck": stuck},
            **{"networks": accuracy.size, "chance": NEAR_CHANCE},
        )
    )


def _seconds(each: float, rows: int, note: float | None) -> Message:
    """Seconds an epoch, and what as many rows as the notes' would take."""
    known = {"seconds": each, "full": each * NOTE_ROWS / rows, "rows": NOTE_ROWS}
    if not note:
        return say(
            "{seconds:.3f} s an epoch and network, {full:.2f} s were it {rows:,} reviews.", **known
        )
    return say(
        "{seconds:.3f} s an epoch and network, {full:.2f} s were it {rows:,} reviews; the note: "
        "{note:g} s.",
        **known,
        note=note,
    )


def tell_reached(page: Page, result: dure.Result, variant: str) -> None:
    """Validation at the best epoch and the test set of a variant the notes give no figures of."""
    metrics = ("val_accuracy", "val_loss", "test_accuracy")
    found = {name: over_lanes(result.at_best(name).sel(variant=variant)) for name in metrics}
    for name, interval in found.items():
        page.fact(f"{name} {variant}", interval.mean)
    page.say(
        _of(result, variant)
        + say(
            "validation accuracy {accuracy}, loss {loss} at each network's best epoch; test "
            "accuracy {test}. {networks} networks.",
            **{"accuracy": told(found["val_accuracy"]), "loss": told(found["val_loss"])},
            **{"test": told(found["test_accuracy"]), "networks": found["val_loss"].n},
        )
    )


def tell_difference(page: Page, result: dure.Result, first: str, second: str) -> None:
    """Validation loss and accuracy of one variant against another, over the same seeds."""
    for metric in ("val_loss", "val_accuracy"):
        values = result.at_best(metric)
        found, verdict = difference(values.sel(variant=first), values.sel(variant=second))
        page.fact(f"{metric} difference", found[:3])
        page.say(
            say(
                "{metric} of {first} less that of {second}: {verdict}.",
                **{"metric": metric, "first": first, "second": second, "verdict": verdict},
            )
        )


def _of(result: dure.Result, variant: str) -> Message:
    return as_is(f"{variant}: " if len(result.variants) > 1 else "")
