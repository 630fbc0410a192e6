"""E3. Exploding gradients: a recurrent network with and without clipping by norm.

The note says that gradients through many steps may explode, and that clipping by norm helps. Both
are measured. The cause: a recurrent network of rectified units whose matrix begins as `gain` times
the identity (Le, Jaitly and Hinton 2015, "A simple way to initialize recurrent networks of
rectified linear units") has a gradient that grows like gain^(2 steps). The cure: with gain 1 it
learns the adding problem over 50 steps with several bounds on the norm of its gradient (Pascanu,
Mikolov and Bengio 2013, "On the difficulty of training recurrent neural networks", algorithm 1).
"""

from __future__ import annotations

from typing import Any

import numpy as np

import dure
from dure.core.backend import keras
from dure.core.formatting import format_number
from dure.gallery.page import RowPage
from dure.gallery.plots.panels import PanelLine, PanelScale, panels
from dure.gallery.shared.values import share
from dure.messages.message import say
from dure.plots.layers import against_epoch

STEPS, RATE, GAINS, LENGTHS = 50, 0.01, (0.9, 1.0, 1.1), (10, 20, 40, 80)
NAIVE, JUMP = 1 / 24, 1.0
"""Loss of always answering the mean (see `dure.data.adding_problem`), and one 24 times as large."""
BASELINE = "no clipping"
CLIPS: dict[str, dict[str, float]] = {
    BASELINE: {},
    **{f"clipnorm {bound:g}": {"clipnorm": bound} for bound in (100.0, 10.0, 1.0, 0.1)},
    "global_clipnorm 0.1": {"global_clipnorm": 0.1},
}
IN_QUICK = (BASELINE, "clipnorm 10", "clipnorm 0.1")


def build(
    clipnorm: float | None = None, global_clipnorm: float | None = None, gain: float = 1.0
) -> keras.Model:
    """Thirty-two rectified units that begin by adding up what comes, times `gain`."""
    begin = {"kernel_initializer": keras.initializers.RandomNormal(stddev=0.1)}
    begin |= {"recurrent_initializer": keras.initializers.Identity(gain)}
    hidden = keras.layers.SimpleRNN(32, activation="relu", name="recurrent", **begin)
    layers = [keras.layers.Input((None, 2)), hidden, keras.layers.Dense(1, name="output")]
    model = keras.Sequential(layers)
    sgd = keras.optimizers.SGD(RATE, clipnorm=clipnorm, global_clipnorm=global_clipnorm)
    model.compile(sgd, "mse")
    return model


def study(quick: bool = False) -> dure.Study:
    """The same network with each bound, on the same seeds."""
    data = dure.data.adding_problem(1_000 if quick else 2_000, STEPS, test=0)
    clips = {name: CLIPS[name] for name in (IN_QUICK if quick else CLIPS)}
    terms = dict[str, Any](seeds=4 if quick else 10, epochs=8 if quick else 40, name="clipping")
    return dure.Study(build, data, clips, validation_split=0.2, **terms)


def show(page: RowPage) -> None:
    """Measure how gradients grow; train with each bound; tell which diverge and which learn."""
    result = page.run(study(page.quick))
    tell_growth(page)
    for name in result.variants:
        tell_training(page, result, name)
    page.compare(result.compare("val_loss", baseline=BASELINE), say("clipping"))
    lines = {
        name: {"a network": PanelLine(result.curves["epoch"], loss.values, each=True)}
        for name, loss in zip(result.variants, result.curves["loss"].sel(fold=1), strict=True)
    }
    scale = PanelScale("epoch", "training loss", "y", (1e-2, 1e4), (NAIVE, "the mean"), marks=False)
    page.picture("loss", panels(lines, scale, "Training loss; a line ends where it diverged"))
    page.picture("gradients", against_epoch(result.layer_curves, "gradient_norm"))


def tell_growth(page: RowPage) -> None:
    """The gradient before training against the number of steps; what a step multiplies it by."""
    lengths, seeds = (LENGTHS[::2], 2) if page.quick else (LENGTHS, 5)
    model, lines = build(), {}
    tasks = (dure.data.adding_problem(256, length, test=0) for length in lengths)
    looks = [dure.look(model, x=task.x, y=task.y) for task in tasks]
    for gain in GAINS:
        norms = np.zeros((seeds, len(lengths)))
        for seed, place in np.ndindex(*norms.shape):
            keras.utils.set_random_seed(seed)
            model.set_weights(build(gain=gain).get_weights())  # one model: compiled once a length
            norms[seed, place] = looks[place].gradients()["gradient"].sel(layer="recurrent")
        growth = (norms[:, -1] / norms[:, 0]) ** (1 / (lengths[-1] - lengths[0]))
        page.fact(f"growth at gain {gain:g}", growth)
        factor = page.interval(f"factor a step at gain {gain:g}", growth)
        page.say("Gain {gain:g}: a step multiplies the gradient by {by}.", gain=gain, by=factor)
        lines[f"gain {gain:g}"] = PanelLine(lengths, norms)
    scale = PanelScale("steps", "norm of the gradient", "y", whole=True)
    page.picture("growth", panels({"": lines}, scale, "Gradient before training against steps"))


def tell_training(page: RowPage, result: dure.Result, name: str) -> None:
    """How many networks diverge, jump and learn with one bound; their losses, gradients, steps."""
    loss = result.curves["loss"].sel(variant=name, fold=1).values
    ends = result.curves["val_loss"].sel(variant=name, fold=1).isel(epoch=-1).fillna(np.inf).values
    flags = {"diverged": ~np.isfinite(ends), "learnt": ends < 0.9 * NAIVE}
    flags["jumped"] = flags["diverged"] | (np.nan_to_num(loss, nan=0.0) > JUMP).any(axis=1)
    counts = {what: share(int(one.sum()), len(ends)) for what, one in flags.items()}
    layer = result.layer_curves.sel(variant=name, fold=1, layer="recurrent")
    largest = {"gradient": float(layer["gradient_norm"].max())}
    largest["step"] = float((layer["update_ratio"] * layer["weight_norm"]).max())
    page.fact(f"{name}: counts", {what: one.count for what, one in counts.items()})
    page.facts |= {f"{name}: largest {what}": value for what, value in largest.items()}
    page.say(
        "{variant}: {diverged} networks diverge, in {jumped} the training loss of an epoch is "
        "above {jump:g} or NaN, {learnt} end at least a tenth below always answering the mean "
        "({naive:.4f}). Largest gradient measured in the recurrent layer {gradient}, largest step "
        "{step}. Share of dead units at the end: {dead}.",
        variant=name,
        jump=JUMP,
        naive=NAIVE,
        **{what: one.describe() for what, one in counts.items()},
        **{what: format_number(value) for what, value in largest.items()},
        dead=page.interval(f"{name}: dead", layer["dead"].isel(epoch=-1).values),
    )
