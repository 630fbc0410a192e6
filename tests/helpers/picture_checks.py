"""What is written in a figure, and whether it can be read."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from dure.measurements.figures import figure_of
from dure.measurements.stored import measurement_of
from dure.plots.render import draw
from dure.plots.style import missing_glyphs_ignored


def drawn(measured: Any, kind: str, inputs: Any = None, untrained: Any = None) -> Figure:
    """The figure of a measurement, as `look.draw` makes it."""
    inputs = None if inputs is None else np.asarray(inputs)
    shown = figure_of(measurement_of(measured.assign_attrs(kind=kind), inputs, untrained))
    return draw(shown.title, shown.blocks, shown.notes)


def texts(figure: Figure) -> list[tuple[Text, Bbox]]:
    """Everything written in a figure, with the box it fills."""
    with missing_glyphs_ignored():
        FigureCanvasAgg(figure).draw()
    unseen = set()  # labels of ticks outside the limits are there, but not drawn
    for axes in figure.axes:
        for axis, limits in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
            low, high = sorted(limits)
            ticks = [*axis.get_major_ticks(), *axis.get_minor_ticks()]
            beyond = [tick for tick in ticks if not low <= tick.get_loc() <= high]
            unseen |= {label for tick in beyond for label in (tick.label1, tick.label2)}
    return [
        (text, text.get_window_extent())
        for text in figure.findobj(Text)
        if text.get_visible() and text.get_text().strip() and text not in unseen
    ]


def said(figure: Figure) -> str:
    """All that is written, on one line."""
    return " ".join(" ".join(text.get_text().split()) for text, _ in texts(figure))


def faults(figure: Figure, least: float = 7.0) -> list[str]:
    """Texts that overlap by more than a pixel or two, leave the figure, or are too small."""
    boxes = texts(figure)
    page = figure.bbox.padded(1)
    out = [
        f"{text.get_text()!r} leaves the page"
        for text, box in boxes
        if not (np.all(page.min <= box.min) and np.all(box.max <= page.max))
    ]
    out += [f"{t.get_text()!r} is too small" for t, _ in boxes if t.get_fontsize() < least]
    shrunk = [(text.get_text(), box.padded(-1.5)) for text, box in boxes]
    return out + [
        f"{a!r} and {b!r} overlap" for (a, p), (b, q) in combinations(shrunk, 2) if p.overlaps(q)
    ]
