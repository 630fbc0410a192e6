"""What a study will need, as a value that prints as a table."""

from __future__ import annotations

from dataclasses import dataclass

from dure.core.formatting import format_bytes, format_count
from dure.core.terminal import align_columns

MOST_NAMES = 40
"""Characters of variants' names in a plan's row."""


@dataclass(frozen=True)
class PlannedProgram:
    """What trains some lanes that share it.

    Attributes
    ----------
    steps_per_epoch
        0 where nobody knows: a source of batches without a length.
    memory_bytes
        Of one worker's call.
    route
        "compiled": whole epochs run without returning to Python. "stepped": one compiled step a
        batch, called from the host. "fitted": Keras' own ``fit``, one process a core.
    why
        Why the lanes are not compiled; empty where they are.
    """

    variants: list[str]
    lanes: int
    parameters: int
    steps_per_epoch: int
    width: int
    memory_bytes: int
    route: str = "compiled"
    why: str = ""


@dataclass(frozen=True)
class Plan:
    """What a study will need, known before anything is compiled.

    Attributes
    ----------
    workers
        Calls that run at once: one a CPU core, or one a GPU.
    device
        What one worker runs on, such as "CPU core".
    memory_bytes
        Predicted peak: the data once, and every worker's largest program.
    available_bytes
        Free memory of the device now.

    Examples
    --------
    >>> plan = study.plan()
    >>> plan.programs[0].variants, plan.programs[0].steps_per_epoch
    (['rate=0.001', 'rate=0.1'], 12)
    """

    lanes: int
    epochs: int
    programs: list[PlannedProgram]
    workers: int
    device: str
    data_bytes: int
    memory_bytes: int
    available_bytes: int

    def __str__(self) -> str:
        head = ["program", "variants", "lanes", "parameters", "steps/epoch", "width", "memory"]
        head.append("route")
        rows = [self._row(number, program) for number, program in enumerate(self.programs, 1)]
        lines = align_columns(head, rows, page=200, words=(1,))
        whys = dict.fromkeys(f"{p.route}: {p.why}" for p in self.programs if p.why)
        return "\n".join([self._work, self._memory, "", *lines, *whys])

    @staticmethod
    def _row(number: int, program: PlannedProgram) -> tuple[str, ...]:
        names = ", ".join(program.variants)
        return (
            str(number),
            names if len(names) <= MOST_NAMES else f"{names[: MOST_NAMES - 3]}...",
            f"{program.lanes:,}",
            f"{program.parameters:,}",
            f"{program.steps_per_epoch:,}" if program.steps_per_epoch else "?",
            str(program.width),
            format_bytes(program.memory_bytes),
            program.route,
        )

    @property
    def _work(self) -> str:
        workers = format_count(self.workers, self.device)
        return (
            f"{format_count(self.lanes, 'lane')} of up to {format_count(self.epochs, 'epoch')} in "
            f"{format_count(len(self.programs), 'program')} on {workers}"
        )

    @property
    def _memory(self) -> str:
        return (
            f"about {format_bytes(self.memory_bytes)} of {format_bytes(self.available_bytes)} free "
            f"(data {format_bytes(self.data_bytes)})"
        )
