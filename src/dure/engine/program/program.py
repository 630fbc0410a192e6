"""One compiled training loop: several epochs of one network, or of `width` networks at once.

A round is one call: it runs up to ``round_epochs`` epochs, each a loop over batches, validation
and the controllers, without returning to Python. How many epochs a call really runs is a number
passed in, so rounds of any length share one compilation. A lane that stops, stops there; among
stacked lanes it is masked until the round ends.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Protocol, TypeAlias

import numpy as np

from dure.core.arrays import Arrays
from dure.core.backend import jax, jnp
from dure.core.metrics import find_losses
from dure.core.types import Monitor
from dure.engine.program.callbacks import BestEpoch, Controller, Epoch
from dure.engine.program.round_data import (
    DIVERGED,
    RUNNING,
    STOPPED,
    Carry,
    Logs,
    Loop,
    Orders,
    Shape,
    column_names,
    flatten_logs,
    lane_of,
    same_types,
    take_rows,
)
from dure.keras_bridge.functional import Lowered
from dure.keras_bridge.model_state import ModelState


class CompiledRounds(Protocol):
    """A program's rounds, compiled."""

    stepped: bool
    """Whether the loop over batches runs in Python."""

    def __call__(self, carry: Carry, orders: Orders, rows: Arrays) -> tuple[Carry, Any, Any]:
        """One round; arguments and values as those of :class:`Program`."""
        ...

    def evaluate(self, state: ModelState, rows: Arrays) -> Logs:
        """Keras' ``evaluate`` of one lane's state on all of these rows."""
        ...


CompileRounds: TypeAlias = Callable[["Program"], CompiledRounds]
"""How a traced program becomes rounds that run."""


