"""The two ways a program's rounds run: as one compiled loop, or batch by batch from the host.

On a CPU, XLA compiles a convolution or a window's gradient fast at the top of a program, and some
25 times slower inside a loop. Where a model has one that no fast twin replaces, its batches are
separate calls with donated state; everything else is the program's own code.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from dure.core.arrays import Arrays
from dure.core.backend import jax, jnp
from dure.engine.program.memory import inner_programs
from dure.engine.program.program import CompiledRounds, Program
from dure.engine.program.round_data import (
    RUNNING,
    Carry,
    Logs,
    Loop,
    Orders,
    lane_of,
    split_batches,
    stack_lanes,
)
from dure.keras_bridge.model_state import ModelState

_SLOW_IN_LOOPS = frozenset(
    ("conv_general_dilated", "select_and_scatter_add", "reduce_window_max", "reduce_window_sum")
)


def compile_rounds(program: Program) -> CompiledRounds:
    """The faster way for a traced program on this device, compiled."""
    return SteppedRounds(program) if steps_are_faster(program) else ScannedRounds(program)


def steps_are_faster(program: Program) -> bool:
    """Whether a traced program's batches should be separate calls on this device."""
    on_cpu = jax.default_backend() == "cpu"
    return on_cpu and program.width == 1 and has_slow_loop(program.traced.jaxpr)


def has_slow_loop(jaxpr: Any) -> bool:
    """Whether a traced program holds an operation that XLA's CPU compiler slows down in loops."""
    jaxpr = getattr(jaxpr, "jaxpr", jaxpr)
    return any(
        equation.primitive.name in _SLOW_IN_LOOPS
        or any(has_slow_loop(inner) for inner in inner_programs(equation))
        for equation in jaxpr.eqns
    )


class ScannedRounds:
    """A round of all lanes as one call of the device."""

    stepped = False

    def __init__(self, program: Program) -> None:
        self._program = program
        self._round = program.traced.lower().compile()
        self._evaluate: Any = None
        self._lock = threading.Lock()

    def __call__(self, carry: Carry, orders: Orders, rows: Arrays) -> tuple[Carry, Any, Any]:
        """One round of the program's lanes."""
        return self._round(carry, orders, rows)  # type: ignore[no-any-return]

    def evaluate(self, state: ModelState, rows: Arrays) -> Logs:
        """Keras' ``evaluate`` of one lane's state on all of these rows."""
        program = self._program
        order = np.arange(len(jax.tree.leaves(rows.x)[0]), dtype=np.int32)

        def run(state: ModelState, order: Any, rows: Arrays) -> Any:
            return program.evaluate(state, order, rows)[1]

        with self._lock:
            if self._evaluate is None:
                with program.lowered.tracing():
                    self._evaluate = jax.jit(run).lower(state, order, rows).compile()
        return self._evaluate(state, order, rows)  # type: ignore[no-any-return]


class SteppedRounds:
    """A round of one lane whose loop over batches runs in Python."""

    stepped = True

    def __init__(self, program: Program) -> None:
        self._program = program
        self._evaluate: dict[int, Any] | None = None
        with program.lowered.tracing():
            self._compile()

    def _compile(self) -> None:
        program, shape = self._program, self._program.shape
        carry, rows = program.example, program.row_shapes
        loop = (carry.model, program.lowered.initial_metrics)
        flag, rate = np.bool_(True), np.float32(0)
        self._before = jax.jit(program.before_epoch).lower(carry.model, rate).compile()
        self._train = self._compile_steps(
            program.train_batch, loop, rows, shape.train_rows, shape.batch_size
        )
        self._test = self._compile_steps(
            program.test_batch, loop, rows, shape.validation_rows, shape.validation_batch_size
        )

        def after(carry: Carry, loop: Loop, validation: Any, validated: Any) -> Any:
            held = shape.validation_rows > 0
            logs = program.lowered.results(validation, testing=True) if held else {}
            logs = {n: jnp.where(validated, v, jnp.nan) for n, v in logs.items()}
            return program.after_epoch(carry, loop, logs, validated)

        self._after = jax.jit(after).lower(carry, loop, loop[1], flag).compile()

    @staticmethod
    def _compile_steps(
        step: Callable[..., Loop], loop: Loop, rows: Arrays, count: int, size: int
    ) -> dict[int, Any]:
        """The step compiled for each size its batches have: the full one and the rest's."""
        sizes = {size if count >= size else 0, count % size} - {0}
        spec = {n: jax.ShapeDtypeStruct((n,), np.int32) for n in sizes}
        donating = jax.jit(step, donate_argnums=0)
        return {n: donating.lower(loop, spec[n], rows).compile() for n in sizes}

    def __call__(self, carry: Carry, orders: Orders, rows: Arrays) -> tuple[Carry, Any, Any]:
        """One round of one lane; every argument but `rows` has a lane axis of 1."""
        lane, plan = lane_of((carry, orders))
        room = self._program.shape.round_epochs
        curves: list[Any] = []
        while len(curves) < int(plan.count) and int(lane.status) == RUNNING:
            lane, row = self._epoch(lane, plan, len(curves), rows)
            curves.append(np.asarray(row))
        table = np.full((room, len(self._program.columns)), np.nan, np.float32)
        table[: len(curves)] = np.reshape(curves, (len(curves), -1))
        return stack_lanes(lane), table[None], np.asarray([len(curves)], np.int32)

    def evaluate(self, state: ModelState, rows: Arrays) -> Logs:
        """Keras' ``evaluate`` of one lane's state on all of these rows."""
        program, size = self._program, self._program.shape.validation_batch_size
        count = len(jax.tree.leaves(rows.x)[0])
        loop = jax.tree.map(jnp.array, (state, program.lowered.initial_metrics))
        if self._evaluate is None:
            with program.lowered.tracing():
                self._evaluate = self._compile_steps(program.test_batch, loop, rows, count, size)
        for batch in split_batches(np.arange(count, dtype=np.int32), size):
            loop = self._evaluate[len(batch)](loop, batch, rows)
        return program.lowered.results(loop[1], testing=True)

    def _epoch(self, lane: Carry, plan: Orders, index: int, rows: Arrays) -> tuple[Carry, Any]:
        program, shape = self._program, self._program.shape
        state = self._before(lane.model, np.float32(plan.rates[index]))
        # Donation must not reach into arrays the carry still holds.
        loop = jax.tree.map(jnp.array, (state, program.lowered.initial_metrics))
        for batch in split_batches(plan.train[index], shape.batch_size):
            loop = self._train[len(batch)](loop, batch, rows)
        state, metrics = loop
        validation = program.no_metrics()
        validated = np.bool_(plan.validate[index])
        if shape.validation_rows and validated:
            held = jax.tree.map(jnp.array, (state, validation))
            for batch in split_batches(plan.validation, shape.validation_batch_size):
                held = self._test[len(batch)](held, batch, rows)
            state, validation = held
        return self._after(lane, (state, metrics), validation, validated)  # type: ignore[no-any-return]
