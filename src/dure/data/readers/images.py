"""Pictures of people's own, in a folder per class: from_folder."""

from __future__ import annotations

import contextlib
import os
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar, get_args

import numpy as np
import psutil

from dure.core.arrays import Array, whole
from dure.core.formatting import format_bytes, format_count, join_first
from dure.data.dataset import Data
from dure.data.readers.common import (
    MOST_NAMED,
    as_path,
    check_choice,
    check_fraction,
    class_folders,
    count_kinds,
    hold_out,
    with_progress,
)
from dure.data.readers.pictures import (
    Size,
    describe_unread,
    holds_several,
    read_pixels,
    read_size,
    readable_suffixes,
)
from dure.errors import Faults, StudyError

ColorMode = Literal["rgb", "grayscale"]

_MOST_THREADS = 8

Made = TypeVar("Made")


class _Failure(NamedTuple):
    """A picture that cannot be read, and why."""

    path: Path
    label: int
    reason: str


class _Part(NamedTuple):
    """The pictures below one folder."""

    root: Path
    names: tuple[str, ...]
    files: list[tuple[Path, int]]
    others: tuple[Path, ...]
    failed: list[_Failure]
    several: list[Path]
    """Files that hold more than the first picture, which is read."""


def from_folder(
    path: str | PathLike[str],
    *,
    image_size: Size | None = None,
    color_mode: ColorMode = "rgb",
    test: float | str | PathLike[str] = 0.0,
) -> Data:
    """Pictures in a folder per class, as Keras' `image_dataset_from_directory` takes them.

    Pictures are files ending in .avif, .bmp, .gif, .jfif, .jpeg, .jpg, .pbm, .pgm, .png, .ppm,
    .tif, .tiff or .webp (and .heic, .heif where pillow-heif is installed), at any depth below
    their class's folder; files of other kinds are counted in `source`, hidden ones and Thumbs.db
    are not. One UserWarning tells of all pictures that cannot be read and are left out.

    Each is turned as its EXIF orientation says. Transparent parts become white, animations and
    files of several pages give their first picture, 16-bit grey keeps its precision, and palettes,
    CMYK and the like become RGB.

    Parameters
    ----------
    path
        The folder of folders.
    image_size
        Height and width to resize to (bilinear, over an area when shrinking; proportions are not
        kept). None: as they are; then all must have one size.
    color_mode
        ``"rgb"`` for 3 channels, ``"grayscale"`` for 1 (luma of ITU-R 601).
    test
        The fraction to hold out, every class in proportion; or a folder with the same classes.

    Returns
    -------
    Data of kind "image": `x` float32 [rows, height, width, channels] from 0 to 1; `y` int64 labels
    in the order of the sorted names of folders, which are `class_names`. Rows come in a shuffled
    order, the same on every call, as Keras' `validation_split` takes the last rows.

    Raises
    ------
    StudyError
        Everything that is wrong at once: no such folder, no pictures, no class folders, a single
        class or an empty one, a class none of whose pictures can be read, pictures of several
        sizes without `image_size`, more than fits into memory.

    Examples
    --------
    >>> for number, name in enumerate(["cat", "cat", "dog", "dog"]):
    ...     (folder / "pets" / name).mkdir(parents=True, exist_ok=True)
    ...     keras.utils.save_img(folder / "pets" / name / f"{number}.png", np.ones((9, 9, 1)))
    >>> pets = dure.data.from_folder(folder / "pets", image_size=(8, 8))
    >>> pets.x.shape, pets.class_names
    ((4, 8, 8, 3), ('cat', 'dog'))
    """
    faults = Faults()
    _check_arguments(image_size, color_mode, faults)
    parts, fraction = _read_folders(path, test, faults)
    faults.raise_if_any("these pictures")
    made = _data_of(parts, fraction, image_size, color_mode)
    if report := "\n".join([*_report_failed(parts), *_report_unread(parts)]):
        warnings.warn(report, UserWarning, stacklevel=2)
    return made


