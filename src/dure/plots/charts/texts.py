"""Numbers of blocks as text, the same on the page, on the terminal and in pictures."""

from __future__ import annotations

from collections.abc import Sequence

from dure.blocks.cells import Amount, Cell, Estimate, Percent, estimate_of
from dure.blocks.charts import Bars, Intervals
from dure.core.formatting import format_bytes, format_number, format_percent
from dure.messages.message import Message, as_is
from dure.messages.phrases import describe_number
from dure.stats.intervals import interval_texts


def write_estimates(rows: Sequence[tuple[float, float, float]], alike: bool) -> list[str]:
    """Means with their intervals, with the same number of decimals or each with its own."""
    return interval_texts(rows) if alike else [interval_texts([row])[0] for row in rows]


def write_spans(block: Intervals) -> list[str]:
    """The numbers of a chart of intervals."""
    return write_estimates([(s.mean, s.low, s.high) for s in block.spans], block.alike)


def write_bars(block: Bars) -> list[Message]:
    """The numbers beside bars; in brackets what they are compared with."""
    if block.numbers == "none":
        return [as_is("")] * len(block.bars)
    cells: list[Cell] = [
        Percent(bar.value)
        if block.numbers == "shares"
        else estimate_of(bar.value, bar.low, bar.high)
        for bar in block.bars
    ]
    texts = _write_column(cells, alike=True)
    if block.compared is None:
        return texts
    others = (format_number(bar.other) for bar in block.bars)
    return [as_is(f"{text} ({other})") for text, other in zip(texts, others, strict=True)]


def write_cell(cell: Cell) -> Message:
    """A cell that stands by itself: whole numbers with commas, '-' where nothing is known."""
    match cell:
        case Message():
            return cell
        case Estimate():
            return as_is(interval_texts([cell])[0])
        case Percent():
            return as_is(format_percent(cell.share, missing="-"))
        case Amount():
            return as_is(format_bytes(cell.bytes))
        case int():
            return as_is(f"{cell:,}")
        case None:
            return as_is("-")
        case _:
            return describe_number(cell)


def write_rows(rows: Sequence[Sequence[Cell]], alike: bool) -> list[list[Message]]:
    """The cells of a table; intervals of a column with the same number of decimals."""
    columns = [_write_column(column, alike) for column in zip(*rows, strict=True)]
    return [list(row) for row in zip(*columns, strict=True)]


def _write_column(cells: Sequence[Cell], alike: bool) -> list[Message]:
    estimates = [cell for cell in cells if isinstance(cell, Estimate)]
    texts = iter(write_estimates(estimates, alike))
    return [
        as_is(next(texts)) if isinstance(cell, Estimate) else write_cell(cell) for cell in cells
    ]
