"""Small pictures: arrays of numbers with the scale of their colours, before they have any."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from dure.messages.message import Message


@dataclass(frozen=True, eq=False)
class Photograph:
    """A picture [height, width, channel], shown from its least to its largest value.

    Three channels are red, green and blue; of any other number the mean is shown, in grey.
    """

    values: npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class HeatMap:
    """Numbers [height, width] as colours from `low` to `high`.

    Attributes
    ----------
    signed
        Red is positive, blue negative, white 0; else dark is low and bright is high.
    over
        The picture it lies over; it hides the picture where it is strong.
    fine
        Every number is worth a pixel, however many there are.
    down, across
        What its lines and its columns are, where that is no picture's height and width.
    """

    values: npt.NDArray[Any]
    low: float
    high: float
    signed: bool = False
    over: Photograph | None = None
    fine: bool = False
    down: Message | None = None
    across: Message | None = None


@dataclass(frozen=True)
class Tile:
    """A small picture with words below: an array, or a PNG file of few pixels, shown enlarged."""

    image: bytes | Photograph | HeatMap
    alt: Message
    caption: Message | None = None


@dataclass(frozen=True)
class Tiles:
    """Small pictures side by side.

    Attributes
    ----------
    legend
        What the colours mean.
    columns
        Where the arrangement matters; 0: as many as fit.
    smooth
        Photographs and maps over them may be smoothed when enlarged; kernels must not.
    unit
        What the numbers of all heat maps are, where they have one scale.
    """

    title: Message
    tiles: tuple[Tile, ...]
    legend: Message
    columns: int = 0
    smooth: bool = False
    unit: Message | None = None
