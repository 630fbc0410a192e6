"""Makes lanes one by one, just before they are trained, in the thread that owns Keras' state."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dure.core.arrays import Arrays
from dure.core.types import LaneKey
from dure.engine.lanes.lane import BatchOrder, TrainingLane, with_leaves
from dure.engine.planning.plan import PreparedStudy
from dure.engine.probes.schedule import sample_rows
from dure.engine.program.callbacks import settle_directions
from dure.engine.program.host_callbacks import copy_callbacks, hand_over_validation
from dure.keras_bridge.building import build_again
from dure.keras_bridge.functional import put_on_device, state_of

if TYPE_CHECKING:
    from dure.experiment.spec import Split


@dataclass(frozen=True)
class LaneSave:
    """Where an interrupted lane goes on: its carry's leaves, epochs done and batch order."""

    leaves: list[npt.NDArray[Any]]
    epoch: int
    order: Mapping[str, Any]
    seconds: float


class _OnDevice:
    """Arrays on the device, dropped when the last lane that reads them is gone."""

    def __init__(self, rows: Arrays, test: Arrays | None, device: Any) -> None:
        self.rows: Arrays = put_on_device(rows, device)
        self.test: Arrays | None = put_on_device(test, device)


class LaneBuilder:
    """Turns a lane's key into a :class:`TrainingLane` with its first weights.

    Keras keeps its dtype policy and names by thread, so every lane is built in the thread that
    made this object.
    """

    def __init__(self, prepared: PreparedStudy, device: Any) -> None:
        self.prepared = prepared
        self.study = prepared.study
        self._device = device
        self._cache: weakref.WeakValueDictionary[int, _OnDevice] = weakref.WeakValueDictionary()
        self._latest: _OnDevice | None = None

    def lane(self, index: int, saved: LaneSave | None = None) -> TrainingLane:
        """Build the model of lane `index` under its seed and make the lane ready to train.

        Raises
        ------
        StudyError
            If build returns another architecture than for the variant's first seed.
        """
        study, key = self.study, self.study.lanes[index]
        prototype = self.prepared.prototypes[key.variant]
        split = study.splits[key.fold - 1]
        model, generator = build_again(
            study.build,
            prototype.variant.arguments,
            key.seed,
            self.prepared.batch,
            (study.seed_list[0], prototype.architecture),
            whole=bool(self.prepared.callbacks.host),
        )
        order = BatchOrder(split.train, study.shuffle, study.batch_size, generator)
        if prototype.draws_to_build:
            order.skip_building_draw()
        program = self.prepared.program(key)
        carry = program.start(state_of(model))
        on_device = self._on_device(key)
        callbacks = copy_callbacks(
            self.prepared.callbacks.host, key, list(self.prepared.prototypes)
        )
        settle_directions(callbacks, prototype.lowered.directions())
        hand_over_validation(callbacks, on_device.rows, validation_rows(split))
        schedule = self.prepared.probe_schedule
        lane = TrainingLane(
            index=index,
            key=key,
            program=program,
            rows=on_device.rows,
            test_rows=on_device.test,
            order=order,
            validation=validation_rows(split),
            epochs=study.epochs,
            validate=validated_epochs(study.validation_freq, study.epochs),
            carry=carry,
            schedulers=self.prepared.callbacks.schedulers,
            callbacks=tuple(callbacks),
            model=model if callbacks else None,
            monitor=prototype.monitor if callbacks else None,
            keep=on_device,
            probe=self.prepared.probe(key),
            probe_schedule=schedule,
            sample=sample_rows(split.train, schedule.rows) if schedule.epochs else None,
        )
        if saved is not None:
            lane.carry = with_leaves(carry, saved.leaves)
            lane.epoch = saved.epoch
            lane.seconds = saved.seconds
            order.restore(saved.order)
        return lane

    def rows(self, index: int) -> Arrays:
        """The arrays lane `index` reads, on the device."""
        return self._on_device(self.study.lanes[index]).rows

    def _on_device(self, key: LaneKey) -> _OnDevice:
        """The arrays of a fold; one set for all folds unless each is prepared by itself."""
        place = key.fold if self.study.data.prepare is not None else 0
        held = self._cache.get(place)
        if held is None:
            split = self.study.splits[key.fold - 1]
            arrays, test = self.study.fold_arrays(split), self.study.test_arrays(split)
            self._cache[place] = held = _OnDevice(arrays, test, self._device)
        self._latest = held
        return held


def validation_rows(split: Split) -> npt.NDArray[np.int32]:
    """The rows of a split that validate, possibly none."""
    return np.empty(0, np.int32) if split.validation is None else split.validation


def validated_epochs(frequency: int | list[int], epochs: int) -> npt.NDArray[np.bool_]:
    """Which epochs (from 0) are validated under Keras' `validation_freq`, bool [epochs]."""
    if isinstance(frequency, int):
        frequency = list(range(frequency, epochs + 1, frequency))
    return np.isin(np.arange(1, epochs + 1), frequency)
