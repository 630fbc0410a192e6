"""A study ready to run."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from dure.core.types import LaneKey
from dure.engine.planning.prototype import AnyProgram, Prototype
from dure.engine.planning.summary import Plan, PlannedProgram
from dure.engine.probes.probe import Probe, layer_names
from dure.engine.probes.schedule import NO_PROBES, ProbeSchedule
from dure.engine.program.host_callbacks import Callbacks
from dure.keras_bridge.model_state import Batch

if TYPE_CHECKING:
    from dure.experiment.spec import StudySpec


@dataclass
class PreparedStudy:
    """A study ready to run: its plan, and for every variant and split size the program.

    Attributes
    ----------
    programs
        Every program with its row of the plan, in the plan's order.
    batch
        Shapes of a training batch.
    probe_schedule
        When all lanes are measured, and on how many rows.
    """

    study: StudySpec
    plan: Plan
    callbacks: Callbacks
    prototypes: dict[str, Prototype]
    programs: dict[AnyProgram, PlannedProgram]
    batch: Batch
    probe_schedule: ProbeSchedule = NO_PROBES
    _probes: dict[tuple[AnyProgram, tuple[str, ...]], Probe] = field(default_factory=dict)

    def probe(self, key: LaneKey) -> Probe | None:
        """What measures a lane; variants that share a program and layers' names share it."""
        schedule = self.probe_schedule
        if not schedule.epochs:
            return None
        prototype, program = self.prototypes[key.variant], self.program(key)
        at_once = program.width * self.study.batch_size // schedule.rows
        width = max(1, min(program.width, at_once))
        first = prototype.programs[min(prototype.programs)]
        shared = (first, layer_names(prototype.lowered))
        if shared not in self._probes:
            self._probes[shared] = Probe(prototype.lowered, width)
        return self._probes[shared]

    def without_models(self) -> PreparedStudy:
        """What another process needs to train lanes: no model, no arrays, no program."""
        study = copy.copy(self.study)
        # Made of what is left out; arrays on disk never come here.
        study.__dict__.update(splits=self.study.splits, stored={})
        for name in ("_arrays", "_fitted"):
            study.__dict__.pop(name, None)
        if study.batches is None:
            for name in ("data", "_validation", "validation_data"):
                object.__setattr__(study, name, None)
        prototypes = {
            name: replace(prototype, lowered=cast(Any, None), controllers=[], programs={})
            for name, prototype in self.prototypes.items()
        }
        return replace(self, study=study, prototypes=prototypes, programs={}, _probes={})

    def program(self, key: LaneKey) -> AnyProgram:
        """The program that trains a lane."""
        split = self.study.splits[key.fold - 1]
        return self.prototypes[key.variant].programs[split.size]
