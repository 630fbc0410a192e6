"""Results and lists of runs as tables of the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from rich.text import Text

from dure.core.formatting import clean_text
from dure.core.terminal import align_columns, make_table
from dure.messages.phrases import count
from dure.results.run_result import RunResult
from dure.results.summary import source_of, summary_cells, summary_notes
from dure.stats.intervals import interval_texts
from dure.storage.run_list import RunEntry

_MOST_ROWS = 100  # lanes in a table; result.lanes has them all


class _Summary:
    """A summary as one table where the console has room for it, else as narrower ones."""

    def __init__(self, result: RunResult) -> None:
        self._result = result

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        header, rows = summary_cells(self._result)
        title = " · ".join(filter(None, (self._result.name, source_of(self._result))))
        table = make_table(header, rows, title)
        wanted = Measurement.get(console, options.update_width(10_000), table).maximum
        # A wide table would break within intervals; several narrow ones below each other do not.
        if wanted > options.max_width:
            yield Text(clean_text(title), style="bold")
            yield Text("\n".join(align_columns(header, rows, options.max_width)), no_wrap=True)
            yield ""
        else:
            yield table
        yield Text("\n".join(map(clean_text, summary_notes(self._result))))


def summary_table(result: RunResult) -> RenderableType:
    """Means with intervals, a row per variant, and what must be known to read them."""
    return _Summary(result)


def metric_table(result: RunResult, metric: str) -> RenderableType:
    """One metric, a row per variant: mean, 95 % interval, lanes it rests on.

    Raises
    ------
    DureError
        For a metric the study does not have.
    """
    rows = []
    for row in result.summary(metric).itertuples():
        mean, _, interval = interval_texts([(row.mean, row.low, row.high)])[0].partition(" ")
        rows.append((str(row.variant), mean, interval, f"{row.lanes} of {row.of}"))
    title = " · ".join(filter(None, (result.name, metric)))
    return make_table(("variant", "mean", "95 % interval", "lanes"), rows, title)


def lanes_table(result: RunResult) -> RenderableType:
    """A row per lane: which it is, how it ended, epochs run, best epoch, seconds; at most 100."""
    lanes = result.lanes
    rows = []
    for row in lanes.head(_MOST_ROWS).itertuples():
        best = "-" if row.best_epoch is lanes["best_epoch"].dtype.na_value else row.best_epoch
        lane = row.Index, row.variant, row.seed, row.fold, row.status, row.epochs, best
        rows.append((*map(str, lane), f"{row.seconds:.1f}"))
    names = ("lane", "variant", "seed", "fold", "status", "epochs", "best epoch", "seconds")
    title = f"{result.name}: {count(len(lanes), 'lane')}"
    table = make_table(names, rows, title, words=(1, 4))
    if len(lanes) > _MOST_ROWS:
        table.caption = Text(f"and {len(lanes) - _MOST_ROWS} more: result.lanes has them all")
    return table


def runs_table(runs: Sequence[RunEntry]) -> RenderableType:
    """A row per run folder: where it is, name, when it began, lanes done; or what ails it."""
    if not runs:
        return Text("There are no runs here yet.")
    rows = []
    for run in runs:
        done = run.problem or f"{run.done} of {run.lanes}"
        rows.append((str(run.folder), run.name, run.created[:16].replace("T", " "), done))
    table = make_table(("folder", "name", "began", "lanes done"), rows, "Runs", words=range(3))
    table.columns[3].no_wrap = False  # what ails a run is a sentence
    return table
