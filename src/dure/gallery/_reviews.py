"""What rows D2 to D7 share: how reviews are trained on, and what is told of it."""

from __future__ import annotations

from dure._backend import require_jax_backend

require_jax_backend()

import math  # noqa: E402
from collections.abc import Callable, Mapping, Sequence  # noqa: E402
from typing import Any  # noqa: E402

import keras  # noqa: E402
import numpy as np  # noqa: E402

import dure  # noqa: E402
from dure.gallery._lanes_told import difference, over_lanes, told  # noqa: E402
from dure.gallery.page import Comparison, Page  # noqa: E402
from dure.view import figures  # noqa: E402

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
    page.say(
        f"{_of(result, variant)}{count:,} parameters"
        + (f", as in the note ({note:,})." if count == note else ".")
    )


def tell_training(
    page: Page,
    result: dure.Result,
    asked: dure.Study,
    note_epoch: Mapping[str, int] | None = None,
    note_seconds: Mapping[str, float] | None = None,
) -> None:
    """The loss; for each variant its best epoch and seconds an epoch, beside the note's if told."""
    page.picture("loss", figures.curves(result, "loss"))
    rows = asked.splits[0].train.size
    steps, note_steps = updates(rows), updates(NOTE_ROWS)
    page.fact("training_rows", rows)
    page.fact("updates_per_epoch", steps)
    if steps != note_steps:
        page.say(
            f"An epoch is {rows:,} reviews, {steps} updates (notes: {NOTE_ROWS:,} and "
            f"{note_steps}); "
            + ("a quick run has few of them." if page.quick else
               "epochs and patience are longer by as much.")
        )  # fmt: skip
    for variant in result.variants:
        lanes = result.lanes[result.lanes["variant"] == variant]
        best = over_lanes(lanes["best_epoch"].to_numpy(np.float64, na_value=np.nan))
        accuracy = result.at_best("val_accuracy").sel(variant=variant).values
        stuck = int((accuracy < NEAR_CHANCE).sum())
        page.fact(f"near_chance {variant}", stuck)
        each = over_lanes(lanes["seconds"] / lanes["epochs"])
        page.fact(f"seconds_per_epoch {variant}", each.mean)
        epoch, seconds = (note_epoch or {}).get(variant), (note_seconds or {}).get(variant)
        if epoch is not None:
            mean, low, high = (value * steps for value in best[:3])
            what = f"updates until the least validation loss{_behind(result, variant)}"
            page.comparisons.append(Comparison(what, epoch * note_steps, mean, low, high, best.n))
        page.say(
            f"{_of(result, variant)}best epoch {told(best)}, after {best.mean * steps:,.0f} updates"
            + (f"; the note's one run: {epoch}, after {epoch * note_steps:,}" if epoch else "")
            + f"; validation accuracy there from {np.nanmin(accuracy):.2f} in the worst network to "
            f"{np.nanmax(accuracy):.2f} in the best; {stuck} of {accuracy.size} stay below "
            f"{NEAR_CHANCE}."
        )
        page.say(
            f"{_of(result, variant)}{each.mean:.3f} s an epoch and network, "
            f"{each.mean * NOTE_ROWS / rows:.2f} s were it {NOTE_ROWS:,} reviews"
            + (f"; the note: {seconds:g} s." if seconds else ".")
        )


def tell_reached(page: Page, result: dure.Result, variant: str) -> None:
    """Validation at the best epoch and the test set of a variant the notes give no figures of."""
    metrics = ("val_accuracy", "val_loss", "test_accuracy")
    found = {name: over_lanes(result.at_best(name).sel(variant=variant)) for name in metrics}
    for name, interval in found.items():
        page.fact(f"{name} {variant}", interval.mean)
    page.say(
        f"{_of(result, variant)}validation accuracy {told(found['val_accuracy'])}, loss "
        f"{told(found['val_loss'])} at each network's best epoch; test accuracy "
        f"{told(found['test_accuracy'])}. {found['val_loss'].n} networks."
    )


def tell_difference(page: Page, result: dure.Result, first: str, second: str) -> None:
    """Validation loss and accuracy of one variant against another, over the same seeds."""
    for metric in ("val_loss", "val_accuracy"):
        values = result.at_best(metric)
        found, verdict = difference(values.sel(variant=first), values.sel(variant=second))
        page.fact(f"{metric} difference", found[:3])
        page.say(f"{metric} of {first} less that of {second}: {verdict}.")


def _of(result: dure.Result, variant: str) -> str:
    return f"{variant}: " if len(result.variants) > 1 else ""


def _behind(result: dure.Result, variant: str) -> str:
    return f", {variant}" if len(result.variants) > 1 else ""
