"""Feeds devices with lanes: one worker thread a CPU core or a GPU, all busy at once.

On a CPU every worker calls the same compiled program on the one CPU device: JAX runs calls from
several threads side by side, so nothing is compiled twice and the data are in memory once. A
stacked program (GPU) is refilled lane by lane as lanes stop.
"""

from __future__ import annotations

import queue
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np

from dure.core.backend import jax
from dure.core.types import FirstNan, Status
from dure.engine.lanes.callback_runner import CallbackRunner
from dure.engine.lanes.events import (
    CompilationChange,
    FittingLane,
    LaneDone,
    RoundDone,
    describe_failure,
)
from dure.engine.lanes.finish import finish_lane
from dure.engine.lanes.lane import TrainingLane
from dure.engine.lanes.nan_search import find_first_nan
from dure.engine.lanes.probe_runner import ProbeRunner
from dure.engine.program.program import Program
from dure.engine.program.round_data import (
    DIVERGED,
    RUNNING,
    Orders,
    cut_to_batch,
    read_lane,
    stack_lanes,
)
from dure.errors import StudyError

ROUND_SECONDS = 1.0
"""Aim for the length of a round: short enough to stop and to show progress, long enough to cost
nothing between rounds."""

_ENDED = "a worker has ended"


class Sink(Protocol):
    """Who hears what the pool does, always in the thread that called :meth:`Pool.run`."""

    def round_done(self, done: RoundDone) -> None: ...
    def lane_done(self, done: LaneDone) -> None: ...
    def compiling(self, change: int) -> None: ...
    def stopping(self) -> None: ...
    def tick(self) -> None: ...


class Pool:
    """Trains lanes on devices until none is left, or until told to stop.

    Parameters
    ----------
    devices
        One entry a worker; the same device may appear several times.
    make
        Builds the lane of an index; called in the thread of :meth:`run` only.
    width
        Lanes the widest program stacks in one call.
    """

    def __init__(
        self, devices: list[Any], make: Callable[[int], TrainingLane | FittingLane], width: int = 1
    ) -> None:
        self._make = make
        self._ahead = len(devices) * width
        self._devices = devices
        self._events: queue.Queue[Any] = queue.Queue()
        self._ready: deque[TrainingLane | FittingLane] = deque()
        self._lanes_ready = threading.Condition()
        self._no_more = False
        self._stop = threading.Event()
        self._working = 0

    def run(self, indices: list[int], sink: Sink) -> None:
        """Train the lanes of these indices in this order; returns when the last is done.

        Raises
        ------
        KeyboardInterrupt
            After every worker has ended its round and `sink` has heard of it.
        """
        waiting = deque(indices)
        workers = [threading.Thread(target=self._work, daemon=True) for _ in self._devices]
        self._working = len(workers)
        for worker in workers:
            worker.start()
        with _deferred_interrupt() as interrupted:
            try:
                self._coordinate(waiting, sink, interrupted)
            except BaseException:
                self._end_rounds(workers, sink)
                raise

    def _coordinate(self, waiting: deque[int], sink: Sink, interrupted: threading.Event) -> None:
        while self._working or not self._events.empty():
            if interrupted.is_set():
                sink.stopping()
                raise KeyboardInterrupt
            self._build_ahead(waiting, sink)
            try:
                event = self._events.get(timeout=0.5)
            except queue.Empty:
                sink.tick()
                continue
            self._report(event, sink)
            sink.tick()

    def _build_ahead(self, waiting: deque[int], sink: Sink) -> None:
        """Keep a lane ready for every slot, so that none waits for Keras to build one."""
        while waiting and len(self._ready) < self._ahead:
            index = waiting.popleft()
            try:
                lane = self._make(index)
            except Exception as error:
                sink.lane_done(LaneDone(index, describe_failure(error), None))
                continue
            with self._lanes_ready:
                self._ready.append(lane)
                self._lanes_ready.notify_all()
            while not self._events.empty():
                self._report(self._events.get(), sink)
        if not waiting:
            with self._lanes_ready:
                self._no_more = True
                self._lanes_ready.notify_all()

    def _report(self, event: Any, sink: Sink) -> None:
        if event is _ENDED:
            self._working -= 1
        elif isinstance(event, RoundDone):
            sink.round_done(event)
        elif isinstance(event, LaneDone):
            sink.lane_done(event)
        elif isinstance(event, CompilationChange):
            sink.compiling(event.change)
        elif isinstance(event, BaseException):
            raise event

    def _end_rounds(self, workers: list[Any], sink: Sink) -> None:
        self._stop.set()
        with self._lanes_ready:
            self._no_more = True
            self._ready.clear()
            self._lanes_ready.notify_all()
        for worker in workers:
            while worker.is_alive():
                worker.join(0.5)  # on Windows a wait without an end hears no second Ctrl-C
        while not self._events.empty():
            event = self._events.get()
            if not isinstance(event, BaseException):
                self._report(event, sink)

    def _work(self) -> None:
        try:
            while (lane := self._take()) is not None:
                if isinstance(lane, TrainingLane):
                    _Slots(lane.program, self._take, self._events.put, self._stop).train(lane)
                else:
                    lane.train(self._events.put, self._stop)
        except BaseException as error:
            self._events.put(error)
        finally:
            self._events.put(_ENDED)

    def _take(self, like: TrainingLane | None = None, wait: bool = True) -> Any:
        """The next lane; with `like`, one that can be stacked with it.

        Waits, if asked to, while there may still be one: lanes are being built and there is room
        for another.
        """
        with self._lanes_ready:
            while not self._stop.is_set():
                for position, lane in enumerate(self._ready):
                    if like is None or lane.stacks_with(like):
                        del self._ready[position]
                        self._events.put("taken")
                        return lane
                if not wait or self._no_more or len(self._ready) >= self._ahead:
                    return None
                self._lanes_ready.wait()
            return None


