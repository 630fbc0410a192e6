"""A progress bar for what is usually quick."""

from __future__ import annotations

import time

from rich.console import Console
from rich.progress import Progress

PATIENCE = 2.0
"""Seconds without a progress bar."""


class LateBar:
    """A progress bar, with the time left, that shows itself once two seconds are gone.

    A context manager; called with what comes next, how much is done and how much there is. Shows
    nothing where the console is no terminal or is quiet.
    """

    def __init__(self, console: Console) -> None:
        self._progress = Progress(console=console, transient=True)
        self._task = self._progress.add_task("")
        self._began = time.monotonic()

    def __enter__(self) -> LateBar:
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    @property
    def is_shown(self) -> bool:
        """Whether it has shown itself."""
        return self._progress.live.is_started

    def __call__(self, label: str, done: int, total: int) -> None:
        late = time.monotonic() - self._began > PATIENCE
        if late and self._progress.console.is_terminal and not self.is_shown:
            self._progress.start()
        self._progress.update(self._task, description=label, completed=done, total=total)
