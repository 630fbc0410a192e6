"""Where the names of points stand so that they do not cover each other."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from dure.core.types import Floats

_LETTER, _LINE = 7.0, 17.0  # pixels of a letter's width, a line's height
_DOT, _GAP = 4.0, 7.0  # pixels of a dot's radius, from its middle to the name
_TALL = 0.62  # height of the plot by its width


class _Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: _Box) -> bool:
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


def place_names(names: Sequence[str], left: Floats, top: Floats, width: float) -> list[str]:
    """The side of its dot on which each name finds place, in a plot `width` pixels wide.

    Returns
    -------
    list
        "r" right, "l" left, "t" above, "b" below; "0" for a name that finds none, which is then
        seen only when pointed at and in the table.
    """
    tall = width * _TALL
    dots = [(width * x / 100, tall * y / 100) for x, y in zip(left, top, strict=True)]
    taken = [_Box(x - _DOT, y - _DOT, x + _DOT, y + _DOT) for x, y in dots]
    sides = []
    for i, (name, (x, y)) in enumerate(zip(names, dots, strict=True)):
        for side, box in _boxes(_letters(name) * _LETTER, x, y).items():
            inside = box.left >= 0 and box.right <= width and box.top >= 0 and box.bottom <= tall
            if inside and not any(box.meets(t) for j, t in enumerate(taken) if j != i):
                taken.append(box)
                sides.append(side)
                break
        else:
            sides.append("0")
    return sides


def _boxes(long: float, x: float, y: float) -> dict[str, _Box]:
    half = _LINE / 2
    return {
        "r": _Box(x + _DOT, y - half, x + _GAP + long, y + half),
        "l": _Box(x - _GAP - long, y - half, x - _DOT, y + half),
        "t": _Box(x - long / 2, y - _GAP - _LINE, x + long / 2, y - _DOT),
        "b": _Box(x - long / 2, y + _DOT, x + long / 2, y + _GAP + _LINE),
    }


def _letters(name: str) -> float:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in name)
