"""What the readers of people's own data share: files, class folders, test parts, a progress bar."""

from __future__ import annotations

import math
import os
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from dure.core.arrays import is_number
from dure.core.formatting import format_count, join_first
from dure.data.readers.text_files import neighbour
from dure.errors import Faults, did_you_mean

Missing = Literal["error", "drop"]
"""What to do with rows with holes."""

SEED = 0
"""Seeds the order of rows and the choice of test rows; the same on every call."""

MOST_NAMED = 10
"""Places named one by one in a message; the rest is counted."""

_BAR_AFTER_S = 2.0
# Folders that systems and archives leave behind beside the hidden ones.
_LITTER = frozenset({"__macosx", "thumbs.db", "desktop.ini"})
_PARTS = frozenset({"train", "training", "test", "testing", "val", "valid", "validation"})

Item = TypeVar("Item")


def as_path(value: Any) -> Path | None:
    """A path from a str or path, `~` resolved; None for anything else."""
    if isinstance(value, (str, os.PathLike)) and not isinstance(value, bytes):
        return Path(value).expanduser()
    return None


def check_choice(name: str, value: Any, known: Sequence[str], faults: Faults) -> None:
    """Append if the value is none of these."""
    if value not in known:
        hint = did_you_mean(str(value), known)
        faults.append(f"{name} is {value!r}; pass one of {list(known)}.{hint}")


def check_fraction(test: Any, faults: Faults) -> float | None:
    """`test` as a fraction from 0 to below 1; None after appending a fault."""
    if is_number(test) and 0 <= test < 1:
        return float(test)
    faults.append(
        f"test is {test!r}; pass the fraction of the rows to hold out, from 0 to below 1."
    )
    return None


