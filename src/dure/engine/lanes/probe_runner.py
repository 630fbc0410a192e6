"""Measures the lanes of a stacked call between its rounds."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from dure.core.arrays import Arrays
from dure.core.backend import jax
from dure.engine.lanes.lane import TrainingLane
from dure.engine.probes.probe import Probe, ProbeReading
from dure.engine.program.program import Program
from dure.engine.program.round_data import DIVERGED, Carry

Slots = Sequence[TrainingLane | None]


class ProbeRunner:
    """Knows when the lanes in a program's slots are to be measured, and does it."""

    def __init__(self, program: Program) -> None:
        self._program = program

    @contextmanager
    def compile_beside(self, lanes: Slots) -> Iterator[None]:
        """Compile the lanes' probes in threads of their own while what stands inside runs."""
        probes = {n.probe: n for n in lanes if n is not None and n.probe is not None}
        threads = [
            threading.Thread(target=self._compile, args=(lane,), daemon=True)
            for lane in probes.values()
            if lane.probe is not None and not lane.probe.ready
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            for thread in threads:
                thread.join()

    def _compile(self, lane: TrainingLane) -> None:
        assert lane.probe is not None
        program = self._program
        lane.probe.compile(program.example.model, program.row_shapes, lane.probe_schedule.rows)

    @staticmethod
    def most_epochs(lanes: Slots) -> int | None:
        """Epochs after which a lane is to be measured, and so the round has to end."""
        until = [lane.epochs_to_measure() for lane in lanes if lane is not None]
        return min((count for count in until if count is not None), default=None)

    def measure_start(self, lanes: Slots, carry: Carry, rows: Arrays) -> None:
        """Measure lanes that were not trained yet."""
        fresh = {
            slot: 0
            for slot, lane in enumerate(lanes)
            if lane is not None
            and lane.epoch == 0
            and not lane.readings
            and lane.probe_schedule.epochs
        }
        self._measure(lanes, fresh, carry, rows)

    def measure_end(self, lanes: Slots, carry: Carry, rows: Arrays, epochs_run: Any) -> None:
        """Measure lanes whose round, of so many epochs each, ended where they are to be."""
        status = np.asarray(carry.status)
        due = {
            slot: lane.epoch + int(epochs_run[slot])
            for slot, lane in enumerate(lanes)
            if lane is not None and epochs_run[slot] and status[slot] != DIVERGED
        }
        due = {
            slot: epoch
            for slot, epoch in due.items()
            if epoch in lanes[slot].probe_schedule.epochs  # type: ignore[union-attr]
        }
        self._measure(lanes, due, carry, rows)

    def _measure(self, lanes: Slots, due: dict[int, int], carry: Carry, rows: Arrays) -> None:
        groups: dict[Probe, list[tuple[int, TrainingLane]]] = {}
        for slot in due:
            lane = lanes[slot]
            if lane is not None and lane.probe is not None:
                self._compile(lane)
                groups.setdefault(lane.probe, []).append((slot, lane))
        for probe, group in groups.items():
            for start in range(0, len(group), probe.width):
                self._measure_some(probe, group[start : start + probe.width], due, carry, rows)

    def _measure_some(
        self,
        probe: Probe,
        group: list[tuple[int, TrainingLane]],
        due: dict[int, int],
        carry: Carry,
        rows: Arrays,
    ) -> None:
        """Measure at most as many lanes as the probe takes at once."""
        if probe.fault is not None:
            return
        filled = [*group, *group[:1] * (probe.width - len(group))]
        states = carry.model
        if self._program.width > 1:
            slots = np.array([slot for slot, _ in filled])
            states = jax.tree.map(lambda a: a[slots], states)
        samples = np.stack([np.asarray(lane.sample) for _, lane in filled])
        try:
            tables, values = probe.measure(states, samples, rows)
        except Exception as error:  # out of memory, say: training goes on without
            probe.fail(error)
            return
        for place, (slot, lane) in enumerate(group):
            lane.readings.append(ProbeReading(due[slot], tables[place], values[place]))
