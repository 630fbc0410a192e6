"""Results and progress on a terminal; plain lines where output is not a terminal."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.text import Text

from dure.core.formatting import clean_text, format_duration, join_first
from dure.core.metrics import mode_of
from dure.core.terminal import make_table
from dure.core.types import LaneKey, Mode, Status
from dure.messages.phrases import count
from dure.messages.status_text import KINDS

_MOST_VARIANTS = 8  # variants in the live table
_MOST_NOTES = 5  # troubled lanes reported one by one
_PLAIN_EVERY = 5.0  # seconds between plain lines
_WINDOW = 60.0  # seconds over which the speed is taken


class Reporter:
    """What a running study tells its progress to; this one shows nothing. A context manager."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    def advance(self, lane: LaneKey, epochs: int, last: Mapping[str, float]) -> None:
        """A lane ran this many more epochs; `last` are the metrics of the last of them."""

    def lane_done(self, lane: LaneKey, status: Status, best: float | None) -> None:
        """A lane came to its end; `best` is its best monitored value, None without any."""

    def compiling(self, change: int) -> None:
        """Compilation of a program began (1) or is over (-1)."""

    def note(self, text: str) -> None:
        """A sentence for the reader."""


class Progress(Reporter):
    """Live progress of a study: lanes and epochs done, speed, time left, best so far per variant.

    A context manager. On a terminal a display that is redrawn twice a second; elsewhere a plain
    line at most every five seconds, and one at the end.

    Parameters
    ----------
    total_lanes
        Lanes in all.
    total_epochs
        Epochs of all lanes if none stops early.
    variants
        Names, in the study's order.
    monitor
        The metric whose best values are shown.
    console
        Where to; default the standard error stream, so that output can be piped.
    clock
        Seconds from any start; for tests.
    mode
        Whether a low or high monitor is best; None: as its name says.
    """

    def __init__(
        self,
        total_lanes: int,
        total_epochs: int,
        variants: Sequence[str],
        monitor: str,
        console: Console | None = None,
        clock: Callable[[], float] = time.monotonic,
        mode: Mode | None = None,
    ) -> None:
        self.console = console or Console(stderr=True)
        self._lanes, self._epochs = total_lanes, total_epochs
        self._monitor = monitor
        self._better = min if (mode or mode_of(monitor)) == "min" else max
        self._best: dict[str, float | None] = dict.fromkeys(variants)
        self._done: Counter[str] = Counter()  # by variant
        self._kinds: Counter[str] = Counter()
        self._ran: Counter[LaneKey] = Counter()
        self._compiling = self._compiled = 0  # programs
        self._ended: set[LaneKey] = set()
        self._saved = 0  # epochs that lanes which stopped early will not run
        self._clock = clock
        self._start = self._last_line = clock()
        self._ticks = deque([(self._start, 0)])
        live = Live(
            console=self.console, get_renderable=self._display, refresh_per_second=2, screen=False
        )
        self._live = live if self.console.is_terminal else None

    def __enter__(self) -> Self:
        if self._live:
            self._live.start(refresh=True)
        else:
            lanes = count(self._lanes, "lane")
            self._say(f"training {lanes}, up to {self._epochs:,} epochs in all; compiling first")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live:
            self._live.stop()
        troubled = self._kinds["diverged"] + self._kinds["failed"]
        if troubled > _MOST_NOTES:
            self._say(f"... {count(troubled, 'lane')} diverged or failed in all")
        kinds = ", ".join(f"{self._kinds[k]} {k}" for k in KINDS if self._kinds[k])
        spent = format_duration(self._clock() - self._start, 0)
        lanes = f"{len(self._ended)} of {count(self._lanes, 'lane')} done"
        self._say(f"{lanes} in {spent}" + (f": {kinds}" if kinds else ""))

    def advance(self, lane: LaneKey, epochs: int, last: Mapping[str, float]) -> None:
        """A lane ran this many more epochs; `last` are the metrics of the last of them."""
        self._ran[lane] += epochs
        now = self._clock()
        self._ticks.append((now, self._ticks[-1][1] + epochs))
        while len(self._ticks) > 2 and now - self._ticks[0][0] > _WINDOW:
            self._ticks.popleft()
        self._note_best(lane.variant, last.get(self._monitor))
        self._plain_line(now)

    def lane_done(self, lane: LaneKey, status: Status, best: float | None) -> None:
        """A lane came to its end; `best` is its best monitored value, None without any."""
        if lane in self._ended:
            return
        self._ended.add(lane)
        self._done[lane.variant] += 1
        self._kinds[status.kind] += 1
        self._saved += max(0, self._epochs // max(1, self._lanes) - self._ran[lane])
        troubled = self._kinds["diverged"] + self._kinds["failed"]
        if status.kind in ("diverged", "failed"):
            if troubled <= _MOST_NOTES:
                self.note(f"{lane.variant}, seed {lane.seed}, fold {lane.fold}: {status}")
        else:
            self._note_best(lane.variant, best)
        self._plain_line(self._clock())

    def compiling(self, change: int) -> None:
        """Compilation of a program began (1) or is over (-1)."""
        self._compiling += change
        self._compiled += change < 0
        if not self._compiling:  # the speed so far was that of the compiler
            self._ticks = deque([(self._clock(), self._ticks[-1][1])])
        self._plain_line(self._clock())

    def note(self, text: str) -> None:
        """A sentence for the reader, above the display."""
        self._say(text)

    @property
    def epochs_left(self) -> int:
        """Epochs that lanes in training and waiting may still run."""
        return max(0, self._epochs - self._saved - sum(self._ran.values()))

    @property
    def speed(self) -> float:
        """Epochs a second over the last minute; 0 before there were any."""
        since, before = self._ticks[0]
        elapsed = self._clock() - since
        return (self._ticks[-1][1] - before) / elapsed if elapsed > 0 else 0.0

    def _note_best(self, variant: str, value: float | None) -> None:
        if value is None or not abs(value) < float("inf"):
            return
        known = self._best.get(variant)
        self._best[variant] = float(value) if known is None else self._better(known, float(value))

    def _state(self) -> str:
        ran = sum(self._ran.values())
        parts = [f"{len(self._ended)} of {count(self._lanes, 'lane')} done", count(ran, "epoch")]
        if self._compiling:
            ready = f" ({self._compiled} ready)" if self._compiled else ""
            parts.append(f"compiling {count(self._compiling, 'program')}{ready}")
        elif speed := self.speed:
            parts.append(f"{speed:,.1f} epochs/s")
            # The first epochs wait for the compiler and would promise far too long a time.
            if ran >= self._epochs / 20 or self._clock() - self._start > _WINDOW:
                parts.append(f"{format_duration(self.epochs_left / speed, 0)} left")
        return ", ".join(parts)

    def _plain_line(self, now: float) -> None:
        if self._live or now - self._last_line < _PLAIN_EVERY:
            return
        self._last_line = now
        shown = [(n, b) for n, b in self._best.items() if b is not None]
        best = join_first([f"{name} {value:.4g}" for name, value in shown], _MOST_VARIANTS)
        self._say(self._state() + (f"; best {self._monitor}: {best}" if best else ""))

    def _say(self, text: str) -> None:
        self.console.print(Text(clean_text(text)), soft_wrap=True)

    def _display(self) -> RenderableType:
        over = self._epochs - self._saved
        bar = ProgressBar(total=max(1, over), completed=over - self.epochs_left, width=40)
        rows = [
            (variant, str(self._done[variant]), "-" if best is None else f"{best:.4g}")
            for variant, best in list(self._best.items())[:_MOST_VARIANTS]
        ]
        header = ("variant", "lanes done", f"best {self._monitor} so far")
        table = make_table(header, rows, lines=False)
        table.columns[0].max_width, table.columns[0].overflow = 48, "ellipsis"
        # A bar ends without a line break; a padding brings one.
        parts: list[RenderableType] = [Padding(bar), Text(self._state()), table]
        if len(self._best) > _MOST_VARIANTS:
            parts.append(Text(f"and {len(self._best) - _MOST_VARIANTS} more variants"))
        return Group(*parts)
