"""A7. Underfitting and overfitting: loss against epochs, and against the size of the network.

The note draws training and validation loss of one network over its epochs, and again over ever
larger networks, and tells where each turns. Dure trains every size from several seeds: the epoch at
which validation turns, and what is gained by a larger network, have intervals. Only a hundred
digits train, few enough to be learnt by heart; 400 validate.
"""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

import dure
from dure.core.backend import keras
from dure.core.palette import COLOURS
from dure.core.types import Floats
from dure.gallery.page import Page
from dure.messages.message import Message, as_is, joined, say
from dure.plots.lines import mean_line
from dure.plots.style import TITLE, drawing, dressed
from dure.result import Result
from dure.stats.intervals import interval_texts, mean_interval

UNITS = (2, 4, 8, 16, 64, 256)


def build(units: int = 16) -> keras.Model:
    """One hidden layer."""
    model = keras.Sequential(
        [
            keras.layers.Input((8, 8, 1)),
            keras.layers.Flatten(),
            keras.layers.Dense(units, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(
        keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return model


def study(quick: bool = False) -> dure.Study:
    """Every size on the same hundred digits; no early stopping, for overfitting is to be seen."""
    return dure.Study(
        build,
        dure.data.digits().take(slice(500)),
        variants={"units": [2, 16, 256] if quick else UNITS},
        seeds=5 if quick else 10,
        validation_split=0.8,
        epochs=50 if quick else 100,
        batch_size=10,
        name="sizes",
    )


def losses(result: Result) -> dict[str, Floats]:
    """Losses of each size and seed, shape [size, seed]: at the end and where validation turned."""
    end = result.curves.isel(fold=0, epoch=-1).transpose("variant", "seed")
    turn = result.at_best("val_loss").isel(fold=0).transpose("variant", "seed")
    best = result.lanes.pivot(index="variant", columns="seed", values="best_epoch")
    return {
        "training, last epoch": end["loss"].values,
        "validation, last epoch": end["val_loss"].values,
        "validation, where it turned": turn.values,
        "epoch": best.loc[result.variants].to_numpy(dtype=np.float64),
    }


@drawing
def draw(result: Result, units: list[int], known: dict[str, Floats]) -> Figure:
    """Loss against epochs for a small, a middling and a large network, and against size."""
    figure = Figure(figsize=(14, 4), layout="constrained")
    *panels, last = figure.subplots(1, 4)
    shown = [0, units.index(16), len(units) - 1]
    curves = result.curves.isel(fold=0).transpose("variant", "seed", "epoch")
    for axes, place in zip(panels, shown, strict=True):
        for name, label, colour in (
            ("loss", "training", COLOURS[1]),
            ("val_loss", "validation", COLOURS[0]),
        ):
            mean_line(axes, curves["epoch"], curves[name].values[place], colour, label)
        mean, low, high = mean_interval(known["epoch"][place][:, None])[:3]
        axes.axvline(mean, color="0.4", linestyle=":", label="validation turns")
        axes.axvspan(max(low, 1), min(high, curves.sizes["epoch"]), color="0.6", alpha=0.2, lw=0)
        axes.set_title(f"{units[place]} units", fontsize=TITLE)
        dressed(axes, "epoch", "loss").set_ylim(0, 2.5)
    for (label, values), colour in zip(known.items(), (COLOURS[1], *COLOURS[0:3:2]), strict=False):
        mean_line(last, units, values.T, colour, label, marker="o", markersize=4)
    last.set_title("against size", fontsize=TITLE)
    dressed(last, "hidden units", "loss").set_ylim(0, 2.5)
    last.set_xscale("log", base=2)
    last.set_xticks(units, [str(size) for size in units])
    for axes in (panels[0], last):
        axes.legend(frameon=False, fontsize=8)
    return figure


def show(page: Page) -> None:
    """Train every size, draw loss against epochs and size, and say where validation turns."""
    result = page.run(study(page.quick))
    units = [int(name.removeprefix("units=")) for name in result.variants]
    known = losses(result)
    page.picture("loss-against-epochs-and-size", draw(result, units, known))
    for label, values in known.items():
        page.fact(label.replace(",", "").replace(" ", "_"), values)
    page.fact("units", units)
    for place, size in enumerate(units):
        training, end, turn, epoch = (_describe(values[place]) for values in known.values())
        surely = mean_interval(known["epoch"][place][:, None]).high < result.curves.sizes["epoch"]
        line = say(
            "{units} units: training loss ends at {training}; validation turns at epoch {epoch} at "
            "{turn} and ends at {end}.",
            **{"units": size, "training": training, "epoch": epoch, "turn": turn, "end": end},
        )
        unsure = as_is("") if surely else say("Whether it turns at all cannot be told.")
        page.say(joined((line, unsure)))
    _tell_sizes(page, units, known)


def _tell_sizes(page: Page, units: list[int], known: dict[str, Floats]) -> None:
    """Say what the fewest and the most units cost against 16."""
    middle = units.index(16)
    for place in (0, -1):
        for label in (say("validation, where it turned"), say("validation, last epoch")):
            verdict = _verdict(known[label][place] - known[label][middle])
            told = {"units": str(units[place]), "label": label, "verdict": verdict}
            page.say(
                say(
                    "{units} units (too few) against 16 on the same seeds, loss of {label}: "
                    "{verdict}.",
                    **told,
                )
                if place == 0
                else say(
                    "{units} units (more than needed to learn the rows by heart) against 16 on the "
                    "same seeds, loss of {label}: {verdict}.",
                    **told,
                )
            )


def _verdict(gap: Floats) -> Message:
    """The difference of two losses of the same seeds, shape [seed], in words."""
    low, high = mean_interval(gap[:, None])[1:3]
    if low <= 0 <= high:
        return say("{gap}, cannot tell", gap=_describe(gap))
    return (
        say("{gap}, worse", gap=_describe(gap))
        if low > 0
        else say("{gap}, better", gap=_describe(gap))
    )


def _describe(values: Floats) -> str:
    return interval_texts([mean_interval(values[:, None])[:3]])[0]
