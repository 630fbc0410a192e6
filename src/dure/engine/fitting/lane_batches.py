"""What a lane that Keras' ``fit`` drives takes its batches from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dure.core.arrays import Arrays, Samples, row_count, take_rows
from dure.core.conversion.stored import find_stored
from dure.data.splits import Split
from dure.engine.fitting.own_random import OwnRandom
from dure.engine.program.batch_order import BatchOrder
from dure.keras_bridge.batches import RowBatches, SourceBatches, TakeRows
from dure.keras_bridge.model_state import pack_batch

STORED_AHEAD = 3
"""Batches that are read from disk before they are asked for."""

OpenPart = Callable[[Any], tuple[Any, npt.NDArray[np.int32] | None] | None]
"""From "train", "validation" or "test" to a fresh source, and the batches of it that are meant."""


@dataclass(frozen=True)
class LaneBatches:
    """What ``fit`` and ``evaluate`` take batches from; `validation` and `test` may be None."""

    train: Any
    validation: Any = None
    test: Any = None

    def skip_first(self) -> None:
        """Draw a batch that trains nothing; ``fit`` ends this epoch before it begins its own."""
        self.train.on_epoch_begin()
        next(iter(self.train.get_jax_iterator()), None)


@dataclass(frozen=True)
class BatchTerms:
    """How rows become batches; arguments of ``fit``."""

    batch_size: int
    validation_batch_size: int
    shuffle: bool | str


def batch_rows(
    terms: BatchTerms, split: Split, rows: Arrays, test: Arrays | None, alone: OwnRandom
) -> LaneBatches:
    """Batches of rows in memory.

    Parameters
    ----------
    rows, test
        As the network sees them.
    alone
        The lane's own generators: Keras draws the order of the rows from there.
    """
    order = BatchOrder(split.train, terms.shuffle, terms.batch_size, alone)
    take = _taker(Samples(rows.x, rows.y, rows.train_weight))
    ahead = _batches_ahead(Samples(rows.x, rows.y, rows.train_weight))
    train = RowBatches(take, order.batches, len(split.train), terms.batch_size, ahead)
    size = terms.validation_batch_size
    validation = None
    if split.validation is not None:
        validation = _in_order(rows.evaluated, split.validation, size)
    if test is None:
        return LaneBatches(train, validation)
    places = np.arange(row_count(test.x), dtype=np.int32)
    return LaneBatches(train, validation, _in_order(test.evaluated, places, size))


def open_batches(
    open_part: OpenPart, size: int, alone: OwnRandom, terms: Mapping[str, Mapping[str, Any]]
) -> LaneBatches:
    """A lane's own sources of batches.

    Parameters
    ----------
    open_part
        Makes the source of a part; Samples in memory become batches of `size` rows.
    alone
        The lane's own generators, which the sources' code finds as the process's.
    terms
        By part, arguments of `SourceBatches`.
    """

    def open_one(part: str) -> Any:
        with alone:
            opened = open_part(part)
        if opened is None:
            return None
        source, places = opened
        if isinstance(source, Samples):
            return _in_order(source, np.arange(row_count(source.x), dtype=np.int32), size)
        return SourceBatches(source, alone, part, places, **terms.get(part, {}))

    return LaneBatches(open_one("train"), open_one("validation"), open_one("test"))


def _in_order(rows: Samples, places: npt.NDArray[np.int32], size: int) -> RowBatches:
    take, ahead = _taker(rows), _batches_ahead(rows)
    parts = [places[start : start + size] for start in range(0, len(places), size)]
    return RowBatches(take, lambda: parts, len(places), size, ahead)


def _batches_ahead(rows: Samples) -> int:
    """How many batches are gathered ahead: some of rows on disk, none of rows in memory."""
    return STORED_AHEAD if find_stored(rows._asdict()) else 0


def _taker(rows: Samples) -> TakeRows:
    """Gathers batches as Keras hands them to a step."""
    return lambda places: pack_batch(tuple(take_rows(part, places) for part in rows))
