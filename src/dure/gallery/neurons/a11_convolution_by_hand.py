"""A11. Convolution, padding, stride and pooling by hand, every step drawn.

Cross-correlation takes the kernel as it is, true convolution turns it round first. "valid" keeps
the window inside, "same" pads so that as much comes out as went in, "full" so that every value
meets every weight. Every step is drawn, and results are held against Keras. Nothing is trained.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from dure.core.backend import keras
from dure.gallery.page import RowPage
from dure.gallery.plots.windows import Array, Slid, slide, steps
from dure.messages.message import Message, joined, say

Padding = Literal["valid", "same", "full"]
LINE, WEIGHTS = np.array([[3.0, 1, 4, 1, 5, 9]]), np.array([[2.0, 0, 1]])
PICTURE = np.array([[3.0, 1, 4, 1], [5, 9, 2, 6], [5, 3, 5, 8], [9, 7, 9, 3]])
KERNEL = np.array([[1.0, 0, 2], [0, 1, 0], [3, 0, 0]])


def cross_correlate(x: Array, kernel: Array, padding: Padding = "valid", stride: int = 1) -> Slid:
    """Slide the kernel as it is; each step sums value times weight. Shapes [height, width]."""
    around, real = [], []
    for length, size in zip(x.shape, kernel.shape, strict=True):
        # "same": ceil(length / stride) values come out; what cannot be halved goes behind.
        same = max((-(-length // stride) - 1) * stride + size - length, 0)
        first = {"valid": 0, "same": same // 2, "full": size - 1}[padding]
        around.append((first, same - first if padding == "same" else first))
        real.append(slice(first, first + length))

    def products(window: Array) -> tuple[list[list[str]], float]:
        pairs = [zip(*rows, strict=True) for rows in zip(window, kernel, strict=True)]
        return [[f"{v:g}·{w:g}" for v, w in row] for row in pairs], (window * kernel).sum()

    return slide(np.pad(x, around), kernel.shape, stride, (real[0], real[1]), products)


def convolve(x: Array, kernel: Array, padding: Padding = "valid", stride: int = 1) -> Slid:
    """True convolution: the kernel is turned round on every axis, then slid."""
    return cross_correlate(x, np.flip(kernel), padding, stride)


def pool(x: Array, size: int = 2, stride: int = 2, kind: Literal["max", "mean"] = "max") -> Slid:
    """The largest value, or the mean, of each window; no weights, nothing to learn."""
    whole = slice(0, x.shape[0]), slice(0, x.shape[1])

    def best(window: Array) -> tuple[list[list[str]], float]:
        value = window.max() if kind == "max" else window.mean()
        return [[f"{v:g}" for v in row] for row in window], float(value)

    return slide(x, (size, size), stride, whole, best)


def examples() -> dict[str, tuple[Message, Slid]]:
    """Every example by name: what it is, and its steps."""
    strided = cross_correlate(PICTURE, KERNEL, "same", 2)
    return {
        "correlation": (say("cross-correlation, valid"), cross_correlate(LINE, WEIGHTS)),
        "convolution": (say("convolution (kernel turned round), valid"), convolve(LINE, WEIGHTS)),
        "same": (say("cross-correlation, same"), cross_correlate(LINE, WEIGHTS, "same")),
        "full": (say("cross-correlation, full"), cross_correlate(LINE, WEIGHTS, "full")),
        "picture": (say("a picture, valid"), cross_correlate(PICTURE, KERNEL)),
        "picture-convolution": (say("a picture, true convolution"), convolve(PICTURE, KERNEL)),
        "picture-same": (say("a picture, same"), cross_correlate(PICTURE, KERNEL, "same")),
        "picture-stride": (say("a picture, same, stride 2"), strided),
        "max-pool": (say("max pooling 2 x 2"), pool(PICTURE)),
        "average-pool": (say("average pooling 2 x 2"), pool(PICTURE, kind="mean")),
    }


def describe_steps(slid: Slid, kind: str) -> str:
    """Every step as a sum: '3·2 + 1·0 + 4·1 = 10; ...'."""
    form = {"max-pool": ("max(", ", ", ")"), "average-pool": ("mean(", ", ", ")")}
    begin, between, end = form.get(kind, ("", " + ", ""))
    return "; ".join(
        f"{begin}{between.join(part for row in step.parts for part in row)}{end} = {step.value:g}"
        for step in slid.steps
    )


def measure_difference(made: dict[str, tuple[Message, Slid]]) -> float:
    """The largest difference from Keras' own operations, which cross-correlate."""
    line, picture = LINE[None, ..., None], PICTURE[None, ..., None]
    weights, kernel = WEIGHTS[..., None, None], KERNEL[..., None, None]
    ops = keras.ops
    theirs = {
        "correlation": ops.conv(line, weights, padding="valid"),
        "same": ops.conv(line, weights, padding="same"),
        "picture": ops.conv(picture, kernel, padding="valid"),
        "picture-convolution": ops.conv(picture, np.flip(kernel, (0, 1)), padding="valid"),
        "picture-same": ops.conv(picture, kernel, padding="same"),
        "picture-stride": ops.conv(picture, kernel, strides=2, padding="same"),
        "max-pool": ops.max_pool(picture, 2, 2),
        "average-pool": ops.average_pool(picture, 2, 2),
    }
    return max(
        float(np.abs(np.asarray(one)[0, ..., 0] - made[name][1].output).max())
        for name, one in theirs.items()
    )


def show(page: RowPage) -> None:
    """Draw every step, say the sums, and hold the results against Keras."""
    made = examples()
    for name, (title, slid) in made.items():
        page.fact(name, slid.output)
        page.picture(name, steps(title, slid))
        if len(slid.steps) <= 8:
            page.say(joined((title, ": ", describe_steps(slid, name), "."), ""))
    off = measure_difference(made)
    page.fact("off_keras", off)
    page.say(
        "Keras' layers cross-correlate; the kernel is learnt, so it may as well be learnt turned "
        "round. Largest difference from Keras' own conv and pool: {difference:g}.",
        difference=off,
    )
