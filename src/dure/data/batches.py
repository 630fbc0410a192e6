"""Batches: data that come from a generator, a dataset or a loader, made anew for each lane."""

from __future__ import annotations

import copy
import inspect
import random
import types
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal, NamedTuple, TypeAlias, get_args

import numpy as np

from dure.core.arrays import Samples, is_nested, leaves, map_leaves
from dure.core.fingerprint import describe_function
from dure.data.class_names import list_class_names
from dure.data.random_state import keep_generators
from dure.errors import Faults, StudyError

Part: TypeAlias = Literal["train", "validation", "test"]
PARTS: tuple[Part, ...] = get_args(Part)
NAMES = ("seed", "fold", "part")
"""What a function that makes sources can ask for."""

_WEIGHABLE = ("PyDataset", "DatasetV2")  # told by name: nothing of them need be here


class Peek(NamedTuple):
    """What one look at a fresh source tells.

    Attributes
    ----------
    first
        Its first batch.
    length
        Batches it has; None where it does not say.
    endless
        Whether it says that it has no end.
    divisible
        Whether its batches can be asked for by number and stay the same from epoch to epoch.
    weighable
        Whether Keras weighs its classes.
    """

    first: Samples
    length: int | None
    endless: bool
    divisible: bool
    weighable: bool