def hold_out(
    rows: int,
    fraction: float,
    labels: npt.NDArray[np.int64] | None,
    faults: Faults,
    *,
    names: Sequence[str] | None = None,
    shuffle: bool = True,
    may_be_numbers: bool = False,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Rows for training and rows for the test part, the same on every call.

    Parameters
    ----------
    rows, fraction
        ``ceil(rows * fraction)`` rows are held out; with 0 none.
    labels
        The class of each row, shape [rows]: then every class is held out in proportion, and each
        needs at least two rows.
    names
        Of the classes, for messages.
    shuffle
        False: rows keep their order and the last ones are held out, in whatever proportion.
    may_be_numbers
        Nobody said that the labels are classes: whole numbers to predict look like them.
    """
    every = np.arange(rows, dtype=np.int64)
    held_out = math.ceil(rows * fraction)
    if held_out == rows:
        faults.append(f"test={fraction:g} of {format_count(rows, 'row')} leaves none to train on.")
        return every, every[:0]
    if not shuffle:
        return every[: rows - held_out], every[rows - held_out :]
    if not held_out:
        return np.random.default_rng(SEED).permutation(every), every[:0]
    if labels is not None and not _can_stratify(
        labels, names, held_out, fraction, may_be_numbers, faults
    ):
        return every, every[:0]
    # scikit-learn takes half a second to import and only splits need it.
    from sklearn.model_selection import train_test_split

    train, test = train_test_split(every, test_size=held_out, random_state=SEED, stratify=labels)
    return train, test


def _can_stratify(
    labels: npt.NDArray[np.int64],
    names: Sequence[str] | None,
    held_out: int,
    fraction: float,
    may_be_numbers: bool,
    faults: Faults,
) -> bool:
    numbers = (
        "If the target is a number to predict (a price, a count, an age), pass task='regression'. "
        if may_be_numbers
        else ""
    )
    classes, counts = np.unique(labels, return_counts=True)
    smaller = min(held_out, len(labels) - held_out)
    if counts.min() < 2:
        few = [repr(names[label]) if names else str(label) for label in classes[counts < 2]]
        faults.append(
            f"test={fraction:g} holds out every class in proportion, but these have a single row: "
            f"{join_first(few)}. {numbers}Give each class two rows or more, leave such rows out, "
            "or pass test=0."
        )
    elif smaller < len(classes):
        faults.append(
            f"test={fraction:g} of {format_count(len(labels), 'row')} leaves {smaller} on one "
            f"side, fewer than the {len(classes)} classes. {numbers}Pass another fraction, or "
            "test=0."
        )
    else:
        return True
    return False


class ClassFolders(NamedTuple):
    """What a folder of a folder per class holds."""

    names: tuple[str, ...]
    """Of the classes, sorted."""
    files: tuple[tuple[Path, int], ...]
    """Each file with its label, in order of label and path."""
    others: tuple[Path, ...]
    """Files of other kinds below the classes' folders, and whatever lies beside these."""


def class_folders(
    root: Path, suffixes: Collection[str], noun: str, faults: Faults
) -> ClassFolders | None:
    """The files of these kinds below each class's folder, at any depth; None after a fault.

    Hidden files and folders, and what systems leave behind (Thumbs.db, __MACOSX), count for
    nothing. `noun` is what the files are, for messages.
    """
    if not root.is_dir():
        if root.exists():
            faults.append(f"{str(root)!r} is a file; unpack it and pass the folder.")
        else:
            faults.append(f"There is no folder {str(root)!r}.{neighbour(root)}")
        return None
    inside = sorted((item for item in root.iterdir() if _counts(item.name)), key=_name)
    folders = [item for item in inside if item.is_dir()]
    loose = [item for item in inside if not item.is_dir()]
    if not _check_folders(root, folders, loose, suffixes, noun, faults):
        return None
    files: list[tuple[Path, int]] = []
    others, empty = loose, []
    for label, folder in enumerate(folders):
        found = list(_files_below(folder))
        fitting = [file for file in found if file.suffix.lower() in suffixes]
        files += [(file, label) for file in fitting]
        others += [file for file in found if file.suffix.lower() not in suffixes]
        if not fitting:
            held = f" ({count_kinds(found)})" if found else ""
            empty.append(f"{folder.name!r}{held}")
    if empty:
        faults.append(
            f"No {noun} in {format_count(len(empty), 'class folder')}: {join_first(empty)}. Put "
            f"{noun} ({', '.join(sorted(suffixes))}) there, or remove the folder."
        )
        return None
    return ClassFolders(tuple(map(_name, folders)), tuple(files), tuple(others))


def count_kinds(files: Sequence[Path]) -> str:
    """How many files there are of each kind: '3 other files (2 .heic, 1 without a suffix)'."""
    kinds = Counter(file.suffix.lower() or "without a suffix" for file in files)
    told = [f"{count:,} {kind}" for kind, count in kinds.most_common()]
    return f"{format_count(len(files), 'other file')} ({join_first(told, 5)})"


def _name(path: Path) -> str:
    # Some systems store the syllables of Hangul in pieces.
    return unicodedata.normalize("NFC", path.name)


def _counts(name: str) -> bool:
    return not name.startswith(".") and name.lower() not in _LITTER


def _files_below(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(filter(_counts, folders))
        yield from (Path(place) / name for name in sorted(filter(_counts, files)))


def _check_folders(
    root: Path,
    folders: Sequence[Path],
    loose: Sequence[Path],
    suffixes: Collection[str],
    noun: str,
    faults: Faults,
) -> bool:
    layout = f"a folder per class: {root.name}/cat/..., {root.name}/dog/..."
    fitting = sum(file.suffix.lower() in suffixes for file in loose)
    if not folders and fitting:
        faults.append(
            f"{str(root)!r} holds {format_count(fitting, 'file')} directly and no folders; put the "
            f"{noun} into {layout}."
        )
    elif not folders:
        faults.append(f"{str(root)!r} holds no {noun}; put them into {layout}.")
    elif len(folders) == 1:
        deeper = any(item.is_dir() and _counts(item.name) for item in folders[0].iterdir())
        remedy = f" Perhaps you mean {str(folders[0])!r}?" if deeper else ""
        faults.append(
            f"{str(root)!r} holds one class only, {folders[0].name!r}; a network needs two or "
            f"more, in {layout}.{remedy}"
        )
    elif all(folder.name.lower() in _PARTS for folder in folders):
        faults.append(
            f"The folders in {str(root)!r} are parts, not classes: "
            f"{join_first([repr(folder.name) for folder in folders])}. Pass the one to train on as "
            "the path, and the one to test on as test=..."
        )
    else:
        return True
    return False


def with_progress(
    items: Iterable[Item], total: int, what: str, clock: Callable[[], float] = time.monotonic
) -> Iterator[Item]:
    """The items; once they have taken two seconds, with a bar on the standard error stream.

    The bar needs a terminal or a notebook and is gone in the end.
    """
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    shown = console.is_terminal or console.is_jupyter
    bar = Progress(console=console, transient=True)
    task = bar.add_task(what, total=total)
    start = clock()
    try:
        for item in items:
            if shown and not bar.live.is_started and clock() - start > _BAR_AFTER_S:
                bar.start()
            yield item
            bar.advance(task)
    finally:
        if bar.live.is_started:
            bar.stop()
