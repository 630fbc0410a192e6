"""E3. Exploding gradients: a recurrent network with and without clipping by norm.

The note says that gradients through many steps may explode, that the loss then jumps or becomes
NaN, and that clipping by norm helps. Here both halves are measured. The cause: a recurrent network
of rectified units whose matrix begins as `gain` times the identity (Le, Jaitly and Hinton 2015, "A
simple way to initialize recurrent networks of rectified linear units") has a gradient that grows
like gain^(2 steps), once for the way back and once for an output that grows alike. The cure: the
same network with gain 1 learns the adding problem over 50 steps with several bounds on the norm of
its gradient (Pascanu, Mikolov and Bengio 2013, "On the difficulty of training recurrent neural
networks", algorithm 1), on the same seeds: how many diverge, how far the loss jumps, how large the
gradients become, and which bounds learn.

Keras' `clipnorm` bounds the gradient of each weight array by itself; the paper bounds that of all
weights together, which is Keras' `global_clipnorm`. Both are tried.
"""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

import dure
from dure.core.backend import keras
from dure.core.formatting import format_number
from dure.core.types import Floats
from dure.gallery.page import Page
from dure.gallery.plots.panels import Line, Scale, panels
from dure.gallery.shared.comparison_text import share, tell_compared
from dure.gallery.shared.lanes_text import over_lanes, told
from dure.messages.message import Message, as_is, say
from dure.result import Result

STEPS, RATE = 50, 0.01
NAIVE = 1 / 24  # mean squared error of always answering the mean; see dure.data.adding_problem
JUMP = 1.0  # a training loss 24 times as large
BASELINE = "no clipping"
CLIPS: dict[str, dict[str, float]] = {
    BASELINE: {},
    "clipnorm 100": {"clipnorm": 100.0},
    "clipnorm 10": {"clipnorm": 10.0},
    "clipnorm 1": {"clipnorm": 1.0},
    "clipnorm 0.1": {"clipnorm": 0.1},
    "global_clipnorm 0.1": {"global_clipnorm": 0.1},
}
IN_QUICK = (BASELINE, "clipnorm 10", "clipnorm 0.1")
GAINS, LENGTHS = (0.9, 1.0, 1.1), (10, 20, 40, 80)


def build(
    clipnorm: float | None = None, global_clipnorm: float | None = None, gain: float = 1.0
) -> keras.Model:
    """Thirty-two rectified units that begin by adding up what comes, times `gain`."""
    model = keras.Sequential(
        [
            keras.layers.Input((None, 2)),
            keras.layers.SimpleRNN(
                32,
                activation="relu",
                kernel_initializer=keras.initializers.RandomNormal(stddev=0.1),
                recurrent_initializer=keras.initializers.Identity(gain),
                name="recurrent",
            ),
            keras.layers.Dense(1, name="output"),
        ]
    )
    optimizer = keras.optimizers.SGD(RATE, clipnorm=clipnorm, global_clipnorm=global_clipnorm)
    model.compile(optimizer, "mse")
    return model


def study(quick: bool = False) -> dure.Study:
    """The same network with each bound, on the same seeds."""
    return dure.Study(
        build,
        dure.data.adding_problem(1_000 if quick else 2_000, STEPS, test=0),
        {name: CLIPS[name] for name in (IN_QUICK if quick else CLIPS)},
        seeds=4 if quick else 10,
        validation_split=0.2,
        epochs=8 if quick else 40,
        name="clipping",
    )


def show(page: Page) -> None:
    """Measure how gradients grow; train with each bound; tell which diverge and which learn."""
    result = page.run(study(page.quick))
    page.picture("growth", draw_growth(page))
    for name in result.variants:
        tell_training(page, result, name)
    tell_compared(page, say("clipping"), result.compare("val_loss", baseline=BASELINE))
    epoch, loss = result.curves["epoch"], result.curves["loss"].sel(fold=1)
    losses = {
        name: {"a network": Line(epoch, loss.sel(variant=name), each=True)}
        for name in result.variants
    }
    scale = Scale(
        "epoch",
        "training loss",
        "y",
        (1e-2, 1e4),
        (NAIVE, "answering the mean"),
        whole=True,
        marks=False,
    )
    notes = [
        f"Adding problem of {STEPS} steps, {loss.sizes['seed']} seeds; each line ends "
        "where the network diverged."
    ]
    page.picture("loss", panels(losses, scale, "Training loss", notes))
    norms = result.layer_curves["gradient_norm"].sel(fold=1, layer="recurrent")
    lines = {n: Line(norms["epoch"], norms.sel(variant=n)) for n in result.variants}
    scale = Scale("epoch", "norm of the gradient", "y", whole=True)
    notes = [
        "Before it is clipped, on the same training rows. Geometric means with their 95 % interval "
        "over the networks that are left and not all dead (whose gradient is 0)."
    ]
    page.picture("gradients", panels({"": lines}, scale, "Gradient of the recurrent layer", notes))