@dataclass(frozen=True, eq=False, repr=False)
class Batches:
    """Data that come in batches: whatever Keras' ``fit`` takes as `x` besides arrays.

    Every lane has sources of its own, so that it can be repeated, and is not changed by lanes
    beside it.

    Parameters
    ----------
    make
        A function that makes a source: a ``keras.utils.PyDataset``, a Python generator, a torch
        ``DataLoader``, a grain or ``tf.data`` dataset, of batches ``(x,)``, ``(x, y)`` or
        ``(x, y, sample_weight)``. It is called with those of `seed` (the lane's), `fold` (from 1)
        and `part` ("train", "validation" or "test") that it names; for "validation" and "test" it
        may return None (there is no such part) or a tuple of arrays ``(x, y)``. Where it does not
        name `part` it makes what trains. Code that draws from ``numpy.random`` or ``random`` finds
        the lane's own generators, as ``keras.utils.set_random_seed(seed)`` and `build` left them;
        what is drawn from ``numpy.random.default_rng(seed)`` is the same for every variant.

        Or a dataset itself, of which every lane gets a copy (``copy.deepcopy``).
    class_names
        A name for each class in the order of the labels.
    task, kind
        As in `Data`; nothing is read from the batches.
    source
        Where the data come from, one line.
    excerpt
        Whether they are only part of what `source` names.

    Raises
    ------
    StudyError
        Everything that is wrong at once: a generator itself, which can be read only once; a
        function that asks for something else than `seed`, `fold` and `part`.

    Notes
    -----
    With `folds` a function that names `fold` is asked for folds 1 to k. Otherwise, as for
    `validation_split`, the batches themselves are divided, which needs a source whose batches can
    be asked for by number and stay the same from epoch to epoch. `shuffle` is what it is in Keras:
    the order of a ``PyDataset``'s batches. `batch_size` is the source's own affair.

    Of a source only the first batch is known before training: what is said of the data (their
    range, the classes) is said of it, accuracy by chance is unknown, and layers are measured on its
    rows. Where the same call makes another first batch the second time, a warning says so.

    Examples
    --------
    >>> def make(seed, part):
    ...     rng = np.random.default_rng([seed, len(part)])
    ...     for _ in range(8 if part == "train" else 2):
    ...         x = rng.normal(size=(16, 30)).astype("float32")
    ...         yield x, (x[:, :1] > 0).astype("float32")
    >>> flowing = dure.Batches(make, source="made up")
    >>> flowing
    Batches(make, made up)
    >>> dure.Study(build, flowing, seeds=2).plan().programs[0].route
    'stepped'
    """

    make: Any
    class_names: Any = None
    task: Literal["classification", "regression"] | None = None
    kind: Literal["image", "text", "tabular", "series"] | None = None
    source: str | None = None
    excerpt: bool = False

    # What data in arrays have besides.
    y: ClassVar[Any] = None
    labels: ClassVar[Any] = None
    test: ClassVar[Any] = None
    sample_weight: ClassVar[Any] = None
    prepare: ClassVar[Any] = None
    feature_names: ClassVar[Any] = None
    word_index: ClassVar[Any] = None
    time_gap: ClassVar[int | None] = None

    def __post_init__(self) -> None:
        faults = Faults()
        object.__setattr__(self, "class_names", list_class_names(self.class_names, faults))
        if isinstance(self.make, types.GeneratorType) or hasattr(self.make, "__next__"):
            faults.append(
                f"make is a {type(self.make).__name__}, which can be read only once, and every "
                "lane reads its own; pass the function that makes it: Batches(make), not "
                "Batches(make())."
            )
        elif self._is_function:
            self._check_parameters(faults)
        elif not (hasattr(self.make, "__getitem__") or hasattr(self.make, "__iter__")):
            faults.append(
                f"make is of type {type(self.make).__name__}; pass a function that makes a source "
                "of batches, or a keras.utils.PyDataset. Arrays go into dure.Data(x, y)."
            )
        elif isinstance(self.make, (np.ndarray, Mapping, list, tuple)):
            faults.append(
                f"make is a {type(self.make).__name__}; arrays go into dure.Data(x, y), here "
                "belongs a function that makes a source of batches."
            )
        faults.raise_if_any("these batches")

    def _check_parameters(self, faults: Faults) -> None:
        strange = [
            name
            for name, parameter in self._parameters.items()
            if name not in NAMES
            and parameter.default is parameter.empty
            and parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
        ]
        if strange:
            faults.append(
                f"make asks for {', '.join(strange)}; it is called with those of seed, fold and "
                "part that it names. Give anything else a default."
            )

    @property
    def _is_function(self) -> bool:
        data = hasattr(self.make, "__getitem__") or hasattr(self.make, "__iter__")
        return callable(self.make) and (isinstance(self.make, type) or not data)

    @cached_property
    def _parameters(self) -> Mapping[str, inspect.Parameter]:
        return inspect.signature(self.make).parameters

    def _asks_for(self, name: str) -> bool:
        if not self._is_function:
            return False
        some = self._parameters.values()
        return name in self._parameters or any(p.kind == p.VAR_KEYWORD for p in some)

    @property
    def has_folds(self) -> bool:
        """Whether `make` is told the fold.

        Examples
        --------
        >>> flowing.has_folds
        False
        """
        return self._asks_for("fold")

    def open(self, seed: int, fold: int, part: Part) -> Any:
        """A fresh source of one part; None where there is no such part.

        Examples
        --------
        >>> x, y = next(flowing.open(0, 1, "train"))
        >>> x.shape
        (16, 30)
        """
        if part != "train" and not self._asks_for("part"):
            return None
        if not self._is_function:
            return copy_source(self.make)
        given = {"seed": seed, "fold": fold, "part": part}
        return self.make(**{name: value for name, value in given.items() if self._asks_for(name)})

    def describe(self) -> dict[str, Any]:
        """The source's own code in JSON, as far as it can be read.

        Examples
        --------
        >>> flowing.describe()["name"]
        'make'
        """
        return describe_function(self.make)

    def __repr__(self) -> str:
        name = getattr(self.make, "__name__", type(self.make).__name__)
        shown = [name, *(item for item in (self.task, self.source) if item is not None)]
        return f"Batches({', '.join(shown)})"


def copy_source(source: Any) -> Any:
    """A copy of a dataset, for one lane alone."""
    try:
        return copy.deepcopy(source)
    except Exception as error:
        raise StudyError(
            f"a {type(source).__name__} cannot be copied for each lane ({type(error).__name__}: "
            f"{error}); pass a function that makes it."
        ) from error


