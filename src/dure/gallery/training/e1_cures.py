"""E1. Cures for overfitting, each tried against the same baseline on the same seeds.

The note lists what helps against overfitting: more data, made-up data (turned, shifted, noisy
pictures), a smaller network, L1, L2, Dropout. It tells, and shows no two of them side by side. Here
a network learns a hundred pictures of clothing by heart, and each cure changes one thing of it.
The same 300 rows validate all of them, so every effect is a difference seed by seed, with an
interval: after the last epoch (is the overfitting mended?), and at each network's own best epoch
(is there anything left to gain for those who stop in time?).

What is compared is the bare cross-entropy: `val_loss` holds the penalties of L1 and L2 as well.
The gap between validation and training rows is read from the trained networks, because the training
loss on the way is measured with Dropout, noise and turned pictures in it. Augmentation is Keras'
own layers, which act in training only. Noise as a cure: Bishop 1995, "Training with noise is
equivalent to Tikhonov regularization"; Dropout: Srivastava et al. 2014.
"""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

import dure
from dure.analysis.comparison.table import Comparison
from dure.core.backend import keras
from dure.core.types import Floats
from dure.gallery.page import Page
from dure.gallery.plots.effects import effects
from dure.gallery.plots.panels import Line, Scale, panels
from dure.gallery.shared.comparison_text import tell_compared
from dure.gallery.shared.lanes_text import difference, over_lanes, told
from dure.messages.message import say
from dure.result import Result

ROWS, MORE, VALIDATION = 100, 400, 300
METRIC = "val_cross_entropy"
BASELINE, MORE_ROWS = "no cure", "four times the rows"
CURES: dict[str, dict[str, float]] = {
    BASELINE: {},
    "turn by up to 10 degrees": {"turn": 10.0},
    "shift by up to 2 pixels": {"shift": 2 / 28},
    "noise of 0.2": {"noise": 0.2},
    "turn, shift and noise": {"turn": 10.0, "shift": 2 / 28, "noise": 0.2},
    "smaller: 32 units": {"units": 32},
    "L1 of 0.001": {"l1": 1e-3},
    "L2 of 0.01": {"l2": 1e-2},
    "Dropout of 0.5": {"dropout": 0.5},
}
IN_QUICK = (BASELINE, "noise of 0.2", "Dropout of 0.5")
BEST, LAST = say("at each one's best epoch"), "after the last epoch"


def build(
    units: int = 256,
    turn: float = 0.0,
    shift: float = 0.0,
    noise: float = 0.0,
    l1: float = 0.0,
    l2: float = 0.0,
    dropout: float = 0.0,
) -> keras.Model:
    """One hidden layer; `turn` in degrees, `shift` as a share of the picture's side."""
    penalty = keras.regularizers.L1L2(l1, l2) if l1 or l2 else None
    # Made before the cures, which draw seeds of their own: first weights are those of the baseline.
    hidden = keras.layers.Dense(units, activation="relu", kernel_regularizer=penalty)
    output = keras.layers.Dense(10, activation="softmax")
    model = keras.Sequential([keras.layers.Input((28, 28, 1))])
    if turn:
        model.add(keras.layers.RandomRotation(turn / 360, fill_mode="constant"))
    if shift:
        model.add(keras.layers.RandomTranslation(shift, shift, fill_mode="constant"))
    if noise:
        model.add(keras.layers.GaussianNoise(noise))
    model.add(keras.layers.Flatten())
    model.add(hidden)
    if dropout:
        model.add(keras.layers.Dropout(dropout))
    model.add(output)
    entropy = keras.metrics.SparseCategoricalCrossentropy(name="cross_entropy")
    model.compile("adam", "sparse_categorical_crossentropy", metrics=[entropy])
    return model


def study(quick: bool = False, rows: int = ROWS) -> dure.Study:
    """All cures on the first `rows` pictures; with more rows than `ROWS` the baseline alone."""
    clothes = dure.data.fashion_mnist()
    assert clothes.y is not None
    cures = {name: CURES[name] for name in (IN_QUICK if quick else CURES)}
    epochs = 40 if quick else 100
    # Never stops: it says which metric decides the best epoch.
    watch = keras.callbacks.EarlyStopping(METRIC, patience=epochs, mode="min")
    return dure.Study(
        build,
        clothes.take(slice(rows)),
        cures if rows == ROWS else {MORE_ROWS: {}},
        seeds=3 if quick else 10,
        validation_data=(clothes.x[-VALIDATION:], clothes.y[-VALIDATION:]),
        epochs=epochs,
        batch_size=10,
        callbacks=[watch],
        name="cures" if rows == ROWS else "more-rows",
    )


def entropies(result: Result) -> dict[str, dict[str, Floats]]:
    """By variant the validation cross-entropy of each seed at its best epoch and at the last."""
    best, last = result.at_best(METRIC), result.curves[METRIC].isel(epoch=-1)
    return {
        name: {BEST: best.sel(variant=name).values[:, 0], LAST: last.sel(variant=name).values[:, 0]}
        for name in result.variants
    }


