"""The order in which rows become batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from dure.core.arrays import Rows


class BatchOrder:
    """The order in which Keras' ``fit`` would take the training rows, epoch after epoch.

    Keras draws it from NumPy's global generator; a lane has its own copy of that generator as
    ``build`` left it.

    Parameters
    ----------
    rows
        The training rows, int32 [n].
    shuffle
        As in Keras' ``fit``: True, False or "batch" (rows change places inside their batch).
    generator
        Source of the permutations, a ``RandomState`` or what stands for one; advanced by every
        epoch.
    """

    def __init__(
        self,
        rows: Rows,
        shuffle: bool | str,
        batch_size: int,
        generator: Any,
    ) -> None:
        self.rows = rows
        self.shuffle = shuffle
        self.batch_size = batch_size
        self.generator = generator

    def skip_building_draw(self) -> None:
        """Draw what Keras draws to build a model from its first batch, and never uses."""
        if self.shuffle == "batch":
            self.generator.permutation(min(self.batch_size, len(self.rows)))
        elif self.shuffle:
            self.generator.permutation(len(self.rows))

    def epochs(self, count: int, room: int) -> Rows:
        """The next `count` epochs' orders, int32 [room, n]; the rest of the room is unused."""
        orders = np.zeros((room, len(self.rows)), np.int32)
        for epoch in range(count):
            orders[epoch] = self.next()
        return orders

    def next(self) -> Rows:
        """The next epoch's order, int32 [n]."""
        return np.concatenate(list(self.batches()))

    def batches(self) -> Iterator[Rows]:
        """The next epoch's batches; what is drawn is drawn when it is needed, as by Keras."""
        order = self.rows
        if self.shuffle and self.shuffle != "batch":
            order = order[self.generator.permutation(len(order))]
        for start in range(0, len(order), self.batch_size):
            batch = order[start : start + self.batch_size]
            if self.shuffle == "batch":
                batch = batch[self.generator.permutation(len(batch))]
            yield batch

    def state(self) -> dict[str, Any]:
        """The generator's state, JSON-able but for the array "keys"."""
        name, keys, position, has_gauss, gauss = self.generator.get_state(legacy=True)
        return {"name": name, "keys": keys, "rest": [int(position), int(has_gauss), float(gauss)]}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from :meth:`state`."""
        position, has_gauss, gauss = state["rest"]
        keys = np.asarray(state["keys"], np.uint32)
        self.generator.set_state((state["name"], keys, position, has_gauss, gauss))
