"""A11. Convolution, padding, stride and pooling by hand, every step drawn.

The note slides a small window over a small array and writes each sum down: cross-correlation takes
the kernel as it is, true convolution turns it round first. "valid" keeps the window inside, "same"
pads so that as much comes out as went in, "full" pads so that every value meets every weight. Dure
draws every step of the very loops below and holds the results against Keras. Nothing is trained.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dure.core.backend import keras
from dure.gallery.page import Page
from dure.gallery.plots.windows import Step, steps
from dure.messages.message import Message, as_is, joined, say

READ = (
    "Orange: the window and what is in it (value · weight for convolutions); behind the arrow its "
    "sum, for pooling the largest or the mean. Grey: padding."
)
Array = NDArray[np.float64]
Padding = Literal["valid", "same", "full"]
LINE, WEIGHTS = np.array([[3.0, 1, 4, 1, 5, 9]]), np.array([[2.0, 0, 1]])
PICTURE = np.array([[3.0, 1, 4, 1], [5, 9, 2, 6], [5, 3, 5, 8], [9, 7, 9, 3]])
KERNEL = np.array([[1.0, 0, 2], [0, 1, 0], [3, 0, 0]])


class Slid(NamedTuple):
    """A window slid over an array: the array with its padding, each step, what came out."""

    array: Array
    real: tuple[slice, slice]
    steps: list[Step]
    output: Array


def pad(
    x: Array, window: tuple[int, ...], padding: Padding, stride: int
) -> tuple[Array, list[int]]:
    """The array with zeros round it, and how many of them stand before it on each axis."""
    before, after = [], []
    for length, size in zip(x.shape, window, strict=True):
        # "same": ceil(length / stride) values come out; what cannot be halved goes behind.
        same = max((-(-length // stride) - 1) * stride + size - length, 0)
        first = {"valid": 0, "same": same // 2, "full": size - 1}[padding]
        before.append(first)
        after.append(same - first if padding == "same" else first)
    return np.pad(x, list(zip(before, after, strict=True))), before


def cross_correlate(x: Array, kernel: Array, padding: Padding = "valid", stride: int = 1) -> Slid:
    """Slide the kernel as it is; each step sums value times weight. Shapes [height, width]."""
    padded, before = pad(x, kernel.shape, padding, stride)
    made = []
    for top in range(0, padded.shape[0] - kernel.shape[0] + 1, stride):
        for left in range(0, padded.shape[1] - kernel.shape[1] + 1, stride):
            window = padded[top : top + kernel.shape[0], left : left + kernel.shape[1]]
            pairs = [list(zip(*rows, strict=True)) for rows in zip(window, kernel, strict=True)]
            parts = [[f"{value:g}·{weight:g}" for value, weight in row] for row in pairs]
            made.append(Step(top, left, parts, float((window * kernel).sum())))
    return _slid(padded, before, x, made)


def convolve(x: Array, kernel: Array, padding: Padding = "valid", stride: int = 1) -> Slid:
    """True convolution: the kernel is turned round on every axis, then slid."""
    return cross_correlate(x, np.flip(kernel), padding, stride)


def pool(x: Array, size: int = 2, stride: int = 2, kind: Literal["max", "mean"] = "max") -> Slid:
    """The largest value, or the mean, of each window; no weights, nothing to learn."""
    made = []
    for top in range(0, x.shape[0] - size + 1, stride):
        for left in range(0, x.shape[1] - size + 1, stride):
            window = x[top : top + size, left : left + size]
            value = window.max() if kind == "max" else window.mean()
            made.append(Step(top, left, [[f"{v:g}" for v in row] for row in window], float(value)))
    return _slid(x, [0, 0], x, made)


def _slid(padded: Array, before: list[int], x: Array, made: list[Step]) -> Slid:
    top, left = before
    real = slice(top, top + x.shape[0]), slice(left, left + x.shape[1])
    rows = len({step.top for step in made})
    return Slid(padded, real, made, np.array([step.value for step in made]).reshape(rows, -1))


def examples() -> dict[str, tuple[Message, Slid]]:
    """Every example by name: what it is, and its steps."""
    return {
        "correlation": (say("cross-correlation, valid"), cross_correlate(LINE, WEIGHTS)),
        "convolution": (say("convolution (kernel turned round), valid"), convolve(LINE, WEIGHTS)),
        "same": (say("cross-correlation, same"), cross_correlate(LINE, WEIGHTS, "same")),
        "full": (say("cross-correlation, full"), cross_correlate(LINE, WEIGHTS, "full")),
        "picture": (say("a picture, valid"), cross_correlate(PICTURE, KERNEL)),
        "picture-convolution": (say("a picture, true convolution"), convolve(PICTURE, KERNEL)),
        "picture-same": (say("a picture, same"), cross_correlate(PICTURE, KERNEL, "same")),
        "picture-stride": (
            say("a picture, same, stride 2"),
            cross_correlate(PICTURE, KERNEL, "same", 2),
        ),
        "max-pool": (say("max pooling 2 x 2"), pool(PICTURE)),
        "average-pool": (say("average pooling 2 x 2"), pool(PICTURE, kind="mean")),
    }


def in_words(slid: Slid, kind: str) -> Message:
    """Every step as a sum: '3·2 + 1·0 + 4·1 = 10; ...'."""
    told = []
    for step in slid.steps:
        parts = [part for row in step.parts for part in row]
        known = {"values": ", ".join(parts), "result": f"{step.value:g}"}
        if kind == "max-pool":
            told.append(say("largest of {values} = {result}", **known))
        elif kind == "average-pool":
            told.append(say("mean of {values} = {result}", **known))
        else:
            told.append(as_is(f"{' + '.join(parts)} = {step.value:g}"))
    return joined(told, "; ")


def off_keras(made: dict[str, tuple[Message, Slid]]) -> float:
    """The largest difference from Keras' own operations, which cross-correlate."""
    line, picture = LINE[None, ..., None], PICTURE[None, ..., None]
    flipped = np.flip(KERNEL)[..., None, None]
    weights, kernel = WEIGHTS[..., None, None], KERNEL[..., None, None]
    ops = keras.ops
    theirs = {
        "correlation": ops.conv(line, weights, padding="valid"),
        "same": ops.conv(line, weights, padding="same"),
        "picture": ops.conv(picture, kernel, padding="valid"),
        "picture-convolution": ops.conv(picture, flipped, padding="valid"),
        "picture-same": ops.conv(picture, kernel, padding="same"),
        "picture-stride": ops.conv(picture, kernel, strides=2, padding="same"),
        "max-pool": ops.max_pool(picture, 2, 2),
        "average-pool": ops.average_pool(picture, 2, 2),
    }
    return max(
        float(np.abs(np.asarray(theirs[name])[0, ..., 0] - made[name][1].output).max())
        for name in theirs
    )


def show(page: Page) -> None:
    """Draw every step, say the sums, and hold the results against Keras."""
    made = examples()
    for name, (title, slid) in made.items():
        page.fact(name, slid.output)
        page.picture(name, steps(title, READ, *slid))
        if len(slid.steps) <= 8:
            page.say(say("{title}: {steps}.", title=title, steps=in_words(slid, name)))
    off = off_keras(made)
    page.fact("off_keras", off)
    page.say(
        say(
            "Keras' layers cross-correlate; the kernel is learnt, so it may as well be learnt "
            "turned round. Largest difference from Keras' own conv and pool: {difference:g}.",
            difference=off,
        )
    )
