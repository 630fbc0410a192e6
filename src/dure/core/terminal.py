"""What terminals and plain text show: tables, whose cells are never markup, and a late bar."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from io import StringIO

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from dure.core.formatting import clean_text

GAP = 3
"""Columns of a terminal between those of a table without lines beside them."""
_KEPT = "\ue000"  # private, so in no text; rich takes plain spaces off the end of a cell
PATIENCE = 2.0
"""Seconds without a progress bar."""
_PAGE = 100  # columns of plain text


def make_table(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    title: str = "",
    *,
    words: Collection[int] = (0,),
    lines: bool = True,
) -> Table:
    """A table to be printed by a console.

    Parameters
    ----------
    words
        Places of columns that hold words: at the left edge, and folded where there is no room. The
        others hold numbers.
    lines
        Whether a line is drawn under the header.
    """
    table = Table(
        title=Text(clean_text(title), style="bold") if title else None,
        title_justify="left",
        caption_justify="left",
        box=SIMPLE_HEAD if lines else None,
        padding=(0, 1) if lines else (0, GAP, 0, 0),
        pad_edge=lines,
        header_style=None if lines else "",
    )
    for place, name in enumerate(header):
        table.add_column(
            Text(clean_text(name)),
            justify="left" if place in words else "right",
            overflow="fold",
            no_wrap=place not in words,
        )
    for row in rows:
        cells = map(clean_text, row)
        table.add_row(*(Text(cell) if lines else keep_end(cell) for cell in cells))
    return table


def keep_end(cell: str) -> Text:
    """A cell whose last space stays, which stands below a mark such as '*'; see `free_end`."""
    return Text(f"{cell[:-1]}{_KEPT}" if cell.endswith(" ") else cell)


def free_end(line: str) -> str:
    """A line of cells as `keep_end` made them, with plain spaces."""
    return line.replace(_KEPT, " ")


def align_columns(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    page: int = _PAGE,
    words: Collection[int] = (0,),
) -> list[str]:
    """Lines of columns under their header, words at the left edge, numbers at the right.

    A table wider than the page (default 100 characters) goes on below, its first column repeated.
    """
    paper = Console(file=StringIO(), width=10_000, color_system=None, legacy_windows=False)
    grid = [list(map(clean_text, row)) for row in (header, *rows)]
    with paper.capture() as written:
        widths = [max(map(cell_len, column)) for column in zip(*grid, strict=True)]
        for number, block in enumerate(split_columns(widths, page)):
            if number:
                paper.print()
            cells = [[row[column] for column in block] for row in grid]
            left = [place for place, column in enumerate(block) if column in words]
            paper.print(make_table(cells[0], cells[1:], words=left, lines=False))
    return [free_end(line).rstrip() for line in written.get().splitlines()]


def split_columns(widths: Sequence[int], page: int) -> Iterator[list[int]]:
    """Columns that fit beside each other, with the first in each block."""
    block = [0]
    for column in range(1, len(widths)):
        wide = sum(widths[c] + GAP for c in block) + widths[column]
        if len(block) > 1 and wide > page:
            yield block
            block = [0]
        block.append(column)
    yield block


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
