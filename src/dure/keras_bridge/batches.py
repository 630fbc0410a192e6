"""What Keras' ``fit`` takes batches from: rows in a lane's own order, or people's own sources."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from types import GeneratorType
from typing import Any

import numpy as np
import numpy.typing as npt

from dure.core.arrays import Tree
from dure.core.backend import keras

_adapters = keras.src.trainers.data_adapters

TakeRows = Callable[[npt.NDArray[np.int32]], tuple[Tree, ...]]
"""From row numbers to the batch of these rows: (x,), (x, y) or (x, y, weights)."""


def is_source(x: Any) -> bool:
    """Whether Keras' ``fit`` takes batches from this, and not rows."""
    return (
        isinstance(x, (keras.utils.PyDataset, GeneratorType, _adapters.data_adapter.DataAdapter))
        or _adapters.is_tf_dataset(x)
        or _adapters.is_torch_dataloader(x)
        or _adapters.is_grain_dataset(x)
    )


class RowBatches(_adapters.data_adapter.DataAdapter):  # type: ignore[misc, name-defined]
    """Batches of rows that are numbered, cut from an order that may be another each epoch.

    Parameters
    ----------
    take
        Gathers the rows of a batch.
    next_order
        Row numbers of an epoch, in the order of their batches; called once an epoch.
    rows
        How many numbers it gives.
    size
        Rows of a batch; the last may have fewer.
    """

    def __init__(
        self,
        take: TakeRows,
        next_order: Callable[[], npt.NDArray[np.int32]],
        rows: int,
        size: int,
    ) -> None:
        self._take, self._next_order = take, next_order
        self._rows, self._size = rows, size
        self._latest = np.empty(0, np.int32)

    def get_jax_iterator(self) -> Iterator[Any]:
        """An epoch's batches."""
        self._latest = self._next_order()
        yield from self.repeat_epoch()

    def repeat_epoch(self) -> Iterator[Any]:
        """The batches of the latest epoch once more."""
        order = self._latest
        for start in range(0, len(order), self._size):
            yield self._take(order[start : start + self._size])

    get_numpy_iterator = get_jax_iterator

    @property
    def num_batches(self) -> int:
        """Batches an epoch, the smaller rest included."""
        return -(-self._rows // self._size)

    @property
    def batch_size(self) -> int:
        """Rows of a full batch."""
        return self._size

    @property
    def has_partial_batch(self) -> bool:
        """Whether the last batch is smaller."""
        return self._rows % self._size > 0

    @property
    def partial_batch_size(self) -> int | None:
        """Rows of the last batch where it is smaller."""
        return self._rows % self._size or None


class SourceBatches(_adapters.data_adapter.DataAdapter):  # type: ignore[misc, name-defined]
    """Batches out of whatever Keras' ``fit`` takes, made while a lane's own generators are open.

    Parameters
    ----------
    source
        A ``PyDataset``, a generator, a data loader, ...
    alone
        Opened around every piece of the source's own code.
    shuffle, class_weight, steps
        As in Keras' ``fit``; `steps` is its ``steps_per_epoch``.
    """

    def __init__(
        self,
        source: Any,
        alone: AbstractContextManager[Any],
        shuffle: Any = False,
        class_weight: Any = None,
        steps: int | None = None,
    ) -> None:
        self._alone = alone
        with alone:
            self._adapter = _adapters.get_data_adapter(
                source, shuffle=shuffle, class_weight=class_weight, steps_per_epoch=steps
            )

    def get_jax_iterator(self) -> Iterator[Any]:
        """An epoch's batches, or those of a source without an end."""
        with self._alone:
            iterator = iter(self._adapter.get_jax_iterator())
        while True:
            with self._alone:
                try:
                    batch = next(iterator)
                except StopIteration:
                    return
            yield batch

    get_numpy_iterator = get_jax_iterator

    def repeat_epoch(self) -> None:
        """Nothing: what a source gave is gone."""

    @property
    def num_batches(self) -> int | None:
        """Batches an epoch, where the source knows."""
        return self._adapter.num_batches  # type: ignore[no-any-return]

    @property
    def batch_size(self) -> int | None:
        """Rows of a batch, where the source knows."""
        return self._adapter.batch_size  # type: ignore[no-any-return]

    @property
    def has_partial_batch(self) -> bool | None:
        """Whether the last batch is smaller, where the source knows."""
        return self._adapter.has_partial_batch  # type: ignore[no-any-return]

    @property
    def partial_batch_size(self) -> int | None:
        """Rows of the last batch where it is smaller and the source knows."""
        return self._adapter.partial_batch_size  # type: ignore[no-any-return]

    def on_epoch_begin(self) -> None:
        """Tell the source."""
        with self._alone:
            self._adapter.on_epoch_begin()

    def on_epoch_end(self) -> None:
        """Tell the source."""
        with self._alone:
            self._adapter.on_epoch_end()
