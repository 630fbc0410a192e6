"""The data that `dure look --data` names: a set of `dure.data`, a file, or a folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dure import data as sets
from dure.cli.study_source import read_value
from dure.data.dataset import Data
from dure.data.readers.tables.table_format import TableFormat
from dure.errors import DureError, Faults, did_you_mean
from dure.storage.files import explained

SETS = (
    "mnist",
    "fashion_mnist",
    "imdb",
    "reuters",
    "digits",
    "breast_cancer",
    "diabetes",
    "adding_problem",
    "recall",
)
_TABLES, _TEXTS = (".csv", ".tsv", ".tab"), (".jsonl", ".json")
_AS_THEY_ARE = (".npz", ".txt")

_SETTINGS: dict[Callable[..., Data], tuple[str, ...]] = {
    sets.from_csv: (*TableFormat.__annotations__, "missing", "features", "drop", "categories"),
    sets.from_texts: ("sep", "quote", "encoding", "na_values", "missing", "text", "maxlen"),
    sets.from_folder: ("image_size", "color_mode"),
}
"""What of a reader's arguments the command line sets."""


class NetworkInput(NamedTuple):
    """What a network takes, as far as it says so."""

    shape: tuple[Any, ...] = ()
    """Of one row; places may be None."""
    vocabulary: int | None = None
    """How many integers its first layer tells apart."""
    raw_text: bool = False


class LookData(NamedTuple):
    """Rows to look at: `data`, or texts without anything else."""

    data: Data | None = None
    x: Any = None


def find_data(
    name: str, takes: NetworkInput, target: str | None = None, settings: Sequence[str] = ()
) -> LookData:
    """The data that a command line names.

    Parameters
    ----------
    name
        A set of `dure.data`; a .npz file (arrays x and y, or x_test and y_test besides); a .csv
        or .tsv table; .jsonl or .json texts; a .txt file with a text a line; a folder of
        pictures, or of texts, in a folder per class.
    takes
        Sets the length and vocabulary of texts in integers, and the size of pictures.
    target
        The column of a table that is to be predicted; of labelled texts the label.
    settings
        Further arguments of the reader, each as "name=value"; one that comes again is a list.

    Raises
    ------
    DureError
        If there are no such data, or they cannot be read.
    """
    given, path = _read_settings(settings), Path(name)
    if given and (name in SETS or path.suffix.lower() in _AS_THEY_ARE):
        raise DureError(f"--read says how tables, texts and pictures are read; {name} is none.")
    if name in SETS:
        return LookData(_load_set(name, takes))
    if not path.exists():
        raise DureError(
            f"--data {name!r} is neither a file or folder nor one of {', '.join(SETS)}."
            + did_you_mean(name, SETS)
        )
    kind = path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix
    if path.is_dir():
        return LookData(_read_folder(path, takes, given))
    readers: dict[str, Callable[[], LookData]] = {
        ".npz": lambda: LookData(_read_arrays(path)),
        ".txt": lambda: LookData(x=_read_lines(path)),
        **dict.fromkeys(_TABLES, lambda: LookData(_read_table(path, takes, target, given))),
        **dict.fromkeys(_TEXTS, lambda: LookData(_read_texts(path, target, given))),
    }
    if kind.lower() not in readers:
        raise DureError(
            f"--data {name!r} ends in {kind or 'nothing'}; give one of {', '.join(readers)}, a "
            f"folder, or one of {', '.join(SETS)}."
        )
    return readers[kind.lower()]()


def _load_set(name: str, takes: NetworkInput) -> Data:
    load = getattr(sets, name)
    arguments: dict[str, int] = {}
    if name in ("imdb", "reuters") and takes.shape and takes.shape[0]:
        arguments["maxlen"] = int(takes.shape[0])
    if name in ("imdb", "reuters") and takes.vocabulary:
        arguments["num_words"] = takes.vocabulary
    made: Data = load(**arguments)
    return made


def _read_settings(settings: Sequence[str]) -> dict[str, Any]:
    given: dict[str, list[Any]] = {}
    faults = Faults()
    known = {name for names in _SETTINGS.values() for name in names}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals or name not in known:
            faults.append(
                f"--read {setting!r} is not NAME=VALUE with a NAME of {', '.join(sorted(known))}."
                f"{did_you_mean(name, known)}"
            )
        # A shell hands a tab on as it is typed.
        given.setdefault(name, []).append("\t" if text == "\\t" else read_value(text))
    faults.raise_if_any("--read")
    return {name: values[0] if len(values) == 1 else values for name, values in given.items()}


def _read_with(reader: Callable[..., Data], *place: Any, given: dict[str, Any], **own: Any) -> Data:
    wrong = [name for name in given if name not in _SETTINGS[reader]]
    if wrong:
        raise DureError(
            f"--read {wrong[0]}=... says nothing of such data, which are read with "
            f"{', '.join(_SETTINGS[reader])}."
        )
    return reader(*place, **{**own, **given})


def _read_folder(path: Path, takes: NetworkInput, given: dict[str, Any]) -> Data:
    if takes.raw_text:
        return _read_with(sets.from_texts, path, given=given)
    size = tuple(takes.shape[:2]) if len(takes.shape) == 3 and all(takes.shape[:2]) else None
    mode = "grayscale" if len(takes.shape) == 3 and takes.shape[-1] == 1 else "rgb"
    return _read_with(sets.from_folder, path, given=given, image_size=size, color_mode=mode)


def _read_arrays(path: Path) -> Data:
    try:
        with np.load(path, allow_pickle=False) as held:
            arrays = {key: held[key] for key in held.files}
    except (OSError, ValueError, EOFError) as error:
        raise DureError(f"{path} cannot be read as an .npz file ({error}).") from error
    if "x" not in arrays and "x_test" not in arrays:
        raise DureError(
            f"{path} holds {', '.join(arrays) or 'nothing'}; expected arrays x and y (and x_test, "
            "y_test if there are test rows)."
        )
    test = (arrays["x_test"], arrays.get("y_test")) if "x_test" in arrays else None
    if "x" not in arrays and test is not None:
        return Data(*test, source=path.name)
    return Data(arrays["x"], arrays.get("y"), test=test, source=path.name)


def _read_table(path: Path, takes: NetworkInput, target: str | None, given: dict[str, Any]) -> Data:
    if takes.raw_text:
        return _read_texts(path, target, given)
    if target is None:
        raise DureError(f"{path} is a table: say which column is predicted, --target COLUMN.")
    return _read_with(sets.from_csv, path, target, given=given)


def _read_texts(path: Path, target: str | None, given: dict[str, Any]) -> Data:
    return _read_with(sets.from_texts, path, given=given, label=target or "label")


def _read_lines(path: Path) -> Any:
    with explained("read", path.parent):
        content = path.read_bytes()
    try:
        lines = [line for line in content.decode("utf-8").splitlines() if line.strip()]
    except UnicodeDecodeError as error:
        raise DureError(f"{path} is not text in UTF-8 (byte {error.start}).") from error
    if not lines:
        raise DureError(f"{path} holds no text; a line each is expected.")
    return np.asarray(lines, dtype=object)
