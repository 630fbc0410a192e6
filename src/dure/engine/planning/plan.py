"""From a study to programs: what will be compiled, for which lanes, in how much memory."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from dure.core.backend import jax
from dure.core.formatting import format_bytes
from dure.core.types import LaneKey, Monitor
from dure.engine.planning.summary import Plan, PlannedProgram
from dure.engine.probes.probe import Probe, layer_names
from dure.engine.probes.schedule import NOTHING, PROBE_BYTES, Measuring, Work, measuring
from dure.engine.program.callbacks import Controller, controller, direction
from dure.engine.program.host_callbacks import Callbacks, sort_callbacks
from dure.engine.program.memory import available_bytes, peak_bytes, tree_bytes
from dure.engine.program.program import Program, Rows, Shape
from dure.errors import DureError, MemoryPlanError, StudyError, line_in
from dure.keras_bridge.functional import (
    Batch,
    Lowered,
    build_model,
    description,
    faults,
    label_faults,
    make_ready,
    parameters,
    state_of,
)

if TYPE_CHECKING:
    from dure.experiment.spec import Split, StudySpec, Variant

ORDER_ROWS = 2_000_000
"""Row numbers (int32) passed into one round at most: 8 MB a lane, whatever the data's size."""

ROUND_EPOCHS = 256
"""Epochs one call can run at most; rounds are sized by time, this only bounds the curves."""

MEMORY_SHARE = 0.95
"""Share of the free memory a plan may fill."""


@dataclass
class Prototype:
    """The first build of a variant: its functions and what every other seed must look like."""

    variant: Variant
    lowered: Lowered
    description: str
    draws_to_build: bool
    metrics: tuple[str, ...]
    monitor: Monitor
    controllers: list[Controller]
    carry: Any = None
    programs: dict[tuple[int, int], Program] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """A hash of the architecture."""
        return hashlib.sha256(self.description.encode()).hexdigest()


@dataclass
class Prepared:
    """A study ready to run: its plan, and for every variant and split size the program."""

    study: StudySpec
    plan: Plan
    callbacks: Callbacks
    prototypes: dict[str, Prototype]
    batch: Batch
    measuring: Measuring = NOTHING
    _probes: dict[Any, Probe] = field(default_factory=dict)

    def probe(self, key: LaneKey) -> Probe | None:
        """What measures a lane; variants that share a program and layers' names share it."""
        if not self.measuring.epochs:
            return None
        prototype, program = self.prototypes[key.variant], self.program(key)
        at_once = program.width * program.shape.batch_size // self.measuring.rows
        width = max(1, min(program.width, at_once))
        first = min(prototype.programs)
        known = (id(prototype.programs[first]), layer_names(prototype.lowered))
        if known not in self._probes:
            self._probes[known] = Probe(prototype.lowered, width)
        return self._probes[known]

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


