"""Small pictures: arrays of numbers with the scale of their colours, before they have any."""

from __future__ import annotations

from dataclasses import dataclass

from dure.messages.message import Message


@dataclass(frozen=True)
class Tile:
    """A small picture: a PNG file of few pixels, shown enlarged, with words below."""

    png: bytes
    alt: Message
    caption: Message | None = None


@dataclass(frozen=True)
class Tiles:
    """Small pictures side by side.

    `legend` says what the colours mean. Rows of `columns` where the arrangement matters (0: as
    many as fit).
    """

    title: Message
    tiles: tuple[Tile, ...]
    legend: Message
    columns: int = 0
    smooth: bool = False
    """Photographs and maps over them may be smoothed when enlarged; kernels must not."""
