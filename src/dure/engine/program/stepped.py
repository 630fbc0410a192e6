"""The same rounds as :class:`Program`, driven batch by batch from the host.

On a CPU, XLA compiles a convolution or a window's gradient fast at the top of a program, and some
25 times slower inside a loop. Where a model has one that no fast twin replaces, its batches are
separate calls with donated state; everything else is the program's own code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from dure.core.backend import jax, jnp
from dure.engine.program.memory import inner_programs
from dure.engine.program.program import RUNNING, Carry, Loop, Orders, Program, Rows
from dure.keras_bridge.functional import ModelState

_SLOW_IN_LOOPS = frozenset(
    ("conv_general_dilated", "select_and_scatter_add", "reduce_window_max", "reduce_window_sum")
)


def has_slow_loop(jaxpr: Any) -> bool:
    """Whether a traced program holds an operation that XLA's CPU compiler slows down in loops."""
    jaxpr = getattr(jaxpr, "jaxpr", jaxpr)
    return any(
        equation.primitive.name in _SLOW_IN_LOOPS
        or any(has_slow_loop(inner) for inner in inner_programs(equation))
        for equation in jaxpr.eqns
    )


class SteppedRounds:
    """A compiled round of one lane whose loop over batches runs in Python.

    Takes and returns what the compiled round of :class:`Program` does, lane axis included.
    """

    def __init__(self, program: Program, carry: Carry, rows: Rows) -> None:
        self._program = program
        self._evaluate: dict[int, Any] | None = None
        with program.lowered.tracing():
            self._compile(carry, rows)

    def _compile(self, carry: Carry, rows: Rows) -> None:
        program, shape = self._program, self._program.shape
        loop = (carry.model, program.lowered.initial_metrics)
        flag, rate = np.bool_(True), np.float32(0)
        self._before = jax.jit(program.before_epoch).lower(carry.model, rate).compile()
        self._train = self._for_batches(
            program.train_batch, loop, rows, shape.train_rows, shape.batch_size
        )
        self._test = self._for_batches(
            program.test_batch, loop, rows, shape.validation_rows, shape.validation_batch_size
        )

        def after(carry: Carry, loop: Loop, validation: Any, validated: Any) -> Any:
            results = program.lowered.results
            logs = results(validation) if shape.validation_rows else {}
            logs = {n: jnp.where(validated, v, jnp.nan) for n, v in logs.items()}
            return program.after_epoch(carry, loop[0], results(loop[1]), logs, validated)

        self._after = jax.jit(after).lower(carry, loop, loop[1], flag).compile()

    @staticmethod
    def _for_batches(
        step: Callable[..., Loop], loop: Loop, rows: Rows, count: int, size: int
    ) -> dict[int, Any]:
        """The step compiled for each size its batches have: the full one and the rest's."""
        sizes = {size if count >= size else 0, count % size} - {0}
        spec = {n: jax.ShapeDtypeStruct((n,), np.int32) for n in sizes}
        donating = jax.jit(step, donate_argnums=0)
        return {n: donating.lower(loop, spec[n], rows).compile() for n in sizes}

    def __call__(self, carry: Carry, orders: Orders, rows: Rows) -> tuple[Carry, Any, Any]:
        """One round of one lane; every argument but `rows` has a lane axis of 1."""
        lane, plan = jax.tree.map(lambda a: a[0], (carry, orders))
        room = self._program.shape.round_epochs
        curves: list[Any] = []
        while len(curves) < int(plan.count) and int(lane.status) == RUNNING:
            lane, row = self._epoch(lane, plan, len(curves), rows)
            curves.append(np.asarray(row))
        table = np.full((room, self._program.columns), np.nan, np.float32)
        table[: len(curves)] = np.reshape(curves, (len(curves), -1))
        stacked = jax.tree.map(lambda a: np.asarray(a)[None], lane)
        return stacked, table[None], np.asarray([len(curves)], np.int32)

    def evaluate(self, state: ModelState, rows: Rows) -> dict[str, Any]:
        """Keras' ``evaluate`` of one lane's state on all of these rows."""
        program, size = self._program, self._program.shape.validation_batch_size
        count = len(jax.tree.leaves(rows.x)[0])
        loop = jax.tree.map(jnp.array, (state, program.lowered.initial_metrics))
        if self._evaluate is None:
            with program.lowered.tracing():
                self._evaluate = self._for_batches(program.test_batch, loop, rows, count, size)
        for batch in _batches(np.arange(count, dtype=np.int32), size):
            loop = self._evaluate[len(batch)](loop, batch, rows)
        return program.lowered.results(loop[1])

    def _epoch(self, lane: Carry, plan: Orders, index: int, rows: Rows) -> tuple[Carry, Any]:
        program, shape = self._program, self._program.shape
        state = self._before(lane.model, np.float32(plan.rates[index]))
        # Donation must not reach into arrays the carry still holds.
        loop = jax.tree.map(jnp.array, (state, program.lowered.initial_metrics))
        for batch in _batches(plan.train[index], shape.batch_size):
            loop = self._train[len(batch)](loop, batch, rows)
        state, metrics = loop
        validation = program.no_metrics()
        validated = np.bool_(plan.validate[index])
        if shape.validation_rows and validated:
            held = jax.tree.map(jnp.array, (state, validation))
            for batch in _batches(plan.validation, shape.validation_batch_size):
                held = self._test[len(batch)](held, batch, rows)
            state, validation = held
        return self._after(lane, (state, metrics), validation, validated)  # type: ignore[no-any-return]


def _batches(order: Any, size: int) -> Iterator[Any]:
    for start in range(0, len(order), size):
        yield np.asarray(order[start : start + size])
