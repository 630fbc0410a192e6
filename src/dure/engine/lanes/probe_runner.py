"""Measures the lanes of a stacked call between its rounds."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from dure.core.backend import jax
from dure.engine.lanes.lane import Lane
from dure.engine.probes.probe import Health, Probe
from dure.engine.program.program import DIVERGED, Carry, Program, Rows

Slots = Sequence[Lane | None]


class Probing:
    """Knows when the lanes in a program's slots are to be measured, and does it."""

    def __init__(self, program: Program) -> None:
        self._program = program

    @contextmanager
    def compiled_beside(self, lanes: Slots) -> Iterator[None]:
        """Compile the lanes' probes in threads of their own while what stands inside runs."""
        probes = {id(n.probe): n for n in lanes if n is not None and n.probe is not None}
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

    def _compile(self, lane: Lane) -> None:
        assert lane.probe is not None
        program = self._program
        lane.probe.compile(program.example, program.row_shapes, lane.measuring.rows)

    @staticmethod
    def most_epochs(lanes: Slots) -> int | None:
        """Epochs after which a lane is to be measured, and so the round has to end."""
        until = [lane.epochs_to_measure() for lane in lanes if lane is not None]
        return min((count for count in until if count is not None), default=None)

    def measure_start(self, lanes: Slots, carry: Carry, rows: Rows) -> None:
        """Measure lanes that were not trained yet."""
        fresh = {
            slot: 0
            for slot, lane in enumerate(lanes)
            if lane is not None and lane.epoch == 0 and not lane.health and lane.measuring.epochs
        }
        self._measure(lanes, fresh, carry, rows)

    def measure_end(self, lanes: Slots, carry: Carry, rows: Rows, epochs_run: Any) -> None:
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
            if epoch in lanes[slot].measuring.epochs  # type: ignore[union-attr]
        }
        self._measure(lanes, due, carry, rows)

    def _measure(self, lanes: Slots, due: dict[int, int], carry: Carry, rows: Rows) -> None:
        groups: dict[int, list[tuple[int, Lane, Probe]]] = {}
        for slot in due:
            lane = lanes[slot]
            if lane is not None and lane.probe is not None:
                self._compile(lane)
                groups.setdefault(id(lane.probe), []).append((slot, lane, lane.probe))
        for group in groups.values():
            probe = group[0][2]
            for start in range(0, len(group), probe.width):
                self._measure_some(probe, group[start : start + probe.width], due, carry, rows)

    def _measure_some(
        self,
        probe: Probe,
        group: list[tuple[int, Lane, Probe]],
        due: dict[int, int],
        carry: Carry,
        rows: Rows,
    ) -> None:
        """Measure at most as many lanes as the probe takes at once."""
        if probe.fault is not None:
            return
        filled = [*group, *group[:1] * (probe.width - len(group))]
        states = carry.model
        if self._program.width > 1:
            slots = np.array([slot for slot, *_ in filled])
            states = jax.tree.map(lambda a: a[slots], states)
        samples = np.stack([np.asarray(lane.sample) for _, lane, _ in filled])
        try:
            tables, values = probe.measure(states, samples, rows)
        except Exception as error:  # out of memory, say: training goes on without
            probe.fail(error)
            return
        for place, (slot, lane, _) in enumerate(group):
            lane.health.append(Health(due[slot], tables[place], values[place]))
