"""From a study to programs: what will be compiled, for which lanes, in how much memory."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from dure.core.arrays import Arrays
from dure.core.backend import jax, keras
from dure.core.formatting import format_bytes
from dure.core.metrics import choose_monitor
from dure.core.types import LaneKey, Monitor
from dure.engine.planning.summary import Plan, PlannedProgram
from dure.engine.probes.probe import Probe, layer_names
from dure.engine.probes.schedule import (
    NO_PROBES,
    PROBE_BYTES,
    ProbeSchedule,
    Work,
    schedule_probes,
)
from dure.engine.program.callback_logs import AXES
from dure.engine.program.callbacks import (
    Controller,
    check_monitor,
    infer_direction,
    make_controller,
)
from dure.engine.program.host_callbacks import (
    IN_PROGRAM,
    Callbacks,
    sort_callbacks,
    watches_by_itself,
)
from dure.engine.program.memory import available_bytes, peak_bytes, tree_bytes
from dure.engine.program.program import Program
from dure.engine.program.round_data import Shape, column_names
from dure.engine.program.rounds import compile_rounds
from dure.errors import Faults, MemoryPlanError, StudyError
from dure.keras_bridge.building import check_and_lower, count_parameters
from dure.keras_bridge.functional import Lowered, state_of
from dure.keras_bridge.model_state import Batch
from dure.keras_bridge.own_steps import describe_logs
from dure.layers import fast_call

if TYPE_CHECKING:
    from dure.experiment.spec import Split, StudySpec, Variant

ORDER_ROWS = 2_000_000
"""Row numbers (int32) passed into one round at most: 8 MB a lane, whatever the data's size."""

ROUND_EPOCHS = 256
"""Epochs one call can run at most; rounds are sized by time, this only bounds the curves."""

MOST_COLUMNS = 1_500
"""Numbers an epoch may have: SQLite keeps 2,000 columns, and callbacks may log more."""

MEMORY_SHARE = 0.95
"""Share of the free memory a plan may fill."""


@dataclass
class Prototype:
    """The first build of a variant: its functions and what every other seed must look like."""

    variant: Variant
    lowered: Lowered
    architecture: str
    draws_to_build: bool
    metrics: tuple[str, ...]
    monitor: Monitor
    controllers: list[Controller]
    programs: dict[tuple[int, int], Program] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """A hash of the architecture."""
        return hashlib.sha256(self.architecture.encode()).hexdigest()


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
    programs: dict[Program, PlannedProgram]
    batch: Batch
    probe_schedule: ProbeSchedule = NO_PROBES
    _probes: dict[tuple[Program, tuple[str, ...]], Probe] = field(default_factory=dict)

    def probe(self, key: LaneKey) -> Probe | None:
        """What measures a lane; variants that share a program and layers' names share it."""
        schedule = self.probe_schedule
        if not schedule.epochs:
            return None
        prototype, program = self.prototypes[key.variant], self.program(key)
        at_once = program.width * program.shape.batch_size // schedule.rows
        width = max(1, min(program.width, at_once))
        first = prototype.programs[min(prototype.programs)]
        shared = (first, layer_names(prototype.lowered))
        if shared not in self._probes:
            self._probes[shared] = Probe(prototype.lowered, width)
        return self._probes[shared]

    def program(self, key: LaneKey) -> Program:
        """The program that trains a lane."""
        split = self.study.splits[key.fold - 1]
        return self.prototypes[key.variant].programs[split_size(split)]


