"""C1. A small convolutional network on clothing overfits; Dropout of 0.5 is to mend it.

The notes train it for 20 epochs, see validation loss turn up while training loss goes on falling,
put a Dropout of 0.5 behind Flatten, and judge by two curves of one run each. Here both networks
train on the same seeds (same first weights, same order of batches), so that their difference is
taken seed by seed and comes with an interval.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import dure
from dure.core.backend import keras
from dure.gallery.page import Page
from dure.gallery.shared.lanes_text import difference, over_lanes, told
from dure.messages.message import Message, say
from dure.plots import curves

PARAMETERS = (100, 196_100, 1_010)


def build(dropout: float = 0.0) -> keras.Model:
    """Conv 10 of 3 x 3, MaxPool 2, Flatten, (Dropout,) Dense 100, Dense 10."""
    model = keras.Sequential([keras.layers.Input((28, 28, 1))])
    model.add(keras.layers.Conv2D(10, 3, activation="relu", padding="same"))
    model.add(keras.layers.MaxPooling2D(2))
    model.add(keras.layers.Flatten())
    if dropout:
        model.add(keras.layers.Dropout(dropout))
    model.add(keras.layers.Dense(100, activation="relu"))
    model.add(keras.layers.Dense(10, activation="softmax"))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def few(data: dure.Data, rows: int, test_rows: int = 200) -> dure.Data:
    """The first rows only, for quick runs; whatever is shown of them says "excerpt"."""
    assert data.test is not None
    x, y = (np.asarray(part)[:test_rows] for part in data.test[:2])
    source = f"{data.source}; the first {rows} rows and {len(x)} test rows"
    return replace(data.take(slice(rows)), test=(x, y), source=source, excerpt=True)


def study(quick: bool = False) -> dure.Study:
    """Both networks, without early stopping: to see overfitting is the point."""
    data = dure.data.fashion_mnist()
    data = few(data, 400) if quick else data
    return dure.Study(
        build,
        data,
        {"plain": {}, "Dropout 0.5": {"dropout": 0.5}},
        seeds=2 if quick else 10,
        validation_split=0.2,
        # The note's 20 epochs are 30,000 updates; on an excerpt 20 epochs are 360, too few for
        # anything to be learnt by heart.
        epochs=20 if quick else 60 if data.excerpt else 20,
        name="small-cnn",
    )


def overfits(page: Page, result: dure.Result, variant: str) -> bool:
    """Say how validation loss of a variant runs, and whether it rises at the end."""
    curve = result.curves["val_loss"].sel(variant=variant)
    fifth = max(1, curve.sizes["epoch"] // 5)
    # Two stretches fixed beforehand: unlike "last minus least" this is 0 on average for noise.
    late = curve.isel(epoch=slice(-fifth, None)).mean("epoch")
    trend, verdict = difference(late, curve.isel(epoch=slice(-2 * fifth, -fifth)).mean("epoch"))
    gap = over_lanes((curve - result.curves["loss"].sel(variant=variant)).isel(epoch=-1))
    mine = result.lanes[result.lanes["variant"] == variant]
    least = over_lanes(mine["best_epoch"].to_numpy(float, na_value=np.nan))
    page.fact(f"rise of {variant}", trend[:3])
    known = {"variant": variant, "least": told(least), "gap": told(gap), "verdict": verdict}
    page.say(
        say(
            "{variant}: overfits. Validation loss is least at epoch {least} and ends {gap} above "
            "training loss; last fifth of the epochs against the fifth before: {verdict}.",
            **known,
        )
        if trend.low > 0
        else say(
            "{variant}: no overfitting can be told. Validation loss is least at epoch {least} and "
            "ends {gap} above training loss; last fifth of the epochs against the fifth before: "
            "{verdict}.",
            **known,
        )
    )
    return trend.low > 0


def show(page: Page) -> None:
    """Train both, and say for each whether it overfits and for the pair what Dropout changes."""
    result = page.run(study(page.quick))
    model = result.best(variant="plain").model()
    counts = [layer.count_params() for layer in model.layers if layer.weights]
    page.fact("parameters by layer", counts)
    page.fact("parameters", sum(counts))
    page.say(
        say(
            "{sum} = {count:,} parameters (note: 197,210).",
            **{"sum": " + ".join(f"{n:,}" for n in counts), "count": sum(counts)},
        )
    )
    plain_overfits, mended_overfits = (overfits(page, result, name) for name in result.variants)
    last = result.curves.isel(epoch=-1)
    compared = {
        say("validation loss at the end"): last["val_loss"],
        say("validation loss at its best"): result.at_best("val_loss"),
        say("validation accuracy at the end"): last["val_accuracy"],
    }
    lower = []
    for what, values in compared.items():
        plain, mended = (values.sel(variant=variant, drop=True) for variant in result.variants)
        found, verdict = difference(mended, plain)
        lower.append(found.high < 0)
        page.fact(f"difference in {what}", found[:3])
        page.say(say("Dropout 0.5 minus plain, {what}: {verdict}.", what=what, verdict=verdict))
    page.say(_mended(plain_overfits, mended_overfits, at_end=lower[0], at_best=lower[1]))
    page.picture("loss", curves.curves(result, "loss"))
    page.picture("accuracy", curves.curves(result, "accuracy"))


def _mended(before: bool, after: bool, *, at_end: bool, at_best: bool) -> Message:
    """Whether Dropout really mends overfitting, in a sentence."""
    if not before:
        return say(
            "There is no overfitting here that Dropout could mend: more epochs, or more seeds."
        )
    if not at_end:
        return say("Whether Dropout mends overfitting cannot be told from these seeds.")
    much = say("Dropout mends overfitting")
    if after:
        much = say("Dropout lessens overfitting, and it does not end it")
    best = say("validation loss at its best is not lower: stopping early does as well")
    if at_best:
        best = say("validation loss at its best is lower, too")
    return say("{dropout}; {best}.", dropout=much, best=best)
