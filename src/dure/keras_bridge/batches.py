"""What Keras' ``fit`` takes batches from: rows in a lane's own order, or people's own sources."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import cached_property
from types import GeneratorType
from typing import Any

import numpy as np
import numpy.typing as npt

from dure.core.arrays import Tree
from dure.core.backend import keras

_adapters = keras.src.trainers.data_adapters

TakeRows = Callable[[npt.NDArray[np.int32]], Tree]
"""From row numbers to the batch of these rows, as Keras hands it to a step."""


def is_source(x: Any) -> bool:
    """Whether Keras' ``fit`` takes batches from this, and not rows."""
    return (
        isinstance(x, (keras.utils.PyDataset, GeneratorType, _adapters.data_adapter.DataAdapter))
        or _adapters.is_tf_dataset(x)
        or _adapters.is_torch_dataloader(x)
        or _adapters.is_grain_dataset(x)
    )


class RowBatches(_adapters.data_adapter.DataAdapter):  # type: ignore[misc, name-defined]
    """Batches of rows that are numbered, which may be others each epoch.

    Parameters
    ----------
    take
        Gathers the rows of a batch.
    next_epoch
        Row numbers of each batch of an epoch, one after another; called once an epoch.
    rows
        How many numbers it gives in all.
    size
        Rows of a batch; the last may have fewer.
    ahead
        Batches that a thread of their own gathers before they are asked for; 0 for none.
    """

    def __init__(
        self,
        take: TakeRows,
        next_epoch: Callable[[], Iterable[npt.NDArray[np.int32]]],
        rows: int,
        size: int,
        ahead: int = 0,
    ) -> None:
        self._take, self._next_epoch = take, next_epoch
        self._rows, self._size, self._ahead = rows, size, ahead
        self._latest: list[npt.NDArray[np.int32]] = []

    def get_jax_iterator(self) -> Iterator[Any]:
        """An epoch's batches; nothing happens before the first is asked for."""
        self._latest = []
        yield from self._gather(self._remembered(self._next_epoch()))

    def _remembered(
        self, parts: Iterable[npt.NDArray[np.int32]]
    ) -> Iterator[npt.NDArray[np.int32]]:
        for part in parts:
            self._latest.append(part)
            yield part

    def repeat_epoch(self) -> Iterator[Any]:
        """The batches of the latest epoch once more, as far as it came."""
        return self._gather(iter(list(self._latest)))

    def _gather(self, parts: Iterator[npt.NDArray[np.int32]]) -> Iterator[Any]:
        if self._ahead:
            return _take_ahead(self._take, parts, self._ahead)
        return map(self._take, parts)

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


def _take_ahead(
    take: TakeRows, parts: Iterator[npt.NDArray[np.int32]], ahead: int
) -> Iterator[Tree]:
    """The batches of these rows, gathered by a thread, so many before they are asked for."""
    with ThreadPoolExecutor(1, "dure-batches") as pool:
        waiting: deque[Future[Tree]] = deque()
        try:
            for part in parts:
                waiting.append(pool.submit(take, part))
                if len(waiting) > ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


class SourceBatches(_adapters.data_adapter.DataAdapter):  # type: ignore[misc, name-defined]
    """Batches out of whatever Keras' ``fit`` takes, made while a lane's own generators are open.

    Parameters
    ----------
    source
        A ``PyDataset``, a generator, a data loader, ...
    alone
        Opened around every piece of the source's own code.
    places
        Numbers of the batches that are meant; None: all.
    what
        The part the source is for, such as "train"; errors name it, and the batch.
    shuffle, class_weight, steps
        As in Keras' ``fit``; `steps` is its ``steps_per_epoch``. Only a ``PyDataset`` with an end
        is shuffled.
    """

    def __init__(
        self,
        source: Any,
        alone: AbstractContextManager[Any],
        what: str,
        places: npt.NDArray[np.int32] | None = None,
        shuffle: Any = False,
        class_weight: Any = None,
        steps: int | None = None,
    ) -> None:
        self._alone, self._what = alone, what
        self._source, self._places = source, places
        self._shuffle, self._class_weight, self._steps = shuffle, class_weight, steps

    @cached_property
    def _adapter(self) -> Any:
        """Made when ``fit`` first asks, as Keras would: a generator's first batches are drawn."""
        with self._alone:
            source = self._source
            if self._places is not None:
                source = _ChosenBatches(source, self._places)
            dataset = isinstance(source, keras.utils.PyDataset)
            return _adapters.get_data_adapter(
                source,
                shuffle=bool(self._shuffle) and dataset and source.num_batches is not None,
                class_weight=self._class_weight,
                steps_per_epoch=self._steps,
            )

    def get_jax_iterator(self) -> Iterator[Any]:
        """An epoch's batches, or those of a source without an end."""
        with self._alone:
            iterator = iter(self._adapter.get_jax_iterator())
        for number in itertools.count(1):
            with self._alone:
                try:
                    batch = next(iterator)
                except StopIteration:
                    return
                except Exception as error:
                    where = f"batch {number} of part {self._what!r} was not made"
                    raise RuntimeError(f"{where}: {type(error).__name__}: {error}") from error
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


class _ChosenBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """Some batches of a dataset whose batches have numbers."""

    def __init__(self, source: Any, places: npt.NDArray[np.int32]) -> None:
        names = ("workers", "use_multiprocessing", "max_queue_size")
        super().__init__(**{name: getattr(source, name) for name in names if hasattr(source, name)})
        self._source, self._places = source, places

    @property
    def num_batches(self) -> int:
        return len(self._places)

    def __getitem__(self, index: int) -> Any:
        return self._source[int(self._places[index])]
