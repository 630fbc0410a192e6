"""TODO."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from dure.console.progress import _MOST_VARIANTS, _clean
from dure.core.formatting import aligned
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
        head, cells = summary_cells(self._result)
        title = " · ".join(filter(None, (self._result.name, source_of(self._result))))
        notes = Text("\n".join(map(_clean, summary_notes(self._result))))
        header, *rows = [[_clean(cell) for cell in row] for row in (head, *cells)]
        table = _table(title, header[0])
        for name in header[1:]:
            table.add_column(Text(name), justify="right")
        for row in rows:
            table.add_row(*map(Text, row))
        wanted = Measurement.get(console, options.update_width(10_000), table).maximum
        # A wide table would break within intervals; several narrow ones below each other do not.
        if wanted > options.max_width:
            yield Text(_clean(title), style="bold")
            yield Text("\n".join(aligned(header, rows, options.max_width)), no_wrap=True)
            yield ""
        else:
            yield table
        yield notes


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
    table = _table(" · ".join(filter(None, (result.name, metric))), "variant")
    for name in ("mean", "95 % interval", "lanes"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in result.summary(metric).itertuples():
        mean, _, interval = interval_texts([(row.mean, row.low, row.high)])[0].partition(" ")
        lanes = f"{row.lanes} of {row.of}"
        table.add_row(Text(_clean(str(row.variant))), mean, Text(interval), lanes)
    return table


def lanes_table(result: RunResult) -> RenderableType:
    """A row per lane: which it is, how it ended, epochs run, best epoch, seconds; at most 100."""
    lanes = result.lanes
    table = _table(f"{result.name}: {count(len(lanes), 'lane')}", "lane", "variant", right=(0,))
    for name in ("seed", "fold"):
        table.add_column(name, justify="right")
    table.add_column("status", overflow="fold")
    for name in ("epochs", "best epoch", "seconds"):
        table.add_column(name, justify="right")
    for row in lanes.head(_MOST_ROWS).itertuples():
        best = "-" if row.best_epoch is lanes["best_epoch"].dtype.na_value else str(row.best_epoch)
        names = Text(_clean(str(row.variant))), str(row.seed), str(row.fold)
        status = Text(_clean(str(row.status)))
        table.add_row(str(row.Index), *names, status, str(row.epochs), best, f"{row.seconds:.1f}")
    if len(lanes) > _MOST_ROWS:
        table.caption = Text(f"and {len(lanes) - _MOST_ROWS} more: result.lanes has them all")
    return table


def runs_table(runs: Sequence[RunEntry]) -> RenderableType:
    """A row per run folder: where it is, name, when it began, lanes done; or what ails it."""
    if not runs:
        return Text("There are no runs here yet.")
    table = _table("Runs", "folder", "name")
    table.add_column("began")
    table.add_column("lanes done", justify="right", overflow="fold")
    for run in runs:
        done = run.problem or f"{run.done} of {run.lanes}"
        began = run.created[:16].replace("T", " ")
        table.add_row(*(Text(_clean(c)) for c in (str(run.folder), run.name, began, done)))
    return table


def _table(title: str, *columns: str, right: Iterable[int] = ()) -> Table:
    table = Table(
        title=Text(_clean(title), style="bold"),
        title_justify="left",
        caption_justify="left",
        box=SIMPLE_HEAD,
    )
    for number, name in enumerate(columns):
        justify = "right" if number in set(right) else "left"
        table.add_column(name, justify=justify, overflow="fold")  # type: ignore[arg-type]
    return table


def _names(names: Sequence[str]) -> Text:
    more = [f"and {len(names) - _MOST_VARIANTS} more"] if len(names) > _MOST_VARIANTS else []
    return Text("\n".join([*map(_clean, names[:_MOST_VARIANTS]), *more]))
