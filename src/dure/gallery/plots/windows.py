"""A window that slides over a small array: a panel for every step, then what comes out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from dure.blocks.palette import COLOURS
from dure.core.formatting import format_number
from dure.plots.style import SMALL, TEXT, Sheet, drawing

_CELL, _WIDEST = 0.36, 15.0  # inches
_PART = 1.6  # cells that what a cell of the window adds is wide
_PLAIN, _ZERO, _IN_WINDOW, _OUT = "white", "0.85", "#FBE3C8", "#CFE5F3"


class Step(NamedTuple):
    """One place of the window: its upper left corner in the padded array, and what it gives."""

    top: int
    left: int
    parts: list[list[str]]
    """What each cell of the window adds, such as "3·2"; shape of the window."""
    value: float


Array = npt.NDArray[np.float64]
Window = Callable[[Array], tuple[list[list[str]], float]]
_NOTE = (
    "Orange: the window and what is in it (value · weight for convolutions); behind the arrow its "
    "sum, for pooling the largest or the mean. Grey: padding."
)


class Slid(NamedTuple):
    """A window slid over an array: the array with its padding, each step, what came out."""

    array: Array
    real: tuple[slice, slice]
    """Where in `array` the true values are; the rest is padding."""
    steps: list[Step]
    output: Array


def slide(
    padded: Array, size: tuple[int, int], stride: int, real: tuple[slice, slice], of: Window
) -> Slid:
    """Every place of a window in an array, from left to right and down; `of` says what it gives."""
    made = []
    for top in range(0, padded.shape[0] - size[0] + 1, stride):
        for left in range(0, padded.shape[1] - size[1] + 1, stride):
            parts, value = of(padded[top : top + size[0], left : left + size[1]])
            made.append(Step(top, left, parts, float(value)))
    rows = len({step.top for step in made})
    return Slid(padded, real, made, np.array([step.value for step in made]).reshape(rows, -1))


@drawing
def steps(title: str, slid: Slid) -> Figure:
    """Every step of a window over an array, and what comes out."""
    array, real, shown, output = slid
    (high, wide), window = array.shape, np.shape(shown[0].parts)
    columns = output.shape[1] if high > 1 else 1
    across, down = wide + 0.9 + _PART * window[1] + 2.2, max(high, window[0]) + 0.2
    cell = min(_CELL, _WIDEST / (columns * across))
    width, height = cell * across, cell * down + 0.35
    below = len(shown) // columns * height
    page = Sheet(max(columns * width, 5.0), below + cell * output.shape[0] + 0.55, title, [_NOTE])
    for place, step in enumerate(shown):
        left, top = place % columns * width, place // columns * height
        page.text(left, top + 0.1, f"step {place + 1}", SMALL + 0.5, color="0.35")
        axes = page.axes(left, top + 0.2, width, cell * down)
        axes.set(xlim=(0, across), ylim=(down, 0))
        axes.axis("off")
        _step(axes, step, array, real, window)
    page.text(0, below + 0.2, "what comes out, in the order of the steps", TEXT, fontweight="bold")
    axes = page.axes(0, below + 0.4, cell * (output.shape[1] + 0.1), cell * (output.shape[0] + 0.1))
    axes.set(xlim=(0, output.shape[1] + 0.1), ylim=(output.shape[0] + 0.1, 0))
    axes.axis("off")
    for (row, column), value in np.ndenumerate(output):
        _cell(axes, column, row, format_number(float(value)), _OUT)
    return page.figure


def _step(
    axes: Axes,
    step: Step,
    array: npt.NDArray[Any],
    real: tuple[slice, slice],
    window: tuple[int, ...],
) -> None:
    """The array with the window on it, what the window's cells add, and the sum."""
    for (row, column), value in np.ndenumerate(array):
        inside = step.top <= row < step.top + window[0]
        inside &= step.left <= column < step.left + window[1]
        true = row in range(*real[0].indices(array.shape[0]))
        true &= column in range(*real[1].indices(array.shape[1]))
        colour = _IN_WINDOW if inside else _PLAIN if true else _ZERO
        _cell(axes, column, row, format_number(float(value)), colour, "0" if true else "0.45")
    axes.add_patch(
        Rectangle(
            (step.left + 0.04, step.top + 0.04),
            window[1],
            window[0],
            fill=False,
            edgecolor=COLOURS[1],
            linewidth=2,
        )
    )
    start = array.shape[1] + 0.7
    for row, parts in enumerate(step.parts):
        for column, text in enumerate(parts):
            _cell(axes, start + _PART * column, row, text, _IN_WINDOW, width=_PART, size=SMALL)
    end = start + _PART * window[1] + 0.2
    middle = window[0] / 2 + 0.04
    axes.text(
        end, middle, f"→ {format_number(step.value)}", va="center", fontsize=TEXT + 1, weight="bold"
    )


def _cell(
    axes: Axes,
    left: float,
    top: float,
    text: str,
    colour: str,
    ink: str = "0",
    width: float = 1.0,
    size: float = TEXT,
) -> None:
    axes.add_patch(
        Rectangle((left + 0.04, top + 0.04), width, 1, facecolor=colour, edgecolor="0.6", lw=0.6)
    )
    axes.text(
        left + 0.04 + width / 2,
        top + 0.54,
        text,
        ha="center",
        va="center",
        fontsize=size,
        color=ink,
    )
