"""How many lanes one call should train at once, found by measuring.

On a CPU the answer is one: stacked lanes were measured to be slower than lanes side by side. On a
GPU a single small network leaves the device idle, so programs are widened until that stops paying.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from dure.core.arrays import Arrays
from dure.core.backend import jax
from dure.engine.planning.prepared import PreparedStudy
from dure.engine.planning.summary import PlannedProgram
from dure.engine.program.memory import tree_bytes
from dure.engine.program.program import Program
from dure.engine.program.round_data import Carry, Orders, stack_lanes

WIDTHS = (1, 8, 32, 128, 512, 2048)
"""Candidates; a step of four loses at most half of what the best width would give."""

WORTHWHILE = 1.2
"""A wider program must train lanes this much faster to be worth its compilation and memory."""


def candidates(lanes: int, bytes_per_lane: int, available: int) -> list[int]:
    """Widths worth trying: no more than there are lanes, or than fit in memory."""
    room = max(1, available // max(bytes_per_lane, 1))
    return [w for w in WIDTHS if w <= room and (w == 1 or w < 4 * lanes)]


def measure_width(program: Program, rows: Arrays, widths: list[int]) -> Program:
    """The program at the width that trains most lanes a second, compiled and ready.

    Tries widths in rising order, one epoch each after a first call, and stops at the first that
    is not at least :data:`WORTHWHILE` times faster than the one before.
    """
    best, best_rate = program, 0.0
    for width in widths:
        wider = program if width == program.width else program.widened(width)
        rate = width / _seconds(wider, rows)
        if best_rate and rate < WORTHWHILE * best_rate:
            break
        best, best_rate = wider, rate
    return best


def _seconds(program: Program, rows: Arrays) -> float:
    """Seconds of one epoch of all lanes, after a call that compiles and warms up."""
    carry, orders = _trial(program)
    seconds = 0.0
    for _ in range(2):
        start = time.perf_counter()
        jax.block_until_ready(program(carry, orders, rows))
        seconds = time.perf_counter() - start
    return seconds


def _trial(program: Program) -> tuple[Carry, Orders]:
    """One epoch over the first rows in order, for every slot."""
    carry, shape = program.example, program.shape
    orders = Orders(
        np.tile(np.arange(shape.train_rows, dtype=np.int32), (shape.round_epochs, 1)),
        np.arange(shape.validation_rows, dtype=np.int32),
        np.full(shape.round_epochs, np.nan, np.float32),
        np.ones(shape.round_epochs, np.bool_),
        np.int32(1),
    )
    return stack_lanes((carry, orders), program.width)  # type: ignore[no-any-return]


def widen(prepared: PreparedStudy, choose: Callable[[Program, PlannedProgram], Program]) -> None:
    """Replace every program of a study by its choice of width.

    Parameters
    ----------
    choose
        From a program and its row of the plan to the program to use.
    """
    chosen = {
        program: choose(program, row) if isinstance(program, Program) else program
        for program, row in prepared.programs.items()
    }
    for prototype in prepared.prototypes.values():
        for size, program in prototype.programs.items():
            prototype.programs[size] = chosen[program]
    prepared.programs = {chosen[program]: row for program, row in prepared.programs.items()}


def widen_for_device(prepared: PreparedStudy, rows: Arrays) -> None:
    """Widen a study's programs for a GPU, each by measuring."""
    free = prepared.plan.available_bytes - tree_bytes(rows)

    def choose(program: Program, row: PlannedProgram) -> Program:
        return measure_width(program, rows, candidates(row.lanes, row.memory_bytes, free // 2))

    widen(prepared, choose)
