"""What trains a study's lanes: traced, shared where equal, and how much memory a call needs."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from dure.core.arrays import Arrays, Samples, row_count, take_samples
from dure.core.backend import jax
from dure.core.conversion.stored import StoredArray
from dure.engine.fitting.shared_steps import OwnSteps, SharedSteps
from dure.engine.planning.prototype import AnyProgram, Prototype
from dure.engine.planning.row_checks import RowChecks
from dure.engine.program.host_callbacks import Callbacks
from dure.engine.program.memory import peak_bytes, tree_bytes
from dure.engine.program.program import Program
from dure.engine.program.round_data import Shape
from dure.engine.program.rounds import compile_rounds
from dure.keras_bridge.functional import full_state, state_of
from dure.keras_bridge.model_state import Batch, pack_batch

if TYPE_CHECKING:
    from dure.experiment.spec import StudySpec

ORDER_ROWS = 2_000_000
"""Row numbers (int32) passed into one round at most: 8 MB a lane, whatever the data's size."""

ROUND_EPOCHS = 256
"""Epochs one call can run at most; rounds are sized by time, this only bounds the curves."""

BATCHES_AHEAD = 8
"""Batches that are in memory at once where they come from the host, at most."""

PROCESS_BYTES = 500_000_000
"""What a process of its own needs before it trains."""


def row_shapes(study: StudySpec) -> Arrays:
    """Shapes and types of a study's arrays as programs see them."""
    arrays = study.fold_arrays(study.splits[0])
    return jax.tree.map(_device_shape, arrays)  # type: ignore[no-any-return]


def _device_shape(array: Any) -> Any:
    return jax.ShapeDtypeStruct(array.shape, jax.dtypes.canonicalize_dtype(array.dtype))


def held_bytes(study: StudySpec) -> int:
    """Bytes of a study's arrays in memory: not of those that stay on disk."""
    arrays = study.fold_arrays(study.splits[0])
    held = [leaf for leaf in jax.tree.leaves(arrays) if not isinstance(leaf, StoredArray)]
    return int(tree_bytes([_device_shape(leaf) for leaf in held]))


def check_rows(study: StudySpec, rows: Arrays) -> RowChecks:
    """What its rows ask of each model; `rows` as :func:`row_shapes` gives them."""
    arrays, size = study.arrays(), study.batch_size
    if study.batches is not None:  # a first batch is known, and nothing of the others
        count = row_count(rows.x)
        return RowChecks(arrays, rows, None, np.empty(0, np.int32), False, (count, count))
    sizes = (size, study.validation_batch_size or size)
    data, train = study.data, study.splits[0].train
    test: Samples | None = data.test
    if study.stored:  # some rows are enough for targets, and none are searched for NaN
        test = None if test is None else Samples(*map(take_samples, test))
        train, arrays = train[:0], _sample_rows(arrays)
    return RowChecks(arrays, rows, test, train, data.prepare is not None, sizes)


def _sample_rows(arrays: Arrays) -> Arrays:
    apart = None if arrays.apart is None else Samples(*map(take_samples, arrays.apart))
    x, y = map(take_samples, arrays[:2])
    return arrays._replace(x=x, y=y, apart=apart)


def trace_programs(
    study: StudySpec,
    callbacks: Callbacks,
    prototypes: dict[str, Prototype],
    rows: Arrays,
    batch: Batch,
) -> dict[AnyProgram, int]:
    """Give every prototype its programs, shared where equal; the memory of one call of each."""
    shared: dict[str, AnyProgram] = {}
    memory: dict[AnyProgram, int] = {}
    for prototype in prototypes.values():
        if prototype.route.kind != "compiled":
            program, identity, needed = _steps(prototype, batch)
            found = shared.setdefault(identity, program)
            prototype.programs = {split.size: found for split in study.splits}
            if found is program:
                memory[program] = needed
            continue
        for size in sorted({split.size for split in study.splits}):
            shape = program_shape(study, callbacks, size, callbacks.stop_on_nan)
            traced = Program(
                prototype.lowered,
                shape,
                None if callbacks.host else prototype.monitor,
                prototype.controllers,
                compile_rounds,
            )
            carry = traced.start(state_of(prototype.lowered.model))
            jaxpr = traced.trace(carry, rows)
            prototype.programs[size] = shared.setdefault(_identity(jaxpr), traced)
            if prototype.programs[size] is traced:
                orders = 4 * shape.round_epochs * shape.train_rows
                memory[traced] = 3 * tree_bytes(carry) + 2 * orders + peak_bytes(jaxpr)
    return memory


def _steps(prototype: Prototype, batch: Batch) -> tuple[AnyProgram, str, int]:
    """What trains a variant's lanes batch by batch, what it is shared by, and its memory."""
    lowered = prototype.lowered
    state = full_state(lowered.model)
    held = 3 * tree_bytes(state) + BATCHES_AHEAD * tree_bytes(batch)
    if prototype.route.kind == "fitted":
        return OwnSteps(lowered), f"fitted {prototype.variant.name}", held + PROCESS_BYTES
    steps = SharedSteps(lowered)
    jaxpr = steps.trace(state, pack_batch(batch))
    return steps, _identity(jaxpr), held + peak_bytes(jaxpr)


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


def _identity(jaxpr: Any) -> str:
    """A hash equal for two programs that compute the same; addresses in its text do not count."""
    digest = hashlib.sha256(re.sub(r"0x[0-9a-f]+", "", str(jaxpr)).encode())
    for constant in jaxpr.consts:
        array = np.asarray(constant)
        digest.update(f"{array.dtype}{array.shape}".encode() + array.tobytes())
    return digest.hexdigest()