def split_size(split: Split) -> tuple[int, int]:
    """Training and validation rows of a split."""
    return len(split.train), 0 if split.validation is None else len(split.validation)


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
    batch = first_batch(study, rows)
    faults = Faults(callbacks.faults)
    prototypes: dict[str, Prototype] = {}
    for variant in study.variant_list:
        try:
            prototypes[variant.name] = _prototype(study, variant, callbacks, batch)
        except StudyError as error:
            faults += [f"variant {variant.name!r}: {fault}" for fault in error.faults]
    Faults(dict.fromkeys(faults)).raise_if_any()
    memory = _trace_programs(study, callbacks, prototypes, rows)
    schedule = _schedule_probes(study, prototypes, memory)
    for program, needed in memory.items():
        # A measurement comes between two rounds, on more or fewer rows than a batch has.
        probe = min(needed * schedule.rows // study.batch_size, needed + PROBE_BYTES)
        memory[program] = max(needed, probe)
    programs = _plan_programs(study, prototypes, memory)
    plan = _make_plan(study, list(programs.values()), tree_bytes(rows))
    if plan.memory_bytes > MEMORY_SHARE * plan.available_bytes:
        raise MemoryPlanError(_memory_message(plan))
    return PreparedStudy(study, plan, callbacks, prototypes, programs, batch, schedule)


def row_shapes(study: StudySpec) -> Arrays:
    """Shapes and types of a study's arrays as programs see them."""
    arrays = study.fold_arrays(study.splits[0])
    return jax.tree.map(_device_shape, arrays)  # type: ignore[no-any-return]


def _device_shape(array: Any) -> Any:
    return jax.ShapeDtypeStruct(array.shape, jax.dtypes.canonicalize_dtype(array.dtype))


def _prototype(study: StudySpec, variant: Variant, callbacks: Callbacks, batch: Batch) -> Prototype:
    test = study.data.test
    lowered, architecture, draws = check_and_lower(
        study.build,
        variant.arguments,
        study.seed_list,
        batch,
        {"": study.arrays().y, "test: ": None if test is None else test.y},
        fast_call,
    )
    metrics = column_names(lowered.metric_shapes())
    if any(split.validation is not None for split in study.splits):
        held_out = column_names(lowered.metric_shapes(testing=True))
        metrics += tuple(f"val_{name}" for name in held_out)
    _metric_faults(metrics).raise_if_any()
    for callback in callbacks.everywhere:
        if type(callback) in IN_PROGRAM:
            check_monitor(callback, lowered, metrics, callbacks.may_log)
        elif type(callback) is keras.callbacks.LearningRateScheduler:
            _check_rate(lowered)
    return Prototype(
        variant,
        lowered,
        architecture,
        draws,
        metrics,
        _monitor(callbacks, lowered, metrics),
        [make_controller(callback, lowered) for callback in callbacks.in_program],
    )


def _metric_faults(metrics: Sequence[str]) -> Faults:
    """What a run folder cannot keep of these metrics."""
    faults = Faults(
        f"a metric is called {name!r}, which is the name of an axis of curves; give it another "
        "name=."
        for name in metrics
        if name in AXES
    )
    if len(metrics) > MOST_COLUMNS:
        many = metrics[len(metrics) // 4]
        faults.append(
            f"the metrics have {len(metrics):,} values an epoch (such as {many!r}); at most "
            f"{MOST_COLUMNS:,} become curves. Measure what has so many after training "
            "(dure.look has confusion matrices)."
        )
    return faults


def _check_rate(lowered: Lowered) -> None:
    if not lowered.rate_is_variable:
        raise StudyError(
            "LearningRateScheduler needs an optimizer whose learning_rate is a number; "
            "this one has a schedule."
        )


def lower_model(model: keras.Model, batch: Batch) -> Lowered:
    """The functions of a model made ready for batches of these shapes, with fast twins."""
    return Lowered(model, fast_call, describe_logs(model, batch))


def first_batch(study: StudySpec, rows: Arrays) -> Batch:
    """Shapes of a training batch."""

    def cut(shape: Any) -> Any:
        size = min(study.batch_size, shape.shape[0])
        return jax.ShapeDtypeStruct((size, *shape.shape[1:]), shape.dtype)

    x, y, weight = (jax.tree.map(cut, p) for p in (rows.x, rows.y, rows.train_weight))
    return x, y, weight


def _monitor(callbacks: Callbacks, lowered: Lowered, metrics: Sequence[str]) -> Monitor:
    """What decides a lane's best epoch: what early stopping watches, else the (validation) loss."""
    known = lowered.directions()
    for callback in callbacks.everywhere:
        name = str(getattr(callback, "monitor", None))
        if name in metrics or (callbacks.may_log and watches_by_itself(callback)):
            mode = getattr(callback, "mode", "auto")
            return Monitor(name, infer_direction(name, mode, known, type(callback).__name__))
    return choose_monitor(metrics, known)


def _trace_programs(
    study: StudySpec, callbacks: Callbacks, prototypes: dict[str, Prototype], rows: Arrays
) -> dict[Program, int]:
    """Give every prototype its programs, shared where equal; the memory of one call of each."""
    shared: dict[str, Program] = {}
    memory: dict[Program, int] = {}
    for prototype in prototypes.values():
        for size in sorted({split_size(split) for split in study.splits}):
            shape = program_shape(study, callbacks, size, callbacks.stop_on_nan)
            program = Program(
                prototype.lowered,
                shape,
                None if callbacks.host else prototype.monitor,
                prototype.controllers,
                compile_rounds,
            )
            carry = program.start(state_of(prototype.lowered.model))
            jaxpr = program.trace(carry, rows)
            prototype.programs[size] = shared.setdefault(_identity(jaxpr), program)
            if prototype.programs[size] is program:
                orders = 4 * shape.round_epochs * shape.train_rows
                memory[program] = 3 * tree_bytes(carry) + 2 * orders + peak_bytes(jaxpr)
    return memory


def program_shape(
    study: StudySpec,
    callbacks: Callbacks,
    size: tuple[int, int],
    stop_on_nan: bool,
    diverge_on_nan: bool = True,
) -> Shape:
    """The static numbers of the program for splits of this size."""
    train_rows, validation_rows = size
    room = max(1, min(ORDER_ROWS // max(train_rows, 1), ROUND_EPOCHS, study.epochs))
    return Shape(
        train_rows=train_rows,
        validation_rows=validation_rows,
        batch_size=study.batch_size,
        validation_batch_size=study.validation_batch_size or study.batch_size,
        round_epochs=1 if callbacks.host else room,
        logs_rate=callbacks.logs_rate,
        sets_rate=bool(callbacks.schedulers),
        stop_on_nan=stop_on_nan,
        diverge_on_nan=diverge_on_nan,
    )


def _schedule_probes(
    study: StudySpec, prototypes: dict[str, Prototype], memory: dict[Program, int]
) -> ProbeSchedule:
    """When lanes are measured; the same for all of a study, so that they can be compared."""
    if not study.health:
        return NO_PROBES
    return schedule_probes(
        Work(
            epochs=study.epochs,
            train_rows=min(len(split.train) for split in study.splits),
            batch_size=study.batch_size,
            parameters=min(count_parameters(p.lowered.model) for p in prototypes.values()),
            memory_bytes=max(memory.values()),
        )
    )


def _identity(jaxpr: Any) -> str:
    """A hash equal for two programs that compute the same; addresses in its text do not count."""
    digest = hashlib.sha256(re.sub(r"0x[0-9a-f]+", "", str(jaxpr)).encode())
    for constant in jaxpr.consts:
        array = np.asarray(constant)
        digest.update(f"{array.dtype}{array.shape}".encode() + array.tobytes())
    return digest.hexdigest()


def _plan_programs(
    study: StudySpec, prototypes: dict[str, Prototype], memory: dict[Program, int]
) -> dict[Program, PlannedProgram]:
    """Each program's row of the plan, in the order of the lanes."""
    keys: dict[Program, list[LaneKey]] = {}
    for key in study.lanes:
        size = split_size(study.splits[key.fold - 1])
        keys.setdefault(prototypes[key.variant].programs[size], []).append(key)
    return {
        program: PlannedProgram(
            list(dict.fromkeys(key.variant for key in lanes)),
            len(lanes),
            count_parameters(program.lowered.model),
            program.shape.steps,
            program.width,
            memory[program],
        )
        for program, lanes in keys.items()
    }


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