def _data_of(
    parts: Sequence[_Part], fraction: float, image_size: Size | None, color_mode: str
) -> Data:
    faults = Faults()
    decoded = _decode_parts(parts, image_size, color_mode, faults)
    labels = [np.array([label for _, label in part.files], np.int64) for part in parts]
    train, held_out = hold_out(len(labels[0]), fraction, labels[0], faults, names=parts[0].names)
    faults.raise_if_any("these pictures")
    test_part = None
    if len(parts) == 2:
        test_part = _stacked(decoded[1], range(len(decoded[1]))), labels[1]
    elif len(held_out):
        test_part = _stacked(decoded[0], held_out), labels[0][held_out]
    return Data(
        _stacked(decoded[0], train),
        labels[0][train],
        test=test_part,
        class_names=parts[0].names,
        kind="image",
        task="classification",
        source=_source(parts),
    )


def _check_arguments(image_size: Any, color_mode: Any, faults: Faults) -> None:
    if image_size is not None and not (
        isinstance(image_size, (tuple, list))
        and len(image_size) == 2
        and all((whole(side) or 0) >= 1 for side in image_size)
    ):
        faults.append(f"image_size is {image_size!r}; pass (height, width) in pixels, or None.")
    check_choice("color_mode", color_mode, get_args(ColorMode), faults)


def _read_folders(path: Any, test: Any, faults: Faults) -> tuple[list[_Part], float]:
    """The pictures below the folder, and below the second one if `test` is one."""
    fraction = 0.0
    given = {"path": path}
    if as_path(test) is None:
        fraction = check_fraction(test, faults) or 0.0
    else:
        given["test"] = test
    parts = []
    for name, value in given.items():
        root = as_path(value)
        if root is None:
            faults.append(f"{name} is of type {type(value).__name__}; pass the path of a folder.")
            continue
        inside = class_folders(root, readable_suffixes(), "pictures", faults)
        if inside is not None:
            parts.append(_Part(root, inside.names, list(inside.files), inside.others, [], []))
    if len(parts) == 2:
        _check_classes(parts[0].names, parts[1].names, faults)
    return parts, fraction


def _check_classes(train: Sequence[str], test: Sequence[str], faults: Faults) -> None:
    lacking = sorted(set(train) ^ set(test))
    if lacking:
        faults.append(
            f"path and test differ in the class folders {join_first(list(map(repr, lacking)))}; "
            "give both the same."
        )


def _decode_parts(
    parts: Sequence[_Part], image_size: Size | None, color_mode: str, faults: Faults
) -> list[list[Array]]:
    """The pictures of each part, from 0 to 255; raises where there are none to be had."""
    if image_size is None:
        sizes = _sizes(parts)
        _check_left(parts, faults)
        _check_one_size(sizes, faults)
        faults.raise_if_any("these pictures")
        image_size = next(iter(sizes))
    channels = 1 if color_mode == "grayscale" else 3
    _check_memory(sum(len(part.files) for part in parts), image_size, channels)
    decoded = [
        list(_each(part, partial(_decode, part, image_size, channels), "reading pictures"))
        for part in parts
    ]
    _check_left(parts, faults)
    faults.raise_if_any("these pictures")
    return decoded


def _stacked(decoded: Sequence[Array], rows: Iterable[int]) -> Array:
    """These pictures as one array from 0 to 1, float32 [rows, height, width, channels]."""
    chosen = [decoded[row] for row in rows]
    x = np.empty((len(chosen), *chosen[0].shape), np.float32)
    for row, pixels in enumerate(chosen):
        np.divide(pixels, 255.0, out=x[row], dtype=np.float32)
    return x


def _check_left(parts: Sequence[_Part], faults: Faults) -> None:
    """Append the classes left without a picture, with a reason."""
    for part in parts:
        left = {label for _, label in part.files}
        gone = [name for label, name in enumerate(part.names) if label not in left]
        if gone:
            first = next(item for item in part.failed if part.names[item.label] == gone[0])
            faults.append(
                f"none of the pictures can be read in {format_count(len(gone), 'class folder')} of "
                f"{str(part.root)!r}: {join_first(list(map(repr, gone)))}; for one, "
                f"{first.path.name}: {first.reason}."
            )


def _sizes(parts: Sequence[_Part]) -> Counter[Size]:
    """How many pictures there are of each size, from the files' heads; failures are taken out."""
    sizes: Counter[Size] = Counter()
    for part in parts:
        for made in _each(part, read_size, "looking at pictures"):
            sizes[made] += 1
    return sizes