def growth(quick: bool) -> dict[float, Floats]:
    """Norm of the recurrent layer's gradient before training, by gain, shape [seeds, lengths]."""
    lengths, seeds = (LENGTHS[::2], 2) if quick else (LENGTHS, 5)
    model, found = build(), {gain: np.zeros((seeds, len(lengths))) for gain in GAINS}
    for place, length in enumerate(lengths):
        data = dure.data.adding_problem(256, length, test=0)
        look = dure.look(model, x=data.x, y=data.y)
        for gain in GAINS:
            for seed in range(seeds):
                keras.utils.set_random_seed(seed)
                model.set_weights(build(gain=gain).get_weights())  # one model: compiled once
                found[gain][seed, place] = look.gradients()["gradient"].sel(layer="recurrent")
    return found


def draw_growth(page: Page) -> Figure:
    """The gradient against the number of steps, and by what factor a step multiplies it."""
    found, lengths = growth(page.quick), LENGTHS[::2] if page.quick else LENGTHS
    for gain, norms in found.items():
        factor = (norms[:, -1] / norms[:, 0]) ** (1 / (lengths[-1] - lengths[0]))
        page.fact(f"growth at gain {gain:g}", factor)
        page.say(
            say(
                "Gain {gain:g}: from {first} to {last} steps the gradient becomes {times} times as "
                "large (median), that is {factor} a step.",
                gain=gain,
                first=lengths[0],
                last=lengths[-1],
                times=format_number(float(np.median(norms[:, -1] / norms[:, 0]))),
                factor=told(over_lanes(factor)),
            )
        )
    lines = {f"gain {gain:g}": Line(lengths, norms) for gain, norms in found.items()}
    scale = Scale("steps", "norm of the gradient", "y", whole=True)
    notes = [f"Before training, {len(found[1.0])} seeds; geometric means with their 95 % interval."]
    return panels({"": lines}, scale, "Gradient of the recurrent layer against steps", notes)


def tell_training(page: Page, result: Result, name: str) -> None:
    """How many networks diverge, jump and learn with one bound; their losses, gradients, steps."""
    loss = result.curves["loss"].sel(variant=name, fold=1).values
    ends = result.curves["val_loss"].sel(variant=name, fold=1).isel(epoch=-1).fillna(np.inf).values
    diverged = ~np.isfinite(ends)
    jumped = diverged | (np.nan_to_num(loss, nan=0.0) > JUMP).any(axis=1)
    counts = {
        "diverged": share(int(diverged.sum()), len(ends)),
        "jumped": share(int(jumped.sum()), len(ends)),
        "learnt": share(int((ends < 0.9 * NAIVE).sum()), len(ends)),
    }
    page.fact(f"{name}: counts", {what: one.count for what, one in counts.items()})
    page.fact(f"{name}: val_loss", [float(one) if np.isfinite(one) else None for one in ends])
    layer = result.layer_curves.sel(variant=name, fold=1, layer="recurrent")
    steps = (layer["update_ratio"] * layer["weight_norm"]).values
    step = float(np.nanmax(steps))
    dead = layer["dead"].isel(epoch=-1).values
    page.fact(f"{name}: dead", over_lanes(dead)[:3])
    gradient = float(layer["gradient_norm"].max())
    page.fact(f"{name}: largest step", step)
    page.fact(f"{name}: largest gradient", gradient)
    page.say(
        say(
            "{variant}: {diverged} networks diverge, in {jumped} the training loss of an epoch is "
            "above {jump:g} or NaN, {learnt} end at least a tenth below always answering the mean "
            "({naive:.4f}). Validation loss at the end {loss} (median, least, largest). Largest "
            "gradient measured in the recurrent layer {gradient}, largest step {step}. Share of "
            "dead units at the end: {dead}.",
            **{"variant": name, "jump": JUMP, "naive": NAIVE, "loss": ended(ends)},
            **{what: one.describe() for what, one in counts.items()},
            **{
                "gradient": format_number(gradient),
                "step": format_number(step),
                "dead": told(over_lanes(dead)),
            },
        )
    )


def ended(ends: Floats) -> Message:
    """'0.012 [0.0043, diverged]': median, least and largest; infinite where one diverged."""
    quantiles = np.quantile(ends, (0, 0.5, 1), method="higher")
    least, middle, most = (
        as_is(format_number(q)) if np.isfinite(q) else say("diverged") for q in quantiles
    )
    return say("{middle} [{least}, {most}]", middle=middle, least=least, most=most)