@contextmanager
def _deferred_interrupt() -> Iterator[threading.Event]:
    """Make the first Ctrl-C an event that is looked at between two steps, never inside one.

    A second Ctrl-C interrupts at once, as usual. Signals reach only the main thread; elsewhere
    nothing changes.
    """
    interrupted = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield interrupted
        return
    before = signal.getsignal(signal.SIGINT)

    def hear(number: int, frame: Any) -> None:
        interrupted.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, hear)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, before)


class _Slots:
    """The lanes of one stacked call; a free slot is filled while lanes of its kind wait."""

    def __init__(
        self,
        program: Program,
        take: Callable[[TrainingLane, bool], TrainingLane | None],
        report: Callable[[Any], None],
        stop: threading.Event,
    ) -> None:
        self.program = program
        self.take = take
        self.report = report
        self.stop = stop
        self.lanes: list[TrainingLane | None] = [None] * program.width
        self.hosts: dict[int, CallbackRunner] = {}
        self.carry: Any = None
        self.probes = ProbeRunner(program)

    def train(self, first: TrainingLane) -> None:
        """Train this lane, and others of its kind beside and after it, until no slot is busy."""
        try:
            self._put(0, first)
            self._fill(first, wait=True)
            with self.probes.compile_beside(self.lanes):
                self.program.compile(lambda change: self.report(CompilationChange(change)))
            while any(self.lanes) and not self.stop.is_set():
                self._round(first.rows)
                self._fill(first, wait=False)
        except StudyError:  # true of every lane: none is to be trained any further
            raise
        except Exception as error:
            for lane in self.lanes:
                if lane is not None:
                    self.report(LaneDone(lane.index, describe_failure(error), None))

    def _fill(self, like: TrainingLane, wait: bool) -> None:
        for slot, lane in enumerate(self.lanes):
            if lane is None and (new := self.take(like, wait)) is not None:
                self._put(slot, new)

    def _put(self, slot: int, lane: TrainingLane) -> None:
        self.lanes[slot] = lane
        carry, lane.carry = lane.carry, None
        if self.carry is None:
            self.carry = stack_lanes(carry, self.program.width)
        else:
            self.carry = jax.tree.map(lambda s, a: _set(s, slot, a), self.carry, carry)
        if lane.callbacks:
            self.hosts[slot] = CallbackRunner(lane)
            self.carry = self.hosts[slot].train_begin(self.carry)

    def _round(self, rows: Any) -> None:
        self.probes.measure_start(self.lanes, self.carry, rows)
        most = self.probes.most_epochs(self.lanes)
        epoch_counts = [0 if n is None else n.round_epochs(ROUND_SECONDS, most) for n in self.lanes]
        for host in self.hosts.values():
            self.carry = host.epoch_begin(self.carry)
        orders = [self._orders(s, count) for s, count in enumerate(epoch_counts)]
        stacked = jax.tree.map(lambda *a: np.stack(a), *orders)
        program = self.program
        if any(host.stopped for host in self.hosts.values()):  # before the first batch
            program = program.for_one_batch()
            stacked = cut_to_batch(stacked, program.shape.train_rows)
        before, start = self.carry, time.perf_counter()
        self.carry, curves, ran = program(self.carry, stacked, rows)
        epochs_run, curves = np.asarray(ran), np.asarray(curves)
        seconds = time.perf_counter() - start
        if epochs_run.max():
            self.program.seconds_per_epoch = seconds / float(epochs_run.max())
        status = np.asarray(self.carry.status)
        rows_of = [curves[slot, :count] for slot, count in enumerate(epochs_run)]
        # Callbacks first: what they make of a lane is what its layers are measured in.
        metrics = [self._end_epochs(slot, row) for slot, row in enumerate(rows_of)]
        self.probes.measure_end(self.lanes, self.carry, rows, epochs_run)
        share = seconds / max(1, sum(lane is not None for lane in self.lanes))
        for slot, lane in enumerate(self.lanes):
            if lane is not None:
                self._report_round(slot, lane, metrics[slot], int(epochs_run[slot]), share)
                lost = None
                if status[slot] == DIVERGED:
                    lost = find_first_nan(lane, before, stacked, slot, rows_of[slot])
                self._end_if_done(slot, lane, int(status[slot]), lost)

    def _orders(self, slot: int, count: int) -> Orders:
        lane = self.lanes[slot]
        if lane is None:
            like = next(n for n in self.lanes if n is not None)
            return like.orders(0, None)
        rate = None
        if lane.schedulers:
            state = read_lane(self.carry.model, slot)
            rate = float(self.program.lowered.learning_rate(state))
        return lane.orders(count, rate)

    def _end_epochs(self, slot: int, curves: Any) -> Mapping[str, Any]:
        """The curves of a round, and what callbacks on the host made of them."""
        metrics = self.program.metrics(curves)
        if slot in self.hosts:
            self.carry, metrics = self.hosts[slot].epoch_end(self.carry, metrics)
        return metrics

    def _report_round(
        self, slot: int, lane: TrainingLane, metrics: Any, epochs: int, seconds: float
    ) -> None:
        first = lane.epoch + 1
        lane.epoch += epochs
        lane.seconds += seconds
        order, readings = lane.order.state(), tuple(lane.readings)
        lane.readings.clear()
        self.report(
            RoundDone(
                lane, first, metrics, seconds, lane.seconds, self.carry, slot, order, readings
            )
        )

    def _end_if_done(self, slot: int, lane: TrainingLane, code: int, lost: FirstNan | None) -> None:
        status = lane.status(code, lost)
        host = self.hosts.get(slot)
        if host is not None and host.stopped and code == RUNNING:
            status = Status("stopped", lane.epoch)
        if not status.done:
            return
        carry = read_lane(self.carry, slot)
        if host is not None:
            host.train_end()
            del self.hosts[slot]
        self.lanes[slot] = None
        best = None if host is None else host.best
        self.report(LaneDone(lane.index, status, finish_lane(lane, carry, best)))


def _set(stacked: Any, slot: int, value: Any) -> Any:
    if len(stacked) == 1:
        return value[None]
    if isinstance(stacked, np.ndarray):
        stacked[slot] = value
        return stacked
    return stacked.at[slot].set(value)