def _check_one_size(sizes: Counter[Size], faults: Faults) -> None:
    if len(sizes) > 1:
        told = [f"{h} x {w} ({format_count(n, 'picture')})" for (h, w), n in sizes.most_common()]
        faults.append(
            f"the pictures have {len(sizes)} sizes (height x width): {join_first(told, 5)}. Pass "
            f"image_size=(height, width) to resize them, such as {sizes.most_common(1)[0][0]}."
        )


def _check_memory(rows: int, image_size: Size, channels: int) -> None:
    # Bytes a value: one as decoded and four in x.
    needed = rows * image_size[0] * image_size[1] * channels * 5
    free = psutil.virtual_memory().available
    if needed > free:
        raise StudyError(
            f"{format_count(rows, 'picture')} of {image_size[0]} x {image_size[1]} pixels and "
            f"{format_count(channels, 'channel')} take {format_bytes(needed)} to read and "
            f"{format_bytes(free)} are free. Pass a smaller image_size, or fewer pictures."
        )


def _each(part: _Part, function: Callable[[Path], Made], what: str) -> Iterator[Made]:
    """What the function makes of each file; files it fails on move to `part.failed`."""

    from PIL import UnidentifiedImageError

    def attempt(file: tuple[Path, int]) -> Made | _Failure:
        try:
            return function(file[0])
        except UnidentifiedImageError:
            return _Failure(*file, "no known kind of picture")
        except Exception as error:  # Pillow raises nearly every kind on a corrupt file
            return _Failure(*file, str(error) or type(error).__name__)

    kept = []
    pool = ThreadPoolExecutor(min(_MOST_THREADS, os.cpu_count() or 1))
    try:
        # Pillow also warns of odd metadata, which has no bearing on the pixels.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made = zip(part.files, pool.map(attempt, part.files), strict=True)
            for file, result in with_progress(made, len(part.files), what):
                if isinstance(result, _Failure):
                    part.failed.append(result)
                else:
                    kept.append(file)
                    yield result
    finally:
        pool.shutdown(cancel_futures=True)
    part.files[:] = kept


def _decode(part: _Part, image_size: Size, channels: int, path: Path) -> Array:
    pixels = read_pixels(path, image_size, channels)
    if holds_several(path):
        part.several.append(path)
    return pixels


def _report_failed(parts: Sequence[_Part]) -> list[str]:
    failed = [item for part in parts for item in part.failed]
    lines = [f"  {path}: {reason}" for path, _, reason in failed[:MOST_NAMED]]
    if len(failed) > MOST_NAMED:
        lines.append(f"  and {len(failed) - MOST_NAMED:,} more")
    head = f"{format_count(len(failed), 'picture')} cannot be read and left out:"
    return [head, *lines] if failed else []


def _report_unread(parts: Sequence[_Part]) -> list[str]:
    """Lines about the files passed over that seem to hold pictures, by what to do with them."""
    by_remedy: dict[str, list[Path]] = {}
    for path in (path for part in parts for path in part.others):
        with contextlib.suppress(OSError):
            if remedy := describe_unread(path):
                by_remedy.setdefault(remedy, []).append(path)
    lines = [
        f"  {count_kinds(files)}, {join_first([file.name for file in files], 3)}: {remedy}"
        for remedy, files in by_remedy.items()
    ]
    count = sum(map(len, by_remedy.values()))
    return [f"{format_count(count, 'picture')} not read and passed over:", *lines] if lines else []


def _source(parts: Sequence[_Part]) -> str:
    failed = sum(len(part.failed) for part in parts)
    several = sum(len(part.several) for part in parts)
    others = [path for part in parts for path in part.others]
    notes = [
        f", tested on {parts[1].root.name}" if len(parts) == 2 else "",
        f", {format_count(failed, 'unreadable picture')} left out" if failed else "",
        f", the first of several in {format_count(several, 'file')}" if several else "",
        f", {count_kinds(others)} passed over" if others else "",
    ]
    return f"pictures in {parts[0].root.resolve().name}" + "".join(notes)
