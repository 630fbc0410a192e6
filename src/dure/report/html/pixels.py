"""Small pictures of arrays as PNG files: a pixel for each number, colours of matplotlib's maps."""

from __future__ import annotations

from functools import cache, lru_cache
from io import BytesIO
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from dure.blocks.palette import DIVERGING, SEQUENTIAL
from dure.blocks.pictures import HeatMap, Photograph

Pixels: TypeAlias = "npt.NDArray[np.uint8]"
Shades: TypeAlias = "npt.NDArray[np.float32]"

MOST_SIDE = 96
"""Pixels of a picture's longer side; a page shows them no larger than a stamp."""

_OVER = "inferno"
_PALE = 0.45


@lru_cache(maxsize=1024)
def png_of(image: bytes | Photograph | HeatMap) -> bytes:
    """A tile's picture as a PNG file, a pixel for each number."""
    if isinstance(image, bytes):
        return image
    if isinstance(image, Photograph):
        return photograph(image.values)
    if image.over is not None:
        return overlaid(image.over.values, image.values, signed=image.signed)
    values = image.values if image.fine else shrunk(image.values)
    if image.signed:
        return diverging(values, image.high)
    return sequential(values, image.low, image.high)


def diverging(values: npt.ArrayLike, limit: float) -> bytes:
    """Signed values [height, width]: red up to `limit`, blue down to -limit, white at 0."""
    shares = np.nan_to_num(np.asarray(values, np.float64)) / (2 * (limit or 1.0)) + 0.5
    return _indexed(_places(shares), _table(DIVERGING))


def sequential(values: npt.ArrayLike, low: float, high: float) -> bytes:
    """Values [height, width] from dark at `low` to bright at `high`."""
    shares = (np.asarray(values, np.float64) - low) / ((high - low) or 1.0)
    return _indexed(_places(shares), _table(SEQUENTIAL))


def photograph(picture: npt.ArrayLike) -> bytes:
    """A picture [height, width, channel], stretched from its least to its largest value.

    Three channels are red, green and blue; of any other number the mean is shown, in grey.
    """
    return _saved(Image.fromarray(_as_bytes(_stretched(picture))))


def overlaid(picture: npt.ArrayLike, values: npt.ArrayLike, *, signed: bool) -> bytes:
    """A map [height, width] over a paler picture; it hides the picture where it is strong.

    A coarser map is enlarged to the picture. Signed maps are red and blue, others bright where
    they are large, each in its own scale.
    """
    ground = _stretched(picture)
    ground = ground if ground.ndim == 3 else np.repeat(ground[..., None], 3, axis=2)
    ground = _PALE + (1 - _PALE) * ground
    shown = _resized(np.nan_to_num(np.asarray(values, np.float32)), ground.shape[:2])
    top = float(np.abs(shown).max(initial=0)) or 1.0
    shares = shown / top
    colours = _table(DIVERGING if signed else _OVER)[
        _places((shares + 1) / 2 if signed else shares)
    ]
    weight = 0.85 * np.abs(shares)[..., None]
    return _saved(Image.fromarray(_as_bytes(ground * (1 - weight) + colours / 255 * weight)))


def shrunk(values: npt.ArrayLike) -> Shades:
    """An array [height, width, ...] with its sides no longer than `MOST_SIDE`, by averaging."""
    array = np.asarray(values, np.float32)
    longest = max(array.shape[:2])
    if longest <= MOST_SIDE:
        return array
    size = tuple(max(1, round(side * MOST_SIDE / longest)) for side in array.shape[:2])
    if array.ndim == 2:
        return _resized(array, size, Image.Resampling.BOX)
    planes = np.moveaxis(array, -1, 0)
    return np.stack([_resized(each, size, Image.Resampling.BOX) for each in planes], axis=-1)


def _stretched(picture: npt.ArrayLike) -> Shades:
    """From 0 to 1, [height, width, 3] or, in grey, [height, width]."""
    values = shrunk(np.nan_to_num(np.asarray(picture, np.float32)))
    if values.ndim == 3 and values.shape[-1] != 3:
        values = values.mean(axis=-1)
    low, high = float(values.min()), float(values.max())
    return np.asarray((values - low) / ((high - low) or 1.0), np.float32)


def _resized(
    values: Shades, size: tuple[int, ...], how: Image.Resampling = Image.Resampling.BILINEAR
) -> Shades:
    if values.shape == tuple(size):
        return values
    image = Image.fromarray(np.ascontiguousarray(values, np.float32))
    return np.asarray(image.resize((size[1], size[0]), how), np.float32)


def _places(shares: npt.NDArray[Any]) -> Pixels:
    """Places 0 to 255 in a table of colours; what is not a number is at the lower end."""
    return np.asarray(np.rint(255 * np.clip(np.nan_to_num(shares), 0, 1)), np.uint8)


@cache
def _table(name: str) -> Pixels:
    """The 256 colours of a map, [place, 3]."""
    from matplotlib import colormaps  # takes a while; most pages have no pictures

    return np.asarray(colormaps[name](np.arange(256), bytes=True), np.uint8)[:, :3]


def _as_bytes(shares: npt.NDArray[Any]) -> Pixels:
    return np.asarray(np.rint(255 * np.clip(shares, 0, 1)), np.uint8)


def _indexed(places: Pixels, table: Pixels) -> bytes:
    """The shorter of a file with a palette of the colours that occur, and one without."""
    used, which = np.unique(places, return_inverse=True)
    high, wide = places.shape
    named = Image.frombytes("P", (wide, high), which.reshape(high, wide).astype(np.uint8).tobytes())
    named.putpalette(table[used].tobytes())
    return min(_saved(named), _saved(Image.fromarray(table[places])), key=len)


def _saved(image: Image.Image) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
