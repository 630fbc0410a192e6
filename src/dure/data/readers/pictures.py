"""One picture: which files hold one that can be read, its size and its pixels."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from dure.core.arrays import Array

SUFFIXES = frozenset(
    {".avif", ".bmp", ".gif", ".jfif", ".jpeg", ".jpg"}
    | {".pbm", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"}
)
"""Names of files that are read as pictures, whatever their case."""

_HEIF = frozenset({".heic", ".heif", ".hif"})
_FILMS = frozenset({".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpg", ".webm", ".wmv"})
_RAW = frozenset({".arw", ".cr2", ".cr3", ".dng", ".nef", ".orf", ".pef", ".raf", ".raw", ".rw2"})
_OTHERS = frozenset(
    {".ai", ".dcm", ".dds", ".eps", ".exr", ".fits", ".hdr", ".ico", ".j2k", ".jp2", ".jxl"}
    | {".mat", ".nii", ".npy", ".pcx", ".psd", ".svg", ".svgz", ".tga", ".wmf", ".xcf"}
)
_BEGINNINGS = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*")

_ORIENTATION = 0x0112  # the EXIF tag
_TURNED = range(5, 9)  # its values that exchange height and width
_16_BIT = 65535.0
_PAGED = ("AVIF", "GIF", "PNG", "TIFF", "WEBP")  # kinds that may hold several pictures

Size: TypeAlias = tuple[int, int]
"""Height and width."""


def readable_suffixes() -> frozenset[str]:
    """Names of files that are read as pictures; with pillow-heif also those of phones."""
    return SUFFIXES | _HEIF if _register_heif() else SUFFIXES


@cache
def _register_heif() -> bool:
    try:
        import_module("pillow_heif").register_heif_opener()
    except ImportError:
        return False
    return True


def describe_unread(path: Path) -> str | None:
    """What to do that a file of another name is read as a picture; None if it seems to be none."""
    suffix = path.suffix.lower()
    if suffix in SUFFIXES:
        return "put it into the folder of its class"
    if suffix in _HEIF:
        return "install pillow-heif, or convert it to .jpg or .png"
    if suffix in _RAW:
        return "develop it to .jpg, .png or .tif"
    if suffix in _FILMS:
        return "take pictures out of the film, as .jpg or .png"
    if suffix in _OTHERS:
        return "convert it to .jpg or .png"
    with path.open("rb") as file:
        head = file.read(12)
    known = head.startswith(_BEGINNINGS) or (head[:4] == b"RIFF" and head[8:] == b"WEBP")
    return "it holds a picture, so name it .jpg, .png or what it is" if known else None


def holds_several(path: Path) -> bool:
    """Whether a file that can be read is an animation or has several pages."""
    from PIL import Image

    with Image.open(path) as picture:
        return picture.format in _PAGED and bool(getattr(picture, "is_animated", False))


def read_size(path: Path) -> Size:
    """Height and width from the head of a file, turned as its EXIF orientation says."""
    from PIL import Image

    with Image.open(path) as picture:
        width, height = picture.size
        turned = picture.getexif().get(_ORIENTATION) in _TURNED
    return (width, height) if turned else (height, width)


def read_pixels(path: Path, image_size: Size, channels: int) -> Array:
    """One picture, shape [height, width, channels], from 0 to 255: uint8, or float32 of 16 bits."""
    from PIL import Image, ImageOps

    height, width = image_size
    with Image.open(path) as opened:
        picture: Any = ImageOps.exif_transpose(opened)
        if picture.mode.startswith("I") or picture.mode == "F":
            picture = _from_16_bits(picture)
        else:
            if picture.has_transparency_data:
                picture = picture.convert("RGBA")
                white = Image.new("RGBA", picture.size, "white")
                picture = Image.alpha_composite(white, picture)
            picture = picture.convert("RGB" if channels == 3 else "L")
    if picture.size != (width, height):
        picture = picture.resize((width, height), Image.Resampling.BILINEAR)
    pixels = np.asarray(picture)
    return np.repeat(pixels[..., np.newaxis], channels, axis=2) if pixels.ndim == 2 else pixels


def _from_16_bits(picture: Any) -> Any:
    """Grey of 16 bits as Pillow's mode F, from 0 to 255."""
    from PIL import Image

    values = np.asarray(picture)
    if picture.mode == "F" or values.min() < 0 or values.max() > _16_BIT:
        raise ValueError("its 32-bit values have no known range; save it with 8 or 16 bits")
    return Image.fromarray(values.astype(np.float32) * np.float32(255.0 / _16_BIT))
