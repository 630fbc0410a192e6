"""Texts as integers: the same ones padded and cut at either side, and beside their words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from dure.plots import style


@style.drawing
def padding_figure(
    padded: Sequence[Any], titles: Sequence[str], words: Mapping[int, str]
) -> Figure:
    """The same texts padded and cut in four ways, each integer over its word."""
    figure = Figure(figsize=(11, 5), layout="constrained")
    for axes, tokens, title in zip(figure.subplots(2, 2).ravel(), padded, titles, strict=True):
        axes.imshow(tokens > 0, cmap="Blues", vmin=0, vmax=3, aspect="auto")
        axes.set_title(title, fontsize=10)
        axes.set(xticks=[], yticks=range(len(tokens)))
        axes.set_yticklabels([f"text {number}" for number in range(1, len(tokens) + 1)])
        for (row, step), token in np.ndenumerate(tokens):
            text = f"{token}\n{words[token]}" if token else "0"
            axes.text(step, row, text, ha="center", va="center", fontsize=9)
    return figure


@style.drawing
def side_by_side(texts: Sequence[tuple[str, str]], notes: Sequence[str]) -> Figure:
    """The beginnings of some texts: integers left, words right."""
    blocks = [[style.wrapped(text, 4.9) for text in both] for both in texts]
    heights = [0.17 * max(map(len, block)) + 0.25 for block in blocks]
    page = style.Sheet(10.5, sum(heights) + 0.25, "Coded and decoded", notes)
    page.heading(0, 0.07, "integers", 4.9)
    page.heading(5.4, 0.07, "words", 4.9)
    for number, block in enumerate(blocks):
        top = 0.25 + sum(heights[:number])
        for left, lines in zip((0, 5.4), block, strict=True):
            page.text(left, top, "\n".join(lines), va="top")
    return page.figure
