"""One compiled training loop: several epochs of one network, or of `width` networks at once.

A round is one call: it runs up to ``round_epochs`` epochs, each a loop over batches, validation
and the controllers, without returning to Python. How many epochs a call really runs is a number
passed in, so rounds of any length share one compilation. A lane that stops, stops there; among
stacked lanes it is masked until the round ends.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from dure._types import Monitor
from dure.engine.controllers import BestEpoch, Controller, Epoch
from dure.lower import Arrays, Batch, Lowered, ModelState

RUNNING, STOPPED, DIVERGED = range(3)


class Carry(NamedTuple):
    """Everything that changes while a lane trains; one checkpoint holds exactly this."""

    model: ModelState
    best: dict[str, Any]
    controllers: list[dict[str, Any]]
    epoch: Any  # int32: epochs done
    status: Any  # int32: RUNNING, STOPPED or DIVERGED


class Orders(NamedTuple):
    """What one lane needs for a round beside its carry; shapes for `E` epochs at most."""

    train: Any  # int32 [E, train rows]: rows in the order of their batches
    validation: Any  # int32 [validation rows], possibly none
    rates: Any  # float32 [E]: learning rate from that epoch on, NaN leaves it
    validate: Any  # bool [E]: whether the epoch is validated
    count: Any  # int32: epochs to run, at most E


class Rows(NamedTuple):
    """Arrays that every lane of a program reads; the first axis is rows."""

    x: Arrays
    y: Arrays
    train_weight: Arrays
    validation_weight: Arrays


@dataclass(frozen=True)
class Shape:
    """The static numbers of a program; lanes that differ in any need another compilation."""

    train_rows: int
    validation_rows: int
    batch_size: int
    validation_batch_size: int
    round_epochs: int
    logs_rate: bool
    sets_rate: bool
    stop_on_nan: bool
    diverge_on_nan: bool

    @property
    def steps(self) -> int:
        """Training steps an epoch, the last smaller batch included."""
        return math.ceil(self.train_rows / self.batch_size)


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
    width
        Lanes stacked in one call; 1 leaves every array without stacking inside.
    """

    def __init__(
        self,
        lowered: Lowered,
        shape: Shape,
        monitor: Monitor | None,
        controllers: list[Controller],
        width: int = 1,
    ) -> None:
        self.lowered = lowered
        self.shape = shape
        self.width = width
        self.best = None if monitor is None else BestEpoch(monitor.name, monitor.mode)
        self.controllers = controllers
        self.metric_shapes: dict[str, tuple[int, ...]] = {}
        self.compilations = 0
        self.seconds_per_epoch: float | None = None
        self._traced: Any = None
        self._compiled: Any = None
        self._evaluate: Any = None
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

    def trace(self, carry: Carry, rows: Rows) -> Any:
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
        stacked = jax.tree.map(
            lambda a: _spec((self.width, *a.shape), a.dtype), (carry, orders)
        )
        with self.lowered.tracing():
            self._traced = jax.jit(self._stacked_round).trace(*stacked, rows)
        return self._traced.jaxpr

    def compile(self) -> None:
        """Compile what was traced, once; later calls return at once. Safe from any thread."""
        with self._lock:
            if self._compiled is None:
                self._compiled = self._traced.lower().compile()
                self._traced = None
                self.compilations += 1

    def __call__(self, carry: Any, orders: Any, rows: Any) -> tuple[Carry, Any, Any]:
        """Run one round for `width` lanes.

        Every argument but `rows` has a leading lane axis. Returns the new carry, the curves
        float32 [width, E, metrics] (NaN where not run) and the epochs run, int32 [width].
        """
        self.compile()
        return self._compiled(carry, orders, rows)  # type: ignore[no-any-return]

    def metrics(self, curves: Any) -> dict[str, Any]:
        """Columns of the curves [epochs, metrics] by name; a vector metric has a column each."""
        named = {}
        column = 0
        for name, shape in self.metric_shapes.items():
            size = math.prod(shape)
            for part in range(size):
                named[f"{name}_{part}" if shape else name] = curves[:, column + part]
            column += size
        return named

    def test(self, state: ModelState, rows: Rows) -> dict[str, float]:
        """Keras' ``evaluate`` of one lane's state on test rows, by metric name."""
        order = np.arange(len(jax.tree.leaves(rows.x)[0]), dtype=np.int32)
        with self._lock:
            if self._evaluate is None:
                with self.lowered.tracing():
                    self._evaluate = jax.jit(self.evaluate).lower(state, order, rows).compile()
        results = self._evaluate(state, order, rows)[1]
        return {
            f"{name}_{part}" if value.ndim else name: float(np.ravel(value)[part])
            for name, value in results.items()
            for part in range(value.size)
        }

    def _stacked_round(self, carry: Carry, orders: Orders, rows: Rows) -> Any:
        if self.width > 1:
            return jax.vmap(self._round, in_axes=(0, 0, None))(carry, orders, rows)
        out = self._round(*jax.tree.map(lambda a: a[0], (carry, orders)), rows)
        return jax.tree.map(lambda a: a[None], out)

    def _round(self, carry: Carry, orders: Orders, rows: Rows) -> tuple[Carry, Any, Any]:
        names = jax.eval_shape(lambda: self.lowered.results(self.lowered.initial_metrics))
        self.metric_shapes = self._log_shapes({name: spec.shape for name, spec in names.items()})
        width = sum(math.prod(s) for s in self.metric_shapes.values())
        curves = jnp.full((self.shape.round_epochs, width), jnp.nan, jnp.float32)

        def unfinished(loop: tuple[Carry, Any, Any]) -> Any:
            return (loop[1] < orders.count) & (loop[0].status == RUNNING)

        def epoch(loop: tuple[Carry, Any, Any]) -> tuple[Carry, Any, Any]:
            carry, index, curves = loop
            carry, logs = self._epoch(carry, orders, index, rows)
            return carry, index + 1, curves.at[index].set(logs)

        carry, ran, curves = lax.while_loop(unfinished, epoch, (carry, jnp.int32(0), curves))
        return carry, curves, ran

    def _log_shapes(self, train: dict[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
        shapes = dict(train)
        if self.shape.validation_rows:
            shapes |= {f"val_{name}": shape for name, shape in train.items()}
        if self.shape.logs_rate:
            shapes["learning_rate"] = ()
        return shapes

    def _epoch(self, carry: Carry, orders: Orders, index: Any, rows: Rows) -> tuple[Carry, Any]:
        state = carry.model
        if self.shape.sets_rate:
            rate = self.lowered.learning_rate(state)
            wanted = orders.rates[index]
            rate = jnp.where(jnp.isnan(wanted), rate, wanted).astype(jnp.float32)
            state = self.lowered.with_learning_rate(state, rate)
        state, logs = self._train(state, orders.train[index], rows)
        if self.shape.validation_rows:
            state, validation = self._validate(state, orders.validate[index], orders, rows)
            logs |= {f"val_{name}": value for name, value in validation.items()}
        if self.shape.logs_rate:
            logs["learning_rate"] = self.lowered.learning_rate(state)
        logs = {name: value.astype(jnp.float32) for name, value in logs.items()}
        epoch = Epoch(carry.epoch, logs, orders.validate[index])
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
            status = jnp.where(jnp.isnan(logs["loss"]), DIVERGED, status)
        if self.shape.stop_on_nan:
            status = jnp.where(jnp.isfinite(logs["loss"]), status, DIVERGED)
        new = Carry(state, best, memories, carry.epoch + 1, status.astype(jnp.int32))
        new = jax.tree.map(lambda a, old: a.astype(old.dtype), new, carry)
        return new, jnp.concatenate([logs[name].ravel() for name in self.metric_shapes])

    def _train(self, state: ModelState, order: Any, rows: Rows) -> tuple[ModelState, Any]:
        def step(loop: Any, indices: Any) -> Any:
            batch = _batch(rows.x, rows.y, rows.train_weight, indices)
            return self.lowered.train_step(*loop, batch)

        def guarded(loop: Any, indices: Any) -> Any:
            finite = jnp.isfinite(self.lowered.results(loop[1])["loss"])
            return lax.cond(finite, lambda: step(loop, indices), lambda: loop)

        start = (state, [jnp.asarray(m) for m in self.lowered.initial_metrics])
        chosen = guarded if self.shape.stop_on_nan else step
        state, metrics = _in_batches(chosen, start, order, self.shape.batch_size)
        return state, self.lowered.results(metrics)

    def _validate(
        self, state: ModelState, wanted: Any, orders: Orders, rows: Rows
    ) -> tuple[ModelState, Any]:
        def run() -> tuple[ModelState, Any]:
            return self.evaluate(state, orders.validation, rows)

        def skip() -> tuple[ModelState, Any]:
            results = jax.eval_shape(run)[1]
            return state, jax.tree.map(lambda r: jnp.full(r.shape, jnp.nan, r.dtype), results)

        return lax.cond(wanted, run, skip)  # type: ignore[no-any-return]

    def evaluate(self, state: ModelState, order: Any, rows: Rows) -> tuple[ModelState, Any]:
        """Keras' ``evaluate`` over the rows in `order`."""

        def step(loop: Any, indices: Any) -> Any:
            batch = _batch(rows.x, rows.y, rows.validation_weight, indices)
            return self.lowered.test_step(*loop, batch)

        start = (state, [jnp.asarray(m) for m in self.lowered.initial_metrics])
        size = self.shape.validation_batch_size
        state, metrics = _in_batches(step, start, order, size)
        return state, self.lowered.results(metrics)


def _batch(x: Arrays, y: Arrays, weight: Arrays, indices: Any) -> Batch:
    def take(a: Any) -> Any:
        return a.at[indices].get(mode="promise_in_bounds")

    return tuple(jax.tree.map(take, part) for part in (x, y, weight))  # type: ignore[return-value]


def _in_batches(step: Any, loop: Any, order: Any, batch_size: int) -> Any:
    """Fold `step` over `order` cut into batches; the smaller rest is a step of its own.

    Padding the rest would change batch normalisation and every mean over the batch.
    """
    full = len(order) // batch_size
    if full:
        batches = order[: full * batch_size].reshape(full, batch_size)
        loop, _ = lax.scan(lambda c, i: (_same_types(step(c, i), c), None), loop, batches)
    if len(order) % batch_size:
        loop = _same_types(step(loop, order[full * batch_size :]), loop)
    return loop


def _same_types(new: Any, old: Any) -> Any:
    """A loop's values must keep their types; Keras may give a weakly typed or wider scalar."""
    return jax.tree.map(lambda a, b: jnp.asarray(a, jnp.result_type(b)), new, old)


def _spec(shape: tuple[int, ...], dtype: Any) -> Any:
    return jax.ShapeDtypeStruct(shape, dtype)
