"""Makes lanes one by one, just before they are trained, in the thread that owns Keras' state."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dure.core.types import LaneKey
from dure.engine.lanes.lane import BatchOrder, Lane, with_leaves
from dure.engine.planning.plan import Prepared, other_architecture
from dure.engine.probes.schedule import sample
from dure.engine.program.host_callbacks import callbacks_of_lane
from dure.engine.program.program import Rows
from dure.keras_bridge.functional import (
    build_model,
    build_weights,
    description,
    make_ready,
    state_of,
    to_device,
)


@dataclass(frozen=True)
class Restored:
    """Where an interrupted lane goes on: its carry's leaves, epochs done and batch order."""

    leaves: list[npt.NDArray[Any]]
    epoch: int
    order: Mapping[str, Any]
    seconds: float


class _OnDevice:
    """Arrays on the device, dropped when the last lane that reads them is gone."""

    def __init__(self, rows: Rows, test: Rows | None) -> None:
        self.rows = rows
        self.test = test


class LaneBuilder:
    """Turns a lane's key into a :class:`Lane` with its first weights.

    Keras keeps its dtype policy and names by thread, so every lane is built in the thread that
    made this object.
    """

    def __init__(self, prepared: Prepared, device: Any) -> None:
        self.prepared = prepared
        self.study = prepared.study
        self._device = device
        self._cache: weakref.WeakValueDictionary[int, _OnDevice] = weakref.WeakValueDictionary()
        self._latest: _OnDevice | None = None

    def lane(self, index: int, restored: Restored | None = None) -> Lane:
        """Build the model of lane `index` under its seed and make the lane ready to train.

        Raises
        ------
        StudyError
            If build returns another architecture than for the variant's first seed.
        """
        study, key = self.study, self.study.lanes[index]
        prototype = self.prepared.prototypes[key.variant]
        split = study.splits[key.fold - 1]
        model, generator = build_model(study.build, prototype.variant.arguments, key.seed)
        if self.prepared.callbacks.host:
            make_ready(model, self.prepared.batch)
        else:
            build_weights(model, self.prepared.batch[0])
        if description(model) != prototype.description:
            raise other_architecture(key.seed, study.seed_list[0])
        order = BatchOrder(split.train, study.shuffle, study.batch_size, generator)
        if prototype.draws_to_build:
            order.skip_building_draw()
        program = self.prepared.program(key)
        carry = program.start(state_of(model))
        on_device = self._on_device(key)
        callbacks = callbacks_of_lane(self.prepared.callbacks.host, key)
        chosen = self.prepared.measuring
        lane = Lane(
            index=index,
            key=key,
            program=program,
            rows=on_device.rows,
            test_rows=on_device.test,
            order=order,
            validation=np.empty(0, np.int32) if split.validation is None else split.validation,
            epochs=study.epochs,
            validate=validated_epochs(study.validation_freq, study.epochs),
            carry=carry,
            schedulers=self.prepared.callbacks.schedulers,
            callbacks=tuple(callbacks),
            model=model if callbacks else None,
            keep=on_device,
            probe=self.prepared.probe(key),
            measuring=chosen,
            sample=sample(split.train, chosen.rows) if chosen.epochs else None,
        )
        if restored is not None:
            lane.carry = with_leaves(carry, restored.leaves)
            lane.epoch = restored.epoch
            lane.seconds = restored.seconds
            order.restore(restored.order)
        return lane

    def rows(self, index: int) -> Rows:
        """The arrays lane `index` reads, on the device."""
        return self._on_device(self.study.lanes[index]).rows

    def _on_device(self, key: LaneKey) -> _OnDevice:
        """The arrays of a fold; one set for all folds unless each is prepared by itself."""
        place = key.fold if self.study.data.prepare is not None else 0
        found = self._cache.get(place)
        if found is None:
            split = self.study.splits[key.fold - 1]
            arrays, test = self.study.fold_arrays(split), self.study.test_arrays(split)
            rows = to_device(Rows.of(arrays), self._device)
            found = _OnDevice(
                rows, None if test is None else to_device(Rows.of(test), self._device)
            )
            self._cache[place] = found
        self._latest = found
        return found


def validated_epochs(frequency: int | list[int], epochs: int) -> npt.NDArray[np.bool_]:
    """Which epochs (from 0) are validated under Keras' `validation_freq`, bool [epochs]."""
    if isinstance(frequency, int):
        frequency = list(range(frequency, epochs + 1, frequency))
    return np.isin(np.arange(1, epochs + 1), frequency)
