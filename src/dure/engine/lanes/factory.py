"""Makes lanes one by one, just before they are trained, in the thread that owns Keras' state."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dure.core.arrays import Arrays, row_count, take_rows
from dure.core.backend import jax
from dure.core.types import LaneKey
from dure.engine.fitting.fit_lane import FitLane, ModelProbe
from dure.engine.fitting.fit_run import EpochDone, FitRun, FitTerms
from dure.engine.fitting.lane_batches import BatchTerms, LaneBatches, batch_rows, open_batches
from dure.engine.fitting.own_random import HOST_LOCK, OwnRandom
from dure.engine.fitting.processes.by_value import dumps
from dure.engine.fitting.processes.process_lane import ProcessLane
from dure.engine.fitting.processes.surroundings import Surroundings, read_custom_objects
from dure.engine.fitting.processes.worker import Workers
from dure.engine.fitting.shared_steps import OwnSteps, SharedSteps
from dure.engine.lanes.lane import TrainingLane, with_leaves
from dure.engine.planning.prepared import PreparedStudy
from dure.engine.planning.prototypes import lower_model
from dure.engine.probes.probe import Probe
from dure.engine.probes.schedule import sample_rows
from dure.engine.program.batch_order import BatchOrder
from dure.engine.program.callbacks import settle_directions
from dure.engine.program.host_callbacks import copy_callbacks, hand_over_validation
from dure.engine.program.program import Program
from dure.keras_bridge.building import build_again
from dure.keras_bridge.functional import put_on_device, state_of
from dure.keras_bridge.own_steps import read_settings

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
        self.packed: bytes | None = None
        """The same on its way to other processes."""


class LaneBuilder:
    """Turns a lane's key into a :class:`TrainingLane` with its first weights.

    Keras keeps its dtype policy and names by thread, so every lane is built in the thread that
    made this object.

    Parameters
    ----------
    folder
        Where processes of their own find large arrays; None: lanes stay in this process.
    """

    def __init__(self, prepared: PreparedStudy, device: Any, folder: Path | None = None) -> None:
        self.prepared = prepared
        self.study = prepared.study
        self._device = device
        # One process has a GPU to itself: two would run out of its memory.
        self._folder = folder if device.platform == "cpu" else None
        self._workers: Workers | None = None
        self._cache: weakref.WeakValueDictionary[int, _OnDevice] = weakref.WeakValueDictionary()
        self._latest: _OnDevice | None = None

    def close(self) -> None:
        """End the processes that train lanes."""
        if self._workers is not None:
            self._workers.close()
            self._workers = None

    def lane(
        self, index: int, saved: LaneSave | None = None
    ) -> TrainingLane | FitLane | ProcessLane:
        """Build the model of lane `index` under its seed and make the lane ready to train.

        Where `fit` trains it, there is nothing to go on from: it starts from its seed.

        Raises
        ------
        StudyError
            If build returns another architecture than for the variant's first seed.
        """
        key = self.study.lanes[index]
        program = self.prepared.program(key)
        if isinstance(program, Program):
            return self._compiled_lane(index, key, program, saved)
        # Arrays on disk are read in this process: what opens them need not open elsewhere.
        here = self._folder is None or self.study.stored
        if isinstance(program, OwnSteps) and not here:
            return self._process_lane(index, key, program)
        return self._fit_lane(index, key, program)

    def _build(self, key: LaneKey, whole: bool) -> tuple[Any, np.random.RandomState, OwnRandom]:
        """The lane's model, and NumPy's generator and all global ones as `build` left them."""
        prototype = self.prepared.prototypes[key.variant]
        with HOST_LOCK:
            model, generator = build_again(
                self.study.build,
                prototype.variant.arguments,
                key.seed,
                self.prepared.batch,
                (self.study.seed_list[0], prototype.architecture),
                whole,
            )
            return model, generator, OwnRandom()

    def _compiled_lane(
        self, index: int, key: LaneKey, program: Program, saved: LaneSave | None
    ) -> TrainingLane | FitLane:
        study, prototype = self.study, self.prepared.prototypes[key.variant]
        split = study.splits[key.fold - 1]
        has_callbacks = bool(self.prepared.callbacks.host)
        model, generator, alone = self._build(key, whole=has_callbacks)
        if prototype.settings != read_settings(model, drawn=True):
            return self._fit_lane(index, key, SharedSteps(prototype.lowered))
        # A callback may draw from the generators that the order comes from, too.
        source = alone if has_callbacks else generator
        order = BatchOrder(split.train, study.shuffle, study.batch_size, source)
        if prototype.draws_to_build:
            order.skip_building_draw()
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
            alone=alone,
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

    def _fit_lane(self, index: int, key: LaneKey, program: SharedSteps | OwnSteps) -> FitLane:
        study, prepared = self.study, self.prepared
        prototype, split = prepared.prototypes[key.variant], study.splits[key.fold - 1]
        model, _, alone = self._build(key, whole=False)
        alike = prototype.alike and prototype.settings == read_settings(model, drawn=True)
        if isinstance(program, SharedSteps) and not alike:
            program = SharedSteps(lower_model(model))
        batches, rows = self._fit_batches(key, alone)
        callbacks = copy_callbacks(study.callbacks, key, list(prepared.prototypes))
        settle_directions(callbacks, prototype.lowered.directions())
        if study.batches is None and not study.stored:
            hand_over_validation(callbacks, rows, validation_rows(split))
        probe, schedule = prepared.probe(key), prepared.probe_schedule
        if probe is not None and not alike:
            probe = Probe(program.lowered)
        measure = None
        if probe is not None:
            train = (
                split.train
                if study.batches is None
                else np.arange(row_count(rows.x), dtype=np.int32)
            )
            sample = sample_rows(train, schedule.rows)
            chosen = Arrays(*(take_rows(part, sample) for part in rows[:4]))
            measure = ModelProbe(probe, put_on_device(chosen, self._device), schedule.rows)
        terms = FitTerms(
            epochs=study.epochs,
            validation_freq=study.validation_freq,
            steps_per_epoch=study.steps_per_epoch,
            validation_steps=study.validation_steps,
            validate=validated_epochs(study.validation_freq, study.epochs),
            monitor=prototype.monitor,
            metrics=prototype.metrics,
            measured=frozenset(schedule.epochs),
            draws_to_build=prototype.draws_to_build,
        )

        def run(hear: Callable[[EpochDone], None], stop: Callable[[], bool]) -> FitRun:
            return FitRun(model, alone, batches, callbacks, terms, measure, hear, stop)

        return FitLane(index, key, program, probe, run)

    def _fit_batches(self, key: LaneKey, alone: OwnRandom) -> tuple[LaneBatches, Arrays]:
        """What a lane is trained on, and the rows that it can be measured on."""
        study, split = self.study, self.study.splits[key.fold - 1]
        size = study.validation_batch_size or study.batch_size
        if study.batches is not None:
            terms: dict[str, dict[str, Any]] = {
                "train": {
                    "shuffle": study.shuffle,
                    "class_weight": study.class_weight,
                    "steps": study.steps_per_epoch,
                },
                "validation": {"steps": study.validation_steps},
            }
            opened = partial(study.batches.open, key.seed, split)
            return open_batches(opened, size, alone, terms), study.arrays()
        if study.stored:
            rows, test = study.fold_arrays(split), study.test_arrays(split)
        else:
            on_device = self._on_device(key)
            rows, test = jax.tree.map(np.asarray, (on_device.rows, on_device.test))
        how = BatchTerms(study.batch_size, size, study.shuffle)
        return batch_rows(how, split, rows, test, alone), rows

    def _process_lane(self, index: int, key: LaneKey, program: OwnSteps) -> ProcessLane:
        folder = self._folder
        assert folder is not None
        if self._workers is None:
            # In one piece: a function that two of them hold is one function.
            study = dumps((self.prepared.without_models(), read_custom_objects()), folder)
            self._workers = Workers(dumps(Surroundings(), folder), study)
        packed = b"" if self.study.batches is not None else self._packed_rows(key, folder)
        return ProcessLane(index, key, program, None, packed, self._workers)

    def _packed_rows(self, key: LaneKey, folder: Path) -> bytes:
        """The arrays of a fold on their way to other processes."""
        held = self._on_device(key)
        if held.packed is None:
            rows = jax.tree.map(np.asarray, (held.rows, held.test))
            held.packed = dumps(rows, folder)
        return held.packed

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