def gaps(
    result: Result, asked: dure.Study, best: dict[str, dict[str, Floats]]
) -> dict[str, Floats]:
    """By variant how much higher validation is than training rows at the best epoch, a seed each.

    Both are read without Dropout, noise or augmentation.
    """
    found = {}
    for name in result.variants:
        look = dure.look(result, x=asked.data.x, y=asked.data.y, variant=name)
        found[name] = best[name][BEST] - look.predictions()["loss"].mean("row").values
    return found


def show(page: Page) -> None:
    """Train all, tell the effect of each cure and the gap it leaves, draw effects and curves."""
    asked, more = study(page.quick), study(page.quick, MORE)
    result, larger = page.run(asked), page.run(more)
    known = entropies(result) | entropies(larger)
    gap = gaps(result, asked, known) | gaps(larger, more, known)
    base = known.pop(BASELINE)
    page.say(
        say(
            "{variant}: validation cross-entropy is {best} at each one's best epoch, {gap} above "
            "that of the {rows} training rows, and {last} after the last epoch.",
            variant=BASELINE,
            best=told(over_lanes(base[BEST])),
            gap=told(over_lanes(gap[BASELINE])),
            rows=ROWS,
            last=told(over_lanes(base[LAST])),
        )
    )
    page.fact("gaps", gap)
    tell_overfitting(page, result)
    drawn: dict[str, dict[str, Floats]] = {"stopping in time": {LAST: base[BEST] - base[LAST]}}
    for name, values in known.items():
        drawn[name] = {when: values[when] - base[when] for when in (BEST, LAST)}
        for when, apart in drawn[name].items():
            page.fact(f"{name}, {when}", over_lanes(apart)[:3])
    tell_last(page, known, base, gap)
    tell_best(page, result.compare(METRIC, baseline=BASELINE, other=larger))
    notes = [
        f"{asked.data.source}, {ROWS} rows. Cure minus baseline on the same seed; left of 0 "
        "the cure is better."
    ]
    page.picture(
        "effects",
        effects(
            drawn,
            "Cures for overfitting",
            "validation cross-entropy, difference to the baseline",
            notes,
        ),
    )
    page.picture("curves", draw_curves(result, larger))


def tell_last(
    page: Page,
    known: dict[str, dict[str, Floats]],
    base: dict[str, Floats],
    gap: dict[str, Floats],
) -> None:
    """Each cure after the last epoch and its gap, against the baseline's; which are lower."""
    lower = []
    for name, values in known.items():
        found, verdict = difference(values[LAST], base[LAST])
        lower += [name] if found.high < 0 else []
        page.say(
            say(
                "{variant}: after the last epoch {last}; gap at each one's best epoch {gap}.",
                variant=name,
                last=verdict,
                gap=difference(gap[name], gap[BASELINE])[1],
            )
        )
    page.say(
        say(
            "Lower after the last epoch, each interval by itself: {names}.",
            names="; ".join(lower),
        )
        if lower
        else say("Lower after the last epoch, each interval by itself: none.")
    )


def tell_best(page: Page, compared: Comparison) -> None:
    """Every cure's verdict at the best epoch, and which of them are better."""
    tell_compared(page, BEST, compared)
    better = [pair.first for pair in compared.pairs if pair.verdict == "better"]
    cures = len(compared.pairs)
    page.say(
        say(
            "Better at each one's best epoch, corrected for {cures} cures: {names}.",
            cures=cures,
            names="; ".join(better),
        )
        if better
        else say("Better at each one's best epoch, corrected for {cures} cures: none.", cures=cures)
    )


def tell_overfitting(page: Page, result: Result) -> None:
    """Which networks overfit, and what training on gives away."""
    found = result.overfitting("cross_entropy")
    page.say(found.row(BASELINE).describe(found.tolerance, found.metric))
    page.fact("given away", found.row(BASELINE).given_away[:3])
    kinds = {row.variant: row.kind for row in found.rows}
    page.fact("kinds", kinds)
    cured = [name for name, kind in kinds.items() if kind in ("converged", "still falling")]
    page.say(
        say("Do not overfit within these epochs: {names}.", names=", ".join(cured))
        if cured
        else say("Do not overfit within these epochs: none that can be told.")
    )


def draw_curves(result: Result, larger: Result) -> Figure:
    """Validation cross-entropy of each cure against epochs, over that of the baseline."""
    curves = {
        name: Line(one.curves["epoch"], one.curves[METRIC].sel(variant=name, fold=1).values)
        for one in (result, larger)
        for name in one.variants
    }
    base = curves.pop(BASELINE)
    shown = {name: {"no cure": base, "the cure": line} for name, line in curves.items()}
    top = float(np.nanquantile(np.asarray(base.values), 0.99)) * 1.5
    scale = Scale("epoch", "validation cross-entropy", limits=(0.0, top), whole=True, marks=False)
    return panels(
        shown,
        scale,
        "Validation with and without each cure",
        ["Means over seeds with their 95 % interval."],
    )