def peek(open_source: Callable[[], Any], seed: int, what: str, faults: Faults) -> Peek | None:
    """Look at the first batch of a fresh source, and at what it says of itself.

    Parameters
    ----------
    what
        How the source is called in sentences, such as "make(seed=0, part='train')".

    Returns
    -------
    None where there is no source, or after appending what is wrong with it.
    """
    with _seeded(seed):
        try:
            source = open_source()
            if source is None:
                return None
            batch = _first_batch(source)
        except StudyError as error:
            faults += error.faults
            return None
        except Exception as error:
            faults.append(f"{what} gave no batch: {type(error).__name__}: {error}")
            return None
    if batch is None:
        faults.append(f"{what} is empty; it needs a batch at least. Return None for no such part.")
        return None
    first = _unpack(batch, what, faults)
    if first is None:
        return None
    length, endless = _length(source)
    weighable = any(kind.__name__ in _WEIGHABLE for kind in type(source).__mro__)
    return Peek(first, length, endless, _is_divisible(source, length), weighable)


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """The global generators as ``set_random_seed`` makes them; put back afterwards."""
    with keep_generators():
        random.seed(seed)
        np.random.seed(seed)
        yield


def _first_batch(source: Any) -> Any:
    if isinstance(source, tuple):
        return tuple(None if p is None else map_leaves(lambda a: a[:1], p) for p in source)
    if hasattr(source, "__getitem__"):
        return None if _length(source)[0] == 0 else source[0]
    batches = iter(source)
    batch = next(batches, None)
    if isinstance(batches, types.GeneratorType):
        batches.close()
    return batch


def _unpack(batch: Any, what: str, faults: Faults) -> Samples | None:
    """A batch as Keras' ``fit`` reads it."""
    parts = tuple(batch) if isinstance(batch, (list, tuple)) else (batch,)
    told = f"{type(batch).__name__} of {len(parts)}"
    if not 1 <= len(parts) <= 3 or not (is_nested(batch) or hasattr(batch, "shape")):
        told = told if is_nested(batch) else type(batch).__name__
        faults.append(
            f"the first batch of {what} is a {told}; a batch is (x,), (x, y) or "
            "(x, y, sample_weight)."
        )
        return None
    x, y, weight = (
        None if part is None else map_leaves(_as_array, part) for part in (*parts, None, None)[:3]
    )
    found = [leaf for p in (x, y, weight) if p is not None for _, leaf in leaves(p, "")]
    rows = {leaf.shape[0] if leaf.ndim else None for leaf in found if leaf is not None}
    if x is None or None in rows or len(rows) > 1:
        shapes = ", ".join(str(leaf.shape) for leaf in found if leaf is not None)
        faults.append(
            f"the first batch of {what} has arrays of shapes {shapes}; the first axis of each is "
            "its rows, as many in all."
        )
        return None
    return Samples(x, y, weight)


def _as_array(leaf: Any) -> Any:
    return None if leaf is None else np.asarray(leaf)


def _length(source: Any) -> tuple[int | None, bool]:
    """How many batches a source says it has, and whether it says that there is no end."""
    if isinstance(source, tuple):
        return None, False
    if hasattr(type(source), "num_batches"):
        try:
            count = source.num_batches
        except NotImplementedError:
            return None, True  # Keras will ask, and say what is missing
        return (None, True) if count is None else (int(count), False)
    try:
        return len(source), False
    except TypeError:
        pass
    except OverflowError:  # grain's repeated datasets say a number that is none
        return None, True
    if callable(count := getattr(source, "cardinality", None)):
        found = int(count())
        return (found, False) if found >= 0 else (None, found == -1)
    return None, False


def _is_divisible(source: Any, length: int | None) -> bool:
    """Whether batches have numbers that mean the same in every epoch."""
    if length is None or not hasattr(source, "__getitem__"):
        return False
    hooks = (getattr(type(source), name, None) for name in ("on_epoch_begin", "on_epoch_end"))
    return all(hook is None or hook.__module__.startswith("keras.") for hook in hooks)
