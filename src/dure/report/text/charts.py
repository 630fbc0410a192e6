"""Charts of a report in unicode: curves as sparklines, intervals as whiskers, bars.

Every number that a picture would show by its place stands beside it as text.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from rich.cells import cell_len
from rich.text import Text

from dure.blocks.charts import Along, Bars, Curves, Intervals, Line, Lines, Span
from dure.core.formatting import clean_text
from dure.core.terminal import GAP
from dure.core.types import Floats
from dure.messages.message import Message, as_is, joined, say
from dure.messages.phrases import describe_number
from dure.plots.charts.texts import write_bars, write_spans
from dure.report.text.layout import Paper, indent, pad, prose, table, wrap
from dure.stats.intervals import interval_texts

_LEVELS = "▁▂▃▄▅▆▇█"
_EIGHTHS = " ▏▎▍▌▋▊▉"
_LINE, _LONG = 16, 60  # columns of a sparkline in a table, and of one by itself at most
_TRACK = 16  # columns of an axis at least
_PLACES = 5  # epochs, or points of a line, whose numbers are shown

_Mean: TypeAlias = tuple[str, Along, int]
"""A variant, its mean, and its lanes in all."""


def curves(block: Curves, paper: Paper) -> list[Text]:
    """For each metric the means at a handful of epochs, and their course as a sparkline."""
    out = prose(paper.describe(block.label), paper.width, style="bold")
    fewer = False
    for metric in block.metrics:
        for name, means in (
            (f"val_{metric.name}", metric.validation),
            (metric.name, metric.training),
        ):
            if any(along is not None for along in means):
                lines, some = _metric(name, means, metric.view, block, paper)
                out += [Text(""), *lines]
                fewer = fewer or some
    notes = list(block.notes)
    if fewer:
        notes.append(say("* Fewer lanes: the others had ended by then, or diverged."))
    turns = [
        say(
            "{variant} at epoch {epoch}",
            variant=clean_text(name),
            epoch=describe_number(round(turn, 1)),
        )
        for name, turn in zip(block.variants, block.turns, strict=True)
        if turn is not None
    ]
    if turns:
        notes.append(say("Validation loss turns: {turns}.", turns=joined(turns, ", ")))
    return [
        *out,
        Text(""),
        *(line for n in notes for line in prose(paper.describe(n), paper.width)),
    ]


def _metric(
    name: str,
    means: Sequence[Along | None],
    view: tuple[float, float],
    block: Curves,
    paper: Paper,
) -> tuple[list[Text], bool]:
    """A table, and whether some mean in it rests on fewer lanes than there are."""
    kept = [
        (clean_text(variant), along, lanes)
        for variant, along, lanes in zip(block.variants, means, block.lanes, strict=True)
        if along is not None
    ]
    names = [variant for variant, *_ in kept]
    first = min(max(map(cell_len, [name, *names])), paper.width // 3)
    most, inline = _fitting(kept, len(block.epochs), paper.width - first)
    places = _handful(len(block.epochs), most)
    header = [paper.label(say("epoch {number}", number=f"{block.epochs[p]:,}")) for p in places]
    cells = list(zip(*(_at(place, kept) for place in places), strict=True))
    length = _LINE if inline else min(_LONG, paper.width - first - GAP)
    low, high = _ends([along.mean for _, along, _ in kept], view)
    courses = [sparkline(along.mean, low, high, length) for _, along, _ in kept]
    if inline:
        rows = [[n, *c, line] for n, c, line in zip(names, cells, courses, strict=True)]
        numeric = [False, *[True] * len(places), False]
        out = table([name, *header, ""], rows, paper.width, numeric)
    else:
        out = table(
            [name, *header], [[n, *c] for n, c in zip(names, cells, strict=True)], paper.width
        )
        drawn = list(zip(names, courses, strict=True))
        out += table(["", ""], drawn, paper.width, (False, False))[1:]
    scale = say(
        "From ▁ {low} to █ {high}, epochs {epochs}.",
        low=describe_number(low),
        high=describe_number(high),
        epochs=f"{block.epochs[0]:,} … {block.epochs[-1]:,}" if len(block.epochs) else "-",
    )
    starred = any(cell.endswith("*") for row in cells for cell in row)
    return [*out, *prose(paper.describe(scale), paper.width)], starred


def _ends(means: Sequence[Floats], view: tuple[float, float]) -> tuple[float, float]:
    """The lowest and the highest of the means that are in view."""
    every = np.concatenate(means)
    kept = np.clip(every[np.isfinite(every)], *view)
    return (float(kept.min()), float(kept.max())) if kept.size else view


def _fitting(kept: Sequence[_Mean], epochs: int, room: int) -> tuple[int, bool]:
    """How many epochs have room, and whether the sparkline has it beside them."""
    for inline, least in ((True, 3), (False, 2)):
        for most in range(_PLACES, least - 1, -1):
            columns = [_at(place, kept) for place in _handful(epochs, most)]
            widths = [max(8, *map(cell_len, column)) + GAP for column in columns]
            if sum(widths) + (_LINE + GAP) * inline <= room:
                return most, inline
    return 2, False


def _handful(count: int, most: int = _PLACES) -> list[int]:
    """Places from the first to the last, closer to each other at the beginning."""
    if count <= most:
        return list(range(count))
    spread = np.geomspace(1, count, most).round().astype(int)
    return sorted({int(place) - 1 for place in spread})


def _at(place: int, kept: Sequence[_Mean]) -> list[str]:
    """The means at one epoch with their intervals; '*' where lanes are missing."""
    rows = [(float(a.mean[place]), float(a.low[place]), float(a.high[place])) for _, a, _ in kept]
    missing = [0 < int(along.lanes[place]) < lanes for _, along, lanes in kept]
    texts = interval_texts(rows)
    return [f"{text}{'*' if less else ''}" for text, less in zip(texts, missing, strict=True)]


def sparkline(values: Floats, low: float, high: float, width: int) -> str:
    """Values as blocks of eight heights from `low` to `high`; a space where there is none."""
    parts = np.array_split(values, min(width, len(values))) if len(values) else []
    means = [
        float(part[np.isfinite(part)].mean()) if np.isfinite(part).any() else math.nan
        for part in parts
    ]
    return "".join(" " if math.isnan(mean) else _level(mean, low, high) for mean in means)


def _level(value: float, low: float, high: float) -> str:
    if not high > low:
        return _LEVELS[len(_LEVELS) // 2]
    share = (min(max(value, low), high) - low) / (high - low)
    return _LEVELS[min(len(_LEVELS) - 1, int(share * len(_LEVELS)))]


# Intervals


def intervals(block: Intervals, paper: Paper) -> list[Text]:
    """Whiskers below each other on one axis, with the numbers beside them."""
    out = prose(paper.describe(block.label), paper.width, style="bold")
    ends = [v for s in block.spans for v in (s.mean, s.low, s.high) if math.isfinite(v)]
    ends += [0.0] if block.zero else []
    ends += [-block.rope, block.rope] if block.rope else []
    if not ends:
        return out
    low, high = min(ends), max(ends)
    labels = [paper.label(span.label) for span in block.spans]
    told = write_spans(block)
    notes = [paper.label(span.note) if span.note else "" for span in block.spans]
    first = min(max(map(cell_len, labels)), max(12, paper.width // 3))
    numbers, words = max(map(cell_len, told)), max(map(cell_len, notes))
    track = paper.width - first - numbers - 2 * GAP
    beside = words > 0 and track - words - GAP >= 2 * _TRACK
    track = min(_LONG, max(_TRACK, track - (words + GAP) * beside))
    scale = _Scale(low, high, track)
    for span, label, number, note in zip(block.spans, labels, told, notes, strict=True):
        drawn = pad(scale.whisker(span, block), track)
        tail = [note] if beside else []
        names = wrap(label, first)
        cells = [pad(names[0], first), drawn, pad(number, numbers, right=True), *tail]
        line = (" " * GAP).join(cells).rstrip()
        if cell_len(line) > paper.width:  # the numbers go below
            out += [Text(f"{pad(names[0], first)}{' ' * GAP}{drawn}".rstrip())]
            out += indent(prose(number, paper.width - 4), 4)
        else:
            out.append(Text(line))
        out += [Text(name) for name in names[1:]]
        out += [] if beside or not note else indent(prose(note, paper.width - 4), 4)
    space = " " * (first + GAP)
    out.append(Text(f"{space}{scale.axis()}".rstrip()))
    told_axis = joined((block.axis, *_keys(block)), "; ")
    return [*out, *prose(paper.describe(told_axis), paper.width)]


def _keys(block: Intervals) -> list[Message]:
    keys = [say("● mean, ├─┤ its interval")]
    if block.zero:
        keys.append(say("│ zero"))
    if block.rope:
        keys.append(say("░ at most {rope}", rope=describe_number(block.rope)))
    return keys


class _Scale:
    """Places on an axis of so many columns."""

    def __init__(self, low: float, high: float, columns: int) -> None:
        self.low, self.high, self.columns = low, high, columns

    def at(self, value: float) -> int:
        """The column of a value."""
        if not self.high > self.low:
            return self.columns // 2
        return round((value - self.low) / (self.high - self.low) * (self.columns - 1))

    def whisker(self, span: Span, block: Intervals) -> str:
        """├──●──┤, on a band of +- rope and with a line at zero."""
        cells = [" "] * self.columns
        if block.rope:
            for place in range(self.at(-block.rope), self.at(block.rope) + 1):
                cells[place] = "░"
        if block.zero:
            cells[self.at(0.0)] = "│"
        if math.isfinite(span.low) and math.isfinite(span.high):
            left, right = self.at(span.low), self.at(span.high)
            for place in range(left, right + 1):
                cells[place] = "┼" if cells[place] == "│" else "─"
            cells[left], cells[right] = "├", "┤"
        if math.isfinite(span.mean):
            cells[self.at(span.mean)] = "●"
        return "".join(cells)

    def axis(self) -> str:
        """The ends of the axis as numbers."""
        low, high = describe_number(self.low), describe_number(self.high)
        if not self.high > self.low:
            return pad("", self.columns // 2) + low
        return low + pad(high, self.columns - cell_len(low), right=True)


# Lines and bars


def lines_chart(block: Lines, paper: Paper) -> list[Text]:
    """The numbers of each line at a handful of places, and its course as a sparkline."""
    out = prose(paper.describe(block.title), paper.width, style="bold")
    out += prose(paper.describe(block.label), paper.width)
    drawn = [_positive(line.y) if block.logarithmic else line.y for line in block.lines]
    ends = np.concatenate([y[np.isfinite(y)] for y in drawn]) if drawn else np.zeros(0)
    if not ends.size:
        return out
    ticks = block.ticks
    every = np.unique(np.concatenate([line.x for line in block.lines]))
    places = every if ticks is not None else every[_spread(len(every))]
    header = ["", *(_tick(place, ticks, paper) for place in places), ""]
    columns = [_points(float(place), block.lines) for place in places]
    low, high = (np.log10(ends) if block.logarithmic else ends)[[ends.argmin(), ends.argmax()]]
    rows = []
    for number, (line, y) in enumerate(zip(block.lines, drawn, strict=True)):
        heights = np.log10(y) if block.logarithmic else y
        course = sparkline(_even(line.x, heights, ticks is not None), low, high, _LINE)
        rows.append([paper.label(line.name), *(column[number] for column in columns), course])
    out += table(header, rows, paper.width, [False, *[True] * len(places), False])
    scale = say(
        "Heights from ▁ {low} to █ {high}.",
        low=describe_number(ends.min()),
        high=describe_number(ends.max()),
    )
    axes = say("Across: {x}; in the table: {y}.", x=block.x_axis, y=block.y_axis)
    return [*out, *prose(paper.describe(joined((axes, scale))), paper.width)]


def _positive(y: Floats) -> Floats:
    return np.where(y > 0, y, np.nan)


def _spread(count: int) -> list[int]:
    return sorted({int(place) for place in np.linspace(0, count - 1, min(_PLACES, count)).round()})


def _tick(place: float, ticks: Sequence[Message] | None, paper: Paper) -> str:
    if ticks is not None and 0 <= round(place) < len(ticks):
        return paper.label(ticks[round(place)])
    return describe_number(place)


def _points(place: float, lines: Sequence[Line]) -> list[str]:
    """What each line has at a place of the horizontal axis, as text; '-' where nothing."""
    rows = []
    for line in lines:
        found = np.flatnonzero(line.x == place)
        at = int(found[0]) if found.size else -1
        band = (line.low, line.high) if line.low is not None and line.high is not None else None
        limits = (float(band[0][at]), float(band[1][at])) if band and at >= 0 else (math.nan,) * 2
        rows.append((float(line.y[at]) if at >= 0 else math.nan, *limits))
    if any(math.isfinite(row[1]) for row in rows):
        return interval_texts(rows)
    return [describe_number(mean) if math.isfinite(mean) else "-" for mean, *_ in rows]


def _even(x: Floats, y: Floats, ordered: bool) -> Floats:
    """Heights at even distances; those of named places, and of many, as they are."""
    known = np.isfinite(y) & np.isfinite(x)
    if ordered or known.sum() < 2 or len(y) >= _LINE:
        return y
    grid = np.linspace(x[known].min(), x[known].max(), _LINE)
    order = np.argsort(x[known])
    return np.interp(grid, x[known][order], y[known][order])


def bars(block: Bars, paper: Paper) -> list[Text]:
    """Bars from 0 on with their values as text."""
    out = prose(paper.describe(block.title), paper.width, style="bold")
    rows = [
        (paper.label(bar.name), bar.value, paper.label(told))
        for bar, told in zip(block.bars, write_bars(block), strict=True)
    ]
    if not rows:
        return out
    first = min(max(cell_len(name) for name, *_ in rows), paper.width // 3)
    numbers = max(cell_len(told) for *_, told in rows)
    room = min(_LONG, max(8, paper.width - first - numbers - 2 * GAP))
    longest = max((value for _, value, _ in rows if math.isfinite(value)), default=0.0)
    for name, value, told in rows:
        names = wrap(name, first)
        bar = pad(_bar(value, longest, room), room)
        line = f"{pad(names[0], first)}{' ' * GAP}{bar}{' ' * GAP}"
        if cell_len(line) + numbers > paper.width:
            out += [Text(line.rstrip()), *indent(prose(told, paper.width - 4), 4)]
        else:
            out.append(Text(f"{line}{pad(told, numbers, right=True)}"))
        out += [Text(more) for more in names[1:]]
    return [*out, *prose(paper.describe(block.axis), paper.width)]


def _bar(value: float, longest: float, room: int) -> str:
    if not (math.isfinite(value) and value > 0 and longest > 0):
        return ""
    eighths = max(1, round(value / longest * room * 8))
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


# Pictures


def pictures(title: Message, shows: Message, paper: Paper) -> list[Text]:
    """What cannot be shown as text: what it shows, and the command that shows it."""
    command = (
        " ".join(["dure report", *map(clean_text, paper.source)]) if paper.source else "dure report"
    )
    where = say("Pictures: in the page, `{command}`.", command=as_is(command))
    return [
        *prose(paper.describe(title), paper.width, style="bold"),
        *prose(paper.describe(shows), paper.width),
        *prose(paper.describe(where), paper.width, style="dim"),
    ]