def prepare(study: StudySpec) -> Prepared:
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
    problems = list(callbacks.faults)
    prototypes: dict[str, Prototype] = {}
    for variant in study.variant_list:
        try:
            prototypes[variant.name] = _prototype(study, variant, callbacks, batch)
        except StudyError as error:
            problems += [f"variant {variant.name!r}: {fault}" for fault in error.faults]
    if problems:
        raise StudyError(list(dict.fromkeys(problems)))
    memory = _trace_programs(study, callbacks, prototypes, rows)
    chosen = _measuring(study, prototypes, memory)
    for program, needed in memory.items():
        # A measurement comes between two rounds, on more or fewer rows than a batch has.
        probe = min(needed * chosen.rows // study.batch_size, needed + PROBE_BYTES)
        memory[program] = max(needed, probe)
    plan = _plan(study, prototypes, memory, tree_bytes(rows))
    if plan.memory_bytes > MEMORY_SHARE * plan.available_bytes:
        raise MemoryPlanError(_memory_message(plan))
    return Prepared(study, plan, callbacks, prototypes, batch, chosen)


def row_shapes(study: StudySpec) -> Rows:
    """Shapes and types of a study's arrays as programs see them."""
    rows = Rows.of(study.fold_arrays(study.splits[0]))
    return jax.tree.map(_device_shape, rows)  # type: ignore[no-any-return]


def _device_shape(array: Any) -> Any:
    return jax.ShapeDtypeStruct(array.shape, jax.dtypes.canonicalize_dtype(array.dtype))


def _prototype(study: StudySpec, variant: Variant, callbacks: Callbacks, batch: Batch) -> Prototype:
    first = study.seed_list[0]
    model, draws = _built(study, variant, first, batch)
    if found := _wrong_labels(study, model):
        raise StudyError(found)
    text = description(model)
    for seed in study.seed_list[1:2]:
        if description(_built(study, variant, seed, batch)[0]) != text:
            raise other_architecture(seed, first)
    lowered = Lowered(model)
    names = tuple(jax.eval_shape(lambda: lowered.results(lowered.initial_metrics)))
    validated = any(split.validation is not None for split in study.splits)
    metrics = names + tuple(f"val_{name}" for name in names if validated)
    controllers = [controller(c, lowered, metrics) for c in callbacks.in_program]
    if callbacks.schedulers and not lowered.rate_is_variable:
        raise StudyError(
            "LearningRateScheduler needs an optimizer whose learning_rate is a number; "
            "this one has a schedule."
        )
    return Prototype(
        variant,
        lowered,
        text,
        draws,
        metrics,
        _monitor(callbacks, lowered, metrics),
        [c for c in controllers if c is not None],
    )


def other_architecture(seed: int, first: int) -> StudyError:
    """The error for a build that does not keep to one network for the same arguments."""
    return StudyError(
        f"build returned another architecture for seed {seed} than for seed {first}; "
        "the same arguments must always give the same network (only weights may differ)."
    )


def _built(study: StudySpec, variant: Variant, seed: int, batch: Batch) -> tuple[Any, bool]:
    """A variant's model, checked and built for the study's data."""
    try:
        model, _ = build_model(study.build, variant.arguments, seed)
    except DureError:
        raise
    except Exception as error:
        file = getattr(getattr(study.build, "__code__", None), "co_filename", "")
        line = line_in(error, file)
        where = f" ({file}, line {line})" if line else ""
        raise StudyError(f"build raised {type(error).__name__}: {error}{where}") from error
    if found := faults(model):
        raise StudyError(found)
    return model, ready(model, batch)


def _wrong_labels(study: StudySpec, model: Any) -> list[str]:
    """Training, validation and test labels that no unit of the model's output stands for."""
    test = study.data.test
    found = label_faults(model, study.arrays().y)
    return found + [
        f"test: {fault}" for fault in label_faults(model, None if test is None else test.y)
    ]


def first_batch(study: StudySpec, rows: Rows) -> Batch:
    """Shapes of a training batch."""

    def cut(shape: Any) -> Any:
        size = min(study.batch_size, shape.shape[0])
        return jax.ShapeDtypeStruct((size, *shape.shape[1:]), shape.dtype)

    x, y, weight = (jax.tree.map(cut, p) for p in (rows.x, rows.y, rows.train_weight))
    return x, y, weight


def ready(model: Any, batch: Batch) -> bool:
    """Build a model for a study's data; whether Keras would have drawn a batch to do so.

    Raises
    ------
    StudyError
        If the model and the data do not fit, with Keras' own words.
    """
    with told_with_shapes(batch):
        return make_ready(model, batch)


@contextlib.contextmanager
def told_with_shapes(data: Batch | Rows) -> Iterator[None]:
    """Turn what Keras raises when a model and its data do not fit into a StudyError."""
    try:
        yield
    except Exception as error:
        x, y = (jax.tree.map(lambda a: a.shape, part) for part in data[:2])
        raise StudyError(f"the model does not take these data (x {x}, y {y}): {error}") from error


def _monitor(callbacks: Callbacks, lowered: Lowered, metrics: Sequence[str]) -> Monitor:
    """What decides a lane's best epoch: what early stopping watches, else the (validation) loss."""
    for callback in (*callbacks.in_program, *callbacks.host):
        name = str(getattr(callback, "monitor", None))
        if name in metrics:
            mode = getattr(callback, "mode", "auto")
            known = lowered.directions()
            return Monitor(name, direction(name, mode, known, type(callback).__name__))
    return Monitor("val_loss" if "val_loss" in metrics else "loss", "min")


def _trace_programs(
    study: StudySpec, callbacks: Callbacks, prototypes: dict[str, Prototype], rows: Rows
) -> dict[int, int]:
    """Give every prototype its programs, shared where equal; memory of one call by id(program)."""
    known: dict[str, Program] = {}
    memory: dict[int, int] = {}
    for prototype in prototypes.values():
        for size in sorted({split_size(split) for split in study.splits}):
            shape = program_shape(study, callbacks, size, callbacks.stop_on_nan)
            program = Program(prototype.lowered, shape, prototype.monitor, prototype.controllers)
            prototype.carry = program.start(state_of(prototype.lowered.model))
            jaxpr = program.trace(prototype.carry, rows)
            shared = known.setdefault(_identity(jaxpr), program)
            prototype.programs[size] = shared
            if shared is program:
                orders = 4 * shape.round_epochs * shape.train_rows
                memory[id(program)] = (
                    3 * tree_bytes(prototype.carry) + 2 * orders + peak_bytes(jaxpr)
                )
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


def _measuring(
    study: StudySpec, prototypes: dict[str, Prototype], memory: dict[int, int]
) -> Measuring:
    """When lanes are measured; the same for all of a study, so that they can be compared."""
    if not study.health:
        return NOTHING
    return measuring(
        Work(
            epochs=study.epochs,
            train_rows=min(len(split.train) for split in study.splits),
            batch_size=study.batch_size,
            parameters=min(parameters(p.lowered.model) for p in prototypes.values()),
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


def _plan(
    study: StudySpec, prototypes: dict[str, Prototype], memory: dict[int, int], data_bytes: int
) -> Plan:
    lanes: dict[int, int] = {}
    variants: dict[int, list[str]] = {}
    programs: dict[int, Program] = {}
    for key in study.lanes:
        program = prototypes[key.variant].programs[split_size(study.splits[key.fold - 1])]
        programs[id(program)] = program
        lanes[id(program)] = lanes.get(id(program), 0) + 1
        names = variants.setdefault(id(program), [])
        if key.variant not in names:
            names.append(key.variant)
    planned = [
        PlannedProgram(
            variants[p],
            lanes[p],
            parameters(program.lowered.model),
            program.shape.steps,
            program.width,
            memory[p],
        )
        for p, program in programs.items()
    ]
    places = devices()
    workers = min(len(places), len(study.lanes))
    data_bytes *= 2 if study.data.prepare is not None else 1
    return Plan(
        lanes=len(study.lanes),
        epochs=study.epochs,
        programs=planned,
        workers=workers,
        device="CPU core" if places[0].platform == "cpu" else places[0].device_kind,
        data_bytes=data_bytes,
        memory_bytes=data_bytes + workers * max(p.memory_bytes for p in planned),
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