class Program:
    """A round of training as one compiled function.

    Parameters
    ----------
    lowered
        The model; its own numbers are not used, only its functions.
    shape
        Static sizes.
    monitor
        Metric whose best epoch is remembered with its weights; None remembers nothing.
    controllers
        Callbacks that act inside the program, in Keras' order.
    compile_rounds
        The strategy: what the traced round is compiled to.
    width
        Lanes stacked in one call; 1 leaves every array without stacking inside.
    """

    def __init__(
        self,
        lowered: Lowered,
        shape: Shape,
        monitor: Monitor | None,
        controllers: list[Controller],
        compile_rounds: CompileRounds,
        width: int = 1,
    ) -> None:
        self.lowered = lowered
        self.shape = shape
        self.width = width
        self._monitor = monitor
        self.best = None if monitor is None else BestEpoch(monitor.name, monitor.mode)
        self.controllers = controllers
        self.metric_shapes: dict[str, tuple[int, ...]] = {}
        self.columns: tuple[str, ...] = ()
        """Names of the curves' columns, as :func:`flatten_logs` gives them; known once traced."""
        self.compilations = 0
        self.seconds_per_epoch: float | None = None
        self.traced: Any = None
        """The stacked round as JAX traced it; None once it is compiled."""
        self._compile_rounds = compile_rounds
        self._specs: Any = None
        self._rounds: CompiledRounds | None = None
        self._one_batch: Program | None = None
        self._lock = threading.Lock()

    def start(self, state: ModelState) -> Carry:
        """The carry of a lane before its first epoch (NumPy leaves, no lane axis)."""
        carry = Carry(
            model=state,
            best={} if self.best is None else self.best.start(self.lowered, state),
            controllers=[c.start(self.lowered, state) for c in self.controllers],
            epoch=np.int32(0),
            status=np.int32(RUNNING),
        )
        return jax.tree.map(np.asarray, carry)  # type: ignore[no-any-return]

    def trace(self, carry: Carry, rows: Arrays) -> Any:
        """Trace the stacked round and return its closed jaxpr; nothing is compiled yet.

        Parameters
        ----------
        carry
            One lane's, from :meth:`start`; only shapes and types are used.
        rows
            Arrays or their shapes.
        """
        shape = self.shape
        orders = Orders(
            train=_spec((shape.round_epochs, shape.train_rows), np.int32),
            validation=_spec((shape.validation_rows,), np.int32),
            rates=_spec((shape.round_epochs,), np.float32),
            validate=_spec((shape.round_epochs,), np.bool_),
            count=_spec((), np.int32),
        )
        stacked = jax.tree.map(lambda a: _spec((self.width, *a.shape), a.dtype), (carry, orders))
        self._specs = (carry, rows)

        def trace() -> Any:
            with self.lowered.tracing(stacked=self.width > 1):
                return jax.jit(self._stacked_round).trace(*stacked, rows)

        try:
            self.traced = trace()
        except Exception:  # a model that differentiates forwards cannot pass through a twin
            if not self.lowered.give_up_twins():
                raise
            self.traced = trace()
        return self.traced.jaxpr

    @property
    def example(self) -> Carry:
        """The carry the program was traced with."""
        return self._specs[0]  # type: ignore[no-any-return]

    @property
    def row_shapes(self) -> Arrays:
        """Shapes and types of the arrays the program was traced with."""
        return self._specs[1]  # type: ignore[no-any-return]

    def widened(self, width: int) -> Program:
        """The same program for another number of stacked lanes, traced and not compiled."""
        return self._changed(self.shape, width)

    def for_one_batch(self) -> Program:
        """The same program for an epoch of one batch, made when first asked for.

        Keras asks ``model.stop_training`` after each batch: an epoch that begins with it set ends
        after the first.
        """
        with self._lock:
            if self._one_batch is None:
                rows = min(self.shape.batch_size, self.shape.train_rows)
                shape = replace(self.shape, train_rows=rows, round_epochs=1)
                self._one_batch = self._changed(shape, self.width)
            return self._one_batch

    def _changed(self, shape: Shape, width: int) -> Program:
        other = Program(
            self.lowered, shape, self._monitor, self.controllers, self._compile_rounds, width
        )
        other.trace(*self._specs)
        return other

    @property
    def stepped(self) -> bool:
        """Whether the host drives the batches; known once compiled."""
        return self._rounds is not None and self._rounds.stepped

    def compile(self, hear: Callable[[int], None] = lambda change: None) -> CompiledRounds:
        """Compile what was traced, once; later calls return at once. Safe from any thread.

        `hear` is called with 1 when compilation begins and with -1 when it is over.
        """
        with self._lock:
            if self._rounds is None:
                hear(1)
                try:
                    self._rounds = self._compile_rounds(self)
                finally:
                    hear(-1)
                self.traced = None
                self.compilations += 1
            return self._rounds

    def __call__(self, carry: Any, orders: Any, rows: Arrays) -> tuple[Carry, Any, Any]:
        """Run one round for `width` lanes.

        Every argument but `rows` has a leading lane axis. Returns the new carry, the curves
        float32 [width, E, metrics] (NaN where not run) and the epochs run, int32 [width].
        """
        return self.compile()(carry, orders, rows)

    def metrics(self, curves: Any) -> dict[str, Any]:
        """Columns of the curves [epochs, columns] by name."""
        return dict(zip(self.columns, np.moveaxis(curves, -1, 0), strict=True))

    def test(self, state: ModelState, rows: Arrays) -> dict[str, float]:
        """Keras' ``evaluate`` of one lane's state on test rows, by metric name."""
        results = self.compile().evaluate(state, rows)
        flat = flatten_logs({name: np.asarray(value) for name, value in results.items()})
        return {name: float(number) for name, number in flat.items()}

    def _stacked_round(self, carry: Carry, orders: Orders, rows: Arrays) -> Any:
        if self.width > 1:
            return jax.vmap(self._round, in_axes=(0, 0, None))(carry, orders, rows)
        one, plan = lane_of((carry, orders))
        out = self._round(one, plan, rows)
        return jax.tree.map(lambda a: a[None], out)

    def _round(self, carry: Carry, orders: Orders, rows: Arrays) -> tuple[Carry, Any, Any]:
        self.metric_shapes = self._log_shapes()
        self.columns = column_names(self.metric_shapes)
        curves = jnp.full((self.shape.round_epochs, len(self.columns)), jnp.nan, jnp.float32)

        def unfinished(loop: tuple[Carry, Any, Any]) -> Any:
            return (loop[1] < orders.count) & (loop[0].status == RUNNING)

        def epoch(loop: tuple[Carry, Any, Any]) -> tuple[Carry, Any, Any]:
            carry, index, curves = loop
            carry, logs = self._epoch(carry, orders, index, rows)
            return carry, index + 1, curves.at[index].set(logs)

        carry, ran, curves = jax.lax.while_loop(unfinished, epoch, (carry, jnp.int32(0), curves))
        return carry, curves, ran

    def _log_shapes(self) -> dict[str, tuple[int, ...]]:
        shapes = self.lowered.metric_shapes()
        if self.shape.validation_rows:
            held_out = self.lowered.metric_shapes(testing=True)
            shapes |= {f"val_{name}": shape for name, shape in held_out.items()}
        if self.shape.logs_rate:
            shapes["learning_rate"] = ()
        return shapes

    def _epoch(self, carry: Carry, orders: Orders, index: Any, rows: Arrays) -> tuple[Carry, Any]:
        state = self.before_epoch(carry.model, orders.rates[index])
        state, metrics = self._train(state, orders.train[index], rows)
        validation: Logs = {}
        if self.shape.validation_rows:
            state, validation = self._validate(state, orders.validate[index], orders, rows)
        return self.after_epoch(carry, (state, metrics), validation, orders.validate[index])

    def before_epoch(self, state: ModelState, rate: Any) -> ModelState:
        """Set the learning rate a schedule asks for; NaN leaves it."""
        if not self.shape.sets_rate:
            return state
        present = self.lowered.learning_rate(state)
        rate = jnp.where(jnp.isnan(rate), present, rate).astype(jnp.float32)
        return self.lowered.with_learning_rate(state, rate)

    def after_epoch(
        self, carry: Carry, trained: Loop, validation: Logs, validated: Any
    ) -> tuple[Carry, Any]:
        """Let the controllers see an epoch's metrics; the new carry and the curves' row.

        Parameters
        ----------
        trained
            The metrics after the last training step, and the state after validation.
        """
        state, metrics = trained
        logs = self.lowered.results(metrics)
        named = find_losses(logs)
        lost = jnp.stack([jnp.isnan(logs[name]).any() for name in named or logs])
        logs |= {f"val_{name}": value for name, value in validation.items()}
        if self.shape.logs_rate:
            logs["learning_rate"] = self.lowered.learning_rate(state)
        logs = flatten_logs({name: value.astype(jnp.float32) for name, value in logs.items()})
        epoch = Epoch(carry.epoch, logs, validated)
        status = jnp.int32(RUNNING)
        memories = []
        best = carry.best
        if self.best is not None:
            best = self.best.epoch_end(best, epoch, self.lowered, state)
        for controller, memory in zip(self.controllers, carry.controllers, strict=True):
            memory, state, stop = controller.epoch_end(memory, epoch, self.lowered, state)
            memories.append(memory)
            status = jnp.where(stop, STOPPED, status)
        if self.shape.diverge_on_nan:
            status = jnp.where(lost.any() if named else lost.all(), DIVERGED, status)
        if self.shape.stop_on_nan:
            status = jnp.where(self._is_finite(metrics), status, DIVERGED)
        new = Carry(state, best, memories, carry.epoch + 1, status.astype(jnp.int32))
        new = same_types(new, carry)
        return new, jnp.stack([logs[name] for name in self.columns])

    def train_batch(self, loop: Loop, indices: Any, rows: Arrays) -> Loop:
        """Train on the rows of one batch."""

        def step() -> Any:
            batch = take_rows(rows, indices)
            return same_types(self.lowered.train_step(*loop, batch), loop)

        if not self.shape.stop_on_nan:
            return step()  # type: ignore[no-any-return]
        return jax.lax.cond(self._is_finite(loop[1]), step, lambda: loop)  # type: ignore[no-any-return]

    def _is_finite(self, metrics: list[Any]) -> Any:
        """Whether Keras' TerminateOnNaN would let training go on after the last step."""
        loss = self.lowered.step_loss(metrics)
        return jnp.bool_(True) if loss is None else jnp.isfinite(loss).all()

    def test_batch(self, loop: Loop, indices: Any, rows: Arrays) -> Loop:
        """Evaluate on the rows of one batch."""
        batch = take_rows(rows, indices, evaluating=True)
        return same_types(self.lowered.test_step(*loop, batch), loop)  # type: ignore[no-any-return]

    def no_metrics(self) -> list[Any]:
        """Metrics before the first batch."""
        return [jnp.asarray(m) for m in self.lowered.initial_metrics]

    def _train(self, state: ModelState, order: Any, rows: Arrays) -> Loop:
        start = (state, self.no_metrics())
        step = partial(self.train_batch, rows=rows)
        return _in_batches(step, start, order, self.shape.batch_size)

    def _validate(
        self, state: ModelState, wanted: Any, orders: Orders, rows: Arrays
    ) -> tuple[ModelState, Any]:
        def run() -> tuple[ModelState, Any]:
            return self.evaluate(state, orders.validation, rows)

        def skip() -> tuple[ModelState, Any]:
            results = jax.eval_shape(run)[1]
            return state, jax.tree.map(lambda r: jnp.full(r.shape, jnp.nan, r.dtype), results)

        return jax.lax.cond(wanted, run, skip)  # type: ignore[no-any-return]

    def evaluate(self, state: ModelState, order: Any, rows: Arrays) -> tuple[ModelState, Any]:
        """Keras' ``evaluate`` over the rows in `order`."""
        start = (state, self.no_metrics())
        step = partial(self.test_batch, rows=rows)
        state, metrics = _in_batches(step, start, order, self.shape.validation_batch_size)
        return state, self.lowered.results(metrics, testing=True)


def _in_batches(step: Callable[[Loop, Any], Loop], loop: Loop, order: Any, size: int) -> Loop:
    """Fold `step` over `order` cut into batches; the smaller rest is a step of its own.

    Padding the rest would change batch normalisation and every mean over the batch.
    """
    full = len(order) // size
    if full:
        batches = order[: full * size].reshape(full, size)
        loop, _ = jax.lax.scan(lambda c, i: (step(c, i), None), loop, batches)
    return step(loop, order[full * size :]) if len(order) % size else loop


def _spec(shape: tuple[int, ...], dtype: Any) -> Any:
    return jax.ShapeDtypeStruct(shape, dtype)
