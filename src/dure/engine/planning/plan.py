"""From a study to programs: what will be compiled, for which lanes, in how much memory."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, Any

from dure.core.arrays import row_count
from dure.core.backend import jax
from dure.core.formatting import format_bytes
from dure.core.types import LaneKey
from dure.engine.fitting.processes.by_value import find_pickle_faults
from dure.engine.fitting.shared_steps import OwnSteps
from dure.engine.planning.prepared import PreparedStudy
from dure.engine.planning.programs import (
    PROCESS_BYTES,
    check_rows,
    held_bytes,
    row_shapes,
    trace_programs,
)
from dure.engine.planning.prototype import AnyProgram, Prototype
from dure.engine.planning.prototypes import make_prototype
from dure.engine.planning.routes import Route
from dure.engine.planning.summary import Plan, PlannedProgram
from dure.engine.probes.schedule import (
    NO_PROBES,
    PROBE_BYTES,
    ProbeSchedule,
    Work,
    schedule_probes,
)
from dure.engine.program.host_callbacks import (
    find_copy_faults,
    find_missing_packages,
    sort_callbacks,
)
from dure.engine.program.memory import available_bytes
from dure.engine.program.program import Program
from dure.engine.program.rounds import steps_are_faster
from dure.errors import Faults, MemoryPlanError, StudyError
from dure.keras_bridge.building import count_parameters

if TYPE_CHECKING:
    from dure.experiment.spec import StudySpec

MEMORY_SHARE = 0.95
"""Share of the free memory a plan may fill."""


def devices() -> list[Any]:
    """The device lanes run on, once for each worker: one a core of a CPU, one in all for a GPU."""
    first: Any = jax.local_devices()[0]
    return [first] * (usable_cores() if first.platform == "cpu" else 1)


def usable_cores() -> int:
    """CPU cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def prepare(study: StudySpec) -> PreparedStudy:
    """Build each variant once, trace its program, and group what can share a compilation.

    Two variants share a program when their traced programs are the same to the last constant:
    then they differ only in numbers that live in state, as a learning rate does.

    Raises
    ------
    StudyError
        Every variant's faults at once.
    MemoryPlanError
        If the plan needs more memory than is free.
    """
    callbacks = sort_callbacks(study.callbacks)
    rows = row_shapes(study)
    checks = check_rows(study, rows)
    faults = Faults((*find_missing_packages(study.callbacks), *find_copy_faults(study.callbacks)))
    prototypes: dict[str, Prototype] = {}
    for variant in study.variant_list:
        try:
            prototypes[variant.name] = make_prototype(study, variant, callbacks, checks)
        except StudyError as error:
            faults += [f"variant {variant.name!r}: {fault}" for fault in error.faults]
    fitted = any(prototype.route.kind == "fitted" for prototype in prototypes.values())
    if fitted and not study.stored:
        faults += _find_pickle_faults(study)
    Faults(dict.fromkeys(faults)).raise_if_any()
    memory = trace_programs(study, callbacks, prototypes, rows, checks.batch)
    schedule = _schedule_probes(study, prototypes, memory)
    for program, needed in memory.items():
        # A measurement comes between two rounds, on more or fewer rows than a batch has.
        rows_at_once = _batch_rows(study)
        probe = min(needed * schedule.rows // rows_at_once, needed + PROBE_BYTES)
        memory[program] = max(needed, probe)
    programs = _plan_programs(study, prototypes, memory)
    plan = _make_plan(study, list(programs.values()), held_bytes(study))
    if plan.memory_bytes > MEMORY_SHARE * plan.available_bytes:
        raise MemoryPlanError(_memory_message(plan))
    return PreparedStudy(study, plan, callbacks, prototypes, programs, checks.batch, schedule)


def _find_pickle_faults(study: StudySpec) -> list[str]:
    """What of a study cannot be handed to another process, one sentence each."""
    named: dict[str, Any] = {"build": study.build}
    for variant in study.variant_list:
        for name, value in variant.arguments.items():
            named[f"variant {variant.name!r}: argument {name!r}"] = value
    for callback in study.callbacks:
        named[f"callback {type(callback).__name__}"] = callback
    if study.batches is not None:
        named["what makes batches"] = study.batches
    return find_pickle_faults(named)


def _schedule_probes(
    study: StudySpec, prototypes: dict[str, Prototype], memory: dict[AnyProgram, int]
) -> ProbeSchedule:
    """When lanes are measured; the same for all of a study, so that they can be compared."""
    if not study.health:
        return NO_PROBES
    return schedule_probes(
        Work(
            epochs=study.epochs,
            train_rows=_fewest_rows(study),
            batch_size=_batch_rows(study),
            parameters=min(count_parameters(p.lowered.model) for p in prototypes.values()),
            memory_bytes=max(
                needed - (PROCESS_BYTES if isinstance(program, OwnSteps) else 0)
                for program, needed in memory.items()
            ),
        )
    )


def _batch_rows(study: StudySpec) -> int:
    """Rows of a training batch; of a source's first."""
    return study.batch_size if study.batches is None else row_count(study.arrays().x)


def _fewest_rows(study: StudySpec) -> int:
    """Rows that can be measured, in the fold with the fewest."""
    if study.batches is not None:
        return _batch_rows(study)
    return min(len(split.train) for split in study.splits)


def _plan_programs(
    study: StudySpec, prototypes: dict[str, Prototype], memory: dict[AnyProgram, int]
) -> dict[AnyProgram, PlannedProgram]:
    """Each program's row of the plan, in the order of the lanes."""
    keys: dict[AnyProgram, list[LaneKey]] = {}
    for key in study.lanes:
        size = study.splits[key.fold - 1].size
        keys.setdefault(prototypes[key.variant].programs[size], []).append(key)
    return {
        program: PlannedProgram(
            list(dict.fromkeys(key.variant for key in lanes)),
            len(lanes),
            count_parameters(program.lowered.model),
            _steps_per_epoch(study, lanes[0]),
            program.width,
            memory[program],
            *_route(prototypes[lanes[0].variant], program),
        )
        for program, lanes in keys.items()
    }


def _steps_per_epoch(study: StudySpec, key: LaneKey) -> int:
    """Training steps an epoch, the last smaller batch included; 0 where nobody knows."""
    if study.batches is not None:
        return study.steps_per_epoch or len(study.splits[key.fold - 1].train)
    rows = len(study.splits[key.fold - 1].train)
    return study.steps_per_epoch or math.ceil(rows / study.batch_size)


def _route(prototype: Prototype, program: AnyProgram) -> Route:
    """How a program's lanes are trained; a compiled one may have to be stepped on this device."""
    if isinstance(program, Program) and steps_are_faster(program):
        return Route("stepped", "XLA is slow at convolutions and pooling inside loops on CPU")
    return prototype.route


def _make_plan(study: StudySpec, programs: list[PlannedProgram], data_bytes: int) -> Plan:
    places = devices()
    workers = min(len(places), len(study.lanes))
    data_bytes *= 2 if study.data.prepare is not None else 1
    return Plan(
        lanes=len(study.lanes),
        epochs=study.epochs,
        programs=programs,
        workers=workers,
        device="CPU core" if places[0].platform == "cpu" else places[0].device_kind,
        data_bytes=data_bytes,
        memory_bytes=data_bytes + workers * max(p.memory_bytes for p in programs),
        available_bytes=available_bytes(places[0]),
    )


def _memory_message(plan: Plan) -> str:
    largest = max(plan.programs, key=lambda p: p.memory_bytes)
    return (
        f"this study needs about {format_bytes(plan.memory_bytes)} and "
        f"{format_bytes(plan.available_bytes)} are free: data {format_bytes(plan.data_bytes)}, and "
        f"{plan.workers} workers with up to "
        f"{format_bytes(largest.memory_bytes)} each (variant {largest.variants[0]!r}, "
        f"{largest.parameters:,} parameters). Lower batch_size or the network's size, or pass "
        "fewer rows."
    )
